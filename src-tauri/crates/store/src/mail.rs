//! What the store knows of a message: the narrow row of a list, and the rest when one is opened.

use jiff::Timestamp;
use pli_terms::{MessageId, Uid};
use rusqlite::{OptionalExtension, Row, params};

use crate::error::StoreError;
use crate::flags::{Flags, split_keywords};
use crate::handling::{HandlingMark, mark};
use crate::id::{AccountId, FolderId, MailId};
use crate::store::Store;
use crate::time::Millis;
use crate::word::word;

word!(
    /// Who or what a message comes from, as far as its headers tell (ECO.3.1.1).
    MailKind {
        /// A professional.
        Professional = "professional",
        /// A patient (Mon espace santé).
        Patient = "patient",
        /// The operator or another machine: quarantine, quota, automatic answers.
        System = "system",
        /// A delivery or read report.
        Report = "report",
    }
);

/// How much of a message is on this disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyState {
    /// Headers only.
    None,
    /// Its text, without its attachments.
    Partial,
    /// Whole, as received.
    Stored,
    /// It could not be fetched; [`Message::body_error`] says why.
    Failed,
}

/// A header row to store. Sizes in octets; texts are cut by the store to what a list can show.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// Its UID under the folder's current UIDVALIDITY.
    pub uid: Uid,
    /// Its flags on the server.
    pub flags: Flags,
    /// Its other keywords on the server.
    pub keywords: Vec<String>,
    /// INTERNALDATE: when the server received it. Lists are sorted by it.
    pub internal_date: Timestamp,
    /// The `Date` header, when it can be read.
    pub date: Option<Timestamp>,
    /// RFC822.SIZE.
    pub size: u64,
    /// The sender's display name, decoded; may be empty.
    pub from_name: String,
    /// The sender's address, as written; may be empty.
    pub from_address: String,
    /// The recipients in one line, names and addresses: shown in « Envois » and searched.
    pub recipients: String,
    /// The subject, decoded.
    pub subject: String,
    /// The subject as people read it, without `XDM/1.0/DDM+` (ECO.3.1.3).
    pub display_subject: String,
    /// Its Message-ID, when it has a usable one.
    pub message_id: Option<MessageId>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// Its other ancestors.
    pub references: Vec<MessageId>,
    /// Who it comes from.
    pub kind: MailKind,
    /// How many attachments its structure shows.
    pub attachment_count: u32,
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRow {
    /// Its id.
    pub id: MailId,
    /// Its account.
    pub account: AccountId,
    /// The folder it is listed in; none while its removal waits for the server.
    pub folder: Option<FolderId>,
    /// Its UID; none while a move or a new UIDVALIDITY waits for the server.
    pub uid: Option<Uid>,
    /// Its flags, changes made here included.
    pub flags: Flags,
    /// Its other keywords.
    pub keywords: Vec<String>,
    /// When the server received it.
    pub internal_date: Timestamp,
    /// Its `Date` header.
    pub date: Option<Timestamp>,
    /// Its size in octets.
    pub size: u64,
    /// How many attachments it has.
    pub attachment_count: u32,
    /// Who it comes from.
    pub kind: MailKind,
    /// How much of it is here.
    pub body_state: BodyState,
    /// The id of its thread: that of the oldest row known of it.
    pub thread: MailId,
    /// The sender's name.
    pub from_name: String,
    /// The sender's address.
    pub from_address: String,
    /// The recipients in one line.
    pub recipients: String,
    /// The subject as people read it.
    pub display_subject: String,
    /// The first words of the text.
    pub snippet: String,
    /// Whether its subject says that it carries health documents (`XDM/1.0/DDM+`, ECO.2.1.3).
    pub document: bool,
    /// Whether a change made here still waits to reach the server.
    pub pending: bool,
    /// Who takes charge of it; none when nothing was said.
    pub handling: Option<HandlingMark>,
}

/// An attachment of a stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The part's id, as the parser names it.
    pub part: String,
    /// Its file name, already made safe.
    pub name: String,
    /// Its MIME type.
    pub mime: String,
    /// Its decoded size in octets.
    pub size: u64,
    /// Its Content-ID when the text shows it inline.
    pub inline_cid: Option<String>,
}

/// A message as opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its row.
    pub row: ListRow,
    /// The subject, whole.
    pub subject: String,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// Its attachments, in order.
    pub attachments: Vec<Attachment>,
    /// SHA-256 of the octets as received, once stored.
    pub sha256: Option<[u8; 32]>,
    /// Why its body could not be fetched; empty otherwise.
    pub body_error: String,
}

pub(crate) const ROW_COLUMNS: &str = "m.id, m.account_id, m.folder_id, m.uid, m.flags, m.keywords, m.internal_date,
     m.date, m.size, m.attachment_count, m.kind, m.body_state, coalesce(m.thread_id, m.id), m.from_name, m.from_address,
     m.recipients, m.display_subject, m.snippet, m.subject <> m.display_subject,
     EXISTS (SELECT 1 FROM operation o WHERE o.mail_id = m.id),
     (SELECT h.summary FROM handling h
      WHERE h.account_id = m.account_id AND h.message_id = coalesce(m.message_id, '#' || m.id))";

