//! One round: everything that brings a BAL and its local copy together, in the order in which people need it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pli_store::{Folder, FolderId, FolderRole};
use pli_wire::WireError;
use pli_wire::imap::{ImapSession, MailboxName, Status};

use super::link::Link;
use super::{bodies, folder, push, rows};
use crate::error::EngineError;
use crate::event::{Event, SyncPhase};
use crate::handling::exchange as handling;
use crate::quota;

/// How often a folder without mod-sequences is compared whole though its counts say that nothing changed.
const FULL_COMPARE: Duration = Duration::from_secs(15 * 60);

/// So many messages moved or deleted at once are read in the BAL's room before the next whole round.
const LARGE: usize = 50;

/// Whether an error concerns one folder only (renamed, removed, forbidden), so that the others go on.
pub(crate) fn is_about_one_folder(error: &EngineError) -> bool {
    match error {
        EngineError::Wire(wire @ (WireError::Refused { .. } | WireError::NotUnderstood { .. } | WireError::Name)) => {
            !wire.breaks_connection()
        }
        EngineError::Store(store) => store.is_not_found(),
        _ => false,
    }
}

/// A whole round: local changes, the list of folders, the inbox, the other folders, the quota, then the bodies.
///
/// # Errors
/// What ended it; everything committed before stays.
pub(crate) async fn whole<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    link.core.emit(Event::Sync {
        account,
        phase: SyncPhase::Changes,
        done: 0,
        total: 0,
    });
    folders(link).await?;
    handling::note(link).await?;
    push::push(link).await?;
    if let Some(inbox) = inbox(link).await? {
        folder::follow(link, inbox).await?;
    }
    link.core.emit(Event::Accounts);
    handling::read(link).await?;
    if link.runtime.has_wanted() {
        bodies::fetch_wanted(link).await?;
    }
    others(link).await?;
    handling::whole(link).await?;
    room(link).await?;
    if !link.retried {
        link.retried = true;
        link.store(move |store| store.retry_bodies(account)).await?;
    }
    bodies::fetch_all(link).await?;
    crate::box_life::offload(link).await?;
    crate::box_life::look(&link.core, account).await?;
    link.core.emit(Event::Sync {
        account,
        phase: SyncPhase::Idle,
        done: 0,
        total: 0,
    });
    Ok(())
}

/// What is due when the server or a person gave a sign: local changes, wanted bodies, the inbox, the BAL's
/// room when something arrived, the new bodies.
///
/// # Errors
/// As [`whole`].
pub(crate) async fn light<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    if link.runtime.has_wanted() {
        bodies::fetch_wanted(link).await?;
    }
    if push::push(link).await? >= LARGE {
        room(link).await?;
    }
    if let Some(inbox) = inbox(link).await?
        && (link.news || link.selected != Some(inbox))
    {
        let followed = folder::follow(link, inbox).await?;
        if followed.new + followed.changed > 0 {
            link.core.emit(Event::Accounts);
        }
        handling::read(link).await?;
        if followed.new > 0 {
            room(link).await?;
        }
    }
    bodies::fetch_all(link).await
}

/// Takes in the inbox's news while other work goes on; answers how many messages came.
///
/// # Errors
/// As [`whole`].
pub(crate) async fn look_at_inbox<S: ImapSession>(link: &mut Link<S>) -> Result<u32, EngineError> {
    let Some(inbox) = inbox(link).await? else { return Ok(0) };
    if link.selected == Some(inbox) && !link.news {
        // The server tells by itself of the folder that is open, if it is given the occasion.
        link.session.noop().await?;
        link.listen()?;
    }
    let changed = if link.selected == Some(inbox) {
        link.news
    } else {
        let known = link.store(move |store| store.folder(inbox)).await?;
        differs(link, &known).await?
    };
    if !changed {
        return Ok(0);
    }
    let followed = folder::follow(link, inbox).await?;
    link.core.emit(Event::Accounts);
    handling::read(link).await?;
    Ok(followed.new)
}

