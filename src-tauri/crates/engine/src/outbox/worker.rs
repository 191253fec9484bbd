//! The task that empties the outbox: wakes when something is due, when a login comes, when the network is back.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use pli_store::{AccountId, OutboxState, StoreError};
use tokio::sync::broadcast::error::RecvError;

use super::attempt::{self, Next};
use super::{LIST, sent_copy, tell, unknown, view};
use crate::core::Core;
use crate::error::EngineError;
use crate::event::{Event, LoginState, SessionState};

/// The longest sleep: a clock that jumps does not leave a message behind for longer.
const NAP: Duration = Duration::from_secs(60);

/// How long a message being handed over is waited for when the vault closes. Past it, its fate is looked for at the next
/// start.
const FAREWELL: Duration = Duration::from_secs(15);

/// To be called once the store is open, before anything is sent. What was being sent when the process died is not known any
/// more; then the worker starts, in an engine that follows its BALs by itself. It ends when the vault closes.
///
/// # Errors
/// [`EngineError::Store`].
pub(crate) async fn open(core: &Arc<Core>) -> Result<(), EngineError> {
    let now = core.now();
    let lost = core.with_store(move |store| store.recover_outbox(now)).await?;
    lost.into_iter().for_each(|id| tell(core, id, OutboxState::Unknown));
    if core.options.background {
        let worker = crate::core::spawn_inside(run(Arc::clone(core)));
        *core.outbox.worker.lock().unwrap_or_else(PoisonError::into_inner) = Some(worker);
    }
    Ok(())
}

/// Waits for the worker to end. To be called once the vault has begun to close.
pub(crate) async fn close(core: &Arc<Core>) {
    let worker = core.outbox.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(mut worker) = worker
        && tokio::time::timeout(FAREWELL, &mut worker).await.is_err()
    {
        worker.abort();
        // Cut: what it was doing is found again at the next start.
        let _ = worker.await;
    }
    core.outbox.gates.forget_all();
}

async fn run(core: Arc<Core>) {
    let mut events = core.subscribe();
    let closed = core.closed();
    tokio::pin!(closed);
    while !core.is_closing() && core.store().is_ok() {
        if let Err(error) = drain(&core).await {
            tracing::warn!(%error, "the outbox could not be emptied");
        }
        let wait = until_next(&core).await;
        tokio::select! {
            () = core.outbox_wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = &mut closed => return,
            () = news(&core, &mut events) => {}
        }
    }
}

/// Waits for an event that makes another try worth while.
async fn news(core: &Arc<Core>, events: &mut tokio::sync::broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Session {
                account,
                state: SessionState::Online,
            }) => {
                if let Err(error) = hasten(core, account).await {
                    tracing::warn!(%error, "queued messages could not be hastened");
                }
                return;
            }
            Ok(
                Event::Login {
                    login: LoginState::Done { .. },
                }
                | Event::Vault,
            )
            | Err(RecvError::Lagged(_)) => return,
            // A copy may have come in of a message whose fate was not known.
            Ok(Event::Messages { account, new, .. }) if new > 0 => {
                if let Err(error) = unknown::look_here(core, account).await {
                    tracing::warn!(%error, "messages of unknown fate could not be looked for");
                }
            }
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// The server answers again: what only waited for it waits no more. What the server itself put off keeps its time.
async fn hasten(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    let now = core.now();
    let ids = core
        .with_store(move |store| {
            let mut ids = Vec::new();
            for entry in store.outbox(true, LIST)? {
                let waits = entry.state == OutboxState::Queued && entry.code.is_empty() && entry.not_before.is_some();
                if entry.account != account || !waits {
                    continue;
                }
                match store.advance(entry.id, OutboxState::Queued, &[], ("", &entry.text), Some(now), now) {
                    Ok(()) => ids.push(entry.id),
                    Err(StoreError::IllegalTransition { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(ids)
        })
        .await?;
    ids.into_iter().for_each(|id| core.outbox.gates.forget(id));
    Ok(())
}

/// Does everything that can be done now, for all BALs at once, one message at a time for each.
///
/// # Errors
/// The first [`EngineError::Store`] met; the other BALs were served all the same.
pub(super) async fn drain(core: &Arc<Core>) -> Result<(), EngineError> {
    let accounts = super::accounts(core).await?;
    let served = join_all(accounts.into_iter().map(|account| serve(core, account))).await;
    served.into_iter().collect()
}

async fn serve(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    let _turn = core.outbox.gates.enter(account).await;
    loop {
        let now = core.now();
        let due = core.with_store(move |store| store.due(account, now)).await?;
        let Some(entry) = due.into_iter().find(|entry| view::is_due(core, entry, now)) else {
            break;
        };
        if core.is_closing() || attempt::try_once(core, &entry).await? == Next::Stop {
            break;
        }
    }
    if core.is_closing() {
        return Ok(());
    }
    unknown::resolve(core, account).await?;
    sent_copy::file(core, account).await
}

async fn until_next(core: &Arc<Core>) -> Duration {
    let now = core.now();
    let queued = core
        .with_store(|store| store.outbox(true, LIST))
        .await
        .unwrap_or_default();
    let due = |entry: &pli_store::Outgoing| {
        (entry.state == OutboxState::Queued).then(|| entry.not_before.unwrap_or_else(|| view::leaves_at(core, entry)))
    };
    let next: Option<Timestamp> = queued
        .iter()
        .filter_map(due)
        .chain(core.outbox.gates.next())
        .filter(|at| *at > now)
        .min();
    // What is due already could not be done now: something else will wake the worker, or the nap ends.
    next.map_or(NAP, |at| {
        Duration::try_from(at.duration_since(now)).unwrap_or(NAP).min(NAP)
    })
}
