//! Lists and messages.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Instant};

/// What a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "of")]
pub enum Scope {
    /// The inboxes of all BALs (« Tous »).
    All,
    /// One BAL's inbox.
    Account {
        /// The BAL.
        account: Id,
    },
    /// One folder.
    Folder {
        /// The folder.
        folder: Id,
    },
}

/// Which rows of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Filter {
    /// Every one.
    All,
    /// Not read.
    Unread,
    /// Flagged.
    Flagged,
    /// Still to be dealt with, by whomever: « à traiter », « pris en charge », and what two people said different things of.
    /// It is listed wherever it lies: of `all`, every folder of every BAL; of `account`, every folder of the BAL, but the
    /// bin and unwanted mail; a copy in another folder of the BAL is not listed twice.
    Open,
    /// As `open`, for the person of this profile: for them, taken by them, or to be dealt with for nobody in particular. Not
    /// what somebody else has taken, nor what is for somebody else.
    Mine,
}

/// Part of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The rows asked for.
    pub rows: Vec<Row>,
    /// Rows of the whole list under this filter.
    pub total: u32,
    /// Unread rows of the scope.
    pub unread: u32,
}

/// One line of a list (72 px).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The message's local number.
    pub id: Id,
    /// Its BAL.
    pub account: Id,
    /// Its folder.
    pub folder: Id,
    /// Who it is from, or to whom in Sent and Drafts.
    pub who: Party,
    /// What kind of correspondent (ECO.3.1.1).
    pub kind: Kind,
    /// The subject without the transport's prefix (ECO.3.1.3); empty when there is none.
    pub subject: String,
    /// The first words of the text; empty while the body is not here.
    pub snippet: String,
    /// When it was received, or sent.
    pub date: Instant,
    /// Read.
    pub seen: bool,
    /// Flagged.
    pub flagged: bool,
    /// Answered.
    pub answered: bool,
    /// Forwarded.
    pub forwarded: bool,
    /// Attachments.
    pub attachments: u16,
    /// Holds health documents (an IHE XDM archive).
    pub document: bool,
    /// Whether a local change still waits to reach the server.
    pub pending: bool,
    /// Who takes charge of it, where somebody said something.
    pub handling: Option<super::HandlingMark>,
    /// For a search: where the words were found, with `‹` and `›` around them.
    pub excerpt: Option<String>,
}

/// A person or organisation at an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// The name, or the address when there is none.
    pub name: String,
    /// The address; empty when the header holds none.
    pub address: String,
}

/// What kind of correspondent or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A professional or an organisation of the trust space.
    Professional,
    /// A patient, through Mon espace santé.
    Patient,
    /// A machine's: delivery report, quarantine or quota notice.
    System,
}

/// A message opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its row.
    pub row: Row,
    /// Every sender of `From`.
    pub from: Vec<Party>,
    /// `To`.
    pub to: Vec<Party>,
    /// `Cc`.
    pub cc: Vec<Party>,
    /// `Reply-To`, when it differs from `From`.
    pub reply_to: Vec<Party>,
    /// Whether the whole message is here; else only its header is, and the rest comes by an event.
    pub complete: bool,
    /// The text, from text/plain or drawn from the HTML; at most 1 MiB.
    pub text: String,
    /// Whether the text was cut at its bound.
    pub text_cut: bool,
    /// Where the sanitised HTML is served, when there is one.
    pub html: Option<String>,
    /// Remote contents that were left out of the HTML.
    pub remote_blocked: u32,
    /// What is attached.
    pub attachments: Vec<Attachment>,
    /// A delivery or reading report's content.
    pub report: Option<Report>,
    /// What is wrong with the message, in plain French, when it is broken.
    pub defects: Vec<String>,
    /// Whether the sender asks for a reading receipt.
    pub receipt_asked: bool,
    /// `X-MSS-MES: FIN`, or a subject of exactly `[FIN]`: no answer is expected.
    pub closed: bool,
    /// Octets as received.
    #[ts(type = "number")]
    pub size: u64,
    /// SHA-256 of the octets as received, hexadecimal; empty until complete.
    pub sha256: String,
    /// `Message-ID` without brackets, when there is one.
    pub message_id: Option<String>,
}

/// One attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Its number within the message.
    pub part: u32,
    /// Its name, safe to write to a disk.
    pub name: String,
    /// Its media type as declared.
    pub mime: String,
    /// Its octets once decoded.
    #[ts(type = "number")]
    pub size: u64,
    /// Where its bytes are served.
    pub url: String,
}

/// What a delivery report (RFC 3464) or a reading report (RFC 8098) says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `delivery` or `reading`.
    pub of: String,
    /// The outbox entry it speaks of, when it is one of ours.
    pub outbox: Option<Id>,
    /// One line a recipient.
    pub recipients: Vec<ReportLine>,
}

/// One recipient of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ReportLine {
    /// The recipient.
    pub address: String,
    /// Whether it went well.
    pub good: bool,
    /// What happened, in plain French (EX_GBM_4460).
    pub sentence: String,
    /// The enhanced code, `5.2.2`.
    pub status: Option<String>,
    /// The server's own words.
    pub server: Option<String>,
}

/// A flag that a person sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Flag {
    /// Read.
    Seen,
    /// Flagged.
    Flagged,
}
