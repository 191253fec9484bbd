//! BALs and their folders.

use pli_engine::NewBal;

use crate::commands::{AccountAdd, AccountDiscover, AccountOf, AccountRename, AccountSet, Nothing, SyncNow};
use crate::failure::Failure;
use crate::served::Served;
use crate::translate::{account, account_id, color_of, discovery, folder};
use crate::view::{Account, Discovery, Folder};

/// Finds an address's servers.
///
/// # Errors
/// [`crate::failure::Code::BadAddress`], [`crate::failure::Code::OutsideTrustSpace`],
/// [`crate::failure::Code::NoServers`], [`crate::failure::Code::Unreachable`].
pub(crate) async fn account_discover(served: &Served, argument: AccountDiscover) -> Result<Discovery, Failure> {
    Ok(discovery(served.engine().account_discover(&argument.address).await?))
}

/// Adds a BAL.
///
/// # Errors
/// As [`account_discover`]; [`crate::failure::Code::AccountExists`].
pub(crate) async fn account_add(served: &Served, argument: AccountAdd) -> Result<Account, Failure> {
    let new = NewBal {
        address: argument.address,
        kind: argument.kind.map(Into::into),
        method: argument.method.into(),
        name: argument.name,
    };
    Ok(account(served.engine().account_add(new).await?))
}

/// Every BAL.
///
/// # Errors
/// [`crate::failure::Code::VaultLocked`].
pub(crate) async fn account_list(served: &Served, _: Nothing) -> Result<Vec<Account>, Failure> {
    Ok(served.engine().account_list().await?.into_iter().map(account).collect())
}

/// Changes the name shown.
///
/// # Errors
/// [`crate::failure::Code::BadRequest`] for a name of no or too many characters.
pub(crate) async fn account_rename(served: &Served, argument: AccountRename) -> Result<Account, Failure> {
    Ok(account(
        served
            .engine()
            .account_rename(account_id(argument.account), &argument.name)
            .await?,
    ))
}

/// Changes the name shown and the colour.
///
/// # Errors
/// [`crate::failure::Code::BadRequest`] for a name of no or too many characters.
pub(crate) async fn account_set(served: &Served, argument: AccountSet) -> Result<Account, Failure> {
    Ok(account(
        served
            .engine()
            .account_set(account_id(argument.account), &argument.name, color_of(argument.color))
            .await?,
    ))
}

/// Forgets a BAL.
///
/// # Errors
/// [`crate::failure::Code::NotFound`].
pub(crate) async fn account_remove(served: &Served, argument: AccountOf) -> Result<Nothing, Failure> {
    served.engine().account_remove(account_id(argument.account)).await?;
    Ok(Nothing {})
}

/// A BAL's folders that can be opened.
///
/// # Errors
/// [`crate::failure::Code::NotFound`].
pub(crate) async fn folder_list(served: &Served, argument: AccountOf) -> Result<Vec<Folder>, Failure> {
    let folders = served.engine().folder_list(account_id(argument.account)).await?;
    Ok(folders
        .iter()
        .filter(|folder| folder.server.selectable)
        .map(folder)
        .collect())
}

/// Asks for a sync; events tell the rest.
///
/// # Errors
/// [`crate::failure::Code::NotFound`].
pub(crate) async fn sync_now(served: &Served, argument: SyncNow) -> Result<Nothing, Failure> {
    served.engine().sync_now(argument.account.map(account_id))?;
    Ok(Nothing {})
}
