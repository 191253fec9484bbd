//! The one stream both protocols speak through: no read or write waits for ever, and what passes is counted.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use pli_tls::TlsError;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::aside::{Aside, Shelf};
use crate::guard::Guard;

/// Commands are gathered up to this many octets before they are written, so that one command is one TLS record.
const GATHERED: usize = 16 << 10;

/// What carries bytes: a TLS stream, or a test's pipe.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Transport for T {}

/// What is known of a stream from outside, even once a library has swallowed it.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    /// Milliseconds a read may wait; 0 for no limit.
    read_limit: AtomicU64,
    write_limit: AtomicU64,
    /// Whether the end of an SMTP message (`CRLF . CRLF`) was handed to the network, in whole or in part.
    final_dot: AtomicBool,
    /// Octets read since the last write, against an answer without end (SMTP).
    unasked: AtomicU64,
    answer_limit: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    failure: Mutex<Option<Failure>>,
    /// What was put aside for whoever asked for it.
    shelf: Mutex<Arc<Shelf>>,
}

/// How a stream failed, kept because libraries turn it into text.
#[derive(Debug)]
pub(crate) enum Failure {
    Tls(TlsError),
    Io(io::ErrorKind),
}

impl Gauge {
    pub(crate) fn set_read_limit(&self, limit: Option<Duration>) {
        self.read_limit.store(limit.map_or(0, millis), Ordering::Relaxed);
    }

    pub(crate) fn set_answer_limit(&self, octets: u64) {
        self.answer_limit.store(octets, Ordering::Relaxed);
    }

