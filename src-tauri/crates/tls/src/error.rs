//! What went wrong, told apart so that a person can be told why.

use std::io;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, Error as Rustls};
use rustls_pki_types::UnixTime;

use crate::crl::CrlProblem;
use crate::identity::Pkcs12Problem;

/// Why a TLS connection could not be had, or a certificate not be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The server and EX_OPE_5010 have no version and suite in common, or the server does not speak TLS at all.
    #[error("negotiating with the server: no version and cipher suite in common ({0})")]
    Protocol(String),
    /// The certificate's time is over (ECO.1.1.5).
    #[error("checking the server's certificate: it expired at {not_after:?}")]
    Expired {
        /// The end of its validity, where the certificate says it readably.
        not_after: Option<Timestamp>,
    },
    /// The certificate's time has not come: often the sign of a workstation clock that is wrong.
    #[error("checking the server's certificate: it is not valid before {not_before:?}")]
    NotYetValid {
        /// The start of its validity, where the certificate says it readably.
        not_before: Option<Timestamp>,
    },
    /// The certificate is for another server.
    #[error("checking the server's certificate: it is not for {expected}, but for {presented:?}")]
    Name {
        /// The name asked for.
        expected: String,
        /// At most eight of the names in the certificate, as the certificate writes them.
        presented: Vec<String>,
    },
    /// The certificate does not come from the anchors of the policy through its « organisations » authority (ECO.1.1.10).
    #[error("checking the server's certificate: it does not come from an authority of the trust space")]
    UnknownIssuer,
    /// The certificate may not be used by a TLS server.
    #[error("checking the server's certificate: it is not one for servers")]
    WrongUsage,
    /// The certificate was revoked (ECO.1.1.6).
    #[error("checking the server's certificate: it is revoked")]
    Revoked,
    /// Nothing valid says whether the certificate is revoked (ECO.1.1.6, ECO.1.1.7).
    #[error("checking the server's certificate: its revocation cannot be known ({0})")]
    RevocationUnknown(CrlProblem),
    /// The certificate or a signature of the handshake is malformed or false.
    #[error("checking the server's certificate: {0}")]
    Malformed(String),
    /// The server wants a client certificate and was given none.
    #[error("the server asks for a client certificate")]
    ClientCertificateRequired,
    /// The server refused our client certificate.
    #[error("the server refused the client certificate ({0})")]
    ClientCertificateRefused(String),
    /// What was given is not a host name that a certificate could bear.
    #[error("{0:?} is not a host name")]
    HostName(String),
    /// The connection failed or was cut during the handshake.
    #[error("the connection was cut while securing it")]
    Interrupted(#[source] io::Error),
    /// The handshake took longer than [`crate::HANDSHAKE_TIMEOUT`].
    #[error("the server took too long to secure the connection")]
    TimedOut,
    /// The PKCS#12 file could not be used.
    #[error("reading the client certificate: {0}")]
    Pkcs12(#[from] Pkcs12Problem),
    /// The anchors or the settings of this build cannot be used: an error of the build or of the local operator.
    #[error("preparing TLS: {0}")]
    Setup(String),
}

/// The stable code of a refusal, which the contract gives a French text and the journal a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No version and suite of EX_OPE_5010 in common.
    Protocol,
    /// The server's certificate expired.
    Expired,
    /// The server's certificate is not valid yet.
    NotYetValid,
    /// The server's certificate is for another name.
    Name,
    /// The server's certificate comes from elsewhere than the trust space.
    UnknownIssuer,
    /// The server's certificate is not one for servers.
    WrongUsage,
    /// The server's certificate is revoked.
    Revoked,
    /// It cannot be known whether the server's certificate is revoked.
    RevocationUnknown,
    /// The server's certificate or handshake is malformed or false.
    Malformed,
    /// The server asks for a client certificate and there is none.
    ClientCertificateRequired,
    /// The server refused our client certificate.
    ClientCertificateRefused,
}

impl Refusal {
    /// A short word in lower case that never changes, for the journal and the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Protocol => "tls_protocol",
            Self::Expired => "tls_expired",
            Self::NotYetValid => "tls_not_yet_valid",
            Self::Name => "tls_name",
            Self::UnknownIssuer => "tls_unknown_issuer",
            Self::WrongUsage => "tls_wrong_usage",
            Self::Revoked => "tls_revoked",
            Self::RevocationUnknown => "tls_revocation_unknown",
            Self::Malformed => "tls_malformed",
            Self::ClientCertificateRequired => "tls_client_certificate_required",
            Self::ClientCertificateRefused => "tls_client_certificate_refused",
        }
    }
}

