//! Backups that are made by themselves, of the whole profile, while it is open: one that was missed is made once.
//!
//! What says how is a setting of the encrypted store, with the key of the passphrase that was chosen: only the profile's own
//! key opens it, and no backup holds it. A file goes only once a newer one was read back whole, and only one that is in the
//! list of those made here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _, Zoned};
use pli_store::{BackupKey, Store};
use pli_terms::Wording;
use pli_trace::{Action, Outcome};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::creating::create;
use super::{Backup, BackupEvery, BackupSchedule, BackupScheduleSet, BackupScope, EXTENSION};
use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::{BackupProblem, EngineError};
use crate::event::Event;

/// The setting; what begins by `backup/` is in no backup.
const NAME: &str = "backup/schedule";
const KEEP: std::ops::RangeInclusive<u32> = 1..=100;
const USUAL_KEEP: u32 = 5;
/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(60);
/// An attempt that failed is made again after this, in milliseconds.
const AGAIN: i64 = 3_600_000;

/// The schedule as it is kept.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    enabled: bool,
    every: BackupEvery,
    folder: Option<PathBuf>,
    keep: u32,
    /// What opens the backups to come: a secret.
    key: Option<KeyText>,
    /// Milliseconds since 1970 (UTC).
    last: Option<i64>,
    next: Option<i64>,
    trouble: Option<TroubleWord>,
    /// The names of the files made here and not removed yet, oldest first.
    made: Vec<String>,
}

/// A secret's text; wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct KeyText(String);

impl Drop for KeyText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What stopped an attempt, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TroubleWord {
    Absent,
    Refused,
    Full,
    Damaged,
    Other,
}

impl TroubleWord {
    fn of(error: &EngineError) -> Self {
        use std::io::ErrorKind;
        match error.root() {
            EngineError::File { source, .. } => match source.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Absent,
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Refused,
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full,
                _ => Self::Other,
            },
            EngineError::Backup(_) => Self::Damaged,
            EngineError::Store(error) if error.is_disk_full() => Self::Full,
            EngineError::Trace(error) if error.is_disk_full() => Self::Full,
            _ => Self::Other,
        }
    }

    fn error(self) -> EngineError {
        use std::io::ErrorKind;
        let kind = match self {
            Self::Absent => ErrorKind::NotFound,
            Self::Refused => ErrorKind::PermissionDenied,
            Self::Full => ErrorKind::StorageFull,
            Self::Damaged => return EngineError::Backup(BackupProblem::Damaged),
            Self::Other => ErrorKind::Other,
        };
        EngineError::File {
            doing: "writing a backup",
            source: kind.into(),
        }
    }
}

fn read(store: &Store) -> Result<Kept, EngineError> {
    let mut kept: Kept = store.setting(NAME)?.unwrap_or_default();
    if kept.keep == 0 {
        kept.keep = USUAL_KEEP;
    }
    Ok(kept)
}

fn view(kept: &Kept) -> BackupSchedule {
    BackupSchedule {
        enabled: kept.enabled,
        every: kept.every,
        folder: kept.folder.clone(),
        has_passphrase: kept.key.is_some(),
        keep: kept.keep,
        last: kept.last.and_then(moment),
        next: kept.next.and_then(moment).filter(|_| kept.enabled),
        trouble: kept.trouble.map(|trouble| Arc::new(trouble.error())),
    }
}

fn moment(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

/// When the next one is due after this one, in milliseconds.
fn after(every: BackupEvery, at: &Zoned) -> i64 {
    let span = match every {
        BackupEvery::Daily => 1.day(),
        BackupEvery::Weekly => 7.days(),
        BackupEvery::Monthly => 1.month(),
    };
    let next = at.checked_add(span).unwrap_or_else(|_| at.clone());
    next.timestamp().as_millisecond()
}

impl Engine {
    /// The backups that are made by themselves.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn backup_schedule(&self) -> Result<BackupSchedule, EngineError> {
        self.core.blocking(|core| Ok(view(&read(&*core.store()?)?))).await
    }

    /// Sets them. The first is due at once; a change of how often counts from the last good one. Traced.
    ///
    /// # Errors
    /// [`EngineError::OutOfRange`] for a number of files that is not 1 to 100; [`EngineError::BadRequest`] when they are
    /// enabled without a folder that is there or without a passphrase; [`EngineError::Vault`] for one that is too short.
    pub async fn backup_schedule_set(&self, set: BackupScheduleSet) -> Result<BackupSchedule, EngineError> {
        let set = move |core: &Arc<Core>| set_it(core, set);
        crate::vault::wiped(&self.core, set).await
    }

    /// Makes the backup that is due, if one is: what the running program does by itself, for one that a command runs.
    ///
    /// # Errors
    /// As [`Engine::backup_create`]; the schedule says so too, and tries again an hour later.
    pub async fn backup_due(&self) -> Result<Option<Backup>, EngineError> {
        run_due(&self.core).await
    }
}

