//! A copy of the journal, to be kept elsewhere, and the journal made again from it (EX_SSI_5110).
//!
//! A copy is a journal's folder of its own: the same traces, seals and anchors, octet for octet, under keys that are all
//! new. The key that seals is never copied: the copy has a new one, which the one that stays signs ([`Succession`]). The
//! journal that is restored has another one again, signed by the copy's. So a copy vouches for what it holds, and cannot be
//! used to seal in the name of the workstation that it comes from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::catalogue::{Catalogue, Listed};
use crate::database::{self, Pinned};
use crate::entry::{Entry, Sequence};
use crate::error::JournalError;
use crate::journal::{Head, Journal, lock};
use crate::keys::{Keys, Secret, random, sync_folder};
use crate::period::Period;
use crate::place::{KeyPlace, KeyPlaceError};
use crate::seal::{pair, public_of};
use crate::seal_book::{Book, PUBLIC_KEY, set_setting, setting};
use crate::succession::{self, Succession};
use crate::verify::hex;

/// A copy that a pruning crossed is begun again so many times.
const AGAIN: usize = 3;

/// A copy of the journal in a folder, and what opens it.
pub struct JournalCopy {
    /// What its catalogue is under.
    pub key: Zeroizing<[u8; 32]>,
    /// What stands for a [`KeyPlace`]: whoever has it and the key reads the copy.
    pub secret: Zeroizing<Vec<u8>>,
    /// The names of its files in the folder.
    pub files: Vec<String>,
    /// The last trace in it.
    pub last: Sequence,
    /// How many traces are in it.
    pub count: u64,
}

impl std::fmt::Debug for JournalCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalCopy")
            .field("files", &self.files)
            .field("last", &self.last)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// A secret's place in memory.
#[derive(Default)]
struct InMemory(Mutex<Option<Zeroizing<Vec<u8>>>>);

impl KeyPlace for InMemory {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        Ok(lock(&self.0).clone())
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        *lock(&self.0) = Some(Zeroizing::new(secret.to_vec()));
        Ok(())
    }

    fn outside(&self) -> bool {
        false
    }
}

impl Journal {
    /// Copies the journal as it is now, sealed, into this folder, which must be empty. Traces may be written meanwhile: they
    /// wait for an instant only. `now` is the workstation's clock.
    ///
    /// # Errors
    /// When the disk refuses: what is in the folder is then to be thrown away.
    pub fn copy_to(&self, dir: &Path, now: Timestamp) -> Result<JournalCopy, JournalError> {
        let mut again = AGAIN;
        loop {
            self.seal(now)?;
            let pruned = self.anchors()?.len();
            again -= 1;
            match self.try_copy(dir, now) {
                Ok(copy) if self.anchors()?.len() == pruned => return Ok(copy),
                Ok(_) | Err(_) if again > 0 && self.anchors()?.len() != pruned => empty(dir)?,
                other => return other.map_err(|error| error.while_doing("copying the journal")),
            }
        }
    }

    fn try_copy(&self, dir: &Path, now: Timestamp) -> Result<JournalCopy, JournalError> {
        let key = Zeroizing::new(random()?);
        let place = Arc::new(InMemory::default());
        // Of one moment: where the chain ends, the keys, the catalogue, and the period that is being written.
        let writer = lock(&self.writer);
        let keys = lock(&self.keys);
        let mut transcript = Transcript::begin(&self.dir, dir, self.id, &keys, &self.catalogue, &key)?;
        transcript.end = writer.head;
        transcript.pin_newest(&keys)?;
        drop(keys);
        drop(writer);
        transcript.finish(&key, Arc::clone(&place) as Arc<dyn KeyPlace>, now)?;
        let secret = lock(&place.0).clone().ok_or(JournalError::Unreadable)?;
        Ok(JournalCopy {
            secret,
            files: transcript.files,
            last: Sequence(transcript.end.sequence),
            count: transcript.end.sequence.saturating_sub(transcript.first),
            key,
        })
    }
}

