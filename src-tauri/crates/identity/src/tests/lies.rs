//! What must not be believed, each refused with its own reason.

use serde_json::{Value, json};

use super::liar::{CLIENT, ISSUER, Liar, answer_with, claims, description, good_answer, morning, user_info};
use crate::{HttpProblem, IdTokenProblem, IdentityError, Settings};

/// A login in which the id token's claims are changed by `change`.
async fn login_with(change: impl FnOnce(&mut Value)) -> Result<(), IdentityError> {
    let liar = Liar::new();
    let login = liar.login(|nonce| {
        let mut claims = claims(nonce);
        change(&mut claims);
        answer_with(&liar.sign(&claims))
    });
    login.await.map(drop)
}

fn id_token_problem(outcome: Result<(), IdentityError>) -> IdTokenProblem {
    match outcome.unwrap_err() {
        IdentityError::IdToken(problem) => problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_good_answer_makes_a_session() {
    let liar = Liar::new();
    let session = liar.session().await;
    assert_eq!(session.person().display_name(), "Anne MARTIN");
    assert_eq!(session.person().profession.as_deref(), Some("10"));
    assert_eq!(session.person().speciality.as_deref(), Some("SM54"));
    let forms = liar.forms.lock().unwrap();
    let (path, form) = &forms[0];
    assert_eq!(path, "/token");
    for part in [
        "grant_type=authorization_code",
        "client_id=pli",
        "code=c0de",
        "code_verifier=",
        "redirect_uri=http%3A",
    ] {
        assert!(form.contains(part), "{form}");
    }
    assert!(!form.contains("secret"), "a public client has none");
}

#[tokio::test]
async fn each_false_claim_of_the_id_token_has_its_reason() {
    let now = morning().as_second();
    let cases: [(&str, Value, IdTokenProblem); 13] = [
        ("iss", json!("https://psc.other.test"), IdTokenProblem::Issuer),
        ("iss", json!(format!("{ISSUER}/")), IdTokenProblem::Issuer),
        ("aud", json!("another"), IdTokenProblem::Audience),
        ("aud", json!([CLIENT, "another"]), IdTokenProblem::Audience),
        ("nonce", json!("an older login's"), IdTokenProblem::Nonce),
        ("nonce", Value::Null, IdTokenProblem::Nonce),
        ("acr", json!("eidas0"), IdTokenProblem::Level),
        ("acr", Value::Null, IdTokenProblem::Level),
        ("exp", json!(now - 121), IdTokenProblem::Time),
        ("iat", json!(now + 121), IdTokenProblem::Time),
        ("exp", json!("tomorrow"), IdTokenProblem::Malformed),
        ("sub", Value::Null, IdTokenProblem::Malformed),
        ("iss", json!(7), IdTokenProblem::Malformed),
    ];
    for (name, value, expected) in cases {
        let outcome = login_with(|claims| {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        });
        assert_eq!(id_token_problem(outcome.await), expected, "{name} {value}");
    }
}

#[tokio::test]
async fn a_clock_a_little_wrong_and_a_stronger_level_are_accepted() {
    let now = morning().as_second();
    login_with(|claims| claims["exp"] = json!(now - 60)).await.unwrap();
    login_with(|claims| claims["iat"] = json!(now + 60)).await.unwrap();
    login_with(|claims| claims["acr"] = json!("eidas2")).await.unwrap();
}

#[tokio::test]
async fn a_false_signature_is_refused() {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    let (liar, other) = (Liar::new(), Liar::new());
    // Another key under the same name.
    let outcome = liar
        .login(|nonce| answer_with(&other.sign(&claims(nonce))))
        .await
        .map(drop);
    assert_eq!(id_token_problem(outcome), IdTokenProblem::Signature);
    // No signature, and one by a secret that a public client does not have.
    for algorithm in ["none", "HS256"] {
        let outcome = liar.login(|nonce| {
            let header = json!({"alg": algorithm, "typ": "JWT"}).to_string();
            let body = claims(nonce).to_string();
            answer_with(&format!(
                "{}.{}.{}",
                BASE64.encode(header),
                BASE64.encode(body),
                BASE64.encode("pli")
            ))
        });
        assert_eq!(
            id_token_problem(outcome.await.map(drop)),
            IdTokenProblem::Signature,
            "{algorithm}"
        );
    }
    let outcome = liar.login(|_| answer_with("a.b.c")).await.map(drop);
    assert_eq!(id_token_problem(outcome), IdTokenProblem::Malformed);
    let outcome = liar
        .login(|_| json!({"access_token": "a", "token_type": "Bearer"}))
        .await
        .map(drop);
    assert_eq!(id_token_problem(outcome), IdTokenProblem::Missing);
}

#[tokio::test]
async fn new_keys_are_read_once() {
    let liar = Liar::new();
    let outcome = liar.login(|nonce| {
        // Changed between the discovery and the login.
        liar.says("/certs", &liar.keys("k2"));
        answer_with(&liar.sign_under("k2", &claims(nonce)))
    });
    outcome.await.unwrap();
    let count = |liar: &Liar| {
        liar.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|path| *path == "/certs")
            .count()
    };
    assert_eq!(count(&liar), 2);

    let stranger = Liar::new();
    let outcome = stranger
        .login(|nonce| answer_with(&stranger.sign_under("k3", &claims(nonce))))
        .await
        .map(drop);
    assert_eq!(id_token_problem(outcome), IdTokenProblem::Signature);
    assert_eq!(count(&stranger), 2, "asked again once, not for ever");
}

#[tokio::test]
async fn a_token_that_could_say_more_in_a_header_is_refused() {
    for token in ["a b", "a\r\nX: y", "a\u{1}auth=Bearer b", "", "é"] {
        for field in ["access_token", "refresh_token", "id_token"] {
            let liar = Liar::new();
            let outcome = liar.login(|nonce| {
                let mut answer = good_answer(&liar, nonce);
                answer[field] = json!(token);
                answer
            });
            let error = outcome.await.unwrap_err();
            assert!(
                matches!(error, IdentityError::Unexpected { .. }),
                "{field} {token:?}: {error}"
            );
        }
    }
    let liar = Liar::new();
    let outcome = liar.login(|nonce| {
        let mut answer = good_answer(&liar, nonce);
        answer["token_type"] = json!("MAC");
        answer
    });
    assert!(matches!(outcome.await.unwrap_err(), IdentityError::Unexpected { .. }));
}

#[tokio::test]
async fn who_the_person_is_must_be_usable() {
    for (name, value) in [
        ("sub", json!("f:2")),
        ("SubjectNameID", Value::Null),
        ("SubjectNameID", json!("")),
        ("SubjectNameID", json!("8997\u{0}1")),
        ("family_name", json!("\u{202E}")),
    ] {
        let liar = Liar::new();
        let mut info = user_info();
        info[name] = value.clone();
        liar.says("/userinfo", &info);
        let error = liar.login(|nonce| good_answer(&liar, nonce)).await.unwrap_err();
        assert!(matches!(error, IdentityError::Person(_)), "{name} {value}: {error}");
    }
    // What is not needed may be missing or strange.
    let liar = Liar::new();
    let mut info = user_info();
    info["SubjectRefPro"] = json!([7]);
    info["given_name"] = json!("  Anne\u{202E}\n ");
    liar.says("/userinfo", &info);
    let session = liar.session().await;
    assert_eq!(session.person().profession, None);
    assert_eq!(session.person().given_name, "Anne");
}

#[tokio::test]
async fn a_description_must_be_its_own_issuers_and_https() {
    let at = "/.well-known/wallet-openid-configuration";
    for issuer in [
        "https://psc.test/realms/other",
        "https://psc.test",
        "https://psc.test/realms/esante",
        "",
    ] {
        let liar = Liar::new();
        let mut lie = description();
        lie["issuer"] = json!(issuer);
        liar.says(at, &lie);
        assert!(
            matches!(liar.discover().await.unwrap_err(), IdentityError::OtherIssuer),
            "{issuer}"
        );
    }
    for name in [
        "token_endpoint",
        "authorization_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "revocation_endpoint",
    ] {
        for url in [
            "http://psc.test/x",
            "ftp://psc.test/x",
            "https://u:p@psc.test/x",
            "file:///etc/passwd",
        ] {
            let liar = Liar::new();
            let mut lie = description();
            lie[name] = json!(url);
            liar.says(at, &lie);
            let error = liar.discover().await.unwrap_err();
            assert!(
                matches!(error, IdentityError::Unexpected { .. }),
                "{name} {url}: {error}"
            );
        }
    }
    let liar = Liar::new();
    for body in ["", "{}", "[]", "<html>", &"[".repeat(100_000)] {
        liar.replies(at, Ok((200, body.to_owned())));
        assert!(matches!(
            liar.discover().await.unwrap_err(),
            IdentityError::Unexpected { .. }
        ));
    }
    for setting in ["http://psc.test/d", "psc.test", "", "file:///d"] {
        assert!(
            matches!(Settings::new(setting, "pli"), Err(IdentityError::Settings(_))),
            "{setting}"
        );
    }
}

#[tokio::test]
async fn a_network_that_fails_is_not_a_refusal() {
    let liar = Liar::new();
    let at = "/.well-known/wallet-openid-configuration";
    for (reply, transient) in [
        (Err(HttpProblem::Network), true),
        (Err(HttpProblem::TimedOut), true),
        (Err(HttpProblem::Untrusted), false),
        (Err(HttpProblem::TooLarge), false),
        (Ok((503, String::new())), true),
        (Ok((429, String::new())), true),
        (Ok((404, String::new())), false),
        (Ok((302, String::new())), false),
    ] {
        liar.replies(at, reply.clone());
        let error = liar.discover().await.unwrap_err();
        assert_eq!(error.is_transient(), transient, "{reply:?}: {error}");
        assert!(!error.needs_login());
    }
}
