//! What can be wrong with a journal, and where.

use crate::entry::Sequence;

/// Something wrong, and where. The first in the journal's order is told; what is behind it may be wrong too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// This trace is not what was written, or the one just before it was rewritten together with its hash.
    Altered {
        /// Where.
        at: Sequence,
    },
    /// These traces were removed.
    Missing {
        /// The first.
        first: Sequence,
        /// The last.
        last: Sequence,
    },
    /// A trace that was never written there was put in; those behind it may bear other numbers than their own.
    Inserted {
        /// Where.
        at: Sequence,
    },
    /// What is searched of this trace (its labels, its month's tallies) is not what it says.
    Mislabelled {
        /// The first trace concerned, or the first of its period where it cannot be said of one trace.
        at: Sequence,
    },
    /// The end of the journal was cut: the head or a seal is beyond.
    Truncated {
        /// The last trace that is there.
        after: Sequence,
        /// The last one that is known to have been.
        until: Sequence,
    },
    /// This file is not the one that was written last: another journal's, another month's, or an older copy of itself.
    Replaced {
        /// The period's number; 0 for the catalogue.
        period: u64,
        /// The first trace that it should hold; 0 for the catalogue.
        first: Sequence,
    },
    /// The traces hold together, and are not those that were sealed.
    Rewritten {
        /// The last trace that a seal vouches for; the anchor's, or 0, when none does.
        after: Sequence,
        /// The seal that does not hold any more.
        until: Sequence,
    },
    /// A seal was not made by this journal, or one was taken away before it.
    SealForged {
        /// The trace that it claims to seal.
        at: Sequence,
    },
    /// What should account for pruned traces was not made by this journal.
    AnchorForged {
        /// The last pruned trace that it claims.
        at: Sequence,
    },
    /// A file cannot be read beyond this trace.
    Unreadable {
        /// The period's number; 0 for the catalogue.
        period: u64,
        /// The last trace that could be read before; 0 when none could.
        after: Sequence,
    },
    /// The key that signs is not the one that this journal was begun with.
    KeyChanged,
}

impl Problem {
    /// The word that stands for it outside this program; it never changes.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Altered { .. } => "altered",
            Self::Missing { .. } => "missing",
            Self::Inserted { .. } => "inserted",
            Self::Mislabelled { .. } => "mislabelled",
            Self::Truncated { .. } => "truncated",
            Self::Replaced { .. } => "replaced",
            Self::Rewritten { .. } => "rewritten",
            Self::SealForged { .. } => "sealForged",
            Self::AnchorForged { .. } => "anchorForged",
            Self::Unreadable { .. } => "unreadable",
            Self::KeyChanged => "keyChanged",
        }
    }

    /// Where it begins: the first trace concerned, none where the place is no trace.
    #[must_use]
    pub fn from(&self) -> Option<Sequence> {
        let after = |sequence: &Sequence| Sequence(sequence.0.saturating_add(1));
        match self {
            Self::Altered { at }
            | Self::Inserted { at }
            | Self::Mislabelled { at }
            | Self::SealForged { at }
            | Self::AnchorForged { at } => Some(*at),
            Self::Missing { first, .. } => Some(*first),
            Self::Truncated { after: last, .. } | Self::Rewritten { after: last, .. } => Some(after(last)),
            Self::Replaced { first, .. } => (first.0 > 0).then_some(*first),
            Self::Unreadable { period, after: last } => (*period > 0).then(|| after(last)),
            Self::KeyChanged => None,
        }
    }

    /// Where it ends, when that is known: the last trace concerned.
    #[must_use]
    pub fn until(&self) -> Option<Sequence> {
        match self {
            Self::Altered { at }
            | Self::Inserted { at }
            | Self::Mislabelled { at }
            | Self::SealForged { at }
            | Self::AnchorForged { at } => Some(*at),
            Self::Missing { last, .. } => Some(*last),
            Self::Truncated { until, .. } | Self::Rewritten { until, .. } => Some(*until),
            Self::Replaced { .. } | Self::Unreadable { .. } | Self::KeyChanged => None,
        }
    }
}
