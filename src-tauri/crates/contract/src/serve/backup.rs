//! Backups (EX_SSI_5110). Where they are written, and which one is read, the host asks: no path comes from a window.

use std::path::Path;

use pli_engine::{BackupScheduleSet as EngineSet, Engine, RestoreOptions};

use crate::commands::{BackupCreate, BackupRead, BackupRestore, BackupScheduleSet, Nothing};
use crate::failure::{Code, Failure};
use crate::secret::Secret;
use crate::served::Served;
use crate::translate::account_id;
use crate::translate::backup::{backup, checked, every_of, schedule, scope_of};
use crate::view::{Backup, BackupChecked, BackupSchedule, BackupScope};

/// How the name of a backup ends.
const ENDING: &str = "plisauvegarde";
/// Backups kept at most.
const KEPT: std::ops::RangeInclusive<u32> = 1..=100;

/// Makes a backup where the person says; it is read back whole before it takes its name.
///
/// # Errors
/// [`Code::WeakPassphrase`], [`Code::FileUnwritable`], [`Code::DiskFull`], [`Code::NotFound`] for a BAL that is gone,
/// [`Code::JournalUnwritable`] when it cannot be traced: then nothing is written.
pub(crate) async fn backup_create(served: &Served, argument: BackupCreate) -> Result<Option<Backup>, Failure> {
    let engine = served.engine();
    let suggested = suggested(served, &engine, argument.scope).await?;
    let Some(path) = served.desktop.choose_backup(&suggested).await else {
        return Ok(None);
    };
    still(served, &engine)?;
    let made = engine
        .backup_create(&path, scope_of(argument.scope), argument.passphrase.into_inner())
        .await?;
    Ok(Some(backup(&made)))
}

/// `pli-2026-11-22.plisauvegarde`; a BAL's bears its address before the `@`.
async fn suggested(served: &Served, engine: &Engine, scope: BackupScope) -> Result<String, Failure> {
    let day = served.today().strftime("%Y-%m-%d").to_string();
    Ok(match scope {
        BackupScope::Whole => format!("pli-{day}.{ENDING}"),
        BackupScope::Bal { account } => {
            let bal = engine.account(account_id(account)).await?;
            let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            let name: String = bal.address.local_part().chars().map(safe).collect();
            format!("{name}-{day}.{ENDING}")
        }
    })
}

/// A dialogue may have outlived the profile it was opened for, or its being open.
fn still(served: &Served, engine: &Engine) -> Result<(), Failure> {
    if served.may_tell(engine) {
        Ok(())
    } else {
        Err(Failure::new(Code::Locked))
    }
}

/// Reads a backup whole; changes nothing.
///
/// # Errors
/// [`Code::NotABackup`], [`Code::BackupDamaged`], [`Code::BackupPassphrase`], [`Code::BackupNewer`],
/// [`Code::FileUnreadable`].
pub(crate) async fn backup_check(served: &Served, argument: BackupRead) -> Result<Option<BackupChecked>, Failure> {
    let Some(path) = served.desktop.choose_backed_up().await else {
        return Ok(None);
    };
    let found = served
        .engine()
        .backup_check(&path, argument.passphrase.into_inner())
        .await
        .map_err(reading)?;
    Ok(Some(checked(found)))
}

/// Restores a backup into this profile, in which nothing is stored yet; one BAL's, into a profile that has not this BAL.
///
/// # Errors
/// As [`backup_check`]; [`Code::BackupNotEmpty`], [`Code::WeakPassphrase`], [`Code::DiskFull`]. Nothing has changed then.
pub(crate) async fn backup_restore(served: &Served, argument: BackupRestore) -> Result<Option<BackupChecked>, Failure> {
    let engine = served.engine();
    let Some(path) = served.desktop.choose_backed_up().await else {
        return Ok(None);
    };
    still(served, &engine)?;
    let options = RestoreOptions {
        passphrase: argument.profile_passphrase.map(Secret::into_inner),
    };
    let restored = engine
        .backup_restore(&path, argument.passphrase.into_inner(), options)
        .await?;
    Ok(Some(checked(restored)))
}

/// Whatever the disk refuses here, it is a reading.
fn reading(error: pli_engine::EngineError) -> Failure {
    let failure = Failure::from(error);
    match failure.code {
        Code::FileUnwritable => Failure::new(Code::FileUnreadable),
        _ => failure,
    }
}

/// Reads a backup whole with its passphrase, with no profile, store or keyring; changes nothing. Blocks. `progress` is told
/// the octets done and the octets in all.
///
/// # Errors
/// [`Code::NotABackup`], [`Code::BackupDamaged`], [`Code::BackupPassphrase`], [`Code::BackupNewer`],
/// [`Code::FileUnreadable`].
pub fn check_backup(file: &Path, passphrase: Secret, progress: impl Fn(u64, u64)) -> Result<BackupChecked, Failure> {
    pli_engine::backup_check(file, &passphrase.into_inner(), progress)
        .map(checked)
        .map_err(reading)
}

/// The backups that are made by themselves.
///
/// # Errors
/// [`Code::VaultLocked`].
pub(crate) async fn backup_schedule(served: &Served, _: Nothing) -> Result<BackupSchedule, Failure> {
    Ok(schedule(served.engine().backup_schedule().await?))
}

/// Sets the backups that are made by themselves. `null`: the person changed their mind in the dialogue, and nothing changed.
///
/// # Errors
/// [`Code::OutOfRange`], [`Code::WeakPassphrase`], [`Code::BadRequest`] without a passphrase.
pub(crate) async fn backup_schedule_set(
    served: &Served,
    argument: BackupScheduleSet,
) -> Result<Option<BackupSchedule>, Failure> {
    if !KEPT.contains(&argument.keep) {
        return Err(Failure::about(Code::OutOfRange, "keep"));
    }
    let engine = served.engine();
    let present = engine.backup_schedule().await?;
    let asks = argument.choose_folder || (argument.enabled && present.folder.is_none());
    let folder = match asks {
        true => match served.desktop.choose_backup_folder().await {
            None => return Ok(None),
            chosen => chosen,
        },
        false => None,
    };
    still(served, &engine)?;
    let set = EngineSet {
        enabled: argument.enabled,
        every: every_of(argument.every),
        folder,
        keep: argument.keep,
        passphrase: argument.passphrase.map(Secret::into_inner),
    };
    Ok(Some(schedule(engine.backup_schedule_set(set).await?)))
}
