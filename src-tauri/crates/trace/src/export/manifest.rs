//! The manifest beside an export: `{ "export": { … }, "signature": "…" }`.
//!
//! What is signed (Ed25519, RFC 8032) is the tag `pli-trace manifest 1` and a zero octet, followed by the object `export`
//! written on one line without spaces, its keys in the order below, its texts in UTF-8 with `"`, `\` and control characters
//! alone escaped: what `json.dumps(m["export"], separators=(",", ":"), ensure_ascii=False)` gives in Python.
//! Hashes, keys and signatures are in hexadecimal; times are RFC 3339.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json_lines::unhex;
use super::{About, Format, Tally, french};
use crate::anchor::{Anchor, AtEnd};
use crate::entry::{Record, Sequence};
use crate::error::JournalError;
use crate::filter::Filter;
use crate::journal::{Journal, chain};
use crate::seal::{Seal, fingerprint, signed_by};
use crate::verify::hex;

/// What follows an export's name in that of its manifest.
const SUFFIX: &str = ".manifeste.json";
/// No manifest is larger, in octets.
pub(super) const LIMIT: u64 = 256 << 10;
const VERSION: u32 = 1;

/// The place of the manifest of this file.
#[must_use]
pub fn manifest_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().map(OsString::from).unwrap_or_default();
    name.push(SUFFIX);
    file.with_file_name(name)
}

/// The place of the file of this manifest; none when it has not a manifest's name.
pub(super) fn file_of(manifest: &Path) -> Option<PathBuf> {
    let name = manifest.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    (!name.is_empty()).then(|| manifest.with_file_name(name))
}

/// The journal that an export is of: its names, its last seal, what was pruned.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) journal: [u8; 16],
    pub(super) public_key: [u8; 32],
    pub(super) seal: Option<Seal>,
    pub(super) anchors: Vec<Anchor>,
}

impl Source {
    /// That of this journal, now.
    pub(super) fn of(journal: &Journal) -> Result<Self, JournalError> {
        Ok(Self {
            journal: journal.id(),
            public_key: journal.public_key(),
            seal: journal.last_seal()?,
            anchors: journal.anchors()?,
        })
    }

    pub(super) fn fingerprint(&self) -> String {
        fingerprint(&self.public_key)
    }

    /// How many traces were destroyed in all.
    pub(super) fn pruned(&self) -> u64 {
        self.anchors.iter().map(Anchor::count).sum()
    }
}

/// A moment, as RFC 3339 writes it in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Moment(pub(super) Timestamp);

impl TryFrom<String> for Moment {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.0.to_string()
    }
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    export: Export,
    signature: String,
}

/// All that is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Export {
    pub(super) version: u32,
    pub(super) file: String,
    pub(super) format: Format,
    pub(super) size: u64,
    pub(super) sha256: String,
    pub(super) journal: String,
    pub(super) public_key: String,
    pub(super) fingerprint: String,
    pub(super) at: String,
    pub(super) by: By,
    pub(super) software: String,
    pub(super) host: String,
    pub(super) filter: Kept,
    pub(super) count: u64,
    pub(super) first: Option<End>,
    pub(super) last: Option<End>,
    pub(super) earliest: Option<Moment>,
    pub(super) latest: Option<Moment>,
    pub(super) seal: Option<SealedAt>,
    pub(super) pruned: Option<Pruning>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct By {
    pub(super) national_id: Option<String>,
    pub(super) name: String,
    method: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) from: Option<Moment>,
    pub(super) until: Option<Moment>,
    bal: Option<String>,
    author: Option<String>,
    action: Option<String>,
    failures_only: bool,
    correspondent: Option<String>,
    message: Option<String>,
    intentions: bool,
}

impl Kept {
    fn of(filter: &Filter) -> Self {
        Self {
            from: filter.from.map(Moment),
            until: filter.until.map(Moment),
            bal: filter.bal.as_ref().map(|bal| bal.as_str().to_owned()),
            author: filter.author.as_ref().map(|author| author.as_str().to_owned()),
            action: filter.action.map(|action| action.as_str().to_owned()),
            failures_only: filter.failures_only,
            correspondent: filter.correspondent.clone(),
            message: filter.message.clone(),
            intentions: filter.intentions,
        }
    }

