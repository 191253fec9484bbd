//! Whether the profile is locked, and since when nobody acts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use pli_identity::{Provider, SealedSession};
use pli_store::Vault;
use tokio::time::Instant;

use super::{LockReason, LockView};
use crate::core::Core;
use crate::error::EngineError;
use crate::home::Home;
use crate::options::Options;
use crate::profile::{ProfileFile, ProfileLock};

/// The lock of the profile at work.
pub(crate) struct Lock {
    locked: Mutex<Option<Locked>>,
    active: Mutex<Active>,
}

/// What stays of an open profile while it is locked.
pub(crate) struct Locked {
    pub(crate) seen: ProfileLock,
    /// The session, readable with the vault's key only.
    pub(crate) session: Option<(SealedSession, Provider)>,
}

/// When somebody last acted, on both clocks: the calendar may be set back, and the process's does not see a suspend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Active {
    pub(super) calendar: Timestamp,
    pub(super) process: Instant,
}

/// What opens a locked profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The keyring and the PIN.
    Pin,
    /// The passphrase.
    Passphrase,
    /// The keyring, after a login of the profile's person.
    Login,
    /// The keyring alone: no PIN, and nobody known.
    Keyring,
    /// Nothing is stored yet.
    Nothing,
}

impl Lock {
    pub(crate) fn new(now: Timestamp, locked: Option<ProfileLock>) -> Self {
        Self {
            locked: Mutex::new(locked.map(|seen| Locked { seen, session: None })),
            active: Mutex::new(Active {
                calendar: now,
                process: Instant::now(),
            }),
        }
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.locked().is_some()
    }

    /// Whether it was locked before this run, or in it; not because the program has just started.
    pub(crate) fn is_locked_for_good(&self) -> bool {
        self.locked()
            .as_ref()
            .is_some_and(|locked| locked.seen.reason != LockReason::Start)
    }

    /// Forgets the session kept for the unlock: somebody logs out behind the lock.
    pub(crate) fn forget_session(&self) {
        if let Some(locked) = self.locked().as_mut() {
            locked.session = None;
        }
    }

    pub(super) fn locked(&self) -> MutexGuard<'_, Option<Locked>> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn activity(&self, now: Timestamp) {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = Active {
            calendar: now,
            process: Instant::now(),
        };
    }

    pub(super) fn active(&self) -> Active {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What opens this profile.
///
/// # Errors
/// [`EngineError::Vault`] when the vault's own file cannot be read.
pub(crate) fn way(core: &Core) -> Result<Way, EngineError> {
    let vault = Vault::at(&core.home.vault());
    Ok(match vault.state()? {
        pli_store::VaultState::Absent => Way::Nothing,
        pli_store::VaultState::UnderPassphrase => Way::Passphrase,
        pli_store::VaultState::InKeyring if vault.has_pin() => Way::Pin,
        pli_store::VaultState::InKeyring if core.profile.get().national_id.is_some() => Way::Login,
        pli_store::VaultState::InKeyring => Way::Keyring,
    })
}

pub(super) fn view(core: &Core) -> Result<Option<LockView>, EngineError> {
    let Some(seen) = core.lock.locked().as_ref().map(|locked| locked.seen.clone()) else {
        return Ok(None);
    };
    let way = way(core)?;
    let profile = core.profile.get();
    let by_secret = matches!(way, Way::Pin | Way::Passphrase);
    let wait = if by_secret {
        crate::vault::attempts(core).wait(core.now())
    } else {
        std::time::Duration::ZERO
    };
    Ok(Some(LockView {
        since: seen.since,
        reason: seen.reason,
        pin: way == Way::Pin,
        passphrase: way == Way::Passphrase,
        login: profile.national_id.is_some() && matches!(way, Way::Pin | Way::Login),
        person: profile.person,
        wait,
        draft_saved_at: seen.draft_saved_at,
        waiting: seen.waiting,
        minutes: core.policy.minutes(profile.minutes),
    }))
}

/// The lock that a profile starts with: the one it was left with, the one asked for meanwhile, or, for a key in the keyring,
/// the one that keeps it from opening by itself.
///
/// # Errors
/// [`EngineError::Vault`] when the vault's own file cannot be read, [`EngineError::Home`].
pub(crate) fn at_start(home: &Home, options: &Options, profile: &ProfileFile) -> Result<Lock, EngineError> {
    let now = options.clock.now();
    let vault = Vault::at(&home.vault());
    let state = vault.state()?;
    let asked = std::fs::remove_file(home.lock_request()).is_ok();
    if state == pli_store::VaultState::Absent {
        return Ok(Lock::new(now, None));
    }
    let seen = |reason| ProfileLock {
        since: now,
        reason,
        draft_saved_at: None,
        waiting: 0,
    };
    let mut kept = profile.get();
    if asked && kept.locked.is_none() {
        kept = profile.change(|profile| profile.locked = Some(seen(LockReason::Demand)))?;
    }
    let known = options.starts_locked && kept.national_id.is_some();
    let closed = state == pli_store::VaultState::InKeyring && (vault.has_pin() || known);
    let locked = kept.locked.or_else(|| closed.then(|| seen(LockReason::Start)));
    Ok(Lock::new(now, locked))
}
