//! Locking: everything that opens something goes, in an order that loses nothing.

use std::sync::Arc;

use jiff::Timestamp;
use pli_store::{OutboxState, Store, StoreError};
use pli_terms::Wording;
use pli_trace::Action;

use super::LockReason;
use super::state::{Locked, Way, way};
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::memory::wipe_stack;
use crate::profile::ProfileLock;
use crate::vault;

/// Entries of the outbox counted, at most.
const COUNTED: u32 = 5_000;

/// Locks the profile, on a task of its own: whoever asked may be gone before it is done.
///
/// # Errors
/// [`EngineError::Stopped`].
pub(crate) async fn seal_off(core: &Arc<Core>, reason: LockReason) -> Result<(), EngineError> {
    let core = Arc::clone(core);
    tokio::spawn(async move { shut(&core, reason).await }).await?
}

/// The provider ended the session: locks when the policy or the person wants it. To be called from a task that ends with
/// the vault: the lock waits for no answer here.
pub(crate) fn session_ended(core: &Arc<Core>) {
    if core.policy.locks_at_session_end(core.profile.get().at_session_end) {
        let core = Arc::clone(core);
        tokio::spawn(async move {
            if let Err(error) = shut(&core, LockReason::SessionEnd).await {
                tracing::info!(%error, "the profile was not locked at the session's end");
            }
        });
    }
}

async fn shut(core: &Arc<Core>, reason: LockReason) -> Result<(), EngineError> {
    // After whatever opens or closes: one that unlocks at this moment is locked again.
    let _turn = core.opening.lock().await;
    if core.is_stopping() {
        return Err(EngineError::Stopped);
    }
    let Ok(opened) = core.opened() else {
        return leave_locked(core, reason).await;
    };
    tracing::info!(reason = reason.as_str(), "the profile locks");
    core.trace_after(locked(reason)).await;
    let mut seen = ProfileLock {
        since: core.now(),
        reason,
        draft_saved_at: None,
        waiting: 0,
    };
    // From here on nothing of it is answered any more, though what was begun may end.
    core.begin_closing();
    *core.lock.locked() = Some(Locked {
        seen: seen.clone(),
        session: None,
    });
    core.emit(Event::Lock);
    // Before anything closes: a process that dies meanwhile finds its profile locked.
    keep(core, Some(&seen)).await;
    let session = core.identities.seal_for_lock(opened.session_key.as_bytes()).await;
    wipe_stack();
    if let Some(locked) = core.lock.locked().as_mut() {
        locked.session = session;
    }
    vault::quiet(core).await;
    let store = Arc::clone(&opened.store);
    drop(opened);
    // A draft that was being stored when its answer was given up is stored all the same.
    vault::settled(&store).await;
    match tokio::task::spawn_blocking(move || counts(&store)).await {
        Ok(Ok((draft_saved_at, waiting))) => {
            seen.draft_saved_at = draft_saved_at;
            seen.waiting = waiting;
        }
        _ => tracing::info!("what waits behind the lock could not be counted"),
    }
    if let Some(locked) = core.lock.locked().as_mut() {
        locked.seen = seen.clone();
    }
    vault::put_away(core).await;
    keep(core, Some(&seen)).await;
    core.emit(Event::Lock);
    core.emit(Event::Vault);
    Ok(())
}

fn locked(reason: LockReason) -> Local {
    Local::new(Action::Lock, Wording::fixed("LOCK").and(reason.as_str()))
}

/// Nothing is open yet: on demand, whoever opens it next has to unlock it, and no file does that for them.
async fn leave_locked(core: &Arc<Core>, reason: LockReason) -> Result<(), EngineError> {
    if reason != LockReason::Demand || core.lock.is_locked_for_good() || way(core)? == Way::Nothing {
        return Ok(());
    }
    let seen = ProfileLock {
        since: core.now(),
        reason,
        draft_saved_at: None,
        waiting: 0,
    };
    core.owe(locked(reason));
    *core.lock.locked() = Some(Locked {
        seen: seen.clone(),
        session: None,
    });
    keep(core, Some(&seen)).await;
    core.emit(Event::Lock);
    core.emit(Event::Vault);
    Ok(())
}

/// What the profile's description says of its lock. What cannot be written does not keep from locking.
pub(super) async fn keep(core: &Arc<Core>, seen: Option<&ProfileLock>) {
    let seen = seen.cloned();
    let kept = core
        .blocking(move |core| core.profile.change(|profile| profile.locked = seen))
        .await;
    if let Err(error) = kept {
        tracing::warn!(%error, "the state of the lock could not be kept");
    }
}

/// When a draft was last stored, and how many messages wait to leave.
fn counts(store: &Store) -> Result<(Option<Timestamp>, u32), StoreError> {
    let drafts = store.drafts()?;
    let saved = drafts.iter().filter(|draft| draft.outbox.is_none());
    let waiting = store.outbox(true, COUNTED)?;
    let waiting = waiting
        .iter()
        .filter(|entry| matches!(entry.state, OutboxState::Queued | OutboxState::Sending))
        .count();
    Ok((
        saved.map(|draft| draft.updated_at).max(),
        u32::try_from(waiting).unwrap_or(u32::MAX),
    ))
}
