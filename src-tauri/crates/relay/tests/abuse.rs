//! Slow and huge requests, beside which a usual login goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use common::client::*;
use common::{How, Instance, OPEN, alone, operator, start};
use pli_operator::boxes::DR_LEROY;
use pli_operator::pki::LeafOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// Short patience, few places.
fn strict() -> Option<String> {
    // Short for who waits for it to end, long for a provider that answers beside all this.
    let few = "handshake_seconds = 3\nhead_seconds = 3\nrequest_seconds = 8\npsc_seconds = 6\nconnections = 64\n\
               connections_per_address = 16";
    Some(format!("{OPEN}{few}"))
}

/// A connection from another address of this machine.
async fn from(address: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// How an attacker speaks.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Silent,
    SlowHead,
    SlowBody,
    EndlessHead,
    EndlessBody,
    NeverReads,
}

/// Speaks in this manner until the intermediary has had enough.
async fn attack(to: SocketAddr, address: String, manner: Manner) {
    let mut stream = from(&address, to).await;
    let (begin, piece, pause): (&[u8], &[u8], u64) = match manner {
        Manner::Silent => (b"", b"", 100),
        Manner::SlowHead => (b"GET /jwks HTTP/1.1\r\nhost: x\r\n", b"a: b\r\n", 100),
        Manner::SlowBody => (
            b"POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 30000\r\n\r\n",
            b"a",
            100,
        ),
        Manner::EndlessHead => (b"GET /jwks HTTP/1.1\r\n", &[b'a'; 4096], 0),
        Manner::EndlessBody => (
            b"POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: \
              chunked\r\n\r\n",
            b"10\r\naaaaaaaaaaaaaaaa\r\n",
            0,
        ),
        Manner::NeverReads => (b"", b"GET /jwks HTTP/1.1\r\nhost: x\r\n\r\n", 0),
    };
    if stream.write_all(begin).await.is_err() {
        return;
    }
    let mut answer = [0; 256];
    loop {
        if stream.write_all(piece).await.is_err() {
            return;
        }
        if matches!(manner, Manner::NeverReads) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        let read = tokio::time::timeout(Duration::from_millis(pause.max(1)), stream.read(&mut answer)).await;
        if matches!(read, Ok(Ok(0) | Err(_))) {
            return;
        }
    }
}

