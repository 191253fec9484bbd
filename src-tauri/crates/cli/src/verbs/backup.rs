//! `pli backup`: one encrypted file, read back once written, restored on an empty profile (EX_SSI_5110).

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use pli_contract::commands::{BackupCreate, BackupRestore, BackupScheduleSet, Nothing};
use pli_contract::event::Event;
use pli_contract::failure::{Code, Failure};
use pli_contract::secret::Secret;
use pli_contract::view::{BackupScope, VaultState};
use pli_contract::{Served, serve};

use crate::arguments::{BackupPassphrase, BackupVerb, YesNo};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

const PASSPHRASE_FILE: &str = "PLI_BACKUP_PASSPHRASE_FILE";

/// On an open profile.
pub(crate) async fn run(voice: Voice, served: &Served, verb: BackupVerb) -> Result<(), Trouble> {
    match verb {
        BackupVerb::Create {
            file,
            account,
            passphrase,
        } => create(voice, served, &file, account.as_deref(), &passphrase).await,
        BackupVerb::Schedule {
            enabled,
            every,
            folder,
            keep,
            passphrase,
        } => {
            let wanted = Wanted {
                enabled,
                every: every.map(super::purge::every),
                folder,
                keep,
            };
            schedule(voice, served, wanted, &passphrase).await
        }
        // Answered before a profile is opened.
        BackupVerb::Check { .. } | BackupVerb::Restore { .. } => Err(Code::Internal.into()),
    }
}

async fn create(
    voice: Voice,
    served: &Served,
    file: &Path,
    account: Option<&str>,
    passphrase: &BackupPassphrase,
) -> Result<(), Trouble> {
    // A dialogue would have asked.
    if file.symlink_metadata().is_ok() {
        return Err(Trouble::Advised(
            Failure::about(Code::FileUnwritable, file.display().to_string()),
            "Un fichier de ce nom existe déjà, et il n'a pas été touché. Choisissez un autre nom.",
        ));
    }
    let scope = match account {
        Some(address) => BackupScope::Bal {
            account: profile::account(served, Some(address)).await?.id,
        },
        None => BackupScope::Whole,
    };
    let passphrase = match named(passphrase) {
        Some(file) => profile::secret_of(&file)?,
        None => profile::twice(
            "Choisissez la phrase de passe de la sauvegarde : ",
            "Les deux phrases de passe diffèrent.",
        )?,
    };
    let watch = shown(voice, served);
    let made = serve::backup_create(served, BackupCreate { scope, passphrase }).await;
    watch.abort();
    // The path is the command line's: nobody gives up here.
    voice.one(&made?.ok_or(Code::Internal)?, french::backup::made);
    Ok(())
}

/// The progress, for whoever looks at a terminal.
fn shown(voice: Voice, served: &Served) -> tokio::task::JoinHandle<()> {
    let mut events = served.events();
    let shows = !voice.json && std::io::stderr().is_terminal();
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            if let Event::BackupProgress { done, total } = event
                && shows
                && total > 0
            {
                eprint!("\r{} %  ", u64::from(done) * 100 / u64::from(total));
                let _ = std::io::stderr().flush();
            }
        }
    })
}

/// Without any profile.
pub(crate) fn check(voice: Voice, file: &Path, passphrase: &BackupPassphrase) -> Result<(), Trouble> {
    let passphrase = opened_by(passphrase)?;
    let found = pli_contract::check_backup(file, passphrase, |_, _| {})?;
    voice.one(&found, french::backup::checked);
    Ok(())
}

/// In a profile where nothing is stored yet, or that has not this BAL.
pub(crate) async fn restore(voice: Voice, served: &Served, passphrase: &BackupPassphrase) -> Result<(), Trouble> {
    let passphrase = opened_by(passphrase)?;
    let status = serve::status(served, Nothing {}).await?;
    let profile_passphrase = match status.vault {
        // A file that is named is what the profile opens with, as when it is made anew.
        VaultState::New | VaultState::NewNeedsPassphrase if profile::passphrase_file().is_some() => {
            profile::passphrase_file()
                .map(|file| profile::secret_of(&file))
                .transpose()?
        }
        VaultState::New => None,
        VaultState::NewNeedsPassphrase => Some(profile::choose()?),
        // One BAL's may go into a profile that has not this BAL.
        _ => {
            profile::open(served).await?;
            None
        }
    };
    let watch = shown(voice, served);
    let ask = BackupRestore {
        passphrase,
        profile_passphrase,
    };
    let restored = serve::backup_restore(served, ask).await;
    watch.abort();
    voice.one(&restored?.ok_or(Code::Internal)?, french::backup::restored);
    Ok(())
}

fn opened_by(passphrase: &BackupPassphrase) -> Result<Secret, Trouble> {
    match named(passphrase) {
        Some(file) => profile::secret_of(&file),
        None => profile::ask("Phrase de passe de la sauvegarde : "),
    }
}

/// The file of a backup's passphrase, by the command line, else by the environment.
fn named(passphrase: &BackupPassphrase) -> Option<PathBuf> {
    passphrase.file.clone().or_else(|| {
        std::env::var_os(PASSPHRASE_FILE)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    })
}

/// What is asked of the backups that are made by themselves.
struct Wanted {
    enabled: Option<YesNo>,
    every: Option<pli_contract::view::Every>,
    folder: Option<PathBuf>,
    keep: Option<u32>,
}

async fn schedule(voice: Voice, served: &Served, wanted: Wanted, passphrase: &BackupPassphrase) -> Result<(), Trouble> {
    let present = serve::backup_schedule(served, Nothing {}).await?;
    let chosen = named(passphrase);
    let changes = wanted.enabled.is_some()
        || wanted.every.is_some()
        || wanted.folder.is_some()
        || wanted.keep.is_some()
        || passphrase.file.is_some();
    if !changes {
        voice.one(&present, french::backup::schedule);
        return Ok(());
    }
    let enabled = wanted.enabled.map_or(present.enabled, |answer| answer == YesNo::Oui);
    let new = match chosen {
        Some(file) if passphrase.file.is_some() || !present.has_passphrase => Some(profile::secret_of(&file)?),
        None if enabled && !present.has_passphrase => Some(profile::twice(
            "Choisissez la phrase de passe des sauvegardes : ",
            "Les deux phrases de passe diffèrent.",
        )?),
        _ => None,
    };
    if enabled && present.folder.is_none() && wanted.folder.is_none() {
        return Err(Trouble::Misuse(
            "Indiquez le dossier des sauvegardes : --folder DOSSIER.".to_owned(),
        ));
    }
    let set = BackupScheduleSet {
        enabled,
        every: wanted.every.unwrap_or(present.every),
        keep: wanted.keep.unwrap_or(present.keep),
        choose_folder: wanted.folder.is_some(),
        passphrase: new,
    };
    let shown = serve::backup_schedule_set(served, set).await?.ok_or(Code::Internal)?;
    voice.one(&shown, french::backup::schedule);
    Ok(())
}
