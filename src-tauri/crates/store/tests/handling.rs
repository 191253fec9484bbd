//! What people say of messages, and the keywords that tell the others: kept, queued, undone when refused.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Box, at, header as row, open, uid};
use pli_store::{
    AuthorId, Change, EntryFate, Fact, FactWhat, FlagUpdate, Flags, HandlingSet, HandlingState, Keywords, MailId,
    NewMessage, Person, Told, message_word,
};
use pli_terms::NationalId;

const MARTIN: (&str, &str) = ("899700000013", "Claire MARTIN");
const LEROY: (&str, &str) = ("899700000021", "Paul LEROY");

fn who((id, name): (&str, &str)) -> (AuthorId, Person) {
    let id = NationalId::parse(id).unwrap();
    let person = Person {
        id: Some(id.clone()),
        name: name.to_owned(),
    };
    (AuthorId::of_person(&id), person)
}

fn say(to: &Box, who_says: (&str, &str), mail: MailId, set: &HandlingSet, second: i64) -> bool {
    let (author, person) = who(who_says);
    let changed = to.store.handle(&[mail], (&author, &person), set, at(second)).unwrap();
    changed == [mail]
}

fn state(state: HandlingState) -> HandlingSet {
    HandlingSet {
        state: Some(state),
        ..HandlingSet::default()
    }
}

/// A message of the inbox with these keywords.
fn message(to: &Box, keywords: &[&str]) -> MailId {
    let row = NewMessage {
        keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
        ..row(1)
    };
    to.store.apply_headers(to.inbox, &[row]).unwrap().added[0]
}

fn keywords(of: &Box, mail: MailId) -> Vec<String> {
    of.store.rows(&[mail]).unwrap().remove(0).keywords
}

#[test]
fn a_word_is_queued_with_its_keywords_and_said_once() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = message(&bal, &["$Urgent", "$PliTodo"]);
    assert!(say(&bal, MARTIN, mail, &state(HandlingState::Taken), 10));
    assert!(
        !say(&bal, MARTIN, mail, &state(HandlingState::Taken), 11),
        "it was said already"
    );
    assert!(
        say(&bal, LEROY, mail, &state(HandlingState::Taken), 9),
        "each speaks for themselves"
    );
    let kept = bal.store.handling(mail).unwrap();
    assert_eq!((kept.facts.len(), kept.entry), (2, Some(EntryFate::Waiting)));
    assert!(
        kept.facts[1].at > kept.facts[0].at,
        "later than what it answers, whatever the clock says"
    );
    assert_eq!(keywords(&bal, mail), ["$PliNote", "$PliTaken", "$Urgent"]);
    let queued = bal.store.operations(bal.account, 10).unwrap();
    let expected = Change::Keywords {
        add: Keywords::TAKEN.with(Keywords::NOTE),
        remove: Keywords::TODO.with(Keywords::DONE).with(Keywords::NOTE),
    };
    assert!(queued.iter().all(|one| one.change == expected) && queued.len() == 2);
    let row = bal.store.rows(&[mail]).unwrap().remove(0);
    assert!(row.pending && row.handling.unwrap().conflict);
    assert!(bal.store.has_keyword(mail, Keywords::TAKEN).unwrap());
    assert!(!bal.store.has_keyword(mail, Keywords::FILED).unwrap());
}

#[test]
fn what_the_server_says_meanwhile_is_laid_under_what_is_queued() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = message(&bal, &[]);
    say(&bal, MARTIN, mail, &state(HandlingState::Done), 1);
    let told = FlagUpdate {
        uid: uid(1),
        flags: Flags::SEEN,
        keywords: vec!["$PLITAKEN".to_owned(), "$Label1".to_owned()],
    };
    bal.store.apply_flags(bal.inbox, &[told]).unwrap();
    assert_eq!(keywords(&bal, mail), ["$Label1", "$PliDone", "$PliNote"]);
    // The folder goes on having them once they are told.
    let queued = bal.store.operations(bal.account, 10).unwrap();
    bal.store
        .settle_operations(&[(queued[0].id, Told::Done { place: None })])
        .unwrap();
    assert_eq!(keywords(&bal, mail), ["$Label1", "$PliDone", "$PliNote"]);
    assert_eq!(
        bal.store.handling_stale(bal.account, 10).unwrap().len(),
        1,
        "it is looked at again"
    );
}

