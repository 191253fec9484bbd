//! Logins that wait for the person: one at a time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::core::Core;
use crate::event::LoginId;

/// Logins under way.
#[derive(Default)]
pub(crate) struct Logins {
    last: AtomicU32,
    waiting: Mutex<BTreeMap<LoginId, Arc<Notify>>>,
}

impl Logins {
    /// A number for a login that waits for nobody.
    pub(crate) fn number(&self) -> LoginId {
        LoginId(self.last.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Gives up every login under way.
    pub(crate) fn cancel_all(&self) {
        for (_, cancelled) in std::mem::take(&mut *self.lock()) {
            cancelled.notify_one();
        }
    }

    /// Gives one up; one that has ended is no error.
    pub(crate) fn cancel(&self, login: LoginId) {
        if let Some(cancelled) = self.lock().remove(&login) {
            cancelled.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LoginId, Arc<Notify>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A login under way: dropped, it is not any more.
pub(super) struct Pending {
    pub(super) core: Arc<Core>,
    pub(super) login: LoginId,
    cancelled: Arc<Notify>,
}

impl Pending {
    /// Begins a login; any other is given up: the person has one phone and one look.
    pub(super) fn begin(core: &Arc<Core>) -> Self {
        let login = core.logins.number();
        let cancelled = Arc::new(Notify::new());
        let mut waiting = core.logins.lock();
        for (_, other) in std::mem::take(&mut *waiting) {
            other.notify_one();
        }
        waiting.insert(login, Arc::clone(&cancelled));
        drop(waiting);
        Self {
            core: Arc::clone(core),
            login,
            cancelled,
        }
    }

    /// Resolves once the login is given up, by the person, by another login, or because the engine stops.
    pub(super) async fn given_up(&self) {
        tokio::select! {
            () = self.cancelled.notified() => {}
            () = self.core.stopped() => {}
        }
    }

    /// Whether it still counts.
    pub(super) fn is_current(&self) -> bool {
        !self.core.is_stopping() && self.core.logins.lock().contains_key(&self.login)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.core.logins.lock().remove(&self.login);
    }
}
