//! The lock and what opens it.

use pli_engine::LockReason;
use secrecy::{ExposeSecret as _, SecretString};

use super::session::status;
use crate::commands::{LockSet, Nothing, PinSet, Unlock};
use crate::failure::{Code, Failure};
use crate::secret::Secret;
use crate::served::Served;
use crate::translate;
use crate::view::{Lock, LockSettings, Status};

/// Characters of a PIN: fewer is guessed, more is a passphrase's business.
const PIN: std::ops::RangeInclusive<usize> = 4..=64;
/// Octets of what is typed to unlock, at most.
const LONGEST_SECRET: usize = 4096;

/// Locks the profile shown. Locking what is locked changes nothing.
///
/// # Errors
/// None that leaves it open.
pub(crate) async fn lock_now(served: &Served, _: Nothing) -> Result<Nothing, Failure> {
    served.engine().lock(LockReason::Demand).await?;
    Ok(Nothing {})
}

/// The lock.
///
/// # Errors
/// [`Code::StoreDamaged`] when the vault's own file cannot be read.
pub(crate) async fn lock_get(served: &Served, _: Nothing) -> Result<Option<Lock>, Failure> {
    Ok(served.engine().lock_state()?.map(translate::lock))
}

/// Opens a locked profile by its PIN or passphrase.
///
/// # Errors
/// [`Code::WrongPin`], [`Code::WrongPassphrase`], [`Code::WaitBeforeRetry`]; the keyring's codes.
pub(crate) async fn unlock(served: &Served, argument: Unlock) -> Result<Status, Failure> {
    let secret = argument.secret.into_inner();
    if secret.expose_secret().len() > LONGEST_SECRET {
        return Err(Failure::about(Code::BadRequest, "secret"));
    }
    served.engine().unlock(secret).await?;
    status(served, Nothing {}).await
}

/// When the profile locks.
///
/// # Errors
/// None of its own.
pub(crate) async fn lock_settings(served: &Served, _: Nothing) -> Result<LockSettings, Failure> {
    Ok(translate::lock_settings(served.engine().lock_settings()?))
}

/// Sets when the profile locks.
///
/// # Errors
/// [`Code::BadRequest`] for minutes out of their bounds, [`Code::WrongState`] for what the organisation fixes.
pub(crate) async fn lock_set(served: &Served, argument: LockSet) -> Result<LockSettings, Failure> {
    let settings = served.engine().lock_settings()?;
    if !(1..=settings.longest).contains(&argument.minutes) {
        return Err(Failure::about(Code::BadRequest, "minutes"));
    }
    let set = served
        .engine()
        .lock_set(argument.minutes, argument.at_session_end)
        .await?;
    Ok(translate::lock_settings(set))
}

/// Sets, changes or removes the profile's PIN.
///
/// # Errors
/// [`Code::WeakPin`], [`Code::WrongPin`] when the present one is another, [`Code::WaitBeforeRetry`],
/// [`Code::WrongState`] for a profile that a passphrase opens.
pub(crate) async fn pin_set(served: &Served, argument: PinSet) -> Result<LockSettings, Failure> {
    let fits = |pin: &SecretString| PIN.contains(&pin.expose_secret().chars().count());
    let current = argument.current.map(Secret::into_inner);
    let new = argument.pin.map(Secret::into_inner);
    if new.as_ref().is_some_and(|pin| !fits(pin)) {
        return Err(Failure::about(Code::WeakPin, PIN.start().to_string()));
    }
    if current
        .as_ref()
        .is_some_and(|pin| pin.expose_secret().len() > LONGEST_SECRET)
    {
        return Err(Failure::about(Code::BadRequest, "current"));
    }
    Ok(translate::lock_settings(served.engine().pin_set(current, new).await?))
}

/// The person acts.
///
/// # Errors
/// None.
pub(crate) async fn activity(served: &Served, _: Nothing) -> Result<Nothing, Failure> {
    served.engine().activity();
    Ok(Nothing {})
}
