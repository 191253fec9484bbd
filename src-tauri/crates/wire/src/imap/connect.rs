//! From nothing to an authenticated IMAP session.

use std::sync::{Arc, Mutex};

use pli_terms::Wording;
use zeroize::Zeroizing;

use super::Capabilities;
use super::exchange::Said;
use super::responses::split_code;
use super::session::{Session, State};
use crate::audit::{Action, AuditContext, Auditor, Protocol};
use crate::codes;
use crate::credentials::{Mechanism, challenge_refuses_token};
use crate::lines;
use crate::opening::{Opening, from_socket, in_time, nothing_injected, open};
use crate::scrub::scrub;
use crate::socket::{Failure, Socket};
use crate::trail::{Answered, Request, Trail};
use crate::{Credentials, Endpoint, Network, Timeouts, TlsMode, WireError};

/// A secured connection that was greeted.
pub(crate) struct Greeted {
    pub(super) socket: Socket,
    pub(super) trail: Trail,
    pub(crate) capabilities: Capabilities,
}

/// IMAP, to [`open`].
pub(crate) struct Imap;

impl Opening for Imap {
    type Opened = Greeted;
    const PROTOCOL: Protocol = Protocol::Imap;
    const CODE: &'static str = "OK";

    async fn start_tls(tcp: &mut tokio::net::TcpStream, host: &str) -> Result<(), WireError> {
        start_tls(tcp, host).await
    }

    async fn greet(
        mut socket: Socket,
        trail: Trail,
        endpoint: &Endpoint,
        timeouts: Timeouts,
    ) -> Result<Greeted, WireError> {
        let mut told = Ok(Capabilities::default());
        if endpoint.tls == TlsMode::Implicit {
            told = in_time(timeouts, greet(&mut socket)).await;
        }
        if told.as_ref().is_ok_and(Capabilities::is_empty) {
            told = in_time(timeouts, ask_capabilities(&mut socket, "P1")).await;
        }
        let capabilities = told.map_err(|error| from_socket(&socket, &endpoint.host, error))?;
        Ok(Greeted {
            socket,
            trail,
            capabilities,
        })
    }
}

/// Connects and secures.
pub(crate) async fn connect(
    network: &Network,
    endpoint: &Endpoint,
    auditor: Arc<dyn Auditor>,
    context: AuditContext,
) -> Result<Greeted, WireError> {
    open::<Imap>(network, endpoint, auditor, context).await
}

/// The greeting, and the capabilities it may hold (RFC 3501 §7.1).
pub(super) async fn greet<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> Result<Capabilities, WireError> {
    let line = lines::read(stream, "greeting").await?;
    let words = line
        .strip_prefix("* ")
        .ok_or(WireError::Unreadable { during: "greeting" })?;
    let (status, text) = words.split_once(' ').unwrap_or((words, ""));
    match status.to_ascii_uppercase().as_str() {
        "OK" => Ok(split_code(text).0.and_then(capabilities_of).unwrap_or_default()),
        "BYE" => Err(WireError::Bye {
            during: "greeting",
            text: scrub(text),
        }),
        // PREAUTH: somebody else's session. Nobody reads a BAL before authentication (EX_SSI_5130).
        _ => Err(WireError::Unreadable { during: "greeting" }),
    }
}

/// The names after `CAPABILITY`, if that is what these words are.
fn capabilities_of(words: &str) -> Option<Capabilities> {
    let (keyword, names) = words.split_once(' ')?;
    keyword
        .eq_ignore_ascii_case("CAPABILITY")
        .then(|| Capabilities::read(names))
}

