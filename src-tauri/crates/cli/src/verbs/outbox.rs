//! `pli outbox`: what became of what was sent, one recipient at a time.

use std::path::PathBuf;

use pli_contract::commands::{OutboxList, OutboxSettle, OutgoingOf};
use pli_contract::view::{Fate, Outgoing, OutgoingState};
use pli_contract::{Served, serve};

use super::session;
use crate::arguments::OutboxVerb;
use crate::french;
use crate::outcome::Trouble;
use crate::say::Voice;

/// The certificate that a verb of this family was given.
pub(crate) fn certificate(verb: &OutboxVerb) -> Option<PathBuf> {
    match verb {
        OutboxVerb::Retry { access, .. } => access.certificate.clone(),
        _ => None,
    }
}

pub(crate) async fn run(voice: Voice, served: &Served, verb: OutboxVerb) -> Result<(), Trouble> {
    match verb {
        OutboxVerb::List { days } => {
            let outgoing = serve::outbox_list(
                served,
                OutboxList {
                    days: days.clamp(1, 3650),
                },
            )
            .await?;
            voice.many(&outgoing, "Aucun envoi.", summary);
            Ok(())
        }
        OutboxVerb::Show { id } => {
            let outgoing = serve::outbox_get(served, OutgoingOf { outgoing: id }).await?;
            voice.one(&outgoing, whole);
            Ok(())
        }
        OutboxVerb::Cancel { id } => {
            let draft = serve::outbox_cancel(served, OutgoingOf { outgoing: id }).await?;
            voice.one(&draft, |draft| {
                format!("Le message n'est pas parti : c'est le brouillon {}.", draft.id)
            });
            Ok(())
        }
        OutboxVerb::Settle { id, left, again: _ } => {
            let outgoing = serve::outbox_settle(served, OutboxSettle { outgoing: id, left }).await?;
            voice.one(&outgoing, whole);
            Ok(())
        }
        OutboxVerb::Retry { id, access } => {
            serve::outbox_retry(served, OutgoingOf { outgoing: id }).await?;
            session::deliver(voice, served, id, &access).await?;
            report(voice, served, id).await
        }
    }
}

/// Prints what became of a message; exit 1 unless every recipient was taken.
pub(crate) async fn report(voice: Voice, served: &Served, id: i64) -> Result<(), Trouble> {
    let outgoing = serve::outbox_get(served, OutgoingOf { outgoing: id }).await?;
    voice.one(&outgoing, whole);
    let taken = outgoing.state == OutgoingState::Accepted
        && outgoing
            .recipients
            .iter()
            .all(|recipient| recipient.fate != Fate::Refused);
    if taken { Ok(()) } else { Err(Trouble::Said) }
}

fn summary(outgoing: &Outgoing) -> String {
    format!(
        "{:>6}  {}  {}  {}",
        outgoing.id,
        french::instant(&outgoing.queued_at),
        french::state(outgoing.state),
        if outgoing.subject.is_empty() {
            "(sans objet)"
        } else {
            &outgoing.subject
        }
    )
}

fn whole(outgoing: &Outgoing) -> String {
    let mut text = summary(outgoing);
    if let Some(problem) = &outgoing.problem {
        text.push_str(&format!(
            "\n        {}",
            french::failure(problem).replace('\n', "\n        ")
        ));
    }
    if outgoing.state == OutgoingState::Unknown {
        text.push_str(
            "\n        La connexion a été perdue avant la réponse de l'opérateur : le message est peut-être parti. \
             Il ne sera pas renvoyé de lui-même. Dites ce qu'il en est : pli outbox settle.",
        );
    }
    for recipient in &outgoing.recipients {
        text.push_str(&format!(
            "\n        {} : {}",
            recipient.party.address,
            french::fate(recipient.fate)
        ));
        if let Some(sentence) = &recipient.sentence {
            text.push_str(&format!(". {sentence}"));
        }
    }
    text
}
