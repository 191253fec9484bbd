//! Taking over the database of this program's first version: one file, `journal.db`, under the journal's own key. Its
//! traces are kept octet for octet, with their hashes. Until all of them are taken over the catalogue says so, and a cut
//! makes it begin again; the old file goes last.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::canonical;
use crate::catalogue::{Catalogue, Listed, State, head};
use crate::database;
use crate::entry::Outcome;
use crate::error::JournalError;
use crate::journal::Head;
use crate::journal_opening::{begin, next_number};
use crate::keys::{Keys, remove};
use crate::period::{self, unreadable};
use crate::period_writer::{Raw, Writer, digest};

/// Traces copied in one commit.
const STEP: usize = 1000;

/// An older database.
pub(crate) struct Older {
    path: PathBuf,
    connection: Connection,
    /// The journal's id.
    pub(crate) id: [u8; 16],
    /// What stands before its first trace.
    pub(crate) anchor: Head,
    head: Head,
}

/// A trace of the older database.
struct Kept {
    sequence: u64,
    at: i64,
    canonical: Vec<u8>,
    hash: [u8; 32],
}

impl Older {
    /// The older database in this folder, unless the journal is taken over already (`done`).
    pub(crate) fn find(dir: &Path, key: &[u8; 32], done: bool) -> Result<Option<Self>, JournalError> {
        let path = dir.join("journal.db");
        if done || !path.exists() {
            return Ok(None);
        }
        let connection = database::readable(&path, key).map_err(unreadable)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match version {
            // It was being made when the power went: it holds nothing.
            0 => return Ok(None),
            1 => {}
            found => return Err(JournalError::NewerSchema { found, known: 1 }),
        }
        let (id, anchor, head) = connection.query_row(
            "SELECT unique_id, anchor_sequence, anchor_hash, head_sequence, head_hash FROM journal",
            [],
            |row| Ok((row.get(0)?, head(row, 1)?, head(row, 3)?)),
        )?;
        Ok(Some(Self {
            path,
            connection,
            id,
            anchor,
            head,
        }))
    }

    /// Takes all of it over. No period is there before.
    pub(crate) fn take_over(
        &self,
        dir: &Path,
        id: [u8; 16],
        keys: &mut Keys,
        catalogue: &Catalogue,
    ) -> Result<(), JournalError> {
        let mut copy = Copy {
            dir,
            id,
            keys,
            catalogue,
            writer: None,
            last: self.anchor,
            waiting: Vec::new(),
            open: HashMap::new(),
        };
        let readable = self.each(|kept| copy.take(kept))?;
        copy.flush()?;
        if !readable {
            // What cannot be read is missing, and verification says so.
            copy.close(State::Closed)?;
            copy.last = self.head;
            copy.begin(i32::MIN, &[])?;
        }
        let open: Vec<(u64, u64)> = copy.open.values().flatten().copied().collect();
        if let Some((writer, _)) = &mut copy.writer {
            writer.set_open(&open)?;
        }
        copy.close(State::Writing)
    }

    /// Gives every trace in order; answers whether all of them could be read.
    fn each(&self, mut each: impl FnMut(Kept) -> Result<(), JournalError>) -> Result<bool, JournalError> {
        let mut statement = self
            .connection
            .prepare("SELECT sequence, at, canonical, hash FROM record WHERE sequence > ?1 ORDER BY sequence")?;
        let mut rows = statement.query([self.anchor.sequence as i64])?;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(true),
                Err(error) => {
                    let error = JournalError::from(error);
                    return if error.is_damage() { Ok(false) } else { Err(error) };
                }
            };
            each(Kept {
                sequence: row.get::<_, i64>(0)?.unsigned_abs(),
                at: row.get(1)?,
                canonical: row.get(2)?,
                hash: row.get(3).unwrap_or_default(),
            })?;
        }
    }

    /// Removes it. What could not be read whole is kept aside.
    pub(crate) fn remove(self) -> Result<(), JournalError> {
        let whole = self.each(|_| Ok(()))?;
        drop(self.connection);
        for suffix in ["-wal", "-shm"] {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            remove(Path::new(&name))?;
        }
        if whole {
            return remove(&self.path);
        }
        std::fs::rename(&self.path, self.path.with_file_name("journal-unreadable.db")).map_err(|source| {
            JournalError::File {
                doing: "taking over an older journal",
                path: self.path,
                source,
            }
        })
    }
}

