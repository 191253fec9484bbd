//! A BAL's open connection with what is known of it: the folder that is selected, whether the server told news of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use pli_store::{AccountId, FolderId, Store, StoreError};
use pli_wire::WireError;
use pli_wire::imap::{ImapSession, Unsolicited};

use crate::core::Core;
use crate::error::EngineError;
use crate::runtime::Runtime;

/// A connection at work for one BAL.
pub(crate) struct Link<S> {
    pub(crate) core: Arc<Core>,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) session: S,
    /// The folder that is open on the server.
    pub(crate) selected: Option<FolderId>,
    /// Whether the server said, unasked, that the selected folder changed.
    pub(crate) news: bool,
    /// Grows each time UIDs lose their meaning: what was planned by UID before is void.
    pub(crate) epoch: u64,
    /// Whether bodies that could not be had before were put back among those to fetch.
    pub(crate) retried: bool,
    /// Folders whose server gives no UIDVALIDITY: their UIDs hold for this connection only.
    pub(crate) unstable: BTreeSet<FolderId>,
}

impl<S: ImapSession> Link<S> {
    pub(crate) fn new(core: Arc<Core>, runtime: Arc<Runtime>, session: S) -> Self {
        Self {
            core,
            runtime,
            session,
            selected: None,
            news: false,
            epoch: 0,
            retried: false,
            unstable: BTreeSet::new(),
        }
    }

    pub(crate) fn account(&self) -> AccountId {
        self.runtime.account
    }

    /// Takes in what the server said unasked. To be called after every command.
    pub(crate) fn listen(&mut self) -> Result<(), EngineError> {
        for said in self.session.drain() {
            match said {
                Unsolicited::Bye(text) => {
                    return Err(WireError::Bye {
                        during: "listening",
                        text,
                    }
                    .into());
                }
                Unsolicited::Alert(_) | Unsolicited::HighestModSeq(_) => {}
                Unsolicited::UidValidity(_)
                | Unsolicited::Exists(_)
                | Unsolicited::Expunge(_)
                | Unsolicited::Vanished(_)
                | Unsolicited::Flags { .. }
                | Unsolicited::Resync => self.news = true,
            }
        }
        Ok(())
    }

    /// Works with the store on a thread that may block.
    pub(crate) async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.core.with_store(work).await
    }

    /// Whether this BAL's work should end now: the engine stops, the BAL goes away, or nobody is logged in any more
    /// (ECO.1.2.6).
    pub(crate) fn is_ending(&self) -> bool {
        let known = self.core.identities.has(self.runtime.account, self.runtime.method);
        !known || self.core.is_stopping() || self.runtime.is_removed()
    }

    /// An error when this BAL's work should end now: asked between commands, so that the connection ends clean.
    pub(crate) fn still_wanted(&self) -> Result<(), EngineError> {
        if self.is_ending() {
            Err(EngineError::Stopped)
        } else {
            Ok(())
        }
    }
}
