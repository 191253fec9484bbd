//! The mirror of a folder: what the server says, laid under what was changed here and not told to it yet.
//!
//! A change made here is applied at once and queued (see `operation`). Until the server has it, what the server says of
//! the same message is corrected by the queue: a flag set here stays set, a message moved or removed here does not come
//! back. A message that was moved keeps its id: its new UID is recognised when the server tells it, or when a header
//! with the same Message-ID and size shows up in the target folder.

use pli_terms::{Uid, UidSet, UidValidity};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::connection::Durability::Mirror;
use crate::correspondent;
use crate::error::StoreError;
use crate::flags::{Flags, join_keywords};
use crate::handling_rows::{concerns, note_stale};
use crate::id::{AccountId, FolderId, MailId};
use crate::keywords::Keywords;
use crate::list::as_i64;
use crate::mail::{NewMessage, cut};
use crate::recipient_line::read_recipients;
use crate::retention::shelter;
use crate::search;
use crate::space::DocumentKind;
use crate::store::Store;
use crate::time::Millis;

/// What a batch of headers changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Messages that were not known.
    pub added: Vec<MailId>,
    /// Messages that were known and have found their UID: after a move made here, or a new UIDVALIDITY.
    pub adopted: Vec<MailId>,
    /// Messages that were known under this UID and whose flags changed.
    pub updated: Vec<MailId>,
}

/// A message's flags as the server has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagUpdate {
    /// Its UID.
    pub uid: Uid,
    /// Its flags.
    pub flags: Flags,
    /// Its other keywords.
    pub keywords: Vec<String>,
}

/// No text of a list row is longer than this, in octets: senders choose them.
pub(crate) const TEXT_LIMIT: usize = 4096;

impl Store {
    /// Takes header rows of a folder, in one commit. A UID that is already known only has its flags updated; one that a
    /// queued change has taken away from this folder is left out.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such folder.
    pub fn apply_headers(&self, folder: FolderId, rows: &[NewMessage]) -> Result<Applied, StoreError> {
        self.connections().write("storing headers", Mirror, |tx| {
            let (account, validity) = folder_facts(tx, folder)?;
            let queued = has_operations(tx, folder)?;
            let waiting = has_waiting(tx)?;
            let mut applied = Applied::default();
            let mut new: Vec<(i64, &NewMessage)> = Vec::new();
            for row in rows {
                if queued && taken_away(tx, folder, row.uid)? {
                    continue;
                }
                let (flags, words) = overlay(tx, folder, row.uid, row.flags, &row.keywords, queued)?;
                let known = tx
                    .prepare_cached("SELECT id, flags, keywords FROM message WHERE folder_id = ?1 AND uid = ?2")?
                    .query_row(params![folder, row.uid.get()], |r| {
                        Ok((r.get::<_, MailId>(0)?, r.get::<_, u32>(1)?, r.get::<_, String>(2)?))
                    })
                    .optional()?;
                if let Some((id, old, keywords)) = known {
                    if set_flags(tx, id, (old, &keywords), flags, &words)? {
                        applied.updated.push(id);
                    }
                } else if let Some(adopted) = if waiting {
                    adopt(tx, folder, validity, row)?
                } else {
                    None
                } {
                    applied.adopted.extend(adopted);
                } else {
                    let (id, key) = insert(tx, account, folder, row, (flags, &words))?;
                    applied.added.push(id);
                    new.push((key, row));
                }
            }
            let met: Vec<&NewMessage> = new.iter().map(|(_, row)| *row).collect();
            correspondent::meet(tx, account, folder, &met)?;
            search::index_headers(tx, new)?;
            Ok(applied)
        })
    }

