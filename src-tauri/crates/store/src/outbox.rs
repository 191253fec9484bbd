//! The outbox: MIME octets fixed once, then states that are each committed to the disk before their step.
//!
//! Nothing is removed by itself, and nothing that may have left is sent again by itself: a message that was `sending`
//! when the process died is `unknown` until the engine or the person knows better.

use jiff::Timestamp;
use pli_terms::{Address, MessageId};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::account::bad_column;
use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::id::{AccountId, DraftId, MailId, OutboxId};
use crate::mail::{cut, parse_id};
use crate::outbox_state::{OutboxState, RecipientField, RecipientState, SentCopy};
use crate::pack::insert_blob;
use crate::store::Store;
use crate::time::Millis;

/// A message ready to leave.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOutgoing<'a> {
    /// The account it leaves from.
    pub account: AccountId,
    /// The draft it was, which is kept until the message has been accepted, and comes back when it is cancelled.
    pub draft: Option<DraftId>,
    /// The whole MIME message: the same octets at every try.
    pub raw: &'a [u8],
    /// Its Message-ID: unique in the outbox.
    pub message_id: &'a MessageId,
    /// ENVID (RFC 3461): unique in the outbox.
    pub envelope_id: &'a str,
    /// The envelope's sender.
    pub sender: &'a Address,
    /// The subject, for the list of the outbox.
    pub subject: &'a str,
    /// Everybody it goes to; an address counts once.
    pub recipients: &'a [NewRecipient],
}

/// Somebody it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// The address.
    pub address: Address,
    /// The display name; may be empty.
    pub name: String,
    /// Where the address stands in the message.
    pub field: RecipientField,
}

/// A message of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Its id.
    pub id: OutboxId,
    /// The account it leaves from.
    pub account: AccountId,
    /// Its Message-ID.
    pub message_id: MessageId,
    /// ENVID.
    pub envelope_id: String,
    /// The envelope's sender.
    pub sender: Address,
    /// The subject.
    pub subject: String,
    /// Its size in octets.
    pub size: u64,
    /// Where it stands.
    pub state: OutboxState,
    /// How many times it was tried.
    pub attempts: u32,
    /// Not to be tried again before; none when it can be tried now.
    pub not_before: Option<Timestamp>,
    /// The last answer's code (`250`, `5.1.1`…); empty when there was none.
    pub code: String,
    /// The last answer's text, or what failed.
    pub text: String,
    /// Whether its copy is in the Sent folder.
    pub sent_copy: SentCopy,
    /// When it was put in the outbox.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Whether a delivery report can come: asked for, and offered by the server that took it. Not known before it is taken.
    pub reports: Option<bool>,
    /// Everybody it goes to, in order.
    pub recipients: Vec<Recipient>,
}

/// One recipient's fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// The display name.
    pub name: String,
    /// Where the address stands in the message.
    pub field: RecipientField,
    /// What became of it.
    pub state: RecipientState,
    /// The code that says so.
    pub code: String,
    /// The server's words.
    pub text: String,
    /// When that was known.
    pub updated_at: Timestamp,
}

/// A recipient's new state, with the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientUpdate {
    /// The recipient.
    pub address: Address,
    /// The new state.
    pub state: RecipientState,
    /// The code that says so.
    pub code: String,
    /// The server's words.
    pub text: String,
}

/// What a delivery or read report changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportEffect {
    /// The recipient's state.
    Changed,
    /// Nothing: as much, or more, was known already.
    KnownAlready,
    /// Nothing: the message has no such recipient.
    NoSuchRecipient,
}

const COLUMNS: &str = "o.id, o.account_id, o.message_id, o.envelope_id, o.sender, o.subject, b.length, o.state,
     o.attempts, o.not_before, o.code, o.text, o.sent_copy, o.created_at, o.updated_at, o.reports";

