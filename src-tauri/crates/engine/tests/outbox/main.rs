//! Messages on their way, on the real servers: each recipient's own fate, and no message sent twice whatever happens to the
//! line, the disk or the process.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

#[path = "../common/mod.rs"]
mod common;
mod drafts;
mod proxy;
mod small_disk;
mod stage;

use std::sync::atomic::Ordering;
use std::time::Duration;

use common::{Bench, MARTIN, told, until};
use pli_engine::{DraftFrom, EngineError, Fate, Home, Problem};
use pli_message::parse;
use pli_store::{OutboxId, OutboxState, Store, Vault};
use proxy::{Line, Proxy};
use secrecy::SecretString;
use small_disk::SmallDisk;
use stage::{
    FULL, LABO, LEROY, PASSPHRASE, arrives, copies, edit, fate, long_text, party, ready, reroute, send, write,
};

#[tokio::test(flavor = "multi_thread")]
async fn each_recipient_has_a_fate_of_its_own_and_the_copy_is_filed_once() {
    let bench = Bench::start(false);
    let (engine, account) = ready(&bench).await;
    let unknown = "inconnu@alpha.mssante.test";
    let outgoing = send(
        &engine,
        &[LEROY, LABO, unknown, FULL],
        "À quatre",
        "Bonjour.\n.\nUn point seul.",
    )
    .await;
    assert_eq!(outgoing.state, OutboxState::Queued);
    engine.outbox_flush().await.unwrap();
    let after = engine.outbox_get(outgoing.id).await.unwrap();
    assert_eq!(after.state, OutboxState::Accepted, "{after:?}");
    assert_eq!(after.attempts, 1);
    for address in [LEROY, LABO] {
        assert!(
            matches!(fate(&after, address), Fate::Accepted | Fate::Delivered),
            "{after:?}"
        );
        arrives(&bench, address, &outgoing.message_id);
    }
    let raw = bench
        .operator
        .mailbox(LEROY)
        .unwrap()
        .messages("INBOX")
        .unwrap()
        .remove(0)
        .raw;
    assert!(parse(&raw).text.contains("\n.\n"), "the dot stands alone and once");
    assert_eq!(copies(&bench, MARTIN, "Sent", &outgoing.message_id), 1);
    engine.outbox_flush().await.unwrap();
    assert_eq!(copies(&bench, MARTIN, "Sent", &outgoing.message_id), 1, "filed once");

    // The reports come into the inbox and close each fate.
    until("the reports", async || {
        engine.sync_and_wait(Some(account)).await.unwrap();
        let now = engine.outbox_get(outgoing.id).await.unwrap();
        now.recipients
            .iter()
            .all(|one| matches!(one.fate, Fate::Delivered | Fate::Refused))
    })
    .await;
    let settled = engine.outbox_get(outgoing.id).await.unwrap();
    assert_eq!(
        [LEROY, LABO, unknown, FULL].map(|address| fate(&settled, address)),
        [Fate::Delivered, Fate::Delivered, Fate::Refused, Fate::Refused]
    );
    let refused = |address: &str| {
        settled
            .recipients
            .iter()
            .find(|one| one.party.address == address)
            .unwrap()
            .clone()
    };
    assert_eq!(refused(unknown).status.as_deref(), Some("5.1.1"));
    assert_eq!(refused(FULL).status.as_deref(), Some("5.2.2"));
    assert!(refused(FULL).sentence.unwrap().contains("pleine"));
    let delivered = refused(LEROY);
    assert!(delivered.reported_at.is_some() && delivered.sentence.is_none());
    assert!(settled.sent_copy.is_some(), "the copy is listed here too");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_after_the_final_dot_is_unknown_then_found_in_the_inbox() {
    let bench = Bench::start(false);
    let (engine, account) = ready(&bench).await;
    let proxy = Proxy::to(bench.operator.info().ports.submissions);
    let engine = reroute(&bench, engine, account, proxy.port).await;
    proxy.set(Line::Deaf(100_000));
    let outgoing = send(&engine, &[LEROY, MARTIN], "Perdue", &long_text()).await;
    let mut events = engine.subscribe();
    engine.outbox_flush().await.unwrap();
    told("the answer was lost", &mut events, |event| {
        matches!(event, pli_engine::Event::Outgoing { outgoing: id, state: OutboxState::Unknown } if *id == outgoing.id)
    })
    .await;
    // It went to its author too: the copy in the inbox proves that it left.
    arrives(&bench, MARTIN, &outgoing.message_id);
    until("it is found", async || {
        engine.sync_and_wait(Some(account)).await.unwrap();
        engine.outbox_flush().await.unwrap();
        engine.outbox_get(outgoing.id).await.unwrap().state == OutboxState::Accepted
    })
    .await;
    arrives(&bench, LEROY, &outgoing.message_id);
    assert_eq!(copies(&bench, MARTIN, "Sent", &outgoing.message_id), 1);
    assert_eq!(proxy.letters.load(Ordering::SeqCst), 1, "it was handed over once");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_found_waits_for_the_person_s_word_and_is_never_sent_again_by_itself() {
    let bench = Bench::start(false);
    let (engine, account) = ready(&bench).await;
    let proxy = Proxy::to(bench.operator.info().ports.submissions);
    let engine = reroute(&bench, engine, account, proxy.port).await;
    proxy.set(Line::Deaf(100_000));
    let mut ids = Vec::new();
    for subject in ["Première", "Seconde"] {
        let draft = engine.draft_new(None, DraftFrom::Blank, None).await.unwrap();
        let mut edit = edit(&draft, &[LEROY], subject, &long_text());
        // No report of success: nothing will ever say that it arrived.
        edit.ask_delivery = false;
        engine.draft_save(draft.id, edit).await.unwrap();
        ids.push(engine.draft_send(draft.id).await.unwrap());
    }
    engine.outbox_flush().await.unwrap();
    proxy.set(Line::Whole);
    arrives(&bench, LEROY, &ids[0].message_id);
    arrives(&bench, LEROY, &ids[1].message_id);
    for _ in 0..3 {
        engine.outbox_flush().await.unwrap();
    }
    engine.stop().await;
    drop(engine);
    let engine = stage::engine(&bench, false, Duration::ZERO).await;
    bench.log_in(&engine).await;
    engine.outbox_flush().await.unwrap();
    for outgoing in &ids {
        let now = engine.outbox_get(outgoing.id).await.unwrap();
        assert_eq!(
            (now.state, fate(&now, LEROY)),
            (OutboxState::Unknown, Fate::Unknown),
            "{now:?}"
        );
        assert!(matches!(
            engine.outbox_cancel(outgoing.id).await,
            Err(EngineError::AlreadyLeft)
        ));
        assert!(matches!(
            engine.outbox_retry(outgoing.id).await,
            Err(EngineError::WrongState(_))
        ));
    }
    assert_eq!(proxy.letters.load(Ordering::SeqCst), 2, "each was handed over once");

    // « It has left. »
    let settled = engine.outbox_settle(ids[0].id, true).await.unwrap();
    assert_eq!(
        (settled.state, fate(&settled, LEROY)),
        (OutboxState::Accepted, Fate::Accepted)
    );
    // « Send it again »: the person answers for the second copy, which has the same Message-ID.
    let again = engine.outbox_settle(ids[1].id, false).await.unwrap();
    assert_eq!(again.state, OutboxState::Queued);
    engine.outbox_flush().await.unwrap();
    assert_eq!(engine.outbox_get(ids[1].id).await.unwrap().state, OutboxState::Accepted);
    until("the second copy", async || {
        copies(&bench, LEROY, "INBOX", &ids[1].message_id) == 2
    })
    .await;
    assert_eq!(copies(&bench, LEROY, "INBOX", &ids[0].message_id), 1);
    for outgoing in &ids {
        assert_eq!(copies(&bench, MARTIN, "Sent", &outgoing.message_id), 1);
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_before_the_final_dot_sends_nothing_and_the_message_leaves_once_when_it_is_whole() {
    let bench = Bench::start(false);
    let (engine, account) = ready(&bench).await;
    let proxy = Proxy::to(bench.operator.info().ports.submissions);
    let engine = reroute(&bench, engine, account, proxy.port).await;
    // Far more than the system keeps on its way: a cut in its middle comes before its end has left, however busy it is.
    let draft = write(&engine, &[LEROY], "Coupée", "Ci-joint.").await;
    let file = bench.dir.path().join("cliché.bin");
    std::fs::write(&file, vec![7; 8 * 1024 * 1024]).unwrap();
    engine.draft_attach(draft.id, vec![file]).await.unwrap();
    let outgoing = engine.draft_send(draft.id).await.unwrap();
    // In the handshake, in the dialogue, in the middle of the message.
    for octets in [1, 1_500, 2_600, 100_000] {
        proxy.set(Line::Cut(octets));
        engine.outbox_retry(outgoing.id).await.unwrap();
        engine.outbox_flush().await.unwrap();
        let now = engine.outbox_get(outgoing.id).await.unwrap();
        assert_eq!(
            (now.state, fate(&now, LEROY)),
            (OutboxState::Queued, Fate::Waiting),
            "after {octets} octets: {now:?}"
        );
        assert!(
            now.next_attempt_at.is_some() && matches!(now.problem, Some(Problem::Engine(_))),
            "{now:?}"
        );
    }
    assert_eq!(copies(&bench, LEROY, "INBOX", &outgoing.message_id), 0);
    proxy.set(Line::Whole);
    engine.outbox_retry(outgoing.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    assert_eq!(
        engine.outbox_get(outgoing.id).await.unwrap().state,
        OutboxState::Accepted
    );
    arrives(&bench, LEROY, &outgoing.message_id);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_lost_while_sending_leaves_a_message_of_unknown_fate() {
    let bench = Bench::start(false);
    let (engine, _) = ready(&bench).await;
    let outgoing = send(&engine, &[LEROY], "Au mauvais moment", "Bonjour.").await;
    engine.stop().await;
    drop(engine);
    // The state in which a process that dies between the commit and the answer leaves the store.
    let home = Home::at(bench.dir.path().join("profile"));
    let key = Vault::at(&home.vault())
        .open_with_passphrase(&SecretString::from(PASSPHRASE))
        .unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    store
        .advance(
            outgoing.id,
            OutboxState::Sending,
            &[],
            ("", ""),
            None,
            jiff::Timestamp::now(),
        )
        .unwrap();
    drop(store);
    let engine = stage::engine(&bench, false, Duration::ZERO).await;
    bench.log_in(&engine).await;
    for _ in 0..2 {
        engine.outbox_flush().await.unwrap();
    }
    let now = engine.outbox_get(outgoing.id).await.unwrap();
    assert_eq!((now.state, fate(&now, LEROY)), (OutboxState::Unknown, Fate::Unknown));
    assert_eq!(
        copies(&bench, LEROY, "INBOX", &outgoing.message_id),
        0,
        "never sent again by itself"
    );
    engine.outbox_settle(outgoing.id, false).await.unwrap();
    engine.outbox_flush().await.unwrap();
    arrives(&bench, LEROY, &outgoing.message_id);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_back_while_it_can_be_and_leaves_by_itself_after() {
    let bench = Bench::start(false);
    let (engine, _) = ready(&bench).await;
    engine.stop().await;
    drop(engine);
    // Far longer than this takes, however busy the machine is.
    let engine = stage::engine(&bench, true, Duration::from_secs(3_600)).await;
    bench.log_in(&engine).await;
    let draft = write(&engine, &[LEROY], "Trop vite", "Texte à garder.").await;
    let outgoing = engine.draft_send(draft.id).await.unwrap();
    assert!(outgoing.leaves_at > outgoing.queued_at);
    assert!(engine.draft_list().await.unwrap().is_empty(), "it is no draft any more");
    assert!(matches!(
        engine.draft_send(draft.id).await,
        Err(EngineError::AlreadyLeft)
    ));
    assert_eq!(engine.outbox_cancel(outgoing.id).await.unwrap(), draft.id);
    let back = engine.draft_get(draft.id).await.unwrap();
    assert_eq!(
        (back.subject.as_str(), back.text.as_str()),
        ("Trop vite", "Texte à garder.")
    );
    assert_eq!(back.to, [party(LEROY)]);
    assert_eq!(
        engine.outbox_get(outgoing.id).await.unwrap().state,
        OutboxState::Cancelled
    );
    engine.stop().await;
    drop(engine);
    let engine = stage::engine(&bench, true, Duration::from_secs(2)).await;
    bench.log_in(&engine).await;
    let kept = engine.draft_send(draft.id).await.unwrap();
    assert_ne!(kept.message_id, outgoing.message_id);
    let accepted = async |id: OutboxId| engine.outbox_get(id).await.unwrap().state == OutboxState::Accepted;
    until("it leaves by itself", async || accepted(kept.id).await).await;
    assert!(matches!(
        engine.outbox_cancel(kept.id).await,
        Err(EngineError::AlreadyLeft)
    ));
    arrives(&bench, LEROY, &kept.message_id);
    assert_eq!(
        copies(&bench, LEROY, "INBOX", &outgoing.message_id),
        0,
        "what was taken back never left"
    );
    assert!(
        matches!(engine.draft_get(draft.id).await, Err(EngineError::Store(_))),
        "the draft left with it"
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_operator_a_message_waits_and_leaves_once_on_its_return() {
    let bench = Bench::start(false);
    let (engine, _) = ready(&bench).await;
    engine.stop().await;
    drop(engine);
    let engine = stage::engine(&bench, true, Duration::ZERO).await;
    bench.log_in(&engine).await;
    bench.operator.pause().unwrap();
    let outgoing = send(&engine, &[LEROY], "Sans réseau", "Bonjour.").await;
    until("a try fails", async || {
        engine.outbox_get(outgoing.id).await.unwrap().problem.is_some()
    })
    .await;
    let waiting = engine.outbox_get(outgoing.id).await.unwrap();
    assert_eq!(
        (waiting.state, waiting.attempts),
        (OutboxState::Queued, 0),
        "{waiting:?}"
    );
    bench.operator.resume().unwrap();
    bench.log_in(&engine).await;
    let state = async || engine.outbox_get(outgoing.id).await.unwrap().state;
    until("it leaves", async || state().await == OutboxState::Accepted).await;
    arrives(&bench, LEROY, &outgoing.message_id);
    until("the copy", async || {
        copies(&bench, MARTIN, "Sent", &outgoing.message_id) == 1
    })
    .await;
    assert_eq!(copies(&bench, LEROY, "INBOX", &outgoing.message_id), 1);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_journal_nothing_leaves() {
    let bench = Bench::start(false);
    let disk = SmallDisk::at(&Home::at(bench.dir.path().join("profile")).journal());
    let (engine, account) = ready(&bench).await;
    let outgoing = send(&engine, &[LEROY], "Sans trace", "Bonjour.").await;
    let draft = write(&engine, &[LEROY], "Plus tard", "Bonsoir.").await;

    // The journal's disk fills up: whatever is recorded before it is done is not done.
    disk.fill();
    let mut tries = 0;
    let refused = loop {
        match engine.account_rename(account, &format!("Nom {tries}")).await {
            Ok(_) => tries += 1,
            Err(error) => break error,
        }
        assert!(tries < 10_000, "the disk never filled");
    };
    assert!(
        matches!(refused.root(), EngineError::Trace(error) if error.is_disk_full()),
        "{refused}"
    );
    let refused = engine.draft_send(draft.id).await.unwrap_err();
    assert!(matches!(refused.root(), EngineError::Trace(_)), "{refused}");
    engine.outbox_flush().await.unwrap();
    let now = engine.outbox_get(outgoing.id).await.unwrap();
    assert_eq!((now.state, now.attempts), (OutboxState::Queued, 0));
    let Some(Problem::Engine(error)) = now.problem else {
        panic!("no problem is told")
    };
    let unwritten = matches!(
        error.root(),
        EngineError::Wire(pli_wire::WireError::Audit(_)) | EngineError::Trace(_)
    );
    assert!(unwritten, "{error}");
    assert_eq!(copies(&bench, LEROY, "INBOX", &outgoing.message_id), 0);

    disk.free();
    engine.outbox_retry(outgoing.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    arrives(&bench, LEROY, &outgoing.message_id);
    let later = engine.draft_send(draft.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    arrives(&bench, LEROY, &later.message_id);
    assert_eq!(copies(&bench, LEROY, "INBOX", &outgoing.message_id), 1);
    engine.stop().await;
}
