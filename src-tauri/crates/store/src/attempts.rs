//! Wrong PINs and passphrases, counted on the disk: each costs more time than the one before, whatever process asks and
//! however often the program is started again. Nothing is ever wiped: the right secret opens at last, and the count
//! starts anew.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::vault::write_whole;
use crate::vault_error::VaultError;

/// How many may be wrong before one waits.
const FREE: u32 = 3;
/// What the first one after those waits; doubled each time.
const FIRST: Duration = Duration::from_secs(5);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The count of wrong secrets of one profile.
#[derive(Debug, Clone)]
pub struct Attempts {
    path: PathBuf,
}

/// `attempts.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    /// How many were wrong since the last right one.
    failed: u32,
    /// When the last wait began: milliseconds since 1970.
    since: i64,
}

impl Attempts {
    /// The count of the profile whose vault is in this folder.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self {
            path: dir.join("attempts.json"),
        }
    }

    /// How long to wait before the next try: zero for the first three, then 5 s after the third wrong one, doubling up to
    /// 15 minutes. A clock set back makes the wait start again. A count that cannot be read is one of many wrong ones.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Duration {
        let looked = self.alone().and_then(|_lock| self.wait_alone(now));
        looked.unwrap_or(LONGEST)
    }

    /// Counts a wrong secret; on the disk when this returns.
    ///
    /// # Errors
    /// [`VaultError::File`]: nothing was counted, and the answer to the try must not be told.
    pub fn failed(&self, now: Timestamp) -> Result<(), VaultError> {
        let _lock = self.alone()?;
        let failed = self.read(now)?.failed.saturating_add(1);
        self.write(Count::new(failed, now))
    }

    /// Forgets the wrong ones after a right one.
    ///
    /// # Errors
    /// [`VaultError::File`]: the count stands.
    pub fn succeeded(&self) -> Result<(), VaultError> {
        let _lock = self.alone()?;
        self.forget()
    }

    /// One try: refused while one has to wait; a wrong secret is counted, on the disk, *before* the answer is told, so that
    /// trying from several at once, or killing the program at the answer, gains nothing. A program killed while it looks has
    /// learnt nothing, and nothing is counted: a script that is cut, or a power failure, locks nobody out; neither does a full
    /// disk, for whoever has the right secret. The count starts anew when `work` succeeds, and stands when `work` fails for
    /// another reason than a wrong secret.
    ///
    /// # Errors
    /// [`VaultError::TooSoon`] without calling `work`, [`VaultError::File`], and whatever `work` answers.
    pub fn guard<T>(&self, now: Timestamp, work: impl FnOnce() -> Result<T, VaultError>) -> Result<T, VaultError> {
        let _lock = self.alone()?;
        let wait = self.wait_alone(now)?;
        if !wait.is_zero() {
            return Err(VaultError::TooSoon { wait });
        }
        let answer = work();
        match &answer {
            Ok(_) => {
                // A disk that takes nothing keeps nobody out who has the right secret: the count stands.
                if let Err(error) = self.forget() {
                    tracing::warn!(%error, "the count of wrong tries stands");
                }
            }
            Err(error) if error.is_wrong_secret() => {
                let failed = self.read(now)?.failed.saturating_add(1);
                self.write(Count::new(failed, now))?;
            }
            Err(_) => {}
        }
        answer
    }

    fn wait_alone(&self, now: Timestamp) -> Result<Duration, VaultError> {
        let count = self.read(now)?;
        let whole = count.delay();
        match u64::try_from(now.as_millisecond().saturating_sub(count.since)) {
            Ok(passed) => Ok(whole.saturating_sub(Duration::from_millis(passed))),
            // The clock was set back. Counting from its new time neither shortens the wait nor makes it endless.
            Err(_) => {
                if !whole.is_zero() {
                    self.write(Count::new(count.failed, now))?;
                }
                Ok(whole)
            }
        }
    }

    fn read(&self, now: Timestamp) -> Result<Count, VaultError> {
        match std::fs::read(&self.path) {
            Ok(text) => match serde_json::from_slice(&text) {
                Ok(count) => Ok(count),
                // Never half written: somebody changed it. The longest wait is counted from now, and is not endless.
                Err(_) => {
                    let count = Count::new(Count::MANY, now);
                    self.write(count)?;
                    Ok(count)
                }
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Count::new(0, now)),
            Err(e) => Err(self.file("reading the count of tries", e)),
        }
    }

    fn write(&self, count: Count) -> Result<(), VaultError> {
        let text = serde_json::to_vec(&count).map_err(|e| self.file("writing the count of tries", e.into()))?;
        write_whole(&self.path, &text).map_err(|e| self.file("writing the count of tries", e))
    }

    fn forget(&self) -> Result<(), VaultError> {
        match std::fs::remove_file(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(self.file("forgetting the count of tries", e)),
            _ => Ok(()),
        }
    }

    /// One at a time, among all processes: freed when the file is dropped.
    fn alone(&self) -> Result<File, VaultError> {
        let path = self.path.with_extension("lock");
        let take = || {
            if let Some(dir) = path.parent() {
                std::fs::create_dir_all(dir)?;
            }
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        take().map_err(|e| self.file("taking the count of tries", e))
    }

    fn file(&self, doing: &'static str, source: std::io::Error) -> VaultError {
        VaultError::File {
            doing,
            path: self.path.clone(),
            source,
        }
    }
}

impl Count {
    /// As many as the longest wait needs.
    const MANY: u32 = 32;

    fn new(failed: u32, now: Timestamp) -> Self {
        Self {
            failed,
            since: now.as_millisecond(),
        }
    }

    fn delay(&self) -> Duration {
        match self.failed.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(doublings) => LONGEST.min(FIRST.saturating_mul(1 << doublings.min(16))),
        }
    }
}
