use super::*;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn fact(who: &str, what: FactWhat, second: i64) -> Fact {
    Fact {
        by: Person {
            id: None,
            name: who.to_owned(),
        },
        author: AuthorId(word_of(who)),
        what,
        at: at(second),
    }
}

fn said(who: &str, state: HandlingState, second: i64) -> Fact {
    fact(who, FactWhat::State(state), second)
}

use HandlingState::{Done, None as Nothing, Taken, Todo};

#[test]
fn the_last_fact_counts_and_all_are_kept() {
    let facts = [
        said("A", Taken, 1),
        said("A", Done, 5),
        fact("B", FactWhat::Note("urgent".into()), 3),
    ];
    let resolved = resolve(&facts, Keywords::DONE);
    assert_eq!((resolved.state, resolved.conflict), (Done, false));
    assert_eq!(resolved.by.unwrap().name, "A");
    assert_eq!(resolved.note.as_deref(), Some("urgent"));
    assert_eq!(merged(&facts[..1], &facts).len(), 3);
}

#[test]
fn two_who_took_it_are_a_conflict_until_one_lets_go() {
    let both = [said("A", Taken, 1), said("B", Taken, 2)];
    assert!(resolve(&both, Keywords::TAKEN).conflict);
    assert_eq!(resolve(&both, Keywords::TAKEN).by.unwrap().name, "B");
    let let_go = [both.to_vec(), vec![said("A", Nothing, 3)]].concat();
    let resolved = resolve(&let_go, Keywords::NONE);
    assert!(!resolved.conflict);
    assert_eq!((resolved.state, resolved.by.unwrap().name.as_str()), (Taken, "B"));
    // Also when it was the last to take it who lets go.
    let let_go = [both.to_vec(), vec![said("B", Nothing, 3)]].concat();
    let resolved = resolve(&let_go, Keywords::TAKEN);
    assert!(!resolved.conflict);
    assert_eq!((resolved.state, resolved.by.unwrap().name.as_str()), (Taken, "A"));
    let row = serde_json::to_string(&summary(&let_go)).unwrap();
    assert_eq!(mark(Some(&row), &[]).unwrap().by_name.as_deref(), Some("A"));
}

#[test]
fn who_takes_back_their_word_takes_back_nobody_elses() {
    let todo = [said("A", Todo, 1), said("B", Nothing, 2)];
    assert_eq!(resolve(&todo, Keywords::NONE).state, Nothing);
    let taken = [said("A", Taken, 1), said("B", Nothing, 2)];
    assert_eq!(
        resolve(&taken, Keywords::NONE).state,
        Nothing,
        "a reset by somebody else"
    );
    let back = [said("A", Todo, 1), said("B", Taken, 2), said("B", Nothing, 3)];
    assert_eq!(resolve(&back, Keywords::NONE).state, Nothing);
}

#[test]
fn dealing_with_what_another_has_taken_is_a_conflict() {
    let facts = [said("A", Taken, 1), said("B", Done, 2)];
    assert!(resolve(&facts, Keywords::DONE).conflict);
    let agreed = [facts.to_vec(), vec![said("A", Done, 3)]].concat();
    assert!(!resolve(&agreed, Keywords::DONE).conflict);
    let before = [said("B", Done, 1), said("A", Taken, 2)];
    assert!(!resolve(&before, Keywords::TAKEN).conflict, "it was opened again");
}

#[test]
fn keywords_of_a_client_without_facts_count() {
    let facts = [said("A", Taken, 1)];
    let resolved = resolve(&facts, Keywords::DONE);
    assert_eq!((resolved.state, resolved.by), (Done, None));
    assert_eq!(resolve(&facts, Keywords::NONE).state, Taken);
    assert_eq!(resolve(&[], Keywords::TODO).state, Todo);
    assert_eq!(resolve(&facts, Keywords::TAKEN.with(Keywords::TODO)).state, Taken);
}

#[test]
fn a_row_shows_what_the_message_shows() {
    let facts = [
        said("A", Todo, 1),
        fact(
            "A",
            FactWhat::For(Some(Person {
                id: None,
                name: "Dr B".into(),
            })),
            1,
        ),
        said("B", Taken, 2),
    ];
    let text = serde_json::to_string(&summary(&facts).unwrap()).unwrap();
    let shown = mark(Some(&text), &["$PliTaken".to_owned()]).unwrap();
    assert_eq!((shown.state, shown.by_name.as_deref()), (Taken, Some("B")));
    assert_eq!(shown.for_name.as_deref(), Some("Dr B"));
    assert_eq!(mark(None, &["$Urgent".to_owned()]), None);
    assert_eq!(mark(None, &["$PLITODO".to_owned()]).unwrap().state, Todo);
    assert_eq!(mark(Some("not JSON"), &[]), None);
}

#[test]
fn one_line_is_one_line() {
    assert_eq!(one_line(" a\r\nb\u{202e}c\u{2028}d ", 200), "a  bc d");
    assert_eq!(one_line(&"é".repeat(300), 200).chars().count(), 200);
}

#[test]
fn words_on_the_server_are_32_digits() {
    let word = message_word("<a@b>");
    assert_eq!(AuthorId::parse(&word).unwrap().as_str(), word);
    assert!(AuthorId::parse("..").is_none() && AuthorId::parse(&word[1..]).is_none());
}

proptest! {
    #[test]
    fn bounds_hold_and_the_last_of_each_kind_stays(
        said_by in proptest::collection::vec((0u8..40, 0u8..3, 0i64..1000), 0..400),
    ) {
        let facts: Vec<Fact> = said_by.iter().map(|(who, kind, second)| {
            let what = match kind {
                0 => FactWhat::State(Taken),
                1 => FactWhat::For(None),
                _ => FactWhat::Note(second.to_string()),
            };
            fact(&format!("P{who}"), what, *second)
        }).collect();
        let kept = merged(&[], &facts);
        prop_assert_eq!(&merged(&kept, &kept), &kept);
        let mut counts = std::collections::BTreeMap::new();
        for fact in &kept {
            *counts.entry(fact.author.clone()).or_insert(0) += 1;
        }
        prop_assert!(counts.len() <= AUTHORS_LIMIT && counts.values().all(|count| *count <= FACTS_LIMIT));
        for kind in 0..3u8 {
            prop_assert_eq!(last(&facts, kind).map(|fact| fact.at), last(&kept, kind).map(|fact| fact.at));
        }
    }
}
