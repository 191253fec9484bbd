//! One module a family of verbs.

mod account;
mod backup;
mod due;
mod exported;
mod file;
mod handling;
mod life;
mod lock;
mod mail;
mod outbox;
mod profiles;
mod provider;
mod purge;
mod room;
mod rules;
mod send;
mod session;
mod terms;
mod traces;

use std::path::PathBuf;

use pli_contract::Served;

use crate::arguments::{AccountVerb, BackupVerb, ProfileVerb, PurgeVerb, TracesVerb, Verb};
use crate::desktop::Named;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// Does what was asked, and ends the engine whatever happened.
pub(crate) async fn run(voice: Voice, named: Option<&str>, verb: Verb) -> Result<(), Trouble> {
    match &verb {
        Verb::Message(verb) => return file::run(voice, verb),
        Verb::Profile(ProfileVerb::List) => return profiles::list(voice, &profile::find(named)?),
        Verb::Profile(ProfileVerb::Add { name }) => return profiles::add(voice, &profile::find(named)?, name),
        Verb::Traces(TracesVerb::Verify {
            file: Some(file),
            manifest,
            fingerprint,
        }) => return exported::verify(voice, file, manifest.as_deref(), fingerprint.as_deref()),
        Verb::Backup(BackupVerb::Check { file, passphrase }) => return backup::check(voice, file, passphrase),
        Verb::Lock => return lock::lock(voice, profile::find(named)?).await,
        _ => {}
    }
    let profile = profile::find(named)?;
    let served = profile::start(profile, files(&verb))?;
    let obeys = profile::obey(&served);
    let outcome = ask(voice, &served, verb).await;
    obeys.abort();
    served.stop().await;
    outcome
}

/// The files that the command line names.
fn files(verb: &Verb) -> Named {
    let certificate = |certificate: &Option<PathBuf>| Named {
        certificate: certificate.clone(),
        ..Named::default()
    };
    let export = |export: Option<PathBuf>, by: &Option<PathBuf>| Named {
        export,
        ..certificate(by)
    };
    let backup = |backup: Option<PathBuf>| Named {
        backup,
        ..Named::default()
    };
    match verb {
        Verb::Send(send) => Named {
            files: send.attach.clone(),
            ..certificate(&send.access.certificate)
        },
        Verb::Login(login) => certificate(&login.access.certificate),
        Verb::Sync(sync) => certificate(&sync.access.certificate),
        Verb::Outbox(verb) => certificate(&outbox::certificate(verb)),
        Verb::Account(AccountVerb::Certificate { file, .. }) => certificate(&Some(file.clone())),
        Verb::Traces(TracesVerb::Export { out, .. }) => export(Some(out.clone()), &None),
        Verb::Quota(ask) => certificate(&ask.access.certificate),
        Verb::Handle(ask) => certificate(&ask.access.certificate),
        Verb::Rules(verb) => certificate(&rules::access_of(verb).certificate),
        Verb::Purge(PurgeVerb::Sent { how, .. } | PurgeVerb::Trash { how, .. } | PurgeVerb::Messages { how, .. }) => {
            export(how.export.clone(), &how.access.certificate)
        }
        Verb::Purge(PurgeVerb::Show { export: out, .. }) => export(out.clone(), &None),
        Verb::Purge(PurgeVerb::Resume { access, .. }) => certificate(&access.certificate),
        Verb::Backup(BackupVerb::Create { file, .. } | BackupVerb::Restore { file, .. }) => backup(Some(file.clone())),
        Verb::Backup(BackupVerb::Schedule { folder, .. }) => backup(folder.clone()),
        _ => Named::default(),
    }
}

/// What may be asked of a profile that is closed, then what opens it first.
async fn ask(voice: Voice, served: &Served, verb: Verb) -> Result<(), Trouble> {
    match verb {
        Verb::Login(login) => session::login(voice, served, &login.access).await,
        Verb::Unlock => lock::unlock(voice, served).await,
        Verb::Provider(verb) => provider::run(voice, served, verb).await,
        Verb::Terms { accept } => terms::run(voice, served, accept).await,
        Verb::Backup(BackupVerb::Restore { passphrase, .. }) => backup::restore(voice, served, &passphrase).await,
        Verb::Profile(ProfileVerb::Rename { name }) => profiles::rename(voice, served, name).await,
        verb => {
            profile::open(served).await?;
            ask_opened(voice, served, verb).await
        }
    }
}

async fn ask_opened(voice: Voice, served: &Served, verb: Verb) -> Result<(), Trouble> {
    match verb {
        Verb::Account(verb) => account::run(voice, served, verb).await,
        Verb::Logout => session::logout(voice, served).await,
        Verb::Sync(sync) => session::sync(voice, served, &sync.access).await,
        Verb::Quota(ask) => room::quota(voice, served, ask).await,
        Verb::Space(ask) => room::space(voice, served, ask).await,
        Verb::Purge(verb) => purge::run(voice, served, verb).await,
        Verb::Rules(verb) => rules::run(voice, served, verb).await,
        Verb::Handle(ask) => handling::run(voice, served, ask).await,
        Verb::Backup(verb) => backup::run(voice, served, verb).await,
        Verb::List(list) => mail::list(voice, served, list).await,
        Verb::Show { id } => mail::show(voice, served, id).await,
        Verb::Search { text, limit } => mail::search(voice, served, text.join(" "), limit).await,
        Verb::Drafts(_) => mail::drafts(voice, served).await,
        Verb::Send(send) => send::run(voice, served, send).await,
        Verb::Outbox(verb) => outbox::run(voice, served, verb).await,
        Verb::Traces(verb) => traces::run(voice, served, verb).await,
        Verb::Pin(verb) => lock::pin(voice, served, verb).await,
        Verb::Profile(ProfileVerb::Lock {
            minutes,
            at_session_end,
        }) => lock::settings(voice, served, minutes, at_session_end).await,
        // Answered before this is reached.
        Verb::Message(_)
        | Verb::Login(_)
        | Verb::Lock
        | Verb::Unlock
        | Verb::Provider(_)
        | Verb::Terms { .. }
        | Verb::Profile(_) => Err(pli_contract::failure::Code::Internal.into()),
    }
}
