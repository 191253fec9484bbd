//! Codes, seals and what is done with stolen ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use std::time::Duration;

use common::client::*;
use common::{How, Instance, alone, start, usual};

async fn refused(at: &Instance, form: &[(&str, &str)], why: &str) {
    let answer = post(&at.at("/token"), form).await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (400, "invalid_grant"),
        "{why}"
    );
    // Which of all reasons it was is told to nobody.
    assert_eq!(answer.body, "{\"error\":\"invalid_grant\"}", "{why}");
}

fn but<'a>(form: &[(&'static str, &'a str)], name: &'static str, value: &'a str) -> Vec<(&'static str, &'a str)> {
    let mut form = form.to_vec();
    form.retain(|(known, _)| *known != name);
    form.push((name, value));
    form
}

#[tokio::test]
async fn a_code_serves_once_whoever_began_and_nobody_else() {
    let _alone = alone(true).await;
    let relay = usual().await;
    let code = code(&relay).await;
    let good = spending(&code);
    let asked = "pli_relay_provider_requests_total{endpoint=\"token\",outcome=\"2xx\"}";
    let denied = "pli_relay_provider_requests_total{endpoint=\"token\",outcome=\"4xx\"}";

    refused(&relay, &but(&good, "client_id", "autre"), "the code of another client").await;
    let verifier = "un-autre-verificateur-assez-long-pour-la-RFC-7636";
    refused(&relay, &but(&good, "code_verifier", verifier), "another verifier").await;
    refused(&relay, &but(&good, "code_verifier", ""), "no verifier").await;
    refused(
        &relay,
        &but(&good, "code_verifier", &challenge(VERIFIER)),
        "the challenge itself",
    )
    .await;
    refused(
        &relay,
        &but(&good, "redirect_uri", "http://127.0.0.1:4322/retour"),
        "another port",
    )
    .await;
    refused(&relay, &but(&good, "redirect_uri", ""), "no redirection").await;
    // The provider was not asked: none of these has spent the code.
    assert_eq!((relay.metric(asked).await, relay.metric(denied).await), (0, 0));

    let given = post(&relay.at("/token"), &good).await;
    assert_eq!(given.status, 200, "{given:?}");
    let given = given.json();
    refused(&relay, &good, "the code again").await;
    assert_eq!(
        relay.metric(denied).await,
        1,
        "the provider itself refuses a code twice"
    );
    // And takes back what it gave for it (RFC 6749 §4.1.2).
    assert_eq!(
        userinfo(&relay, given["access_token"].as_str().unwrap()).await.status,
        401
    );
}

#[tokio::test]
async fn what_is_sealed_serves_its_own_purpose_only() {
    let _alone = alone(true).await;
    let (relay, stranger) = (usual().await, usual().await);
    let begun = authorize(&relay, &login()).await.sent_to();
    let code = code(&relay).await;
    let given = tokens(&relay).await;
    let refresh = given["refresh_token"].as_str().unwrap();
    let phone = call(&relay, &calling("899700000021")).await.json();
    let request = phone["auth_req_id"].as_str().unwrap();

    for (seal, what) in [
        (begun["state"].as_str(), "state"),
        (refresh, "refresh token"),
        (request, "request by phone"),
    ] {
        refused(&relay, &spending(seal), what).await;
    }
    for (seal, what) in [
        (begun["state"].as_str(), "state"),
        (code.as_str(), "code"),
        (request, "request by phone"),
    ] {
        refused(&relay, &refreshing(seal), what).await;
    }
    for (seal, what) in [
        (begun["state"].as_str(), "state"),
        (code.as_str(), "code"),
        (refresh, "refresh token"),
    ] {
        refused(&relay, &polling(seal), what).await;
    }
    // An intermediary with other keys knows none of them.
    refused(&stranger, &spending(&code), "a code of elsewhere").await;
    refused(&stranger, &refreshing(refresh), "a refresh token of elsewhere").await;
    refused(&stranger, &polling(request), "a request of elsewhere").await;
    assert_eq!(
        post(&relay.at("/token"), &spending(&code)).await.status,
        200,
        "all this has spent nothing"
    );
}

#[tokio::test]
async fn an_altered_seal_is_no_seal() {
    let _alone = alone(true).await;
    let relay = usual().await;
    let code = code(&relay).await;
    for place in [0, 1, 7, 20, 38, 39, 100, code.len() / 2, code.len() - 2] {
        let mut octets = code.clone().into_bytes();
        octets[place] = if octets[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(octets).unwrap();
        refused(&relay, &spending(&altered), &format!("altered at {place}")).await;
    }
    for strange in [
        "x",
        "é",
        "AAAA",
        &code[1..],
        &code[..code.len() - 4],
        &format!("{code}AAAA"),
    ] {
        refused(&relay, &spending(strange), strange).await;
    }
    assert_eq!(post(&relay.at("/token"), &spending(&code)).await.status, 200);
}

#[tokio::test]
async fn seals_end_with_their_time() {
    let _alone = alone(true).await;
    let how = How {
        // Longer than a whole login takes on a busy machine.
        lifetimes: Some("login = 5\ncode = 5\nciba = 5\nciba_interval = 1\nrefresh = 5".to_owned()),
        ..How::default()
    };
    let relay = start(how).await;
    let begun = authorize(&relay, &login()).await.sent_to();
    let phone = call(&relay, &calling("899700000021")).await.json();
    let given = tokens(&relay).await;
    let code = code(&relay).await;
    tokio::time::sleep(Duration::from_millis(6100)).await;
    refused(&relay, &spending(&code), "an old code").await;
    refused(
        &relay,
        &refreshing(given["refresh_token"].as_str().unwrap()),
        "an old refresh token",
    )
    .await;
    let late = poll(&relay, phone["auth_req_id"].as_str().unwrap()).await;
    assert_eq!(late.error(), "expired_token");
    let page = get(&format!("{}?code=x&state={}", relay.at("/callback"), begun["state"])).await;
    assert_eq!((page.status, page.header("location")), (400, ""));
}

#[tokio::test]
async fn who_is_not_a_known_public_client_gets_nothing() {
    let _alone = alone(true).await;
    let relay = usual().await;
    let code = code(&relay).await;
    let good = spending(&code);
    for (name, value) in [
        ("client_id", ""),
        ("client_id", "inconnu"),
        ("client_secret", "x"),
        ("client_assertion", "x"),
    ] {
        let answer = post(&relay.at("/token"), &but(&good, name, value)).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (401, "invalid_client"),
            "{name}={value}"
        );
    }
    let basic = http()
        .post(relay.at("/token"))
        .basic_auth("pli", Some(""))
        .form(&good)
        .send()
        .await
        .unwrap();
    assert_eq!(basic.status().as_u16(), 401);
    for (name, value, error) in [
        ("grant_type", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "client_credentials", "unsupported_grant_type"),
        ("code", "", "invalid_request"),
    ] {
        let answer = post(&relay.at("/token"), &but(&good, name, value)).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, error), "{name}={value}");
    }
    let mut twice = good.clone();
    twice.push(("code_verifier", VERIFIER));
    assert_eq!(post(&relay.at("/token"), &twice).await.error(), "invalid_request");
    let json = http().post(relay.at("/token")).json(&good).send().await.unwrap();
    assert_eq!(json.status().as_u16(), 400);
    assert_eq!(get(&relay.at("/token")).await.status, 405);
    assert_eq!(get(&relay.at("/ailleurs")).await.status, 404);
    assert_eq!(post(&relay.at("/token"), &good).await.status, 200);
}
