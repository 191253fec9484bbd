//! What is inside a backup, one item after another: what it says of itself, files, records, an end.
//!
//! An item is a tag and its own part, little endian: 1 manifest (u64 octets, JSON); 2 file (u16 octets of its name, the name,
//! u64 octets, the octets); 3 record (i64 number, u64 octets, the octets); 4 a record that could not be read (i64 number); 5
//! the end (u64 items before it).

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use pli_store::{BackupFileError, BackupKey, BackupReader, BackupWriter};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::BackupChecked;
use crate::error::{BackupProblem, EngineError};
use crate::profile::Profile;

/// The newest manifest that is known.
const VERSION: u32 = 1;
/// Octets read or written at once.
const STEP: usize = 256 * 1024;
/// Octets of a manifest, at most.
const LARGEST_MANIFEST: u64 = 4 * 1024 * 1024;
/// Octets of a record, at most: no operator takes a message of this size.
const LARGEST_RECORD: u64 = 1024 * 1024 * 1024;

/// The name of the store's database inside.
pub(super) const DATABASE: &str = "store.db";
/// What the names of the journal's files begin with inside.
pub(super) const JOURNAL: &str = "journal/";

/// What a backup says of itself, and what opens what is inside. A secret, as a whole.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) version: u32,
    /// The version of Pli that made it.
    pub(super) program: String,
    /// When, in milliseconds since 1970 (UTC).
    pub(super) at: i64,
    pub(super) whole: bool,
    pub(super) bals: Vec<String>,
    pub(super) messages: u64,
    pub(super) traces: u64,
    pub(super) drafts: u64,
    pub(super) outgoing: u64,
    /// The key of the database, in hexadecimal.
    pub(super) store_key: String,
    /// What opens the journal, in whole backups.
    pub(super) journal: Option<JournalKeys>,
    /// The profile's description, in whole backups: no secret is in it.
    pub(super) profile: Option<Profile>,
}

/// What opens a copy of the journal, in hexadecimal.
#[derive(Serialize, Deserialize)]
pub(super) struct JournalKeys {
    pub(super) key: String,
    pub(super) secret: String,
}

impl Drop for Manifest {
    fn drop(&mut self) {
        self.store_key.zeroize();
        if let Some(journal) = &mut self.journal {
            journal.key.zeroize();
            journal.secret.zeroize();
        }
    }
}

/// Octets as the manifest has them.
pub(super) fn hex(octets: &[u8]) -> String {
    let digits = octets.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    let mut text = String::with_capacity(octets.len() * 2);
    text.extend(digits.map(|digit| char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })));
    text
}

pub(super) fn unhex(text: &str) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return Err(damaged());
    }
    for place in (0..text.len()).step_by(2) {
        let digits = text.get(place..place + 2).unwrap_or_default();
        octets.push(u8::from_str_radix(digits, 16).map_err(|_| damaged())?);
    }
    Ok(octets)
}

pub(super) fn key_of(text: &str) -> Result<Zeroizing<[u8; 32]>, EngineError> {
    let octets = unhex(text)?;
    let mut key = Zeroizing::new([0; 32]);
    if octets.len() != key.len() {
        return Err(damaged());
    }
    key.copy_from_slice(&octets);
    Ok(key)
}

pub(super) fn damaged() -> EngineError {
    EngineError::Backup(BackupProblem::Damaged)
}

impl From<BackupFileError> for EngineError {
    fn from(error: BackupFileError) -> Self {
        match error {
            BackupFileError::NotABackup => Self::Backup(BackupProblem::NotABackup),
            BackupFileError::Damaged => damaged(),
            BackupFileError::WrongPassphrase => Self::Backup(BackupProblem::WrongPassphrase),
            BackupFileError::Newer { .. } => Self::Backup(BackupProblem::Newer),
            BackupFileError::Io { doing, source } => Self::File { doing, source },
            BackupFileError::Vault(error) => Self::Vault(error),
        }
    }
}

/// Writes the items.
pub(super) struct Items<W> {
    out: BackupWriter<W>,
    count: u64,
}

