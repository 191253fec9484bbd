//! What is remembered of quotas while the engine runs: whose answer cannot be read, and who was asked lately.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pli_store::AccountId;

/// Who was asked out of turn is not asked again for so long.
const AGAIN: Duration = Duration::from_secs(60);

/// What is asked out of turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// The room of a BAL.
    Room,
    /// The largest message that its operator takes.
    Size,
}

/// One for each engine.
#[derive(Debug, Default)]
pub(crate) struct Patience(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The answer of these ended the connection: they are not asked before the next start, or nothing else of theirs could
    /// ever be read.
    mute: BTreeSet<AccountId>,
    asked: BTreeMap<(AccountId, About), Instant>,
}

impl Patience {
    pub(super) fn is_mute(&self, account: AccountId) -> bool {
        self.lock().mute.contains(&account)
    }

    pub(super) fn silence(&self, account: AccountId) {
        self.lock().mute.insert(account);
    }

    /// Whether this one may be asked out of turn now; if so, it counts as asked.
    pub(crate) fn may_ask(&self, account: AccountId, about: About) -> bool {
        let mut inner = self.lock();
        let may = inner
            .asked
            .get(&(account, about))
            .is_none_or(|at| at.elapsed() >= AGAIN);
        if may {
            inner.asked.insert((account, about), Instant::now());
        }
        may
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_asked_once_and_a_mute_one_stays_so() {
        let (one, other) = (AccountId::from_raw(1), AccountId::from_raw(2));
        let patience = Patience::default();
        assert!(patience.may_ask(one, About::Room) && !patience.may_ask(one, About::Room));
        assert!(patience.may_ask(other, About::Room) && patience.may_ask(one, About::Size));
        patience.silence(one);
        assert!(patience.is_mute(one) && !patience.is_mute(other));
    }
}
