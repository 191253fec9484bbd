//! What a server has: our script, wherever it stands, and the one that runs.

use jiff::Timestamp;
use pli_wire::WireError;
use pli_wire::sieve::{Script, Session};

use super::forms::{Rules, RulesOffer, RulesSupport, Standing};
use super::kept::Forms;
use super::lexer::{self, Doings};
use super::mark::{self, Mark};
use super::script::Extensions;
use crate::error::EngineError;

/// Our script's name; the second one when somebody else's script has the first.
pub(super) const NAMES: [&str; 2] = ["pli", "pli-2"];

/// Ours while another takes its place: what an interrupted change may leave.
pub(super) const OLD: &str = "pli-old-";

/// Ours before it takes its place.
pub(super) const NEW: &str = "pli-new-";

/// Scripts that look like ours and are read, at most.
const LOOKED_AT: usize = 8;

/// How much of a script of somebody else is shown, in octets.
const SHOWN: usize = 64 << 10;

/// A script and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) mark: Mark,
}

/// The script that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Active {
    None,
    /// One of ours; not the one that counts when a change was interrupted.
    Ours {
        name: String,
    },
    Foreign(Foreign),
}

/// A script of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) doings: Doings,
}

/// What a server has.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) scripts: Vec<Script>,
    /// Ours: the one whose forms count.
    pub(super) ours: Option<Read>,
    /// Others of ours, left by changes that were interrupted.
    pub(super) left: Vec<Read>,
    pub(super) active: Active,
    pub(super) can: Extensions,
    pub(super) renames: bool,
}

/// Reads what a server has.
///
/// # Errors
/// Those of the connection.
pub(super) async fn read(session: &mut Session) -> Result<Found, EngineError> {
    let scripts = session.list_scripts().await?;
    let mut marked = Vec::new();
    let looks_ours = |name: &str| NAMES.contains(&name) || name.starts_with(OLD) || name.starts_with(NEW);
    let mut candidates: Vec<&Script> = scripts.iter().filter(|script| looks_ours(&script.name)).collect();
    // Changes that were interrupted one after the other leave many: what runs is looked at first, then what stands in our
    // place, then what was taken from there.
    candidates.sort_by_key(|script| {
        let name = script.name.as_str();
        (!script.active, !NAMES.contains(&name), !name.starts_with(OLD))
    });
    for script in candidates.into_iter().take(LOOKED_AT) {
        let Some(text) = text_of(session, &script.name).await? else {
            continue;
        };
        let mark = mark::read(&text);
        if mark.is_ours() {
            let name = script.name.clone();
            marked.push(Read { name, text, mark });
        }
    }
    let running = scripts.iter().find(|script| script.active);
    let active = match running {
        None => Active::None,
        Some(script) if marked.iter().any(|read| read.name == script.name) => Active::Ours {
            name: script.name.clone(),
        },
        Some(script) => {
            let text = text_of(session, &script.name).await?.unwrap_or_default();
            Active::Foreign(Foreign {
                name: script.name.clone(),
                doings: lexer::doings(&text),
                text,
            })
        }
    };
    let ours = counts(&marked, &active).map(|place| marked.remove(place));
    Ok(Found {
        scripts,
        ours,
        left: marked,
        active,
        can: Extensions::of(&session.capabilities().extensions),
        renames: session.capabilities().renames,
    })
}

