//! Logins by the real identity provider, through the intermediary: by browser and by phone, and each way that they fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use common::people::{browser, direct, end_of_login, engine, engine_with, failure, log_in, options, phone};
use common::{Bench, CABINET, MARTIN, add, exchanges, inbox, rows, told, until};
use pli_engine::{
    AuthenticationMethod, Engine, EngineError, Event, Home, LoginRequest, LoginState, NewBal, SessionState, WayKind,
};
use pli_identity::IdentityError;
use pli_operator::boxes;
use pli_store::{AuthMethod, BodyState};

const LEROY: &str = "dr.leroy@alpha.mssante.test";

/// The browser's login for a BAL: the local operator is told whose it is.
fn browser_for(account: pli_store::AccountId) -> LoginRequest {
    LoginRequest {
        account: Some(account),
        ..browser()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_login_opens_every_box_of_the_person_and_ends_with_the_provider() {
    let bench = Bench::start(false);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let engine = engine(&bench).await;
    let (martin, cabinet) = (add(&engine, MARTIN).await.id, add(&engine, CABINET).await.id);
    assert!(engine.session().is_none());
    assert_eq!(log_in(&engine, browser_for(martin)).await, "Claire MARTIN");
    engine.sync_and_wait(None).await.unwrap();
    assert_eq!(engine.account(martin).await.unwrap().name, "Claire MARTIN");
    for account in engine.account_list().await.unwrap() {
        assert_eq!(account.opens, Some(true), "{}", account.address);
    }
    assert!(
        matches!(
            engine.login_start(browser_for(cabinet)).await.unwrap(),
            LoginState::Done { .. }
        ),
        "logged in already"
    );
    let session = engine.session().unwrap();
    assert_eq!(
        (session.name.as_str(), session.method, session.ended),
        ("Claire MARTIN", AuthenticationMethod::Code, false)
    );
    assert_eq!(session.national_id.as_str(), boxes::DR_MARTIN);

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
    until("the letter comes whole under a new token", async || {
        let rows = rows(&engine, inbox).await;
        rows.len() == 1 && rows[0].body_state == BodyState::Stored
    })
    .await;

    // The provider ends the session: nothing more is reached, what is stored stays readable (ECO.1.2.6).
    let mut events = engine.subscribe();
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
    told("the end of the session", &mut events, |event| {
        matches!(event, Event::Identity)
    })
    .await;
    assert!(engine.session().unwrap().ended, "the end is shown");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_opens_the_boxes_and_is_remembered() {
    let bench = Bench::start(false);
    let first = engine(&bench).await;
    assert_eq!(first.login_hint().person, None);
    let martin = add(&first, MARTIN).await.id;
    let mut events = first.subscribe();
    let LoginState::Phone {
        digits,
        expires_at,
        lifetime,
        ..
    } = first.login_start(phone(boxes::DR_MARTIN)).await.unwrap()
    else {
        panic!("the phone was not asked")
    };
    assert!(
        digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()),
        "{digits}"
    );
    assert!(!lifetime.is_zero() && expires_at > jiff::Timestamp::now());
    assert!(first.session().is_none(), "nobody said yes yet");
    bench.operator.approve(boxes::DR_MARTIN).unwrap();
    assert!(matches!(end_of_login(&mut events).await, LoginState::Done { name, .. } if name == "Claire MARTIN"));
    assert_eq!(first.session().unwrap().method, AuthenticationMethod::Ciba);
    first.sync_and_wait(Some(martin)).await.unwrap();
    assert_eq!(
        first.account(martin).await.unwrap().name,
        "Claire MARTIN",
        "the only box is theirs"
    );

    // Every trace names the person, and how they were authenticated.
    let traces = exchanges(&first).await;
    assert!(!traces.is_empty());
    for record in traces {
        let author = record.entry.author.unwrap();
        assert_eq!(author.national_id.unwrap().as_str(), boxes::DR_MARTIN);
        assert_eq!(author.name.as_str(), "Claire MARTIN");
        assert_eq!(author.method, pli_engine::pli_trace::Authentication::PscCiba);
    }
    first.stop().await;

    // The next time, before anything is opened.
    let again = Engine::start(Home::at(bench.dir.path().join("profile")), options(&bench)).unwrap();
    let hint = again.login_hint();
    assert_eq!(hint.person.as_deref(), Some("Claire MARTIN"));
    assert_eq!(hint.national_id.unwrap().as_str(), boxes::DR_MARTIN);
    assert_eq!(hint.way, WayKind::Phone);
    assert!(again.session().is_none(), "no session outlives the program");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_a_phone_login_fails_has_its_own_error() {
    let bench = Bench::start(false);
    let engine = engine(&bench).await;
    let mut events = engine.subscribe();
    let martin = || phone(boxes::DR_MARTIN);

    engine.login_start(martin()).await.unwrap();
    bench.operator.refuse(boxes::DR_MARTIN).unwrap();
    let refused = failure(&mut events).await;
    assert!(
        matches!(*refused, EngineError::Identity(IdentityError::Refused)),
        "{refused}"
    );

    engine.login_start(martin()).await.unwrap();
    bench.operator.expire_login(boxes::DR_MARTIN).unwrap();
    let expired = failure(&mut events).await;
    assert!(
        matches!(*expired, EngineError::Identity(IdentityError::Expired)),
        "{expired}"
    );

    let begun = engine.login_start(martin()).await.unwrap();
    engine.login_cancel(begun.login());
    let cancelled = failure(&mut events).await;
    assert!(matches!(*cancelled, EngineError::LoginCancelled), "{cancelled}");

    // A second login gives the first up, whatever its way.
    let first = engine.login_start(martin()).await.unwrap();
    let second = engine.login_start(browser()).await.unwrap();
    let LoginState::Failed { login, error } = end_of_login(&mut events).await else {
        panic!("the first goes on")
    };
    assert_eq!(login, first.login());
    assert!(matches!(*error, EngineError::LoginCancelled), "{error}");
    engine.login_cancel(second.login());
    assert!(matches!(*failure(&mut events).await, EngineError::LoginCancelled));

    // Stopping gives up what is under way.
    engine.login_start(martin()).await.unwrap();
    engine.stop().await;
    assert!(matches!(*failure(&mut events).await, EngineError::LoginCancelled));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_itself_says_that_a_person_is_unknown() {
    let bench = Bench::start(false);
    let engine = engine_with(&bench, direct(&bench)).await;
    let unknown = engine.login_start(phone("899700999999")).await.unwrap_err();
    assert!(
        matches!(unknown, EngineError::Identity(IdentityError::UnknownPerson)),
        "{unknown}"
    );
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    assert_eq!(log_in(&engine, phone(boxes::DR_MARTIN)).await, "Claire MARTIN");
    engine.logout().await.unwrap();
    assert!(engine.session().is_none(), "who logs out is not asked to log in again");
    assert_eq!(log_in(&engine, browser()).await, "Claire MARTIN");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_out_of_service_is_told_apart_and_found_again() {
    let bench = Bench::start(false);
    let engine = engine_with(&bench, direct(&bench)).await;
    let here = engine.provider_check().await.unwrap();
    assert!(here.available && here.ciba);
    bench.operator.set_down(true).unwrap();
    let away = engine.provider_check().await.unwrap();
    assert!(!away.available && !away.ciba);
    for request in [phone(boxes::DR_MARTIN), browser()] {
        // The browser's way needs nothing of the provider before the browser is back, once it was discovered.
        let mut events = engine.subscribe();
        match engine.login_start(request).await {
            Err(error) => assert!(error.is_transient(), "{error}"),
            Ok(state @ LoginState::Browser { .. }) => {
                engine.login_cancel(state.login());
                failure(&mut events).await;
            }
            Ok(other) => panic!("{other:?}"),
        }
    }
    bench.operator.set_down(false).unwrap();
    assert!(engine.provider_check().await.unwrap().available);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    assert_eq!(log_in(&engine, phone(boxes::DR_MARTIN)).await, "Claire MARTIN");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_for_a_moment_ends_no_session() {
    let bench = Bench::start_with(pli_operator::Options {
        token_ttl: 3,
        refresh_ttl: 600,
        auto_approve: true,
        ..Default::default()
    });
    let engine = engine(&bench).await;
    let martin = add(&engine, MARTIN).await.id;
    log_in(&engine, phone(boxes::DR_MARTIN)).await;
    engine.sync_and_wait(None).await.unwrap();
    bench.operator.set_down(true).unwrap();
    // Longer than a token lives, and every connection has to be made again.
    tokio::time::sleep(Duration::from_secs(4)).await;
    bench.operator.restart_mail().unwrap();
    let unserved = engine.sync_and_wait(None).await.unwrap_err();
    assert!(!unserved.needs_login(), "{unserved}");
    assert!(engine.session().is_some_and(|session| !session.ended));
    bench.operator.set_down(false).unwrap();
    let letter = common::letter("Après la panne", "Bonjour.");
    bench
        .operator
        .deliver("anne.petit@beta.mssante.test", MARTIN, &letter)
        .unwrap();
    let inbox = inbox(&engine, martin).await;
    until("the letter comes with nobody asked", async || {
        rows(&engine, inbox).await.len() == 1
    })
    .await;
    assert!(engine.session().is_some_and(|session| !session.ended));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_fixes_the_provider() {
    let bench = Bench::start_with(pli_operator::Options {
        auto_approve: true,
        ..Default::default()
    });
    let local = bench.local();
    let policy = bench.dir.path().join("policy.toml");
    let text = format!(
        "[login]\ndiscovery = \"{}\"\nclient_id = \"{}\"\n",
        local.psc_discovery, local.psc_client_id
    );
    std::fs::write(&policy, text).unwrap();
    // The program would else talk to the provider itself.
    let mut options = direct(&bench);
    options.policy = Some(policy);
    let engine = engine_with(&bench, options).await;
    let set = engine.provider();
    assert_eq!((set.discovery.as_ref(), set.fixed), (Some(&local.psc_discovery), true));
    let other = "https://psc.exemple.fr/.well-known/openid-configuration".to_owned();
    assert!(matches!(
        engine.provider_set(Some(other), None).await,
        Err(EngineError::ProviderFixed)
    ));
    assert_eq!(engine.provider(), set);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_login_is_refused_given_up_mistaken_and_ended_by_the_person() {
    let bench = Bench::start(false);
    let mut options = options(&bench);
    options.browser = std::sync::Arc::new(|_| false);
    let engine = engine_with(&bench, options).await;
    let martin = add(&engine, MARTIN).await.id;
    let mut events = engine.subscribe();

    // Another page of the browser comes back: an old one, or somebody's doing.
    let LoginState::Browser { url, login } = engine.login_start(browser()).await.unwrap() else {
        panic!("no browser was asked")
    };
    let back = redirect_of(&url);
    let page = get(&format!("{back}?code=abc&state=another"));
    assert!(page.starts_with("HTTP/1.1 "), "{page}");
    let mistaken = failure(&mut events).await;
    assert!(
        matches!(*mistaken, EngineError::Identity(IdentityError::WrongState)),
        "{mistaken}"
    );
    engine.login_cancel(login);

    let LoginState::Browser { url, .. } = engine.login_start(browser()).await.unwrap() else {
        panic!("no browser was asked")
    };
    let refusing = {
        let info = bench.operator.info().clone();
        std::thread::spawn(move || pli_operator::browse(&url, Some(&info)))
    };
    bench.operator.refuse(boxes::DR_MARTIN).unwrap();
    let refused = failure(&mut events).await;
    assert!(
        matches!(*refused, EngineError::Identity(IdentityError::Refused)),
        "{refused}"
    );
    let _ = refusing.join();

    let LoginState::Browser { login, .. } = engine.login_start(browser()).await.unwrap() else {
        panic!("no browser was asked")
    };
    engine.login_cancel(login);
    assert!(matches!(*failure(&mut events).await, EngineError::LoginCancelled));
    assert_eq!(engine.account(martin).await.unwrap().session, SessionState::LoggedOut);

    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let LoginState::Browser { url, .. } = engine.login_start(browser()).await.unwrap() else {
        panic!("no browser was asked")
    };
    let info = bench.operator.info().clone();
    std::thread::spawn(move || pli_operator::browse(&url, Some(&info)));
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
async fn a_profile_is_one_persons() {
    let bench = Bench::start(false);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let engine = engine(&bench).await;
    let martin = add(&engine, MARTIN).await.id;
    let leroy = add(&engine, LEROY).await.id;
    log_in(&engine, browser_for(martin)).await;
    let asked = engine.login_start(phone(boxes::DR_LEROY)).await.unwrap_err();
    assert!(matches!(&asked, EngineError::OtherPerson { person } if person == "Claire MARTIN"));

    // In the browser, who comes is known when they are back: their session is ended, the other goes on.
    until("the other's box refuses this person", async || {
        engine.account(leroy).await.unwrap().problem.is_some()
    })
    .await;
    let mut events = engine.subscribe();
    let begun = engine.login_start(browser_for(leroy)).await.unwrap();
    assert!(matches!(begun, LoginState::Browser { .. }), "{begun:?}");
    let other = failure(&mut events).await;
    assert!(matches!(*other, EngineError::OtherPerson { .. }), "{other}");
    assert_eq!(engine.session().unwrap().name, "Claire MARTIN");
    engine.sync_and_wait(Some(martin)).await.unwrap();
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_refuses_the_identity_is_marked_and_disturbs_no_other() {
    // No token comes to its own end meanwhile: each new one was asked for by a box.
    let bench = Bench::start_with(pli_operator::Options {
        token_ttl: 3_600,
        refresh_ttl: 7_200,
        ..Default::default()
    });
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let first = engine(&bench).await;
    let (martin, leroy) = (add(&first, MARTIN).await.id, add(&first, LEROY).await.id);
    log_in(&first, browser_for(martin)).await;
    until("each box is known to open or not", async || {
        let accounts = first.account_list().await.unwrap();
        accounts
            .iter()
            .all(|account| account.opens == Some(account.id == martin))
    })
    .await;
    first.sync_and_wait(Some(martin)).await.unwrap();
    let refusal = first.sync_and_wait(Some(leroy)).await.unwrap_err();
    assert!(refusal.is_refused_login() && !refusal.needs_login(), "{refusal}");
    let shown = first.account(leroy).await.unwrap();
    assert_eq!(shown.session, SessionState::Offline);
    assert!(shown.problem.is_some_and(|problem| problem.is_refused_login()));

    // The token that the other box refuses still serves this one: it was not renewed for nothing.
    let before = issued(&bench);
    for _ in 0..3 {
        assert!(first.sync_and_wait(Some(leroy)).await.unwrap_err().is_refused_login());
        first.sync_and_wait(Some(martin)).await.unwrap();
    }
    assert_eq!(issued(&bench), before, "a refusing box costs no token");
    first.stop().await;

    // Remembered: the next login asks that box once, and no other token for it.
    let again = engine(&bench).await;
    assert_eq!(again.account(leroy).await.unwrap().opens, Some(false));
    assert_eq!(again.account(martin).await.unwrap().opens, Some(true));
    log_in(&again, browser_for(martin)).await;
    let before = issued(&bench);
    again.sync_and_wait(Some(martin)).await.unwrap();
    assert!(again.sync_and_wait(Some(leroy)).await.unwrap_err().is_refused_login());
    assert_eq!(issued(&bench), before, "a box known to refuse costs no token");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_the_phone_offers_the_browser_alone() {
    let dir = tempfile::tempdir().unwrap();
    let fake = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", fake.local_addr().unwrap());
    std::thread::spawn({
        let base = base.clone();
        move || serve_discovery(&fake, &base)
    });
    let mut options = pli_engine::Options::new(|_| true);
    options.keyring = false;
    options.passphrase_file = None;
    options.local = None;
    let engine = Engine::start(Home::at(dir.path()), options).unwrap();
    // Before anything is opened or stored.
    assert!(matches!(
        engine.login_start(browser()).await,
        Err(EngineError::LoginNotConfigured)
    ));
    assert!(matches!(
        engine.provider_check().await,
        Err(EngineError::LoginNotConfigured)
    ));
    for bad in ["http://psc.exemple.fr/.well-known/openid-configuration", "psc"] {
        let refused = engine.provider_set(Some(bad.to_owned()), None).await.unwrap_err();
        assert!(matches!(refused, EngineError::Identity(IdentityError::Settings(_))));
    }
    let address = format!("{base}/.well-known/wallet-openid-configuration");
    let set = engine.provider_set(Some(address.clone()), None).await.unwrap();
    assert_eq!(
        (set.discovery.as_deref(), set.client_id.as_str(), set.fixed),
        (Some(address.as_str()), "pli", false)
    );
    let check = engine.provider_check().await.unwrap();
    assert!(check.available && !check.ciba);
    let none = engine.login_start(phone(boxes::DR_MARTIN)).await.unwrap_err();
    assert!(matches!(none, EngineError::Identity(IdentityError::NoCiba)), "{none}");
    let begun = engine.login_start(browser()).await.unwrap();
    assert!(matches!(&begun, LoginState::Browser { url, .. } if url.starts_with(&base)));
    engine.stop().await;

    // It is remembered, and another one takes its place.
    let engine = Engine::start(Home::at(dir.path()), options_without_operator()).unwrap();
    assert_eq!(engine.provider().discovery, Some(address));
    let nobody = "http://127.0.0.1:9/.well-known/openid-configuration".to_owned();
    engine
        .provider_set(Some(nobody), Some("autre".to_owned()))
        .await
        .unwrap();
    assert_eq!(engine.provider().client_id, "autre");
    assert!(!engine.provider_check().await.unwrap().available);
    let gone = engine.login_start(browser()).await.unwrap_err();
    assert!(
        gone.is_transient(),
        "the description of the former provider is not used: {gone}"
    );
    engine.provider_set(None, None).await.unwrap();
    assert_eq!(engine.provider().discovery, None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificates_box_is_opened_by_no_login() {
    let bench = Bench::start(false);
    let engine = engine(&bench).await;
    let new = NewBal {
        address: boxes::SECRETARIAT.to_owned(),
        kind: Some(pli_terms::BalKind::Org),
        method: AuthMethod::Certificate,
        name: None,
    };
    let account = engine.account_add(new).await.unwrap().id;
    assert!(matches!(
        engine.login_start(browser_for(account)).await,
        Err(EngineError::WrongState(_))
    ));
    engine.stop().await;
}

fn options_without_operator() -> pli_engine::Options {
    let mut options = pli_engine::Options::new(|_| true);
    options.keyring = false;
    options.passphrase_file = None;
    options.local = None;
    options
}

/// Access and refresh tokens that the provider gave so far.
fn issued(bench: &Bench) -> BTreeSet<String> {
    bench.operator.issued().unwrap().into_iter().collect()
}

/// Where the browser is to come back.
fn redirect_of(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .map(|(_, value)| value.into_owned())
        .unwrap()
}

fn get(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    let place = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(&place).unwrap();
    let asked = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    write!(
        stream,
        "GET {asked} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// A provider that describes itself, and offers no phone.
fn serve_discovery(listener: &TcpListener, base: &str) {
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap_or(0);
        let asked = String::from_utf8_lossy(&request[..read]).into_owned();
        let body = if asked.starts_with("GET /keys ") {
            r#"{"keys":[]}"#.to_owned()
        } else {
            format!(
                r#"{{"issuer":"{base}","authorization_endpoint":"{base}/auth","token_endpoint":"{base}/token",
                "userinfo_endpoint":"{base}/me","jwks_uri":"{base}/keys"}}"#
            )
        };
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
    }
}
