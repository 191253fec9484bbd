//! A listener between workstations and the intermediary that writes down every secret the intermediary gives: what a test then
//! looks for all where none may be. It ends TLS in the intermediary's place, one request a connection.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::error::{Doing, Result};
use crate::listening::Listening;

/// What was given so far.
pub(crate) type Issued = Arc<Mutex<BTreeSet<String>>>;

/// More than any request or answer of a login holds, in octets.
const LARGEST: usize = 1024 * 1024;
/// How long either side may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Listens with this certificate, and hands each request on to the next of these instances, which speak no TLS.
pub(crate) fn watch(
    port: u16,
    instances: Vec<SocketAddr>,
    tls: Arc<ServerConfig>,
    issued: Issued,
) -> Result<Listening> {
    let listener = TcpListener::bind(("127.0.0.1", port)).doing("listening on", format!("127.0.0.1:{port}"))?;
    let turn = AtomicUsize::new(0);
    Listening::streams(
        listener,
        port,
        Arc::new(move |client| {
            let _ = client.set_read_timeout(Some(PATIENCE));
            let Ok(connection) = ServerConnection::new(Arc::clone(&tls)) else {
                return;
            };
            let mut client = StreamOwned::new(connection, client);
            let Some(request) = request(&mut client) else {
                return;
            };
            if let Some(server) = next(&instances, turn.fetch_add(1, Ordering::Relaxed))
                && let Some(answer) = exchange(server, &request)
            {
                note(&answer, &mut issued.lock().unwrap_or_else(PoisonError::into_inner));
                let _ = client.write_all(&answer);
            }
            client.conn.send_close_notify();
            let _ = client.flush();
        }),
    )
}

/// A connection to the instance whose turn it is, or to the next that is there.
pub(crate) fn next(instances: &[SocketAddr], turn: usize) -> Option<TcpStream> {
    let count = instances.len();
    let mut order = instances.iter().cycle().skip(turn % count.max(1)).take(count);
    order.find_map(|address| TcpStream::connect(address).ok())
}

/// Reads one request whole; the one it returns asks for the connection to be closed after its answer.
fn request(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut buffer = [0; 8192];
    let end = loop {
        if let Some(at) = octets.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if octets.len() > LARGEST {
            return None;
        }
        match from.read(&mut buffer) {
            Ok(length @ 1..) => octets.extend_from_slice(buffer.get(..length)?),
            _ => return None,
        }
    };
    let head = String::from_utf8_lossy(octets.get(..end)?).into_owned();
    let header = |line: &str, name: &str| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    let length = head
        .lines()
        .find_map(|line| header(line, "content-length")?.parse().ok());
    let mut body = octets.split_off(end + 4);
    let missing = length.unwrap_or(0_usize).min(LARGEST).saturating_sub(body.len());
    from.take(missing as u64).read_to_end(&mut body).ok()?;
    let kept: Vec<&str> = head
        .lines()
        .filter(|line| header(line, "connection").is_none())
        .collect();
    let head = format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n"));
    Some([head.as_bytes(), &body].concat())
}

fn exchange(mut server: TcpStream, request: &[u8]) -> Option<Vec<u8>> {
    server.set_read_timeout(Some(PATIENCE)).ok()?;
    server.write_all(request).ok()?;
    let mut answer = Vec::new();
    server.take(LARGEST as u64).read_to_end(&mut answer).ok()?;
    Some(answer)
}

/// Writes down the secrets of an answer: those of its JSON, and the code that a redirection carries.
fn note(answer: &[u8], issued: &mut BTreeSet<String>) {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return;
    };
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let names = ["access_token", "refresh_token", "id_token", "auth_req_id"];
    issued.extend(
        names
            .iter()
            .filter_map(|name| json.get(name)?.as_str().map(str::to_owned)),
    );
    let location = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("location"));
    // Only what goes back to a workstation: the provider's own list has the rest.
    let query = location.and_then(|(_, url)| url.trim().strip_prefix("http://127.0.0.1:")?.split_once("/retour?"));
    if let Some((_, query)) = query {
        issued.extend(
            query
                .split('&')
                .filter_map(|pair| pair.strip_prefix("code=").map(str::to_owned)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_whole_and_closes_its_connection() {
        let sent =
            b"POST /token HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\nConnection: keep-alive\r\n\r\nhello".to_vec();
        let read = request(&mut sent.as_slice());
        let expected = b"POST /token HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\nConnection: close\r\n\r\nhello";
        assert_eq!(read.as_deref(), Some(expected.as_slice()));
        assert_eq!(request(&mut b"GET / HTTP/1.1\r\n".as_slice()), None);
    }

    #[test]
    fn secrets_are_written_down_and_nothing_else() {
        let mut issued = BTreeSet::new();
        note(
            b"HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"a\",\"expires_in\":3,\"id_token\":\"i\"}",
            &mut issued,
        );
        note(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/retour?state=s&code=c&iss=i\r\n\r\n",
            &mut issued,
        );
        note(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/auth?code=n\r\n\r\n<html>",
            &mut issued,
        );
        assert_eq!(issued.into_iter().collect::<Vec<_>>(), ["a", "c", "i"]);
    }
}
