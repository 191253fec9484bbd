//! The intermediary itself: two instances behind one name, one that goes away, one that shows a certificate.

use std::time::Duration;

use jiff::Timestamp;
use pli_operator::{Operator, Options, boxes};
use pli_terms::NationalId;
use secrecy::ExposeSecret;

use super::real_provider::{Way, discover, login};
use crate::{Channel, CibaFlow, IdentityError, Provider, Session};

async fn begin(provider: &Provider, who: &str) -> CibaFlow {
    let who = NationalId::parse(who).unwrap();
    CibaFlow::begin(provider, &who, Channel::Card, Timestamp::now())
        .await
        .unwrap()
}

async fn wait(flow: &CibaFlow) -> Result<Session, IdentityError> {
    flow.wait(Timestamp::now, |pause| {
        tokio::time::sleep(pause.min(Duration::from_millis(300)))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_serve_one_login_and_each_goes_on_without_the_other() {
    let operator = Operator::start(Options {
        relays: 2,
        ..Options::default()
    })
    .unwrap();
    let provider = discover(&operator, Way::Relay).await.unwrap();
    operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    // The browser's steps come to both in turn.
    let (page, session) = login(&operator, &provider, None).await;
    let mut session = session.unwrap();
    assert!(page.contains("Vous êtes connecté"), "{page}");

    // Begun at one, approved after it is gone, collected at the other.
    operator.set_auto_approve(false, boxes::DR_MARTIN).unwrap();
    for gone in [0, 1] {
        let flow = begin(&provider, boxes::DR_LEROY).await;
        operator.relay_stop_one(gone);
        operator.approve(boxes::DR_LEROY).unwrap();
        let phone = wait(&flow).await.unwrap();
        assert_eq!(phone.person().national_id.as_str(), boxes::DR_LEROY);
        session.refresh(&provider, Timestamp::now()).await.unwrap();
        operator.relay_start().unwrap();
    }

    // Both gone: the network's doing, not the session's end. Back without a memory, they know the session all the same.
    operator.relay_stop();
    let error = session.refresh(&provider, Timestamp::now()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    let flow = {
        operator.relay_restart().unwrap();
        begin(&provider, boxes::DR_MARTIN).await
    };
    operator.relay_restart().unwrap();
    operator.approve(boxes::DR_MARTIN).unwrap();
    wait(&flow).await.unwrap();
    session.refresh(&provider, Timestamp::now()).await.unwrap();
    session.logout(&provider).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_intermediary_gives_is_sealed_and_its_own() {
    let operator = Operator::start(Options {
        relay_watched: true,
        auto_approve: true,
        ..Options::default()
    })
    .unwrap();
    let provider = discover(&operator, Way::Relay).await.unwrap();
    let (_, session) = login(&operator, &provider, None).await;
    let mut session = session.unwrap();
    let phone = wait(&begin(&provider, boxes::DR_LEROY).await).await.unwrap();
    session.refresh(&provider, Timestamp::now()).await.unwrap();

    let issued = operator.issued().unwrap();
    for held in [&session, &phone] {
        let access = held.access_token().expose_secret();
        // The mail operators know it: it is the provider's own.
        assert_eq!(issued.iter().filter(|token| *token == access).count(), 2);
        for own in [&held.tokens.refresh, &held.tokens.id_token] {
            let own = own.as_ref().unwrap().expose_secret();
            assert_eq!(issued.iter().filter(|token| *token == own).count(), 1);
        }
    }
    // Nothing of the provider's is inside what Pli holds but the access token.
    let given =
        |needle: &String| !needle.starts_with("ey") && issued.iter().filter(|text| text.contains(needle)).count() > 1;
    let seen_twice: Vec<_> = issued.iter().filter(|text| given(text)).collect();
    assert_eq!(seen_twice.len(), 6, "three access tokens, on both lists");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intermediary_known_by_its_certificate_serves_both_ways() {
    let operator = Operator::start(Options {
        relay_by_certificate: true,
        auto_approve: true,
        ..Options::default()
    })
    .unwrap();
    let provider = discover(&operator, Way::Relay).await.unwrap();
    let (_, session) = login(&operator, &provider, Some(boxes::DR_LEROY)).await;
    let mut session = session.unwrap();
    assert_eq!(session.person().national_id.as_str(), boxes::DR_LEROY);
    session.refresh(&provider, Timestamp::now()).await.unwrap();
    let session = wait(&begin(&provider, boxes::DR_MARTIN).await).await.unwrap();
    assert_eq!(session.person().national_id.as_str(), boxes::DR_MARTIN);
}
