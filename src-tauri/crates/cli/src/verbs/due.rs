//! What was set to be done by itself (a purge, a backup) and is due: `pli sync` does it, as an open window would. What was missed
//! is done once.

use pli_contract::view::PurgeState;
use pli_contract::{Served, serve};

use super::purge;
use crate::french;
use crate::outcome::Trouble;
use crate::say::Voice;

/// A purge of each work of a schedule, then nothing new can be due.
const ROUNDS: usize = 3;

/// Does it, and says so beside the answer of the verb. What does not come to its end ends the verb as a failure.
pub(crate) async fn run(voice: Voice, served: &Served) -> Result<(), Trouble> {
    let purged = purges(voice, served).await;
    let made = match serve::backup_due(served).await {
        Ok(Some(backup)) => {
            voice.beside(&backup, french::backup::made_by_itself);
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(failure) => {
            voice.beside(&failure, |failure| {
                format!(
                    "La sauvegarde prévue n'a pas pu être faite. {}",
                    french::failure(failure)
                )
            });
            Err(Trouble::Said)
        }
    };
    purged.and(made)
}

async fn purges(voice: Voice, served: &Served) -> Result<(), Trouble> {
    let mut outcome = Ok(());
    for _ in 0..ROUNDS {
        let begun = serve::purges_due(served).await?;
        let mut went = false;
        for begun in begun {
            if begun.state == PurgeState::Planned {
                voice.beside(&begun, french::purge::waits);
                continue;
            }
            went = true;
            let ended = purge::follow(voice, served, begun, false).await?;
            voice.beside(&ended, french::purge::report);
            if ended.state != PurgeState::Done {
                outcome = Err(Trouble::Said);
            }
        }
        if !went || outcome.is_err() {
            break;
        }
    }
    outcome
}
