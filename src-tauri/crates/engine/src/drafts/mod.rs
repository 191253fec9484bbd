//! Drafts: begun blank or about a message, stored at every pause, checked, then handed to the outbox.

mod attach;
mod check;
mod forgotten;
mod media_type;
mod model;
mod send;
mod start;

use pli_store::{DraftAttachmentId, DraftId, StoreError};

pub use model::{Draft, DraftCheck, DraftEdit, DraftFile, DraftFrom, DraftProblem, Party};

use crate::Engine;
use crate::error::EngineError;
use crate::event::Event;

/// Recipients of a draft at most, of all fields together.
const RECIPIENTS: usize = 1_000;
/// Octets of a subject at most.
const SUBJECT: usize = 4 * 1024;
/// Octets of a text at most.
const TEXT: usize = 4 * 1024 * 1024;
/// Octets of one name or address, as typed.
const TYPED: usize = 1024;

impl Engine {
    /// The drafts being written, last stored first.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn draft_list(&self) -> Result<Vec<Draft>, EngineError> {
        let drafts = self.core.with_store(|store| store.drafts()).await?;
        Ok(drafts.into_iter().map(Draft::from).collect())
    }

    /// A draft.
    ///
    /// # Errors
    /// [`EngineError::Store`] when it is gone.
    pub async fn draft_get(&self, id: DraftId) -> Result<Draft, EngineError> {
        Ok(self.core.with_store(move |store| store.draft(id)).await?.into())
    }

    /// Stores what a person changed.
    ///
    /// # Errors
    /// [`EngineError::DraftChanged`] when it was stored by another window since `edit.revision`,
    /// [`EngineError::AlreadyLeft`] when it is in the outbox, [`EngineError::BadRequest`] past a bound.
    pub async fn draft_save(&self, id: DraftId, edit: DraftEdit) -> Result<Draft, EngineError> {
        within_bounds(&edit)?;
        let now = self.core.now();
        let saved = self
            .core
            .with_store(move |store| {
                let known = store.draft(id)?;
                if known.outbox.is_some() {
                    return Ok(Err(EngineError::AlreadyLeft));
                }
                let mut content = known.content;
                content.to = model::typed(&edit.to);
                content.cc = model::typed(&edit.cc);
                content.bcc = model::typed(&edit.bcc);
                content.subject = edit.subject;
                content.text = edit.text;
                content.ask_read_report = edit.ask_reading;
                content.extra = model::with_delivery(content.extra, edit.ask_delivery);
                store.account(edit.account)?;
                match store.save_draft(id, edit.account, &content, u64::from(edit.revision), now) {
                    Ok(_) => Ok(Ok(store.draft(id)?)),
                    Err(StoreError::Invalid { .. }) => Ok(Err(EngineError::DraftChanged)),
                    Err(error) => Err(error),
                }
            })
            .await??;
        let draft = Draft::from(saved);
        self.core.emit(Event::Draft {
            draft: id,
            revision: draft.revision,
        });
        Ok(draft)
    }

    /// A person confirms that an answer leaves from the BAL it has now, although another received what it answers: until the
    /// BAL is changed again.
    ///
    /// # Errors
    /// [`EngineError::AlreadyLeft`] when it is in the outbox, [`EngineError::Store`] when it is gone.
    pub async fn draft_confirm_box(&self, id: DraftId) -> Result<Draft, EngineError> {
        let now = self.core.now();
        let saved = self
            .core
            .with_store(move |store| {
                let known = store.draft(id)?;
                if known.outbox.is_some() {
                    return Ok(Err(EngineError::AlreadyLeft));
                }
                let mut content = known.content;
                content.extra = model::with_confirmed(content.extra, known.account);
                match store.save_draft(id, known.account, &content, known.revision, now) {
                    Ok(_) => Ok(Ok(store.draft(id)?)),
                    Err(StoreError::Invalid { .. }) => Ok(Err(EngineError::DraftChanged)),
                    Err(error) => Err(error),
                }
            })
            .await??;
        let draft = Draft::from(saved);
        self.core.emit(Event::Draft {
            draft: id,
            revision: draft.revision,
        });
        Ok(draft)
    }

    /// Takes an attachment away.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the draft has no such attachment.
    pub async fn draft_detach(&self, id: DraftId, attachment: DraftAttachmentId) -> Result<Draft, EngineError> {
        let draft = self
            .core
            .with_store(move |store| {
                let draft = store.draft(id)?;
                if draft.outbox.is_some() {
                    return Ok(Err(EngineError::AlreadyLeft));
                }
                if !draft.attachments.iter().any(|file| file.id == attachment) {
                    return Err(StoreError::NotFound { what: "attachment" });
                }
                store.detach(attachment)?;
                Ok(Ok(store.draft(id)?))
            })
            .await??;
        let draft = Draft::from(draft);
        self.core.emit(Event::Draft {
            draft: id,
            revision: draft.revision,
        });
        Ok(draft)
    }

    /// Deletes a draft with its attachments.
    ///
    /// # Errors
    /// [`EngineError::AlreadyLeft`] when it is in the outbox, [`EngineError::Store`] when it is gone.
    pub async fn draft_delete(&self, id: DraftId) -> Result<(), EngineError> {
        self.core
            .with_store(move |store| match store.remove_draft(id) {
                Ok(()) => Ok(Ok(())),
                Err(StoreError::Invalid { .. }) => Ok(Err(EngineError::AlreadyLeft)),
                Err(error) => Err(error),
            })
            .await??;
        self.core.emit(Event::Draft { draft: id, revision: 0 });
        Ok(())
    }
}

/// What a window sends is bounded before it is stored.
fn within_bounds(edit: &DraftEdit) -> Result<(), EngineError> {
    let all = || edit.to.iter().chain(&edit.cc).chain(&edit.bcc);
    let long = |party: &Party| party.name.len() > TYPED || party.address.len() > TYPED;
    if all().count() > RECIPIENTS || all().any(long) || edit.subject.len() > SUBJECT || edit.text.len() > TEXT {
        return Err(EngineError::BadRequest("a draft beyond what can be sent"));
    }
    Ok(())
}
