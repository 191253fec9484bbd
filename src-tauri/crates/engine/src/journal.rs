//! The journal as people read it: pages under a filter, one trace, the verification.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pli_trace::{Filter, Journal, PAGE_LIMIT, Record, Sequence, Verification};

use crate::Engine;
use crate::error::EngineError;

/// Part of the journal, newest first.
#[derive(Debug, Clone)]
pub struct JournalPage {
    /// The traces, each with the hash of the one before it where that one is still kept.
    pub records: Vec<(Record, Option<[u8; 32]>)>,
    /// Traces under this filter.
    pub total: u64,
    /// Authors met in the newest traces: national id and name.
    pub authors: Vec<(String, String)>,
}

/// Traces looked at for the list of authors.
const AUTHORS_AMONG: u32 = 1000;

impl Engine {
    /// Traces under a filter, newest first, after the first `offset`.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Trace`].
    pub async fn journal_list(&self, filter: Filter, offset: u32, limit: u32) -> Result<JournalPage, EngineError> {
        let journal = self.core.journal()?;
        self.core
            .blocking(move |_| {
                let total = journal.count(&filter)?;
                let records = with_previous(&journal, page(&journal, &filter, offset, limit.clamp(1, PAGE_LIMIT))?);
                let mut authors: Vec<(String, String)> = Vec::new();
                for record in journal.page(&Filter::default(), None, AUTHORS_AMONG)?.records {
                    let Some(author) = record.entry.author else { continue };
                    let Some(id) = author.national_id else { continue };
                    if !authors.iter().any(|(known, _)| known == id.as_str()) {
                        authors.push((id.as_str().to_owned(), author.name.as_str().to_owned()));
                    }
                }
                Ok(JournalPage {
                    records,
                    total,
                    authors,
                })
            })
            .await
    }

    /// One trace, with the hash of the one before it where that one is still kept.
    ///
    /// # Errors
    /// [`EngineError::Trace`] when there is none at this place.
    pub async fn journal_get(&self, sequence: u64) -> Result<(Record, Option<[u8; 32]>), EngineError> {
        let journal = self.core.journal()?;
        self.core
            .blocking(move |_| {
                let record = journal.get(Sequence(sequence))?;
                with_previous(&journal, vec![record])
                    .pop()
                    .ok_or(EngineError::NotFound("trace"))
            })
            .await
    }

    /// Walks the whole chain. Answers with the time at which it ended, and that of the first trace.
    ///
    /// # Errors
    /// [`EngineError::Trace`] when the disk refuses. Damage is no error.
    pub async fn journal_verify(&self) -> Result<(Verification, Timestamp, Option<Timestamp>), EngineError> {
        let journal = self.core.journal()?;
        self.core
            .blocking(move |core| {
                let found = journal.verify()?;
                let first = journal.get(found.first).ok().map(|record| record.entry.at);
                Ok((found, core.now(), first))
            })
            .await
    }
}

fn with_previous(journal: &Journal, records: Vec<Record>) -> Vec<(Record, Option<[u8; 32]>)> {
    let here: BTreeMap<u64, [u8; 32]> = records.iter().map(|record| (record.sequence.0, record.hash)).collect();
    let before = |record: &Record| {
        let sequence = record.sequence.0.checked_sub(1).filter(|sequence| *sequence > 0)?;
        here.get(&sequence)
            .copied()
            .or_else(|| Some(journal.get(Sequence(sequence)).ok()?.hash))
    };
    records
        .into_iter()
        .map(|record| {
            let hash = before(&record);
            (record, hash)
        })
        .collect()
}

/// The journal is read by cursor; a window asks by offset.
fn page(journal: &Journal, filter: &Filter, offset: u32, limit: u32) -> Result<Vec<Record>, pli_trace::JournalError> {
    let (mut skip, mut cursor) = (offset, None);
    while skip > 0 {
        let step = skip.min(PAGE_LIMIT);
        let passed = journal.page(filter, cursor, step)?;
        if passed.next.is_none() {
            return Ok(Vec::new());
        }
        (cursor, skip) = (passed.next, skip - step);
    }
    Ok(journal.page(filter, cursor, limit)?.records)
}
