//! Client certificates from PKCS#12 files, as the openssl command makes them.

use std::path::Path;
use std::process::Command;

use rcgen::ExtendedKeyUsagePurpose;

use super::pki::{Issued, Leaf, Pki};
use super::servers::{Server, Space, connect, exchange};
use crate::{ClientIdentity, CrlCache, HttpCrlFetch, Pkcs12Problem, Refusal, TlsError};

const NAME: &str = "secretariat.alpha.mssante.test";
const PASSPHRASE: &str = "mot de passe é€";

fn issued(pki: &Pki) -> Issued {
    pki.issue(&Leaf {
        name: NAME,
        serial: 500,
        usage: ExtendedKeyUsagePurpose::ClientAuth,
        ..pki.leaf()
    })
}

fn pkcs12(pki: &Pki, issued: &Issued, passphrase: &str, options: &[&str]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let output = dir.path().join("out.p12");
    let status = Command::new("openssl")
        .args(["pkcs12", "-export", "-name", "secretariat", "-passout"])
        .arg(format!("pass:{passphrase}"))
        .arg("-in")
        .arg(file("cert.pem", &issued.cert_pem))
        .arg("-inkey")
        .arg(file("key.pem", &issued.key_pem))
        .arg("-certfile")
        .arg(file(
            "chain.pem",
            &format!("{}{}", pki.root.pem(), pki.organisations.pem()),
        ))
        .args(options)
        .arg("-out")
        .arg(Path::new(&output))
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read(output).unwrap()
}

fn refused(result: Result<ClientIdentity, TlsError>) -> Pkcs12Problem {
    match result.unwrap_err() {
        TlsError::Pkcs12(problem) => problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn modern_and_legacy_files_both_open_the_door() {
    let space = Space::new().await;
    let client = issued(&space.pki);
    let server = Server::with_client_root(
        &space.pki.issue(&space.pki.leaf()),
        &[&space.pki.organisations],
        Some(&space.pki.root),
    )
    .await;
    let legacy_rc2 = [
        "-legacy",
        "-certpbe",
        "PBE-SHA1-RC2-40",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-macalg",
        "sha1",
    ];
    for options in [&[][..], &["-legacy"], &legacy_rc2] {
        let identity = ClientIdentity::from_pkcs12(&pkcs12(&space.pki, &client, PASSPHRASE, options), PASSPHRASE);
        let identity = identity.unwrap_or_else(|e| panic!("{options:?}: {e}"));
        assert_eq!(identity.common_name(), NAME);
        assert_eq!(identity.issuer_name(), "AC LOCALE ORGANISATIONS");
        assert_eq!(identity.not_after().to_string(), "2040-01-01T00:00:00Z");
        assert!(identity.is_valid_at("2026-06-10T00:00:00Z".parse().unwrap()));
        assert!(!identity.is_valid_at("2041-01-01T00:00:00Z".parse().unwrap()));
        assert!(!identity.is_valid_at("2019-01-01T00:00:00Z".parse().unwrap()));

        let crls = CrlCache::new(None, std::sync::Arc::new(HttpCrlFetch::new().unwrap()));
        let connector = space.connector_with(crls, Some(identity));
        let mut stream = connect(&connector, server.addr).await.unwrap();
        assert_eq!(exchange(&mut stream).await.unwrap(), b"* OK\r\n");
        assert_eq!(server.clients.lock().unwrap().pop().unwrap().as_deref(), Some(NAME));
    }
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_says_so() {
    let space = Space::new().await;
    let leaf = space.pki.issue(&space.pki.leaf());
    let server = Server::with_client_root(&leaf, &[&space.pki.organisations], Some(&space.pki.root)).await;
    // In TLS 1.3 the refusal comes with the first read.
    let mut stream = connect(&space.connector(), server.addr).await.unwrap();
    let error = exchange(&mut stream).await.unwrap_err();
    let refusal = TlsError::within(&error).and_then(|e| e.refusal());
    assert_eq!(refusal, Some(Refusal::ClientCertificateRequired), "{error}");
}

#[tokio::test]
async fn a_server_may_refuse_our_certificate() {
    let space = Space::new().await;
    let elsewhere = Pki::new(&space.lists.base);
    let bytes = pkcs12(&elsewhere, &issued(&elsewhere), PASSPHRASE, &[]);
    let identity = ClientIdentity::from_pkcs12(&bytes, PASSPHRASE).unwrap();
    let leaf = space.pki.issue(&space.pki.leaf());
    let server = Server::with_client_root(&leaf, &[&space.pki.organisations], Some(&space.pki.root)).await;
    let crls = CrlCache::new(None, std::sync::Arc::new(HttpCrlFetch::new().unwrap()));
    let mut stream = connect(&space.connector_with(crls, Some(identity)), server.addr)
        .await
        .unwrap();
    let error = exchange(&mut stream).await.unwrap_err();
    let refusal = TlsError::within(&error).and_then(|e| e.refusal());
    assert_eq!(refusal, Some(Refusal::ClientCertificateRefused), "{error}");
}

#[test]
fn each_unusable_file_says_why() {
    let pki = Pki::new("http://127.0.0.1:1");
    let client = issued(&pki);
    let good = pkcs12(&pki, &client, PASSPHRASE, &[]);
    let legacy = pkcs12(&pki, &client, PASSPHRASE, &["-legacy"]);
    let without_mac = pkcs12(&pki, &client, PASSPHRASE, &["-nomac"]);
    for file in [&good, &legacy, &without_mac] {
        assert_eq!(
            refused(ClientIdentity::from_pkcs12(file, "faux")),
            Pkcs12Problem::Passphrase
        );
    }
    assert_eq!(
        refused(ClientIdentity::from_pkcs12(b"bonjour", "x")),
        Pkcs12Problem::Unreadable
    );
    assert_eq!(
        refused(ClientIdentity::from_pkcs12(b"", "x")),
        Pkcs12Problem::Unreadable
    );
    assert_eq!(
        refused(ClientIdentity::from_pkcs12(&vec![0x30; 2 << 20], "x")),
        Pkcs12Problem::TooLarge
    );
    let keyless = pkcs12(&pki, &client, PASSPHRASE, &["-nokeys"]);
    assert_eq!(
        refused(ClientIdentity::from_pkcs12(&keyless, PASSPHRASE)),
        Pkcs12Problem::NoKey
    );
    let bare = pkcs12(&pki, &client, PASSPHRASE, &["-nocerts"]);
    assert_eq!(
        refused(ClientIdentity::from_pkcs12(&bare, PASSPHRASE)),
        Pkcs12Problem::NoCertificate
    );
}

#[test]
fn a_cut_file_is_an_error_at_every_length() {
    let pki = Pki::new("http://127.0.0.1:1");
    let good = pkcs12(&pki, &issued(&pki), PASSPHRASE, &["-iter", "1"]);
    for length in (0..good.len()).step_by(7) {
        assert!(
            ClientIdentity::from_pkcs12(&good[..length], PASSPHRASE).is_err(),
            "{length}"
        );
    }
}

#[test]
fn nothing_of_the_key_is_shown() {
    let pki = Pki::new("http://127.0.0.1:1");
    let identity = ClientIdentity::from_pkcs12(&pkcs12(&pki, &issued(&pki), PASSPHRASE, &[]), PASSPHRASE).unwrap();
    assert_eq!(
        format!("{identity:?}"),
        format!("ClientIdentity {{ common_name: {NAME:?}, not_after: 2040-01-01T00:00:00Z, .. }}")
    );
}
