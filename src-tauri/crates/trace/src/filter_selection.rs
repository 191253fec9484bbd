//! What a filter keeps, by period: which kinds, which parties, which traces of a message. Everything is decided on the
//! index; no trace is read.

use std::sync::Arc;

use crate::entry::Outcome;
use crate::error::JournalError;
use crate::filter::Filter;
use crate::journal::{Journal, lock};
use crate::period::{self, Period};
use crate::period_index::{Class, Index, Row, Summary};
use crate::period_writer::digest;

/// Whether a kind is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    No,
    Yes,
    /// Only those that are without outcome.
    Unanswered,
}

/// What a filter keeps of a period.
pub(crate) struct Selected {
    pub(crate) period: Arc<Period>,
    /// By id.
    kinds: Vec<Keep>,
    /// By id; none when all are kept.
    parties: Option<Vec<bool>>,
    /// By sequence; none when all are kept.
    of_message: Option<Vec<u64>>,
    unanswered: Arc<Vec<u64>>,
    from: i64,
    until: i64,
    pub(crate) blocks: Vec<Block>,
}

/// Traces that follow one another, summed up.
pub(crate) struct Block {
    pub(crate) summary: Arc<Summary>,
    /// The tail's own traces, by time; none for a chunk.
    rows: Option<Arc<[Row]>>,
}

/// What a filter keeps, oldest period first. Periods that cannot be read are left out; their number is told too.
pub(crate) fn select(journal: &Journal, filter: &Filter) -> Result<(Vec<Selected>, u32), JournalError> {
    let periods = journal.periods();
    let unanswered = Arc::clone(&lock(&journal.unanswered));
    let (mut selected, mut lost) = (Vec::new(), 0);
    for (place, period) in periods.iter().enumerate() {
        match of_period(journal, period, place + 1 == periods.len(), filter, &unanswered) {
            Ok(found) => selected.extend(found),
            Err(JournalError::Unreadable) => lost += 1,
            Err(error) => return Err(error),
        }
    }
    Ok((selected, lost))
}

/// A period's index, read when it was not yet.
pub(crate) fn index(journal: &Journal, period: &Period) -> Result<Index, JournalError> {
    period.index(|| journal.cache.read(period, period::index))
}

fn of_period(
    journal: &Journal,
    period: &Arc<Period>,
    grows: bool,
    filter: &Filter,
    unanswered: &Arc<Vec<u64>>,
) -> Result<Option<Selected>, JournalError> {
    let index = index(journal, period)?;
    let mut selected = Selected {
        period: Arc::clone(period),
        kinds: kinds(&index, filter),
        parties: None,
        of_message: None,
        unanswered: Arc::clone(unanswered),
        from: filter.from.map_or(i64::MIN, |at| at.as_millisecond()),
        until: filter.until.map_or(i64::MAX, |at| at.as_millisecond()),
        blocks: Vec::new(),
    };
    selected.blocks.extend(index.chunks.iter().map(|summary| Block {
        summary: Arc::clone(summary),
        rows: None,
    }));
    if let Some(summary) = Summary::of(&index.tail) {
        let mut rows = index.tail;
        rows.sort_by_key(Row::place);
        selected.blocks.push(Block {
            summary: Arc::new(summary),
            rows: Some(rows.into()),
        });
    }
    let (from, until) = (selected.from, selected.until);
    selected
        .blocks
        .retain(|block| block.summary.max_at >= from && block.summary.min_at < until);
    selected.keep_possible();
    if selected.blocks.is_empty() {
        return Ok(None);
    }
    if let Some(name) = filter.name() {
        let name = digest(&journal.id, name);
        let found = journal
            .cache
            .read(period, |connection| period::of_message(connection, name))?;
        selected.of_message = Some(found);
    }
    if let Some(part) = filter.needle() {
        let parties = journal.cache.parties(period, grows)?;
        let kept: Vec<bool> = parties.iter().map(|addresses| addresses.contains(&part)).collect();
        if !kept.contains(&true) {
            return Ok(None);
        }
        selected.parties = Some(kept);
    }
    selected.keep_possible();
    Ok((!selected.blocks.is_empty()).then_some(selected))
}

