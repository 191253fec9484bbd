//! `/userinfo`: what the provider says of the bearer (OpenID Connect Core §5.3), signed or not.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::app::App;
use crate::jws::Claims;
use crate::refusal::Refusal;
use crate::secret::{Secret, is_token};
use crate::tokens::json;

/// The longest access token, in octets.
const LONGEST: usize = 8 * 1024;

/// `GET` and `POST /userinfo`
pub(crate) async fn userinfo(State(app): State<Arc<App>>, request: Request<Body>) -> Response {
    let bearer = match bearer(&request) {
        Some(bearer) => bearer,
        None => return Refusal::bearer().into_response(),
    };
    drop(request);
    match ask(&app, &bearer).await {
        Ok(body) => json(body),
        Err(refusal) => refusal.into_response(),
    }
}

fn bearer(request: &Request<Body>) -> Option<Secret> {
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return None;
    };
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let fits = scheme.eq_ignore_ascii_case("bearer") && is_token(token, LONGEST);
    fits.then(|| Secret::new(token.to_owned()))
}

async fn ask(app: &App, bearer: &Secret) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let reply = app.psc.userinfo(bearer).await.map_err(|_| Refusal::unavailable())?;
    let claims: Claims = match reply.status {
        200 if reply.is_jwt => {
            let token = std::str::from_utf8(&reply.body).map_err(|_| Refusal::server())?;
            let claims = app.psc.verify(token.trim()).await.map_err(|problem| {
                tracing::error!(%problem, "the provider's userinfo is not believed");
                Refusal::server()
            })?;
            let audience = claims.get("aud");
            let ours = |said: &Value| match said {
                Value::Array(many) => many.iter().any(|one| one == app.psc.client_id()),
                one => one == app.psc.client_id(),
            };
            if !audience.is_none_or(ours) {
                return Err(Refusal::server());
            }
            claims
        }
        200 => reply.json().map_err(|_| Refusal::server())?,
        401 | 403 => return Err(Refusal::bearer()),
        429 | 500..=599 => return Err(Refusal::unavailable_for(reply.retry_after)),
        _ => return Err(Refusal::server()),
    };
    let text = serde_json::to_vec(&claims).map_err(|_| Refusal::server())?;
    Ok(Zeroizing::new(text))
}
