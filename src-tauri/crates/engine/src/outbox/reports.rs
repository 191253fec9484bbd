//! Delivery and reading reports that came in: each closes one recipient's fate (EX_GBM_4450, ECO.2.3.1, ECO.2.3.2).

use std::sync::Arc;

use pli_message::{Action, Disposition, Parsed, Report};
use pli_store::{
    AccountId, MailId, OutboxState, Outgoing, RecipientState, RecipientUpdate, ReportEffect, Store, StoreError,
};

use super::{tell, unknown};
use crate::core::Core;
use crate::error::EngineError;

/// Begins the code of a report by which the recipient's software says that it could not use the message, before its
/// number (900 to 906) when it gives one: the message is in the mailbox, and its documents are not in the record.
const NOT_INTEGRATED: &str = "KO";

/// Whether this code of a report says so.
pub(super) fn not_integrated(code: &str) -> bool {
    code.split(' ').next() == Some(NOT_INTEGRATED)
}

/// Takes in a report that is being stored. Blocks. A report about nothing of ours is left alone; the same report taken in
/// twice changes nothing more.
///
/// # Errors
/// What the store answers.
pub(crate) fn on_report(
    core: &Arc<Core>,
    account: AccountId,
    mail: MailId,
    parsed: &Parsed,
) -> Result<(), EngineError> {
    match &parsed.report {
        Some(report) => take_in(core, &*core.store()?, account, mail, report),
        None => Ok(()),
    }
}

