//! Who takes charge of a message (« pris en charge par », « traité », « à traiter par »): what each person said, and what
//! follows from all of it.
//!
//! Nothing said is ever overwritten by somebody else: a fact belongs to its author, and two people who said different things
//! are both kept. Where a message stands follows from its keywords, which every client of the box is told of, and from the
//! facts, which say who, when and why.

use jiff::Timestamp;
use pli_terms::NationalId;
use serde::{Deserialize, Serialize};

use crate::keywords::Keywords;
use crate::word::word;

word!(
    /// Where a message stands.
    HandlingState {
        /// Nobody said anything, or who did took it back.
        None = "none",
        /// To be dealt with.
        Todo = "todo",
        /// Somebody takes charge of it.
        Taken = "taken",
        /// It was dealt with.
        Done = "done",
    }
);

impl HandlingState {
    /// The keyword that says so.
    #[must_use]
    pub fn keyword(self) -> Keywords {
        match self {
            Self::None => Keywords::NONE,
            Self::Todo => Keywords::TODO,
            Self::Taken => Keywords::TAKEN,
            Self::Done => Keywords::DONE,
        }
    }
}

/// How what is said of a message reaches the others who read the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carried {
    /// By the server, whole: keywords and METADATA.
    Server,
    /// By keywords alone: the others see the state, neither who nor the note.
    KeywordsOnly,
    /// Nothing leaves this workstation.
    LocalOnly,
}

/// Somebody who reads the box.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// The national id; none for somebody typed by name, and for a box opened by certificate.
    pub id: Option<NationalId>,
    /// The name: one line of 1 to [`NAME_LIMIT`] characters.
    pub name: String,
}

/// Longest name, in characters.
pub const NAME_LIMIT: usize = 80;

/// Longest note, in characters.
pub const NOTE_LIMIT: usize = 200;

/// Facts kept of one author on one message: beyond, the oldest that something newer replaces goes.
pub const FACTS_LIMIT: usize = 16;

/// Authors kept on one message.
pub const AUTHORS_LIMIT: usize = 24;

/// Who says something: the same person is the same author on all their workstations.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorId(String);

impl AuthorId {
    /// The author that is called so on the server: 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The author who has this national id.
    #[must_use]
    pub fn of_person(id: &NationalId) -> Self {
        Self(word_of(&format!("person:{}", id.as_str())))
    }

    /// The author of a workstation where nobody's national id is known, by a random number of its own.
    #[must_use]
    pub fn of_workstation(number: u128) -> Self {
        Self(word_of(&format!("workstation:{number:032x}")))
    }

    /// The 32 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a message is called on the server: 32 hexadecimal digits of the SHA-256 of its Message-ID.
#[must_use]
pub fn message_word(message_id: &str) -> String {
    word_of(message_id)
}

fn word_of(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest
        .as_ref()
        .iter()
        .take(16)
        .map(|octet| format!("{octet:02x}"))
        .collect()
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactWhat {
    /// Where it stands.
    State(HandlingState),
    /// Whom it is for; none: nobody any more.
    For(Option<Person>),
    /// A note of one line, at most [`NOTE_LIMIT`] characters; empty: none any more.
    Note(String),
}

impl FactWhat {
    fn kind(&self) -> u8 {
        match self {
            Self::State(_) => 0,
            Self::For(_) => 1,
            Self::Note(_) => 2,
        }
    }
}

/// Something that somebody said of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Who, by their own word.
    pub by: Person,
    /// Who, as the server tells authors apart.
    pub author: AuthorId,
    /// What.
    pub what: FactWhat,
    /// When, by the author's clock; a whole number of milliseconds.
    #[serde(with = "millis")]
    pub at: Timestamp,
}

/// A time as milliseconds since 1970.
mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_i64(at.as_millisecond())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_millisecond(i64::deserialize(from)?).map_err(de::Error::custom)
    }
}

/// What follows from the facts and the keywords of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Where it stands.
    pub state: HandlingState,
    /// Who said so last, of those who still say it; none when only a keyword does.
    pub by: Option<Person>,
    /// When they did.
    pub at: Option<Timestamp>,
    /// Whom it is for.
    pub for_: Option<Person>,
    /// The last note.
    pub note: Option<String>,
    /// Whether two people took it, or one dealt with what another had taken and still has.
    pub conflict: bool,
}

