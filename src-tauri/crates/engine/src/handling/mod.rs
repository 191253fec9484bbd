//! Who takes charge of what, on boxes that several people read: « pris en charge par », « traité », « à traiter par », a note
//! of one line.
//!
//! Where a message stands is a keyword of its own (`$PliTaken`, `$PliTodo`, `$PliDone`), so that every client that follows
//! the folder hears of it at once (RFC 2177, RFC 7162). Who said so, for whom and the note are METADATA of the inbox
//! (RFC 5464), one entry for each author and message, which that author alone writes: two people at once never overwrite each
//! other. No message is altered, no folder made, and a client that knows nothing of it shows nothing of it.
//!
//! Where the server has no METADATA, the state alone travels; where it takes no keywords either, all of it stays here.
//! [`Carried`] says which.

mod author;
mod entry;
pub(crate) mod exchange;

pub(crate) use author::me;

use jiff::Timestamp;
use pli_store::{AccountId, Carried, EntryFate, Fact, FolderRole, HandlingKept, HandlingSet, MailId};
use pli_store::{HandlingState, Keywords, Person, Store, StoreError};
use pli_terms::Wording;
use pli_trace::Action;

use crate::Engine;
use crate::error::EngineError;
use crate::event::Event;
use crate::settings;

/// More messages are not handled at once.
const MOST: usize = 500;

/// What is known of a message's handling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    /// Where it stands.
    pub state: HandlingState,
    /// Who said so; none when only a keyword of the server says it.
    pub by: Option<Person>,
    /// Whom it is for.
    pub for_: Option<Person>,
    /// When its state was said.
    pub at: Option<Timestamp>,
    /// A note of one line, at most 200 characters.
    pub note: Option<String>,
    /// Everything that was said, oldest first.
    pub facts: Vec<Fact>,
    /// Whether two people took it, or one dealt with what another had taken.
    pub conflict: bool,
    /// How it reaches the others who read the box.
    pub carried: Carried,
}

impl Engine {
    /// Who takes charge of a message, as far as is known here.
    ///
    /// # Errors
    /// [`EngineError::Store`] when there is no such message.
    pub async fn handling_get(&self, mail: MailId) -> Result<Handling, EngineError> {
        self.core
            .with_store(move |store| {
                let kept = store.handling(mail)?;
                let metadata = settings::metadata(store, kept.account)?;
                Ok(shown(kept, metadata))
            })
            .await
    }

    /// Says who takes charge of messages (500 at most): done here at once, told to the server as soon as it can be. A trace
    /// says that it was said, never the note.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] for more than 500 messages, or when nothing is said; [`EngineError::Trace`] when it cannot
    /// be recorded.
    pub async fn handling_set(&self, mails: Vec<MailId>, set: HandlingSet) -> Result<(), EngineError> {
        if mails.len() > MOST {
            return Err(EngineError::BadRequest("too many messages at once"));
        }
        if set == HandlingSet::default() {
            return Err(EngineError::BadRequest("nothing is said of these messages"));
        }
        let now = self.core.now();
        let touched = self
            .core
            .blocking(move |core| {
                core.record_messages(Action::Flag, &verb(&set), &mails, None)?;
                let store = core.store()?;
                let (author, person) = author::of(core)?;
                let changed = store.handle(&mails, (&author, &person), &set, now)?;
                let rows = store.rows(&changed)?;
                Ok(rows.iter().map(|row| (row.account, row.folder)).collect::<Vec<_>>())
            })
            .await?;
        self.core.tell_journal();
        self.tell_handled(touched);
        Ok(())
    }

    /// Puts one of Pli's keywords on messages, or takes it away: `$PliFiled` for those filed in the patient's record.
    ///
    /// # Errors
    /// As [`Engine::message_flag`].
    pub async fn message_keyword(&self, mails: Vec<MailId>, keywords: Keywords, on: bool) -> Result<(), EngineError> {
        let none = Keywords::NONE;
        let (add, remove) = if on { (keywords, none) } else { (none, keywords) };
        self.change(mails, pli_store::Change::Keywords { add, remove }).await
    }

