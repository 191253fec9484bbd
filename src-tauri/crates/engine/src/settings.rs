//! What the engine keeps in the store's settings, and under which names. The first number in a name is that of the BAL that
//! the setting is of: it goes with the BAL.

use std::collections::BTreeMap;

use pli_store::{AccountId, Store, StoreError};
use pli_terms::NationalId;

/// Identities whose word on a BAL is remembered, at most: the oldest in the order of their numbers goes.
const IDENTITIES: usize = 16;

fn opens_name(account: AccountId) -> String {
    format!("account/{account}/opens")
}

/// Remembers whether a BAL opens to this identity; answers whether that is news.
pub(crate) fn keep_opens(
    store: &Store,
    account: AccountId,
    identity: &NationalId,
    opens: bool,
) -> Result<bool, StoreError> {
    let name = opens_name(account);
    let mut known: BTreeMap<NationalId, bool> = store.setting(&name)?.unwrap_or_default();
    if known.get(identity) == Some(&opens) {
        return Ok(false);
    }
    known.insert(identity.clone(), opens);
    while known.len() > IDENTITIES {
        let other = known.keys().find(|one| *one != identity).cloned();
        match other {
            Some(other) => known.remove(&other),
            None => break,
        };
    }
    store.set_setting(&name, &known)?;
    Ok(true)
}

/// Whether a BAL opens to this identity, as its operator last said; `None` when it was never asked.
pub(crate) fn opens(store: &Store, account: AccountId, identity: &NationalId) -> Result<Option<bool>, StoreError> {
    let known: Option<BTreeMap<NationalId, bool>> = store.setting(&opens_name(account))?;
    Ok(known.and_then(|known| known.get(identity).copied()))
}

fn metadata_name(account: AccountId) -> String {
    format!("account/{account}/metadata")
}

fn refused_name(account: AccountId) -> String {
    format!("account/{account}/metadata-refused")
}

/// Whether a BAL's server keeps METADATA (RFC 5464) and takes ours, as it was last seen; `None` before.
pub(crate) fn metadata(store: &Store, account: AccountId) -> Result<Option<bool>, StoreError> {
    let has: Option<bool> = store.setting(&metadata_name(account))?;
    let refused: Option<bool> = store.setting(&refused_name(account))?;
    Ok(has.map(|has| has && refused != Some(true)))
}

/// Keeps whether its server says that it does.
pub(crate) fn keep_metadata(store: &Store, account: AccountId, has: bool) -> Result<(), StoreError> {
    keep(store, &metadata_name(account), has)
}

/// Keeps whether its server refused ours for good.
pub(crate) fn keep_metadata_refused(store: &Store, account: AccountId, refused: bool) -> Result<(), StoreError> {
    keep(store, &refused_name(account), refused)
}

fn keep(store: &Store, name: &str, value: bool) -> Result<(), StoreError> {
    if store.setting(name)? == Some(value) {
        return Ok(());
    }
    store.set_setting(name, &value)
}
