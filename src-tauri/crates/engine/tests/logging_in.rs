//! Logins by the real identity provider, tokens that operators refuse, certificates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::process::Command;
use std::time::Duration;

use common::{Bench, CABINET, MARTIN, add, inbox, rows, until};
use pli_engine::{Engine, Event, Home, LoginState, NewBal, Options, SessionState};
use pli_operator::boxes;
use pli_store::AuthMethod;
use tokio::sync::broadcast::Receiver;

/// An engine whose browser follows the identity provider's redirections.
async fn with_browser(bench: &Bench) -> Engine {
    let mut options = Options::new(|url| {
        let mut browser = Command::new("curl");
        browser
            .args(["-sL", "-o", "/dev/null", url])
            .spawn()
            .map(|mut child| drop(std::thread::spawn(move || child.wait())))
            .is_ok()
    });
    options.keyring = false;
    options.passphrase_file = None;
    options.local = Some(bench.local());
    let engine = Engine::start(Home::at(bench.dir.path().join("profile")), options).unwrap();
    engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
    engine
}

async fn end_of_login(events: &mut Receiver<Event>) -> LoginState {
    loop {
        match tokio::time::timeout(common::PATIENCE, events.recv())
            .await
            .unwrap()
            .unwrap()
        {
            Event::Login {
                login: LoginState::Browser { .. },
                ..
            } => {}
            Event::Login { login, .. } => return login,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_login_opens_every_box_of_the_person_and_ends_with_the_provider() {
    let bench = Bench::start(false);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let engine = with_browser(&bench).await;
    let (martin, cabinet) = (add(&engine, MARTIN).await.id, add(&engine, CABINET).await.id);
    let mut events = engine.subscribe();
    assert!(matches!(
        engine.login_start(martin).await.unwrap(),
        LoginState::Browser { .. }
    ));
    assert!(matches!(end_of_login(&mut events).await, LoginState::Done { name } if name == "Claire MARTIN"));
    engine.sync_and_wait(None).await.unwrap();
    assert_eq!(engine.account(martin).await.unwrap().name, "Claire MARTIN");
    assert!(
        matches!(engine.login_start(cabinet).await.unwrap(), LoginState::Done { .. }),
        "logged in already"
    );

    // Tokens that end: the operator refuses the old one, and a new one opens the box without anybody being asked.
    bench.operator.expire_tokens().unwrap();
    bench.operator.restart_mail().unwrap();
    bench
        .operator
        .deliver(
            "anne.petit@beta.mssante.test",
            MARTIN,
            &common::letter("Après", "Bonjour."),
        )
        .unwrap();
    let inbox = inbox(&engine, martin).await;
    until("the letter comes under a new token", async || {
        rows(&engine, inbox).await.len() == 1
    })
    .await;

    // The provider ends the session: nothing more is reached, what is stored stays readable (ECO.1.2.6).
    bench.operator.expire_sessions().unwrap();
    bench.operator.expire_tokens().unwrap();
    bench.operator.restart_mail().unwrap();
    until("both boxes are logged out", async || {
        let accounts = engine.account_list().await.unwrap();
        accounts
            .iter()
            .all(|account| account.session == SessionState::LoggedOut)
    })
    .await;
    assert!(
        engine
            .message_get(rows(&engine, inbox).await[0].id)
            .await
            .unwrap()
            .is_complete()
    );
    assert!(engine.logged_in().is_none());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_refused_given_up_and_ended_by_the_person() {
    let bench = Bench::start(false);
    let engine = with_browser(&bench).await;
    let martin = add(&engine, MARTIN).await.id;
    let mut events = engine.subscribe();
    let LoginState::Browser { login, .. } = engine.login_start(martin).await.unwrap() else {
        panic!("no login")
    };
    engine.login_cancel(login);
    let LoginState::Failed { error } = end_of_login(&mut events).await else {
        panic!("not given up")
    };
    assert!(matches!(*error, pli_engine::EngineError::LoginCancelled));
    assert_eq!(engine.account(martin).await.unwrap().session, SessionState::LoggedOut);

    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    engine.login_start(martin).await.unwrap();
    assert!(matches!(end_of_login(&mut events).await, LoginState::Done { .. }));
    engine.sync_and_wait(None).await.unwrap();
    engine.logout().await.unwrap();
    until("the box is logged out", async || {
        engine.account(martin).await.unwrap().session == SessionState::LoggedOut
    })
    .await;
    assert!(engine.sync_and_wait(None).await.unwrap_err().needs_login());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_opens_an_organisations_box() {
    let bench = Bench::start(true);
    let engine = bench.engine(true).await;
    let new = NewBal {
        address: boxes::SECRETARIAT.to_owned(),
        kind: Some(pli_terms::BalKind::Org),
        method: AuthMethod::Certificate,
        name: Some("Secrétariat".to_owned()),
    };
    let account = engine.account_add(new).await.unwrap().id;
    let local = bench.local();
    let wrong = engine
        .login_certificate(account, &local.client_p12, "autre".into())
        .await
        .unwrap_err();
    assert!(wrong.is_bad_certificate_file());
    for file in [&local.client_p12, &local.client_p12_legacy] {
        let passphrase = local.client_p12_passphrase.clone().into();
        assert!(matches!(
            engine.login_certificate(account, file, passphrase).await.unwrap(),
            LoginState::Done { .. }
        ));
        engine.sync_and_wait(Some(account)).await.unwrap();
    }
    let inbox = inbox(&engine, account).await;
    assert!(!rows(&engine, inbox).await.is_empty());
    engine.stop().await;
    // Nothing of the file was kept.
    let engine = bench.engine(true).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(engine.account(account).await.unwrap().session, SessionState::LoggedOut);
    engine.stop().await;
}
