//! The file of a backup: octets under a passphrase, in numbered frames, with an end that can be told from a cut.
//!
//! The header: `PLISAUVE`, u16 version, u16 octets of the header, what a guess costs (u32 KiB, u32 passes, u32 lanes), 16
//! octets of salt, 12 of nonce, the data key wrapped (48), then SHA-256 of all of it, which tells a damaged header from a
//! wrong passphrase. Little endian. Argon2id (RFC 9106) makes a key of the passphrase; it wraps a random data key, another
//! one for each file.
//!
//! Frames follow: 256 KiB each but for the last, sealed with AES-256-GCM under the data key, with the header's digest. The
//! nonce is the frame's number and whether it is the last one: a frame that is changed, moved, left out, repeated, given by
//! another file, or not followed by the rest does not open.

use std::io::{ErrorKind, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{Context, SHA256};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::key::sweep_stack;
use crate::passphrase::{COSTS, Costs, stretch};
use crate::vault_error::VaultError;

const MAGIC: &[u8; 8] = b"PLISAUVE";
const VERSION: u16 = 1;
/// Plain octets of a frame.
const FRAME: usize = 256 * 1024;
const TAG: usize = 16;
const WRAPPED: usize = 32 + TAG;
const HEADER: usize = 8 + 2 + 2 + 12 + 16 + NONCE_LEN + WRAPPED + 32;
/// Octets of a header, at most: one of a later version may be longer.
const LONGEST_HEADER: u16 = 4096;
const LABEL: &[u8] = b"pli/1/backup";
/// The least characters of a passphrase.
const MINIMUM: usize = 12;

/// Why a backup's file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupFileError {
    /// It does not begin as one.
    #[error("the file is no backup")]
    NotABackup,
    /// Some octet of it is not what was written, or some are missing, or there are more.
    #[error("the backup is damaged")]
    Damaged,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the backup")]
    WrongPassphrase,
    /// A newer version of the program wrote it.
    #[error("the backup's version is {found}, this program knows {known}")]
    Newer {
        /// The version found.
        found: u16,
        /// The newest that this build knows.
        known: u16,
    },
    /// The file system refused.
    #[error("{doing}: {source}")]
    Io {
        /// `reading a backup` or `writing a backup`.
        doing: &'static str,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The passphrase is too short, or the system gave no random bytes.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl BackupFileError {
    /// Whether the disk has no room left.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge))
    }

    fn writing(source: std::io::Error) -> Self {
        Self::Io {
            doing: "writing a backup",
            source,
        }
    }

    fn reading(source: std::io::Error) -> Self {
        match source.kind() {
            ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Io {
                doing: "reading a backup",
                source,
            },
        }
    }
}

/// What opens backups: a key made of a passphrase. Wiped when dropped, never printed.
pub struct BackupKey {
    costs: Costs,
    salt: [u8; 16],
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BackupKey(…)")
    }
}

/// A [`BackupKey`] as the encrypted store keeps it, for backups that are made by themselves. Its text is a secret.
#[derive(Serialize, Deserialize)]
struct Kept {
    costs: Costs,
    salt: String,
    key: String,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl BackupKey {
    /// The key of a new passphrase of 12 characters or more, under a salt of its own. Takes a fraction of a second and 64 MB
    /// by design: so does each guess.
    ///
    /// # Errors
    /// [`VaultError::PassphraseTooShort`], [`VaultError::Random`].
    pub fn of(passphrase: &SecretString) -> Result<Self, VaultError> {
        if passphrase.expose_secret().chars().count() < MINIMUM {
            return Err(VaultError::PassphraseTooShort { minimum: MINIMUM });
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| VaultError::Random)?;
        Self::stretched(COSTS, salt, passphrase)
    }

    fn stretched(costs: Costs, salt: [u8; 16], passphrase: &SecretString) -> Result<Self, VaultError> {
        let key = stretch(&costs, &salt, passphrase);
        sweep_stack();
        Ok(Self { costs, salt, key: key? })
    }

    /// The key as a text, to be kept where only the profile's own key opens it. The text is a secret.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let kept = Kept {
            costs: self.costs,
            salt: STANDARD.encode(self.salt),
            key: STANDARD.encode(self.key.as_slice()),
        };
        Zeroizing::new(serde_json::to_string(&kept).unwrap_or_default())
    }

    /// The key of such a text; none for another one.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let kept: Kept = serde_json::from_str(text).ok()?;
        let octets = Zeroizing::new(STANDARD.decode(kept.key.as_bytes()).ok()?);
        let mut key = Zeroizing::new([0; 32]);
        if octets.len() != key.len() {
            return None;
        }
        key.copy_from_slice(&octets);
        Some(Self {
            costs: kept.costs,
            salt: STANDARD.decode(&kept.salt).ok()?.try_into().ok()?,
            key,
        })
    }
}

