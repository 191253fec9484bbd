//! Opening one encrypted database.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use crate::error::JournalError;

/// Octets of a database page.
pub(crate) const PAGE: u32 = 4096;

/// SQLCipher adds its functions to connections opened once it has begun, and it begins beside the first connection of a
/// process, not before it: one that another thread opens at that moment lacks them for good. Nothing is opened until
/// they are there.
///
/// `store/src/connection.rs` has the same: siblings do not depend on one another, and ten lines are no crate's one subject.
fn wait_until_ready() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        for _ in 0..1000 {
            let connection = Connection::open_in_memory();
            if connection.is_ok_and(|connection| connection.prepare("SELECT sqlcipher_export('main')").is_ok()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

/// Opens a database to be written, or makes it. What is committed is on the disk.
pub(crate) fn writable(path: &Path, key: &[u8; 32]) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = keyed(path, key, flags)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 16777216;",
    )?;
    Ok(connection)
}

/// Opens a database that exists, to be read only.
pub(crate) fn readable(path: &Path, key: &[u8; 32]) -> Result<Connection, JournalError> {
    // A database in WAL mode is read through its index, which is written: the folder may be, the database is not.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = keyed(path, key, flags)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;")?;
    // Another key, or damage, shows at the first page read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// A database held as of one moment, to be copied into a new file under another key.
pub(crate) struct Pinned {
    connection: Connection,
    to: PathBuf,
}

impl Pinned {
    /// Holds this database as it is now.
    pub(crate) fn new(path: &Path, key: &[u8; 32], to: &Path, to_key: &[u8; 32]) -> Result<Self, JournalError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = keyed(path, key, flags)?;
        connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;")?;
        // Another key, or damage, shows at the first page read.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        attach(&connection, to, to_key)?;
        connection.execute_batch("BEGIN")?;
        connection.query_row("SELECT count(*) FROM main.sqlite_schema", [], |_| Ok(()))?;
        Ok(Self {
            connection,
            to: to.to_owned(),
        })
    }

    /// Copies it. What was copied before an error is taken away.
    pub(crate) fn copy(self) -> Result<(), JournalError> {
        let copied = exported(&self.connection);
        drop(self.connection);
        if copied.is_err() {
            let _ = std::fs::remove_file(&self.to);
        }
        copied
    }
}

/// Copies a database that is in no transaction into a new file under another key.
pub(crate) fn copy(connection: &Connection, to: &Path, key: &[u8; 32]) -> Result<(), JournalError> {
    attach(connection, to, key)?;
    let copied = connection
        .execute_batch("BEGIN")
        .map_err(JournalError::from)
        .and_then(|()| exported(connection));
    if copied.is_err() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    let detached = connection.execute_batch("DETACH DATABASE copy");
    copied?;
    Ok(detached?)
}

fn attach(connection: &Connection, to: &Path, key: &[u8; 32]) -> Result<(), JournalError> {
    let name = to.to_str().ok_or_else(|| JournalError::File {
        doing: "copying the journal",
        path: to.to_owned(),
        source: std::io::ErrorKind::InvalidFilename.into(),
    })?;
    let mut text = Zeroizing::new(String::with_capacity(80));
    text.push_str("x'");
    push_digits(&mut text, key);
    text.push('\'');
    connection.execute("ATTACH DATABASE ?1 AS copy KEY ?2", (name, text.as_str()))?;
    // It is thrown away unless it is whole: nothing is journalled, and it is synced once.
    Ok(connection.execute_batch("PRAGMA copy.journal_mode = OFF; PRAGMA copy.synchronous = OFF;")?)
}

/// Within a transaction, which it ends.
fn exported(connection: &Connection) -> Result<(), JournalError> {
    connection
        .query_row("SELECT sqlcipher_export('copy')", [], |_| Ok(()))
        .map_err(told)?;
    let version: i64 = connection.query_row("PRAGMA main.user_version", [], |row| row.get(0))?;
    connection.pragma_update(Some("copy"), "user_version", version)?;
    Ok(connection.execute_batch("COMMIT")?)
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

/// Makes what was copied durable.
pub(crate) fn sync(path: &Path) -> Result<(), JournalError> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|source| JournalError::File {
            doing: "copying the journal",
            path: path.to_owned(),
            source,
        })
}

/// Whether an error says that a file is not what was written there.
pub(crate) fn is_torn(error: &JournalError) -> bool {
    error.is_damage() || matches!(error, JournalError::Unreadable)
}

fn push_digits(text: &mut String, key: &[u8; 32]) {
    let digits = key.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    text.extend(digits.map(|digit| char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })));
}

fn keyed(path: &Path, key: &[u8; 32], flags: OpenFlags) -> Result<Connection, JournalError> {
    wait_until_ready();
    let connection = Connection::open_with_flags(path, flags)?;
    // Complaints go to the standard error otherwise; they come back as errors anyway. From the second line on, whatever
    // SQLite frees is wiped first, keys and decrypted pages alike, and asked to stay out of the swap.
    connection.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = ON;")?;
    // The text has its room from the start, since growing would leave its beginning behind; digit by digit, since a
    // formatter would leave some of them in buffers of its own.
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA key = \"x'");
    push_digits(&mut pragma, key);
    pragma.push_str("'\";");
    connection.execute_batch(&pragma)?;
    connection.pragma_update(None, "cipher_page_size", PAGE)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Brings a database's schema up to date. The n-th file brings it from n−1 to n; a released file never changes. Says
/// whether there was none before.
pub(crate) fn migrate(
    connection: &mut Connection,
    files: &[&str],
    first: impl FnOnce(&Transaction<'_>) -> Result<(), JournalError>,
) -> Result<bool, JournalError> {
    let known = files.len() as i64;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(JournalError::NewerSchema { found, known });
    }
    if found == known {
        return Ok(false);
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for sql in files.iter().skip(usize::try_from(found).unwrap_or_default()) {
        tx.execute_batch(sql)?;
    }
    if found == 0 {
        first(&tx)?;
    }
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(found == 0)
}

/// A number that is never below zero: one that is was not written by this program, and does not pass for its opposite.
pub(crate) fn natural(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, number))
}
