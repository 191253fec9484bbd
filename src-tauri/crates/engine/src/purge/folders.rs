//! Which folder holds what was sent, and which the bin is: as the server announces it (RFC 6154), or as the person chose;
//! never by a name.

use pli_store::{AccountId, FolderId, FolderRole, Store, StoreError};
use pli_terms::Wording;
use pli_trace::Action;
use pli_wire::imap::{Folder, ImapSession, SpecialUse};
use serde::{Deserialize, Serialize};

use super::model::SentFolder;
use crate::Engine;
use crate::audit::Local;
use crate::error::EngineError;
use crate::event::Event;
use crate::sync::link::Link;

/// What a server was last heard to offer to a purge.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Offered {
    /// The raw name of the folder announced to hold what was sent.
    pub(super) sent: Option<String>,
    /// Whether exactly what is named can be deleted (UIDPLUS).
    pub(super) uidplus: bool,
}

fn offered_name(account: AccountId) -> String {
    format!("account/{account}/purge_offered")
}

fn chosen_name(account: AccountId) -> String {
    format!("account/{account}/sent_folder")
}

/// What is known of the account's server; none before its folders were ever listed.
pub(super) fn offered(store: &Store, account: AccountId) -> Result<Option<Offered>, StoreError> {
    store.setting(&offered_name(account))
}

/// The folder that holds what was sent.
pub(super) fn sent_folder(store: &Store, account: AccountId) -> Result<Option<SentFolder>, StoreError> {
    let usable = |folder: &pli_store::Folder| {
        folder.account == account
            && folder.server.selectable
            && !matches!(
                folder.server.role,
                FolderRole::Inbox | FolderRole::All | FolderRole::Flagged | FolderRole::Kept
            )
    };
    let chosen = chosen(store, account)?;
    let announced = offered(store, account)?.and_then(|offered| offered.sent);
    let folders = store.folders(account)?;
    let named = |name: &Option<String>| {
        let name = name.as_ref()?;
        folders.iter().find(|folder| folder.server.raw_name == *name)
    };
    let folder = named(&chosen).or_else(|| named(&announced));
    Ok(folder.filter(|folder| usable(folder)).map(|folder| SentFolder {
        folder: folder.id,
        chosen: chosen.as_ref() == Some(&folder.server.raw_name),
    }))
}

/// The raw name of the folder that the person chose. Its name, since its number is another one in a profile that a backup of
/// this BAL was restored into; a number that stands there is not believed.
fn chosen(store: &Store, account: AccountId) -> Result<Option<String>, StoreError> {
    let kept: Option<serde_json::Value> = store.setting(&chosen_name(account))?;
    Ok(kept.as_ref().and_then(serde_json::Value::as_str).map(str::to_owned))
}

/// The bin.
pub(super) fn trash_folder(store: &Store, account: AccountId) -> Result<Option<FolderId>, StoreError> {
    Ok(store
        .folder_by_role(account, FolderRole::Trash)?
        .map(|folder| folder.id))
}

/// Remembers what the server announces. To be called whenever its folders were listed.
///
/// # Errors
/// When the store cannot be written.
pub(crate) async fn note_offered<S: ImapSession>(link: &Link<S>, listed: &[Folder]) -> Result<(), EngineError> {
    let account = link.account();
    let announced = |folder: &&Folder| folder.special_use == Some(SpecialUse::Sent) && !folder.guessed;
    let now = Offered {
        sent: listed.iter().find(announced).map(|folder| folder.name.raw().to_owned()),
        uidplus: link.session.capabilities().uidplus(),
    };
    link.store(move |store| {
        if offered(store, account)?.as_ref() != Some(&now) {
            store.set_setting(&offered_name(account), &now)?;
        }
        Ok(())
    })
    .await
}

impl Engine {
    /// The folder that holds what was sent from a BAL: the one that the person chose, else the one that the server announces;
    /// none when nobody said so, whatever the folders are called (EX_GBP_3050).
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when there is no such BAL.
    pub async fn sent_folder(&self, account: AccountId) -> Result<Option<SentFolder>, EngineError> {
        self.core
            .with_store(move |store| {
                store.account(account)?;
                sent_folder(store, account)
            })
            .await
    }

    /// Says which folder of a BAL holds what was sent.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] for a folder of another BAL, the inbox, or one that holds no message of its own.
    pub async fn sent_folder_set(&self, account: AccountId, folder: FolderId) -> Result<(), EngineError> {
        let known = self.core.with_store(move |store| store.folder(folder)).await?;
        let wrong = matches!(
            known.server.role,
            FolderRole::Inbox | FolderRole::All | FolderRole::Flagged | FolderRole::Kept | FolderRole::Trash
        );
        if known.account != account || !known.server.selectable || wrong {
            return Err(EngineError::BadRequest("this folder cannot hold what was sent"));
        }
        let bal = self.core.blocking(move |core| Ok(core.bal(account))).await?;
        let mut set = Local::new(Action::Settings, Wording::fixed("SENT FOLDER")).of(bal);
        set.target = Some(known.server.name);
        let raw_name = known.server.raw_name;
        self.core.trace(set).await?;
        self.core
            .with_store(move |store| store.set_setting(&chosen_name(account), &raw_name))
            .await?;
        self.core.emit(Event::Folders { account });
        Ok(())
    }
}
