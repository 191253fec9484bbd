//! A message on its way as people follow it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pli_message::Action;
use pli_store::{AccountId, FolderRole, KeptReport, MailId, OutboxId, OutboxState, Recipient, RecipientState, Store};
use pli_terms::{Address, MessageId};

use crate::core::Core;
use crate::drafts::Party;
use crate::error::EngineError;

/// A message on its way, or arrived.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Its id.
    pub id: OutboxId,
    /// The BAL it leaves from.
    pub account: AccountId,
    /// Its subject.
    pub subject: String,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it leaves at the earliest.
    pub leaves_at: Timestamp,
    /// When the operator answered for it.
    pub settled_at: Option<Timestamp>,
    /// Where it is.
    pub state: OutboxState,
    /// How often it was handed over, or might have been.
    pub attempts: u32,
    /// When it is tried next, while queued after a try that failed.
    pub next_attempt_at: Option<Timestamp>,
    /// Why the last try failed.
    pub problem: Option<Problem>,
    /// Its recipients, in order.
    pub recipients: Vec<OutgoingRecipient>,
    /// Octets.
    pub size: u64,
    /// Its copy in Sent, once it is listed here.
    pub sent_copy: Option<MailId>,
    /// `Message-ID`.
    pub message_id: MessageId,
}

/// Why a try failed.
#[derive(Debug, Clone)]
pub enum Problem {
    /// The way to the server, or this workstation.
    Engine(Arc<EngineError>),
    /// The server's answer.
    Server {
        /// The enhanced code, or the three digits.
        code: String,
        /// Its words.
        text: String,
        /// Whether each recipient was refused, rather than the message.
        recipients: bool,
    },
    /// A try before this start of the engine failed on the way: what failed, for the technically minded.
    Way(String),
}

/// A recipient's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Not handed over yet.
    Waiting,
    /// The operator has taken it.
    Accepted,
    /// Its server is late.
    Delayed,
    /// In its mailbox, or handed to a server that says no more.
    Delivered,
    /// Read.
    Read,
    /// Refused, at once or later.
    Refused,
    /// Not known.
    Unknown,
}

/// One recipient.
#[derive(Debug, Clone)]
pub struct OutgoingRecipient {
    /// Who.
    pub party: Party,
    /// Whether it is a patient's address (Mon espace santé).
    pub patient: bool,
    /// Its fate.
    pub fate: Fate,
    /// When the operator took or refused it.
    pub answered_at: Option<Timestamp>,
    /// When its own server reported.
    pub reported_at: Option<Timestamp>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// What happened, in French, when it went wrong (EX_GBM_4460).
    pub sentence: Option<String>,
    /// The enhanced code.
    pub status: Option<String>,
    /// The server's own words.
    pub server: Option<String>,
    /// Whether its server may still tell of the delivery. `false`: reports were not asked for, or the operator offers none
    /// (RFC 3461), and nothing more will come.
    pub reports: bool,
}

/// Whether it is not settled yet.
pub(crate) fn is_open(state: OutboxState) -> bool {
    matches!(state, OutboxState::Queued | OutboxState::Sending | OutboxState::Unknown)
}

/// When it leaves at the earliest: a time to change one's mind, unless the person asked for it at once.
pub(crate) fn leaves_at(core: &Core, entry: &pli_store::Outgoing) -> Timestamp {
    let undo = SignedDuration::try_from(core.options.undo).unwrap_or(SignedDuration::ZERO);
    entry.created_at + undo
}

/// Whether it may be handed over now.
pub(crate) fn is_due(core: &Core, entry: &pli_store::Outgoing, now: Timestamp) -> bool {
    entry.state == OutboxState::Queued && entry.not_before.unwrap_or_else(|| leaves_at(core, entry)) <= now
}

/// The message as people follow it.
///
/// # Errors
/// [`EngineError::Store`].
pub(crate) fn of(core: &Core, store: &Store, entry: pli_store::Outgoing) -> Result<Outgoing, EngineError> {
    let reports = store.reports_of(entry.id)?;
    let settled = matches!(entry.state, OutboxState::Accepted | OutboxState::Refused);
    let settled_at = settled.then_some(entry.updated_at);
    let tried = !entry.code.is_empty() || !entry.text.is_empty();
    Ok(Outgoing {
        leaves_at: leaves_at(core, &entry),
        next_attempt_at: entry.not_before.filter(|_| entry.state == OutboxState::Queued && tried),
        problem: problem(core, &entry),
        sent_copy: sent_copy(store, &entry)?,
        recipients: entry
            .recipients
            .iter()
            .map(|recipient| one(recipient, settled_at, &reports, entry.reports))
            .collect(),
        id: entry.id,
        account: entry.account,
        subject: entry.subject,
        queued_at: entry.created_at,
        settled_at,
        state: entry.state,
        attempts: entry.attempts,
        size: entry.size,
        message_id: entry.message_id,
    })
}

fn problem(core: &Core, entry: &pli_store::Outgoing) -> Option<Problem> {
    if !matches!(
        entry.state,
        OutboxState::Queued | OutboxState::Refused | OutboxState::Unknown
    ) {
        return None;
    }
    if let Some(error) = core.outbox.gates.problem(entry.id) {
        return Some(Problem::Engine(error));
    }
    if !entry.code.is_empty() {
        let own = |recipient: &Recipient| recipient.state == RecipientState::Refused && recipient.text != entry.text;
        return Some(Problem::Server {
            code: entry.code.clone(),
            text: entry.text.clone(),
            recipients: entry.state == OutboxState::Refused
                && (entry.code.starts_with("5.1.") || entry.recipients.iter().any(own)),
        });
    }
    (!entry.text.is_empty()).then(|| Problem::Way(entry.text.clone()))
}

