//! What is still to be dealt with, listed and counted.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod model;

use common::{Box, at, folder, header, open, uid};
use pli_store::{
    AuthorId, Change, Filter, FlagUpdate, Flags, FolderId, FolderRole, HandlingSet, HandlingState, MailId, Me,
    NewMessage, Person, Scope, Store, ToHandle,
};
use pli_terms::{MessageId, NationalId};

const MARTIN: &str = "899700000013";
const LEROY: &str = "899700000021";

/// Everybody of these tests: a number, where one is known, and a name.
const PEOPLE: [(Option<&str>, &str); 4] = [
    (Some(MARTIN), "Hélène MARTIN"),
    (Some(LEROY), "Paul LEROY"),
    (None, "Secrétariat"),
    (None, "Paul Leroy"),
];

fn id(number: &str) -> NationalId {
    NationalId::parse(number).unwrap()
}

fn author(of: usize) -> AuthorId {
    let (number, _) = PEOPLE[of];
    number.map_or_else(
        || AuthorId::of_workstation(of as u128),
        |number| AuthorId::of_person(&id(number)),
    )
}

fn person(of: usize) -> Person {
    let (number, name) = PEOPLE[of];
    Person {
        id: number.map(id),
        name: name.to_owned(),
    }
}

fn me(of: usize) -> Me {
    Me {
        author: Some(author(of)),
        id: person(of).id,
        names: vec![person(of).name],
    }
}

fn say(store: &Store, mail: MailId, of: usize, set: &HandlingSet, second: i64) {
    store
        .handle(&[mail], (&author(of), &person(of)), set, at(second))
        .unwrap();
}

fn state(state: HandlingState) -> HandlingSet {
    HandlingSet {
        state: Some(state),
        ..HandlingSet::default()
    }
}

fn for_(name: &str) -> HandlingSet {
    HandlingSet {
        state: Some(HandlingState::Todo),
        for_: Some(name.to_owned()),
        ..HandlingSet::default()
    }
}

fn ids(store: &Store, me: &Me, scope: Scope, filter: Filter) -> Vec<MailId> {
    let page = store.list_of(me, scope, filter, 0, 1000).unwrap();
    assert_eq!(page.total, page.rows.len() as u64);
    page.rows.iter().map(|row| row.id).collect()
}

fn add(bal: &Box, to: FolderId, number: u32, name: Option<&str>, keywords: &[&str]) -> MailId {
    let row = NewMessage {
        message_id: name.and_then(MessageId::parse),
        keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
        ..header(number)
    };
    bal.store.apply_headers(to, &[row]).unwrap().added[0]
}

#[test]
fn who_is_asked_sees_it_and_who_asked_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = add(&bal, bal.inbox, 1, Some("a@b"), &[]);
    let other = add(&bal, bal.inbox, 2, Some("c@d"), &["$PliTodo"]);
    say(&bal.store, mail, 0, &for_("Dr Paul Leroy"), 1);
    for scope in [
        Scope::Inboxes,
        Scope::Everything,
        Scope::Account(bal.account),
        Scope::Folder(bal.inbox),
    ] {
        assert_eq!(ids(&bal.store, &me(1), scope, Filter::Mine), [other, mail]);
        assert_eq!(
            ids(&bal.store, &me(0), scope, Filter::Mine),
            [other],
            "nobody's in particular"
        );
        assert_eq!(ids(&bal.store, &me(0), scope, Filter::Open), [other, mail]);
        assert_eq!(ids(&bal.store, &Me::default(), scope, Filter::Mine), [other]);
    }
    let counts = |of| bal.store.to_handle(&me(of), bal.account).unwrap();
    assert_eq!(
        (counts(0), counts(1)),
        (ToHandle { open: 2, mine: 1 }, ToHandle { open: 2, mine: 2 })
    );
    say(&bal.store, mail, 1, &state(HandlingState::Done), 2);
    say(&bal.store, other, 0, &state(HandlingState::Taken), 3);
    assert_eq!(
        (counts(0), counts(1)),
        (ToHandle { open: 1, mine: 1 }, ToHandle { open: 1, mine: 0 })
    );
    // Two who take it both go on seeing it, and it is said that they disagree.
    say(&bal.store, other, 1, &state(HandlingState::Taken), 4);
    for of in [0, 1] {
        let page = bal
            .store
            .list_of(&me(of), Scope::Everything, Filter::Mine, 0, 10)
            .unwrap();
        assert!(page.rows[0].handling.as_ref().unwrap().conflict);
    }
    assert_eq!(counts(2), ToHandle { open: 1, mine: 0 });
}

