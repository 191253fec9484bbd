//! One batch over one connection, and how it is known to have arrived.
//!
//! Syslog has no acknowledgement. What TCP offers is weak: octets that a system has taken in are lost with the process that
//! would have read them. So a batch has a connection of its own, and it counts as delivered only when
//!
//! 1. everything was written, then `close_notify` sent, while the collector had not ended the connection;
//! 2. the collector then ended its own side, which it does once it has read that `close_notify`, behind the last message;
//! 3. no reset followed. The system of a collector that died resets what comes for it afterwards, or what it left unread.
//!
//! A collector that died before it had read everything fails one of them, and the batch is sent again. One that read
//! everything may still lose what it only keeps in memory: its administrator is told how to let it write before it reads on.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pli_tls::{Connector, TlsError, TlsStream};
use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::error::SyslogError;

/// Addresses of one name that are tried.
const ADDRESSES: usize = 8;

/// Octets handed over at once.
const PIECE: usize = 16 * 1024;

/// How long each step may take. The handshake has [`pli_tls`]'s own bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To look the name up.
    pub resolve: Duration,
    /// To connect to one address.
    pub connect: Duration,
    /// Without any octet taken in.
    pub write: Duration,
    /// From the end of what is sent to the collector's own end.
    pub end: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(15),
            connect: Duration::from_secs(15),
            write: Duration::from_secs(30),
            end: Duration::from_secs(60),
        }
    }
}

/// The way to one collector. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    host: String,
    port: u16,
    connector: Connector,
    patience: Patience,
}

impl Sender {
    /// To the collector of this name and port; `connector` says whom to believe and who we are.
    #[must_use]
    pub fn new(host: &str, port: u16, connector: Connector) -> Self {
        Self {
            host: host.to_owned(),
            port,
            connector,
            patience: Patience::default(),
        }
    }

    /// With another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Hands over these frames, in their order. When this returns `Ok`, the collector has read them all.
    ///
    /// May be dropped at any moment: the batch then counts as not sent.
    ///
    /// # Errors
    /// [`SyslogError`]: nothing is known of what arrived, and the whole batch is to be sent again.
    pub async fn deliver(&self, frames: &[u8]) -> Result<(), SyslogError> {
        let (stream, round_trip) = self.connect().await?;
        let mut stream = self.connector.connect(&self.host, stream).await?;
        for piece in frames.chunks(PIECE) {
            self.write(&mut stream, piece).await?;
        }
        let doing = "ending the connection to the collector";
        let flushed = poll_fn(|cx| {
            poll_silence(&mut stream, cx)?;
            Pin::new(&mut stream)
                .poll_flush(cx)
                .map_err(|source| cut(doing, source))
        });
        within(self.patience.write, doing, flushed).await??;
        stream.get_mut().1.send_close_notify();
        within(self.patience.write, doing, stream.flush())
            .await?
            .map_err(|source| cut(doing, source))?;
        let ended = timeout(self.patience.end / 2, poll_fn(|cx| poll_end(&mut stream, cx))).await;
        if let Ok(ended) = ended {
            ended?;
        } else {
            // Some wait for the end of TCP too. Ours comes late, since a reset behind theirs shows only until then.
            within(self.patience.write, doing, stream.shutdown())
                .await?
                .map_err(|source| cut(doing, source))?;
            within(self.patience.end / 2, doing, poll_fn(|cx| poll_end(&mut stream, cx))).await??;
        }
        self.no_reset(&stream, round_trip).await
    }

    async fn connect(&self) -> Result<(TcpStream, Duration), SyslogError> {
        let resolve = |what: String| SyslogError::Resolve {
            host: self.host.clone(),
            what,
        };
        let lookup = tokio::net::lookup_host((self.host.as_str(), self.port));
        let found: Vec<SocketAddr> = within(self.patience.resolve, "looking up the collector", lookup)
            .await?
            .map_err(|error| resolve(error.to_string()))?
            .take(ADDRESSES)
            .collect();
        let mut problem = resolve("it has no address".to_owned());
        for address in found {
            let started = Instant::now();
            match timeout(self.patience.connect, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    return Ok((stream, started.elapsed()));
                }
                Ok(Err(error)) => problem = SyslogError::Connect(error),
                Err(_) => {
                    problem = SyslogError::Stalled {
                        doing: "connecting to the collector",
                    };
                }
            }
        }
        Err(problem)
    }

    async fn write(&self, stream: &mut TlsStream<TcpStream>, mut piece: &[u8]) -> Result<(), SyslogError> {
        while !piece.is_empty() {
            let written = poll_fn(|cx| {
                // An end that comes before ours is no answer to ours.
                poll_silence(stream, cx)?;
                Pin::new(&mut *stream)
                    .poll_write(cx, piece)
                    .map_err(|source| cut("sending to the collector", source))
            });
            let written = within(self.patience.write, "sending to the collector", written).await??;
            piece = piece.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    /// Waits for as long as a reset may be under way behind the end.
    async fn no_reset(&self, stream: &TlsStream<TcpStream>, round_trip: Duration) -> Result<(), SyslogError> {
        let wait = (round_trip * 4).clamp(Duration::from_millis(100), Duration::from_secs(5));
        tokio::time::sleep(wait).await;
        let doing = "waiting for the end of the connection";
        match stream.get_ref().0.take_error() {
            Ok(None) => Ok(()),
            Ok(Some(source)) | Err(source) => Err(cut(doing, source)),
        }
    }
}

async fn within<T>(patience: Duration, doing: &'static str, step: impl Future<Output = T>) -> Result<T, SyslogError> {
    timeout(patience, step)
        .await
        .map_err(|_| SyslogError::Stalled { doing })
}

/// Whether the collector is still silent, as it must be while we speak.
fn poll_silence(stream: &mut TlsStream<TcpStream>, cx: &mut Context<'_>) -> Result<(), SyslogError> {
    match poll_end(stream, cx) {
        Poll::Pending => Ok(()),
        Poll::Ready(Ok(())) => Err(SyslogError::EndedEarly),
        Poll::Ready(Err(error)) => Err(error),
    }
}

/// Ready once the collector has ended its side. TCP's end does: rsyslog's TLS says no `close_notify` of its own.
fn poll_end(stream: &mut TlsStream<TcpStream>, cx: &mut Context<'_>) -> Poll<Result<(), SyslogError>> {
    let mut octets = [0; 64];
    let mut read = ReadBuf::new(&mut octets);
    match Pin::new(stream).poll_read(cx, &mut read) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(Ok(())) if read.filled().is_empty() => Poll::Ready(Ok(())),
        Poll::Ready(Ok(())) => Poll::Ready(Err(SyslogError::Spoke)),
        Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
        Poll::Ready(Err(error)) => Poll::Ready(Err(cut("waiting for the collector's end", error))),
    }
}

/// In TLS 1.3 a collector refuses our certificate after our handshake is over.
fn cut(doing: &'static str, source: io::Error) -> SyslogError {
    match TlsError::within(&source) {
        Some(refusal) => SyslogError::Tls(refusal),
        None => SyslogError::Interrupted { doing, source },
    }
}
