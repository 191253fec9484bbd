//! Folders: what the server has, and how far this store has followed it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pli_terms::{Address, ModSeq, Uid, UidValidity};
use rusqlite::{OptionalExtension, Row, params};

use crate::connection::Durability::Mirror;
use crate::error::StoreError;
use crate::id::{AccountId, FolderId};
use crate::operation::bring_back_from;
use crate::retention::{KEPT_NAME, shelter_folder};
use crate::store::Store;
use crate::time::Millis;
use crate::word::word;

word!(
    /// What a folder is for (special-use, RFC 6154).
    FolderRole {
        /// `INBOX`.
        Inbox = "inbox",
        /// `\Sent`.
        Sent = "sent",
        /// `\Drafts`.
        Drafts = "drafts",
        /// `\Trash`.
        Trash = "trash",
        /// `\Junk`.
        Junk = "junk",
        /// `\Archive`.
        Archive = "archive",
        /// `\All`: a view of every message.
        All = "all",
        /// `\Flagged`: a view of the flagged messages.
        Flagged = "flagged",
        /// What is kept on this workstation alone: no server knows this folder (see `Store::keep_locally`).
        Kept = "kept",
        /// Any other.
        Other = "other",
    }
);

/// A folder as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFolder {
    /// The name as the server writes it (modified UTF-7): what commands use.
    pub raw_name: String,
    /// The decoded name: what people read.
    pub name: String,
    /// What separates the levels of a name; none when the server has no levels.
    pub delimiter: Option<char>,
    /// What it is for.
    pub role: FolderRole,
    /// Whether it can hold messages.
    pub selectable: bool,
}

/// How far a folder has been followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncCursor {
    /// The UIDVALIDITY that all UIDs below belong to; none before the first sync.
    pub uid_validity: Option<UidValidity>,
    /// The UIDNEXT up to which new messages are known.
    pub uid_next: Option<u32>,
    /// The mod-sequence up to which flag changes and removals are known (RFC 7162).
    pub highest_modseq: Option<ModSeq>,
    /// Headers are known from this UID up: a first sync goes from the newest down, and resumes here.
    pub header_floor: Option<Uid>,
    /// When the folder was last seen whole.
    pub synced_at: Option<Timestamp>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// Its account.
    pub account: AccountId,
    /// What the server says of it.
    pub server: ServerFolder,
    /// How far it has been followed.
    pub cursor: SyncCursor,
    /// How many messages are listed here.
    pub total: u64,
    /// How many of them are not read.
    pub unread: u64,
    /// How many of them are flagged.
    pub flagged: u64,
}

/// What a new list of folders changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderChanges {
    /// Folders that were not known.
    pub added: Vec<FolderId>,
    /// Folders that the server has no more; what they held is forgotten.
    pub removed: Vec<FolderId>,
}

const COLUMNS: &str = "id, account_id, raw_name, name, delimiter, role, selectable, uid_validity, uid_next,
     highest_modseq, header_floor, synced_at, total, unread, flagged";