/// The other folders: each asked whether anything changed, and followed if so.
///
/// # Errors
/// As [`whole`].
pub(crate) async fn others<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    let folders = link.store(move |store| store.folders(account)).await?;
    for known in folders {
        link.still_wanted()?;
        let virtual_or_inbox = matches!(
            known.server.role,
            FolderRole::Inbox | FolderRole::All | FolderRole::Flagged | FolderRole::Kept
        );
        if virtual_or_inbox || !known.server.selectable {
            continue;
        }
        if link.runtime.has_wanted() {
            bodies::fetch_wanted(link).await?;
        }
        let followed = match differs(link, &known).await {
            Ok(false) => continue,
            Ok(true) => folder::follow(link, known.id).await,
            Err(error) => Err(error),
        };
        match followed {
            Err(error) if !is_about_one_folder(&error) => return Err(error),
            Err(error) => tracing::info!(%error, "a folder could not be followed"),
            // What is left to do lies in any folder.
            Ok(followed) if followed.new + followed.changed > 0 => link.core.emit(Event::Accounts),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// The list of folders, with their roles.
async fn folders<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    let listed = link.session.list().await?;
    link.listen()?;
    crate::purge::note_offered(link, &listed).await?;
    let folders = rows::server_folders(&listed);
    let mut before = link.store(move |store| store.folders(account)).await?;
    before.retain(|folder| folder.server.role != FolderRole::Kept);
    let same = before.len() == folders.len() && folders.iter().all(|new| before.iter().any(|old| old.server == *new));
    if same {
        return Ok(());
    }
    let changes = link.store(move |store| store.sync_folders(account, &folders)).await?;
    if link
        .selected
        .is_some_and(|selected| changes.removed.contains(&selected))
    {
        link.selected = None;
    }
    link.core.emit(Event::Folders { account });
    Ok(())
}

async fn inbox<S: ImapSession>(link: &Link<S>) -> Result<Option<FolderId>, EngineError> {
    let account = link.account();
    let found = link
        .store(move |store| store.folder_by_role(account, FolderRole::Inbox))
        .await?;
    Ok(found.map(|folder| folder.id))
}

/// Whether a folder may have changed since it was last followed.
async fn differs<S: ImapSession>(link: &mut Link<S>, known: &Folder) -> Result<bool, EngineError> {
    if link.selected == Some(known.id) {
        return Ok(true);
    }
    let status = link
        .session
        .status(&MailboxName::from_raw(&known.server.raw_name))
        .await?;
    link.listen()?;
    let age = known
        .cursor
        .synced_at
        .map(|at| link.core.now().duration_since(at).unsigned_abs());
    Ok(is_other(known, &status, age))
}

fn is_other(known: &Folder, status: &Status, age: Option<Duration>) -> bool {
    let cursor = &known.cursor;
    let whole = cursor.header_floor.is_some_and(|floor| floor.get() == 1);
    let same = whole
        && status.uid_validity.is_some()
        && status.uid_validity == cursor.uid_validity
        && status.uid_next.is_some_and(|next| cursor.uid_next == Some(next.get()))
        && status
            .messages
            .is_some_and(|messages| u64::from(messages) == known.total);
    if !same {
        return true;
    }
    match (status.highest_modseq, cursor.highest_modseq) {
        (Some(now), Some(then)) => now != then,
        _ => {
            let unread = status.unseen.is_none_or(|unseen| u64::from(unseen) != known.unread);
            unread || age.is_none_or(|age| age >= FULL_COMPARE)
        }
    }
}

/// Reads the BAL's room (EX_GBM_4470).
async fn room<S: ImapSession>(link: &mut Link<S>) -> Result<(), EngineError> {
    let account = link.account();
    let core = Arc::clone(&link.core);
    quota::read(&core, account, &mut link.session).await?;
    link.listen()
}

/// How long ago something was, for schedules.
pub(crate) fn is_due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|at| at.elapsed() >= every)
}
