//! From nothing to an authenticated submission connection.

use std::sync::Arc;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use pli_terms::Wording;

use super::connection::{Connection, Line};
use super::{Features, Reply};
use crate::audit::{Action, AuditContext, Auditor, Protocol};
use crate::credentials::{Mechanism, challenge_refuses_token};
use crate::lines;
use crate::opening::{Opening, from_socket, in_time, nothing_injected, open};
use crate::socket::Socket;
use crate::trail::{Answered, Request, Trail};
use crate::{Credentials, Endpoint, Network, Timeouts, TlsMode, WireError};

/// What we call ourselves in EHLO. The workstation's own name is nobody's business.
const OURSELVES: &str = "[127.0.0.1]";

/// Octets of one answer read at most: lettre parses an answer again from its start at each new line, so that what a long
/// one costs grows with its square.
const ANSWER: u64 = 8 << 10;

/// What lettre waits for on any connection; the real greeting was read before.
const GREETING: &[u8] = b"220 ready\r\n";

/// SMTP, to [`open`].
pub(crate) struct Smtp;

impl Opening for Smtp {
    type Opened = Connection;
    const PROTOCOL: Protocol = Protocol::Smtp;
    const CODE: &'static str = "220";

    async fn start_tls(tcp: &mut tokio::net::TcpStream, host: &str) -> Result<(), WireError> {
        start_tls(tcp, host).await
    }

    async fn greet(
        mut socket: Socket,
        trail: Trail,
        endpoint: &Endpoint,
        timeouts: Timeouts,
    ) -> Result<Connection, WireError> {
        if endpoint.tls == TlsMode::Implicit {
            let greeting = in_time(timeouts, answer(&mut socket, "greeting")).await;
            let greeting = greeting.map_err(|error| from_socket(&socket, &endpoint.host, error))?;
            judged(greeting, "greeting")?;
        }
        take_over(socket, trail, timeouts).await
    }
}

/// Connects, secures, and learns what the server offers.
pub(crate) async fn connect(
    network: &Network,
    endpoint: &Endpoint,
    auditor: Arc<dyn Auditor>,
    context: AuditContext,
) -> Result<Connection, WireError> {
    open::<Smtp>(network, endpoint, auditor, context).await
}

/// Gives a greeted socket to lettre, and reads what the server offers.
pub(super) async fn take_over(mut socket: Socket, trail: Trail, timeouts: Timeouts) -> Result<Connection, WireError> {
    let gauge = socket.gauge();
    gauge.set_answer_limit(ANSWER);
    socket.replay(GREETING);
    let hello = ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST);
    let taking = AsyncSmtpConnection::connect_with_transport(Box::new(socket), &hello);
    let smtp = match tokio::time::timeout(timeouts.command, taking).await {
        Err(_) => return Err(WireError::Timeout { during: "EHLO" }),
        Ok(Err(error)) => {
            let reply = super::connection::read(Err(error), &gauge, &trail, "EHLO")?;
            return Err(refused("EHLO", reply));
        }
        Ok(Ok(smtp)) => smtp,
    };
    let features = Features::default();
    let mut connection = Connection {
        smtp,
        gauge,
        trail,
        timeouts,
        features,
        usable: true,
    };
    connection.learn().await?;
    Ok(connection)
}

impl Connection {
    /// A connection over any socket, for scripted servers.
    #[cfg(test)]
    pub(crate) async fn over(socket: Socket, trail: Trail, timeouts: Timeouts) -> Result<Self, WireError> {
        trail.greeted(socket.gauge());
        take_over(socket, trail, timeouts).await
    }

    /// As if the server offered this login mechanism only.
    #[cfg(test)]
    pub(crate) fn offer_only(&mut self, mechanism: &str) {
        self.features.mechanisms = [mechanism.to_owned()].into();
    }

    /// As if the server had set no limit.
    #[cfg(test)]
    pub(crate) fn forget_size(&mut self) {
        self.features.size = None;
    }

