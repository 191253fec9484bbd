//! When the profile locks and what opens it, as its person sets it within what the policy allows.

use std::sync::Arc;

use pli_store::{MasterKey, Vault};
use pli_terms::Wording;
use pli_trace::{Action, Outcome};
use secrecy::SecretString;

use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::lock::Way;
use crate::lock::state::way;

/// When the profile locks, and what opens it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockSettings {
    /// Minutes of inactivity before the lock: 1 to `longest`.
    pub minutes: u32,
    /// The most that may be set: 30, or less by policy.
    pub longest: u32,
    /// Whether the policy leaves nothing to choose.
    pub fixed: bool,
    /// Whether the end of the session of Pro Santé Connect locks.
    pub at_session_end: bool,
    /// Whether the policy says so, or forbids it.
    pub at_session_end_fixed: bool,
    /// Whether the profile has a PIN.
    pub pin: bool,
}

impl Engine {
    /// When this profile locks, and what opens it again.
    ///
    /// # Errors
    /// [`EngineError::Vault`] when the vault's own file cannot be read.
    pub fn lock_settings(&self) -> Result<LockSettings, EngineError> {
        let (policy, profile) = (&self.core.policy, self.core.profile.get());
        Ok(LockSettings {
            minutes: policy.minutes(profile.minutes),
            longest: policy.longest_minutes(),
            fixed: policy.longest_minutes() == 1,
            at_session_end: policy.locks_at_session_end(profile.at_session_end),
            at_session_end_fixed: policy.at_session_end().is_some(),
            pin: way(&self.core)? == Way::Pin,
        })
    }

    /// Sets when this profile locks: minutes of inactivity, 1 to [`LockSettings::longest`].
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] beyond what the policy allows, [`EngineError::VaultLocked`], [`EngineError::Home`].
    pub async fn lock_set(&self, minutes: u32, at_session_end: bool) -> Result<LockSettings, EngineError> {
        self.core.opened()?;
        let policy = &self.core.policy;
        if !(1..=policy.longest_minutes()).contains(&minutes) {
            return Err(EngineError::BadRequest("more minutes than are allowed"));
        }
        if policy.at_session_end().is_some_and(|fixed| fixed != at_session_end) {
            return Err(EngineError::BadRequest("the policy fixes what the session's end does"));
        }
        self.core
            .blocking(move |core| {
                let end = if at_session_end {
                    "AND AT SESSION END"
                } else {
                    "NOT AT SESSION END"
                };
                let verb = Wording::fixed("LOCK AFTER").and(minutes).and("MINUTES").and(end);
                core.record(Local::new(Action::Settings, verb))?;
                core.profile.change(|profile| {
                    profile.minutes = Some(minutes);
                    profile.at_session_end = Some(at_session_end);
                })
            })
            .await?;
        self.core.lock.activity(self.core.now());
        self.core.emit(Event::Lock);
        self.lock_settings()
    }

    /// Gives the profile a PIN of 4 to 64 characters, another one, or none. Of use under a keyring only: a passphrase is
    /// asked for anyway.
    ///
    /// # Errors
    /// [`EngineError::Vault`]: the current PIN is wrong or was tried too often, the new one too short or too long;
    /// [`EngineError::BadRequest`] without the current one where there is one; [`EngineError::WrongState`] under a
    /// passphrase; [`EngineError::VaultLocked`].
    pub async fn pin_set(
        &self,
        current: Option<SecretString>,
        new: Option<SecretString>,
    ) -> Result<LockSettings, EngineError> {
        // Not while the vault opens or closes.
        let _turn = self.core.opening.lock().await;
        self.core.opened()?;
        crate::vault::wiped(&self.core, move |core| set(core, current, new)).await?;
        self.core.emit(Event::Lock);
        self.lock_settings()
    }
}

fn set(core: &Arc<Core>, current: Option<SecretString>, new: Option<SecretString>) -> Result<(), EngineError> {
    let vault = Vault::at(&core.home.vault());
    let key: MasterKey = match (way(core)?, current) {
        (Way::Pin, Some(current)) => {
            let attempts = crate::vault::attempts(core);
            let opened = attempts.guard(core.now(), || vault.open_with_pin(&current));
            super::unlock::note_refusal(core, "PIN", opened.as_ref().err());
            opened?
        }
        (Way::Pin, None) => return Err(EngineError::BadRequest("the current PIN is needed")),
        (Way::Login | Way::Keyring, _) => vault.open_from_keyring()?,
        (Way::Passphrase | Way::Nothing, _) => {
            return Err(EngineError::WrongState("a profile under a passphrase has no PIN"));
        }
    };
    let verb = Wording::fixed(if new.is_some() { "SET PIN" } else { "REMOVE PIN" });
    let asked = core.begin(Local::new(Action::Settings, verb))?;
    let set = match new {
        Some(new) => vault.set_pin(&key, &new),
        None => vault.remove_pin(&key),
    };
    let outcome = match &set {
        Ok(()) => Outcome::done(Wording::empty()),
        Err(_) => Outcome::failed(Wording::fixed("code refusé")),
    };
    core.end(asked, outcome)?;
    Ok(set?)
}
