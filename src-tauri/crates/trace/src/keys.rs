//! The periods' keys, and the secret that seals them.
//!
//! Each period is encrypted under a random key of its own. All these keys are in the file `keys`, sealed (AES-256-GCM) under
//! a key made of two: the one in the [`KeyPlace`], so that what is destroyed stays so in a copy of the folder, and the
//! journal's own, so that the place alone opens nothing before the mail is unlocked. A period is destroyed by sealing the
//! others under a new key of the place.
//!
//! The file: `PLIK`, u8 version 1, 12 octets nonce, then sealed: for each period u64 number and 32 octets. Little endian.
//! The secret: u8 version 1, 16 octets journal id, 32 octets key, 32 octets Ed25519 seed, u64 last sealed sequence, 32
//! octets its hash.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::JournalError;
use crate::journal::Head;
use crate::place::{KeyPlace, KeyPlaceError};
use crate::prune::fault;

const MAGIC: &[u8; 5] = b"PLIK\x01";
const SECRET: usize = 1 + 16 + 32 + 32 + 8 + 32;
const VERSION: u8 = 1;
/// More periods than these are no file of this program's: 20 years are 240.
const PERIODS: usize = 4096;

type Key = Zeroizing<[u8; 32]>;

/// What the place keeps.
#[derive(Clone)]
pub(crate) struct Secret {
    journal: [u8; 16],
    kek: Key,
    seed: Key,
    sealed: Head,
}

impl Secret {
    fn new() -> Result<Self, JournalError> {
        Ok(Self {
            journal: random()?,
            kek: Zeroizing::new(random()?),
            seed: Zeroizing::new(random()?),
            sealed: Head::default(),
        })
    }

    fn octets(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(SECRET));
        out.push(VERSION);
        out.extend_from_slice(&self.journal);
        out.extend_from_slice(self.kek.as_slice());
        out.extend_from_slice(self.seed.as_slice());
        out.extend_from_slice(&self.sealed.sequence.to_le_bytes());
        out.extend_from_slice(&self.sealed.hash);
        out
    }

    fn read(octets: &[u8]) -> Option<Self> {
        let (version, rest) = octets.split_first()?;
        let (journal, rest) = rest.split_first_chunk::<16>()?;
        let (kek, rest) = rest.split_first_chunk::<32>()?;
        let (seed, rest) = rest.split_first_chunk::<32>()?;
        let (sequence, hash) = rest.split_first_chunk::<8>()?;
        (*version == VERSION).then_some(Self {
            journal: *journal,
            kek: Zeroizing::new(*kek),
            seed: Zeroizing::new(*seed),
            sealed: Head {
                sequence: u64::from_le_bytes(*sequence),
                hash: hash.try_into().ok()?,
            },
        })
    }
}

/// The keys of a journal, open.
pub(crate) struct Keys {
    dir: PathBuf,
    place: Arc<dyn KeyPlace>,
    own: Key,
    secret: Secret,
    periods: BTreeMap<u64, Key>,
}

impl Keys {
    /// The file's name in the journal's folder.
    pub(crate) const NAME: &'static str = "keys";

    /// The secret of a copy of this journal: the same journal, sealed as far, under keys that are all new.
    pub(crate) fn successor(&self) -> Result<Secret, JournalError> {
        Ok(Secret {
            journal: self.secret.journal,
            sealed: self.secret.sealed,
            ..Secret::new()?
        })
    }

    /// The keys of a copy, kept in their place and in the folder.
    pub(crate) fn make(
        dir: &Path,
        own: &[u8; 32],
        place: Arc<dyn KeyPlace>,
        secret: Secret,
        periods: BTreeMap<u64, Key>,
    ) -> Result<Self, JournalError> {
        place.keep(&secret.octets()).map_err(|source| JournalError::Keys {
            doing: "copying the journal",
            source,
        })?;
        let keys = Self {
            dir: dir.to_owned(),
            place,
            own: Zeroizing::new(*own),
            secret,
            periods,
        };
        keys.write_aside(&keys.secret.kek, &keys.periods)?;
        keys.put_in_place()?;
        Ok(keys)
    }

