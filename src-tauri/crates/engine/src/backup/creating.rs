//! Making a backup: aside, read back, then given its name.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use pli_store::{BackupKey, StoreError};
use pli_terms::Wording;
use pli_trace::Action;

use super::checking::{paced, read_through};
use super::ending::Scratch;
use super::stream::{DATABASE, Items, JOURNAL, JournalKeys, Opener, hex, manifest};
use super::{Backup, BackupScope};
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;

/// A file that is not a backup yet: it goes unless it became one.
struct Aside {
    path: PathBuf,
    kept: Cell<bool>,
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.kept.get() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes a backup under this key. What was at `to` stays until the new one was read back whole. Blocks.
///
/// # Errors
/// As [`crate::Engine::backup_create`].
pub(super) fn create(
    core: &Core,
    to: &Path,
    scope: BackupScope,
    key: &BackupKey,
    progress: &dyn Fn(u64, u64),
) -> Result<Backup, EngineError> {
    let at = core.now();
    let name = to
        .file_name()
        .ok_or(EngineError::BadRequest("a backup needs a file's name"))?;
    let mut part = name.to_owned();
    part.push(".part");
    let aside = Aside {
        path: to.with_file_name(part),
        kept: Cell::new(false),
    };
    let scratch = Scratch::new(core.home.root())?;
    let bal = match scope {
        BackupScope::Whole => None,
        BackupScope::Bal(account) => core.bal(account),
    };
    let (mut backup, out) = write(core, scope, key, (&scratch, &aside), at, progress)?;
    drop(scratch);
    out.sync_all().map_err(writing)?;
    drop(out);
    let total = backup.octets;
    // From the disk, as whoever restores it will: what was only believed to be written is found now.
    let read = read_through(&aside.path, &Opener::Key(key), &|done, _| {
        progress(total + done, 2 * total)
    })?;
    if (read.messages, read.traces, read.octets) != (backup.messages, backup.traces, total) {
        return Err(super::stream::damaged());
    }
    let verb = match scope {
        BackupScope::Whole => "CREATE WHOLE",
        BackupScope::Bal(_) => "CREATE ONE BAL",
    };
    let done = Wording::empty()
        .and(backup.messages)
        .and("MESSAGES")
        .and(backup.traces)
        .and("TRACES");
    let local = Local::new(Action::Backup, Wording::fixed(verb)).of(bal);
    core.record(local.with(pli_trace::Outcome::done(done)))?;
    std::fs::rename(&aside.path, to).map_err(writing)?;
    aside.kept.set(true);
    sync_folder(to).map_err(writing)?;
    backup.path = to.to_owned();
    Ok(backup)
}

fn write(
    core: &Core,
    scope: BackupScope,
    key: &BackupKey,
    (scratch, aside): (&Scratch, &Aside),
    at: jiff::Timestamp,
    progress: &dyn Fn(u64, u64),
) -> Result<(Backup, File), EngineError> {
    let opened = core.opened()?;
    let only = match scope {
        BackupScope::Whole => None,
        BackupScope::Bal(account) => Some(account),
    };
    let journal = match scope {
        BackupScope::Whole => {
            let dir = scratch.folder("journal")?;
            Some((opened.journal.copy_to(&dir, at)?, dir))
        }
        BackupScope::Bal(_) => None,
    };
    let snapshot = opened
        .store
        .snapshot(&scratch.path().join(DATABASE), only)
        .map_err(|error| match error {
            StoreError::NotFound { .. } => EngineError::NotFound("BAL"),
            other => other.into(),
        })?;
    let counts = snapshot.counts();
    let mut about = manifest(at);
    about.whole = only.is_none();
    about.bals.clone_from(&counts.bals);
    about.messages = counts.messages;
    about.drafts = counts.drafts;
    about.outgoing = counts.outgoing;
    about.store_key = hex(snapshot.key());
    if let Some((copy, _)) = &journal {
        about.traces = copy.count;
        about.journal = Some(JournalKeys {
            key: hex(copy.key.as_slice()),
            secret: hex(&copy.secret),
        });
        let mut profile = core.profile.get();
        profile.locked = None;
        about.profile = Some(profile);
    }
    let mut files = vec![(DATABASE.to_owned(), snapshot.path().to_owned())];
    if let Some((copy, dir)) = &journal {
        let named = copy
            .files
            .iter()
            .map(|name| (format!("{JOURNAL}{name}"), dir.join(name)));
        files.extend(named);
    }
    let sizes = files
        .iter()
        .map(|(_, path)| std::fs::metadata(path).map_or(0, |file| file.len()));
    let total = (counts.octets + sizes.sum::<u64>()).max(1);
    let now_and_then = paced(progress);
    let done = Cell::new(0);
    let mut told = |octets: u64| {
        done.set(done.get() + octets);
        now_and_then(done.get().min(total), 2 * total);
    };
    let out = private(&aside.path).map_err(writing)?;
    let mut items = Items::begin(out, key, &about)?;
    for (name, path) in &files {
        items.file(name, path, &mut told)?;
        // It is inside: its room may be needed.
        if path.parent().is_some_and(|dir| dir != scratch.path()) {
            let _ = std::fs::remove_file(path);
        }
    }
    let mut unreadable = 0;
    snapshot.records(|number, octets| -> Result<(), EngineError> {
        if core.is_stopping() {
            return Err(EngineError::Stopped);
        }
        if octets.is_none() {
            unreadable += 1;
        }
        items.record(number, octets)?;
        told(octets.map_or(0, <[u8]>::len) as u64);
        Ok(())
    })?;
    let backup = Backup {
        path: aside.path.clone(),
        octets: 0,
        messages: about.messages,
        traces: about.traces,
        unreadable,
        at: jiff::Timestamp::from_millisecond(about.at).unwrap_or(at),
        verified: true,
    };
    let out = items.finish()?;
    let octets = out.metadata().map_err(writing)?.len();
    Ok((Backup { octets, ..backup }, out))
}

fn writing(source: std::io::Error) -> EngineError {
    EngineError::File {
        doing: "writing a backup",
        source,
    }
}

/// A new file that its owner alone reads.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a new name durable, where a folder can be opened as a file.
pub(super) fn sync_folder(of: &Path) -> std::io::Result<()> {
    if cfg!(unix)
        && let Some(folder) = of.parent()
    {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        match File::open(folder)?.sync_all() {
            // Some shares and keys know no such thing for a folder.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
            other => other,
        }
    } else {
        Ok(())
    }
}