#[test]
fn refused_keywords_are_as_before_and_the_words_stay() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = message(&bal, &["$PliTodo"]);
    say(&bal, MARTIN, mail, &state(HandlingState::Taken), 1);
    let queued = bal.store.operations(bal.account, 10).unwrap();
    let changed = bal.store.settle_operations(&[(queued[0].id, Told::Refused)]).unwrap();
    assert_eq!(changed, [mail]);
    assert_eq!(keywords(&bal, mail), ["$PliTodo"]);
    assert_eq!(bal.store.handling(mail).unwrap().facts.len(), 1);
}

#[test]
fn a_queued_keyword_goes_where_its_message_goes() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = message(&bal, &[]);
    say(&bal, MARTIN, mail, &state(HandlingState::Taken), 1);
    bal.store
        .queue(&[mail], Change::Move { to: bal.archive }, at(2))
        .unwrap();
    let queued = bal.store.operations(bal.account, 10).unwrap();
    assert_eq!(queued.len(), 2);
    let told: Vec<_> = queued.iter().map(|one| (one.id, Told::Refused)).collect();
    bal.store.settle_operations(&told[1..]).unwrap();
    assert_eq!(
        bal.store.rows(&[mail]).unwrap()[0].folder,
        Some(bal.inbox),
        "the move was refused"
    );
    assert_eq!(
        bal.store.operations(bal.account, 10).unwrap().len(),
        1,
        "the keyword still waits"
    );
    // A folder seen whole without the message forgets the change, never the message's words.
    bal.store
        .remove_uids(bal.inbox, &[uid(1)].into_iter().collect())
        .unwrap();
    assert_eq!(bal.store.count_operations(bal.account).unwrap(), 0);
}

#[test]
fn what_was_told_late_is_announced_again() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = message(&bal, &[]);
    say(&bal, MARTIN, mail, &state(HandlingState::Taken), 1);
    let queued = bal.store.operations(bal.account, 10).unwrap();
    bal.store
        .settle_operations(&[(queued[0].id, Told::Done { place: None })])
        .unwrap();
    let waiting = bal.store.handling_waiting(bal.account, 10).unwrap().remove(0);
    bal.store
        .handling_told(bal.account, &waiting, EntryFate::Waiting, at(2))
        .unwrap();
    let waiting = bal.store.handling_waiting(bal.account, 10).unwrap().remove(0);
    assert_eq!(waiting.attempts, 1);
    // Something more was said while it was on its way: that is still to be told.
    let note = HandlingSet {
        note: Some("vite".to_owned()),
        ..HandlingSet::default()
    };
    bal.store
        .handling_told(bal.account, &waiting, EntryFate::Told, at(3))
        .unwrap();
    assert_eq!(
        bal.store.count_operations(bal.account).unwrap(),
        1,
        "whoever follows the folder is told"
    );
    say(&bal, MARTIN, mail, &note, 4);
    let now = bal.store.handling_waiting(bal.account, 10).unwrap().remove(0);
    say(&bal, MARTIN, mail, &state(HandlingState::Done), 5);
    bal.store
        .handling_told(bal.account, &now, EntryFate::Told, at(6))
        .unwrap();
    assert_eq!(bal.store.handling_waiting(bal.account, 10).unwrap().len(), 1);
}

