//! The session's own time: what is renewed when, and when it is over.

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::json;

use super::liar::{Liar, answer_with, claims, good_answer, morning};
use crate::{AuthenticationMethod, HttpProblem, IdTokenProblem, IdentityError};

fn after(seconds: i64) -> Timestamp {
    morning() + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn lifetimes_are_read_from_the_answers() {
    let liar = Liar::new();
    let session = liar.session().await;
    assert_eq!(session.method(), AuthenticationMethod::Code);
    assert_eq!(session.started_at(), morning());
    assert_eq!(session.expires_at(), after(120));
    assert_eq!(session.refresh_expires_at(), Some(after(1800)));
    assert_eq!(session.ends_at(), after(4 * 3600));
    assert!(
        (after(72)..after(96)).contains(&session.refresh_due_at()),
        "{}",
        session.refresh_due_at()
    );
    assert!(!session.needs_refresh(after(71)) && session.needs_refresh(after(96)));
    assert!(session.is_usable(after(119)) && !session.is_usable(after(120)));
    assert!(session.can_refresh(after(1799)) && !session.can_refresh(after(1800)));
    assert!(!session.is_over(after(1799)) && session.is_over(after(1800)));
}

#[tokio::test]
async fn lifetimes_that_are_not_said_or_absurd_do_no_harm() {
    for (expires_in, seconds) in [(json!(null), 120), (json!(0), 0), (json!(u64::MAX), 24 * 3600)] {
        let liar = Liar::new();
        let login = liar.login(|nonce| {
            let mut answer = good_answer(&liar, nonce);
            answer["expires_in"] = expires_in.clone();
            answer["refresh_expires_in"] = json!(null);
            answer
        });
        let session = login.await.unwrap();
        assert_eq!(session.expires_at(), after(seconds), "{expires_in}");
        assert_eq!(session.refresh_expires_at(), None);
        assert!(session.can_refresh(after(3 * 3600)) && session.is_over(after(4 * 3600)));
    }
}

#[tokio::test]
async fn a_refresh_renews_the_tokens_and_keeps_the_person() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let mut session = liar.session().await;
    liar.says(
        "/token",
        &json!({"access_token": "new-access", "token_type": "bearer", "expires_in": 300, "refresh_token": "new-refresh",
            "refresh_expires_in": 1800}),
    );
    session.refresh(&provider, after(100)).await.unwrap();
    assert_eq!(session.access_token().expose_secret(), "new-access");
    assert_eq!(session.expires_at(), after(400));
    assert_eq!(session.refresh_expires_at(), Some(after(1900)));
    assert_eq!(session.ends_at(), after(4 * 3600), "a refresh does not move the end");
    assert_eq!(session.person().display_name(), "Anne MARTIN");
    let sent = || liar.forms.lock().unwrap().last().unwrap().1.clone();
    assert!(sent().contains("refresh_token=r3fresh-token"), "{}", sent());

    // A provider that does not rotate its refresh tokens gives none.
    liar.says(
        "/token",
        &json!({"access_token": "third", "token_type": "Bearer", "expires_in": 300}),
    );
    session.refresh(&provider, after(200)).await.unwrap();
    assert!(sent().contains("refresh_token=new-refresh"), "{}", sent());
    session.refresh(&provider, after(300)).await.unwrap();
    assert!(sent().contains("refresh_token=new-refresh"), "{}", sent());
    assert_eq!(session.refresh_expires_at(), Some(after(1900)));
}

#[tokio::test]
async fn the_end_is_read_from_refresh_tokens_that_are_held_back() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let mut session = liar.session().await;
    let answer = |life: u64, refresh_life: u64| {
        json!({"access_token": "a", "token_type": "Bearer", "expires_in": life, "refresh_token": "r",
            "refresh_expires_in": refresh_life})
    };
    // A second less is how answers are rounded, not an end.
    liar.says("/token", &answer(120, 1799));
    session.refresh(&provider, after(100)).await.unwrap();
    assert_eq!(session.ends_at(), after(4 * 3600));
    // The session ends at 2000 seconds.
    liar.says("/token", &answer(120, 600));
    session.refresh(&provider, after(1400)).await.unwrap();
    assert_eq!(session.ends_at(), after(2000));
    // The last access token serves to its end.
    liar.says("/token", &answer(120, 10));
    session.refresh(&provider, after(1990)).await.unwrap();
    assert_eq!(session.ends_at(), after(2110));
    assert!(session.is_usable(after(2109)) && session.is_over(after(2110)));
    // Never beyond what Pro Santé Connect announces, even so.
    let mut session = liar.session().await;
    liar.says("/token", &answer(3600, 1000));
    session.refresh(&provider, after(1799)).await.unwrap();
    assert!(session.ends_at() <= after(4 * 3600));
}