/// How many columns [`ROW_COLUMNS`] names.
const ROW: usize = 21;

pub(crate) fn list_row(row: &Row<'_>) -> rusqlite::Result<ListRow> {
    let keywords = split_keywords(row.get_ref(5)?.as_str()?);
    let summary: Option<String> = row.get(20)?;
    Ok(ListRow {
        handling: mark(summary.as_deref(), &keywords),
        id: row.get(0)?,
        account: row.get(1)?,
        folder: row.get(2)?,
        uid: row.get::<_, Option<u32>>(3)?.and_then(Uid::new),
        flags: Flags::from_bits(row.get(4)?),
        keywords,
        internal_date: row.get::<_, Millis>(6)?.0,
        date: row.get::<_, Option<Millis>>(7)?.map(|m| m.0),
        size: row.get::<_, i64>(8)?.unsigned_abs(),
        attachment_count: row.get(9)?,
        kind: row.get(10)?,
        body_state: body_state(row.get(11)?),
        thread: row.get(12)?,
        from_name: row.get(13)?,
        from_address: row.get(14)?,
        recipients: row.get(15)?,
        display_subject: row.get(16)?,
        snippet: row.get(17)?,
        document: row.get(18)?,
        pending: row.get(19)?,
    })
}

fn body_state(value: i64) -> BodyState {
    match value {
        1 => BodyState::Partial,
        2 => BodyState::Stored,
        3 => BodyState::Failed,
        _ => BodyState::None,
    }
}

impl Store {
    /// One message with everything the database knows of it; its octets come from [`Store::raw`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn message(&self, id: MailId) -> Result<Message, StoreError> {
        self.connections().read("opening a message", |tx| {
            let sql = format!(
                "SELECT {ROW_COLUMNS}, m.subject, m.message_id, m.in_reply_to, b.sha256, m.body_error
                 FROM message m LEFT JOIN blob b ON b.id = m.blob_id WHERE m.id = ?1"
            );
            let mut message = tx
                .prepare_cached(&sql)?
                .query_row([id], |row| {
                    Ok(Message {
                        row: list_row(row)?,
                        subject: row.get(ROW)?,
                        message_id: parse_id(row.get(ROW + 1)?),
                        in_reply_to: parse_id(row.get(ROW + 2)?),
                        attachments: Vec::new(),
                        sha256: row.get(ROW + 3)?,
                        body_error: row.get(ROW + 4)?,
                    })
                })
                .optional()?
                .ok_or(StoreError::NotFound { what: "message" })?;
            let mut statement = tx.prepare_cached(
                "SELECT part, name, mime, size, inline_cid FROM attachment WHERE message_id = ?1 ORDER BY id",
            )?;
            let attachments = statement.query_map([id], |row| {
                Ok(Attachment {
                    part: row.get(0)?,
                    name: row.get(1)?,
                    mime: row.get(2)?,
                    size: row.get::<_, i64>(3)?.unsigned_abs(),
                    inline_cid: row.get(4)?,
                })
            })?;
            message.attachments = attachments.collect::<Result<_, _>>()?;
            Ok(message)
        })
    }

    /// The rows of these ids that still exist, in the order asked.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rows(&self, ids: &[MailId]) -> Result<Vec<ListRow>, StoreError> {
        self.connections().read("reading rows", |tx| {
            let sql = format!("SELECT {ROW_COLUMNS} FROM message m WHERE m.id = ?1");
            let mut statement = tx.prepare_cached(&sql)?;
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                rows.extend(statement.query_row([id], list_row).optional()?);
            }
            Ok(rows)
        })
    }

    /// A whole thread, oldest first, over all folders of its account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn thread(&self, thread: MailId) -> Result<Vec<ListRow>, StoreError> {
        self.connections().read("reading a thread", |tx| {
            let sql = format!(
                "SELECT {ROW_COLUMNS} FROM message m WHERE (m.id = ?1 AND m.thread_id IS NULL OR m.thread_id = ?1)
                 AND m.folder_id IS NOT NULL ORDER BY m.internal_date, m.id LIMIT 1000"
            );
            let rows = tx
                .prepare_cached(&sql)?
                .query_map([thread], list_row)?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }

    /// Every message of an account with this Message-ID, newest first: two messages may carry the same one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find_message_id(&self, account: AccountId, id: &MessageId) -> Result<Vec<ListRow>, StoreError> {
        self.connections().read("looking a Message-ID up", |tx| {
            let sql = format!(
                "SELECT {ROW_COLUMNS} FROM message m WHERE m.message_id = ?2 AND +m.account_id = ?1
                 AND m.folder_id IS NOT NULL ORDER BY m.internal_date DESC, m.id DESC LIMIT 100"
            );
            let rows = tx
                .prepare_cached(&sql)?
                .query_map(params![account, id.as_str()], list_row)?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }
}

pub(crate) fn parse_id(text: Option<String>) -> Option<MessageId> {
    text.and_then(|t| MessageId::parse(&t))
}

/// Cuts a text that a sender could make endless, at a character.
pub(crate) fn cut(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
