//! What people do to messages: done here at once, told to the server when it can be (see [`crate::sync`]).

use std::collections::BTreeMap;

use pli_store::{AccountId, Change, Flags, FolderId, FolderRole, Keywords, MailId, StoreError};
use pli_terms::Wording;
use pli_trace::Action;

use crate::Engine;
use crate::error::EngineError;
use crate::event::Event;

/// More messages are not changed at once.
const MOST: usize = 10_000;

impl Engine {
    /// Sets or clears flags.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] for more than 10,000 messages, [`EngineError::Store`].
    pub async fn message_flag(&self, mails: Vec<MailId>, flags: Flags, on: bool) -> Result<(), EngineError> {
        let change = if on {
            Change::Flags {
                add: flags,
                remove: Flags::NONE,
            }
        } else {
            Change::Flags {
                add: Flags::NONE,
                remove: flags,
            }
        };
        self.change(mails, change).await
    }

    /// Moves messages to another folder of the same BAL.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the folder is of another BAL, [`EngineError::NotFound`] when there is none.
    pub async fn message_move(&self, mails: Vec<MailId>, to: FolderId) -> Result<(), EngineError> {
        self.change(mails, Change::Move { to }).await
    }

    /// Moves messages to the bin; deletes for good those that are in it.
    ///
    /// # Errors
    /// [`EngineError::WrongState`] when a BAL has no bin: nothing is deleted then that was not thrown away before.
    pub async fn message_delete(&self, mails: Vec<MailId>) -> Result<(), EngineError> {
        bounded(&mails)?;
        let (bins, mut gone) = (BTreeMap::<AccountId, FolderId>::new(), Vec::new());
        let plan = self
            .core
            .with_store(move |store| {
                let mut bins = bins;
                // What no server has goes for good: there is no bin for it.
                let only_here = store.only_here(&mails)?;
                let mut thrown: BTreeMap<FolderId, Vec<MailId>> = BTreeMap::new();
                let mut without_bin = false;
                for row in store.rows(&mails)? {
                    if only_here.contains(&row.id) {
                        gone.push(row.id);
                        continue;
                    }
                    let bin = match bins.get(&row.account) {
                        Some(bin) => Some(*bin),
                        None => store
                            .folder_by_role(row.account, FolderRole::Trash)?
                            .map(|folder| folder.id),
                    };
                    match bin {
                        Some(bin) if row.folder == Some(bin) => gone.push(row.id),
                        Some(bin) => {
                            bins.insert(row.account, bin);
                            thrown.entry(bin).or_default().push(row.id);
                        }
                        None => without_bin = true,
                    }
                }
                Ok::<_, StoreError>((gone, thrown, without_bin))
            })
            .await?;
        let (gone, thrown, without_bin) = plan;
        if without_bin {
            return Err(EngineError::WrongState("this BAL has no bin"));
        }
        for (bin, mails) in thrown {
            self.change(mails, Change::Move { to: bin }).await?;
        }
        if !gone.is_empty() {
            self.change(gone, Change::Delete).await?;
        }
        Ok(())
    }

    pub(crate) async fn change(&self, mails: Vec<MailId>, change: Change) -> Result<(), EngineError> {
        bounded(&mails)?;
        let now = self.core.now();
        let touched = self
            .core
            .blocking(move |core| {
                let store = core.store()?;
                let before = store.rows(&mails)?;
                let (action, verb, to) = told(change);
                core.record_messages(action, &verb, &mails, to)?;
                let here = !store.only_here(&mails)?.is_empty();
                if store.queue(&mails, change, now)?.is_empty() && !here {
                    return Ok(Vec::new());
                }
                let target = if let Change::Move { to } = change {
                    Some(to)
                } else {
                    None
                };
                let mut touched: Vec<(AccountId, FolderId)> = before
                    .iter()
                    .flat_map(|row| row.folder.into_iter().chain(target).map(|folder| (row.account, folder)))
                    .collect();
                touched.sort_unstable();
                touched.dedup();
                Ok(touched)
            })
            .await?;
        for (account, folder) in &touched {
            self.core.emit(Event::Messages {
                account: *account,
                folder: *folder,
                new: 0,
            });
            if let Some(runtime) = self.core.runtime(*account) {
                runtime.wake.notify_one();
            }
        }
        if !touched.is_empty() {
            self.core.emit(Event::Accounts);
        }
        Ok(())
    }
}

/// What is done here at once, as its trace says it: the server is told later, which has its own trace.
fn told(change: Change) -> (Action, Wording, Option<FolderId>) {
    match change {
        Change::Flags { add, remove } => {
            let words = [
                (add, Flags::SEEN, "+SEEN"),
                (remove, Flags::SEEN, "-SEEN"),
                (add, Flags::FLAGGED, "+FLAGGED"),
                (remove, Flags::FLAGGED, "-FLAGGED"),
                (add, Flags::ANSWERED, "+ANSWERED"),
                (remove, Flags::ANSWERED, "-ANSWERED"),
            ];
            let said = words.iter().filter(|(set, flag, _)| set.contains(*flag));
            let verb = said.fold(Wording::fixed("FLAG"), |verb, (_, _, word)| verb.and(*word));
            (Action::Flag, verb, None)
        }
        Change::Keywords { add, remove } => {
            let words = [(add, "+FILED"), (remove, "-FILED")];
            let said = words.iter().filter(|(set, _)| set.contains(Keywords::FILED));
            let verb = said.fold(Wording::fixed("KEYWORD"), |verb, (_, word)| verb.and(*word));
            (Action::Flag, verb, None)
        }
        Change::Move { to } => (Action::Move, Wording::fixed("MOVE"), Some(to)),
        Change::Delete => (Action::Delete, Wording::fixed("DELETE"), None),
    }
}

fn bounded(mails: &[MailId]) -> Result<(), EngineError> {
    if mails.len() > MOST {
        Err(EngineError::BadRequest("too many messages at once"))
    } else {
        Ok(())
    }
}
