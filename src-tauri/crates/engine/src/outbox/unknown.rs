//! Messages whose fate is not known: looked for where they would be if they had left. Never sent again by itself.

use std::sync::Arc;

use pli_store::{AccountId, FolderRole, OutboxState, RecipientState, SentCopy, Store, StoreError};
use pli_wire::imap::{ImapSession as _, MailboxName};

use super::{LIST, goes_to_itself, moved, tell};
use crate::connect;
use crate::core::Core;
use crate::error::EngineError;

/// Where a message that left can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// In Sent: the operator files what it takes.
    Sent,
    /// In the inbox, when it goes to oneself.
    Inbox,
}

/// Looks for every message of this BAL whose fate is not known: in what is stored, then on the server.
///
/// # Errors
/// [`EngineError::Store`]. A server that cannot be reached is no error: it is looked for again later.
pub(super) async fn resolve(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    let open = look_here(core, account).await?;
    let now = core.now();
    let open: Vec<_> = open
        .into_iter()
        .filter(|entry| core.outbox.gates.is_time(entry.id, now))
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut session = match connect::open_imap(core, account).await {
        Ok(session) => session,
        Err(error) => {
            if !matches!(error.root(), EngineError::LoginNeeded) {
                for entry in &open {
                    core.outbox.gates.put_off(entry.id, now);
                }
            }
            return Ok(());
        }
    };
    let folders = core
        .with_store(move |store| {
            let raw =
                |role| Ok::<_, StoreError>(store.folder_by_role(account, role)?.map(|found| found.server.raw_name));
            Ok((raw(FolderRole::Sent)?, raw(FolderRole::Inbox)?))
        })
        .await?;
    for entry in &open {
        match look_there(&mut session, entry, &folders).await {
            Ok(Some(found)) => settle_found(core, entry, found).await?,
            Ok(None) => {
                core.outbox.gates.put_off(entry.id, now);
            }
            Err(error) => {
                core.outbox.gates.put_off(entry.id, now);
                if error.breaks_connection() {
                    return Ok(());
                }
            }
        }
    }
    let _ = session.logout().await;
    Ok(())
}

/// Looks in what is stored only. Answers those that are still not known.
///
/// # Errors
/// [`EngineError::Store`].
pub(super) async fn look_here(core: &Arc<Core>, account: AccountId) -> Result<Vec<pli_store::Outgoing>, EngineError> {
    let store = core.store()?;
    core.blocking(move |core| {
        let mut open = Vec::new();
        for entry in store.outbox(true, LIST)? {
            if entry.account != account || entry.state != OutboxState::Unknown {
                continue;
            }
            match find_here(&store, &entry)? {
                Some(found) => {
                    accept(core, &store, &entry)?;
                    if found == Found::Sent {
                        store.set_sent_copy(entry.id, SentCopy::Filed)?;
                    }
                }
                None => open.push(entry),
            }
        }
        Ok(open)
    })
    .await
}

fn find_here(store: &Store, entry: &pli_store::Outgoing) -> Result<Option<Found>, StoreError> {
    for row in store.find_message_id(entry.account, &entry.message_id)? {
        let Some(folder) = row.folder else { continue };
        match store.folder(folder)?.server.role {
            FolderRole::Sent => return Ok(Some(Found::Sent)),
            FolderRole::Drafts => {}
            _ if goes_to_itself(entry) => return Ok(Some(Found::Inbox)),
            _ => {}
        }
    }
    Ok(None)
}

async fn look_there(
    session: &mut pli_wire::imap::Session,
    entry: &pli_store::Outgoing,
    (sent, inbox): &(Option<String>, Option<String>),
) -> Result<Option<Found>, pli_wire::WireError> {
    let inbox = goes_to_itself(entry).then(|| inbox.clone().unwrap_or_else(|| "INBOX".to_owned()));
    for (folder, found) in [(sent.clone(), Found::Sent), (inbox, Found::Inbox)] {
        let Some(folder) = folder else { continue };
        session.select(&MailboxName::from_raw(&folder), None).await?;
        session.drain();
        let uids = session.search_message_id(&entry.message_id).await?;
        session.drain();
        if !uids.is_empty() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

async fn settle_found(core: &Arc<Core>, entry: &pli_store::Outgoing, found: Found) -> Result<(), EngineError> {
    let (store, entry) = (core.store()?, entry.clone());
    core.blocking(move |core| {
        accept(core, &store, &entry)?;
        if found == Found::Sent {
            store.set_sent_copy(entry.id, SentCopy::Filed)?;
        }
        Ok(())
    })
    .await
}

/// It has left after all: found, reported, or said by the person. Blocks.
///
/// # Errors
/// [`EngineError::Store`].
pub(super) fn accept(core: &Core, store: &Store, entry: &pli_store::Outgoing) -> Result<(), EngineError> {
    let recipients = moved(entry, RecipientState::Unknown, RecipientState::Accepted);
    match store.advance(entry.id, OutboxState::Accepted, &recipients, ("", ""), None, core.now()) {
        Ok(()) => {
            core.outbox.gates.forget(entry.id);
            core.outbox.gates.forget_problem(entry.id);
            tell(core, entry.id, OutboxState::Accepted);
            // Its copy may have to be filed.
            core.outbox_wake.notify_one();
            Ok(())
        }
        // Somebody else found it first.
        Err(StoreError::IllegalTransition { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
