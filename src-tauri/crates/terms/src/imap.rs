//! The numbers of IMAP (RFC 9051 §2.3.1, RFC 7162): never interchangeable, never zero.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// A message's UID within one mailbox and one [`UidValidity`]: 1 to 2³²−1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Uid(NonZeroU32);

/// A mailbox's UIDVALIDITY: another value means that every UID known before is void. 1 to 2³²−1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UidValidity(NonZeroU32);

/// A mod-sequence of CONDSTORE: 63 bits, grows with each change of the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModSeq(u64);

impl Uid {
    /// `None` for 0, which is no UID.
    #[must_use]
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }

    /// The number as IMAP writes it.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl UidValidity {
    /// `None` for 0, which some servers send and which is no UIDVALIDITY.
    #[must_use]
    pub fn new(value: u32) -> Option<Self> {
        NonZeroU32::new(value).map(Self)
    }

    /// The number as IMAP writes it.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl ModSeq {
    /// `None` for 0 (the server keeps no mod-sequences) and above 63 bits.
    #[must_use]
    pub fn new(value: u64) -> Option<Self> {
        (value > 0 && value <= i64::MAX as u64).then_some(Self(value))
    }

    /// The number as IMAP writes it.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Uid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for UidValidity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for ModSeq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A set of UIDs as IMAP writes it (`3,5:9`), ascending: a server was seen to refuse `9:5`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UidSet(Vec<(u32, u32)>);

impl UidSet {
    /// The ranges, ascending, disjoint, both ends included.
    #[must_use]
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// The set of all the UIDs within `ranges` (both ends included, in either order), without listing them one by one.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (Uid, Uid)>) -> Self {
        let mut pairs: Vec<(u32, u32)> = ranges
            .into_iter()
            .map(|(a, b)| (a.min(b).get(), a.max(b).get()))
            .collect();
        pairs.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (start, end) in pairs {
            match merged.last_mut() {
                Some((_, last)) if start <= last.saturating_add(1) => *last = (*last).max(end),
                _ => merged.push((start, end)),
            }
        }
        Self(merged)
    }

    /// Whether the set holds this UID.
    #[must_use]
    pub fn contains(&self, uid: Uid) -> bool {
        let after = self.0.partition_point(|&(start, _)| start <= uid.get());
        after > 0 && self.0[after - 1].1 >= uid.get()
    }

    /// How many UIDs the set holds.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|(a, b)| u64::from(b - a) + 1).sum()
    }

    /// Whether it holds none: such a set must not be written into a command.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Cuts the set into pieces of at most `count` UIDs whose text stays within `octets` (RFC 2683 §3.2.1.5 advises
    /// command lines of 1,000 octets at most).
    #[must_use]
    pub fn batches(&self, count: usize, octets: usize) -> Vec<UidSet> {
        let mut pieces = Vec::new();
        let mut piece = UidSet::default();
        let (mut left, mut text) = (count.max(1) as u64, 0);
        for &(start, end) in &self.0 {
            let mut from = start;
            loop {
                let room = text + 22 <= octets || piece.is_empty();
                if left == 0 || !room {
                    pieces.push(std::mem::take(&mut piece));
                    (left, text) = (count.max(1) as u64, 0);
                }
                let last = u64::from(end).min(u64::from(from) + left - 1) as u32;
                piece.0.push((from, last));
                left -= u64::from(last - from) + 1;
                text += 22;
                if last == end {
                    break;
                }
                from = last + 1;
            }
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
        pieces
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut values: Vec<u32> = uids.into_iter().map(Uid::get).collect();
        values.sort_unstable();
        values.dedup();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for value in values {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == value => *end = value,
                _ => ranges.push((value, value)),
            }
        }
        Self(ranges)
    }
}

impl std::fmt::Display for UidSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (start, end)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if start == end {
                write!(f, "{start}")?;
            } else {
                write!(f, "{start}:{end}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn expand(set: &UidSet) -> Vec<u32> {
        set.ranges().iter().flat_map(|&(a, b)| a..=b).collect()
    }

    #[test]
    fn a_set_is_written_ascending_with_ranges() {
        let set: UidSet = [9, 3, 5, 6, 7, 3].into_iter().filter_map(Uid::new).collect();
        assert_eq!(set.to_string(), "3,5:7,9");
        assert_eq!(set.len(), 5);
    }

    #[test]
    fn ranges_are_merged_and_never_listed_one_by_one() {
        let uid = |value| Uid::new(value).unwrap();
        let all = UidSet::from_ranges([
            (uid(9), uid(5)),
            (uid(1), uid(4)),
            (uid(20), uid(u32::MAX)),
            (uid(7), uid(8)),
        ]);
        assert_eq!(all.to_string(), "1:9,20:4294967295");
        assert!(all.contains(uid(9)) && !all.contains(uid(10)) && all.contains(uid(u32::MAX)));
        assert!(!UidSet::default().contains(uid(1)));
    }

    proptest! {
        #[test]
        fn batches_hold_the_same_uids_and_keep_their_bounds(
            values in proptest::collection::btree_set(1u32..5000, 0..400), count in 1usize..300, octets in 30usize..1000,
        ) {
            let set: UidSet = values.iter().copied().filter_map(Uid::new).collect();
            let batches = set.batches(count, octets);
            let all: Vec<u32> = batches.iter().flat_map(expand).collect();
            prop_assert_eq!(all.iter().copied().collect::<BTreeSet<_>>(), values);
            prop_assert_eq!(all.len() as u64, set.len());
            for batch in &batches {
                prop_assert!(batch.len() <= count as u64 && !batch.is_empty());
                prop_assert!(batch.to_string().len() <= octets.max(22));
            }
        }
    }
}
