//! The largest message each operator takes (SMTP SIZE, MSS/va1.13), as its server last said.

use pli_store::{AccountId, Store, StoreError};

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
