//! How many traces a filter keeps, on which days, and what there is to filter by. No trace is read: the index says it all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::entry::{Author, Bal};
use crate::error::JournalError;
use crate::filter::{Filter, Known};
use crate::filter_selection::{index, select};
use crate::journal::Journal;

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

impl Journal {
    /// How many traces a filter keeps.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn count(&self, filter: &Filter) -> Result<u64, JournalError> {
        let mut total = 0;
        for selected in &select(self, filter)?.0 {
            for block in &selected.blocks {
                total += match selected.exactly(block) {
                    Some(count) => count,
                    None => match selected.rows(self, block) {
                        Ok(rows) => rows.iter().filter(|row| selected.keeps(row)).count() as u64,
                        Err(JournalError::Unreadable | JournalError::Damaged { .. }) => 0,
                        Err(error) => return Err(error),
                    },
                };
            }
        }
        Ok(total)
    }

    /// How many traces a filter keeps on each day of the calendar, newest first, at this offset from UTC in seconds.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn days(&self, filter: &Filter, utc_offset: i32) -> Result<Vec<(Date, u64)>, JournalError> {
        let offset = i64::from(utc_offset) * 1000;
        let day = |at: i64| at.saturating_add(offset).div_euclid(DAY);
        let mut days: BTreeMap<i64, u64> = BTreeMap::new();
        for selected in &select(self, filter)?.0 {
            for block in &selected.blocks {
                let (first, last) = (day(block.summary.min_at), day(block.summary.max_at));
                if first == last
                    && let Some(count) = selected.exactly(block)
                {
                    *days.entry(first).or_insert(0) += count;
                    continue;
                }
                let rows = match selected.rows(self, block) {
                    Ok(rows) => rows,
                    Err(JournalError::Unreadable | JournalError::Damaged { .. }) => continue,
                    Err(error) => return Err(error),
                };
                // They are by time: a day's come one after the other.
                let mut here = (first, 0);
                for row in rows.iter().filter(|row| selected.keeps(row)) {
                    let own = day(row.at);
                    if own != here.0 {
                        *days.entry(here.0).or_insert(0) += here.1;
                        here = (own, 0);
                    }
                    here.1 += 1;
                }
                *days.entry(here.0).or_insert(0) += here.1;
            }
        }
        let date = |day: i64| {
            let noon = day.checked_mul(DAY)?.checked_add(DAY / 2)?;
            Some(Offset::UTC.to_datetime(Timestamp::from_millisecond(noon).ok()?).date())
        };
        let kept = days.into_iter().rev().filter(|(_, count)| *count > 0);
        Ok(kept.filter_map(|(day, count)| Some((date(day)?, count))).collect())
    }

    /// Who acted, on which mailboxes, how, from when to when, and how many months cannot be read.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn known(&self) -> Result<Known, JournalError> {
        let mut known = Known::default();
        let mut authors: BTreeMap<String, Author> = BTreeMap::new();
        let mut bals: BTreeMap<String, Bal> = BTreeMap::new();
        let mut actions = BTreeSet::new();
        let mut span: Option<(i64, i64)> = None;
        for period in self.periods().iter() {
            let index = match index(self, period) {
                Ok(index) => index,
                Err(JournalError::Unreadable) => {
                    known.unreadable += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            for author in index.authors.iter() {
                let id = match &author.national_id {
                    Some(id) => id.as_str().to_owned(),
                    None => format!("\u{0}{}", author.name),
                };
                authors.insert(id, author.clone());
            }
            for bal in index.bals.iter() {
                let place = bals
                    .entry(bal.address.as_str().to_lowercase())
                    .or_insert_with(|| bal.clone());
                if bal.kind.is_some() {
                    *place = bal.clone();
                }
            }
            actions.extend(index.kinds.iter().flatten().map(|kind| kind.action));
            let own = index.span();
            span = match (span, own) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (a, b) => a.or(b),
            };
        }
        known.authors = authors.into_values().collect();
        known
            .authors
            .sort_by(|a, b| (&a.name, &a.national_id).cmp(&(&b.name, &b.national_id)));
        known.bals = bals.into_values().collect();
        known.actions = actions.into_iter().collect();
        known.first_at = span.and_then(|span| Timestamp::from_millisecond(span.0).ok());
        known.last_at = span.and_then(|span| Timestamp::from_millisecond(span.1).ok());
        Ok(known)
    }
}
