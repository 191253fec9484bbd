//! The profile's folder: where everything that belongs to one user of the workstation is kept.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::EngineError;

/// The environment variable that names the profile's folder.
pub(crate) const VARIABLE: &str = "PLI_HOME";

/// The folder of the profiles that are not the first.
pub(crate) const PROFILES: &str = "profiles";

/// How long a lock may outlive the process that held it, and how often that is looked at.
const LINGERS: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(20);

/// A profile's folder, private to its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Where the first profile is, and beneath it the others.
    base: PathBuf,
    root: PathBuf,
}

impl Home {
    /// The first profile, kept in this folder itself; it need not exist yet.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            base: root.clone(),
            root,
        }
    }

    /// The profile of this id beside this one ([`crate::profile::profiles`] lists them); whether it exists is not looked at.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for what is no profile's id: an id is never a path.
    pub fn profile(&self, id: &str) -> Result<Self, EngineError> {
        if id == crate::profile::FIRST {
            return Ok(Self::at(&self.base));
        }
        if !crate::profile::is_id(id) {
            return Err(EngineError::NotFound("profile"));
        }
        Ok(Self {
            base: self.base.clone(),
            root: self.base.join(PROFILES).join(id),
        })
    }

    /// The folder of the first profile.
    #[must_use]
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The profile's id: stable, and it says nothing of whose it is.
    #[must_use]
    pub fn id(&self) -> &str {
        if self.root == self.base {
            return crate::profile::FIRST;
        }
        let name = self.root.file_name().and_then(std::ffi::OsStr::to_str);
        name.unwrap_or(crate::profile::FIRST)
    }

    /// The profile that the environment names by `PLI_HOME`, else the one of the platform's own place.
    ///
    /// # Errors
    /// [`EngineError::NoHome`] when the system says no place at all.
    pub fn find() -> Result<Self, EngineError> {
        if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            return Ok(Self::at(named));
        }
        platform_place().map(Self::at).ok_or(EngineError::NoHome)
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the mail is.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// Where the journal is.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Where the vault keeps what it needs to ask for the key: never the key.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.root.join("vault")
    }

    /// Where revocation lists are cached (ECO.1.1.7).
    #[must_use]
    pub fn revocation(&self) -> PathBuf {
        self.root.join("crl")
    }

    /// Where a command leaves its wish that the running program lock.
    #[must_use]
    pub fn lock_request(&self) -> PathBuf {
        self.root.join("lock.request")
    }

    /// Makes the folder, private to its user.
    pub(crate) fn make(&self) -> Result<(), EngineError> {
        let failed = |source| EngineError::Home {
            path: self.root.clone(),
            source,
        };
        for folder in [&self.base, &self.base.join(PROFILES), &self.root] {
            if self.root.starts_with(folder) {
                std::fs::create_dir_all(folder).map_err(failed)?;
                keep_private(folder).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Makes the folder and takes it for this process alone, for as long as the answer lives. The system gives it back
    /// when the process dies, however it dies.
    pub(crate) fn take(&self) -> Result<File, EngineError> {
        let failed = |source| EngineError::Home {
            path: self.root.clone(),
            source,
        };
        self.make()?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.root.join("in-use"))
            .map_err(failed)?;
        let began = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                // A program that was being started when its parent ended holds what the parent held, for an instant more.
                Err(TryLockError::WouldBlock) if began.elapsed() < LINGERS => std::thread::sleep(LOOK),
                Err(TryLockError::WouldBlock) => {
                    return Err(EngineError::InUse {
                        path: self.root.clone(),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }
}

#[cfg(target_os = "macos")]
fn platform_place() -> Option<PathBuf> {
    folder("HOME").map(|home| home.join("Library/Application Support/fr.pli.Pli"))
}

#[cfg(windows)]
fn platform_place() -> Option<PathBuf> {
    folder("LOCALAPPDATA").map(|data| data.join("Pli"))
}

#[cfg(not(any(target_os = "macos", windows)))]
fn platform_place() -> Option<PathBuf> {
    folder("XDG_DATA_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("pli"))
}

fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

#[cfg(unix)]
fn keep_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
}

/// A user's own folders are private on other systems.
#[cfg(not(unix))]
fn keep_private(_dir: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_refused_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("profile"));
        let held = home.take().unwrap();
        assert!(matches!(home.take(), Err(EngineError::InUse { .. })));
        drop(held);
        home.take().unwrap();
    }
}
