//! Verification: the whole chain is walked, and the first place where it does not hold is named.
//!
//! What it shows without a seal: any record altered, removed, inserted, renumbered or out of place, a searched column
//! that no longer says what its record does, a tail that does not match the head. What it cannot show: a tail cut
//! together with the head, or a journal rewritten from some record on, by somebody who holds the key.

use crate::canonical;
use crate::entry::Sequence;
use crate::error::JournalError;
use crate::journal::{Journal, Searched, chain, read_head};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many traces were found sound, from the first on.
    pub sound: u64,
    /// The first trace that should be there: 1, or the first after what was pruned.
    pub first: Sequence,
    /// The last trace that should be there; 0 when the journal is empty.
    pub last: Sequence,
    /// The first thing that is wrong; none when all is sound.
    pub problem: Option<Problem>,
}

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// These traces are missing.
    Missing {
        /// The first.
        first: Sequence,
        /// The last.
        last: Sequence,
    },
    /// This trace is not what was written, or the one before it was rewritten together with its hash.
    Altered {
        /// Where.
        at: Sequence,
    },
    /// What is searched of this trace is not what it says.
    Mislabelled {
        /// Where.
        at: Sequence,
    },
    /// This trace stands after the last one or before the first one that was written.
    Unexpected {
        /// Where.
        at: Sequence,
    },
    /// All traces hold together, and the head says that the last one was another.
    Head {
        /// The last trace.
        at: Sequence,
    },
    /// The file cannot be read beyond this trace.
    Unreadable {
        /// The last trace that could be read; 0 when none could.
        after: Sequence,
    },
}

impl Journal {
    /// Walks the whole chain.
    ///
    /// # Errors
    /// When the disk refuses. Damage is no error: it is what [`Verification::problem`] says.
    pub fn verify(&self) -> Result<Verification, JournalError> {
        let mut state = Verification {
            sound: 0,
            first: Sequence(1),
            last: Sequence(0),
            problem: None,
        };
        let walked = self.read("verifying the journal", |tx| {
            let head = read_head(tx)?;
            let (anchor, mut hash) = tx.query_row(
                "SELECT anchor_sequence, anchor_hash FROM journal WHERE id = 1",
                [],
                |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, [u8; 32]>(1)?)),
            )?;
            state.first = Sequence(anchor + 1);
            state.last = Sequence(head.sequence);
            let mut statement = tx.prepare(
                "SELECT sequence, canonical, hash, at, bal, author, action, failed, message_id, mail
                 FROM record ORDER BY sequence",
            )?;
            let mut rows = statement.query([])?;
            let mut expected = anchor + 1;
            while let Some(row) = rows.next()? {
                let number: i64 = row.get(0)?;
                let here = u64::try_from(number).unwrap_or(0);
                if here < expected || here > head.sequence {
                    return Ok(Some(Problem::Unexpected { at: Sequence(here) }));
                }
                if here > expected {
                    return Ok(Some(Problem::Missing {
                        first: Sequence(expected),
                        last: Sequence(here - 1),
                    }));
                }
                let at = Sequence(here);
                let (Ok(octets), Ok(kept)) = (row.get_ref(1)?.as_blob(), row.get::<_, [u8; 32]>(2)) else {
                    return Ok(Some(Problem::Altered { at }));
                };
                hash = chain(&hash, octets);
                let read = canonical::read(octets).filter(|read| read.sequence == at && hash == kept);
                let Some(canonical::Read { entry, .. }) = read else {
                    return Ok(Some(Problem::Altered { at }));
                };
                let text = |index| row.get_ref(index).ok().and_then(|v| v.as_str().ok());
                let searched = Searched::of(&entry);
                let same = row.get::<_, i64>(3)? == searched.at
                    && text(4) == Some(searched.bal.as_str())
                    && text(5) == Some(searched.author.as_str())
                    && text(6) == Some(searched.action)
                    && row.get::<_, i64>(7)? == i64::from(searched.failed)
                    && text(8) == Some(searched.message_id.as_str())
                    && text(9) == Some(searched.mail.as_str());
                if !same {
                    return Ok(Some(Problem::Mislabelled { at }));
                }
                state.sound += 1;
                expected += 1;
            }
            if expected <= head.sequence {
                return Ok(Some(Problem::Missing {
                    first: Sequence(expected),
                    last: Sequence(head.sequence),
                }));
            }
            Ok((hash != head.hash).then_some(Problem::Head {
                at: Sequence(head.sequence),
            }))
        });
        match walked {
            Ok(problem) => state.problem = problem,
            Err(error) if error.is_damage() => {
                state.problem = Some(Problem::Unreadable {
                    after: Sequence(state.first.0 - 1 + state.sound),
                });
            }
            Err(error) => return Err(error),
        }
        Ok(state)
    }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets
        .iter()
        .fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
            let _ = write!(text, "{octet:02x}");
            text
        })
}
