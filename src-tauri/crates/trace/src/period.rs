//! A period: the traces of one month, in a file of its own under a key of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI32;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use pli_terms::{Address, BalKind, NationalId, Wording};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use zeroize::Zeroizing;

use crate::catalogue::head;
use crate::database::{self, natural};
use crate::entry::{Action, Authentication, Author, Bal};
use crate::error::JournalError;
use crate::journal::{Head, lock};
use crate::period_index::{Class, Index, Kind, Row, Summary, id, unpack};

pub(crate) const FILES: &[&str] = &[include_str!("../migrations/0001_period.sql")];

/// A period that the catalogue lists.
pub(crate) struct Period {
    pub(crate) number: u64,
    /// 12 × year + month − 1; the least number before its first trace.
    pub(crate) month: AtomicI32,
    pub(crate) path: PathBuf,
    /// None when no key is known for it: it cannot be read.
    pub(crate) key: Option<Zeroizing<[u8; 32]>>,
    /// What stands before its first trace.
    pub(crate) before: Head,
    /// Read when first needed; that of the last period follows what is written.
    pub(crate) index: Mutex<Option<Index>>,
}

/// What a period's file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) unique_id: [u8; 16],
    pub(crate) number: u64,
    pub(crate) month: i32,
    pub(crate) before: Head,
    pub(crate) head: Head,
    /// When its last trace was written, in milliseconds, by its own saying; the least number when there is none.
    pub(crate) moment: i64,
}

impl Period {
    /// A period's file in the journal's folder.
    pub(crate) fn path(dir: &Path, number: u64) -> PathBuf {
        dir.join(format!("period-{number:06}.db"))
    }

    /// A connection to read it with.
    pub(crate) fn reader(&self) -> Result<Connection, JournalError> {
        let key = self.key.as_ref().ok_or(JournalError::Unreadable)?;
        database::readable(&self.path, key).map_err(unreadable)
    }

    /// Its index, as of now.
    pub(crate) fn index(&self, open: impl FnOnce() -> Result<Index, JournalError>) -> Result<Index, JournalError> {
        let mut index = lock(&self.index);
        if let Some(index) = index.as_ref() {
            return Ok(index.clone());
        }
        let read = open()?;
        *index = Some(read.clone());
        Ok(read)
    }
}

/// A file that is not there, or cannot be read under its key, is one thing to who reads.
pub(crate) fn unreadable(error: JournalError) -> JournalError {
    if error.is_damage() || error.is_absence() {
        JournalError::Unreadable
    } else {
        error
    }
}

/// The month of a time, UTC: 12 × year + month − 1.
pub(crate) fn month(at: Timestamp) -> i32 {
    let date = jiff::tz::Offset::UTC.to_datetime(at).date();
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// Makes a period's file, empty.
pub(crate) fn make(path: &Path, key: &[u8; 32], header: &Header) -> Result<Connection, JournalError> {
    let mut connection = database::writable(path, key)?;
    database::migrate(&mut connection, FILES, |tx| {
        tx.execute(
            "INSERT INTO period (id, unique_id, number, month, before_sequence, before_hash, head_sequence, head_hash,
                                 head_moment) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                header.unique_id,
                header.number as i64,
                header.month,
                header.before.sequence as i64,
                header.before.hash,
                header.head.sequence as i64,
                header.head.hash,
                header.moment,
            ],
        )?;
        Ok(())
    })?;
    Ok(connection)
}

/// What a period's file says of itself.
pub(crate) fn header(connection: &Connection) -> Result<Header, JournalError> {
    Ok(connection
        .prepare_cached(
            "SELECT unique_id, number, month, before_sequence, before_hash, head_sequence, head_hash, head_moment
             FROM period",
        )?
        .query_row([], |row| {
            Ok(Header {
                unique_id: row.get(0)?,
                number: natural(row, 1)?,
                month: row.get(2)?,
                before: head(row, 3)?,
                head: head(row, 5)?,
                moment: row.get(7)?,
            })
        })?)
}

/// Sets where a period ends, among other changes.
pub(crate) fn set_head(tx: &Transaction<'_>, head: Head, moment: i64) -> Result<(), JournalError> {
    tx.prepare_cached("UPDATE period SET head_sequence = ?1, head_hash = ?2, head_moment = ?3")?
        .execute(params![head.sequence as i64, head.hash, moment])?;
    Ok(())
}