/// What a list row shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlingMark {
    /// Where it stands.
    pub state: HandlingState,
    /// Who said so.
    pub by_name: Option<String>,
    /// Whom it is for.
    pub for_name: Option<String>,
    /// Whether two people said what cannot both be.
    pub conflict: bool,
    /// Whether there is a note.
    pub note: bool,
}

/// What a row needs of the facts, so that a list reads no more: the keywords are in the row itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// What the last fact about it says.
    #[serde(rename = "s", skip_serializing_if = "Option::is_none", default)]
    state: Option<HandlingState>,
    /// Who last said each state.
    #[serde(rename = "b", skip_serializing_if = "Vec::is_empty", default)]
    by: Vec<(HandlingState, String)>,
    #[serde(rename = "f", skip_serializing_if = "Option::is_none", default)]
    for_name: Option<String>,
    #[serde(rename = "c", skip_serializing_if = "is_false", default)]
    conflict: bool,
    #[serde(rename = "n", skip_serializing_if = "is_false", default)]
    note: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What follows from these facts under these keywords.
#[must_use]
pub fn resolve(facts: &[Fact], keywords: Keywords) -> Resolved {
    let state = state_of(stands(facts), keywords);
    let said = standing(facts, state);
    Resolved {
        state,
        by: said.map(|fact| fact.by.clone()),
        at: said.map(|fact| fact.at),
        for_: last(facts, 1).and_then(|fact| match &fact.what {
            FactWhat::For(person) => person.clone(),
            _ => None,
        }),
        note: last(facts, 2).and_then(|fact| match &fact.what {
            FactWhat::Note(note) if !note.is_empty() => Some(note.clone()),
            _ => None,
        }),
        conflict: is_conflict(facts),
    }
}

/// The last fact counts as long as the keywords do not say another state: a client that knows nothing of facts may have
/// changed them; and where they say nothing, it may have taken them away, or the server has none.
fn state_of(fact: Option<HandlingState>, keywords: Keywords) -> HandlingState {
    let told = keywords.and(Keywords::STATES);
    let fact = fact.unwrap_or(HandlingState::None);
    if told.is_empty() || (fact != HandlingState::None && told.contains(fact.keyword())) {
        return fact;
    }
    [HandlingState::Done, HandlingState::Taken]
        .into_iter()
        .find(|state| told.contains(state.keyword()))
        .unwrap_or(HandlingState::Todo)
}

/// Where a message stands by the facts alone: as the last of them says; but who takes their own word back leaves it to whom
/// else has taken it.
pub(crate) fn stands(facts: &[Fact]) -> Option<HandlingState> {
    let last = last(facts, 0)?;
    let state = stated(last)?;
    if state != HandlingState::None {
        return Some(state);
    }
    let before = facts
        .iter()
        .filter(|fact| fact.author == last.author && *fact != last)
        .filter(|fact| stated(fact).is_some())
        .max_by_key(|fact| fact.at)
        .and_then(stated);
    let own = matches!(before, Some(HandlingState::Taken | HandlingState::Done));
    let other = |fact: &&Fact| fact.author != last.author;
    let taken = own
        && lasts(facts)
            .into_iter()
            .filter(other)
            .any(|fact| stated(fact) == Some(HandlingState::Taken));
    Some(if taken { HandlingState::Taken } else { state })
}

pub(crate) fn stated(fact: &Fact) -> Option<HandlingState> {
    match fact.what {
        FactWhat::State(state) => Some(state),
        _ => None,
    }
}

fn order(fact: &Fact) -> (Timestamp, &AuthorId) {
    (fact.at, &fact.author)
}

pub(crate) fn last(facts: &[Fact], kind: u8) -> Option<&Fact> {
    facts
        .iter()
        .filter(|fact| fact.what.kind() == kind)
        .max_by_key(|fact| order(fact))
}

/// The last of those who still say this state: who took their own word back says it no more.
fn standing(facts: &[Fact], state: HandlingState) -> Option<&Fact> {
    lasts(facts)
        .into_iter()
        .filter(|fact| state != HandlingState::None && stated(fact) == Some(state))
        .max_by_key(|fact| order(fact))
}

