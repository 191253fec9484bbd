//! Purges under way and past: where each message stands, committed before each step, so that a process killed at any moment
//! finds again what it was at (EX_GBP_3050).

use jiff::Timestamp;
use pli_terms::{MessageId, ModSeq, Uid, UidValidity};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::flags::{Flags, split_keywords};
use crate::id::{AccountId, FolderId, MailId, PurgeId, PurgeMailId};
use crate::mail::parse_id;
use crate::mirror::forget;
use crate::purge_words::{KeptWhy, PurgeState, PurgeStep};
use crate::space::DocumentKind;
use crate::store::Store;
use crate::time::Millis;

/// A purge as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeRecord {
    /// Its id.
    pub id: PurgeId,
    /// Its account.
    pub account: AccountId,
    /// What was asked, as given to [`Store::plan_purge`].
    pub scope: String,
    /// Whether a copy of each message stays here.
    pub keep_local: bool,
    /// Whether a schedule made it.
    pub scheduled: bool,
    /// How far it has come.
    pub state: PurgeState,
    /// What the plan leaves, and why.
    pub kept: Vec<(KeptWhy, u32)>,
    /// Why it may not begin, in the caller's word; empty: it may.
    pub obstacle: String,
    /// What stopped it, as JSON of the caller's own; may be empty.
    pub problem: String,
    /// The journal's last trace before the batch under way.
    pub journal_from: Option<u64>,
    /// Octets used in the account before.
    pub quota_before: Option<u64>,
    /// Octets used after.
    pub quota_after: Option<u64>,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended, or was stopped.
    pub ended_at: Option<Timestamp>,
}

/// A part of a plan: messages that carry the same, and stand at the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgePart {
    /// What they carry.
    pub kind: DocumentKind,
    /// Where they stand.
    pub step: PurgeStep,
    /// Why they are spared.
    pub why: Option<KeptWhy>,
    /// How many.
    pub count: u64,
    /// Their octets on the server.
    pub octets: u64,
    /// INTERNALDATE of the oldest.
    pub oldest: Timestamp,
    /// INTERNALDATE of the newest.
    pub newest: Timestamp,
}

/// A folder of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeFolder {
    /// Its id, as it was known.
    pub folder: FolderId,
    /// Its name as the server writes it.
    pub raw_name: String,
    /// Its name as people read it.
    pub name: String,
    /// The UIDVALIDITY that the plan's UIDs belong to.
    pub uid_validity: UidValidity,
}

/// A message of a plan, with what is known of it here now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeMail {
    /// Its number in the plan.
    pub id: PurgeMailId,
    /// The message.
    pub mail: MailId,
    /// Its folder when the plan was made.
    pub folder: FolderId,
    /// Its UID there.
    pub uid: Uid,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// RFC822.SIZE.
    pub size: u64,
    /// INTERNALDATE.
    pub internal_date: Timestamp,
    /// Its flags when the plan was made.
    pub flags: Flags,
    /// What it carries.
    pub kind: DocumentKind,
    /// Its sender, as written.
    pub sender: String,
    /// Its recipients in one line.
    pub recipients: String,
    /// Where it stands.
    pub step: PurgeStep,
    /// Whether it bore another's mark before ours: such a mark is never taken back.
    pub foreign: bool,
    /// Its mod-sequence as last seen before it was marked.
    pub modseq: Option<ModSeq>,
    /// What ties its traces together; none before anything was asked of the server.
    pub exchange: Option<u64>,
    /// Why it is spared.
    pub why: Option<KeptWhy>,
    /// What is known of it here now.
    pub here: PurgeHere,
}

/// What this workstation knows of a message of a plan now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurgeHere {
    /// Nothing: the server said that it is gone, or the folder was started again.
    Unknown,
    /// It is where the plan says.
    InPlace {
        /// Its flags, changes made here included.
        flags: Flags,
        /// Its keywords.
        keywords: Vec<String>,
        /// Whether its octets are here.
        stored: bool,
    },
    /// A change made here takes it elsewhere, or removes it.
    Elsewhere,
}

