//! Which traces to show, and what a reading answers with.

use jiff::Timestamp;
use pli_terms::{Address, NationalId};

use crate::entry::{Action, Author, Bal, Entry, Outcome, Record, Sequence};

/// Which traces to show; what is `None` or false keeps all of them (SC.MSS/UX.37).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// From this moment on, included.
    pub from: Option<Timestamp>,
    /// Up to this moment, excluded.
    pub until: Option<Timestamp>,
    /// Of this BAL.
    pub bal: Option<Address>,
    /// By this author.
    pub author: Option<NationalId>,
    /// Of this kind.
    pub action: Option<Action>,
    /// Failures and refusals only.
    pub failures_only: bool,
    /// Whose sender or one of whose recipients holds this text in its address, in any case.
    pub correspondent: Option<String>,
    /// About this message: its Message-ID, or the name that this workstation gives it (whole, or one of its words).
    pub message: Option<String>,
    /// Intentions too, though their outcome came. One whose outcome never came is shown in any case.
    pub intentions: bool,
}

impl Filter {
    /// Whether this filter keeps a record.
    #[must_use]
    pub fn keeps(&self, record: &Record) -> bool {
        let entry = &record.entry;
        let shown = self.intentions || record.unanswered || entry.outcome != Outcome::Intended;
        shown && self.keeps_time(entry.at.as_millisecond()) && self.keeps_entry(entry)
    }

    pub(crate) fn keeps_time(&self, at: i64) -> bool {
        self.from.is_none_or(|from| at >= from.as_millisecond())
            && self.until.is_none_or(|until| at < until.as_millisecond())
    }

    fn keeps_entry(&self, entry: &Entry) -> bool {
        let author = || entry.author.as_ref().and_then(|author| author.national_id.as_ref());
        let bal = |wanted: &Address| {
            let own = entry.bal.as_ref().map(|bal| bal.address.as_str().to_lowercase());
            own == Some(wanted.as_str().to_lowercase())
        };
        self.bal.as_ref().is_none_or(bal)
            && self.author.as_ref().is_none_or(|wanted| author() == Some(wanted))
            && self.action.is_none_or(|action| action == entry.action)
            && (!self.failures_only || entry.is_failure())
            && self.needle().is_none_or(|part| {
                let mut addresses = entry.sender.iter().chain(&entry.recipients);
                addresses.any(|address| address.as_str().to_lowercase().contains(&part))
            })
            && self.name().is_none_or(|name| names(entry).any(|own| own == name))
    }

    /// The part of an address that is looked for; none when all are kept.
    pub(crate) fn needle(&self) -> Option<String> {
        let part = self.correspondent.as_ref()?.trim().to_lowercase();
        (!part.is_empty()).then_some(part)
    }

    /// The message's name that is looked for.
    pub(crate) fn name(&self) -> Option<&str> {
        let name = self.message.as_ref()?.trim();
        let name = name.strip_prefix('<').and_then(|n| n.strip_suffix('>')).unwrap_or(name);
        (!name.is_empty()).then_some(name)
    }
}

/// What the message of a trace is called: its Message-ID, its internal id, and each word of that id when there are several.
pub(crate) fn names(entry: &Entry) -> impl Iterator<Item = &str> {
    let mail = entry.mail.as_str();
    let whole = (!mail.is_empty()).then_some(mail);
    let words = mail.split(' ').filter(move |word| *word != mail && !word.is_empty());
    entry.message_id.iter().map(|id| id.as_str()).chain(whole).chain(words)
}

/// Where a page ended: the next one starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    pub(crate) at: i64,
    pub(crate) sequence: u64,
}

/// Where a page begins. Pages go from the newest to the oldest by the workstation's clock, then by sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum From {
    /// At the newest trace.
    #[default]
    Newest,
    /// After the last trace of another page.
    After(Cursor),
    /// After so many traces.
    Offset(u64),
}

/// A page of traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracePage {
    /// The traces, newest first.
    pub records: Vec<Record>,
    /// Where the next page starts; none when this was the last.
    pub next: Option<Cursor>,
}

/// A page never holds more traces than this.
pub const PAGE_LIMIT: u32 = 1000;

/// What the journal holds, for the choices of a filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Everybody who acted, by name then national id; one an id, as last named.
    pub authors: Vec<Author>,
    /// Every mailbox acted on, by address.
    pub bals: Vec<Bal>,
    /// Every action, in the order of [`Action::ALL`].
    pub actions: Vec<Action>,
    /// The time of the oldest trace.
    pub first_at: Option<Timestamp>,
    /// The time of the newest trace.
    pub last_at: Option<Timestamp>,
    /// How many periods cannot be read: what they hold is missing from every list and count. Verification says more.
    pub unreadable: u32,
}

/// What was found when the journal was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Opened {
    pub(crate) clean: bool,
    pub(crate) last: Sequence,
}

impl Opened {
    /// Whether its last closing was orderly; also when it was just made.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.clean
    }

    /// The last trace there was before; 0 when there was none.
    #[must_use]
    pub fn last(&self) -> Sequence {
        self.last
    }
}
