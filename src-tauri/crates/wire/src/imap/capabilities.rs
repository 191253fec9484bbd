//! What an IMAP server offers.

use std::collections::BTreeSet;

/// The capabilities of a connection, in upper case. At most 200 are kept, of 100 octets at most each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities(BTreeSet<String>);

impl Capabilities {
    /// Reads the words after `CAPABILITY`.
    #[must_use]
    pub fn read(words: &str) -> Self {
        Self::collect(words.split_ascii_whitespace())
    }

    pub(super) fn collect<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let fits = |word: &&str| !word.is_empty() && word.len() <= 100 && word.bytes().all(|b| b.is_ascii_graphic());
        Self(
            words
                .into_iter()
                .filter(fits)
                .map(str::to_ascii_uppercase)
                .take(200)
                .collect(),
        )
    }

    /// Whether the server offers this, in any case.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name.to_ascii_uppercase())
    }

    /// Whether the server offers this SASL mechanism.
    #[must_use]
    pub fn has_mechanism(&self, name: &str) -> bool {
        self.has(&format!("AUTH={name}"))
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// News without asking (RFC 2177).
    #[must_use]
    pub fn idle(&self) -> bool {
        self.has("IDLE")
    }

    /// `MOVE` (RFC 6851).
    #[must_use]
    pub fn can_move(&self) -> bool {
        self.has("MOVE")
    }

    /// `UID EXPUNGE`, and the UIDs of what was appended or copied (RFC 4315).
    #[must_use]
    pub fn uidplus(&self) -> bool {
        self.has("UIDPLUS")
    }

    /// Mod-sequences (RFC 7162).
    #[must_use]
    pub fn condstore(&self) -> bool {
        self.has("CONDSTORE") || self.has("QRESYNC")
    }

    /// Quick resynchronisation (RFC 7162).
    #[must_use]
    pub fn qresync(&self) -> bool {
        self.has("QRESYNC") && self.has("ENABLE")
    }

    /// What folders are for (RFC 6154).
    #[must_use]
    pub fn special_use(&self) -> bool {
        self.has("SPECIAL-USE")
    }

    /// `LIST … RETURN (…)` (RFC 5258).
    #[must_use]
    pub fn list_extended(&self) -> bool {
        self.has("LIST-EXTENDED")
    }

    /// Entries kept beside a mailbox's messages (RFC 5464).
    #[must_use]
    pub fn metadata(&self) -> bool {
        self.has("METADATA")
    }

    /// Quotas (RFC 9208).
    #[must_use]
    pub fn quota(&self) -> bool {
        self.has("QUOTA")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_known_in_any_case() {
        let capabilities = Capabilities::read("IMAP4rev1 Idle AUTH=XOAuth2 enable QRESYNC");
        assert!(capabilities.idle() && capabilities.has_mechanism("xoauth2") && capabilities.qresync());
        assert!(capabilities.condstore() && !capabilities.uidplus());
    }

    proptest! {
        #[test]
        fn reading_any_text_is_bounded(text in ".{0,4000}") {
            let capabilities = Capabilities::read(&text);
            prop_assert!(capabilities.iter().count() <= 200);
            prop_assert!(capabilities.iter().all(|name| name.len() <= 100 && name.is_ascii()));
        }
    }
}