/// Makes the journal of this folder, which must hold none, from a copy whose files are in `copy`, under the key of another
/// profile and in another place. `by` is written in it as its first trace of here. What `copy` holds is used up.
///
/// # Errors
/// [`JournalError::Unreadable`], [`JournalError::Keys`] for what is no copy, or another's secret; when the disk or the place
/// refuses. The folder is then to be thrown away.
pub fn restore_journal(
    copy: (&Path, &[u8; 32], &[u8]),
    dir: &Path,
    key: &[u8; 32],
    place: Arc<dyn KeyPlace>,
    by: &Entry,
) -> Result<(), JournalError> {
    let (from, from_key, secret) = copy;
    let made = || {
        let held = Arc::new(InMemory(Mutex::new(Some(Zeroizing::new(secret.to_vec())))));
        let keys = Keys::open(from, from_key, held, true, None)?;
        if !from.join(Catalogue::NAME).exists() {
            return Err(JournalError::Unreadable);
        }
        let catalogue = Catalogue::open(from, from_key, keys.journal(), Head::default(), false)?;
        let (id, _) = catalogue.journal()?;
        std::fs::create_dir_all(dir).map_err(|source| JournalError::File {
            doing: "restoring the journal",
            path: dir.to_owned(),
            source,
        })?;
        let mut transcript = Transcript::begin(from, dir, id, &keys, &catalogue, key)?;
        transcript.end = transcript.copied_end(&catalogue)?;
        transcript.finish(key, Arc::clone(&place), by.at)?;
        let journal = Journal::open(dir, key, place)?;
        journal.append(by)?;
        journal.seal(by.at)?;
        Ok(())
    };
    made().map_err(|error| error.while_doing("restoring the journal"))
}

/// A journal being written again under other keys.
struct Transcript {
    from: PathBuf,
    to: PathBuf,
    id: [u8; 16],
    /// What stands before the first trace that is left.
    first: u64,
    /// Where the chain ends.
    end: Head,
    listed: Vec<Listed>,
    former: BTreeMap<u64, Zeroizing<[u8; 32]>>,
    keys: BTreeMap<u64, Zeroizing<[u8; 32]>>,
    secret: Secret,
    /// The seed that seals in what is copied.
    seed: Zeroizing<[u8; 32]>,
    newest: Option<(u64, Pinned)>,
    files: Vec<String>,
}

impl Transcript {
    fn begin(
        from: &Path,
        to: &Path,
        id: [u8; 16],
        keys: &Keys,
        catalogue: &Catalogue,
        key: &[u8; 32],
    ) -> Result<Self, JournalError> {
        catalogue.copy_to(&to.join(Catalogue::NAME), key)?;
        let listed = catalogue.periods()?;
        let former = keys.numbers().filter_map(|number| Some((number, keys.get(number)?)));
        Ok(Self {
            from: from.to_owned(),
            to: to.to_owned(),
            id,
            first: listed.first().map_or(0, |first| first.before.sequence),
            end: Head::default(),
            former: former.collect(),
            keys: BTreeMap::new(),
            secret: keys.successor()?,
            seed: Zeroizing::new(*keys.seed()),
            listed,
            newest: None,
            files: vec![Catalogue::NAME.to_owned()],
        })
    }

