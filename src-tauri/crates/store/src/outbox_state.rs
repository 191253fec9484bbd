//! The states of a message on its way out, of each recipient, and which may follow which.

use crate::word::word;

word!(
    /// Where a message of the outbox stands.
    OutboxState {
        /// It waits for its turn.
        Queued = "queued",
        /// Its octets may be leaving. Committed before the first of them does.
        Sending = "sending",
        /// The server has taken it, for at least one recipient.
        Accepted = "accepted",
        /// The server has refused it for all recipients.
        Refused = "refused",
        /// Whether the server has it is not known: the connection was lost between the final dot and its answer.
        Unknown = "unknown",
        /// The person called it back before it left.
        Cancelled = "cancelled",
    }
);

word!(
    /// What became of a message for one recipient.
    RecipientState {
        /// Nothing yet.
        Pending = "pending",
        /// The operator's server has taken it on.
        Accepted = "accepted",
        /// The operator's server has refused it.
        Refused = "refused",
        /// The recipient's server is late, and goes on trying.
        Delayed = "delayed",
        /// It is in the recipient's mailbox (or was handed on, DSN `relayed` and `expanded` included).
        Delivered = "delivered",
        /// It could not be delivered.
        Failed = "failed",
        /// The recipient has opened it.
        Read = "read",
        /// Not known: see [`OutboxState::Unknown`].
        Unknown = "unknown",
    }
);

word!(
    /// Where a recipient's address stands in the message.
    RecipientField {
        /// `To`.
        To = "to",
        /// `Cc`.
        Cc = "cc",
        /// In the envelope only.
        Bcc = "bcc",
    }
);

word!(
    /// The copy in the Sent folder.
    SentCopy {
        /// To be filed once the message is accepted, unless the operator did.
        Wanted = "wanted",
        /// It is there.
        Filed = "filed",
        /// It could not be filed; the outbox keeps the octets.
        Failed = "failed",
    }
);

impl OutboxState {
    /// Whether this state may be followed by `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use OutboxState::{Accepted, Cancelled, Queued, Refused, Sending, Unknown};
        matches!(
            (self, next),
            (Queued, Sending | Cancelled)
                // Refused before anything was sent: an unknown sender, a size limit, all recipients refused.
                | (Queued, Refused)
                // Put off: a connection that could not be made counts as no try.
                | (Queued, Queued)
                // Back to the queue only when it is certain that nothing has left (4xx, lost before DATA).
                | (Sending, Accepted | Refused | Unknown | Queued)
                // Found in Sent or reported; or the person decides.
                | (Unknown, Accepted | Refused | Queued | Cancelled)
                | (Refused, Queued | Cancelled)
                // Recipients that were refused while others were accepted are tried again.
                | (Accepted, Queued)
        )
    }
}

impl RecipientState {
    /// Whether this state may be followed by `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use RecipientState::{Accepted, Delayed, Delivered, Failed, Pending, Read, Refused, Unknown};
        matches!(
            (self, next),
            (Pending, Accepted | Refused | Unknown)
                | (Accepted | Delayed, Delivered | Failed | Read)
                | (Accepted, Delayed)
                | (Unknown, Accepted | Refused | Delayed | Delivered | Failed | Read | Pending)
                | (Delivered, Read)
                // A mailing relay may fail after it said « relayed ».
                | (Delivered, Failed)
                | (Refused, Pending)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_may_have_left_goes_back_to_sending_at_once() {
        for state in [
            OutboxState::Accepted,
            OutboxState::Unknown,
            OutboxState::Refused,
            OutboxState::Cancelled,
        ] {
            assert!(!state.may_become(OutboxState::Sending), "{state:?}");
        }
    }

    #[test]
    fn a_cancelled_message_stays_cancelled_and_an_accepted_one_cannot_be() {
        for next in OutboxState::ALL {
            assert!(!OutboxState::Cancelled.may_become(*next));
        }
        assert!(!OutboxState::Accepted.may_become(OutboxState::Cancelled));
        assert!(!OutboxState::Sending.may_become(OutboxState::Cancelled));
    }

    #[test]
    fn an_accepted_recipient_is_never_tried_again() {
        for state in [
            RecipientState::Accepted,
            RecipientState::Delayed,
            RecipientState::Delivered,
            RecipientState::Failed,
            RecipientState::Read,
        ] {
            assert!(!state.may_become(RecipientState::Pending), "{state:?}");
        }
    }
}
