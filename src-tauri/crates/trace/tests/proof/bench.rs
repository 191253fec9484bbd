//! Journals to damage, and the hands of somebody who damages them: with the keys, or with the files only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pli_trace::{Action, AtEnd, Entry, Journal, Verification, verify_folder};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rusqlite::Connection;

use crate::sample::{BEGAN, DAY, KEY, Memory, answer, at, entry, entry_at, intention};

/// A journal at rest, kept to be copied.
pub(crate) struct Kept {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) secret: Vec<u8>,
    /// As it stood at an earlier closing, with what the place kept then.
    pub(crate) earlier: tempfile::TempDir,
}

/// A copy of one, to be damaged.
pub(crate) struct Desk {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) place: Arc<Memory>,
}

impl Desk {
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn verify(&self) -> Verification {
        verify_folder(self.folder(), &KEY, self.place.clone(), |_, _| ()).unwrap()
    }

    /// The keys of the periods, by number, as somebody reads them who has the journal's key and the place's secret.
    pub(crate) fn keys(&self) -> BTreeMap<u64, [u8; 32]> {
        opened(
            &KEY,
            self.place.0.lock().unwrap().as_ref().unwrap(),
            &std::fs::read(self.folder().join("keys")).unwrap(),
        )
        .unwrap()
    }

    /// A connection to a file of the journal, by somebody who has its key.
    pub(crate) fn connect(&self, file: &File) -> Connection {
        let key = match file {
            File::Catalogue => KEY,
            File::Period(number) => self.keys()[number],
        };
        connect(&self.folder().join(file.name()), &key)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    Catalogue,
    Period(u64),
}

impl File {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Catalogue => "catalogue.db".to_owned(),
            Self::Period(number) => format!("period-{number:06}.db"),
        }
    }
}

pub(crate) fn connect(path: &Path, key: &[u8; 32]) -> Connection {
    let connection = Connection::open(path).unwrap();
    let key: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
    connection
        .execute_batch(&format!(
            "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{key}'\"; PRAGMA cipher_page_size = 4096;"
        ))
        .unwrap();
    connection
}

/// The periods' keys, from the octets of the file `keys`.
pub(crate) fn opened(own: &[u8; 32], secret: &[u8], octets: &[u8]) -> Option<BTreeMap<u64, [u8; 32]>> {
    let kek = secret.get(17..49)?;
    let salt = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, own);
    let mut context = ring::hmac::Context::with_key(&salt);
    context.update(b"pli journal keys 1");
    context.update(kek);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, context.sign().as_ref()).ok()?);
    let (magic, rest) = octets.split_first_chunk::<5>()?;
    let (nonce, sealed) = rest.split_first_chunk::<12>()?;
    let mut sealed = sealed.to_vec();
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(magic), &mut sealed)
        .ok()?;
    let part = |part: &[u8]| {
        Some((
            u64::from_le_bytes(part.get(..8)?.try_into().ok()?),
            part.get(8..)?.try_into().ok()?,
        ))
    };
    plain.chunks(40).map(part).collect()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Numbers that look random and are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

pub(crate) fn by(after: i64) -> Entry {
    let mut by = entry_at(0, after);
    by.action = Action::JournalPrune;
    by
}

/// Several months of traces with seals, openings, intentions, clocks set back and, for some, prunings. All of it is sealed.
pub(crate) fn generate(seed: u64) -> Kept {
    let mut dice = Dice(seed);
    let (dir, earlier) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = Arc::new(Memory::default());
    let open = || Journal::open(dir.path(), &KEY, place.clone()).unwrap();
    let mut journal = open();
    let months = 2 + dice.roll(3);
    let mut number = 0;
    let mut time = 0;
    for month in 0..months {
        time = i64::try_from(month).unwrap() * 31 * DAY;
        for _ in 0..1 + dice.roll(5) {
            let mut batch = Vec::new();
            for _ in 0..1 + dice.roll(4) {
                number += 1;
                time += i64::try_from(1 + dice.roll(50_000_000)).unwrap();
                let exchange = 1000 + u64::from(number);
                let own = BEGAN + time;
                batch.extend(match dice.roll(6) {
                    0 => vec![Entry {
                        at: at(own),
                        ..intention(number, exchange)
                    }],
                    1 => vec![
                        Entry {
                            at: at(own),
                            ..intention(number, exchange)
                        },
                        Entry {
                            at: at(own),
                            ..answer(number, exchange)
                        },
                    ],
                    2 => vec![Entry {
                        at: at(own - 40_000_000),
                        ..entry(number)
                    }],
                    _ => vec![Entry {
                        at: at(own),
                        ..entry(number)
                    }],
                });
            }
            journal.append_batch(&batch).unwrap();
            if dice.roll(2) == 0 {
                journal.seal(at(BEGAN + time)).unwrap();
            }
        }
        if month == 0 {
            journal.seal(at(BEGAN + time)).unwrap();
            drop(journal);
            copy(dir.path(), earlier.path());
            journal = open();
            journal.append(&entry_at(7777, time + 1000)).unwrap();
        }
        if !seed.is_multiple_of(3) && month == 1 {
            let at_end = if seed % 3 == 1 {
                AtEnd::Destroy
            } else {
                AtEnd::Anonymise
            };
            let cut = BEGAN + i64::try_from(dice.roll(u64::try_from(time).unwrap())).unwrap();
            journal.prune(at(cut), at_end, by(time + 2000)).unwrap();
        }
    }
    journal.append(&entry_at(8888, time + 3000)).unwrap();
    journal.seal(at(BEGAN + time + 4000)).unwrap().unwrap();
    let found = journal.verify(|_, _| ()).unwrap();
    assert_eq!((found.problem, found.unsealed), (None, 0), "seed {seed}");
    drop(journal);
    let secret = place.0.lock().unwrap().clone().unwrap();
    Kept { dir, secret, earlier }
}

/// How many different journals there are.
pub(crate) const KINDS: u64 = 9;

static JOURNALS: [std::sync::OnceLock<Kept>; KINDS as usize] = [const { std::sync::OnceLock::new() }; KINDS as usize];

/// One of the journals, untouched.
pub(crate) fn kept(kind: u64) -> &'static Kept {
    let kind = kind % KINDS;
    JOURNALS[usize::try_from(kind).unwrap()].get_or_init(|| generate(kind))
}

/// A copy of one of the journals, which verifies.
pub(crate) fn desk(kind: u64) -> Desk {
    let kept = kept(kind);
    let dir = tempfile::tempdir().unwrap();
    copy(kept.dir.path(), dir.path());
    let desk = Desk {
        dir,
        place: Arc::new(Memory(Mutex::new(Some(kept.secret.clone())))),
    };
    assert_eq!(desk.verify().problem, None);
    desk
}

/// The files of a journal that hold something.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| std::fs::metadata(path).unwrap().len() > 0)
        .collect();
    files.sort();
    files
}

/// A period and its traces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    pub(crate) number: u64,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// The periods, oldest first.
pub(crate) fn listed(desk: &Desk) -> Vec<Listed> {
    let catalogue = desk.connect(&File::Catalogue);
    let mut statement = catalogue
        .prepare("SELECT number, before_sequence, last_sequence FROM period ORDER BY before_sequence, number")
        .unwrap();
    let rows = statement.query_map([], |row| {
        let number = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
        Ok(Listed {
            number: number(0)?,
            first: number(1)? + 1,
            last: number(2)?,
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}