fn sent_copy(store: &Store, entry: &pli_store::Outgoing) -> Result<Option<MailId>, EngineError> {
    let Some(sent) = store.folder_by_role(entry.account, FolderRole::Sent)? else {
        return Ok(None);
    };
    let copies = store.find_message_id(entry.account, &entry.message_id)?;
    Ok(copies
        .into_iter()
        .find(|row| row.folder == Some(sent.id))
        .map(|row| row.id))
}

fn one(
    recipient: &Recipient,
    settled_at: Option<Timestamp>,
    reports: &[KeptReport],
    promised: Option<bool>,
) -> OutgoingRecipient {
    let fate = match recipient.state {
        RecipientState::Pending => Fate::Waiting,
        RecipientState::Accepted => Fate::Accepted,
        RecipientState::Delayed => Fate::Delayed,
        RecipientState::Delivered => Fate::Delivered,
        RecipientState::Read => Fate::Read,
        RecipientState::Refused | RecipientState::Failed => Fate::Refused,
        RecipientState::Unknown => Fate::Unknown,
    };
    let own = |report: &&KeptReport| report.address.eq_ignore_ascii_case(recipient.address.as_str());
    let when = |read: bool| {
        let told = |report: &&KeptReport| (report.state == RecipientState::Read) == read;
        reports
            .iter()
            .filter(own)
            .filter(told)
            .map(|report| report.received_at)
            .next_back()
    };
    let reported_at = when(false);
    let answered_at = match recipient.state {
        RecipientState::Pending | RecipientState::Unknown => None,
        RecipientState::Accepted | RecipientState::Refused => Some(recipient.updated_at),
        _ => settled_at,
    };
    let wrong = matches!(fate, Fate::Refused | Fate::Delayed);
    // Whatever came before or after: the documents are not where they should be.
    let unused = reports
        .iter()
        .filter(own)
        .rfind(|report| super::reports::not_integrated(&report.code))
        .filter(|_| !wrong);
    let action = if fate == Fate::Delayed {
        Action::Delayed
    } else {
        Action::Failed
    };
    OutgoingRecipient {
        party: Party {
            name: recipient.name.clone(),
            address: recipient.address.as_str().to_owned(),
        },
        patient: is_patient(&recipient.address),
        fate,
        answered_at,
        reported_at,
        read_at: when(true),
        sentence: match unused {
            Some(report) => Some(not_integrated(&report.code)),
            None => wrong.then(|| pli_message::explain_status(&recipient.code, action)),
        },
        status: Some(recipient.code.clone()).filter(|code| code.matches('.').count() == 2),
        server: match unused {
            Some(report) => Some(report.text.clone()).filter(|text| !text.is_empty()),
            None => Some(recipient.text.clone()).filter(|text| !text.is_empty() && wrong),
        },
        reports: promised.unwrap_or(true),
    }
}

/// What a failed integration means for whoever sent the document.
fn not_integrated(code: &str) -> String {
    let number = code
        .split_once(' ')
        .map_or_else(String::new, |(_, number)| format!(" (code {number})"));
    format!(
        "Le message est bien dans la boîte du destinataire, mais son logiciel n'a pas pu intégrer le document{number}. \
         Prévenez-le, ou joignez-le autrement."
    )
}

/// A patient's address is an INS number in the patients' domain (ECO.2.2.6).
pub(crate) fn is_patient(address: &Address) -> bool {
    address.domain().as_str().starts_with("patient.mssante.") && pli_message::has_valid_ins_key(address.local_part())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pli_store::RecipientField;

    fn report(state: RecipientState, code: &str, text: &str) -> KeptReport {
        KeptReport {
            mail: None,
            address: "Labo@beta.mssante.test".to_owned(),
            state,
            code: code.to_owned(),
            text: text.to_owned(),
            received_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_failed_integration_is_told_whether_it_comes_before_or_after_the_delivery() {
        let recipient = Recipient {
            address: Address::parse("labo@beta.mssante.test").unwrap(),
            name: String::new(),
            field: RecipientField::To,
            state: RecipientState::Delivered,
            code: "2.0.0".to_owned(),
            text: String::new(),
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let delivered = report(RecipientState::Delivered, "2.0.0", "ok");
        let failed = report(RecipientState::Delivered, "KO 902", "Patient inconnu");
        assert_eq!(
            one(&recipient, None, std::slice::from_ref(&delivered), None).sentence,
            None
        );
        assert!(one(&recipient, None, &[], None).reports && !one(&recipient, None, &[], Some(false)).reports);
        for reports in [[delivered.clone(), failed.clone()], [failed, delivered]] {
            let shown = one(&recipient, None, &reports, Some(true));
            assert_eq!(shown.fate, Fate::Delivered);
            assert!(shown.sentence.is_some_and(|sentence| sentence.contains("902")));
            assert_eq!(shown.server.as_deref(), Some("Patient inconnu"));
        }
    }
}
