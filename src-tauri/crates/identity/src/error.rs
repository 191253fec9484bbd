//! What can go wrong between a person and the identity provider.

use std::time::Duration;

use crate::http::HttpProblem;
use crate::witness::standard;

/// Why a login, a refresh or a logout failed. Never holds a token, a code or a person's name.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The provider could not be reached.
    #[error("{doing}: {problem}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// What the network said.
        problem: HttpProblem,
    },
    /// The provider answered that it cannot serve now (5xx).
    #[error("{doing}: the provider is out of service (status {status})")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The provider answered that it was asked too often (429): by this workstation, or for this person.
    #[error("{doing}: the provider was asked too often")]
    TooMany {
        /// What was being done.
        doing: &'static str,
        /// How long to wait before asking again, at most an hour; `None` when the provider does not say.
        retry_after: Option<Duration>,
    },
    /// The provider's answer is not what the protocol says.
    #[error("{doing}: unexpected answer ({what})")]
    Unexpected {
        /// What was being done.
        doing: &'static str,
        /// What is wrong with the answer, in words of ours.
        what: String,
    },
    /// The provider refused with an error code of its own (RFC 6749 §4.1.2.1, §5.2).
    #[error("{doing}: the provider refused ({})", told(.code))]
    Provider {
        /// What was being done.
        doing: &'static str,
        /// The code: at most 64 characters of `a-z`, `0-9`, `_`, `-` and `.`.
        code: String,
    },
    /// The discovery document speaks for another issuer than the address it came from.
    #[error("reading the provider's description: it speaks for another issuer")]
    OtherIssuer,
    /// A setting is not usable.
    #[error("reading the settings of the login: {0}")]
    Settings(&'static str),
    /// The person refused, in the browser or on the phone.
    #[error("the person refused the login")]
    Refused,
    /// The login was cancelled from the program.
    #[error("the login was cancelled")]
    Cancelled,
    /// The provider does not know the person (CIBA §13, `unknown_user_id`). An intermediary never says so: the login then
    /// ends as [`IdentityError::Expired`], as that of somebody who did not answer.
    #[error("the provider does not know the person")]
    UnknownPerson,
    /// Nobody answered on the phone in time (CIBA §11, `expired_token`, or the time that the provider gave is over).
    #[error("nobody answered on the phone in time")]
    Expired,
    /// The provider does not offer the approval on a phone, or not to us (SC.PSC.13).
    #[error("the provider does not offer the approval on a phone")]
    NoCiba,
    /// Somebody else approved the login than the person it was asked of.
    #[error("somebody else approved the login")]
    OtherPerson,
    /// Nobody came back from the browser in time: left waiting, or its page was closed.
    #[error("nobody came back from the browser in time")]
    TimedOut,
    /// The place where the browser comes back was closed: by the system, or by ourselves after too many foreign requests.
    #[error("the place where the browser comes back was closed")]
    Closed,
    /// The local port to come back to is used by another program, or may not be opened.
    #[error("the local port to come back to cannot be opened")]
    PortTaken(#[source] std::io::Error),
    /// The browser came back with another login's `state`: an old page, or someone else's doing.
    #[error("the browser came back with another login's state")]
    WrongState,
    /// The browser came back from another provider (RFC 9207).
    #[error("the browser came back from another provider")]
    WrongProvider,
    /// The id token is not what was asked for.
    #[error("checking the id token: {0}")]
    IdToken(#[from] IdTokenProblem),
    /// The provider does not say who the person is in a way that is usable.
    #[error("reading who the person is: {0}")]
    Person(&'static str),
    /// The session cannot be prolonged: the provider refuses the refresh token, or there is none (ECO.1.2.6 / CONF.10).
    #[error("the session is over")]
    SessionOver,
    /// A session that was put away cannot be opened again: another key, or not what was put away.
    #[error("the session that was put away cannot be opened")]
    Sealed,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// HTTPS could not be prepared.
    #[error(transparent)]
    Tls(#[from] pli_tls::TlsError),
}

/// Which check of the id token failed (OpenID Connect Core §3.1.3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenProblem {
    /// There is none.
    #[error("there is none")]
    Missing,
    /// It cannot be read.
    #[error("it cannot be read")]
    Malformed,
    /// Its signature is absent, false, or of a kind that a public client cannot check.
    #[error("its signature is not valid")]
    Signature,
    /// It is from another issuer.
    #[error("it is from another issuer")]
    Issuer,
    /// It is for another client.
    #[error("it is for another client")]
    Audience,
    /// It answers another login.
    #[error("it answers another login")]
    Nonce,
    /// The authentication was weaker than asked for.
    #[error("the authentication is weaker than asked for")]
    Level,
    /// It is expired or from the future: often the sign of a workstation clock that is wrong.
    #[error("it is out of its time")]
    Time,
    /// It speaks of another person than before.
    #[error("it speaks of another person")]
    Subject,
}

/// What a log says of an error code: one of the standards, or a status; any other may be anybody's word.
fn told(code: &str) -> &str {
    let status = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if code.strip_prefix("status_").is_some_and(status) {
        code
    } else {
        standard(code).unwrap_or("a code of its own")
    }
}

impl IdentityError {
    /// Whether the same attempt may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { problem, .. } => problem.is_transient(),
            Self::Unavailable { .. } | Self::TooMany { .. } => true,
            _ => false,
        }
    }

    /// Whether only a new login of the person opens the servers again.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        matches!(self, Self::SessionOver)
    }

    /// A short word in lower case that never changes, for the contract.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "login_unreachable",
            Self::Unavailable { .. } => "login_unavailable",
            Self::TooMany { .. } => "login_too_many",
            Self::Unexpected { .. } => "login_unexpected_answer",
            Self::Provider { .. } => "login_provider_refused",
            Self::OtherIssuer => "login_other_issuer",
            Self::Settings(_) => "login_settings",
            Self::Refused => "login_refused",
            Self::Cancelled => "login_cancelled",
            Self::UnknownPerson => "login_unknown_person",
            Self::Expired => "login_expired",
            Self::NoCiba => "login_no_ciba",
            Self::OtherPerson => "login_other_person",
            Self::TimedOut => "login_timed_out",
            Self::Closed => "login_closed",
            Self::PortTaken(_) => "login_port_taken",
            Self::WrongState => "login_wrong_state",
            Self::WrongProvider => "login_wrong_provider",
            Self::IdToken(IdTokenProblem::Time) => "login_clock",
            Self::IdToken(_) => "login_id_token",
            Self::Person(_) => "login_person",
            Self::SessionOver => "session_over",
            Self::Sealed => "session_sealed",
            Self::Randomness => "login_randomness",
            Self::Tls(_) => "login_tls",
        }
    }
}