    /// Whether every trace is kept.
    pub(super) fn is_everything(&self) -> bool {
        *self == Self::of(&everything())
    }
}

/// The filter that keeps every trace.
pub(super) fn everything() -> Filter {
    Filter {
        intentions: true,
        ..Filter::default()
    }
}

/// The first or the last trace of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct End {
    /// Where it stands in the journal.
    pub(super) sequence: Sequence,
    /// When.
    pub(super) at: Moment,
    /// The hash before it, in hexadecimal.
    pub(super) previous: String,
    /// Its hash, in hexadecimal.
    pub(super) hash: String,
}

impl End {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            sequence: record.sequence,
            at: Moment(record.entry.at),
            previous: hex(&record.previous),
            hash: hex(&record.hash),
        }
    }
}

/// The journal's last seal when the export was made, as it can be verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SealedAt {
    /// The last trace sealed.
    pub(super) sequence: Sequence,
    /// Its hash.
    pub(super) hash: String,
    /// When it was sealed.
    pub(super) at: Moment,
    previous: String,
    signature: String,
}

impl SealedAt {
    fn of(seal: &Seal) -> Self {
        Self {
            sequence: seal.sequence,
            hash: hex(&seal.hash),
            at: Moment(seal.at),
            previous: hex(&seal.previous),
            signature: hex(&seal.signature),
        }
    }

    fn seal(&self) -> Option<Seal> {
        Some(Seal {
            sequence: self.sequence,
            hash: unhex(&self.hash)?,
            at: self.at.0,
            previous: unhex(&self.previous)?,
            signature: unhex(&self.signature)?,
        })
    }
}

/// What was pruned from the journal before the export: how much in all, and the last anchor as it can be verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Pruning {
    /// How many traces, in all prunings.
    pub(super) count: u64,
    /// How many prunings.
    pub(super) times: u64,
    /// The first trace destroyed by the last one.
    pub(super) first: Sequence,
    /// The last trace destroyed; those kept begin after it.
    pub(super) last: Sequence,
    /// Its hash.
    pub(super) hash: String,
    /// The earliest time among those of the last pruning.
    pub(super) first_at: Moment,
    /// The latest time among them.
    pub(super) last_at: Moment,
    /// When they were destroyed.
    pub(super) at: Moment,
    at_end: AtEnd,
    statistics: String,
    folded: String,
    previous: String,
    signature: String,
}

impl Pruning {
    fn of(source: &Source) -> Option<Self> {
        let anchor = source.anchors.last()?;
        Some(Self {
            count: source.pruned(),
            times: source.anchors.len() as u64,
            first: anchor.first,
            last: anchor.last,
            hash: hex(&anchor.hash),
            first_at: Moment(anchor.first_at),
            last_at: Moment(anchor.last_at),
            at: Moment(anchor.at),
            at_end: anchor.at_end,
            statistics: hex(&anchor.statistics),
            folded: hex(&anchor.folded),
            previous: hex(&anchor.previous),
            signature: hex(&anchor.signature),
        })
    }

    fn anchor(&self) -> Option<Anchor> {
        Some(Anchor {
            first: self.first,
            last: self.last,
            hash: unhex(&self.hash)?,
            first_at: self.first_at.0,
            last_at: self.last_at.0,
            at: self.at.0,
            at_end: self.at_end,
            statistics: unhex(&self.statistics)?,
            folded: unhex(&self.folded)?,
            previous: unhex(&self.previous)?,
            signature: unhex(&self.signature)?,
        })
    }
}

/// A file as it was written.
pub(super) struct Written<'a> {
    pub(super) format: Format,
    pub(super) path: &'a Path,
    pub(super) size: u64,
    pub(super) sha256: &'a [u8; 32],
    pub(super) tally: &'a Tally,
}

