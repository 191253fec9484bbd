//! One module a family of verbs.

mod account;
mod exported;
mod file;
mod lock;
mod mail;
mod outbox;
mod profiles;
mod provider;
mod send;
mod session;
mod terms;
mod traces;

use std::path::PathBuf;

use pli_contract::Served;

use crate::arguments::{AccountVerb, ProfileVerb, TracesVerb, Verb};
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
    match verb {
        Verb::Send(send) => Named {
            files: send.attach.clone(),
            ..certificate(&send.access.certificate)
        },
        Verb::Login(login) => certificate(&login.access.certificate),
        Verb::Sync(sync) => certificate(&sync.access.certificate),
        Verb::Outbox(verb) => certificate(&outbox::certificate(verb)),
        Verb::Account(AccountVerb::Certificate { file, .. }) => certificate(&Some(file.clone())),
        Verb::Traces(TracesVerb::Export { out, .. }) => Named {
            export: Some(out.clone()),
            ..Named::default()
        },
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
        Verb::Quota => account::quota(voice, served).await,
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
