//! Whether an export is what its journal gave: from the file, its manifest and, to know whose key signed, a fingerprint
//! that came by another way. No journal, no profile, no key is needed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ring::digest::{Context, SHA256};

use super::Format;
use super::json_lines::{self, LINE_LIMIT};
use super::manifest::{Export, LIMIT, Manifest, file_of, manifest_of};
use crate::entry::{Record, Sequence};
use crate::error::JournalError;
use crate::verify::hex;

/// What the check of an export found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What is not as it should be; none when all is.
    pub mismatch: Option<Mismatch>,
    /// How far the check could go.
    pub depth: Depth,
    /// Whether the fingerprint that was given is the signing key's. When none was given this is false, and nothing says that
    /// the key is that of the workstation one thinks of.
    pub vouched: bool,
    /// What the manifest says; none when it is missing, cannot be read or is not signed as it should be.
    pub stated: Option<Stated>,
}

impl Checked {
    /// Whether nothing is amiss.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.mismatch.is_none()
    }

    fn amiss(mismatch: Mismatch) -> Self {
        Self {
            mismatch: Some(mismatch),
            depth: Depth::File,
            vouched: false,
            stated: None,
        }
    }
}

/// What a manifest says, under its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The file's name when it was written.
    pub file: String,
    /// What it is written as.
    pub format: Format,
    /// Traces in it.
    pub count: u64,
    /// The journal's id, in hexadecimal.
    pub journal: String,
    /// The fingerprint of the key that signed: 8 groups of 4 hexadecimal digits.
    pub fingerprint: String,
    /// The name of the person who exported it.
    pub by: String,
    /// Their national identifier.
    pub national_id: Option<String>,
    /// When; none when the manifest names no such moment.
    pub at: Option<Timestamp>,
    /// From which moment on traces were asked for.
    pub from: Option<Timestamp>,
    /// Before which moment.
    pub until: Option<Timestamp>,
    /// Whether every trace of the journal was asked for.
    pub everything: bool,
    /// The first trace.
    pub first: Option<Sequence>,
    /// The last one.
    pub last: Option<Sequence>,
    /// How many traces had been destroyed before, at the end of their time.
    pub pruned: u64,
}

impl Stated {
    fn of(export: &Export) -> Self {
        Self {
            file: export.file.clone(),
            format: export.format,
            count: export.count,
            journal: export.journal.clone(),
            fingerprint: export.fingerprint.clone(),
            by: export.by.name.clone(),
            national_id: export.by.national_id.clone(),
            at: export.at.parse().ok(),
            from: export.filter.from.map(|from| from.0),
            until: export.filter.until.map(|until| until.0),
            everything: export.filter.is_everything(),
            first: export.first.as_ref().map(|end| end.sequence),
            last: export.last.as_ref().map(|end| end.sequence),
            pruned: export.pruned.as_ref().map_or(0, |pruned| pruned.count),
        }
    }
}

/// How far a check can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// The file's octets are those that were signed.
    File,
    /// And each trace has the hash that it says (JSON Lines).
    Records,
    /// And each trace follows the one before it, from the first that the journal kept (JSON Lines of every trace).
    Chain,
}

/// What is not as it should be with an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// There is no manifest: nothing can be said of the file.
    ManifestMissing,
    /// The manifest is not one that this program knows.
    ManifestUnreadable,
    /// The manifest's signature is not of its words: it was changed, or signed with another key than it says.
    ManifestForged,
    /// The manifest is signed, by another key than the one expected.
    AnotherKey,
    /// The manifest is of another file.
    AnotherFile {
        /// The name of that file.
        named: String,
    },
    /// The file was changed; it has the same length.
    Changed,
    /// The end of the file is missing.
    Shortened {
        /// The octets that it had.
        expected: u64,
        /// The octets that it has.
        found: u64,
    },
    /// Something was added to the file.
    Lengthened {
        /// The octets that it had.
        expected: u64,
    },
    /// A line is not a trace whose hash is right, though the file is as it was signed.
    RecordAltered {
        /// The line, from 1.
        line: u64,
    },
    /// A trace does not follow the one before it, though the file is as it was signed.
    ChainBroken {
        /// The line, from 1.
        line: u64,
    },
    /// The file is as it was signed, and does not hold what the manifest says.
    Miscounted {
        /// The traces that it should hold.
        expected: u64,
        /// Those that it holds.
        found: u64,
    },
    /// The seal that the manifest quotes is not one of this journal.
    SealForged,
    /// The anchor that the manifest quotes is not one of this journal.
    AnchorForged,
}

