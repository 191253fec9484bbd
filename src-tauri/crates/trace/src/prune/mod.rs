//! Pruning: traces whose time is over are destroyed with the key that they were kept under, so that no copy of the files
//! gives them back (EX_GDT_5070).
//!
//! In this order, of which a cut may leave any beginning: the intention is recorded; what is left of a month is written in a
//! new file under a new key; the catalogue, in one commit, forgets the periods, keeps the signed anchor and says that an
//! outcome is owed; their keys go, then their files; the outcome is recorded. Before that commit nothing is destroyed; after
//! it the next opening, or the next pruning, finishes what was begun.

mod cut;

use jiff::Timestamp;
use pli_terms::Wording;
use ring::signature::Ed25519KeyPair;
use rusqlite::Transaction;

use crate::anchor::{Anchor, AtEnd};
use crate::entry::{Entry, Outcome, Sequence};
use crate::error::JournalError;
use crate::journal::{Journal, lock};
use crate::journal_opening::destroy_file;
use crate::seal;
use crate::seal_book::{Book, put_anchor, set_setting, setting, unset};
use crate::statistics::{self, MonthCount};
use cut::Cut;

/// The setting that says which intention is owed an outcome, and how many traces it destroyed.
const OWED: &str = "pruning";

/// What a pruning would destroy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrunePlan {
    /// How many traces; 0 when there is nothing to destroy.
    pub count: u64,
    /// The earliest time among them.
    pub first_at: Option<Timestamp>,
    /// The latest time among them.
    pub last_at: Option<Timestamp>,
    /// How many periods they touch.
    pub periods: u32,
}

/// What a pruning did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// How many traces were destroyed.
    pub count: u64,
    /// What is left of them; none when there was nothing to destroy.
    pub anchor: Option<Anchor>,
}