    /// Takes the server's flags of known messages, in one commit; gives those that changed. Unknown UIDs are left out.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn apply_flags(&self, folder: FolderId, updates: &[FlagUpdate]) -> Result<Vec<MailId>, StoreError> {
        self.connections().write("storing flags", Mirror, |tx| {
            let queued = has_operations(tx, folder)?;
            let mut changed = Vec::new();
            for update in updates {
                let known = tx
                    .prepare_cached("SELECT id, flags, keywords FROM message WHERE folder_id = ?1 AND uid = ?2")?
                    .query_row(params![folder, update.uid.get()], |r| {
                        Ok((r.get::<_, MailId>(0)?, r.get::<_, u32>(1)?, r.get::<_, String>(2)?))
                    })
                    .optional()?;
                let Some((id, old, keywords)) = known else { continue };
                let (flags, words) = overlay(tx, folder, update.uid, update.flags, &update.keywords, queued)?;
                if set_flags(tx, id, (old, &keywords), flags, &words)? {
                    changed.push(id);
                }
            }
            Ok(changed)
        })
    }

    /// Forgets messages that the server says are gone (VANISHED, EXPUNGE); gives those that were known. Changes that
    /// were queued for them have nothing left to change and go too, but for moves: the message may be gone from here
    /// because the move was made.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remove_uids(&self, folder: FolderId, uids: &UidSet) -> Result<Vec<MailId>, StoreError> {
        self.connections()
            .write("forgetting messages that are gone", Mirror, |tx| {
                let mut gone = Vec::new();
                for (first, last) in uids.ranges() {
                    let arguments = params![folder, first, last];
                    let known: Vec<MailId> = tx
                        .prepare_cached(
                            "SELECT id FROM message WHERE folder_id = ?1 AND uid BETWEEN ?2 AND ?3
                         UNION SELECT mail_id FROM operation
                         WHERE folder_id = ?1 AND uid BETWEEN ?2 AND ?3 AND kind = 'delete'",
                        )?
                        .query_map(arguments, |row| row.get(0))?
                        .collect::<Result<_, _>>()?;
                    for id in &known {
                        // What somebody removed here goes; what the server removed may be kept.
                        if is_being_removed(tx, *id)? {
                            erase(tx, *id)?;
                        } else {
                            forget(tx, *id)?;
                        }
                    }
                    tx.prepare_cached(
                        "DELETE FROM operation WHERE folder_id = ?1 AND uid BETWEEN ?2 AND ?3 AND kind <> 'move'",
                    )?
                    .execute(arguments)?;
                    gone.extend(known);
                }
                Ok(gone)
            })
    }

    /// The folder has a new UIDVALIDITY: no UID known is worth anything any more. Its messages stay listed and readable
    /// without a UID, and are recognised by Message-ID, size and date as [`Store::apply_headers`] meets them again;
    /// [`Store::finish_sync`] then forgets the rest. Changes queued for them wait in the same way.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such folder.
    pub fn reset_folder(&self, folder: FolderId, uid_validity: UidValidity) -> Result<(), StoreError> {
        self.connections().write("starting a folder again", Mirror, |tx| {
            let changed = tx.execute(
                "UPDATE folder SET uid_validity = ?2, uid_next = NULL, highest_modseq = NULL, header_floor = NULL
                 WHERE id = ?1",
                params![folder, uid_validity.get()],
            )?;
            if changed == 0 {
                return Err(StoreError::NotFound { what: "folder" });
            }
            tx.execute(
                "UPDATE message SET uid = NULL, stale = 1 WHERE folder_id = ?1",
                [folder],
            )?;
            tx.execute(
                "UPDATE operation SET uid = NULL, uid_validity = NULL WHERE folder_id = ?1",
                [folder],
            )?;
            Ok(())
        })
    }

    /// The folder has been seen whole: what is still without a UID, and that no queued change explains, is not on the
    /// server. Gives the messages that were forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn finish_sync(&self, folder: FolderId) -> Result<Vec<MailId>, StoreError> {
        self.connections().write("finishing a sync", Mirror, |tx| {
            // Changes whose message has no UID here, and that no earlier move will bring one.
            let orphans: Vec<(i64, MailId, String)> = tx
                .prepare_cached(
                    "SELECT o.id, o.mail_id, o.kind FROM operation o WHERE o.folder_id = ?1 AND o.uid IS NULL
                     AND NOT EXISTS (SELECT 1 FROM operation e
                                     WHERE e.mail_id = o.mail_id AND e.id < o.id AND e.kind = 'move')
                     ORDER BY o.id",
                )?
                .query_map([folder], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?;
            let mut gone = Vec::new();
            for (operation, mail, kind) in orphans {
                tx.prepare_cached("DELETE FROM operation WHERE id = ?1")?
                    .execute([operation])?;
                let went = match kind.as_str() {
                    // One that has found its UID where it was moved to is there.
                    "move" => waits(tx, mail)? && forget(tx, mail)?,
                    "delete" => erase(tx, mail)?,
                    _ => false,
                };
                if went {
                    gone.push(mail);
                }
            }
            let ghosts: Vec<MailId> = tx
                .prepare_cached(
                    "SELECT m.id FROM message m WHERE m.folder_id = ?1 AND m.uid IS NULL
                     AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.mail_id = m.id)",
                )?
                .query_map([folder], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for mail in ghosts {
                if forget(tx, mail)? {
                    gone.push(mail);
                }
            }
            Ok(gone)
        })
    }

    /// Every UID known of a folder with its flags as last told by the server and changed here, ascending: what a server
    /// without CONDSTORE is compared with.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn uids(&self, folder: FolderId) -> Result<Vec<(Uid, Flags)>, StoreError> {
        self.connections().read("listing UIDs", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT uid, flags FROM message WHERE folder_id = ?1 AND uid IS NOT NULL ORDER BY uid",
            )?;
            let rows = statement.query_map([folder], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?)))?;
            let mut uids = Vec::new();
            for row in rows {
                let (uid, flags) = row?;
                uids.extend(Uid::new(uid).map(|uid| (uid, Flags::from_bits(flags))));
            }
            Ok(uids)
        })
    }
}

