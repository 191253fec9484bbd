//! Bodies and attachments as bytes, for a frame of another origin that may call no command.

use crate::served::Served;

/// What is served under one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// HTTP status: 200, or 404 for whatever is not there, not here yet, or not a path of ours.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Serves `/message/{id}/html` and `/message/{id}/part/{n}`, and nothing else.
pub async fn serve(served: &Served, path: &str) -> Content {
    let _ = (served, path);
    Content { status: 404, headers: Vec::new(), body: Vec::new() }
}
