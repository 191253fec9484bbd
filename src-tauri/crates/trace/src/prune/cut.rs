//! Where a pruning cuts: the journal is a chain, so that only its beginning can go.
//!
//! What is older than the limit goes, up to the first trace that is not. Two things a wrong clock may have done are no
//! reason to keep or to lose anything: a trace dated after the present one keeps nothing behind it, and one that a clock
//! set back has dated too early, among others that must stay, stays with them.

use std::collections::BTreeMap;

use crate::error::JournalError;
use crate::filter_selection::index;
use crate::journal::{Head, Journal};
use crate::period::Period;
use crate::period_index::{Index, Row};
use crate::statistics::{Ending, MonthCount};

/// What a pruning would destroy: everything up to this trace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// What stood before the first one.
    pub(super) start: u64,
    pub(super) until: Head,
    /// The earliest and the latest time among them, in milliseconds; none when none of them can be read.
    pub(super) span: Option<(i64, i64)>,
    pub(super) periods: u32,
}

/// Traces of one period up to a cut.
struct Part<'a> {
    period: &'a Period,
    index: Option<Index>,
    /// Where the period ends.
    end: u64,
}

impl Journal {
    /// Where everything older than `before` ends, the present being `now`, both in milliseconds; none when there is nothing.
    pub(super) fn cut(&self, before: i64, now: i64) -> Result<Option<Cut>, JournalError> {
        let periods = self.periods();
        let start = periods.first().map_or(self.start, |period| period.before).sequence;
        let ends = periods.iter().skip(1).map(|next| next.before);
        let ends: Vec<Head> = ends.chain([self.head()?]).collect();
        let mut last = None;
        let mut parts = Vec::new();
        for (period, end) in periods.iter().zip(&ends) {
            let part = Part {
                period,
                index: self.readable(period)?,
                end: end.sequence,
            };
            let stays = self.look(&part, before, now, &mut last)?;
            parts.push(part);
            if stays {
                break;
            }
        }
        let Some(last) = last.filter(|last| *last > start) else {
            return Ok(None);
        };
        let touched = |part: &Part<'_>| part.period.before.sequence < last;
        let mut span: Option<(i64, i64)> = None;
        let mut periods = 0;
        let mut hash = None;
        for part in parts.iter().filter(|part| touched(part)) {
            periods += 1;
            self.each_row(part, last, |row| {
                let known = span.get_or_insert((row.at, row.at));
                *known = (known.0.min(row.at), known.1.max(row.at));
            })?;
            hash = match ends.iter().find(|end| end.sequence == last) {
                Some(end) => Some(end.hash),
                None => self.hash_at(part.period, last)?,
            };
        }
        let hash = hash.ok_or(JournalError::Damaged { sequence: last })?;
        Ok(Some(Cut {
            start,
            until: Head { sequence: last, hash },
            span,
            periods,
        }))
    }

    /// How many traces there were of each kind up to a cut, by month, in their natural order.
    pub(super) fn counts(&self, cut: &Cut) -> Result<Vec<MonthCount>, JournalError> {
        let mut counts: BTreeMap<MonthCount, u64> = BTreeMap::new();
        let periods = self.periods();
        for period in periods
            .iter()
            .filter(|period| period.before.sequence < cut.until.sequence)
        {
            let part = Part {
                period,
                index: self.readable(period)?,
                end: 0,
            };
            self.each_row(&part, cut.until.sequence, |row| {
                let kind = part
                    .index
                    .as_ref()
                    .and_then(|index| index.kinds.get(row.kind as usize)?.as_ref());
                let at = jiff::Timestamp::from_millisecond(row.at).ok();
                // What could not be read when it was taken over is of no kind.
                let (Some(kind), Some(at)) = (kind, at) else { return };
                let date = jiff::tz::Offset::UTC.to_datetime(at).date();
                let key = MonthCount {
                    year: date.year(),
                    month: date.month(),
                    action: kind.action,
                    ending: Ending::from_class(kind.class),
                    count: 0,
                };
                *counts.entry(key).or_default() += 1;
            })?;
        }
        Ok(counts
            .into_iter()
            .map(|(key, count)| MonthCount { count, ..key })
            .collect())
    }

    /// A period's index; none when its file cannot be read any more.
    fn readable(&self, period: &Period) -> Result<Option<Index>, JournalError> {
        match index(self, period) {
            Ok(index) => Ok(Some(index)),
            Err(JournalError::Unreadable | JournalError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets `last` to the last trace of a period that goes; answers whether one of them stays.
    fn look(&self, part: &Part<'_>, before: i64, now: i64, last: &mut Option<u64>) -> Result<bool, JournalError> {
        let Some(index) = &part.index else {
            return self.look_closed(part, before, last);
        };
        let mut scan = |rows: &[Row]| {
            for row in rows {
                if row.at < before {
                    *last = Some(row.sequence);
                } else if row.at <= now {
                    return true;
                }
            }
            false
        };
        for chunk in index.chunks.iter() {
            if chunk.min_at > now {
                continue;
            }
            let mut rows = self.cache.chunk(part.period, chunk.first)?.to_vec();
            rows.sort_unstable_by_key(|row| row.sequence);
            if scan(&rows) {
                return Ok(true);
            }
        }
        Ok(scan(&index.tail))
    }

    /// A period that cannot be read goes when the catalogue says that all of it is old enough.
    fn look_closed(&self, part: &Part<'_>, before: i64, last: &mut Option<u64>) -> Result<bool, JournalError> {
        let listed = self.catalogue.periods()?;
        let listed = listed.iter().find(|listed| listed.number == part.period.number);
        let old = listed
            .and_then(|listed| listed.span)
            .is_some_and(|span| span.1 < before);
        if old {
            *last = Some(part.end);
        }
        Ok(!old)
    }

    /// Gives the rows of a period up to a trace, in no order.
    fn each_row(&self, part: &Part<'_>, until: u64, mut each: impl FnMut(&Row)) -> Result<(), JournalError> {
        let Some(index) = &part.index else { return Ok(()) };
        for chunk in index.chunks.iter().filter(|chunk| chunk.first <= until) {
            let rows = self.cache.chunk(part.period, chunk.first)?;
            rows.iter().filter(|row| row.sequence <= until).for_each(&mut each);
        }
        index.tail.iter().filter(|row| row.sequence <= until).for_each(each);
        Ok(())
    }

    fn hash_at(&self, period: &Period, sequence: u64) -> Result<Option<[u8; 32]>, JournalError> {
        self.cache.read(period, |connection| {
            let mut statement = connection.prepare_cached("SELECT hash FROM record WHERE sequence = ?1")?;
            let mut rows = statement.query([sequence as i64])?;
            Ok(rows.next()?.and_then(|row| row.get(0).ok()))
        })
    }
}
