//! The journal: adding to it, and what its other parts share.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::catalogue::{self, Catalogue, Listed, State};
use crate::entry::{Entry, Sequence};
use crate::error::JournalError;
use crate::filter::Opened;
use crate::journal_opening as opening;
use crate::keys::Keys;
use crate::period::{self, Period};
use crate::period_cache::Cache;
use crate::period_writer::Writer;
use crate::place::KeyPlace;

/// The journal of one profile. Calls block; shared between threads behind an `Arc`.
///
/// Locks are taken in the order in which they stand here.
pub struct Journal {
    pub(crate) dir: PathBuf,
    /// The journal's own random id.
    pub(crate) id: [u8; 16],
    /// What stands before its very first trace.
    pub(crate) start: Head,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) keys: Mutex<Keys>,
    pub(crate) catalogue: Catalogue,
    /// By what stands before them; the last one is being written.
    pub(crate) periods: RwLock<Arc<Vec<Arc<Period>>>>,
    pub(crate) head: Mutex<Head>,
    /// The intentions without outcome, by sequence.
    pub(crate) unanswered: Mutex<Arc<Vec<u64>>>,
    pub(crate) cache: Cache,
    opened: Opened,
    /// Held as long as the journal is open: no other process has it open.
    _lock: File,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal(…)")
    }
}

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The last trace; 0 when there never was one.
    pub sequence: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Journal {
    /// Opens the journal in this folder under this 256-bit key, or makes it. A database of this program's first version,
    /// `journal.db`, is taken over. What a cut left half done is finished or undone. When another has it open, waits for
    /// five seconds at most.
    ///
    /// # Errors
    /// [`JournalError::Unreadable`] under another key, [`JournalError::NewerSchema`] after a downgrade,
    /// [`JournalError::Keys`] when the place of its secret does not answer or has none though the journal exists,
    /// [`JournalError::InUse`].
    pub fn open(dir: &Path, key: &[u8; 32], place: Arc<dyn KeyPlace>) -> Result<Self, JournalError> {
        let held = opening::take(dir)?;
        let found = opening::open(dir, key, place).map_err(|error| error.while_doing("opening the journal"))?;
        let first = found.periods.first().map_or(0, |period| period.before.sequence);
        let journal = Self {
            dir: dir.to_owned(),
            id: found.id,
            start: found.start,
            head: Mutex::new(found.writer.head),
            opened: Opened {
                clean: found.clean,
                last: Sequence(found.writer.head.sequence),
            },
            writer: Mutex::new(found.writer),
            keys: Mutex::new(found.keys),
            catalogue: found.catalogue,
            periods: RwLock::new(Arc::new(found.periods)),
            unanswered: Mutex::default(),
            cache: Cache::new(),
            _lock: held,
        };
        journal.follow(&lock(&journal.writer), first);
        journal.finish_pruning()?;
        Ok(journal)
    }

    /// What was found when it was opened.
    #[must_use]
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// The journal's own random id.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Whether the journal's secret is apart from the disk, so that a copy of all files lacks it.
    #[must_use]
    pub fn secret_is_outside(&self) -> bool {
        lock(&self.keys).outside()
    }

    /// How far the reader of this name has come; 0 when it has not begun.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn cursor(&self, name: &str) -> Result<Sequence, JournalError> {
        self.catalogue.cursor(name)
    }

    /// Keeps how far the reader of this name has come, durably.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub fn set_cursor(&self, name: &str, sequence: Sequence) -> Result<(), JournalError> {
        self.catalogue.set_cursor(name, sequence)
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
        let Some(month) = entries.iter().map(|entry| period::month(entry.at)).max() else {
            return Ok(Vec::new());
        };
        let mut writer = lock(&self.writer);
        // Never back to an older period: where the clock was set back, traces stay in the one at hand.
        let own = writer.period.month.load(Ordering::Relaxed);
        // One that was begun for traces that were never written is of the month of its first one, whichever it is.
        let is_empty = writer.head.sequence == writer.period.before.sequence;
        if month > own || is_empty && month != own {
            self.turn(&mut writer, month)
                .map_err(|error| error.while_doing("beginning a month of traces"))?;
        }
        let sequences = writer.append(entries)?;
        if entries.iter().any(|entry| entry.exchange.is_some()) {
            self.follow(&writer, 0);
        }
        *lock(&self.head) = writer.head;
        Ok(sequences)
    }

    /// Whether a trace could be written now, as far as can be told without writing one.
    ///
    /// # Errors
    /// When the file is read-only, locked by another or gone: then the action must not happen.
    pub fn ready(&self) -> Result<(), JournalError> {
        lock(&self.writer).ready()
    }

    /// Where the chain ends.
    ///
    /// # Errors
    /// None today.
    pub fn head(&self) -> Result<Head, JournalError> {
        Ok(*lock(&self.head))
    }

    /// The periods, oldest first, all of one moment.
    pub(crate) fn periods(&self) -> Arc<Vec<Arc<Period>>> {
        Arc::clone(&self.periods.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets the periods.
    pub(crate) fn set_periods(&self, periods: Vec<Arc<Period>>) {
        *self.periods.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(periods);
    }

    /// Tells readers which intentions are without outcome. Those up to `first` were destroyed.
    pub(crate) fn follow(&self, writer: &Writer, first: u64) {
        let open = writer.unanswered().map(|(_, sequence)| sequence);
        let mut open: Vec<u64> = open.filter(|sequence| *sequence > first).collect();
        open.sort_unstable();
        *lock(&self.unanswered) = Arc::new(open);
    }

    /// Makes the key of a period that is to be, under a number that none has.
    pub(crate) fn new_key(&self) -> Result<(u64, zeroize::Zeroizing<[u8; 32]>), JournalError> {
        let mut keys = lock(&self.keys);
        let number = opening::next_number(&self.catalogue.periods()?, &keys);
        Ok((number, keys.add(number)?))
    }

    /// Goes on to another month: a new file under a new key. A cut at any moment is made good at the next opening; a
    /// failure leaves the period at hand as it was, and the next trace tries again.
    fn turn(&self, writer: &mut Writer, month: i32) -> Result<(), JournalError> {
        if writer.head.sequence == writer.period.before.sequence {
            return self.rename(writer, month);
        }
        let (number, key) = self.new_key()?;
        writer.close()?;
        let mut listed = Listed {
            number,
            month,
            before: writer.head,
            last: writer.head,
            span: None,
            state: State::Announced,
        };
        self.catalogue.write("beginning a month of traces", |tx| {
            catalogue::put(tx, &self.listed(writer, State::Closed))?;
            // What an attempt that failed has announced is announced no more.
            tx.execute("DELETE FROM period WHERE state = 2", [])?;
            catalogue::put(tx, &listed)
        })?;
        let open: Vec<(u64, u64)> = writer.unanswered().collect();
        let next = opening::begin(&self.dir, &listed, key, self.id, writer.moment(), &open)?;
        listed.state = State::Writing;
        self.catalogue.put(&listed)?;
        let mut periods = self.periods().as_ref().clone();
        periods.push(Arc::clone(&next.period));
        *writer = next;
        self.set_periods(periods);
        Ok(())
    }

    /// A period without a trace takes the month of its first one.
    fn rename(&self, writer: &mut Writer, month: i32) -> Result<(), JournalError> {
        writer.connection.execute("UPDATE period SET month = ?1", [month])?;
        writer.period.month.store(month, Ordering::Relaxed);
        self.catalogue.put(&self.listed(writer, State::Writing))
    }

    /// What the catalogue should say of the period at hand.
    pub(crate) fn listed(&self, writer: &Writer, state: State) -> Listed {
        let period = &writer.period;
        Listed {
            number: period.number,
            month: period.month.load(Ordering::Relaxed),
            before: period.before,
            last: writer.head,
            span: lock(&period.index).as_ref().and_then(|index| index.span()),
            state,
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let mut writer = lock(&self.writer);
        let close = writer
            .finish()
            .and_then(|()| self.catalogue.put(&self.listed(&writer, State::Writing)))
            .and_then(|()| self.catalogue.end());
        if let Err(error) = close {
            // Nothing is lost: the next opening sees that this one did not end in order.
            tracing::warn!(%error, "the journal was not closed in order");
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

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