/// A script's text; `None` when it is gone meanwhile or is no text: it is left alone then.
pub(super) async fn text_of(session: &mut Session, name: &str) -> Result<Option<String>, EngineError> {
    match session.get_script(name).await {
        Ok(text) => Ok(Some(text)),
        Err(WireError::Refused { .. } | WireError::Name) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Which of ours counts: the one in its place, else the one that a change interrupted half-way took from there. One that had
/// not come there yet never counts.
fn counts(marked: &[Read], active: &Active) -> Option<usize> {
    let placed = NAMES
        .iter()
        .find_map(|name| marked.iter().position(|read| read.name == *name));
    let runs = |read: &Read| matches!(active, Active::Ours { name } if *name == read.name);
    let running = || marked.iter().position(|read| read.name.starts_with(OLD) && runs(read));
    let old = || marked.iter().position(|read| read.name.starts_with(OLD));
    placed.or_else(running).or_else(old)
}

impl Found {
    /// The forms of ours; none where ours cannot be read.
    pub(super) fn forms(&self) -> Option<&Forms> {
        match &self.ours.as_ref()?.mark {
            Mark::Forms { forms, .. } => Some(forms),
            Mark::None | Mark::Unreadable => None,
        }
    }

    /// Whether what runs under our name is not what its forms say.
    pub(super) fn differs(&self) -> bool {
        let Some(ours) = &self.ours else { return false };
        let other_runs = matches!(&self.active, Active::Ours { name } if *name != ours.name);
        other_runs || !matches!(ours.mark, Mark::Forms { touched: false, .. })
    }

    /// Whether ours runs by itself.
    pub(super) fn ours_runs(&self) -> bool {
        matches!(&self.active, Active::Ours { .. })
    }

    /// Whether the script of somebody else that runs includes ours.
    pub(super) fn is_included(&self) -> bool {
        let Some(ours) = &self.ours else { return false };
        matches!(&self.active, Active::Foreign(theirs) if theirs.doings.includes.contains(&ours.name))
    }

    /// The name that ours has, or is to have: one that nobody else's script has.
    pub(super) fn place(&self) -> Option<&'static str> {
        let is_ours = |name: &str| self.ours.as_ref().is_some_and(|ours| ours.name == name);
        let is_free = |name: &str| !self.scripts.iter().any(|script| script.name == name);
        let kept = NAMES.into_iter().find(|name| is_ours(name));
        kept.or_else(|| NAMES.into_iter().find(|name| is_free(name)))
    }

    /// What was found, in a word: the same when nothing changed.
    pub(super) fn word(&self) -> String {
        let ours = self.ours.as_ref().map_or("", |ours| ours.text.as_str());
        let (running, theirs) = match &self.active {
            Active::None => ("", ""),
            Active::Ours { name } => (name.as_str(), ""),
            Active::Foreign(theirs) => (theirs.name.as_str(), theirs.text.as_str()),
        };
        let parts = [ours, running, theirs].map(mark::fingerprint).concat();
        mark::fingerprint(&parts)
    }

    fn standing(&self) -> Standing {
        let beside = self.forms().and_then(|forms| forms.beside.as_ref());
        let is_there = |name: &String| self.scripts.iter().any(|script| script.name == *name);
        match &self.active {
            Active::None => Standing::None,
            Active::Ours { .. } => match beside.filter(|name| is_there(name)) {
                Some(name) => Standing::Included { name: name.clone() },
                None => Standing::Ours,
            },
            Active::Foreign(theirs) if self.is_included() => Standing::Included {
                name: theirs.name.clone(),
            },
            Active::Foreign(theirs) => Standing::ForeignAlone {
                name: theirs.name.clone(),
                script: shown(&theirs.text),
                may_include: self.can.has("include"),
            },
        }
    }

    /// What a person is shown of it.
    pub(super) fn rules(&self, now: Timestamp) -> Rules {
        let missing = self.can.missing();
        let support = if missing.is_empty() {
            RulesSupport::Yes
        } else {
            RulesSupport::NoExtension(missing.join(" "))
        };
        let forms = self.forms().cloned().unwrap_or_default();
        Rules {
            support,
            offers: self.can.offers(),
            standing: self.standing(),
            answer: forms.answer,
            redirect: forms.redirect,
            sort: forms.sort,
            read_at: Some(now),
            differs: self.differs(),
            seen: self.word(),
        }
    }
}

/// What a person is shown of an operator that has no ManageSieve.
pub(super) fn nothing() -> Rules {
    Rules {
        support: RulesSupport::NoManageSieve,
        offers: RulesOffer::default(),
        standing: Standing::None,
        answer: None,
        redirect: None,
        sort: Vec::new(),
        read_at: None,
        differs: false,
        seen: String::new(),
    }
}

/// A text for a person to read, cut where it is too long.
fn shown(text: &str) -> String {
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let readable = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    text[..end].chars().filter(readable).collect()
}