/// Runs a command of the first lines; answers the untagged lines.
async fn simple<S>(stream: &mut S, tag: &str, command: &'static str) -> Result<Vec<String>, WireError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    lines::write(stream, &format!("{tag} {command}"), command).await?;
    let mut untagged = Vec::new();
    for _ in 0..lines::LINES {
        let line = lines::read(stream, command).await?;
        if let Some(end) = line.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) {
            let (status, text) = end.split_once(' ').unwrap_or((end, ""));
            return match status.to_ascii_uppercase().as_str() {
                "OK" => Ok(untagged),
                "NO" => Err(WireError::Refused {
                    verb: command,
                    code: None,
                    text: scrub(text),
                }),
                _ => Err(WireError::NotUnderstood {
                    verb: command,
                    text: scrub(text),
                }),
            };
        }
        if let Some(words) = line.strip_prefix("* ") {
            if let Some(text) = words.strip_prefix("BYE") {
                return Err(WireError::Bye {
                    during: command,
                    text: scrub(text),
                });
            }
            untagged.push(words.to_owned());
        }
    }
    Err(WireError::Unreadable { during: command })
}

async fn ask_capabilities<S>(stream: &mut S, tag: &str) -> Result<Capabilities, WireError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let told = simple(stream, tag, "CAPABILITY").await?;
    Ok(told.iter().find_map(|words| capabilities_of(words)).unwrap_or_default())
}

/// Greeting and STARTTLS in clear. Nothing of what was said here is believed afterwards.
pub(super) async fn start_tls(tcp: &mut tokio::net::TcpStream, host: &str) -> Result<(), WireError> {
    let mut capabilities = greet(tcp).await?;
    if capabilities.is_empty() {
        capabilities = ask_capabilities(tcp, "P1").await?;
    }
    if !capabilities.has("STARTTLS") {
        return Err(WireError::StartTlsMissing { host: host.to_owned() });
    }
    match simple(tcp, "P2", "STARTTLS").await {
        Ok(_) => {}
        Err(WireError::Refused { .. } | WireError::NotUnderstood { .. }) => {
            return Err(WireError::StartTlsMissing { host: host.to_owned() });
        }
        Err(error) => return Err(error),
    }
    nothing_injected(tcp)
}

/// Answers the server's challenges: the token once, then the end of a refusal.
struct Dance {
    mechanism: Mechanism,
    first: Option<Zeroizing<Vec<u8>>>,
    challenge: Arc<Mutex<Option<String>>>,
}

impl async_imap::Authenticator for &mut Dance {
    type Response = Zeroizing<Vec<u8>>;

    fn process(&mut self, challenge: &[u8]) -> Self::Response {
        use base64::Engine as _;
        if let Some(first) = self.first.take() {
            return first;
        }
        if let Ok(mut slot) = self.challenge.lock() {
            *slot = Some(base64::engine::general_purpose::STANDARD.encode(challenge));
        }
        let decoded = base64::engine::general_purpose::STANDARD.decode(self.mechanism.give_up());
        Zeroizing::new(decoded.unwrap_or_default())
    }
}

impl Greeted {
    /// A greeted connection over any socket, for scripted servers.
    #[cfg(test)]
    pub(crate) fn over(socket: Socket, trail: Trail, capabilities: &str) -> Self {
        trail.greeted(socket.gauge());
        Self {
            socket,
            trail,
            capabilities: Capabilities::read(capabilities),
        }
    }