impl Store {
    /// Puts a message in the outbox, queued, in one durable commit, before any network.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] without a recipient, or when the Message-ID or ENVID is already in the outbox (sent twice
    /// otherwise), or the draft is; when the disk refuses.
    pub fn enqueue(&self, message: &NewOutgoing<'_>, now: Timestamp) -> Result<OutboxId, StoreError> {
        if message.recipients.is_empty() {
            return Err(StoreError::Invalid {
                what: "a message needs a recipient",
            });
        }
        self.packs().keep(
            self.connections(),
            "putting a message in the outbox",
            Promise,
            &[message.raw],
            |tx, places| {
                let place = places.first().ok_or(StoreError::Invalid {
                    what: "a message has octets",
                })?;
                let taken: bool = tx.query_row(
                    "SELECT EXISTS (SELECT 1 FROM outbox WHERE message_id = ?1 OR envelope_id = ?2)",
                    params![message.message_id.as_str(), message.envelope_id],
                    |row| row.get(0),
                )?;
                if taken {
                    return Err(StoreError::Invalid {
                        what: "this message is already in the outbox",
                    });
                }
                let blob = insert_blob(tx, place)?;
                tx.execute(
                "INSERT INTO outbox (account_id, message_id, envelope_id, sender, subject, blob_id, state, created_at,
                     updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
                params![
                    message.account,
                    message.message_id.as_str(),
                    message.envelope_id,
                    message.sender.as_str(),
                    cut(message.subject, 4096),
                    blob,
                    OutboxState::Queued,
                    Millis(now)
                ],
            )?;
                let id = OutboxId::from_raw(tx.last_insert_rowid());
                for recipient in message.recipients {
                    tx.prepare_cached(
                        "INSERT OR IGNORE INTO outbox_recipient (outbox_id, address, name, field, state, updated_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![
                        id,
                        recipient.address.as_str(),
                        cut(&recipient.name, 1024),
                        recipient.field,
                        RecipientState::Pending,
                        Millis(now)
                    ])?;
                }
                if let Some(draft) = message.draft {
                    let changed = tx.execute(
                        "UPDATE draft SET outbox_id = ?2 WHERE id = ?1 AND outbox_id IS NULL",
                        params![draft, id],
                    )?;
                    if changed == 0 {
                        return Err(StoreError::Invalid {
                            what: "this draft is gone or already in the outbox",
                        });
                    }
                }
                Ok(id)
            },
        )
    }

    /// The outbox, newest first; `open_only` leaves out what is accepted or cancelled.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outbox(&self, open_only: bool, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        let condition = if open_only {
            "WHERE o.state NOT IN ('accepted', 'cancelled')"
        } else {
            ""
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox o JOIN blob b ON b.id = o.blob_id {condition} ORDER BY o.id DESC LIMIT ?1"
        );
        self.connections()
            .read("listing the outbox", |tx| select(tx, &sql, params![limit]))
    }

    /// Queued messages of an account that may be tried at `now`, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due(&self, account: AccountId, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox o JOIN blob b ON b.id = o.blob_id
             WHERE o.state = 'queued' AND o.account_id = ?1 AND (o.not_before IS NULL OR o.not_before <= ?2)
             ORDER BY o.id"
        );
        self.connections().read("listing what is to be sent", |tx| {
            select(tx, &sql, params![account, Millis(now)])
        })
    }

    /// One message of the outbox.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn outgoing(&self, id: OutboxId) -> Result<Outgoing, StoreError> {
        self.find_outgoing("o.id = ?1", params![id])?
            .ok_or(StoreError::NotFound {
                what: "message in the outbox",
            })
    }

    /// The message of the outbox that a report speaks of by its Message-ID.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outgoing_by_message_id(&self, id: &MessageId) -> Result<Option<Outgoing>, StoreError> {
        self.find_outgoing("o.message_id = ?1", params![id.as_str()])
    }

    /// The message of the outbox that a report speaks of by its ENVID (RFC 3461 §4.4).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outgoing_by_envelope_id(&self, id: &str) -> Result<Option<Outgoing>, StoreError> {
        self.find_outgoing("o.envelope_id = ?1", params![id])
    }

    fn find_outgoing(
        &self,
        condition: &str,
        arguments: &[&dyn rusqlite::ToSql],
    ) -> Result<Option<Outgoing>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox o JOIN blob b ON b.id = o.blob_id WHERE {condition}");
        self.connections()
            .read("reading the outbox", |tx| Ok(select(tx, &sql, arguments)?.pop()))
    }

    /// The octets of a message of the outbox: the same at every try.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Damaged`].
    pub fn outgoing_raw(&self, id: OutboxId) -> Result<Vec<u8>, StoreError> {
        self.blob(
            "SELECT blob_id FROM outbox WHERE id = ?1",
            id.get(),
            "message in the outbox",
        )
    }

    /// Takes a message to its next state, with its recipients' own, in one durable commit. Call it with
    /// [`OutboxState::Sending`] before the first octet of the message leaves. Going to `Queued` again counts a try and
    /// puts back to pending only those recipients who were not accepted. An accepted message takes its draft with it; a
    /// cancelled one gives it back.
    ///
    /// # Errors
    /// [`StoreError::IllegalTransition`] (nothing is changed then), [`StoreError::NotFound`].
    pub fn advance(
        &self,
        id: OutboxId,
        to: OutboxState,
        recipients: &[RecipientUpdate],
        answer: (&str, &str),
        not_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.connections()
            .write("advancing a message of the outbox", Promise, |tx| {
                advance(tx, id, to, answer, not_before, now)?;
                for update in recipients {
                    set_recipient(tx, id, update, now)?;
                }
                if to == OutboxState::Queued {
                    tx.prepare_cached(
                        "UPDATE outbox_recipient SET state = 'pending', updated_at = ?2
                     WHERE outbox_id = ?1 AND state IN ('refused', 'unknown')",
                    )?
                    .execute(params![id, Millis(now)])?;
                }
                Ok(())
            })
    }

    /// To be called when the engine starts: what was being sent when the process died is `unknown`, recipients included.
    /// Gives those messages.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn recover_outbox(&self, now: Timestamp) -> Result<Vec<OutboxId>, StoreError> {
        self.connections().write("recovering the outbox", Promise, |tx| {
            let ids: Vec<OutboxId> = tx
                .prepare("SELECT id FROM outbox WHERE state = 'sending' ORDER BY id")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in &ids {
                advance(tx, *id, OutboxState::Unknown, ("", ""), None, now)?;
                tx.execute(
                    "UPDATE outbox_recipient SET state = 'unknown', updated_at = ?2
                     WHERE outbox_id = ?1 AND state = 'pending'",
                    params![id, Millis(now)],
                )?;
            }
            Ok(ids)
        })
    }

    /// Changes recipients' states alone, durably: what a person or a search in Sent has found out.
    ///
    /// # Errors
    /// [`StoreError::IllegalTransition`], [`StoreError::NotFound`].
    pub fn set_recipients(&self, id: OutboxId, updates: &[RecipientUpdate], now: Timestamp) -> Result<(), StoreError> {
        self.connections().write("noting recipients' fates", Promise, |tx| {
            updates.iter().try_for_each(|update| set_recipient(tx, id, update, now))
        })
    }

    /// Takes in a delivery or read report (EX_GBM_4450, ECO.2.3.1, .2), durably. Reports come late, twice and in any
    /// order: one that tells nothing new changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such message in the outbox.
    pub fn apply_report(
        &self,
        id: OutboxId,
        update: &RecipientUpdate,
        from: Option<MailId>,
        now: Timestamp,
    ) -> Result<ReportEffect, StoreError> {
        self.connections().write("taking in a report", Promise, |tx| {
            let message: Option<i64> = tx
                .query_row("SELECT 1 FROM outbox WHERE id = ?1", [id], |row| row.get(0))
                .optional()?;
            if message.is_none() {
                return Err(StoreError::NotFound {
                    what: "message in the outbox",
                });
            }
            let Some(state) = recipient_state(tx, id, &update.address)? else {
                return Ok(ReportEffect::NoSuchRecipient);
            };
            tx.execute(
                "INSERT INTO report (outbox_id, mail_id, address, state, code, text, received_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    id,
                    from,
                    update.address.as_str(),
                    update.state,
                    cut(&update.code, 64),
                    cut(&update.text, 2048),
                    Millis(now)
                ],
            )?;
            if state == update.state || !state.may_become(update.state) {
                return Ok(ReportEffect::KnownAlready);
            }
            set_recipient(tx, id, update, now)?;
            Ok(ReportEffect::Changed)
        })
    }

    /// Notes whether the copy in Sent is there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn set_sent_copy(&self, id: OutboxId, copy: SentCopy) -> Result<(), StoreError> {
        self.connections().write("noting the copy in Sent", Promise, |tx| {
            if tx.execute("UPDATE outbox SET sent_copy = ?2 WHERE id = ?1", params![id, copy])? == 0 {
                return Err(StoreError::NotFound {
                    what: "message in the outbox",
                });
            }
            Ok(())
        })
    }

    /// Accepted messages of an account whose copy in Sent is still wanted, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn copies_to_file(&self, account: AccountId) -> Result<Vec<Outgoing>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox o JOIN blob b ON b.id = o.blob_id
             WHERE o.account_id = ?1 AND o.state = 'accepted' AND o.sent_copy = 'wanted' ORDER BY o.id"
        );
        self.connections()
            .read("listing copies to file", |tx| select(tx, &sql, params![account]))
    }
}

