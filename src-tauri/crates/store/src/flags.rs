//! IMAP flags (RFC 9051 §2.3.2) as bits, and other keywords as words.

use serde::{Deserialize, Serialize};

/// A set of the flags that Pli gives a meaning to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(u32);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// `\Seen`.
    pub const SEEN: Self = Self(1);
    /// `\Answered`.
    pub const ANSWERED: Self = Self(2);
    /// `\Flagged`.
    pub const FLAGGED: Self = Self(4);
    /// `\Deleted`.
    pub const DELETED: Self = Self(8);
    /// `\Draft`.
    pub const DRAFT: Self = Self(16);
    /// `$Forwarded`.
    pub const FORWARDED: Self = Self(32);
    /// `$MDNSent` (RFC 3503).
    pub const MDN_SENT: Self = Self(64);

    const NAMES: [(Self, &'static str); 7] = [
        (Self::SEEN, "\\Seen"),
        (Self::ANSWERED, "\\Answered"),
        (Self::FLAGGED, "\\Flagged"),
        (Self::DELETED, "\\Deleted"),
        (Self::DRAFT, "\\Draft"),
        (Self::FORWARDED, "$Forwarded"),
        (Self::MDN_SENT, "$MDNSent"),
    ];

    /// The set made of these bits; bits without a meaning are dropped.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & 127)
    }

    /// The bits, as stored.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The flag that the server writes so, in any case; `None` for another keyword.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(flag, _)| *flag)
    }

    /// The names, as IMAP writes them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| *name)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set with `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

/// Keywords as one column: atoms hold no space, so a space separates them.
pub(crate) fn join_keywords(keywords: &[String]) -> String {
    let mut words: Vec<&str> = keywords
        .iter()
        .map(String::as_str)
        .filter(|w| !w.is_empty() && !w.contains(char::is_whitespace))
        .collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

pub(crate) fn split_keywords(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_and_go() {
        let set = Flags::SEEN | Flags::MDN_SENT;
        assert_eq!(set.names().collect::<Vec<_>>(), ["\\Seen", "$MDNSent"]);
        assert_eq!(Flags::from_name("\\seen"), Some(Flags::SEEN));
        assert_eq!(Flags::from_name("$Junk"), None);
        assert_eq!(set.without(Flags::SEEN), Flags::MDN_SENT);
        assert_eq!(Flags::from_bits(u32::MAX).bits(), 127);
    }

    #[test]
    fn keywords_are_a_set_of_atoms() {
        let words = ["b".to_owned(), "a".into(), "b".into(), "c d".into(), String::new()];
        assert_eq!(split_keywords(&join_keywords(&words)), ["a", "b"]);
    }
}
