//! What is searched of a period's traces, small enough to be kept in memory: their kinds, times and parties.
//!
//! Traces come in chunks of [`CHUNK`] and a tail. A chunk is summed up (from when to when, how many of each kind), so that
//! most of them are never unpacked.
//!
//! Packed, a chunk's traces follow one another by sequence, each as four variable-length numbers (7 bits an octet, the
//! lowest first): how far the sequence is from the one before (from `first` for the first), how far the time is from the
//! one before (zigzag, from 0), the kind, the party. Its counts are pairs of such numbers: kind, count, by kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::entry::{Action, Author, Bal, Entry, Outcome};

/// How many traces a chunk holds.
pub(crate) const CHUNK: usize = 4096;

/// Ids of kinds and parties beyond this are no work of this program.
const IDS: i64 = 1 << 24;

/// What a filter tells traces apart by, but time and correspondents.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// Lower case; empty for none.
    pub(crate) bal: String,
    /// The national id; empty for none.
    pub(crate) author: String,
    pub(crate) action: Action,
    pub(crate) class: Class,
}

/// What came of it, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Done,
    Refused,
    Failed,
    Intended,
}

impl Class {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done { .. } => Self::Done,
            Outcome::Refused { .. } => Self::Refused,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Intended => Self::Intended,
        }
    }

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Failed => 2,
            Self::Intended => 3,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        [Self::Done, Self::Refused, Self::Failed, Self::Intended]
            .into_iter()
            .find(|class| class.number() == number)
    }

    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Refused | Self::Failed)
    }
}

impl Kind {
    /// The kind of an entry.
    pub(crate) fn of(entry: &Entry) -> Self {
        let author = entry.author.as_ref().and_then(|author| author.national_id.as_ref());
        Self {
            bal: entry
                .bal
                .as_ref()
                .map(|bal| bal.address.as_str().to_lowercase())
                .unwrap_or_default(),
            author: author.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            action: entry.action,
            class: Class::of(&entry.outcome),
        }
    }
}

/// The addresses of an entry as the table of parties has them; empty for none.
pub(crate) fn party(entry: &Entry) -> String {
    let addresses = entry.sender.iter().chain(entry.recipients.iter().take(1000));
    let mut addresses: Vec<String> = addresses.map(|address| address.as_str().to_lowercase()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.join("\n")
}

/// What is searched of one trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) at: i64,
    pub(crate) sequence: u64,
    /// 0 for a trace that could not be read when it was taken over: no filter keeps it.
    pub(crate) kind: u32,
    /// 0 for no address.
    pub(crate) party: u32,
}

impl Row {
    /// Where it stands among others: by time, then by sequence.
    pub(crate) fn place(&self) -> (i64, u64) {
        (self.at, self.sequence)
    }
}

/// A chunk summed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) min_at: i64,
    pub(crate) max_at: i64,
    /// How many of each kind.
    pub(crate) counts: Vec<(u32, u32)>,
}

impl Summary {
    /// Sums up traces that follow one another; none for no trace.
    pub(crate) fn of(rows: &[Row]) -> Option<Self> {
        let mut counts = BTreeMap::new();
        let (mut min_at, mut max_at) = (i64::MAX, i64::MIN);
        for row in rows {
            *counts.entry(row.kind).or_insert(0u32) += 1;
            (min_at, max_at) = (min_at.min(row.at), max_at.max(row.at));
        }
        Some(Self {
            first: rows.first()?.sequence,
            last: rows.last()?.sequence,
            min_at,
            max_at,
            counts: counts.into_iter().collect(),
        })
    }

    /// The counts, packed.
    pub(crate) fn packed_counts(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.counts.len() * 3);
        for (kind, count) in &self.counts {
            number(&mut out, u64::from(*kind));
            number(&mut out, u64::from(*count));
        }
        out
    }

    /// Counts, unpacked; `None` for anything that is not such a list.
    pub(crate) fn unpacked_counts(mut octets: &[u8]) -> Option<Vec<(u32, u32)>> {
        let mut counts = Vec::new();
        while !octets.is_empty() {
            let kind = u32::try_from(take(&mut octets)?).ok()?;
            counts.push((kind, u32::try_from(take(&mut octets)?).ok()?));
        }
        Some(counts)
    }
}