    /// lettre keeps only some of what EHLO tells: asked again, and read here.
    async fn learn(&mut self) -> Result<(), WireError> {
        let command = format!("EHLO {OURSELVES}");
        let asking = self.smtp.command(Line(&command));
        let answer = tokio::time::timeout(self.timeouts.command, asking)
            .await
            .map_err(|_| WireError::Timeout { during: "EHLO" })?;
        match answer {
            Ok(response) => {
                self.features = Features::read(response.message().skip(1));
                Ok(())
            }
            Err(error) => {
                let reply = super::connection::read(Err(error), &self.gauge, &self.trail, "EHLO")?;
                Err(refused("EHLO", reply))
            }
        }
    }

    /// Logs in. The token is sent when the server asks for it, never with the command.
    pub(crate) async fn log_in(&mut self, endpoint: &Endpoint, credentials: &Credentials) -> Result<(), WireError> {
        let Some(mechanism) = Mechanism::choose(credentials, |name| self.features.has_mechanism(name)) else {
            return match credentials {
                // A port where the certificate shown in the handshake is the login.
                Credentials::External { .. } => Ok(()),
                Credentials::Bearer { .. } => {
                    let missing = WireError::MechanismMissing;
                    self.trail.begin(Request::verb(Action::Login, "AUTH"))?.failed(&missing);
                    Err(missing)
                }
            };
        };
        let command = format!("AUTH {}", mechanism.name());
        let told = Wording::fixed("AUTH").and(mechanism.name());
        let pending = self.trail.begin(Request::new(Action::Login, told))?;
        self.usable = false;
        let mut end = None;
        let result = self.dance(mechanism, &command, endpoint, credentials, &mut end).await;
        match (&result, &end) {
            (Ok(()), Some(reply)) => {
                self.usable = true;
                pending.close(reply.told())?;
            }
            (Err(WireError::TokenRefused { .. } | WireError::LoginRefused { .. }), Some(reply)) => {
                pending.close(reply.told())?;
            }
            // The challenge said it, and nothing more came.
            (Err(WireError::TokenRefused { .. }), None) => pending.close(Answered::no("334", ""))?,
            (Err(error), _) => pending.failed(error),
            (Ok(()), None) => pending.failed(&WireError::Unreadable { during: "AUTH" }),
        }
        result
    }

    /// The dialogue of a login, and the reply that ended it.
    async fn dance(
        &mut self,
        mechanism: Mechanism,
        command: &str,
        endpoint: &Endpoint,
        credentials: &Credentials,
        end: &mut Option<Reply>,
    ) -> Result<(), WireError> {
        let bearer = matches!(credentials, Credentials::Bearer { .. });
        let mut reply = self.raw("AUTH", command).await?;
        if reply.0 == 334 {
            let message = mechanism.encoded(credentials, &endpoint.host, endpoint.port);
            reply = self.raw("AUTH", &message).await?;
        }
        if reply.0 == 334 {
            // The challenge of a refusal. Some servers drop the connection instead of waiting for the answer: the
            // refusal stands whatever follows.
            let by_challenge = bearer && challenge_refuses_token(&reply.1);
            let last = self.raw("AUTH", mechanism.give_up()).await;
            return match last {
                Ok((code, words)) if (400..600).contains(&code) => {
                    Err(login_refused(end.insert(Reply::new(code, &words)), bearer))
                }
                _ if by_challenge => Err(WireError::TokenRefused { text: String::new() }),
                Ok(_) => Err(WireError::Unreadable { during: "AUTH" }),
                Err(error) => Err(error),
            };
        }
        let reply = end.insert(Reply::new(reply.0, &reply.1));
        match reply.code {
            200..300 => Ok(()),
            _ => Err(login_refused(reply, bearer)),
        }
    }

