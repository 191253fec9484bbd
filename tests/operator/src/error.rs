//! What can go wrong around a local operator.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the local operator, or one of the tools around it, could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file, folder, process or socket refused.
    #[error("{doing} ({}): {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file concerned, or what stands for it.
        path: PathBuf,
        /// The system's own reason.
        source: std::io::Error,
    },
    /// A tool of the system is missing or failed.
    #[error("{tool}: {output}")]
    Tool {
        /// The command.
        tool: &'static str,
        /// What it said.
        output: String,
    },
    /// A daemon did not answer in time.
    #[error("{what} did not answer within {} s\n{log}", after.as_secs())]
    Silent {
        /// Which daemon, on which port.
        what: String,
        /// How long it was waited for.
        after: Duration,
        /// The end of its log.
        log: String,
    },
    /// Keys, certificates or revocation lists.
    #[error("making a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS towards the local servers.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A server answered something else than what its protocol or the caller expects.
    #[error("{doing}: {answer}")]
    Answer {
        /// What was asked.
        doing: &'static str,
        /// What came back.
        answer: String,
    },
    /// No free block of ports could be reserved.
    #[error("no free block of ports on 127.0.0.1")]
    NoPorts,
    /// Postfix can only be started by root.
    #[error("Postfix's master process must be started by root")]
    NotRoot,
    /// The address is not a box of this operator.
    #[error("no such box: {0}")]
    NoSuchBox(String),
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether trying again later may succeed: a slow start or a passing refusal, not a wrong request.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Silent { .. } | Error::NoPorts)
    }

    pub(crate) fn answer(doing: &'static str, answer: impl Into<String>) -> Self {
        Error::Answer {
            doing,
            answer: answer.into(),
        }
    }
}

/// Names what was being done when the system refused.
pub(crate) trait Doing<T> {
    fn doing(self, what: &'static str, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: &'static str, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Error::Io {
            doing: what,
            path: path.as_ref().to_path_buf(),
            source,
        })
    }
}
