//! Warnings are repeated while nobody reads anything: a task that looks at the time.

use std::sync::Arc;
use std::time::Duration;

use super::read::tell_again;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;

/// How often it is looked whether a warning is due again. Intervals are whole hours.
const LOOK: Duration = Duration::from_secs(5 * 60);

/// Runs until the vault closes: what fell due while the program was not running is told first.
pub(crate) async fn keep_warned(core: Arc<Core>) {
    loop {
        if let Err(error) = look(&core).await {
            tracing::warn!(%error, "whether a warning is due could not be told");
        }
        let mut resumed = core.watch_resumed();
        tokio::select! {
            () = core.closed() => return,
            () = tokio::time::sleep(LOOK) => {}
            _ = resumed.changed() => {}
        }
    }
}

async fn look(core: &Arc<Core>) -> Result<(), EngineError> {
    let accounts = core.with_store(|store| store.accounts()).await?;
    for account in accounts {
        let account = account.id;
        if core.blocking(move |core| tell_again(core, account)).await? {
            core.tell_journal();
            core.emit(Event::Quota { account });
        }
    }
    Ok(())
}
