//! Says when an automatic reply begins, ends, or is one that its owner forgot.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pli_store::{AccountId, OutboxId, OutboxState};
use tokio::sync::broadcast::error::RecvError;

use super::known;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;

/// The longest sleep: a clock that was set is noticed after it.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Until the vault closes: tells windows to ask again at the first and the last day of each automatic reply, and when its owner
/// has written while it ran.
pub(crate) async fn keep_told(core: Arc<Core>) {
    let mut events = core.subscribe();
    loop {
        let before = core.now();
        let wait = next(&core, before).await.unwrap_or(None).map_or(LONGEST, |at| {
            let wait = Duration::try_from(at.duration_since(before)).unwrap_or_default();
            wait.clamp(Duration::from_secs(1), LONGEST)
        });
        let sleep = tokio::time::sleep(wait);
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                () = core.closed() => return,
                () = &mut sleep => {
                    for account in turned(&core, before).await.unwrap_or_default() {
                        core.emit(Event::Rules { account });
                    }
                    break;
                }
                event = events.recv() => match event {
                    Ok(Event::Outgoing { outgoing, state: OutboxState::Accepted }) => wrote(&core, outgoing).await,
                    Ok(Event::Rules { .. } | Event::Accounts) | Err(RecvError::Lagged(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }
}

/// A message left: windows ask again whether the automatic reply of its BAL is to go on.
async fn wrote(core: &Arc<Core>, outgoing: OutboxId) {
    let answering = core.with_store(move |store| {
        let account = store.outgoing(outgoing)?.account;
        let known = known::read(store, account)?;
        Ok(known.and_then(|known| known.answer).map(|_| account))
    });
    if let Ok(Some(account)) = answering.await {
        core.emit(Event::Rules { account });
    }
}

/// The next moment at which one begins or ends.
async fn next(core: &Arc<Core>, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
    Ok(all(core, now).await?.into_iter().map(|(_, at)| at).min())
}

/// The BALs of which one began or ended since `before`.
async fn turned(core: &Arc<Core>, before: Timestamp) -> Result<Vec<AccountId>, EngineError> {
    let now = core.now();
    let then = all(core, before).await?;
    Ok(then
        .into_iter()
        .filter(|(_, at)| *at <= now)
        .map(|(account, _)| account)
        .collect())
}

/// Each BAL with the next moment at which its automatic reply begins or ends.
async fn all(core: &Arc<Core>, now: Timestamp) -> Result<Vec<(AccountId, Timestamp)>, EngineError> {
    let here = core.zoned().time_zone().clone();
    core.with_store(move |store| {
        let mut all = Vec::new();
        for account in store.accounts()? {
            let known = known::read(store, account.id)?;
            if let Some(at) = known.and_then(|known| known.next(now, &here)) {
                all.push((account.id, at));
            }
        }
        Ok(all)
    })
    .await
}
