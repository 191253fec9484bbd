//! Opening and closing the store: the key, then everything that hangs on it.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pli_store::{Attempts, JournalSecret, MasterKey, Purpose, Store, Vault, VaultError};
use pli_trace::Journal;
use secrecy::SecretString;
use zeroize::Zeroize;

use crate::Engine;
use crate::core::{Core, Opened, spawn_inside};
use crate::error::EngineError;
use crate::event::{Event, SessionState};
use crate::journal::Place;
use crate::lock::{self, Way};
use crate::memory::wipe_stack;

/// A passphrase file is a line of text: one of more octets is another file, and no more of it is read.
const LONGEST_PASSPHRASE: usize = 4096;

/// How long the store's last users are waited for when it closes.
const CLOSING: Duration = Duration::from_secs(20);

/// Where the key of the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultState {
    /// Nothing is stored yet, and the system's keyring may hold the key: opening needs no question.
    New,
    /// Nothing is stored yet, and there is no keyring: a passphrase must be chosen.
    NewNeedsPassphrase,
    /// The key waits for the passphrase.
    NeedsPassphrase,
    /// The system's keyring is there and locked, or refused.
    KeyringLocked,
    /// The store is open.
    Open,
    /// The profile is locked: [`crate::Engine::lock_state`] says what opens it.
    Locked,
}

/// The program's own state.
#[derive(Debug, Clone)]
pub struct Status {
    /// The store's lock.
    pub vault: VaultState,
    /// How many BALs are set up; 0 while the vault is not open.
    pub accounts: u32,
    /// Whether a BAL is connected.
    pub online: bool,
    /// When a sync last ended without an error.
    pub synced_at: Option<Timestamp>,
    /// Whether a sync is under way.
    pub syncing: bool,
}

/// What the last attempt to open said of the keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum KeyringWord {
    /// It was not asked yet.
    #[default]
    Unasked,
    /// There is none.
    Absent,
    /// It is locked, refuses, or lost the key.
    Closed,
}

impl Engine {
    /// The program's state. The first time, tries whatever opens without a question: a keyring that has the key, the
    /// passphrase file that a script named.
    ///
    /// # Errors
    /// [`EngineError::Vault`] when the vault's own file cannot be read.
    pub async fn status(&self) -> Result<Status, EngineError> {
        if self.core.opened().is_err() && self.core.first_look() {
            if self.opens_by_itself()? {
                if let Err(error) = self.open_by_itself().await {
                    tracing::info!(%error, "the vault did not open by itself");
                }
            } else {
                self.look_at_keyring().await?;
            }
        }
        let vault = self.vault_state()?;
        let accounts = match self.core.opened() {
            Ok(_) => self.core.with_store(|store| store.accounts()).await?.len(),
            Err(_) => 0,
        };
        let states: Vec<_> = self.core.runtimes().values().map(|runtime| runtime.state()).collect();
        Ok(Status {
            vault,
            accounts: u32::try_from(accounts).unwrap_or(u32::MAX),
            online: states.iter().any(|state| state.session == SessionState::Online),
            synced_at: states.iter().filter_map(|state| state.synced_at).max(),
            syncing: states.iter().any(|state| state.syncing),
        })
    }

    fn opens_by_itself(&self) -> Result<bool, EngineError> {
        // Whoever locked it has to open it.
        if self.core.lock.is_locked_for_good() {
            return Ok(false);
        }
        let file = self.core.options.passphrase_file.is_some();
        Ok(match lock::way(&self.core)? {
            Way::Nothing => false,
            Way::Passphrase | Way::Pin => file,
            Way::Login | Way::Keyring => self.core.options.keyring && !self.core.lock.is_locked(),
        })
    }

    async fn open_by_itself(&self) -> Result<(), EngineError> {
        let file = self.core.options.passphrase_file.as_deref();
        match file.filter(|_| self.core.lock.is_locked()) {
            Some(file) => lock::by_secret(&self.core, read_passphrase(file)?).await,
            None => self.vault_open(None).await,
        }
    }

