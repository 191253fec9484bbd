//! What a submission server offers, from its answer to EHLO.

use std::collections::BTreeSet;

/// The extensions of a server (RFC 5321 §4.1.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features {
    /// Largest message in octets (RFC 1870); `None` when the server sets no limit or does not tell.
    pub size: Option<u64>,
    /// Whether it knows the SIZE parameter at all.
    pub knows_size: bool,
    /// Delivery reports (RFC 3461).
    pub dsn: bool,
    /// 8-bit bodies (RFC 6152).
    pub eight_bit_mime: bool,
    /// Addresses in UTF-8 (RFC 6531).
    pub smtp_utf8: bool,
    /// STARTTLS (RFC 3207).
    pub starttls: bool,
    /// SASL mechanisms in upper case, 50 at most.
    pub mechanisms: BTreeSet<String>,
}

impl Features {
    /// Reads the lines of an EHLO answer, the first (the server's name) left out.
    #[must_use]
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut features = Self::default();
        for line in lines.into_iter().take(200) {
            let mut words = line.split_ascii_whitespace();
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                "SIZE" => {
                    features.knows_size = true;
                    features.size = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                }
                "DSN" => features.dsn = true,
                "8BITMIME" => features.eight_bit_mime = true,
                "SMTPUTF8" => features.smtp_utf8 = true,
                "STARTTLS" => features.starttls = true,
                "AUTH" => features.mechanisms.extend(words.take(50).map(str::to_ascii_uppercase)),
                // « AUTH=PLAIN »: how servers of the nineties wrote it, beside the right line.
                other if other.starts_with("AUTH=") => {
                    features
                        .mechanisms
                        .extend(other.strip_prefix("AUTH=").map(str::to_owned));
                    features.mechanisms.extend(words.take(50).map(str::to_ascii_uppercase));
                }
                _ => {}
            }
        }
        features
    }

    /// Whether it offers this SASL mechanism.
    #[must_use]
    pub fn has_mechanism(&self, name: &str) -> bool {
        self.mechanisms.contains(&name.to_ascii_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lines_of_a_postfix() {
        let lines = [
            "PIPELINING",
            "SIZE 20971520",
            "AUTH PLAIN OAUTHBEARER xoauth2",
            "8BITMIME",
            "dsn",
            "SMTPUTF8",
        ];
        let features = Features::read(lines);
        assert_eq!(features.size, Some(20_971_520));
        assert!(features.dsn && features.eight_bit_mime && features.smtp_utf8 && !features.starttls);
        assert!(features.has_mechanism("XOAUTH2") && !features.has_mechanism("EXTERNAL"));
    }

    #[test]
    fn a_size_of_nothing_is_no_limit() {
        for line in ["SIZE", "SIZE 0", "SIZE many"] {
            let features = Features::read([line]);
            assert!(features.knows_size && features.size.is_none(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn reading_anything_never_panics(lines in proptest::collection::vec(".{0,80}", 0..20)) {
            let _ = Features::read(lines.iter().map(String::as_str));
        }
    }
}