#[test]
fn what_others_said_is_merged_and_people_are_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = message(&bal, &["$PliTaken"]);
    let id = bal.store.message(mail).unwrap().message_id.unwrap().as_str().to_owned();
    assert_eq!(
        bal.store.handling_stale(bal.account, 10).unwrap(),
        std::slice::from_ref(&id)
    );
    assert_eq!(message_word(&id).len(), 32);
    let (author, person) = who(LEROY);
    let fact = |what, second| Fact {
        by: person.clone(),
        author: author.clone(),
        what,
        at: at(second),
    };
    let told = vec![
        fact(FactWhat::State(HandlingState::Taken), 1),
        fact(FactWhat::Note("appelé".into()), 2),
    ];
    let told = [(id, told)];
    assert_eq!(bal.store.handling_read(bal.account, &told, at(3)).unwrap(), [bal.inbox]);
    assert!(
        bal.store.handling_read(bal.account, &told, at(4)).unwrap().is_empty(),
        "nothing new"
    );
    assert!(bal.store.handling_stale(bal.account, 10).unwrap().is_empty());
    assert_eq!(
        bal.store.handling_people(bal.account).unwrap(),
        std::slice::from_ref(&person)
    );
    // Somebody typed by name who is known has their number.
    let set = HandlingSet {
        for_: Some("paul leroy".to_owned()),
        ..HandlingSet::default()
    };
    say(&bal, MARTIN, mail, &set, 5);
    let kept = bal.store.handling(mail).unwrap();
    assert_eq!(kept.facts.last().unwrap().what, FactWhat::For(Some(person)));
    let mark = bal.store.rows(&[mail]).unwrap().remove(0).handling.unwrap();
    assert_eq!(
        (mark.by_name.as_deref(), mark.for_name.as_deref()),
        (Some("Paul LEROY"), Some("Paul LEROY"))
    );
    // What is open and was not looked at for long is looked at again.
    bal.store.handling_due(bal.account, at(4), 10).unwrap();
    assert!(bal.store.handling_stale(bal.account, 10).unwrap().is_empty());
    bal.store.handling_due(bal.account, at(5), 10).unwrap();
    assert_eq!(bal.store.handling_stale(bal.account, 10).unwrap().len(), 1);
}

#[test]
fn a_message_without_a_name_and_a_folder_without_keywords_are_spoken_of_here_alone() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let nameless = NewMessage {
        message_id: None,
        ..row(2)
    };
    let nameless = bal.store.apply_headers(bal.inbox, &[nameless]).unwrap().added[0];
    say(&bal, MARTIN, nameless, &state(HandlingState::Taken), 1);
    let kept = bal.store.handling(nameless).unwrap();
    assert_eq!((kept.named, kept.entry, kept.facts.len()), (false, None, 1));
    assert!(bal.store.handling_waiting(bal.account, 10).unwrap().is_empty());
    assert_eq!(
        bal.store.count_operations(bal.account).unwrap(),
        1,
        "its keyword travels"
    );

    assert_eq!(bal.store.folder_keywords(bal.inbox).unwrap(), None);
    assert!(bal.store.note_folder_keywords(bal.inbox, false).unwrap());
    assert!(!bal.store.note_folder_keywords(bal.inbox, false).unwrap());
    let mail = message(&bal, &[]);
    say(&bal, MARTIN, mail, &state(HandlingState::Done), 2);
    assert_eq!(bal.store.count_operations(bal.account).unwrap(), 1);
    assert_eq!(keywords(&bal, mail), Vec::<String>::new());
    assert_eq!(
        bal.store.rows(&[mail]).unwrap()[0].handling.as_ref().unwrap().state,
        HandlingState::Done
    );
}

#[test]
fn what_is_gone_is_forgotten_after_its_time_unless_it_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = message(&bal, &[]);
    say(&bal, MARTIN, mail, &state(HandlingState::Taken), 1);
    let gone = |before, now| bal.store.handling_gone(bal.account, at(before), at(now), 10).unwrap();
    assert!(gone(100, 100).is_empty());
    bal.store
        .remove_uids(bal.inbox, &[uid(1)].into_iter().collect())
        .unwrap();
    assert!(gone(0, 10).is_empty(), "gone since now");
    message(&bal, &[]);
    assert!(gone(20, 20).is_empty(), "it came back");
    bal.store
        .remove_uids(bal.inbox, &[uid(1)].into_iter().collect())
        .unwrap();
    assert!(gone(29, 30).is_empty());
    let ids = gone(31, 40);
    assert_eq!(ids.len(), 1);
    bal.store.handling_forget(bal.account, &ids[0]).unwrap();
    assert!(gone(99, 99).is_empty());
}
