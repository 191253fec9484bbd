//! A copy of the store as of one moment, taken while it is used (EX_SSI_5110).
//!
//! The database is copied in one read transaction into a file of its own, under a key of its own: whoever writes goes on
//! writing meanwhile. Raw messages stay where they are: packs only grow, and compaction waits for as long as a copy lives, so
//! that every place that the copied database names holds what it held.
//!
//! What is never copied: client certificates with their keys, what keeps backups going by themselves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use rusqlite::{Connection, OpenFlags, params};
use zeroize::Zeroizing;

use crate::connection::{keyed, lock};
use crate::error::StoreError;
use crate::id::AccountId;
use crate::key::{DerivedKey, push_hex};
use crate::pack::{Placed, placed};
use crate::store::Store;

/// The settings that belong to this workstation's backups and to no copy.
pub(crate) const OWN_SETTINGS: &str = "backup/";

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotCounts {
    /// The addresses of its BALs, in order.
    pub bals: Vec<String>,
    /// Messages.
    pub messages: u64,
    /// Drafts.
    pub drafts: u64,
    /// Messages of the outbox.
    pub outgoing: u64,
    /// Raw records: messages as received, attachments of drafts, messages on their way.
    pub records: u64,
    /// Octets of all records, once decrypted.
    pub octets: u64,
}

/// A copy of the store as of one moment. While it lives, no pack is compacted.
pub struct Snapshot<'a> {
    store: &'a Store,
    connection: Connection,
    path: PathBuf,
    key: DerivedKey,
    counts: SnapshotCounts,
    _hold: Hold<'a>,
}

impl std::fmt::Debug for Snapshot<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Keeps compaction from moving or removing anything.
struct Hold<'a>(&'a Store);

impl<'a> Hold<'a> {
    fn new(store: &'a Store) -> Self {
        // One that is under way ends first.
        let _turn = lock(&store.packs().current);
        store.packs().held.fetch_add(1, Ordering::SeqCst);
        Self(store)
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.packs().held.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Store {
    /// Copies the store as it is now; its database goes to `to`, which must not exist and is not removed with the copy. With
    /// `only`, what is of this BAL alone. Blocks for as long as the database takes to be copied.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such BAL; when the disk or the database refuses.
    pub fn snapshot(&self, to: &Path, only: Option<AccountId>) -> Result<Snapshot<'_>, StoreError> {
        let label = "copying the store";
        if let Some(account) = only {
            self.account(account)?;
        }
        let hold = Hold::new(self);
        let key = random_key()?;
        let run = || {
            let source = self.connections().beside()?;
            export(&source, to, &key)?;
            drop(source);
            let connection = open_copy(to, &key)?;
            clean(&connection)?;
            let connection = match only {
                Some(account) => alone(connection, to, &key, account)?,
                None => connection,
            };
            let counts = counts(&connection)?;
            Ok((connection, counts))
        };
        let (connection, counts) = run().map_err(|error: StoreError| error.while_doing(label))?;
        Ok(Snapshot {
            store: self,
            connection,
            path: to.to_owned(),
            key,
            counts,
            _hold: hold,
        })
    }
}

impl Snapshot<'_> {
    /// What it holds.
    #[must_use]
    pub fn counts(&self) -> &SnapshotCounts {
        &self.counts
    }

    /// The file of the copied database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key that the copied database alone is under.
    #[must_use]
    pub fn key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Gives every record, decrypted and held against its SHA-256, in the order in which they stand on the disk; none where
    /// the disk does not give back what was written. One is in memory at a time.
    ///
    /// # Errors
    /// When the database cannot be read, or `each` says so.
    pub fn records<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(i64, Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        let places = self.places()?;
        for (blob, place) in places {
            let octets = match self.store.packs().read(&place) {
                Ok(octets) => Some(octets),
                Err(error) if is_lost(&error) => None,
                Err(error) => return Err(error.into()),
            };
            each(blob, octets.as_deref())?;
        }
        Ok(())
    }

