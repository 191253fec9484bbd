//! The copy in Sent, unless the operator filed it already: looked for first, so that it may be done twice.

use std::sync::Arc;

use pli_store::{AccountId, FolderRole, SentCopy};
use pli_wire::WireError;
use pli_wire::imap::{Flags, ImapSession as _, MailboxName, Session, SpecialUse};

use crate::connect;
use crate::core::Core;
use crate::error::EngineError;
use crate::quota;

/// Names that servers without special uses give to the folder of sent messages.
const NAMES: [&str; 5] = ["Sent", "Envoyés", "Éléments envoyés", "Messages envoyés", "Sent Items"];

/// Files the copies of this BAL that are still wanted.
///
/// # Errors
/// [`EngineError::Store`]. What the server refuses is tried again later.
pub(super) async fn file(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    let now = core.now();
    let wanted = core.with_store(move |store| store.copies_to_file(account)).await?;
    let wanted: Vec<_> = wanted
        .into_iter()
        .filter(|entry| core.outbox.gates.is_time(entry.id, now))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let put_off = |entries: &[pli_store::Outgoing]| {
        for entry in entries {
            core.outbox.gates.put_off(entry.id, now);
        }
    };
    let mut session = match connect::open_imap(core, account).await {
        Ok(session) => session,
        Err(error) => {
            if !matches!(error.root(), EngineError::LoginNeeded) {
                put_off(&wanted);
            }
            return Ok(());
        }
    };
    let Ok(folder) = folder(core, account, &mut session).await else {
        put_off(&wanted);
        return Ok(());
    };
    let mut filed = false;
    for entry in &wanted {
        match one(core, &mut session, &folder, entry).await {
            Ok(()) => {
                let id = entry.id;
                core.with_store(move |store| store.set_sent_copy(id, SentCopy::Filed))
                    .await?;
                core.outbox.gates.forget(id);
                filed = true;
            }
            Err(error) => {
                tracing::warn!(%error, "a copy could not be filed in Sent");
                core.outbox.gates.put_off(entry.id, now);
                if !session.is_usable() {
                    break;
                }
            }
        }
    }
    let _ = session.logout().await;
    // The new row is listed at once rather than at the next news.
    if filed
        && core.options.background
        && let Some(runtime) = core.runtime(account)
    {
        runtime.ask();
    }
    Ok(())
}

async fn one(
    core: &Arc<Core>,
    session: &mut Session,
    folder: &MailboxName,
    entry: &pli_store::Outgoing,
) -> Result<(), EngineError> {
    session.select(folder, None).await?;
    session.drain();
    let there = session.search_message_id(&entry.message_id).await?;
    session.drain();
    if !there.is_empty() {
        return Ok(());
    }
    let id = entry.id;
    let raw = core.with_store(move |store| store.outgoing_raw(id)).await?;
    let date = entry.created_at.to_zoned(core.zoned().time_zone().clone());
    let filed = session.append(folder, &Flags::seen(), Some(&date), &raw).await;
    session.drain();
    match filed {
        Ok(_) => Ok(()),
        Err(error) => {
            if error.is_over_quota() {
                quota::refused(core, entry.account, raw.len() as u64, session).await?;
                session.drain();
            }
            Err(error.into())
        }
    }
}

/// The folder of sent messages: known, announced, of a usual name, or made.
async fn folder(core: &Arc<Core>, account: AccountId, session: &mut Session) -> Result<MailboxName, EngineError> {
    let known = core
        .with_store(move |store| store.folder_by_role(account, FolderRole::Sent))
        .await?;
    if let Some(known) = known {
        return Ok(MailboxName::from_raw(&known.server.raw_name));
    }
    let folders = session.list().await?;
    session.drain();
    let announced = folders
        .iter()
        .find(|folder| folder.special_use == Some(SpecialUse::Sent) && folder.selectable);
    let usual = || {
        folders
            .iter()
            .find(|folder| folder.selectable && NAMES.contains(&folder.name.shown()))
    };
    if let Some(folder) = announced.or_else(usual) {
        return Ok(folder.name.clone());
    }
    let made = MailboxName::new(NAMES[0]).ok_or(WireError::Name)?;
    session.create(&made).await?;
    session.drain();
    Ok(made)
}
