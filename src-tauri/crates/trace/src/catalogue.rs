//! The catalogue: which periods there are and what holds them together; nothing of persons.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::database::{self, natural};
use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::{Head, lock};

pub(crate) const FILES: &[&str] = &[include_str!("../migrations/0001_catalogue.sql")];

/// What the catalogue says of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) number: u64,
    /// 12 × year + month − 1.
    pub(crate) month: i32,
    /// What stands before its first trace.
    pub(crate) before: Head,
    /// Its last trace: of the last period, as known when it was opened or closed last.
    pub(crate) last: Head,
    /// The times between which its traces are; none when it is empty, or not known yet.
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) state: State,
}

/// How far a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Traces are written in it.
    Writing,
    /// Nothing more is written in it.
    Closed,
    /// Its key is made, its file may not be yet; it holds no trace.
    Announced,
    /// What this program does not write: kept as it is found, so that verification says so.
    Unknown(i64),
}

impl State {
    fn of(number: i64) -> Self {
        match number {
            0 => Self::Writing,
            1 => Self::Closed,
            2 => Self::Announced,
            other => Self::Unknown(other),
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Writing => 0,
            Self::Closed => 1,
            Self::Announced => 2,
            Self::Unknown(number) => number,
        }
    }
}

/// The catalogue, open. One connection: it is read and written rarely.
pub(crate) struct Catalogue {
    connection: Mutex<Connection>,
}

impl Catalogue {
    /// The file's name in the journal's folder.
    pub(crate) const NAME: &'static str = "catalogue.db";

    /// Opens it, or makes it for a journal of this id whose chain begins after `start`.
    pub(crate) fn open(
        dir: &Path,
        key: &[u8; 32],
        unique_id: [u8; 16],
        start: Head,
        importing: bool,
    ) -> Result<Self, JournalError> {
        let open = || {
            let mut connection = database::writable(&dir.join(Self::NAME), key)?;
            database::migrate(&mut connection, FILES, |tx| {
                tx.execute(
                    "INSERT INTO journal (id, unique_id, start, start_hash, importing) VALUES (1, ?1, ?2, ?3, ?4)",
                    params![unique_id, start.sequence as i64, start.hash, importing],
                )?;
                Ok(())
            })?;
            Ok(Self {
                connection: Mutex::new(connection),
            })
        };
        open().map_err(|error: JournalError| {
            if error.is_damage() {
                JournalError::Unreadable
            } else {
                error.while_doing("opening the journal")
            }
        })
    }

    /// The journal's id, and what stands before its very first trace.
    pub(crate) fn journal(&self) -> Result<([u8; 16], Head), JournalError> {
        self.read("reading the catalogue", |tx| {
            Ok(
                tx.query_row("SELECT unique_id, start, start_hash FROM journal", [], |row| {
                    Ok((row.get(0)?, head(row, 1)?))
                })?,
            )
        })
    }

    /// Whether an older database was being taken over.
    pub(crate) fn importing(&self) -> Result<bool, JournalError> {
        self.read("reading the catalogue", |tx| {
            Ok(tx.query_row("SELECT importing FROM journal", [], |row| row.get(0))?)
        })
    }

    /// Says that the older database is taken over.
    pub(crate) fn imported(&self) -> Result<(), JournalError> {
        self.write("taking over an older journal", |tx| {
            tx.execute("UPDATE journal SET importing = 0", [])?;
            Ok(())
        })
    }

    /// Marks the journal open, and says whether it had been closed in order.
    pub(crate) fn begin(&self) -> Result<bool, JournalError> {
        self.write("opening the journal", |tx| {
            let clean = tx.query_row("SELECT clean FROM journal", [], |row| row.get(0))?;
            tx.execute("UPDATE journal SET clean = 0", [])?;
            Ok(clean)
        })
    }

    /// Marks the journal closed in order.
    pub(crate) fn end(&self) -> Result<(), JournalError> {
        self.write("closing the journal", |tx| {
            tx.execute("UPDATE journal SET clean = 1", [])?;
            Ok(())
        })
    }

    /// The periods, oldest first.
    pub(crate) fn periods(&self) -> Result<Vec<Listed>, JournalError> {
        self.read("reading the catalogue", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT number, month, before_sequence, before_hash, last_sequence, last_hash, min_at, max_at, state
                 FROM period ORDER BY before_sequence, number",
            )?;
            let rows = statement.query_map([], |row| {
                let span: (Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?);
                Ok(Listed {
                    number: natural(row, 0)?,
                    month: row.get(1)?,
                    before: head(row, 2)?,
                    last: head(row, 4)?,
                    span: span.0.zip(span.1),
                    state: State::of(row.get(8)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Sets what is said of a period.
    pub(crate) fn put(&self, period: &Listed) -> Result<(), JournalError> {
        self.write("writing the catalogue", |tx| put(tx, period))
    }

    /// How far a reader has come.
    pub(crate) fn cursor(&self, name: &str) -> Result<Sequence, JournalError> {
        self.read("reading the catalogue", |tx| {
            let found: Option<i64> = tx
                .prepare_cached("SELECT sequence FROM cursor WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?;
            Ok(Sequence(found.unwrap_or_default().unsigned_abs()))
        })
    }

    /// Keeps how far a reader has come.
    pub(crate) fn set_cursor(&self, name: &str, sequence: Sequence) -> Result<(), JournalError> {
        self.write("writing the catalogue", |tx| {
            tx.prepare_cached("INSERT OR REPLACE INTO cursor (name, sequence) VALUES (?1, ?2)")?
                .execute(params![name, sequence.0 as i64])?;
            Ok(())
        })
    }

    /// Copies it as it is now into a new file under another key.
    pub(crate) fn copy_to(&self, to: &Path, key: &[u8; 32]) -> Result<(), JournalError> {
        database::copy(&lock(&self.connection), to, key).map_err(|error| error.while_doing("copying the catalogue"))
    }

    /// Folds what was written last into its own file.
    pub(crate) fn settle(&self) -> Result<(), JournalError> {
        lock(&self.connection)
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| JournalError::from(error).while_doing("copying the catalogue"))
    }

    /// Reads, all of one moment.
    pub(crate) fn read<T>(
        &self,
        label: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut connection = lock(&self.connection);
        let run = || work(&connection.transaction()?);
        run().map_err(|error: JournalError| error.while_doing(label))
    }

    /// Writes in one commit, on the disk when this returns.
    pub(crate) fn write<T>(
        &self,
        label: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut connection = lock(&self.connection);
        let run = || {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        run().map_err(|error: JournalError| error.while_doing(label))
    }
}

/// Sets what is said of a period, among other changes.
pub(crate) fn put(tx: &Transaction<'_>, period: &Listed) -> Result<(), JournalError> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO period
         (number, month, before_sequence, before_hash, last_sequence, last_hash, min_at, max_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        period.number as i64,
        period.month,
        period.before.sequence as i64,
        period.before.hash,
        period.last.sequence as i64,
        period.last.hash,
        period.span.map(|span| span.0),
        period.span.map(|span| span.1),
        period.state.number(),
    ])?;
    Ok(())
}

/// Takes a period out of the list, among other changes.
pub(crate) fn forget(tx: &Transaction<'_>, number: u64) -> Result<(), JournalError> {
    tx.execute("DELETE FROM period WHERE number = ?1", [number as i64])?;
    Ok(())
}

/// A sequence and its hash, in two columns from `index` on.
pub(crate) fn head(row: &Row<'_>, index: usize) -> rusqlite::Result<Head> {
    Ok(Head {
        sequence: natural(row, index)?,
        hash: row.get(index + 1)?,
    })
}