/// The server has a message no more: it goes with all that hangs on it, or to the local folder when it is kept; false when
/// it was not there.
pub(crate) fn forget(tx: &Transaction<'_>, mail: MailId) -> Result<bool, StoreError> {
    Ok(shelter(tx, mail)? || erase(tx, mail)?)
}

/// Whether a message waits for its UID.
fn waits(tx: &Transaction<'_>, mail: MailId) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE id = ?1 AND uid IS NULL)")?
        .query_row([mail], |row| row.get(0))?)
}

/// Whether somebody asked here for its removal for good.
fn is_being_removed(tx: &Transaction<'_>, mail: MailId) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM operation WHERE mail_id = ?1 AND kind = 'delete')")?
        .query_row([mail], |row| row.get(0))?)
}

/// Removes a message with all that hangs on it, kept or not: somebody asked for it here. False when it was not there.
pub(crate) fn erase(tx: &Transaction<'_>, mail: MailId) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("DELETE FROM message WHERE id = ?1")?
        .execute([mail])?
        > 0)
}

fn folder_facts(tx: &Transaction<'_>, folder: FolderId) -> Result<(AccountId, Option<u32>), StoreError> {
    tx.prepare_cached("SELECT account_id, uid_validity FROM folder WHERE id = ?1")?
        .query_row([folder], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or(StoreError::NotFound { what: "folder" })
}

fn has_operations(tx: &Transaction<'_>, folder: FolderId) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM operation WHERE folder_id = ?1)")?
        .query_row([folder], |row| row.get(0))?)
}

/// Whether any message waits for a UID.
fn has_waiting(tx: &Transaction<'_>) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE uid IS NULL)")?
        .query_row([], |row| row.get(0))?)
}

fn taken_away(tx: &Transaction<'_>, folder: FolderId, uid: Uid) -> Result<bool, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM operation WHERE folder_id = ?1 AND uid = ?2
             AND kind NOT IN ('flags', 'keywords'))",
        )?
        .query_row(params![folder, uid.get()], |row| row.get(0))?)
}

