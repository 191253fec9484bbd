//! The approval on the phone with a real OpenID provider, directly and through the intermediary; and a short day of a session.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pli_operator::{Operator, Options, boxes};
use pli_terms::NationalId;

use super::real_provider::{Way, discover};
use crate::{AuthenticationMethod, Channel, CibaFlow, IdentityError, Provider, Session};

async fn begin(provider: &Provider, who: &str) -> Result<CibaFlow, IdentityError> {
    CibaFlow::begin(
        provider,
        &NationalId::parse(who).unwrap(),
        Channel::Mobile,
        Timestamp::now(),
    )
    .await
}

/// Waits for the answer as the flow does, without the pauses that are for persons.
async fn wait(flow: &CibaFlow) -> Result<Session, IdentityError> {
    flow.wait(Timestamp::now, |pause| {
        tokio::time::sleep(pause.min(Duration::from_millis(300)))
    })
    .await
}

/// The same answers on both ways.
async fn approved_refused_expired(way: Way) {
    let operator = Operator::start(Options::default()).unwrap();
    let provider = discover(&operator, way).await.unwrap();
    assert!(provider.offers_ciba());

    let flow = begin(&provider, boxes::DR_LEROY).await.unwrap();
    let waiting = operator.pending().unwrap();
    assert_eq!(waiting[0]["binding"], flow.digits(), "the digits of the phone are ours");
    operator.approve(boxes::DR_LEROY).unwrap();
    let mut session = flow.finish(Timestamp::now, std::future::pending()).await.unwrap();
    assert_eq!(session.method(), AuthenticationMethod::Ciba);
    assert_eq!(session.person().national_id.as_str(), boxes::DR_LEROY);
    assert_eq!(session.person().family_name, "LEROY");
    assert!(session.refresh_expires_at().is_some(), "the provider says how long");
    session.refresh(&provider, Timestamp::now()).await.unwrap();
    session.logout(&provider).await.unwrap();

    let flow = begin(&provider, boxes::DR_MARTIN).await.unwrap();
    operator.refuse(boxes::DR_MARTIN).unwrap();
    assert!(matches!(wait(&flow).await.unwrap_err(), IdentityError::Refused));

    let flow = begin(&provider, boxes::DR_MARTIN).await.unwrap();
    operator.expire_login(boxes::DR_MARTIN).unwrap();
    assert!(matches!(wait(&flow).await.unwrap_err(), IdentityError::Expired));

    // Away in the middle of the wait, then back.
    let flow = begin(&provider, boxes::DR_MARTIN).await.unwrap();
    operator.set_down(true).unwrap();
    let pauses = std::cell::Cell::new(0);
    let session = flow.wait(Timestamp::now, |_| {
        pauses.set(pauses.get() + 1);
        if pauses.get() == 3 {
            operator.set_down(false).unwrap();
            operator.approve(boxes::DR_MARTIN).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(300))
    });
    session.await.unwrap();

    operator.set_down(true).unwrap();
    let error = begin(&provider, boxes::DR_MARTIN).await.unwrap_err();
    assert!(matches!(error, IdentityError::Unavailable { .. }), "{error}");
    operator.set_down(false).unwrap();
    operator.pause().unwrap();
    let error = begin(&provider, boxes::DR_MARTIN).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_refused_expired_at_the_provider_itself() {
    approved_refused_expired(Way::Direct).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_refused_expired_through_the_intermediary() {
    approved_refused_expired(Way::Relay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_is_said_by_the_provider_and_never_by_the_intermediary() {
    let settings = format!(
        "[limits]\nfloor_ms = 20\nstop_seconds = 1\nciba_person_per_hour = {}\nciba_person_burst = 2\n\n\
         [lifetimes]\nciba = 4\nciba_interval = 1\n",
        1
    );
    let operator = Operator::start(Options {
        relay_settings: settings,
        ..Options::default()
    })
    .unwrap();
    let direct = discover(&operator, Way::Direct).await.unwrap();
    let error = begin(&direct, "899700099999").await.unwrap_err();
    assert!(matches!(error, IdentityError::UnknownPerson), "{error}");

    let relay = discover(&operator, Way::Relay).await.unwrap();
    let flow = begin(&relay, "899700099999").await.unwrap();
    let error = flow.finish(Timestamp::now, std::future::pending()).await.unwrap_err();
    assert!(matches!(error, IdentityError::Expired), "{error}");

    // And whoever is disturbed too often is left in peace.
    begin(&relay, boxes::DR_LEROY).await.unwrap();
    begin(&relay, boxes::DR_LEROY).await.unwrap();
    let error = begin(&relay, boxes::DR_LEROY).await.unwrap_err();
    assert!(
        matches!(error, IdentityError::TooMany { retry_after: Some(wait), .. } if !wait.is_zero()),
        "{error}"
    );
}

/// A session as short as a test: renewed as long as the provider lets it, then over, when the provider said.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_as_long_as_the_provider_says() {
    let operator = Operator::start(Options {
        auto_approve: true,
        token_ttl: 2,
        refresh_ttl: 30,
        session_ttl: 10,
        ..Options::default()
    })
    .unwrap();
    for way in [Way::Direct, Way::Relay] {
        operator.set_lifetimes(3, 30, 120).unwrap();
        let provider = discover(&operator, way).await.unwrap();
        let long = wait(&begin(&provider, boxes::DR_MARTIN).await.unwrap()).await.unwrap();
        let life = |end: Timestamp| end.duration_since(long.started_at()).as_secs();
        assert_eq!(life(long.expires_at()), 3, "{way:?}");
        assert_eq!(life(long.refresh_expires_at().unwrap()), 30, "{way:?}");

        operator.set_lifetimes(2, 12, 20).unwrap();
        let mut session = wait(&begin(&provider, boxes::DR_MARTIN).await.unwrap()).await.unwrap();
        let mut renewals = 0;
        let over = loop {
            let now = Timestamp::now();
            if session.is_over(now) {
                break None;
            }
            if !session.needs_refresh(now) {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            match session.refresh(&provider, now).await {
                Ok(()) => renewals += 1,
                Err(error) => break Some(error),
            }
        };
        assert!(
            over.as_ref().is_none_or(IdentityError::needs_login),
            "{way:?}: {over:?}"
        );
        assert!(renewals >= 3, "{way:?}: {renewals}");
        let announced = session.ends_at().duration_since(session.started_at());
        assert!(
            announced <= SignedDuration::from_secs(22),
            "{way:?}: the end is known: {announced}"
        );
    }
}
