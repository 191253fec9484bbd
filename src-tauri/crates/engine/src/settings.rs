//! What the engine keeps in the store's settings, and under which names.

use pli_store::{AccountId, Store, StoreError};

use crate::accounts::Quota;

fn quota_name(account: AccountId) -> String {
    format!("account/{account}/quota")
}

/// Keeps a BAL's quota; answers whether it changed.
pub(crate) fn keep_quota(store: &Store, account: AccountId, quota: Option<Quota>) -> Result<bool, StoreError> {
    if self::quota(store, account)? == quota {
        return Ok(false);
    }
    match quota {
        Some(quota) => store.set_setting(&quota_name(account), &quota)?,
        None => store.clear_setting(&quota_name(account))?,
    }
    Ok(true)
}

/// A BAL's quota as last told.
pub(crate) fn quota(store: &Store, account: AccountId) -> Result<Option<Quota>, StoreError> {
    store.setting(&quota_name(account))
}
