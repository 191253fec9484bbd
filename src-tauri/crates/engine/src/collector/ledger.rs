//! What is kept of the sending, beside the journal's own catalogue: our place in it, and how it went last. It says nothing of
//! anybody. A collector at another address has a ledger of its own, and begins at the oldest trace.

use jiff::Timestamp;
use pli_trace::{Journal, JournalError, Sequence};

use super::trouble::Trouble;
use crate::policy::PolicyCollector;

/// The ledger of one collector.
pub(super) struct Ledger<'a> {
    journal: &'a Journal,
    address: String,
}

/// How it went last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Nothing was tried yet.
    Untried,
    /// It goes.
    Goes,
    /// It does not.
    Stopped(Trouble),
}

impl<'a> Ledger<'a> {
    pub(super) fn new(journal: &'a Journal, policy: &PolicyCollector) -> Self {
        Self {
            journal,
            address: super::address(policy),
        }
    }

    /// The last trace that is not to be sent again; 0 before the first.
    pub(super) fn place(&self) -> Result<Sequence, JournalError> {
        self.get("").map(Sequence)
    }

    /// The last trace that was ever confirmed; 0 before the first.
    pub(super) fn highest(&self) -> Result<Sequence, JournalError> {
        self.get("-highest").map(Sequence)
    }

    /// Moves our place on, and keeps when.
    pub(super) fn confirm(&self, last: Sequence, now: Timestamp) -> Result<(), JournalError> {
        self.set("-before", self.place()?.0)?;
        self.set("-at", milliseconds(now))?;
        self.set("-highest", self.highest()?.0.max(last.0))?;
        self.set("", last.0)
    }

    /// Back to before the last batch: a collector that is in trouble now may have lost what it had just taken.
    pub(super) fn go_back(&self) -> Result<(), JournalError> {
        self.set("", self.get("-before")?.min(self.place()?.0))
    }

    pub(super) fn confirmed_at(&self) -> Result<Option<Timestamp>, JournalError> {
        self.get("-at").map(time)
    }

    pub(super) fn course(&self) -> Result<Course, JournalError> {
        Ok(match self.get("-course")? {
            0 => Course::Untried,
            1 => Course::Goes,
            stopped => Course::Stopped(Trouble::from_number(stopped)),
        })
    }

    pub(super) fn set_course(&self, course: Course) -> Result<(), JournalError> {
        self.set(
            "-course",
            match course {
                Course::Untried => 0,
                Course::Goes => 1,
                Course::Stopped(trouble) => trouble.number(),
            },
        )
    }

    /// Since when it goes, or does not.
    pub(super) fn since(&self) -> Result<Option<Timestamp>, JournalError> {
        self.get("-since").map(time)
    }

    pub(super) fn set_since(&self, now: Timestamp) -> Result<(), JournalError> {
        self.set("-since", milliseconds(now))
    }

    /// How many traces were gone before they could be sent, ever.
    pub(super) fn missing(&self) -> Result<u64, JournalError> {
        self.get("-missing")
    }

    /// Counts those of these numbers that were never confirmed and are not counted yet.
    pub(super) fn add_missing(&self, first: u64, last: u64) -> Result<Option<(u64, u64)>, JournalError> {
        let known = self.get("-missing-until")?.max(self.highest()?.0);
        let first = first.max(known.saturating_add(1));
        if first > last {
            return Ok(None);
        }
        self.set("-missing", self.missing()?.saturating_add(last - first + 1))?;
        self.set("-missing-until", last)?;
        Ok(Some((first, last)))
    }

    fn get(&self, what: &str) -> Result<u64, JournalError> {
        Ok(self.journal.cursor(&self.name(what))?.0)
    }

    fn set(&self, what: &str, value: u64) -> Result<(), JournalError> {
        self.journal.set_cursor(&self.name(what), Sequence(value))
    }

    fn name(&self, what: &str) -> String {
        format!("collector{what} {}", self.address)
    }
}

fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

fn time(milliseconds: u64) -> Option<Timestamp> {
    let milliseconds = i64::try_from(milliseconds).ok().filter(|at| *at > 0)?;
    Timestamp::from_millisecond(milliseconds).ok()
}
