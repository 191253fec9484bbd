//! Backups.

use std::path::Path;

use pli_engine as engine;

use super::{account_id, count, instant};
use crate::failure::Failure;
use crate::view::{Backup, BackupChecked, BackupSchedule, BackupScope, Every};

pub(crate) fn scope_of(scope: BackupScope) -> engine::BackupScope {
    match scope {
        BackupScope::Whole => engine::BackupScope::Whole,
        BackupScope::Bal { account } => engine::BackupScope::Bal(account_id(account)),
    }
}

pub(crate) fn backup(backup: &engine::Backup) -> Backup {
    Backup {
        file: name(&backup.path),
        octets: backup.octets,
        messages: count(backup.messages),
        traces: count(backup.traces),
        unreadable: count(backup.unreadable),
        at: instant(backup.at),
    }
}

pub(crate) fn checked(found: engine::BackupChecked) -> BackupChecked {
    BackupChecked {
        file: name(&found.path),
        octets: found.octets,
        version: found.version,
        at: instant(found.at),
        whole: found.whole,
        bals: found.bals,
        messages: count(found.messages),
        traces: count(found.traces),
        drafts: count(found.drafts),
        outgoing: count(found.outgoing),
    }
}

/// A path never reaches the window whole.
fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

pub(crate) fn every_of(every: Every) -> engine::BackupEvery {
    match every {
        Every::Daily => engine::BackupEvery::Daily,
        Every::Weekly => engine::BackupEvery::Weekly,
        Every::Monthly => engine::BackupEvery::Monthly,
    }
}

pub(crate) fn schedule(schedule: engine::BackupSchedule) -> BackupSchedule {
    BackupSchedule {
        enabled: schedule.enabled,
        every: match schedule.every {
            engine::BackupEvery::Daily => Every::Daily,
            engine::BackupEvery::Weekly => Every::Weekly,
            engine::BackupEvery::Monthly => Every::Monthly,
        },
        folder: schedule.folder.map(|folder| folder.display().to_string()),
        has_passphrase: schedule.has_passphrase,
        keep: schedule.keep,
        last: schedule.last.map(instant),
        next: schedule.next.map(instant),
        trouble: schedule.trouble.map(|error| Failure::from(error.as_ref())),
    }
}
