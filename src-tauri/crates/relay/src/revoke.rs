//! `/revoke`: takes a token back (RFC 7009). What is unknown is answered as what is taken back.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::Request;

use crate::app::App;
use crate::psc_http::PscProblem;
use crate::refusal::Refusal;
use crate::seal::Kind;
use crate::sealed::SealedRefresh;
use crate::secret::{Secret, is_token};
use crate::token::asked;

/// The longest access token, in octets.
const LONGEST: usize = 8 * 1024;

/// `POST /revoke`
pub(crate) async fn revoke(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    match take_back(&app, request).await {
        Ok(()) => Response::new(Body::empty()),
        Err(refusal) => refusal.into_response(),
    }
}

async fn take_back(app: &App, request: Request<Body>) -> Result<(), Refusal> {
    let (client, parameters) = asked(app, request).await?;
    let token = parameters.get("token").ok_or(Refusal::request("token is missing"))?;
    // One of ours is a refresh token, sealed; anything else may be an access token, which is the provider's own.
    let (token, kind) = match app.keys().sealer.open::<SealedRefresh>(Kind::Refresh, token, app.now()) {
        Ok(content) if content.client == client.id => (content.token, "refresh_token"),
        Ok(_) => return Ok(()),
        Err(_) if is_token(token, LONGEST) => (Secret::new(token.to_owned()), "access_token"),
        Err(_) => return Ok(()),
    };
    let form = vec![("token", token.expose()), ("token_type_hint", kind)];
    match app.psc.revoke(form).await {
        Ok(reply) if reply.status == 429 || reply.status >= 500 => Err(Refusal::unavailable_for(reply.retry_after)),
        Ok(_) | Err(PscProblem::NotOffered) => Ok(()),
        Err(_) => Err(Refusal::unavailable()),
    }
}
