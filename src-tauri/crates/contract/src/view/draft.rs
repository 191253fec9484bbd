//! Drafts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Instant, Party};

/// A message being written. Stored at every pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// Its local number.
    pub id: Id,
    /// The BAL it will leave from.
    pub account: Id,
    /// `To`, as typed: checked by `draft_check`, refused only at sending.
    pub to: Vec<Party>,
    /// `Cc`.
    pub cc: Vec<Party>,
    /// `Bcc`.
    pub bcc: Vec<Party>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Whether a reading receipt is asked for.
    pub ask_reading: bool,
    /// Whether delivery reports are asked for (ECO.2.3.1).
    pub ask_delivery: bool,
    /// What is attached.
    pub attachments: Vec<DraftAttachment>,
    /// The message it answers or forwards.
    pub about: Option<Id>,
    /// When it was last stored.
    pub saved_at: Instant,
    /// Grows by one at each save: a window that holds an older one is told so instead of overwriting.
    pub revision: u32,
}

/// A file attached to a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftAttachment {
    /// Its local number.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its octets.
    #[ts(type = "number")]
    pub size: u64,
}

/// Where a new draft starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum DraftFrom {
    /// Nothing.
    Blank,
    /// An answer to the sender.
    Reply,
    /// An answer to all.
    ReplyAll,
    /// A message passed on.
    Forward,
}

/// What would happen if the draft left now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftCheck {
    /// Octets once encoded.
    #[ts(type = "number")]
    pub size: u64,
    /// The operator's limit (SMTP SIZE), when known.
    #[ts(type = "number | null")]
    pub limit: Option<u64>,
    /// What stands in the way, worst first. Empty: it may leave.
    pub problems: Vec<DraftProblem>,
}

/// Something to correct before sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "what")]
pub enum DraftProblem {
    /// No recipient.
    NoRecipient,
    /// Not an address.
    BadAddress {
        /// As typed.
        address: String,
    },
    /// A recipient outside the trust space: nothing will be sent to it.
    OutsideTrustSpace {
        /// The address.
        address: String,
    },
    /// Larger than the operator accepts.
    TooLarge,
    /// The BAL is full, or has no room for the copy of this message: a warning, it may leave and the operator may refuse it.
    BoxFull,
    /// It answers a message that another BAL received: to be confirmed before it leaves.
    #[serde(rename_all = "camelCase")]
    OtherBox {
        /// The BAL that received it.
        received_by: Id,
    },
    /// No subject: a warning, it may leave.
    NoSubject,
    /// The text speaks of an attachment and there is none: a warning, it may leave.
    ForgottenAttachment,
}
