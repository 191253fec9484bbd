//! Login by phone under abuse: nobody is disturbed, nobody is found out, nothing that is stolen serves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::client::*;
use common::{How, Instance, OPEN, alone, operator, start, usual};
use pli_operator::boxes::{BIOLOGIST, DR_LEROY, DR_MARTIN, DR_PLEIN};

/// Nobody's.
const UNKNOWN: &str = "899999999990";

/// How many logins by phone of this person the provider was asked for.
fn reached(person: &str) -> usize {
    let waiting = operator().pending().unwrap();
    let waiting = waiting.as_array().unwrap().iter();
    waiting
        .filter(|login| login["kind"] == "ciba" && login["person"] == person)
        .count()
}

/// Everything of an answer but when it was made and what is sealed in it.
fn shape(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let mut headers: BTreeMap<String, String> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.remove("date");
    let mut body = answer.json();
    if let Some(request) = body.get("auth_req_id").and_then(|request| request.as_str()) {
        body["auth_req_id"] = request.len().into();
    }
    (answer.status, headers, body.to_string())
}

#[tokio::test]
async fn an_unknown_person_is_answered_as_one_who_does_not_look_at_their_phone() {
    let _alone = alone(false).await;
    let how = How {
        lifetimes: Some("ciba = 4\nciba_interval = 1".to_owned()),
        ..How::default()
    };
    let relay = start(how).await;
    let known = call(&relay, &calling(BIOLOGIST)).await;
    let unknown = call(&relay, &calling(UNKNOWN)).await;
    assert_eq!(known.status, 200, "{known:?}");
    assert_eq!(shape(&known), shape(&unknown));
    assert_eq!(reached(BIOLOGIST), 1);
    let request = |answer: &Answer| answer.json()["auth_req_id"].as_str().unwrap().to_owned();
    let (known, unknown) = (request(&known), request(&unknown));
    assert_ne!(known, unknown);
    let mut said = Vec::new();
    while said.last().is_none_or(|last| last != "expired_token") {
        let (one, other) = (poll(&relay, &known).await, poll(&relay, &unknown).await);
        // The end of the time may fall between the two.
        if one.error() == other.error() {
            assert_eq!(shape(&one), shape(&other));
            said.push(one.error());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    said.sort();
    said.dedup();
    assert_eq!(said, ["authorization_pending", "expired_token", "slow_down"]);
}

#[tokio::test]
async fn a_stolen_request_serves_nobody_else() {
    let _alone = alone(false).await;
    let relay = usual().await;
    let begun = call(&relay, &calling(DR_LEROY)).await.json();
    let request = begun["auth_req_id"].as_str().unwrap();
    operator().approve(DR_LEROY).unwrap();
    let asked = operator().seen("/token").unwrap();
    let good = polling(request);
    for (name, value) in [
        ("client_id", "autre"),
        ("code_verifier", ""),
        ("code_verifier", "un-autre-verificateur-assez-long-pour-la-RFC-7636"),
        ("code_verifier", &challenge(VERIFIER)),
    ] {
        let mut form = good.clone();
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        let answer = post(&relay.at("/token"), &form).await;
        assert_eq!(answer.body, "{\"error\":\"invalid_grant\"}", "{name}={value}");
    }
    assert_eq!(
        operator().seen("/token").unwrap(),
        asked,
        "the provider was asked for a stolen request"
    );
    // Nor has the thief kept the person waiting: what is refused is not counted against them.
    assert_eq!(poll(&relay, request).await.status, 200);
}

#[tokio::test]
async fn a_request_that_is_not_whole_disturbs_nobody() {
    let _alone = alone(false).await;
    let relay = usual().await;
    let before = operator().seen("/backchannel").unwrap();
    for (name, value, error) in [
        ("client_id", "", "invalid_client"),
        ("client_id", "inconnu", "invalid_client"),
        ("scope", "", "invalid_scope"),
        ("scope", "scope_all", "invalid_scope"),
        ("login_hint", "", "invalid_request"),
        ("login_hint", "é", "invalid_request"),
        ("login_hint", &"8".repeat(65), "invalid_request"),
        ("login_hint_token", "x", "invalid_request"),
        ("id_token_hint", "x", "invalid_request"),
        ("binding_message", "", "invalid_binding_message"),
        ("binding_message", "7", "invalid_binding_message"),
        ("binding_message", "123", "invalid_binding_message"),
        ("binding_message", "Appelez le 08", "invalid_binding_message"),
        ("binding_message", "٤٢", "invalid_binding_message"),
        ("channel", "", "invalid_request"),
        ("channel", "SMS", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "x", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("client_secret", "x", "invalid_client"),
    ] {
        let mut form = calling(DR_MARTIN);
        form.retain(|(known, _)| *known != name);
        form.push((name, value.to_owned()));
        let answer = call(&relay, &form).await;
        assert_eq!(answer.error(), error, "{name}={value}");
        assert!(answer.status == 400 || answer.status == 401, "{name}={value}");
    }
    assert_eq!(operator().seen("/backchannel").unwrap(), before);
    let mut card = calling(DR_MARTIN);
    card.retain(|(name, _)| *name != "channel");
    card.push(("channel", "CARD".to_owned()));
    assert_eq!(call(&relay, &card).await.status, 200);
}

/// A thousand requests for one person, many at a time: how many of each status.
async fn flood(at: &Instance, person: &str) -> BTreeMap<u16, usize> {
    let client = http();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, address, form) = (client.clone(), at.at("/ciba"), calling(person));
        tasks.spawn(async move {
            let mut statuses = Vec::new();
            for _ in 0..50 {
                let answer = Answer::read(client.post(&address).form(&form).send().await.unwrap()).await;
                if answer.status == 429 {
                    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
                }
                statuses.push(answer.status);
            }
            statuses
        });
    }
    let mut counted = BTreeMap::new();
    for status in tasks.join_all().await.into_iter().flatten() {
        *counted.entry(status).or_default() += 1;
    }
    counted
}

#[tokio::test]
async fn a_thousand_requests_for_one_person_reach_the_provider_a_handful_of_times() {
    let _alone = alone(false).await;
    // The usual limits for a person, none for an address: as from a thousand places.
    let limits = OPEN.replace("ciba_person_per_hour = 60000\nciba_person_burst = 60000\n", "");
    let relay = start(How {
        limits: Some(limits),
        ..How::default()
    })
    .await;
    let before = (operator().seen("/backchannel").unwrap(), reached(DR_PLEIN));
    let known = flood(&relay, DR_PLEIN).await;
    assert_eq!(known.values().sum::<usize>(), 1000);
    let passed = known[&200];
    assert!((1..=5).contains(&passed), "{known:?}");
    assert_eq!(reached(DR_PLEIN) - before.1, passed);
    assert_eq!(operator().seen("/backchannel").unwrap() - before.0, passed as u64);
    // Of somebody who does not exist, exactly as many are answered.
    assert_eq!(
        flood(&relay, UNKNOWN).await.keys().collect::<Vec<_>>(),
        known.keys().collect::<Vec<_>>()
    );
    assert!(operator().seen("/backchannel").unwrap() - before.0 <= 10);
    // Everybody else is as free as before.
    assert_eq!(call(&relay, &calling(DR_MARTIN)).await.status, 200);
    let refused = relay.metric("pli_relay_limited_total{limit=\"ciba_person\"}").await;
    assert!(refused >= 1990, "{refused}");
}

#[tokio::test]
async fn one_address_does_not_ask_for_everybody() {
    let _alone = alone(false).await;
    let relay = start(How {
        limits: Some("ciba_address_per_minute = 1\nciba_address_burst = 3\nfloor_ms = 0".to_owned()),
        listen: "proxies = [\"127.0.0.1\"]".to_owned(),
        ..How::default()
    })
    .await;
    let from = |address: &'static str, person: String| {
        let (place, form) = (relay.at("/ciba"), calling(&person));
        async move {
            let asked = http().post(place).header("x-forwarded-for", address).form(&form);
            asked.send().await.unwrap().status().as_u16()
        }
    };
    for n in 0..3 {
        assert_eq!(from("192.0.2.1", format!("89000000000{n}")).await, 200);
    }
    assert_eq!(from("192.0.2.1", "890000000004".to_owned()).await, 429);
    assert_eq!(from("192.0.2.1", DR_MARTIN.to_owned()).await, 429, "known or not");
    assert_eq!(from("192.0.2.2", DR_MARTIN.to_owned()).await, 200);
    assert_eq!(from("2001:db8::1", "890000000005".to_owned()).await, 200);
}
