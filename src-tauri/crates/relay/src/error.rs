//! What keeps the intermediary from starting, or a request from being answered.

use std::path::{Path, PathBuf};

/// Why the intermediary cannot start, or cannot take its files anew. Its text is for the administrator: it names the setting.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A file that a setting names cannot be read.
    #[error("{setting}: reading {}: {source}", path.display())]
    File {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A setting that cannot be.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting, as in the file: `psc.discovery`.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of settings is no TOML, or holds an unknown setting.
    #[error("the settings are unreadable: {0}")]
    Toml(String),
    /// An address cannot be listened on.
    #[error("{setting}: listening on {address}: {source}")]
    Listen {
        /// The setting.
        setting: &'static str,
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// TLS cannot be prepared.
    #[error("preparing TLS: {0}")]
    Tls(String),
    /// The system gives no random numbers, or refuses a thread.
    #[error("the system does not give what is needed: {0}")]
    System(String),
}

impl RelayError {
    /// Whether the same start may succeed later without any change to the settings: a port still taken, a file on its way.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Listen { .. } | Self::System(_))
    }

    pub(crate) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting {
            setting,
            problem: problem.into(),
        }
    }

    pub(crate) fn file(setting: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::File {
            setting,
            path: path.to_owned(),
            source,
        }
    }
}
