//! Texts fit for a trace (SC.MSS/CONF.18: never content). A subject or a patient's name is a `String` made while the program
//! runs: none of the ways to make a [`Wording`] takes one, so that writing it into a trace does not compile.

use std::net::{IpAddr, SocketAddr};

use crate::{Address, BalKind, Domain, MessageId, ModSeq, NationalId, Uid, UidSet, UidValidity};

/// One line of at most 500 octets without control characters, composed of this program's own words, numbers and the
/// field's terms. What is longer is cut.
///
/// ```
/// use pli_terms::{UidSet, Wording};
/// let verb = Wording::fixed("UID STORE").and(12_u64).and("+FLAGS.SILENT");
/// assert_eq!(verb.as_str(), "UID STORE 12 +FLAGS.SILENT");
/// ```
///
/// Text that came from elsewhere is no part of one:
///
/// ```compile_fail
/// let subject = String::from("Résultats de Mme Dupont");
/// let _ = pli_terms::Wording::fixed("APPEND").and(subject.as_str());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Wording(String);

impl Wording {
    /// The most octets one holds.
    pub const LIMIT: usize = 500;

    /// No words.
    #[must_use]
    pub const fn empty() -> Self {
        Self(String::new())
    }

    /// Words of this program's own source.
    #[must_use]
    pub fn fixed(text: &'static str) -> Self {
        Self::line(text)
    }

    /// These words, a space, and this part.
    #[must_use]
    pub fn and(self, part: impl Part) -> Self {
        let mut text = self.0;
        if !text.is_empty() {
            text.push(' ');
        }
        part.write(&mut text);
        Self::line(&text)
    }

    /// These words and this part, with nothing between.
    #[must_use]
    pub fn then(self, part: impl Part) -> Self {
        let mut text = self.0;
        part.write(&mut text);
        Self::line(&text)
    }

    /// A fact that a trace must name in somebody else's words: the workstation's system and host, a server's name, the
    /// author's own name as their identity provider gives it. Never anything of a message: the places that may call this
    /// are listed, and checked, in the tree's own rules.
    #[must_use]
    pub fn fact(text: &str) -> Self {
        Self::line(text)
    }

    /// What a trace kept, read back; `None` for what no wording could have been.
    #[must_use]
    pub fn stored(text: &str) -> Option<Self> {
        let wording = Self::line(text);
        (wording.0 == text).then_some(wording)
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn line(text: &str) -> Self {
        let mut end = text.len().min(Self::LIMIT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        // A control character of two octets (U+0080…) becomes one: never longer.
        let line: String = text[..end]
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Self(line.trim().to_owned())
    }
}

impl std::fmt::Display for Wording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a [`Wording`] may be composed of.
pub trait Part: sealed::Part {}

impl<T: sealed::Part> Part for T {}

pub(crate) mod sealed {
    /// Keeps the list of parts in this crate.
    pub trait Part {
        /// Adds itself to the words.
        fn write(&self, out: &mut String);
    }
}

impl sealed::Part for &'static str {
    fn write(&self, out: &mut String) {
        out.push_str(self);
    }
}

macro_rules! displayed {
    ($($part:ty),+ $(,)?) => {
        $(impl sealed::Part for $part {
            fn write(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }
        })+
    };
}

displayed!(
    u16,
    u32,
    u64,
    usize,
    i64,
    BalKind,
    Uid,
    UidValidity,
    ModSeq,
    IpAddr,
    SocketAddr,
    &UidSet,
    &Address,
    &Domain,
    &MessageId,
    &NationalId,
    &Wording,
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wording_is_one_short_line_and_comes_back(text in "(?s).{0,700}") {
            let wording = Wording::fact(&text);
            prop_assert!(wording.as_str().len() <= Wording::LIMIT);
            prop_assert!(!wording.as_str().contains(char::is_control));
            prop_assert_eq!(Wording::stored(wording.as_str()), Some(wording));
        }
    }

    #[test]
    fn parts_stand_in_order() {
        let uids = UidSet::from_iter([Uid::new(3), Uid::new(4)].into_iter().flatten());
        let words = Wording::fixed("UID MOVE").and(&uids).and("->").then(7_u64);
        assert_eq!(words.as_str(), "UID MOVE 3:4 ->7");
        assert_eq!(Wording::empty().and("NOOP").as_str(), "NOOP");
        assert_eq!(Wording::stored("two\nlines"), None);
    }
}
