//! What a message says, as plain values.

use pli_terms::{Address, MessageId};
use serde::Serialize;

use crate::kind::{Kind, KindReason};
use crate::report::{Dsn, Mdn};

/// An author or a recipient as a header names it. The address is kept even when it is not a valid one, for display.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Mailbox {
    /// The display name, decoded, without control characters. May be empty.
    pub name: String,
    /// The address as written. May be empty.
    pub address: String,
}

impl Mailbox {
    /// The address when it is one that a message can be sent to.
    #[must_use]
    pub fn valid_address(&self) -> Option<Address> {
        Address::parse(&self.address).ok()
    }

    /// The name, or the address when there is no name.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.name.is_empty() {
            &self.address
        } else {
            &self.name
        }
    }
}

/// A date of a header: the moment and the offset its author wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment {
    /// Seconds since 1970 UTC.
    pub unix: i64,
    /// Minutes east of UTC, −1439 to 1439.
    pub offset_minutes: i16,
}

/// Something wrong with a message that did not stop its reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// No header field could be read.
    NoHeaders,
    /// No `Message-ID`, or one that holds what an id may not.
    NoMessageId,
    /// No `Date`, or one that is no date.
    NoDate,
    /// No author.
    NoFrom,
    /// A part's transfer encoding is broken; what could be decoded is shown.
    BrokenEncoding,
    /// A multipart that never closes, or whose delimiter never comes.
    BrokenMultipart,
    /// More parts or levels than are read: the rest is left out.
    TooManyParts,
    /// A body longer than is kept: the rest is left out.
    BodyCut,
    /// The parser gave up; only the header fields and the raw text are there.
    Unreadable,
}

/// The MSSanté header fields (ECO.2.4.1 to .3, ECO.2.2.8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct XMss {
    /// `X-MSS-CODECDA`: the CDA document codes, split at the commas.
    pub codecda: Vec<String>,
    /// `X-MSS-INS`: whether the INS is qualified (`O` or `N`).
    pub ins: Option<bool>,
    /// `X-MSS-NIL`: the sending product's reference.
    pub nil: Option<String>,
    /// `X-MSS-MES`: `FIN` when the exchange with a patient is closed.
    pub mes: Option<String>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// What [`crate::part_bytes`] takes, stable for the same bytes.
    pub part_id: u32,
    /// A file name that is safe to write to any disk: see [`crate::safe_file_name`].
    pub name: String,
    /// The type as declared, lower case. Never to be trusted.
    pub mime: String,
    /// Octets, decoded.
    pub size: u64,
    /// Whether the HTML body shows it in its text.
    pub inline: bool,
    /// `Content-ID` without brackets.
    pub content_id: Option<String>,
}

/// A delivery or reading report that a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Report {
    /// What became of a message, per recipient (RFC 3464).
    Delivery(Dsn),
    /// What a recipient or its software did with a message (RFC 8098).
    Disposition(Mdn),
}

/// What a list row needs, from the header block alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderRow {
    /// The author.
    pub from: Mailbox,
    /// The recipients of `To`.
    pub to: Vec<Mailbox>,
    /// The recipients of `Cc`.
    pub cc: Vec<Mailbox>,
    /// The subject, decoded, on one line.
    pub subject: String,
    /// The subject without the XDM prefix (ECO.3.1.3).
    pub display_subject: String,
    /// `None` when there is no readable date.
    pub date: Option<Moment>,
    /// `None` when there is no valid id.
    pub message_id: Option<MessageId>,
    /// The message this one answers.
    pub in_reply_to: Option<MessageId>,
    /// The chain of messages before this one, oldest first, bounded.
    pub references: Vec<MessageId>,
    /// Professional, patient or system (ECO.3.1.1).
    pub kind: Kind,
    /// Why.
    pub kind_reason: KindReason,
    /// The MSSanté header fields.
    pub x_mss: XMss,
    /// Whether the content type promises parts (an attachment is likely but not certain).
    pub multipart_mixed: bool,
}