fn kinds(index: &Index, filter: &Filter) -> Vec<Keep> {
    let bal = filter.bal.as_ref().map(|bal| bal.as_str().to_lowercase());
    let author = filter.author.as_ref().map(|author| author.as_str());
    let keep = |kind: &Option<crate::period_index::Kind>| {
        let Some(kind) = kind else { return Keep::No };
        let kept = bal.as_ref().is_none_or(|bal| *bal == kind.bal)
            && author.is_none_or(|author| author == kind.author)
            && filter.action.is_none_or(|action| action == kind.action)
            && (!filter.failures_only || kind.class.is_failure());
        match (kept, kind.class) {
            (false, _) => Keep::No,
            (true, Class::Intended) if !filter.intentions => Keep::Unanswered,
            (true, _) => Keep::Yes,
        }
    };
    index.kinds.iter().map(keep).collect()
}

impl Selected {
    /// Whether a trace is kept.
    pub(crate) fn keeps(&self, row: &Row) -> bool {
        let kind = match self.keep(row.kind) {
            Keep::Yes => true,
            Keep::No => false,
            Keep::Unanswered => self.unanswered.binary_search(&row.sequence).is_ok(),
        };
        kind && row.at >= self.from
            && row.at < self.until
            && self
                .parties
                .as_ref()
                .is_none_or(|parties| parties.get(row.party as usize).is_some_and(|kept| *kept))
            && self
                .of_message
                .as_ref()
                .is_none_or(|found| found.binary_search(&row.sequence).is_ok())
    }

    /// How many traces of a block are kept, where its sum says so.
    pub(crate) fn exactly(&self, block: &Block) -> Option<u64> {
        let summary = &block.summary;
        let plain = self.parties.is_none()
            && self.of_message.is_none()
            && summary.min_at >= self.from
            && summary.max_at < self.until
            && !(self.has_unanswered(summary) && self.counts(summary, Keep::Unanswered) > 0);
        plain.then(|| self.counts(summary, Keep::Yes))
    }

    /// A block's traces, by time, then by sequence: kept or not.
    pub(crate) fn rows(&self, journal: &Journal, block: &Block) -> Result<Arc<[Row]>, JournalError> {
        match &block.rows {
            Some(rows) => Ok(Arc::clone(rows)),
            None => journal.cache.chunk(&self.period, block.summary.first),
        }
    }

    fn keep(&self, kind: u32) -> Keep {
        self.kinds.get(kind as usize).copied().unwrap_or(Keep::No)
    }

    fn counts(&self, summary: &Summary, keep: Keep) -> u64 {
        let counts = summary.counts.iter().filter(|(kind, _)| self.keep(*kind) == keep);
        counts.map(|(_, count)| u64::from(*count)).sum()
    }

    fn has_unanswered(&self, summary: &Summary) -> bool {
        any_between(&self.unanswered, summary)
    }

    /// Leaves out the blocks of which nothing can be kept.
    fn keep_possible(&mut self) {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.retain(|block| {
            let summary = &block.summary;
            let kind = self.counts(summary, Keep::Yes) > 0
                || (self.has_unanswered(summary) && self.counts(summary, Keep::Unanswered) > 0);
            kind && self.of_message.as_ref().is_none_or(|found| any_between(found, summary))
        });
        self.blocks = blocks;
    }
}

fn any_between(sequences: &[u64], summary: &Summary) -> bool {
    let place = sequences.partition_point(|sequence| *sequence < summary.first);
    sequences.get(place).is_some_and(|sequence| *sequence <= summary.last)
}

/// Whether a trace is an intention without outcome.
pub(crate) fn is_unanswered(unanswered: &[u64], sequence: u64, outcome: &Outcome) -> bool {
    *outcome == Outcome::Intended && unanswered.binary_search(&sequence).is_ok()
}
