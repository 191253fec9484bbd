//! What a test may ask of the identity provider besides answers to logins: lives, a failure, the list of what it gave.

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

mod common;

use common::{Answer, http};
use pli_operator::{Operator, Options, boxes};
use serde_json::Value;

const CLIENT: &str = "client_id=pli-local";

fn token(operator: &Operator, body: &str) -> Answer {
    http(operator.info().ports.idp, "POST", "/token", &[], body)
}

/// A login by phone of Dr Martin at the provider itself: the answer of the token endpoint.
fn log_in(operator: &Operator) -> Value {
    let form = format!(
        "{CLIENT}&scope=openid%20scope_all&login_hint={}&binding_message=07",
        boxes::DR_MARTIN
    );
    let begun = http(operator.info().ports.idp, "POST", "/backchannel", &[], &form).json();
    operator.approve(boxes::DR_MARTIN).expect("approved");
    let id = begun["auth_req_id"].as_str().expect("an id");
    let grant = "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba";
    let answer = token(operator, &format!("{CLIENT}&{grant}&auth_req_id={id}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn refresh(operator: &Operator, tokens: &Value) -> Answer {
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    token(
        operator,
        &format!("{CLIENT}&grant_type=refresh_token&refresh_token={refresh}"),
    )
}

#[test]
fn lives_are_as_set_and_nothing_outlives_its_session() {
    let operator = Operator::start(Options {
        token_ttl: 90,
        refresh_ttl: 600,
        session_ttl: 7200,
        ..Options::default()
    })
    .expect("started");
    // What is left of a life may be a second or more below it by the time it is told.
    let between = |tokens: &Value, name: &str, least: u64, most: u64| {
        let life = tokens[name].as_u64().expect("a number");
        assert!((least..=most).contains(&life), "{name}: {tokens}");
    };
    let tokens = log_in(&operator);
    between(&tokens, "expires_in", 60, 90);
    between(&tokens, "refresh_expires_in", 540, 600);
    operator.set_lifetimes(3, 30, 7200).expect("set");
    let tokens = refresh(&operator, &tokens).json();
    between(&tokens, "expires_in", 0, 3);
    between(&tokens, "refresh_expires_in", 1, 30);

    // A session of eight seconds: its tokens end with it, whatever their own lives.
    operator.set_lifetimes(60, 600, 8).expect("set");
    let tokens = log_in(&operator);
    let lives = |name: &str| tokens[name].as_u64().expect("a number");
    assert!(lives("expires_in") <= 8 && lives("refresh_expires_in") <= 8, "{tokens}");
    let renewed = refresh(&operator, &tokens).json();
    let life = renewed["refresh_expires_in"].as_u64().expect("a number");
    assert!(life <= 8, "{renewed}");
    std::thread::sleep(std::time::Duration::from_millis(life * 1000 + 1200));
    assert_eq!(refresh(&operator, &renewed).json()["error"], "invalid_grant");
}

#[test]
fn what_was_given_is_listed_and_a_failure_is_one_for_everybody() {
    let operator = Operator::start(Options::default()).expect("started");
    let tokens = log_in(&operator);
    let bench = operator.token(boxes::DR_LEROY).expect("a token");
    let issued = operator.issued().expect("listed");
    for name in ["access_token", "refresh_token", "id_token"] {
        let token = tokens[name].as_str().expect(name).to_owned();
        assert!(issued.contains(&token), "{name}");
    }
    assert!(issued.contains(&bench));
    assert_eq!(issued.len(), 5, "and the name of the pending request");
    assert_eq!(operator.seen("/backchannel").expect("counted"), 1);

    operator.set_down(true).expect("down");
    assert_eq!(refresh(&operator, &tokens).status, 503);
    operator.set_down(false).expect("back");
    assert_eq!(refresh(&operator, &tokens).status, 200);
}

#[test]
fn a_client_by_certificate_is_known_by_it_alone() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    let discovery = http(info.ports.idp, "GET", &info.psc_direct_discovery, &[], "").json();
    let endpoint = discovery["mtls_endpoint_aliases"]["backchannel_authentication_endpoint"]
        .as_str()
        .expect("an alias");
    let ask = |certificate: bool| {
        let relay = info.dir.join("relay");
        let mut curl = std::process::Command::new("curl");
        curl.arg("-s").arg("--cacert").arg(&info.anchors);
        if certificate {
            curl.arg("--cert")
                .arg(relay.join("client.crt"))
                .arg("--key")
                .arg(relay.join("client.key"));
        }
        let form = format!(
            "client_id=pli-relay-mtls&scope=openid&login_hint={}&binding_message=07",
            boxes::DR_MARTIN
        );
        let output = curl.args(["-d", &form, endpoint]).output().expect("curl");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    assert!(ask(true)["auth_req_id"].is_string());
    assert_eq!(ask(false)["error"], "invalid_client");
}