impl Mismatch {
    /// The word that stands for it; it never changes.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::ManifestMissing => "manifestMissing",
            Self::ManifestUnreadable => "manifestUnreadable",
            Self::ManifestForged => "manifestForged",
            Self::AnotherKey => "anotherKey",
            Self::AnotherFile { .. } => "anotherFile",
            Self::Changed => "changed",
            Self::Shortened { .. } => "shortened",
            Self::Lengthened { .. } => "lengthened",
            Self::RecordAltered { .. } => "recordAltered",
            Self::ChainBroken { .. } => "chainBroken",
            Self::Miscounted { .. } => "miscounted",
            Self::SealForged => "sealForged",
            Self::AnchorForged => "anchorForged",
        }
    }

    /// The line at which it is, from 1, when it is at one.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::RecordAltered { line } | Self::ChainBroken { line } => Some(*line),
            _ => None,
        }
    }
}

/// Checks an export against its manifest: the one given, or the one beside it. The file may also be the manifest itself,
/// when the export is beside it. `fingerprint` is that of the key one expects, in any spacing and case.
///
/// Files may be anything, of any size: the manifest is read up to 256 KiB, the export once, line by line.
///
/// # Errors
/// [`JournalError::File`] when the export or the manifest is there and cannot be read.
pub fn check(file: &Path, manifest: Option<&Path>, fingerprint: Option<&str>) -> Result<Checked, JournalError> {
    let (file, beside) = match (manifest, file_of(file)) {
        (Some(manifest), _) => (file.to_owned(), manifest.to_owned()),
        (None, Some(named)) if named.is_file() => (named, file.to_owned()),
        (None, _) => (file.to_owned(), manifest_of(file)),
    };
    let opened = open(&file)?;
    let manifest = match open(&beside) {
        Ok(opened) => opened,
        Err(JournalError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(Checked::amiss(Mismatch::ManifestMissing));
        }
        Err(error) => return Err(error),
    };
    let mut octets = Vec::new();
    manifest
        .take(LIMIT + 1)
        .read_to_end(&mut octets)
        .map_err(unread(&beside))?;
    let manifest = Some(octets).filter(|octets| octets.len() as u64 <= LIMIT);
    let Some(manifest) = manifest.and_then(|octets| Manifest::read(&octets)) else {
        return Ok(Checked::amiss(Mismatch::ManifestUnreadable));
    };
    if !manifest.is_signed() {
        return Ok(Checked::amiss(Mismatch::ManifestForged));
    }
    let export = manifest.export();
    let vouched = fingerprint.is_some_and(|expected| digits(expected) == digits(&export.fingerprint));
    let mut checked = Checked {
        mismatch: None,
        depth: depth(export),
        vouched,
        stated: Some(Stated::of(export)),
    };
    checked.mismatch = if fingerprint.is_some() && !vouched {
        Some(Mismatch::AnotherKey)
    } else if !export.has_true_seal() {
        Some(Mismatch::SealForged)
    } else if !export.has_true_anchor() {
        Some(Mismatch::AnchorForged)
    } else {
        content(opened, &file, export)?
    };
    Ok(checked)
}

fn depth(export: &Export) -> Depth {
    match (export.format, export.filter.is_everything()) {
        (Format::JsonLines, true) => Depth::Chain,
        (Format::JsonLines, false) => Depth::Records,
        (Format::Csv | Format::Pdf, _) => Depth::File,
    }
}

