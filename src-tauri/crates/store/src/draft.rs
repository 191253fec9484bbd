//! Drafts: stored at every pause, attachments encrypted beside the database like messages.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::account::{bad_column, to_json};
use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::id::{AccountId, DraftAttachmentId, DraftId, MailId, OutboxId};
use crate::mail::cut;
use crate::pack::insert_blob;
use crate::store::Store;
use crate::time::Millis;

/// What is being written. Recipients are as typed: they are checked when the message is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DraftContent {
    /// « À », as typed.
    pub to: Vec<String>,
    /// « Cc », as typed.
    pub cc: Vec<String>,
    /// « Cci », as typed.
    pub bcc: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML, when it is formatted.
    pub html: Option<String>,
    /// The message it answers, in this store.
    pub reply_to: Option<MailId>,
    /// The message it forwards, in this store.
    pub forward_of: Option<MailId>,
    /// `In-Reply-To`, without brackets.
    pub in_reply_to: Option<String>,
    /// `References`, without brackets, oldest first.
    pub references: Vec<String>,
    /// Whether a read report is asked for.
    pub ask_read_report: bool,
    /// What the engine keeps beside; any JSON.
    pub extra: serde_json::Value,
}

/// A draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// The account it will leave from.
    pub account: AccountId,
    /// What is written so far.
    pub content: DraftContent,
    /// Grows with each save: two windows cannot overwrite each other unseen.
    pub revision: u64,
    /// Its attachments, in order.
    pub attachments: Vec<DraftAttachment>,
    /// The message in the outbox that it became, which may still be called back.
    pub outbox: Option<OutboxId>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub updated_at: Timestamp,
}

/// A file attached to a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftAttachment {
    /// Its id.
    pub id: DraftAttachmentId,
    /// Its file name.
    pub name: String,
    /// Its MIME type.
    pub mime: String,
    /// Its size in octets.
    pub size: u64,
}

const COLUMNS: &str = "id, account_id, content, revision, outbox_id, created_at, updated_at";

