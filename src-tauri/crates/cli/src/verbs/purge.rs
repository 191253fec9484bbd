//! `pli purge`: a plan that is shown, then done, with its progress; stopped, gone on with, scheduled (EX_GBP_3050).

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use pli_contract::commands::{AccountOf, MessageOf, PurgeOf, PurgePlan, PurgeScheduleSet, SentFolderSet};
use pli_contract::failure::{Code, Failure};
use pli_contract::view::{Account, Every, Id, Purge, PurgeScope, PurgeState};
use pli_contract::{Served, serve};

use crate::access::{self, Digits};
use crate::arguments::{Access, EveryWord, HowToPurge, Keep, PurgeScheduleAsk, PurgeVerb, YesNo};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// How often a purge under way is looked at, besides what it tells.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) async fn run(voice: Voice, served: &Served, verb: PurgeVerb) -> Result<(), Trouble> {
    match verb {
        PurgeVerb::Sent { older_than, keep, how } => {
            let account = profile::account(served, how.access.account.as_deref()).await?;
            delete(voice, served, account, sent(older_than, &keep), how).await
        }
        PurgeVerb::Trash { older_than, how } => {
            let account = profile::account(served, how.access.account.as_deref()).await?;
            let scope = PurgeScope::Trash {
                older_than_days: older_than,
            };
            delete(voice, served, account, scope, how).await
        }
        PurgeVerb::Messages { ids, how } => {
            let account = match &how.access.account {
                Some(address) => profile::account(served, Some(address)).await?,
                None => of_message(served, ids.first().copied()).await?,
            };
            delete(voice, served, account, PurgeScope::Chosen { messages: ids }, how).await
        }
        PurgeVerb::List { account } => list(voice, served, account.as_deref()).await,
        PurgeVerb::Show { id, export } => {
            let purge = serve::purge_get(served, PurgeOf { purge: id }).await?;
            written(served, id, export.as_deref()).await?;
            voice.one(&purge, french::purge::report);
            Ok(())
        }
        PurgeVerb::Resume { id, access } => {
            let purge = serve::purge_get(served, PurgeOf { purge: id }).await?;
            let account = by_number(served, purge.account).await?;
            carry_out(voice, served, &account, &purge, &access).await
        }
        PurgeVerb::Stop { id } => {
            let purge = serve::purge_stop(served, PurgeOf { purge: id }).await?;
            voice.one(&purge, french::purge::report);
            Ok(())
        }
        PurgeVerb::Schedule(ask) => schedule(voice, served, ask).await,
        PurgeVerb::Folder { name, account } => folder(voice, served, &name, account.as_deref()).await,
    }
}

fn sent(older_than_days: u32, keep: &Keep) -> PurgeScope {
    PurgeScope::Sent {
        older_than_days,
        keep_flagged: keep.keep_flagged == YesNo::Oui,
        keep_unknown_fate: keep.keep_unknown == YesNo::Oui,
        keep_unfiled: keep.keep_unfiled == YesNo::Oui,
    }
}

async fn by_number(served: &Served, id: Id) -> Result<Account, Trouble> {
    let accounts = profile::accounts(served, None).await?;
    let found = accounts.into_iter().find(|account| account.id == id);
    found.ok_or_else(|| Code::NotFound.into())
}

async fn of_message(served: &Served, message: Option<Id>) -> Result<Account, Trouble> {
    let message = message.ok_or(Code::NotFound)?;
    let row = serve::message_get(served, MessageOf { message }).await?.row;
    by_number(served, row.account).await
}

/// Plans, shows, asks, then does.
async fn delete(
    voice: Voice,
    served: &Served,
    account: Account,
    scope: PurgeScope,
    how: HowToPurge,
) -> Result<(), Trouble> {
    let plan = PurgePlan {
        account: account.id,
        scope,
        keep_local: how.keep_local,
    };
    let plan = serve::purge_plan(served, plan).await?;
    written(served, plan.id, how.export.as_deref()).await?;
    if how.dry_run || plan.count == 0 || plan.obstacle.is_some() {
        voice.one(&plan, french::purge::plan);
        if how.dry_run && !voice.json && plan.count > 0 && plan.obstacle.is_none() {
            eprintln!(
                "Rien n'a été supprimé. Pour exécuter ce plan : pli purge resume {}",
                plan.id
            );
        }
        return match plan.obstacle {
            Some(_) if !how.dry_run => Err(Trouble::Said),
            _ => Ok(()),
        };
    }
    if !how.yes {
        voice.beside(&plan, french::purge::plan);
        agreed()?;
    }
    carry_out(voice, served, &account, &plan, &how.access).await
}

fn agreed() -> Result<(), Trouble> {
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::Misuse(
            "Rien n'a été supprimé. Pour supprimer ces messages sans question : ajoutez --yes.".to_owned(),
        ));
    }
    let answer = profile::ask_plainly("C'est définitif chez l'opérateur. Tapez « Oui » pour supprimer ces messages : ");
    if answer.is_none_or(|answer| answer.to_lowercase() != "oui") {
        eprintln!("Rien n'a été supprimé.");
        return Err(Trouble::Said);
    }
    Ok(())
}

