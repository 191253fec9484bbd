//! What a running engine is asked of backups.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pli_store::BackupKey;
use pli_terms::Wording;
use pli_trace::{Action, Outcome};
use secrecy::SecretString;

use super::checking::read_through;
use super::creating::create;
use super::ending::Scratch;
use super::restoring::{bring_in, into_empty, must_be_empty, what_came};
use super::stream::{Opened, Opener, checked};
use super::{Backup, BackupChecked, BackupScope, RestoreOptions};
use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::{BackupProblem, EngineError};
use crate::event::Event;
use crate::memory::wipe_stack;

impl Engine {
    /// Makes a backup under a passphrase of 12 characters or more: written aside, read back whole, then given its name, in
    /// the place of what was there. Mail goes on being read and written meanwhile. Traced; tells
    /// [`Event::BackupProgress`].
    ///
    /// # Errors
    /// [`EngineError::File`], [`EngineError::Vault`] for a passphrase that is too short, [`EngineError::NotFound`] when there
    /// is no such BAL, [`EngineError::VaultLocked`], [`EngineError::Store`], [`EngineError::Trace`]. There is then no file
    /// of this name that was not there before.
    pub async fn backup_create(
        &self,
        to: &Path,
        scope: BackupScope,
        passphrase: SecretString,
    ) -> Result<Backup, EngineError> {
        let to = to.to_owned();
        let made = self
            .core
            .blocking(move |core| {
                let key = BackupKey::of(&passphrase);
                drop(passphrase);
                wipe_stack();
                create(core, &to, scope, &key?, &|done, total| tell(core, done, total))
            })
            .await;
        self.core.tell_journal();
        made
    }

    /// Reads a backup whole; changes nothing. Tells [`Event::BackupProgress`].
    ///
    /// # Errors
    /// As [`super::backup_check`].
    pub async fn backup_check(&self, path: &Path, passphrase: SecretString) -> Result<BackupChecked, EngineError> {
        let path = path.to_owned();
        self.core
            .blocking(move |core| {
                let found = read_through(&path, &Opener::Passphrase(&passphrase), &|done, total| {
                    tell(core, done, total);
                });
                wipe_stack();
                found
            })
            .await
    }

    /// Restores a backup here: into this profile while nothing is stored in it yet, which is open afterwards; one BAL's,
    /// into an open profile that has not this BAL. All of it, or nothing. Tells [`Event::BackupProgress`].
    ///
    /// # Errors
    /// As [`super::backup_restore`]; [`BackupProblem::NotEmpty`] for a whole backup where something is stored.
    pub async fn backup_restore(
        &self,
        path: &Path,
        passphrase: SecretString,
        options: RestoreOptions,
    ) -> Result<BackupChecked, EngineError> {
        let path = path.to_owned();
        if self.core.opened().is_ok() {
            return self.bring_bal(path, passphrase).await;
        }
        let opens = options.passphrase.clone();
        let turn = self.core.opening.lock().await;
        if self.core.is_stopping() {
            return Err(EngineError::Stopped);
        }
        let restored = self
            .core
            .blocking(move |core| {
                must_be_empty(&core.home)?;
                if options.passphrase.is_none() {
                    crate::vault::may_use_keyring(core)?;
                }
                let now = core.zoned();
                let restored = into_empty(&path, &passphrase, &core.home, &options, now, &|done, total| {
                    tell(core, done, total);
                });
                wipe_stack();
                let restored = restored?;
                if restored.whole {
                    let profile = crate::profile::Profile::read(&core.home)?;
                    core.profile.change(|own| *own = profile)?;
                }
                Ok(restored)
            })
            .await?;
        drop(turn);
        self.core.emit(Event::Profile);
        self.vault_open(opens).await?;
        Ok(restored)
    }

    async fn bring_bal(&self, path: PathBuf, passphrase: SecretString) -> Result<BackupChecked, EngineError> {
        let (restored, account) = self
            .core
            .blocking(move |core| brought(core, &path, &passphrase))
            .await?;
        let settings = self
            .core
            .with_store(move |store| store.account(account))
            .await?
            .settings;
        crate::sync::start_one(&self.core, account, settings.auth);
        self.core.emit(Event::Accounts);
        self.core.tell_journal();
        Ok(restored)
    }
}

fn brought(
    core: &Arc<Core>,
    path: &Path,
    passphrase: &SecretString,
) -> Result<(BackupChecked, pli_store::AccountId), EngineError> {
    let store = core.store()?;
    let opened = Opened::open(path, &Opener::Passphrase(passphrase));
    wipe_stack();
    let opened = opened?;
    if opened.manifest.whole {
        return Err(EngineError::Backup(BackupProblem::NotEmpty));
    }
    let (octets, about) = (opened.octets, checked(path, opened.octets, &opened.manifest)?);
    let done = Outcome::done(what_came(&opened.manifest));
    let scratch = Scratch::new(core.home.root())?;
    let made = about.at.as_second();
    let all = |done, total| tell(core, done, total);
    let now_and_then = super::checking::paced(&all);
    let asked = core.begin(Local::new(
        Action::Backup,
        Wording::fixed("RESTORE ONE BAL").and("MADE").and(made),
    ))?;
    match bring_in(opened, &store, scratch.path(), &|done| now_and_then(done, octets)) {
        Ok((account, _)) => {
            core.end(asked, done)?;
            Ok((about, account))
        }
        Err(error) => {
            let what = Wording::fixed("nothing was restored");
            core.end(asked, Outcome::failed(what))?;
            Err(error)
        }
    }
}

fn tell(core: &Core, done: u64, total: u64) {
    core.emit(Event::BackupProgress { done, total });
}
