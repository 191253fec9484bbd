//! From nothing to an authenticated ManageSieve session.

use std::sync::Arc;

use pli_terms::Wording;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use super::answer::{Answer, End, Heard, Size, Status, answer, heard};
use super::capabilities::Capabilities;
use super::session::Session;
use crate::audit::{Action, AuditContext, Auditor, Protocol};
use crate::codes;
use crate::credentials::{Mechanism, challenge_refuses_token};
use crate::opening::{Opening, from_socket, in_time, nothing_injected, open};
use crate::scrub::scrub;
use crate::socket::Socket;
use crate::trail::{Answered, Request, Trail};
use crate::{Credentials, Endpoint, Network, Timeouts, WireError, lines};

/// Strings up to this many octets are quoted; longer ones go as literals, which every server takes at any length.
const QUOTED: usize = 1000;

/// ManageSieve, to [`open`].
pub(crate) struct Sieve;

/// A secured connection that was greeted.
pub(crate) struct Greeted {
    socket: Socket,
    trail: Trail,
    capabilities: Capabilities,
}

impl Opening for Sieve {
    type Opened = Greeted;
    const PROTOCOL: Protocol = Protocol::Sieve;
    const CODE: &'static str = "OK";

    async fn start_tls(tcp: &mut tokio::net::TcpStream, host: &str) -> Result<(), WireError> {
        start_tls(tcp, host).await
    }

    /// The server tells again what it offers as soon as the connection is secured (RFC 5804 §2.2).
    async fn greet(
        mut socket: Socket,
        trail: Trail,
        endpoint: &Endpoint,
        timeouts: Timeouts,
    ) -> Result<Greeted, WireError> {
        let told = in_time(timeouts, greeting(&mut socket)).await;
        let capabilities = told.map_err(|error| from_socket(&socket, &endpoint.host, error))?;
        Ok(Greeted {
            socket,
            trail,
            capabilities,
        })
    }
}

/// Connects, secures, logs in.
pub(super) async fn connect(
    network: &Network,
    endpoint: &Endpoint,
    credentials: &Credentials,
    auditor: Arc<dyn Auditor>,
    context: AuditContext,
) -> Result<Session, WireError> {
    let greeted = open::<Sieve>(network, endpoint, auditor, context).await?;
    greeted.log_in(endpoint, credentials, network.timeouts).await
}

async fn greeting<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Capabilities, WireError> {
    let told = accepted(answer(stream, Size::Short, "greeting").await?, "greeting")?;
    Ok(Capabilities::read(&told))
}

/// Greeting and STARTTLS in clear. Nothing of what was said here is believed afterwards.
pub(crate) async fn start_tls(tcp: &mut tokio::net::TcpStream, host: &str) -> Result<(), WireError> {
    let missing = || WireError::StartTlsMissing { host: host.to_owned() };
    if !greeting(tcp).await?.starttls {
        return Err(missing());
    }
    lines::write(tcp, "STARTTLS", "STARTTLS").await?;
    match answer(tcp, Size::Short, "STARTTLS").await?.end.status {
        Status::Ok => nothing_injected(tcp),
        Status::No | Status::Bye => Err(missing()),
    }
}

/// The answer when it is a success; what the refusal means otherwise.
pub(super) fn accepted(answer: Answer, verb: &'static str) -> Result<Answer, WireError> {
    let End { status, code, text } = &answer.end;
    match status {
        Status::Ok => Ok(answer),
        Status::No => Err(WireError::Refused {
            verb,
            code: code.clone(),
            text: scrub(text),
        }),
        Status::Bye => Err(WireError::Bye {
            during: verb,
            text: scrub(text),
        }),
    }
}

/// A string as a command holds it: nothing in it can end it before its end.
pub(super) fn string(text: &str) -> Zeroizing<String> {
    let plain = text.bytes().all(|byte| !matches!(byte, b'\r' | b'\n' | 0));
    Zeroizing::new(if plain && text.len() <= QUOTED {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("{{{}+}}\r\n{text}", text.len())
    })
}

/// Writes one command or one line of a dialogue.
pub(super) async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    line: &str,
    during: &'static str,
) -> Result<(), WireError> {
    let failure = |error: std::io::Error| lines::failure(&error, during);
    stream.write_all(line.as_bytes()).await.map_err(failure)?;
    stream.write_all(b"\r\n").await.map_err(failure)?;
    stream.flush().await.map_err(failure)
}

