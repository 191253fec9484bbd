//! Sample mail of the project's own writing: French medical mail, wholly fictional, the same for the same argument.
//!
//! Nothing here is parsed or checked: this crate only writes bytes, good ones and bad ones, so that what reads them is
//! judged by something that shares no code with it.

mod boxes;
mod broken;
mod bulk;
mod chance;
mod compose;
mod documents;
mod known;
mod letters;
mod letters_tables;
mod mailbox;
mod nasty;
mod newsletters;
mod notices;
mod patients;
mod pdf;
mod people;
mod reports;
mod results;
mod zip;

pub use boxes::for_box;
pub use bulk::bulk;
pub use known::{KnownMessage, known_words};
pub use mailbox::mailbox;
pub use nasty::nasty;
pub use people::{Patient, patients};

/// One message as a mail server keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The folder's name in Unicode, levels separated by `/`: `INBOX`, `Sent`, `Résultats à classer/Biologie`…
    pub folder: String,
    /// IMAP flags as written on the wire: `\Seen`, `\Answered`, `\Flagged`, `\Draft`, `$MDNSent`…
    pub flags: Vec<String>,
    /// When the server received it, in seconds since 1970 UTC.
    pub internal_date_unix: i64,
    /// The whole message, lines ended by CR LF unless the sample is about the contrary.
    pub raw: Vec<u8>,
}

impl Sample {
    pub(crate) fn new(folder: &str, flags: &[&str], internal_date_unix: i64, raw: Vec<u8>) -> Self {
        Self {
            folder: folder.to_owned(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            internal_date_unix,
            raw,
        }
    }
}
