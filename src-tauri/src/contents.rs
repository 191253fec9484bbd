//! The `pli` scheme: bodies and attachments as bytes, to a frame of another origin than the window's.

use pli_contract::{Served, content};
use tauri::http::Response;
use tauri::{AppHandle, Manager as _, UriSchemeResponder};

/// The origin of contents, as the web view writes it on this system.
pub(crate) const BASE: &str = if cfg!(windows) {
    "http://pli.localhost"
} else {
    "pli://localhost"
};

/// Serves one path, off the window's thread.
pub(crate) fn answer(app: AppHandle, path: String, responder: UriSchemeResponder) {
    tauri::async_runtime::spawn(async move {
        let Some(served) = app.try_state::<Served>().map(|served| served.inner().clone()) else {
            responder.respond(empty(503));
            return;
        };
        let content = content::serve(&served, &path).await;
        let mut response = Response::builder().status(content.status);
        for (name, value) in &content.headers {
            response = response.header(*name, value);
        }
        responder.respond(response.body(content.body).unwrap_or_else(|_| empty(500)));
    });
}

fn empty(status: u16) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = tauri::http::StatusCode::from_u16(status).unwrap_or_default();
    response
}
