//! One author's entry on the server: what it is called, and the JSON it holds. What comes from there was written by anybody
//! who opens the box, and is bounded and checked before it counts.

use std::time::Duration;

use jiff::Timestamp;
use pli_store::{AuthorId, FACTS_LIMIT, Fact, FactWhat, HandlingState, NAME_LIMIT, NOTE_LIMIT, Person};
use pli_store::{bounded, message_word, one_line};
use pli_terms::NationalId;
use serde::{Deserialize, Serialize};

/// Where all entries are, under the inbox (RFC 5464 §4.3: `/shared/vendor/vendor.<token>`).
pub(super) const ROOT: &str = "/shared/vendor/vendor.pli/handling";

/// Octets of one entry, at most.
pub(super) const LARGEST: usize = 4096;

/// A clock that is further ahead than this is wrong: what it dates would outlive every later word.
const AHEAD: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    v: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    id: Option<String>,
    name: String,
    facts: Vec<Said>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Said {
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    state: Option<String>,
    /// Whom it is for; empty: nobody any more.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none", default)]
    for_: Option<String>,
    #[serde(rename = "forId", skip_serializing_if = "Option::is_none", default)]
    for_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<String>,
}

/// What everything said of a message is under.
pub(super) fn of_message(message_id: &str) -> String {
    format!("{ROOT}/{}", message_word(message_id))
}

/// What an author's entry on a message is called.
pub(super) fn of_author(message_id: &str, author: &AuthorId) -> String {
    format!("{}/{}", of_message(message_id), author.as_str())
}

/// The message's word and the author in an entry's name; none when it is no entry of ours.
pub(super) fn named(name: &str) -> Option<(String, AuthorId)> {
    let name = name.to_ascii_lowercase();
    let (word, author) = name.strip_prefix(ROOT)?.strip_prefix('/')?.split_once('/')?;
    Some((AuthorId::parse(word)?.as_str().to_owned(), AuthorId::parse(author)?))
}

/// What an author said of a message, as its entry holds it: [`LARGEST`] octets at most, the oldest left out before.
pub(super) fn write(author: &AuthorId, facts: &[Fact]) -> Option<Vec<u8>> {
    let own: Vec<Fact> = facts.iter().filter(|fact| fact.author == *author).cloned().collect();
    let mut own = bounded(own);
    while let Some(last) = own.last() {
        let entry = Entry {
            v: 1,
            id: last.by.id.as_ref().map(|id| id.as_str().to_owned()),
            name: last.by.name.clone(),
            facts: own.iter().map(said).collect(),
        };
        let text = serde_json::to_vec(&entry).ok()?;
        if text.len() <= LARGEST {
            return Some(text);
        }
        own.remove(0);
    }
    None
}

/// What an entry says; nothing when it is not what it should be. `now` bounds what its clock may claim.
pub(super) fn read(author: &AuthorId, octets: &[u8], now: Timestamp) -> Vec<Fact> {
    if octets.len() > LARGEST {
        return Vec::new();
    }
    let Ok(entry) = serde_json::from_slice::<Entry>(octets) else {
        return Vec::new();
    };
    let id = entry.id.as_deref().and_then(|id| NationalId::parse(id).ok());
    // An entry in somebody's name is under that person's word, or nobody's.
    if entry.id.is_some() && id.as_ref().map(AuthorId::of_person).as_ref() != Some(author) {
        return Vec::new();
    }
    let name = one_line(&entry.name, NAME_LIMIT);
    if entry.v != 1 || name.is_empty() {
        return Vec::new();
    }
    let by = Person { id, name };
    let latest = now.checked_add(AHEAD).unwrap_or(now);
    let facts = entry.facts.iter().rev().take(FACTS_LIMIT * 3);
    let facts = facts
        .filter_map(|said| {
            let at = Timestamp::from_millisecond(said.at).ok().filter(|at| *at <= latest)?;
            Some((at, what(said)?))
        })
        .map(|(at, what)| Fact {
            by: by.clone(),
            author: author.clone(),
            what,
            at,
        })
        .collect();
    bounded(facts)
}

fn said(fact: &Fact) -> Said {
    let mut said = Said {
        at: fact.at.as_millisecond(),
        state: None,
        for_: None,
        for_id: None,
        note: None,
    };
    match &fact.what {
        FactWhat::State(state) => said.state = Some(state.as_str().to_owned()),
        FactWhat::For(person) => {
            said.for_ = Some(person.as_ref().map(|person| person.name.clone()).unwrap_or_default());
            said.for_id = person
                .as_ref()
                .and_then(|person| Some(person.id.as_ref()?.as_str().to_owned()));
        }
        FactWhat::Note(note) => said.note = Some(note.clone()),
    }
    said
}

