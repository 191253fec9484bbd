//! Changes made here that the server is still to be told: flags, moves, removals.
//!
//! A change is applied to the rows and queued in one durable commit, so that what the person sees done is done, network
//! or not. Operations are told in their order and may be told twice: setting a flag that is set, or moving what has
//! gone, changes nothing.

use jiff::Timestamp;
use pli_terms::{Uid, UidValidity};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::flags::{Flags, join_keywords, split_keywords};
use crate::handling_rows::note_stale;
use crate::id::{AccountId, FolderId, MailId, OperationId};
use crate::keywords::Keywords;
use crate::mail::cut;
use crate::mirror::{erase, forget};
use crate::store::Store;
use crate::time::Millis;

/// A change to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Sets some flags and clears others.
    Flags {
        /// Those to set.
        add: Flags,
        /// Those to clear.
        remove: Flags,
    },
    /// Takes some of Pli's keywords away, then puts others on: one in both is told again, so that everybody hears of it.
    Keywords {
        /// Those to put on.
        add: Keywords,
        /// Those to take away first.
        remove: Keywords,
    },
    /// Moves to another folder of the same account.
    Move {
        /// The folder.
        to: FolderId,
    },
    /// Removes for good.
    Delete,
}

/// A change that waits for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its id; operations are told in the order of their ids.
    pub id: OperationId,
    /// The account.
    pub account: AccountId,
    /// The message, as this store knows it.
    pub mail: MailId,
    /// The folder that the server has it in.
    pub folder: FolderId,
    /// Its UID there.
    pub uid: Uid,
    /// What to do.
    pub change: Change,
    /// How many times it was tried.
    pub attempts: u32,
    /// What the last try met; empty at first.
    pub last_error: String,
    /// When the person made the change.
    pub queued_at: Timestamp,
}

/// How telling the server went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The server did it. For a move, its new place when the server said it (COPYUID, RFC 4315).
    Done {
        /// UIDVALIDITY and UID in the target folder.
        place: Option<(UidValidity, Uid)>,
    },
    /// The server has no such message any more.
    Gone,
    /// The server refuses: the change is undone here.
    Refused,
    /// It could not be told now (connection lost, server busy): it stays queued.
    Later {
        /// Why, without any content.
        why: String,
    },
}

impl Store {
    /// Applies a change to messages and queues it for the server, durably. Messages for which nothing changes are left
    /// out; so are those being removed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the target folder does not exist, [`StoreError::Invalid`] when it belongs to another
    /// account.
    pub fn queue(&self, mails: &[MailId], change: Change, now: Timestamp) -> Result<Vec<OperationId>, StoreError> {
        self.connections().write("queueing a change", Promise, |tx| {
            let target = if let Change::Move { to } = change {
                let (account, local) = tx
                    .query_row(
                        "SELECT account_id, role = 'kept' FROM folder WHERE id = ?1",
                        [to],
                        |row| Ok((row.get::<_, AccountId>(0)?, row.get::<_, bool>(1)?)),
                    )
                    .optional()?
                    .ok_or(StoreError::NotFound { what: "folder" })?;
                if local {
                    return Err(StoreError::Invalid {
                        what: "nothing is moved to the local folder: messages are kept",
                    });
                }
                Some((to, account))
            } else {
                None
            };
            let mut queued = Vec::new();
            for mail in mails {
                queued.extend(queue_one(tx, *mail, change, target, now)?);
            }
            Ok(queued)
        })
    }

