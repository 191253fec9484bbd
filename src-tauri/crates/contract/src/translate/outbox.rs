//! Messages on their way.

use pli_engine::pli_store::OutboxState;

use super::{instant, party};
use crate::failure::{Code, Failure};
use crate::view::{Fate, Kind, Outgoing, OutgoingState, Recipient};

pub(crate) fn outgoing(outgoing: pli_engine::Outgoing) -> Outgoing {
    Outgoing {
        id: outgoing.id.get(),
        account: outgoing.account.get(),
        subject: outgoing.subject,
        queued_at: instant(outgoing.queued_at),
        leaves_at: instant(outgoing.leaves_at),
        settled_at: outgoing.settled_at.map(instant),
        state: state(outgoing.state),
        attempts: outgoing.attempts,
        next_attempt_at: outgoing.next_attempt_at.map(instant),
        problem: outgoing.problem.as_ref().map(problem),
        recipients: outgoing.recipients.into_iter().map(recipient).collect(),
        size: outgoing.size,
        sent_copy: outgoing.sent_copy.map(pli_engine::pli_store::MailId::get),
        message_id: outgoing.message_id.as_str().to_owned(),
    }
}

pub(crate) fn state(state: OutboxState) -> OutgoingState {
    match state {
        OutboxState::Queued => OutgoingState::Queued,
        OutboxState::Sending => OutgoingState::Sending,
        OutboxState::Accepted => OutgoingState::Accepted,
        OutboxState::Refused => OutgoingState::Refused,
        OutboxState::Unknown => OutgoingState::Unknown,
        OutboxState::Cancelled => OutgoingState::Cancelled,
    }
}

fn problem(problem: &pli_engine::Problem) -> Failure {
    match problem {
        pli_engine::Problem::Engine(error) => Failure::from(error.as_ref()),
        pli_engine::Problem::Server { code, text, recipients } => Failure {
            code: match code.as_str() {
                _ if code.ends_with(".3.4") || code == "552" => Code::TooLarge,
                _ if code.ends_with(".2.2") => Code::QuotaExceeded,
                _ if *recipients => Code::RecipientsRefused,
                _ => Code::MessageRefused,
            },
            about: None,
            server: Some(format!("{code} {text}").trim().to_owned()),
        },
        pli_engine::Problem::Way(_) => Failure::new(Code::ConnectionLost),
    }
}

fn recipient(recipient: pli_engine::OutgoingRecipient) -> Recipient {
    Recipient {
        party: party(&recipient.party.name, &recipient.party.address),
        kind: if recipient.patient {
            Kind::Patient
        } else {
            Kind::Professional
        },
        fate: match recipient.fate {
            pli_engine::Fate::Waiting => Fate::Waiting,
            pli_engine::Fate::Accepted => Fate::Accepted,
            pli_engine::Fate::Delayed => Fate::Delayed,
            pli_engine::Fate::Delivered => Fate::Delivered,
            pli_engine::Fate::Read => Fate::Read,
            pli_engine::Fate::Refused => Fate::Refused,
            pli_engine::Fate::Unknown => Fate::Unknown,
        },
        answered_at: recipient.answered_at.map(instant),
        reported_at: recipient.reported_at.map(instant),
        read_at: recipient.read_at.map(instant),
        sentence: recipient.sentence,
        status: recipient.status,
        server: recipient.server,
        reports: recipient.reports,
    }
}
