//! What stays on this workstation: messages kept whatever becomes of them on the server, and how many months of bodies.
//!
//! Keeping is a mark. A message that bears it stays in its folder for as long as the server has it; once the server has it
//! no more (removed, expired, another UIDVALIDITY, its folder gone), it goes to the account's local folder instead of being
//! forgotten, with its octets. That folder is never listed by a server and nothing of it is ever told to one.

use jiff::Timestamp;
use pli_terms::{Uid, UidValidity};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::connection::Durability::{Mirror, Promise};
use crate::error::StoreError;
use crate::id::{AccountId, FolderId, MailId};
use crate::pack::Compacted;
use crate::store::Store;
use crate::time::Millis;

/// The local folder's raw name: a control character, which no server's list can hold.
pub(crate) const KEPT_NAME: &str = "\u{1}kept";

/// The local folder's name as people read it.
const KEPT_TITLE: &str = "Conservé sur ce poste";

/// What [`Store::keep_locally`] kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Kept: their octets are here, and stay.
    pub kept: Vec<MailId>,
    /// Not kept: their octets are not here. Deleting them elsewhere would lose them.
    pub without_body: Vec<MailId>,
}

/// How long bodies of an account stay here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Months of bodies kept here; `None`: all of them.
    pub offline_months: Option<u32>,
    /// Bodies received before this are not fetched by themselves; `None`: all are.
    pub bodies_from: Option<Timestamp>,
    /// When those that are older were last removed from here.
    pub offloaded_at: Option<Timestamp>,
}

/// A body that this workstation may do without: the server was known to have its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offloadable {
    /// The message.
    pub mail: MailId,
    /// Its UID, under the UIDVALIDITY that [`Store::offload`] is to be given.
    pub uid: Uid,
    /// Octets of it on this disk.
    pub stored: u64,
}

/// What [`Store::offload`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offloaded {
    /// Bodies.
    pub bodies: u64,
    /// Their octets on disk.
    pub octets: u64,
}

/// Never removed from here: a flagged message, one kept, one opened not long ago (since `?3`), one that a change made here
/// concerns, one that the outbox is not done with. The outbox's own octets are never a body of a folder.
const SPARED: &str = "(m.flags & 4) <> 0
     OR EXISTS (SELECT 1 FROM kept k WHERE k.message_id = m.id)
     OR EXISTS (SELECT 1 FROM recalled r WHERE r.message_id = m.id AND r.at >= ?3)
     OR EXISTS (SELECT 1 FROM operation o WHERE o.mail_id = m.id)
     OR EXISTS (SELECT 1 FROM outbox x WHERE x.account_id = m.account_id AND x.message_id = m.message_id
                AND (x.state IN ('queued', 'sending', 'unknown') OR x.sent_copy <> 'filed'))";

impl Store {
    /// Keeps messages on this workstation, whatever becomes of them on the server: from now on, whatever forgets one of
    /// them ([`Store::remove_uids`], [`Store::finish_sync`], [`Store::sync_folders`]) moves it to the account's local
    /// folder instead. Call it before anything is deleted on the server; once the server has deleted, forget as usual.
    /// Only a message whose octets are here can be kept; ids that are gone are left out. Durable when this returns.
    ///
    /// # Errors
    /// When the database cannot be written: then none is kept.
    pub fn keep_locally(&self, mails: &[MailId], now: Timestamp) -> Result<Kept, StoreError> {
        self.connections().write("keeping messages", Promise, |tx| {
            let mut done = Kept::default();
            for mail in mails {
                match has_body(tx, *mail)? {
                    Some(true) => {
                        mark(tx, *mail, now)?;
                        done.kept.push(*mail);
                    }
                    Some(false) => done.without_body.push(*mail),
                    None => {}
                }
            }
            Ok(done)
        })
    }

