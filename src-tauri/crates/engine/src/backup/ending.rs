//! What a restoration ends with, and what is left of one that was cut.
//!
//! Everything is built in `restoring/new`. Once it is all on the disk, `restoring/ready` says so; then it is moved into the
//! profile, the vault last. Cut before: it is thrown away, the profile is as it was. Cut after: the next start moves the rest.

use std::fs::File;
use std::path::{Path, PathBuf};

use pli_store::{JournalSecret, MasterKey, Vault, VaultState};

use crate::error::EngineError;
use crate::home::Home;

const RESTORING: &str = "restoring";
const NEW: &str = "new";
const READY: &str = "ready";
/// How the folders' names end in which copies are made.
const SCRATCH: &str = ".copying";

/// A folder for copies on their way, encrypted under keys that are in memory only. It goes with this.
pub(super) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(super) fn new(root: &Path) -> Result<Self, EngineError> {
        let mut octets = [0u8; 8];
        getrandom::fill(&mut octets).map_err(|_| EngineError::Broken("asking for random octets"))?;
        let path = root.join(format!("{}{SCRATCH}", super::stream::hex(&octets)));
        make(&path)?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, EngineError> {
        let path = self.path.join(name);
        make(&path)?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A profile being restored aside. Unless it was settled, it goes with this, its keys in the keyring too.
pub(super) struct Building {
    root: PathBuf,
    settled: bool,
}

impl Building {
    pub(super) fn begin(home: &Home) -> Result<Self, EngineError> {
        discard(home.root());
        let building = Self {
            root: home.root().to_owned(),
            settled: false,
        };
        make(&building.copy())?;
        make(&building.new_root())?;
        Ok(building)
    }

    /// Where copies are unpacked.
    pub(super) fn copy(&self) -> PathBuf {
        self.root.join(RESTORING).join("copy")
    }

    /// The profile to be.
    pub(super) fn new_root(&self) -> PathBuf {
        self.root.join(RESTORING).join(NEW)
    }

    /// Puts the new profile in its place; all of its files are on the disk already.
    pub(super) fn settle(mut self) -> Result<(), EngineError> {
        let aside = self.root.join(RESTORING);
        let ready = aside.join(READY);
        sync_tree(&self.new_root())?;
        let write = || {
            File::create(&ready)?.sync_all()?;
            super::creating::sync_folder(&ready)?;
            super::creating::sync_folder(&aside)
        };
        write().map_err(|source| failed(&ready, source))?;
        self.settled = true;
        move_in(&self.root)
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if !self.settled {
            discard(&self.root);
        }
    }
}

/// Finishes or undoes what a cut left of a restoration, and sweeps what one left of a backup. To be called by whoever holds
/// the profile, before anything of it is opened.
///
/// # Errors
/// [`EngineError::Home`] when the disk refuses.
pub(crate) fn finish_restoring(home: &Home) -> Result<(), EngineError> {
    let root = home.root();
    if let Ok(list) = std::fs::read_dir(root) {
        for entry in list.flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.ends_with(SCRATCH)) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
    if root.join(RESTORING).join(READY).exists() {
        return move_in(root);
    }
    discard(root);
    Ok(())
}

/// Moves what is ready into the profile. Each name is moved once; the vault last, since it makes the profile one.
fn move_in(root: &Path) -> Result<(), EngineError> {
    let aside = root.join(RESTORING);
    let taken = |at: &Path| !matches!(Vault::at(&at.join("vault")).state(), Ok(VaultState::Absent));
    if aside.join(NEW).join("vault").exists() && taken(root) {
        // Another program began a profile here since: what is stored in it is not overwritten.
        discard(root);
        return Ok(());
    }
    for name in ["journal", "store", "profile.json", "vault"] {
        let (from, to) = (aside.join(NEW).join(name), root.join(name));
        if !from.exists() {
            continue;
        }
        // Nothing is stored in what is there: that was looked at before.
        if to.is_dir() {
            std::fs::remove_dir_all(&to).map_err(|source| failed(&to, source))?;
        }
        std::fs::rename(&from, &to).map_err(|source| failed(&to, source))?;
        super::creating::sync_folder(&to).map_err(|source| failed(&to, source))?;
    }
    std::fs::remove_dir_all(&aside).map_err(|source| failed(&aside, source))
}

/// Throws a restoration away that did not end.
fn discard(root: &Path) {
    let aside = root.join(RESTORING);
    if !aside.exists() {
        return;
    }
    let vault = aside.join(NEW).join("vault");
    // Only what is in the keyring needs forgetting: whichever key this is made with, the place is the same.
    let _ = JournalSecret::at(&vault, &MasterKey::from_bytes([0; 32]), true).destroy();
    let _ = Vault::at(&vault).destroy();
    if let Err(error) = std::fs::remove_dir_all(&aside) {
        tracing::warn!(%error, "what is left of a restoration could not be removed");
    }
}

fn make(path: &Path) -> Result<(), EngineError> {
    std::fs::create_dir_all(path).map_err(|source| failed(path, source))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
            .map_err(|source| failed(path, source))?;
    }
    Ok(())
}

/// Everything in a folder, and the folder, on the disk.
fn sync_tree(dir: &Path) -> Result<(), EngineError> {
    let sync = || -> std::io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                File::open(&path)?.sync_all()?;
            }
        }
        super::creating::sync_folder(&dir.join("any"))?;
        Ok(folders)
    };
    for folder in sync().map_err(|source| failed(dir, source))? {
        sync_tree(&folder)?;
    }
    Ok(())
}

fn failed(path: &Path, source: std::io::Error) -> EngineError {
    EngineError::Home {
        path: path.to_owned(),
        source,
    }
}
