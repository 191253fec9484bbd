//! Reading the journal: one trace, a page of those that a filter keeps.

use std::ops::ControlFlow;

use rusqlite::{OptionalExtension, params};

use crate::canonical;
use crate::entry::{Author, Bal, Record, Sequence};
use crate::error::JournalError;
use crate::filter::{Cursor, Filter, From, Known, PAGE_LIMIT, TracePage, names};
use crate::journal::Journal;
use crate::verify::hex;

impl Journal {
    /// A page of the traces that a filter keeps, newest first by the workstation's clock, `limit` of them at most
    /// (and at most [`PAGE_LIMIT`]).
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a trace cannot be read back.
    pub fn page(&self, filter: &Filter, from: From, limit: u32) -> Result<TracePage, JournalError> {
        let limit = limit.clamp(1, PAGE_LIMIT) as usize;
        let mut all = self.kept(filter)?;
        all.sort_by_key(|record| std::cmp::Reverse((record.entry.at, record.sequence)));
        let place = |record: &Record| Cursor {
            at: record.entry.at.as_millisecond(),
            sequence: record.sequence.0,
        };
        let skip = match from {
            From::Newest => 0,
            From::After(cursor) => all.iter().filter(|record| place(record) >= cursor).count(),
            From::Offset(count) => usize::try_from(count).unwrap_or(usize::MAX),
        };
        let more = all.len() > skip.saturating_add(limit);
        let records: Vec<Record> = all.into_iter().skip(skip).take(limit).collect();
        let next = records.last().filter(|_| more).map(place);
        Ok(TracePage { records, next })
    }

    /// How many traces a filter keeps.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count(&self, filter: &Filter) -> Result<u64, JournalError> {
        Ok(self.kept(filter)?.len() as u64)
    }

    /// How many traces a filter keeps on each day of the workstation's calendar, newest first, at this offset from UTC
    /// in seconds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn days(&self, filter: &Filter, utc_offset: i32) -> Result<Vec<(jiff::civil::Date, u64)>, JournalError> {
        let offset = jiff::tz::Offset::from_seconds(utc_offset).unwrap_or(jiff::tz::Offset::UTC);
        let mut days = std::collections::BTreeMap::new();
        for record in self.kept(filter)? {
            *days.entry(offset.to_datetime(record.entry.at).date()).or_insert(0) += 1;
        }
        Ok(days.into_iter().rev().collect())
    }

    /// Who acted, on which mailboxes, how, and from when to when.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn known(&self) -> Result<Known, JournalError> {
        let mut known = Known::default();
        let mut authors: Vec<Author> = Vec::new();
        let mut bals: Vec<Bal> = Vec::new();
        let mut actions = std::collections::BTreeSet::new();
        self.each(
            &Filter {
                intentions: true,
                ..Filter::default()
            },
            |record| {
                let entry = record.entry;
                actions.insert(entry.action);
                authors.extend(entry.author);
                bals.extend(entry.bal);
                known.first_at = Some(known.first_at.map_or(entry.at, |at| at.min(entry.at)));
                known.last_at = Some(known.last_at.map_or(entry.at, |at| at.max(entry.at)));
                ControlFlow::Continue(())
            },
        )?;
        authors.sort_by(|a, b| (&a.national_id, &a.name).cmp(&(&b.national_id, &b.name)));
        authors.dedup_by(|a, b| a.national_id == b.national_id);
        bals.sort_by(|a, b| a.address.as_str().cmp(b.address.as_str()));
        bals.dedup_by(|a, b| a.address == b.address);
        (known.authors, known.bals, known.actions) = (authors, bals, actions.into_iter().collect());
        Ok(known)
    }

    /// The whole life of a trace's message, oldest first: every trace that bears its Message-ID or its internal id.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn life(&self, of: &Record) -> Result<Vec<Record>, JournalError> {
        let mut found = Vec::new();
        for name in names(&of.entry) {
            let filter = Filter {
                message: Some(name.to_owned()),
                ..Filter::default()
            };
            found.extend(self.kept(&filter)?);
        }
        found.sort_by_key(|record: &Record| record.sequence);
        found.dedup_by_key(|record| record.sequence);
        Ok(found)
    }

    /// Gives every trace that a filter keeps, oldest first (by sequence), until told to stop.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a trace cannot be read back.
    pub fn each(&self, filter: &Filter, mut each: impl FnMut(Record) -> ControlFlow<()>) -> Result<(), JournalError> {
        let mut after = Sequence(0);
        loop {
            let records = self.after(after, PAGE_LIMIT)?;
            let Some(last) = records.last() else { return Ok(()) };
            after = last.sequence;
            for record in records {
                if filter.keeps(&record) && each(record).is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// The traces after this one, intentions included, oldest first, `limit` of them at most (and at most [`PAGE_LIMIT`]).
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a trace cannot be read back.
    pub fn after(&self, sequence: Sequence, limit: u32) -> Result<Vec<Record>, JournalError> {
        let head = self.head()?.sequence;
        (sequence.0 + 1..=head.min(sequence.0.saturating_add(u64::from(limit.clamp(1, PAGE_LIMIT)))))
            .map(|number| self.get(Sequence(number)))
            .collect()
    }

    /// One trace.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::Damaged`].
    pub fn get(&self, sequence: Sequence) -> Result<Record, JournalError> {
        let number = i64::try_from(sequence.0).unwrap_or(i64::MAX);
        self.read("reading a trace", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT r.canonical, r.hash, coalesce(b.hash, (SELECT anchor_hash FROM journal))
                 FROM record r LEFT JOIN record b ON b.sequence = r.sequence - 1 WHERE r.sequence = ?1",
            )?;
            let (octets, hash, previous): (Vec<u8>, _, _) = statement
                .query_row(params![number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?
                .ok_or(JournalError::NotFound { sequence: sequence.0 })?;
            let read = canonical::read(&octets)
                .filter(|read| read.sequence == sequence)
                .ok_or(JournalError::Damaged { sequence: sequence.0 })?;
            Ok(Record {
                sequence,
                unique_id: hex(&read.unique_id),
                set_back_ms: read.set_back_ms,
                entry: read.entry,
                hash,
                previous,
                unanswered: false,
                canonical: octets,
            })
        })
    }

    fn kept(&self, filter: &Filter) -> Result<Vec<Record>, JournalError> {
        let mut kept = Vec::new();
        self.each(filter, |record| {
            kept.push(record);
            ControlFlow::Continue(())
        })?;
        Ok(kept)
    }
}
