//! Health and metrics, for the machines that watch: on an address of their own, over plain HTTP.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, StatusCode};

use crate::app::App;

/// Answers one request of the administrator's.
pub(crate) fn answer(app: &App, request: &Request<Body>) -> Response {
    let readable = request.method() == Method::GET || request.method() == Method::HEAD;
    match request.uri().path() {
        _ if !readable => text(StatusCode::METHOD_NOT_ALLOWED, "only read\n"),
        // The process answers: that is all that this says.
        "/health/live" => text(StatusCode::OK, "live\n"),
        "/health/ready" if app.psc.is_ready() => text(StatusCode::OK, "ready\n"),
        "/health/ready" => text(StatusCode::SERVICE_UNAVAILABLE, "the provider has not been reached\n"),
        "/metrics" => text(StatusCode::OK, app.metrics.text(app.psc.is_ready())),
        _ => text(StatusCode::NOT_FOUND, "/health/live /health/ready /metrics\n"),
    }
}

fn text(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
