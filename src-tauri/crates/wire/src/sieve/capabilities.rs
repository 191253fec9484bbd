//! What a ManageSieve server offers (RFC 5804 §1.7).

use super::answer::{Answer, Word};
use crate::scrub::scrub;

/// What the server offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// What the server says it is, scrubbed.
    pub implementation: String,
    /// SASL mechanisms, in capitals; a server that was logged in to names none.
    pub(super) mechanisms: Vec<String>,
    /// Sieve extensions, such as `fileinto`, `vacation`, `imap4flags`.
    pub extensions: Vec<String>,
    /// Ways to be notified (RFC 5435), such as `mailto`.
    pub notifications: Vec<String>,
    /// How many redirections one script may make.
    pub redirections: Option<u32>,
    /// Whether it names the version of the protocol: a server that does knows [`super::Session::rename_script`]
    /// (RFC 5804 §1.7).
    pub renames: bool,
    /// Whether it offers STARTTLS: believed of what is said in clear only to go on.
    pub(super) starttls: bool,
}

impl Capabilities {
    /// Whether a script may require this extension.
    #[must_use]
    pub fn has(&self, extension: &str) -> bool {
        self.extensions.iter().any(|name| name == extension)
    }

    /// Whether one may log in by this mechanism.
    pub(super) fn has_mechanism(&self, mechanism: &str) -> bool {
        self.mechanisms.iter().any(|name| name == mechanism)
    }

    pub(super) fn read(answer: &Answer) -> Self {
        let mut told = Self::default();
        for line in &answer.lines {
            let mut texts = line.iter().filter_map(Word::text).map(String::from_utf8_lossy);
            let Some(name) = texts.next() else { continue };
            let value = texts.next().unwrap_or_default();
            let names = || value.split_ascii_whitespace().take(200).map(str::to_owned);
            match name.to_ascii_uppercase().as_str() {
                "IMPLEMENTATION" => told.implementation = scrub(&value),
                "SASL" => told.mechanisms = names().map(|name| name.to_ascii_uppercase()).collect(),
                "SIEVE" => told.extensions = names().collect(),
                "NOTIFY" => told.notifications = names().collect(),
                "MAXREDIRECTS" => told.redirections = value.parse().ok(),
                "VERSION" => told.renames = true,
                "STARTTLS" => told.starttls = true,
                _ => {}
            }
        }
        told
    }
}
