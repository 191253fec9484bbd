//! Reading a backup whole, without restoring it.

use std::cell::Cell;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::BackupChecked;
use super::stream::{Opened, Opener, Taker, checked};
use crate::error::EngineError;

/// How often progress is told.
const TELL: Duration = Duration::from_millis(200);

/// Wants nothing of what it is given.
struct Nobody;

impl Taker for Nobody {
    fn file(&mut self, _: &str) -> Result<Option<File>, EngineError> {
        Ok(None)
    }

    fn record(&mut self, _: i64, _: Option<&[u8]>) -> Result<(), EngineError> {
        Ok(())
    }
}

/// Reads a backup whole, with neither profile nor journal; changes nothing. `progress`: octets done, octets in all. Blocks.
///
/// # Errors
/// [`EngineError::Backup`] for a file that is none, is damaged or cut anywhere, was written by a newer version, or is not
/// opened by this passphrase; [`EngineError::File`].
pub fn backup_check(
    path: &Path,
    passphrase: &SecretString,
    progress: impl Fn(u64, u64),
) -> Result<BackupChecked, EngineError> {
    read_through(path, &Opener::Passphrase(passphrase), &progress)
}

pub(super) fn read_through(
    path: &Path,
    opener: &Opener<'_>,
    progress: &dyn Fn(u64, u64),
) -> Result<BackupChecked, EngineError> {
    let opened = Opened::open(path, opener)?;
    let octets = opened.octets;
    let now_and_then = paced(progress);
    let manifest = opened.give(&mut Nobody, &|done| now_and_then(done, octets))?;
    checked(path, octets, &manifest)
}

/// Tells now and then, and the end always.
pub(super) fn paced(progress: &dyn Fn(u64, u64)) -> impl Fn(u64, u64) + '_ {
    let last: Cell<Option<Instant>> = Cell::new(None);
    move |done, total| {
        if done == total || last.get().is_none_or(|last| last.elapsed() >= TELL) {
            last.set(Some(Instant::now()));
            progress(done, total);
        }
    }
}
