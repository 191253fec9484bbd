//! Connections to the database: one writer, a stack of readers.
//!
//! The readers are a stack and not a queue: the one given back last has the warmest page cache and is taken first. Each
//! may keep 64 MB of decrypted pages, since SQLCipher's default of 2 MB makes a common-word search four times slower.
//!
//! There is one writer because SQLite has one write lock anyway. What it promises differs by commit: the mirror of the
//! server can be fetched again, so `synchronous = NORMAL` (a power cut loses the last commits, never the file); what
//! exists nowhere else (drafts, outbox, queued changes) is committed under `FULL`. The pragma is switched on the one
//! connection, between transactions: it costs a microsecond, where a second writing connection would cost another page
//! cache and a fight for the lock. A `FULL` commit syncs the whole write-ahead log, so all that came before it is
//! durable too.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::key::{DerivedKey, push_hex};

/// How much a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The server has it too.
    Mirror,
    /// It exists here only: on disk before the call returns.
    Promise,
}

/// Readers kept open when idle; more are opened when needed and closed after.
const IDLE_READERS: usize = 2;
const READER_CACHE_KIB: i64 = 64 * 1024;
const WRITER_CACHE_KIB: i64 = 16 * 1024;

pub(crate) struct Connections {
    path: PathBuf,
    key: DerivedKey,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    /// How many times the database was worked with.
    uses: AtomicU64,
    /// [`Connections::uses`] when [`Connections::relax_if_idle`] last looked, and whether it has relaxed since.
    looked: Mutex<(u64, bool)>,
}

struct Writer {
    connection: Connection,
    full: bool,
}

impl Connections {
    /// Opens the database, or makes it. The caller has already checked that the key is the right one.
    pub(crate) fn open(path: &Path, key: DerivedKey) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = keyed(path, &key, flags)?;
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;
             PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{WRITER_CACHE_KIB};
             PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;"
        ))?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            path: path.to_owned(),
            key,
            writer: Mutex::new(Writer {
                connection,
                full: false,
            }),
            readers: Mutex::new(Vec::new()),
            uses: AtomicU64::new(0),
            looked: Mutex::new((0, false)),
        })
    }

    /// One transaction that writes, alone; rolled back when `work` fails.
    pub(crate) fn write<T>(
        &self,
        label: &'static str,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.uses.fetch_add(1, Ordering::Relaxed);
        let mut writer = lock(&self.writer);
        let run = |writer: &mut Writer| {
            let full = durability == Durability::Promise;
            if writer.full != full {
                writer
                    .connection
                    .pragma_update(None, "synchronous", if full { "FULL" } else { "NORMAL" })?;
                writer.full = full;
            }
            let transaction = writer
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run(&mut writer).map_err(|error: StoreError| error.while_doing(label))
    }

    /// The writer outside a transaction, for migrations and checkpoints.
    pub(crate) fn with_writer<T>(
        &self,
        label: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&mut lock(&self.writer).connection).map_err(|error| error.while_doing(label))
    }

    /// One consistent view, beside whatever is being written.
    pub(crate) fn read<T>(
        &self,
        label: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.uses.fetch_add(1, Ordering::Relaxed);
        let run = || {
            let taken = lock(&self.readers).pop();
            let mut connection = match taken {
                Some(connection) => connection,
                None => self.reader()?,
            };
            let transaction = connection.transaction()?;
            let result = work(&transaction);
            // Nothing was written: ending it either way is the same.
            transaction.finish()?;
            let mut readers = lock(&self.readers);
            if readers.len() < IDLE_READERS {
                readers.push(connection);
            }
            result
        };
        run().map_err(|error: StoreError| error.while_doing(label))
    }

    /// Gives the memory of idle page caches back.
    pub(crate) fn relax(&self) -> Result<(), StoreError> {
        lock(&self.readers).clear();
        lock(&self.writer).connection.execute_batch("PRAGMA shrink_memory;")?;
        Ok(())
    }

    /// Relaxes once when nothing was asked since the last call; whether it did.
    pub(crate) fn relax_if_idle(&self) -> Result<bool, StoreError> {
        let mut looked = lock(&self.looked);
        let uses = self.uses.load(Ordering::Relaxed);
        if uses != looked.0 {
            *looked = (uses, false);
            return Ok(false);
        }
        if looked.1 {
            return Ok(false);
        }
        self.relax()?;
        looked.1 = true;
        Ok(true)
    }

    /// A connection of one's own, that nobody else waits for, for a copy of the whole database.
    pub(crate) fn beside(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = keyed(&self.path, &self.key, flags)?;
        connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;")?;
        Ok(connection)
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        // Read-write, since a reader of a write-ahead log writes its shared index; `query_only` refuses any change.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = keyed(&self.path, &self.key, flags)?;
        connection.execute_batch(&format!(
            "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{READER_CACHE_KIB};"
        ))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}

/// SQLCipher adds its functions to connections opened once it has begun, and it begins beside the first connection of a
/// process, not before it: one that another thread opens at that moment lacks them for good. Nothing is opened until
/// they are there.
///
/// `trace/src/database.rs` has the same: siblings do not depend on one another, and ten lines are no crate's one subject.
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

pub(crate) fn keyed(path: &Path, key: &DerivedKey, flags: OpenFlags) -> Result<Connection, StoreError> {
    wait_until_ready();
    let connection = Connection::open_with_flags(path, flags)?;
    // Complaints go to the standard error otherwise; they come back as errors anyway. From the second line on, whatever
    // SQLite frees is wiped first, keys and decrypted pages alike, and asked to stay out of the swap.
    connection.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA cipher_memory_security = ON;")?;
    // A raw key: a passphrase would be stretched at each connection, 200 to 450 ms every time. The text has its room from
    // the start, since growing would leave its beginning behind.
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA key = \"x'");
    push_hex(&mut pragma, key.as_bytes());
    pragma.push_str("'\";");
    connection.execute_batch(&pragma)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

/// A poisoned lock is taken over: whoever panicked left a rolled-back transaction, not a broken value.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