fn what(said: &Said) -> Option<FactWhat> {
    match (&said.state, &said.for_, &said.note) {
        (Some(word), None, None) => {
            let state = HandlingState::ALL.iter().find(|state| state.as_str() == word)?;
            Some(FactWhat::State(*state))
        }
        (None, Some(name), None) => {
            let name = one_line(name, NAME_LIMIT);
            let id = said.for_id.as_deref().and_then(|id| NationalId::parse(id).ok());
            Some(FactWhat::For((!name.is_empty()).then_some(Person { id, name })))
        }
        (None, None, Some(note)) => Some(FactWhat::Note(one_line(note, NOTE_LIMIT))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_000_000_000;

    fn now() -> Timestamp {
        Timestamp::from_millisecond(NOW).unwrap()
    }

    fn martin() -> Person {
        Person {
            id: Some(NationalId::parse("899700000013").unwrap()),
            name: "Claire MARTIN".to_owned(),
        }
    }

    fn author() -> AuthorId {
        AuthorId::of_person(martin().id.as_ref().unwrap())
    }

    fn fact(what: FactWhat, at: i64) -> Fact {
        Fact {
            by: martin(),
            author: author(),
            what,
            at: Timestamp::from_millisecond(NOW + at).unwrap(),
        }
    }

    #[test]
    fn an_entry_comes_back_as_it_was_said() {
        let facts = vec![
            fact(FactWhat::State(HandlingState::Taken), -3),
            fact(
                FactWhat::For(Some(Person {
                    id: None,
                    name: "Dr Leroy".into(),
                })),
                -2,
            ),
            fact(FactWhat::For(None), -1),
            fact(FactWhat::Note("rappeler « demain »".into()), 0),
        ];
        let octets = write(&author(), &facts).unwrap();
        assert_eq!(read(&author(), &octets, now()), facts);
    }

    #[test]
    fn nobody_speaks_in_another_name_nor_from_the_future() {
        let octets = write(&author(), &[fact(FactWhat::State(HandlingState::Done), 0)]).unwrap();
        let other = AuthorId::of_person(&NationalId::parse("899700000021").unwrap());
        assert!(read(&other, &octets, now()).is_empty());
        let early = Timestamp::from_millisecond(NOW - 2 * 24 * 3600 * 1000).unwrap();
        assert!(read(&author(), &octets, early).is_empty());
    }

    #[test]
    fn an_entry_too_long_loses_its_oldest_words_first() {
        let facts: Vec<Fact> = (0..16).map(|n| fact(FactWhat::Note("é".repeat(200)), n)).collect();
        let octets = write(&author(), &facts).unwrap();
        assert!(octets.len() <= LARGEST);
        let back = read(&author(), &octets, now());
        assert_eq!(back.last(), facts.last());
        assert!(back.len() < facts.len() && !back.is_empty());
    }

    #[test]
    fn names_are_read_in_any_case_and_nothing_else_is_ours() {
        let name = of_author("<a@b>", &author());
        assert_eq!(named(&name.to_uppercase()), Some((message_word("<a@b>"), author())));
        for other in [
            "/shared/comment",
            ROOT,
            "/shared/vendor/vendor.pli/handling/x/y",
            &format!("{name}/z"),
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_there_is_read_within_bounds(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(read(&author(), &octets, now()).len() <= FACTS_LIMIT);
        }

        #[test]
        fn whatever_json_is_there_is_read_within_bounds(
            note in ".{0,400}", name in ".{0,200}", at in any::<i64>(), count in 0usize..80,
        ) {
            let one = serde_json::json!({ "at": at, "note": note });
            let entry = serde_json::json!({ "v": 1, "name": name, "facts": vec![one; count] });
            for fact in read(&author(), &serde_json::to_vec(&entry).unwrap(), now()) {
                prop_assert!(fact.by.name.chars().count() <= NAME_LIMIT && !fact.by.name.contains('\n'));
                let FactWhat::Note(note) = fact.what else { panic!() };
                prop_assert!(note.chars().count() <= NOTE_LIMIT && !note.chars().any(char::is_control));
            }
        }
    }
}
