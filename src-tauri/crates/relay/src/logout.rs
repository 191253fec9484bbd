//! `/logout` (OpenID Connect RP-Initiated Logout): our id token holds the provider's, sealed, which ends the session there.
//!
//! The provider is told from here, so that its token never stands in an address of the browser. Whatever was sent, the answer is
//! the same: a page for a browser, nothing for a program.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::ACCEPT;
use http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::app::App;
use crate::id_token::HINT;
use crate::jws;
use crate::pages::Page;
use crate::parameters::Parameters;
use crate::psc_http::PscProblem;
use crate::refusal::Refusal;
use crate::seal::Kind;
use crate::sealed::SealedHint;

/// `GET` and `POST /logout`
pub(crate) async fn logout(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let browser = accepts.is_some_and(|accept| accept.contains("text/html"));
    let parameters = if request.method() == Method::POST {
        Parameters::of_form(request, app.settings.limits.body_bytes).await
    } else {
        Parameters::of_query(&request).map_err(|_| Refusal::request("a parameter is there twice"))
    };
    let ended = match &parameters {
        Ok(parameters) => end(&app, parameters).await,
        Err(refusal) => Err(*refusal),
    };
    match ended {
        Err(refusal) => refusal.into_response(),
        Ok(()) if browser => Page::LoggedOut.into_response(),
        Ok(()) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
    }
}

async fn end(app: &App, parameters: &Parameters) -> Result<(), Refusal> {
    // Nothing is ever sent elsewhere from here.
    if parameters.get("post_logout_redirect_uri").is_some() {
        return Err(Refusal::request("post_logout_redirect_uri is not supported"));
    }
    let Some(hint) = parameters
        .get("id_token_hint")
        .and_then(|token| hint(app, token, parameters))
    else {
        return Ok(());
    };
    match app.psc.end_session(&hint.id_token).await {
        Ok(reply) if reply.status == 429 || reply.status >= 500 => Err(Refusal::unavailable_for(reply.retry_after)),
        // A page or a redirection is an answer too: it is for the browser that is not there.
        Ok(_) | Err(PscProblem::NotOffered) => Ok(()),
        Err(_) => Err(Refusal::unavailable()),
    }
}

/// The provider's id token within one of ours, expired or not.
fn hint(app: &App, token: &str, parameters: &Parameters) -> Option<SealedHint> {
    let keys = app.keys();
    let claims = jws::verify(token, &keys.own, None).ok()?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let audience = text("aud").filter(|id| app.settings.client(id).is_some())?;
    let named = parameters.get("client_id").is_none_or(|id| id == audience);
    if !named || text("iss") != Some(&app.settings.issuer) {
        return None;
    }
    app.open(Kind::Hint, text(HINT)?).ok()
}
