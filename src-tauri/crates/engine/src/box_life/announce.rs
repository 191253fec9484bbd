//! What is told of a BAL's life: when it begins to be so, then once a week while it lasts.

use std::sync::Arc;
use std::time::Duration;

use pli_store::AccountId;

use super::{BoxNotice, dates, life};
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;

/// How often it is looked whether something is to be told, besides the end of each round.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Looks at every BAL now and every hour, until the vault closes.
pub(crate) async fn watch(core: Arc<Core>) {
    loop {
        let closed = core.closed();
        if let Err(error) = look_at_all(&core).await {
            tracing::info!(%error, "the life of boxes could not be looked at");
        }
        tokio::select! {
            () = closed => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn look_at_all(core: &Arc<Core>) -> Result<(), EngineError> {
    let accounts = core.with_store(|store| store.accounts()).await?;
    for account in accounts {
        look(core, account.id).await?;
    }
    Ok(())
}

/// Tells what is to be told of one BAL; forgets that it was told once it is not so any more.
///
/// # Errors
/// [`EngineError::NotFound`], [`EngineError::VaultLocked`].
pub(crate) async fn look(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    let told = core
        .blocking(move |core| {
            let store = core.store()?;
            let now = core.zoned();
            let notice = life(&store, account, core.policy.operators(), &now)?.notice.map(word);
            let before = store.life(account)?;
            let known = before.announced.as_deref();
            let again = known != notice || dates::is_due(before.announced_at, now.timestamp());
            match notice {
                Some(word) if again => store.note_announced(account, Some((word, now.timestamp())))?,
                None if known.is_some() => store.note_announced(account, None)?,
                _ => return Ok(false),
            }
            Ok(true)
        })
        .await?;
    if told {
        core.emit(Event::BoxLife { account });
    }
    Ok(())
}

/// What kind of thing was told: another one is told at once.
fn word(notice: BoxNotice) -> &'static str {
    match notice {
        BoxNotice::Unused45 { .. } => "unused",
        BoxNotice::Leaving { .. } => "leaving",
    }
}
