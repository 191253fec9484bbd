//! What a person sees in the browser when something is not as it should be. No script, nothing fetched.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use ring::digest::{SHA256, digest};

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The program that asks is not one that is known here, or wants the answer sent elsewhere.
    WrongRedirect,
    /// The login is not one of ours, or its time is over.
    LoginOver,
    /// Too many requests from this address; seconds to wait.
    TooMany(u64),
    /// The session is over.
    LoggedOut,
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1.125rem/1.6 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem}\
h1{font-size:1.75rem;line-height:1.25;margin:0 0 1rem}\
p{margin:0 0 .75rem}";

/// Nothing but the page's own style, known by its digest.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

impl Page {
    fn text(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::WrongRedirect => (
                StatusCode::BAD_REQUEST,
                "Cette connexion ne peut pas commencer",
                "La demande ne vient pas d’un logiciel connu de ce service, ou veut que la réponse soit envoyée ailleurs que \
                 sur votre poste. Par prudence, rien n’a été transmis et vous n’êtes pas connecté.",
                "Fermez cette page et recommencez depuis Pli. Si cela se reproduit, prévenez la personne qui administre \
                 Pli dans votre structure.",
            ),
            Self::LoginOver => (
                StatusCode::BAD_REQUEST,
                "Cette connexion n’est plus valable",
                "Trop de temps a passé depuis qu’elle a commencé, ou cette adresse a été ouverte hors d’une connexion. Vous \
                 n’êtes pas connecté ; vos messages et vos brouillons restent en sécurité dans Pli.",
                "Fermez cette page, revenez à Pli et choisissez de nouveau « Se connecter ».",
            ),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "Trop de demandes à la fois",
                "Ce service a reçu beaucoup de demandes de votre adresse en peu de temps, et fait une pause. Rien n’est \
                 perdu.",
                "Attendez une minute, puis recommencez depuis Pli.",
            ),
            Self::LoggedOut => (
                StatusCode::OK,
                "Vous êtes déconnecté",
                "Votre session Pro Santé Connect est terminée.",
                "Vous pouvez fermer cette page.",
            ),
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let (status, title, what, next) = self.text();
        let html = format!(
            "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} – Pli</title>\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n<p>{what}</p>\n<p>{next}</p>\n</main>\n</body>\n</html>\n"
        );
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Ok(policy) = HeaderValue::from_str(&POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        if let Self::TooMany(seconds) = self {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
