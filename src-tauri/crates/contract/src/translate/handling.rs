//! Who takes charge of what.

use pli_engine as engine;

use super::instant;
use crate::view::{Carried, Fact, FactWhat, Handling, HandlingMark, HandlingState, Person};

pub(crate) fn handling(handling: engine::Handling) -> Handling {
    Handling {
        state: state(handling.state),
        by: handling.by.map(person),
        for_: handling.for_.map(person),
        at: handling.at.map(instant),
        note: handling.note,
        facts: handling.facts.into_iter().map(fact).collect(),
        conflict: handling.conflict,
        carried: carried(handling.carried),
    }
}

pub(crate) fn mark(mark: &engine::HandlingMark) -> HandlingMark {
    HandlingMark {
        state: state(mark.state),
        by_name: mark.by_name.clone(),
        for_name: mark.for_name.clone(),
        conflict: mark.conflict,
        note: mark.note,
    }
}

fn fact(fact: engine::Fact) -> Fact {
    Fact {
        by: person(fact.by),
        what: match fact.what {
            engine::FactWhat::State(to) => FactWhat::State { state: state(to) },
            engine::FactWhat::Note(note) => FactWhat::Note { note },
            engine::FactWhat::For(whom) => FactWhat::For {
                name: whom.map(|person| person.name),
            },
        },
        at: instant(fact.at),
    }
}

pub(crate) fn person(person: engine::Person) -> Person {
    Person {
        id: person.id.map(|id| id.as_str().to_owned()),
        name: person.name,
    }
}

fn state(state: engine::HandlingState) -> HandlingState {
    match state {
        engine::HandlingState::None => HandlingState::None,
        engine::HandlingState::Todo => HandlingState::Todo,
        engine::HandlingState::Taken => HandlingState::Taken,
        engine::HandlingState::Done => HandlingState::Done,
    }
}

pub(crate) fn state_of(state: HandlingState) -> engine::HandlingState {
    match state {
        HandlingState::None => engine::HandlingState::None,
        HandlingState::Todo => engine::HandlingState::Todo,
        HandlingState::Taken => engine::HandlingState::Taken,
        HandlingState::Done => engine::HandlingState::Done,
    }
}

pub(crate) fn carried(carried: engine::Carried) -> Carried {
    match carried {
        engine::Carried::Server => Carried::Server,
        engine::Carried::KeywordsOnly => Carried::KeywordsOnly,
        engine::Carried::LocalOnly => Carried::LocalOnly,
    }
}