fn advance(
    tx: &Transaction<'_>,
    id: OutboxId,
    to: OutboxState,
    answer: (&str, &str),
    not_before: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let from: OutboxState = tx
        .prepare_cached("SELECT state FROM outbox WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::NotFound {
            what: "message in the outbox",
        })?;
    if !from.may_become(to) {
        return Err(StoreError::IllegalTransition {
            what: "outbox",
            from: from.as_str(),
            to: to.as_str(),
        });
    }
    tx.prepare_cached(
        "UPDATE outbox SET state = ?2, code = ?3, text = ?4, not_before = ?5, updated_at = ?6,
             attempts = attempts + (?2 = 'sending')
         WHERE id = ?1",
    )?
    .execute(params![
        id,
        to,
        cut(answer.0, 64),
        cut(answer.1, 2048),
        not_before.map(Millis),
        Millis(now)
    ])?;
    match to {
        OutboxState::Accepted => tx.execute("DELETE FROM draft WHERE outbox_id = ?1", [id])?,
        OutboxState::Cancelled => tx.execute("UPDATE draft SET outbox_id = NULL WHERE outbox_id = ?1", [id])?,
        _ => 0,
    };
    Ok(())
}

fn recipient_state(
    tx: &Transaction<'_>,
    id: OutboxId,
    address: &Address,
) -> Result<Option<RecipientState>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT state FROM outbox_recipient WHERE outbox_id = ?1 AND address = ?2")?
        .query_row(params![id, address.as_str()], |row| row.get(0))
        .optional()?)
}