impl<W: Write> Items<W> {
    pub(super) fn begin(out: W, key: &BackupKey, manifest: &Manifest) -> Result<Self, EngineError> {
        let text = serde_json::to_vec(manifest).map(Zeroizing::new);
        let text = text.map_err(|_| EngineError::Broken("describing a backup"))?;
        let mut items = Self {
            out: BackupWriter::begin(out, key)?,
            count: 1,
        };
        items.out.put(&[1])?;
        items.out.put(&(text.len() as u64).to_le_bytes())?;
        items.out.put(&text)?;
        Ok(items)
    }

    /// A file of the disk, under a name of the backup's own.
    pub(super) fn file(&mut self, name: &str, path: &Path, told: &mut dyn FnMut(u64)) -> Result<(), EngineError> {
        let failed = |source| EngineError::File {
            doing: "reading what is to be saved",
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let name_length = u16::try_from(name.len()).map_err(|_| EngineError::Broken("naming what is to be saved"))?;
        self.out.put(&[2])?;
        self.out.put(&name_length.to_le_bytes())?;
        self.out.put(name.as_bytes())?;
        self.out.put(&length.to_le_bytes())?;
        let mut step = vec![0; STEP];
        let mut left = length;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(STEP).min(STEP);
            let part = step.get_mut(..most).unwrap_or_default();
            file.read_exact(part).map_err(failed)?;
            self.out.put(part)?;
            left -= most as u64;
            told(most as u64);
        }
        self.count += 1;
        Ok(())
    }

