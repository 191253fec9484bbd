//! Exactly the versions and suites of EX_OPE_5010.

use super::servers::{OpensslServer, Server, Space, connect, exchange};
use crate::{Refusal, TlsError};

/// Connects to `openssl s_server` started with these options; the suite agreed on, or the refusal.
async fn negotiate(space: &Space, options: &[&str]) -> Result<String, TlsError> {
    let server = OpensslServer::start(&space.pki.issue(&space.pki.leaf()), &space.pki, options);
    let stream = connect(&space.connector(), server.addr).await?;
    Ok(format!(
        "{:?}",
        stream.get_ref().1.negotiated_cipher_suite().unwrap().suite()
    ))
}

#[tokio::test]
async fn each_suite_of_the_requirement_is_spoken() {
    let space = Space::new().await;
    for (options, suite) in [
        (
            ["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
            "TLS13_AES_256_GCM_SHA384",
        ),
        (
            ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
            "TLS13_CHACHA20_POLY1305_SHA256",
        ),
        (
            ["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
            "TLS13_AES_128_GCM_SHA256",
        ),
        (
            ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"],
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        ),
        (
            ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"],
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ),
    ] {
        assert_eq!(negotiate(&space, &options).await.unwrap(), suite);
    }
}

#[tokio::test]
async fn no_other_version_or_suite_is_spoken() {
    let space = Space::new().await;
    for options in [
        ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "AES256-SHA:@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "AES256-GCM-SHA384"],
        ["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"],
        ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"],
    ] {
        let error = negotiate(&space, &options).await.unwrap_err();
        assert_eq!(error.refusal(), Some(Refusal::Protocol), "{options:?}: {error}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_told_apart_from_a_cut() {
    use tokio::io::AsyncWriteExt;
    let space = Space::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut plain, _) = listener.accept().await.unwrap();
        plain
            .write_all(b"* OK IMAP4rev1 ready, and no TLS here\r\n")
            .await
            .unwrap();
        let (cut, _) = listener.accept().await.unwrap();
        drop(cut);
        plain.write_all(b"").await.unwrap();
    });
    let plain = connect(&space.connector(), addr).await.unwrap_err();
    assert_eq!(plain.refusal(), Some(Refusal::Protocol), "{plain}");
    let cut = connect(&space.connector(), addr).await.unwrap_err();
    assert!(cut.is_transient() && cut.refusal().is_none(), "{cut}");
}

#[tokio::test]
async fn sessions_are_never_resumed() {
    let space = Space::new().await;
    let server = Server::start(&space.pki.issue(&space.pki.leaf()), &[&space.pki.organisations]).await;
    let connector = space.connector();
    for _ in 0..3 {
        let mut stream = connect(&connector, server.addr).await.unwrap();
        assert_eq!(exchange(&mut stream).await.unwrap(), b"* OK\r\n");
    }
    assert_eq!(server.clients.lock().unwrap().len(), 3);
    assert_eq!(server.resumed.load(std::sync::atomic::Ordering::SeqCst), 0);
}
