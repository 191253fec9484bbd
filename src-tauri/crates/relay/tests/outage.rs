//! The provider is away, then back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use std::time::Duration;

use common::client::*;
use common::{How, alone, free_port, operator, start, usual, write_keys};
use pli_operator::boxes::DR_LEROY;
use pli_relay::{Config, Relay};

#[tokio::test]
async fn while_the_provider_is_out_of_service_everybody_is_told_so_and_nothing_is_lost() {
    let _alone = alone(true).await;
    let relay = usual().await;
    let given = tokens(&relay).await;
    let refresh = given["refresh_token"].as_str().unwrap();
    let begun = call(&relay, &calling(DR_LEROY)).await.json();
    let request = begun["auth_req_id"].as_str().unwrap();
    operator().set_down(true).unwrap();
    let unavailable = "{\"error\":\"temporarily_unavailable\"}";
    let refreshed = post(&relay.at("/token"), &refreshing(refresh)).await;
    let called = call(&relay, &calling(DR_LEROY)).await;
    let polled = poll(&relay, request).await;
    let who = userinfo(&relay, given["access_token"].as_str().unwrap()).await;
    let revoked = post(&relay.at("/revoke"), &[("client_id", "pli"), ("token", refresh)]).await;
    let ended = post(
        &relay.at("/logout"),
        &[("id_token_hint", given["id_token"].as_str().unwrap())],
    )
    .await;
    operator().set_down(false).unwrap();
    for answer in [refreshed, called, polled, who, revoked, ended] {
        assert_eq!((answer.status, answer.body.as_str()), (503, unavailable));
    }
    assert_eq!(post(&relay.at("/token"), &refreshing(refresh)).await.status, 200);
    assert_eq!(poll_until(&relay, request, "authorization_pending").await.status, 200);
}

#[tokio::test]
async fn it_starts_without_the_provider_and_says_that_it_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    write_keys(folder.path());
    // Nobody is at that port.
    let text = common::settings(free_port(), folder.path(), &How::default());
    let idp = format!("127.0.0.1:{}", operator().info().ports.idp);
    let config = Config::from_toml(
        &text.replace(&idp, &format!("127.0.0.1:{}", free_port())),
        folder.path(),
    )
    .unwrap();
    let running = Relay::start(config).await.unwrap();
    let admin = format!("http://{}", running.admin_address().unwrap());
    assert_eq!(get(&format!("{admin}/health/live")).await.status, 200);
    assert_eq!(get(&format!("{admin}/health/ready")).await.status, 503);
    assert!(
        get(&format!("{admin}/metrics"))
            .await
            .body
            .contains("\npli_relay_ready 0\n")
    );
    assert_eq!(
        get(&format!("{admin}/jwks")).await.status,
        404,
        "nothing else is on that address"
    );
    let place = format!("http://{}", running.address());
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(
            get(&format!("{place}{path}")).await.status,
            404,
            "{path} is not for everybody"
        );
    }
    let begun = url::Url::parse_with_params(&format!("{place}/authorize"), login()).unwrap();
    let sent = get(begun.as_str()).await.sent_to();
    assert_eq!(
        (sent["error"].as_str(), sent["state"].as_str()),
        ("temporarily_unavailable", "etat-de-pli")
    );
    running.stop().await;
}

#[tokio::test]
async fn what_is_under_way_when_it_stops_is_answered() {
    let _alone = alone(false).await;
    let relay = start(How {
        limits: Some(common::OPEN.replace("floor_ms = 10", "floor_ms = 900")),
        ..How::default()
    })
    .await;
    let (place, form) = (relay.at("/ciba"), calling(DR_LEROY));
    let asking = tokio::spawn(async move { Answer::read(http().post(place).form(&form).send().await.unwrap()).await });
    // Until it has reached the provider: from then on it only waits for the floor.
    let begun = "pli_relay_provider_requests_total{endpoint=\"ciba\",outcome=\"2xx\"}";
    while relay.metric(begun).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let place = relay.at("/jwks");
    relay.running.stop().await;
    assert_eq!(asking.await.unwrap().status, 200);
    assert!(http().get(place).send().await.is_err(), "nobody new is let in");
}
