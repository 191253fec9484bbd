//! The door by which the browser comes back: one address on 127.0.0.1, for one login (RFC 8252 §7.3).

use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::error::IdentityError;
use crate::pages::{self, Page};
use crate::secret::same;
use crate::token_endpoint::harmless;

/// The path that the provider knows.
const PATH: &str = "/retour";
/// Largest request head, in bytes: the query holds a code, a state and little more.
const MAX_HEAD: usize = 16 * 1024;
/// Connections held at once: browsers open a few ahead of need and leave them idle.
const MAX_AT_ONCE: usize = 16;
/// Connections in all: beyond, something on this machine is knocking at every door.
const MAX_IN_ALL: usize = 256;
/// How long a connection may take to say what it wants, and to take its answer.
const PACE: Duration = Duration::from_secs(10);
/// How long the browser is given to close its side once it has the page.
const LINGER: Duration = Duration::from_millis(500);

/// An open door.
pub(crate) struct Loopback {
    listener: TcpListener,
    /// `127.0.0.1:port`, which the browser must name: a page of elsewhere that reaches us by a name of its own does not.
    host: String,
    address: String,
}

/// What the browser must bring back.
pub(crate) struct Expected<'a> {
    pub(crate) state: &'a SecretString,
    pub(crate) issuer: &'a str,
    pub(crate) must_name_issuer: bool,
}

/// The browser is back, and waits for a page.
pub(crate) struct Arrival {
    pub(crate) outcome: Result<SecretString, IdentityError>,
    pub(crate) visitor: Visitor,
}

/// The browser's connection.
pub(crate) struct Visitor(TcpStream);

impl Visitor {
    /// Shows the page. A browser that has gone away meanwhile changes nothing.
    pub(crate) async fn answer(self, page: Page) {
        send(self.0, &pages::answer(page)).await;
    }
}

impl Loopback {
    pub(crate) async fn open(port: u16) -> Result<Self, IdentityError> {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(IdentityError::PortTaken)?;
        let host = listener.local_addr().map_err(IdentityError::PortTaken)?.to_string();
        let address = format!("http://{host}{PATH}");
        Ok(Self {
            listener,
            host,
            address,
        })
    }

    /// The redirect URI.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Waits for the request that answers this login. Anything else is turned away without ending the wait, but for a
    /// request that pretends to be it and has a wrong state.
    pub(crate) async fn wait(&self, expected: &Expected<'_>) -> Result<Arrival, IdentityError> {
        // Dropped with this future: no connection outlives the login.
        let mut visitors: JoinSet<Option<(TcpStream, Zeroizing<String>)>> = JoinSet::new();
        let mut seen = 0;
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if visitors.len() < MAX_AT_ONCE => {
                    let (stream, _) = accepted.map_err(|_| IdentityError::Closed)?;
                    seen += 1;
                    if seen > MAX_IN_ALL {
                        return Err(IdentityError::Closed);
                    }
                    let host = self.host.clone();
                    visitors.spawn(async move { tokio::time::timeout(PACE, receive(stream, &host)).await.ok()? });
                }
                Some(received) = visitors.join_next() => {
                    let Ok(Some((stream, query))) = received else { continue };
                    let outcome = read(&query, expected);
                    return Ok(Arrival { outcome, visitor: Visitor(stream) });
                }
            }
        }
    }
}

/// Reads one request; what is not a GET of our path is turned away here. Returns the query.
async fn receive(mut stream: TcpStream, host: &str) -> Option<(TcpStream, Zeroizing<String>)> {
    let mut head = Zeroizing::new(Vec::with_capacity(MAX_HEAD));
    let refused = loop {
        if head.ends_with(b"\r\n\r\n") || find_end(&head) {
            break match judge(&head, host) {
                Ok(query) => return Some((stream, query)),
                Err(status) => status,
            };
        }
        if head.len() >= MAX_HEAD {
            break "431 Request Header Fields Too Large";
        }
        let room = MAX_HEAD - head.len();
        match (&mut stream).take(room as u64).read_buf(&mut *head).await {
            Ok(1..) => {}
            _ => return None,
        }
    };
    send(stream, &pages::refusal(refused)).await;
    None
}

fn find_end(head: &[u8]) -> bool {
    head.windows(4).any(|four| four == b"\r\n\r\n")
}

/// The query of a GET of our path addressed to us, or the status to answer.
pub(crate) fn judge(head: &[u8], host: &str) -> Result<Zeroizing<String>, &'static str> {
    const BAD: &str = "400 Bad Request";
    let head = std::str::from_utf8(head).map_err(|_| BAD)?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(BAD);
    };
    let mut hosts = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, value)| value.trim());
    if hosts.next() != Some(host) || hosts.next().is_some() {
        return Err("421 Misdirected Request");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != PATH {
        return Err("404 Not Found");
    }
    if method != "GET" {
        return Err("405 Method Not Allowed");
    }
    Ok(Zeroizing::new(query.to_owned()))
}

/// What the provider answers through the browser (RFC 6749 §4.1.2, RFC 9207).
pub(crate) fn read(query: &str, expected: &Expected<'_>) -> Result<SecretString, IdentityError> {
    const RETURNING: &str = "coming back from the browser";
    let unexpected = |what: &str| IdentityError::Unexpected {
        doing: RETURNING,
        what: what.to_owned(),
    };
    let (mut code, mut state, mut error, mut issuer) = (None, None, None, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let place = match name.as_ref() {
            "code" => &mut code,
            "state" => &mut state,
            "error" => &mut error,
            "iss" => &mut issuer,
            _ => continue,
        };
        if place.replace(Zeroizing::new(value.into_owned())).is_some() {
            return Err(unexpected("a parameter is there twice"));
        }
    }
    // Whatever else is said, it is said to this login only with its state.
    if !state.is_some_and(|state| same(expected.state, &state)) {
        return Err(IdentityError::WrongState);
    }
    match issuer {
        Some(issuer) if *issuer != expected.issuer => return Err(IdentityError::WrongProvider),
        None if expected.must_name_issuer => return Err(IdentityError::WrongProvider),
        _ => {}
    }
    match (code, error) {
        (None, Some(error)) if *error == "access_denied" => Err(IdentityError::Refused),
        (None, Some(error)) => Err(IdentityError::Provider {
            doing: RETURNING,
            code: harmless(&error),
        }),
        (Some(code), None) if (1..=4096).contains(&code.len()) => Ok(SecretString::from(code.as_str())),
        _ => Err(unexpected("neither a code nor an error")),
    }
}

async fn send(mut stream: TcpStream, answer: &[u8]) {
    let written = tokio::time::timeout(PACE, async {
        stream.write_all(answer).await?;
        stream.shutdown().await
    });
    if !matches!(written.await, Ok(Ok(()))) {
        return;
    }
    // Closing with something unread resets the connection, and the browser then shows an error instead of the page.
    let mut rest = [0; 1024];
    let drained = async {
        for _ in 0..MAX_HEAD / rest.len() {
            if !matches!(stream.read(&mut rest).await, Ok(1..)) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, drained).await;
}