/// A whole message, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The header fields a list row shows.
    pub row: HeaderRow,
    /// `Sender`, when given.
    pub sender: Option<Mailbox>,
    /// `Reply-To`.
    pub reply_to: Vec<Mailbox>,
    /// `Bcc`: present in one's own sent copies at most.
    pub bcc: Vec<Mailbox>,
    /// `Return-Path` as the last server wrote it (ECO.3.1.6).
    pub return_path: Option<String>,
    /// Where a reading report is asked to be sent (ECO.3.1.6).
    pub disposition_notification_to: Vec<Mailbox>,
    /// `Auto-Submitted`, lower case, when it is not `no` (RFC 3834).
    pub auto_submitted: Option<String>,
    /// `List-Id`.
    pub list_id: Option<String>,
    /// The text to read: the plain body, or the HTML one turned to text.
    pub text: String,
    /// The HTML body as received: never to be shown before [`crate::sanitise`].
    pub html: Option<String>,
    /// The files, nested messages included.
    pub attachments: Vec<Attachment>,
    /// A delivery or reading report.
    pub report: Option<Report>,
    /// What is wrong with it, each once, in order.
    pub defects: Vec<Defect>,
}

/// What `pli message show --json` and the reader show.
#[derive(Debug, Clone, Serialize)]
pub struct View<'a> {
    /// The author.
    pub from: &'a Mailbox,
    /// The recipients.
    pub to: &'a [Mailbox],
    /// The recipients of a copy.
    pub cc: &'a [Mailbox],
    /// Where answers go, when it is not the author.
    pub reply_to: &'a [Mailbox],
    /// The subject as stored.
    pub subject: &'a str,
    /// The subject as shown.
    pub display_subject: &'a str,
    /// The date.
    pub date: Option<Moment>,
    /// The id.
    pub message_id: Option<&'a MessageId>,
    /// The message answered.
    pub in_reply_to: Option<&'a MessageId>,
    /// The chain.
    pub references: &'a [MessageId],
    /// The text.
    pub text: &'a str,
    /// Whether there is an HTML body.
    pub html: bool,
    /// The files.
    pub attachments: &'a [Attachment],
    /// The MSSanté header fields.
    pub x_mss: &'a XMss,
    /// Professional, patient or system.
    pub kind: Kind,
    /// Why.
    pub kind_reason: KindReason,
    /// Where a reading report is asked to be sent.
    pub disposition_notification_to: &'a [Mailbox],
    /// A report, when the message is one.
    pub report: Option<&'a Report>,
    /// What is wrong with it.
    pub defects: &'a [Defect],
}

impl Parsed {
    /// The message as it is shown and written to JSON.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            from: &self.row.from,
            to: &self.row.to,
            cc: &self.row.cc,
            reply_to: &self.reply_to,
            subject: &self.row.subject,
            display_subject: &self.row.display_subject,
            date: self.row.date,
            message_id: self.row.message_id.as_ref(),
            in_reply_to: self.row.in_reply_to.as_ref(),
            references: &self.row.references,
            text: &self.text,
            html: self.html.is_some(),
            attachments: &self.attachments,
            x_mss: &self.row.x_mss,
            kind: self.row.kind,
            kind_reason: self.row.kind_reason,
            disposition_notification_to: &self.disposition_notification_to,
            report: self.report.as_ref(),
            defects: &self.defects,
        }
    }

    /// Whether a reading report may be sent without asking the person: never, when it would go elsewhere than to the
    /// message's return path (RFC 8098 §2.1, ECO.3.1.6).
    #[must_use]
    pub fn disposition_target_is_return_path(&self) -> bool {
        let Some(path) = self.return_path.as_deref().and_then(|path| Address::parse(path).ok()) else {
            return false;
        };
        !self.disposition_notification_to.is_empty()
            && self
                .disposition_notification_to
                .iter()
                .all(|to| to.valid_address().is_some_and(|address| address.same_mailbox(&path)))
    }

    /// The attachments that an HTML body may show: `Content-ID` to part id.
    pub fn content_ids(&self) -> impl Iterator<Item = (&str, u32)> {
        self.attachments
            .iter()
            .filter_map(|file| file.content_id.as_deref().map(|cid| (cid, file.part_id)))
    }
}
