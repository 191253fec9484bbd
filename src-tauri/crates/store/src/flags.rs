//! IMAP flags (RFC 9051 §2.3.2) as bits, and other keywords as words.

use crate::word_set::word_set;

word_set! {
    /// A set of the flags that Pli gives a meaning to.
    Flags {
        /// `\Seen`.
        SEEN = 1, "\\Seen";
        /// `\Answered`.
        ANSWERED = 2, "\\Answered";
        /// `\Flagged`.
        FLAGGED = 4, "\\Flagged";
        /// `\Deleted`.
        DELETED = 8, "\\Deleted";
        /// `\Draft`.
        DRAFT = 16, "\\Draft";
        /// `$Forwarded`.
        FORWARDED = 32, "$Forwarded";
        /// `$MDNSent` (RFC 3503).
        MDN_SENT = 64, "$MDNSent";
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
