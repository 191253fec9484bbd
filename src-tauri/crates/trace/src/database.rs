//! Opening one encrypted database.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use crate::error::JournalError;

/// Octets of a database page.
pub(crate) const PAGE: u32 = 4096;

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

fn keyed(path: &Path, key: &[u8; 32], flags: OpenFlags) -> Result<Connection, JournalError> {
    let connection = Connection::open_with_flags(path, flags)?;
    // Complaints go to the standard error otherwise; they come back as errors anyway. From the second line on, whatever
    // SQLite frees is wiped first, keys and decrypted pages alike, and asked to stay out of the swap.
    connection.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = ON;")?;
    // The text has its room from the start, since growing would leave its beginning behind; digit by digit, since a
    // formatter would leave some of them in buffers of its own.
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA key = \"x'");
    let digits = key.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    pragma.extend(digits.map(|digit| char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })));
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