    /// Logs in. The token is sent when the server asks for it, never with the command.
    pub(crate) async fn log_in(
        mut self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        timeouts: Timeouts,
    ) -> Result<Session, WireError> {
        let advertised = |name: &str| self.capabilities.has_mechanism(name);
        let Some(mechanism) = Mechanism::choose(credentials, advertised) else {
            let missing = WireError::MechanismMissing;
            self.trail
                .begin(Request::verb(Action::Login, "AUTHENTICATE"))?
                .failed(&missing);
            return Err(missing);
        };
        let told = Wording::fixed("AUTHENTICATE").and(mechanism.name());
        let pending = self.trail.begin(Request::new(Action::Login, told))?;
        let challenge = Arc::new(Mutex::new(None));
        let mut dance = Dance {
            mechanism,
            first: Some(mechanism.message(credentials, &endpoint.host, endpoint.port)),
            challenge: Arc::clone(&challenge),
        };
        self.socket.guard();
        let gauge = self.socket.gauge();
        let client = async_imap::Client::new(self.socket);
        let login = std::panic::AssertUnwindSafe(client.authenticate(mechanism.name(), &mut dance));
        let login = tokio::time::timeout(timeouts.command, futures::FutureExt::catch_unwind(login)).await;
        let challenge = challenge.lock().ok().and_then(|slot| slot.clone());
        let mut end = ("NO", None);
        let error = match login {
            Ok(Ok(Ok(imap))) => {
                pending.close(Answered::yes("OK"))?;
                return Ok(Session {
                    imap,
                    gauge,
                    trail: self.trail,
                    timeouts,
                    capabilities: self.capabilities,
                    said: Said::default(),
                    state: State::Ready,
                    qresync: false,
                    selected: None,
                    bye: None,
                });
            }
            Err(_) => WireError::Timeout { during: "AUTHENTICATE" },
            Ok(Err(_)) => WireError::Unreadable { during: "AUTHENTICATE" },
            Ok(Ok(Err((error, _)))) => {
                end = end_of(&error);
                refusal(
                    &error,
                    gauge.take_failure(),
                    credentials,
                    challenge.as_deref(),
                    &endpoint.host,
                )
            }
        };
        match &error {
            WireError::TokenRefused { text } | WireError::LoginRefused { text, .. } => {
                let (code, detail) = end;
                pending.close(Answered {
                    detail,
                    ..Answered::no(code, text)
                })?;
            }
            _ => pending.failed(&error),
        }
        Err(error)
    }
}

/// How the server ended a refused login, as the trace tells it.
fn end_of(error: &async_imap::error::Error) -> (&'static str, Option<Wording>) {
    use async_imap::error::Error as E;
    let code = |debug: &str| codes::response(split_code(&words_of(debug)).0);
    match error {
        E::No(debug) => ("NO", code(debug)),
        E::Bad(debug) => ("BAD", code(debug)),
        // The challenge said it, and nothing more came.
        _ => ("+", None),
    }
}

/// What a failed login means.
fn refusal(
    error: &async_imap::error::Error,
    failure: Option<Failure>,
    credentials: &Credentials,
    challenge: Option<&str>,
    host: &str,
) -> WireError {
    use async_imap::error::Error as E;
    let bearer = matches!(credentials, Credentials::Bearer { .. });
    let by_challenge = bearer && challenge.is_some_and(challenge_refuses_token);
    let words = match error {
        E::No(debug) | E::Bad(debug) => words_of(debug),
        // A server that drops the connection after its challenge has refused the token all the same.
        _ if by_challenge => return WireError::TokenRefused { text: String::new() },
        _ => {
            return match failure {
                Some(Failure::Tls(source)) => WireError::Tls {
                    host: host.to_owned(),
                    source,
                },
                Some(Failure::Io(kind)) => lines::kind(kind, "AUTHENTICATE"),
                None => match error {
                    E::Io(error) => lines::failure(error, "AUTHENTICATE"),
                    E::ConnectionLost => WireError::Closed { during: "AUTHENTICATE" },
                    _ => WireError::Unreadable { during: "AUTHENTICATE" },
                },
            };
        }
    };
    let (code, text) = split_code(&words);
    let (code, text) = (code.map(str::to_ascii_uppercase), scrub(text));
    let transient = matches!(
        code.as_deref(),
        Some("UNAVAILABLE" | "LIMIT" | "INUSE" | "SERVERBUG" | "CONTACTADMIN")
    );
    let by_code = matches!(code.as_deref(), None | Some("AUTHENTICATIONFAILED" | "EXPIRED"));
    if bearer && !transient && (by_challenge || by_code) {
        WireError::TokenRefused { text }
    } else {
        WireError::LoginRefused { text, transient }
    }
}