    /// Everybody met in what was said of a BAL's messages, by name.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn handling_people(&self, account: AccountId) -> Result<Vec<Person>, EngineError> {
        self.core.with_store(move |store| store.handling_people(account)).await
    }

    /// How what is said of a BAL's messages reaches the others who read it; as its server was last seen.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn handling_support(&self, account: AccountId) -> Result<Carried, EngineError> {
        self.core.with_store(move |store| support(store, account)).await
    }

    fn tell_handled(&self, mut touched: Vec<(AccountId, Option<pli_store::FolderId>)>) {
        touched.sort_unstable();
        touched.dedup();
        let mut accounts: Vec<AccountId> = touched.iter().map(|(account, _)| *account).collect();
        accounts.dedup();
        if !accounts.is_empty() {
            // What is left to do is counted anew.
            self.core.emit(Event::Accounts);
        }
        for (account, folder) in touched {
            if let Some(folder) = folder {
                self.core.emit(Event::Messages {
                    account,
                    folder,
                    new: 0,
                });
            }
        }
        for account in accounts {
            self.core.emit(Event::Handling { account });
            if let Some(runtime) = self.core.runtime(account) {
                runtime.wake.notify_one();
            }
        }
    }
}

fn support(store: &Store, account: AccountId) -> Result<Carried, StoreError> {
    let keywords = match store.folder_by_role(account, FolderRole::Inbox)? {
        Some(inbox) => store.folder_keywords(inbox.id)?,
        None => None,
    };
    Ok(carried(keywords, settings::metadata(store, account)?))
}

/// Who said what cannot be carried without a signal: METADATA alone would be seen by nobody in time.
fn carried(keywords: Option<bool>, metadata: Option<bool>) -> Carried {
    match (keywords, metadata) {
        (Some(true), Some(true)) => Carried::Server,
        (Some(true), _) => Carried::KeywordsOnly,
        _ => Carried::LocalOnly,
    }
}

fn shown(kept: HandlingKept, metadata: Option<bool>) -> Handling {
    let resolved = pli_store::resolve(&kept.facts, kept.keywords);
    let whole = kept.named && kept.entry != Some(EntryFate::Refused);
    Handling {
        state: resolved.state,
        by: resolved.by,
        for_: resolved.for_,
        at: resolved.at,
        note: resolved.note,
        facts: kept.facts,
        conflict: resolved.conflict,
        carried: carried(kept.folder_keywords, metadata.map(|has| has && whole)),
    }
}

/// What is said, as its trace tells it: never the words of a note, nor a name.
fn verb(set: &HandlingSet) -> Wording {
    let state = set.state.map(|state| match state {
        HandlingState::None => "NONE",
        HandlingState::Todo => "TODO",
        HandlingState::Taken => "TAKEN",
        HandlingState::Done => "DONE",
    });
    let words = [
        state,
        set.for_.as_ref().map(|_| "FOR"),
        set.note.as_ref().map(|_| "NOTE"),
    ];
    words
        .into_iter()
        .flatten()
        .fold(Wording::fixed("HANDLE"), |verb, word| verb.and(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_of_what_is_said_holds_none_of_its_words() {
        let set = HandlingSet {
            state: Some(HandlingState::Taken),
            for_: Some("Dr Leroy".to_owned()),
            note: Some("voir Mme Dupont".to_owned()),
        };
        assert_eq!(verb(&set).as_str(), "HANDLE TAKEN FOR NOTE");
    }

    #[test]
    fn what_is_not_known_to_be_carried_is_not_said_to_be() {
        assert_eq!(carried(None, None), Carried::LocalOnly);
        assert_eq!(carried(Some(true), None), Carried::KeywordsOnly);
        assert_eq!(carried(Some(false), Some(true)), Carried::LocalOnly);
        assert_eq!(carried(Some(true), Some(true)), Carried::Server);
    }
}
