//! Restoring a backup: into an empty profile, built aside and put in its place whole.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pli_store::{JournalSecret, MasterKey, Merging, Purpose, Restoring, Store, StoreError, Vault, VaultState};
use pli_terms::Wording;
use pli_trace::{Action, ClockTruth, Entry, Journal, Outcome, Protocol, Request, restore_journal};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::checking::paced;
use super::ending::Building;
use super::stream::{DATABASE, JOURNAL, JournalKeys, Manifest, Opened, Opener, Taker, checked, damaged, key_of, unhex};
use super::{BackupChecked, RestoreOptions};
use crate::clock::{Clock as _, SystemClock};
use crate::error::{BackupProblem, EngineError};
use crate::home::Home;
use crate::journal::Place;
use crate::memory::wipe_stack;

/// Restores a backup into a profile in which nothing is stored yet and that no engine has open. All of it, or nothing: what
/// was there is as it was after any failure or cut. Blocks.
///
/// # Errors
/// [`EngineError::Backup`] (no backup, damaged, newer, another passphrase, a profile that is not empty),
/// [`EngineError::File`], [`EngineError::Home`], [`EngineError::Store`] when the disk refuses, [`EngineError::Vault`]
/// (keyring, passphrase too short), [`EngineError::InUse`].
pub fn backup_restore(
    path: &Path,
    passphrase: &SecretString,
    home: &Home,
    options: RestoreOptions,
    progress: impl Fn(u64, u64),
) -> Result<BackupChecked, EngineError> {
    let _held = home.take()?;
    super::finish_restoring(home)?;
    let restored = into_empty(path, passphrase, home, &options, SystemClock.zoned(), &progress);
    wipe_stack();
    restored
}

/// As [`backup_restore`], for whoever holds the profile.
pub(super) fn into_empty(
    path: &Path,
    passphrase: &SecretString,
    home: &Home,
    options: &RestoreOptions,
    now: jiff::Zoned,
    progress: &dyn Fn(u64, u64),
) -> Result<BackupChecked, EngineError> {
    must_be_empty(home)?;
    let opened = Opened::open(path, &Opener::Passphrase(passphrase))?;
    let about = checked(path, opened.octets, &opened.manifest)?;
    let building = Building::begin(home)?;
    let new = Home::at(building.new_root());
    // What keeps the key may refuse: that is known before anything is copied.
    let vault = Vault::at(&new.vault());
    let key = match &options.passphrase {
        Some(passphrase) => vault.create_with_passphrase(passphrase)?,
        None => vault.create_in_keyring()?,
    };
    let place = Place(JournalSecret::at(&new.vault(), &key, options.passphrase.is_none()));
    let octets = opened.octets;
    let now_and_then = paced(progress);
    let mut taker = Unpacking {
        building: &building,
        key: &key,
        copy: building.copy(),
        database_key: key_of(&opened.manifest.store_key)?,
        store: None,
        whole: opened.manifest.whole,
    };
    let manifest = if taker.whole {
        let manifest = opened.give(&mut taker, &|done| now_and_then(done.min(octets - 1), octets))?;
        taker.ended()?.finish().map_err(taken_in)?;
        manifest
    } else {
        let store = Store::open(&new.store(), &key)?;
        let merged = bring_in(opened, &store, &building.copy(), &|done| {
            now_and_then(done.min(octets - 1), octets);
        })?;
        merged.1
    };
    let own = key.derive(Purpose::Journal);
    let by = restored(&manifest, now);
    match &manifest.journal {
        Some(JournalKeys { key: copy_key, secret }) => {
            let (copy_key, secret) = (key_of(copy_key)?, unhex(secret)?);
            let from = building.copy().join("journal");
            restore_journal(
                (&from, &copy_key, &secret),
                &new.journal(),
                own.as_bytes(),
                Arc::new(place),
                &by,
            )?;
        }
        None => {
            let journal = Journal::open(&new.journal(), own.as_bytes(), Arc::new(place))?;
            journal.append(&by)?;
        }
    }
    if let Some(profile) = &manifest.profile {
        profile.write(new.root())?;
    }
    // It opens, and its schema is today's.
    drop(Store::open(&new.store(), &key)?);
    drop(key);
    building.settle()?;
    progress(octets, octets);
    Ok(about)
}

/// Whether a backup may be restored into this profile.
pub(super) fn must_be_empty(home: &Home) -> Result<(), EngineError> {
    let stored = home.store().join("mail.db").exists()
        || home.journal().join("catalogue.db").exists()
        || home.journal().join("journal.db").exists()
        || Vault::at(&home.vault()).state()? != VaultState::Absent;
    if stored {
        return Err(EngineError::Backup(BackupProblem::NotEmpty));
    }
    Ok(())
}

/// What the first trace of a restored profile says.
fn restored(manifest: &Manifest, now: jiff::Zoned) -> Entry {
    let verb = if manifest.whole {
        "RESTORE WHOLE"
    } else {
        "RESTORE ONE BAL"
    };
    Entry {
        at: now.timestamp(),
        utc_offset: now.offset().seconds(),
        clock: ClockTruth::default(),
        author: None,
        bal: None,
        action: Action::Backup,
        request: Request {
            protocol: Protocol::Local,
            verb: Wording::fixed(verb).and("MADE").and(manifest.at / 1000),
            mailbox: Wording::empty(),
            target: Wording::empty(),
            uids: Wording::empty(),
            octets_out: 0,
            octets_in: 0,
        },
        outcome: Outcome::done(what_came(manifest)),
        exchange: None,
        duration_ms: 0,
        mail: Wording::empty(),
        message_id: None,
        sender: None,
        recipients: Vec::new(),
        encoded_size: None,
        workstation: crate::audit::workstation(None),
        server: None,
    }
}

