//! Servers that change, refuse and cut: none of it deletes a wrong message (EX_GBP_3050).

use pli_engine::{EngineError, PurgeProblem};
use pli_store::PurgeState;

use crate::common::{Bench, MARTIN, told};
use crate::stage::{SCOPE, SENT, deletions, fill, ready, records, run, there};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_made_anew_under_the_same_name_loses_nothing() {
    let bench = Bench::start(false);
    fill(&bench.operator, 30, 0);
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    // The same messages, under the same UIDs, in a folder that is another one.
    other.raw_command("RENAME Sent Ailleurs").unwrap();
    other.raw_command("CREATE Sent").unwrap();
    other.raw_command("SELECT Ailleurs").unwrap();
    other.raw_command("UID COPY 1:* Sent").unwrap();
    let ended = run(&engine, plan.id).await;
    assert_eq!(
        (ended.state, ended.done, ended.left),
        (PurgeState::Failed, 0, 30),
        "{ended:?}"
    );
    let problem = ended.problem.unwrap();
    assert!(
        matches!(problem.root(), EngineError::Purge(PurgeProblem::Stale)),
        "{problem:?}"
    );
    let left = there(&mut other, SENT);
    assert_eq!(left.len(), 30);
    assert!(left.values().all(|(_, flags)| !flags.contains("\\Deleted")));
    assert!(deletions(&records(&engine).await).is_empty());
    // Followed again, a new plan does it.
    engine.sync_and_wait(Some(account)).await.unwrap();
    let again = engine.purge_plan(account, SCOPE, false).await.unwrap();
    assert_eq!(run(&engine, again.id).await.done, 30);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_again_and_again_ends_the_plan_and_nothing_else() {
    let bench = Bench::start(false);
    fill(&bench.operator, 3_000, 20);
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
    engine.purge_start(plan.id).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        bench.operator.restart_mail().unwrap();
    }
    let mut ended = engine.purge_wait(plan.id).await.unwrap();
    if ended.state != PurgeState::Done {
        ended = run(&engine, plan.id).await;
    }
    assert_eq!((ended.state, ended.left), (PurgeState::Done, 0), "{ended:?}");
    assert_eq!(ended.done + ended.already_gone, 3_000);
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    assert_eq!(there(&mut other, SENT).len(), 20);
    let told = deletions(&records(&engine).await);
    assert_eq!(told.len() as u32, ended.done);
    assert!(told.values().all(|times| *times == 1));
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_no_mark_and_the_rest_waits() {
    let bench = Bench::start(false);
    fill(&bench.operator, 3_000, 0);
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    // Whoever says stop may be held up until all is gone: a larger purge is stopped then.
    let (mut size, mut tries) = (3_000, 0);
    let stopped = loop {
        let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
        let mut events = engine.subscribe();
        engine.purge_start(plan.id).await.unwrap();
        told(
            "the first deletions",
            &mut events,
            |event| matches!(event, pli_engine::Event::Purge { purge, done: 1.., .. } if *purge == plan.id.get()),
        )
        .await;
        engine.purge_stop(plan.id).await.unwrap();
        let stopped = engine.purge_wait(plan.id).await.unwrap();
        if stopped.state != PurgeState::Done {
            break stopped;
        }
        tries += 1;
        assert!(tries < 4, "no stop came in time");
        size *= 2;
        fill(&bench.operator, size, 0);
        engine.sync_and_wait(Some(account)).await.unwrap();
    };
    assert_eq!(stopped.state, PurgeState::Stopped, "{stopped:?}");
    assert!(stopped.done > 0 && stopped.left > 0 && (stopped.done + stopped.left) as usize == size);
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    let left = there(&mut other, SENT);
    assert_eq!(left.len(), stopped.left as usize);
    assert!(left.values().all(|(_, flags)| !flags.contains("\\Deleted")));
    assert_eq!(run(&engine, stopped.id).await.done as usize, size);
    engine.stop().await;
}

/// Where what a test adds to the server's own settings begins.
const ADDED: &str = "# Added by a test.";

/// Changes how the real server behaves, until it is changed again.
fn configure(bench: &Bench, more: &str) {
    let path = bench.operator.info().dir.join("dovecot/dovecot.conf");
    let text = std::fs::read_to_string(&path).unwrap();
    let own = text.split(ADDED).next().unwrap();
    std::fs::write(&path, format!("{own}{ADDED}\n{more}\n")).unwrap();
    bench.operator.restart_mail().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_uidplus_is_asked_for_nothing() {
    let bench = Bench::start(false);
    fill(&bench.operator, 12, 0);
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    // Somebody else's mark: a bare EXPUNGE would take it along.
    let uid = there(&mut other, SENT).values().next().unwrap().0;
    other.set_flags(SENT, uid, &["\\Deleted"]).unwrap();
    configure(
        &bench,
        "protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT CHILDREN NAMESPACE \
         UNSELECT LIST-EXTENDED CONDSTORE QRESYNC ESEARCH SPECIAL-USE QUOTA MOVE\n}",
    );
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
    assert_eq!((plan.count, plan.obstacle), (12, Some(PurgeProblem::NoUidPlus)));
    let refused = engine.purge_start(plan.id).await;
    assert!(matches!(refused, Err(EngineError::Purge(PurgeProblem::NoUidPlus))));
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    assert_eq!(there(&mut other, SENT).len(), 12);
    // A server that lost it since the plan was made is refused too, at the folder's door.
    engine.stop().await;
    configure(&bench, "");
    let engine = bench.logged_in(false).await;
    engine.sync_and_wait(Some(account)).await.unwrap();
    let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
    assert_eq!(plan.obstacle, None);
    configure(
        &bench,
        "protocol imap {\n  imap_capability = IMAP4rev1 ENABLE IDLE CONDSTORE MOVE\n}",
    );
    let ended = run(&engine, plan.id).await;
    let problem = ended.problem.clone().unwrap();
    assert_eq!(
        (ended.state, ended.done, ended.left),
        (PurgeState::Failed, 0, 12),
        "{ended:?}"
    );
    assert!(
        matches!(problem.root(), EngineError::Purge(PurgeProblem::NoUidPlus)),
        "{problem:?}"
    );
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    let left = there(&mut other, SENT);
    assert_eq!(
        left.values().filter(|(_, flags)| flags.contains("\\Deleted")).count(),
        1
    );
    assert!(left.len() == 12 && deletions(&records(&engine).await).is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_to_expunge_keeps_all_and_our_marks_are_taken_back() {
    for rights in ["lrwstip", "lrwsi"] {
        let bench = Bench::start(false);
        fill(&bench.operator, 12, 0);
        let mut other = bench.operator.mailbox(MARTIN).unwrap();
        let uid = there(&mut other, SENT).values().next().unwrap().0;
        other.set_flags(SENT, uid, &["\\Deleted"]).unwrap();
        let engine = bench.logged_in(false).await;
        let account = ready(&bench, &engine).await;
        let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
        // No right to expunge; then none to mark either (RFC 4314).
        let sent = bench
            .operator
            .info()
            .dir
            .join("mail/alpha.mssante.test/dr.martin/Maildir/.Sent");
        std::fs::write(sent.join("dovecot-acl"), format!("owner {rights}\n")).unwrap();
        configure(
            &bench,
            "protocol imap {\n  mail_plugins = $mail_plugins acl\n}\nplugin {\n  acl = vfile\n}",
        );
        let ended = run(&engine, plan.id).await;
        assert_eq!(
            (ended.state, ended.done, ended.left),
            (PurgeState::Failed, 0, 12),
            "{rights}: {ended:?}"
        );
        assert!(ended.problem.is_some());
        let mut other = bench.operator.mailbox(MARTIN).unwrap();
        let left = there(&mut other, SENT);
        let marked: Vec<u32> = left
            .values()
            .filter(|(_, flags)| flags.contains("\\Deleted"))
            .map(|(uid, _)| *uid)
            .collect();
        assert_eq!(
            (left.len(), marked),
            (12, vec![uid]),
            "{rights}: another's mark stays, ours do not"
        );
        assert!(deletions(&records(&engine).await).is_empty());
        engine.stop().await;
    }
}
