//! Wrong passphrases, restarts while locked, and what a policy fixes.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use pli_engine::{Engine, EngineError, Home, LockReason, VaultState};
use pli_store::VaultError;

use crate::{Hands, PHRASE, alone, options, reason, says_nothing, state};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passphrases_take_longer_each_time_across_restarts_and_nothing_is_wiped() {
    let dir = tempfile::tempdir().unwrap();
    // It stands still: what is to be waited for is exact, however long anything takes.
    let hands = Hands::running(0);
    let mut options = options(None);
    options.clock = Arc::new(hands.clone());
    let engine = alone(dir.path(), options.clone()).await;
    engine.lock(LockReason::Demand).await.unwrap();
    // A storm: three are looked at, the others are told to wait.
    let storm = (0..8).map(|_| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.unlock("pas celle-là".into()).await.unwrap_err() })
    });
    let answers = futures::future::join_all(storm).await;
    let count = |wanted: fn(&VaultError) -> bool| {
        let is = |answer: &EngineError| matches!(answer, EngineError::Vault(error) if wanted(error));
        answers.iter().filter(|answer| is(answer.as_ref().unwrap())).count()
    };
    assert_eq!(count(|error| matches!(error, VaultError::WrongPassphrase)), 3);
    assert_eq!(count(|error| matches!(error, VaultError::TooSoon { .. })), 5);
    engine.stop().await;
    drop(engine);

    let engine = Engine::start(Home::at(dir.path().join("profile")), options).unwrap();
    let shown = engine.lock_state().unwrap().unwrap();
    assert!(shown.wait > Duration::ZERO && shown.wait <= Duration::from_secs(5));
    let early = engine.unlock(PHRASE.into()).await.unwrap_err();
    assert!(
        matches!(early, EngineError::Vault(VaultError::TooSoon { .. })),
        "the right one too"
    );
    hands.put_forward(SignedDuration::from_secs(6));
    let wrong = engine.unlock("pas celle-là".into()).await.unwrap_err();
    assert!(matches!(wrong, EngineError::Vault(VaultError::WrongPassphrase)));
    let longer = engine.lock_state().unwrap().unwrap().wait;
    assert!(longer > Duration::from_secs(5), "{longer:?}");
    hands.put_forward(SignedDuration::from_secs(11));
    engine.unlock(PHRASE.into()).await.unwrap();
    assert_eq!(state(&engine).await, VaultState::Open);
    engine.lock(LockReason::Demand).await.unwrap();
    assert_eq!(engine.lock_state().unwrap().unwrap().wait, Duration::ZERO, "forgotten");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_outlives_the_process_and_no_file_of_a_script_opens_it() {
    let dir = tempfile::tempdir().unwrap();
    let engine = alone(dir.path(), options(None)).await;
    engine.lock(LockReason::Inactivity).await.unwrap();
    let before = engine.lock_state().unwrap().unwrap();
    engine.stop().await;
    drop(engine);

    let file = dir.path().join("phrase");
    std::fs::write(&file, PHRASE).unwrap();
    let start = || {
        let mut options = options(None);
        options.passphrase_file = Some(file.clone());
        Engine::start(Home::at(dir.path().join("profile")), options).unwrap()
    };
    let engine = start();
    says_nothing(&engine).await;
    assert_eq!(engine.lock_state().unwrap().unwrap(), before);
    engine.unlock(PHRASE.into()).await.unwrap();
    engine.stop().await;
    drop(engine);
    // Left open, it opens as before.
    let engine = start();
    assert_eq!(state(&engine).await, VaultState::Open);
    assert_eq!(reason(&engine), None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_shortens_and_one_that_is_wrong_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let engine = alone(dir.path(), options(None)).await;
    let free = engine.lock_set(25, false).await.unwrap();
    assert_eq!((free.minutes, free.longest, free.fixed), (25, 30, false));
    assert!(matches!(
        engine.lock_set(31, false).await,
        Err(EngineError::BadRequest(_))
    ));
    assert!(matches!(
        engine.lock_set(0, false).await,
        Err(EngineError::BadRequest(_))
    ));
    engine.stop().await;
    drop(engine);

    let policy = dir.path().join("policy.toml");
    let start = || {
        let mut options = options(None);
        options.policy = Some(policy.clone());
        Engine::start(Home::at(dir.path().join("profile")), options)
    };
    std::fs::write(&policy, "[lock]\nminutes = 4\nat_session_end = true\n").unwrap();
    let engine = start().unwrap();
    engine.vault_open(Some(PHRASE.into())).await.unwrap();
    let strict = engine.lock_settings().unwrap();
    assert_eq!(
        (strict.minutes, strict.longest),
        (4, 4),
        "what was chosen before does not count"
    );
    assert!(strict.at_session_end && strict.at_session_end_fixed);
    assert!(matches!(
        engine.lock_set(5, true).await,
        Err(EngineError::BadRequest(_))
    ));
    assert!(matches!(
        engine.lock_set(3, false).await,
        Err(EngineError::BadRequest(_))
    ));
    assert_eq!(engine.lock_set(3, true).await.unwrap().minutes, 3);
    engine.stop().await;
    drop(engine);

    std::fs::write(&policy, "[lock]\nminute = 4\n").unwrap();
    let refused = start().unwrap_err();
    assert!(
        matches!(&refused, EngineError::Policy { path, what } if *path == policy && what.contains("line 2")),
        "{refused}"
    );
    // Nothing was started: the profile is free.
    std::fs::write(&policy, "").unwrap();
    start().unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_are_accepted_once_for_each_profile_and_known_while_locked() {
    let dir = tempfile::tempdir().unwrap();
    let engine = alone(dir.path(), options(None)).await;
    assert_eq!(engine.terms_accepted(), None);
    engine.terms_accept(3).await.unwrap();
    engine.lock(LockReason::Demand).await.unwrap();
    engine.stop().await;
    drop(engine);
    let engine = Engine::start(Home::at(dir.path().join("profile")), options(None)).unwrap();
    assert_eq!(engine.terms_accepted().unwrap().0, 3);
    engine.stop().await;
}
