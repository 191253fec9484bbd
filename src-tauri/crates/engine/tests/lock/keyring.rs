//! A profile whose key is in the system's keyring: the PIN, the start, the login that opens. In a session of its own, with a
//! real keyring.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;
use pli_engine::{Engine, EngineError, Home, LockReason, Options, VaultState};
use pli_keyring_session::{Session, succeeds};
use pli_operator::{Info, boxes};
use pli_store::VaultError;
use pli_tls::local::LocalOperator;
use secrecy::SecretString;

use crate::common::{Bench, people};
use crate::{Hands, reason, says_nothing, state};

const PIN: &str = "4831";

#[test]
fn under_a_keyring_a_pin_or_a_login_opens() {
    let bench = Bench::start(false);
    let dir = bench.dir.path();
    let session = Session::open(dir);
    let mut child = session.again("keyring::child_with_a_keyring");
    succeeds(child.env("PLI_LOCAL_OPERATOR", bench.operator.info().file()));
    assert!(dir.join("seen").exists(), "the child ran to its end");
}

fn options(starts_locked: bool) -> Options {
    let file = PathBuf::from(std::env::var_os("PLI_LOCAL_OPERATOR").unwrap());
    let text = std::fs::read(&file).unwrap();
    let info: Info = serde_json::from_slice(&text).unwrap();
    let mut options = Options::new(move |url| {
        let (url, info) = (url.to_owned(), info.clone());
        std::thread::spawn(move || pli_operator::browse(&url, Some(&info)).map(drop));
        true
    });
    options.passphrase_file = None;
    options.starts_locked = starts_locked;
    options.local = Some(LocalOperator::from_file(&file).unwrap());
    options
}

fn start(dir: &Path, options: Options) -> Engine {
    Engine::start(Home::at(dir.join("profile")), options).unwrap()
}

fn who_logs_in(national_id: &str) {
    let text = std::fs::read(std::env::var_os("PLI_LOCAL_OPERATOR").unwrap()).unwrap();
    let info: Info = serde_json::from_slice(&text).unwrap();
    pli_operator::bench::request(&info, &format!("/auto?on=1&id={national_id}")).unwrap();
}

fn secret(text: &str) -> SecretString {
    text.into()
}

/// The process that the test starts in a session with a keyring; nothing by itself.
#[tokio::test(flavor = "multi_thread")]
async fn child_with_a_keyring() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let hands = Hands::running(0);
    let mut options = options(true);
    options.clock = Arc::new(hands.clone());
    let engine = start(&dir, options);
    engine.vault_open(None).await.unwrap();
    nobody_known(&engine).await;
    a_pin(&engine, &hands).await;
    engine.stop().await;
    drop(engine);
    starts_with_a_pin(&dir).await;
    a_known_person(&dir).await;
    std::fs::write(dir.join("seen"), "").unwrap();
}

/// No PIN and nobody known: the keyring's owner is all there is to ask for.
async fn nobody_known(engine: &Engine) {
    engine.lock(LockReason::Demand).await.unwrap();
    says_nothing(engine).await;
    let shown = engine.lock_state().unwrap().unwrap();
    assert_eq!((shown.pin, shown.passphrase, shown.login), (false, false, false));
    engine.unlock(secret("")).await.unwrap();
    assert_eq!(state(engine).await, VaultState::Open);
}