#[tokio::test]
async fn a_browser_logged_in_since_the_morning_has_used_up_its_session() {
    let began = |seconds: i64| async move {
        let liar = Liar::new();
        let login = liar.login(|nonce| {
            let mut claims = claims(nonce);
            claims["auth_time"] = json!(after(seconds).as_second());
            answer_with(&liar.sign(&claims))
        });
        login.await.unwrap().ends_at()
    };
    assert_eq!(began(-3 * 3600).await, after(3600));
    assert_eq!(began(0).await, after(4 * 3600));
    // From the future, or so long ago that nothing would be left of a token just given: the clock is wrong, not the person.
    assert_eq!(began(3600).await, after(4 * 3600));
    assert_eq!(began(-9 * 3600).await, after(120));
}

#[tokio::test]
async fn a_refused_refresh_is_told_apart_from_a_failing_network() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let mut session = liar.session().await;
    for reply in [
        Err(HttpProblem::Network),
        Ok((503, "{}".to_owned())),
        Err(HttpProblem::TimedOut),
    ] {
        liar.replies("/token", reply);
        let error = session.refresh(&provider, after(100)).await.unwrap_err();
        assert!(error.is_transient() && !error.needs_login(), "{error}");
        assert_eq!(
            session.access_token().expose_secret(),
            "acc3ss-token",
            "the session is as it was"
        );
        assert!(session.can_refresh(after(100)));
    }
    liar.replies("/token", Ok((400, r#"{"error":"invalid_client"}"#.to_owned())));
    let error = session.refresh(&provider, after(100)).await.unwrap_err();
    assert!(
        matches!(&error, IdentityError::Provider { code, .. } if code == "invalid_client"),
        "{error}"
    );

    liar.replies(
        "/token",
        Ok((
            400,
            r#"{"error":"invalid_grant","error_description":"<script>"}"#.to_owned(),
        )),
    );
    let error = session.refresh(&provider, after(100)).await.unwrap_err();
    assert!(error.needs_login() && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn nothing_is_asked_once_the_session_is_over() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let mut session = liar.session().await;
    let before = liar.asked.lock().unwrap().len();
    let error = session.refresh(&provider, after(1800)).await.unwrap_err();
    assert!(matches!(error, IdentityError::SessionOver));
    assert_eq!(liar.asked.lock().unwrap().len(), before);
}

#[tokio::test]
async fn a_refresh_may_not_turn_into_somebody_else() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let mut session = liar.session().await;
    let mut other = claims("");
    other["sub"] = json!("f:2");
    liar.says("/token", &answer_with(&liar.sign(&other)));
    let error = session.refresh(&provider, after(100)).await.unwrap_err();
    assert!(
        matches!(error, IdentityError::IdToken(IdTokenProblem::Subject)),
        "{error}"
    );
    // The nonce is the login's: a refresh need not repeat it.
    liar.says("/token", &answer_with(&liar.sign(&claims("another"))));
    session.refresh(&provider, after(100)).await.unwrap();
}

#[tokio::test]
async fn logging_out_revokes_both_tokens_and_tells_the_provider() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let session = liar.session().await;
    liar.says("/revoke", &json!({}));
    liar.says("/logout", &json!({}));
    session.logout(&provider).await.unwrap();
    let forms = liar.forms.lock().unwrap();
    let [_, refresh, access, end] = &forms[..] else {
        panic!("{}", forms.len())
    };
    assert!(refresh.0 == "/revoke" && refresh.1.contains("token=r3fresh-token&token_type_hint=refresh_token"));
    assert!(access.0 == "/revoke" && access.1.contains("token=acc3ss-token&token_type_hint=access_token"));
    assert!(end.0 == "/logout" && end.1.starts_with("id_token_hint=ey"));
}

#[tokio::test]
async fn a_logout_that_is_not_heard_is_tried_to_the_end() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let session = liar.session().await;
    liar.replies("/revoke", Err(HttpProblem::Network));
    liar.says("/logout", &json!({}));
    assert!(session.logout(&provider).await.unwrap_err().is_transient());
    assert_eq!(liar.forms.lock().unwrap().last().unwrap().0, "/logout");
}

#[tokio::test]
async fn nothing_shows_a_token() {
    let liar = Liar::new();
    let session = liar.session().await;
    let shown = format!("{session:?}");
    for secret in ["acc3ss", "r3fresh", "eyJ", "Anne", "MARTIN"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("899700000001"));
}

#[test]
fn a_shorter_session_may_be_set_and_a_longer_one_not() {
    let settings = Liar::settings();
    assert_eq!(
        settings
            .clone()
            .with_longest_session(SignedDuration::from_hours(1))
            .longest,
        SignedDuration::from_hours(1)
    );
    assert_eq!(
        settings.with_longest_session(SignedDuration::from_hours(9)).longest,
        crate::LONGEST_SESSION
    );
}
