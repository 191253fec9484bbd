//! One at a time: what is sent, looked for or filed for a BAL is done by one task only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use pli_store::{AccountId, OutboxId};

use crate::error::EngineError;

/// What the outbox remembers while the engine runs. What must outlive it is in the store.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    accounts: Mutex<BTreeMap<AccountId, Arc<tokio::sync::Mutex<()>>>>,
    later: Mutex<BTreeMap<OutboxId, Later>>,
    problems: Mutex<BTreeMap<OutboxId, Arc<EngineError>>>,
}

/// When to look for, or to file, a message again.
#[derive(Debug, Clone, Copy)]
struct Later {
    tries: u32,
    not_before: Timestamp,
}

impl Gates {
    /// Waits for its turn on this BAL, and holds it.
    pub(crate) async fn enter(&self, account: AccountId) -> tokio::sync::OwnedMutexGuard<()> {
        let gate = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(accounts.entry(account).or_default())
        };
        gate.lock_owned().await
    }

    /// Whether this message's copy or fate may be looked for now.
    pub(crate) fn is_time(&self, id: OutboxId, now: Timestamp) -> bool {
        let later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        later.get(&id).is_none_or(|later| later.not_before <= now)
    }

    /// Nothing came of it: not before a while. Answers when.
    pub(crate) fn put_off(&self, id: OutboxId, now: Timestamp) -> Timestamp {
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = later.get(&id).map_or(0, |later| later.tries).saturating_add(1);
        let not_before = now + super::backoff::delay(tries);
        later.insert(id, Later { tries, not_before });
        not_before
    }

    /// It came to an end, or the person asks for it: the next look waits for nothing.
    pub(crate) fn forget(&self, id: OutboxId) {
        self.later.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Keeps why the last try failed, as rich as it was met: the store keeps its words only.
    pub(crate) fn keep_problem(&self, id: OutboxId, error: Arc<EngineError>) {
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, error);
    }

    /// It does not stand in the way any more.
    pub(crate) fn forget_problem(&self, id: OutboxId) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// The vault closes: nothing that a server said of a message stays in memory.
    pub(crate) fn forget_all(&self) {
        self.later.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Why the last try failed.
    pub(crate) fn problem(&self, id: OutboxId) -> Option<Arc<EngineError>> {
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    /// When the next of them is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        later.values().map(|later| later.not_before).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_waits_longer_each_time_and_is_forgotten_when_done() {
        let gates = Gates::default();
        let (id, now) = (OutboxId::from_raw(7), Timestamp::UNIX_EPOCH);
        assert!(gates.is_time(id, now));
        gates.put_off(id, now);
        assert!(!gates.is_time(id, now));
        let first = gates.next().unwrap();
        assert!(gates.is_time(id, first));
        gates.put_off(id, first);
        assert!(gates.next().unwrap().duration_since(first) > first.duration_since(now));
        gates.forget(id);
        assert!(gates.is_time(id, now) && gates.next().is_none());
    }
}