impl Greeted {
    /// A greeted connection over any socket, for scripted servers.
    #[cfg(test)]
    pub(crate) fn over(socket: Socket, trail: Trail, mechanism: &str) -> Self {
        trail.greeted(socket.gauge());
        Self {
            socket,
            trail,
            capabilities: Capabilities {
                mechanisms: vec![mechanism.to_owned()],
                ..Capabilities::default()
            },
        }
    }

    /// Logs in. The token is sent when the server asks for it, never with the command.
    pub(crate) async fn log_in(
        mut self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        timeouts: Timeouts,
    ) -> Result<Session, WireError> {
        let offered = |name: &str| self.capabilities.has_mechanism(name);
        let Some(mechanism) = Mechanism::choose(credentials, offered) else {
            let missing = WireError::MechanismMissing;
            self.trail.begin(Request::verb(Action::Login, VERB))?.failed(&missing);
            return Err(missing);
        };
        let told = Wording::fixed("AUTHENTICATE").and(mechanism.name());
        let pending = self.trail.begin(Request::new(Action::Login, told))?;
        let message = mechanism.encoded(credentials, &endpoint.host, endpoint.port);
        let bearer = matches!(credentials, Credentials::Bearer { .. });
        let mut code = None;
        let dancing = dance(&mut self.socket, mechanism, &message, bearer, &mut code);
        let result = match tokio::time::timeout(timeouts.command, dancing).await {
            Ok(result) => result.map_err(|error| from_socket(&self.socket, &endpoint.host, error)),
            Err(_) => Err(WireError::Timeout { during: VERB }),
        };
        match &result {
            Ok(()) => pending.close(Answered::yes("OK"))?,
            Err(WireError::TokenRefused { text } | WireError::LoginRefused { text, .. }) => {
                let detail = codes::response(code.as_deref());
                pending.close(Answered {
                    detail,
                    ..Answered::no("NO", text)
                })?;
            }
            Err(error) => pending.failed(error),
        }
        result?;
        let mut session = Session::new(self.socket, self.trail, timeouts, self.capabilities);
        session.learn().await?;
        Ok(session)
    }
}

const VERB: &str = "AUTHENTICATE";

async fn dance<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    mechanism: Mechanism,
    message: &str,
    bearer: bool,
    code: &mut Option<String>,
) -> Result<(), WireError> {
    write(stream, &format!("{VERB} {}", *string(mechanism.name())), VERB).await?;
    let first = match heard(stream, VERB).await? {
        Heard::Line(_) => {
            write(stream, &string(message), VERB).await?;
            heard(stream, VERB).await?
        }
        end @ Heard::End(_) => end,
    };
    let challenge = match first {
        Heard::End(end) => {
            code.clone_from(&end.code);
            return judged(end, bearer, false);
        }
        Heard::Line(words) => words,
    };
    // The challenge of a refusal. Some servers drop the connection instead of waiting for the answer: the refusal stands
    // whatever follows.
    let challenge = challenge.first().and_then(|word| word.text()).unwrap_or_default();
    let by_challenge = bearer && challenge_refuses_token(&String::from_utf8_lossy(challenge));
    let answered = async {
        write(stream, &string(mechanism.give_up()), VERB).await?;
        heard(stream, VERB).await
    };
    match answered.await {
        Ok(Heard::End(end)) if end.status != Status::Ok => {
            code.clone_from(&end.code);
            judged(end, bearer, by_challenge)
        }
        _ if by_challenge => Err(WireError::TokenRefused { text: String::new() }),
        // A success after a challenge that was given up is none.
        Ok(_) => Err(WireError::Unreadable { during: VERB }),
        Err(error) => Err(error),
    }
}

/// What the end of a login means.
fn judged(end: End, bearer: bool, by_challenge: bool) -> Result<(), WireError> {
    let text = scrub(&end.text);
    let transient = matches!(end.code.as_deref(), Some("TRYLATER" | "UNAVAILABLE"));
    match end.status {
        Status::Ok => Ok(()),
        Status::Bye if !by_challenge => Err(WireError::Bye { during: VERB, text }),
        _ if bearer && !transient && (by_challenge || end.code.is_none()) => Err(WireError::TokenRefused { text }),
        _ => Err(WireError::LoginRefused { text, transient }),
    }
}
