//! One module a family of verbs.

mod account;
mod file;
mod mail;
mod outbox;
mod send;
mod session;
mod traces;

use pli_contract::Served;

use crate::arguments::Verb;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// Does what was asked, and ends the engine whatever happened.
pub(crate) async fn run(voice: Voice, verb: Verb) -> Result<(), Trouble> {
    let (files, certificate) = match &verb {
        Verb::Message(verb) => return file::run(voice, verb),
        Verb::Send(send) => (send.attach.clone(), send.access.certificate.clone()),
        Verb::Login(login) => (Vec::new(), login.access.certificate.clone()),
        Verb::Sync(sync) => (Vec::new(), sync.access.certificate.clone()),
        Verb::Outbox(verb) => (Vec::new(), outbox::certificate(verb)),
        _ => (Vec::new(), None),
    };
    let served = profile::open(files, certificate).await?;
    let outcome = ask(voice, &served, verb).await;
    served.engine.stop().await;
    outcome
}

async fn ask(voice: Voice, served: &Served, verb: Verb) -> Result<(), Trouble> {
    match verb {
        // Served without a profile, before this is reached.
        Verb::Message(verb) => file::run(voice, &verb),
        Verb::Account(verb) => account::run(voice, served, verb).await,
        Verb::Login(login) => session::login(voice, served, &login.access).await,
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
    }
}
