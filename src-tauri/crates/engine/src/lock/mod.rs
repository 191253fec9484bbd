//! The lock: after a while without anybody, on demand, when the workstation sleeps, when the session ends. It drops what
//! opens things, not only the view: keys, tokens, connections, store and journal. Opened again by a PIN or the passphrase,
//! or by a login of the profile's person.

mod settings;
mod shut;
mod state;
mod unlock;
mod watch;

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use settings::LockSettings;
pub(crate) use shut::{seal_off, session_ended};
pub(crate) use state::{Lock, Way, at_start, way};
pub(crate) use unlock::{after_login, by_secret, may_log_in};
pub(crate) use watch::watch;

use crate::Engine;
use crate::error::EngineError;
use crate::vault::Status;

/// How long the system's sleep is held up, at most: it gives five seconds (logind's inhibitors), and closing goes on after.
const BEFORE_SLEEP: Duration = Duration::from_secs(3);

/// Why a profile is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockReason {
    /// The person asked.
    Demand,
    /// Nobody acted for the time set.
    Inactivity,
    /// The workstation went to sleep.
    Sleep,
    /// The session of Pro Santé Connect ended.
    SessionEnd,
    /// The program has just started.
    Start,
}

impl LockReason {
    /// The word that the technical log has.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Demand => "demand",
            Self::Inactivity => "inactivity",
            Self::Sleep => "sleep",
            Self::SessionEnd => "session_end",
            Self::Start => "start",
        }
    }
}

/// What a locked profile says of itself: whose, how it opens, and counts; never content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockView {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: LockReason,
    /// Whose profile it is; `None` before the first login.
    pub person: Option<String>,
    /// A PIN opens it, with the keyring of the system's session.
    pub pin: bool,
    /// The profile's passphrase opens it.
    pub passphrase: bool,
    /// A login by Pro Santé Connect of its person opens it. Never so under a passphrase: nothing else has the key.
    pub login: bool,
    /// How long before another PIN or passphrase is looked at; zero: now.
    pub wait: Duration,
    /// When a draft being written was last stored.
    pub draft_saved_at: Option<Timestamp>,
    /// Messages that wait to leave.
    pub waiting: u32,
    /// Minutes of inactivity after which this profile locks.
    pub minutes: u32,
}

impl Engine {
    /// Locks the profile and comes back when nothing of it is open any more: what was being stored is stored, a message
    /// being handed over has its answer (15 s at most), connections are closed, keys and tokens are wiped. The session
    /// stays in memory sealed under a key that only the vault has. Locking what is locked, or has nothing to lock, is no
    /// error.
    ///
    /// # Errors
    /// [`EngineError::Stopped`].
    pub async fn lock(&self, reason: LockReason) -> Result<(), EngineError> {
        seal_off(&self.core, reason).await
    }

    /// The workstation is about to sleep: locks, and comes back after three seconds at most.
    pub async fn sleeping(&self) {
        let locking = seal_off(&self.core, LockReason::Sleep);
        match tokio::time::timeout(BEFORE_SLEEP, locking).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(%error, "the profile was not locked before the sleep"),
            Err(_) => tracing::info!("the profile is still closing while the workstation goes to sleep"),
        }
    }

    /// What the lock screen shows; `None` while the profile is not locked.
    ///
    /// # Errors
    /// [`EngineError::Vault`] when the vault's own file cannot be read.
    pub fn lock_state(&self) -> Result<Option<LockView>, EngineError> {
        state::view(&self.core)
    }

    /// Opens a locked profile by its PIN or passphrase; a profile that has neither, nor a known person, opens with an empty
    /// one. The session that was sealed goes on if the provider's time for it is not over. What is not locked stays as it is.
    ///
    /// # Errors
    /// [`EngineError::Vault`] (wrong, too soon after wrong ones, keyring locked), [`EngineError::Locked`] when only a login
    /// of the profile's person opens it, [`EngineError::Store`], [`EngineError::Trace`], [`EngineError::Stopped`].
    pub async fn unlock(&self, secret: SecretString) -> Result<Status, EngineError> {
        unlock::by_secret(&self.core, secret).await?;
        self.status().await
    }

    /// The person acts: the time without anybody begins anew. Costs nothing.
    pub fn activity(&self) {
        self.core.lock.activity(self.core.now());
    }
}