    /// Octets sent and received so far, within TLS.
    pub(crate) fn octets(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.received.load(Ordering::Relaxed))
    }

    pub(crate) fn final_dot(&self) -> bool {
        self.final_dot.load(Ordering::Acquire)
    }

    pub(crate) fn clear_final_dot(&self) {
        self.final_dot.store(false, Ordering::Release);
    }

    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.failure.lock().ok().and_then(|mut slot| slot.take())
    }

    /// Where responses are put aside before the parser sees them.
    pub(crate) fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn fail(&self, error: io::Error) -> io::Error {
        let failure = TlsError::within(&error).map_or(Failure::Io(error.kind()), Failure::Tls);
        if let Ok(mut slot) = self.failure.lock() {
            slot.get_or_insert(failure);
        }
        error
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// A stream with limits.
pub(crate) struct Socket {
    inner: Box<dyn Transport>,
    gauge: Arc<Gauge>,
    peer: SocketAddr,
    guard: Option<Guard>,
    aside: Aside,
    /// Where responses begin in what just came.
    starts: Vec<usize>,
    /// Served to the first reads: what a library waits for although it was read before it came.
    replay: &'static [u8],
    gathered: Vec<u8>,
    reading: Patience,
    writing: Patience,
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

impl Socket {
    pub(crate) fn new(inner: Box<dyn Transport>, peer: SocketAddr, read: Duration, write: Duration) -> Self {
        let mut gauge = Gauge::default();
        gauge.read_limit.store(millis(read), Ordering::Relaxed);
        gauge.write_limit.store(millis(write), Ordering::Relaxed);
        let aside = Aside::default();
        gauge.shelf = Mutex::new(aside.shelf());
        Self {
            inner,
            gauge: Arc::new(gauge),
            peer,
            guard: None,
            aside,
            starts: Vec::new(),
            replay: b"",
            gathered: Vec::new(),
            reading: Patience::default(),
            writing: Patience::default(),
        }
    }

    /// Judges what comes as IMAP from here on.
    pub(crate) fn guard(&mut self) {
        self.guard = Some(Guard::default());
    }

    /// Gives these bytes to the first reads, before any of the network.
    pub(crate) fn replay(&mut self, bytes: &'static [u8]) {
        self.replay = bytes;
    }

    pub(crate) fn gauge(&self) -> Arc<Gauge> {
        Arc::clone(&self.gauge)
    }

    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sent = 0;
        let result = loop {
            if sent == self.gathered.len() {
                break Poll::Ready(Ok(()));
            }
            match Pin::new(&mut self.inner).poll_write(cx, &self.gathered[sent..]) {
                Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(n)) => {
                    sent += n;
                    self.gauge.sent.fetch_add(n as u64, Ordering::Relaxed);
                    self.writing.rest();
                }
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        self.gathered.drain(..sent);
        result
    }

    /// Counts and follows what came. Says why it must not be read.
    fn judge_read(&mut self, came: &[u8]) -> Result<(), &'static str> {
        let count = came.len() as u64;
        self.gauge.received.fetch_add(count, Ordering::Relaxed);
        let unasked = self.gauge.unasked.fetch_add(count, Ordering::Relaxed) + count;
        let limit = self.gauge.answer_limit.load(Ordering::Relaxed);
        self.starts.clear();
        match &mut self.guard {
            Some(guard) => guard.follow(came, &mut self.starts),
            None if limit > 0 && unasked > limit => Err("an answer without end"),
            None => Ok(()),
        }
    }

    /// Turns a wait into a timeout, and remembers a failure.
    fn judge_write<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Ok(value)) => {
                self.writing.rest();
                Poll::Ready(Ok(value))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.gauge.fail(error))),
            Poll::Pending => match self.writing.wait(cx, self.gauge.write_limit.load(Ordering::Relaxed)) {
                Poll::Ready(()) => Poll::Ready(Err(self.gauge.fail(io::ErrorKind::TimedOut.into()))),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.replay.is_empty() {
            let given = this.replay.len().min(buf.remaining());
            let (now, later) = this.replay.split_at(given);
            buf.put_slice(now);
            this.replay = later;
            return Poll::Ready(Ok(()));
        }
        if this.aside.give(buf) {
            return Poll::Ready(Ok(()));
        }
        loop {
            let before = buf.filled().len();
            match Pin::new(&mut this.inner).poll_read(cx, buf) {
                Poll::Ready(Ok(())) => this.reading.rest(),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(this.gauge.fail(error))),
                Poll::Pending => {
                    return match this.reading.wait(cx, this.gauge.read_limit.load(Ordering::Relaxed)) {
                        Poll::Ready(()) => Poll::Ready(Err(this.gauge.fail(io::ErrorKind::TimedOut.into()))),
                        Poll::Pending => Poll::Pending,
                    };
                }
            }
            if let Err(why) = this.judge_read(&buf.filled()[before..]) {
                return Poll::Ready(Err(this.gauge.fail(io::Error::new(io::ErrorKind::InvalidData, why))));
            }
            let over = buf.filled().len() == before;
            if over {
                this.aside.end();
            } else if !this.aside.sort(&buf.filled()[before..], &this.starts) {
                return Poll::Ready(Ok(()));
            } else {
                buf.set_filled(before);
            }
            // Nothing for the parser yet is no end.
            if this.aside.give(buf) || over {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.gathered.len() >= GATHERED {
            let result = this.drain(cx);
            std::task::ready!(this.judge_write(cx, result))?;
        }
        if buf == b"\r\n.\r\n" {
            // From here on the server may have the whole message: only its answer can say.
            this.gauge.final_dot.store(true, Ordering::Release);
        }
        this.gauge.unasked.store(0, Ordering::Relaxed);
        let taken = buf.len().min(GATHERED);
        this.gathered.extend_from_slice(&buf[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let result = match this.drain(cx) {
            Poll::Ready(Ok(())) => Pin::new(&mut this.inner).poll_flush(cx),
            other => other,
        };
        this.judge_write(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let result = match this.drain(cx) {
            Poll::Ready(Ok(())) => Pin::new(&mut this.inner).poll_shutdown(cx),
            other => other,
        };
        this.judge_write(cx, result)
    }
}

/// A wait with an end. The timer is kept from one wait to the next: most waits are short, and arming it costs more.
#[derive(Default)]
struct Patience {
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn rest(&mut self) {
        self.since = None;
    }

    /// Ready once the wait has lasted `limit` milliseconds.
    fn wait(&mut self, cx: &mut Context<'_>, limit: u64) -> Poll<()> {
        if limit == 0 {
            self.since = None;
            return Poll::Pending;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        let deadline = since + Duration::from_millis(limit);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                self.timer = None;
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