fn set_recipient(
    tx: &Transaction<'_>,
    id: OutboxId,
    update: &RecipientUpdate,
    now: Timestamp,
) -> Result<(), StoreError> {
    let from = recipient_state(tx, id, &update.address)?.ok_or(StoreError::NotFound {
        what: "recipient of this message",
    })?;
    if from != update.state && !from.may_become(update.state) {
        let (from, to) = (from.as_str(), update.state.as_str());
        return Err(StoreError::IllegalTransition {
            what: "recipient",
            from,
            to,
        });
    }
    tx.prepare_cached(
        "UPDATE outbox_recipient SET state = ?3, code = ?4, text = ?5, updated_at = ?6
         WHERE outbox_id = ?1 AND address = ?2",
    )?
    .execute(params![
        id,
        update.address.as_str(),
        update.state,
        cut(&update.code, 64),
        cut(&update.text, 2048),
        Millis(now)
    ])?;
    Ok(())
}

fn select(tx: &Transaction<'_>, sql: &str, arguments: &[&dyn rusqlite::ToSql]) -> Result<Vec<Outgoing>, StoreError> {
    let mut messages = tx
        .prepare_cached(sql)?
        .query_map(arguments, outgoing)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut statement = tx.prepare_cached(
        "SELECT address, name, field, state, code, text, updated_at FROM outbox_recipient
         WHERE outbox_id = ?1 ORDER BY id",
    )?;
    for message in &mut messages {
        message.recipients = statement
            .query_map([message.id], recipient)?
            .collect::<Result<_, _>>()?;
    }
    Ok(messages)
}

fn outgoing(row: &Row<'_>) -> rusqlite::Result<Outgoing> {
    Ok(Outgoing {
        id: row.get(0)?,
        account: row.get(1)?,
        message_id: parse_id(row.get(2)?).ok_or_else(|| bad_column(2, "not a Message-ID"))?,
        envelope_id: row.get(3)?,
        sender: address(row, 4)?,
        subject: row.get(5)?,
        size: row.get::<_, i64>(6)?.unsigned_abs(),
        state: row.get(7)?,
        attempts: row.get(8)?,
        not_before: row.get::<_, Option<Millis>>(9)?.map(|m| m.0),
        code: row.get(10)?,
        text: row.get(11)?,
        sent_copy: row.get(12)?,
        created_at: row.get::<_, Millis>(13)?.0,
        updated_at: row.get::<_, Millis>(14)?.0,
        reports: row.get(15)?,
        recipients: Vec::new(),
    })
}

fn recipient(row: &Row<'_>) -> rusqlite::Result<Recipient> {
    Ok(Recipient {
        address: address(row, 0)?,
        name: row.get(1)?,
        field: row.get(2)?,
        state: row.get(3)?,
        code: row.get(4)?,
        text: row.get(5)?,
        updated_at: row.get::<_, Millis>(6)?.0,
    })
}

fn address(row: &Row<'_>, index: usize) -> rusqlite::Result<Address> {
    let text: String = row.get(index)?;
    Address::parse(&text).map_err(|_| bad_column(index, "not an address"))
}
