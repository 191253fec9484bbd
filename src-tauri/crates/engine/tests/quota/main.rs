//! A BAL's room on the real servers (EX_GBM_4470): filled step by step until nothing enters or leaves, and the way back;
//! roots of several kinds; operators that say nothing; what is known before a message leaves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod lies;
mod stage;
mod weight;

use common::{Bench, MARTIN, add, folder, rows, traces, until};
use jiff::SignedDuration;
use pli_engine::{DraftEdit, DraftFrom, DraftProblem, Engine, Event, Party, QuotaLevel, QuotaSource, Room};
use pli_operator::BoxQuota;
use pli_store::{AccountId, OutboxState};
use stage::{engine_at, fill, letter_of, ready, used, warnings};

const LIMIT: u64 = 1024 * 1024;
const LABO: &str = "labo@beta.mssante.test";

async fn draft(engine: &Engine, account: AccountId, to: &str, subject: &str) -> pli_engine::Draft {
    let draft = engine.draft_new(Some(account), DraftFrom::Blank, None).await.unwrap();
    let edit = DraftEdit {
        account,
        revision: draft.revision,
        to: vec![Party {
            name: String::new(),
            address: to.to_owned(),
        }],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: subject.to_owned(),
        // More than what is left of a box that refuses letters of 700 octets.
        text: "Bonjour, voici un avis.\n".repeat(100),
        ask_reading: false,
        ask_delivery: false,
    };
    engine.draft_save(draft.id, edit).await.unwrap()
}

async fn problems(engine: &Engine, draft: &pli_engine::Draft) -> Vec<DraftProblem> {
    engine.draft_check(draft.id).await.unwrap().problems
}