/// A step of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeMove {
    /// The server is about to be told to mark it.
    Marking {
        /// What ties its traces together.
        exchange: u64,
        /// Its mod-sequence as seen just before.
        modseq: Option<ModSeq>,
    },
    /// The mark did not take: it is looked at again, under the same traces.
    Again,
    /// Nothing came of it, and its traces say so: if it is tried again, it is under others.
    Back,
    /// It bears the mark: ours, or another's that was there before.
    Marked {
        /// What ties its traces together.
        exchange: u64,
        /// Whether the mark is another's.
        foreign: bool,
    },
    /// Our mark is about to be taken back: it is spared for this reason; without one, the server refused.
    Unmarking(Option<KeptWhy>),
    /// Spared.
    Spared(KeptWhy),
    /// Gone already.
    Absent,
    /// Deleted by this purge.
    Gone,
}

const COLUMNS: &str = "id, account_id, scope, keep_local, scheduled, state, kept, obstacle, problem, journal_from,
     quota_before, quota_after, planned_at, started_at, ended_at";

impl Store {
    /// One purge.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn purge(&self, id: PurgeId) -> Result<PurgeRecord, StoreError> {
        self.connections().read("reading a purge", |tx| {
            tx.prepare_cached(&format!("SELECT {COLUMNS} FROM purge WHERE id = ?1"))?
                .query_row([id], record)
                .optional()?
                .ok_or(StoreError::NotFound { what: "purge" })
        })
    }

    /// Purges of one account, or of all, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn purges(&self, account: Option<AccountId>) -> Result<Vec<PurgeRecord>, StoreError> {
        self.connections().read("listing purges", |tx| {
            let sql = format!("SELECT {COLUMNS} FROM purge WHERE ?1 IS NULL OR account_id = ?1 ORDER BY id DESC");
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map([account.map(AccountId::get)], record)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// A plan by what its messages carry and where they stand.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn purge_parts(&self, id: PurgeId) -> Result<Vec<PurgePart>, StoreError> {
        self.connections().read("counting a purge", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT document, step, why, count(*), sum(size), min(internal_date), max(internal_date)
                 FROM purge_message WHERE purge_id = ?1 GROUP BY document, step, why ORDER BY document, step, why",
            )?;
            let rows = statement.query_map([id], |row| {
                Ok(PurgePart {
                    kind: row.get(0)?,
                    step: row.get(1)?,
                    why: row.get(2)?,
                    count: row.get::<_, i64>(3)?.unsigned_abs(),
                    octets: row.get::<_, i64>(4)?.unsigned_abs(),
                    oldest: row.get::<_, Millis>(5)?.0,
                    newest: row.get::<_, Millis>(6)?.0,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The folders of a plan; with `open`, those only that have a message whose end is not known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn purge_folders(&self, id: PurgeId, open: bool) -> Result<Vec<PurgeFolder>, StoreError> {
        self.connections().read("listing a purge's folders", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT f.folder_id, f.raw_name, f.name, f.uid_validity FROM purge_folder f WHERE f.purge_id = ?1
                 AND (NOT ?2 OR EXISTS (SELECT 1 FROM purge_message m WHERE m.purge_id = ?1 AND m.folder_id = f.folder_id
                                        AND m.step IN ('planned', 'marking', 'marked', 'unmarking')))
                 ORDER BY f.folder_id",
            )?;
            let rows = statement.query_map(params![id, open], |row| {
                let validity = UidValidity::new(row.get(3)?);
                Ok(PurgeFolder {
                    folder: row.get(0)?,
                    raw_name: row.get(1)?,
                    name: row.get(2)?,
                    uid_validity: validity.ok_or(rusqlite::Error::IntegralValueOutOfRange(3, 0))?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The next messages of a folder to work on, ascending by UID, of one kind of work: those that a killed process left
    /// half-way, alone; else those that nothing was asked about.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn purge_batch(&self, id: PurgeId, folder: FolderId, limit: u32) -> Result<Vec<PurgeMail>, StoreError> {
        self.connections().read("reading a purge's next messages", |tx| {
            let left = mails(
                tx,
                "p.purge_id = ?1 AND p.folder_id = ?2 AND p.step IN ('marking', 'marked', 'unmarking')
                 ORDER BY p.uid LIMIT ?3",
                params![id, folder, limit],
            )?;
            if !left.is_empty() {
                return Ok(left);
            }
            mails(
                tx,
                "p.purge_id = ?1 AND p.folder_id = ?2 AND p.step = 'planned' ORDER BY p.uid LIMIT ?3",
                params![id, folder, limit],
            )
        })
    }

    /// These messages of a plan as they stand now, ascending by UID.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn purge_mails(&self, ids: &[PurgeMailId]) -> Result<Vec<PurgeMail>, StoreError> {
        self.connections().read("reading messages of a purge", |tx| {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.extend(mails(tx, "p.id = ?1", params![id])?);
            }
            found.sort_by_key(|mail| mail.uid);
            Ok(found)
        })
    }

    /// A page of a plan, oldest message first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn purge_page(&self, id: PurgeId, offset: u64, limit: u32) -> Result<Vec<PurgeMail>, StoreError> {
        self.connections().read("reading a purge's plan", |tx| {
            mails(
                tx,
                "p.purge_id = ?1 ORDER BY p.internal_date, p.id LIMIT ?2 OFFSET ?3",
                params![id, limit, i64::try_from(offset).unwrap_or(i64::MAX)],
            )
        })
    }

    /// Lets a purge go on, durably: planned, stopped, or running already in a process that was killed. False when another
    /// purge of this account goes on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::IllegalTransition`] for one that has ended.
    pub fn begin_purge(&self, id: PurgeId, used: Option<u64>, now: Timestamp) -> Result<bool, StoreError> {
        self.connections().write("beginning a purge", Promise, |tx| {
            let found: Option<(AccountId, PurgeState)> = tx
                .query_row("SELECT account_id, state FROM purge WHERE id = ?1", [id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            let (account, state) = found.ok_or(StoreError::NotFound { what: "purge" })?;
            if matches!(state, PurgeState::Done | PurgeState::Failed) {
                return Err(StoreError::IllegalTransition {
                    what: "purge",
                    from: state.as_str(),
                    to: PurgeState::Running.as_str(),
                });
            }
            let busy: bool = tx.query_row(
                "SELECT EXISTS (SELECT 1 FROM purge WHERE account_id = ?1 AND state = 'running' AND id <> ?2)",
                params![account, id],
                |row| row.get(0),
            )?;
            if !busy {
                tx.execute(
                    "UPDATE purge SET state = 'running', started_at = coalesce(started_at, ?2), ended_at = NULL,
                         problem = '', quota_before = coalesce(quota_before, ?3) WHERE id = ?1",
                    params![id, Millis(now), used.map(octets)],
                )?;
            }
            Ok(!busy)
        })
    }

    /// Ends or stops a purge that runs, durably; one that does not run stays as it is.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn end_purge(
        &self,
        id: PurgeId,
        state: PurgeState,
        problem: &str,
        used: Option<u64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.connections().write("ending a purge", Promise, |tx| {
            tx.execute(
                "UPDATE purge SET state = ?2, problem = ?3, quota_after = coalesce(?4, quota_after), ended_at = ?5
                 WHERE id = ?1 AND state = 'running'",
                params![id, state, problem, used.map(octets), Millis(now)],
            )?;
            Ok(())
        })
    }

    /// Notes the journal's last trace before a batch: what was written of the batch is found after it. As long as a message
    /// that is not done with has begun an exchange, what was written of it is further back, and the place stays. Gives the
    /// place as it is then.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_purge_journal(&self, id: PurgeId, from: u64) -> Result<u64, StoreError> {
        self.connections()
            .write("noting where the journal stands", Promise, |tx| {
                tx.execute(
                    "UPDATE purge SET journal_from = ?2 WHERE id = ?1 AND (journal_from IS NULL OR NOT EXISTS (
                         SELECT 1 FROM purge_message
                         WHERE purge_id = ?1 AND exchange IS NOT NULL AND step NOT IN ('gone', 'absent', 'spared')
                     ))",
                    params![id, octets(from)],
                )?;
                let kept = tx.query_row(
                    "SELECT coalesce(journal_from, ?2) FROM purge WHERE id = ?1",
                    params![id, octets(from)],
                    |row| row.get::<_, i64>(0),
                )?;
                Ok(kept.unsigned_abs())
            })
    }

    /// Takes messages of a plan a step further, in one durable commit. What is [`PurgeMove::Gone`] leaves the list here
    /// too (to the local folder when it is kept), as long as the folder is still the plan's. Gives the messages that left.
    ///
    /// # Errors
    /// When the database cannot be written: none has moved then.
    pub fn move_purge(&self, moves: &[(PurgeMailId, PurgeMove)]) -> Result<Vec<MailId>, StoreError> {
        self.connections().write("noting a purge's step", Promise, |tx| {
            let mut left = Vec::new();
            for (id, step) in moves {
                apply(tx, *id, *step)?;
                if matches!(step, PurgeMove::Gone | PurgeMove::Absent) {
                    left.extend(leave(tx, *id)?);
                }
            }
            Ok(left)
        })
    }
}

fn apply(tx: &Transaction<'_>, id: PurgeMailId, step: PurgeMove) -> Result<(), StoreError> {
    match step {
        PurgeMove::Marking { exchange, modseq } => tx
            .prepare_cached(
                "UPDATE purge_message SET step = 'marking', exchange = ?2, modseq = ?3, is_foreign = 0 WHERE id = ?1",
            )?
            .execute(params![id, octets(exchange), modseq.map(|value| octets(value.get()))])?,
        PurgeMove::Again => tx
            .prepare_cached("UPDATE purge_message SET step = 'planned' WHERE id = ?1")?
            .execute([id])?,
        PurgeMove::Back => tx
            .prepare_cached(
                "UPDATE purge_message SET step = 'planned', exchange = NULL, modseq = NULL, is_foreign = 0 WHERE id = ?1",
            )?
            .execute([id])?,
        PurgeMove::Marked { exchange, foreign } => tx
            .prepare_cached("UPDATE purge_message SET step = 'marked', exchange = ?2, is_foreign = ?3 WHERE id = ?1")?
            .execute(params![id, octets(exchange), foreign])?,
        PurgeMove::Unmarking(why) => tx
            .prepare_cached("UPDATE purge_message SET step = 'unmarking', why = ?2 WHERE id = ?1")?
            .execute(params![id, why])?,
        PurgeMove::Spared(why) => finish(tx, id, PurgeStep::Spared, Some(why))?,
        PurgeMove::Absent => finish(tx, id, PurgeStep::Absent, None)?,
        PurgeMove::Gone => finish(tx, id, PurgeStep::Gone, None)?,
    };
    Ok(())
}

/// Its traces are written: with whom it was exchanged is of no more use here.
fn finish(tx: &Transaction<'_>, id: PurgeMailId, step: PurgeStep, why: Option<KeptWhy>) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached("UPDATE purge_message SET step = ?2, why = ?3, sender = '', recipients = '' WHERE id = ?1")?
        .execute(params![id, step, why])?)
}

/// A message that the server has no more leaves its folder here, unless this store knows the folder otherwise by now.
fn leave(tx: &Transaction<'_>, id: PurgeMailId) -> Result<Option<MailId>, StoreError> {
    let here: Option<MailId> = tx
        .prepare_cached(
            "SELECT m.id FROM purge_message p
             JOIN purge_folder q ON q.purge_id = p.purge_id AND q.folder_id = p.folder_id
             JOIN folder f ON f.id = p.folder_id AND f.uid_validity = q.uid_validity
             JOIN message m ON m.id = p.mail_id AND m.folder_id = p.folder_id AND m.uid = p.uid
             WHERE p.id = ?1",
        )?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(mail) = here else { return Ok(None) };
    tx.prepare_cached("DELETE FROM operation WHERE mail_id = ?1 AND kind = 'flags'")?
        .execute([mail])?;
    Ok(forget(tx, mail)?.then_some(mail))
}

fn mails(
    tx: &Transaction<'_>,
    condition: &str,
    arguments: &[&dyn rusqlite::ToSql],
) -> Result<Vec<PurgeMail>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT p.id, p.mail_id, p.folder_id, p.uid, p.message_id, p.size, p.internal_date, p.flags, p.document,
                p.sender, p.recipients, p.step, p.is_foreign, p.modseq, p.exchange, p.why,
                m.folder_id IS p.folder_id AND m.uid IS p.uid, m.id, m.flags, m.keywords,
                m.body_state = 2 AND m.blob_id IS NOT NULL,
                EXISTS (SELECT 1 FROM operation o WHERE o.mail_id = p.mail_id AND o.kind <> 'flags')
         FROM purge_message p LEFT JOIN message m ON m.id = p.mail_id WHERE {condition}"
    ))?;
    let rows = statement.query_map(arguments, mail)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn mail(row: &Row<'_>) -> rusqlite::Result<PurgeMail> {
    let known: Option<i64> = row.get(17)?;
    let in_place: bool = row.get(16)?;
    let removed: bool = row.get(21)?;
    let here = match known {
        _ if removed => PurgeHere::Elsewhere,
        None => PurgeHere::Unknown,
        Some(_) if !in_place => PurgeHere::Unknown,
        Some(_) => PurgeHere::InPlace {
            flags: Flags::from_bits(row.get(18)?),
            keywords: split_keywords(&row.get::<_, String>(19)?),
            stored: row.get(20)?,
        },
    };
    Ok(PurgeMail {
        id: row.get(0)?,
        mail: row.get(1)?,
        folder: row.get(2)?,
        uid: Uid::new(row.get(3)?).ok_or(rusqlite::Error::IntegralValueOutOfRange(3, 0))?,
        message_id: parse_id(row.get(4)?),
        size: row.get::<_, i64>(5)?.unsigned_abs(),
        internal_date: row.get::<_, Millis>(6)?.0,
        flags: Flags::from_bits(row.get(7)?),
        kind: row.get(8)?,
        sender: row.get(9)?,
        recipients: row.get(10)?,
        step: row.get(11)?,
        foreign: row.get(12)?,
        modseq: row
            .get::<_, Option<i64>>(13)?
            .and_then(|value| ModSeq::new(value.unsigned_abs())),
        exchange: row.get::<_, Option<i64>>(14)?.map(i64::unsigned_abs),
        why: row.get(15)?,
        here,
    })
}

fn record(row: &Row<'_>) -> rusqlite::Result<PurgeRecord> {
    let kept: String = row.get(6)?;
    let time = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<Millis>>(index)?.map(|at| at.0));
    let count = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(i64::unsigned_abs));
    Ok(PurgeRecord {
        id: row.get(0)?,
        account: row.get(1)?,
        scope: row.get(2)?,
        keep_local: row.get(3)?,
        scheduled: row.get(4)?,
        state: row.get(5)?,
        // Written by this store alone: what cannot be read is no more than a missing explanation.
        kept: serde_json::from_str(&kept).unwrap_or_default(),
        obstacle: row.get(7)?,
        problem: row.get(8)?,
        journal_from: count(9)?,
        quota_before: count(10)?,
        quota_after: count(11)?,
        planned_at: row.get::<_, Millis>(12)?.0,
        started_at: time(13)?,
        ended_at: time(14)?,
    })
}

fn octets(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
