//! The approval on the phone, with a server that does whatever it pleases: its pace, its endings, its lies.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pli_terms::NationalId;
use secrecy::SecretString;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::liar::{Liar, NATIONAL_ID, Reply, answer_with, claims, description, morning, user_info};
use crate::secret::{challenge, two_digits};
use crate::{AuthenticationMethod, Channel, CibaFlow, HttpProblem, IdTokenProblem, IdentityError, Session};

pub(super) fn who() -> NationalId {
    NationalId::parse(NATIONAL_ID).unwrap()
}

/// The usual acknowledgement, with changes.
pub(super) fn acknowledged(change: impl FnOnce(&mut Value)) -> Value {
    let mut answer = json!({"auth_req_id": "r3quest-1d", "expires_in": 120, "interval": 5});
    change(&mut answer);
    answer
}

pub(super) fn error(code: &str) -> Reply {
    Ok((400, json!({"error": code, "error_description": "<b>"}).to_string()))
}

pub(super) fn pending() -> Reply {
    error("authorization_pending")
}

/// What the token endpoint says once the person has approved.
pub(super) fn approved(liar: &Liar) -> Reply {
    let mut claims = claims("");
    claims.as_object_mut().unwrap().remove("nonce");
    Ok((200, answer_with(&liar.sign(&claims)).to_string()))
}

async fn begin(liar: &Arc<Liar>) -> Result<CibaFlow, IdentityError> {
    CibaFlow::begin(&liar.discover().await?, &who(), Channel::Mobile, morning()).await
}

/// How a wait ended, the pauses it made in seconds, and how many questions it asked.
pub(super) struct Ended {
    pub(super) outcome: Result<Session, IdentityError>,
    pauses: Vec<u64>,
    questions: usize,
}

/// Waits with a clock of its own, which only pauses move on.
pub(super) async fn wait(liar: &Arc<Liar>, flow: &CibaFlow) -> Ended {
    let before = questions(liar);
    let (now, pauses) = (Cell::new(morning()), RefCell::new(Vec::new()));
    let outcome = flow
        .wait(
            || now.get(),
            |pause| {
                pauses.borrow_mut().push(pause.as_secs());
                now.set(now.get() + SignedDuration::try_from(pause).unwrap());
                std::future::ready(())
            },
        )
        .await;
    Ended {
        outcome,
        pauses: pauses.into_inner(),
        questions: questions(liar) - before,
    }
}

fn questions(liar: &Liar) -> usize {
    liar.asked
        .lock()
        .unwrap()
        .iter()
        .filter(|path| *path == "/token")
        .count()
}

/// A whole login after this acknowledgement, the token endpoint saying these in turn, then `pending` for ever.
async fn login(acknowledgement: &Value, replies: impl FnOnce(&Liar) -> Vec<Reply>) -> Ended {
    let liar = Liar::new();
    liar.says("/ciba", acknowledgement);
    liar.replies_once("/token", replies(&liar));
    liar.replies("/token", pending());
    let flow = begin(&liar).await.unwrap();
    wait(&liar, &flow).await
}

