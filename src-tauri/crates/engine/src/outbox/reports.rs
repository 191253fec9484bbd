//! Delivery and reading reports that came in: each closes one recipient's fate (EX_GBM_4450, ECO.2.3.1, ECO.2.3.2).

use std::sync::Arc;

use pli_message::{Action, Disposition, Parsed, Report};
use pli_store::{
    AccountId, MailId, OutboxState, Outgoing, RecipientState, RecipientUpdate, ReportEffect, Store, StoreError,
};

use super::{tell, unknown};
use crate::core::Core;
use crate::error::EngineError;

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
        changed |= matches!(effect, Ok(ReportEffect::Changed));
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
                Disposition::Displayed => RecipientState::Read,
                // Handled, deleted or passed on: it was in the mailbox, and nobody says that a person read it.
                _ => RecipientState::Delivered,
            };
            let update = |address| RecipientUpdate {
                address,
                state,
                code: mdn.error_code.map(|code| code.to_string()).unwrap_or_default(),
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
