//! The outbox and drafts: only the transitions that lose nothing and send nothing twice.

#![allow(clippy::unwrap_used)]

mod common;

use common::{at, open};
use pli_store::{
    DraftContent, NewOutgoing, NewRecipient, OutboxId, OutboxState, RecipientField, RecipientState, RecipientUpdate,
    ReportEffect, SentCopy, StoreError,
};
use pli_terms::{Address, MessageId};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn update(who: &str, state: RecipientState) -> RecipientUpdate {
    RecipientUpdate {
        address: address(who),
        state,
        code: "2.1.5".into(),
        text: "words".into(),
    }
}

const LEROY: &str = "dr.leroy@alpha.mssante.test";
const LABO: &str = "labo@beta.mssante.test";

fn enqueue(b: &common::Box, id: &str, draft: Option<pli_store::DraftId>) -> Result<OutboxId, StoreError> {
    let to = |a: &str| NewRecipient {
        address: address(a),
        name: String::new(),
        field: RecipientField::To,
    };
    let message = NewOutgoing {
        account: b.account,
        draft,
        raw: b"Message-ID: <x@y>\r\n\r\ntext\r\n",
        message_id: &MessageId::parse(id).unwrap(),
        envelope_id: id,
        sender: &address("dr.martin@alpha.mssante.test"),
        subject: "Courrier",
        recipients: &[to(LEROY), to(LABO), to("LABO@beta.mssante.test")],
    };
    b.store.enqueue(&message, at(1))
}

#[test]
fn a_message_goes_out_with_each_recipients_own_fate() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let draft = b.store.add_draft(b.account, &DraftContent::default(), at(0)).unwrap();
    let id = enqueue(&b, "1@pli", Some(draft)).unwrap();
    assert!(
        matches!(enqueue(&b, "1@pli", None), Err(StoreError::Invalid { .. })),
        "never twice"
    );
    assert!(
        matches!(enqueue(&b, "2@pli", Some(draft)), Err(StoreError::Invalid { .. })),
        "nor its draft"
    );
    assert!(b.store.drafts().unwrap().is_empty());
    assert!(b.store.remove_draft(draft).is_err());
    assert_eq!(
        b.store.outgoing(id).unwrap().recipients.len(),
        2,
        "an address counts once"
    );
    assert_eq!(b.store.due(b.account, at(2)).unwrap().len(), 1);
    assert_eq!(
        b.store.outgoing(id).unwrap().reports,
        None,
        "not known before it is taken"
    );
    for reports in [true, false] {
        b.store.set_reports(id, reports).unwrap();
        assert_eq!(b.store.outgoing(id).unwrap().reports, Some(reports));
    }

    let step = |to, recipients: &[RecipientUpdate]| b.store.advance(id, to, recipients, ("250", "ok"), None, at(3));
    let early = step(OutboxState::Accepted, &[]);
    assert!(matches!(
        early,
        Err(StoreError::IllegalTransition {
            what: "outbox",
            from: "queued",
            to: "accepted"
        })
    ));
    step(OutboxState::Sending, &[]).unwrap();
    assert!(b.store.due(b.account, at(9)).unwrap().is_empty());
    let bad = [
        update(LEROY, RecipientState::Accepted),
        update(LABO, RecipientState::Read),
    ];
    assert!(step(OutboxState::Accepted, &bad).is_err());
    let sending = b.store.outgoing(id).unwrap();
    assert_eq!(
        (sending.state, sending.recipients[0].state),
        (OutboxState::Sending, RecipientState::Pending),
        "all or none"
    );
    step(
        OutboxState::Accepted,
        &[
            update(LEROY, RecipientState::Accepted),
            update(LABO, RecipientState::Refused),
        ],
    )
    .unwrap();
    assert!(b.store.draft(draft).unwrap_err().is_not_found());
    assert_eq!(b.store.copies_to_file(b.account).unwrap().len(), 1);
    b.store.set_sent_copy(id, SentCopy::Filed).unwrap();
    assert!(b.store.copies_to_file(b.account).unwrap().is_empty());

    let report = |who, state| b.store.apply_report(id, &update(who, state), None, at(5)).unwrap();
    assert_eq!(report(LEROY, RecipientState::Delivered), ReportEffect::Changed);
    assert_eq!(report(LEROY, RecipientState::Delivered), ReportEffect::KnownAlready);
    assert_eq!(
        report("DR.LEROY@alpha.mssante.test", RecipientState::Read),
        ReportEffect::Changed
    );
    assert_eq!(
        report(LEROY, RecipientState::Delivered),
        ReportEffect::KnownAlready,
        "late"
    );
    assert_eq!(
        report("autre@beta.mssante.test", RecipientState::Failed),
        ReportEffect::NoSuchRecipient
    );
    assert_eq!(
        b.store.outgoing_by_envelope_id("1@pli").unwrap().unwrap().recipients[0].state,
        RecipientState::Read
    );
    // Tried again for the one that was refused, and for that one only.
    step(OutboxState::Queued, &[]).unwrap();
    let states: Vec<_> = b
        .store
        .outgoing(id)
        .unwrap()
        .recipients
        .iter()
        .map(|r| r.state)
        .collect();
    assert_eq!(states, [RecipientState::Read, RecipientState::Pending]);
    assert_eq!(b.store.outgoing(id).unwrap().attempts, 1);
    assert!(b.store.outgoing_raw(id).unwrap().ends_with(b"text\r\n"));
}

