//! What every request passes through: limits, time, security headers, metrics, and the one line of log that tells nothing of anybody.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, Request, StatusCode};
use std::time::Duration;
use tower::ServiceExt as _;

use crate::app::App;
use crate::metrics::Counter;
use crate::pages::Page;
use crate::proxies::counted;
use crate::refusal::Refusal;
use crate::{authorize, callback, ciba, describe, logout, revoke, token, userinfo};

/// The longest address of a request, in octets.
const LONGEST_TARGET: usize = 12 * 1024;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker(pub(crate) IpAddr);

impl Asker {
    /// What is counted of them.
    pub(crate) fn counted(self) -> Vec<u8> {
        match counted(self.0) {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        }
    }
}

/// The public endpoints.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let base = &app.settings.base;
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        .route(&at("/.well-known/openid-configuration"), get(describe::configuration))
        .route(&at("/jwks"), get(describe::keys))
        .route(&at("/authorize"), get(authorize::authorize).post(authorize::authorize))
        .route(&at("/callback"), get(callback::callback))
        .route(&at("/token"), post(token::token))
        .route(&at("/ciba"), post(ciba::ciba))
        .route(&at("/userinfo"), get(userinfo::userinfo).post(userinfo::userinfo))
        .route(&at("/revoke"), post(revoke::revoke))
        .route(&at("/logout"), get(logout::logout).post(logout::logout))
        .fallback(|| async { Refusal::nowhere() })
        .with_state(Arc::clone(app))
}

/// The endpoint's name in metrics and logs: one of few, never what was sent.
fn endpoint(app: &App, path: &str) -> &'static str {
    match path.strip_prefix(&app.settings.base).unwrap_or_default() {
        "/.well-known/openid-configuration" => "discovery",
        "/jwks" => "jwks",
        "/authorize" => "authorize",
        "/callback" => "callback",
        "/token" => "token",
        "/ciba" => "ciba",
        "/userinfo" => "userinfo",
        "/revoke" => "revoke",
        "/logout" => "logout",
        _ => "other",
    }
}

/// Answers one request.
pub(crate) async fn answer(app: &Arc<App>, router: Router, peer: IpAddr, mut request: Request<Body>) -> Response {
    let begun = Instant::now();
    let endpoint = endpoint(app, request.uri().path());
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let forwarded = forwarded.filter_map(|value| value.to_str().ok());
    let asker = Asker(app.settings.proxies.asker(peer, forwarded));
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let browser = accepts.is_some_and(|accept| accept.contains("text/html"));
    let mut response = match admitted(app, asker, target, browser).await {
        Err(response) => response,
        Ok(()) => {
            request.extensions_mut().insert(asker);
            let patience = Duration::from_secs(app.settings.limits.request_seconds);
            match tokio::time::timeout(patience, router.oneshot(request)).await {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => {
                    let mut response = Refusal::too_slow().into_response();
                    response
                        .headers_mut()
                        .insert(http::header::CONNECTION, HeaderValue::from_static("close"));
                    response
                }
            }
        }
    };
    protect(app, response.headers_mut());
    let time = begun.elapsed();
    app.metrics
        .count(Counter::Requests, [endpoint, class(response.status())]);
    app.metrics.took(endpoint, time);
    tracing::debug!(
        endpoint,
        status = response.status().as_u16(),
        ms = time.as_millis(),
        "answered"
    );
    response
}

async fn admitted(app: &App, asker: Asker, target: usize, browser: bool) -> Result<(), Response> {
    if target > LONGEST_TARGET {
        return Err(StatusCode::URI_TOO_LONG.into_response());
    }
    let keys = app.keys();
    let taken = app
        .limiter
        .take(app.rates.address, &keys.counting, &asker.counted())
        .await;
    taken.map_err(|wait| {
        if browser {
            Page::TooMany(wait.as_secs() + 1).into_response()
        } else {
            Refusal::too_many(wait).into_response()
        }
    })
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        300..=399 => "3xx",
        429 => "429",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// The headers of every answer.
fn protect(app: &App, headers: &mut HeaderMap) {
    let usual = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "interest-cohort=()"),
    ];
    for (name, value) in usual {
        // A page has a policy of its own, and what is public may be kept.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.settings.issuer.starts_with("https:") {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
}
