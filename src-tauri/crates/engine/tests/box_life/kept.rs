//! What is kept on this workstation: there whatever the server does, and nothing of it ever goes back to the server.

use pli_engine::{BoxKeep, EngineError, Event};
use pli_store::{BodyState, Flags, FolderRole, Scope, StoreError};

use crate::common::{MARTIN, exchanges, folder, rows, there, told};
use crate::stage::{Stage, ids, kept, kept_folder, letter, named};

#[tokio::test(flavor = "multi_thread")]
async fn it_survives_everything_that_a_server_can_do_to_it() {
    let stage = Stage::start(0, "");
    stage.other().create("Cabinet").unwrap();
    let texts: Vec<String> = (1..=4).map(|n| letter(&format!("Lettre {n}"), 300)).collect();
    stage.put("INBOX", "", 3, &texts[0]);
    stage.put("Archive", "", 3, &texts[1]);
    stage.put("Cabinet", "", 3, &texts[2]);
    stage.put("INBOX", "", 3, &texts[3]);
    stage.put("INBOX", "", 2, &letter("Non gardée", 300));
    let (engine, account) = stage.at_work().await;
    let mut mails = Vec::new();
    for n in 1..=4 {
        mails.push(named(&engine, account, &format!("Lettre {n}")).await.unwrap().id);
    }
    engine.box_keep(account, BoxKeep::These(mails.clone())).await.unwrap();
    assert!(
        kept_folder(&engine, account).await.is_none(),
        "the server still has them: they stay where they are"
    );

    // Removed by another client; its folder numbered anew without it; its folder gone; moved elsewhere.
    let mut other = stage.other();
    let uid = other.search("INBOX", "SUBJECT \"Lettre 1\"").unwrap()[0];
    other.delete("INBOX", uid).unwrap();
    let uid = other.search("INBOX", "SUBJECT \"Non\"").unwrap()[0];
    other.delete("INBOX", uid).unwrap();
    let uid = other.search("INBOX", "SUBJECT \"Lettre 4\"").unwrap()[0];
    other.move_to("INBOX", uid, "Junk").unwrap();
    other.raw_command("CLOSE").unwrap();
    other.raw_command("DELETE Cabinet").unwrap();
    other.raw_command("DELETE Archive").unwrap();
    // Dovecot gives the second as UIDVALIDITY: another second, another value.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    other.create("Archive").unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(kept(&engine, account).await, ["Lettre 1", "Lettre 2", "Lettre 3"]);
    // What was only moved is where it was moved, once, with its octets.
    let moved = named(&engine, account, "Lettre 4").await.unwrap();
    let junk = folder(&engine, account, "Junk").await;
    assert_eq!((moved.folder, moved.body_state), (Some(junk.id), BodyState::Stored));
    assert!(named(&engine, account, "Non gardée").await.is_none());

    // Readable, searchable, exportable, after a restart, with nobody logged in.
    engine.stop().await;
    let engine = stage.open().await;
    for (mail, text) in mails.iter().zip(&texts).take(3) {
        assert_eq!(engine.message_raw(*mail).await.unwrap(), text.as_bytes());
        assert!(engine.message_get(*mail).await.unwrap().is_complete());
    }
    let found = engine.search("hypertens", Scope::Account(account), 10).await.unwrap();
    assert_eq!(found.rows.len(), 4);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_is_ever_told_to_the_server_and_it_is_removed_by_hand_alone() {
    let stage = Stage::start(0, "");
    stage.put("INBOX", "", 3, &letter("Gardée", 300));
    stage.put("INBOX", "", 2, &letter("Autre", 300));
    let (engine, account) = stage.at_work().await;
    let mail = named(&engine, account, "Gardée").await.unwrap().id;
    engine.box_keep(account, BoxKeep::These(vec![mail])).await.unwrap();
    let uid = stage.other().search("INBOX", "SUBJECT \"Gard\"").unwrap_or_default();
    let uid = uid.first().copied().unwrap_or(1);
    stage.other().delete("INBOX", uid).unwrap();
    let mut events = engine.subscribe();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(kept(&engine, account).await, ["Gardée"]);
    told(
        "there is a local folder",
        &mut events,
        |event| matches!(event, Event::Folders { account: of } if *of == account),
    )
    .await;
    let local = kept_folder(&engine, account).await.unwrap();
    assert_eq!(local.server.name, "Conservé sur ce poste");

    // Flags change here; it goes to no folder, and none of the server's comes here.
    engine.message_flag(vec![mail], Flags::FLAGGED, true).await.unwrap();
    assert!(rows(&engine, local.id).await[0].flags.contains(Flags::FLAGGED));
    let archive = folder(&engine, account, "Archive").await;
    let refused = engine.message_move(vec![mail], archive.id).await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Store(StoreError::Invalid { .. })),
        "{refused}"
    );
    let other = named(&engine, account, "Autre").await.unwrap().id;
    engine.message_move(vec![other], local.id).await.unwrap_err();
    engine.sync_and_wait(Some(account)).await.unwrap();
    let asked: Vec<String> = exchanges(&engine)
        .await
        .iter()
        .map(|r| r.entry.request.verb.as_str().to_owned())
        .collect();
    let changes = ["APPEND", "UID STORE", "UID MOVE", "UID COPY", "CREATE"];
    assert!(
        !asked
            .iter()
            .any(|verb| changes.iter().any(|change| verb.starts_with(change))),
        "{asked:?}"
    );
    assert_eq!(there(&stage.bench.operator, MARTIN, "INBOX").len(), 1);
    let names: Vec<String> = stage
        .other()
        .folders()
        .unwrap()
        .into_iter()
        .map(|folder| folder.name)
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.contains("kept") || name.contains("Conserv")),
        "{names:?}"
    );

    // By hand, for good: there is no bin for what only this workstation has.
    engine.message_delete(vec![mail]).await.unwrap();
    assert!(kept(&engine, account).await.is_empty());
    assert!(engine.message_raw(mail).await.is_err());
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(engine.box_life(account).await.unwrap().kept_locally, 0);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_thrown_away_here_and_kept_follows_the_bin_then_goes() {
    let stage = Stage::start(0, "");
    stage.put("INBOX", "", 3, &letter("Gardée puis jetée", 300));
    let (engine, account) = stage.at_work().await;
    let mails = ids(&engine, account, "INBOX").await;
    engine.box_keep(account, BoxKeep::These(mails.clone())).await.unwrap();
    engine.message_delete(mails.clone()).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert_eq!(there(&stage.bench.operator, MARTIN, "Trash").len(), 1);
    engine.message_delete(mails).await.unwrap();
    engine.sync_and_wait(Some(account)).await.unwrap();
    assert!(there(&stage.bench.operator, MARTIN, "Trash").is_empty());
    assert!(
        kept(&engine, account).await.is_empty(),
        "somebody removed it for good, here"
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_messages_of_this_box_are_kept_and_not_too_many_at_once() {
    let stage = Stage::start(0, "");
    stage.put("INBOX", "", 3, &letter("Lettre", 300));
    let (engine, account) = stage.at_work().await;
    let cabinet = crate::common::add(&engine, crate::common::CABINET).await.id;
    let mails = ids(&engine, account, "INBOX").await;
    let refused = engine
        .box_keep(cabinet, BoxKeep::These(mails.clone()))
        .await
        .unwrap_err();
    assert!(matches!(refused, EngineError::BadRequest(_)), "{refused}");
    let many = vec![mails[0]; 10_001];
    assert!(matches!(
        engine.box_keep(account, BoxKeep::These(many)).await.unwrap_err(),
        EngineError::BadRequest(_)
    ));
    assert_eq!(engine.box_life(account).await.unwrap().kept_locally, 0);
    // An operator of whom nothing is known is said nothing of, and the way out is told all the same.
    let life = engine.box_life(account).await.unwrap();
    assert_eq!((life.operator.deletes_after_days, life.notice), (None, None));
    assert!(life.operator.removal.iter().any(|line| line.contains(MARTIN)));
    assert!(
        engine
            .folder_list(account)
            .await
            .unwrap()
            .iter()
            .all(|f| f.server.role != FolderRole::Kept)
    );
    engine.stop().await;
}