impl Store {
    /// The UIDVALIDITY of a folder by its account's address and its shown name, as it was last opened.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn uid_validity_of(&self, account: &Address, name: &str) -> Result<Option<UidValidity>, StoreError> {
        self.connections().read("looking for a folder's UIDVALIDITY", |tx| {
            let found: Option<Option<u32>> = tx
                .prepare_cached(
                    "SELECT f.uid_validity FROM folder f JOIN account a ON a.id = f.account_id
                     WHERE a.address = ?1 AND f.name = ?2",
                )?
                .query_row(params![account.as_str(), name], |row| row.get(0))
                .optional()?;
            Ok(found.flatten().and_then(UidValidity::new))
        })
    }

    /// Takes the server's whole list of an account's folders: adds, changes and removes.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn sync_folders(&self, account: AccountId, list: &[ServerFolder]) -> Result<FolderChanges, StoreError> {
        self.connections().write("updating the folders", Mirror, |tx| {
            let mut changes = FolderChanges::default();
            let mut kept = BTreeSet::new();
            for folder in list {
                if folder.raw_name == KEPT_NAME || folder.role == FolderRole::Kept {
                    // The local folder is no server's.
                    continue;
                }
                let known = tx
                    .prepare_cached("SELECT id FROM folder WHERE account_id = ?1 AND raw_name = ?2")?
                    .query_row(params![account, folder.raw_name], |row| row.get::<_, FolderId>(0))
                    .optional()?;
                let delimiter = folder.delimiter.map(String::from).unwrap_or_default();
                if let Some(id) = known {
                    tx.prepare_cached(
                        "UPDATE folder SET name = ?2, delimiter = ?3, role = ?4, selectable = ?5 WHERE id = ?1",
                    )?
                    .execute(params![
                        id,
                        folder.name,
                        delimiter,
                        folder.role,
                        folder.selectable
                    ])?;
                    kept.insert(id);
                } else {
                    tx.prepare_cached(
                        "INSERT INTO folder (account_id, raw_name, name, delimiter, role, selectable)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![
                        account,
                        folder.raw_name,
                        folder.name,
                        delimiter,
                        folder.role,
                        folder.selectable
                    ])?;
                    let id = FolderId::from_raw(tx.last_insert_rowid());
                    kept.insert(id);
                    changes.added.push(id);
                }
            }
            let before: Vec<FolderId> = tx
                .prepare_cached("SELECT id FROM folder WHERE account_id = ?1 AND role <> 'kept' ORDER BY id")?
                .query_map([account], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in before.into_iter().filter(|id| !kept.contains(id)) {
                bring_back_from(tx, id)?;
                shelter_folder(tx, id)?;
                tx.execute("DELETE FROM folder WHERE id = ?1", [id])?;
                changes.removed.push(id);
            }
            Ok(changes)
        })
    }

    /// An account's folders: the roles first, then by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn folders(&self, account: AccountId) -> Result<Vec<Folder>, StoreError> {
        self.connections().read("listing the folders", |tx| {
            let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM folder WHERE account_id = ?1"))?;
            let mut folders = statement.query_map([account], folder)?.collect::<Result<Vec<_>, _>>()?;
            folders.sort_by(|a, b| (a.server.role, &a.server.name).cmp(&(b.server.role, &b.server.name)));
            Ok(folders)
        })
    }

    /// One folder.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn folder(&self, id: FolderId) -> Result<Folder, StoreError> {
        self.connections().read("reading a folder", |tx| {
            tx.prepare_cached(&format!("SELECT {COLUMNS} FROM folder WHERE id = ?1"))?
                .query_row([id], folder)
                .optional()?
                .ok_or(StoreError::NotFound { what: "folder" })
        })
    }

    /// The account's folder of this role, the oldest when it has several.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn folder_by_role(&self, account: AccountId, role: FolderRole) -> Result<Option<Folder>, StoreError> {
        self.connections().read("reading a folder", |tx| {
            Ok(tx
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM folder WHERE account_id = ?1 AND role = ?2 ORDER BY id LIMIT 1"
                ))?
                .query_row(params![account, role], folder)
                .optional()?)
        })
    }

    /// Notes how far a folder has been followed. Call it after what it says is stored.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn set_cursor(&self, id: FolderId, cursor: &SyncCursor) -> Result<(), StoreError> {
        self.connections()
            .write("noting how far a folder was followed", Mirror, |tx| {
                let changed = tx
                    .prepare_cached(
                        "UPDATE folder SET uid_validity = ?2, uid_next = ?3, highest_modseq = ?4, header_floor = ?5,
                     synced_at = ?6 WHERE id = ?1",
                    )?
                    .execute(params![
                        id,
                        cursor.uid_validity.map(UidValidity::get),
                        cursor.uid_next,
                        cursor.highest_modseq.map(|m| m.get() as i64),
                        cursor.header_floor.map(Uid::get),
                        cursor.synced_at.map(Millis)
                    ])?;
                if changed == 0 {
                    Err(StoreError::NotFound { what: "folder" })
                } else {
                    Ok(())
                }
            })
    }
}

fn folder(row: &Row<'_>) -> rusqlite::Result<Folder> {
    let delimiter: String = row.get(4)?;
    Ok(Folder {
        id: row.get(0)?,
        account: row.get(1)?,
        server: ServerFolder {
            raw_name: row.get(2)?,
            name: row.get(3)?,
            delimiter: delimiter.chars().next(),
            role: row.get(5)?,
            selectable: row.get(6)?,
        },
        cursor: SyncCursor {
            uid_validity: row.get::<_, Option<u32>>(7)?.and_then(UidValidity::new),
            uid_next: row.get(8)?,
            highest_modseq: row
                .get::<_, Option<i64>>(9)?
                .and_then(|m| ModSeq::new(u64::try_from(m).ok()?)),
            header_floor: row.get::<_, Option<u32>>(10)?.and_then(Uid::new),
            synced_at: row.get::<_, Option<Millis>>(11)?.map(|m| m.0),
        },
        total: row.get::<_, i64>(12)?.unsigned_abs(),
        unread: row.get::<_, i64>(13)?.unsigned_abs(),
        flagged: row.get::<_, i64>(14)?.unsigned_abs(),
    })
}
