//! Who takes charge of a message, on boxes that several people read.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Instant;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum HandlingState {
    /// Nobody said anything.
    None,
    /// « À traiter ».
    Todo,
    /// « Pris en charge ».
    Taken,
    /// « Traité ».
    Done,
}

/// By what this is carried to the other readers of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Carried {
    /// By the operator, whole: state, names, notes.
    Server,
    /// By the operator, the state alone: names and notes stay here.
    KeywordsOnly,
    /// By nobody: all of it stays on this workstation.
    LocalOnly,
}

/// Somebody who reads the box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their national identifier, when it is known.
    pub id: Option<String>,
    /// Their name.
    pub name: String,
}

/// What is known of a message's handling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Handling {
    /// Where it stands.
    pub state: HandlingState,
    /// Who said so.
    pub by: Option<Person>,
    /// Whom it is for.
    #[serde(rename = "for")]
    pub for_: Option<Person>,
    /// Since when.
    pub at: Option<Instant>,
    /// A note of one line, at most 200 characters.
    pub note: Option<String>,
    /// Everything that was said, oldest first.
    pub facts: Vec<Fact>,
    /// Whether two people trod on each other: both facts are kept.
    pub conflict: bool,
    /// By what it is carried.
    pub carried: Carried,
}

/// Something that somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// Who.
    pub by: Person,
    /// What.
    pub what: FactWhat,
    /// When.
    pub at: Instant,
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum FactWhat {
    /// Where it stands.
    State {
        /// The state.
        state: HandlingState,
    },
    /// A note; empty: taken away.
    Note {
        /// Its text.
        note: String,
    },
    /// Whom it is for; `null`: nobody any more.
    For {
        /// Who.
        name: Option<String>,
    },
}

/// What a row shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HandlingMark {
    /// Where it stands.
    pub state: HandlingState,
    /// Who said so.
    pub by_name: Option<String>,
    /// Whom it is for.
    pub for_name: Option<String>,
    /// Whether two people trod on each other.
    pub conflict: bool,
    /// Whether there is a note.
    pub note: bool,
}

/// How many messages are still to be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToHandle {
    /// By whomever: those of [`super::Filter::Open`].
    pub open: u32,
    /// By the person of this profile: those of [`super::Filter::Mine`].
    pub mine: u32,
}
