//! The program's state, and the opening of its store.

use super::profile;
use crate::commands::{Nothing, VaultOpen};
use crate::failure::Failure;
use crate::secret::Secret;
use crate::served::Served;
use crate::translate::instant;
use crate::view::{Status, VaultState};

/// The program's state.
///
/// # Errors
/// When the vault's own file cannot be read.
pub(crate) async fn status(served: &Served, _: Nothing) -> Result<Status, Failure> {
    let status = served.engine().status().await?;
    Ok(Status {
        vault: match status.vault {
            pli_engine::VaultState::New => VaultState::New,
            pli_engine::VaultState::NewNeedsPassphrase => VaultState::NewNeedsPassphrase,
            pli_engine::VaultState::NeedsPassphrase => VaultState::NeedsPassphrase,
            pli_engine::VaultState::KeyringLocked => VaultState::KeyringLocked,
            pli_engine::VaultState::Locked => VaultState::Locked,
            pli_engine::VaultState::Open => VaultState::Open,
        },
        accounts: status.accounts,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        online: status.online,
        synced_at: status.synced_at.map(instant),
        syncing: status.syncing,
        terms_accepted: profile::accepted(served).is_some(),
        profile: crate::translate::profile(served.engine().profile()),
    })
}

/// Opens the store; creates it the first time.
///
/// # Errors
/// The keyring's or the passphrase's codes; [`crate::failure::Code::InUse`], [`crate::failure::Code::StoreDamaged`],
/// [`crate::failure::Code::WaitBeforeRetry`] after wrong passphrases.
pub(crate) async fn vault_open(served: &Served, argument: VaultOpen) -> Result<Status, Failure> {
    served
        .engine()
        .vault_open(argument.passphrase.map(Secret::into_inner))
        .await?;
    status(served, Nothing {}).await
}
