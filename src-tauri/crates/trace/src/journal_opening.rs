//! Opening the journal, and making good what a cut left: each change is made in an order of which every prefix can be told
//! from what is on the disk.
//!
//! A new period: its key in `keys`, then the catalogue announces it, then its file, then the catalogue says that it is
//! written. A destruction: the catalogue forgets the period, then its key goes, then its file. Therefore a key or a file that
//! the catalogue does not list is destroyed, and what is announced is made again.
//!
//! A period that should be there and is not, or is another one, or an older copy of itself, stays listed: a new one begins
//! after the last trace that is known, and verification says what is missing between.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::catalogue::{Catalogue, Listed, State};
use crate::database;
use crate::error::JournalError;
use crate::import;
use crate::journal::{Head, chain};
use crate::keys::{Keys, remove, sync_folder};
use crate::period::{self, Header, Period};
use crate::period_writer::Writer;
use crate::place::KeyPlace;

/// How long another may still have the journal open.
const WAIT: Duration = Duration::from_secs(5);

/// What is left of a file that is destroyed, besides its own name.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// An open journal's parts.
pub(crate) struct Found {
    pub(crate) id: [u8; 16],
    pub(crate) start: Head,
    pub(crate) clean: bool,
    pub(crate) keys: Keys,
    pub(crate) catalogue: Catalogue,
    pub(crate) periods: Vec<Arc<Period>>,
    pub(crate) writer: Writer,
}

/// Takes the journal's folder for this process alone, for as long as the answer lives.
pub(crate) fn take(dir: &Path) -> Result<File, JournalError> {
    let failed = |source| JournalError::File {
        doing: "opening the journal",
        path: dir.to_owned(),
        source,
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join("lock"))
        .map_err(failed)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < WAIT => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse { path: dir.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}

/// Opens what is in the folder, or makes it.
pub(crate) fn open(dir: &Path, key: &[u8; 32], place: Arc<dyn KeyPlace>) -> Result<Found, JournalError> {
    let files = period_files(dir)?;
    let listed_before = dir.join(Catalogue::NAME).exists();
    let exists = listed_before || !files.is_empty() || dir.join("keys").exists() || dir.join("keys.new").exists();
    let older = import::Older::find(dir, key, !files.is_empty() || dir.join("keys").exists())?;
    let keys = Keys::open(dir, key, place, exists, older.as_ref().map(|older| older.id))?;
    let sealed = keys.sealed();
    let id = older.as_ref().map_or(keys.journal(), |older| older.id);
    let start = match &older {
        Some(older) => older.anchor,
        // The folder was emptied: what was sealed is missing, and stays so.
        None if !exists && sealed.sequence > 0 => sealed,
        None => Head {
            sequence: 0,
            hash: chain(&[0; 32], &id),
        },
    };
    let catalogue = Catalogue::open(dir, key, id, start, older.is_some())?;
    let (id, start) = catalogue.journal()?;
    let mut opening = Opening {
        dir,
        id,
        start,
        keys,
        catalogue,
    };
    if opening.catalogue.importing()? {
        opening.import(key, older)?;
    } else {
        import::forget(dir, key, &opening.catalogue)?;
    }
    if !listed_before && exists {
        opening.list_again(&files)?;
    }
    let clean = opening.catalogue.begin()?;
    opening.destroy_unlisted()?;
    let writer = opening.last_period()?;
    let mut periods = Vec::new();
    for listed in opening.catalogue.periods()? {
        periods.push(if listed.number == writer.period.number {
            Arc::clone(&writer.period)
        } else {
            Arc::new(period_of(dir, &listed, opening.keys.get(listed.number)))
        });
    }
    Ok(Found {
        id,
        start,
        clean,
        keys: opening.keys,
        catalogue: opening.catalogue,
        periods,
        writer,
    })
}

struct Opening<'a> {
    dir: &'a Path,
    id: [u8; 16],
    start: Head,
    keys: Keys,
    catalogue: Catalogue,
}