pub(super) fn what_came(manifest: &Manifest) -> Wording {
    let messages = Wording::empty().and(manifest.messages).and("MESSAGES");
    messages.and(manifest.traces).and("TRACES")
}

/// Where a file of the backup goes in a folder of copies; none for a name that this version does not know.
fn place_in(copy: &Path, name: &str) -> Result<Option<PathBuf>, EngineError> {
    if name == DATABASE {
        return Ok(Some(copy.join(DATABASE)));
    }
    let Some(name) = name.strip_prefix(JOURNAL) else {
        return Ok(None);
    };
    // A name inside is never a path.
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    if !plain || name.is_empty() || name.starts_with('.') {
        return Err(damaged());
    }
    let folder = copy.join("journal");
    std::fs::create_dir_all(&folder).map_err(unpacking)?;
    Ok(Some(folder.join(name)))
}

fn unpack(copy: &Path, name: &str) -> Result<Option<File>, EngineError> {
    let Some(path) = place_in(copy, name)? else {
        return Ok(None);
    };
    Ok(Some(File::create_new(path).map_err(|error| match error.kind() {
        // Twice the same.
        std::io::ErrorKind::AlreadyExists => damaged(),
        _ => unpacking(error),
    })?))
}

fn unpacking(source: std::io::Error) -> EngineError {
    EngineError::File {
        doing: "writing what is restored",
        source,
    }
}

/// A store's word on a copy that it cannot take in.
pub(super) fn taken_in(error: StoreError) -> EngineError {
    match error {
        StoreError::NewerSchema { .. } => EngineError::Backup(BackupProblem::Newer),
        error if error.is_damage() => damaged(),
        StoreError::Invalid {
            what: "this address already has an account",
        } => EngineError::Backup(BackupProblem::NotEmpty),
        other => other.into(),
    }
}

/// A whole backup on its way into a new profile.
struct Unpacking<'a> {
    building: &'a Building,
    key: &'a MasterKey,
    copy: PathBuf,
    database_key: Zeroizing<[u8; 32]>,
    store: Option<Restoring>,
    whole: bool,
}

impl Unpacking<'_> {
    /// The store, begun once its database is here.
    fn begun(&mut self) -> Result<&mut Restoring, EngineError> {
        if self.store.is_none() {
            let database = self.copy.join(DATABASE);
            if !database.exists() {
                return Err(damaged());
            }
            let dir = Home::at(self.building.new_root()).store();
            let begun = Restoring::begin(&dir, &database, &self.database_key, self.key).map_err(taken_in)?;
            // Its room is given back at once.
            let _ = std::fs::remove_file(&database);
            self.store = Some(begun);
        }
        self.store.as_mut().ok_or_else(damaged)
    }

    fn ended(mut self) -> Result<Restoring, EngineError> {
        self.begun()?;
        self.store.take().ok_or_else(damaged)
    }
}

impl Taker for Unpacking<'_> {
    fn file(&mut self, name: &str) -> Result<Option<File>, EngineError> {
        unpack(&self.copy, name)
    }

    fn record(&mut self, number: i64, octets: Option<&[u8]>) -> Result<(), EngineError> {
        self.begun()?.put(number, octets).map_err(taken_in)
    }
}

/// One BAL's backup, brought into a store that has not this BAL.
///
/// # Errors
/// [`EngineError::Backup`]: damaged, newer, or this BAL is there already; the store is as it was.
pub(super) fn bring_in(
    opened: Opened,
    store: &Store,
    copy: &Path,
    progress: &dyn Fn(u64),
) -> Result<(pli_store::AccountId, Manifest), EngineError> {
    let database_key = key_of(&opened.manifest.store_key)?;
    let mut taker = Bringing {
        store,
        copy,
        database_key,
        merging: None,
    };
    let manifest = opened.give(&mut taker, progress)?;
    taker.begun()?;
    let merging = taker.merging.take().ok_or_else(damaged)?;
    let account = merging.finish(searched).map_err(taken_in)?;
    Ok((account, manifest))
}

/// What is searched of a message.
fn searched(raw: &[u8]) -> String {
    pli_message::searchable_text(&pli_message::parse(raw))
}

struct Bringing<'a> {
    store: &'a Store,
    copy: &'a Path,
    database_key: Zeroizing<[u8; 32]>,
    merging: Option<Merging<'a>>,
}

impl<'a> Bringing<'a> {
    fn begun(&mut self) -> Result<&mut Merging<'a>, EngineError> {
        if self.merging.is_none() {
            let database = self.copy.join(DATABASE);
            if !database.exists() {
                return Err(damaged());
            }
            self.merging = Some(self.store.merge(&database, &self.database_key).map_err(taken_in)?);
        }
        self.merging.as_mut().ok_or_else(damaged)
    }
}

impl Taker for Bringing<'_> {
    fn file(&mut self, name: &str) -> Result<Option<File>, EngineError> {
        unpack(self.copy, name)
    }

    fn record(&mut self, number: i64, octets: Option<&[u8]>) -> Result<(), EngineError> {
        self.begun()?.put(number, octets).map_err(taken_in)
    }
}
