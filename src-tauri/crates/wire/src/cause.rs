//! Why an exchange had no answer, in fixed words: what a trace says of a failure holds nothing that a server said.

use pli_terms::Wording;
use pli_tls::{Refusal, TlsError};

use crate::WireError;

/// Why an exchange with a server failed, or a connection ended. Its words are French: the person reads them in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The host's name is unknown.
    NameUnknown,
    /// The host's name could not be asked for.
    Resolver,
    /// The host has private or local addresses only.
    NoPublicAddress,
    /// The host refuses connections, or does not answer them.
    Unreachable,
    /// TLS was refused, by us or by the server (EX_OPE_5010).
    Tls(Refusal),
    /// The connection was cut while it was secured, or TLS could not be prepared.
    TlsInterrupted,
    /// The server offers no STARTTLS where it must.
    StartTlsMissing,
    /// Octets in clear behind the answer to STARTTLS.
    Injected,
    /// No answer in time.
    Timeout,
    /// The connection was cut.
    Closed,
    /// The server ended the connection by itself (`BYE`, `421`).
    ServerEnded,
    /// An answer that is not of the protocol, or beyond its bounds.
    Unreadable,
    /// The access token was refused.
    TokenRefused,
    /// The login was refused.
    LoginRefused,
    /// No way of login in common.
    MechanismMissing,
    /// Given up by this program before the answer: the caller went away, or the program is ending.
    GivenUp,
    /// Whoever received the data went away.
    Abandoned,
    /// The server refused.
    Refused,
    /// Not sent: the server could not take it.
    NotSent,
    /// The journal refused.
    Unrecorded,
}

impl Cause {
    /// The words, which never change within a version of the journal.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NameUnknown => "nom de serveur inconnu",
            Self::Resolver => "nom de serveur non résolu",
            Self::NoPublicAddress => "serveur sans adresse publique",
            Self::Unreachable => "serveur injoignable",
            Self::Tls(_) => "connexion sécurisée refusée",
            Self::TlsInterrupted => "connexion coupée pendant sa sécurisation",
            Self::StartTlsMissing => "le serveur ne propose pas STARTTLS",
            Self::Injected => "données en clair après STARTTLS",
            Self::Timeout => "pas de réponse à temps",
            Self::Closed => "connexion coupée",
            Self::ServerEnded => "connexion terminée par le serveur",
            Self::Unreadable => "réponse illisible",
            Self::TokenRefused => "jeton refusé",
            Self::LoginRefused => "authentification refusée",
            Self::MechanismMissing => "aucun moyen d’authentification en commun",
            Self::GivenUp => "abandonné avant la réponse",
            Self::Abandoned => "données abandonnées en cours de réception",
            Self::Refused => "refusé par le serveur",
            Self::NotSent => "non envoyé",
            Self::Unrecorded => "trace non écrite",
        }
    }

    /// The words, with the TLS rule that was broken.
    #[must_use]
    pub fn wording(self) -> Wording {
        let words = Wording::fixed(self.words());
        match self {
            Self::Tls(refusal) => words.and(refusal.code()),
            _ => words,
        }
    }

    /// Whether it is what a connection dies of, rather than something that this program decided.
    pub(crate) fn is_death(self) -> bool {
        matches!(
            self,
            Self::Tls(_) | Self::TlsInterrupted | Self::Timeout | Self::Closed | Self::ServerEnded | Self::Unreadable
        )
    }

    /// The words of a failure, and during which command it came.
    pub(crate) fn of(error: &WireError) -> (Self, Option<&'static str>) {
        match error {
            WireError::Resolve { absent: true, .. } => (Self::NameUnknown, None),
            WireError::Resolve { .. } | WireError::Discovery { .. } => (Self::Resolver, None),
            WireError::NoPublicAddress { .. } => (Self::NoPublicAddress, None),
            WireError::Connect { .. } => (Self::Unreachable, None),
            WireError::Tls { source, .. } => (Self::of_tls(source), None),
            WireError::StartTlsMissing { .. } => (Self::StartTlsMissing, None),
            WireError::InjectedBytes => (Self::Injected, None),
            WireError::Timeout { during } => (Self::Timeout, Some(during)),
            WireError::Closed { during } | WireError::Io { during, .. } => (Self::Closed, Some(during)),
            WireError::Bye { during, .. } => (Self::ServerEnded, Some(during)),
            WireError::Unreadable { during } => (Self::Unreadable, Some(during)),
            WireError::TokenRefused { .. } => (Self::TokenRefused, None),
            WireError::LoginRefused { .. } => (Self::LoginRefused, None),
            WireError::MechanismMissing => (Self::MechanismMissing, None),
            WireError::Refused { verb, .. } | WireError::NotUnderstood { verb, .. } | WireError::Reply { verb, .. } => {
                (Self::Refused, Some(verb))
            }
            WireError::ScriptRefused { .. } => (Self::Refused, None),
            WireError::Abandoned => (Self::Abandoned, None),
            WireError::Broken => (Self::GivenUp, None),
            WireError::Audit(_) => (Self::Unrecorded, None),
            WireError::Missing(_)
            | WireError::TooLarge { .. }
            | WireError::AddressNeedsUtf8
            | WireError::EightBit
            | WireError::LineEnding
            | WireError::Recipients
            | WireError::Name
            | WireError::NotTrustSpace(_)
            | WireError::NoServers(_) => (Self::NotSent, None),
        }
    }

    fn of_tls(error: &TlsError) -> Self {
        match error {
            TlsError::TimedOut => Self::Timeout,
            other => other.refusal().map_or(Self::TlsInterrupted, Self::Tls),
        }
    }
}
