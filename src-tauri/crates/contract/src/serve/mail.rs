//! Lists, messages, search.

use pli_engine::pli_store::{Filter as StoreFilter, Flags, MailId, Scope as StoreScope};

use super::file::keep;
use crate::commands::{
    AttachmentOf, MessageFlag, MessageList, MessageMove, MessageOf, MessagesOf, Nothing, Saved, Search, Suggest,
};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::{Folders, account_id, count, folder_id, mail_id, message, party, row};
use crate::view::{Filter, Flag, FolderRole, Id, Message, Page, Party, Scope};

/// Rows of one answer at most.
const ROWS: u32 = 500;
/// Messages of one change at most.
const CHANGED: usize = 10_000;
/// Octets of a question at most.
const QUESTION: usize = 1_000;

/// Part of a list.
///
/// # Errors
/// [`Code::NotFound`] for a folder or BAL that is gone.
pub(crate) async fn message_list(served: &Served, argument: MessageList) -> Result<Page, Failure> {
    let filter = match argument.filter {
        Filter::All => StoreFilter::All,
        Filter::Unread => StoreFilter::Unread,
        Filter::Flagged => StoreFilter::Flagged,
        Filter::Open => StoreFilter::Open,
        Filter::Mine => StoreFilter::Mine,
    };
    let scope = match (&argument.scope, argument.filter) {
        // What is to be dealt with is so wherever it was put.
        (Scope::All, Filter::Open | Filter::Mine) => StoreScope::Everything,
        (Scope::Account { account }, Filter::Open | Filter::Mine) => StoreScope::Account(account_id(*account)),
        _ => listed(served, &argument.scope).await?,
    };
    let limit = argument.limit.min(ROWS);
    let page = served
        .engine()
        .message_list(scope, filter, u64::from(argument.offset), limit)
        .await?;
    let folders = Folders::of(&served.engine(), &page.rows).await;
    Ok(Page {
        rows: page.rows.iter().map(|stored| row(stored, &folders, None)).collect(),
        total: count(page.total),
        unread: count(page.unread),
    })
}

/// What a list shows: a BAL means its inbox.
async fn listed(served: &Served, scope: &Scope) -> Result<StoreScope, Failure> {
    match scope {
        Scope::All => Ok(StoreScope::Inboxes),
        Scope::Folder { folder } => Ok(StoreScope::Folder(folder_id(*folder))),
        Scope::Account { account } => {
            let folders = served.engine().folder_list(account_id(*account)).await?;
            let inbox = folders
                .iter()
                .find(|folder| crate::translate::folder(folder).role == FolderRole::Inbox);
            // Before the first sync there is no folder yet: the list is empty, not an error.
            Ok(inbox.map_or(StoreScope::Account(account_id(*account)), |inbox| {
                StoreScope::Folder(inbox.id)
            }))
        }
    }
}

/// A message. What is not here yet is asked for: an event tells its arrival.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn message_get(served: &Served, argument: MessageOf) -> Result<Message, Failure> {
    let id = mail_id(argument.message);
    let view = served.engine().message_get(id).await?;
    let outbox = match view.parsed.as_ref().is_some_and(|parsed| parsed.report.is_some()) {
        true => served
            .engine()
            .outbox_of_report(id)
            .await?
            .map(pli_engine::pli_store::OutboxId::get),
        false => None,
    };
    let folders = Folders::of(&served.engine(), std::slice::from_ref(&view.stored.row)).await;
    Ok(message(&view, &folders, &served.content_base, outbox))
}

/// Sets or clears a flag.
///
/// # Errors
/// [`Code::BadRequest`] for too many messages.
pub(crate) async fn message_flag(served: &Served, argument: MessageFlag) -> Result<Nothing, Failure> {
    let flag = match argument.flag {
        Flag::Seen => Flags::SEEN,
        Flag::Flagged => Flags::FLAGGED,
    };
    served
        .engine()
        .message_flag(several(&argument.messages)?, flag, argument.on)
        .await?;
    Ok(Nothing {})
}

