//! One module a family of verbs.

mod account;
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

use pli_contract::Served;

use crate::arguments::{AccountVerb, ProfileVerb, Verb};
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// Does what was asked, and ends the engine whatever happened.
pub(crate) async fn run(voice: Voice, named: Option<&str>, verb: Verb) -> Result<(), Trouble> {
    match &verb {
        Verb::Message(verb) => return file::run(voice, verb),
        Verb::Profile(ProfileVerb::List) => return profiles::list(voice, &profile::find(named)?),
        Verb::Profile(ProfileVerb::Add { name }) => return profiles::add(voice, &profile::find(named)?, name),
        Verb::Lock => return lock::lock(voice, profile::find(named)?).await,
        _ => {}
    }
    let (files, certificate) = match &verb {
        Verb::Send(send) => (send.attach.clone(), send.access.certificate.clone()),
        Verb::Login(login) => (Vec::new(), login.access.certificate.clone()),
        Verb::Sync(sync) => (Vec::new(), sync.access.certificate.clone()),
        Verb::Outbox(verb) => (Vec::new(), outbox::certificate(verb)),
        Verb::Account(AccountVerb::Certificate { file, .. }) => (Vec::new(), Some(file.clone())),
        _ => (Vec::new(), None),
    };
    let served = profile::start(profile::find(named)?, files, certificate)?;
    let obeys = profile::obey(&served);
    let outcome = ask(voice, &served, verb).await;
    obeys.abort();
    served.stop().await;
    outcome
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