async fn a_pin(engine: &Engine, hands: &Hands) {
    let short = engine.pin_set(None, Some(secret("483"))).await.unwrap_err();
    assert!(matches!(
        short,
        EngineError::Vault(VaultError::PinTooShort { minimum: 4 })
    ));
    assert!(engine.pin_set(None, Some(secret(PIN))).await.unwrap().pin);
    let without = engine.pin_set(None, None).await.unwrap_err();
    assert!(
        matches!(without, EngineError::BadRequest(_)),
        "the current one is needed"
    );
    let wrong = engine.pin_set(Some(secret("0000")), None).await.unwrap_err();
    assert!(matches!(wrong, EngineError::Vault(VaultError::WrongPin)));
    engine.lock(LockReason::Demand).await.unwrap();
    let shown = engine.lock_state().unwrap().unwrap();
    assert_eq!((shown.pin, shown.passphrase, shown.login), (true, false, false));
    for refused in ["", "0000"] {
        let wrong = engine.unlock(secret(refused)).await.unwrap_err();
        assert!(matches!(wrong, EngineError::Vault(VaultError::WrongPin)), "{wrong}");
        says_nothing(engine).await;
    }
    // Three wrong ones with the one before: the right one waits too.
    let early = engine.unlock(secret(PIN)).await.unwrap_err();
    assert!(matches!(early, EngineError::Vault(VaultError::TooSoon { .. })));
    let wait = engine.lock_state().unwrap().unwrap().wait;
    hands.put_forward(SignedDuration::try_from(wait).unwrap());
    engine.unlock(secret(PIN)).await.unwrap();
    assert_eq!(state(engine).await, VaultState::Open);
}

/// With a PIN it starts locked, whoever starts it; a script's file may hold the PIN, and opens what was left open only.
async fn starts_with_a_pin(dir: &Path) {
    let engine = start(dir, options(false));
    says_nothing(&engine).await;
    assert_eq!(reason(&engine), Some(LockReason::Start));
    engine.stop().await;
    drop(engine);
    let file = dir.join("pin");
    std::fs::write(&file, format!("{PIN}\n")).unwrap();
    let with_file = || {
        let mut options = options(false);
        options.passphrase_file = Some(file.clone());
        start(dir, options)
    };
    let engine = with_file();
    assert_eq!(state(&engine).await, VaultState::Open);
    engine.lock(LockReason::Demand).await.unwrap();
    engine.stop().await;
    drop(engine);
    let engine = with_file();
    says_nothing(&engine).await;
    assert_eq!(reason(&engine), Some(LockReason::Demand));
    engine.unlock(secret(PIN)).await.unwrap();
    assert!(!engine.pin_set(Some(secret(PIN)), None).await.unwrap().pin);
    engine.stop().await;
}

/// The first person who logs in owns the profile: from then on the keyring alone opens nothing that is locked.
async fn a_known_person(dir: &Path) {
    who_logs_in(boxes::DR_MARTIN);
    let engine = start(dir, options(true));
    assert_eq!(state(&engine).await, VaultState::Open, "no PIN, and nobody known yet");
    people::log_in(&engine, people::browser()).await;
    engine.lock(LockReason::Demand).await.unwrap();
    let shown = engine.lock_state().unwrap().unwrap();
    assert_eq!((shown.pin, shown.passphrase, shown.login), (false, false, true));
    assert_eq!(shown.person.as_deref(), Some("Claire MARTIN"));
    assert!(matches!(engine.unlock(secret("")).await, Err(EngineError::Locked)));
    says_nothing(&engine).await;

    // Somebody else's login opens nothing.
    who_logs_in(boxes::DR_LEROY);
    let mut events = engine.subscribe();
    engine.login_start(people::browser()).await.unwrap();
    let refused = people::failure(&mut events).await;
    assert!(
        matches!(&*refused, EngineError::OtherPerson { person } if person == "Claire MARTIN"),
        "{refused}"
    );
    says_nothing(&engine).await;

    who_logs_in(boxes::DR_MARTIN);
    people::log_in(&engine, people::browser()).await;
    assert_eq!(state(&engine).await, VaultState::Open);
    assert_eq!(engine.logged_in().as_deref(), Some("Claire MARTIN"));
    engine.stop().await;
    drop(engine);

    // A window starts locked, a command does not; both only as long as nobody locked.
    let engine = start(dir, options(false));
    assert_eq!(state(&engine).await, VaultState::Open);
    engine.stop().await;
    drop(engine);
    let engine = start(dir, options(true));
    says_nothing(&engine).await;
    assert_eq!(reason(&engine), Some(LockReason::Start));
    assert!(matches!(engine.unlock(secret("")).await, Err(EngineError::Locked)));
    people::log_in(&engine, people::browser()).await;
    assert_eq!(state(&engine).await, VaultState::Open);
    engine.stop().await;
}
