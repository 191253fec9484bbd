//! The state of an authenticated submission connection.

use std::sync::Arc;

use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};

use super::{Envelope, Features, Reply, SendOutcome, Submission, connect};
use crate::audit::{Action, AuditContext, Auditor};
use crate::lines;
use crate::socket::{Failure, Gauge, Socket};
use crate::trail::{Request, Trail};
use crate::{Credentials, Endpoint, Network, Timeouts, WireError};

/// An authenticated submission connection, on lettre's low level. See [`Submission`].
pub struct Connection {
    pub(super) smtp: AsyncSmtpConnection,
    pub(super) gauge: Arc<Gauge>,
    pub(super) trail: Trail,
    pub(super) timeouts: Timeouts,
    pub(super) features: Features,
    /// Cleared while a command is under way, so that a dropped future leaves it cleared.
    pub(super) usable: bool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("trail", &self.trail)
            .field("usable", &self.usable)
            .finish_non_exhaustive()
    }
}

impl AsyncTokioStream for Socket {
    fn peer_addr(&self) -> std::io::Result<std::net::SocketAddr> {
        Ok(self.peer())
    }
}

/// A command line, written as it is.
pub(super) struct Line<'a>(pub(super) &'a str);

impl std::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\r\n", self.0)
    }
}

impl Connection {
    /// Connects, secures, logs in.
    ///
    /// With [`Credentials::External`], a port that offers no SASL EXTERNAL is taken for one where the certificate
    /// alone is enough.
    ///
    /// # Errors
    /// [`WireError::Tls`] and [`WireError::StartTlsMissing`] before anything secret is sent;
    /// [`WireError::TokenRefused`] when a new token is needed; any other [`WireError`].
    pub async fn open(
        network: &Network,
        endpoint: &Endpoint,
        credentials: &Credentials,
        auditor: Arc<dyn Auditor>,
        context: AuditContext,
    ) -> Result<Self, WireError> {
        let mut connection = connect::connect(network, endpoint, auditor, context).await?;
        connection.log_in(endpoint, credentials).await?;
        Ok(connection)
    }

    /// Runs one command and records its answer. 4xx and 5xx are answers, not errors; 421 ends the connection.
    pub(super) async fn command<C: std::fmt::Display>(
        &mut self,
        request: Request,
        verb: &'static str,
        command: C,
    ) -> Result<Reply, WireError> {
        if !self.usable {
            return Err(WireError::Broken);
        }
        let pending = self.trail.begin(request)?;
        self.usable = false;
        match self.dialogue(verb, command).await {
            Ok(reply) => {
                self.usable = reply.code != 421;
                pending.close(reply.told())?;
                if reply.code == 421 {
                    Err(WireError::Bye {
                        during: verb,
                        text: reply.text,
                    })
                } else {
                    Ok(reply)
                }
            }
            Err(error) => {
                pending.failed(&error);
                Err(error)
            }
        }
    }

    /// Runs one command, without a trace of its own.
    pub(super) async fn dialogue<C: std::fmt::Display>(
        &mut self,
        verb: &'static str,
        command: C,
    ) -> Result<Reply, WireError> {
        match tokio::time::timeout(self.timeouts.command, self.smtp.command(command)).await {
            Ok(answer) => read(answer, &self.gauge, &self.trail, verb),
            Err(_) => Err(WireError::Timeout { during: verb }),
        }
    }
}

/// What lettre makes of an answer, back into an answer.
pub(super) fn read(
    answer: Result<lettre::transport::smtp::response::Response, lettre::transport::smtp::Error>,
    gauge: &Gauge,
    trail: &Trail,
    verb: &'static str,
) -> Result<Reply, WireError> {
    match answer {
        Ok(response) => {
            let words: Vec<&str> = response.message().collect();
            Ok(Reply::new(response.code().into(), &words.join(" ")))
        }
        Err(error) => match (error.status(), gauge.take_failure()) {
            (Some(code), _) => {
                let words = std::error::Error::source(&error)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                Ok(Reply::new(code.into(), &words))
            }
            (None, Some(Failure::Tls(source))) => Err(WireError::Tls {
                host: trail.host().to_owned(),
                source,
            }),
            (None, Some(Failure::Io(kind))) => Err(lines::kind(kind, verb)),
            // lettre calls an end of stream an incomplete response.
            (None, None) if error.is_response() && error.to_string().contains("incomplete") => {
                Err(WireError::Closed { during: verb })
            }
            (None, None) => Err(WireError::Unreadable { during: verb }),
        },
    }
}

impl Submission for Connection {
    fn features(&self) -> &Features {
        &self.features
    }

    fn is_usable(&self) -> bool {
        self.usable
    }

    async fn send(&mut self, envelope: &Envelope, message: &[u8]) -> Result<SendOutcome, WireError> {
        self.transaction(envelope, message).await
    }

    async fn quit(&mut self) -> Result<(), WireError> {
        let result = self
            .command(Request::verb(Action::Disconnect, "QUIT"), "QUIT", Line("QUIT"))
            .await;
        self.usable = false;
        result.map(drop)
    }
}
