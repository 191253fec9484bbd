//! What belongs to a message of the outbox: the draft it was, the reports that came about it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::connection::Durability::Mirror;
use crate::error::StoreError;
use crate::id::{DraftId, MailId, OutboxId};
use crate::outbox_state::RecipientState;
use crate::store::Store;
use crate::time::Millis;

/// What one report said of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReport {
    /// The message that carried it, when it is still known.
    pub mail: Option<MailId>,
    /// The recipient, as the outbox writes it.
    pub address: String,
    /// What it said.
    pub state: RecipientState,
    /// The code that says so.
    pub code: String,
    /// The server's words.
    pub text: String,
    /// When it came.
    pub received_at: Timestamp,
}

impl Store {
    /// Notes whether a delivery report can come about this message.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_reports(&self, id: OutboxId, reports: bool) -> Result<(), StoreError> {
        self.connections()
            .write("noting whether reports will come", Mirror, |tx| {
                tx.prepare_cached("UPDATE outbox SET reports = ?2 WHERE id = ?1")?
                    .execute(params![id, reports])?;
                Ok(())
            })
    }

    /// The draft that waits with this message, and comes back when it is called back.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn draft_of_outgoing(&self, id: OutboxId) -> Result<Option<DraftId>, StoreError> {
        self.connections().read("looking for a message's draft", |tx| {
            Ok(tx
                .prepare_cached("SELECT id FROM draft WHERE outbox_id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()?)
        })
    }

    /// Every report about a message of the outbox, in the order they came.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reports_of(&self, id: OutboxId) -> Result<Vec<KeptReport>, StoreError> {
        self.connections().read("reading reports", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT mail_id, address, state, code, text, received_at FROM report WHERE outbox_id = ?1 ORDER BY id",
            )?;
            let rows = statement.query_map(params![id], |row| {
                Ok(KeptReport {
                    mail: row.get(0)?,
                    address: row.get(1)?,
                    state: row.get(2)?,
                    code: row.get(3)?,
                    text: row.get(4)?,
                    received_at: row.get::<_, Millis>(5)?.0,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The message of the outbox that this report of the mailbox speaks of.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outgoing_of_report(&self, report: MailId) -> Result<Option<OutboxId>, StoreError> {
        self.connections().read("looking for a report's message", |tx| {
            Ok(tx
                .prepare_cached("SELECT outbox_id FROM report WHERE mail_id = ?1 LIMIT 1")?
                .query_row([report], |row| row.get(0))
                .optional()?)
        })
    }
}