/// Two people have it taken; or one dealt with it after another took it, who has not said anything since.
pub(crate) fn is_conflict(facts: &[Fact]) -> bool {
    let lasts = lasts(facts);
    let at = |state: HandlingState| {
        let said = lasts.iter().filter(move |fact| stated(fact) == Some(state));
        said.map(|fact| fact.at).collect::<Vec<Timestamp>>()
    };
    let (taken, done) = (at(HandlingState::Taken), at(HandlingState::Done));
    taken.len() > 1 || taken.iter().any(|taken| done.iter().any(|done| done >= taken))
}

/// What each author last said of where it stands.
pub(crate) fn lasts(facts: &[Fact]) -> Vec<&Fact> {
    let mut authors: Vec<&AuthorId> = facts.iter().map(|fact| &fact.author).collect();
    authors.sort_unstable();
    authors.dedup();
    authors
        .into_iter()
        .filter_map(|author| {
            let own = facts
                .iter()
                .filter(|fact| fact.author == *author && stated(fact).is_some());
            own.max_by_key(|fact| fact.at)
        })
        .collect()
}

pub(crate) fn summary(facts: &[Fact]) -> Option<Summary> {
    if facts.is_empty() {
        return None;
    }
    let said = resolve(facts, Keywords::NONE);
    let by = HandlingState::ALL
        .iter()
        .filter(|state| **state != HandlingState::None)
        .filter_map(|state| Some((*state, standing(facts, *state)?.by.name.clone())))
        .collect();
    Some(Summary {
        state: stands(facts),
        by,
        for_name: said.for_.map(|person| person.name),
        conflict: said.conflict,
        note: said.note.is_some(),
    })
}

/// What a row shows; none when there is nothing to show.
pub(crate) fn mark(summary: Option<&str>, keywords: &[String]) -> Option<HandlingMark> {
    let keywords = Keywords::of(keywords);
    if summary.is_none() && keywords.and(Keywords::STATES).is_empty() {
        return None;
    }
    let summary: Summary = summary
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let state = state_of(summary.state, keywords);
    let mark = HandlingMark {
        state,
        by_name: summary
            .by
            .into_iter()
            .find(|(said, _)| *said == state)
            .map(|(_, name)| name),
        for_name: summary.for_name,
        conflict: summary.conflict,
        note: summary.note,
    };
    let shows = state != HandlingState::None || mark.for_name.is_some() || mark.conflict || mark.note;
    shows.then_some(mark)
}

/// These facts with those that were not among them; oldest first, within the bounds.
#[must_use]
pub fn merged(known: &[Fact], more: &[Fact]) -> Vec<Fact> {
    let mut all: Vec<Fact> = known.to_vec();
    for fact in more {
        let same = |one: &Fact| one.author == fact.author && one.at == fact.at && one.what == fact.what;
        if !all.iter().any(same) {
            all.push(fact.clone());
        }
    }
    bounded(all)
}

/// Facts within the bounds, oldest first: of each author the last of each kind always stays.
#[must_use]
pub fn bounded(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.sort_by(|a, b| (order(a), &a.what).cmp(&(order(b), &b.what)));
    let mut authors: Vec<AuthorId> = Vec::new();
    // Those whose word counts stay, then the most recent.
    let counts = (0..3).filter_map(|kind| last(&facts, kind));
    for fact in counts.chain(facts.iter().rev()) {
        if !authors.contains(&fact.author) {
            authors.push(fact.author.clone());
        }
    }
    authors.truncate(AUTHORS_LIMIT);
    facts.retain(|fact| authors.contains(&fact.author));
    for author in &authors {
        loop {
            let own: Vec<usize> = (0..facts.len()).filter(|i| facts[*i].author == *author).collect();
            if own.len() <= FACTS_LIMIT {
                break;
            }
            let replaced = |i: &&usize| {
                own.iter()
                    .any(|later| later > *i && facts[*later].what.kind() == facts[**i].what.kind())
            };
            match own.iter().find(replaced).copied() {
                Some(i) => facts.remove(i),
                None => break,
            };
        }
    }
    facts
}

/// One line of at most so many characters; what would turn the reading order around is dropped.
#[must_use]
pub fn one_line(text: &str, characters: usize) -> String {
    let plain = |c: char| {
        let turns =
            matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            Some(' ')
        } else {
            (!turns).then_some(c)
        }
    };
    let line: String = text.chars().filter_map(plain).collect();
    let line: String = line.trim().chars().take(characters).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
#[path = "handling_tests.rs"]
mod tests;
