//! Where a browser may be sent, and where never.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics is a test that fails"
)]

mod common;

use common::client::*;
use common::usual;

#[tokio::test]
async fn a_wrong_redirection_is_answered_by_a_kind_page_and_never_followed() {
    let relay = usual().await;
    let wrong = [
        "http://127.0.0.1:4321/retour/autre",
        "http://127.0.0.1:4321/autre",
        "http://127.0.0.1:4321/retour/",
        "http://127.0.0.1:4321/Retour",
        "http://127.0.0.1:4321/retour?x=1",
        "http://127.0.0.1:4321/retour#fragment",
        "http://127.0.0.1:4321/%72etour",
        "http://127.0.0.1:4321/a/../retour",
        "http://127.0.0.1:0/retour",
        "http://127.0.0.1:65536/retour",
        "http://127.0.0.1:04321/retour",
        "http://127.0.0.1/retour",
        "http://127.0.0.1:/retour",
        "http://127.0.0.2:4321/retour",
        "http://0.0.0.0:4321/retour",
        "http://127.1:4321/retour",
        "http://2130706433:4321/retour",
        "http://0x7f000001:4321/retour",
        "http://[::1]:4321/retour",
        "http://localhost:4321/retour",
        "http://localhost.ailleurs.test:4321/retour",
        "http://127.0.0.1.ailleurs.test:4321/retour",
        "http://ailleurs.test:4321/retour",
        "http://ailleurs.test/retour",
        "https://127.0.0.1:4321/retour",
        "https://ailleurs.test/retour",
        "http://moi@127.0.0.1:4321/retour",
        "http://moi:secret@127.0.0.1:4321/retour",
        "http://127.0.0.1:4321@ailleurs.test/retour",
        "http://ailleurs.test\\@127.0.0.1:4321/retour",
        "HTTP://127.0.0.1:4321/retour",
        " http://127.0.0.1:4321/retour",
        "http://127.0.0.1:4321/retour\r\nSet-Cookie: a=b",
        "//127.0.0.1:4321/retour",
        "javascript:alert(1)",
        "data:text/html,x",
        "pli:/retour",
        "",
    ];
    for redirect in wrong {
        for error in ["", "response_type"] {
            // Another mistake besides must not have the error sent there either.
            let mut parameters = login_but(&[("redirect_uri", redirect)]);
            parameters.retain(|(name, _)| *name != error);
            let answer = authorize(&relay, &parameters).await;
            assert_eq!(answer.status, 400, "{redirect}");
            assert_eq!(answer.header("location"), "", "{redirect}");
            assert!(
                answer.body.contains("Cette connexion ne peut pas commencer"),
                "{redirect}"
            );
            assert!(
                answer
                    .header("content-security-policy")
                    .contains("default-src 'none'; style-src 'sha256-")
            );
            assert!(
                redirect.len() < 5 || !answer.body.contains(redirect),
                "nothing that was sent comes back"
            );
        }
    }
    assert_eq!(
        relay.metric("pli_relay_wrong_redirects_total").await,
        wrong.len() as u64 * 2
    );
    for client in ["", "inconnu", "pli\0"] {
        let answer = authorize(&relay, &login_but(&[("client_id", client)])).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{client}");
    }
    let twice = format!(
        "{}?redirect_uri={BACK}&redirect_uri={BACK}&client_id=pli",
        relay.at("/authorize")
    );
    assert_eq!(get(&twice).await.status, 400);
}

#[tokio::test]
async fn a_wrong_request_goes_back_to_the_client_with_its_state_and_our_name() {
    let relay = usual().await;
    let long = "x".repeat(257);
    let wrong: [(&'static str, &str, &str); 21] = [
        ("response_type", "", "unsupported_response_type"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "code id_token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "", "invalid_scope"),
        ("scope", "scope_all", "invalid_scope"),
        ("nonce", "", "invalid_request"),
        ("nonce", &long, "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "trop-court", "invalid_request"),
        ("code_challenge", VERIFIER, "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("request", "e30.e30.", "request_not_supported"),
        ("request_uri", "https://ailleurs.test/", "request_uri_not_supported"),
        ("registration", "{}", "registration_not_supported"),
        ("prompt", "none autre", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("login_hint", "a b", "invalid_request"),
        ("ui_locales", "fr;q=1", "invalid_request"),
        ("login_hint", &long, "invalid_request"),
    ];
    for (name, value, error) in wrong {
        let answer = authorize(&relay, &login_but(&[(name, value)])).await;
        assert_eq!(answer.status, 303, "{name}={value}");
        assert!(
            answer.header("location").starts_with(&format!("{BACK}?")),
            "{name}={value}"
        );
        let sent = answer.sent_to();
        assert_eq!(
            (sent["error"].as_str(), sent["state"].as_str()),
            (error, "etat-de-pli"),
            "{name}={value}"
        );
        assert_eq!(sent["iss"], relay.issuer);
    }
    for state in ["", long.as_str()] {
        let sent = authorize(&relay, &login_but(&[("state", state)])).await.sent_to();
        assert_eq!(sent["error"], "invalid_request");
        assert!(!sent.contains_key("state"));
    }
}

#[tokio::test]
async fn what_is_said_to_the_provider_is_our_own() {
    let relay = usual().await;
    let hinted = login_but(&[
        ("login_hint", "899700000013"),
        ("prompt", "login"),
        ("ui_locales", "fr"),
    ]);
    for (parameters, hint) in [(login(), None), (hinted, Some("899700000013"))] {
        let sent = authorize(&relay, &parameters).await.sent_to();
        assert_eq!(sent["client_id"], "pli-relay-loopback");
        assert_eq!(sent["redirect_uri"], format!("{}/callback", relay.issuer));
        assert_eq!(sent["acr_values"], "eidas1");
        assert_eq!(sent["scope"], "openid scope_all");
        assert_eq!(sent["code_challenge_method"], "S256");
        assert_eq!(sent.get("login_hint").map(String::as_str), hint);
        assert_ne!(sent["nonce"], "nonce-de-pli");
        assert_ne!(sent["code_challenge"], challenge(VERIFIER));
        assert!(!sent["state"].contains("etat-de-pli"));
    }
}

#[tokio::test]
async fn who_comes_back_without_a_login_sees_a_page_and_goes_nowhere() {
    let relay = usual().await;
    let begun = authorize(&relay, &login()).await.sent_to();
    let state = &begun["state"];
    let cut = &state[..state.len() - 4];
    for query in [
        "",
        "code=x",
        "code=x&state=",
        "code=x&state=x",
        &format!("code=x&state={cut}"),
        "state=a&state=b",
    ] {
        let answer = get(&format!("{}?{query}", relay.at("/callback"))).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{query}");
        assert!(answer.body.contains("n’est plus valable"), "{query}");
    }
    // With the right state and nothing else, or in another provider's name, the client is told.
    for rest in [
        "",
        "&code=",
        "&error=server_error&error_description=x",
        "&code=x&iss=https://ailleurs.test",
        "&error=nouveau",
    ] {
        let answer = get(&format!("{}?state={state}{rest}", relay.at("/callback"))).await;
        let sent = answer.sent_to();
        assert_eq!(
            (sent["error"].as_str(), sent["state"].as_str()),
            ("server_error", "etat-de-pli"),
            "{rest}"
        );
        assert!(!sent.contains_key("error_description"));
    }
}
