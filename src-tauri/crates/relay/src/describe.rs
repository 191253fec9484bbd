//! The intermediary, as it describes itself (OpenID Connect Discovery §3), and its public keys.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use crate::app::App;

/// `/.well-known/openid-configuration`
pub(crate) async fn configuration(State(app): State<Arc<App>>) -> Response {
    let settings = &app.settings;
    let mut grants = vec!["authorization_code", "refresh_token"];
    let ciba = app.psc.known().is_none_or(|known| known.offers_ciba());
    if ciba {
        grants.push(crate::token::CIBA);
    }
    let mut document = json!({
        "issuer": settings.issuer,
        "authorization_endpoint": settings.address("/authorize"),
        "token_endpoint": settings.address("/token"),
        "userinfo_endpoint": settings.address("/userinfo"),
        "jwks_uri": settings.address("/jwks"),
        "revocation_endpoint": settings.address("/revoke"),
        "end_session_endpoint": settings.address("/logout"),
        "scopes_supported": settings.scope.split(' ').collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "acr_values_supported": [settings.acr],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": app.keys().signer.algorithms(),
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "acr", "amr", "auth_time", "nonce"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "claims_parameter_supported": false,
    });
    if ciba {
        document["backchannel_authentication_endpoint"] = settings.address("/ciba").into();
        document["backchannel_token_delivery_modes_supported"] = json!(["poll"]);
    }
    public(&document)
}

/// `/jwks`
pub(crate) async fn keys(State(app): State<Arc<App>>) -> Response {
    public(&app.keys().signer.published())
}

/// What anybody may keep for a while.
fn public(document: &Value) -> Response {
    let mut response = Response::new(Body::from(document.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