#[test]
fn what_was_being_sent_when_the_process_died_is_unknown_and_not_due() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let id = enqueue(&b, "1@pli", None).unwrap();
    b.store
        .advance(id, OutboxState::Sending, &[], ("", ""), None, at(2))
        .unwrap();
    drop(b);
    let store = pli_store::Store::open(dir.path(), &common::key()).unwrap();
    assert_eq!(store.recover_outbox(at(3)).unwrap(), [id]);
    let message = store.outgoing(id).unwrap();
    assert_eq!(message.state, OutboxState::Unknown);
    assert!(message.recipients.iter().all(|r| r.state == RecipientState::Unknown));
    assert!(store.due(message.account, at(1_000_000)).unwrap().is_empty());
    assert!(store.recover_outbox(at(4)).unwrap().is_empty());
    store
        .advance(id, OutboxState::Accepted, &[], ("", "found in Sent"), None, at(5))
        .unwrap();
}

#[test]
fn a_cancelled_message_gives_its_draft_back() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let content = DraftContent {
        subject: "Essai".into(),
        to: vec![LABO.into()],
        ..DraftContent::default()
    };
    let draft = b.store.add_draft(b.account, &content, at(0)).unwrap();
    let file = b
        .store
        .attach(draft, "a.pdf", "application/pdf", &[7; 300_000])
        .unwrap();
    let id = enqueue(&b, "1@pli", Some(draft)).unwrap();
    assert!(b.store.save_draft(draft, b.account, &content, 1, at(1)).is_err());
    b.store
        .advance(id, OutboxState::Cancelled, &[], ("", ""), None, at(2))
        .unwrap();
    let back = b.store.drafts().unwrap().pop().unwrap();
    assert_eq!((back.content, back.attachments[0].size), (content.clone(), 300_000));
    assert_eq!(b.store.draft_attachment(file).unwrap(), [7; 300_000]);
    assert_eq!(b.store.save_draft(draft, b.account, &content, 1, at(3)).unwrap(), 2);
    assert!(matches!(
        b.store.save_draft(draft, b.account, &content, 1, at(4)),
        Err(StoreError::Invalid { .. })
    ));
    b.store.detach(file).unwrap();
    b.store.remove_draft(draft).unwrap();
    assert!(b.store.draft_attachment(file).unwrap_err().is_not_found());
}

#[test]
fn every_transition_is_as_the_table_says() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    // A shortest legal way to each state.
    let ways: &[(OutboxState, &[OutboxState])] = &[
        (OutboxState::Queued, &[]),
        (OutboxState::Sending, &[OutboxState::Sending]),
        (OutboxState::Accepted, &[OutboxState::Sending, OutboxState::Accepted]),
        (OutboxState::Refused, &[OutboxState::Sending, OutboxState::Refused]),
        (OutboxState::Unknown, &[OutboxState::Sending, OutboxState::Unknown]),
        (OutboxState::Cancelled, &[OutboxState::Cancelled]),
    ];
    for (from, way) in ways {
        for to in OutboxState::ALL {
            let id = enqueue(&b, &format!("{}-{}@pli", from.as_str(), to.as_str()), None).unwrap();
            for state in *way {
                b.store.advance(id, *state, &[], ("", ""), None, at(1)).unwrap();
            }
            let done = b.store.advance(id, *to, &[], ("", ""), None, at(2));
            assert_eq!(done.is_ok(), from.may_become(*to), "{from:?} → {to:?}");
            let expected = if done.is_ok() { *to } else { *from };
            assert_eq!(b.store.outgoing(id).unwrap().state, expected);
        }
    }
}

#[test]
fn people_written_to_are_suggested_by_any_word() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let people = [
        (address(LEROY), "Dr Hélène LEROY".to_owned()),
        (address(LABO), String::new()),
    ];
    b.store.note_correspondents(&people, at(1)).unwrap();
    b.store.note_correspondents(&people[1..], at(2)).unwrap();
    let found = |typed: &str| -> Vec<String> {
        b.store
            .suggest(typed, 5)
            .unwrap()
            .iter()
            .map(|c| c.address.as_str().to_owned())
            .collect()
    };
    assert_eq!(found("hele"), [LEROY]);
    assert_eq!(found("LER dr"), [LEROY]);
    assert_eq!(found("mssante"), [LABO, LEROY], "most used first");
    assert!(found("eroy").is_empty() && found("%").is_empty() && found(" ").is_empty());
}