    /// A record; none: it could not be read.
    pub(super) fn record(&mut self, number: i64, octets: Option<&[u8]>) -> Result<(), EngineError> {
        self.out.put(&[if octets.is_some() { 3 } else { 4 }])?;
        self.out.put(&number.to_le_bytes())?;
        if let Some(octets) = octets {
            self.out.put(&(octets.len() as u64).to_le_bytes())?;
            self.out.put(octets)?;
        }
        self.count += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W, EngineError> {
        self.out.put(&[5])?;
        self.out.put(&self.count.to_le_bytes())?;
        Ok(self.out.finish()?)
    }
}

/// What a backup is opened with.
pub(super) enum Opener<'a> {
    Passphrase(&'a SecretString),
    Key(&'a BackupKey),
}

/// Whoever takes what a backup holds, in its order.
pub(super) trait Taker {
    /// Where a file of this name goes; none: nobody wants it.
    fn file(&mut self, name: &str) -> Result<Option<File>, EngineError>;
    /// A record; none: it could not be read when the backup was made.
    fn record(&mut self, number: i64, octets: Option<&[u8]>) -> Result<(), EngineError>;
}

/// A backup being read: its manifest is known, the rest follows.
pub(super) struct Opened {
    input: BackupReader<File>,
    pub(super) manifest: Manifest,
    pub(super) octets: u64,
}

impl Opened {
    pub(super) fn open(path: &Path, opener: &Opener<'_>) -> Result<Self, EngineError> {
        let failed = |source| EngineError::File {
            doing: "reading a backup",
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if !about.is_file() {
            return Err(EngineError::Backup(BackupProblem::NotABackup));
        }
        let octets = about.len();
        let mut input = match opener {
            Opener::Passphrase(passphrase) => BackupReader::open(file, passphrase)?,
            Opener::Key(key) => BackupReader::open_with(file, key)?,
        };
        if byte(&mut input)? != 1 {
            return Err(damaged());
        }
        let length = word(&mut input)?;
        if length > LARGEST_MANIFEST {
            return Err(damaged());
        }
        let text = octets_of(&mut input, length)?;
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_slice(&text).map_err(|_| damaged())?;
        if version > VERSION {
            return Err(EngineError::Backup(BackupProblem::Newer));
        }
        let manifest = serde_json::from_slice(&text).map_err(|_| damaged())?;
        Ok(Self {
            input,
            manifest,
            octets,
        })
    }

    /// Gives everything that follows. Only when this returns is the backup known to be whole. `progress`: octets of the file
    /// taken so far.
    pub(super) fn give(mut self, taker: &mut dyn Taker, progress: &dyn Fn(u64)) -> Result<Manifest, EngineError> {
        let mut count = 1;
        loop {
            match byte(&mut self.input)? {
                2 => self.file(taker, progress)?,
                3 => {
                    let number = number(&mut self.input)?;
                    let length = word(&mut self.input)?;
                    if length > LARGEST_RECORD {
                        return Err(damaged());
                    }
                    let octets = octets_of(&mut self.input, length)?;
                    taker.record(number, Some(&octets))?;
                }
                4 => {
                    let number = number(&mut self.input)?;
                    taker.record(number, None)?;
                }
                5 => break,
                _ => return Err(damaged()),
            }
            count += 1;
            progress(self.input.taken());
        }
        if word(&mut self.input)? != count || !self.input.is_at_end() {
            return Err(damaged());
        }
        progress(self.octets);
        Ok(self.manifest)
    }

    fn file(&mut self, taker: &mut dyn Taker, progress: &dyn Fn(u64)) -> Result<(), EngineError> {
        let mut length = [0; 2];
        self.input.fill(&mut length)?;
        let mut name = vec![0; usize::from(u16::from_le_bytes(length))];
        self.input.fill(&mut name)?;
        let name = String::from_utf8(name).map_err(|_| damaged())?;
        let mut left = word(&mut self.input)?;
        let mut file = taker.file(&name)?;
        let failed = |source| EngineError::File {
            doing: "writing what is restored",
            source,
        };
        let mut step = vec![0; STEP];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(STEP).min(STEP);
            let part = step.get_mut(..most).unwrap_or_default();
            self.input.fill(part)?;
            if let Some(file) = &mut file {
                file.write_all(part).map_err(failed)?;
            }
            left -= most as u64;
            progress(self.input.taken());
        }
        Ok(())
    }
}

/// What a backup says of itself.
pub(super) fn checked(path: &Path, octets: u64, manifest: &Manifest) -> Result<BackupChecked, EngineError> {
    Ok(BackupChecked {
        path: path.to_owned(),
        octets,
        version: manifest.program.clone(),
        at: jiff::Timestamp::from_millisecond(manifest.at).map_err(|_| damaged())?,
        whole: manifest.whole,
        bals: manifest.bals.clone(),
        messages: manifest.messages,
        traces: manifest.traces,
        drafts: manifest.drafts,
        outgoing: manifest.outgoing,
    })
}

/// The manifest that a backup is made with now.
pub(super) fn manifest(at: jiff::Timestamp) -> Manifest {
    Manifest {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        at: at.as_millisecond(),
        whole: false,
        bals: Vec::new(),
        messages: 0,
        traces: 0,
        drafts: 0,
        outgoing: 0,
        store_key: String::new(),
        journal: None,
        profile: None,
    }
}

fn byte(input: &mut BackupReader<File>) -> Result<u8, EngineError> {
    let mut octet = [0; 1];
    input.fill(&mut octet)?;
    Ok(octet[0])
}

fn word(input: &mut BackupReader<File>) -> Result<u64, EngineError> {
    let mut octets = [0; 8];
    input.fill(&mut octets)?;
    Ok(u64::from_le_bytes(octets))
}

fn number(input: &mut BackupReader<File>) -> Result<i64, EngineError> {
    let mut octets = [0; 8];
    input.fill(&mut octets)?;
    Ok(i64::from_le_bytes(octets))
}

/// So many octets; room is taken as they come, not as they are announced.
fn octets_of(input: &mut BackupReader<File>, length: u64) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    let length = usize::try_from(length).map_err(|_| damaged())?;
    let mut octets = Zeroizing::new(Vec::with_capacity(length.min(4 * STEP)));
    while octets.len() < length {
        let from = octets.len();
        let to = length.min(from + 4 * STEP);
        octets.resize(to, 0);
        input.fill(octets.get_mut(from..).unwrap_or_default())?;
    }
    Ok(octets)
}
