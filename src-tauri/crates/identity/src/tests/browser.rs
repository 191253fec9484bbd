//! A browser without a window: plain HTTP.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

/// The port that the browser is told to come back to.
pub(super) fn port(authorize_url: &Url) -> u16 {
    Url::parse(&parameter(authorize_url, "redirect_uri"))
        .unwrap()
        .port()
        .unwrap()
}

pub(super) fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .unwrap()
}

/// Sends these bytes to the door and reads until it closes.
pub(super) async fn send(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// What a browser sends when it is redirected.
pub(super) async fn come_back(port: u16, query: &str) -> String {
    send(
        port,
        &format!("GET /retour?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n\r\n"),
    )
    .await
}
