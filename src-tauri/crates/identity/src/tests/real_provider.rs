//! The whole login against a real OpenID provider.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pli_operator::{Operator, Options, boxes};
use pli_terms::NationalId;
use pli_tls::local::LocalOperator;
use secrecy::ExposeSecret;

use crate::{CodeFlow, HttpProblem, Https, IdentityError, Provider, Session, Settings};

const PATIENCE: Duration = Duration::from_secs(60);

async fn discover(operator: &Operator) -> Result<Provider, IdentityError> {
    let info = operator.info();
    let local = LocalOperator::from_file(&info.file()).unwrap();
    let settings = Settings::local_direct(&local).unwrap();
    Provider::discover(&settings, Arc::new(Https::new(&settings).unwrap())).await
}

/// A login whose browser is a plain HTTP client; the page it ended on, and the session.
async fn login(provider: &Provider, who: Option<&str>) -> (String, Result<Session, IdentityError>) {
    let who = who.map(|id| NationalId::parse(id).unwrap());
    let flow = CodeFlow::begin(provider, who.as_ref()).await.unwrap();
    let url = flow.authorize_url().clone();
    let browser = tokio::spawn(async move {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(pli_tls::web_pki_config().unwrap())
            .no_proxy()
            .build()
            .unwrap();
        client.get(url).send().await.unwrap().text().await.unwrap()
    });
    let session = flow.finish(Timestamp::now, PATIENCE, std::future::pending()).await;
    (browser.await.unwrap(), session)
}

/// The operator goes away, and the provider's port is really closed: a refresh token that it had time to change for a new one
/// would be lost with the answer.
async fn pause(operator: &Operator) {
    operator.pause().unwrap();
    while tokio::net::TcpStream::connect(("127.0.0.1", operator.info().ports.idp))
        .await
        .is_ok()
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What the provider says of a token to the mail servers.
async fn is_accepted(provider: &Provider, session: &Session) -> bool {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(pli_tls::web_pki_config().unwrap())
        .no_proxy()
        .build()
        .unwrap();
    let url = provider.metadata().userinfo_endpoint.clone();
    let answer = client
        .get(url)
        .bearer_auth(session.access_token().expose_secret())
        .send()
        .await
        .unwrap();
    answer.status().is_success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_morning_with_a_real_provider() {
    let operator = Operator::start(Options {
        auto_approve: true,
        token_ttl: 100,
        ..Options::default()
    })
    .unwrap();
    let provider = discover(&operator).await.unwrap();
    assert!(provider.offers_ciba());

    let (page, session) = login(&provider, None).await;
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
    let (_, other) = login(&provider, Some(boxes::DR_LEROY)).await;
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
        pause(&operator).await;
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
    let (_, session) = login(&provider, None).await;
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
    let provider = discover(&operator).await.unwrap();
    let answered = tokio::task::spawn_blocking({
        let info = operator.info().clone();
        move || pli_operator::bench::refuse(&info, boxes::DR_MARTIN)
    });
    let (page, session) = login(&provider, Some(boxes::DR_MARTIN)).await;
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

    pause(&operator).await;
    let error = discover(&operator).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    operator.resume().unwrap();
    discover(&operator).await.unwrap();
}
