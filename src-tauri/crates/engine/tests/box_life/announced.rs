//! What is told of a BAL's life: from the day on, once a week, and not any more once it is not so.

use jiff::ToSpan as _;
use pli_engine::{BoxKeep, BoxKept, BoxNotice, BoxRetention};

use crate::common::{MARTIN, add, traces};
use crate::stage::{Stage, announced, kept, letter, told};

/// An operator that deletes what it received after 90 days, and what was sent after 30.
const DELETES: &str = "[[operators]]\nname = \"Opérateur Alpha\"\ndomains = [\"alpha.mssante.test\"]\n\
                       deletes_after_days = 90\npurges_sent_after_days = 30\n\
                       web_mail = \"https://webmail.alpha.mssante.test\"\n\
                       removal = [\"Écrivez à l'assistance d'Alpha.\"]\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_box_not_opened_for_45_days_is_told_once_a_week_until_it_is_opened() {
    let stage = Stage::start(60, "");
    let (engine, account) = stage.at_work().await;
    let opened_on = stage.clock.today();
    let life = engine.box_life(account).await.unwrap();
    assert_eq!((life.days_without, life.notice), (Some(0), None));
    assert!(life.opened_at.is_some());
    engine.stop().await;

    // Nobody logs in: what counts is that the server was opened, not the program.
    stage.clock.advance(44);
    let engine = stage.open().await;
    assert_eq!(engine.box_life(account).await.unwrap().days_without, Some(44));
    assert!(engine.box_life(account).await.unwrap().notice.is_none());
    assert!(engine.box_notices().await.unwrap().is_empty());
    engine.stop().await;

    stage.clock.advance(1);
    let engine = stage.open().await;
    let unpublished_on = opened_on.saturating_add(2.months());
    let told_now = announced(&engine, 1).await;
    assert_eq!(told_now[0].notice, BoxNotice::Unused45 { unpublished_on });
    assert_eq!(told_now[0].account, account);
    // « Plus tard »: not before a week, and traced.
    engine.box_notice_dismiss(account).await.unwrap();
    assert!(engine.box_notices().await.unwrap().is_empty());
    assert!(
        engine.box_life(account).await.unwrap().notice.is_some(),
        "it is still so"
    );
    let verbs: Vec<String> = traces(&engine)
        .await
        .iter()
        .map(|r| r.entry.request.verb.as_str().to_owned())
        .collect();
    assert!(verbs.iter().any(|verb| verb == "PUT BOX NOTICE ASIDE"), "{verbs:?}");
    engine.stop().await;

    stage.clock.advance(6);
    let engine = stage.open().await;
    // Keeping nothing looks at the box again, in this very call.
    engine.box_keep(account, BoxKeep::These(Vec::new())).await.unwrap();
    assert!(engine.box_notices().await.unwrap().is_empty());
    engine.stop().await;

    stage.clock.advance(1);
    let engine = stage.open().await;
    let again = announced(&engine, 1).await;
    assert_eq!(again[0].notice, BoxNotice::Unused45 { unpublished_on });
    assert!(again[0].at > told_now[0].at);
    engine.stop().await;

    // Opened again: nothing is to be told any more.
    let (engine, _) = stage.at_work().await;
    let life = engine.box_life(account).await.unwrap();
    assert_eq!((life.days_without, life.notice), (Some(0), None));
    assert!(engine.box_notices().await.unwrap().is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_was_never_opened_counts_from_the_day_it_was_set_up() {
    let stage = Stage::start(0, "");
    let engine = stage.open().await;
    let account = add(&engine, MARTIN).await.id;
    let set_up_on = stage.clock.today();
    stage.clock.advance(45);
    let life = engine.box_life(account).await.unwrap();
    assert_eq!((life.opened_at, life.days_without), (None, None));
    let unpublished_on = set_up_on.saturating_add(2.months());
    assert_eq!(life.notice, Some(BoxNotice::Unused45 { unpublished_on }));
    // A clock set back announces nothing.
    stage.clock.advance(-400);
    assert_eq!(engine.box_life(account).await.unwrap().notice, None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_is_about_to_delete_is_told_and_kept_by_one_gesture() {
    let stage = Stage::start(0, DELETES);
    stage.put("INBOX", "", 100, &letter("Déjà dû", 200));
    stage.put("INBOX", "\\Seen", 80, &letter("Dans dix jours", 200));
    stage.put("INBOX", "", 76, &letter("Dans quatorze jours", 200));
    stage.put("INBOX", "", 75, &letter("Dans quinze jours", 200));
    stage.put("INBOX", "$PliFiled \\Seen", 85, &letter("Déjà classé", 200));
    stage.put("Sent", "\\Seen", 25, &letter("Envoyé dans cinq jours", 200));
    stage.put("Sent", "\\Seen", 3, &letter("Envoyé hier", 200));
    stage.put("Trash", "\\Seen", 85, &letter("Jeté", 200));
    let (engine, account) = stage.at_work().await;

    let life = engine.box_life(account).await.unwrap();
    assert_eq!(life.operator.name, "Opérateur Alpha");
    assert_eq!(life.operator.deletes_after_days, Some(90));
    assert_eq!(life.operator.purges_sent_after_days, Some(30));
    assert!(
        life.operator
            .removal
            .iter()
            .any(|line| line == "Écrivez à l'assistance d'Alpha.")
    );
    assert_eq!((life.kept_locally, life.retention), (0, BoxRetention::default()));
    let Some(BoxNotice::Leaving {
        count,
        octets,
        first_on,
    }) = life.notice
    else {
        panic!("{:?}", life.notice);
    };
    assert_eq!(
        (count, first_on),
        (4, stage.clock.today()),
        "what is due already goes first"
    );
    assert!(octets > 4 * 200);
    assert_eq!(announced(&engine, 1).await[0].notice, life.notice.unwrap());

    // One gesture.
    let mut events = engine.subscribe();
    let done = engine.box_keep(account, BoxKeep::Leaving).await.unwrap();
    assert_eq!(done, BoxKept { kept: 4, to_come: 0 });
    assert!(told(&mut events) >= 1);
    assert!(engine.box_notices().await.unwrap().is_empty());
    let life = engine.box_life(account).await.unwrap();
    assert_eq!((life.kept_locally, life.only_here, life.notice), (4, 0, None));
    let kept_traces = traces(&engine)
        .await
        .into_iter()
        .filter(|record| record.entry.request.verb.as_str() == "KEEP HERE");
    assert_eq!(
        kept_traces.filter(|record| record.entry.message_id.is_some()).count(),
        4,
        "one trace for each"
    );

    // The operator does what it said.
    stage.empty("INBOX");
    stage.empty("Sent");
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(
        kept(&engine, account).await,
        [
            "Dans dix jours",
            "Dans quatorze jours",
            "Déjà dû",
            "Envoyé dans cinq jours"
        ]
    );
    let life = engine.box_life(account).await.unwrap();
    assert_eq!((life.kept_locally, life.only_here), (4, 4));
    engine.stop().await;
}
