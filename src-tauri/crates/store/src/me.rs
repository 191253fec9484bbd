//! Whom a message is left to, and whether that is who asks.

use std::collections::BTreeSet;

use pli_terms::NationalId;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use serde::{Deserialize, Serialize};

use crate::handling::{AuthorId, Fact, FactWhat, HandlingState, Person, is_conflict, last, lasts, stands, stated};
use crate::search::fold;

/// Somebody who asks what is theirs to deal with. Who is known by nothing gets what is for nobody in particular.
///
/// Colleagues name each other by a number when they know it, else by a name as it was typed: a number on both sides decides
/// alone; else names are compared without case, accents, punctuation, nor a title before them (« Dr », « Docteur », « Pr »).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Me {
    /// As the author of what they say.
    pub author: Option<AuthorId>,
    /// Their national id.
    pub id: Option<NationalId>,
    /// The names by which colleagues may assign to them.
    pub names: Vec<String>,
}

/// How many messages are still to be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToHandle {
    /// By whomever.
    pub open: u64,
    /// By who asks.
    pub mine: u64,
}

/// Who asks, ready to be compared.
pub(crate) struct Asking {
    author: Option<String>,
    id: Option<String>,
    names: BTreeSet<String>,
}

impl Asking {
    pub(crate) fn of(me: &Me) -> Self {
        Self {
            author: me.author.as_ref().map(|author| author.as_str().to_owned()),
            id: me.id.as_ref().map(|id| id.as_str().to_owned()),
            names: me.names.iter().map(|name| folded_name(name)).collect(),
        }
    }

    /// Whether what is left to these persons is left to who asks.
    pub(crate) fn concerns(&self, persons: &str) -> bool {
        let persons: Vec<Concerned> = serde_json::from_str(persons).unwrap_or_default();
        persons.is_empty() || persons.iter().any(|person| self.is(person))
    }

    fn is(&self, person: &Concerned) -> bool {
        if person.author.is_some() && person.author == self.author {
            return true;
        }
        match (&person.id, &self.id) {
            (Some(theirs), Some(own)) => theirs == own,
            _ => !person.name.is_empty() && self.names.contains(&person.name),
        }
    }
}

/// Somebody to whom a message is left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
struct Concerned {
    #[serde(rename = "a", skip_serializing_if = "Option::is_none", default)]
    author: Option<String>,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none", default)]
    id: Option<String>,
    #[serde(rename = "n", skip_serializing_if = "String::is_empty", default)]
    name: String,
}

impl Concerned {
    fn assigned(person: &Person) -> Self {
        Self {
            author: None,
            id: person.id.as_ref().map(|id| id.as_str().to_owned()),
            name: folded_name(&person.name),
        }
    }

    fn said(fact: &Fact) -> Self {
        Self {
            author: Some(fact.author.as_str().to_owned()),
            ..Self::assigned(&fact.by)
        }
    }
}

/// Titles that people write before a name, folded.
const TITLES: [&str; 7] = ["dr", "dre", "docteur", "docteure", "pr", "professeur", "professeure"];

/// A name as names are compared.
fn folded_name(name: &str) -> String {
    let folded = fold(name).to_lowercase();
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    // Somebody may be called so.
    let titles = words.iter().take_while(|word| TITLES.contains(word)).count();
    let from = titles.min(words.len().saturating_sub(1));
    words[from..].join(" ")
}

/// What the database keeps of facts, so that what is left to do is found without reading them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Where the facts say that the message stands.
    pub(crate) said: HandlingState,
    /// Whom it is left to if it is to be dealt with.
    pub(crate) todo: Option<String>,
    /// Whom it is left to if it is taken.
    pub(crate) taken: Option<String>,
    /// Whom it is left to in another state; none: nothing is left to do.
    pub(crate) other: Option<String>,
}

impl Left {
    pub(crate) fn of(facts: &[Fact]) -> serde_json::Result<Self> {
        Ok(Self {
            said: stands(facts).unwrap_or(HandlingState::None),
            todo: left_to(facts, HandlingState::Todo)?,
            taken: left_to(facts, HandlingState::Taken)?,
            other: left_to(facts, HandlingState::None)?,
        })
    }
}

/// Whom a message that stands so is left to: whom it is for, who has taken it, and all who disagree about it; everybody when
/// it is to be dealt with by nobody in particular. None when nothing is left to do.
fn left_to(facts: &[Fact], state: HandlingState) -> serde_json::Result<Option<String>> {
    use HandlingState::{Done, Taken, Todo};
    let conflict = is_conflict(facts);
    if !matches!(state, Todo | Taken) && !conflict {
        return Ok(None);
    }
    let for_ = last(facts, 1).and_then(|fact| match &fact.what {
        FactWhat::For(person) => person.as_ref(),
        _ => None,
    });
    let mut persons = BTreeSet::new();
    persons.extend(for_.map(Concerned::assigned));
    let everybody = state == Todo && persons.is_empty();
    if state == Taken || conflict {
        let holds = |fact: &&Fact| match stated(fact) {
            Some(Taken) => true,
            Some(Done) => conflict,
            _ => false,
        };
        persons.extend(lasts(facts).into_iter().filter(holds).map(Concerned::said));
    }
    if everybody {
        persons.clear();
    } else if persons.is_empty() {
        // A keyword alone says that it is taken: by somebody else, or it would be known here.
        persons.insert(Concerned::default());
    }
    serde_json::to_string(&persons).map(Some)
}

/// What the migration that begins to keep [`Left`] asks of former facts.
///
/// # Errors
/// When SQLite refuses them.
pub(crate) fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let facts = |context: &Context<'_>| -> rusqlite::Result<Vec<Fact>> {
        // What cannot be read says nothing, here as elsewhere.
        Ok(serde_json::from_str(context.get_raw(0).as_str()?).unwrap_or_default())
    };
    connection.create_scalar_function(c"handling_said", 1, flags, move |context| {
        Ok(stands(&facts(context)?).unwrap_or(HandlingState::None).as_str())
    })?;
    connection.create_scalar_function(c"handling_who", 2, flags, move |context| {
        let word = context.get_raw(1).as_str()?;
        let state = HandlingState::ALL.iter().find(|state| state.as_str() == word);
        left_to(&facts(context)?, state.copied().unwrap_or(HandlingState::None))
            .map_err(|error| rusqlite::Error::UserFunctionError(error.into()))
    })
}

#[cfg(test)]
#[path = "me_tests.rs"]
mod tests;
