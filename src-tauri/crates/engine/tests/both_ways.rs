//! What happens on the server shows here, and what is done here reaches the server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Bench, MARTIN, add, flags_of, folder, here, inbox, letter, rows, there, told, until};
use pli_engine::{Engine, Event};
use pli_store::{AccountId, BodyState, Flags, FolderId, ListRow};

async fn by_subject(engine: &Engine, folder: FolderId, subject: &str) -> Option<ListRow> {
    rows(engine, folder)
        .await
        .into_iter()
        .find(|row| row.display_subject == subject)
}

async fn synced(bench: &Bench, count: usize) -> (Engine, AccountId, FolderId) {
    let mut mailbox = bench.operator.mailbox(MARTIN).unwrap();
    for n in 0..count {
        mailbox
            .append("INBOX", &[], &letter(&format!("Lettre {n}"), "Bonjour."))
            .unwrap();
    }
    let engine = bench.logged_in(false).await;
    let account = add(&engine, MARTIN).await.id;
    engine.sync_and_wait(Some(account)).await.unwrap();
    let inbox = inbox(&engine, account).await;
    assert_eq!(rows(&engine, inbox).await.len(), count);
    (engine, account, inbox)
}

/// Everything here is as the server has it.
async fn assert_same(bench: &Bench, engine: &Engine, account: AccountId) {
    for folder in engine.folder_list(account).await.unwrap() {
        let theirs = there(&bench.operator, MARTIN, &folder.server.name);
        assert!(here(engine, folder.id).await == theirs, "{}", folder.server.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_arrivals_and_removals_of_another_client_are_taken_in() {
    let bench = Bench::start(false);
    let (engine, account, inbox) = synced(&bench, 6).await;
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    let uids: Vec<u32> = other.flags("INBOX").unwrap().into_iter().map(|(uid, _)| uid).collect();
    other
        .set_flags("INBOX", uids[0], &["\\Seen", "\\Flagged", "$Urgent"])
        .unwrap();
    other.delete("INBOX", uids[1]).unwrap();
    other.move_to("INBOX", uids[2], "Archive").unwrap();
    other
        .append("INBOX", &["\\Seen"], &letter("Tardive", "Encore une."))
        .unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_same(&bench, &engine, account).await;
    let row = by_subject(&engine, inbox, "Lettre 0").await.unwrap();
    assert_eq!(flags_of(&row), ["$Urgent", "\\Flagged", "\\Seen"]);
    assert!(by_subject(&engine, inbox, "Tardive").await.is_some());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_offline_is_seen_at_once_and_told_once_the_server_is_back() {
    let bench = Bench::start(false);
    let (engine, account, inbox) = synced(&bench, 8).await;
    let archive = folder(&engine, account, "Archive").await.id;
    let trash = folder(&engine, account, "Trash").await.id;
    let ids: Vec<_> = rows(&engine, inbox).await.iter().map(|row| row.id).collect();
    bench.operator.pause().unwrap();

    engine
        .message_flag(vec![ids[0], ids[1]], Flags::SEEN, true)
        .await
        .unwrap();
    engine.message_flag(vec![ids[1]], Flags::FLAGGED, true).await.unwrap();
    engine.message_flag(vec![ids[0]], Flags::SEEN, false).await.unwrap();
    engine.message_move(vec![ids[1], ids[2]], archive).await.unwrap();
    engine.message_delete(vec![ids[3], ids[4]]).await.unwrap();
    // From the bin, for good; and what was moved is moved on before the server heard of it.
    engine.message_delete(vec![ids[3]]).await.unwrap();
    engine.message_move(vec![ids[2]], trash).await.unwrap();
    assert!(engine.sync_and_wait(Some(account)).await.is_err());
    assert_eq!(rows(&engine, inbox).await.len(), 4);
    assert_eq!(
        rows(&engine, archive)
            .await
            .iter()
            .map(|row| row.id)
            .collect::<Vec<_>>(),
        [ids[1]]
    );
    assert_eq!(rows(&engine, trash).await.len(), 2);
    engine.stop().await;

    // It outlives the program, and reaches the server once.
    bench.operator.resume().unwrap();
    let engine = bench.logged_in(false).await;
    engine.sync_and_wait(Some(account)).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_same(&bench, &engine, account).await;
    let moved = rows(&engine, archive).await;
    assert_eq!(
        moved.iter().map(|row| row.id).collect::<Vec<_>>(),
        [ids[1]],
        "a moved message keeps its number"
    );
    assert_eq!(flags_of(&moved[0]), ["\\Flagged", "\\Seen"]);
    assert_eq!(there(&bench.operator, MARTIN, "INBOX").len(), 4);
    assert_eq!(there(&bench.operator, MARTIN, "Trash").len(), 2);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_uidvalidity_loses_nothing_and_fetches_nothing_again() {
    let bench = Bench::start(false);
    let (engine, account, inbox) = synced(&bench, 5).await;
    let before = rows(&engine, inbox).await;
    let archive = folder(&engine, account, "Archive").await;
    engine.message_move(vec![before[0].id], archive.id).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    let kept = rows(&engine, archive.id).await[0].clone();

    // The folder is made again by another client: same message, other UIDVALIDITY.
    let raw = there(&bench.operator, MARTIN, "Archive").into_values().next().unwrap();
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    let date = other.messages("Archive").unwrap()[0].internal_date.clone();
    other.raw_command("CLOSE").unwrap();
    other.raw_command("DELETE Archive").unwrap();
    // Dovecot gives the second as UIDVALIDITY: another second, another value.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    other.create("Archive").unwrap();
    let appended = format!(
        "APPEND Archive (\\Seen) \"{date}\" {{{}+}}\r\n{}",
        raw.1.len(),
        String::from_utf8(raw.1.clone()).unwrap()
    );
    other.raw_command(&appended).unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    let after = rows(&engine, archive.id).await;
    assert_eq!(after.len(), 1);
    assert_eq!((after[0].id, after[0].body_state), (kept.id, BodyState::Stored));
    assert_ne!(
        folder(&engine, account, "Archive").await.cursor.uid_validity,
        archive.cursor.uid_validity
    );
    assert_eq!(flags_of(&after[0]), ["\\Seen"]);
    assert_eq!(engine.message_raw(kept.id).await.unwrap(), raw.1);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_shows_by_itself_and_a_change_here_leaves_by_itself() {
    let bench = Bench::start(false);
    let engine = bench.logged_in(true).await;
    let account = add(&engine, MARTIN).await.id;
    engine.sync_and_wait(Some(account)).await.unwrap();
    let inbox = inbox(&engine, account).await;
    let mut events = engine.subscribe();
    bench
        .operator
        .deliver("anne.petit@beta.mssante.test", MARTIN, &letter("Bonjour", "À lire."))
        .unwrap();
    until("the letter shows with its body", async || {
        by_subject(&engine, inbox, "Bonjour")
            .await
            .is_some_and(|row| row.body_state == BodyState::Stored)
    })
    .await;
    told(
        "a letter is new",
        &mut events,
        |event| matches!(event, Event::Messages { folder, new: 1, .. } if *folder == inbox),
    )
    .await;
    let row = by_subject(&engine, inbox, "Bonjour").await.unwrap();
    engine.message_flag(vec![row.id], Flags::SEEN, true).await.unwrap();
    until("the flag reaches the server", async || {
        there(&bench.operator, MARTIN, "INBOX")
            .values()
            .all(|message| message.0 == ["\\Seen"])
    })
    .await;
    // A flag set by another client comes in without being asked for.
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    let uid = row.uid.unwrap().get();
    other.set_flags("INBOX", uid, &["\\Flagged"]).unwrap();
    until("the other client's flag shows", async || {
        by_subject(&engine, inbox, "Bonjour")
            .await
            .is_some_and(|row| row.flags.contains(Flags::FLAGGED))
    })
    .await;
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_go_away_are_found_again() {
    let bench = Bench::start(false);
    let engine = bench.logged_in(true).await;
    let account = add(&engine, MARTIN).await.id;
    engine.sync_and_wait(Some(account)).await.unwrap();
    let inbox = inbox(&engine, account).await;
    bench.operator.pause().unwrap();
    until("the loss shows", async || {
        engine.account(account).await.unwrap().session != pli_engine::SessionState::Online
    })
    .await;
    assert!(engine.account(account).await.unwrap().problem.is_some());
    bench.operator.resume().unwrap();
    bench
        .operator
        .deliver("anne.petit@beta.mssante.test", MARTIN, &letter("Retour", "Me revoilà."))
        .unwrap();
    until("what came meanwhile shows", async || {
        by_subject(&engine, inbox, "Retour").await.is_some()
    })
    .await;
    until("the problem is forgotten", async || {
        engine.account(account).await.unwrap().problem.is_none()
    })
    .await;
    engine.stop().await;
}