fn parameters(form: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

fn parameter(form: &str, name: &str) -> String {
    let found: Vec<_> = parameters(form).into_iter().filter(|(key, _)| key == name).collect();
    assert_eq!(found.len(), 1, "{name} in {form}");
    found[0].1.clone()
}

#[tokio::test]
async fn the_provider_is_asked_for_what_the_requirement_says() {
    for (channel, word) in [(Channel::Mobile, "MOBILE"), (Channel::Card, "CARD")] {
        let liar = Liar::new();
        liar.says("/ciba", &acknowledged(|_| ()));
        liar.replies_once("/token", [pending(), approved(&liar)]);
        let flow = CibaFlow::begin(&liar.discover().await.unwrap(), &who(), channel, morning())
            .await
            .unwrap();
        let session = wait(&liar, &flow).await.outcome.unwrap();
        assert_eq!(session.method(), AuthenticationMethod::Ciba);
        assert_eq!(session.person().national_id, who());

        let forms = liar.forms.lock().unwrap();
        let [ask, first, second] = &forms[..] else {
            panic!("{}", forms.len())
        };
        assert_eq!(ask.0, "/ciba");
        for (name, value) in [
            ("client_id", "pli"),
            ("scope", "openid scope_all"),
            ("acr_values", "eidas1"),
            ("login_hint", NATIONAL_ID),
            ("binding_message", flow.digits()),
            ("channel", word),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(parameter(&ask.1, name), value);
        }
        assert!(!ask.1.contains("secret"), "a public client has none");
        for (path, form) in [first, second] {
            assert_eq!(path, "/token");
            assert_eq!(parameter(form, "grant_type"), "urn:openid:params:grant-type:ciba");
            assert_eq!(parameter(form, "auth_req_id"), "r3quest-1d");
            assert_eq!(parameter(form, "client_id"), "pli");
            // Only whoever began can show what the challenge was made of.
            let verifier = SecretString::from(parameter(form, "code_verifier"));
            assert_eq!(challenge(&verifier), parameter(&ask.1, "code_challenge"));
        }
    }
}

#[tokio::test]
async fn the_challenge_never_comes_twice() {
    let liar = Liar::new();
    liar.says("/ciba", &acknowledged(|_| ()));
    for _ in 0..2 {
        begin(&liar).await.unwrap();
    }
    let forms = liar.forms.lock().unwrap();
    assert_ne!(
        parameter(&forms[0].1, "code_challenge"),
        parameter(&forms[1].1, "code_challenge")
    );
}

#[test]
fn every_pair_of_digits_is_as_likely_as_any_other() {
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..20_000 {
        *counts.entry(two_digits().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 100);
    assert!(
        counts
            .keys()
            .all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_digit()))
    );
    // 200 of each are expected; seven standard deviations are 99.
    assert!(counts.values().all(|count| (100..300).contains(count)), "{counts:?}");
}

#[tokio::test]
async fn questions_come_at_the_servers_pace() {
    let replies = |liar: &Liar| vec![pending(), pending(), approved(liar)];
    let usual = acknowledged(|answer| drop(answer.as_object_mut().unwrap().remove("interval")));
    for (acknowledgement, pauses) in [
        (acknowledged(|answer| answer["interval"] = json!(2)), [2, 2, 2]),
        (acknowledged(|answer| answer["interval"] = json!(17)), [17, 17, 17]),
        (usual, [5, 5, 5]),
        // Lies: a storm of questions, and a person who has approved and waits for ever.
        (acknowledged(|answer| answer["interval"] = json!(0)), [1, 1, 1]),
        (
            acknowledged(|answer| answer["interval"] = json!(u64::MAX)),
            [30, 30, 30],
        ),
    ] {
        let ended = login(&acknowledgement, replies).await;
        ended.outcome.unwrap();
        assert_eq!(ended.pauses, pauses, "{acknowledgement}");
        assert_eq!(ended.questions, 3);
    }
}

#[tokio::test]
async fn slower_means_slower_from_then_on() {
    let acknowledgement = acknowledged(|answer| answer["interval"] = json!(2));
    let ended = login(&acknowledgement, |liar| {
        vec![
            pending(),
            error("slow_down"),
            pending(),
            error("slow_down"),
            approved(liar),
        ]
    })
    .await;
    ended.outcome.unwrap();
    assert_eq!(ended.pauses, [2, 2, 7, 7, 12]);
}

#[tokio::test]
async fn a_network_that_fails_a_while_does_not_end_the_wait() {
    let ended = login(&acknowledged(|_| ()), |liar| {
        vec![
            Err(HttpProblem::Network),
            Err(HttpProblem::TimedOut),
            Ok((503, "<html>".to_owned())),
            pending(),
            Ok((502, String::new())),
            approved(liar),
        ]
    })
    .await;
    ended.outcome.unwrap();
    assert_eq!(ended.pauses, [5; 6]);

    // Asked too often: slower, and not before the server says.
    let liar = Liar::new();
    liar.says("/ciba", &acknowledged(|_| ()));
    *liar.retry_after.lock().unwrap() = Some(Duration::from_secs(40));
    liar.replies_once("/token", [Ok((429, String::new())), pending(), approved(&liar)]);
    let flow = begin(&liar).await.unwrap();
    let ended = wait(&liar, &flow).await;
    ended.outcome.unwrap();
    assert_eq!(ended.pauses, [5, 40, 10]);
}

