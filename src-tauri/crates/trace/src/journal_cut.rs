//! Destroying the oldest traces: the keys under which they were written go, so that nothing gives them back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Transaction;

use crate::catalogue::{self, Listed, State};
use crate::error::JournalError;
use crate::journal::{Head, Journal, lock};
use crate::journal_opening::{begin, destroy_file};
use crate::period::Period;
use crate::period_writer::{Raw, Writer};
use crate::prune::fault;

/// Traces copied in one commit.
const STEP: usize = 1000;

impl Journal {
    /// Destroys every trace up to `until`, which must not be the last one. `account` writes what accounts for them, in the
    /// commit of the catalogue that forgets them. A cut leaves the journal as before or as after; what is left of keys and
    /// files then goes at the next opening.
    pub(crate) fn destroy_until(
        &self,
        until: Head,
        account: impl FnOnce(&Transaction<'_>) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut writer = lock(&self.writer);
        if until.sequence >= writer.head.sequence {
            return Err(JournalError::NotFound {
                sequence: until.sequence.saturating_add(1),
            });
        }
        let periods = self.periods();
        // What stands before the next one is where a period ends.
        let ends = periods.iter().skip(1).map(|next| next.before.sequence);
        let ends: Vec<u64> = ends.chain([writer.head.sequence]).collect();
        let touched = |(period, _): &(&Arc<Period>, &u64)| period.before.sequence < until.sequence;
        let gone: Vec<(&Arc<Period>, &u64)> = periods.iter().zip(&ends).take_while(touched).collect();
        let numbers: Vec<u64> = gone.iter().map(|(period, _)| period.number).collect();
        let mut left: Vec<Arc<Period>> = periods.iter().skip(gone.len()).cloned().collect();
        let mut survivors = match gone.last() {
            Some((period, end)) if **end > until.sequence => Some(self.survivors(period, until, writer.moment())?),
            _ => None,
        };
        let is_current = left.is_empty();
        if let Some(survivors) = &survivors {
            left.insert(0, Arc::clone(&survivors.period));
        }
        self.catalogue.write("destroying traces", |tx| {
            for number in &numbers {
                catalogue::forget(tx, *number)?;
            }
            if let Some(survivors) = &survivors {
                let state = if is_current { State::Writing } else { State::Closed };
                catalogue::put(tx, &self.listed(survivors, state))?;
            }
            account(tx)
        })?;
        fault("after the catalogue")?;
        if is_current && let Some(survivors) = survivors.take() {
            *writer = survivors;
        }
        self.set_periods(left);
        for number in &numbers {
            self.cache.forget(*number);
        }
        self.follow(&writer, until.sequence);
        lock(&self.keys).destroy(&numbers)?;
        fault("before the files")?;
        for number in &numbers {
            destroy_file(&self.dir, *number)?;
        }
        let open: Vec<(u64, u64)> = writer
            .unanswered()
            .filter(|(_, sequence)| *sequence > until.sequence)
            .collect();
        writer.set_open(&open)
    }

    /// What is left of a period after `until`, in a new file under a new key.
    fn survivors(&self, period: &Period, until: Head, moment: i64) -> Result<Writer, JournalError> {
        let (number, key) = self.new_key()?;
        let listed = Listed {
            number,
            month: period.month.load(Ordering::Relaxed),
            before: until,
            last: until,
            span: None,
            state: State::Announced,
        };
        let mut writer = begin(&self.dir, &listed, key, self.id, moment, &[])?;
        loop {
            let after = writer.head.sequence as i64;
            let kept = self.cache.read(period, |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT sequence, at, canonical, hash FROM record WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
                )?;
                let rows = statement.query_map([after, STEP as i64], |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get(1)?,
                        row.get::<_, Vec<u8>>(2)?,
                        row.get(3)?,
                    ))
                })?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })?;
            if kept.is_empty() {
                break;
            }
            let raws: Vec<Raw<'_>> = kept
                .iter()
                .map(|(sequence, at, canonical, hash)| Raw {
                    sequence: sequence.unsigned_abs(),
                    canonical,
                    hash: *hash,
                    at: *at,
                })
                .collect();
            writer.copy(&raws)?;
            fault("while copying")?;
        }
        writer.close()?;
        Ok(writer)
    }
}
