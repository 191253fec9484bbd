//! `pli send`: writes, checks, queues, hands over, and tells each recipient's state. What the operator would refuse is told
//! before, and nothing of it waits.

use std::io::Read as _;
use std::path::Path;

use pli_contract::commands::{AccountOf, DraftNew, DraftOf, DraftSave, OutgoingOf};
use pli_contract::failure::{Code, Failure};
use pli_contract::view::{Account, DraftCheck, DraftFrom, DraftProblem, Party, QuotaLevel, QuotaView};
use pli_contract::{Served, serve};

use super::outbox;
use crate::access::{self, Digits};
use crate::arguments::Send;
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// The longest text read, in octets.
const TEXT_LIMIT: u64 = 10 * 1024 * 1024;

/// What a script may do about a box without room.
const WITHOUT_ROOM: &str = "Rien n'est parti et rien n'attend : votre texte est intact. Pour voir ce qui pèse : pli space. Pour \
    tenter l'envoi quand même : ajoutez --even-if-full.";

/// The same, by what was last read of it.
const WITHOUT_ROOM_LAST: &str = "C'était ainsi à la dernière lecture. Rien n'est parti et rien n'attend : votre texte est \
    intact. Pour relire la place : pli quota --read. Pour voir ce qui pèse : pli space. Pour ranger le message quand même : \
    ajoutez --even-if-full.";

pub(crate) async fn run(voice: Voice, served: &Served, send: Send) -> Result<(), Trouble> {
    let text = read(&send.text_file)?;
    let account = profile::account(served, send.access.account.as_deref()).await?;
    let ask = DraftNew {
        account: Some(account.id),
        from: DraftFrom::Blank,
        about: None,
    };
    let mut draft = serve::draft_new(served, ask).await?;
    let outcome = queue(voice, served, &account, &send, text, &mut draft).await;
    let (id, met) = match outcome {
        Ok(queued) => queued,
        Err(trouble) => {
            // What could not leave stays as a draft only in a window: a script has its own copy.
            let _ = serve::draft_delete(served, DraftOf { draft: draft.id }).await;
            return Err(trouble);
        }
    };
    if send.no_wait {
        let outgoing = serve::outbox_get(served, OutgoingOf { outgoing: id }).await?;
        voice.one(&outgoing, |outgoing| {
            format!(
                "Envoi {} : en attente, il partira au prochain « pli sync ».",
                outgoing.id
            )
        });
        return Ok(());
    }
    let left = match met {
        Ok(()) => served
            .engine()
            .outbox_flush()
            .await
            .map_err(|error| Failure::from(error).into()),
        Err(trouble) => Err(trouble),
    };
    if let Err(trouble) = left {
        // It is committed: a script is given its number whatever stopped it on its way.
        let outgoing = serve::outbox_get(served, OutgoingOf { outgoing: id }).await?;
        voice.one(&outgoing, |_| {
            format!("Envoi {id} : le message reste dans la boîte d'envoi, il partira au prochain « pli sync ».")
        });
        return Err(trouble);
    }
    outbox::report(voice, served, id).await
}

/// Writes the message and commits it, unless it is known that the operator would refuse it. Answers its number, and what the
/// login met: whoever cannot be reached now is handed the message later.
async fn queue(
    voice: Voice,
    served: &Served,
    account: &Account,
    send: &Send,
    text: String,
    draft: &mut pli_contract::view::Draft,
) -> Result<(i64, Result<(), Trouble>), Trouble> {
    let parties = |addresses: &[String]| addresses.iter().map(|address| party(address)).collect::<Vec<_>>();
    draft.to = parties(&send.to);
    draft.cc = parties(&send.cc);
    draft.bcc = parties(&send.bcc);
    draft.subject.clone_from(&send.subject);
    draft.text = text;
    draft.ask_reading = send.ask_reading;
    draft.ask_delivery = true;
    *draft = serve::draft_save(served, DraftSave { draft: draft.clone() }).await?;
    if !send.attach.is_empty() {
        *draft = serve::draft_attach(served, DraftOf { draft: draft.id }).await?;
    }
    let of = || DraftOf { draft: draft.id };
    let check = serve::draft_check(served, of()).await?;
    refuse(&check)?;
    let full = !send.even_if_full && check.problems.contains(&DraftProblem::BoxFull);
    if full && send.no_wait {
        without_room(served, account, draft.id, false).await?;
    }
    let accounts = std::slice::from_ref(account);
    if full {
        // By what was last read of it: nothing is committed before it was asked again.
        access::grant(served, accounts, &send.access, Digits::Beside(voice)).await?;
        without_room(served, account, draft.id, true).await?;
        return Ok((serve::draft_send(served, of()).await?.id, Ok(())));
    }
    let id = serve::draft_send(served, of()).await?.id;
    if send.no_wait {
        return Ok((id, Ok(())));
    }
    let met = access::grant(served, accounts, &send.access, Digits::Beside(voice)).await;
    if met.is_ok()
        && let Err(trouble) = fits(served, account, draft.id, send.even_if_full).await
    {
        // Nothing of it was handed over: it is taken back.
        serve::outbox_cancel(served, OutgoingOf { outgoing: id }).await?;
        return Err(trouble);
    }
    Ok((id, met.map(drop)))
}