/// The server's flags and keywords with the queued changes on top.
fn overlay(
    tx: &Transaction<'_>,
    folder: FolderId,
    uid: Uid,
    flags: Flags,
    words: &[String],
    queued: bool,
) -> Result<(Flags, Vec<String>), StoreError> {
    let (mut flags, mut words) = (flags, words.to_vec());
    if !queued {
        return Ok((flags, words));
    }
    let mut statement = tx.prepare_cached(
        "SELECT kind, add_flags, drop_flags FROM operation
         WHERE folder_id = ?1 AND uid = ?2 AND kind IN ('flags', 'keywords') ORDER BY id",
    )?;
    let rows = statement.query_map(params![folder, uid.get()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?, row.get::<_, u32>(2)?))
    })?;
    for row in rows {
        let (kind, add, drop) = row?;
        if kind == "flags" {
            flags = flags.without(Flags::from_bits(drop)).with(Flags::from_bits(add));
        } else {
            words = Keywords::applied(&words, Keywords::from_bits(drop), Keywords::from_bits(add));
        }
    }
    Ok((flags, words))
}

fn set_flags(
    tx: &Transaction<'_>,
    id: MailId,
    old: (u32, &str),
    flags: Flags,
    keywords: &[String],
) -> Result<bool, StoreError> {
    let keywords = join_keywords(keywords);
    if concerns(&keywords) || concerns(old.1) {
        // Told again although nothing shows: somebody said more than a keyword can.
        note_stale(tx, id)?;
    }
    if old == (flags.bits(), keywords.as_str()) {
        return Ok(false);
    }
    tx.prepare_cached("UPDATE message SET flags = ?2, keywords = ?3 WHERE id = ?1")?
        .execute(params![id, flags.bits(), keywords])?;
    Ok(true)
}

/// Gives a UID to a message that waits for one. `Some(None)`: the header belongs to a message that has already been
/// moved on, so that nothing is to be listed here.
fn adopt(
    tx: &Transaction<'_>,
    folder: FolderId,
    validity: Option<u32>,
    row: &NewMessage,
) -> Result<Option<Option<MailId>>, StoreError> {
    let message_id = row.message_id.as_ref().map(|m| m.as_str());
    let candidate = tx
        .prepare_cached(
            "SELECT m.id, m.folder_id IS ?1, EXISTS (SELECT 1 FROM folder f WHERE f.id = m.folder_id AND f.role = 'kept')
             FROM message m
             WHERE m.uid IS NULL AND m.size = ?2 AND m.message_id IS ?3
             AND (m.internal_date = ?4 OR (m.stale = 0 AND ?3 IS NOT NULL))
             AND (m.folder_id = ?1
                  OR (?3 IS NOT NULL AND m.internal_date = ?4
                      AND m.folder_id = (SELECT k.id FROM folder k JOIN folder f ON f.account_id = k.account_id
                                         WHERE f.id = ?1 AND k.role = 'kept'))
                  OR EXISTS (SELECT 1 FROM operation o WHERE o.mail_id = m.id AND o.folder_id = ?1 AND o.uid IS NULL))
             ORDER BY m.folder_id IS ?1 DESC, m.id LIMIT 1",
        )?
        .query_row(
            params![folder, as_i64(row.size), message_id, Millis(row.internal_date)],
            |r| Ok((r.get::<_, MailId>(0)?, r.get::<_, bool>(1)?, r.get::<_, bool>(2)?)),
        )
        .optional()?;
    let Some((id, here, sheltered)) = candidate else {
        return Ok(None);
    };
    if sheltered {
        // Kept here while the server had it nowhere that was known: it has it again, elsewhere. The mark stays.
        tx.prepare_cached("UPDATE message SET folder_id = ?2 WHERE id = ?1")?
            .execute(params![id, folder])?;
    }
    let here = here || sheltered;
    tx.prepare_cached(
        "UPDATE operation SET uid = ?3, uid_validity = ?4 WHERE mail_id = ?1 AND folder_id = ?2 AND uid IS NULL",
    )?
    .execute(params![id, folder, row.uid.get(), validity])?;
    if !here {
        return Ok(Some(None));
    }
    let (flags, words) = overlay(tx, folder, row.uid, row.flags, &row.keywords, true)?;
    let words = join_keywords(&words);
    if concerns(&words) {
        note_stale(tx, id)?;
    }
    // A move that is queued and not known to be done brought it here: its own end has nothing more to tell.
    tx.prepare_cached("UPDATE message SET uid = ?2, flags = ?3, keywords = ?4, stale = 0 WHERE id = ?1")?
        .execute(params![id, row.uid.get(), flags.bits(), words])?;
    Ok(Some(Some(id)))
}