impl Opening<'_> {
    /// Takes over an older database, from its beginning even when it was begun before.
    fn import(&mut self, key: &[u8; 32], older: Option<import::Older>) -> Result<(), JournalError> {
        let older = match older {
            Some(older) => Some(older),
            None => import::Older::find(self.dir, key, false)?,
        };
        let numbers: Vec<u64> = self.keys.numbers().collect();
        self.catalogue.write("taking over an older journal", |tx| {
            tx.execute("DELETE FROM period", [])?;
            Ok(())
        })?;
        self.destroy(&numbers)?;
        if let Some(older) = &older {
            older.take_over(self.dir, self.id, &mut self.keys, &self.catalogue)?;
        }
        self.catalogue.imported()?;
        if let Some(older) = older {
            older.remove()?;
        }
        Ok(())
    }

    /// The catalogue was lost: the periods are listed again from what they say of themselves.
    fn list_again(&self, files: &[(u64, PathBuf)]) -> Result<(), JournalError> {
        let mut found = Vec::new();
        for (number, path) in files {
            let Some(key) = self.keys.get(*number) else { continue };
            let header = database::readable(path, &key).and_then(|connection| period::header(&connection));
            if let Ok(header) = header.map_err(period::unreadable)
                && header.unique_id == self.id
                && header.number == *number
            {
                found.push(header);
            }
        }
        found.sort_by_key(|header| (header.before.sequence, header.number));
        let last = found.len().saturating_sub(1);
        for (place, header) in found.iter().enumerate() {
            self.catalogue.put(&Listed {
                number: header.number,
                month: header.month,
                before: header.before,
                last: header.head,
                span: None,
                state: if place == last { State::Writing } else { State::Closed },
            })?;
        }
        Ok(())
    }

    /// An older copy of the catalogue was put back: periods that go on after the last one it lists are listed again, so that
    /// they are not taken for what was destroyed. Verification says that the catalogue is not the last one.
    fn list_newer(&self) -> Result<(), JournalError> {
        let listed = self.catalogue.periods()?;
        let header = |number: u64| {
            let key = self.keys.get(number)?;
            let connection = database::readable(&Period::path(self.dir, number), &key).ok()?;
            let header = period::header(&connection).ok()?;
            (header.unique_id == self.id && header.number == number).then_some(header)
        };
        let Some(last) = listed.last() else { return Ok(()) };
        let end = header(last.number).map_or(last.last, |header| header.head).sequence;
        let is_listed = |number: u64| listed.iter().any(|period| period.number == number);
        let is_newer = |number: u64| {
            header(number).is_some_and(|header| header.before.sequence >= end && header.head != header.before)
        };
        let mut files = period_files(self.dir)?;
        if !files.iter().any(|(number, _)| !is_listed(*number) && is_newer(*number)) {
            return Ok(());
        }
        files.retain(|(number, _)| is_listed(*number) || is_newer(*number));
        self.list_again(&files)
    }

    /// Destroys the keys and files of what the catalogue does not list.
    fn destroy_unlisted(&mut self) -> Result<(), JournalError> {
        self.list_newer()?;
        let listed: BTreeSet<u64> = self.catalogue.periods()?.iter().map(|period| period.number).collect();
        let with_key: Vec<u64> = self.keys.numbers().filter(|number| !listed.contains(number)).collect();
        self.destroy(&with_key)?;
        for (number, _) in period_files(self.dir)? {
            if !listed.contains(&number) {
                destroy_file(self.dir, number)?;
            }
        }
        Ok(())
    }

    fn destroy(&mut self, numbers: &[u64]) -> Result<(), JournalError> {
        if numbers.is_empty() {
            return Ok(());
        }
        self.keys.destroy(numbers)?;
        numbers.iter().try_for_each(|number| destroy_file(self.dir, *number))
    }

    /// The period at hand, ready to be written.
    fn last_period(&mut self) -> Result<Writer, JournalError> {
        let mut listed = self.catalogue.periods()?;
        // What was announced holds no trace: it is made again, from what comes before it.
        let announced = listed.iter().position(|period| period.state == State::Announced);
        if let Some(announced) = announced.map(|place| listed.remove(place)) {
            let before = match listed.last() {
                Some(last) => self.taken_up(last)?,
                None => None,
            };
            let open: Vec<(u64, u64)> = before.iter().flat_map(Writer::unanswered).collect();
            let known = before.as_ref().map_or(announced.before, |writer| writer.head);
            if let Some((last, writer)) = listed.last_mut().zip(before.as_ref()) {
                last.last = writer.head;
                self.catalogue.put(last)?;
            }
            let moment = before.as_ref().map_or(i64::MIN, Writer::moment);
            drop(before);
            return self.begin(announced.number, announced.month, known, moment, &open);
        }
        let known = listed.last().map_or(self.start, |last| last.last);
        let sealed = self.keys.sealed();
        let known = if sealed.sequence > known.sequence {
            sealed
        } else {
            known
        };
        if let Some(last) = listed.last()
            && last.state == State::Writing
            && let Some(writer) = self.taken_up(last)?
            && writer.head.sequence >= known.sequence
        {
            self.name_again(last, &writer)?;
            return Ok(writer);
        }
        if let Some(last) = listed.last_mut() {
            last.state = State::Closed;
            self.catalogue.put(last)?;
        }
        let number = next_number(&listed, &self.keys);
        self.begin(number, i32::MIN, known, i64::MIN, &[])
    }

    /// An empty period takes the month of its first trace in its own file, then in the catalogue: a cut in between is made
    /// good.
    fn name_again(&self, listed: &Listed, writer: &Writer) -> Result<(), JournalError> {
        let month = period::header(&writer.connection)?.month;
        if month != listed.month && writer.head == listed.before {
            writer.period.month.store(month, std::sync::atomic::Ordering::Relaxed);
            self.catalogue.put(&Listed { month, ..*listed })?;
        }
        Ok(())
    }

    /// A listed period's file, taken up where it was left; none when it is not there, or not that period.
    fn taken_up(&self, listed: &Listed) -> Result<Option<Writer>, JournalError> {
        let period = period_of(self.dir, listed, self.keys.get(listed.number));
        let Some(key) = period.key.clone().filter(|_| period.path.exists()) else {
            return Ok(None);
        };
        let open = || {
            let mut connection = database::writable(&period.path, &key)?;
            database::migrate(&mut connection, period::FILES, |_| Err(JournalError::Unreadable))?;
            let header = period::header(&connection)?;
            let is_it = header.unique_id == self.id
                && header.number == listed.number
                && header.before == listed.before
                && header.head.sequence >= header.before.sequence;
            if !is_it {
                return Err(JournalError::Unreadable);
            }
            Writer::open(connection, Arc::new(period), self.id)
        };
        match open() {
            Ok(writer) => Ok(Some(writer)),
            Err(JournalError::Unreadable | JournalError::Damaged { .. }) => Ok(None),
            Err(error) if error.is_damage() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn begin(
        &mut self,
        number: u64,
        month: i32,
        before: Head,
        moment: i64,
        open: &[(u64, u64)],
    ) -> Result<Writer, JournalError> {
        let mut listed = Listed {
            number,
            month,
            before,
            last: before,
            span: None,
            state: State::Announced,
        };
        let key = match self.keys.get(number) {
            Some(key) => key,
            None => self.keys.add(number)?,
        };
        self.catalogue.put(&listed)?;
        let writer = begin(self.dir, &listed, key, self.id, moment, open)?;
        listed.state = State::Writing;
        self.catalogue.put(&listed)?;
        Ok(writer)
    }
}

/// Makes the file of an announced period, from its beginning.
pub(crate) fn begin(
    dir: &Path,
    listed: &Listed,
    key: Zeroizing<[u8; 32]>,
    id: [u8; 16],
    moment: i64,
    open: &[(u64, u64)],
) -> Result<Writer, JournalError> {
    destroy_file(dir, listed.number)?;
    let period = period_of(dir, listed, Some(key.clone()));
    let header = Header {
        unique_id: id,
        number: listed.number,
        month: listed.month,
        before: listed.before,
        head: listed.before,
        moment,
    };
    let connection = period::make(&period.path, &key, &header)?;
    let mut writer = Writer::open(connection, Arc::new(period), id)?;
    writer.set_open(open)?;
    sync_folder(dir).map_err(|source| JournalError::File {
        doing: "beginning a month of traces",
        path: dir.to_owned(),
        source,
    })?;
    Ok(writer)
}

/// A number that no period has, nor any key.
pub(crate) fn next_number(listed: &[Listed], keys: &Keys) -> u64 {
    let numbers = listed.iter().map(|period| period.number).chain(keys.numbers());
    numbers.max().unwrap_or_default() + 1
}

/// A listed period.
pub(crate) fn period_of(dir: &Path, listed: &Listed, key: Option<Zeroizing<[u8; 32]>>) -> Period {
    Period {
        number: listed.number,
        month: AtomicI32::new(listed.month),
        path: Period::path(dir, listed.number),
        key,
        before: listed.before,
        index: Mutex::default(),
    }
}

/// Empties a period's file and removes it, with what SQLite keeps beside it. Without its key it is only noise already.
pub(crate) fn destroy_file(dir: &Path, number: u64) -> Result<(), JournalError> {
    let path = Period::path(dir, number);
    for suffix in SUFFIXES {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        let path = PathBuf::from(name);
        if let Ok(file) = OpenOptions::new().write(true).open(&path) {
            // Only a courtesy to the disk: what was destroyed is the key.
            let _ = file.set_len(0).and_then(|()| file.sync_all());
        }
        remove(&path)?;
    }
    Ok(())
}

/// The periods' files in a folder: their numbers and paths.
fn period_files(dir: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let failed = |source| JournalError::File {
        doing: "opening the journal",
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for file in std::fs::read_dir(dir).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        let number = name.strip_prefix("period-").and_then(|name| name.strip_suffix(".db"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            files.push((number, path));
        }
    }
    files.sort();
    Ok(files)
}