/// What the operator says of its bound and of the box's room, once somebody is logged in.
async fn fits(served: &Served, account: &Account, draft: i64, even_if_full: bool) -> Result<(), Trouble> {
    let check = serve::draft_check(served, DraftOf { draft }).await?;
    refuse(&check)?;
    if !even_if_full && check.problems.contains(&DraftProblem::BoxFull) {
        without_room(served, account, draft, true).await?;
    }
    Ok(())
}

/// Refuses for want of room: at 100 % a box neither receives nor sends (EX_GBM_4470). `asked`: its room may be read again
/// first, since somebody may have made some a minute ago.
async fn without_room(served: &Served, account: &Account, draft: i64, asked: bool) -> Result<(), Trouble> {
    let of = || AccountOf { account: account.id };
    let room = match asked {
        // What cannot be read again stands as it was last read.
        true => serve::quota_read(served, of()).await.ok(),
        false => None,
    };
    let now = room.is_some();
    let room = match room {
        Some(room) => room,
        None => serve::quota_get(served, of()).await?,
    };
    let check = serve::draft_check(served, DraftOf { draft }).await?;
    if !check.problems.contains(&DraftProblem::BoxFull) {
        return Ok(());
    }
    let advice = if now { WITHOUT_ROOM } else { WITHOUT_ROOM_LAST };
    Err(Trouble::Advised(lacking(&account.address, &room, check.size), advice))
}

/// What a box lacks.
fn lacking(address: &str, room: &QuotaView, size: u64) -> Failure {
    let left = room
        .storage
        .as_ref()
        .and_then(|storage| Some(storage.limit?.saturating_sub(storage.used)));
    match left {
        Some(left) if room.level != QuotaLevel::Full => Failure::about(
            Code::NoRoomLeft,
            format!("{} libres, {} nécessaires", french::octets(left), french::octets(size)),
        ),
        _ => Failure::about(Code::QuotaExceeded, address),
    }
}

/// Warnings may leave: whoever wrote the command meant it.
fn refuse(check: &DraftCheck) -> Result<(), Trouble> {
    let failure = check.problems.iter().find_map(|problem| match problem {
        DraftProblem::NoRecipient => Some(Failure::new(Code::DraftIncomplete)),
        DraftProblem::BadAddress { address } => Some(Failure::about(Code::BadAddress, address)),
        DraftProblem::OutsideTrustSpace { address } => Some(Failure::about(Code::OutsideTrustSpace, address)),
        DraftProblem::TooLarge => Some(Failure::about(
            Code::TooLarge,
            match check.limit {
                Some(limit) => format!("{} sur {}", french::octets(check.size), french::octets(limit)),
                None => french::octets(check.size),
            },
        )),
        // Whoever wrote the command named the BAL. Its room is looked at once the operator was asked.
        DraftProblem::OtherBox { .. } | DraftProblem::BoxFull => None,
        DraftProblem::NoSubject | DraftProblem::ForgottenAttachment => None,
    });
    failure.map_or(Ok(()), |failure| Err(failure.into()))
}

/// `adresse`, or `Nom <adresse>`.
fn party(text: &str) -> Party {
    match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => Party {
            name: name.trim().trim_matches('"').to_owned(),
            address: address.trim().to_owned(),
        },
        None => Party {
            name: String::new(),
            address: text.trim().to_owned(),
        },
    }
}

fn read(file: &Path) -> Result<String, Trouble> {
    let unreadable = || Trouble::Failed(Failure::about(Code::FileUnreadable, file.display().to_string()));
    let mut bytes = Vec::new();
    let taken = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(TEXT_LIMIT + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(TEXT_LIMIT + 1).read_to_end(&mut bytes))
    };
    taken.map_err(|_| unreadable())?;
    if bytes.len() as u64 > TEXT_LIMIT {
        return Err(Failure::about(Code::TooLarge, file.display().to_string()).into());
    }
    String::from_utf8(bytes).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_box_and_a_letter_too_big_for_what_is_left_are_two_things() {
        let mut room = QuotaView {
            account: 1,
            source: pli_contract::view::QuotaSource::Server,
            storage: Some(pli_contract::view::Room {
                used: 990_000,
                limit: Some(1_000_000),
                percent: Some(99),
            }),
            messages: None,
            local: 0,
            read_at: None,
            level: QuotaLevel::AlmostFull,
            forecast: None,
            history: Vec::new(),
        };
        let said = lacking("a@b.mssante.fr", &room, 20_000);
        assert_eq!(said.code, Code::NoRoomLeft);
        assert_eq!(said.about.as_deref(), Some("10,0 Ko libres, 20,0 Ko nécessaires"));
        room.level = QuotaLevel::Full;
        let said = lacking("a@b.mssante.fr", &room, 20_000);
        assert_eq!(
            (said.code, said.about.as_deref()),
            (Code::QuotaExceeded, Some("a@b.mssante.fr"))
        );
    }

    #[test]
    fn a_recipient_is_an_address_alone_or_with_a_name() {
        assert_eq!(party(" a@b.fr ").address, "a@b.fr");
        let named = party("\"Dr Leroy\" <dr.leroy@alpha.mssante.test>");
        assert_eq!(
            (named.name.as_str(), named.address.as_str()),
            ("Dr Leroy", "dr.leroy@alpha.mssante.test")
        );
    }
}
