//! The journal's file: opening it, adding to it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};
use zeroize::Zeroizing;

use crate::canonical;
use crate::entry::{Entry, Sequence};
use crate::error::JournalError;
use crate::filter::Opened;
use crate::place::KeyPlace;

/// The files in order: the n-th brings the schema from n−1 to n. A released file never changes.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_journal.sql")];

/// The journal of one profile. Calls block; shared between threads behind an `Arc`.
pub struct Journal {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
    place: Arc<dyn KeyPlace>,
    opened: Opened,
    cursors: Mutex<std::collections::BTreeMap<String, Sequence>>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal(…)")
    }
}

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last trace; 0 when there is none.
    pub sequence: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Journal {
    /// Opens the journal in this file under this 256-bit key, or makes it.
    ///
    /// # Errors
    /// [`JournalError::Unreadable`] under another key, [`JournalError::NewerSchema`] after a downgrade.
    pub fn open(dir: &Path, key: &[u8; 32], place: Arc<dyn KeyPlace>) -> Result<Self, JournalError> {
        let path = &dir.join("journal.db");
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(|source| JournalError::File {
                doing: "opening the journal",
                path: dir.to_owned(),
                source,
            })?;
        }
        let unreadable = |error: JournalError| {
            if error.is_damage() {
                JournalError::Unreadable
            } else {
                error.while_doing("opening the journal")
            }
        };
        let mut writer = keyed(path, key).map_err(unreadable)?;
        // FULL: a trace is on the disk before the action that it tells is acknowledged.
        writer
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
                 PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 16777216;",
            )
            .map_err(|e| unreadable(e.into()))?;
        migrate(&mut writer).map_err(unreadable)?;
        let reader = keyed(path, key).map_err(unreadable)?;
        reader
            .execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;")
            .map_err(|e| unreadable(e.into()))?;
        Ok(Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            place,
            opened: Opened::default(),
            cursors: Mutex::default(),
        })
    }

    /// Writes a trace; it is on the disk when this returns.
    ///
    /// # Errors
    /// When the disk or the database refuses: then nothing was written, and the action must not happen.
    pub fn append(&self, entry: &Entry) -> Result<Sequence, JournalError> {
        let sequences = self.append_batch(std::slice::from_ref(entry))?;
        sequences.first().copied().ok_or(JournalError::NotFound { sequence: 0 })
    }

    /// Writes several traces in one commit: all of them are on the disk when this returns, or none is.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn append_batch(&self, entries: &[Entry]) -> Result<Vec<Sequence>, JournalError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut writer = lock(&self.writer);
        let mut run = || {
            let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut head = read_head(&tx)?;
            let mut sequences = Vec::with_capacity(entries.len());
            for entry in entries {
                head = add(&tx, head, entry)?;
                sequences.push(Sequence(head.sequence));
            }
            tx.prepare_cached("UPDATE journal SET head_sequence = ?1, head_hash = ?2 WHERE id = 1")?
                .execute(params![head.sequence as i64, head.hash.as_slice()])?;
            tx.commit()?;
            Ok(sequences)
        };
        run().map_err(|error: JournalError| error.while_doing("writing a trace"))
    }

    /// What was found when it was opened.
    #[must_use]
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// The journal's own random id.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        [0; 16]
    }

    /// Whether the journal's secret is apart from the disk, so that a copy of all files lacks it.
    #[must_use]
    pub fn secret_is_outside(&self) -> bool {
        self.place.outside()
    }

    /// How far the reader of this name has come; 0 when it has not begun.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn cursor(&self, name: &str) -> Result<Sequence, JournalError> {
        Ok(lock(&self.cursors).get(name).copied().unwrap_or_default())
    }

    /// Keeps how far the reader of this name has come, durably.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub fn set_cursor(&self, name: &str, sequence: Sequence) -> Result<(), JournalError> {
        lock(&self.cursors).insert(name.to_owned(), sequence);
        Ok(())
    }

    /// Whether a trace could be written now, as far as can be told without writing one.
    ///
    /// # Errors
    /// When the file is read-only, locked by another or gone: then the action must not happen.
    pub fn ready(&self) -> Result<(), JournalError> {
        let mut writer = lock(&self.writer);
        let mut run = || {
            let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            read_head(&tx).map(|_| ())
        };
        run().map_err(|error: JournalError| error.while_doing("preparing to write a trace"))
    }

    /// Where the chain ends.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn head(&self) -> Result<Head, JournalError> {
        self.read("reading the journal's head", read_head)
    }

    pub(crate) fn read<T>(
        &self,
        label: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut reader = lock(&self.reader);
        let run = || work(&reader.transaction()?);
        run().map_err(|error: JournalError| error.while_doing(label))
    }
}