    /// Opens the keys of the journal in this folder, or makes them where the folder holds nothing (`exists` says whether it
    /// does). An older database being taken over gives its `id`.
    pub(crate) fn open(
        dir: &Path,
        own: &[u8; 32],
        place: Arc<dyn KeyPlace>,
        exists: bool,
        id: Option<[u8; 16]>,
    ) -> Result<Self, JournalError> {
        let doing = "opening the journal";
        let kept = place.load().map_err(|source| JournalError::Keys { doing, source })?;
        let broken = |what: &str| JournalError::Keys {
            doing,
            source: KeyPlaceError {
                what: what.to_owned(),
                transient: false,
            },
        };
        let secret = match kept {
            Some(octets) => {
                Secret::read(&octets).ok_or_else(|| broken("what is kept there is not the journal's secret"))?
            }
            None if exists => return Err(broken("nothing is kept there, though the journal exists")),
            None => {
                let mut secret = Secret::new()?;
                secret.journal = id.unwrap_or(secret.journal);
                let octets = secret.octets();
                place
                    .keep(&octets)
                    .map_err(|source| JournalError::Keys { doing, source })?;
                secret
            }
        };
        let mut keys = Self {
            dir: dir.to_owned(),
            place,
            own: Zeroizing::new(*own),
            secret,
            periods: BTreeMap::new(),
        };
        keys.load()?;
        Ok(keys)
    }

    /// Reads the file. After a cut in the middle of a change, the one of the two that the place's key opens is the one.
    fn load(&mut self) -> Result<(), JournalError> {
        let (file, aside) = (self.file(), self.aside());
        if let Some(periods) = self.unsealed(&file)? {
            self.periods = periods;
            remove(&aside)?;
        } else if let Some(periods) = self.unsealed(&aside)? {
            self.periods = periods;
            self.put_in_place()?;
        }
        Ok(())
    }

    /// The journal's id, as the place knows it.
    pub(crate) fn journal(&self) -> [u8; 16] {
        self.secret.journal
    }

    /// Whether the place is apart from the disk.
    pub(crate) fn outside(&self) -> bool {
        self.place.outside()
    }

    /// The seed of the key that seals (Ed25519).
    pub(crate) fn seed(&self) -> &[u8; 32] {
        &self.secret.seed
    }

    /// The last trace that was sealed, as the place remembers it; 0 when none was.
    pub(crate) fn sealed(&self) -> Head {
        self.secret.sealed
    }

    /// Remembers in the place the last trace that was sealed. It never goes back.
    pub(crate) fn keep_sealed(&mut self, sealed: Head) -> Result<(), JournalError> {
        if sealed.sequence < self.secret.sealed.sequence {
            return Ok(());
        }
        let mut secret = self.secret.clone();
        secret.sealed = sealed;
        self.keep("sealing the journal", secret)
    }