impl Manifest {
    /// The manifest of a file, signed.
    pub(super) fn new(
        journal: &Journal,
        filter: &Filter,
        about: &About,
        file: &Written<'_>,
    ) -> Result<Self, JournalError> {
        let source = Source::of(journal)?;
        let by = &about.by;
        let name = file.path.file_name().unwrap_or_default();
        let export = Export {
            version: VERSION,
            file: name.to_string_lossy().into_owned(),
            format: file.format,
            size: file.size,
            sha256: hex(file.sha256),
            journal: hex(&source.journal),
            public_key: hex(&source.public_key),
            fingerprint: source.fingerprint(),
            at: french::iso(about.at.timestamp(), about.at.offset().seconds()),
            by: By {
                national_id: by.national_id.as_ref().map(|id| id.as_str().to_owned()),
                name: by.name.as_str().to_owned(),
                method: by.method.as_str().to_owned(),
            },
            software: about.software.as_str().to_owned(),
            host: about.host.as_str().to_owned(),
            filter: Kept::of(filter),
            count: file.tally.count,
            first: file.tally.first.clone(),
            last: file.tally.last.clone(),
            earliest: file.tally.earliest.map(Moment),
            latest: file.tally.latest.map(Moment),
            seal: source.seal.as_ref().map(SealedAt::of),
            pruned: Pruning::of(&source),
        };
        let octets = export.octets().ok_or(JournalError::Report { what: "manifest" })?;
        let signature = hex(&journal.sign(&octets)?);
        Ok(Self { export, signature })
    }

    /// The file's octets.
    pub(super) fn written(&self) -> Result<Vec<u8>, JournalError> {
        let mut octets = serde_json::to_vec_pretty(self).map_err(|_| JournalError::Report { what: "manifest" })?;
        octets.push(b'\n');
        Ok(octets)
    }

    /// Reads a manifest's octets; `None` for what is none of this version.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(octets).ok()?;
        (manifest.export.version == VERSION).then_some(manifest)
    }

    pub(super) fn export(&self) -> &Export {
        &self.export
    }

    /// The fingerprint of the key that it says signed it.
    pub(super) fn fingerprint(&self) -> &str {
        &self.export.fingerprint
    }

    /// Whether the key that it names signed it, and the fingerprint is that key's.
    pub(super) fn is_signed(&self) -> bool {
        let signed = || {
            let public: [u8; 32] = unhex(&self.export.public_key)?;
            let signature: [u8; 64] = unhex(&self.signature)?;
            let octets = self.export.octets()?;
            Some(fingerprint(&public) == self.export.fingerprint && signed_by(&public, &octets, &signature))
        };
        signed().unwrap_or(false)
    }
}

impl Export {
    fn octets(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    fn journal_and_key(&self) -> Option<([u8; 16], [u8; 32])> {
        Some((unhex(&self.journal)?, unhex(&self.public_key)?))
    }

    /// Whether the seal that it quotes is this journal's.
    pub(super) fn has_true_seal(&self) -> bool {
        let Some(quoted) = &self.seal else {
            return true;
        };
        let verified = || {
            let (journal, key) = self.journal_and_key()?;
            Some(quoted.seal()?.is_signed(&key, &journal))
        };
        verified().unwrap_or(false)
    }

    /// Whether the anchor that it quotes is this journal's.
    pub(super) fn has_true_anchor(&self) -> bool {
        let Some(quoted) = &self.pruned else {
            return true;
        };
        let verified = || {
            let (journal, key) = self.journal_and_key()?;
            Some(quoted.anchor()?.is_signed(&key, &journal))
        };
        verified().unwrap_or(false)
    }

    /// What stands before the journal's first kept trace: its sequence, and the hash that it must follow.
    pub(super) fn beginning(&self) -> Option<(Sequence, [u8; 32])> {
        match &self.pruned {
            Some(pruned) => Some((Sequence(pruned.last.0.checked_add(1)?), unhex(&pruned.hash)?)),
            None => {
                let journal: [u8; 16] = unhex(&self.journal)?;
                Some((Sequence(1), chain(&[0; 32], &journal)))
            }
        }
    }

    /// The hash that the last seal says the trace of this place has; none when it says nothing of it.
    pub(super) fn sealed(&self, sequence: Sequence) -> Option<&str> {
        self.seal
            .as_ref()
            .filter(|seal| seal.sequence == sequence)
            .map(|seal| seal.hash.as_str())
    }
}
