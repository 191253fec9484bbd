//! Mail addresses and their domains (RFC 5321 §4.1.2, the part of it that exists in MSSanté).

use serde::{Deserialize, Serialize};

/// A mail address, kept as written, compared with its domain in lower case.
///
/// At most 254 octets (RFC 5321 §4.5.3.1.3), no control character, no space, one `@` that separates a non-empty local
/// part of at most 64 octets from a [`Domain`]. Such a value can be written into an SMTP or IMAP command without
/// injecting another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    text: String,
    at: usize,
}

/// A domain name in lower case: letters, digits, hyphens and dots, at least two labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// Why a text is not an address or a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Nothing before or after the `@`, or no `@`.
    #[error("not of the form name@domain")]
    Shape,
    /// Longer than RFC 5321 allows.
    #[error("longer than an address may be")]
    Length,
    /// A character that an address may not hold.
    #[error("a character that an address may not hold")]
    Character,
    /// The domain is not a host name of at least two labels.
    #[error("not a domain name")]
    Domain,
}

impl Address {
    /// Reads an address. White space around it is ignored, the domain is put in lower case.
    ///
    /// # Errors
    /// [`InvalidAddress`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAddress::Shape)?;
        if local.is_empty() {
            return Err(InvalidAddress::Shape);
        }
        if local.len() > 64 || text.len() > 254 {
            return Err(InvalidAddress::Length);
        }
        if local
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "<>()[]\\,;:\"@".contains(c))
        {
            return Err(InvalidAddress::Character);
        }
        let domain = Domain::parse(domain)?;
        Ok(Self {
            text: format!("{local}@{}", domain.as_str()),
            at: local.len(),
        })
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands after the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> Domain {
        Domain(self.text[self.at + 1..].to_owned())
    }

    /// Whether this is the same mailbox as `other`: MSSanté operators do not tell case apart in the local part.
    #[must_use]
    pub fn same_mailbox(&self, other: &Self) -> bool {
        self.text.to_lowercase() == other.text.to_lowercase()
    }
}

impl Domain {
    /// Reads a domain name of at least two labels.
    ///
    /// # Errors
    /// [`InvalidAddress::Domain`] for anything that is not a host name, literal addresses included.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.to_ascii_lowercase();
        let label = |l: &str| {
            !l.is_empty()
                && l.len() <= 63
                && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !l.starts_with('-')
                && !l.ends_with('-')
        };
        let labels = text.split('.').count();
        let literal = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if text.len() > 253 || labels < 2 || literal || !text.split('.').all(label) {
            return Err(InvalidAddress::Domain);
        }
        Ok(Self(text))
    }

    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `parent` or stands below it.
    #[must_use]
    pub fn is_within(&self, parent: &Domain) -> bool {
        self.0 == parent.0 || self.0.strip_suffix(&parent.0).is_some_and(|head| head.ends_with('.'))
    }
}

impl std::str::FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for Domain {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::fmt::Display for Domain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_kept_as_written_but_for_its_domain() {
        let address = Address::parse(" Dr.Martin@Alpha.MSSante.test ").unwrap();
        assert_eq!(address.as_str(), "Dr.Martin@alpha.mssante.test");
        assert_eq!(address.local_part(), "Dr.Martin");
        assert_eq!(address.domain().as_str(), "alpha.mssante.test");
        assert!(address.same_mailbox(&Address::parse("dr.martin@alpha.mssante.test").unwrap()));
    }

    #[test]
    fn what_could_inject_a_command_is_no_address() {
        for text in [
            "",
            "@",
            "a@",
            "@b.fr",
            "a b@c.fr",
            "a@b",
            "a@1.2.3.4",
            "a@[1.2.3.4]",
            "a>\r\nRCPT TO:<x@c.fr",
            "a@b..fr",
            "a@-b.fr",
            "a\u{0}@b.fr",
            "a,b@c.fr",
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_subdomain_is_within_and_a_look_alike_is_not() {
        let parent = Domain::parse("mssante.fr").unwrap();
        assert!(Domain::parse("chu.mssante.fr").unwrap().is_within(&parent));
        assert!(!Domain::parse("faux-mssante.fr").unwrap().is_within(&parent));
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_is_stable(text in ".{0,300}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(address.as_str()).unwrap(), address);
            }
        }
    }
}