    /// The numbers of the periods that have a key.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.periods.keys().copied()
    }

    /// A period's key; none when it was destroyed.
    pub(crate) fn get(&self, number: u64) -> Option<Key> {
        self.periods.get(&number).cloned()
    }

    /// Makes the key of a new period; it is on the disk when this returns.
    pub(crate) fn add(&mut self, number: u64) -> Result<Key, JournalError> {
        let key = Zeroizing::new(random()?);
        let mut periods = self.periods.clone();
        periods.insert(number, key.clone());
        self.write_aside(&self.secret.kek, &periods)?;
        self.put_in_place()?;
        self.periods = periods;
        Ok(key)
    }

    /// Destroys the keys of these periods: afterwards no secret that exists opens them, nor any copy of their files.
    pub(crate) fn destroy(&mut self, numbers: &[u64]) -> Result<(), JournalError> {
        let mut secret = self.secret.clone();
        secret.kek = Zeroizing::new(random()?);
        let mut periods = self.periods.clone();
        periods.retain(|number, _| !numbers.contains(number));
        // Each cut leaves a pair that opens: the old file and the old key, then the new file aside and the new key.
        self.write_aside(&secret.kek, &periods)?;
        fault("before the new secret")?;
        self.keep("destroying a period's key", secret)?;
        fault("after the new secret")?;
        self.periods = periods;
        self.put_in_place()
    }

    fn keep(&mut self, doing: &'static str, secret: Secret) -> Result<(), JournalError> {
        self.place
            .keep(&secret.octets())
            .map_err(|source| JournalError::Keys { doing, source })?;
        self.secret = secret;
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.dir.join(Self::NAME)
    }

    fn aside(&self) -> PathBuf {
        self.dir.join("keys.new")
    }

    fn sealing(&self, kek: &[u8; 32]) -> Result<LessSafeKey, JournalError> {
        let salt = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.own.as_slice());
        let mut context = ring::hmac::Context::with_key(&salt);
        context.update(b"pli journal keys 1");
        context.update(kek);
        let key = UnboundKey::new(&AES_256_GCM, context.sign().as_ref()).map_err(|_| JournalError::Random)?;
        Ok(LessSafeKey::new(key))
    }

    fn write_aside(&self, kek: &[u8; 32], periods: &BTreeMap<u64, Key>) -> Result<(), JournalError> {
        let path = self.aside();
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = Vec::with_capacity(periods.len() * 40 + 16);
        for (number, key) in periods {
            sealed.extend_from_slice(&number.to_le_bytes());
            sealed.extend_from_slice(key.as_slice());
        }
        self.sealing(kek)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(MAGIC), &mut sealed)
            .map_err(|_| JournalError::Random)?;
        let write = || {
            let mut file = File::create(&path)?;
            file.write_all(MAGIC)?;
            file.write_all(&nonce)?;
            file.write_all(&sealed)?;
            file.sync_all()
        };
        write().map_err(|source| JournalError::File {
            doing: "writing the periods' keys",
            path: path.clone(),
            source,
        })
    }

    fn put_in_place(&self) -> Result<(), JournalError> {
        let failed = |source| JournalError::File {
            doing: "writing the periods' keys",
            path: self.file(),
            source,
        };
        std::fs::rename(self.aside(), self.file()).map_err(failed)?;
        sync_folder(&self.dir).map_err(failed)
    }

    fn unsealed(&self, path: &Path) -> Result<Option<BTreeMap<u64, Key>>, JournalError> {
        let octets = match std::fs::read(path) {
            Ok(octets) => octets,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(JournalError::File {
                    doing: "reading the periods' keys",
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let key = self.sealing(&self.secret.kek)?;
        Ok(opened(&key, &octets))
    }
}

fn opened(key: &LessSafeKey, octets: &[u8]) -> Option<BTreeMap<u64, Key>> {
    let rest = octets.strip_prefix(MAGIC.as_slice())?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
    if sealed.len() > PERIODS * 40 + 16 {
        return None;
    }
    let mut sealed = Zeroizing::new(sealed.to_vec());
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(MAGIC), &mut sealed)
        .ok()?;
    let mut periods = BTreeMap::new();
    for part in plain.chunks(40) {
        let (number, key) = part.split_first_chunk::<8>()?;
        periods.insert(u64::from_le_bytes(*number), Zeroizing::new(key.try_into().ok()?));
    }
    Some(periods)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], JournalError> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|_| JournalError::Random)?;
    Ok(octets)
}

/// Makes a renaming or a removal in this folder durable.
pub(crate) fn sync_folder(dir: &Path) -> std::io::Result<()> {
    // Elsewhere a folder cannot be opened as a file, and its changes are journalled with those of its files.
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        Ok(())
    }
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), JournalError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(JournalError::File {
            doing: "removing a file of the journal",
            path: path.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
