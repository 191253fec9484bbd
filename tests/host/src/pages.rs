//! The window's pages, under the same content security policy as in the shell, the contents' origin apart.

use std::path::{Component, Path, PathBuf};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// The folder of built pages.
pub(crate) struct Pages {
    folder: PathBuf,
    policy: String,
}

impl Pages {
    pub(crate) fn new(folder: PathBuf, contents: &str) -> Self {
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; \
             img-src 'self' data:; frame-src {contents}; connect-src 'self'; form-action 'none'; base-uri 'none'"
        );
        Self { folder, policy }
    }

    /// One file; the page itself for `/`.
    pub(crate) async fn answer(&self, path: &str) -> Response {
        let path = Path::new(path.trim_start_matches('/'));
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        let name = if path.as_os_str().is_empty() {
            Path::new("index.html")
        } else {
            path
        };
        if !inside {
            return StatusCode::NOT_FOUND.into_response();
        }
        match tokio::fs::read(self.folder.join(name)).await {
            Ok(bytes) => {
                let headers = [
                    (header::CONTENT_TYPE, media_type(name).to_owned()),
                    (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
                ];
                (headers, bytes).into_response()
            }
            Err(_) => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

fn media_type(name: &Path) -> &'static str {
    match name.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
