//! A login by phone begins: `/ciba` (CIBA Core §7), for a public client.
//!
//! A public client proves nothing, so that anybody could ask. Hence: the client binds the request to itself by PKCE, as for a code,
//! and only it can poll; few requests for one national id, whoever asks; and whether the person is known shows in nothing, neither
//! here nor when polling.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use http::Request;
use pli_terms::NationalId;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use crate::app::App;
use crate::gate::Asker;
use crate::metrics::Counter;
use crate::parameters::Parameters;
use crate::pkce;
use crate::psc_http::{PscProblem, Reply};
use crate::refusal::Refusal;
use crate::seal::Kind;
use crate::sealed::SealedAuthRequest;
use crate::secret::{Secret, is_token};
use crate::token::asked;
use crate::tokens;

/// The longest request id of the provider: with it, ours keeps its size.
const LONGEST_REQUEST: usize = 1536;

/// What is asked.
struct Asked {
    client: String,
    challenge: String,
    person: NationalId,
    /// Two digits.
    binding: String,
    channel: &'static str,
}

/// `POST /ciba`
pub(crate) async fn ciba(
    State(app): State<Arc<App>>,
    Extension(asker): Extension<Asker>,
    request: Request<Body>,
) -> Response {
    let wanted = match read(&app, request).await {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal.into_response(),
    };
    if let Err(refusal) = limited(&app, asker, &wanted.person).await {
        return refusal.into_response();
    }
    let floor = Instant::now() + app.settings.floor();
    let outcome = begin(&app, &wanted).await;
    sleep_until(floor).await;
    match outcome {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn read(app: &App, request: Request<Body>) -> Result<Asked, Refusal> {
    let (client, parameters) = asked(app, request).await?;
    let scope = parameters.get("scope").unwrap_or_default();
    if !scope.split(' ').any(|word| word == "openid") {
        return Err(Refusal::code("invalid_scope"));
    }
    let challenge = parameters.get("code_challenge").filter(|text| pkce::is_challenge(text));
    let (Some(challenge), Some("S256")) = (challenge, parameters.get("code_challenge_method")) else {
        return Err(Refusal::request("code_challenge is needed, with the method S256"));
    };
    let binding = parameters.get("binding_message").unwrap_or_default();
    if binding.len() != 2 || !binding.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::code("invalid_binding_message"));
    }
    let channel = match parameters.get("channel") {
        Some("MOBILE") => "MOBILE",
        Some("CARD") => "CARD",
        _ => return Err(Refusal::request("channel is MOBILE or CARD")),
    };
    if parameters
        .get("login_hint_token")
        .or(parameters.get("id_token_hint"))
        .is_some()
    {
        return Err(Refusal::request("the person is named by login_hint"));
    }
    Ok(Asked {
        client: client.id.clone(),
        challenge: challenge.to_owned(),
        person: person(&parameters)?,
        binding: binding.to_owned(),
        channel,
    })
}

fn person(parameters: &Parameters) -> Result<NationalId, Refusal> {
    let said = parameters.get("login_hint").unwrap_or_default();
    NationalId::parse(said).map_err(|_| Refusal::request("login_hint is no national id"))
}

/// Too fast for this address, or for this person: told before anybody is disturbed, and before it is known whether the person is.
async fn limited(app: &App, asker: Asker, person: &NationalId) -> Result<(), Refusal> {
    let keys = app.keys();
    let address = asker.counted();
    for (rate, who) in [
        (app.rates.ciba_address, address.as_slice()),
        (app.rates.ciba_person, person.as_str().as_bytes()),
    ] {
        app.limiter
            .take(rate, &keys.counting, who)
            .await
            .map_err(Refusal::too_many)?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Begun {
    auth_req_id: Secret,
    expires_in: u64,
}

async fn begin(app: &App, wanted: &Asked) -> Result<Response, Refusal> {
    let form = vec![
        ("scope", app.settings.scope.as_str()),
        ("acr_values", app.settings.acr.as_str()),
        ("login_hint", wanted.person.as_str()),
        ("binding_message", wanted.binding.as_str()),
        ("channel", wanted.channel),
    ];
    let request = match app.psc.begin(form).await {
        Ok(reply) => begun(app, reply)?,
        Err(PscProblem::NotOffered) => return Err(Refusal::code("unauthorized_client")),
        Err(_) => return Err(Refusal::unavailable()),
    };
    let content = SealedAuthRequest {
        request,
        client: wanted.client.clone(),
        challenge: wanted.challenge.clone(),
    };
    let lifetimes = &app.settings.lifetimes;
    let until = app.after(app.now(), lifetimes.ciba);
    let sealed = app
        .keys()
        .sealer
        .seal(Kind::AuthRequest, &content, until)
        .map_err(|_| Refusal::server())?;
    // The same lifetime and interval for everybody: the provider's own would tell who is known.
    let answer = json!({ "auth_req_id": sealed, "expires_in": lifetimes.ciba, "interval": lifetimes.ciba_interval });
    Ok(tokens::json(Zeroizing::new(answer.to_string().into_bytes())))
}

/// The provider's request id; none when it would not begin for reasons of the person, which nobody is told.
fn begun(app: &App, reply: Reply) -> Result<Option<Secret>, Refusal> {
    match reply.status {
        200 => {
            let begun: Begun = reply.json().map_err(|_| Refusal::server())?;
            if !is_token(begun.auth_req_id.expose(), LONGEST_REQUEST) {
                tracing::error!("the provider gave a request id that cannot be used");
                return Err(Refusal::server());
            }
            if begun.expires_in < u64::from(app.settings.lifetimes.ciba) {
                tracing::warn!(
                    provider = begun.expires_in,
                    here = app.settings.lifetimes.ciba,
                    "the provider ends a login by phone sooner than lifetimes.ciba: whoever watches could tell who is known"
                );
            }
            Ok(Some(begun.auth_req_id))
        }
        429 | 500..=599 => Err(Refusal::unavailable_for(reply.retry_after)),
        401 => refused_ourselves(reply.status, "invalid_client"),
        400..=499 => match reply.error().as_str() {
            code @ ("invalid_client" | "unauthorized_client" | "invalid_scope") => {
                refused_ourselves(reply.status, code)
            }
            code => {
                app.metrics.count(Counter::CibaRefused, ["", ""]);
                // At the usual level, the log does not tell either.
                tracing::trace!(code, "the provider does not begin a login by phone");
                Ok(None)
            }
        },
        status => refused_ourselves(status, ""),
    }
}

fn refused_ourselves(status: u16, code: &str) -> Result<Option<Secret>, Refusal> {
    tracing::error!(status, code, "the provider refuses the intermediary itself");
    Err(Refusal::server())
}
