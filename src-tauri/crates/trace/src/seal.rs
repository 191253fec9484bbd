//! Seals: what this workstation signs of its chain at intervals, so that whoever rewrites the journal without the seed
//! cannot make it fit. The seed is behind [`crate::KeyPlace`], out of the journal's folder.
//!
//! Everything signed with it begins with a tag of its own, so that a signature of one kind is never one of another.

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rusqlite::OptionalExtension;

use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::{Head, Journal, lock};
use crate::seal_book::{Book, PUBLIC_KEY, put_seal, set_setting, setting};
use crate::verify::{hex, salt, salt_setting};

const SEAL: &[u8] = b"pli-trace seal 1\0";
const MANIFEST: &[u8] = b"pli-trace manifest 1\0";

/// One seal: the journal's chain ended there, then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// The last trace sealed.
    pub sequence: Sequence,
    /// Its hash, and so that of everything before it.
    pub hash: [u8; 32],
    /// When, by this workstation's clock; milliseconds.
    pub at: Timestamp,
    /// The digest of the seal before; zeros for the first.
    pub previous: [u8; 32],
    /// Ed25519 (RFC 8032) over the tag, the journal's id and all of the above.
    pub signature: [u8; 64],
}

impl Seal {
    /// The seal of this place, signed.
    pub(crate) fn sign(
        pair: &Ed25519KeyPair,
        journal: &[u8; 16],
        sequence: Sequence,
        hash: [u8; 32],
        at: Timestamp,
        previous: [u8; 32],
    ) -> Self {
        let mut seal = Self {
            sequence,
            hash,
            at,
            previous,
            signature: [0; 64],
        };
        seal.signature = sign(pair, &seal.octets(journal));
        seal
    }

    /// Whether this key signed it for this journal.
    pub(crate) fn is_signed(&self, public: &[u8; 32], journal: &[u8; 16]) -> bool {
        verifies(public, &self.octets(journal), &self.signature)
    }

    /// What the next seal names it by.
    pub(crate) fn digest(&self, journal: &[u8; 16]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(&self.octets(journal));
        context.update(&self.signature);
        finish(context)
    }

    /// What is signed, and kept.
    pub(crate) fn octets(&self, journal: &[u8; 16]) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(SEAL);
        out.extend_from_slice(journal);
        out.extend_from_slice(&self.sequence.0.to_le_bytes());
        out.extend_from_slice(&self.hash);
        out.extend_from_slice(&self.at.as_millisecond().to_le_bytes());
        out.extend_from_slice(&self.previous);
        out
    }

    /// What was kept, read back; `None` for what is no seal of this journal, signed or not.
    pub(crate) fn read(journal: &[u8; 16], octets: &[u8], signature: &[u8]) -> Option<Self> {
        let rest = octets.strip_prefix(SEAL)?.strip_prefix(journal.as_slice())?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (at, previous) = rest.split_first_chunk::<8>()?;
        Some(Self {
            sequence: Sequence(u64::from_le_bytes(*sequence)),
            hash: *hash,
            at: Timestamp::from_millisecond(i64::from_le_bytes(*at)).ok()?,
            previous: previous.try_into().ok()?,
            signature: signature.try_into().ok()?,
        })
    }
}

/// A public key as people compare it: eight groups of four hexadecimal digits, the beginning of its SHA-256.
#[must_use]
pub fn fingerprint(public: &[u8; 32]) -> String {
    let digest = ring::digest::digest(&SHA256, public);
    let groups: Vec<String> = digest.as_ref()[..16].chunks(2).map(hex).collect();
    groups.join(" ")
}

/// Whether the journal of this public key signed these octets with [`Journal::sign`]: what checks a manifest on
/// another machine.
#[must_use]
pub fn signed_by(public: &[u8; 32], octets: &[u8], signature: &[u8; 64]) -> bool {
    verifies(public, &manifest(octets), signature)
}

/// What is signed of a manifest's octets.
pub(crate) fn manifest(octets: &[u8]) -> Vec<u8> {
    [MANIFEST, octets].concat()
}

/// The pair of this seed.
pub(crate) fn pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, JournalError> {
    // ring refuses no seed of 32 octets.
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| JournalError::Random)
}

pub(crate) fn public_of(pair: &Ed25519KeyPair) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(pair.public_key().as_ref());
    key
}

