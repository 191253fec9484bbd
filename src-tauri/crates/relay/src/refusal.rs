//! Refusals in JSON (RFC 6749 §5.2). Their texts are constant: nothing that was sent comes back, nothing that is known is told.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use std::time::Duration;

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    /// In seconds.
    retry_after: Option<u64>,
    challenge: Option<&'static str>,
}

impl Refusal {
    const fn new(status: StatusCode, error: &'static str, description: &'static str) -> Self {
        Self {
            status,
            error,
            description,
            retry_after: None,
            challenge: None,
        }
    }

    /// A request that is not as it should be.
    pub(crate) const fn request(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// An error code of the protocol, with status 400.
    pub(crate) const fn code(error: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, "")
    }

    /// A code, a refresh token or a request by phone that is not, or no more, good for whoever sends it. Which of these is not told.
    pub(crate) const fn grant() -> Self {
        Self::code("invalid_grant")
    }

    /// Nobody that is known.
    pub(crate) const fn client() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", "")
    }

    /// An access token that is none, or no more.
    pub(crate) const fn bearer() -> Self {
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, "invalid_token", "");
        refusal.challenge = Some("Bearer error=\"invalid_token\"");
        refusal
    }

    /// Too large a body.
    pub(crate) const fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request",
            "the body is too large",
        )
    }

    /// Too slow a request.
    pub(crate) const fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "invalid_request",
            "the request took too long",
        )
    }

    /// Too many requests.
    pub(crate) fn too_many(wait: Duration) -> Self {
        Self {
            // A whole second more than what is left of this one.
            retry_after: Some(wait.as_secs() + 1),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "")
        }
    }

    /// The provider is away, or the system gives no random numbers.
    pub(crate) const fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "")
    }

    /// The same, with the time that the provider asked for.
    pub(crate) const fn unavailable_for(seconds: Option<u64>) -> Self {
        let mut refusal = Self::unavailable();
        refusal.retry_after = seconds;
        refusal
    }

    /// The provider answered what it should not.
    pub(crate) const fn server() -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "server_error", "")
    }

    /// No such place.
    pub(crate) const fn nowhere() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({ "error": self.error });
        if !self.description.is_empty() {
            body["error_description"] = self.description.into();
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
