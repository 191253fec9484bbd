//! Bodies older than the retention leave this workstation. Never on the word of yesterday: each folder is opened, its
//! changes taken in, and each message seen on the server in the same connection, right before its body goes.

use std::collections::BTreeSet;

use pli_store::{Folder, FolderRole, Offloadable, Offloaded, Retention};
use pli_terms::{Uid, Wording};
use pli_trace::Action;
use pli_wire::imap::ImapSession;

use super::{bodies_from, dates, day};
use crate::audit::Local;
use crate::error::EngineError;
use crate::event::Event;
use crate::sync::{self, Link, follow, is_about_one_folder};

/// Bodies looked at with one command.
const BATCH: u32 = 500;
/// Octets of living messages that giving the disk back moves at most, in one go.
const MOVED: u64 = 256 * 1024 * 1024;

/// Removes from here what the retention says, once a day and after it was set.
///
/// # Errors
/// What the server or the store answers; what was removed before stays so.
pub(crate) async fn run<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    let known = link.store(move |store| store.retention(account)).await?;
    let Some(months) = known.offline_months else {
        return Ok(());
    };
    let now = link.core.zoned();
    let from = bodies_from(&now, months);
    let done_today = known.offloaded_at.is_some_and(|at| day(at, &now) == now.date());
    if done_today && known.bodies_from == Some(from) {
        return Ok(());
    }
    let mut retention = Retention {
        bodies_from: Some(from),
        ..known
    };
    link.store(move |store| store.set_retention(account, retention)).await?;
    let folders = link.store(move |store| store.folders(account)).await?;
    let mut all = Offloaded::default();
    for folder in folders {
        link.still_wanted()?;
        let never = matches!(
            folder.server.role,
            FolderRole::Drafts | FolderRole::Kept | FolderRole::All | FolderRole::Flagged
        );
        if never || !folder.server.selectable {
            continue;
        }
        match one(link, &folder, retention).await {
            Ok(done) => {
                all.bodies += done.bodies;
                all.octets += done.octets;
            }
            Err(error) if is_about_one_folder(&error) => {
                tracing::info!(%error, "a folder's bodies stay here for now");
            }
            Err(error) => return Err(error),
        }
    }
    if all.bodies > 0 {
        link.store(|store| store.give_back(MOVED)).await?;
    }
    retention.offloaded_at = Some(now.timestamp());
    // Set anew meanwhile by the person: that one is done next time.
    link.store(move |store| {
        let same = store.retention(account)?.offline_months == retention.offline_months;
        if same {
            store.set_retention(account, retention)?;
        }
        Ok(())
    })
    .await?;
    if all.bodies > 0 {
        link.core.emit(Event::BoxLife { account });
    }
    Ok(())
}

/// One folder.
async fn one<S: ImapSession>(
    link: &mut Link<S>,
    folder: &Folder,
    retention: Retention,
) -> Result<Offloaded, EngineError> {
    let Some(before) = retention.bodies_from else {
        return Ok(Offloaded::default());
    };
    let id = folder.id;
    let since = dates::opened_since(link.core.now());
    let mut after = 0;
    let mut done = Offloaded::default();
    let mut validity = None;
    loop {
        let some = link
            .store(move |store| store.offloadable(id, before, since, after, BATCH))
            .await?;
        let (Some(first), Some(last)) = (some.first().copied(), some.last().copied()) else {
            break;
        };
        if validity.is_none() {
            follow(link, id).await?;
            if link.unstable.contains(&id) {
                // UIDs that hold for one connection only name nothing on the next: nothing could be fetched again.
                return Ok(done);
            }
            validity = link.store(move |store| store.folder(id)).await?.cursor.uid_validity;
            if validity != folder.cursor.uid_validity {
                // What was known under other UIDs is known anew: next time.
                return Ok(done);
            }
        }
        let (Some(validity), epoch) = (validity, link.epoch) else {
            return Ok(done);
        };
        let there = seen(link, folder, first.uid, last.uid).await?;
        after = last.uid.get();
        if link.epoch != epoch || link.selected != Some(id) {
            return Ok(done);
        }
        let some: Vec<Offloadable> = some.into_iter().filter(|one| there.contains(&one.uid)).collect();
        if some.is_empty() {
            continue;
        }
        record(link, some.len()).await?;
        let gone = link
            .store(move |store| store.offload(id, validity, &some, since))
            .await?;
        done.bodies += gone.bodies;
        done.octets += gone.octets;
    }
    if done.bodies > 0 {
        link.core.emit(Event::Messages {
            account: folder.account,
            folder: id,
            new: 0,
        });
    }
    Ok(done)
}

/// Which UIDs of a range the server has now. Flags come with them: what was flagged elsewhere is so before it is looked at.
async fn seen<S: ImapSession>(
    link: &mut Link<S>,
    folder: &Folder,
    first: Uid,
    last: Uid,
) -> Result<BTreeSet<Uid>, EngineError> {
    let sweep = link.session.fetch_flags(first, Some(last), None).await?;
    link.listen()?;
    let updates: Vec<_> = sweep.rows.iter().map(sync::rows::flag_update).collect();
    let id = folder.id;
    link.store(move |store| store.apply_flags(id, &updates)).await?;
    Ok(sweep.rows.iter().map(|row| row.uid).collect())
}

/// That bodies leave this workstation is in the journal before they do.
async fn record<S: ImapSession>(link: &Link<S>, bodies: usize) -> Result<(), EngineError> {
    let account = link.account();
    let verb = Wording::fixed("REMOVE OLD BODIES FROM HERE").and(bodies);
    let core = &link.core;
    let bal = core.blocking(move |core| Ok(core.bal(account))).await?;
    core.trace(Local::new(Action::Settings, verb).of(bal)).await
}