    fn places(&self) -> Result<Vec<(i64, Placed)>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT id, pack_id, place, stored, length, sha256 FROM blob ORDER BY pack_id, place")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, placed(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Whether what was written is not there any more, rather than not readable now.
fn is_lost(error: &StoreError) -> bool {
    match error {
        StoreError::Damaged { .. } => true,
        StoreError::File { source, .. } => matches!(
            source.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof
        ),
        _ => false,
    }
}

/// A database key that nothing is derived from.
pub(crate) fn random_key() -> Result<DerivedKey, StoreError> {
    let mut octets = Zeroizing::new([0; 32]);
    getrandom::fill(octets.as_mut_slice())?;
    Ok(DerivedKey::of(&octets))
}

/// Copies a whole database, as of the moment its first page is read, into a new file under this key; on the disk when this
/// returns. `source` is in no transaction.
pub(crate) fn export(source: &Connection, to: &Path, key: &DerivedKey) -> Result<(), StoreError> {
    let mut text = Zeroizing::new(String::with_capacity(80));
    text.push_str("x'");
    push_hex(&mut text, key.as_bytes());
    text.push('\'');
    let name = to.to_str().ok_or(StoreError::Invalid {
        what: "the folder's name is not readable as text",
    })?;
    source.execute("ATTACH DATABASE ?1 AS copy KEY ?2", params![name, text.as_str()])?;
    let copy = || {
        // It is thrown away unless it is whole: nothing is journalled, and it is synced once.
        source.execute_batch("PRAGMA copy.journal_mode = OFF; PRAGMA copy.synchronous = OFF; BEGIN;")?;
        let exported = source
            .query_row("SELECT sqlcipher_export('copy')", [], |_| Ok(()))
            .map_err(told);
        let version: i64 = source.query_row("PRAGMA main.user_version", [], |row| row.get(0))?;
        exported?;
        source.pragma_update(Some("copy"), "user_version", version)?;
        source.execute_batch("COMMIT")?;
        Ok::<_, StoreError>(())
    };
    let copied = copy();
    if copied.is_err() {
        let _ = source.execute_batch("ROLLBACK");
    }
    let detached = source.execute_batch("DETACH DATABASE copy");
    copied?;
    detached?;
    sync(to)
}

/// The copying function answers in words: the codes that they stand for.
fn told(error: rusqlite::Error) -> rusqlite::Error {
    let rusqlite::Error::SqliteFailure(_, Some(text)) = &error else {
        return error;
    };
    let code = if text.contains("disk is full") {
        rusqlite::ffi::SQLITE_FULL
    } else if text.contains("malformed") || text.contains("not a database") {
        rusqlite::ffi::SQLITE_CORRUPT
    } else {
        return error;
    };
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
}

pub(crate) fn sync(path: &Path) -> Result<(), StoreError> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| StoreError::file("writing a copy to the disk", path, e))
}

/// Opens a copied database, which is thrown away when anything goes wrong with it.
pub(crate) fn open_copy(path: &Path, key: &DerivedKey) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = keyed(path, key, flags)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;",
    )?;
    // Another key, or damage, shows at the first page read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Takes out what is in no backup.
fn clean(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM certificate", [])?;
    connection.execute(
        "DELETE FROM setting WHERE substr(name, 1, length(?1)) = ?1",
        [OWN_SETTINGS],
    )?;
    Ok(())
}

/// Takes out what is not of this BAL, then copies what is left into a file of its own: nothing of the others stays in a free
/// page.
fn alone(connection: Connection, to: &Path, key: &DerivedKey, account: AccountId) -> Result<Connection, StoreError> {
    // The words of other BALs would stay in the index's segments: it is made anew when this is restored.
    connection.execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    connection.execute("DELETE FROM account WHERE id <> ?1", [account])?;
    let linked = of_accounts(&connection)?;
    for table in tables(&connection)? {
        if !linked.contains(&table) && !KEPT_TABLES.contains(&table.as_str()) {
            connection.execute(&format!("DELETE FROM \"{table}\""), [])?;
        }
    }
    let names: Vec<String> = connection
        .prepare("SELECT name FROM setting")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in names {
        if number_in(&name) != Some(account.get()) {
            connection.execute("DELETE FROM setting WHERE name = ?1", [name])?;
        }
    }
    let lone = to.with_extension("lone");
    export(&connection, &lone, key)?;
    drop(connection);
    std::fs::rename(&lone, to).map_err(|e| StoreError::file("copying a mailbox", to, e))?;
    open_copy(to, key)
}

/// What a copy of one BAL keeps besides what hangs on it.
const KEPT_TABLES: [&str; 3] = ["blob", "pack", "setting"];

/// The first number in a setting's name: the BAL that it is of.
pub(crate) fn number_in(name: &str) -> Option<i64> {
    let digits = name
        .split(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty())?;
    digits.parse().ok()
}

/// The ordinary tables, the search index and SQLite's own left out.
pub(crate) fn tables(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND name <> 'search' AND name NOT LIKE 'search\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The tables whose rows hang on an account, however far.
pub(crate) fn of_accounts(connection: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let all = tables(connection)?;
    let mut linked = BTreeSet::from(["account".to_owned()]);
    loop {
        let before = linked.len();
        for table in &all {
            if references(connection, table)?.iter().any(|(_, to)| linked.contains(to)) {
                linked.insert(table.clone());
            }
        }
        if linked.len() == before {
            return Ok(linked);
        }
    }
}

/// A table's columns that refer to another table's id.
pub(crate) fn references(connection: &Connection, table: &str) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = connection.prepare("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1)")?;
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn counts(connection: &Connection) -> Result<SnapshotCounts, StoreError> {
    let count = |sql: &str| -> Result<u64, StoreError> {
        let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    Ok(SnapshotCounts {
        bals: connection
            .prepare("SELECT address FROM account ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?,
        messages: count("SELECT count(*) FROM message")?,
        drafts: count("SELECT count(*) FROM draft")?,
        outgoing: count("SELECT count(*) FROM outbox")?,
        records: count("SELECT count(*) FROM blob")?,
        octets: count("SELECT coalesce(sum(length), 0) FROM blob")?,
    })
}
