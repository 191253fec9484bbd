//! How long bodies stay on this workstation: old ones leave, never alone, and come back when they are asked for.

use pli_engine::{BoxKeep, EngineError};
use pli_store::{BodyState, Scope};

use crate::common::{folder, traces};
use crate::stage::{Stage, disk, letter, named, state};

/// Large enough for the disk to tell.
const OCTETS: usize = 60_000;

/// Months of 31 days at most: what is so old is older than two of them, or not.
const OLD: i64 = 80;
const YOUNG: i64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn old_bodies_leave_and_give_the_disk_back_but_for_what_is_always_here() {
    let stage = Stage::start(20, "");
    for n in 0..8 {
        stage.put("INBOX", "\\Seen", OLD + n, &letter(&format!("Ancienne {n}"), OCTETS));
        stage.put("INBOX", "\\Seen", YOUNG - n, &letter(&format!("Récente {n}"), OCTETS));
    }
    stage.put("Sent", "\\Seen", OLD, &letter("Envoyée", OCTETS));
    stage.put("INBOX", "\\Flagged", OLD, &letter("Marquée", OCTETS));
    stage.put("Drafts", "\\Draft", OLD, &letter("Brouillon", OCTETS));
    stage.put("INBOX", "", OLD, &letter("Gardée", OCTETS));
    stage.put("INBOX", "", OLD, &letter("Marquée ailleurs", OCTETS));
    let (engine, account) = stage.at_work().await;
    let kept = named(&engine, account, "Gardée").await.unwrap().id;
    engine.box_keep(account, BoxKeep::These(vec![kept])).await.unwrap();
    let before = disk(&stage);
    assert!(before > 21 * OCTETS as u64);

    for months in [0, 241] {
        let refused = engine.box_retention_set(account, Some(months)).await.unwrap_err();
        assert!(matches!(refused, EngineError::BadRequest(_)), "{refused}");
    }
    let life = engine.box_retention_set(account, Some(2)).await.unwrap();
    assert_eq!(life.retention.offline_months, Some(2));
    // Another client flags one at the last moment.
    let uid = stage.other().search("INBOX", "SUBJECT \"ailleurs\"").unwrap()[0];
    stage.other().set_flags("INBOX", uid, &["\\Flagged"]).unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();

    for n in 0..8 {
        assert_eq!(state(&engine, account, &format!("Ancienne {n}")).await, BodyState::None);
        assert_eq!(
            state(&engine, account, &format!("Récente {n}")).await,
            BodyState::Stored
        );
    }
    assert_eq!(state(&engine, account, "Envoyée").await, BodyState::None);
    for always in ["Marquée", "Brouillon", "Gardée", "Marquée ailleurs"] {
        assert_eq!(state(&engine, account, always).await, BodyState::Stored, "{always}");
    }
    // Nine bodies of the size are gone from the disk, the pack being written included.
    let after = disk(&stage);
    assert!(after + 9 * OCTETS as u64 <= before, "{before} {after}");
    // The rows stay, and are found by the words of what is not here.
    let found = engine.search("hypertens", Scope::Account(account), 100).await.unwrap();
    assert_eq!(found.rows.len(), 21);
    // Setting and removal are in the journal; the server has lost nothing.
    let verbs: Vec<String> = traces(&engine)
        .await
        .iter()
        .map(|r| r.entry.request.verb.as_str().to_owned())
        .collect();
    for verb in [
        "KEEP BODIES 2 MONTHS",
        "REMOVE OLD BODIES FROM HERE 8",
        "REMOVE OLD BODIES FROM HERE 1",
    ] {
        assert!(verbs.iter().any(|one| one == verb), "{verb} {verbs:?}");
    }
    assert_eq!(stage.other().count("INBOX").unwrap(), 19);
    // A sync fetches nothing of it again.
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(disk(&stage), after);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_comes_back_when_it_is_opened_and_stays_a_week() {
    let stage = Stage::start(20, "");
    let text = letter("Ancienne", 500);
    stage.put("INBOX", "", OLD, &text);
    stage.put("INBOX", "", OLD + 1, &letter("Plus ancienne", 500));
    let (engine, account) = stage.at_work().await;
    engine.box_retention_set(account, Some(2)).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    let mail = named(&engine, account, "Ancienne").await.unwrap().id;
    assert_eq!(state(&engine, account, "Ancienne").await, BodyState::None);
    assert!(
        !engine.message_get(mail).await.unwrap().is_complete(),
        "it is asked for"
    );
    assert_eq!(engine.message_wait(mail).await.unwrap(), text.as_bytes());

    // The next days' tidying leaves it alone, for a week.
    stage.clock.advance(6);
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(state(&engine, account, "Ancienne").await, BodyState::Stored);
    assert_eq!(state(&engine, account, "Plus ancienne").await, BodyState::None);
    stage.clock.advance(2);
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(state(&engine, account, "Ancienne").await, BodyState::None);

    // Kept: it comes, and stays.
    let done = engine.box_keep(account, BoxKeep::These(vec![mail])).await.unwrap();
    assert_eq!((done.kept, done.to_come), (0, 1));
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(state(&engine, account, "Ancienne").await, BodyState::Stored);
    assert_eq!(engine.box_life(account).await.unwrap().kept_locally, 1);

    // Everything again.
    engine.box_retention_set(account, None).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(state(&engine, account, "Plus ancienne").await, BodyState::Stored);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_under_a_retention_leaves_old_bodies_where_they_are() {
    let stage = Stage::start(0, "");
    let (engine, account) = stage.at_work().await;
    engine.box_retention_set(account, Some(2)).await.unwrap();
    stage.put("INBOX", "", OLD, &letter("Ancienne", 500));
    stage.put("INBOX", "\\Flagged", OLD, &letter("Marquée", 500));
    stage.put("INBOX", "", YOUNG, &letter("Récente", 500));
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(state(&engine, account, "Ancienne").await, BodyState::None);
    assert_eq!(state(&engine, account, "Marquée").await, BodyState::Stored);
    assert_eq!(state(&engine, account, "Récente").await, BodyState::Stored);
    let inbox = folder(&engine, account, "INBOX").await;
    assert_eq!(inbox.total, 3);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_whose_message_the_server_has_no_more_is_never_removed_from_here() {
    let stage = Stage::start(0, "");
    let text = letter("Gardée ici seulement", 500);
    stage.put("INBOX", "", OLD, &text);
    stage.put("INBOX", "", OLD, &letter("Ancienne", 500));
    let (engine, account) = stage.at_work().await;
    let mail = named(&engine, account, "Gardée ici seulement").await.unwrap().id;
    engine.box_keep(account, BoxKeep::These(vec![mail])).await.unwrap();
    // The whole folder is made anew on the server while this workstation knows nothing of it.
    let mut other = stage.other();
    for message in other.messages("INBOX").unwrap() {
        other.delete("INBOX", message.uid).unwrap();
    }
    engine.box_retention_set(account, Some(1)).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(engine.message_raw(mail).await.unwrap(), text.as_bytes());
    assert!(
        named(&engine, account, "Ancienne").await.is_none(),
        "what nobody kept went with the server's"
    );
    // Nor is anything removed without a server to ask.
    stage.bench.operator.pause().unwrap();
    stage.clock.advance(400);
    assert!(engine.sync_and_wait(Some(account)).await.is_err());
    assert_eq!(engine.message_raw(mail).await.unwrap(), text.as_bytes());
    stage.bench.operator.resume().unwrap();
    engine.stop().await;
}