/// Writes a backup's octets. Nothing of it is a backup before [`BackupWriter::finish`].
pub struct BackupWriter<W> {
    out: W,
    cipher: LessSafeKey,
    digest: [u8; 32],
    frame: Vec<u8>,
    number: u64,
    written: u64,
}

impl<W: Write> BackupWriter<W> {
    /// Begins a file under this key.
    ///
    /// # Errors
    /// [`BackupFileError::Io`], [`BackupFileError::Vault`] without random octets.
    pub fn begin(mut out: W, key: &BackupKey) -> Result<Self, BackupFileError> {
        let (mut data, mut nonce) = (Zeroizing::new([0; 32]), [0; NONCE_LEN]);
        getrandom::fill(data.as_mut_slice()).map_err(|_| VaultError::Random)?;
        getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&(HEADER as u16).to_le_bytes());
        header.extend_from_slice(&key.costs.octets());
        header.extend_from_slice(&key.salt);
        header.extend_from_slice(&nonce);
        let mut wrapped = Zeroizing::new(data.to_vec());
        cipher(&key.key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), &mut *wrapped)
            .map_err(|_| BackupFileError::Damaged)?;
        header.extend_from_slice(&wrapped);
        let digest = sha256(&header);
        header.extend_from_slice(&digest);
        out.write_all(&header).map_err(BackupFileError::writing)?;
        Ok(Self {
            out,
            cipher: cipher(&data)?,
            digest,
            frame: Vec::with_capacity(FRAME + TAG),
            number: 0,
            written: header.len() as u64,
        })
    }

    /// Adds octets.
    ///
    /// # Errors
    /// [`BackupFileError::Io`]: what was written is to be thrown away.
    pub fn put(&mut self, mut octets: &[u8]) -> Result<(), BackupFileError> {
        while !octets.is_empty() {
            if self.frame.len() == FRAME {
                self.seal(false)?;
            }
            let room = FRAME - self.frame.len();
            let (now, rest) = octets.split_at(octets.len().min(room));
            self.frame.extend_from_slice(now);
            octets = rest;
        }
        Ok(())
    }

    /// Octets written to the file so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Ends the file, and gives it back for its syncing.
    ///
    /// # Errors
    /// As [`BackupWriter::put`].
    pub fn finish(mut self) -> Result<W, BackupFileError> {
        self.seal(true)?;
        self.out.flush().map_err(BackupFileError::writing)?;
        Ok(self.out)
    }

    fn seal(&mut self, last: bool) -> Result<(), BackupFileError> {
        self.cipher
            .seal_in_place_append_tag(nonce(self.number, last), Aad::from(self.digest), &mut self.frame)
            .map_err(|_| BackupFileError::Damaged)?;
        self.out.write_all(&self.frame).map_err(BackupFileError::writing)?;
        self.written += self.frame.len() as u64;
        self.number += 1;
        self.frame.clear();
        Ok(())
    }
}

/// Reads a backup's octets: each one was authenticated before it is given.
pub struct BackupReader<R> {
    input: R,
    cipher: LessSafeKey,
    digest: [u8; 32],
    /// The frame at hand, plain, and how much of it was given.
    frame: Vec<u8>,
    given: usize,
    /// The octets after it, as they are in the file.
    ahead: Vec<u8>,
    number: u64,
    ended: bool,
    taken: u64,
}

impl<R: Read> BackupReader<R> {
    /// Opens a backup by its passphrase. Takes a fraction of a second, by design.
    ///
    /// # Errors
    /// [`BackupFileError`], all of them.
    pub fn open(input: R, passphrase: &SecretString) -> Result<Self, BackupFileError> {
        Self::opened(input, |costs, salt| {
            BackupKey::stretched(costs, salt, passphrase).map_err(|error| match error {
                // A file that asks for more than is reasonable is not ours.
                VaultError::Damaged { .. } => BackupFileError::Damaged,
                other => BackupFileError::Vault(other),
            })
        })
    }

    /// Opens a backup that was written under this very key.
    ///
    /// # Errors
    /// As [`BackupReader::open`].
    pub fn open_with(input: R, key: &BackupKey) -> Result<Self, BackupFileError> {
        Self::opened(input, |costs, salt| {
            Ok(BackupKey {
                costs,
                salt,
                key: key.key.clone(),
            })
        })
    }

