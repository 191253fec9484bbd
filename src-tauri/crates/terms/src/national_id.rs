//! The national identifier of a health professional (IDNPS).

use serde::{Deserialize, Serialize};

/// `SubjectNameID` of Pro Santé Connect: 8 followed by the 11 digits of the RPPS in production; other schemes exist
/// (0 + ADELI, 3/5 + structure ids with a `/`), so 1 to 64 visible ASCII characters are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NationalId(String);

/// The text is not a national identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a national identifier")]
pub struct InvalidNationalId;

impl NationalId {
    /// Reads an identifier; the spaces that people write between groups of digits are dropped.
    ///
    /// # Errors
    /// [`InvalidNationalId`] when it is empty, longer than 64 characters, or holds anything but visible ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidNationalId> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let fits = (1..=64).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(InvalidNationalId)
        }
    }

    /// The identifier, without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NationalId {
    type Error = InvalidNationalId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<NationalId> for String {
    fn from(id: NationalId) -> Self {
        id.0
    }
}

impl std::fmt::Display for NationalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_dropped_and_control_characters_refused() {
        assert_eq!(NationalId::parse("8 99700 000 001").unwrap().as_str(), "899700000001");
        assert!(NationalId::parse("").is_err());
        assert!(NationalId::parse("8\u{0}1").is_err());
    }
}
