//! Exports of the journal that stand on their own (SC.MSS/CONF.18: "exploitables", SC.MSS/UX.37): a table for a spreadsheet,
//! JSON Lines for a machine, a report for a judge. Each is one file and, beside it, `<name>.manifeste.json`: what was
//! exported, by whom, from which journal, and an Ed25519 signature over all of it. [`check`] needs these two files alone.
//!
//! A file is written aside, forced to the disk, and only then takes its name: a disk that fills up leaves nothing behind.

mod aside;
mod check;
mod csv;
mod french;
mod json_lines;
mod manifest;
mod pdf;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Zoned};
use pli_terms::Wording;

use crate::entry::{Author, Record};
use crate::error::JournalError;
use crate::filter::Filter;
use crate::journal::Journal;

use aside::Aside;

pub use check::{Checked, Depth, Mismatch, Stated, check};
pub use manifest::manifest_of;
use manifest::{End, Manifest};

/// The most traces of one PDF report; beyond, [`JournalError::TooLarge`]: a table or a narrower period serves better.
pub const REPORT_LIMIT: u64 = 20_000;

/// What an export is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A table that French spreadsheets open as it is: semicolons, UTF-8 with its mark, one trace a line.
    Csv,
    /// One JSON object a line, with the canonical octets and the hashes, so that anybody can compute them again.
    JsonLines,
    /// A report for a judicial request, paginated; at most [`REPORT_LIMIT`] traces.
    Pdf,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Csv, Self::JsonLines, Self::Pdf];

    /// The word that stands for it in a manifest; it never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "json_lines",
            Self::Pdf => "pdf",
        }
    }

    /// The extension of its files, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Pdf => "pdf",
        }
    }
}

/// Who exports, when and with what; all of it is signed.
#[derive(Debug, Clone)]
pub struct About {
    /// The person who asked.
    pub by: Author,
    /// When, by this workstation's clock and in its local time.
    pub at: Zoned,
    /// The program and its version (`Pli 0.1.0`).
    pub software: Wording,
    /// The workstation's name.
    pub host: Wording,
    /// Whether a file of the same name may be replaced; otherwise [`JournalError::Exists`].
    pub replace: bool,
}

/// What an export left on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The file.
    pub path: PathBuf,
    /// Its signed manifest, beside it.
    pub manifest: PathBuf,
    /// Traces in it.
    pub count: u64,
    /// Its size in octets.
    pub size: u64,
    /// SHA-256 of its octets.
    pub sha256: [u8; 32],
    /// The fingerprint of the key that signed: 8 groups of 4 hexadecimal digits.
    pub fingerprint: String,
}

/// Writes the traces that a filter keeps, in the order they were written, into the file `to`, and its signed manifest
/// beside it. JSON Lines of a filter that keeps all hold the intentions too, asked for or not: the chain passes by them.
///
/// The memory this takes does not grow with the journal, except for the report, which is bounded.
///
/// # Errors
/// [`JournalError::Exists`] when the file or its manifest is there already, [`JournalError::TooLarge`] for a report of too
/// many traces, [`JournalError::File`] when the disk refuses; then neither the file nor its manifest exists.
pub fn export(
    journal: &Journal,
    filter: &Filter,
    format: Format,
    to: &Path,
    about: About,
) -> Result<Exported, JournalError> {
    let asked = Filter {
        intentions: true,
        ..filter.clone()
    };
    let filter = if format == Format::JsonLines && asked == manifest::everything() {
        &asked
    } else {
        filter
    };
    let manifest_path = manifest_of(to);
    if !about.replace {
        // Said before the work; what appears meanwhile is refused at the end.
        for path in [to, &manifest_path] {
            if path.symlink_metadata().is_ok() {
                return Err(JournalError::Exists { path: path.to_owned() });
            }
        }
    }
    let mut file = Aside::create(to)?;
    let mut tally = Tally::default();
    match format {
        Format::Csv => {
            let mut table = csv::Table::begin(&mut file).map_err(file_error(to))?;
            stream(journal, filter, |record| {
                tally.add(record);
                table.add(record).map_err(file_error(to))
            })?;
            table.end().map_err(file_error(to))?;
        }
        Format::JsonLines => stream(journal, filter, |record| {
            tally.add(record);
            json_lines::write(&mut file, record).map_err(file_error(to))
        })?,
        Format::Pdf => {
            let count = journal.count(filter)?;
            if count > REPORT_LIMIT {
                return Err(JournalError::TooLarge { limit: REPORT_LIMIT });
            }
            let mut records = Vec::new();
            stream(journal, filter, |record| {
                // Traces may have come in since they were counted.
                if records.len() as u64 == REPORT_LIMIT {
                    return Err(JournalError::TooLarge { limit: REPORT_LIMIT });
                }
                tally.add(record);
                records.push(record.clone());
                Ok(())
            })?;
            let context = pdf::Context {
                filter,
                about: &about,
                source: manifest::Source::of(journal)?,
            };
            let octets = pdf::report(&records, &context)?;
            std::io::Write::write_all(&mut file, &octets).map_err(file_error(to))?;
        }
    }
    let (size, sha256) = file.close()?;
    let written = manifest::Written {
        format,
        path: to,
        size,
        sha256: &sha256,
        tally: &tally,
    };
    let manifest = Manifest::new(journal, filter, &about, &written)?;
    let mut beside = Aside::create(&manifest_path)?;
    std::io::Write::write_all(&mut beside, &manifest.written()?).map_err(file_error(&manifest_path))?;
    beside.close()?;
    let fingerprint = manifest.fingerprint().to_owned();
    // The manifest first: a file that has its name always has its manifest.
    let published = beside.publish(about.replace)?;
    if let Err(error) = file.publish(about.replace) {
        published.withdraw();
        return Err(error);
    }
    Ok(Exported {
        path: to.to_owned(),
        manifest: manifest_path,
        count: tally.count,
        size,
        sha256,
        fingerprint,
    })
}

/// What the manifest says of the traces that went into the file.
#[derive(Debug, Default)]
struct Tally {
    count: u64,
    first: Option<End>,
    last: Option<End>,
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
}

impl Tally {
    fn add(&mut self, record: &Record) {
        self.count += 1;
        let end = End::of(record);
        if self.first.is_none() {
            self.first = Some(end.clone());
        }
        self.last = Some(end);
        let at = record.entry.at;
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
        self.latest = Some(self.latest.map_or(at, |latest| latest.max(at)));
    }
}

fn stream(
    journal: &Journal,
    filter: &Filter,
    mut each: impl FnMut(&Record) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let mut failed = None;
    journal.each(filter, |record| match each(&record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// The error of writing this file.
fn file_error(path: &Path) -> impl Fn(std::io::Error) -> JournalError + use<'_> {
    |source| JournalError::File {
        doing: "exporting the journal",
        path: path.to_owned(),
        source,
    }
}