    /// A line of the login: its answer is not scrubbed yet, for a challenge is base64.
    async fn raw(&mut self, verb: &'static str, line: &str) -> Result<(u16, String), WireError> {
        let asking = self.smtp.command(Line(line));
        let answer = tokio::time::timeout(self.timeouts.command, asking)
            .await
            .map_err(|_| WireError::Timeout { during: verb })?;
        match answer {
            Ok(response) => {
                let words: Vec<&str> = response.message().collect();
                Ok((response.code().into(), words.join(" ")))
            }
            Err(error) => match error.status() {
                Some(code) => {
                    let words = std::error::Error::source(&error)
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    Ok((code.into(), words))
                }
                None => Err(
                    match super::connection::read(Err(error), &self.gauge, &self.trail, verb) {
                        Ok(_) => WireError::Unreadable { during: verb },
                        Err(error) => error,
                    },
                ),
            },
        }
    }
}

fn login_refused(reply: &Reply, bearer: bool) -> WireError {
    let (code, text) = (reply.code, reply.text.clone());
    // 535 5.7.8 is « credentials invalid » (RFC 4954 §6); 454 is « temporary failure ».
    if bearer && matches!(code, 535 | 538 | 501) {
        WireError::TokenRefused { text }
    } else {
        WireError::LoginRefused {
            text,
            transient: code < 500,
        }
    }
}

pub(super) fn refused(verb: &'static str, reply: Reply) -> WireError {
    if reply.code == 421 {
        return WireError::Bye {
            during: verb,
            text: reply.text,
        };
    }
    WireError::Reply {
        verb,
        code: reply.code,
        enhanced: reply.enhanced,
        text: reply.text,
    }
}

fn judged(answer: (u16, Vec<String>), verb: &'static str) -> Result<Vec<String>, WireError> {
    let (code, lines) = answer;
    if (200..300).contains(&code) {
        Ok(lines)
    } else {
        Err(refused(verb, Reply::new(code, &lines.join(" "))))
    }
}

/// Reads an answer line by line.
async fn answer<S: tokio::io::AsyncRead + Unpin>(
    stream: &mut S,
    during: &'static str,
) -> Result<(u16, Vec<String>), WireError> {
    let mut words = Vec::new();
    for _ in 0..lines::LINES {
        let line = lines::read(stream, during).await?;
        let unreadable = WireError::Unreadable { during };
        let Some(code) = line.get(..3).and_then(|text| text.parse::<u16>().ok()) else {
            return Err(unreadable);
        };
        if !(200..600).contains(&code) {
            return Err(unreadable);
        }
        words.push(line.get(4..).unwrap_or_default().to_owned());
        match line.as_bytes().get(3) {
            Some(b'-') => {}
            Some(b' ') | None => return Ok((code, words)),
            Some(_) => return Err(unreadable),
        }
    }
    Err(WireError::Unreadable { during })
}

/// Greeting, EHLO and STARTTLS in clear. Nothing of what was said here is believed afterwards.
async fn start_tls(tcp: &mut tokio::net::TcpStream, host: &str) -> Result<(), WireError> {
    judged(answer(tcp, "greeting").await?, "greeting")?;
    lines::write(tcp, &format!("EHLO {OURSELVES}"), "EHLO").await?;
    let offered = judged(answer(tcp, "EHLO").await?, "EHLO")?;
    let missing = || WireError::StartTlsMissing { host: host.to_owned() };
    if !Features::read(offered.iter().skip(1).map(String::as_str)).starttls {
        return Err(missing());
    }
    lines::write(tcp, "STARTTLS", "STARTTLS").await?;
    match answer(tcp, "STARTTLS").await? {
        (220, _) => nothing_injected(tcp),
        _ => Err(missing()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_of_several_lines_is_read_whole() {
        let text = b"250-smtp.alpha.mssante.test\r\n250-SIZE 1000\r\n250 DSN\r\nEXTRA".as_slice();
        let (code, lines) = answer(&mut { text }, "EHLO").await.unwrap();
        assert_eq!((code, lines.len()), (250, 3));
        assert!(Features::read(lines.iter().skip(1).map(String::as_str)).dsn);
        for text in ["HTTP/1.1 400 Bad\r\n", "25\r\n", "999 x\r\n", "é50 x\r\n", "250_x\r\n"] {
            assert!(answer(&mut text.as_bytes(), "EHLO").await.is_err(), "{text}");
        }
    }
}