impl Journal {
    /// What [`Journal::prune`] would destroy now: the oldest traces, up to the first that is not older than `before`. Those
    /// that a wrong clock has dated after the last trace of all keep nothing behind them.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn prune_plan(&self, before: Timestamp) -> Result<PrunePlan, JournalError> {
        let now = self.present(i64::MIN)?;
        let Some(cut) = self.cut(before.as_millisecond(), now)? else {
            return Ok(PrunePlan::default());
        };
        let time = |at| Timestamp::from_millisecond(at).ok();
        Ok(PrunePlan {
            count: cut.until.sequence - cut.start,
            first_at: cut.span.and_then(|span| time(span.0)),
            last_at: cut.span.and_then(|span| time(span.1)),
            periods: cut.periods,
        })
    }

    /// Destroys the traces that [`Journal::prune_plan`] counts. `by` says who asks, when and why (action `JournalPrune`): it
    /// is recorded as an intention first and with its outcome after, whatever outcome it bears; nothing is recorded when
    /// there is nothing to destroy. The journal is sealed after.
    ///
    /// # Errors
    /// When the disk or the place of the secret refuses. The journal then stands as before or as after, and the next
    /// pruning, or the next opening, finishes what was begun.
    pub fn prune(&self, before: Timestamp, at_end: AtEnd, mut by: Entry) -> Result<Pruned, JournalError> {
        let doing = "pruning the journal";
        self.finish_pruning()?;
        let now = self.present(by.at.as_millisecond())?;
        let Some(cut) = self.cut(before.as_millisecond(), now)? else {
            return Ok(Pruned { count: 0, anchor: None });
        };
        let count = cut.until.sequence - cut.start;
        if by.request.verb.is_empty() {
            by.request.verb = Wording::fixed(match at_end {
                AtEnd::Destroy => "DESTROY",
                AtEnd::Anonymise => "ANONYMISE",
            })
            .and(count)
            .and("TRACES UNTIL")
            .and(cut.until.sequence);
        }
        by.outcome = Outcome::Intended;
        let counts = match at_end {
            AtEnd::Destroy => None,
            AtEnd::Anonymise => Some(statistics::octets(&self.id, &self.counts(&cut)?)),
        };
        fault("before the intention")?;
        let intention = self.append(&by)?;
        fault("after the intention")?;
        let pair = seal::pair(lock(&self.keys).seed())?;
        let signing = Signing {
            pair: &pair,
            at_end,
            at: by.at,
            counts: counts.as_deref(),
        };
        let mut anchor = None;
        let destroyed = self.destroy_until(cut.until, |tx| {
            fault("before the catalogue")?;
            anchor = Some(self.account(tx, &cut, &signing, intention)?);
            Ok(())
        });
        if let Err(error) = destroyed {
            let owed = self.catalogue.read(doing, |tx| setting(tx, OWED))?.is_some();
            if !owed {
                // The copy of what would have been left.
                self.destroy_forgotten()?;
                by.outcome = Outcome::Failed {
                    what: Wording::fixed("nothing was destroyed"),
                };
                self.append(&by)?;
            }
            return Err(error.while_doing(doing));
        }
        fault("before the outcome")?;
        self.finish_pruning()?;
        fault("before the seal")?;
        self.seal(by.at)?;
        Ok(Pruned { count, anchor })
    }

    /// Every pruning there was, oldest first.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn anchors(&self) -> Result<Vec<Anchor>, JournalError> {
        let book = self
            .catalogue
            .read("reading what was pruned", |tx| Book::read(tx, &self.id))?;
        Ok(book.anchors)
    }

    /// What anonymisation left of the traces it destroyed, oldest pruning first, then by month.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn statistics(&self) -> Result<Vec<MonthCount>, JournalError> {
        let book = self
            .catalogue
            .read("reading what was pruned", |tx| Book::read(tx, &self.id))?;
        Ok(book.counts(&self.id))
    }

    /// The present, by the last trace or by who asks, whichever is later, in milliseconds.
    fn present(&self, asked: i64) -> Result<i64, JournalError> {
        let head = self.head()?;
        match self.get(Sequence(head.sequence)) {
            Ok(last) => Ok(last.entry.at.as_millisecond().max(asked)),
            Err(JournalError::NotFound { .. } | JournalError::Damaged { .. } | JournalError::Unreadable) => Ok(asked),
            Err(error) => Err(error),
        }
    }

    /// Keeps what accounts for the traces destroyed, in the commit that forgets them.
    fn account(
        &self,
        tx: &Transaction<'_>,
        cut: &Cut,
        signing: &Signing<'_>,
        intention: Sequence,
    ) -> Result<Anchor, JournalError> {
        let book = Book::read(tx, &self.id)?;
        let start = book.anchors.last().map_or(self.start.sequence, |anchor| anchor.last.0);
        if start != cut.start {
            // Somebody else pruned meanwhile.
            return Err(JournalError::NotFound {
                sequence: cut.start + 1,
            });
        }
        let folded = book
            .seals
            .iter()
            .rev()
            .find(|seal| seal.sequence.0 <= cut.until.sequence);
        let former = book.anchors.last().map_or([0; 32], |anchor| anchor.folded);
        let time = |at: Option<i64>| {
            at.and_then(|at| Timestamp::from_millisecond(at).ok())
                .unwrap_or(at_none())
        };
        let anchor = Anchor {
            first: Sequence(cut.start + 1),
            last: Sequence(cut.until.sequence),
            hash: cut.until.hash,
            first_at: time(cut.span.map(|span| span.0)),
            last_at: time(cut.span.map(|span| span.1)),
            at: signing.at,
            at_end: signing.at_end,
            statistics: signing.counts.map_or([0; 32], statistics::digest),
            folded: folded.map_or(former, |seal| seal.digest(&self.id)),
            previous: book.last_anchor_digest(&self.id),
            signature: [0; 64],
        }
        .signed(signing.pair, &self.id);
        let counts = signing.counts.map(|octets| (octets, seal::sign(signing.pair, octets)));
        put_anchor(tx, &self.id, &anchor, counts)?;
        // What was remembered of the files that go.
        tx.execute(
            "DELETE FROM setting WHERE name LIKE 'salt-%' AND CAST(substr(name, 6) AS INTEGER) NOT IN
             (SELECT number FROM period)",
            [],
        )?;
        set_setting(tx, OWED, &format!("{} {}", intention.0, anchor.count()))?;
        Ok(anchor)
    }

    /// Finishes a pruning that was decided: what was forgotten is destroyed, its outcome recorded.
    pub(crate) fn finish_pruning(&self) -> Result<(), JournalError> {
        let doing = "finishing a pruning";
        let Some(owed) = self.catalogue.read(doing, |tx| setting(tx, OWED))? else {
            return Ok(());
        };
        self.destroy_forgotten()?;
        fault("after the keys")?;
        let (intention, count) = owed.split_once(' ').unwrap_or((&owed, "0"));
        let intention = Sequence(intention.parse().unwrap_or_default());
        let count: u64 = count.parse().unwrap_or_default();
        match self.get(intention) {
            Ok(record) if !self.is_answered(&record)? => {
                let mut entry = record.entry;
                entry.outcome = Outcome::Done {
                    code: Wording::fixed("OK"),
                    enhanced: Wording::empty(),
                    text: Wording::fixed("destroyed").and(count).and("traces"),
                };
                self.append(&entry)?;
            }
            Ok(_) | Err(JournalError::NotFound { .. } | JournalError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        fault("after the outcome")?;
        self.catalogue.write(doing, |tx| unset(tx, OWED))
    }

    /// Whether the outcome of this intention was recorded before a cut.
    fn is_answered(&self, intention: &crate::Record) -> Result<bool, JournalError> {
        let same = |later: &crate::Record| {
            later.entry.action == intention.entry.action
                && later.entry.at == intention.entry.at
                && later.entry.exchange == intention.entry.exchange
                && later.entry.outcome != Outcome::Intended
        };
        Ok(self.after(intention.sequence, 1000)?.iter().any(same))
    }

    /// Destroys the keys and the files of the periods that the catalogue forgot.
    fn destroy_forgotten(&self) -> Result<(), JournalError> {
        // No period is begun meanwhile: its key is made before it is listed.
        let _writer = lock(&self.writer);
        let mut keys = lock(&self.keys);
        let listed = self.catalogue.periods()?;
        let forgotten: Vec<u64> = keys
            .numbers()
            .filter(|number| !listed.iter().any(|period| period.number == *number))
            .collect();
        if forgotten.is_empty() {
            return Ok(());
        }
        keys.destroy(&forgotten)?;
        fault("before the files")?;
        forgotten.iter().try_for_each(|number| destroy_file(&self.dir, *number))
    }
}

/// What an anchor is signed with, and what it says besides where it cuts.
struct Signing<'a> {
    pair: &'a Ed25519KeyPair,
    at_end: AtEnd,
    at: Timestamp,
    counts: Option<&'a [u8]>,
}

/// The time said of traces of which none could be read.
fn at_none() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// A place where a test cuts a pruning: an error, as a disk gives one.
#[cfg(not(test))]
#[inline]
pub(crate) fn fault(_: &'static str) -> Result<(), JournalError> {
    Ok(())
}

#[cfg(test)]
pub(crate) use tests::fault;

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
