//! The largest message each operator takes (SMTP SIZE, MSS/va1.13), as its server last said.

use std::sync::Arc;
use std::time::Duration;

use pli_store::{AccountId, Store, StoreError};
use pli_wire::smtp::Submission as _;

use crate::connect;
use crate::core::Core;
use crate::error::EngineError;
use crate::quota::About;

/// What Pli itself takes when the operator has not said anything yet, in octets.
pub(crate) const ATTACHMENTS: u64 = 100 * 1024 * 1024;

fn name(account: AccountId) -> String {
    format!("smtp-size:{account}")
}

/// Keeps what the server said; nothing said leaves what was known.
pub(crate) fn keep(store: &Store, account: AccountId, limit: Option<u64>) -> Result<(), StoreError> {
    match limit {
        Some(limit) if known(store, account)? != Some(limit) => store.set_setting(&name(account), &limit),
        _ => Ok(()),
    }
}

/// The last limit known.
pub(crate) fn known(store: &Store, account: AccountId) -> Result<Option<u64>, StoreError> {
    store.setting(&name(account))
}

/// Octets that every operator takes: a smaller message needs no question.
const ALWAYS: u64 = 1024 * 1024;

/// How long somebody who writes may wait for the server's word.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks a server that was never asked, before a message that it may find too large leaves: within five seconds and once a
/// minute at most. What cannot be had is done without.
pub(crate) async fn learn(core: &Arc<Core>, account: AccountId, size: u64) {
    if size <= ALWAYS {
        return;
    }
    let known = core
        .with_store(move |store| Ok((known(store, account)?, store.account(account)?.settings.auth)))
        .await;
    let Ok((None, method)) = known else { return };
    if !core.identities.has(account, method) || !core.quota.may_ask(account, About::Size) {
        return;
    }
    match tokio::time::timeout(PATIENCE, ask(core, account)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!(%error, "the largest message could not be asked"),
        Err(_) => tracing::info!("the largest message was not told in time"),
    }
}

async fn ask(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    let mut connection = connect::open_smtp(core, account).await?;
    let limit = connection.features().size;
    core.with_store(move |store| keep(store, account, limit)).await?;
    // A good-bye that fails changes nothing.
    let _ = connection.quit().await;
    Ok(())
}