/// Must be shown: the warnings at 80, 90 and 100 %, the refusals, and the way back below.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_filled_step_by_step_warns_then_refuses_and_comes_back() {
    let bench = Bench::start(false);
    bench
        .operator
        .set_quota(MARTIN, &BoxQuota::storage(LIMIT / 1024))
        .unwrap();
    let (engine, account, clock) = ready(&bench).await;
    let before = engine.quota_get(account).await.unwrap();
    assert_eq!(
        (before.source, before.level, before.storage),
        (QuotaSource::Unknown, QuotaLevel::Fine, None)
    );

    // Half full: nothing to say.
    fill(&bench, MARTIN, LIMIT / 2, 40 << 10, "moitié");
    engine.sync_and_wait(Some(account)).await.unwrap();
    let view = engine.quota_get(account).await.unwrap();
    assert_eq!((view.source, view.level), (QuotaSource::Server, QuotaLevel::Fine));
    assert_eq!(
        view.storage,
        Some(Room {
            used: used(&bench, MARTIN),
            limit: Some(LIMIT)
        })
    );
    assert!(view.local > 0 && view.read_at.is_some() && view.history.len() == 1);
    assert_eq!(warnings(&engine).await, (None, None));

    // 80, then 90: told once each, and not again by another reading.
    let mut events = engine.subscribe();
    for (share, expected) in [(82, QuotaLevel::High), (92, QuotaLevel::AlmostFull)] {
        fill(&bench, MARTIN, LIMIT * share / 100, 10 << 10, &format!("étape {share}"));
        engine.sync_and_wait(Some(account)).await.unwrap();
        assert_eq!(warnings(&engine).await, (Some(expected), Some(expected)), "{share} %");
        engine.quota_read(account).await.unwrap();
        assert_eq!(warnings(&engine).await, (Some(expected), None));
        let shown = engine.account(account).await.unwrap();
        assert_eq!((shown.gauge.level, shown.gauge.limit), (expected, Some(LIMIT)));
        assert!(shown.gauge.percent.unwrap() >= if expected == QuotaLevel::High { 80 } else { 90 });
    }
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        told += usize::from(matches!(event, Event::Quota { account: of } if of == account));
    }
    assert!(told >= 2, "{told}");

    // Until the server refuses.
    let letter = draft(&engine, account, LABO, "Avant").await;
    assert_eq!(problems(&engine, &letter).await, []);
    assert!(!fill(&bench, MARTIN, LIMIT - 8 * 1024, 4 << 10, "presque"));
    assert!(fill(&bench, MARTIN, u64::MAX, 700, "plein"), "the server refuses");
    engine.quota_read(account).await.unwrap();
    let full = engine.quota_get(account).await.unwrap();
    assert_eq!(full.level, QuotaLevel::Full, "{full:?}");
    assert_eq!(
        warnings(&engine).await,
        (Some(QuotaLevel::Full), Some(QuotaLevel::Full))
    );
    assert_eq!(
        problems(&engine, &letter).await,
        [DraftProblem::BoxFull],
        "known before it leaves"
    );

    // Nothing is delivered: the sender has a report instead, 5.2.2.
    bench
        .operator
        .deliver(LABO, MARTIN, &letter_of("Refusée", 3000))
        .unwrap();
    let reports = bench
        .operator
        .mailbox(LABO)
        .unwrap()
        .wait_for("INBOX", "ALL", common::PATIENCE)
        .unwrap();
    let report = String::from_utf8_lossy(&reports[0].raw).into_owned();
    assert!(report.contains("5.2.2"), "{report}");
    // What is sent all the same leaves, and its copy is refused by the box: it is kept here, and the BAL stays full.
    let outgoing = engine.draft_send(letter.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    let sent = engine.outbox_get(outgoing.id).await.unwrap();
    assert_eq!(sent.state, OutboxState::Accepted, "{sent:?}");
    assert_eq!(bench.operator.mailbox(MARTIN).unwrap().count("Sent").unwrap(), 0);
    assert_eq!(engine.quota_get(account).await.unwrap().level, QuotaLevel::Full);

    // A restart repeats nothing and forgets nothing; a day later it is told again, once, without any server.
    let standing = engine.quota_warnings().await.unwrap();
    engine.stop().await;
    let engine = engine_at(&bench, &clock, None).await;
    assert_eq!(engine.quota_warnings().await.unwrap(), standing);
    assert_eq!(warnings(&engine).await, (Some(QuotaLevel::Full), None));
    // « Plus tard » holds until then.
    engine.quota_dismiss(account).await.unwrap();
    assert_eq!(warnings(&engine).await, (None, None));
    engine.stop().await;
    clock.by(SignedDuration::from_hours(24));
    let engine = engine_at(&bench, &clock, None).await;
    common::until("the warning is repeated", async || {
        !engine.quota_warnings().await.unwrap().is_empty()
    })
    .await;
    assert_eq!(
        warnings(&engine).await,
        (Some(QuotaLevel::Full), Some(QuotaLevel::Full))
    );
    assert_eq!(warnings(&engine).await, (Some(QuotaLevel::Full), None));
    engine.stop().await;
    clock.by(SignedDuration::from_hours(-24));

    // The way back: room is made here, and the level follows as soon as it is told.
    let engine = engine_at(&bench, &clock, None).await;
    bench.log_in(&engine).await;
    engine.sync_and_wait(Some(account)).await.unwrap();
    let inbox = folder(&engine, account, "INBOX").await.id;
    let all = rows(&engine, inbox).await;
    let large: Vec<_> = all.iter().filter(|row| row.size > 30 << 10).map(|row| row.id).collect();
    assert!(large.len() >= 10, "{}", large.len());
    // To the bin, which a full box still allows; then for good.
    engine.message_delete(large.clone()).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(
        bench.operator.mailbox(MARTIN).unwrap().count("Trash").unwrap(),
        large.len()
    );
    assert_eq!(engine.quota_get(account).await.unwrap().level, QuotaLevel::Full);
    engine.message_delete(large).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    common::until("the level falls", async || {
        let view = engine.quota_read(account).await.unwrap();
        view.level == QuotaLevel::Fine
    })
    .await;
    assert_eq!(warnings(&engine).await, (None, None));
    let letter = draft(&engine, account, LABO, "Après").await;
    assert_eq!(problems(&engine, &letter).await, []);
    bench.operator.deliver(LABO, MARTIN, &letter_of("Reçue", 3000)).unwrap();
    bench
        .operator
        .mailbox(MARTIN)
        .unwrap()
        .wait_for("INBOX", "SUBJECT Re", common::PATIENCE)
        .unwrap();
    // Crossed again, it is told again.
    fill(&bench, MARTIN, LIMIT * 83 / 100, 40 << 10, "encore");
    engine.quota_read(account).await.unwrap();
    assert_eq!(
        warnings(&engine).await,
        (Some(QuotaLevel::High), Some(QuotaLevel::High))
    );

    // Each warning is in the journal, and names nothing of any message.
    let told: Vec<String> = traces(&engine)
        .await
        .into_iter()
        .map(|record| record.entry.request.verb.to_string())
        .filter(|verb| verb.starts_with("WARN"))
        .rev()
        .collect();
    // By their time: the second one at 100 % was told when the clock stood a day later.
    assert_eq!(told, ["WARN 80", "WARN 90", "WARN 100", "WARN 80", "WARN 100"]);
    engine.stop().await;
}

