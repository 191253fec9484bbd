//! Reading the journal: one trace, a page of those that a filter keeps, all of them one after the other.

use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::canonical;
use crate::entry::{Record, Sequence};
use crate::error::JournalError;
use crate::filter::{Cursor, Filter, From, PAGE_LIMIT, TracePage, names};
use crate::filter_selection::{Block, Selected, is_unanswered, select};
use crate::journal::{Journal, lock};
use crate::period::Period;
use crate::period_index::Row;
use crate::verify::hex;

/// Traces read before they are given, so that no lock is held meanwhile.
const STEP: u32 = 256;

impl Journal {
    /// A page of the traces that a filter keeps, newest first by the workstation's clock, `limit` of them at most
    /// (and at most [`PAGE_LIMIT`]). A trace whose octets cannot be read is left out: verification names it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn page(&self, filter: &Filter, from: From, limit: u32) -> Result<TracePage, JournalError> {
        let limit = limit.clamp(1, PAGE_LIMIT) as usize;
        let (selected, _) = select(self, filter)?;
        let mut merge = Merge::new(self, &selected);
        match from {
            From::Newest => {}
            From::After(cursor) => merge.before = (cursor.at, cursor.sequence),
            From::Offset(count) => merge.skip = count,
        }
        let mut found = Vec::with_capacity(limit);
        merge.run(|row| {
            found.push(*row);
            if found.len() > limit {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|row| Cursor {
            at: row.at,
            sequence: row.sequence,
        });
        let mut records = Vec::with_capacity(found.len());
        for row in found {
            match self.get(Sequence(row.sequence)) {
                Ok(record) => records.push(record),
                Err(JournalError::Damaged { .. } | JournalError::NotFound { .. } | JournalError::Unreadable) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(TracePage { records, next })
    }

    /// The whole life of a trace's message, oldest first: every trace that bears its Message-ID or its internal id, or,
    /// once, one of those that these bring.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn life(&self, of: &Record) -> Result<Vec<Record>, JournalError> {
        let mut known: Vec<String> = names(&of.entry).map(str::to_owned).collect();
        let mut life: Vec<Record> = Vec::new();
        // A message sent is known in the outbox first, by its UID later: one trace bears both names.
        let mut looked = 0;
        while let Some(name) = known.get(looked).cloned() {
            looked += 1;
            let filter = Filter {
                message: Some(name),
                ..Filter::default()
            };
            self.each(&filter, |record| {
                for name in names(&record.entry) {
                    if known.len() < NAMES && !known.iter().any(|own| own == name) {
                        known.push(name.to_owned());
                    }
                }
                life.push(record);
                if life.len() < LIFE {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
        }
        life.sort_by_key(|record| record.sequence);
        life.dedup_by_key(|record| record.sequence);
        Ok(life)
    }

    /// Gives every trace that a filter keeps, oldest first (by sequence), until told to stop. Holds nothing while a trace
    /// is looked at; what is written meanwhile may be given or not.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a trace cannot be read back, [`JournalError::Unreadable`] for a period that cannot.
    pub fn each(&self, filter: &Filter, mut each: impl FnMut(Record) -> ControlFlow<()>) -> Result<(), JournalError> {
        let (selected, lost) = select(self, filter)?;
        if lost > 0 {
            return Err(JournalError::Unreadable);
        }
        for selected in &selected {
            for block in &selected.blocks {
                let rows = selected.rows(self, block)?;
                let mut kept: Vec<u64> = rows
                    .iter()
                    .filter(|row| selected.keeps(row))
                    .map(|row| row.sequence)
                    .collect();
                kept.sort_unstable();
                for sequences in kept.chunks(STEP as usize) {
                    for record in self.these(&selected.period, sequences)? {
                        if each(record).is_break() {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The traces after this one, intentions included, oldest first, `limit` of them at most (and at most [`PAGE_LIMIT`]).
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a trace cannot be read back, [`JournalError::Unreadable`] for a period that cannot.
    pub fn after(&self, sequence: Sequence, limit: u32) -> Result<Vec<Record>, JournalError> {
        let limit = limit.clamp(1, PAGE_LIMIT) as usize;
        let periods = self.periods();
        let mut found = Vec::new();
        let first = periods.partition_point(|period| period.before.sequence <= sequence.0);
        for period in periods.iter().skip(first.saturating_sub(1)) {
            let wanted = limit - found.len();
            if wanted == 0 {
                break;
            }
            let sequences: Vec<u64> = self.cache.read(period, |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT sequence FROM record WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")?;
                let rows = statement.query_map([sequence.0 as i64, wanted as i64], |row| row.get::<_, i64>(0))?;
                Ok(rows.map(|row| row.map(i64::unsigned_abs)).collect::<Result<_, _>>()?)
            })?;
            found.extend(self.these(period, &sequences)?);
        }
        Ok(found)
    }

    /// One trace.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::Damaged`], [`JournalError::Unreadable`] when its period is.
    pub fn get(&self, sequence: Sequence) -> Result<Record, JournalError> {
        let periods = self.periods();
        let after = periods.partition_point(|period| period.before.sequence < sequence.0);
        let absent = JournalError::NotFound { sequence: sequence.0 };
        let Some(period) = after.checked_sub(1).and_then(|place| periods.get(place)) else {
            return Err(absent);
        };
        self.these(period, &[sequence.0])?.pop().ok_or(absent)
    }

    /// These traces of a period.
    fn these(&self, period: &Period, sequences: &[u64]) -> Result<Vec<Record>, JournalError> {
        let unanswered = Arc::clone(&lock(&self.unanswered));
        self.cache.read(period, |connection| {
            let mut last: Option<(u64, [u8; 32])> = None;
            let mut records = Vec::with_capacity(sequences.len());
            for sequence in sequences {
                let known = last.filter(|(own, _)| own + 1 == *sequence).map(|(_, hash)| hash);
                let record = read(connection, period, *sequence, known, &unanswered)?;
                last = Some((*sequence, record.hash));
                records.push(record);
            }
            Ok(records)
        })
    }
}

/// Names that a life follows, at most.
const NAMES: usize = 16;
/// Traces of a life, at most.
const LIFE: usize = 10_000;

fn read(
    connection: &Connection,
    period: &Period,
    sequence: u64,
    previous: Option<[u8; 32]>,
    unanswered: &[u64],
) -> Result<Record, JournalError> {
    let damaged = || JournalError::Damaged { sequence };
    let found: Option<(Vec<u8>, Option<[u8; 32]>)> = connection
        .prepare_cached("SELECT canonical, hash FROM record WHERE sequence = ?1")?
        .query_row([sequence as i64], |row| Ok((row.get(0)?, row.get(1).ok())))
        .optional()?;
    let (canonical, hash) = found.ok_or(JournalError::NotFound { sequence })?;
    let read = canonical::read(&canonical)
        .filter(|read| read.sequence.0 == sequence)
        .ok_or_else(damaged)?;
    let previous = match previous {
        Some(previous) => previous,
        None if period.before.sequence + 1 == sequence => period.before.hash,
        None => connection
            .prepare_cached("SELECT hash FROM record WHERE sequence = ?1")?
            .query_row([sequence as i64 - 1], |row| row.get(0))
            .optional()?
            .unwrap_or_default(),
    };
    Ok(Record {
        sequence: Sequence(sequence),
        unique_id: hex(&read.unique_id),
        set_back_ms: read.set_back_ms,
        unanswered: is_unanswered(unanswered, sequence, &read.entry.outcome),
        entry: read.entry,
        hash: hash.ok_or_else(damaged)?,
        previous,
        canonical,
    })
}

/// Rows of several blocks, newest first.
struct Merge<'a> {
    journal: &'a Journal,
    /// By their newest row, the newest last.
    waiting: Vec<(&'a Selected, &'a Block)>,
    /// Only rows before this place.
    before: (i64, u64),
    skip: u64,
}

/// A block of which rows are being taken: those before `left`, the last of which is kept.
struct Taken<'a> {
    place: (i64, u64),
    selected: &'a Selected,
    rows: Arc<[Row]>,
    left: usize,
}

impl<'a> Merge<'a> {
    fn new(journal: &'a Journal, selected: &'a [Selected]) -> Self {
        let blocks = selected
            .iter()
            .flat_map(|own| own.blocks.iter().map(move |block| (own, block)));
        let mut waiting: Vec<_> = blocks.collect();
        waiting.sort_by_key(|(_, block)| (block.summary.max_at, block.summary.last));
        Self {
            journal,
            waiting,
            before: (i64::MAX, u64::MAX),
            skip: 0,
        }
    }

    /// Gives the rows, newest first, until told to stop.
    fn run(&mut self, mut give: impl FnMut(&Row) -> ControlFlow<()>) -> Result<(), JournalError> {
        let mut taken: BinaryHeap<Taken<'a>> = BinaryHeap::new();
        loop {
            self.take(&mut taken)?;
            let Some(mut top) = taken.pop() else { return Ok(()) };
            // As long as no other block has a newer row.
            let newest_waiting = self.waiting.last().map(|(_, block)| (block.summary.max_at, u64::MAX));
            let bound = taken.peek().map(|next| next.place).max(newest_waiting);
            loop {
                if self.skip > 0 {
                    self.skip -= 1;
                } else if let Some(row) = top.rows.get(top.left)
                    && give(row).is_break()
                {
                    return Ok(());
                }
                if !top.step() {
                    break;
                }
                if bound.is_some_and(|bound| top.place <= bound) {
                    taken.push(top);
                    break;
                }
            }
        }
    }

    /// Takes up the blocks whose newest row may come next; passes over those that are skipped whole.
    fn take(&mut self, taken: &mut BinaryHeap<Taken<'a>>) -> Result<(), JournalError> {
        while let Some((selected, block)) = self.waiting.last().copied() {
            if taken.peek().is_some_and(|top| top.place.0 > block.summary.max_at) {
                return Ok(());
            }
            self.waiting.pop();
            if taken.is_empty() && self.skip > 0 {
                let alone = self
                    .waiting
                    .last()
                    .is_none_or(|(_, next)| next.summary.max_at < block.summary.min_at);
                if let Some(count) = selected.exactly(block).filter(|count| alone && *count <= self.skip) {
                    self.skip -= count;
                    continue;
                }
            }
            if (block.summary.min_at, 0) >= self.before {
                continue;
            }
            let rows = match selected.rows(self.journal, block) {
                Ok(rows) => rows,
                // Verification names it.
                Err(JournalError::Unreadable | JournalError::Damaged { .. }) => continue,
                Err(error) => return Err(error),
            };
            let before = self.before;
            let mut top = Taken {
                place: (0, 0),
                selected,
                left: rows.partition_point(|row| row.place() < before),
                rows,
            };
            if top.step() {
                taken.push(top);
            }
        }
        Ok(())
    }
}

impl Taken<'_> {
    /// Goes to the next row that is kept, towards the oldest.
    fn step(&mut self) -> bool {
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            if let Some(row) = self.rows.get(left)
                && self.selected.keeps(row)
            {
                self.place = row.place();
                return true;
            }
        }
        false
    }
}

impl PartialEq for Taken<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Taken<'_> {}

impl PartialOrd for Taken<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Taken<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}
