//! What the lock meets under way: a message being handed over, a draft being written, a first sync, another lock, the stop.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pli_engine::{DraftEdit, DraftFrom, EngineError, Event, LockReason, VaultState};
use pli_store::OutboxState;

use crate::common::{self, Bench, MARTIN, told, until};
use crate::stage::{self, LEROY};
use crate::{PHRASE, alone, options, says_nothing, state};

/// A line to the real server that holds its answers back, once so many octets of a message have passed, until it is told
/// to give them.
fn held_line(to: u16) -> (u16, Arc<AtomicBool>) {
    let gives = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&gives);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", to)).unwrap());
            let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let sent = Arc::new(AtomicU64::new(0));
            let (seen, gives) = (Arc::clone(&sent), Arc::clone(&told));
            std::thread::spawn(move || {
                let mut buffer = [0; 16 * 1024];
                while let Ok(read @ 1..) = from_server.read(&mut buffer) {
                    while seen.load(Ordering::SeqCst) > 100_000 && !gives.load(Ordering::SeqCst) {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                    if to_client.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
            });
            std::thread::spawn(move || {
                let mut buffer = [0; 16 * 1024];
                while let Ok(read @ 1..) = client.read(&mut buffer) {
                    sent.fetch_add(read as u64, Ordering::SeqCst);
                    if server.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (port, gives)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_being_handed_over_has_its_answer_before_the_store_closes() {
    let bench = Bench::start(false);
    let (engine, account) = stage::ready(&bench).await;
    let (port, gives) = held_line(bench.operator.info().ports.submissions);
    stage::reroute(&bench, engine, account, port).await.stop().await;
    let engine = stage::engine(&bench, true, Duration::ZERO).await;
    bench.log_in(&engine).await;
    let outgoing = stage::send(&engine, &[LEROY], "En partance", &stage::long_text()).await;
    // Another waits behind it, and must not be begun any more.
    let waits = stage::send(&engine, &[LEROY], "Derrière", "Bonjour.").await;
    until("it is being handed over", async || {
        engine.outbox_get(outgoing.id).await.unwrap().state == OutboxState::Sending
    })
    .await;
    // Its answer comes once the lock has begun, and not before.
    let mut events = engine.subscribe();
    let locking = tokio::spawn({
        let engine = engine.clone();
        async move { engine.lock(LockReason::Demand).await }
    });
    told("the lock has begun", &mut events, |event| matches!(event, Event::Lock)).await;
    gives.store(true, Ordering::SeqCst);
    locking.await.unwrap().unwrap();
    says_nothing(&engine).await;
    assert_eq!(engine.lock_state().unwrap().unwrap().waiting, 1);
    engine.unlock(PHRASE.into()).await.unwrap();
    let after = engine.outbox_get(outgoing.id).await.unwrap();
    assert_eq!(after.state, OutboxState::Accepted, "its answer was kept: {after:?}");
    assert_eq!(engine.outbox_get(waits.id).await.unwrap().state, OutboxState::Queued);
    stage::arrives(&bench, LEROY, &outgoing.message_id);
    bench.log_in(&engine).await;
    until("the other leaves after the lock", async || {
        engine.outbox_get(waits.id).await.unwrap().state == OutboxState::Accepted
    })
    .await;
    assert_eq!(stage::copies(&bench, LEROY, "INBOX", &outgoing.message_id), 1);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_to_be_saved_of_a_draft_is_there_after_the_lock() {
    let bench = Bench::start(false);
    let (engine, _) = stage::ready(&bench).await;
    let draft = engine.draft_new(None, DraftFrom::Blank, None).await.unwrap();
    let (writer, id) = (engine.clone(), draft.id);
    let writing = tokio::spawn(async move {
        let mut draft = draft;
        loop {
            let text = format!("Ligne {}", draft.revision + 1);
            let edit = DraftEdit {
                text,
                ..stage::edit(&draft, &[LEROY], "En cours", "")
            };
            match writer.draft_save(draft.id, edit).await {
                Ok(saved) => draft = saved,
                Err(error) => return (draft, error),
            }
        }
    });
    until("it is being written", async || {
        engine.draft_get(id).await.unwrap().revision > 5
    })
    .await;
    engine.lock(LockReason::Demand).await.unwrap();
    let (last, error) = writing.await.unwrap();
    assert!(matches!(error, EngineError::Locked), "{error}");
    assert!(last.revision > 1, "it was being written");
    let shown = engine.lock_state().unwrap().unwrap();
    assert!(shown.draft_saved_at.is_some());
    engine.unlock(PHRASE.into()).await.unwrap();
    let found = engine.draft_get(last.id).await.unwrap();
    assert_eq!(shown.draft_saved_at, Some(found.saved_at));
    // The last save may have ended after its answer was given up.
    assert!(found.revision == last.revision || found.revision == last.revision + 1);
    assert_eq!(found.text, format!("Ligne {}", found.revision));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_that_the_lock_cuts_goes_on_after_it() {
    let bench = Bench::start(true);
    let engine = stage::engine(&bench, true, Duration::ZERO).await;
    bench.log_in(&engine).await;
    let mut events = engine.subscribe();
    let account = common::add(&engine, MARTIN).await.id;
    told("the first messages", &mut events, |event| {
        matches!(event, Event::Messages { .. })
    })
    .await;
    engine.lock(LockReason::Sleep).await.unwrap();
    says_nothing(&engine).await;
    engine.unlock(PHRASE.into()).await.unwrap();
    bench.log_in(&engine).await;
    engine.sync_and_wait(Some(account)).await.unwrap();
    let inbox = common::inbox(&engine, account).await;
    assert_eq!(
        common::here(&engine, inbox).await,
        common::there(&bench.operator, MARTIN, "INBOX")
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_unlocks_and_the_stop_that_meet_leave_one_clear_state() {
    let dir = tempfile::tempdir().unwrap();
    let engine = alone(dir.path(), options(None)).await;
    for _ in 0..3 {
        let locks = (0..4).map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.lock(LockReason::Demand).await })
        });
        for ended in futures::future::join_all(locks).await {
            ended.unwrap().unwrap();
        }
        says_nothing(&engine).await;
        // Whoever unlocks while it locks, and locks while it unlocks.
        let (unlocked, locked, again) = tokio::join!(
            engine.unlock(PHRASE.into()),
            engine.lock(LockReason::Inactivity),
            engine.unlock(PHRASE.into())
        );
        unlocked.unwrap();
        locked.unwrap();
        again.unwrap();
        let open = state(&engine).await == VaultState::Open;
        assert_eq!(engine.draft_list().await.is_ok(), open);
        assert_eq!(engine.lock_state().unwrap().is_none(), open);
        engine.unlock(PHRASE.into()).await.unwrap();
        assert_eq!(state(&engine).await, VaultState::Open);
    }
    let (locked, ()) = tokio::join!(engine.lock(LockReason::Demand), engine.stop());
    assert!(matches!(locked, Ok(()) | Err(EngineError::Stopped)));
    assert!(engine.unlock(PHRASE.into()).await.is_err(), "it has stopped");
    drop(engine);
    // Whoever came first, nothing is damaged.
    let engine = pli_engine::Engine::start(pli_engine::Home::at(dir.path().join("profile")), options(None)).unwrap();
    if locked.is_ok() {
        engine.unlock(PHRASE.into()).await.unwrap();
    } else {
        engine.vault_open(Some(PHRASE.into())).await.unwrap();
    }
    assert_eq!(state(&engine).await, VaultState::Open);
    engine.stop().await;
}
