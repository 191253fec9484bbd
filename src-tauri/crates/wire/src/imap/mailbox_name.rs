//! A folder's name, as shown and as the server writes it.

use super::utf7;

/// A folder's name. Two names are the same when the server writes them the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxName {
    raw: String,
    shown: String,
}

impl MailboxName {
    /// The inbox, which every mailbox has.
    #[must_use]
    pub fn inbox() -> Self {
        Self {
            raw: "INBOX".to_owned(),
            shown: "INBOX".to_owned(),
        }
    }

    /// A name as a person writes it. `None` when it is empty, longer than 255 characters, or holds control characters.
    #[must_use]
    pub fn new(shown: &str) -> Option<Self> {
        let fits = !shown.is_empty() && shown.chars().count() <= 255 && !shown.chars().any(char::is_control);
        fits.then(|| Self::from_raw(&utf7::encode(shown)))
    }

    /// A name as the server writes it (modified UTF-7, or anything else it may have sent): stored and given back as is.
    #[must_use]
    pub fn from_raw(raw: &str) -> Self {
        let raw = if raw.eq_ignore_ascii_case("INBOX") {
            "INBOX"
        } else {
            raw
        };
        let shown = utf7::decode(raw).unwrap_or_else(|| raw.to_owned());
        let shown = shown
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        Self {
            raw: raw.to_owned(),
            shown,
        }
    }

    /// The name as the server writes it: to be kept, and to be given to [`MailboxName::from_raw`].
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The name as it is shown, without control characters.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether this is the inbox.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        self.raw == "INBOX"
    }
}

impl std::fmt::Display for MailboxName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_utf7_is_kept_as_it_is() {
        let name = MailboxName::from_raw("R&D");
        assert_eq!((name.raw(), name.shown()), ("R&D", "R&D"));
        assert_eq!(MailboxName::new("R&D").unwrap().raw(), "R&-D");
        assert!(MailboxName::from_raw("inbox").is_inbox());
        assert!(MailboxName::new("a\r\nb").is_none());
    }
}
