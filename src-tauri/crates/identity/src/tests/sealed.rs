//! A session put away and taken out again.

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde_json::json;

use super::liar::{Liar, morning};
use crate::IdentityError;

const KEY: [u8; 32] = [7; 32];

#[tokio::test]
async fn what_is_put_away_comes_back_whole_and_is_still_renewed() {
    let liar = Liar::new();
    let provider = liar.discover().await.unwrap();
    let session = liar.session().await;
    let (shown, due) = (format!("{session:?}"), session.refresh_due_at());
    let sealed = session.seal(&KEY).unwrap();
    drop(session);
    assert_eq!(sealed.person().display_name(), "Anne MARTIN");
    let mut session = sealed.open(&KEY).unwrap();
    assert_eq!(format!("{session:?}"), shown);
    assert_eq!(session.refresh_due_at(), due);
    assert_eq!(session.access_token().expose_secret(), "acc3ss-token");
    assert_eq!(session.person().profession.as_deref(), Some("10"));

    // The refresh token is the same one, and so is the subject that a new id token must have.
    liar.says(
        "/token",
        &json!({"access_token": "new", "token_type": "Bearer", "expires_in": 120, "refresh_token": "new-refresh"}),
    );
    session
        .refresh(&provider, morning() + SignedDuration::from_secs(60))
        .await
        .unwrap();
    let sent = liar.forms.lock().unwrap().last().unwrap().1.clone();
    assert!(sent.contains("refresh_token=r3fresh-token"), "{sent}");
    liar.says("/revoke", &json!({}));
    liar.says("/logout", &json!({}));
    session.logout(&provider).await.unwrap();
    let sent = liar.forms.lock().unwrap().last().unwrap().1.clone();
    assert!(sent.starts_with("id_token_hint=ey"), "{sent}");
}

#[tokio::test]
async fn another_key_or_a_changed_octet_opens_nothing() {
    let session = Liar::new().session().await;
    let sealed = session.seal(&KEY).unwrap();
    assert!(matches!(sealed.open(&[8; 32]).unwrap_err(), IdentityError::Sealed));
    let length = session.seal(&KEY).unwrap().octets().len();
    for place in 0..length {
        let mut sealed = session.seal(&KEY).unwrap();
        sealed.octets()[place] ^= 1;
        assert!(
            matches!(sealed.open(&KEY).unwrap_err(), IdentityError::Sealed),
            "{place}"
        );
    }
    for kept in [0, 1, length - 1] {
        let mut sealed = session.seal(&KEY).unwrap();
        sealed.octets().truncate(kept);
        assert!(
            matches!(sealed.open(&KEY).unwrap_err(), IdentityError::Sealed),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn nothing_of_a_token_can_be_read_in_it() {
    let session = Liar::new().session().await;
    let (mut one, mut two) = (session.seal(&KEY).unwrap(), session.seal(&KEY).unwrap());
    assert_ne!(one.octets(), two.octets(), "never sealed the same way twice");
    let text = String::from_utf8_lossy(one.octets()).into_owned();
    for secret in ["acc3ss", "r3fresh", "eyJ", "access", "f:1"] {
        assert!(!text.contains(secret));
    }
    let shown = format!("{one:?}");
    assert!(!shown.contains("MARTIN") && !shown.contains("acc3ss"), "{shown}");
}

#[tokio::test]
async fn what_is_over_says_so_while_it_is_closed() {
    let after = |seconds| morning() + SignedDuration::from_secs(seconds);
    let liar = Liar::new();
    let session = liar.session().await;
    let sealed = session.seal(&KEY).unwrap();
    for seconds in [0, 119, 120, 1799, 1800, 4 * 3600] {
        assert_eq!(
            sealed.is_over(after(seconds)),
            session.is_over(after(seconds)),
            "{seconds}"
        );
    }
    assert!(!sealed.is_over(after(1799)) && sealed.is_over(after(1800)));
    // Without a refresh token, the access token alone.
    let login = liar.login(|nonce| {
        let mut answer = super::liar::good_answer(&liar, nonce);
        answer.as_object_mut().unwrap().remove("refresh_token");
        answer
    });
    let sealed = login.await.unwrap().seal(&KEY).unwrap();
    assert!(!sealed.is_over(after(119)) && sealed.is_over(after(120)));
}
