//! Message submission (RFC 6409): one answer per recipient, delivery reports asked for (RFC 3461), and an honest outcome.
//!
//! [`Submission`] is what the engine codes against; [`Connection`] implements it on lettre's low level.

mod connect;
mod connection;
mod features;
mod reply;
mod transaction;

use std::future::Future;

use pli_terms::{Address, MessageId, Wording};

#[cfg(test)]
pub(crate) use connect::{Smtp, connect};
pub use connection::Connection;
pub use features::Features;
pub use reply::Reply;

use crate::WireError;
use crate::audit::AuditFailure;

/// A connection that can hand messages over.
pub trait Submission: Send {
    /// What the server offers (EHLO, after TLS and login).
    fn features(&self) -> &Features;

    /// Whether another message can be sent on this connection.
    fn is_usable(&self) -> bool;

    /// Hands one message over, in one transaction.
    ///
    /// `message` ends its lines by CRLF, and is sent byte for byte (dot-stuffed; a missing last CRLF is added).
    ///
    /// An error means that the message was **not** handed over: it never left, or the connection ended before the final
    /// dot. Whatever happens from the final dot on is told by [`SendOutcome::end`].
    ///
    /// # Errors
    /// [`WireError::TooLarge`], [`WireError::AddressNeedsUtf8`], [`WireError::EightBit`], [`WireError::LineEnding`],
    /// [`WireError::Recipients`] before anything is sent; [`WireError::Reply`] when MAIL was refused; connection errors.
    fn send(
        &mut self,
        envelope: &Envelope,
        message: &[u8],
    ) -> impl Future<Output = Result<SendOutcome, WireError>> + Send;

    /// Says good-bye.
    ///
    /// # Errors
    /// Any [`WireError`]: harmless.
    fn quit(&mut self) -> impl Future<Output = Result<(), WireError>> + Send;
}

/// Whom a message goes to, and which reports are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The sender: the mailbox that is logged in.
    pub from: Address,
    /// 1 to 1,000 recipients.
    pub recipients: Vec<Address>,
    /// The message's own id, for the journal (EX_GDT_5050).
    pub message_id: Option<MessageId>,
    /// Envelope id given back in delivery reports (RFC 3461 §4.4): 1 to 100 visible ASCII characters; else left out.
    pub envelope_id: Option<String>,
    /// Reports wanted (ECO.2.3.1); asked for only where the server offers DSN.
    pub notify: Notify,
    /// Whether a report holds the whole message or its header only.
    pub return_full: bool,
}

/// Which delivery reports are wanted (RFC 3461 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// When delivered, or relayed to where reports end.
    pub success: bool,
    /// When not delivered.
    pub failure: bool,
    /// When late.
    pub delay: bool,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            success: true,
            failure: true,
            delay: true,
        }
    }
}

impl Notify {
    /// The value of the NOTIFY parameter.
    pub(crate) fn parameter(self) -> String {
        let words: Vec<&str> = self.words().collect();
        if words.is_empty() {
            "NEVER".to_owned()
        } else {
            words.join(",")
        }
    }

    /// The same, for a trace.
    pub(crate) fn told(self) -> Wording {
        let all = self.words().fold(Wording::empty(), |told, word| {
            let told = if told.is_empty() { told } else { told.then(",") };
            told.then(word)
        });
        if all.is_empty() { Wording::fixed("NEVER") } else { all }
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        let wanted = [
            (self.success, "SUCCESS"),
            (self.failure, "FAILURE"),
            (self.delay, "DELAY"),
        ];
        wanted.into_iter().filter(|(on, _)| *on).map(|(_, word)| word)
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOutcome {
    /// One answer per recipient, in the envelope's order.
    pub recipients: Vec<RecipientAnswer>,
    /// What became of the whole.
    pub end: End,
    /// Whether delivery reports were asked for: the server offers DSN.
    pub reports: bool,
    /// Set when the journal refused the result, although the message was handed over: the send must not be repeated.
    pub unrecorded: Option<AuditFailure>,
}

impl SendOutcome {
    /// The recipients for whom the server took the message.
    pub fn accepted(&self) -> impl Iterator<Item = &Address> {
        let taken = matches!(self.end, End::Accepted(_));
        self.recipients
            .iter()
            .filter(move |r| taken && r.reply.is_positive())
            .map(|r| &r.address)
    }
}

/// The server's answer to one RCPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientAnswer {
    /// The recipient.
    pub address: Address,
    /// The answer: 250, 4xx (later), 5xx (never).
    pub reply: Reply,
}

/// What became of the whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The server took it, for the recipients it accepted. Its words hold its own queue id.
    Accepted(Reply),
    /// The server refused it for everyone, at DATA or after the final dot.
    Refused(Reply),
    /// No recipient was accepted: the message itself was not sent.
    NoRecipient,
    /// The final dot was sent and its answer never came: the server may have taken the message, or not. Never to be
    /// sent again without looking, or asking (RFC 1047).
    Unknown {
        /// What happened, without the server's data.
        why: String,
    },
}
