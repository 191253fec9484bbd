//! What was sent, and each recipient's fate.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Instant, Party};

/// A message on its way, or arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Outgoing {
    /// Its local number.
    pub id: Id,
    /// The BAL it leaves from.
    pub account: Id,
    /// Its subject.
    pub subject: String,
    /// When « Envoyer » was pressed.
    pub queued_at: Instant,
    /// When it leaves at the earliest: until then it can be taken back whole.
    pub leaves_at: Instant,
    /// When the operator answered for it.
    pub settled_at: Option<Instant>,
    /// Where it is.
    pub state: OutgoingState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while queued.
    pub next_attempt_at: Option<Instant>,
    /// Why the last try failed.
    pub problem: Option<crate::failure::Failure>,
    /// Its recipients.
    pub recipients: Vec<Recipient>,
    /// Octets.
    #[ts(type = "number")]
    pub size: u64,
    /// Its copy in the Sent folder, when there is one.
    pub sent_copy: Option<Id>,
    /// `Message-ID` without brackets.
    pub message_id: String,
}

/// Where a message on its way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum OutgoingState {
    /// Waits to leave.
    Queued,
    /// Being handed over.
    Sending,
    /// The operator has taken it, for one recipient at least.
    Accepted,
    /// The operator refused it for every recipient.
    Refused,
    /// The connection was lost before the operator's answer: it may have left, or not. Never sent again by itself.
    Unknown,
    /// Taken back before it left.
    Cancelled,
}

/// One recipient of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
    /// Who.
    pub party: Party,
    /// What kind of correspondent.
    pub kind: super::Kind,
    /// Its fate.
    pub fate: Fate,
    /// When the operator took or refused it.
    pub answered_at: Option<Instant>,
    /// When its own server reported.
    pub reported_at: Option<Instant>,
    /// When it was read.
    pub read_at: Option<Instant>,
    /// What happened, in plain French, when it went wrong (EX_GBM_4460).
    pub sentence: Option<String>,
    /// The enhanced code, `5.2.2`.
    pub status: Option<String>,
    /// The server's own words.
    pub server: Option<String>,
    /// Whether a delivery report may come. `false`: « confié à l'opérateur » is all that will be known, unless it is read.
    pub reports: bool,
}

/// A recipient's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// Not handed over yet.
    Waiting,
    /// The operator has taken it.
    Accepted,
    /// Delayed by its server, still tried.
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
