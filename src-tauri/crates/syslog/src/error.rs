//! What went wrong on the way to the collector.

use std::io;

use pli_tls::TlsError;

/// Why a batch was not confirmed. Whatever it is, the batch is to be sent again whole.
#[derive(Debug, thiserror::Error)]
pub enum SyslogError {
    /// The collector's name could not be looked up, or has no address.
    #[error("looking up the collector {host}: {what}")]
    Resolve {
        /// Its name.
        host: String,
        /// What the system says.
        what: String,
    },
    /// No connection could be made.
    #[error("connecting to the collector: {0}")]
    Connect(#[source] io::Error),
    /// TLS refuses: the collector is not who it says, or does not know this workstation.
    #[error("securing the connection to the collector: {0}")]
    Tls(#[from] TlsError),
    /// A step took longer than it may.
    #[error("{doing}: the collector took too long")]
    Stalled {
        /// Which step.
        doing: &'static str,
    },
    /// The connection was cut.
    #[error("{doing}: the connection was cut ({source})")]
    Interrupted {
        /// Which step.
        doing: &'static str,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The collector ended the connection before everything was sent.
    #[error("sending to the collector: it ended the connection before everything was sent")]
    EndedEarly,
    /// The collector speaks, which syslog has no place for: it is something else.
    #[error("sending to the collector: it answered, which no collector does")]
    Spoke,
}

impl SyslogError {
    /// Whether the same attempt may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Tls(error) => error.is_transient(),
            Self::Spoke => false,
            _ => true,
        }
    }

    /// A short word in lower case that never changes, for the journal and the contract; those of TLS are
    /// [`pli_tls::Refusal::code`]'s.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "resolve",
            Self::Connect(_) => "connect",
            Self::Tls(error) => error.refusal().map_or("tls", |refusal| refusal.code()),
            Self::Stalled { .. } => "stalled",
            Self::Interrupted { .. } => "interrupted",
            Self::EndedEarly => "ended_early",
            Self::Spoke => "spoke",
        }
    }
}
