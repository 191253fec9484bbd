//! The whole login against a real OpenID provider.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pli_operator::{Operator, Options, boxes};
use pli_terms::NationalId;
use pli_tls::local::LocalOperator;
use secrecy::ExposeSecret;

use crate::Step;
use crate::{CodeFlow, HttpProblem, Https, IdentityError, Provider, Request, Session, Settings};

const PATIENCE: Duration = Duration::from_secs(180);

/// Through the intermediary or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Relay,
    Direct,
}

pub(super) async fn discover(operator: &Operator, way: Way) -> Result<Provider, IdentityError> {
    let settings = settings(operator, way);
    Provider::discover(&settings, Arc::new(Https::new(&settings).unwrap())).await
}

fn settings(operator: &Operator, way: Way) -> Settings {
    let local = LocalOperator::from_file(&operator.info().file()).unwrap();
    match way {
        Way::Relay => Settings::local(&local).unwrap(),
        Way::Direct => Settings::local_direct(&local).unwrap(),
    }
}

/// A login whose browser follows redirections; the page it ended on, and the session.
pub(super) async fn login(
    operator: &Operator,
    provider: &Provider,
    who: Option<&str>,
) -> (String, Result<Session, IdentityError>) {
    let who = who.map(|id| NationalId::parse(id).unwrap());
    let flow = CodeFlow::begin(provider, who.as_ref()).await.unwrap();
    let (url, info) = (flow.authorize_url().to_string(), operator.info().clone());
    let browser = tokio::task::spawn_blocking(move || pli_operator::browse(&url, Some(&info)).unwrap());
    let session = flow.finish(Timestamp::now, PATIENCE, std::future::pending()).await;
    (browser.await.unwrap(), session)
}

/// What the provider says of a token to the mail servers.
async fn is_accepted(provider: &Provider, session: &Session) -> bool {
    let request = Request::Get {
        url: provider.metadata().userinfo_endpoint.clone(),
        bearer: Some(session.access_token().clone()),
    };
    provider.courier().ask(Step::UserInfo, request).await.unwrap().status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_morning_with_a_real_provider() {
    a_morning(Way::Direct).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_morning_through_the_intermediary() {
    a_morning(Way::Relay).await;
}

async fn a_morning(way: Way) {
    let operator = Operator::start(Options {
        auto_approve: true,
        token_ttl: 100,
        ..Options::default()
    })
    .unwrap();
    let provider = discover(&operator, way).await.unwrap();
    assert!(provider.offers_ciba());

    let (page, session) = login(&operator, &provider, None).await;
    let mut session = session.unwrap();
    assert!(page.contains("Vous êtes connecté"), "{page}");
    assert_eq!(session.person().national_id.as_str(), boxes::DR_MARTIN);
    let martin = boxes::PEOPLE
        .iter()
        .find(|person| person.national_id == boxes::DR_MARTIN)
        .unwrap();
    assert_eq!(session.person().given_name, martin.given_name);
    assert_eq!(session.person().family_name, martin.family_name);
    assert_eq!(session.person().profession.as_deref(), Some(martin.profession));
    let life = session.expires_at().duration_since(session.started_at());
    assert_eq!(life.as_secs(), 100, "the life that the provider says");
    assert!(is_accepted(&provider, &session).await);

    // The one who is expected is named to the provider.
    let (_, other) = login(&operator, &provider, Some(boxes::DR_LEROY)).await;
    assert_eq!(other.unwrap().person().national_id.as_str(), boxes::DR_LEROY);

    // The token lapses before its time: a refresh makes another.
    let first = session.access_token().expose_secret().to_owned();
    operator.expire_tokens().unwrap();
    assert!(!is_accepted(&provider, &session).await);
    session.refresh(&provider, Timestamp::now()).await.unwrap();
    assert_ne!(session.access_token().expose_secret(), first);
    assert!(is_accepted(&provider, &session).await);

    // A provider out of reach does not end the session; one that refuses does.
    let unreachable = {
        operator.pause().unwrap();
        let error = session.refresh(&provider, Timestamp::now()).await.unwrap_err();
        operator.resume().unwrap();
        error
    };
    assert!(
        unreachable.is_transient() && !unreachable.needs_login(),
        "{unreachable}"
    );
    session.refresh(&provider, Timestamp::now()).await.unwrap();
    operator.expire_sessions().unwrap();
    let over = session.refresh(&provider, Timestamp::now()).await.unwrap_err();
    assert!(matches!(over, IdentityError::SessionOver), "{over}");

    // After a logout the token is worth nothing.
    let (_, session) = login(&operator, &provider, None).await;
    let session = session.unwrap();
    let token = session.access_token().clone();
    session.logout(&provider).await.unwrap();
    let refused = crate::person::ask(&provider, &token, "anyone").await.unwrap_err();
    assert!(
        matches!(&refused, IdentityError::Unexpected { what, .. } if what == "status 401"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_an_absent_provider() {
    let operator = Operator::start(Options::default()).unwrap();
    for way in [Way::Direct, Way::Relay] {
        refused_then_absent(&operator, way).await;
    }
}

async fn refused_then_absent(operator: &Operator, way: Way) {
    let provider = discover(operator, way).await.unwrap();
    let answered = tokio::task::spawn_blocking({
        let info = operator.info().clone();
        move || pli_operator::bench::refuse(&info, boxes::DR_MARTIN)
    });
    let (page, session) = login(operator, &provider, Some(boxes::DR_MARTIN)).await;
    answered.await.unwrap().unwrap();
    assert!(matches!(session.unwrap_err(), IdentityError::Refused));
    assert!(page.contains("a été refusée"), "{page}");

    // A server that the system does not believe is no provider, and trying again changes nothing.
    let stranger = format!(
        "https://127.0.0.1:{}/.well-known/openid-configuration",
        operator.info().https_port
    );
    let settings = Settings::new(&stranger, "pli").unwrap();
    let error = Provider::discover(&settings, Arc::new(Https::new(&settings).unwrap()))
        .await
        .unwrap_err();
    let untrusted = matches!(
        &error,
        IdentityError::Unreachable {
            problem: HttpProblem::Untrusted,
            ..
        }
    );
    assert!(untrusted && !error.is_transient(), "{error}");

    operator.pause().unwrap();
    let error = discover(operator, way).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    operator.resume().unwrap();
    discover(operator, way).await.unwrap();
}