    /// Before anything is stored: what the keyring says decides what the person is asked first.
    async fn look_at_keyring(&self) -> Result<(), EngineError> {
        let nothing_stored = Vault::at(&self.core.home.vault()).state()? == pli_store::VaultState::Absent;
        if nothing_stored && self.core.options.keyring && self.core.options.passphrase_file.is_none() {
            let looked = tokio::task::spawn_blocking(Vault::look_at_keyring).await?;
            self.note_keyring(&looked);
        }
        Ok(())
    }

    fn note_keyring<T>(&self, answer: &Result<T, VaultError>) {
        match answer {
            Err(VaultError::KeyringAbsent(_)) => self.core.note_keyring(KeyringWord::Absent),
            Err(
                VaultError::KeyringLocked
                | VaultError::KeyringRefused
                | VaultError::KeyMissing
                | VaultError::Keyring(_),
            ) => self.core.note_keyring(KeyringWord::Closed),
            _ => {}
        }
    }

    fn vault_state(&self) -> Result<VaultState, EngineError> {
        if self.core.lock.is_locked() {
            return Ok(VaultState::Locked);
        }
        if self.core.opened().is_ok() {
            return Ok(VaultState::Open);
        }
        let word = self.core.keyring_word();
        let no_keyring = !self.core.options.keyring || word == KeyringWord::Absent;
        Ok(match Vault::at(&self.core.home.vault()).state()? {
            pli_store::VaultState::Absent if no_keyring => VaultState::NewNeedsPassphrase,
            pli_store::VaultState::Absent if word == KeyringWord::Closed => VaultState::KeyringLocked,
            pli_store::VaultState::Absent => VaultState::New,
            pli_store::VaultState::InKeyring => VaultState::KeyringLocked,
            pli_store::VaultState::UnderPassphrase => VaultState::NeedsPassphrase,
        })
    }

    /// Opens the store and starts its BALs; makes it the first time. Without a passphrase: the file that the options
    /// name, else the keyring. Opening what is open changes nothing.
    ///
    /// # Errors
    /// [`EngineError::Locked`]: [`Engine::unlock`] opens a locked profile. [`EngineError::Vault`] (keyring absent, locked,
    /// refused; passphrase wrong, too short, or too soon after wrong ones), [`EngineError::Store`], [`EngineError::Trace`].
    pub async fn vault_open(&self, passphrase: Option<SecretString>) -> Result<(), EngineError> {
        let core = &self.core;
        let _turn = core.opening.lock().await;
        if core.is_stopping() {
            return Err(EngineError::Stopped);
        }
        if core.lock.is_locked() {
            return Err(EngineError::Locked);
        }
        if core.opened().is_ok() {
            return Ok(());
        }
        let key = match wiped(core, move |core| key(core, passphrase)).await {
            Err(EngineError::Vault(error)) => {
                let answer = Err::<MasterKey, _>(error);
                self.note_keyring(&answer);
                answer?
            }
            other => other?,
        };
        let opened = read(core, key).await?;
        let going = set_going(core, opened).await;
        if going.is_err() {
            // Half open is closed.
            quiet(core).await;
            put_away(core).await;
        }
        going
    }

    /// Closes the store: connections end, keys and tokens are dropped. What is being stored is stored first, and a message
    /// being handed over has its answer.
    pub async fn vault_close(&self) {
        let core = &self.core;
        let _turn = core.opening.lock().await;
        if core.opened().is_err() {
            return;
        }
        core.begin_closing();
        core.identities.end().await;
        quiet(core).await;
        put_away(core).await;
        core.emit(Event::Vault);
    }
}

/// The count of this profile's wrong PINs and passphrases.
pub(crate) fn attempts(core: &Core) -> Attempts {
    Attempts::at(&core.home.vault())
}