impl Store {
    /// Begins a draft, durably.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_draft(&self, account: AccountId, content: &DraftContent, now: Timestamp) -> Result<DraftId, StoreError> {
        let content = to_json("storing a draft", content)?;
        self.connections().write("storing a draft", Promise, |tx| {
            tx.prepare_cached(
                "INSERT INTO draft (account_id, content, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)",
            )?
            .execute(params![account, content, Millis(now)])?;
            Ok(DraftId::from_raw(tx.last_insert_rowid()))
        })
    }

    /// Saves a draft over the revision that was read, durably; gives the new revision.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Invalid`] when it was saved elsewhere since, or is in the outbox.
    pub fn save_draft(
        &self,
        id: DraftId,
        account: AccountId,
        content: &DraftContent,
        revision: u64,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let content = to_json("storing a draft", content)?;
        self.connections().write("storing a draft", Promise, |tx| {
            let (current, outbox) = tx
                .prepare_cached("SELECT revision, outbox_id FROM draft WHERE id = ?1")?
                .query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)))
                .optional()?
                .ok_or(StoreError::NotFound { what: "draft" })?;
            if outbox.is_some() {
                return Err(StoreError::Invalid { what: "this draft is in the outbox" });
            }
            if current.unsigned_abs() != revision {
                return Err(StoreError::Invalid { what: "this draft was saved elsewhere since" });
            }
            tx.prepare_cached(
                "UPDATE draft SET account_id = ?2, content = ?3, revision = revision + 1, updated_at = ?4 WHERE id = ?1",
            )?
            .execute(params![id, account, content, Millis(now)])?;
            Ok(revision + 1)
        })
    }

    /// Drafts being written, last saved first; those in the outbox are not among them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        self.connections().read("listing drafts", |tx| {
            let mut statement = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM draft WHERE outbox_id IS NULL ORDER BY updated_at DESC, id DESC"
            ))?;
            let mut drafts = statement.query_map([], draft)?.collect::<Result<Vec<_>, _>>()?;
            for draft in &mut drafts {
                draft.attachments = attachments(tx, draft.id)?;
            }
            Ok(drafts)
        })
    }

    /// One draft.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn draft(&self, id: DraftId) -> Result<Draft, StoreError> {
        self.connections().read("opening a draft", |tx| {
            let mut draft = tx
                .prepare_cached(&format!("SELECT {COLUMNS} FROM draft WHERE id = ?1"))?
                .query_row([id], draft)
                .optional()?
                .ok_or(StoreError::NotFound { what: "draft" })?;
            draft.attachments = attachments(tx, id)?;
            Ok(draft)
        })
    }

    /// Throws a draft away with its attachments.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Invalid`] when it is in the outbox.
    pub fn remove_draft(&self, id: DraftId) -> Result<(), StoreError> {
        self.connections().write("removing a draft", Promise, |tx| {
            let outbox = tx
                .query_row("SELECT outbox_id FROM draft WHERE id = ?1", [id], |row| {
                    row.get::<_, Option<i64>>(0)
                })
                .optional()?
                .ok_or(StoreError::NotFound { what: "draft" })?;
            if outbox.is_some() {
                return Err(StoreError::Invalid {
                    what: "this draft is in the outbox",
                });
            }
            tx.execute("DELETE FROM draft WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    /// Attaches a file to a draft, durably.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the draft is gone; when the disk refuses.
    pub fn attach(
        &self,
        draft: DraftId,
        name: &str,
        mime: &str,
        octets: &[u8],
    ) -> Result<DraftAttachmentId, StoreError> {
        self.packs().keep(
            self.connections(),
            "attaching a file",
            Promise,
            &[octets],
            |tx, places| {
                let known = tx
                    .query_row("SELECT 1 FROM draft WHERE id = ?1", [draft], |_| Ok(()))
                    .optional()?;
                let (Some(()), Some(place)) = (known, places.first()) else {
                    return Err(StoreError::NotFound { what: "draft" });
                };
                let blob = insert_blob(tx, place)?;
                tx.execute(
                    "INSERT INTO draft_attachment (draft_id, name, mime, blob_id) VALUES (?1, ?2, ?3, ?4)",
                    params![draft, cut(name, 1024), cut(mime, 255), blob],
                )?;
                Ok(DraftAttachmentId::from_raw(tx.last_insert_rowid()))
            },
        )
    }

    /// The octets of an attached file.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Damaged`].
    pub fn draft_attachment(&self, id: DraftAttachmentId) -> Result<Vec<u8>, StoreError> {
        self.blob(
            "SELECT blob_id FROM draft_attachment WHERE id = ?1",
            id.get(),
            "attachment",
        )
    }

    /// Takes a file off a draft.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn detach(&self, id: DraftAttachmentId) -> Result<(), StoreError> {
        self.connections().write("taking a file off a draft", Promise, |tx| {
            if tx.execute("DELETE FROM draft_attachment WHERE id = ?1", [id])? == 0 {
                return Err(StoreError::NotFound { what: "attachment" });
            }
            Ok(())
        })
    }
}

fn attachments(tx: &rusqlite::Transaction<'_>, draft: DraftId) -> Result<Vec<DraftAttachment>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT a.id, a.name, a.mime, b.length FROM draft_attachment a JOIN blob b ON b.id = a.blob_id
         WHERE a.draft_id = ?1 ORDER BY a.id",
    )?;
    let rows = statement.query_map([draft], |row| {
        Ok(DraftAttachment {
            id: row.get(0)?,
            name: row.get(1)?,
            mime: row.get(2)?,
            size: row.get::<_, i64>(3)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn draft(row: &Row<'_>) -> rusqlite::Result<Draft> {
    let content: String = row.get(2)?;
    Ok(Draft {
        id: row.get(0)?,
        account: row.get(1)?,
        content: serde_json::from_str(&content).map_err(|_| bad_column(2, "not a draft"))?,
        revision: row.get::<_, i64>(3)?.unsigned_abs(),
        attachments: Vec::new(),
        outbox: row.get(4)?,
        created_at: row.get::<_, Millis>(5)?.0,
        updated_at: row.get::<_, Millis>(6)?.0,
    })
}