/// Moves messages.
///
/// # Errors
/// [`Code::BadRequest`] for too many messages or a folder of another BAL.
pub(crate) async fn message_move(served: &Served, argument: MessageMove) -> Result<Nothing, Failure> {
    served
        .engine()
        .message_move(several(&argument.messages)?, folder_id(argument.folder))
        .await?;
    Ok(Nothing {})
}

/// Moves messages to the bin; from the bin, deletes them.
///
/// # Errors
/// [`Code::BadRequest`] for too many messages, [`Code::WrongState`] when the BAL has no bin.
pub(crate) async fn message_delete(served: &Served, argument: MessagesOf) -> Result<Nothing, Failure> {
    served.engine().message_delete(several(&argument.messages)?).await?;
    Ok(Nothing {})
}

/// A message is about to be printed.
///
/// # Errors
/// [`Code::NotFound`], [`Code::JournalUnwritable`]: then nothing may be printed.
pub(crate) async fn message_print(served: &Served, argument: MessageOf) -> Result<Nothing, Failure> {
    served.engine().message_print(mail_id(argument.message)).await?;
    Ok(Nothing {})
}

fn several(ids: &[Id]) -> Result<Vec<MailId>, Failure> {
    if ids.len() > CHANGED {
        return Err(Failure::about(Code::BadRequest, "messages"));
    }
    Ok(ids.iter().copied().map(mail_id).collect())
}

/// Saves an attachment where the person says.
///
/// # Errors
/// [`Code::NotDownloaded`], [`Code::FileUnwritable`], [`Code::DiskFull`].
pub(crate) async fn attachment_save(served: &Served, argument: AttachmentOf) -> Result<Option<Saved>, Failure> {
    let part = served
        .engine()
        .message_part(mail_id(argument.message), argument.part)
        .await?;
    let Some(path) = served.desktop.choose_save(&part.name).await else {
        return Ok(None);
    };
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let octets = part.octets;
    tokio::task::spawn_blocking(move || keep(&path, &octets))
        .await
        .map_err(|_| Failure::new(Code::Internal))??;
    Ok(Some(Saved { name }))
}

/// Searches words in everything stored.
///
/// # Errors
/// [`Code::BadRequest`] for a question that is too long.
pub(crate) async fn search(served: &Served, argument: Search) -> Result<Page, Failure> {
    if argument.text.len() > QUESTION {
        return Err(Failure::about(Code::BadRequest, "text"));
    }
    let scope = match &argument.scope {
        None | Some(Scope::All) => StoreScope::Everything,
        Some(Scope::Account { account }) => StoreScope::Account(account_id(*account)),
        Some(Scope::Folder { folder }) => StoreScope::Folder(folder_id(*folder)),
    };
    let found = served.engine().search(&argument.text, scope, argument.limit).await?;
    let stored: Vec<_> = found.rows.iter().map(|(stored, _)| stored.clone()).collect();
    let folders = Folders::of(&served.engine(), &stored).await;
    let rows: Vec<_> = found
        .rows
        .into_iter()
        .map(|(stored, excerpt)| row(&stored, &folders, excerpt))
        .collect();
    Ok(Page {
        // One more than is shown says that there are older ones.
        total: u32::try_from(rows.len())
            .unwrap_or(u32::MAX)
            .saturating_add(u32::from(found.more)),
        unread: u32::try_from(rows.iter().filter(|row| !row.seen).count()).unwrap_or(u32::MAX),
        rows,
    })
}

/// Correspondents that begin like this.
///
/// # Errors
/// [`Code::VaultLocked`].
pub(crate) async fn suggest(served: &Served, argument: Suggest) -> Result<Vec<Party>, Failure> {
    if argument.text.len() > QUESTION {
        return Ok(Vec::new());
    }
    let found = served.engine().suggest(&argument.text).await?;
    Ok(found
        .iter()
        .map(|person| party(&person.name, &person.address))
        .collect())
}