/// # Errors
/// [`EngineError::Vault`] when this profile does without a keyring.
pub(crate) fn may_use_keyring(core: &Core) -> Result<(), EngineError> {
    if core.options.keyring {
        Ok(())
    } else {
        Err(VaultError::KeyringAbsent("this profile does without".to_owned()).into())
    }
}

/// Works on a thread that may block, and leaves nothing of keys and passphrases in its stack.
pub(crate) async fn wiped<T: Send + 'static>(
    core: &Arc<Core>,
    work: impl FnOnce(&Arc<Core>) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    core.blocking(move |core| {
        let answer = work(core);
        wipe_stack();
        answer
    })
    .await
}

/// Opens store and journal; the master key is wiped when this returns.
///
/// # Errors
/// [`EngineError::Store`], [`EngineError::Trace`].
pub(crate) async fn read(core: &Arc<Core>, key: MasterKey) -> Result<Opened, EngineError> {
    wiped(core, move |core| opened(core, &key)).await
}

/// Gives the store to everybody and starts what lives with it. On an error the caller closes it again.
///
/// # Errors
/// [`EngineError::Store`].
pub(crate) async fn set_going(core: &Arc<Core>, opened: Opened) -> Result<(), EngineError> {
    let journal = Arc::clone(&opened.journal);
    core.set_opened(opened);
    // What opens the profile is in its journal before anything else is done with it. A disk that refuses it keeps nobody
    // from their mail: it is owed, and nothing reaches a server before it is written.
    let begun = core.blocking(move |core| crate::journal::begin(core, &journal)).await;
    if let Err(error) = begun {
        tracing::warn!(%error, "the journal could not be begun");
    }
    core.lock.activity(core.now());
    crate::sync::start_all(core).await?;
    let fresh = spawn_inside(crate::login::clock::keep_fresh(Arc::clone(core)));
    core.keep_task(fresh);
    core.keep_task(spawn_inside(crate::journal::keep_sealed(Arc::clone(core))));
    core.keep_task(spawn_inside(crate::journal::keep_short(Arc::clone(core))));
    core.keep_task(spawn_inside(crate::backup::keep_scheduled(Arc::clone(core))));
    core.keep_task(spawn_inside(crate::quota::keep_warned(Arc::clone(core))));
    core.keep_task(spawn_inside(crate::box_life::watch(Arc::clone(core))));
    core.keep_task(spawn_inside(crate::rules::keep_told(Arc::clone(core))));
    crate::collector::start(core);
    crate::outbox::open(core).await?;
    crate::purge::open(core).await?;
    crate::certificates::load_missing(core).await;
    core.emit(Event::Vault);
    Ok(())
}

/// Ends what works with the store, which it still has for what it began: the outbox commits the answer to a message that
/// is being handed over, a sync stores what it has read. To be called after [`Core::begin_closing`].
pub(crate) async fn quiet(core: &Arc<Core>) {
    core.begin_closing();
    core.begin_close();
    let runtimes = std::mem::take(&mut *core.runtimes());
    for runtime in runtimes.values() {
        runtime.remove();
    }
    drop(runtimes);
    crate::outbox::close(core).await;
    core.end_tasks().await;
}

