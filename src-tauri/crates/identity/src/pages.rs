//! What the browser shows at the end of a login. No script, nothing fetched.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// How the login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Success,
    Refusal,
    Failure,
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1.125rem/1.6 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem}\
h1{font-size:1.75rem;line-height:1.25;margin:0 0 1rem}\
p{margin:0 0 .75rem}";

impl Page {
    fn text(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Success => (
                "Vous êtes connecté",
                "Pro Santé Connect vous a reconnu et Pli ouvre votre messagerie.",
                "Vous pouvez fermer cette page et revenir à Pli.",
            ),
            Self::Refusal => (
                "La connexion a été refusée",
                "Vous n’êtes pas connecté. Vos messages et vos brouillons restent en sécurité dans Pli.",
                "Si ce refus n’était pas voulu, fermez cette page et recommencez depuis Pli.",
            ),
            Self::Failure => (
                "La connexion n’a pas abouti",
                "Vous n’êtes pas connecté. Vos messages et vos brouillons restent en sécurité dans Pli.",
                "Fermez cette page et revenez à Pli, qui vous dit ce qui s’est passé et comment recommencer.",
            ),
        }
    }
}

/// The whole HTTP answer that shows a page.
pub(crate) fn answer(page: Page) -> Vec<u8> {
    let (title, what, next) = page.text();
    let html = format!(
        "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} – Pli</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p>{what}</p>\n<p>{next}</p>\n</main>\n</body>\n</html>\n"
    );
    http("200 OK", "text/html; charset=utf-8", &html)
}

/// The whole HTTP answer to a request that is not the one awaited.
pub(crate) fn refusal(status: &str) -> Vec<u8> {
    http(
        status,
        "text/plain; charset=utf-8",
        "Cette adresse ne sert qu’à la connexion en cours de Pli.\n",
    )
}

fn http(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "HTTP/1.1 {status}\r\n\
         Content-Type: {kind}\r\n\
         Content-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'\r\n\
         Cache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\n\
         X-Content-Type-Options: nosniff\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
