//! The proof of who logged in, for whom and when (OpenID Connect Core §3.1.3.7).

use std::str::FromStr;

use chrono::{DateTime, Utc};
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Alg};
use openidconnect::{ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{IdTokenProblem, IdentityError};
use crate::provider::Provider;
use crate::settings::Settings;

/// How far the workstation's clock may be behind or ahead.
const LEEWAY: SignedDuration = SignedDuration::from_secs(120);

/// Which login the token must answer.
#[derive(Clone, Copy)]
pub(crate) enum Answers<'a> {
    /// A new login in the browser, with this nonce, at the level asked for.
    Login(&'a SecretString),
    /// A new login on the phone, at the level asked for: there is no nonce, since the token comes from the token endpoint and
    /// passes through no browser (CIBA §10.1.1).
    Phone,
    /// A refresh of the session of this subject (OpenID Connect Core §12.2).
    Refresh(&'a str),
}

/// What a checked id token says.
pub(crate) struct Proof {
    /// Who, in the provider's own words.
    pub(crate) subject: String,
    /// When the person was authenticated (`auth_time`), if it says: a browser may be logged in since the morning.
    pub(crate) authenticated_at: Option<Timestamp>,
}

/// Checks an id token. A token signed with a key not known yet has the keys read again, once.
pub(crate) async fn verify(
    provider: &Provider,
    token: &SecretString,
    answers: Answers<'_>,
    now: Timestamp,
) -> Result<Proof, IdentityError> {
    match check(provider, provider.keys(), token, answers, now) {
        Err(Rejected::UnknownKey) => {
            provider.renew_keys().await?;
            check(provider, provider.keys(), token, answers, now)
        }
        checked => checked,
    }
    .map_err(|rejected| match rejected {
        Rejected::UnknownKey => IdTokenProblem::Signature.into(),
        Rejected::Because(problem) => problem.into(),
    })
}

enum Rejected {
    UnknownKey,
    Because(IdTokenProblem),
}

fn check(
    provider: &Provider,
    keys: CoreJsonWebKeySet,
    token: &SecretString,
    answers: Answers<'_>,
    now: Timestamp,
) -> Result<Proof, Rejected> {
    let because = Rejected::Because;
    let token = CoreIdToken::from_str(token.expose_secret()).map_err(|_| because(IdTokenProblem::Malformed))?;
    let issuer = IssuerUrl::new(provider.issuer().to_owned()).map_err(|_| because(IdTokenProblem::Issuer))?;
    let client = ClientId::new(provider.settings().client_id.clone());
    let (earliest, latest) = (moment(now - LEEWAY)?, moment(now + LEEWAY)?);
    let must_say_level = !matches!(answers, Answers::Refresh(_));
    let verifier = CoreIdTokenVerifier::new_public_client(client, issuer, keys)
        // What a public client can check: never HMAC, which needs a secret, never `none`.
        .set_allowed_algs([
            Alg::RsaSsaPkcs1V15Sha256,
            Alg::RsaSsaPkcs1V15Sha384,
            Alg::RsaSsaPkcs1V15Sha512,
            Alg::RsaSsaPssSha256,
            Alg::RsaSsaPssSha384,
            Alg::RsaSsaPssSha512,
            Alg::EcdsaP256Sha256,
            Alg::EcdsaP384Sha384,
            Alg::EdDsa,
        ])
        .set_time_fn(move || earliest)
        .set_issue_time_verifier_fn(move |issued| if issued <= latest { Ok(()) } else { Err(String::new()) })
        .set_auth_context_verifier_fn(move |level| match level {
            Some(level) if Settings::LEVELS.contains(&level.as_str()) => Ok(()),
            None if !must_say_level => Ok(()),
            _ => Err(String::new()),
        });
    let nonce = |found: Option<&Nonce>| match (answers, found) {
        (Answers::Login(expected), Some(found)) if crate::secret::same(expected, found.secret()) => Ok(()),
        (Answers::Login(_), _) => Err(String::new()),
        (Answers::Phone | Answers::Refresh(_), _) => Ok(()),
    };
    let claims = token.claims(&verifier, nonce).map_err(|error| rejected(&error))?;
    let subject = claims.subject().as_str();
    match answers {
        Answers::Refresh(expected) if subject != expected => Err(because(IdTokenProblem::Subject)),
        _ => Ok(Proof {
            subject: subject.to_owned(),
            authenticated_at: claims
                .auth_time()
                .and_then(|time| Timestamp::from_second(time.timestamp()).ok()),
        }),
    }
}

fn moment(time: Timestamp) -> Result<DateTime<Utc>, Rejected> {
    DateTime::from_timestamp(time.as_second(), 0).ok_or(Rejected::Because(IdTokenProblem::Time))
}

fn rejected(error: &ClaimsVerificationError) -> Rejected {
    use ClaimsVerificationError as E;
    Rejected::Because(match error {
        E::SignatureVerification(SignatureVerificationError::NoMatchingKey) => return Rejected::UnknownKey,
        E::SignatureVerification(_) | E::Unsupported(_) => IdTokenProblem::Signature,
        E::Expired(_) | E::InvalidAuthTime(_) => IdTokenProblem::Time,
        E::InvalidAudience(_) => IdTokenProblem::Audience,
        E::InvalidAuthContext(_) => IdTokenProblem::Level,
        E::InvalidIssuer(_) => IdTokenProblem::Issuer,
        E::InvalidNonce(_) => IdTokenProblem::Nonce,
        E::InvalidSubject(_) => IdTokenProblem::Subject,
        _ => IdTokenProblem::Malformed,
    })
}
