//! Drafts: who changed them, what they carry, what is wrong with them, what they answer.

use pli_engine::{DraftEdit, DraftFrom, DraftProblem, EngineError};
use pli_message::parse;

use crate::common::{self, Bench, MARTIN, until};
use crate::stage::{LABO, LEROY, arrives, edit, ready, write};

#[tokio::test(flavor = "multi_thread")]
async fn drafts_know_who_changed_them_what_they_carry_and_what_is_wrong_with_them() {
    let bench = Bench::start(false);
    let (engine, account) = ready(&bench).await;
    let draft = write(&engine, &[LEROY], "Avis", "Vous trouverez ci-joint le courrier.").await;
    let stale = DraftEdit {
        revision: draft.revision - 1,
        ..edit(&draft, &[LABO], "Autre", "")
    };
    assert!(matches!(
        engine.draft_save(draft.id, stale).await,
        Err(EngineError::DraftChanged)
    ));
    assert_eq!(engine.draft_get(draft.id).await.unwrap().subject, "Avis");
    assert_eq!(
        engine.draft_check(draft.id).await.unwrap().problems,
        [DraftProblem::ForgottenAttachment]
    );

    let file = bench.dir.path().join("Compte rendu é.pdf");
    std::fs::write(&file, b"%PDF-1.4 contenu de la piece jointe").unwrap();
    let missing = bench.dir.path().join("absent.pdf");
    let half = engine.draft_attach(draft.id, vec![file.clone(), missing]).await;
    assert!(matches!(half, Err(EngineError::File { .. })));
    assert!(
        engine.draft_get(draft.id).await.unwrap().attachments.is_empty(),
        "all of them, or none"
    );
    let joined = engine.draft_attach(draft.id, vec![file]).await.unwrap();
    assert_eq!(joined.attachments[0].name, "Compte rendu é.pdf");
    assert_eq!(engine.draft_check(draft.id).await.unwrap().problems, []);

    let outside = write(&engine, &["quelquun@gmail.com"], "Non", "x").await;
    assert!(matches!(
        engine.draft_send(outside.id).await,
        Err(EngineError::DraftIncomplete)
    ));
    engine.draft_delete(outside.id).await.unwrap();

    let outgoing = engine.draft_send(draft.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    arrives(&bench, LEROY, &outgoing.message_id);
    let raw = bench
        .operator
        .mailbox(LEROY)
        .unwrap()
        .messages("INBOX")
        .unwrap()
        .remove(0)
        .raw;
    let received = parse(&raw);
    assert_eq!(received.attachments[0].name, "Compte rendu é.pdf");
    assert_eq!(
        pli_message::part_bytes(&raw, received.attachments[0].part_id).unwrap(),
        b"%PDF-1.4 contenu de la piece jointe"
    );

    // An answer to what came in: to its author, in its thread, quoting it; then the original shows that it was answered.
    bench
        .operator
        .deliver(
            "anne.petit@beta.mssante.test",
            MARTIN,
            &common::letter("Question", "Une question ?"),
        )
        .unwrap();
    until("the letter", async || {
        engine.sync_and_wait(Some(account)).await.unwrap();
        let inbox = common::inbox(&engine, account).await;
        common::rows(&engine, inbox)
            .await
            .iter()
            .any(|row| row.display_subject == "Question")
    })
    .await;
    let inbox = common::inbox(&engine, account).await;
    let letter = common::rows(&engine, inbox)
        .await
        .into_iter()
        .find(|row| row.display_subject == "Question")
        .unwrap();
    let reply = engine.draft_new(None, DraftFrom::Reply, Some(letter.id)).await.unwrap();
    assert_eq!(reply.to[0].address, "anne.petit@beta.mssante.test");
    assert!(
        reply.subject.starts_with("Re") && reply.text.contains("> Une question ?"),
        "{reply:?}"
    );
    let reply = engine
        .draft_save(reply.id, edit(&reply, &[LABO], &reply.subject, &reply.text))
        .await
        .unwrap();
    let answer = engine.draft_send(reply.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    arrives(&bench, LABO, &answer.message_id);
    let raw = bench
        .operator
        .mailbox(LABO)
        .unwrap()
        .messages("INBOX")
        .unwrap()
        .remove(0)
        .raw;
    assert_eq!(
        parse(&raw).row.in_reply_to.unwrap().as_str(),
        "Question@beta.mssante.test"
    );
    let now = common::rows(&engine, inbox)
        .await
        .into_iter()
        .find(|row| row.id == letter.id)
        .unwrap();
    assert!(now.flags.contains(pli_store::Flags::ANSWERED));
    let known = engine.suggest("lab").await.unwrap();
    assert_eq!(known[0].address, LABO, "those one writes to are suggested");
    engine.stop().await;
}
