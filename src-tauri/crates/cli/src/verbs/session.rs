//! `pli login`, `logout`, `sync`: the verbs that reach the servers.

use pli_contract::commands::{Nothing, OutgoingOf};
use pli_contract::failure::{Code, Failure};
use pli_contract::view::Account;
use pli_contract::{Served, serve};
use pli_engine::pli_store::AccountId;
use serde::Serialize;

use crate::access::{self, Digits};
use crate::arguments::Access;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// Who logged in: the last line of `pli login --json`.
#[derive(Serialize)]
struct Who {
    state: &'static str,
    name: String,
}

pub(crate) async fn login(voice: Voice, served: &Served, wanted: &Access) -> Result<(), Trouble> {
    // A login opens what is locked, when it is the same person's; what is only closed is opened first.
    let locked = profile::is_locked(served).await?;
    if locked && wanted.certificate.is_some() {
        // A certificate proves a BAL's, not whose profile it is.
        return Err(Code::Locked.into());
    }
    if !locked {
        profile::open(served).await?;
    }
    let account = match locked {
        true => None,
        false => account(served, wanted).await?,
    };
    let name = match account {
        Some(account) if profile::by_certificate(&account) => {
            let names = access::grant(served, &[account], wanted, Digits::Answer(voice)).await?;
            names.into_iter().next().unwrap_or_default()
        }
        account => access::person(served, account.as_ref(), wanted, Digits::Answer(voice)).await?,
    };
    let who = Who { state: "done", name };
    voice.one(&who, |who| {
        let identified = match who.name.as_str() {
            "" => "Identité vérifiée.".to_owned(),
            name => format!("Identité vérifiée : {name}."),
        };
        let opened = if locked { " Le profil est déverrouillé." } else { "" };
        format!("{identified}{opened} La session s'arrête avec cette commande : aucun jeton n'est conservé.")
    });
    Ok(())
}

/// The BAL that the login is for: the one named, else the first that opens as asked. None is needed for a person's login.
async fn account(served: &Served, wanted: &Access) -> Result<Option<Account>, Trouble> {
    if wanted.account.is_some() {
        return Ok(Some(profile::account(served, wanted.account.as_deref()).await?));
    }
    let accounts = profile::accounts(served, None).await?;
    if wanted.certificate.is_some() {
        let found = accounts.into_iter().find(profile::by_certificate);
        return found.map(Some).ok_or_else(|| {
            Trouble::Misuse("Aucune BAL ne s'ouvre par un certificat. Indiquez-la par --account ADRESSE.".to_owned())
        });
    }
    let first = accounts.into_iter().next();
    Ok(first.filter(|account| !(wanted.code || wanted.ciba) || !profile::by_certificate(account)))
}

pub(crate) async fn logout(voice: Voice, served: &Served) -> Result<(), Trouble> {
    serve::logout(served, Nothing {}).await?;
    voice.one(&Nothing {}, |_| {
        "Aucune session n'est ouverte. Le courrier déjà relevé reste lisible.".to_owned()
    });
    Ok(())
}

pub(crate) async fn sync(voice: Voice, served: &Served, wanted: &Access) -> Result<(), Trouble> {
    let accounts = profile::accounts(served, wanted.account.as_deref()).await?;
    access::grant(served, &accounts, wanted, Digits::Beside(voice)).await?;
    served.engine().outbox_flush().await.map_err(Failure::from)?;
    let mut stopped = None;
    for account in &accounts {
        let id = AccountId::from_raw(account.id);
        if let Err(error) = served.engine().sync_and_wait(Some(id)).await {
            stopped = Some(Failure::from(error));
        }
    }
    // What came in may settle what was not known, and what was sent may now be filed.
    served.engine().outbox_flush().await.map_err(Failure::from)?;
    let due = super::due::run(voice, served).await;
    let accounts = profile::accounts(served, wanted.account.as_deref()).await?;
    voice.many(&accounts, "Aucune BAL n'est configurée.", |account| {
        match &account.problem {
            None => format!("{} : à jour, {} non lus", account.address, account.unread),
            Some(problem) => format!("{} : {}", account.address, crate::french::failure(problem)),
        }
    });
    match stopped {
        _ if accounts.iter().any(|account| account.problem.is_some()) => Err(Trouble::Said),
        Some(failure) => Err(failure.into()),
        None => due,
    }
}

/// Logs the BAL of this message in, and hands over what is due.
pub(crate) async fn deliver(voice: Voice, served: &Served, outgoing: i64, wanted: &Access) -> Result<(), Trouble> {
    let outgoing = serve::outbox_get(served, OutgoingOf { outgoing }).await?;
    let accounts = serve::account_list(served, Nothing {}).await?;
    let accounts: Vec<_> = accounts
        .into_iter()
        .filter(|account| account.id == outgoing.account)
        .collect();
    access::grant(served, &accounts, wanted, Digits::Beside(voice)).await?;
    served.engine().outbox_flush().await.map_err(Failure::from)?;
    Ok(())
}
