//! `pli login`, `logout`, `sync`: the verbs that reach the servers.

use pli_contract::commands::{Nothing, OutgoingOf};
use pli_contract::failure::Failure;
use pli_contract::{Served, serve};
use pli_engine::pli_store::AccountId;
use serde::Serialize;

use crate::access;
use crate::arguments::Access;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// Who logged in.
#[derive(Serialize)]
struct Who {
    name: String,
}

pub(crate) async fn login(voice: Voice, served: &Served, wanted: &Access) -> Result<(), Trouble> {
    let account = profile::account(served, wanted.account.as_deref()).await?;
    let names = access::grant(served, &[account], wanted).await?;
    let name = names.into_iter().next().unwrap_or_default();
    voice.one(&Who { name }, |who| {
        format!(
            "Identité vérifiée : {}. La session s'arrête avec cette commande : aucun jeton n'est conservé.",
            who.name
        )
    });
    Ok(())
}

pub(crate) async fn logout(voice: Voice, served: &Served) -> Result<(), Trouble> {
    serve::logout(served, Nothing {}).await?;
    voice.one(&Nothing {}, |_| {
        "Aucune session n'est ouverte. Le courrier déjà relevé reste lisible.".to_owned()
    });
    Ok(())
}

pub(crate) async fn sync(voice: Voice, served: &Served, wanted: &Access) -> Result<(), Trouble> {
    let accounts = profile::accounts(served, wanted.account.as_deref()).await?;
    access::grant(served, &accounts, wanted).await?;
    served.engine.outbox_flush().await.map_err(Failure::from)?;
    let mut stopped = None;
    for account in &accounts {
        let id = AccountId::from_raw(account.id);
        if let Err(error) = served.engine.sync_and_wait(Some(id)).await {
            stopped = Some(Failure::from(error));
        }
    }
    // What came in may settle what was not known, and what was sent may now be filed.
    served.engine.outbox_flush().await.map_err(Failure::from)?;
    let accounts = profile::accounts(served, wanted.account.as_deref()).await?;
    voice.many(&accounts, "Aucune BAL n'est configurée.", |account| {
        match &account.problem {
            None => format!("{} : à jour, {} non lus", account.address, account.unread),
            Some(problem) => format!("{} : {}", account.address, crate::french::failure(problem)),
        }
    });
    match stopped {
        _ if accounts.iter().any(|account| account.problem.is_some()) => Err(Trouble::Said),
        Some(failure) => Err(failure.into()),
        None => Ok(()),
    }
}

/// Logs the BAL of this message in, and hands over what is due.
pub(crate) async fn deliver(served: &Served, outgoing: i64, wanted: &Access) -> Result<(), Trouble> {
    let outgoing = serve::outbox_get(served, OutgoingOf { outgoing }).await?;
    let accounts = serve::account_list(served, Nothing {}).await?;
    let accounts: Vec<_> = accounts
        .into_iter()
        .filter(|account| account.id == outgoing.account)
        .collect();
    access::grant(served, &accounts, wanted).await?;
    served.engine.outbox_flush().await.map_err(Failure::from)?;
    Ok(())
}