pub(crate) fn sign(pair: &Ed25519KeyPair, octets: &[u8]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature.copy_from_slice(pair.sign(octets).as_ref());
    signature
}

pub(crate) fn verifies(public: &[u8; 32], octets: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(octets, signature)
        .is_ok()
}

pub(crate) fn finish(context: Context) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

impl Journal {
    /// Seals the journal where it ends; none when nothing was written since the last seal, and none when what was sealed last
    /// is not there any more: verification says so, and no new seal may cover it. `now` is the workstation's clock.
    ///
    /// # Errors
    /// When the catalogue cannot be written, or the place of the secret refuses to remember where the journal was sealed.
    pub fn seal(&self, now: Timestamp) -> Result<Option<Seal>, JournalError> {
        let doing = "sealing the journal";
        let mut keys = lock(&self.keys);
        let head = self.head()?;
        let remembered = keys.sealed();
        let start = self.periods().first().map_or(self.start, |period| period.before);
        if remembered.sequence > head.sequence || !self.passes_by(remembered, start, head)? {
            return Ok(None);
        }
        let pair = pair(keys.seed())?;
        let salts = self.unknown_salts()?;
        let seal = self.catalogue.write(doing, |tx| {
            for (number, salt) in &salts {
                set_setting(tx, &salt_setting(*number), &hex(salt))?;
            }
            let book = Book::read(tx, &self.id)?;
            if setting(tx, PUBLIC_KEY)?.is_none() && book.seals.is_empty() && book.anchors.is_empty() {
                set_setting(tx, PUBLIC_KEY, &hex(&public_of(&pair)))?;
            }
            let sealed = book.seals.last().map_or(start.sequence, |seal| seal.sequence.0);
            if head.sequence <= sealed {
                return Ok(book.seals.last().copied().map(|seal| (seal, false)));
            }
            let previous = book.last_seal_digest(&self.id);
            let seal = Seal::sign(&pair, &self.id, Sequence(head.sequence), head.hash, now, previous);
            put_seal(tx, &self.id, &seal)?;
            Ok(Some((seal, true)))
        })?;
        let Some((seal, new)) = seal else { return Ok(None) };
        let end = Head {
            sequence: seal.sequence.0,
            hash: seal.hash,
        };
        // What a cut left unsaid is said too.
        if end.sequence > remembered.sequence {
            keys.keep_sealed(end)?;
        }
        Ok(new.then_some(seal))
    }

    /// Whether the chain still passes by this place, or it was pruned.
    fn passes_by(&self, place: Head, start: Head, head: Head) -> Result<bool, JournalError> {
        if place.sequence <= start.sequence || place == head {
            return Ok(true);
        }
        match self.get(Sequence(place.sequence)) {
            Ok(record) => Ok(record.hash == place.hash),
            Err(JournalError::NotFound { .. } | JournalError::Damaged { .. } | JournalError::Unreadable) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The first octets of the periods' files that the catalogue does not remember yet.
    fn unknown_salts(&self) -> Result<Vec<(u64, [u8; 16])>, JournalError> {
        let periods = self.periods();
        self.catalogue.read("sealing the journal", |tx| {
            let mut found = Vec::new();
            for period in periods.iter() {
                if setting(tx, &salt_setting(period.number))?.is_none() {
                    found.extend(salt(&period.path).map(|salt| (period.number, salt)));
                }
            }
            Ok(found)
        })
    }

    /// The last seal; none before the first.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn last_seal(&self) -> Result<Option<Seal>, JournalError> {
        self.catalogue.read("reading the seals", |tx| {
            let found: Option<(Vec<u8>, Vec<u8>)> = tx
                .prepare_cached("SELECT octets, signature FROM seal ORDER BY sequence DESC LIMIT 1")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            Ok(found.and_then(|(octets, signature)| Seal::read(&self.id, &octets, &signature)))
        })
    }

    /// The key that verifies seals, anchors and manifests (Ed25519).
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        pair(lock(&self.keys).seed()).map_or([0; 32], |pair| public_of(&pair))
    }

    /// [`fingerprint`] of [`Journal::public_key`].
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public_key())
    }

    /// Signs the canonical octets of a manifest; [`signed_by`] checks it.
    ///
    /// # Errors
    /// When the journal's own secret cannot be used.
    pub fn sign(&self, octets: &[u8]) -> Result<[u8; 64], JournalError> {
        Ok(sign(&pair(lock(&self.keys).seed())?, &manifest(octets)))
    }
}