    /// Marks messages as kept though their octets are not here yet: they are fetched whatever the retention is, and kept
    /// from then on. One whose octets never come cannot be kept.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_once_here(&self, mails: &[MailId], now: Timestamp) -> Result<(), StoreError> {
        self.connections().write("keeping messages", Promise, |tx| {
            for mail in mails {
                if has_body(tx, *mail)?.is_some() {
                    mark(tx, *mail, now)?;
                }
            }
            Ok(())
        })
    }

    /// Of these, the ones that are kept.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn kept_among(&self, mails: &[MailId]) -> Result<Vec<MailId>, StoreError> {
        self.connections().read("looking kept messages up", |tx| {
            let mut statement = tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM kept WHERE message_id = ?1)")?;
            let mut found = Vec::new();
            for mail in mails {
                if statement.query_row([mail], |row| row.get(0))? {
                    found.push(*mail);
                }
            }
            Ok(found)
        })
    }

    /// Of these, the ones that only this workstation has: those of a local folder.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn only_here(&self, mails: &[MailId]) -> Result<Vec<MailId>, StoreError> {
        self.connections().read("looking kept messages up", |tx| {
            let mut found = Vec::new();
            for mail in mails {
                if is_only_here(tx, *mail)? {
                    found.push(*mail);
                }
            }
            Ok(found)
        })
    }

    /// How many messages of an account are kept, and how many of them only this workstation has.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count_kept(&self, account: AccountId) -> Result<(u64, u64), StoreError> {
        self.connections().read("counting kept messages", |tx| {
            let (all, only): (i64, i64) = tx
                .prepare_cached(
                    "SELECT count(*), coalesce(sum(f.role = 'kept'), 0) FROM kept k
                     JOIN message m ON m.id = k.message_id LEFT JOIN folder f ON f.id = m.folder_id
                     WHERE m.account_id = ?1 AND m.body_state = 2",
                )?
                .query_row([account], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((all.unsigned_abs(), only.unsigned_abs()))
        })
    }

    /// How long bodies of an account stay here.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn retention(&self, account: AccountId) -> Result<Retention, StoreError> {
        self.connections().read("reading a retention", |tx| {
            Ok(tx
                .prepare_cached("SELECT offline_months, bodies_from, offloaded_at FROM box_life WHERE account_id = ?1")?
                .query_row([account], |row| {
                    Ok(Retention {
                        offline_months: row.get(0)?,
                        bodies_from: row.get::<_, Option<Millis>>(1)?.map(|at| at.0),
                        offloaded_at: row.get::<_, Option<Millis>>(2)?.map(|at| at.0),
                    })
                })
                .optional()?
                .unwrap_or_default())
        })
    }

    /// Sets how long bodies of an account stay here.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub fn set_retention(&self, account: AccountId, retention: Retention) -> Result<(), StoreError> {
        self.connections().write("setting a retention", Promise, |tx| {
            line(tx, account)?;
            tx.prepare_cached(
                "UPDATE box_life SET offline_months = ?2, bodies_from = ?3, offloaded_at = ?4 WHERE account_id = ?1",
            )?
            .execute(params![
                account,
                retention.offline_months,
                retention.bodies_from.map(Millis),
                retention.offloaded_at.map(Millis)
            ])?;
            Ok(())
        })
    }

    /// Bodies of a folder received before `before` that this workstation may do without, oldest first, at most `limit`
    /// after the UID `after`. Drafts, and what is in the local folder, are never among them; nor is what is flagged, kept,
    /// opened since `opened_since`, changed here and not told yet, or in the outbox.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn offloadable(
        &self,
        folder: FolderId,
        before: Timestamp,
        opened_since: Timestamp,
        after: u32,
        limit: u32,
    ) -> Result<Vec<Offloadable>, StoreError> {
        self.connections().read("listing bodies to do without", |tx| {
            let sql = format!(
                "SELECT m.id, m.uid, b.stored FROM message m JOIN blob b ON b.id = m.blob_id
                 JOIN folder f ON f.id = m.folder_id
                 WHERE m.folder_id = ?1 AND m.internal_date < ?2 AND m.uid > ?4 AND m.stale = 0
                 AND f.role NOT IN ('drafts', 'kept') AND NOT ({SPARED})
                 ORDER BY m.uid LIMIT ?5"
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let rows = statement.query_map(
                params![folder, Millis(before), Millis(opened_since), after, limit],
                |row| Ok((row.get::<_, MailId>(0)?, row.get::<_, u32>(1)?, row.get::<_, i64>(2)?)),
            )?;
            let mut found = Vec::new();
            for row in rows {
                let (mail, uid, stored) = row?;
                let stored = stored.unsigned_abs();
                found.extend(Uid::new(uid).map(|uid| Offloadable { mail, uid, stored }));
            }
            Ok(found)
        })
    }

    /// Removes bodies from this workstation, rows and search staying: those of `bodies` that are still what they were,
    /// under this UIDVALIDITY. The caller has just seen that the server has each of them.
    ///
    /// # Errors
    /// When the database cannot be written: then none is removed.
    pub fn offload(
        &self,
        folder: FolderId,
        validity: UidValidity,
        bodies: &[Offloadable],
        opened_since: Timestamp,
    ) -> Result<Offloaded, StoreError> {
        self.connections().write("removing bodies from here", Promise, |tx| {
            let mut done = Offloaded::default();
            let sql = format!(
                "SELECT m.blob_id, b.stored FROM message m JOIN blob b ON b.id = m.blob_id
                 JOIN folder f ON f.id = m.folder_id
                 WHERE m.id = ?1 AND m.folder_id = ?2 AND m.uid = ?4 AND f.uid_validity = ?5 AND m.stale = 0
                 AND f.role NOT IN ('drafts', 'kept') AND NOT ({SPARED})"
            );
            for body in bodies {
                let found: Option<(i64, i64)> = tx
                    .prepare_cached(&sql)?
                    .query_row(
                        params![body.mail, folder, Millis(opened_since), body.uid.get(), validity.get()],
                        |row| Ok((row.get(0)?, row.get(1)?)),
                    )
                    .optional()?;
                let Some((blob, stored)) = found else { continue };
                tx.prepare_cached("UPDATE message SET blob_id = NULL, body_state = 0 WHERE id = ?1")?
                    .execute([body.mail])?;
                tx.prepare_cached("DELETE FROM blob WHERE id = ?1")?.execute([blob])?;
                tx.prepare_cached("DELETE FROM recalled WHERE message_id = ?1")?
                    .execute([body.mail])?;
                done.bodies += 1;
                done.octets += stored.unsigned_abs();
            }
            Ok(done)
        })
    }

    /// Notes that somebody opened these messages, so that their bodies stay a while though they are old.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn note_recalled(&self, mails: &[MailId], now: Timestamp) -> Result<(), StoreError> {
        self.connections().write("noting opened messages", Mirror, |tx| {
            let mut statement = tx.prepare_cached(
                "INSERT INTO recalled (message_id, at) SELECT id, ?2 FROM message WHERE id = ?1
                 ON CONFLICT (message_id) DO UPDATE SET at = excluded.at",
            )?;
            for mail in mails {
                statement.execute(params![mail, Millis(now)])?;
            }
            Ok(())
        })
    }

    /// Gives the disk back what removed bodies took, to the last pack that is a tenth dead or more; moves at most `budget`
    /// octets of living ones to do so. It may be cut at any moment.
    ///
    /// # Errors
    /// When the disk or the database refuses; nothing is lost.
    pub fn give_back(&self, budget: u64) -> Result<Compacted, StoreError> {
        self.packs().give_back(self.connections(), budget)
    }
}