/// Writes the plan out, message by message, to the file that the command line names.
async fn written(served: &Served, purge: Id, export: Option<&Path>) -> Result<(), Trouble> {
    let Some(file) = export else { return Ok(()) };
    // A dialogue would have asked.
    if file.symlink_metadata().is_ok() {
        return Err(Trouble::Advised(
            Failure::about(Code::FileUnwritable, file.display().to_string()),
            "Un fichier de ce nom existe déjà, et il n'a pas été touché. Choisissez un autre nom.",
        ));
    }
    serve::purge_export(served, PurgeOf { purge }).await?;
    Ok(())
}

/// Does a plan to its end, and reports.
async fn carry_out(
    voice: Voice,
    served: &Served,
    account: &Account,
    plan: &Purge,
    wanted: &Access,
) -> Result<(), Trouble> {
    access::grant(served, std::slice::from_ref(account), wanted, Digits::Beside(voice)).await?;
    let purge = follow(voice, served, plan.clone(), true).await?;
    voice.one(&purge, french::purge::report);
    if purge.state == PurgeState::Done {
        Ok(())
    } else {
        Err(Trouble::Said)
    }
}

/// Begins a purge when that is asked, and shows how far it has come until it does not go on. `Ctrl+C` stops it, in order: it
/// may go on later.
pub(crate) async fn follow(voice: Voice, served: &Served, purge: Purge, begins: bool) -> Result<Purge, Trouble> {
    let number = purge.id;
    let of = || PurgeOf { purge: number };
    let mut interrupt = tokio::spawn(tokio::signal::ctrl_c());
    let mut events = served.events();
    let mut purge = match begins {
        true => serve::purge_start(served, of()).await?,
        false => purge,
    };
    let shows = !voice.json && std::io::stderr().is_terminal();
    let mut stopping = false;
    while matches!(purge.state, PurgeState::Running | PurgeState::Planned) {
        if shows {
            eprint!("\r{} sur {}", purge.count.saturating_sub(purge.left), purge.count);
            let _ = std::io::stderr().flush();
        }
        purge = tokio::select! {
            _ = &mut interrupt, if !stopping => {
                stopping = true;
                serve::purge_stop(served, of()).await?
            }
            // What it tells is only a reason to look again.
            _ = events.recv() => serve::purge_get(served, of()).await?,
            () = tokio::time::sleep(LOOK) => serve::purge_get(served, of()).await?,
        };
    }
    interrupt.abort();
    if shows {
        eprint!("\r");
    }
    Ok(purge)
}

async fn list(voice: Voice, served: &Served, account: Option<&str>) -> Result<(), Trouble> {
    let mut all = Vec::new();
    for account in profile::accounts(served, account).await? {
        all.extend(serve::purge_list(served, AccountOf { account: account.id }).await?);
    }
    voice.many(&all, "Aucune purge.", french::purge::line);
    Ok(())
}

async fn schedule(voice: Voice, served: &Served, ask: PurgeScheduleAsk) -> Result<(), Trouble> {
    let account = profile::account(served, ask.account.as_deref()).await?.id;
    let present = serve::purge_schedule(served, AccountOf { account }).await?;
    let yes = |answer: Option<YesNo>, before: bool| answer.map_or(before, |answer| answer == YesNo::Oui);
    let set = PurgeScheduleSet {
        account,
        enabled: yes(ask.enabled, present.enabled),
        every: ask.every.map_or(present.every, every),
        older_than_days: ask.older_than.unwrap_or(present.older_than_days),
        keep_flagged: yes(ask.keep_flagged, present.keep_flagged),
        keep_unknown_fate: yes(ask.keep_unknown, present.keep_unknown_fate),
        keep_unfiled: yes(ask.keep_unfiled, present.keep_unfiled),
        keep_local: yes(ask.keep_local, present.keep_local),
        trash_older_than_days: match (ask.keep_trash, ask.trash_older_than) {
            (true, _) => None,
            (false, Some(days)) => Some(days),
            (false, None) => present.trash_older_than_days,
        },
    };
    let same = PurgeScheduleSet {
        account,
        enabled: present.enabled,
        every: present.every,
        older_than_days: present.older_than_days,
        keep_flagged: present.keep_flagged,
        keep_unknown_fate: present.keep_unknown_fate,
        keep_unfiled: present.keep_unfiled,
        keep_local: present.keep_local,
        trash_older_than_days: present.trash_older_than_days,
    };
    let shown = if set == same {
        present
    } else {
        serve::purge_schedule_set(served, set).await?
    };
    voice.one(&shown, french::purge::schedule);
    Ok(())
}

/// How often, as the contract has it.
pub(crate) fn every(word: EveryWord) -> Every {
    match word {
        EveryWord::Day => Every::Daily,
        EveryWord::Week => Every::Weekly,
        EveryWord::Month => Every::Monthly,
    }
}

async fn folder(voice: Voice, served: &Served, name: &str, account: Option<&str>) -> Result<(), Trouble> {
    let account = profile::account(served, account).await?.id;
    let folders = serve::folder_list(served, AccountOf { account }).await?;
    let wanted = name.trim().to_lowercase();
    let found = folders
        .into_iter()
        .find(|folder| folder.name.to_lowercase() == wanted)
        .ok_or_else(|| Failure::about(Code::NotFound, name))?;
    let folder = found.id;
    serve::sent_folder_set(served, SentFolderSet { account, folder }).await?;
    voice.one(&found, |folder| {
        format!("« {} » est le dossier des messages envoyés de cette BAL.", folder.name)
    });
    Ok(())
}
