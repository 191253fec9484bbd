//! `pli send`: writes, checks, queues, hands over, and tells each recipient's state.

use std::io::Read as _;
use std::path::Path;

use pli_contract::commands::{DraftNew, DraftOf, DraftSave, OutgoingOf};
use pli_contract::failure::{Code, Failure};
use pli_contract::view::{DraftCheck, DraftFrom, DraftProblem, Party};
use pli_contract::{Served, serve};

use super::{outbox, session};
use crate::arguments::Send;
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// The longest text read, in octets.
const TEXT_LIMIT: u64 = 10 * 1024 * 1024;

pub(crate) async fn run(voice: Voice, served: &Served, send: Send) -> Result<(), Trouble> {
    let text = read(&send.text_file)?;
    let account = profile::account(served, send.access.account.as_deref()).await?;
    let ask = DraftNew {
        account: Some(account.id),
        from: DraftFrom::Blank,
        about: None,
    };
    let mut draft = serve::draft_new(served, ask).await?;
    let outcome = queue(served, &send, text, &mut draft).await;
    let id = match outcome {
        Ok(id) => id,
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
    if let Err(trouble) = session::deliver(voice, served, id, &send.access).await {
        // It is committed: a script is given its number whatever stopped it on its way.
        let outgoing = serve::outbox_get(served, OutgoingOf { outgoing: id }).await?;
        voice.one(&outgoing, |_| {
            format!("Envoi {id} : le message reste dans la boîte d'envoi, il partira au prochain « pli sync ».")
        });
        return Err(trouble);
    }
    outbox::report(voice, served, id).await
}

async fn queue(
    served: &Served,
    send: &Send,
    text: String,
    draft: &mut pli_contract::view::Draft,
) -> Result<i64, Trouble> {
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
    let check = serve::draft_check(served, DraftOf { draft: draft.id }).await?;
    refuse(&check)?;
    Ok(serve::draft_send(served, DraftOf { draft: draft.id }).await?.id)
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
        // Whoever wrote the command named the BAL.
        DraftProblem::OtherBox { .. } => None,
        DraftProblem::BoxFull | DraftProblem::NoSubject | DraftProblem::ForgottenAttachment => None,
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
    fn a_recipient_is_an_address_alone_or_with_a_name() {
        assert_eq!(party(" a@b.fr ").address, "a@b.fr");
        let named = party("\"Dr Leroy\" <dr.leroy@alpha.mssante.test>");
        assert_eq!(
            (named.name.as_str(), named.address.as_str()),
            ("Dr Leroy", "dr.leroy@alpha.mssante.test")
        );
    }
}
