//! Plans, their execution, and what is left alone.

use std::collections::BTreeSet;

use pli_engine::{EngineError, Kept, PurgeProblem, PurgeSchedule, PurgeScope};
use pli_operator::boxes;
use pli_store::{FolderRole, KeptWhy, PurgeState, PurgeStep};
use pli_trace::Outcome;

use crate::common::{Bench, MARTIN, add, folder, rows};
use crate::stage::{SCOPE, SENT, deletions, fill, name, ready, records, run, seed, there};

fn count(kept: &[Kept], why: KeptWhy) -> u32 {
    kept.iter().find(|kept| kept.why == why).map_or(0, |kept| kept.count)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_says_what_goes_and_why_the_rest_stays_and_exactly_that_goes() {
    let bench = Bench::start(false);
    fill(&bench.operator, 60, 7);
    let others = [
        seed(SENT, "etoile", 50, &["\\Seen", "\\Flagged"]),
        seed(SENT, "en-main", 50, &["\\Seen", "$PliTaken"]),
        seed(SENT, "jetee", 50, &["\\Seen", "\\Deleted"]),
        seed(SENT, "jetee-hier", 1, &["\\Seen", "\\Deleted"]),
    ];
    bench.operator.seed(MARTIN, &others).unwrap();
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
    assert_eq!((plan.state, plan.count, plan.left), (PurgeState::Planned, 61, 61));
    assert_eq!(plan.folder_name.as_deref(), Some(SENT));
    assert_eq!(count(&plan.kept, KeptWhy::TooRecent), 8);
    assert_eq!(count(&plan.kept, KeptWhy::Flagged), 1);
    assert_eq!(count(&plan.kept, KeptWhy::HandledBySomebody), 1);
    assert!(plan.oldest < plan.newest && plan.octets > 61 * 100);
    assert_eq!(plan.groups.iter().map(|group| group.count).sum::<u32>(), 61);
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    assert_eq!(there(&mut other, SENT).len(), 71, "a plan deletes nothing");
    let done = run(&engine, plan.id).await;
    assert_eq!(
        (done.state, done.done, done.left),
        (PurgeState::Done, 61, 0),
        "{done:?}"
    );
    let left = there(&mut other, SENT);
    let expected: BTreeSet<String> = (0..7)
        .map(|n| format!("new-{n}"))
        .chain(["etoile", "en-main", "jetee-hier"].map(str::to_owned))
        .collect();
    assert_eq!(left.keys().cloned().collect::<BTreeSet<_>>(), expected);
    let marked: Vec<_> = left
        .iter()
        .filter(|(_, (_, flags))| flags.contains("\\Deleted"))
        .collect();
    assert_eq!(marked.len(), 1, "somebody else's mark is theirs: {marked:?}");
    // One record a deletion, its intention before it.
    let records = records(&engine).await;
    let told = deletions(&records);
    assert!(told.len() == 61 && told.values().all(|times| *times == 1));
    assert_eq!(records.len(), 122);
    assert!(
        records[..61]
            .iter()
            .all(|record| record.entry.outcome == Outcome::Intended)
    );
    assert!(
        records
            .iter()
            .all(|record| record.entry.encoded_size.is_some() && !record.unanswered)
    );
    // Nothing of it is listed here any more, and a purge that has ended does not begin again.
    let sent = folder(&engine, account, SENT).await.id;
    assert_eq!(rows(&engine, sent).await.len(), 10);
    assert!(matches!(
        engine.purge_start(plan.id).await,
        Err(EngineError::WrongState(_))
    ));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_between_plan_and_purge_is_spared() {
    let bench = Bench::start(false);
    fill(&bench.operator, 20, 0);
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
    let rows_of = engine.purge_rows(plan.id).await.unwrap();
    let uid = |wanted: &str| rows_of.iter().find(|row| name(row) == wanted).unwrap().uid.get();
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    other.set_flags(SENT, uid("old-3"), &["\\Flagged"]).unwrap();
    other.set_flags(SENT, uid("old-4"), &["\\Seen", "$PliTaken"]).unwrap();
    other.set_flags(SENT, uid("old-5"), &["\\Answered"]).unwrap();
    other.delete(SENT, uid("old-6")).unwrap();
    other.move_to(SENT, uid("old-7"), "Archive").unwrap();
    // Flagged here, and not told to the server yet.
    let here = rows_of.iter().find(|row| name(row) == "old-8").unwrap().mail;
    engine
        .message_flag(vec![here], pli_store::Flags::FLAGGED, true)
        .await
        .unwrap();
    let moved = rows_of.iter().find(|row| name(row) == "old-9").unwrap().mail;
    let archive = folder(&engine, account, "Archive").await.id;
    engine.message_move(vec![moved], archive).await.unwrap();
    let done = run(&engine, plan.id).await;
    assert_eq!(
        (done.state, done.done, done.already_gone),
        (PurgeState::Done, 14, 2),
        "{done:?}"
    );
    assert_eq!(count(&done.spared, KeptWhy::FlaggedSince), 2);
    assert_eq!(count(&done.spared, KeptWhy::HandledBySomebody), 1);
    assert_eq!(count(&done.spared, KeptWhy::ChangedSince), 1);
    let left = there(&mut other, SENT);
    let names: Vec<&str> = left.keys().map(String::as_str).collect();
    assert_eq!(names, ["old-3", "old-4", "old-8", "old-9"]);
    assert!(left.values().all(|(_, flags)| !flags.contains("\\Deleted")));
    assert_eq!(there(&mut other, "Archive").len(), 1);
    assert_eq!(deletions(&records(&engine).await).len(), 14);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_stay_here_when_asked_and_what_is_not_here_is_left_there() {
    let bench = Bench::start(false);
    fill(&bench.operator, 8, 0);
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let plan = engine.purge_plan(account, SCOPE, true).await.unwrap();
    assert_eq!(plan.count, 8);
    let done = run(&engine, plan.id).await;
    assert_eq!((done.done, done.left), (8, 0));
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    assert!(there(&mut other, SENT).is_empty());
    engine.sync_and_wait(Some(account)).await.unwrap();
    let kept = engine.folder_list(account).await.unwrap();
    let kept = kept
        .iter()
        .find(|folder| folder.server.role == FolderRole::Kept)
        .unwrap();
    let rows = rows(&engine, kept.id).await;
    assert_eq!(rows.len(), 8);
    for row in rows {
        assert!(
            engine
                .message_raw(row.id)
                .await
                .unwrap()
                .starts_with(b"From: dr.martin")
        );
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bin_is_emptied_and_chosen_messages_go_from_several_folders() {
    let bench = Bench::start(false);
    fill(&bench.operator, 3, 0);
    let more = [
        seed("Trash", "corbeille-1", 5, &[]),
        seed("Trash", "corbeille-2", 50, &["\\Flagged"]),
        seed("Archive", "archive-1", 5, &["\\Flagged"]),
        seed("Archive", "archive-2", 5, &[]),
    ];
    bench.operator.seed(MARTIN, &more).unwrap();
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let young = engine
        .purge_plan(account, PurgeScope::Trash { older_than_days: 30 }, false)
        .await
        .unwrap();
    assert_eq!(young.count, 1);
    let all = engine
        .purge_plan(account, PurgeScope::Trash { older_than_days: 0 }, false)
        .await
        .unwrap();
    assert!(
        engine.purge_get(young.id).await.is_err(),
        "a plan that never began is forgotten"
    );
    assert_eq!(run(&engine, all.id).await.done, 2);
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    assert!(there(&mut other, "Trash").is_empty());
    let archive = rows(&engine, folder(&engine, account, "Archive").await.id).await;
    let sent = rows(&engine, folder(&engine, account, SENT).await.id).await;
    let flagged = archive
        .iter()
        .find(|row| row.flags.contains(pli_store::Flags::FLAGGED))
        .unwrap();
    let chosen = PurgeScope::Chosen(vec![flagged.id, sent[0].id, sent[0].id]);
    let plan = engine.purge_plan(account, chosen, false).await.unwrap();
    assert_eq!((plan.count, plan.folder_name.as_deref()), (2, None));
    let done = run(&engine, plan.id).await;
    assert_eq!((done.state, done.done), (PurgeState::Done, 2));
    assert_eq!(
        (there(&mut other, "Archive").len(), there(&mut other, SENT).len()),
        (1, 2)
    );
    let list = engine.purge_list(account).await.unwrap();
    assert_eq!(list.iter().map(|purge| purge.id).collect::<Vec<_>>(), [plan.id, all.id]);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_box_s_messages_and_too_many_days_are_refused() {
    let bench = Bench::start(false);
    fill(&bench.operator, 1, 0);
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let cabinet = add(&engine, crate::common::CABINET).await.id;
    let sent = rows(&engine, folder(&engine, account, SENT).await.id).await;
    let foreign = engine
        .purge_plan(cabinet, PurgeScope::Chosen(vec![sent[0].id]), false)
        .await;
    assert!(matches!(foreign, Err(EngineError::BadRequest(_))), "{foreign:?}");
    let days = engine
        .purge_plan(account, PurgeScope::Trash { older_than_days: 3_651 }, false)
        .await;
    assert!(matches!(days, Err(EngineError::OutOfRange(_))));
    // Nothing is known yet of the second box's folders: nobody guesses.
    let nobody = engine.purge_plan(cabinet, SCOPE, false).await.unwrap();
    assert_eq!((nobody.count, nobody.obstacle), (0, Some(PurgeProblem::NoSentFolder)));
    let refused = engine.purge_start(nobody.id).await;
    assert!(matches!(refused, Err(EngineError::Purge(PurgeProblem::NoSentFolder))));
    // The inbox and the bin hold nothing that was sent.
    let folders = engine.folder_list(account).await.unwrap();
    for role in [FolderRole::Inbox, FolderRole::Trash] {
        let wrong = folders.iter().find(|folder| folder.server.role == role).unwrap();
        assert!(engine.sent_folder_set(account, wrong.id).await.is_err());
    }
    let archive = folder(&engine, account, "Archive").await.id;
    engine.sent_folder_set(account, archive).await.unwrap();
    let set = engine.sent_folder(account).await.unwrap().unwrap();
    assert!(set.chosen && set.folder == archive);
    engine.stop().await;
}

fn daily(schedule: PurgeSchedule) -> PurgeSchedule {
    PurgeSchedule {
        enabled: true,
        every: pli_engine::Every::Daily,
        older_than_days: 30,
        trash_older_than_days: Some(10),
        ..schedule
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_catches_up_once_and_a_surprise_waits_for_the_person() {
    let bench = Bench::start(false);
    fill(&bench.operator, 4, 0);
    let clock = std::sync::Arc::new(crate::killed::Hours::default());
    let mut options = crate::common::people::options(&bench);
    options.background = false;
    options.clock = clock.clone();
    let home = pli_engine::Home::at(bench.dir.path().join("profile"));
    let engine = pli_engine::Engine::start(home, options).unwrap();
    engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
    bench.log_in(&engine).await;
    let account = ready(&bench, &engine).await;
    let before = engine.purge_schedule(account).await.unwrap();
    assert!(!before.enabled && before.next_run.is_none() && !before.fixed);
    assert_eq!((before.older_than_days, before.keep_flagged), (30, true));
    let set = engine.purge_schedule_set(account, daily(before)).await.unwrap();
    assert!(set.next_run.is_some() && set.last_run.is_none());
    assert!(engine.purge_due().await.unwrap().is_empty(), "not on the same day");
    // Three days missed: one purge, and the first of all waits.
    clock.advance(73);
    bench.log_in(&engine).await;
    let waits = engine.purge_due().await.unwrap();
    assert_eq!(waits.len(), 1);
    let shown = engine.purge_schedule(account).await.unwrap();
    assert_eq!(shown.waits, Some(waits[0]));
    assert_eq!(engine.purge_get(waits[0]).await.unwrap().state, PurgeState::Planned);
    assert!(engine.purge_due().await.unwrap().is_empty(), "it is asked once");
    assert_eq!(run(&engine, waits[0]).await.done, 4);
    let shown = engine.purge_schedule(account).await.unwrap();
    assert!(shown.waits.is_none() && shown.last_run.is_some());
    // As much as the last time: it runs by itself. More than twice as much: it waits.
    for (added, by_itself) in [(6, true), (13, false)] {
        let seeds: Vec<_> = (0..added)
            .map(|n| seed(SENT, &format!("plus-{added}-{n}"), 40, &["\\Seen"]))
            .collect();
        bench.operator.seed(MARTIN, &seeds).unwrap();
        engine.sync_and_wait(Some(account)).await.unwrap();
        assert!(engine.purge_due().await.unwrap().is_empty(), "not due yet");
        clock.advance(25);
        bench.log_in(&engine).await;
        let begun = engine.purge_due().await.unwrap();
        assert_eq!(begun.len(), 1);
        let ended = engine.purge_wait(begun[0]).await.unwrap();
        assert!(ended.scheduled);
        assert_eq!(ended.done, if by_itself { added } else { 0 });
        assert_eq!(
            engine.purge_schedule(account).await.unwrap().waits.is_some(),
            !by_itself
        );
    }
    let _ = (boxes::DR_MARTIN, PurgeStep::Gone);
    engine.stop().await;
}
