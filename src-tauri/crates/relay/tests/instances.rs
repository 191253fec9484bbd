//! Two instances behind one name: one login across them, and limits counted for both.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::client::*;
use common::{How, Instance, OPEN, alone, free_port, operator, start};
use pli_operator::boxes::{DR_LEROY, DR_PLEIN};
use tempfile::TempDir;

/// Two instances of one name, which share two key files.
async fn two(how: &How) -> (Instance, Instance) {
    let one = start(how.clone()).await;
    let other = start(How {
        issuer: Some(one.issuer.clone()),
        keys: Some(one.folder.path().to_owned()),
        ..how.clone()
    })
    .await;
    (one, other)
}

#[tokio::test]
async fn one_login_goes_across_two_instances() {
    let _alone = alone(true).await;
    let (a, b) = two(&How::default()).await;
    assert_ne!(a.place, b.place);
    let begun = authorize(&a, &login()).await;
    // The provider sends the browser to the one name; this time the other instance answers there.
    let back = browse(&begun, |place| {
        place.replace(&format!("{}/callback", a.place), &format!("{}/callback", b.place))
    })
    .await;
    assert_eq!(
        b.metric("pli_relay_requests_total{endpoint=\"callback\",status=\"3xx\"}")
            .await,
        1
    );
    let code = back.sent_to().remove("code").unwrap();
    let given = post(&a.at("/token"), &spending(&code)).await;
    assert_eq!(given.status, 200, "{given:?}");
    let given = given.json();
    let said = claims(&b, given["id_token"].as_str().unwrap()).await;
    assert_eq!(said["iss"], a.issuer);
    let again = post(&b.at("/token"), &refreshing(given["refresh_token"].as_str().unwrap())).await;
    assert_eq!(again.status, 200, "{again:?}");
    let again = again.json();
    let latest = again["refresh_token"].as_str().unwrap();
    assert_eq!(post(&a.at("/token"), &refreshing(latest)).await.status, 200);
    // A code spent at one is spent at the other.
    assert_eq!(post(&b.at("/token"), &spending(&code)).await.error(), "invalid_grant");
    let ended = post(
        &b.at("/logout"),
        &[("id_token_hint", again["id_token"].as_str().unwrap())],
    )
    .await;
    assert_eq!(ended.status, 204);
    assert_eq!(
        b.metric("pli_relay_provider_requests_total{endpoint=\"end_session\",outcome=\"2xx\"}")
            .await,
        1
    );
}

