//! Client certificates of organisations' boxes: imported once, there after a restart with no question, told of before they
//! end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::people::{PASSPHRASE, engine, options};
use common::{Bench, inbox, rows, told, until};
use jiff::{SignedDuration, Timestamp, Zoned};
use pli_engine::{Account, Clock, Engine, EngineError, Event, Home, LoginState, NewBal, SessionState};
use pli_operator::boxes;
use pli_store::{AccountId, AuthMethod};

/// The workstation's clock, so much ahead.
struct Ahead(SignedDuration);

impl Clock for Ahead {
    fn zoned(&self) -> Zoned {
        &Zoned::now() + self.0
    }
}

async fn secretariat(engine: &Engine) -> AccountId {
    let new = NewBal {
        address: boxes::SECRETARIAT.to_owned(),
        kind: Some(pli_terms::BalKind::Org),
        method: AuthMethod::Certificate,
        name: Some("Secrétariat".to_owned()),
    };
    engine.account_add(new).await.unwrap().id
}

async fn import(engine: &Engine, bench: &Bench, account: AccountId, file: &Path) {
    let passphrase = bench.local().client_p12_passphrase.into();
    let state = engine.login_certificate(account, file, passphrase).await.unwrap();
    assert!(matches!(state, LoginState::Done { name, .. } if name == boxes::SECRETARIAT));
}

async fn only(engine: &Engine) -> Account {
    engine.account_list().await.unwrap().remove(0)
}

fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let octets = std::fs::read(&path).unwrap();
        octets.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_imported_once_and_there_after_a_restart() {
    let bench = Bench::start(true);
    let local = bench.local();
    let first = engine(&bench).await;
    let account = secretariat(&first).await;
    assert_eq!(only(&first).await.certificate, None);
    let wrong = first
        .login_certificate(account, &local.client_p12, "autre".into())
        .await
        .unwrap_err();
    assert!(wrong.is_bad_certificate_file(), "{wrong}");
    assert_eq!(
        only(&first).await.certificate,
        None,
        "nothing of a failed import is kept"
    );

    // The file is read once: what becomes of it afterwards is nobody's concern.
    let copy = bench.dir.path().join("certificat.p12");
    std::fs::copy(&local.client_p12, &copy).unwrap();
    import(&first, &bench, account, &copy).await;
    std::fs::remove_file(&copy).unwrap();
    first.sync_and_wait(Some(account)).await.unwrap();
    let shown = only(&first).await.certificate.unwrap();
    assert_eq!(shown.subject, boxes::SECRETARIAT);
    assert!(shown.not_after > Timestamp::now() && shown.days_left >= 0);
    assert!(first.session().is_none(), "a certificate is nobody's session");
    first.stop().await;

    let again = engine(&bench).await;
    until("the box is reached with no question", async || {
        only(&again).await.session == SessionState::Online
    })
    .await;
    let inbox = inbox(&again, account).await;
    assert!(!rows(&again, inbox).await.is_empty());

    // A logout closes this box too; asking for its mail opens it again.
    again.logout().await.unwrap();
    until("the box is left", async || {
        only(&again).await.session == SessionState::LoggedOut
    })
    .await;
    again.sync_and_wait(Some(account)).await.unwrap();

    // The older manner takes the place of the other, and wrong ones leave it there.
    import(&again, &bench, account, &local.client_p12_legacy).await;
    let wrong = again.login_certificate(account, &local.anchors, "x".into()).await;
    assert!(wrong.unwrap_err().is_bad_certificate_file());
    again.stop().await;
    let third = engine(&bench).await;
    until("the box is reached by the new one", async || {
        only(&third).await.session == SessionState::Online
    })
    .await;
    assert!(!holds(&bench.dir.path().join("profile"), &local.client_p12_passphrase));

    // It goes with its box.
    third.account_remove(account).await.unwrap();
    let account = secretariat(&third).await;
    assert_eq!(only(&third).await.certificate, None);
    assert!(third.sync_and_wait(Some(account)).await.unwrap_err().needs_login());
    third.stop().await;
}

/// An engine so much ahead, and what it tells from its start on.
async fn ahead(bench: &Bench, by: SignedDuration) -> (Engine, tokio::sync::broadcast::Receiver<Event>) {
    let mut options = options(bench);
    options.clock = Arc::new(Ahead(by));
    let engine = Engine::start(Home::at(bench.dir.path().join("profile")), options).unwrap();
    let events = engine.subscribe();
    engine.vault_open(Some(PASSPHRASE.into())).await.unwrap();
    (engine, events)
}

/// Waits for the first notice, which is this one.
async fn first_notice(events: &mut tokio::sync::broadcast::Receiver<Event>, wanted: u16) {
    told("the end is near", events, |event| {
        if let Event::Certificate { notice, .. } = event {
            assert_eq!(*notice, wanted);
        }
        matches!(event, Event::Certificate { .. })
    })
    .await;
}

/// Those told since.
fn notices(events: &mut tokio::sync::broadcast::Receiver<Event>) -> Vec<u16> {
    std::iter::from_fn(|| events.try_recv().ok())
        .filter_map(|event| match event {
            Event::Certificate { notice, .. } => Some(notice),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_end_is_told_at_60_30_and_7_days_and_an_expired_one_is_refused() {
    let bench = Bench::start(false);
    let local = bench.local();
    let first = engine(&bench).await;
    let account = secretariat(&first).await;
    import(&first, &bench, account, &local.client_p12).await;
    let end = only(&first).await.certificate.unwrap().not_after;
    first.stop().await;

    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let until_end = end.duration_since(Timestamp::now());
    for (left, notice) in [(59, 60), (29, 30), (6, 7)] {
        let by = until_end - days(left) - SignedDuration::from_hours(1);
        let (engine, mut events) = ahead(&bench, by).await;
        first_notice(&mut events, notice).await;
        let shown = only(&engine).await.certificate.unwrap();
        assert_eq!((shown.notice, shown.days_left), (Some(notice), left));
        // Looked at again and again, it is told once.
        import(&engine, &bench, account, &local.client_p12).await;
        engine.sync_and_wait(Some(account)).await.unwrap();
        assert_eq!(notices(&mut events), [0; 0]);
        engine.stop().await;
    }

    let (engine, mut events) = ahead(&bench, until_end + days(1)).await;
    first_notice(&mut events, 0).await;
    assert!(only(&engine).await.certificate.unwrap().days_left < 0);
    let refused = engine.sync_and_wait(Some(account)).await.unwrap_err();
    assert!(matches!(refused.root(), EngineError::CertificateExpired), "{refused}");
    let problem = only(&engine).await.problem.unwrap();
    assert!(matches!(problem.root(), EngineError::CertificateExpired), "{problem}");
    let passphrase = local.client_p12_passphrase.clone().into();
    let imported = engine.login_certificate(account, &local.client_p12, passphrase).await;
    assert!(matches!(imported, Err(EngineError::CertificateExpired)));
    engine.stop().await;
}
