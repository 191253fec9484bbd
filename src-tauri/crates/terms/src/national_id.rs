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

    /// Reads the identifier that a person types to log in (SC.PSC.13): the 11 digits of their RPPS, alone or after the `8` of
    /// the IDNPS. The last digit is a key (ISO/IEC 7812, Luhn), so that a slip of one digit is told at once, and disturbs
    /// nobody else's phone. Identifiers of another kind (`0` and an ADELI, `3` or `5` and a structure's number) have none.
    ///
    /// # Errors
    /// [`InvalidNationalId`] when it is none, or its key is wrong.
    pub fn typed(text: &str) -> Result<Self, InvalidNationalId> {
        let Self(text) = Self::parse(text)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match (text.as_bytes(), text.len()) {
            ([b'8', rpps @ ..], 12) if digits && has_right_key(rpps) => Ok(Self(text)),
            (rpps, 11) if digits && has_right_key(rpps) => Ok(Self(format!("8{text}"))),
            ([b'0', ..], 10) if digits => Ok(Self(text)),
            ([b'3' | b'5', ..], 10..) if text.contains('/') => Ok(Self(text)),
            _ => Err(InvalidNationalId),
        }
    }

    /// The identifier, without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the last of these digits is the Luhn key of those before it.
fn has_right_key(digits: &[u8]) -> bool {
    let sum: u32 = (digits.iter().rev().enumerate())
        .map(|(place, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            match digit * 2 {
                double if place % 2 == 1 => double / 10 + double % 10,
                _ => digit,
            }
        })
        .sum();
    sum.is_multiple_of(10)
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
    fn what_a_person_types_has_a_right_key_and_begins_with_8() {
        for typed in ["8 99700 218 896", "899700218896", "99700218896", "997 0021 8896"] {
            assert_eq!(NationalId::typed(typed).unwrap().as_str(), "899700218896", "{typed}");
        }
        // Every slip of one digit is seen, and two neighbours exchanged are too.
        for (place, digit) in (0..11).flat_map(|place| ('0'..='9').map(move |digit| (place, digit))) {
            let mut typed: Vec<char> = "99700218896".chars().collect();
            let right = std::mem::replace(&mut typed[place], digit);
            let typed: String = typed.into_iter().collect();
            assert_eq!(NationalId::typed(&typed).is_ok(), right == digit, "{typed}");
        }
        assert!(NationalId::typed("99700128896").is_err());
        for none in [
            "",
            "8",
            "8997002188960",
            "9970021889",
            "89970021889x",
            "medecin",
            "799700218896",
        ] {
            assert!(NationalId::typed(none).is_err(), "{none}");
        }
        // A structure's employee has an identifier of another form, without a key.
        assert_eq!(NationalId::typed("3 750000001/42").unwrap().as_str(), "3750000001/42");
    }

    #[test]
    fn spaces_are_dropped_and_control_characters_refused() {
        assert_eq!(NationalId::parse("8 99700 000 001").unwrap().as_str(), "899700000001");
        assert!(NationalId::parse("").is_err());
        assert!(NationalId::parse("8\u{0}1").is_err());
    }
}
