//! What can go wrong between this workstation and a server, and what the caller may do about it.

use pli_terms::{Domain, ServerText};
use pli_tls::TlsError;

use crate::audit::AuditFailure;

/// A failure on the way to, or at, a server.
///
/// Its `Display` is fit for a technical log: of a server's words it keeps what a trace keeps. The fields hold them more fully,
/// for the person alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The host's name could not be resolved.
    #[error("resolving {host}: {reason}")]
    Resolve {
        /// Host asked for.
        host: String,
        /// The resolver's reason.
        reason: String,
        /// Whether the name does not exist, rather than the resolver being out of reach.
        absent: bool,
    },
    /// The host resolves to private or local addresses only.
    #[error("{host} has no public address")]
    NoPublicAddress {
        /// Host asked for.
        host: String,
    },
    /// The TCP connection failed.
    #[error("connecting to {host}:{port}: {kind}")]
    Connect {
        /// Host.
        host: String,
        /// Port.
        port: u16,
        /// The system's reason.
        kind: std::io::ErrorKind,
    },
    /// TLS was refused, by us or by the server (EX_OPE_5010, ECO.1.1.5, ECO.1.1.10). Nothing secret was sent.
    #[error("securing the connection to {host}: {source}")]
    Tls {
        /// Host.
        host: String,
        /// Which rule was broken.
        #[source]
        source: TlsError,
    },
    /// The server does not offer STARTTLS on a port where it must.
    #[error("{host} offers no STARTTLS")]
    StartTlsMissing {
        /// Host.
        host: String,
    },
    /// Bytes arrived in clear after the answer to STARTTLS (an injection, CVE-2011-0411 and its like).
    #[error("bytes in clear after STARTTLS")]
    InjectedBytes,
    /// No answer in time.
    #[error("no answer in time during {during}")]
    Timeout {
        /// The command.
        during: &'static str,
    },
    /// The connection ended.
    #[error("the connection ended during {during}")]
    Closed {
        /// The command.
        during: &'static str,
    },
    /// The connection failed.
    #[error("the connection failed during {during}: {kind}")]
    Io {
        /// The command.
        during: &'static str,
        /// The system's reason.
        kind: std::io::ErrorKind,
    },
    /// The server said good-bye by itself (`BYE`, `421`).
    #[error("the server ended the connection during {during}: {}", ServerText::filter(.text))]
    Bye {
        /// The command.
        during: &'static str,
        /// Its words, scrubbed.
        text: String,
    },
    /// An answer that is not of the protocol, or beyond the bounds of what is accepted.
    #[error("an unreadable answer during {during}")]
    Unreadable {
        /// The command.
        during: &'static str,
    },
    /// The access token was refused: get a new one, never use this one again.
    #[error("the access token was refused: {}", ServerText::filter(.text))]
    TokenRefused {
        /// The server's words, scrubbed.
        text: String,
    },
    /// The login was refused for another reason than the token.
    #[error("the login was refused: {}", ServerText::filter(.text))]
    LoginRefused {
        /// The server's words, scrubbed.
        text: String,
        /// Whether the server says that it may pass later (`UNAVAILABLE`, `LIMIT`, 4xx).
        transient: bool,
    },
    /// The server offers no way of login that these credentials allow.
    #[error("the server offers no suitable login mechanism")]
    MechanismMissing,
    /// IMAP or ManageSieve `NO`: the command was understood and refused.
    #[error("{verb} was refused: {}", ServerText::filter(.text))]
    Refused {
        /// The command.
        verb: &'static str,
        /// Response code, such as `OVERQUOTA`, `NONEXISTENT`, `TRYCREATE` (RFC 5530, RFC 5804 §1.3).
        code: Option<String>,
        /// The server's words, scrubbed.
        text: String,
    },
    /// IMAP `BAD`: the command was not understood.
    #[error("{verb} was not understood: {}", ServerText::filter(.text))]
    NotUnderstood {
        /// The command.
        verb: &'static str,
        /// The server's words, scrubbed.
        text: String,
    },
    /// SMTP answered 4xx or 5xx.
    #[error("{verb} was refused: {code} {}", ServerText::filter(.text))]
    Reply {
        /// The command.
        verb: &'static str,
        /// Three digits.
        code: u16,
        /// RFC 3463, such as `5.7.1`.
        enhanced: Option<String>,
        /// The server's words, scrubbed.
        text: String,
    },
    /// The server does not take a sorting script as it is written.
    #[error("the script was refused")]
    ScriptRefused {
        /// The server's words, line by line, 4,000 characters at most: for the person who wrote the script, never for a
        /// log, since they quote it.
        errors: String,
    },
    /// The server lacks a capability that the command needs.
    #[error("the server does not offer {0}")]
    Missing(&'static str),
    /// The connection was left in the middle of a command, or failed before: open another.
    #[error("the connection cannot be used any more")]
    Broken,
    /// The receiver of streamed data went away: the connection was given up.
    #[error("the data was not wanted any more")]
    Abandoned,
    /// The message is larger than the server accepts (SMTP SIZE, MSS/va1.13). Nothing was sent.
    #[error("the message has {size} octets, the server accepts {limit}")]
    TooLarge {
        /// Octets.
        size: u64,
        /// Octets.
        limit: u64,
    },
    /// An address with other than ASCII characters, and a server without SMTPUTF8. Nothing was sent.
    #[error("an address needs SMTPUTF8, which the server does not offer")]
    AddressNeedsUtf8,
    /// A message with 8-bit characters, and a server without 8BITMIME. Nothing was sent.
    #[error("the message needs 8BITMIME, which the server does not offer")]
    EightBit,
    /// A message with a bare CR or LF (RFC 5321 §2.3.8): what follows could be read as a command. Nothing was sent.
    #[error("the message holds a line ending that is not CRLF")]
    LineEnding,
    /// No recipient, or more than 1,000 of them. Nothing was sent.
    #[error("no recipient, or too many")]
    Recipients,
    /// A name that cannot be written into a command.
    #[error("a name that cannot be sent to the server")]
    Name,
    /// The domain does not belong to the trust space: it is never asked for servers (ECO.1.1.9).
    #[error("{0} is not a domain of the MSSanté trust space")]
    NotTrustSpace(Domain),
    /// Neither source of autoconfiguration knows the domain.
    #[error("no servers are published for {0}")]
    NoServers(Domain),
    /// The autoconfiguration could not be asked: it may work later.
    #[error("asking for the servers of {domain}: {reason}")]
    Discovery {
        /// The domain.
        domain: Domain,
        /// What failed.
        reason: String,
    },
    /// The journal refused: the action was not done, or its result could not be recorded.
    #[error(transparent)]
    Audit(#[from] AuditFailure),
}

impl WireError {
    /// Whether the same action may work later, by itself, on a new connection.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Resolve { absent, .. } => !absent,
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Closed { .. }
            | Self::Io { .. }
            | Self::Bye { .. }
            | Self::Broken
            | Self::Abandoned
            | Self::Discovery { .. } => true,
            Self::LoginRefused { transient, .. } => *transient,
            Self::Refused { code, .. } => matches!(
                code.as_deref(),
                Some("UNAVAILABLE" | "INUSE" | "LIMIT" | "SERVERBUG" | "CONTACTADMIN" | "EXPUNGEISSUED" | "TRYLATER")
            ),
            Self::Reply { code, .. } => *code < 500,
            Self::Tls { source, .. } => source.is_transient(),
            _ => false,
        }
    }

    /// Whether the access token was refused: a *new* token is needed, the refused one is never sent again.
    #[must_use]
    pub fn is_token_refused(&self) -> bool {
        matches!(self, Self::TokenRefused { .. })
    }

    /// Whether TLS was refused: a security matter, shown as such, never retried in clear.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(
            self,
            Self::Tls { .. } | Self::StartTlsMissing { .. } | Self::InjectedBytes
        )
    }

    /// Whether the network, rather than the server, is at fault.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Resolve { absent: false, .. } | Self::Connect { .. })
    }

    /// Whether the mailbox is full (RFC 5530 `OVERQUOTA`, RFC 5804 `QUOTA`, RFC 3463 x.2.2, SMTP 452 and 552; EX_GBM_4470).
    #[must_use]
    pub fn is_over_quota(&self) -> bool {
        match self {
            Self::Refused { code, .. } => code
                .as_deref()
                .is_some_and(|code| matches!(code, "OVERQUOTA" | "QUOTA") || code.starts_with("QUOTA/")),
            Self::Reply { code, enhanced, .. } => enhanced
                .as_deref()
                .map_or(matches!(code, 452 | 552), |text| text.ends_with(".2.2")),
            _ => false,
        }
    }

    /// Whether the connection it came from is of no more use.
    #[must_use]
    pub fn breaks_connection(&self) -> bool {
        !matches!(
            self,
            Self::Refused { .. }
                | Self::NotUnderstood { .. }
                | Self::Reply { .. }
                | Self::ScriptRefused { .. }
                | Self::Missing(_)
                | Self::TooLarge { .. }
                | Self::AddressNeedsUtf8
                | Self::EightBit
                | Self::LineEnding
                | Self::Recipients
                | Self::Name
                | Self::Audit(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_a_person_stands_in_a_log() {
        let text = || "User unknown: Mme QUIDAMESQUE, Zorglubine jetonultrasecret".to_owned();
        let (verb, during) = ("NOOP", "NOOP");
        let errors = [
            WireError::Bye { during, text: text() },
            WireError::TokenRefused { text: text() },
            WireError::LoginRefused {
                text: text(),
                transient: true,
            },
            WireError::Refused {
                verb,
                code: Some("QUIDAMESQUE".to_owned()),
                text: text(),
            },
            WireError::NotUnderstood { verb, text: text() },
            WireError::Reply {
                verb,
                code: 550,
                enhanced: None,
                text: text(),
            },
            WireError::ScriptRefused { errors: text() },
        ];
        for error in errors {
            let told = error.to_string();
            let lower = told.to_lowercase();
            assert!(
                !lower.contains("quidam") && !lower.contains("zorgl") && !lower.contains("jeton"),
                "{told}"
            );
            let script = matches!(error, WireError::ScriptRefused { .. });
            assert!(script || told.contains("User unknown"), "{told}");
        }
    }
}
