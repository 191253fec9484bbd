//! A first sync brings exactly what the server has: every folder, every flag, every octet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::time::Instant;

use common::{Bench, CABINET, MARTIN, PATIENCE, add, folder, here, inbox, letter, rows, there, told, until};
use pli_engine::{Event, SessionState, SyncPhase};
use pli_store::{BodyState, Filter, Scope};

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_box_comes_as_the_server_has_it() {
    let bench = Bench::start(true);
    let engine = bench.logged_in(false).await;
    let mut events = engine.subscribe();
    let account = add(&engine, MARTIN).await;
    engine.sync_and_wait(Some(account.id)).await.unwrap();

    let folders = engine.folder_list(account.id).await.unwrap();
    let listed = bench.operator.mailbox(MARTIN).unwrap().folders().unwrap();
    assert_eq!(folders.len(), listed.len());
    let mut messages = 0;
    for folder in folders.iter().filter(|folder| folder.server.selectable) {
        let (ours, theirs) = (
            here(&engine, folder.id).await,
            there(&bench.operator, MARTIN, &folder.server.name),
        );
        assert_eq!(
            ours.keys().collect::<Vec<_>>(),
            theirs.keys().collect::<Vec<_>>(),
            "{}",
            folder.server.name
        );
        for (uid, mine) in &ours {
            assert!(
                *mine == theirs[uid],
                "{} {uid} {:?} {:?}",
                folder.server.name,
                mine.0,
                theirs[uid].0
            );
        }
        let counted = engine.folder(folder.id).await.unwrap();
        assert_eq!(counted.total, ours.len() as u64);
        assert_eq!(
            counted.unread,
            ours.values().filter(|m| !m.0.contains(&"\\Seen".to_owned())).count() as u64
        );
        messages += ours.len();
    }
    assert!(messages >= 400, "{messages}");
    assert!(
        folders.iter().any(|folder| !folder.server.name.is_ascii()),
        "no folder with accents"
    );

    // The newest stand on top, and the whole inbox is listed.
    let list = engine.message_list(Scope::Inboxes, Filter::All, 0, 100).await.unwrap();
    assert!(
        list.rows
            .windows(2)
            .all(|two| two[0].internal_date >= two[1].internal_date)
    );
    // Whoever wrote is suggested from now on.
    let known = list
        .rows
        .iter()
        .find(|row| row.kind == pli_store::MailKind::Professional && row.from_address != MARTIN)
        .unwrap();
    let typed = known.from_address.split('@').next().unwrap();
    let suggested = engine.suggest(typed).await.unwrap();
    assert!(
        suggested
            .iter()
            .any(|one| one.address.eq_ignore_ascii_case(&known.from_address)),
        "{typed}: {suggested:?}"
    );
    // Each message read is traced under a name that another folder of the same name cannot take.
    let read = pli_trace::Filter {
        action: Some(pli_trace::Action::Receive),
        ..pli_trace::Filter::default()
    };
    let traces = engine.journal_list(read, 0, 1000).await.unwrap().traces;
    let named: Vec<&str> = traces
        .iter()
        .map(|trace| trace.record.entry.mail.as_str())
        .filter(|mail| !mail.is_empty())
        .collect();
    assert!(
        !named.is_empty() && named.iter().all(|mail| mail.contains(";UIDVALIDITY=")),
        "{named:?}"
    );
    // What was announced on the way: headers first, then bodies, then rest.
    let mut phases = Vec::new();
    told("the sync is over", &mut events, |event| {
        if let Event::Sync { phase, done, total, .. } = event {
            assert!(done <= total);
            if phases.last() != Some(phase) {
                phases.push(*phase);
            }
        }
        phases.last() == Some(&SyncPhase::Idle)
    })
    .await;
    let first = |wanted| phases.iter().position(|phase| *phase == wanted);
    assert!(first(SyncPhase::Headers) < first(SyncPhase::Bodies));
    assert_eq!(phases.last(), Some(&SyncPhase::Idle));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_a_message_that_is_on_its_way_is_told_of_its_body() {
    const MANY: usize = 600;
    const AT_ONCE: usize = 48;
    let bench = Bench::start(false);
    let mut mailbox = bench.operator.mailbox(MARTIN).unwrap();
    for n in 0..MANY {
        let letter = letter(&format!("Lettre {n}"), &"Bonjour. ".repeat(500));
        mailbox.append("INBOX", &[], &letter).unwrap();
    }
    let engine = bench.logged_in(true).await;
    let mut events = engine.subscribe();
    let account = add(&engine, MARTIN).await.id;
    until("there is an inbox", async || {
        !engine.folder_list(account).await.unwrap().is_empty()
    })
    .await;
    let inbox = inbox(&engine, account).await;

    // What is listed is opened before its body is here, a few dozen at once: fewer than the wishes that are kept.
    let (mut opened, mut waiting) = (BTreeSet::new(), BTreeSet::new());
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "{} opened", opened.len());
        let listed = rows(&engine, inbox).await;
        if listed.len() == MANY && listed.iter().all(|row| row.body_state == BodyState::Stored) {
            break;
        }
        for row in listed {
            while let Ok(event) = events.try_recv() {
                if let Event::Body { message } = event {
                    waiting.remove(&message);
                }
            }
            if waiting.len() < AT_ONCE
                && row.body_state != BodyState::Stored
                && opened.insert(row.id)
                && !engine.message_get(row.id).await.unwrap().is_complete()
            {
                waiting.insert(row.id);
            }
        }
    }
    assert!(!opened.is_empty(), "none was opened on its way");
    while !waiting.is_empty() {
        told(
            "each body that is waited for",
            &mut events,
            |event| matches!(event, Event::Body { message } if waiting.remove(message)),
        )
        .await;
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_boxes_of_one_person_share_one_login_and_read_offline_after_a_restart() {
    let bench = Bench::start(true);
    let engine = bench.logged_in(false).await;
    let (martin, cabinet) = (add(&engine, MARTIN).await, add(&engine, CABINET).await);
    engine.sync_and_wait(None).await.unwrap();
    let totals = |list: &pli_store::Page| list.total;
    let both = engine.message_list(Scope::Inboxes, Filter::All, 0, 10).await.unwrap();
    let one = engine
        .message_list(Scope::Folder(inbox(&engine, martin.id).await), Filter::All, 0, 10)
        .await
        .unwrap();
    let other = engine
        .message_list(Scope::Folder(inbox(&engine, cabinet.id).await), Filter::All, 0, 10)
        .await
        .unwrap();
    assert_eq!(totals(&both), totals(&one) + totals(&other));
    engine.stop().await;

    bench.operator.pause().unwrap();
    let engine = bench.engine(true).await;
    let accounts = engine.account_list().await.unwrap();
    assert_eq!(accounts.len(), 2);
    assert!(
        accounts
            .iter()
            .all(|account| account.session == SessionState::LoggedOut && account.synced_at.is_some())
    );
    assert!(accounts[0].quota.is_some_and(|quota| quota.limit > quota.used));
    for row in rows(&engine, inbox(&engine, martin.id).await).await {
        let message = engine.message_get(row.id).await.unwrap();
        assert!(message.is_complete());
    }
    engine.stop().await;
    bench.operator.resume().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_tried_without_a_login_and_the_vault_is_asked_for() {
    let bench = Bench::start(false);
    let engine = bench.engine(false).await;
    let account = add(&engine, MARTIN).await;
    assert!(engine.sync_and_wait(Some(account.id)).await.unwrap_err().needs_login());
    assert!(engine.folder_list(account.id).await.unwrap().is_empty());
    engine.vault_close().await;
    assert!(engine.account_list().await.is_err());
    engine.vault_open(Some("une autre phrase".into())).await.unwrap_err();
    engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
    assert_eq!(engine.account_list().await.unwrap().len(), 1);
    bench.log_in(&engine).await;
    engine.sync_and_wait(Some(account.id)).await.unwrap();
    let _ = folder(&engine, account.id, "INBOX").await;
    engine.stop().await;
}
