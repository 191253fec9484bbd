//! A person came back: whose profile this is decides what their session opens.

use std::sync::Arc;

use pli_identity::{Provider, Session};
use pli_store::{AccountId, AuthMethod};
use pli_terms::Wording;
use pli_trace::{Action, Outcome};

use super::remembered;
use super::view::LoginRequest;
use crate::audit::{self, Local};
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::{accounts, certificates, identities, lock};

/// Takes a session in: unlocks the profile when it is locked, serves every BAL, remembers who it was. Answers the person's
/// name.
///
/// # Errors
/// [`EngineError::OtherPerson`] when the profile is somebody else's: their session is ended at once; what unlocking meets.
pub(super) async fn accept(
    core: &Arc<Core>,
    session: Session,
    provider: Provider,
    request: &LoginRequest,
) -> Result<String, EngineError> {
    let person = session.person().clone();
    if let Err(error) = remembered::must_be_owner(core, &person.national_id) {
        let mut refused = Local::new(Action::Login, Wording::fixed("SESSION BEGIN"));
        refused.author = audit::author(&identities::author(&session));
        refused.outcome = Outcome::failed(Wording::fixed("ce profil est celui d’une autre personne"));
        core.trace_after(refused).await;
        turn_away(session, provider);
        return Err(error);
    }
    let name = person.display_name();
    // A lock that comes between the two is opened again: a session is never put beside a closed vault's lock.
    let turn = loop {
        if let Err(error) = lock::after_login(core, &person.national_id).await {
            turn_away(session, provider);
            return Err(error);
        }
        let turn = core.opening.lock().await;
        if !core.lock.is_locked() {
            break turn;
        }
    };
    // Who acts from now on is in the journal before they can act.
    let mut begun = Local::new(Action::Login, Wording::fixed("SESSION BEGIN"));
    begun.author = audit::author(&identities::author(&session));
    if let Err(error) = core.trace(begun).await {
        drop(turn);
        turn_away(session, provider);
        return Err(error);
    }
    core.identities.begin(session, provider).await;
    drop(turn);
    if let Err(error) = remembered::remember(core, &person, request).await {
        tracing::warn!(%error, "who logged in could not be remembered");
    }
    if let Err(error) = name_after(core, request.account, &name).await {
        tracing::info!(%error, "a BAL was not named after its person");
    }
    certificates::load_missing(core).await;
    core.wake_all();
    core.emit(Event::Identity);
    core.emit(Event::Accounts);
    Ok(name)
}

/// Ends a session that serves nothing here, at the provider too.
pub(super) fn turn_away(session: Session, provider: Provider) {
    tokio::spawn(async move {
        if let Err(error) = session.logout(&provider).await {
            tracing::info!(%error, "the provider was not told of the end of the session");
        }
    });
}

/// The BAL that the login was for bears its person's name, or the only one that the session opens.
async fn name_after(core: &Arc<Core>, account: Option<AccountId>, name: &str) -> Result<(), EngineError> {
    let account = match account {
        Some(account) => Some(account),
        None => {
            let runtimes = core.runtimes();
            let mut theirs = runtimes.values().filter(|runtime| runtime.method == AuthMethod::Psc);
            let only = theirs.next().map(|runtime| runtime.account);
            only.filter(|_| theirs.next().is_none())
        }
    };
    match account {
        Some(account) if core.store().is_ok() => accounts::name_after(core, account, name).await,
        _ => Ok(()),
    }
}