fn insert(
    tx: &Transaction<'_>,
    account: AccountId,
    folder: FolderId,
    row: &NewMessage,
    (flags, words): (Flags, &[String]),
) -> Result<(MailId, i64), StoreError> {
    let message_id = row.message_id.as_ref().map(|m| m.as_str());
    let in_reply_to = row.in_reply_to.as_ref().map(|m| m.as_str());
    let words = join_keywords(words);
    let thread = thread_of(tx, account, row)?;
    let search_key = search::new_key(tx, row.internal_date)?;
    tx.prepare_cached(
        "INSERT INTO message (account_id, folder_id, uid, flags, keywords, internal_date, date, size, attachment_count,
             kind, thread_id, search_key, from_name, from_address, recipients, subject, display_subject, message_id,
             in_reply_to, document, party)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                 iif(?21 <> (SELECT lower(a.address) FROM account a WHERE a.id = ?1), ?21, ?22))",
    )?
    .execute(params![
        account,
        folder,
        row.uid.get(),
        flags.bits(),
        words,
        Millis(row.internal_date),
        row.date.map(Millis),
        as_i64(row.size),
        row.attachment_count,
        row.kind,
        thread,
        search_key,
        cut(&row.from_name, TEXT_LIMIT),
        cut(&row.from_address, TEXT_LIMIT),
        cut(&row.recipients, TEXT_LIMIT),
        cut(&row.subject, TEXT_LIMIT),
        cut(&row.display_subject, TEXT_LIMIT),
        message_id,
        in_reply_to,
        DocumentKind::of_headers(&row.subject, row.attachment_count),
        cut(&row.from_address.to_ascii_lowercase(), TEXT_LIMIT),
        cut(&first_recipient(&row.recipients), TEXT_LIMIT)
    ])?;
    let mail = MailId::from_raw(tx.last_insert_rowid());
    if concerns(&words) {
        note_stale(tx, mail)?;
    }
    Ok((mail, search_key))
}

/// With whom a message of one's own was exchanged: its first recipient's address, in lower case.
fn first_recipient(recipients: &str) -> String {
    let first = read_recipients(recipients).into_iter().map(|(_, address)| address);
    first
        .into_iter()
        .find(|address| !address.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// The thread that a new message joins; `None` when it starts one. Threads that it links become one.
fn thread_of(tx: &Transaction<'_>, account: AccountId, row: &NewMessage) -> Result<Option<MailId>, StoreError> {
    let mut threads: Vec<MailId> = Vec::new();
    let mut look = |sql: &str, id: &str| -> Result<(), StoreError> {
        let mut statement = tx.prepare_cached(sql)?;
        for thread in statement.query_map(params![id, account], |r| r.get(0))? {
            threads.push(thread?);
        }
        Ok(())
    };
    let by_id =
        "SELECT DISTINCT coalesce(thread_id, id) FROM message WHERE message_id = ?1 AND +account_id = ?2 LIMIT 8";
    let by_parent =
        "SELECT DISTINCT coalesce(thread_id, id) FROM message WHERE in_reply_to = ?1 AND +account_id = ?2 LIMIT 8";
    // A sender chooses how many references there are: the nearest ones are enough.
    for id in row.in_reply_to.iter().chain(row.references.iter().rev().take(20)) {
        look(by_id, id.as_str())?;
    }
    if let Some(parent) = &row.in_reply_to {
        look(by_parent, parent.as_str())?;
    }
    if let Some(own) = &row.message_id {
        look(by_parent, own.as_str())?;
    }
    threads.sort_unstable();
    threads.dedup();
    let Some((&kept, others)) = threads.split_first() else {
        return Ok(None);
    };
    for other in others {
        tx.prepare_cached("UPDATE message SET thread_id = ?2 WHERE thread_id = ?1 OR id = ?1")?
            .execute(params![other, kept])?;
    }
    Ok(Some(kept))
}