/// Waits until what was begun has done with the store: the profile has it, and whoever asks.
pub(crate) async fn settled(store: &Arc<Store>) {
    let patient = async {
        while Arc::strong_count(store) > 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let _ = tokio::time::timeout(CLOSING, patient).await;
}

/// Takes the store and the journal away, and waits until nobody has them.
pub(crate) async fn put_away(core: &Core) {
    if let Some(opened) = core.take_opened() {
        released(opened, core.now()).await;
    }
}

/// Waits until nobody works with the store any more, so that its lock is free when this returns.
async fn released(opened: Opened, now: Timestamp) {
    let patient = async {
        while Arc::strong_count(&opened.store) > 1 || Arc::strong_count(&opened.journal) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    if tokio::time::timeout(CLOSING, patient).await.is_err() {
        tracing::warn!("the store is still in use after its closing");
    }
    // The last seal, and the folding of the write-ahead logs, take time.
    let close = move || {
        crate::journal::close(&opened.journal, now);
        drop(opened);
    };
    let _ = tokio::task::spawn_blocking(close).await;
}

/// The key of an open profile, made the first time.
fn key(core: &Core, given: Option<SecretString>) -> Result<MasterKey, EngineError> {
    let passphrase = match given {
        Some(given) => Some(given),
        None => core
            .options
            .passphrase_file
            .as_deref()
            .map(read_passphrase)
            .transpose()?,
    };
    let vault = Vault::at(&core.home.vault());
    Ok(match (vault.state()?, passphrase) {
        (pli_store::VaultState::Absent, Some(passphrase)) => {
            refuse_orphan(core)?;
            vault.create_with_passphrase(&passphrase)?
        }
        (pli_store::VaultState::Absent, None) => {
            refuse_orphan(core)?;
            may_use_keyring(core)?;
            vault.create_in_keyring()?
        }
        (pli_store::VaultState::InKeyring, _) => {
            may_use_keyring(core)?;
            vault.open_from_keyring()?
        }
        (pli_store::VaultState::UnderPassphrase, Some(passphrase)) => {
            attempts(core).guard(core.now(), || vault.open_with_passphrase(&passphrase))?
        }
        (pli_store::VaultState::UnderPassphrase, None) => return Err(EngineError::PassphraseNeeded),
    })
}

fn opened(core: &Core, key: &MasterKey) -> Result<Opened, EngineError> {
    let store = Store::open(&core.home.store(), key)?;
    // Where the profile's own key is, the journal's secret is too.
    let keyring = Vault::at(&core.home.vault()).state()? == pli_store::VaultState::InKeyring;
    let place = Place(JournalSecret::at(&core.home.vault(), key, keyring));
    let journal = Journal::open(
        &core.home.journal(),
        key.derive(Purpose::Journal).as_bytes(),
        Arc::new(place),
    )?;
    Ok(Opened {
        store: Arc::new(store),
        journal: Arc::new(journal),
        session_key: Arc::new(key.derive(Purpose::Session)),
        folder_key: Arc::new(key.derive(Purpose::Folders)),
    })
}

/// A store without its vault must not be given a new key: it would look damaged, and the old key be lost for good.
fn refuse_orphan(core: &Core) -> Result<(), EngineError> {
    if core.home.store().join("mail.db").exists() {
        return Err(VaultError::Damaged {
            what: "vault.json is missing beside a store",
        }
        .into());
    }
    Ok(())
}

/// The first line of the file, without its line ending.
fn read_passphrase(path: &std::path::Path) -> Result<SecretString, EngineError> {
    let failed = |source| EngineError::File {
        doing: "reading the passphrase's file",
        source,
    };
    let mut text = String::new();
    // One octet more than is accepted tells a file that is longer.
    let limit = LONGEST_PASSPHRASE as u64 + 1;
    let read = std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
    if let Err(source) = read {
        text.zeroize();
        return Err(failed(source));
    }
    let line = text.lines().next().unwrap_or_default();
    let passphrase = (text.len() <= LONGEST_PASSPHRASE).then(|| SecretString::from(line.to_owned()));
    text.zeroize();
    passphrase.ok_or(EngineError::BadRequest("the passphrase's file is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn the_first_line_of_a_small_file_is_the_passphrase_and_no_other_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("phrase");
        std::fs::write(&path, "quatre mots\r\nautre ligne\n").unwrap();
        assert_eq!(read_passphrase(&path).unwrap().expose_secret(), "quatre mots");
        std::fs::write(&path, format!("court\n{}", "x".repeat(LONGEST_PASSPHRASE))).unwrap();
        assert!(matches!(read_passphrase(&path), Err(EngineError::BadRequest(_))));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(read_passphrase(&path), Err(EngineError::File { .. })));
    }
}
