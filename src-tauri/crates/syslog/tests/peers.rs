//! What no real collector does on purpose: each of these ends must not pass for a confirmation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{connector, frames, hasty, pki, sender};
use pli_operator::pki::LeafOptions;
use pli_operator::{Collector, Pki};
use pli_syslog::{Sender, SyslogError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A peer that secures one connection, then does as it is told.
async fn peer<F>(pki: &Pki, act: impl FnOnce(TlsStream<TcpStream>) -> F + Send + 'static) -> Sender
where
    F: Future<Output = ()> + Send + 'static,
{
    let leaf = pki
        .leaf(LeafOptions {
            elliptic: true,
            ..Collector::usual_certificate()
        })
        .unwrap();
    let acceptor = TlsAcceptor::from(pli_operator::server_config(&leaf).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        act(acceptor.accept(tcp).await.unwrap()).await;
    });
    sender(port, connector(pki.root_pem(), None))
}

async fn read_all(stream: &mut TlsStream<TcpStream>) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    all
}

#[tokio::test]
async fn an_end_after_everything_was_read_confirms_with_or_without_the_last_word_of_tls() {
    let pki = pki();
    let batch = frames(1..=300);
    for polite in [true, false] {
        let (told, heard) = tokio::sync::oneshot::channel();
        let sender = peer(&pki, move |mut stream| async move {
            let all = read_all(&mut stream).await;
            if polite {
                stream.shutdown().await.unwrap();
            }
            drop(stream);
            told.send(all).unwrap();
        })
        .await;
        sender.deliver(&batch).await.unwrap();
        assert_eq!(heard.await.unwrap(), batch);
    }
}

#[tokio::test]
async fn an_end_before_everything_was_read_confirms_nothing() {
    let pki = pki();
    let large = Arc::new(frames(1..=10_000));
    // More than a TLS library takes in with the handshake, less than the system takes in for it.
    let small = Arc::new(frames(1..=100));

    // At once; after a part; its own side only, while it reads on.
    for batch in [&small, &large] {
        let gone = peer(&pki, |stream| async move { drop(stream) }).await;
        let error = gone.deliver(batch).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    let part = peer(&pki, |mut stream| async move {
        let mut piece = vec![0; 100_000];
        stream.read_exact(&mut piece).await.unwrap();
    })
    .await;
    part.deliver(&large).await.unwrap_err();
    let deaf = peer(&pki, |mut stream| async move {
        stream.shutdown().await.unwrap();
        read_all(&mut stream).await;
    })
    .await;
    assert!(matches!(deaf.deliver(&large).await, Err(SyslogError::EndedEarly)));
}

#[tokio::test]
async fn a_reset_behind_the_end_takes_the_confirmation_back() {
    let pki = pki();
    let batch = frames(1..=100);
    // What a TLS library may have taken in with the handshake.
    let most = batch.len() - 40_000;
    let dying = peer(&pki, move |stream| async move {
        let (mut tcp, _session) = stream.into_inner();
        // Everything has come in, and nobody has read it.
        let mut octets = vec![0; most];
        while tcp.peek(&mut octets).await.unwrap() < most {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        tcp.shutdown().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    })
    .await;
    let error = dying.deliver(&batch).await.unwrap_err();
    assert!(matches!(error, SyslogError::Interrupted { .. }), "{error}");
}

#[tokio::test]
async fn a_peer_that_stands_still_or_speaks_confirms_nothing() {
    let pki = pki();
    let silent = peer(&pki, |mut stream| async move {
        read_all(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        drop(stream);
    })
    .await;
    let error = silent.with_patience(hasty()).deliver(&frames(1..=3)).await.unwrap_err();
    assert!(matches!(error, SyslogError::Stalled { .. }), "{error}");

    let full = peer(&pki, |stream| async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        drop(stream);
    })
    .await;
    let error = full
        .with_patience(hasty())
        .deliver(&frames(1..=30_000))
        .await
        .unwrap_err();
    assert!(matches!(error, SyslogError::Stalled { .. }), "{error}");

    let speaker = peer(&pki, |mut stream| async move {
        stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
        read_all(&mut stream).await;
    })
    .await;
    let error = speaker.deliver(&frames(1..=3)).await.unwrap_err();
    assert!(matches!(error, SyslogError::Spoke) && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn nothing_is_said_to_what_speaks_no_tls() {
    let pki = pki();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"<13>1 - - - - - -\n").await.unwrap();
        let mut all = Vec::new();
        let _ = tcp.read_to_end(&mut all).await;
        all
    });
    let sender = sender(port, connector(pki.root_pem(), None));
    assert!(matches!(sender.deliver(&frames([1])).await, Err(SyslogError::Tls(_))));
    let heard = heard.await.unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("trace@"));
}
