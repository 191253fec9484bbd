//! People who log in: an engine whose browser follows the provider's redirections, and what its logins end in.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::sync::Arc;

use pli_engine::{Channel, Engine, EngineError, Event, Home, LoginRequest, LoginState, LoginWay, Options};
use pli_terms::NationalId;
use tokio::sync::broadcast::Receiver;

use super::{Bench, told};

pub const PASSPHRASE: &str = "une phrase de passe";

/// Options as every test here has them; the browser follows redirections by itself.
pub fn options(bench: &Bench) -> Options {
    let info = bench.operator.info().clone();
    let mut options = Options::new(move |url| {
        let (url, info) = (url.to_owned(), info.clone());
        std::thread::spawn(move || {
            if let Err(error) = pli_operator::browse(&url, Some(&info)) {
                eprintln!("the browser: {error}");
            }
        });
        true
    });
    options.keyring = false;
    options.passphrase_file = None;
    options.local = Some(bench.local());
    options
}

/// The same with the provider itself instead of the intermediary before it: it tells more.
pub fn direct(bench: &Bench) -> Options {
    let mut options = options(bench);
    if let Some(local) = &mut options.local {
        local.psc_discovery = local.psc_direct_discovery.clone();
        local.psc_client_id = local.psc_direct_client_id.clone();
    }
    options
}

/// An engine on the bench's profile, its vault open.
pub async fn engine(bench: &Bench) -> Engine {
    engine_with(bench, options(bench)).await
}

pub async fn engine_with(bench: &Bench, options: Options) -> Engine {
    let engine = Engine::start(Home::at(bench.dir.path().join("profile")), options).unwrap();
    engine.vault_open(Some(PASSPHRASE.into())).await.unwrap();
    engine
}

pub fn browser() -> LoginRequest {
    LoginRequest {
        way: LoginWay::Browser,
        account: None,
    }
}

pub fn phone(national_id: &str) -> LoginRequest {
    LoginRequest {
        way: LoginWay::Phone {
            national_id: NationalId::parse(national_id).unwrap(),
            channel: Channel::Mobile,
        },
        account: None,
    }
}

/// What the login under way ends in.
pub async fn end_of_login(events: &mut Receiver<Event>) -> LoginState {
    let mut end = None;
    told("the end of the login", events, |event| {
        if let Event::Login { login } = event
            && !matches!(login, LoginState::Browser { .. } | LoginState::Phone { .. })
        {
            end = Some(login.clone());
        }
        end.is_some()
    })
    .await;
    end.unwrap()
}

/// Why the login under way fails.
pub async fn failure(events: &mut Receiver<Event>) -> Arc<EngineError> {
    match end_of_login(events).await {
        LoginState::Failed { error, .. } => error,
        other => panic!("it did not fail: {other:?}"),
    }
}

/// Logs in by this request, and waits for the end, which must be a name.
pub async fn log_in(engine: &Engine, request: LoginRequest) -> String {
    let mut events = engine.subscribe();
    let state = engine.login_start(request).await.unwrap();
    match state {
        LoginState::Done { name, .. } => return name,
        LoginState::Failed { error, .. } => panic!("{error}"),
        LoginState::Browser { .. } | LoginState::Phone { .. } => {}
    }
    match end_of_login(&mut events).await {
        LoginState::Done { name, .. } => name,
        other => panic!("{other:?}"),
    }
}