/// The file against what the manifest says of it.
fn content(opened: File, path: &Path, export: &Export) -> Result<Option<Mismatch>, JournalError> {
    let named = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy() == export.file);
    // A file of another name may only have been renamed; one whose octets differ as well is another file.
    let other = |mismatch| {
        if named {
            mismatch
        } else {
            Mismatch::AnotherFile {
                named: export.file.clone(),
            }
        }
    };
    let found = opened.metadata().map_err(unread(path))?.len();
    if found < export.size {
        return Ok(Some(other(Mismatch::Shortened {
            expected: export.size,
            found,
        })));
    }
    let mut counting = Counting {
        // One octet more than signed is read, and no further.
        from: opened.take(export.size.saturating_add(1)),
        digest: Context::new(&SHA256),
        size: 0,
    };
    let mut lines = Lines::new(export);
    let mut reader = BufReader::with_capacity(1 << 16, &mut counting);
    if depth(export) == Depth::File {
        io::copy(&mut reader, &mut io::sink()).map_err(unread(path))?;
    } else {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut reader)
                .take(LINE_LIMIT as u64)
                .read_until(b'\n', &mut line)
                .map_err(unread(path))?;
            if read == 0 {
                break;
            }
            lines.add(&line);
        }
    }
    let sha256 = hex(counting.digest.finish().as_ref());
    Ok(if counting.size > export.size {
        Some(other(Mismatch::Lengthened { expected: export.size }))
    } else if counting.size < export.size {
        Some(other(Mismatch::Shortened {
            expected: export.size,
            found: counting.size,
        }))
    } else if sha256 != export.sha256 {
        Some(other(Mismatch::Changed))
    } else if depth(export) == Depth::File {
        None
    } else {
        lines.end()
    })
}

/// The traces of JSON Lines, one after the other.
struct Lines<'a> {
    export: &'a Export,
    count: u64,
    before: Option<(Sequence, [u8; 32])>,
    first: Option<[String; 2]>,
    mismatch: Option<Mismatch>,
}

impl<'a> Lines<'a> {
    fn new(export: &'a Export) -> Self {
        Self {
            export,
            count: 0,
            before: None,
            first: None,
            mismatch: None,
        }
    }

    fn add(&mut self, line: &[u8]) {
        self.count += 1;
        if self.mismatch.is_some() {
            return;
        }
        let record = line.strip_suffix(b"\n").and_then(json_lines::read);
        let Some(record) = record else {
            self.mismatch = Some(Mismatch::RecordAltered { line: self.count });
            return;
        };
        if !self.follows(&record) {
            self.mismatch = Some(Mismatch::ChainBroken { line: self.count });
        }
        if self.first.is_none() {
            self.first = Some([hex(&record.previous), hex(&record.hash)]);
        }
        self.before = Some((record.sequence, record.hash));
    }

    fn follows(&self, record: &Record) -> bool {
        let everything = depth(self.export) == Depth::Chain;
        let linked = match self.before.or(self.export.beginning().filter(|_| everything)) {
            // For the first trace, `beginning` gives its own place; for the others, the place before.
            Some((sequence, hash)) => {
                let next = if self.before.is_some() {
                    sequence.0.checked_add(1)
                } else {
                    Some(sequence.0)
                };
                if next == Some(record.sequence.0) {
                    hash == record.previous
                } else {
                    !everything && self.before.is_none_or(|(sequence, _)| sequence < record.sequence)
                }
            }
            None => true,
        };
        let sealed = self.export.sealed(record.sequence);
        linked && sealed.is_none_or(|hash| hash == hex(&record.hash))
    }

    fn end(self) -> Option<Mismatch> {
        if self.mismatch.is_some() {
            return self.mismatch;
        }
        let (first, last) = (self.export.first.as_ref(), self.export.last.as_ref());
        let ends = first.map(|end| [end.previous.clone(), end.hash.clone()]) == self.first
            && last.map(|end| (end.sequence, end.hash.clone()))
                == self.before.map(|(sequence, hash)| (sequence, hex(&hash)));
        (self.count != self.export.count || !ends).then_some(Mismatch::Miscounted {
            expected: self.export.count,
            found: self.count,
        })
    }
}

/// Reads, and keeps count.
struct Counting<R> {
    from: R,
    digest: Context,
    size: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.digest.update(&into[..read]);
        self.size += read as u64;
        Ok(read)
    }
}

/// Opens a plain file: nothing else has an end, or gives the same twice.
fn open(path: &Path) -> Result<File, JournalError> {
    let metadata = path.metadata().map_err(unread(path))?;
    if !metadata.is_file() {
        return Err(unread(path)(io::ErrorKind::InvalidInput.into()));
    }
    File::open(path).map_err(unread(path))
}

fn unread(path: &Path) -> impl Fn(io::Error) -> JournalError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| JournalError::File {
        doing: "checking an export",
        path: path.clone(),
        source,
    }
}

/// A fingerprint without its spacing.
fn digits(fingerprint: &str) -> String {
    fingerprint
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
