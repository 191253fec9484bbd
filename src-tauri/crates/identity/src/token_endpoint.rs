//! The token endpoint (RFC 6749 §3.2), whatever the flow.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroize;

use crate::courier::Telling;
use crate::error::IdentityError;
use crate::http::{Answer, FormBody, Request};
use crate::provider::{Provider, json, successful, unexpected};
use crate::secret::{form, is_token};
use crate::witness::Step;

/// Life of an access token when the provider does not say: the shortest that Pro Santé Connect gives.
const UNSAID_LIFE: SignedDuration = SignedDuration::from_secs(120);
/// The longest life that is believed.
const LONGEST_LIFE: u64 = 24 * 3600;

/// What is exchanged for tokens.
pub(crate) enum Grant<'a> {
    /// A code that the browser brought (RFC 6749 §4.1.3, RFC 7636 §4.5).
    Code {
        code: &'a SecretString,
        verifier: &'a SecretString,
        redirect: &'a str,
    },
    /// An approval awaited on the phone (CIBA §10.1). The verifier proves to an intermediary, which asks for it, that
    /// the one who polls is the one who began; a plain provider does not look at it.
    Ciba {
        request: &'a SecretString,
        verifier: &'a SecretString,
        /// All the questions are told of together.
        telling: &'a Telling,
    },
    /// A refresh token (RFC 6749 §6).
    Refresh(&'a SecretString),
}

/// Tokens, and until when they serve.
pub(crate) struct Tokens {
    pub(crate) access: SecretString,
    pub(crate) expires_at: Timestamp,
    pub(crate) refresh: Option<SecretString>,
    pub(crate) refresh_expires_at: Option<Timestamp>,
    /// How long the refresh token was said to live when it was given.
    pub(crate) refresh_life: Option<SignedDuration>,
    pub(crate) id_token: Option<SecretString>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    /// An extension of Keycloak's, on which Pro Santé Connect is built.
    refresh_expires_in: Option<u64>,
    id_token: Option<String>,
}

impl Drop for TokenAnswer {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
        self.id_token.zeroize();
    }
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
}

/// Exchanges a grant for tokens. Lifetimes count from `now`, the moment of asking: never later than the provider's own.
pub(crate) async fn exchange(provider: &Provider, grant: Grant<'_>, now: Timestamp) -> Result<Tokens, IdentityError> {
    let client_id = provider.settings().client_id.as_str();
    let (doing, body) = match &grant {
        Grant::Code {
            code,
            verifier,
            redirect,
        } => (
            "exchanging the code for tokens",
            form(&[
                ("grant_type", "authorization_code"),
                ("client_id", client_id),
                ("code", code.expose_secret()),
                ("code_verifier", verifier.expose_secret()),
                ("redirect_uri", redirect),
            ]),
        ),
        Grant::Ciba { request, verifier, .. } => (
            "asking whether the login was approved",
            form(&[
                ("grant_type", "urn:openid:params:grant-type:ciba"),
                ("client_id", client_id),
                ("auth_req_id", request.expose_secret()),
                ("code_verifier", verifier.expose_secret()),
            ]),
        ),
        Grant::Refresh(token) => (
            "prolonging the session",
            form(&[
                ("grant_type", "refresh_token"),
                ("client_id", client_id),
                ("refresh_token", token.expose_secret()),
            ]),
        ),
    };
    let request = Request::Form {
        url: provider.metadata().token_endpoint.clone(),
        body: FormBody::new(body),
    };
    let courier = provider.courier();
    let answer = match &grant {
        Grant::Code { .. } => courier.ask(Step::ExchangeCode, request).await,
        Grant::Refresh(_) => courier.ask(Step::Refresh, request).await,
        Grant::Ciba { telling, .. } => courier.ask_within(telling, request).await,
    };
    let answer = answer.map_err(|problem| IdentityError::Unreachable { doing, problem })?;
    if matches!(answer.status, 400..=428 | 430..=499) {
        let code = error_code(&answer);
        return Err(match (&grant, code.as_str()) {
            // A refresh token refused and a provider out of reach are not the same: only the first ends the session.
            (Grant::Refresh(_), "invalid_grant") => IdentityError::SessionOver,
            (Grant::Ciba { .. }, "access_denied") => IdentityError::Refused,
            (Grant::Ciba { .. }, "expired_token") => IdentityError::Expired,
            _ => IdentityError::Provider { doing, code },
        });
    }
    successful(doing, &answer)?;
    tokens(doing, json(doing, &answer)?, now)
}

fn tokens(doing: &'static str, mut answer: TokenAnswer, now: Timestamp) -> Result<Tokens, IdentityError> {
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(unexpected(doing, "a token of an unknown type"));
    }
    let given = [
        Some(&answer.access_token),
        answer.refresh_token.as_ref(),
        answer.id_token.as_ref(),
    ];
    if !given.into_iter().flatten().all(|token| is_token(token)) {
        return Err(unexpected(doing, "a token with characters that a token may not hold"));
    }
    let believed = |seconds: u64| SignedDuration::from_secs(i64::try_from(seconds.min(LONGEST_LIFE)).unwrap_or(0));
    let after = |life: SignedDuration| now.saturating_add(life).unwrap_or(now);
    // Keycloak writes 0 for a refresh token without an end of its own.
    let refresh_life = answer.refresh_expires_in.filter(|seconds| *seconds > 0).map(believed);
    Ok(Tokens {
        access: SecretString::from(std::mem::take(&mut answer.access_token)),
        expires_at: after(answer.expires_in.map_or(UNSAID_LIFE, believed)),
        refresh: answer.refresh_token.take().map(SecretString::from),
        refresh_expires_at: refresh_life.map(after),
        refresh_life,
        id_token: answer.id_token.take().map(SecretString::from),
    })
}

/// The provider's error code, made harmless for a log.
pub(crate) fn error_code(answer: &Answer) -> String {
    match serde_json::from_slice::<ErrorAnswer>(&answer.body) {
        Ok(body) => harmless(&body.error),
        Err(_) => format!("status_{}", answer.status),
    }
}

/// At most 64 characters of those that error codes are made of.
pub(crate) fn harmless(code: &str) -> String {
    code.chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(*c))
        .take(64)
        .collect()
}