impl TlsError {
    /// Which refusal this is; `None` for what is no judgement on a server (the network, a bad file, the settings).
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::Protocol(_) => Refusal::Protocol,
            Self::Expired { .. } => Refusal::Expired,
            Self::NotYetValid { .. } => Refusal::NotYetValid,
            Self::Name { .. } => Refusal::Name,
            Self::UnknownIssuer => Refusal::UnknownIssuer,
            Self::WrongUsage => Refusal::WrongUsage,
            Self::Revoked => Refusal::Revoked,
            Self::RevocationUnknown(_) => Refusal::RevocationUnknown,
            Self::Malformed(_) => Refusal::Malformed,
            Self::ClientCertificateRequired => Refusal::ClientCertificateRequired,
            Self::ClientCertificateRefused(_) => Refusal::ClientCertificateRefused,
            Self::HostName(_) | Self::Interrupted(_) | Self::TimedOut | Self::Pkcs12(_) | Self::Setup(_) => {
                return None;
            }
        })
    }

    /// Whether the same attempt may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Interrupted(_) | Self::TimedOut => true,
            Self::RevocationUnknown(problem) => problem.is_transient(),
            _ => false,
        }
    }

    /// Finds the TLS refusal inside an error of reading or writing a TLS stream.
    ///
    /// In TLS 1.3 a server judges our certificate after our handshake is over: its refusal arrives with the first read.
    /// `None` when the error is of the network only.
    #[must_use]
    pub fn within(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        match inner.downcast_ref::<Rustls>() {
            Some(refusal) => Some(Self::from_rustls(refusal)),
            // Libraries wrap one such error in another.
            None => inner.downcast_ref::<io::Error>().and_then(Self::within),
        }
    }

    /// The error of a handshake that tokio-rustls ended.
    pub(crate) fn from_handshake(error: io::Error) -> Self {
        Self::within(&error).unwrap_or(Self::Interrupted(error))
    }

    pub(crate) fn from_rustls(error: &Rustls) -> Self {
        match error {
            Rustls::InvalidCertificate(problem) => Self::from_certificate(problem),
            Rustls::InvalidCertRevocationList(problem) => {
                tracing::warn!(?problem, "a revocation list was not usable");
                Self::RevocationUnknown(CrlProblem::Untrusted)
            }
            Rustls::AlertReceived(alert) => Self::from_alert(*alert),
            Rustls::NoCertificatesPresented => Self::Malformed("no certificate presented".to_owned()),
            other => Self::Protocol(other.to_string()),
        }
    }

    fn from_alert(alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::CertificateRequired => Self::ClientCertificateRequired,
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            // What a server says of a signature that its own authority did not make.
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied => Self::ClientCertificateRefused(format!("{alert:?}")),
            AlertDescription::InternalError | AlertDescription::UserCanceled => {
                Self::Interrupted(io::Error::other(format!("the server sent {alert:?}")))
            }
            _ => Self::Protocol(format!("the server sent {alert:?}")),
        }
    }

    fn from_certificate(problem: &CertificateError) -> Self {
        use CertificateError as C;
        match problem {
            C::Expired => Self::Expired { not_after: None },
            C::ExpiredContext { not_after, .. } => Self::Expired {
                not_after: timestamp(*not_after),
            },
            C::NotValidYet => Self::NotYetValid { not_before: None },
            C::NotValidYetContext { not_before, .. } => Self::NotYetValid {
                not_before: timestamp(*not_before),
            },
            C::NotValidForName => Self::Name {
                expected: String::new(),
                presented: Vec::new(),
            },
            C::NotValidForNameContext { expected, presented } => Self::Name {
                expected: expected.to_str().into_owned(),
                presented: presented.iter().take(8).cloned().collect(),
            },
            C::UnknownIssuer => Self::UnknownIssuer,
            C::InvalidPurpose | C::InvalidPurposeContext { .. } => Self::WrongUsage,
            C::Revoked => Self::Revoked,
            C::UnknownRevocationStatus => Self::RevocationUnknown(CrlProblem::Missing),
            C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => {
                Self::RevocationUnknown(CrlProblem::Expired)
            }
            other => Self::Malformed(other.to_string()),
        }
    }
}

/// A certificate's time as the rest of the program has times; `None` when it is beyond what jiff holds.
pub(crate) fn timestamp(time: UnixTime) -> Option<Timestamp> {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
}
