//! What proves who logs in, and its SASL messages.

use pli_terms::Address;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// How to authenticate on IMAP and SMTP. Never printed.
#[derive(Clone)]
pub enum Credentials {
    /// An access token of Pro Santé Connect (ECO.1.2.1), by XOAUTH2, or OAUTHBEARER (RFC 7628) where only that is
    /// advertised.
    Bearer {
        /// The mailbox to open.
        user: Address,
        /// The access token, in memory only (ECO.1.2.5).
        token: SecretString,
    },
    /// The client certificate already shown in the TLS handshake (SASL EXTERNAL, RFC 4422 appendix A); on an SMTP port
    /// that does not advertise EXTERNAL, the certificate alone.
    External {
        /// The mailbox to open: for the journal, the server reads it from the certificate.
        user: Address,
    },
}

impl Credentials {
    /// The mailbox they open.
    #[must_use]
    pub fn user(&self) -> &Address {
        match self {
            Self::Bearer { user, .. } | Self::External { user } => user,
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bearer { user, .. } => f.debug_struct("Bearer").field("user", user).finish_non_exhaustive(),
            Self::External { user } => f.debug_struct("External").field("user", user).finish(),
        }
    }
}

/// A SASL mechanism chosen for one login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    XOAuth2,
    OAuthBearer,
    External,
}

impl Mechanism {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::XOAuth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::External => "EXTERNAL",
        }
    }

    /// XOAUTH2 first: it is what works everywhere; OAUTHBEARER where it stands alone.
    pub(crate) fn choose(credentials: &Credentials, advertised: impl Fn(&str) -> bool) -> Option<Self> {
        let wanted: &[Self] = match credentials {
            Credentials::Bearer { .. } => &[Self::XOAuth2, Self::OAuthBearer],
            Credentials::External { .. } => &[Self::External],
        };
        wanted.iter().copied().find(|mechanism| advertised(mechanism.name()))
    }

    /// The client's message, to be sent when the server asks for it (never as an initial response).
    pub(crate) fn message(self, credentials: &Credentials, host: &str, port: u16) -> Zeroizing<Vec<u8>> {
        let Credentials::Bearer { user, token } = credentials else {
            return Zeroizing::default();
        };
        let token = token.expose_secret();
        let text = match self {
            Self::XOAuth2 => format!("user={user}\x01auth=Bearer {token}\x01\x01"),
            Self::OAuthBearer => format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01"),
            Self::External => String::new(),
        };
        Zeroizing::new(text.into_bytes())
    }

    /// [`Mechanism::message`] in base64.
    pub(crate) fn encoded(self, credentials: &Credentials, host: &str, port: u16) -> Zeroizing<String> {
        use base64::Engine as _;
        Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(&*self.message(credentials, host, port)))
    }

    /// What a refused client must answer to the server's error challenge (RFC 7628 §3.2.3), in base64.
    pub(crate) fn give_up(self) -> &'static str {
        match self {
            Self::OAuthBearer => "AQ==",
            Self::XOAuth2 | Self::External => "",
        }
    }
}

/// Whether an error challenge says that the token itself was refused (and not, say, that the server is unwell).
pub(crate) fn challenge_refuses_token(challenge: &str) -> bool {
    use base64::Engine as _;
    let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(challenge.trim()) else {
        return false;
    };
    let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    [
        "\"status\":\"401\"",
        "\"status\":401",
        "\"status\":\"invalid_token\"",
        "\"status\":\"400\"",
        "\"status\":\"403\"",
    ]
    .iter()
    .any(|status| text.contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer() -> Credentials {
        Credentials::Bearer {
            user: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
            token: "s3cr3t".into(),
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        assert!(!format!("{:?}", bearer()).contains("s3cr3t"));
    }

    #[test]
    fn xoauth2_comes_first_and_oauthbearer_where_it_stands_alone() {
        assert_eq!(Mechanism::choose(&bearer(), |_| true), Some(Mechanism::XOAuth2));
        assert_eq!(
            Mechanism::choose(&bearer(), |m| m == "OAUTHBEARER"),
            Some(Mechanism::OAuthBearer)
        );
        assert_eq!(Mechanism::choose(&bearer(), |m| m == "PLAIN"), None);
    }

    #[test]
    fn only_a_challenge_about_the_token_refuses_it() {
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        assert!(challenge_refuses_token(&encode(
            r#"{"status":"401","schemes":"bearer","scope":"mail"}"#
        )));
        assert!(challenge_refuses_token(&encode(r#"{ "status": "invalid_token" }"#)));
        assert!(!challenge_refuses_token(&encode(r#"{"status":"500"}"#)));
        assert!(!challenge_refuses_token("%%%"));
    }
}
