//! Who takes charge of messages, in French.

use pli_contract::view::{Carried, Fact, FactWhat, Handling, HandlingMark, HandlingState};

use super::instant;

/// The word of a state.
fn state(state: HandlingState) -> &'static str {
    match state {
        HandlingState::None => "personne ne s'en occupe",
        HandlingState::Todo => "à traiter",
        HandlingState::Taken => "pris en charge",
        HandlingState::Done => "traité",
    }
}

/// What a list says of a message.
pub(crate) fn mark(mark: &HandlingMark) -> String {
    let mut text = state(mark.state).to_owned();
    if let Some(by) = &mark.by_name {
        text.push_str(&format!(" par {by}"));
    }
    if let Some(whom) = &mark.for_name {
        text.push_str(&format!(", pour {whom}"));
    }
    if mark.note {
        text.push_str(" (avec une note)");
    }
    if mark.conflict {
        text.push_str(". Attention : deux personnes s'en sont occupées en même temps");
    }
    text
}

/// What is known of a message.
pub(crate) fn whole(message: i64, handling: &Handling) -> String {
    let mut text = format!("{message:>6}  {}", state(handling.state));
    if let Some(by) = &handling.by {
        text.push_str(&format!(" par {}", by.name));
    }
    if let Some(whom) = &handling.for_ {
        text.push_str(&format!(", pour {}", whom.name));
    }
    if let Some(at) = &handling.at {
        text.push_str(&format!(" ({})", instant(at)));
    }
    if let Some(note) = &handling.note {
        text.push_str(&format!("\n        note : {note}"));
    }
    if handling.conflict {
        text.push_str("\n        Attention : deux personnes s'en sont occupées en même temps.");
        for fact in &handling.facts {
            text.push_str(&format!("\n        {}", self::fact(fact)));
        }
    }
    match handling.carried {
        Carried::Server => {}
        Carried::KeywordsOnly => {
            text.push_str("\n        L'opérateur ne transmet que l'état : les noms et les notes restent sur ce poste.")
        }
        Carried::LocalOnly => {
            text.push_str("\n        L'opérateur ne transmet rien de cela : tout reste sur ce poste.");
        }
    }
    text
}

fn fact(fact: &Fact) -> String {
    let what = match &fact.what {
        FactWhat::State { state: to } => state(*to).to_owned(),
        FactWhat::Note { note } if note.is_empty() => "note retirée".to_owned(),
        FactWhat::Note { note } => format!("note : {note}"),
        FactWhat::For { name: Some(name) } => format!("pour {name}"),
        FactWhat::For { name: None } => "pour personne en particulier".to_owned(),
    };
    format!("{}  {} : {what}", instant(&fact.at), fact.by.name)
}