    /// The oldest operations of an account that can be told now, in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn operations(&self, account: AccountId, limit: u32) -> Result<Vec<Operation>, StoreError> {
        self.connections().read("listing queued changes", |tx| {
            // Under another UIDVALIDITY the UID would name another message.
            let mut statement = tx.prepare_cached(
                "SELECT o.id, o.account_id, o.mail_id, o.folder_id, o.uid, o.kind, o.add_flags, o.drop_flags,
                        o.target_id, o.attempts, o.last_error, o.queued_at
                 FROM operation o JOIN folder f ON f.id = o.folder_id
                 WHERE o.account_id = ?1 AND o.uid IS NOT NULL AND o.uid_validity IS f.uid_validity
                 ORDER BY o.id LIMIT ?2",
            )?;
            let rows = statement.query_map(params![account, limit], |row| {
                let kind: String = row.get(5)?;
                let change = match kind.as_str() {
                    "flags" => Change::Flags {
                        add: Flags::from_bits(row.get(6)?),
                        remove: Flags::from_bits(row.get(7)?),
                    },
                    "keywords" => Change::Keywords {
                        add: Keywords::from_bits(row.get(6)?),
                        remove: Keywords::from_bits(row.get(7)?),
                    },
                    "move" => Change::Move { to: row.get(8)? },
                    _ => Change::Delete,
                };
                let uid = Uid::new(row.get(4)?).ok_or(rusqlite::Error::IntegralValueOutOfRange(4, 0))?;
                Ok(Operation {
                    id: row.get(0)?,
                    account: row.get(1)?,
                    mail: row.get(2)?,
                    folder: row.get(3)?,
                    uid,
                    change,
                    attempts: row.get(9)?,
                    last_error: row.get(10)?,
                    queued_at: row.get::<_, Millis>(11)?.0,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many changes of an account wait for the server, those that cannot be told yet included.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count_operations(&self, account: AccountId) -> Result<u64, StoreError> {
        self.connections().read("counting queued changes", |tx| {
            let count: i64 = tx
                .prepare_cached("SELECT count(*) FROM operation WHERE account_id = ?1")?
                .query_row([account], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    /// Notes how telling the server went, for a batch, in one durable commit. Operations that are gone meanwhile are
    /// left out. Gives the messages whose row changed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn settle_operations(&self, told: &[(OperationId, Told)]) -> Result<Vec<MailId>, StoreError> {
        self.connections().write("settling queued changes", Promise, |tx| {
            let mut changed = Vec::new();
            for (id, told) in told {
                let known = tx
                    .prepare_cached(
                        "SELECT mail_id, folder_id, uid, kind, add_flags, drop_flags, target_id, had
                         FROM operation WHERE id = ?1",
                    )?
                    .query_row([id], |row| {
                        Ok(Queued {
                            mail: row.get(0)?,
                            folder: row.get(1)?,
                            uid: row.get(2)?,
                            kind: row.get(3)?,
                            add: row.get(4)?,
                            drop: row.get(5)?,
                            target: row.get(6)?,
                            had: row.get(7)?,
                        })
                    })
                    .optional()?;
                let Some(queued) = known else { continue };
                if let Told::Later { why } = told {
                    tx.prepare_cached("UPDATE operation SET attempts = attempts + 1, last_error = ?2 WHERE id = ?1")?
                        .execute(params![id, cut(why, 512)])?;
                    continue;
                }
                tx.prepare_cached("DELETE FROM operation WHERE id = ?1")?
                    .execute([id])?;
                if settle(tx, &queued, told)? {
                    changed.push(queued.mail);
                }
            }
            Ok(changed)
        })
    }
}

struct Queued {
    mail: MailId,
    folder: FolderId,
    uid: Option<u32>,
    kind: String,
    add: u32,
    drop: u32,
    target: Option<FolderId>,
    had: u32,
}

pub(crate) fn queue_one(
    tx: &Transaction<'_>,
    mail: MailId,
    change: Change,
    target: Option<(FolderId, AccountId)>,
    now: Timestamp,
) -> Result<Option<OperationId>, StoreError> {
    let known = tx
        .prepare_cached(
            "SELECT m.account_id, m.folder_id, m.uid, m.flags, f.uid_validity, f.role = 'kept'
             FROM message m JOIN folder f ON f.id = m.folder_id WHERE m.id = ?1",
        )?
        .query_row([mail], |row| {
            Ok((
                row.get::<_, AccountId>(0)?,
                row.get::<_, FolderId>(1)?,
                row.get::<_, Option<u32>>(2)?,
                Flags::from_bits(row.get(3)?),
                row.get::<_, Option<u32>>(4)?,
                row.get::<_, bool>(5)?,
            ))
        })
        .optional()?;
    let Some((account, folder, uid, flags, validity, local)) = known else {
        return Ok(None);
    };
    if local {
        // No server has it: it changes here, and nothing is queued.
        return change_here(tx, mail, change, flags).map(|()| None);
    }
    let mut had = Keywords::NONE;
    let (kind, add, drop) = match change {
        Change::Flags { add, remove } => {
            // What does not change anything is not told, and must not be undone by a refusal.
            let (add, drop) = (
                add.without(flags),
                Flags::from_bits(remove.without(add).bits() & flags.bits()),
            );
            if add.is_empty() && drop.is_empty() {
                return Ok(None);
            }
            tx.prepare_cached("UPDATE message SET flags = ?2 WHERE id = ?1")?
                .execute(params![mail, flags.without(drop).with(add).bits()])?;
            ("flags", add.bits(), drop.bits())
        }
        Change::Keywords { add, remove } => {
            had = change_words(tx, mail, remove, add)?;
            // What seems to be so already may have been changed by somebody else: of a change, all is told.
            if add.and(remove).is_empty() && remove.and(had).is_empty() && had.contains(add) {
                return Ok(None);
            }
            ("keywords", add.bits(), remove.bits())
        }
        Change::Move { .. } => {
            let Some((to, owner)) = target else { return Ok(None) };
            if owner != account {
                return Err(StoreError::Invalid {
                    what: "a message moves within its account only",
                });
            }
            if to == folder {
                return Ok(None);
            }
            tx.prepare_cached("UPDATE message SET folder_id = ?2, uid = NULL WHERE id = ?1")?
                .execute(params![mail, to])?;
            ("move", 0, 0)
        }
        Change::Delete => {
            tx.prepare_cached("UPDATE message SET folder_id = NULL, uid = NULL WHERE id = ?1")?
                .execute([mail])?;
            ("delete", 0, 0)
        }
    };
    tx.prepare_cached(
        "INSERT INTO operation (account_id, folder_id, mail_id, uid, uid_validity, kind, add_flags, drop_flags, target_id,
             queued_at, had)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        account,
        folder,
        mail,
        uid,
        validity,
        kind,
        add,
        drop,
        target.map(|(to, _)| to),
        Millis(now),
        had.bits()
    ])?;
    Ok(Some(OperationId::from_raw(tx.last_insert_rowid())))
}

/// Changes the keywords of a row; answers those of Pli that it had.
fn change_words(tx: &Transaction<'_>, mail: MailId, remove: Keywords, add: Keywords) -> Result<Keywords, StoreError> {
    let words: String = tx
        .prepare_cached("SELECT keywords FROM message WHERE id = ?1")?
        .query_row([mail], |row| row.get(0))?;
    let words = split_keywords(&words);
    let after = join_keywords(&Keywords::applied(&words, remove, add));
    tx.prepare_cached("UPDATE message SET keywords = ?2 WHERE id = ?1")?
        .execute(params![mail, after])?;
    Ok(Keywords::of(&words))
}

/// A change to a message of the local folder.
fn change_here(tx: &Transaction<'_>, mail: MailId, change: Change, flags: Flags) -> Result<(), StoreError> {
    match change {
        Change::Flags { add, remove } => {
            tx.prepare_cached("UPDATE message SET flags = ?2 WHERE id = ?1")?
                .execute(params![mail, flags.without(remove).with(add).bits()])?;
        }
        Change::Keywords { add, remove } => {
            change_words(tx, mail, remove, add)?;
        }
        Change::Delete => {
            erase(tx, mail)?;
        }
        Change::Move { .. } => {
            return Err(StoreError::Invalid {
                what: "a message kept on this workstation is in no folder of the server",
            });
        }
    }
    Ok(())
}

fn settle(tx: &Transaction<'_>, queued: &Queued, told: &Told) -> Result<bool, StoreError> {
    match (queued.kind.as_str(), told) {
        ("flags", Told::Refused) => undo_flags(tx, queued),
        ("keywords", Told::Refused) => undo_keywords(tx, queued),
        ("keywords", Told::Done { .. }) => {
            // Whoever spoke just before is hidden behind our own change: it is looked at once more.
            note_stale(tx, queued.mail)?;
            Ok(false)
        }
        ("flags" | "keywords", _) => Ok(false),
        ("move", Told::Done { place }) => match (queued.target, place) {
            (Some(target), Some((validity, uid))) => arrive(tx, queued.mail, target, *validity, *uid),
            // The row waits for its header to show up in the target folder.
            _ => Ok(false),
        },
        ("delete", Told::Done { .. }) | (_, Told::Gone) => {
            tx.prepare_cached("DELETE FROM operation WHERE mail_id = ?1")?
                .execute([queued.mail])?;
            // What somebody removed here goes; what the server removed may be kept.
            if queued.kind == "delete" {
                erase(tx, queued.mail)
            } else {
                forget(tx, queued.mail)
            }
        }
        (_, _) => come_back(tx, queued.mail, queued.folder, queued.uid),
    }
}

/// Undoes a change of flags that the server refused, but for what a later change says of the same flags.
fn undo_flags(tx: &Transaction<'_>, queued: &Queued) -> Result<bool, StoreError> {
    let mut later = Flags::NONE;
    let mut statement =
        tx.prepare_cached("SELECT add_flags | drop_flags FROM operation WHERE mail_id = ?1 AND kind = 'flags'")?;
    for flags in statement.query_map([queued.mail], |row| row.get::<_, u32>(0))? {
        later = later.with(Flags::from_bits(flags?));
    }
    let (add, drop) = (Flags::from_bits(queued.add), Flags::from_bits(queued.drop));
    let (clear, set) = (add.without(later), drop.without(later));
    let changed = tx
        .prepare_cached("UPDATE message SET flags = (flags & ~?2) | ?3 WHERE id = ?1")?
        .execute(params![queued.mail, clear.bits(), set.bits()])?;
    Ok(changed > 0 && !(clear.is_empty() && set.is_empty()))
}

/// As [`undo_flags`], for keywords: each is again as it was before the change.
fn undo_keywords(tx: &Transaction<'_>, queued: &Queued) -> Result<bool, StoreError> {
    let mut touched = Keywords::from_bits(queued.add | queued.drop);
    let mut statement =
        tx.prepare_cached("SELECT add_flags | drop_flags FROM operation WHERE mail_id = ?1 AND kind = 'keywords'")?;
    for later in statement.query_map([queued.mail], |row| row.get::<_, u32>(0))? {
        touched = touched.without(Keywords::from_bits(later?));
    }
    let known: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1)")?
        .query_row([queued.mail], |row| row.get(0))?;
    if !known {
        return Ok(false);
    }
    let had = Keywords::from_bits(queued.had).and(touched);
    let before = change_words(tx, queued.mail, touched, had)?;
    Ok(before.and(touched) != had)
}

/// A moved message has its UID in the target folder.
fn arrive(
    tx: &Transaction<'_>,
    mail: MailId,
    target: FolderId,
    validity: UidValidity,
    uid: Uid,
) -> Result<bool, StoreError> {
    let known: Option<u32> = tx
        .query_row("SELECT uid_validity FROM folder WHERE id = ?1", [target], |row| {
            row.get(0)
        })
        .optional()?
        .flatten();
    if known.is_some_and(|known| known != validity.get()) {
        // The target has changed under our feet: its next sync finds the message.
        return Ok(false);
    }
    tx.prepare_cached(
        "UPDATE operation SET uid = ?3, uid_validity = ?4 WHERE mail_id = ?1 AND folder_id = ?2 AND uid IS NULL",
    )?
    .execute(params![mail, target, uid.get(), validity.get()])?;
    // Its header may have been met first, and listed as another message: this one is older and keeps its body.
    let waits: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1 AND folder_id = ?2 AND uid IS NULL)",
        params![mail, target],
        |row| row.get(0),
    )?;
    if waits {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO kept (message_id, kept_at) SELECT ?3, k.kept_at FROM kept k
             JOIN message m ON m.id = k.message_id WHERE m.folder_id = ?1 AND m.uid = ?2",
        )?
        .execute(params![target, uid.get(), mail])?;
        tx.prepare_cached("DELETE FROM message WHERE folder_id = ?1 AND uid = ?2")?
            .execute(params![target, uid.get()])?;
        tx.prepare_cached("UPDATE message SET uid = ?2, stale = 0 WHERE id = ?1")?
            .execute(params![mail, uid.get()])?;
    }
    Ok(waits)
}

/// Puts a message back where the server has it, and drops what was queued after on the strength of its move.
fn come_back(tx: &Transaction<'_>, mail: MailId, folder: FolderId, uid: Option<u32>) -> Result<bool, StoreError> {
    tx.prepare_cached("DELETE FROM operation WHERE mail_id = ?1 AND kind NOT IN ('flags', 'keywords')")?
        .execute([mail])?;
    tx.prepare_cached("UPDATE operation SET folder_id = ?2, uid = ?3 WHERE mail_id = ?1")?
        .execute(params![mail, folder, uid])?;
    let changed = tx
        .prepare_cached("UPDATE message SET folder_id = ?2, uid = ?3 WHERE id = ?1")?
        .execute(params![mail, folder, uid])?;
    Ok(changed > 0)
}

/// A folder is about to be forgotten: what was moved into it, and that the server does not know of, goes back.
pub(crate) fn bring_back_from(tx: &Transaction<'_>, folder: FolderId) -> Result<(), StoreError> {
    let moves: Vec<(MailId, FolderId, Option<u32>)> = tx
        .prepare_cached(
            "SELECT mail_id, folder_id, uid FROM operation WHERE target_id = ?1 AND kind = 'move' ORDER BY id",
        )?
        .query_map([folder], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (mail, from, uid) in moves {
        if from != folder {
            come_back(tx, mail, from, uid)?;
        }
    }
    Ok(())
}