/// Whether a message's octets are here; `None` when there is no such message.
fn has_body(tx: &Transaction<'_>, mail: MailId) -> Result<Option<bool>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT body_state = 2 FROM message WHERE id = ?1")?
        .query_row([mail], |row| row.get(0))
        .optional()?)
}

fn mark(tx: &Transaction<'_>, mail: MailId, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO kept (message_id, kept_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![mail, Millis(now)])?;
    Ok(())
}

/// An account's line, made the first time.
pub(crate) fn line(tx: &Transaction<'_>, account: AccountId) -> Result<(), StoreError> {
    let made = tx
        .prepare_cached("INSERT OR IGNORE INTO box_life (account_id) SELECT id FROM account WHERE id = ?1")?
        .execute([account])?;
    if made == 0 {
        let known: bool = tx
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM box_life WHERE account_id = ?1)")?
            .query_row([account], |row| row.get(0))?;
        if !known {
            return Err(StoreError::NotFound { what: "account" });
        }
    }
    Ok(())
}

pub(crate) fn is_only_here(tx: &Transaction<'_>, mail: MailId) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM message m JOIN folder f ON f.id = m.folder_id
                            WHERE m.id = ?1 AND f.role = 'kept')",
        )?
        .query_row([mail], |row| row.get(0))?)
}

