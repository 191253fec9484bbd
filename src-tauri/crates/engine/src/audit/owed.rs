//! Traces that the journal does not have yet: it refused them, or was closed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pli_trace::{Entry, Journal, JournalError};

use crate::core::Core;
use crate::event::Event;

/// Traces kept while the journal cannot be written: several commands under way may each owe one a message. Past them nothing
/// more is done anyway.
const MOST: usize = 8_192;

/// How often windows are told that the journal grew, at most.
const TELL: Duration = Duration::from_secs(1);

/// What all that writes to a profile's journal shares.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owed {
    entries: Arc<Mutex<Vec<Entry>>>,
    telling: Arc<AtomicBool>,
}

impl Owed {
    /// Writes what is owed; asks whether more could be written.
    ///
    /// # Errors
    /// When the journal refuses: nothing may be done then.
    pub(super) fn pay(&self, journal: &Journal) -> Result<(), JournalError> {
        let mut owed = self.lock();
        if owed.is_empty() {
            return journal.ready();
        }
        journal.append_batch(&owed)?;
        owed.clear();
        Ok(())
    }

    /// Writes traces of what is about to happen. When they cannot be, it does not happen, and there is nothing to tell of.
    ///
    /// # Errors
    /// When the journal refuses.
    pub(super) fn write(&self, journal: &Journal, entries: Vec<Entry>) -> Result<(), JournalError> {
        let mut owed = self.lock();
        if owed.is_empty() {
            return journal.append_batch(&entries).map(drop);
        }
        let before = owed.len();
        owed.extend(entries);
        match journal.append_batch(&owed) {
            Ok(_) => {
                owed.clear();
                Ok(())
            }
            Err(error) => {
                owed.truncate(before);
                Err(error)
            }
        }
    }

    /// Writes traces of what has happened. When they cannot be, they are written before anything else.
    ///
    /// # Errors
    /// When the journal refuses; the traces are kept.
    pub(super) fn write_or_keep(&self, journal: &Journal, entries: Vec<Entry>) -> Result<(), JournalError> {
        let mut owed = self.lock();
        if owed.is_empty() {
            return match journal.append_batch(&entries) {
                Ok(_) => Ok(()),
                Err(error) => {
                    keep(&mut owed, entries);
                    Err(error)
                }
            };
        }
        keep(&mut owed, entries);
        journal.append_batch(&owed)?;
        owed.clear();
        Ok(())
    }

    /// Keeps a trace until the journal is open.
    pub(super) fn keep(&self, entry: Entry) {
        keep(&mut self.lock(), vec![entry]);
    }

    /// One event for all the traces of a second.
    pub(super) fn tell(&self, core: &Arc<Core>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if self.telling.swap(true, Ordering::SeqCst) {
            return;
        }
        let (core, telling) = (Arc::downgrade(core), Arc::clone(&self.telling));
        runtime.spawn(async move {
            tokio::time::sleep(TELL).await;
            telling.store(false, Ordering::SeqCst);
            if let Some(core) = core.upgrade() {
                core.emit(Event::Journal);
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The oldest tell how it began: past the bound, the newest are let go.
fn keep(owed: &mut Vec<Entry>, entries: Vec<Entry>) {
    let room = MOST.saturating_sub(owed.len());
    if entries.len() > room {
        tracing::error!("more traces are owed than can be kept");
    }
    owed.extend(entries.into_iter().take(room));
}
