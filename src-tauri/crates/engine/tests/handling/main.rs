//! Several people on one box of a real server: who takes charge of what.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod gone;
mod identity;
mod left;
mod people;
mod without;
mod words;

use std::time::Instant;

use common::{CABINET, flags_of, there, told, until};
use people::Practice;
use pli_engine::{Carried, Event, FactWhat, HandlingSet, HandlingState, Keywords};

fn state(state: HandlingState) -> HandlingSet {
    HandlingSet {
        state: Some(state),
        ..HandlingSet::default()
    }
}

fn taken() -> HandlingSet {
    state(HandlingState::Taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_is_seen_by_the_other_while_both_follow_the_box() {
    let practice = Practice::open(3).await;
    let (martin, leroy) = (practice.martin().await, practice.leroy().await);
    let before = practice.as_others_see_it();
    let mut events = leroy.engine.subscribe();

    let begun = Instant::now();
    let set = HandlingSet {
        state: Some(HandlingState::Taken),
        for_: Some("Paul LEROY".to_owned()),
        note: Some("Rappeler le laboratoire avant midi".to_owned()),
    };
    martin.say("Lettre 1", set).await;
    until("the other sees who took it, and why", async || {
        let seen = leroy.handling("Lettre 1").await;
        seen.by.is_some() && seen.note.is_some() && seen.for_.is_some()
    })
    .await;
    println!("an assignment was seen by the other after {:?}", begun.elapsed());

    let seen = leroy.handling("Lettre 1").await;
    assert_eq!(
        (seen.state, seen.conflict, seen.carried),
        (HandlingState::Taken, false, Carried::Server)
    );
    let by = seen.by.unwrap();
    assert_eq!(
        (by.name.as_str(), by.id.unwrap().as_str()),
        ("Claire MARTIN", pli_operator::boxes::DR_MARTIN)
    );
    assert_eq!(seen.note.as_deref(), Some("Rappeler le laboratoire avant midi"));
    assert_eq!(seen.facts.len(), 3);
    let mark = leroy.row("Lettre 1").await.handling.unwrap();
    assert_eq!(
        (mark.state, mark.by_name.as_deref(), mark.note),
        (HandlingState::Taken, Some("Claire MARTIN"), true)
    );
    assert_eq!(mark.for_name.as_deref(), Some("Paul LEROY"));
    assert_eq!(leroy.row("Lettre 2").await.handling, None);
    told(
        "somebody took it",
        &mut events,
        |event| matches!(event, Event::Handling { account } if *account == leroy.account),
    )
    .await;
    let people = leroy.engine.handling_people(leroy.account).await.unwrap();
    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Claire MARTIN", "Paul LEROY"]);
    assert_eq!(
        leroy.engine.handling_support(leroy.account).await.unwrap(),
        Carried::Server
    );

    // The other answers; a note alone is told too, although no keyword shows it.
    let begun = Instant::now();
    leroy
        .say(
            "Lettre 1",
            HandlingSet {
                note: Some("C'est fait".to_owned()),
                ..HandlingSet::default()
            },
        )
        .await;
    until("a note alone is seen", async || {
        martin.handling("Lettre 1").await.note.as_deref() == Some("C'est fait")
    })
    .await;
    println!("a note alone was seen by the other after {:?}", begun.elapsed());
    assert_eq!(
        martin.handling("Lettre 1").await.by.unwrap().name,
        "Claire MARTIN",
        "a note takes nothing over"
    );

    // Other clients see keywords, and nothing else: no message is another, no folder is new.
    let after = practice.as_others_see_it();
    assert_eq!(before.folders, after.folders);
    for (uid, (flags, raw)) in &after.messages {
        let (flags_before, raw_before) = &before.messages[uid];
        assert_eq!(raw, raw_before);
        let others: Vec<&String> = flags.iter().filter(|flag| !flag.starts_with("$Pli")).collect();
        assert_eq!(others, flags_before.iter().collect::<Vec<_>>());
    }
    assert_eq!(before.messages.len(), after.messages.len());
    martin.engine.stop().await;
    leroy.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_take_it_at_once_are_both_kept_and_both_told() {
    let practice = Practice::open(2).await;
    let (martin, leroy) = (practice.martin().await, practice.leroy().await);
    for round in 0..2 {
        let subject = format!("Lettre {round}");
        if round == 1 {
            // Both without network: neither can know of the other.
            practice.bench.operator.pause().unwrap();
        }
        tokio::join!(martin.say(&subject, taken()), leroy.say(&subject, taken()));
        if round == 1 {
            practice.bench.operator.resume().unwrap();
        }
        for one in [&martin, &leroy] {
            until(
                &format!("both facts and the conflict of {subject} are seen"),
                async || {
                    let seen = one.handling(&subject).await;
                    seen.conflict && seen.facts.len() == 2
                },
            )
            .await;
            let seen = one.handling(&subject).await;
            assert_eq!(seen.state, HandlingState::Taken);
            let mut who: Vec<String> = seen.facts.iter().map(|fact| fact.by.name.clone()).collect();
            who.sort();
            assert_eq!(who, ["Claire MARTIN", "Paul LEROY"]);
            assert!(one.row(&subject).await.handling.unwrap().conflict);
        }
        // Both see the same person as the last who took it.
        assert_eq!(martin.handling(&subject).await.by, leroy.handling(&subject).await.by);
    }
    // One lets go: the other keeps it, and the conflict is over for both.
    martin.say("Lettre 0", state(HandlingState::None)).await;
    for one in [&martin, &leroy] {
        until("the conflict is over, by what was said", async || {
            let seen = one.handling("Lettre 0").await;
            !seen.conflict && seen.facts.len() == 3
        })
        .await;
        let seen = one.handling("Lettre 0").await;
        assert_eq!(
            (seen.state, seen.by.unwrap().name.as_str()),
            (HandlingState::Taken, "Paul LEROY")
        );
        assert_eq!(seen.facts.len(), 3, "what was said stays said");
    }
    // One does what the other has: a conflict again, with both facts.
    martin.say("Lettre 0", state(HandlingState::Done)).await;
    for one in [&martin, &leroy] {
        until("it is done", async || {
            one.handling("Lettre 0").await.state == HandlingState::Done
        })
        .await;
        until("what the other had is said too", async || {
            one.handling("Lettre 0").await.conflict
        })
        .await;
    }
    leroy.say("Lettre 0", state(HandlingState::Done)).await;
    until("both agree", async || !martin.handling("Lettre 0").await.conflict).await;
    martin.engine.stop().await;
    leroy.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_offline_outlives_the_program_and_reaches_the_others_once() {
    let practice = Practice::open(2).await;
    let martin = practice.martin().await;
    practice.bench.operator.pause().unwrap();
    let note = HandlingSet {
        note: Some("À voir lundi".to_owned()),
        ..state(HandlingState::Todo)
    };
    martin.say("Lettre 0", note).await;
    assert!(martin.row("Lettre 0").await.pending);
    martin.engine.stop().await;
    practice.bench.operator.resume().unwrap();

    let martin = practice.martin().await;
    let leroy = practice.leroy().await;
    until("it is told", async || !martin.row("Lettre 0").await.pending).await;
    until("the other knows", async || {
        let seen = leroy.handling("Lettre 0").await;
        seen.state == HandlingState::Todo && seen.note.is_some()
    })
    .await;
    assert_eq!(leroy.handling("Lettre 0").await.facts.len(), 2);
    // A profile that opens the box later learns everything at its first sync.
    leroy.engine.stop().await;
    let late = practice.open_as(people::LEROY, "later", false).await;
    let seen = late.handling("Lettre 0").await;
    assert_eq!(
        (seen.state, seen.by.unwrap().name.as_str()),
        (HandlingState::Todo, "Claire MARTIN")
    );
    assert_eq!(seen.note.as_deref(), Some("À voir lundi"));
    // It stays with the message when that goes to another folder.
    let archive = common::folder(&late.engine, late.account, "Archive").await.id;
    let mail = late.row("Lettre 0").await.id;
    late.engine.message_move(vec![mail], archive).await.unwrap();
    late.engine.sync_and_wait(None).await.unwrap();
    assert_eq!(late.engine.handling_get(mail).await.unwrap().facts.len(), 2);
    late.engine.stop().await;
    martin.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_at_two_workstations_loses_nothing_of_either() {
    let practice = Practice::open(1).await;
    let here = practice.open_as(people::MARTIN, "here", false).await;
    let there = practice.open_as(people::MARTIN, "there", false).await;
    here.say("Lettre 0", taken()).await;
    let note = HandlingSet {
        note: Some("vu en visite".to_owned()),
        ..HandlingSet::default()
    };
    there.say("Lettre 0", note).await;
    for one in [&here, &there, &here] {
        one.engine.sync_and_wait(None).await.unwrap();
    }
    for one in [&here, &there] {
        let seen = one.handling("Lettre 0").await;
        assert_eq!((seen.state, seen.conflict), (HandlingState::Taken, false));
        assert_eq!(seen.note.as_deref(), Some("vu en visite"));
        assert_eq!(seen.facts.len(), 2);
    }
    here.engine.stop().await;
    there.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_keywords_only_is_believed_and_its_own_words_stay() {
    let practice = Practice::open(1).await;
    let martin = practice.open_as(people::MARTIN, "martin", false).await;
    let mut other = practice.bench.operator.mailbox(CABINET).unwrap();
    let uid = martin.row("Lettre 0").await.uid.unwrap().get();
    martin.say("Lettre 0", taken()).await;
    martin.engine.sync_and_wait(None).await.unwrap();
    other
        .set_flags("INBOX", uid, &["\\Flagged", "$PLIDONE", "$Label1"])
        .unwrap();
    martin.engine.sync_and_wait(None).await.unwrap();
    let seen = martin.handling("Lettre 0").await;
    assert_eq!((seen.state, seen.by), (HandlingState::Done, None));
    assert!(matches!(seen.facts[0].what, FactWhat::State(HandlingState::Taken)));
    martin.say("Lettre 0", state(HandlingState::Todo)).await;
    let mail = martin.row("Lettre 0").await.id;
    martin
        .engine
        .message_keyword(vec![mail], Keywords::FILED, true)
        .await
        .unwrap();
    martin.engine.sync_and_wait(None).await.unwrap();
    let flags = there(&practice.bench.operator, CABINET, "INBOX")[&uid].0.clone();
    assert_eq!(flags, ["$Label1", "$PliFiled", "$PliNote", "$PliTodo", "\\Flagged"]);
    assert_eq!(flags_of(&martin.row("Lettre 0").await), flags);
    martin.engine.stop().await;
}