fn add(tx: &Transaction<'_>, head: Head, entry: &Entry) -> Result<Head, JournalError> {
    let sequence = Sequence(head.sequence + 1);
    let mut unique_id = [0; 16];
    getrandom::fill(&mut unique_id).map_err(|_| JournalError::Random)?;
    let octets = canonical::write(sequence, &unique_id, None, entry);
    let hash = chain(&head.hash, &octets);
    let searched = Searched::of(entry);
    tx.prepare_cached(
        "INSERT INTO record (sequence, at, bal, author, action, failed, message_id, mail, canonical, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        sequence.0 as i64,
        searched.at,
        searched.bal,
        searched.author,
        searched.action,
        searched.failed,
        searched.message_id,
        searched.mail,
        octets,
        hash.as_slice()
    ])?;
    Ok(Head {
        sequence: sequence.0,
        hash,
    })
}

/// The parts of a trace that are columns too.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Searched {
    pub(crate) at: i64,
    pub(crate) bal: String,
    pub(crate) author: String,
    pub(crate) action: &'static str,
    pub(crate) failed: bool,
    pub(crate) message_id: String,
    pub(crate) mail: String,
}

impl Searched {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self {
            at: entry.at.as_millisecond(),
            bal: entry
                .bal
                .as_ref()
                .map(|bal| bal.address.as_str().to_lowercase())
                .unwrap_or_default(),
            author: entry
                .author
                .as_ref()
                .and_then(|author| author.national_id.as_ref())
                .map(|id| id.as_str().to_owned())
                .unwrap_or_default(),
            action: entry.action.as_str(),
            failed: entry.is_failure(),
            message_id: entry
                .message_id
                .as_ref()
                .map(|id| id.as_str().to_owned())
                .unwrap_or_default(),
            mail: entry.mail.as_str().to_owned(),
        }
    }
}

/// A trace's hash.
pub(crate) fn chain(before: &[u8; 32], octets: &[u8]) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(before);
    context.update(octets);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

pub(crate) fn read_head(tx: &Transaction<'_>) -> Result<Head, JournalError> {
    let (sequence, hash) = tx
        .prepare_cached("SELECT head_sequence, head_hash FROM journal WHERE id = 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))?;
    Ok(Head {
        sequence: sequence.unsigned_abs(),
        hash,
    })
}

fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    let known = MIGRATIONS.len() as i64;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(JournalError::NewerSchema { found, known });
    }
    for (index, sql) in MIGRATIONS.iter().enumerate() {
        let number = index as i64 + 1;
        if number <= found {
            continue;
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(sql)?;
        if number == 1 {
            let mut unique_id = [0u8; 16];
            getrandom::fill(&mut unique_id).map_err(|_| JournalError::Random)?;
            let start = chain(&[0; 32], &unique_id);
            tx.execute(
                "INSERT INTO journal (id, unique_id, anchor_sequence, anchor_hash, head_sequence, head_hash)
                 VALUES (1, ?1, 0, ?2, 0, ?2)",
                params![unique_id.as_slice(), start.as_slice()],
            )?;
        }
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}

fn keyed(path: &Path, key: &[u8; 32]) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
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
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