/// The server's words within async-imap's error, which quotes them: `code: None, info: Some("…")`.
fn words_of(debug: &str) -> String {
    let quoted = debug.split_once("info: Some(\"").map_or("", |(_, rest)| rest);
    let end = quoted.rfind("\")").unwrap_or(quoted.len());
    quoted[..end].replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pli_terms::Address;

    fn bearer() -> Credentials {
        Credentials::Bearer {
            user: Address::parse("a@b.mssante.test").unwrap(),
            token: "t".into(),
        }
    }

    fn no(words: &str) -> async_imap::error::Error {
        async_imap::error::Error::No(format!("code: None, info: {:?}", Some(words)))
    }

    #[test]
    fn a_refused_token_is_told_from_a_server_that_is_unwell() {
        let refused = refusal(
            &no("[AUTHENTICATIONFAILED] Authentication failed."),
            None,
            &bearer(),
            None,
            "h",
        );
        assert!(refused.is_token_refused() && !refused.is_transient());
        let unwell = refusal(&no("[UNAVAILABLE] Temporary failure"), None, &bearer(), None, "h");
        assert!(!unwell.is_token_refused() && unwell.is_transient());
    }

    #[test]
    fn a_certificate_that_is_refused_is_no_refused_token() {
        let external = Credentials::External {
            user: Address::parse("a@b.mssante.test").unwrap(),
        };
        let refused = refusal(&no("[AUTHENTICATIONFAILED] no"), None, &external, None, "h");
        assert!(matches!(refused, WireError::LoginRefused { transient: false, .. }));
    }

    #[tokio::test]
    async fn a_greeting_says_what_it_offers_or_good_bye() {
        let offered = greet(&mut b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n".as_slice())
            .await
            .unwrap();
        assert!(offered.idle());
        assert!(greet(&mut b"* OK ready\r\n".as_slice()).await.unwrap().is_empty());
        let bye = greet(&mut b"* BYE too many connections\r\n".as_slice())
            .await
            .unwrap_err();
        assert!(matches!(&bye, WireError::Bye { text, .. } if text == "too many connections") && bye.is_transient());
        for text in ["HTTP/1.1 200 OK\r\n", "* PREAUTH hello\r\n", "220 smtp\r\n"] {
            assert!(
                matches!(greet(&mut text.as_bytes()).await, Err(WireError::Unreadable { .. })),
                "{text}"
            );
        }
    }

    /// Plays one side of a STARTTLS in clear, one answer a line.
    async fn clear(answers: Vec<&'static str>) -> Result<(), WireError> {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut tcp = BufReader::new(tcp);
            for (turn, answer) in answers.into_iter().enumerate() {
                if turn > 0 {
                    tcp.read_line(&mut String::new()).await.unwrap();
                }
                tcp.write_all(answer.as_bytes()).await.unwrap();
            }
            tcp.read_line(&mut String::new()).await
        });
        let mut tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let result = start_tls(&mut tcp, "imap.alpha.mssante.test").await;
        serving.abort();
        result
    }

    #[tokio::test]
    async fn starttls_is_required_and_nothing_may_follow_its_answer() {
        clear(vec!["* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n", "P2 OK go\r\n"])
            .await
            .unwrap();
        let plain = clear(vec!["* OK hi\r\n", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nP1 OK\r\n"])
            .await
            .unwrap_err();
        assert!(
            matches!(plain, WireError::StartTlsMissing { .. }) && plain.is_tls(),
            "{plain:?}"
        );
        let refused = clear(vec!["* OK [CAPABILITY STARTTLS] hi\r\n", "P2 NO not today\r\n"])
            .await
            .unwrap_err();
        assert!(matches!(refused, WireError::StartTlsMissing { .. }), "{refused:?}");
        let injected = [
            "* OK [CAPABILITY STARTTLS] hi\r\n",
            "P2 OK go\r\n* OK [CAPABILITY AUTH=PLAIN] mine\r\n",
        ];
        let injected = clear(injected.to_vec()).await.unwrap_err();
        assert!(matches!(injected, WireError::InjectedBytes), "{injected:?}");
    }
}