/// Removes an older database that was taken over already: the cut came just before its removal. Another one stays.
pub(crate) fn forget(dir: &Path, key: &[u8; 32], catalogue: &Catalogue) -> Result<(), JournalError> {
    let Ok(Some(older)) = Older::find(dir, key, false) else {
        return Ok(());
    };
    let (id, _) = catalogue.journal()?;
    let known = catalogue.periods()?.last().map_or(0, |last| last.last.sequence);
    if older.id == id && known >= older.head.sequence {
        older.remove()?;
    }
    Ok(())
}

struct Copy<'a> {
    dir: &'a Path,
    id: [u8; 16],
    keys: &'a mut Keys,
    catalogue: &'a Catalogue,
    writer: Option<(Writer, i32)>,
    last: Head,
    waiting: Vec<Kept>,
    /// Intentions without outcome, by the words that both have: the first format ties them in no other way.
    open: HashMap<String, Vec<(u64, u64)>>,
}

impl Copy<'_> {
    fn take(&mut self, kept: Kept) -> Result<(), JournalError> {
        let at = Timestamp::from_millisecond(kept.at).unwrap_or(Timestamp::UNIX_EPOCH);
        let month = period::month(at);
        if self.writer.as_ref().is_none_or(|(_, own)| month > *own) {
            self.flush()?;
            self.close(State::Closed)?;
            self.begin(month, &[])?;
        }
        if let Some(read) = canonical::read(&kept.canonical) {
            let verb = read.entry.request.verb.as_str();
            if read.entry.outcome == Outcome::Intended {
                let exchange = digest(&self.id, verb).cast_unsigned();
                self.open
                    .entry(verb.to_owned())
                    .or_default()
                    .push((exchange, kept.sequence));
            } else {
                self.open.remove(verb);
            }
        }
        self.last = Head {
            sequence: kept.sequence,
            hash: kept.hash,
        };
        self.waiting.push(kept);
        if self.waiting.len() >= STEP {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        let raws: Vec<Raw<'_>> = self
            .waiting
            .iter()
            .map(|kept| Raw {
                sequence: kept.sequence,
                canonical: &kept.canonical,
                hash: kept.hash,
                at: kept.at,
            })
            .collect();
        if let Some((writer, _)) = &mut self.writer {
            writer.copy(&raws)?;
        }
        self.waiting.clear();
        Ok(())
    }

    fn begin(&mut self, month: i32, open: &[(u64, u64)]) -> Result<(), JournalError> {
        let number = next_number(&self.catalogue.periods()?, self.keys);
        let listed = Listed {
            number,
            month,
            before: self.last,
            last: self.last,
            span: None,
            state: State::Announced,
        };
        let key = self.keys.add(number)?;
        let writer = begin(self.dir, &listed, key, self.id, i64::MIN, open)?;
        self.catalogue.put(&listed)?;
        self.writer = Some((writer, month));
        Ok(())
    }

    fn close(&mut self, state: State) -> Result<(), JournalError> {
        let Some((mut writer, month)) = self.writer.take() else {
            return Ok(());
        };
        writer.close()?;
        let index = crate::journal::lock(&writer.period.index);
        self.catalogue.put(&Listed {
            number: writer.period.number,
            month,
            before: writer.period.before,
            last: writer.head,
            span: index.as_ref().and_then(|index| index.span()),
            state,
        })
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