/// Nobody asks for anything: the server says that something came, and the room is read with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_fills_while_it_is_followed_warns_by_itself() {
    let bench = Bench::start(false);
    bench.operator.set_quota(MARTIN, &BoxQuota::storage(100)).unwrap();
    let engine = bench.logged_in(true).await;
    let account = add(&engine, MARTIN).await.id;
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(warnings(&engine).await, (None, None));
    fill(&bench, MARTIN, 85 * 1024, 80 << 10, "lettre");
    until("a warning stands", || async {
        warnings(&engine).await.0 == Some(QuotaLevel::High)
    })
    .await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_says_how_often_a_warning_is_repeated() {
    let bench = Bench::start(false);
    bench.operator.set_quota(MARTIN, &BoxQuota::storage(100)).unwrap();
    let (engine, account, clock) = ready(&bench).await;
    fill(&bench, MARTIN, 85 * 1024, 10 << 10, "lettre");
    engine.quota_read(account).await.unwrap();
    assert_eq!(warnings(&engine).await.1, Some(QuotaLevel::High));
    engine.stop().await;
    for (hours, again) in [(2, false), (1, true)] {
        clock.by(SignedDuration::from_hours(hours));
        let engine = engine_at(&bench, &clock, Some("[quota]\nrepeat_hours = 3")).await;
        bench.log_in(&engine).await;
        engine.quota_read(account).await.unwrap();
        assert_eq!(warnings(&engine).await.1.is_some(), again, "after {hours} more");
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roots_of_several_kinds_are_told_by_what_fills_first() {
    let bench = Bench::start(false);
    let (engine, account, _) = ready(&bench).await;
    let set = |quota: BoxQuota| bench.operator.set_quota(MARTIN, &quota).unwrap();
    let read = async || engine.quota_read(account).await.unwrap();
    for n in 0..9 {
        let mut mailbox = bench.operator.mailbox(MARTIN).unwrap();
        mailbox
            .append("INBOX", &[], &letter_of(&format!("n {n}"), 1024))
            .unwrap();
    }
    // A limit on messages alone decides, whatever the octets.
    set(BoxQuota {
        storage_kib: Some(1000),
        messages: Some(10),
        ..BoxQuota::default()
    });
    let view = read().await;
    assert_eq!(
        view.messages,
        Some(Room {
            used: 9,
            limit: Some(10)
        })
    );
    assert_eq!(view.level, QuotaLevel::AlmostFull, "{view:?}");
    assert_eq!(engine.account(account).await.unwrap().gauge.percent, Some(90));
    // A second root that is fuller than one's own.
    set(BoxQuota {
        storage_kib: Some(1000),
        second: Some((10, 1000)),
        ..BoxQuota::default()
    });
    let view = read().await;
    assert_eq!(view.storage.unwrap().limit, Some(10 * 1024), "{view:?}");
    assert_eq!(view.level, QuotaLevel::AlmostFull, "{view:?}");
    // Less than what is used already: servers do that too.
    set(BoxQuota::storage(4));
    let view = read().await;
    assert_eq!((view.level, view.forecast), (QuotaLevel::Full, None));
    assert!(engine.account(account).await.unwrap().quota.unwrap().percent() > 200);
    // No limit at all: what the server told before stands for a while, and no longer than a week.
    set(BoxQuota::default());
    let view = read().await;
    assert!(
        view.storage.unwrap().limit.is_none() || view.level == QuotaLevel::Full,
        "{view:?}"
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_quota_has_an_estimate_and_no_warning() {
    let bench = Bench::start(false);
    let quota = BoxQuota {
        untold: true,
        ..BoxQuota::storage(64)
    };
    bench.operator.set_quota(MARTIN, &quota).unwrap();
    let (engine, account, _) = ready(&bench).await;
    let mut mailbox = bench.operator.mailbox(MARTIN).unwrap();
    let mut octets = 0;
    for n in 0..60 {
        let letter = letter_of(&format!("n {n}"), 1000 + n);
        octets += letter.len() as u64;
        mailbox.append("INBOX", &[], &letter).unwrap();
    }
    engine.sync_and_wait(Some(account)).await.unwrap();
    // Read again, now that the headers are known.
    let view = engine.quota_read(account).await.unwrap();
    assert_eq!((view.source, view.level), (QuotaSource::Estimate, QuotaLevel::Fine));
    assert_eq!(
        view.storage,
        Some(Room {
            used: octets,
            limit: None
        })
    );
    assert_eq!((view.local, view.forecast, view.history.len()), (octets, None, 1));
    let shown = engine.account(account).await.unwrap();
    assert_eq!(
        (shown.quota, shown.gauge.source, shown.gauge.percent),
        (None, QuotaSource::Estimate, None)
    );
    assert_eq!(warnings(&engine).await, (None, None));
    let letter = draft(&engine, account, LABO, "Avis").await;
    assert_eq!(problems(&engine, &letter).await, [], "nothing is known of its room");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_takes_is_known_before_the_first_message() {
    let bench = Bench::start(false);
    let (engine, account, _) = ready(&bench).await;
    let big = bench.dir.path().join("scanner.dcm");
    std::fs::write(&big, vec![7; 16 << 20]).unwrap();
    let letter = draft(&engine, account, LABO, "Scanner").await;
    let letter = engine.draft_attach(letter.id, vec![big]).await.unwrap();
    let check = engine.draft_check(letter.id).await.unwrap();
    assert_eq!(check.limit, Some(20 * 1024 * 1024));
    assert!(check.size > 20 * 1024 * 1024);
    assert_eq!(check.problems, [DraftProblem::TooLarge]);
    assert!(engine.draft_send(letter.id).await.is_err(), "nothing left");
    assert!(engine.outbox_list(30).await.unwrap().is_empty());
    // What does not fit in what is left of the BAL is told too, though the BAL is not full.
    bench.operator.set_quota(MARTIN, &BoxQuota::storage(1024)).unwrap();
    engine.quota_read(account).await.unwrap();
    let two = bench.dir.path().join("radio.jpg");
    std::fs::write(&two, vec![7; 2 << 20]).unwrap();
    let letter = draft(&engine, account, LABO, "Radio").await;
    let letter = engine.draft_attach(letter.id, vec![two]).await.unwrap();
    assert_eq!(problems(&engine, &letter).await, [DraftProblem::BoxFull]);
    engine.stop().await;
}