    fn opened(
        mut input: R,
        key: impl FnOnce(Costs, [u8; 16]) -> Result<BackupKey, BackupFileError>,
    ) -> Result<Self, BackupFileError> {
        let header = header(&mut input)?;
        let part = |from: usize, length: usize| header.get(from..from + length).unwrap_or_default();
        let costs = Costs::from_octets(part(12, 12)).ok_or(BackupFileError::Damaged)?;
        let salt = part(24, 16).try_into().map_err(|_| BackupFileError::Damaged)?;
        let own: [u8; NONCE_LEN] = part(40, NONCE_LEN).try_into().map_err(|_| BackupFileError::Damaged)?;
        let mut wrapped = Zeroizing::new(part(52, WRAPPED).to_vec());
        let key = key(costs, salt)?;
        // The header is what was written: what does not open is the passphrase's fault.
        let data = cipher(&key.key)?
            .open_in_place(Nonce::assume_unique_for_key(own), Aad::from(LABEL), &mut wrapped)
            .map_err(|_| BackupFileError::WrongPassphrase)?;
        let data: Zeroizing<[u8; 32]> = Zeroizing::new((&*data).try_into().map_err(|_| BackupFileError::Damaged)?);
        let digest = part(100, 32).try_into().map_err(|_| BackupFileError::Damaged)?;
        let mut reader = Self {
            input,
            cipher: cipher(&data)?,
            digest,
            frame: Vec::with_capacity(FRAME + TAG),
            given: 0,
            ahead: Vec::with_capacity(FRAME + TAG),
            number: 0,
            ended: false,
            taken: header.len() as u64,
        };
        reader.look_ahead()?;
        reader.next()?;
        Ok(reader)
    }

    /// Fills these octets.
    ///
    /// # Errors
    /// [`BackupFileError::Damaged`] when there are fewer, or any of them is not what was written; [`BackupFileError::Io`].
    pub fn fill(&mut self, mut octets: &mut [u8]) -> Result<(), BackupFileError> {
        while !octets.is_empty() {
            if self.given == self.frame.len() {
                self.next()?;
            }
            let here = self.frame.get(self.given..).unwrap_or_default();
            let count = here.len().min(octets.len());
            let (now, rest) = octets.split_at_mut(count);
            now.copy_from_slice(&here[..count]);
            self.given += count;
            octets = rest;
        }
        Ok(())
    }

    /// Whether all was given. Only then is the backup known to be whole.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.ended && self.given == self.frame.len()
    }

    /// Octets taken from the file so far.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    fn next(&mut self) -> Result<(), BackupFileError> {
        if self.ended {
            return Err(BackupFileError::Damaged);
        }
        std::mem::swap(&mut self.frame, &mut self.ahead);
        self.look_ahead()?;
        let last = self.ahead.is_empty();
        let plain = self
            .cipher
            .open_in_place(nonce(self.number, last), Aad::from(self.digest), &mut self.frame)
            .map_err(|_| BackupFileError::Damaged)?
            .len();
        // Only the last one may be shorter.
        if !last && plain != FRAME {
            return Err(BackupFileError::Damaged);
        }
        self.frame.truncate(plain);
        self.given = 0;
        self.number += 1;
        self.ended = last;
        Ok(())
    }

    fn look_ahead(&mut self) -> Result<(), BackupFileError> {
        self.ahead.clear();
        let limit = (FRAME + TAG) as u64;
        let count = (&mut self.input)
            .take(limit)
            .read_to_end(&mut self.ahead)
            .map_err(BackupFileError::reading)?;
        self.taken += count as u64;
        Ok(())
    }
}

/// The header, whole and of a version that is known.
fn header(input: &mut impl Read) -> Result<Vec<u8>, BackupFileError> {
    let mut header = Vec::with_capacity(HEADER);
    let mut take = |header: &mut Vec<u8>, count: usize| {
        input
            .take(count as u64)
            .read_to_end(header)
            .map_err(BackupFileError::reading)
    };
    take(&mut header, 12)?;
    if !header.starts_with(MAGIC) {
        return Err(BackupFileError::NotABackup);
    }
    let word = |header: &[u8], from: usize| {
        let octets = header.get(from..from + 2)?;
        Some(u16::from_le_bytes(octets.try_into().ok()?))
    };
    let version = word(&header, 8).ok_or(BackupFileError::Damaged)?;
    let length = word(&header, 10).ok_or(BackupFileError::Damaged)?;
    if !(44..=LONGEST_HEADER).contains(&length) {
        return Err(BackupFileError::Damaged);
    }
    take(&mut header, usize::from(length) - 12)?;
    let (content, digest) = header.split_at_checked(usize::from(length) - 32).unwrap_or_default();
    if digest != sha256(content) {
        return Err(BackupFileError::Damaged);
    }
    if version > VERSION {
        return Err(BackupFileError::Newer {
            found: version,
            known: VERSION,
        });
    }
    if version != VERSION || header.len() != HEADER {
        return Err(BackupFileError::Damaged);
    }
    Ok(header)
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, BackupFileError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| BackupFileError::Damaged)?;
    Ok(LessSafeKey::new(key))
}

fn nonce(number: u64, last: bool) -> Nonce {
    let mut octets = [0; NONCE_LEN];
    octets[..8].copy_from_slice(&number.to_le_bytes());
    octets[NONCE_LEN - 1] = u8::from(last);
    Nonce::assume_unique_for_key(octets)
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(octets);
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
#[path = "backup_file_tests.rs"]
mod tests;