#[test]
fn the_bin_is_not_to_be_dealt_with_and_a_copy_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let list = [
        folder("INBOX", FolderRole::Inbox),
        folder("Archives", FolderRole::Archive),
        folder("Corbeille", FolderRole::Trash),
    ];
    let bin = bal.store.sync_folders(bal.account, &list).unwrap().added[0];
    let first = add(&bal, bal.inbox, 1, Some("a@b"), &["$PliTodo"]);
    let copy = add(&bal, bal.archive, 2, Some("a@b"), &["$PliTodo"]);
    let nameless = add(&bal, bal.archive, 3, None, &["$plitaken"]);
    let all = |scope| ids(&bal.store, &Me::default(), scope, Filter::Open);
    assert_eq!(all(Scope::Everything), [nameless, copy]);
    assert_eq!(all(Scope::Folder(bal.inbox)), [first]);
    let newest = add(&bal, bal.archive, 4, Some("a@b"), &["$PliTodo"]);
    assert_eq!(all(Scope::Everything), [newest, nameless]);
    bal.store
        .remove_uids(bal.archive, &[uid(4)].into_iter().collect())
        .unwrap();
    assert_eq!(all(Scope::Everything), [nameless, copy]);
    bal.store
        .queue(&[copy, nameless], Change::Move { to: bin }, at(9))
        .unwrap();
    assert_eq!(
        all(Scope::Account(bal.account)),
        [first],
        "the other copy stands for it"
    );
    assert_eq!(
        all(Scope::Folder(bin)),
        [nameless, copy],
        "a folder lists all that it has"
    );
    // The same folder, when it turns out not to be the bin.
    let list = [
        folder("INBOX", FolderRole::Inbox),
        folder("Archives", FolderRole::Archive),
        folder("Corbeille", FolderRole::Other),
    ];
    bal.store.sync_folders(bal.account, &list).unwrap();
    assert_eq!(all(Scope::Everything), [nameless, copy]);
    bal.store.queue(&[copy], Change::Delete, at(10)).unwrap();
    assert_eq!(all(Scope::Everything), [nameless, first]);
    bal.store.sync_folders(bal.account, &list[1..]).unwrap();
    assert_eq!(all(Scope::Everything), [nameless]);
}

#[test]
fn pages_follow_each_other_however_many_are_concerned() {
    for people in [1, 2, 60] {
        let dir = tempfile::tempdir().unwrap();
        let bal = open(dir.path());
        let mut mails = Vec::new();
        for number in 1..=120 {
            let mail = add(&bal, bal.inbox, number, Some(&format!("{number}@b")), &[]);
            say(&bal.store, mail, 0, &for_(&format!("Personne {}", number % people)), 1);
            mails.insert(0, mail);
        }
        let zero = Me {
            names: vec!["personne 0".to_owned()],
            ..Me::default()
        };
        for (filter, expected) in [
            (Filter::Open, mails.clone()),
            (
                Filter::Mine,
                mails
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| (120 - n) % people as usize == 0)
                    .map(|(_, m)| *m)
                    .collect(),
            ),
        ] {
            let mut seen = Vec::new();
            loop {
                let page = bal
                    .store
                    .list_of(&zero, Scope::Everything, filter, seen.len() as u64, 7)
                    .unwrap();
                assert_eq!(page.total, expected.len() as u64);
                if page.rows.is_empty() {
                    break;
                }
                seen.extend(page.rows.iter().map(|row| row.id));
            }
            assert_eq!(seen, expected, "{people} people, {filter:?}");
        }
    }
}

#[test]
fn a_keyword_of_the_servers_is_enough() {
    let dir = tempfile::tempdir().unwrap();
    let bal = open(dir.path());
    let mail = add(&bal, bal.inbox, 1, Some("a@b"), &[]);
    let told = |words: &[&str]| {
        let update = FlagUpdate {
            uid: uid(1),
            flags: Flags::NONE,
            keywords: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        bal.store.apply_flags(bal.inbox, &[update]).unwrap();
        let open = ids(&bal.store, &me(0), Scope::Everything, Filter::Open);
        (open, ids(&bal.store, &me(0), Scope::Everything, Filter::Mine))
    };
    assert_eq!(told(&["$PliTodo"]), (vec![mail], vec![mail]));
    assert_eq!(
        told(&["$PliTaken"]),
        (vec![mail], vec![]),
        "by somebody else, or it would be known here"
    );
    assert_eq!(told(&["$PliDone"]), (vec![], vec![]));
    assert_eq!(told(&["$PLITODO", "x"]), (vec![mail], vec![mail]));
    assert_eq!(told(&[]), (vec![], vec![]));
}
