//! Anchors: what a pruning leaves of what it destroyed, signed, so that the rest of the chain still verifies and the hole
//! before it is accounted for.

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use ring::signature::Ed25519KeyPair;

use crate::entry::Sequence;
use crate::seal::{finish, sign, verifies};

const ANCHOR: &[u8] = b"pli-trace anchor 1\0";

/// What becomes of traces whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtEnd {
    /// They are destroyed; nothing but their number is left.
    #[default]
    Destroy,
    /// They are destroyed; their counts per month, action and ending are left.
    Anonymise,
}

impl AtEnd {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Destroy => 0,
            Self::Anonymise => 1,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Destroy),
            1 => Some(Self::Anonymise),
            _ => None,
        }
    }
}

/// One pruning: these traces were there, and were destroyed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The first trace destroyed.
    pub first: Sequence,
    /// The last one; the chain goes on after it.
    pub last: Sequence,
    /// The hash of the last one.
    pub hash: [u8; 32],
    /// The earliest time among them.
    pub first_at: Timestamp,
    /// The latest time among them.
    pub last_at: Timestamp,
    /// When they were destroyed.
    pub at: Timestamp,
    /// What was left of them.
    pub at_end: AtEnd,
    /// The digest of the counts left; zeros when none were.
    pub statistics: [u8; 32],
    /// The digest of the last seal that covered destroyed traces only, which the first seal kept names; zeros when there
    /// was none.
    pub folded: [u8; 32],
    /// The digest of the anchor before; zeros for the first.
    pub previous: [u8; 32],
    /// Ed25519 over the tag, the journal's id and all of the above.
    pub signature: [u8; 64],
}

impl Anchor {
    /// How many traces were destroyed.
    #[must_use]
    pub fn count(&self) -> u64 {
        (self.last.0 + 1).saturating_sub(self.first.0)
    }

    /// This anchor, signed.
    pub(crate) fn signed(mut self, pair: &Ed25519KeyPair, journal: &[u8; 16]) -> Self {
        self.signature = sign(pair, &self.octets(journal));
        self
    }

    /// Whether this key signed it for this journal.
    pub(crate) fn is_signed(&self, public: &[u8; 32], journal: &[u8; 16]) -> bool {
        verifies(public, &self.octets(journal), &self.signature)
    }

    /// What the next anchor names it by.
    pub(crate) fn digest(&self, journal: &[u8; 16]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(&self.octets(journal));
        context.update(&self.signature);
        finish(context)
    }

    /// What is signed, and kept.
    pub(crate) fn octets(&self, journal: &[u8; 16]) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(ANCHOR);
        out.extend_from_slice(journal);
        out.extend_from_slice(&self.first.0.to_le_bytes());
        out.extend_from_slice(&self.last.0.to_le_bytes());
        out.extend_from_slice(&self.hash);
        for time in [self.first_at, self.last_at, self.at] {
            out.extend_from_slice(&time.as_millisecond().to_le_bytes());
        }
        out.push(self.at_end.number());
        out.extend_from_slice(&self.statistics);
        out.extend_from_slice(&self.folded);
        out.extend_from_slice(&self.previous);
        out
    }

    /// What was kept, read back; `None` for what is no anchor of this journal, signed or not.
    pub(crate) fn read(journal: &[u8; 16], octets: &[u8], signature: &[u8]) -> Option<Self> {
        let rest = octets.strip_prefix(ANCHOR)?.strip_prefix(journal.as_slice())?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (last, rest) = rest.split_first_chunk::<8>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let (first_at, rest) = rest.split_first_chunk::<8>()?;
        let (last_at, rest) = rest.split_first_chunk::<8>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (at_end, rest) = rest.split_first()?;
        let (statistics, rest) = rest.split_first_chunk::<32>()?;
        let (folded, previous) = rest.split_first_chunk::<32>()?;
        let time = |octets: &[u8; 8]| Timestamp::from_millisecond(i64::from_le_bytes(*octets)).ok();
        Some(Self {
            first: Sequence(u64::from_le_bytes(*first)),
            last: Sequence(u64::from_le_bytes(*last)),
            hash: *hash,
            first_at: time(first_at)?,
            last_at: time(last_at)?,
            at: time(at)?,
            at_end: AtEnd::from_number(*at_end)?,
            statistics: *statistics,
            folded: *folded,
            previous: previous.try_into().ok()?,
            signature: signature.try_into().ok()?,
        })
    }
}
