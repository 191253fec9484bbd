//! A BAL's folders, as people see them.

use pli_store::{AccountId, Folder, FolderId};

use crate::Engine;
use crate::error::EngineError;

impl Engine {
    /// A BAL's folders: those with a role first, then by name. Names that only hold others are among them
    /// (`selectable` is false).
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when there is no such BAL.
    pub async fn folder_list(&self, account: AccountId) -> Result<Vec<Folder>, EngineError> {
        self.core
            .with_store(move |store| {
                store.account(account)?;
                store.folders(account)
            })
            .await
    }

    /// One folder.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn folder(&self, folder: FolderId) -> Result<Folder, EngineError> {
        self.core.with_store(move |store| store.folder(folder)).await
    }
}
