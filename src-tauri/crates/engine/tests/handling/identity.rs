//! Each BAL speaks in its own name, and no answer leaves from the wrong one unnoticed.

use pli_engine::{BoxColor, Draft, DraftEdit, DraftFrom, DraftProblem, Engine, EngineError, NewBal};
use pli_store::{AccountId, AuthMethod, Scope};

use crate::common::{Bench, CABINET, MARTIN, inbox, letter, rows};

async fn bal(engine: &Engine, address: &str) -> AccountId {
    let new = NewBal {
        address: address.to_owned(),
        kind: None,
        method: AuthMethod::Psc,
        name: None,
    };
    engine.account_add(new).await.unwrap().id
}

fn edit(draft: &Draft, account: AccountId) -> DraftEdit {
    DraftEdit {
        account,
        revision: draft.revision,
        to: draft.to.clone(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: draft.subject.clone(),
        text: "Bien reçu.".to_owned(),
        ask_reading: false,
        ask_delivery: true,
    }
}

async fn problems(engine: &Engine, draft: &Draft) -> Vec<DraftProblem> {
    engine.draft_check(draft.id).await.unwrap().problems
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_leaves_from_the_box_that_received_unless_another_is_confirmed() {
    let bench = Bench::start(false);
    let mut mailbox = bench.operator.mailbox(CABINET).unwrap();
    mailbox.append("INBOX", &[], &letter("Bilan", "Bonjour.")).unwrap();
    let engine = bench.logged_in(false).await;
    let own = bal(&engine, MARTIN).await;
    let practice = bal(&engine, CABINET).await;
    engine.sync_and_wait(None).await.unwrap();

    // One view over both, each row of its own BAL.
    let all = engine
        .message_list(Scope::Inboxes, pli_store::Filter::All, 0, 10)
        .await
        .unwrap();
    assert_eq!(all.rows.iter().map(|row| row.account).collect::<Vec<_>>(), [practice]);
    let mail = rows(&engine, inbox(&engine, practice).await).await[0].id;

    // Asked from the wrong one: the answer leaves from the right one all the same.
    for from in [DraftFrom::Reply, DraftFrom::ReplyAll] {
        let draft = engine.draft_new(Some(own), from, Some(mail)).await.unwrap();
        assert_eq!((draft.account, draft.received_by), (practice, Some(practice)));
        assert_eq!(problems(&engine, &draft).await, []);
    }
    // What is passed on may leave from any of them.
    let draft = engine
        .draft_new(Some(own), DraftFrom::Forward, Some(mail))
        .await
        .unwrap();
    assert_eq!((draft.account, draft.received_by), (own, None));

    let draft = engine.draft_new(None, DraftFrom::Reply, Some(mail)).await.unwrap();
    let draft = engine.draft_save(draft.id, edit(&draft, own)).await.unwrap();
    let other = DraftProblem::OtherBox { received_by: practice };
    assert_eq!(problems(&engine, &draft).await, std::slice::from_ref(&other));
    assert!(!other.is_warning());
    assert!(matches!(
        engine.draft_send(draft.id).await,
        Err(EngineError::DraftIncomplete)
    ));
    let draft = engine.draft_confirm_box(draft.id).await.unwrap();
    assert_eq!(problems(&engine, &draft).await, []);
    // Saved again it stays confirmed; from a third hand it would not.
    let draft = engine.draft_save(draft.id, edit(&draft, own)).await.unwrap();
    assert_eq!(problems(&engine, &draft).await, []);
    let draft = engine.draft_save(draft.id, edit(&draft, practice)).await.unwrap();
    assert_eq!(
        (problems(&engine, &draft).await, draft.other_box_confirmed),
        (vec![], false)
    );
    let draft = engine.draft_save(draft.id, edit(&draft, own)).await.unwrap();
    let draft = engine.draft_confirm_box(draft.id).await.unwrap();
    let sent = engine.draft_send(draft.id).await.unwrap();
    assert_eq!(sent.account, own);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_has_the_name_and_colour_that_it_was_given() {
    let bench = Bench::start(false);
    let engine = bench.logged_in(false).await;
    let (own, practice) = (bal(&engine, MARTIN).await, bal(&engine, CABINET).await);
    let [first, second] = [own, practice].map(|id| engine.account(id));
    assert_ne!(
        first.await.unwrap().color,
        second.await.unwrap().color,
        "told apart from the start"
    );
    let set = engine
        .account_set(practice, " Cabinet des Lilas ", BoxColor::Plum)
        .await
        .unwrap();
    assert_eq!((set.name.as_str(), set.color), ("Cabinet des Lilas", BoxColor::Plum));
    assert!(engine.account_set(practice, " ", BoxColor::Ink).await.is_err());
    engine.stop().await;
    let engine = bench.logged_in(false).await;
    let kept = engine.account(practice).await.unwrap();
    assert_eq!((kept.name.as_str(), kept.color), ("Cabinet des Lilas", BoxColor::Plum));
    engine.stop().await;
}
