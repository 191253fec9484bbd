//! `pli handle`: who takes charge of messages, on boxes that several people read.

use pli_contract::commands::{HandlingSet, MessageOf};
use pli_contract::failure::Failure;
use pli_contract::view::{Handling, HandlingState, Id};
use pli_contract::{Served, serve};
use pli_engine::pli_store::AccountId;
use serde::Serialize;

use crate::access::{self, Digits};
use crate::arguments::Handle;
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// One message of `pli handle`.
#[derive(Serialize)]
struct Handled {
    message: Id,
    #[serde(flatten)]
    handling: Handling,
}

pub(crate) async fn run(voice: Voice, served: &Served, ask: Handle) -> Result<(), Trouble> {
    let state = match (ask.take, ask.done, ask.todo, ask.none) {
        (true, ..) => Some(HandlingState::Taken),
        (_, true, ..) => Some(HandlingState::Done),
        (_, _, true, _) => Some(HandlingState::Todo),
        (.., true) => Some(HandlingState::None),
        _ => None,
    };
    let mut stopped = None;
    if state.is_some() || ask.for_.is_some() || ask.note.is_some() {
        let set = HandlingSet {
            messages: ask.ids.clone(),
            state,
            for_: ask.for_,
            note: ask.note,
        };
        serve::handling_set(served, set).await?;
        // Said here already; the others are told now, or by the next sync.
        let accounts = profile::accounts(served, ask.access.account.as_deref()).await?;
        access::grant(served, &accounts, &ask.access, Digits::Beside(voice)).await?;
        for account in &accounts {
            let id = AccountId::from_raw(account.id);
            if let Err(error) = served.engine().sync_and_wait(Some(id)).await {
                stopped = Some(Failure::from(error));
            }
        }
    }
    let mut all = Vec::new();
    for message in ask.ids {
        let handling = serve::handling_get(served, MessageOf { message }).await?;
        all.push(Handled { message, handling });
    }
    voice.many(&all, "Aucun message.", |one| {
        french::handling::whole(one.message, &one.handling)
    });
    match stopped {
        Some(failure) => Err(Trouble::Advised(
            failure,
            "C'est noté sur ce poste ; les autres le verront après le prochain « pli sync ».",
        )),
        None => Ok(()),
    }
}
