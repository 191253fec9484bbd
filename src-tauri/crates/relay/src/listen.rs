//! Connections: how many, how slow, for how long. What is done with their requests is decided elsewhere.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::config::Limits;
use crate::metrics::{Counter, Metrics};
use crate::proxies::{Proxies, counted};
use crate::server_tls::ServerTls;

/// How long one connection lives at most: nobody keeps a place for ever, not by asking slowly nor by not reading.
const LONGEST_CONNECTION: Duration = Duration::from_secs(300);
/// The most headers of a request.
const MOST_HEADERS: usize = 64;

/// What all connections of a door share.
pub(crate) struct Door {
    pub(crate) tls: Option<Arc<ServerTls>>,
    pub(crate) limits: Limits,
    pub(crate) proxies: Proxies,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// Connections open now, by address.
#[derive(Default)]
struct Held(Mutex<HashMap<IpAddr, usize>>);

/// One of them.
struct Place {
    held: Arc<Held>,
    address: IpAddr,
}

impl Held {
    fn take(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Place> {
        let address = counted(address);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place {
            held: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

/// Accepts connections until it is told to stop, then lets the requests under way end, for a while.
pub(crate) async fn serve<S, F>(listener: TcpListener, door: Arc<Door>, answer: S)
where
    S: Fn(IpAddr, Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let held = Arc::new(Held::default());
    let mut connections = JoinSet::new();
    let mut stop = door.stop.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // No more descriptors, most likely: those that end give theirs back.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let peer = peer.ip().to_canonical();
        if connections.len() >= door.limits.connections {
            door.metrics.count(Counter::Connections, ["full", ""]);
            continue;
        }
        // All of a proxy's visitors come by its address: it counts them itself.
        let most = if door.proxies.asks_for_others(peer) {
            usize::MAX
        } else {
            door.limits.connections_per_address
        };
        let Some(place) = held.take(peer, most) else {
            door.metrics.count(Counter::Connections, ["address", ""]);
            continue;
        };
        let (door, answer) = (Arc::clone(&door), answer.clone());
        connections.spawn(async move {
            let _place = place;
            let _open = door.metrics.opened();
            welcome(stream, peer, &door, answer).await;
        });
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // Those that do not end are dropped with the set.
    let _ = tokio::time::timeout(Duration::from_secs(door.limits.stop_seconds), ended).await;
}

async fn welcome<S, F>(stream: TcpStream, peer: IpAddr, door: &Door, answer: S)
where
    S: Fn(IpAddr, Request<Body>) -> F + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let Some(tls) = &door.tls else {
        return converse(stream, peer, door, answer).await;
    };
    let patience = Duration::from_secs(door.limits.handshake_seconds);
    match tokio::time::timeout(patience, TlsAcceptor::from(tls.now()).accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, peer, door, answer).await,
        Ok(Err(_)) => door.metrics.count(Counter::Connections, ["handshake", ""]),
        Err(_) => door.metrics.count(Counter::Connections, ["slow_handshake", ""]),
    }
}

async fn converse<I, S, F>(stream: I, peer: IpAddr, door: &Door, answer: S)
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: Fn(IpAddr, Request<Body>) -> F,
    F: Future<Output = Response>,
{
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let answered = answer(peer, request.map(Body::new));
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(door.limits.head_seconds))
        .max_buf_size(door.limits.head_bytes)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut stop = door.stop.clone();
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
        () = tokio::time::sleep(LONGEST_CONNECTION) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            let patience = Duration::from_secs(door.limits.request_seconds);
            match tokio::time::timeout(patience, connection).await {
                Ok(ended) => ended,
                Err(_) => return door.metrics.count(Counter::Connections, ["too_long", ""]),
            }
        }
    };
    // The text of the error is the library's own; it quotes nothing of what was sent.
    if let Err(error) = ended {
        let reason = if error.is_timeout() { "slow_head" } else { "broken" };
        door.metrics.count(Counter::Connections, [reason, ""]);
    }
}