fn take_in(core: &Core, store: &Store, account: AccountId, mail: MailId, report: &Report) -> Result<(), EngineError> {
    let Some(entry) = about(store, account, report)? else {
        return Ok(());
    };
    // Somebody reports on it: it has left.
    if entry.state == OutboxState::Unknown {
        unknown::accept(core, store, &entry)?;
    }
    let mut changed = false;
    for update in updates(&entry, report) {
        let effect = store.apply_report(entry.id, &update, Some(mail), core.now());
        // A message that is delivered already stays so when its reader's software fails on it, and there is more to tell.
        changed |= match effect {
            Ok(ReportEffect::Changed) => true,
            Ok(ReportEffect::KnownAlready) => not_integrated(&update.code),
            _ => false,
        };
        match effect {
            Ok(_) | Err(StoreError::IllegalTransition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if changed {
        tell(core, entry.id, store.outgoing(entry.id)?.state);
    }
    Ok(())
}

/// The message it speaks of: by the envelope id that only the servers on its way know, else by its Message-ID. Only a
/// message of the BAL that received the report.
fn about(store: &Store, account: AccountId, report: &Report) -> Result<Option<Outgoing>, StoreError> {
    let (envelope, id) = match report {
        Report::Delivery(dsn) => (dsn.envelope_id.as_deref(), dsn.original_message_id.as_ref()),
        Report::Disposition(mdn) => (None, mdn.original_message_id.as_ref()),
    };
    let mut found = match envelope {
        Some(envelope) => store.outgoing_by_envelope_id(envelope)?,
        None => None,
    };
    if let (None, Some(id)) = (&found, id) {
        found = store.outgoing_by_message_id(id)?;
    }
    Ok(found.filter(|entry| entry.account == account))
}

fn updates(entry: &Outgoing, report: &Report) -> Vec<RecipientUpdate> {
    match report {
        Report::Delivery(dsn) => dsn
            .recipients
            .iter()
            .filter_map(|line| {
                let state = match line.action {
                    Action::Failed => RecipientState::Failed,
                    Action::Delayed => RecipientState::Delayed,
                    // « relayed » and « expanded »: as far as reports go, it has arrived.
                    Action::Delivered | Action::Relayed | Action::Expanded => RecipientState::Delivered,
                    Action::Unknown => return None,
                };
                Some(RecipientUpdate {
                    address: recipient(entry, &[line.address(), &line.final_recipient])?,
                    state,
                    code: line.status.clone(),
                    text: line.diagnostic.clone().unwrap_or_default(),
                })
            })
            .collect(),
        Report::Disposition(mdn) => {
            let original = mdn.original_recipient.as_deref().unwrap_or_default();
            let state = match mdn.disposition {
                Disposition::Displayed if !mdn.automatic => RecipientState::Read,
                // Handled, deleted, passed on or shown to a program: it was in the mailbox, and nobody says that a person
                // read it.
                _ => RecipientState::Delivered,
            };
            let number = mdn.error_code.map(|code| code.to_string()).unwrap_or_default();
            let code = if mdn.disposition == Disposition::Failed || mdn.error_code.is_some() {
                format!("{NOT_INTEGRATED} {number}").trim_end().to_owned()
            } else {
                String::new()
            };
            let update = |address| RecipientUpdate {
                address,
                state,
                code: code.clone(),
                text: mdn.error_text.clone().unwrap_or_default(),
            };
            recipient(entry, &[original, &mdn.final_recipient])
                .map(update)
                .into_iter()
                .collect()
        }
    }
}

/// The recipient that one of these names means.
fn recipient(entry: &Outgoing, names: &[&str]) -> Option<pli_terms::Address> {
    names.iter().find_map(|name| {
        let address = pli_terms::Address::parse(name).ok()?;
        entry
            .recipients
            .iter()
            .find(|known| known.address.same_mailbox(&address))
            .map(|known| known.address.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use pli_store::{OutboxId, Recipient, RecipientField, SentCopy};
    use pli_terms::{Address, MessageId};

    const LABO: &str = "labo@beta.mssante.test";

    fn sent() -> Outgoing {
        let address = |text| Address::parse(text).unwrap();
        Outgoing {
            id: OutboxId::from_raw(1),
            account: AccountId::from_raw(1),
            message_id: MessageId::parse("1@alpha.mssante.test").unwrap(),
            envelope_id: "e1".to_owned(),
            sender: address("dr.martin@alpha.mssante.test"),
            subject: String::new(),
            size: 1,
            state: OutboxState::Accepted,
            attempts: 1,
            not_before: None,
            code: String::new(),
            text: String::new(),
            sent_copy: SentCopy::Filed,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            reports: Some(true),
            recipients: vec![Recipient {
                address: address(LABO),
                name: String::new(),
                field: RecipientField::To,
                state: RecipientState::Accepted,
                code: String::new(),
                text: String::new(),
                updated_at: Timestamp::UNIX_EPOCH,
            }],
        }
    }

    fn told(disposition: &str) -> RecipientUpdate {
        let raw = format!(
            "From: {LABO}\r\nTo: dr.martin@alpha.mssante.test\r\nSubject: x\r\nContent-Type: multipart/report;\r\n \
             report-type=disposition-notification; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\n\
             Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; {LABO}\r\n\
             Original-Message-ID: <1@alpha.mssante.test>\r\nDisposition: {disposition}\r\n\r\n--b--\r\n"
        );
        let report = Report::Disposition(pli_message::parse_mdn(raw.as_bytes()).unwrap());
        updates(&sent(), &report).remove(0)
    }

    #[test]
    fn only_a_person_reads() {
        let by_hand = told("manual-action/MDN-sent-manually; displayed");
        let by_itself = told("automatic-action/MDN-sent-automatically; displayed");
        let sent_by_itself = told("manual-action/MDN-sent-automatically; displayed");
        assert_eq!(
            [by_hand.state, by_itself.state, sent_by_itself.state],
            [RecipientState::Read, RecipientState::Delivered, RecipientState::Read]
        );
    }

    #[test]
    fn a_failed_integration_is_no_plain_delivery() {
        let done = told("automatic-action/MDN-sent-automatically; processed");
        let failed = told("automatic-action/MDN-sent-automatically; processed/Error: 902^Patient inconnu");
        let bare = told("automatic-action/MDN-sent-automatically; processed/Error");
        assert!(!not_integrated(&done.code));
        assert_eq!(
            (failed.code.as_str(), failed.text.as_str()),
            ("KO 902", "Patient inconnu")
        );
        assert_eq!(bare.code, "KO");
        assert!(not_integrated(&failed.code) && not_integrated(&bare.code));
    }
}
