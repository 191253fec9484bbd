//! The vault, logins, the session.

use pli_engine::LoginId;

use crate::commands::{AccountOf, LoginCertificate, LoginOf, Nothing, VaultOpen};
use crate::failure::Failure;
use crate::secret::Secret;
use crate::served::Served;
use crate::translate::{account_id, instant, login};
use crate::view::{LoginState, Status, VaultState};

/// The program's state.
///
/// # Errors
/// When the vault's own file cannot be read.
pub async fn status(served: &Served, _: Nothing) -> Result<Status, Failure> {
    let status = served.engine.status().await?;
    Ok(Status {
        vault: match status.vault {
            pli_engine::VaultState::New => VaultState::New,
            pli_engine::VaultState::NewNeedsPassphrase => VaultState::NewNeedsPassphrase,
            pli_engine::VaultState::NeedsPassphrase => VaultState::NeedsPassphrase,
            pli_engine::VaultState::KeyringLocked => VaultState::KeyringLocked,
            pli_engine::VaultState::Open => VaultState::Open,
        },
        accounts: status.accounts,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        online: status.online,
        synced_at: status.synced_at.map(instant),
        syncing: status.syncing,
    })
}

/// Opens the store; creates it the first time.
///
/// # Errors
/// The keyring's or the passphrase's codes; [`crate::failure::Code::InUse`], [`crate::failure::Code::StoreDamaged`].
pub async fn vault_open(served: &Served, argument: VaultOpen) -> Result<Status, Failure> {
    served
        .engine
        .vault_open(argument.passphrase.map(Secret::into_inner))
        .await?;
    status(served, Nothing {}).await
}

/// Begins a login by Pro Santé Connect. The engine opens the browser.
///
/// # Errors
/// [`crate::failure::Code::PscUnavailable`], [`crate::failure::Code::WrongState`] for a BAL opened by certificate.
pub async fn login_start(served: &Served, argument: AccountOf) -> Result<LoginState, Failure> {
    Ok(login(served.engine.login_start(account_id(argument.account)).await?))
}

/// Gives a login up. One that has ended already is no error.
///
/// # Errors
/// None.
pub async fn login_cancel(served: &Served, argument: LoginOf) -> Result<Nothing, Failure> {
    if let Ok(number) = u32::try_from(argument.login) {
        served.engine.login_cancel(LoginId::from_raw(number));
    }
    Ok(Nothing {})
}

/// Opens a BAL by a certificate that the person chooses in a dialogue.
///
/// # Errors
/// [`crate::failure::Code::LoginCancelled`] when no file was chosen, [`crate::failure::Code::BadPkcs12`],
/// [`crate::failure::Code::ClientCertificateExpired`].
pub async fn login_certificate(served: &Served, argument: LoginCertificate) -> Result<LoginState, Failure> {
    let passphrase = argument.passphrase.into_inner();
    let Some(file) = served.desktop.choose_certificate().await else {
        return Err(Failure::new(crate::failure::Code::LoginCancelled));
    };
    let account = account_id(argument.account);
    Ok(login(
        served.engine.login_certificate(account, &file, passphrase).await?,
    ))
}

/// Ends the session.
///
/// # Errors
/// None that keeps the session open.
pub async fn logout(served: &Served, _: Nothing) -> Result<Nothing, Failure> {
    served.engine.logout().await?;
    Ok(Nothing {})
}
