//! `Message-ID` (RFC 5322 §3.6.4).

use serde::{Deserialize, Serialize};

/// A `Message-ID` without its angle brackets, 1 to 998 octets of visible ASCII, no `<`, `>` or space.
///
/// Not a proof of identity: two messages may carry the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

impl MessageId {
    /// Reads an id, with or without angle brackets. `None` when it holds what an id may not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('<').unwrap_or(text);
        let text = text.strip_suffix('>').unwrap_or(text);
        let fits = (1..=998).contains(&text.len());
        let clean = text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
        (fits && clean).then(|| Self(text.to_owned()))
    }

    /// The id without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header writes it, with brackets.
    #[must_use]
    pub fn bracketed(&self) -> String {
        format!("<{}>", self.0)
    }
}

impl TryFrom<String> for MessageId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a Message-ID")
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_optional_and_injections_refused() {
        assert_eq!(MessageId::parse(" <a@b> ").unwrap().bracketed(), "<a@b>");
        assert_eq!(MessageId::parse("a@b").unwrap().as_str(), "a@b");
        for text in ["", "<>", "a b", "a\r\nX: y", "é@b"] {
            assert!(MessageId::parse(text).is_none(), "{text:?}");
        }
    }
}
