//! Unlocking: by what the person knows, or by who they prove to be.

use std::sync::Arc;

use pli_store::{MasterKey, Vault, VaultError};
use pli_terms::{NationalId, Wording};
use pli_trace::{Action, Outcome};
use secrecy::SecretString;

use super::shut;
use super::state::{Locked, Way, way};
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::memory::wipe_stack;
use crate::vault;

/// What a trace says of an unlock by a login: the session that was sealed does not go on.
const BY_LOGIN: &str = "LOGIN";

/// Opens by the PIN or the passphrase; by the keyring alone when there is neither a PIN nor a known person.
///
/// # Errors
/// As [`crate::Engine::unlock`].
pub(crate) async fn by_secret(core: &Arc<Core>, secret: SecretString) -> Result<(), EngineError> {
    // On a task of its own: whoever asked may be gone before it is done.
    let core = Arc::clone(core);
    tokio::spawn(async move { open_by_secret(&core, secret).await }).await?
}

async fn open_by_secret(core: &Arc<Core>, secret: SecretString) -> Result<(), EngineError> {
    let _turn = core.opening.lock().await;
    if !must_open(core)? {
        return Ok(());
    }
    let by = match way(core)? {
        Way::Pin => "PIN",
        Way::Passphrase => "PASSPHRASE",
        _ => "KEYRING",
    };
    let key = vault::wiped(core, move |core| key_by(core, &secret)).await?;
    open(core, key, by).await
}

fn key_by(core: &Core, secret: &SecretString) -> Result<MasterKey, EngineError> {
    let vault = Vault::at(&core.home.vault());
    let attempts = vault::attempts(core);
    Ok(match way(core)? {
        Way::Pin => {
            vault::may_use_keyring(core)?;
            let opened = attempts.guard(core.now(), || vault.open_with_pin(secret));
            note_refusal(core, "PIN", opened.as_ref().err());
            opened?
        }
        Way::Passphrase => {
            let opened = attempts.guard(core.now(), || vault.open_with_passphrase(secret));
            note_refusal(core, "PASSPHRASE", opened.as_ref().err());
            opened?
        }
        Way::Keyring => {
            vault::may_use_keyring(core)?;
            vault.open_from_keyring()?
        }
        Way::Login => return Err(EngineError::Locked),
        Way::Nothing => return Err(EngineError::VaultLocked),
    })
}

/// A secret was refused: the journal says so, at the latest once it is open.
pub(crate) fn note_refusal(core: &Core, by: &'static str, error: Option<&VaultError>) {
    let wrong = matches!(error, Some(VaultError::WrongPin | VaultError::WrongPassphrase));
    if wrong {
        let refused = Outcome::Refused {
            code: Wording::empty(),
            enhanced: Wording::empty(),
            text: Wording::fixed("secret refusé"),
        };
        core.owe(Local::new(Action::Unlock, Wording::fixed("UNLOCK BY").and(by)).with(refused));
    }
}

/// Whether a login may begin: always while the profile is not locked; while it is, when a login opens it.
///
/// # Errors
/// [`EngineError::Locked`] when only the passphrase opens it, [`EngineError::Vault`].
pub(crate) fn may_log_in(core: &Core) -> Result<(), EngineError> {
    if core.lock.is_locked() && way(core)? == Way::Passphrase {
        return Err(EngineError::Locked);
    }
    Ok(())
}

/// The profile's person logged in: opens a locked profile by the keyring. The session that was sealed is let go, the new
/// one takes its place. Nothing happens when the profile is not locked.
///
/// # Errors
/// [`EngineError::OtherPerson`], [`EngineError::Locked`] under a passphrase, what the vault and the store say.
pub(crate) async fn after_login(core: &Arc<Core>, who: &NationalId) -> Result<(), EngineError> {
    let core = Arc::clone(core);
    let who = who.clone();
    tokio::spawn(async move { by_login(&core, &who).await }).await?
}

async fn by_login(core: &Arc<Core>, who: &NationalId) -> Result<(), EngineError> {
    let _turn = core.opening.lock().await;
    if !must_open(core)? {
        return Ok(());
    }
    let profile = core.profile.get();
    if profile.national_id.is_some_and(|owner| owner != *who) {
        return Err(EngineError::OtherPerson {
            person: profile.person.unwrap_or_default(),
        });
    }
    let key = vault::wiped(core, |core| key_of_keyring(core)).await?;
    open(core, key, BY_LOGIN).await?;
    // Whoever proved who they are may have forgotten the PIN: its wrong tries are over.
    core.blocking(|core| {
        if let Err(error) = vault::attempts(core).succeeded() {
            tracing::info!(%error, "the wrong tries could not be forgotten");
        }
        Ok(())
    })
    .await
}

fn key_of_keyring(core: &Core) -> Result<MasterKey, EngineError> {
    Ok(match way(core)? {
        // A PIN with nobody known yet: a login proves who comes, not whose profile it is.
        Way::Pin if core.profile.get().national_id.is_none() => return Err(EngineError::Locked),
        Way::Pin | Way::Login | Way::Keyring => {
            vault::may_use_keyring(core)?;
            Vault::at(&core.home.vault()).open_from_keyring()?
        }
        Way::Passphrase => return Err(EngineError::Locked),
        Way::Nothing => return Err(EngineError::VaultLocked),
    })
}

/// Whether there is something to open.
fn must_open(core: &Core) -> Result<bool, EngineError> {
    if core.is_stopping() {
        return Err(EngineError::Stopped);
    }
    Ok(core.lock.is_locked())
}

async fn open(core: &Arc<Core>, key: MasterKey, by: &'static str) -> Result<(), EngineError> {
    let opened = vault::read(core, key).await?;
    let session_key = Arc::clone(&opened.session_key);
    // The first trace that is written once the journal is open.
    let unlock = Local::new(Action::Unlock, Wording::fixed("UNLOCK BY").and(by));
    core.owe(unlock.clone());
    let former = core.lock.locked().take();
    if let Err(error) = vault::set_going(core, opened).await {
        // Half open is locked.
        vault::quiet(core).await;
        vault::put_away(core).await;
        *core.lock.locked() = former;
        core.owe(unlock.with(Outcome::failed(Wording::fixed("le profil n’a pas pu être ouvert"))));
        return Err(error);
    }
    shut::keep(core, None).await;
    tracing::info!("the profile is unlocked");
    if let Some(Locked {
        session: Some(session), ..
    }) = former
        && by != BY_LOGIN
    {
        if let Err(error) = core
            .identities
            .resume(session, session_key.as_bytes(), core.now())
            .await
        {
            tracing::info!(%error, "the session does not go on after the lock");
        }
        wipe_stack();
        core.wake_all();
    }
    core.emit(Event::Lock);
    core.emit(Event::Identity);
    Ok(())
}
