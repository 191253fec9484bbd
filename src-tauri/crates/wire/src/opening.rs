//! From nothing to a secured connection, the same for every protocol: the trace, TCP, STARTTLS where the port wants it,
//! TLS, and what the server says first.

use std::future::Future;
use std::sync::Arc;

use pli_terms::Wording;
use tokio::net::TcpStream;

use crate::audit::{Action, AuditContext, Auditor, Protocol};
use crate::socket::{Failure, Socket};
use crate::trail::{Answered, Pending, Request, Trail};
use crate::{Endpoint, Network, Timeouts, TlsMode, WireError, codes, lines};

/// What differs from one protocol to the next.
pub(crate) trait Opening {
    /// A connection that was greeted.
    type Opened;

    /// The protocol, as the trace names it.
    const PROTOCOL: Protocol;

    /// What the trace says of a good greeting.
    const CODE: &'static str;

    /// Greeting and STARTTLS in clear. Nothing of what was said here is believed afterwards.
    fn start_tls(tcp: &mut TcpStream, host: &str) -> impl Future<Output = Result<(), WireError>> + Send;

    /// What the server says first once secured.
    fn greet(
        socket: Socket,
        trail: Trail,
        endpoint: &Endpoint,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<Self::Opened, WireError>> + Send;
}

/// Connects, secures and is greeted; one entry in the trace.
pub(crate) async fn open<O: Opening>(
    network: &Network,
    endpoint: &Endpoint,
    auditor: Arc<dyn Auditor>,
    context: AuditContext,
) -> Result<O::Opened, WireError> {
    let mut trail = Trail::new(auditor, context, O::PROTOCOL, &endpoint.host, endpoint.port);
    let verb = match endpoint.tls {
        TlsMode::Implicit => "CONNECT TLS",
        TlsMode::StartTls => "CONNECT STARTTLS",
    };
    let mut pending = trail.begin(Request::verb(Action::Connect, verb))?;
    let result = async {
        let mut plain = network.connect(endpoint).await?;
        trail.connected(plain.peer, plain.local);
        pending.reached(plain.peer, plain.local);
        if endpoint.tls == TlsMode::StartTls {
            in_time(network.timeouts, O::start_tls(&mut plain.tcp, &endpoint.host)).await?;
        }
        let socket = network.secure(&endpoint.host, plain).await?;
        trail.counts(socket.gauge());
        O::greet(socket, trail, endpoint, network.timeouts).await
    }
    .await;
    match result {
        Ok(opened) => {
            pending.close(Answered::yes(O::CODE))?;
            Ok(opened)
        }
        Err(error) => {
            refused(pending, &error);
            Err(error)
        }
    }
}

/// Records a connection that was not had: with the codes of a server that said no, with its cause otherwise.
pub(crate) fn refused(pending: Pending, error: &WireError) {
    if let WireError::Reply {
        code, enhanced, text, ..
    } = error
    {
        // That the journal failed too is of no more use than the failure itself.
        let _ = pending.close(Answered {
            accepted: false,
            code: Wording::empty().and(*code),
            detail: codes::enhanced(enhanced.as_deref()),
            text,
        });
    } else {
        pending.failed(error);
    }
}

/// A step of the greeting, which may not last.
pub(crate) async fn in_time<T>(
    timeouts: Timeouts,
    step: impl Future<Output = Result<T, WireError>>,
) -> Result<T, WireError> {
    match tokio::time::timeout(timeouts.greeting, step).await {
        Ok(result) => result,
        Err(_) => Err(WireError::Timeout { during: "greeting" }),
    }
}

/// A refusal of our client certificate comes with the first read of a TLS 1.3 connection.
pub(crate) fn from_socket(socket: &Socket, host: &str, error: WireError) -> WireError {
    match socket.gauge().take_failure() {
        Some(Failure::Tls(source)) => WireError::Tls {
            host: host.to_owned(),
            source,
        },
        _ => error,
    }
}

/// The server must now wait for our TLS hello: whatever is there was put in by somebody else.
pub(crate) fn nothing_injected(tcp: &TcpStream) -> Result<(), WireError> {
    let mut byte = [0];
    match tcp.try_read(&mut byte) {
        Ok(0) => Err(WireError::Closed { during: "STARTTLS" }),
        Ok(_) => Err(WireError::InjectedBytes),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(lines::failure(&error, "STARTTLS")),
    }
}