#[tokio::test]
async fn a_login_by_phone_is_polled_at_either() {
    let _alone = alone(false).await;
    let (a, b) = two(&How::default()).await;
    let begun = call(&a, &calling(DR_LEROY)).await.json();
    let request = begun["auth_req_id"].as_str().unwrap();
    for at in [&b, &a] {
        assert_eq!(poll(at, request).await.error(), "authorization_pending");
    }
    operator().approve(DR_LEROY).unwrap();
    tokio::time::sleep(Duration::from_millis(900)).await;
    let given = poll(&b, request).await;
    assert_eq!(given.status, 200, "{given:?}");
    assert_eq!(
        poll_until(&a, request, "authorization_pending").await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_login_loses_nothing() {
    let _alone = alone(true).await;
    let first = start(How::default()).await;
    let begun = authorize(&first, &login()).await;
    let Instance {
        running,
        folder,
        issuer,
        place,
    } = first;
    running.stop().await;
    let second = start(How {
        issuer: Some(issuer),
        keys: Some(folder.path().to_owned()),
        ..How::default()
    })
    .await;
    let back = browse(&begun, |address| address.replace(&place, &second.place)).await;
    let code = back.sent_to().remove("code").unwrap();
    assert_eq!(post(&second.at("/token"), &spending(&code)).await.status, 200);
}

/// A Redis server of our own.
struct Redis {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Redis {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Another program may take the port in between: another one then.
        let mut started = std::iter::repeat_with(|| Self::start_at(free_port(), folder.path())).take(5);
        let (child, port) = started.find_map(|started| started).expect("a redis server");
        Self {
            child,
            port,
            _folder: folder,
        }
    }

    /// Its process, once it answers; nothing when it could not have this port.
    fn start_at(port: u16, folder: &Path) -> Option<(Child, u16)> {
        let mut child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
            ])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the package redis-server is needed: cargo run -p xtask -- setup");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if child.try_wait().unwrap().is_some() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some((child, port))
    }

    fn settings(&self) -> String {
        format!("[shared]\nredis = \"redis://127.0.0.1:{}\"", self.port)
    }

    /// Every key with its value.
    fn content(&self) -> Vec<(String, String)> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        let mut connection = client.get_connection().unwrap();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
        let value = |key: &String| {
            redis::cmd("GET")
                .arg(key)
                .query::<String>(&mut connection)
                .unwrap_or_default()
        };
        let values: Vec<String> = keys.iter().map(value).collect();
        keys.into_iter().zip(values).collect()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many of twenty requests for one person are answered, asked at both in turn.
async fn begun_at_both(a: &Instance, b: &Instance, person: &str) -> usize {
    let mut begun = 0;
    for at in [a, b].into_iter().cycle().take(20) {
        let answer = call(at, &calling(person)).await;
        assert!([200, 429].contains(&answer.status), "{answer:?}");
        begun += usize::from(answer.status == 200);
    }
    begun
}

#[tokio::test]
async fn limits_are_counted_for_both_in_redis_which_learns_nothing_and_may_go_away() {
    let _alone = alone(false).await;
    let redis = Redis::start();
    let how = How {
        limits: Some(OPEN.replace(
            "ciba_person_per_hour = 60000\nciba_person_burst = 60000\n",
            "ciba_person_burst = 3\n",
        )),
        ..How::default()
    };
    let shared = How {
        more: redis.settings(),
        ..how.clone()
    };
    let (a, b) = two(&shared).await;
    assert_eq!(begun_at_both(&a, &b, DR_PLEIN).await, 3);
    let waits = call(&b, &calling(DR_PLEIN))
        .await
        .header("retry-after")
        .parse::<u64>()
        .unwrap();
    assert!((1..=181).contains(&waits), "{waits}");
    // Polls too: twice in a second, at one then at the other, is too fast.
    let begun = call(&a, &calling(DR_LEROY)).await.json();
    let request = begun["auth_req_id"].as_str().unwrap();
    assert_eq!(poll(&a, request).await.error(), "authorization_pending");
    too_fast(&[&b, &a], request).await;

    let content = redis.content();
    assert!(content.len() >= 3, "{content:?}");
    for (key, value) in &content {
        assert!(key.starts_with("pli-relay:") && key.len() == 42, "{key}");
        assert!(value.bytes().all(|octet| octet.is_ascii_digit()), "{key}: {value}");
        assert!(!key.contains(DR_PLEIN) && !value.contains(DR_PLEIN));
    }

    // Without Redis each instance counts by itself: nobody is refused for that, and nobody is free of limits either.
    drop(redis);
    assert_eq!(begun_at_both(&a, &b, "890000000001").await, 6);
    assert!(a.metric("pli_relay_shared_errors_total").await > 0);

    let (alone_a, alone_b) = two(&how).await;
    assert_eq!(
        begun_at_both(&alone_a, &alone_b, "890000000002").await,
        6,
        "what sharing changes"
    );
}

#[tokio::test]
async fn a_redis_that_cannot_prove_itself_is_told_nothing() {
    let _alone = alone(false).await;
    let redis = Redis::start();
    let how = How {
        limits: Some(OPEN.replace(
            "ciba_person_per_hour = 60000\nciba_person_burst = 60000\n",
            "ciba_person_burst = 3\n",
        )),
        // TLS is asked for, and this server speaks none.
        more: redis.settings().replace("redis://", "rediss://"),
        ..How::default()
    };
    let (a, b) = two(&how).await;
    assert_eq!(begun_at_both(&a, &b, "890000000003").await, 6, "each counts by itself");
    assert!(a.metric("pli_relay_shared_errors_total").await > 0);
    assert_eq!(redis.content(), []);
}
