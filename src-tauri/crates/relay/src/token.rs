//! `/token`: a code, a refresh token or a login by phone becomes tokens. Everything is checked here before the provider is asked,
//! so that nobody spends what is another's.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::Request;
use http::header::AUTHORIZATION;

use crate::app::App;
use crate::id_token::Answers;
use crate::parameters::Parameters;
use crate::pkce;
use crate::poll;
use crate::psc_http::Reply;
use crate::refusal::Refusal;
use crate::seal::Kind;
use crate::sealed::{SealedCode, SealedRefresh};
use crate::settings::KnownClient;
use crate::tokens::{Given, give};

/// The grant of a login by phone (CIBA Core §10.1).
pub(crate) const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// `POST /token`
pub(crate) async fn token(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    match exchange(&app, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn exchange(app: &App, request: Request<Body>) -> Result<Response, Refusal> {
    let (client, parameters) = asked(app, request).await?;
    match parameters.get("grant_type") {
        Some("authorization_code") => code(app, client, &parameters).await,
        Some("refresh_token") => refresh(app, client, &parameters).await,
        Some(CIBA) => poll::poll(app, client, &parameters).await,
        Some(_) => Err(Refusal::code("unsupported_grant_type")),
        None => Err(Refusal::request("grant_type is missing")),
    }
}

/// The form of a public client, which names itself and proves nothing: who pretends to have a secret is mistaken.
pub(crate) async fn asked(app: &App, request: Request<Body>) -> Result<(&KnownClient, Parameters), Refusal> {
    let pretends = request.headers().contains_key(AUTHORIZATION);
    let parameters = Parameters::of_form(request, app.settings.limits.body_bytes).await?;
    let pretends = pretends
        || ["client_secret", "client_assertion"]
            .iter()
            .any(|name| parameters.get(name).is_some());
    let client = parameters.get("client_id").and_then(|id| app.settings.client(id));
    match client {
        Some(client) if !pretends => Ok((client, parameters)),
        _ => Err(Refusal::client()),
    }
}

async fn code(app: &App, client: &KnownClient, parameters: &Parameters) -> Result<Response, Refusal> {
    let sealed = parameters.get("code").ok_or(Refusal::request("code is missing"))?;
    let SealedCode { code, login } = app.open(Kind::Code, sealed).map_err(|_| Refusal::grant())?;
    let verifier = parameters.get("code_verifier").unwrap_or_default();
    let whose = login.client == client.id && parameters.get("redirect_uri") == Some(login.redirect.as_str());
    if !whose || !pkce::proves(verifier, &login.challenge) {
        return Err(Refusal::grant());
    }
    let back = app.settings.address("/callback");
    let form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("code_verifier", login.verifier.expose()),
        ("redirect_uri", back.as_str()),
    ];
    let reply = app.psc.token(form).await.map_err(|_| Refusal::unavailable())?;
    let reply = accepted(reply)?;
    let given = Given {
        client: &client.id,
        answers: Answers::Code {
            nonce: login.own_nonce.expose(),
        },
        nonce: Some(&login.nonce),
    };
    give(app, reply, given).await
}

async fn refresh(app: &App, client: &KnownClient, parameters: &Parameters) -> Result<Response, Refusal> {
    let sealed = parameters
        .get("refresh_token")
        .ok_or(Refusal::request("refresh_token is missing"))?;
    let content: SealedRefresh = app.open(Kind::Refresh, sealed).map_err(|_| Refusal::grant())?;
    if content.client != client.id {
        return Err(Refusal::grant());
    }
    let form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", content.token.expose()),
    ];
    let reply = app.psc.token(form).await.map_err(|_| Refusal::unavailable())?;
    let reply = accepted(reply)?;
    let given = Given {
        client: &client.id,
        answers: Answers::Refresh {
            subject: &content.subject,
        },
        nonce: None,
    };
    give(app, reply, given).await
}

/// The provider's good answer, or what its refusal means to the client.
pub(crate) fn accepted(reply: Reply) -> Result<Reply, Refusal> {
    let refusal = match reply.status {
        200 => return Ok(reply),
        429 => Refusal::unavailable_for(reply.retry_after),
        400..=499 => match reply.error().as_str() {
            "invalid_grant" => Refusal::grant(),
            "authorization_pending" => Refusal::code("authorization_pending"),
            "slow_down" => Refusal::code("slow_down"),
            "access_denied" => Refusal::code("access_denied"),
            "expired_token" => Refusal::code("expired_token"),
            code => {
                tracing::error!(
                    status = reply.status,
                    code,
                    "the provider refuses the intermediary itself"
                );
                Refusal::server()
            }
        },
        500..=599 => Refusal::unavailable_for(reply.retry_after),
        status => {
            tracing::error!(status, "the provider answered a status that means nothing here");
            Refusal::server()
        }
    };
    Err(refusal)
}