/// The server has a message no more: one that is kept, and whose octets are here, goes to the local folder. Whether it did.
pub(crate) fn shelter(tx: &Transaction<'_>, mail: MailId) -> Result<bool, StoreError> {
    let account: Option<AccountId> = tx
        .prepare_cached(
            "SELECT m.account_id FROM message m JOIN kept k ON k.message_id = m.id
             WHERE m.id = ?1 AND m.body_state = 2",
        )?
        .query_row([mail], |row| row.get(0))
        .optional()?;
    let Some(account) = account else { return Ok(false) };
    let moving: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM operation WHERE mail_id = ?1 AND kind = 'move')")?
        .query_row([mail], |row| row.get(0))?;
    if moving {
        // It left one folder and is on its way to another: its last move tells what became of it.
        tx.prepare_cached("UPDATE message SET uid = NULL WHERE id = ?1")?
            .execute([mail])?;
        return Ok(true);
    }
    let folder = kept_folder(tx, account)?;
    // Nothing of it is ever told to the server again.
    tx.prepare_cached("DELETE FROM operation WHERE mail_id = ?1")?
        .execute([mail])?;
    tx.prepare_cached("UPDATE message SET folder_id = ?2, uid = NULL, stale = 0 WHERE id = ?1")?
        .execute(params![mail, folder])?;
    Ok(true)
}

/// A folder is about to be forgotten: what is kept of it goes to the local folder.
pub(crate) fn shelter_folder(tx: &Transaction<'_>, folder: FolderId) -> Result<(), StoreError> {
    let kept: Vec<MailId> = tx
        .prepare_cached(
            "SELECT m.id FROM kept k JOIN message m ON m.id = k.message_id WHERE m.folder_id = ?1 ORDER BY m.id",
        )?
        .query_map([folder], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for mail in kept {
        tx.prepare_cached("DELETE FROM operation WHERE mail_id = ?1")?
            .execute([mail])?;
        shelter(tx, mail)?;
    }
    Ok(())
}

/// The account's local folder, made the first time.
fn kept_folder(tx: &Transaction<'_>, account: AccountId) -> Result<FolderId, StoreError> {
    let known = tx
        .prepare_cached("SELECT id FROM folder WHERE account_id = ?1 AND role = 'kept'")?
        .query_row([account], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    tx.execute(
        "INSERT INTO folder (account_id, raw_name, name, role) VALUES (?1, ?2, ?3, 'kept')",
        params![account, KEPT_NAME, KEPT_TITLE],
    )?;
    Ok(FolderId::from_raw(tx.last_insert_rowid()))
}

/// The messages of a folder that are older than the account's retention and are to be fetched all the same: flagged ones,
/// kept ones, drafts. `limit` of them.
pub(crate) const MISSING_THOUGH_OLD: &str = "SELECT m.id, m.uid, m.size FROM message m
     WHERE m.folder_id = ?1 AND m.body_state < 2 AND m.uid IS NOT NULL AND m.internal_date < ?3
     AND ((m.flags & 4) <> 0 OR m.id IN (SELECT message_id FROM kept)
          OR (SELECT role FROM folder WHERE id = ?1) = 'drafts')
     ORDER BY m.internal_date DESC, m.id DESC LIMIT ?2";

/// Bodies received before this are not fetched by themselves.
pub(crate) fn bodies_from(tx: &Transaction<'_>, account: AccountId) -> Result<Option<i64>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT bodies_from FROM box_life WHERE account_id = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?
        .flatten())
}
