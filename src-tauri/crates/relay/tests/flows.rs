//! Whole logins through the intermediary, with a real provider behind it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use common::client::*;
use common::{alone, operator, usual};
use pli_operator::boxes::{BIOLOGIST, DR_LEROY, DR_MARTIN};
use serde_json::json;

#[tokio::test]
async fn it_describes_itself_as_a_standard_provider() {
    let relay = usual().await;
    let answer = get(&relay.at("/.well-known/openid-configuration")).await;
    let about = answer.json();
    assert_eq!(about["issuer"], relay.issuer);
    for name in [
        "authorization",
        "token",
        "userinfo",
        "revocation",
        "end_session",
        "backchannel_authentication",
    ] {
        let place = about[format!("{name}_endpoint")].as_str().unwrap();
        assert!(place.starts_with(&relay.issuer), "{name}: {place}");
    }
    assert_eq!(about["authorization_response_iss_parameter_supported"], true);
    assert_eq!(about["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(about["token_endpoint_auth_methods_supported"], json!(["none"]));
    assert_eq!(about["backchannel_token_delivery_modes_supported"], json!(["poll"]));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
}

#[tokio::test]
async fn a_login_in_the_browser_gives_tokens_that_live_and_die_as_the_providers_do() {
    let _alone = alone(true).await;
    let relay = usual().await;
    let given = tokens(&relay).await;
    assert_eq!(given["token_type"], "Bearer");
    assert!(given["expires_in"].as_u64().is_some());

    // The access token is the provider's own: the mail operators know it.
    let access = given["access_token"].as_str().unwrap();
    let direct = format!("http://127.0.0.1:{}/me", operator().info().ports.idp);
    let at_the_provider = http().get(direct).bearer_auth(access).send().await.unwrap();
    assert_eq!(at_the_provider.status().as_u16(), 200);
    let who = userinfo(&relay, access).await;
    assert_eq!(who.status, 200, "{who:?}");
    assert_eq!(who.json()["SubjectNameID"], DR_MARTIN);
    assert_eq!(who.header("cache-control"), "no-store");

    let said = claims(&relay, given["id_token"].as_str().unwrap()).await;
    assert_eq!(said["iss"], relay.issuer);
    assert_eq!(said["aud"], "pli");
    assert_eq!(said["nonce"], "nonce-de-pli");
    assert_eq!(said["acr"], "eidas1");
    assert_eq!(said["sub"], who.json()["sub"]);
    assert!(said["exp"].as_i64() > said["iat"].as_i64());

    let refresh = given["refresh_token"].as_str().unwrap();
    let again = post(&relay.at("/token"), &refreshing(refresh)).await;
    assert_eq!(again.status, 200, "{again:?}");
    let again = again.json();
    assert_ne!(again["access_token"], given["access_token"]);
    let renewed = claims(&relay, again["id_token"].as_str().unwrap()).await;
    assert_eq!(
        (&renewed["sub"], &renewed["iss"], &renewed["aud"]),
        (&said["sub"], &said["iss"], &said["aud"])
    );

    // Its session is the other client's too little: a refresh token serves whom it was given.
    let latest = again["refresh_token"].as_str().unwrap_or(refresh);
    let mut stolen = refreshing(latest);
    stolen[1] = ("client_id", "autre");
    assert_eq!(post(&relay.at("/token"), &stolen).await.error(), "invalid_grant");

    let newest = again["access_token"].as_str().unwrap();
    for token in [latest, newest] {
        let taken = post(&relay.at("/revoke"), &[("client_id", "pli"), ("token", token)]).await;
        assert_eq!((taken.status, taken.body.as_str()), (200, ""));
    }
    let refused = userinfo(&relay, newest).await;
    assert_eq!((refused.status, refused.error().as_str()), (401, "invalid_token"));
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(
        post(&relay.at("/token"), &refreshing(latest)).await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn the_session_ends_at_the_provider_by_its_own_id_token_which_nobody_ever_sees() {
    let _alone = alone(true).await;
    let relay = usual().await;
    let given = tokens(&relay).await;
    let token = given["id_token"].as_str().unwrap();
    let heard = "pli_relay_provider_requests_total{endpoint=\"end_session\",outcome=\"2xx\"}";
    assert_eq!(relay.metric(heard).await, 0);
    let form = [("id_token_hint", token), ("client_id", "pli")];
    let ended = post(&relay.at("/logout"), &form).await;
    assert_eq!((ended.status, ended.body.as_str()), (204, ""));
    // The provider answers 4xx to a hint that is not one of its own id tokens.
    assert_eq!(relay.metric(heard).await, 1, "{}", relay.admin("/metrics").await.1);

    // Nothing is told to whoever brings something else, and the provider hears nothing.
    for wrong in [
        "",
        "x.y.z",
        &token[..token.len() - 2],
        given["access_token"].as_str().unwrap(),
    ] {
        let ended = post(&relay.at("/logout"), &[("id_token_hint", wrong)]).await;
        assert_eq!((ended.status, ended.body.as_str()), (204, ""), "{wrong}");
    }
    let other = post(
        &relay.at("/logout"),
        &[("id_token_hint", token), ("client_id", "autre")],
    )
    .await;
    assert_eq!(other.status, 204);
    let elsewhere = [
        ("id_token_hint", token),
        ("post_logout_redirect_uri", "https://ailleurs.test/"),
    ];
    assert_eq!(post(&relay.at("/logout"), &elsewhere).await.status, 400);
    assert_eq!(relay.metric(heard).await, 1);

    let page = http()
        .get(relay.at("/logout"))
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert!(page.text().await.unwrap().contains("Vous êtes déconnecté"));
}

#[tokio::test]
async fn a_login_by_phone_waits_for_the_person_then_gives_the_same_tokens() {
    let _alone = alone(false).await;
    let relay = usual().await;
    let begun = call(&relay, &calling(DR_LEROY)).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let begun = begun.json();
    assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(120), &json!(1)));
    let request = begun["auth_req_id"].as_str().unwrap();

    let waiting = operator().pending().unwrap();
    let at_the_provider = waiting
        .as_array()
        .unwrap()
        .iter()
        .find(|login| login["person"] == DR_LEROY)
        .unwrap();
    assert_eq!(at_the_provider["binding"], "42");

    assert_eq!(poll(&relay, request).await.error(), "authorization_pending");
    too_fast(&[&relay], request).await;
    operator().approve(DR_LEROY).unwrap();
    let given = poll_until(&relay, request, "authorization_pending").await;
    assert_eq!(given.status, 200, "{given:?}");
    let given = given.json();
    let who = userinfo(&relay, given["access_token"].as_str().unwrap()).await.json();
    assert_eq!(who["SubjectNameID"], DR_LEROY);
    let said = claims(&relay, given["id_token"].as_str().unwrap()).await;
    assert_eq!((&said["acr"], &said["aud"]), (&json!("eidas1"), &json!("pli")));

    let refresh = given["refresh_token"].as_str().unwrap();
    let again = post(&relay.at("/token"), &refreshing(refresh)).await.json();
    assert_eq!(
        claims(&relay, again["id_token"].as_str().unwrap()).await["sub"],
        said["sub"]
    );

    // What was given is given once.
    assert_eq!(
        poll_until(&relay, request, "authorization_pending").await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_person_who_refuses_and_one_who_does_not_answer_are_told_apart() {
    let _alone = alone(false).await;
    let relay = usual().await;
    for (person, expected) in [(DR_LEROY, "access_denied"), (BIOLOGIST, "expired_token")] {
        let begun = call(&relay, &calling(person)).await.json();
        if expected == "access_denied" {
            operator().refuse(person).unwrap();
        } else {
            operator().expire_login(person).unwrap();
        }
        let request = begun["auth_req_id"].as_str().unwrap();
        assert_eq!(
            poll_until(&relay, request, "authorization_pending").await.error(),
            expected
        );
    }
}

#[tokio::test]
async fn a_refusal_in_the_browser_comes_back_to_the_client() {
    let _alone = alone(false).await;
    let relay = usual().await;
    let begun = authorize(&relay, &login()).await;
    let refusing = tokio::task::spawn_blocking(|| operator().refuse(DR_MARTIN).unwrap());
    let back = browse(&begun, str::to_owned).await;
    refusing.await.unwrap();
    let sent = back.sent_to();
    assert_eq!(sent["error"], "access_denied");
    assert_eq!((sent["state"].as_str(), &sent["iss"]), ("etat-de-pli", &relay.issuer));
    assert!(!sent.contains_key("code"));
}