async fn usual_login_of_both_kinds(relay: &Instance) {
    let given = tokens(relay).await;
    assert_eq!(
        userinfo(relay, given["access_token"].as_str().unwrap()).await.status,
        200
    );
    let refresh = given["refresh_token"].as_str().unwrap();
    assert_eq!(post(&relay.at("/token"), &refreshing(refresh)).await.status, 200);
    let begun = call(relay, &calling(DR_LEROY)).await.json();
    let phone = poll_until(relay, begun["auth_req_id"].as_str().unwrap(), "authorization_pending").await;
    assert_eq!(phone.status, 200, "{phone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_endless_requests_end_by_themselves_and_hold_nobody_else() {
    let _alone = alone(true).await;
    let relay = start(How {
        limits: strict(),
        ..How::default()
    })
    .await;
    let manners = [
        Manner::Silent,
        Manner::SlowHead,
        Manner::SlowBody,
        Manner::EndlessHead,
        Manner::EndlessBody,
    ];
    let mut attackers = JoinSet::new();
    for n in 0..90 {
        // Three addresses, thirty connections each, of which eighteen stay: more than an address may have.
        attackers.spawn(attack(
            relay.running.address(),
            format!("127.0.0.{}", 2 + n % 3),
            manners[n % manners.len()],
        ));
    }
    for _ in 0..2 {
        usual_login_of_both_kinds(&relay).await;
    }
    // Every one of them is sent away in the end: this would wait for ever otherwise.
    attackers.join_all().await;
    let refused = |reason: &str| format!("pli_relay_connections_refused_total{{reason=\"{reason}\"}}");
    assert!(
        relay.metric(&refused("address")).await > 0,
        "{}",
        relay.admin("/metrics").await.1
    );
    assert!(
        relay.metric(&refused("slow_head")).await > 0,
        "{}",
        relay.admin("/metrics").await.1
    );
    usual_login_of_both_kinds(&relay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_the_answers_holds_nobody_else() {
    let _alone = alone(true).await;
    let relay = start(How {
        limits: strict(),
        ..How::default()
    })
    .await;
    let mut attackers = JoinSet::new();
    for _ in 0..16 {
        attackers.spawn(attack(
            relay.running.address(),
            "127.0.0.2".to_owned(),
            Manner::NeverReads,
        ));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    usual_login_of_both_kinds(&relay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_no_tls_is_sent_away_and_a_new_certificate_is_shown_without_a_restart() {
    let _alone = alone(true).await;
    let leaf = || {
        let options = LeafOptions {
            names: vec!["localhost".to_owned()],
            ..LeafOptions::default()
        };
        operator().pki().leaf(options).unwrap()
    };
    let (first, second) = (leaf(), leaf());
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("relais.crt"), folder.path().join("relais.key"));
    let write = |leaf: &pli_operator::pki::Leaf| {
        std::fs::write(&certificate, leaf.chain_pem()).unwrap();
        std::fs::write(&key, &leaf.key_pem).unwrap();
    };
    write(&first);
    let relay = start(How {
        limits: strict(),
        listen: format!("certificate = {certificate:?}\nkey = {key:?}"),
        ..How::default()
    })
    .await;
    let address = relay.running.address();
    let mut attackers = JoinSet::new();
    for n in 0..40 {
        attackers.spawn(attack(address, format!("127.0.0.{}", 2 + n % 2), Manner::Silent));
    }
    let (shown, answer) = over_tls(address).await;
    assert_eq!(shown, first.certificate_der);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"keys\""));

    // Half a renewal is none.
    std::fs::write(&key, &second.key_pem).unwrap();
    let wrong = relay.running.reload().unwrap_err().to_string();
    assert!(wrong.starts_with("listen.certificate"), "{wrong}");
    assert_eq!(over_tls(address).await.0, first.certificate_der);
    write(&second);
    relay.running.reload().unwrap();
    assert_eq!(over_tls(address).await.0, second.certificate_der);

    attackers.join_all().await;
    let slow = "pli_relay_connections_refused_total{reason=\"slow_handshake\"}";
    assert!(relay.metric(slow).await > 0, "{}", relay.admin("/metrics").await.1);
}

/// The certificate shown, and what `/jwks` answers.
async fn over_tls(address: SocketAddr) -> (Vec<u8>, String) {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(operator().pki().root_der().to_vec().into()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await.unwrap();
    let shown = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    stream
        .write_all(b"GET /jwks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (shown, answer)
}

#[tokio::test]
async fn what_is_huge_is_refused_before_it_is_read() {
    let _alone = alone(true).await;
    let relay = start(How {
        limits: strict(),
        ..How::default()
    })
    .await;
    let head = http()
        .get(relay.at("/jwks"))
        .header("x", "a".repeat(20_000))
        .send()
        .await;
    assert_eq!(head.unwrap().status().as_u16(), 431);
    let mut many = http().get(relay.at("/jwks"));
    for n in 0..80 {
        many = many.header(format!("x-{n}"), "a");
    }
    assert_eq!(many.send().await.unwrap().status().as_u16(), 431);
    let target = get(&format!("{}?state={}", relay.at("/callback"), "a".repeat(14_000))).await;
    assert_eq!(target.status, 414);

    let body = "a".repeat(200_000);
    let huge = post(&relay.at("/token"), &[("client_id", "pli"), ("code", &body)]).await;
    assert_eq!((huge.status, huge.error().as_str()), (413, "invalid_request"));
    // A length that is a lie.
    let mut stream = TcpStream::connect(relay.running.address()).await.unwrap();
    let lie = b"POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                content-length: 99999999999\r\n\r\n";
    stream.write_all(lie).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");

    let names: Vec<String> = (0..100).map(|n| format!("p{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(post(&relay.at("/token"), &many).await.error(), "invalid_request");
    usual_login_of_both_kinds(&relay).await;
}

#[tokio::test]
async fn one_address_that_asks_too_fast_waits_and_others_do_not() {
    let relay = start(How {
        limits: Some("address_per_minute = 1\naddress_burst = 4".to_owned()),
        listen: "proxies = [\"127.0.0.0/8\"]".to_owned(),
        ..How::default()
    })
    .await;
    let ask = |address: &'static str, accept: &'static str| {
        let asked = http()
            .get(relay.at("/jwks"))
            .header("x-forwarded-for", address)
            .header("accept", accept);
        async move { Answer::read(asked.send().await.unwrap()).await }
    };
    for _ in 0..4 {
        assert_eq!(ask("192.0.2.1", "*/*").await.status, 200);
    }
    let refused = ask("192.0.2.1", "*/*").await;
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (429, "{\"error\":\"too_many_requests\"}")
    );
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    let page = ask("192.0.2.1", "text/html").await;
    assert_eq!(page.status, 429);
    assert!(page.body.contains("Trop de demandes à la fois"));
    // What the asker itself writes in the header is not believed.
    assert_eq!(ask("203.0.113.9, 192.0.2.1", "*/*").await.status, 429);
    assert_eq!(ask("192.0.2.2", "*/*").await.status, 200);
    for n in [
        "2001:db8:1:2::1",
        "2001:db8:1:2::2",
        "2001:db8:1:2:ffff::3",
        "2001:db8:1:2::4",
    ] {
        assert_eq!(ask(n, "*/*").await.status, 200);
    }
    assert_eq!(
        ask("2001:db8:1:2::5", "*/*").await.status,
        429,
        "a /64 is one subscriber"
    );
    assert_eq!(ask("2001:db8:1:3::5", "*/*").await.status, 200);
}