fn set_it(core: &Core, set: BackupScheduleSet) -> Result<BackupSchedule, EngineError> {
    if !KEEP.contains(&set.keep) {
        return Err(EngineError::OutOfRange("backups kept"));
    }
    let store = core.store()?;
    let mut kept = read(&store)?;
    if let Some(folder) = set.folder {
        if !folder.is_absolute() {
            return Err(EngineError::BadRequest("the folder of backups is a whole path"));
        }
        if kept.folder.as_ref() != Some(&folder) {
            // What is in another folder is nobody's to remove.
            kept.made.clear();
        }
        kept.folder = Some(folder);
    }
    if let Some(passphrase) = &set.passphrase {
        kept.key = Some(KeyText(BackupKey::of(passphrase)?.to_text().to_string()));
    }
    if set.enabled && !kept.folder.as_ref().is_some_and(|folder| folder.is_dir()) {
        return Err(EngineError::BadRequest("a folder for the backups is to be chosen"));
    }
    if set.enabled && kept.key.is_none() {
        return Err(EngineError::BadRequest("a passphrase for the backups is to be chosen"));
    }
    let zone = core.zoned().time_zone().clone();
    kept.next = set.enabled.then(|| match kept.last.and_then(moment) {
        Some(last) => after(set.every, &last.to_zoned(zone)),
        None => core.now().as_millisecond(),
    });
    (kept.enabled, kept.every, kept.keep) = (set.enabled, set.every, set.keep);
    if !set.enabled {
        kept.trouble = None;
    }
    let verb = Wording::fixed(if set.enabled {
        "SCHEDULE BACKUPS"
    } else {
        "STOP BACKUPS"
    });
    core.record(Local::new(Action::Settings, verb.and("KEEP").and(set.keep)))?;
    store.set_setting(NAME, &kept)?;
    Ok(view(&kept))
}

/// Makes what is due, until the vault closes.
pub(crate) async fn keep_scheduled(core: Arc<Core>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = core.closed() => return,
        }
        match run_due(&core).await {
            Ok(None) => {}
            Ok(Some(backup)) => tracing::info!(octets = backup.octets, "a backup was made"),
            Err(EngineError::Stopped) => return,
            Err(error) => tracing::warn!(%error, "a backup that was due could not be made"),
        }
    }
}

async fn run_due(core: &Arc<Core>) -> Result<Option<Backup>, EngineError> {
    let made = core.blocking(due).await;
    core.tell_journal();
    made
}

fn due(core: &Arc<Core>) -> Result<Option<Backup>, EngineError> {
    let store = core.store()?;
    let kept = read(&store)?;
    let now = core.zoned();
    if !kept.enabled || kept.next.is_none_or(|next| next > now.timestamp().as_millisecond()) {
        return Ok(None);
    }
    let key = kept.key.as_ref().and_then(|key| BackupKey::from_text(&key.0));
    let (Some(folder), Some(key)) = (kept.folder.clone(), key) else {
        return Ok(None);
    };
    let made = attempt(core, &folder, &key, &now);
    // What was set meanwhile stays.
    let mut kept = read(&store)?;
    match &made {
        Ok(backup) => {
            kept.last = Some(backup.at.as_millisecond());
            kept.trouble = None;
            kept.next = Some(after(kept.every, &now));
            kept.made.extend(name_of(&backup.path));
            rotate(&folder, &mut kept);
        }
        Err(error) => {
            kept.trouble = Some(TroubleWord::of(error));
            kept.next = Some(now.timestamp().as_millisecond() + AGAIN);
            let failed = Outcome::failed(Wording::fixed("the backup could not be made"));
            core.owe(Local::new(Action::Backup, Wording::fixed("CREATE WHOLE")).with(failed));
        }
    }
    store.set_setting(NAME, &kept)?;
    made.map(Some)
}

fn attempt(core: &Arc<Core>, folder: &Path, key: &BackupKey, now: &Zoned) -> Result<Backup, EngineError> {
    if !folder.is_dir() {
        return Err(TroubleWord::Absent.error());
    }
    let stamp = now.strftime("%Y-%m-%d-%Hh%M");
    let mut path = folder.join(format!("pli-{stamp}.{EXTENSION}"));
    for number in 2..100 {
        if !path.exists() {
            break;
        }
        path = folder.join(format!("pli-{stamp}-{number}.{EXTENSION}"));
    }
    create(core, &path, BackupScope::Whole, key, &|done, total| {
        core.emit(Event::BackupProgress { done, total });
    })
}

fn name_of(path: &Path) -> Option<String> {
    path.file_name().and_then(|name| name.to_str()).map(str::to_owned)
}

/// Removes the oldest beyond those to keep. The newest, just read back whole, is never among them.
fn rotate(folder: &Path, kept: &mut Kept) {
    let keep = usize::try_from(kept.keep.max(1)).unwrap_or(1);
    // Those that somebody took away count for nothing.
    kept.made.retain(|name| folder.join(name).exists());
    while kept.made.len() > keep {
        let oldest = kept.made.remove(0);
        if let Err(error) = std::fs::remove_file(folder.join(&oldest)) {
            tracing::warn!(%error, "an old backup could not be removed");
            kept.made.insert(0, oldest);
            return;
        }
    }
}
