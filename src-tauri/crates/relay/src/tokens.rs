//! The provider's tokens, made into what Pli is given.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::app::App;
use crate::id_token::{self, Answers, IdTokenProblem};
use crate::metrics::Counter;
use crate::psc_http::Reply;
use crate::refusal::Refusal;
use crate::seal::{Kind, SealProblem};
use crate::sealed::{SealedHint, SealedRefresh};
use crate::secret::{Secret, is_token};

/// The longest token of the provider that is passed on, in octets.
const LONGEST: usize = 8 * 1024;

/// To whom, and in answer to what.
pub(crate) struct Given<'a> {
    pub(crate) client: &'a str,
    pub(crate) answers: Answers<'a>,
    /// The client's own.
    pub(crate) nonce: Option<&'a str>,
}

/// What the provider gives (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Tokens {
    access_token: Secret,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<Secret>,
    /// An extension of Keycloak's, on which Pro Santé Connect is built. Zero: no end of its own.
    refresh_expires_in: Option<u64>,
    id_token: Option<Secret>,
}

/// What Pli is given. The access token is the provider's own: the mail operators have to know it.
#[derive(Serialize)]
struct Passed {
    access_token: Secret,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<Secret>,
}

/// Checks the provider's tokens and makes the answer of them.
pub(crate) async fn give(app: &App, reply: Reply, given: Given<'_>) -> Result<Response, Refusal> {
    let tokens: Tokens = reply.json().map_err(|problem| {
        tracing::error!(%problem, "the provider's tokens cannot be read");
        Refusal::server()
    })?;
    let secrets = [Some(&tokens.access_token), tokens.refresh_token.as_ref()];
    let usable = secrets
        .into_iter()
        .flatten()
        .all(|token| is_token(token.expose(), LONGEST));
    if !usable || !tokens.token_type.eq_ignore_ascii_case("bearer") {
        tracing::error!("the provider gave a token that cannot be used");
        return Err(Refusal::server());
    }
    let now = app.now();
    let keys = app.keys();
    let longest = app.settings.lifetimes.refresh;
    let (subject, id_token) = match (&tokens.id_token, given.answers) {
        // A refresh need not bring one (OpenID Connect Core §12.2).
        (None, Answers::Refresh { subject }) => (subject.to_owned(), None),
        (None, _) => return Err(not_believed(app, IdTokenProblem::Missing)),
        (Some(token), answers) => {
            let proof = app.psc.prove(token, answers, now).await;
            let proof = proof.map_err(|problem| not_believed(app, problem))?;
            let hint = SealedHint {
                id_token: token.clone(),
            };
            let hint = keys
                .sealer
                .seal(Kind::Hint, &hint, app.after(now, longest))
                .map_err(not_sealed)?;
            let claims = id_token::ours(&proof, &app.settings.issuer, given.client, given.nonce, Some(hint), now);
            let signed = keys.signer.sign(&claims).map_err(|_| Refusal::unavailable())?;
            (proof.subject, Some(Secret::new(signed)))
        }
    };
    let end = tokens.refresh_expires_in.filter(|seconds| *seconds > 0);
    let life = end
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(longest)
        .min(longest);
    let refresh_token = match tokens.refresh_token {
        Some(token) => {
            let content = SealedRefresh {
                token,
                subject,
                client: given.client.to_owned(),
            };
            let sealed = keys
                .sealer
                .seal(Kind::Refresh, &content, app.after(now, life))
                .map_err(not_sealed)?;
            Some(Secret::new(sealed))
        }
        None => None,
    };
    let passed = Passed {
        access_token: tokens.access_token,
        token_type: "Bearer",
        expires_in: tokens.expires_in,
        refresh_token,
        refresh_expires_in: end.map(|seconds| seconds.min(u64::from(longest))),
        id_token,
    };
    // Reserved at once: what grows leaves copies of itself behind.
    let mut body = Zeroizing::new(Vec::with_capacity(64 * 1024));
    serde_json::to_writer(&mut *body, &passed).map_err(|_| Refusal::server())?;
    Ok(json(body))
}

/// JSON that is wiped once it is sent.
pub(crate) fn json(body: Zeroizing<Vec<u8>>) -> Response {
    let mut response = Response::new(Body::from(Bytes::from_owner(Wiped(body))));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn not_believed(app: &App, problem: IdTokenProblem) -> Refusal {
    app.metrics.count(Counter::IdToken, ["", ""]);
    tracing::error!(%problem, "the provider's id token is not believed");
    Refusal::server()
}

fn not_sealed(problem: SealProblem) -> Refusal {
    tracing::error!(%problem, "the provider's token cannot be sealed");
    match problem {
        SealProblem::Randomness => Refusal::unavailable(),
        _ => Refusal::server(),
    }
}