#[tokio::test]
async fn nothing_is_asked_once_the_time_is_over() {
    let ended = login(&acknowledged(|_| ()), |_| vec![]).await;
    assert!(matches!(ended.outcome.unwrap_err(), IdentityError::Expired));
    assert_eq!(ended.pauses.iter().sum::<u64>(), 120);
    assert_eq!(ended.questions, 23, "one each five seconds, none at the end");

    // Lies about the time: none at all, and for ever.
    let ended = login(&acknowledged(|answer| answer["expires_in"] = json!(0)), |liar| {
        vec![approved(liar)]
    })
    .await;
    assert!(matches!(ended.outcome.unwrap_err(), IdentityError::Expired));
    assert_eq!(ended.questions, 0);
    let ended = login(
        &acknowledged(|answer| answer["expires_in"] = json!(u64::MAX)),
        |_| vec![],
    )
    .await;
    assert!(matches!(ended.outcome.unwrap_err(), IdentityError::Expired));
    assert_eq!(ended.pauses.iter().sum::<u64>(), 600);
    let unsaid = acknowledged(|answer| drop(answer.as_object_mut().unwrap().remove("expires_in")));
    assert_eq!(login(&unsaid, |_| vec![]).await.pauses.iter().sum::<u64>(), 120);

    // Nobody heard the last question: it is the service that failed, not the person.
    let liar = Liar::new();
    liar.says("/ciba", &acknowledged(|_| ()));
    liar.replies("/token", Ok((503, String::new())));
    let flow = begin(&liar).await.unwrap();
    assert_eq!(flow.lifetime(), Duration::from_secs(120));
    assert_eq!(flow.expires_at(), morning() + SignedDuration::from_secs(120));
    let error = wait(&liar, &flow).await.outcome.unwrap_err();
    assert!(
        matches!(error, IdentityError::Unavailable { status: 503, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn each_ending_has_its_own_error() {
    for (reply, check) in [
        (
            error("access_denied"),
            (|e| matches!(e, IdentityError::Refused)) as fn(&IdentityError) -> bool,
        ),
        (error("expired_token"), |e| matches!(e, IdentityError::Expired)),
        (
            error("invalid_grant"),
            |e| matches!(e, IdentityError::Provider { code, .. } if code == "invalid_grant"),
        ),
        (Ok((200, "<html>".to_owned())), |e| {
            matches!(e, IdentityError::Unexpected { .. })
        }),
        (Ok((302, String::new())), |e| {
            matches!(e, IdentityError::Unexpected { .. })
        }),
        (
            Ok((400, "[".repeat(10_000))),
            |e| matches!(e, IdentityError::Provider { code, .. } if code == "status_400"),
        ),
        (Err(HttpProblem::Untrusted), |e| {
            matches!(e, IdentityError::Unreachable { .. })
        }),
        (Err(HttpProblem::TooLarge), |e| {
            matches!(e, IdentityError::Unreachable { .. })
        }),
    ] {
        let ended = login(&acknowledged(|_| ()), |_| vec![pending(), reply.clone()]).await;
        let error = ended.outcome.unwrap_err();
        assert!(check(&error), "{reply:?}: {error}");
        assert_eq!(ended.questions, 2);
    }
}

#[tokio::test]
async fn each_refusal_to_begin_has_its_own_error() {
    let liar = Liar::new();
    *liar.retry_after.lock().unwrap() = Some(Duration::from_secs(90));
    for (reply, check) in [
        (
            error("unknown_user_id"),
            (|e| matches!(e, IdentityError::UnknownPerson)) as fn(&IdentityError) -> bool,
        ),
        (error("access_denied"), |e| matches!(e, IdentityError::Refused)),
        (error("unauthorized_client"), |e| matches!(e, IdentityError::NoCiba)),
        (
            error("invalid_binding_message"),
            |e| matches!(e, IdentityError::Provider { code, .. } if code == "invalid_binding_message"),
        ),
        (Ok((429, error("slow_down").unwrap().1)), |e| {
            e.is_transient()
                && matches!(e, IdentityError::TooMany { retry_after: Some(wait), .. } if wait.as_secs() == 90)
        }),
        (Ok((503, String::new())), |e| {
            e.is_transient() && matches!(e, IdentityError::Unavailable { .. })
        }),
        (Err(HttpProblem::Network), |e| {
            e.is_transient() && matches!(e, IdentityError::Unreachable { .. })
        }),
        (Ok((200, "{}".to_owned())), |e| {
            matches!(e, IdentityError::Unexpected { .. })
        }),
        (Ok((200, String::new())), |e| {
            matches!(e, IdentityError::Unexpected { .. })
        }),
    ] {
        liar.replies("/ciba", reply.clone());
        let error = begin(&liar).await.unwrap_err();
        assert!(check(&error), "{reply:?}: {error}");
    }
    for id in ["", "a b", "a\r\nb", "é", &"a".repeat(20_000)] {
        liar.says("/ciba", &acknowledged(|answer| answer["auth_req_id"] = json!(id)));
        let error = begin(&liar).await.unwrap_err();
        assert!(matches!(error, IdentityError::Unexpected { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_provider_without_it_is_not_asked() {
    let at = "/.well-known/wallet-openid-configuration";
    for change in [
        (|description| {
            drop(
                description
                    .as_object_mut()
                    .unwrap()
                    .remove("backchannel_authentication_endpoint"),
            )
        }) as fn(&mut Value),
        |description| description["backchannel_token_delivery_modes_supported"] = json!(["ping", "push"]),
    ] {
        let liar = Liar::new();
        let mut description = description();
        change(&mut description);
        liar.says(at, &description);
        assert!(!liar.discover().await.unwrap().offers_ciba());
        assert!(matches!(begin(&liar).await.unwrap_err(), IdentityError::NoCiba));
        assert!(liar.forms.lock().unwrap().is_empty());
    }
    assert!(Liar::new().discover().await.unwrap().offers_ciba());
}

#[tokio::test]
async fn the_id_token_is_checked_and_the_person_is_who_was_asked() {
    let now = morning().as_second();
    for (name, value, expected) in [
        ("iss", json!("https://psc.other.test"), IdTokenProblem::Issuer),
        ("aud", json!("another"), IdTokenProblem::Audience),
        ("acr", json!("eidas0"), IdTokenProblem::Level),
        ("acr", Value::Null, IdTokenProblem::Level),
        ("exp", json!(now - 121), IdTokenProblem::Time),
        ("iat", json!(now + 240), IdTokenProblem::Time),
    ] {
        let ended = login(&acknowledged(|_| ()), |liar| {
            let mut claims = claims("");
            claims[name] = value.clone();
            vec![Ok((200, answer_with(&liar.sign(&claims)).to_string()))]
        })
        .await;
        let error = ended.outcome.unwrap_err();
        assert!(
            matches!(error, IdentityError::IdToken(found) if found == expected),
            "{name} {value}: {error}"
        );
    }
    let ended = login(&acknowledged(|_| ()), |_| {
        vec![Ok((
            200,
            json!({"access_token": "a", "token_type": "Bearer"}).to_string(),
        ))]
    })
    .await;
    assert!(matches!(
        ended.outcome.unwrap_err(),
        IdentityError::IdToken(IdTokenProblem::Missing)
    ));

    // Somebody else approved.
    let liar = Liar::new();
    liar.says("/ciba", &acknowledged(|_| ()));
    let mut info = user_info();
    info["SubjectNameID"] = json!("899700000099");
    liar.says("/userinfo", &info);
    liar.replies("/token", approved(&liar));
    let flow = begin(&liar).await.unwrap();
    assert!(matches!(
        wait(&liar, &flow).await.outcome.unwrap_err(),
        IdentityError::OtherPerson
    ));
}

#[tokio::test]
async fn a_wait_can_be_cancelled_at_once() {
    let liar = Liar::new();
    liar.says("/ciba", &acknowledged(|_| ()));
    let flow = begin(&liar).await.unwrap();
    let error = flow.finish(morning, std::future::ready(())).await.unwrap_err();
    assert!(matches!(error, IdentityError::Cancelled));
    assert_eq!(questions(&liar), 0);

    // And while it waits, in real time.
    let flow = begin(&liar).await.unwrap();
    let (cancel, cancelled) = tokio::sync::oneshot::channel::<()>();
    let ending = tokio::spawn(flow.finish(Timestamp::now, async { drop(cancelled.await) }));
    cancel.send(()).unwrap();
    assert!(matches!(ending.await.unwrap().unwrap_err(), IdentityError::Cancelled));
}

#[tokio::test]
async fn nothing_shows_the_request() {
    let liar = Liar::new();
    liar.says("/ciba", &acknowledged(|_| ()));
    let flow = begin(&liar).await.unwrap();
    let shown = format!("{flow:?}");
    assert!(!shown.contains("r3quest") && !shown.contains(NATIONAL_ID), "{shown}");
}

#[test]
fn a_text_that_grows_keeps_what_it_held() {
    let mut body = Zeroizing::new(Vec::with_capacity(2));
    for piece in ["abc", "", "defghijklmnop"] {
        crate::http::append(&mut body, piece.as_bytes());
    }
    assert_eq!(*body, b"abcdefghijklmnop");
}