/// Traces that follow one another, packed.
pub(crate) fn pack(rows: &[Row]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * 7);
    let (mut sequence, mut at) = (rows.first().map_or(0, |row| row.sequence), 0i64);
    for row in rows {
        number(&mut out, row.sequence.saturating_sub(sequence));
        let step = row.at.wrapping_sub(at);
        number(&mut out, ((step << 1) ^ (step >> 63)).cast_unsigned());
        number(&mut out, u64::from(row.kind));
        number(&mut out, u64::from(row.party));
        (sequence, at) = (row.sequence, row.at);
    }
    out
}

/// Packed traces, unpacked, by sequence; `None` for anything that is not such a list, or holds more than a chunk may.
pub(crate) fn unpack(mut octets: &[u8], first: u64) -> Option<Vec<Row>> {
    let mut rows = Vec::with_capacity(CHUNK);
    let (mut sequence, mut at) = (first, 0i64);
    while !octets.is_empty() {
        if rows.len() == CHUNK {
            return None;
        }
        sequence = sequence.checked_add(take(&mut octets)?)?;
        let step = take(&mut octets)?;
        at = at.wrapping_add((step >> 1).cast_signed() ^ -(step & 1).cast_signed());
        rows.push(Row {
            at,
            sequence,
            kind: u32::try_from(take(&mut octets)?).ok()?,
            party: u32::try_from(take(&mut octets)?).ok()?,
        });
    }
    Some(rows)
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (octet, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// An id as the database has it.
pub(crate) fn id(number: i64) -> Option<u32> {
    (0..IDS).contains(&number).then_some(number as u32)
}

/// A period's index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// By id; none where there is none.
    pub(crate) kinds: Arc<Vec<Option<Kind>>>,
    pub(crate) authors: Arc<Vec<Author>>,
    pub(crate) bals: Arc<Vec<Bal>>,
    pub(crate) chunks: Arc<Vec<Arc<Summary>>>,
    /// The traces after the last chunk, by sequence.
    pub(crate) tail: Vec<Row>,
}

impl Index {
    /// Adds a kind.
    pub(crate) fn learn(&mut self, id: u32, kind: Kind) {
        let kinds = Arc::make_mut(&mut self.kinds);
        if kinds.len() <= id as usize {
            kinds.resize(id as usize + 1, None);
        }
        if let Some(place) = kinds.get_mut(id as usize) {
            *place = Some(kind);
        }
    }

    /// The times between which the traces are.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let tail = Summary::of(&self.tail);
        let spans = self.chunks.iter().map(AsRef::as_ref).chain(tail.as_ref());
        spans
            .map(|chunk| (chunk.min_at, chunk.max_at))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_chunk_comes_back(
            rows in proptest::collection::vec((any::<i64>(), 0u64..9, 0u32..70_000, 0u32..70_000), 0..300),
            first in 0u64..1 << 40,
        ) {
            let mut sequence = first;
            let rows: Vec<Row> = rows
                .into_iter()
                .enumerate()
                .map(|(n, (at, step, kind, party))| {
                    sequence += if n == 0 { 0 } else { step };
                    Row { at, sequence, kind, party }
                })
                .collect();
            prop_assert_eq!(unpack(&pack(&rows), first), Some(rows.clone()));
            if let Some(summary) = Summary::of(&rows) {
                prop_assert_eq!(Summary::unpacked_counts(&summary.packed_counts()), Some(summary.counts));
            }
        }

        #[test]
        fn any_octets_are_refused_or_read(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Summary::unpacked_counts(&octets);
            if let Some(rows) = unpack(&octets, 1) {
                prop_assert!(rows.len() <= CHUNK);
            }
        }
    }
}