/// Reads a period's index.
pub(crate) fn index(connection: &Connection) -> Result<Index, JournalError> {
    let mut index = Index::default();
    let mut statement = connection.prepare("SELECT id, bal, author, action, class FROM kind")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // What this program would not have written stands for nothing; verification says so.
        let (Some(id), Some(action), Some(class)) = (
            id(row.get(0)?),
            Action::from_word(row.get_ref(3)?.as_str().unwrap_or_default()),
            Class::from_number(row.get(4)?),
        ) else {
            continue;
        };
        let kind = Kind {
            bal: row.get(1)?,
            author: row.get(2)?,
            action,
            class,
        };
        index.learn(id, kind);
    }
    index.authors = Arc::new(authors(connection)?);
    index.bals = Arc::new(bals(connection)?);
    let mut chunks = Vec::new();
    let mut statement = connection.prepare("SELECT first, last, min_at, max_at, counts FROM chunk ORDER BY first")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let first = natural(row, 0)?;
        let counts = row.get_ref(4)?.as_blob().ok().and_then(Summary::unpacked_counts);
        chunks.push(Arc::new(Summary {
            first,
            last: natural(row, 1)?,
            min_at: row.get(2)?,
            max_at: row.get(3)?,
            counts: counts.ok_or(JournalError::Damaged { sequence: first })?,
        }));
    }
    let after = chunks.last().map_or(0, |chunk| chunk.last);
    index.chunks = Arc::new(chunks);
    let mut statement =
        connection.prepare("SELECT sequence, at, kind, party FROM record WHERE sequence > ?1 ORDER BY sequence")?;
    let mut rows = statement.query([after as i64])?;
    while let Some(row) = rows.next()? {
        let sequence = natural(row, 0)?;
        let damaged = JournalError::Damaged { sequence };
        let (Some(kind), Some(party)) = (id(row.get(2)?), id(row.get(3)?)) else {
            return Err(damaged);
        };
        index.tail.push(Row {
            at: row.get(1)?,
            sequence,
            kind,
            party,
        });
    }
    Ok(index)
}

fn authors(connection: &Connection) -> Result<Vec<Author>, JournalError> {
    let mut authors = Vec::new();
    let mut statement = connection.prepare("SELECT national_id, name, method FROM author ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name = Wording::stored(row.get_ref(1)?.as_str().unwrap_or_default());
        let method = Authentication::from_word(row.get_ref(2)?.as_str().unwrap_or_default());
        if let Some((name, method)) = name.zip(method) {
            authors.push(Author {
                national_id: NationalId::parse(row.get_ref(0)?.as_str().unwrap_or_default()).ok(),
                name,
                method,
            });
        }
    }
    Ok(authors)
}

fn bals(connection: &Connection) -> Result<Vec<Bal>, JournalError> {
    let mut bals = Vec::new();
    let mut statement = connection.prepare("SELECT address, kind FROM bal ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Ok(address) = Address::parse(row.get_ref(0)?.as_str().unwrap_or_default()) {
            let kind = row.get_ref(1)?.as_str().unwrap_or_default().parse::<BalKind>().ok();
            bals.push(Bal { address, kind });
        }
    }
    Ok(bals)
}

/// A chunk's traces, by sequence.
pub(crate) fn chunk(connection: &Connection, first: u64) -> Result<Vec<Row>, JournalError> {
    let damaged = JournalError::Damaged { sequence: first };
    let found = connection
        .prepare_cached("SELECT columns FROM chunk WHERE first = ?1")?
        .query_row([first as i64], |row| {
            Ok(row.get_ref(0)?.as_blob().ok().and_then(|octets| unpack(octets, first)))
        })
        .optional()?;
    found.flatten().ok_or(damaged)
}

/// The parties from this id on, by id.
pub(crate) fn parties(connection: &Connection, from: usize) -> Result<Vec<(u32, Box<str>)>, JournalError> {
    let mut parties = Vec::new();
    let mut statement = connection.prepare_cached("SELECT id, addresses FROM party WHERE id >= ?1 ORDER BY id")?;
    let mut rows = statement.query([from as i64])?;
    while let Some(row) = rows.next()? {
        if let Some(id) = id(row.get(0)?) {
            parties.push((id, row.get_ref(1)?.as_str().unwrap_or_default().into()));
        }
    }
    Ok(parties)
}

/// The sequences of the traces of which a message has this digested name, by sequence.
pub(crate) fn of_message(connection: &Connection, name: i64) -> Result<Vec<u64>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT sequence FROM message WHERE name = ?1 ORDER BY sequence")?;
    let rows = statement.query_map([name], |row| natural(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The intentions without outcome: exchange and sequence.
pub(crate) fn unanswered(connection: &Connection) -> Result<Vec<(u64, u64)>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT exchange, sequence FROM open ORDER BY sequence")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), natural(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
