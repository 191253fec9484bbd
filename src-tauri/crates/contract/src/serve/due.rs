//! What was set to be done by itself and is due, for a host that ends, as `pli` does: an engine that follows its BALs looks
//! for it on its own. No command of a window.

use pli_engine::EngineError;
use pli_engine::pli_store::PurgeState;

use super::gate;
use crate::failure::Failure;
use crate::served::Served;
use crate::translate::backup::backup;
use crate::translate::purge;
use crate::view::{Backup, Purge};

/// Goes on with the scheduled purges that the end of a program cut, then begins those that are due (EX_GBP_3050). Answers
/// them, and those that wait for the person's word now. A BAL to which nobody is logged in is left alone.
///
/// # Errors
/// What kept it from looking; [`crate::failure::Code::Locked`].
pub async fn purges_due(served: &Served) -> Result<Vec<Purge>, Failure> {
    gate(served, "purges_due", async {
        let engine = served.engine();
        let mut found = Vec::new();
        for account in engine.account_list().await? {
            for cut in engine.purge_list(account.id).await? {
                if !cut.scheduled || cut.state != PurgeState::Running {
                    continue;
                }
                match engine.purge_start(cut.id).await {
                    Ok(()) => found.push(cut.id),
                    Err(EngineError::LoginNeeded) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        found.extend(engine.purge_due().await?);
        let mut all = Vec::new();
        for id in found {
            all.push(purge::purge(engine.purge_get(id).await?));
        }
        Ok(all)
    })
    .await
}

/// Makes the backup that is due (EX_SSI_5110), if one is.
///
/// # Errors
/// What stopped it, which the schedule remembers too; [`crate::failure::Code::Locked`].
pub async fn backup_due(served: &Served) -> Result<Option<Backup>, Failure> {
    gate(served, "backup_due", async {
        let made = served.engine().backup_due().await?;
        Ok(made.as_ref().map(backup))
    })
    .await
}
