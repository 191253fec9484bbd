//! What anonymisation leaves of the traces it destroys: how many of each kind there were in each month. No person, no
//! address, no message.

use ring::digest::{Context, SHA256};

use crate::entry::Action;
use crate::period_index::Class;
use crate::seal::finish;

/// How an action ended, as far as a count says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    /// It was done.
    Done,
    /// The server refused.
    Refused,
    /// It failed without an answer.
    Failed,
    /// It was about to be asked.
    Intended,
}

impl Ending {
    /// Every ending, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Done, Self::Refused, Self::Failed, Self::Intended];

    pub(crate) fn from_class(class: Class) -> Self {
        match class {
            Class::Done => Self::Done,
            Class::Refused => Self::Refused,
            Class::Failed => Self::Failed,
            Class::Intended => Self::Intended,
        }
    }

    /// Its number, 0 to 3; it never changes.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The ending of this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// How many traces of a kind there were in a month, before their destruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonthCount {
    /// The year (UTC).
    pub year: i16,
    /// The month (UTC), 1 to 12.
    pub month: i8,
    /// The action.
    pub action: Action,
    /// How it ended.
    pub ending: Ending,
    /// How many; at least 1.
    pub count: u64,
}

const COUNTS: &[u8] = b"pli-trace counts 1\0";

/// The counts of one pruning as they are signed and kept, in their natural order.
pub(crate) fn octets(journal: &[u8; 16], counts: &[MonthCount]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + counts.len() * 32);
    out.extend_from_slice(COUNTS);
    out.extend_from_slice(journal);
    for row in counts {
        let action = row.action.as_str();
        out.extend_from_slice(&row.year.to_le_bytes());
        out.extend_from_slice(&row.month.to_le_bytes());
        out.push(u8::try_from(action.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(action.as_bytes());
        out.push(row.ending.number());
        out.extend_from_slice(&row.count.to_le_bytes());
    }
    out
}

/// What was kept, read back; `None` for what is none of this journal's.
pub(crate) fn read(journal: &[u8; 16], octets: &[u8]) -> Option<Vec<MonthCount>> {
    let mut rest = octets.strip_prefix(COUNTS)?.strip_prefix(journal.as_slice())?;
    let mut counts = Vec::new();
    while !rest.is_empty() {
        let (year, after) = rest.split_first_chunk::<2>()?;
        let ([month], after) = after.split_first_chunk::<1>()?;
        let ([length], after) = after.split_first_chunk::<1>()?;
        let (action, after) = after.split_at_checked(usize::from(*length))?;
        let ([ending], after) = after.split_first_chunk::<1>()?;
        let (count, after) = after.split_first_chunk::<8>()?;
        counts.push(MonthCount {
            year: i16::from_le_bytes(*year),
            month: i8::from_le_bytes([*month]),
            action: Action::from_word(std::str::from_utf8(action).ok()?)?,
            ending: Ending::from_number(*ending)?,
            count: u64::from_le_bytes(*count),
        });
        rest = after;
    }
    Some(counts)
}

/// The digest of these octets, which the anchor signs.
pub(crate) fn digest(octets: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(octets);
    finish(context)
}
