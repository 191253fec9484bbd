//! Drafts.

use pli_engine::pli_store::DraftAttachmentId;

use crate::commands::{DraftDetach, DraftNew, DraftOf, DraftSave, Nothing};
use crate::failure::Failure;
use crate::served::Served;
use crate::translate::{account_id, check, draft, draft_id, edit, mail_id, outgoing};
use crate::view::{Draft, DraftCheck, Outgoing};

/// A new draft.
///
/// # Errors
/// [`crate::failure::Code::NotDownloaded`] when the message answered has no body here yet.
pub(crate) async fn draft_new(served: &Served, argument: DraftNew) -> Result<Draft, Failure> {
    let (account, about) = (argument.account.map(account_id), argument.about.map(mail_id));
    Ok(draft(
        served.engine().draft_new(account, argument.from.into(), about).await?,
    ))
}

/// The drafts kept here.
///
/// # Errors
/// [`crate::failure::Code::VaultLocked`].
pub(crate) async fn draft_list(served: &Served, _: Nothing) -> Result<Vec<Draft>, Failure> {
    Ok(served.engine().draft_list().await?.into_iter().map(draft).collect())
}

/// A draft.
///
/// # Errors
/// [`crate::failure::Code::NotFound`].
pub(crate) async fn draft_get(served: &Served, argument: DraftOf) -> Result<Draft, Failure> {
    Ok(draft(served.engine().draft_get(draft_id(argument.draft)).await?))
}

/// Stores a draft.
///
/// # Errors
/// [`crate::failure::Code::DraftChanged`] when another window stored it meanwhile.
pub(crate) async fn draft_save(served: &Served, argument: DraftSave) -> Result<Draft, Failure> {
    let id = draft_id(argument.draft.id);
    Ok(draft(served.engine().draft_save(id, edit(argument.draft)).await?))
}

/// Attaches the files that the person chooses; none chosen changes nothing.
///
/// # Errors
/// [`crate::failure::Code::FileUnreadable`], [`crate::failure::Code::TooLarge`].
pub(crate) async fn draft_attach(served: &Served, argument: DraftOf) -> Result<Draft, Failure> {
    let id = draft_id(argument.draft);
    let files = served.desktop.choose_files().await;
    if files.is_empty() {
        return Ok(draft(served.engine().draft_get(id).await?));
    }
    Ok(draft(served.engine().draft_attach(id, files).await?))
}

/// Takes an attachment away.
///
/// # Errors
/// [`crate::failure::Code::NotFound`].
pub(crate) async fn draft_detach(served: &Served, argument: DraftDetach) -> Result<Draft, Failure> {
    let attachment = DraftAttachmentId::from_raw(argument.attachment);
    Ok(draft(
        served
            .engine()
            .draft_detach(draft_id(argument.draft), attachment)
            .await?,
    ))
}

/// What would happen if it left now.
///
/// # Errors
/// [`crate::failure::Code::NotFound`].
pub(crate) async fn draft_check(served: &Served, argument: DraftOf) -> Result<DraftCheck, Failure> {
    Ok(check(served.engine().draft_check(draft_id(argument.draft)).await?))
}

/// The person confirms the BAL that an answer leaves from.
///
/// # Errors
/// [`crate::failure::Code::NotFound`], [`crate::failure::Code::AlreadyLeft`].
pub(crate) async fn draft_confirm_box(served: &Served, argument: DraftOf) -> Result<Draft, Failure> {
    Ok(draft(
        served.engine().draft_confirm_box(draft_id(argument.draft)).await?,
    ))
}

/// Deletes a draft.
///
/// # Errors
/// [`crate::failure::Code::NotFound`], [`crate::failure::Code::AlreadyLeft`].
pub(crate) async fn draft_delete(served: &Served, argument: DraftOf) -> Result<Nothing, Failure> {
    served.engine().draft_delete(draft_id(argument.draft)).await?;
    Ok(Nothing {})
}

/// Commits a draft to the outbox.
///
/// # Errors
/// [`crate::failure::Code::DraftIncomplete`], [`crate::failure::Code::AlreadyLeft`].
pub(crate) async fn draft_send(served: &Served, argument: DraftOf) -> Result<Outgoing, Failure> {
    Ok(outgoing(served.engine().draft_send(draft_id(argument.draft)).await?))
}