    /// Holds the period that is being written as it is now.
    fn pin_newest(&mut self, keys: &Keys) -> Result<(), JournalError> {
        let Some(newest) = self.listed.last() else {
            return Ok(());
        };
        let path = Period::path(&self.from, newest.number);
        if let Some(key) = keys.get(newest.number)
            && path.exists()
        {
            let new = Zeroizing::new(random()?);
            match Pinned::new(&path, &key, &Period::path(&self.to, newest.number), &new) {
                Ok(pinned) => {
                    self.keys.insert(newest.number, new);
                    self.newest = Some((newest.number, pinned));
                }
                Err(error) if database::is_torn(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Where a copy's chain ends, by its last period's own saying.
    fn copied_end(&self, catalogue: &Catalogue) -> Result<Head, JournalError> {
        let listed = self.listed.last().map(|last| last.last);
        let own = self.listed.last().and_then(|last| {
            let key = self.former.get(&last.number)?;
            let connection = database::readable(&Period::path(&self.from, last.number), key).ok()?;
            Some(crate::period::header(&connection).ok()?.head)
        });
        match own.or(listed) {
            Some(end) => Ok(end),
            None => Ok(catalogue.journal()?.1),
        }
    }

    fn finish(&mut self, key: &[u8; 32], place: Arc<dyn KeyPlace>, now: Timestamp) -> Result<(), JournalError> {
        for listed in self.listed.clone() {
            self.period(&listed)?;
        }
        let secret = self.secret.clone();
        let keys = Keys::make(&self.to, key, place, secret, std::mem::take(&mut self.keys))?;
        self.files.push(Keys::NAME.to_owned());
        let catalogue = Catalogue::open(&self.to, key, self.id, Head::default(), false)?;
        let (from, to) = (pair(&self.seed)?, public_of(&pair(keys.seed())?));
        catalogue.write("passing the journal's key on", |tx| {
            let former = public_of(&from);
            let book = Book::read(tx, &self.id)?;
            let steps = succession::kept(tx, &self.id)?.unwrap_or_default();
            if setting(tx, PUBLIC_KEY)?.is_none() && steps.is_empty() && book.seals.is_empty() {
                set_setting(tx, PUBLIC_KEY, &hex(&former))?;
            }
            let step = Succession {
                sequence: Sequence(self.end.sequence),
                hash: self.end.hash,
                anchors: book.anchors.len() as u64,
                at: now,
                from: former,
                to,
                previous: steps.last().map_or([0; 32], |last| last.digest(&self.id)),
                signature: [0; 64],
            }
            .signed(&from, &self.id);
            succession::put(tx, &self.id, steps.len(), &step)?;
            // The files are others; they are remembered again with the next seal.
            tx.execute("DELETE FROM setting WHERE name LIKE 'salt-%'", [])?;
            tx.execute("UPDATE journal SET clean = 1", [])?;
            Ok(())
        })?;
        catalogue.settle()?;
        drop(catalogue);
        for file in &self.files {
            database::sync(&self.to.join(file))?;
        }
        sync_folder(&self.to).map_err(|source| JournalError::File {
            doing: "copying the journal",
            path: self.to.clone(),
            source,
        })
    }

    /// Copies a period's file. What cannot be read is copied as it is: verification says the same of it there as here.
    fn period(&mut self, listed: &Listed) -> Result<(), JournalError> {
        let (from, to) = (
            Period::path(&self.from, listed.number),
            Period::path(&self.to, listed.number),
        );
        let pinned = self.newest.take_if(|(number, _)| *number == listed.number);
        let former = self.former.get(&listed.number).cloned();
        let (Some(former), true) = (former, from.exists()) else {
            return Ok(());
        };
        let copied = match pinned {
            Some((_, pinned)) => pinned.copy(),
            None => {
                let new = Zeroizing::new(random()?);
                let copied = Pinned::new(&from, &former, &to, &new).and_then(Pinned::copy);
                self.keys.insert(listed.number, new);
                copied
            }
        };
        match copied {
            Ok(()) => {}
            Err(error) if database::is_torn(&error) => {
                std::fs::copy(&from, &to).map_err(|source| JournalError::File {
                    doing: "copying the journal",
                    path: to.clone(),
                    source,
                })?;
                self.keys.insert(listed.number, former);
            }
            Err(error) => return Err(error),
        }
        self.files
            .extend(to.file_name().and_then(|name| name.to_str()).map(str::to_owned));
        Ok(())
    }
}

/// Takes away what a copy that did not end left.
fn empty(dir: &Path) -> Result<(), JournalError> {
    let remove = || {
        for file in std::fs::read_dir(dir)? {
            std::fs::remove_file(file?.path())?;
        }
        Ok(())
    };
    remove().map_err(|source| JournalError::File {
        doing: "copying the journal",
        path: dir.to_owned(),
        source,
    })
}
