//! Each reason to lock.

use jiff::SignedDuration;
use pli_engine::{EngineError, Event, LockReason, VaultState};
use pli_operator::boxes;

use crate::common::{self, Bench, MARTIN, people, told, until};
use crate::{Hands, PHRASE, alone, options, reason, says_nothing, state};

#[tokio::test(flavor = "multi_thread")]
async fn on_demand_it_closes_and_the_passphrase_opens_it_again() {
    let bench = Bench::start(false);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let engine = people::engine(&bench).await;
    people::log_in(&engine, people::browser()).await;
    let account = common::add(&engine, MARTIN).await.id;
    engine.sync_and_wait(None).await.unwrap();
    let inbox = common::inbox(&engine, account).await;
    engine.lock(LockReason::Demand).await.unwrap();
    says_nothing(&engine).await;
    let shown = engine.lock_state().unwrap().unwrap();
    assert_eq!(
        (shown.reason, shown.minutes, shown.waiting),
        (LockReason::Demand, 10, 0)
    );
    assert_eq!(shown.person.as_deref(), Some("Claire MARTIN"));
    assert_eq!((shown.pin, shown.passphrase, shown.login), (false, true, false));
    // Locking what is locked changes nothing.
    engine.lock(LockReason::Sleep).await.unwrap();
    assert_eq!(reason(&engine), Some(LockReason::Demand));
    let wrong = engine.unlock("une autre phrase".into()).await.unwrap_err();
    assert!(matches!(
        wrong,
        EngineError::Vault(pli_store::VaultError::WrongPassphrase)
    ));
    says_nothing(&engine).await;
    assert_eq!(engine.unlock(PHRASE.into()).await.unwrap().vault, VaultState::Open);
    assert_eq!(engine.lock_state().unwrap(), None);
    // The session goes on: nobody logs in, and the server is reached again.
    assert_eq!(engine.logged_in().as_deref(), Some("Claire MARTIN"));
    bench
        .operator
        .deliver(
            "anne.petit@beta.mssante.test",
            MARTIN,
            &common::letter("Pendant", "Bonjour."),
        )
        .unwrap();
    until("the letter", async || common::rows(&engine, inbox).await.len() == 1).await;
    // One whose time is over meanwhile does not: a login is asked for.
    engine.lock(LockReason::Demand).await.unwrap();
    bench.operator.expire_sessions().unwrap();
    bench.operator.expire_tokens().unwrap();
    bench.operator.restart_mail().unwrap();
    engine.unlock(PHRASE.into()).await.unwrap();
    until("it is known that the session is over", async || {
        engine.logged_in().is_none()
    })
    .await;
    assert_eq!(
        common::rows(&engine, inbox).await.len(),
        1,
        "what is stored stays readable"
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_profile_asks_the_running_program() {
    let dir = tempfile::tempdir().unwrap();
    let engine = alone(dir.path(), options(None)).await;
    let request = engine.home().lock_request();
    std::fs::write(&request, "").unwrap();
    until("it locks", async || state(&engine).await == VaultState::Locked).await;
    assert_eq!(reason(&engine), Some(LockReason::Demand));
    assert!(!request.exists());
    engine.stop().await;
    drop(engine);
    // Asked while nothing ran: the next start is locked.
    let engine = pli_engine::Engine::start(pli_engine::Home::at(dir.path().join("profile")), options(None)).unwrap();
    engine.unlock(PHRASE.into()).await.unwrap();
    engine.stop().await;
    drop(engine);
    std::fs::write(&request, "").unwrap();
    let engine = pli_engine::Engine::start(pli_engine::Home::at(dir.path().join("profile")), options(None)).unwrap();
    says_nothing(&engine).await;
    assert!(!request.exists());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sleep_locks_before_it_and_one_that_nobody_announced_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let hands = Hands::running(1);
    let mut options = options(None);
    options.clock = std::sync::Arc::new(hands.clone());
    let engine = alone(dir.path(), options).await;
    engine.sleeping().await;
    says_nothing(&engine).await;
    assert_eq!(reason(&engine), Some(LockReason::Sleep));
    engine.unlock(PHRASE.into()).await.unwrap();
    // The calendar runs ahead of the process between two looks: it slept. Far less than the time without anybody needs.
    engine.lock_set(30, false).await.unwrap();
    hands.is_looked_at().await;
    hands.put_forward(SignedDuration::from_secs(90));
    until("it locks", async || state(&engine).await == VaultState::Locked).await;
    assert_eq!(reason(&engine), Some(LockReason::Sleep));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acting_locks_and_acting_puts_it_off() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(None);
    // A clock that goes on between two looks of the program alone, however busy the machine is, and by less than would be
    // taken for a sleep.
    let step = SignedDuration::from_secs(25);
    let hands = Hands::running(0);
    options.clock = std::sync::Arc::new(hands.clone());
    let engine = alone(dir.path(), options).await;
    assert_eq!(engine.lock_settings().unwrap().minutes, 10);
    engine.lock_set(1, false).await.unwrap();
    for _ in 0..4 {
        hands.put_forward(step);
        engine.activity();
        hands.is_looked_at().await;
    }
    assert_eq!(state(&engine).await, VaultState::Open, "somebody acts");
    let mut steps = 0;
    while state(&engine).await != VaultState::Locked {
        assert!(steps < 20, "it does not lock");
        steps += 1;
        hands.put_forward(step);
        hands.is_looked_at().await;
    }
    assert_eq!(reason(&engine), Some(LockReason::Inactivity));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_session_locks_when_it_is_asked_to() {
    let bench = Bench::start(false);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let engine = people::engine(&bench).await;
    common::add(&engine, MARTIN).await;
    for (locks, expected) in [(false, VaultState::Open), (true, VaultState::Locked)] {
        engine.lock_set(10, locks).await.unwrap();
        people::log_in(&engine, people::browser()).await;
        engine.sync_and_wait(None).await.unwrap();
        let mut events = engine.subscribe();
        bench.operator.expire_sessions().unwrap();
        bench.operator.expire_tokens().unwrap();
        bench.operator.restart_mail().unwrap();
        until("the session is over", async || engine.logged_in().is_none()).await;
        // By then it is decided whether it locks: what is set next is for the next session.
        told("the end of the session", &mut events, |event| {
            matches!(event, Event::Identity)
        })
        .await;
        until("what the end of the session does is done", async || {
            state(&engine).await == expected
        })
        .await;
    }
    assert_eq!(reason(&engine), Some(LockReason::SessionEnd));
    engine.stop().await;
}
