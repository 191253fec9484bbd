//! The room of BALs (EX_GBM_4470), and what weighs there.

use crate::commands::{AccountOf, Nothing, SpaceMessages, SpaceOf, SpaceSuggest};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::quota as word;
use crate::translate::{Folders, account_id};
use crate::view::{Id, QuotaView, QuotaWarning, Space, SpacePage};

/// Rows of one answer at most.
const ROWS: u32 = 500;
/// Octets of an address at most.
const ADDRESS: usize = 1_000;

/// A BAL's room as last read.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone.
pub(crate) async fn quota_get(served: &Served, argument: AccountOf) -> Result<QuotaView, Failure> {
    Ok(word::quota(
        served.engine().quota_get(account_id(argument.account)).await?,
    ))
}

/// Asks the operator for a BAL's room now.
///
/// # Errors
/// [`Code::LoginNeeded`], [`Code::Unreachable`], [`Code::NotFound`]. An operator that tells none is no error.
pub(crate) async fn quota_read(served: &Served, argument: AccountOf) -> Result<QuotaView, Failure> {
    Ok(word::quota(
        served.engine().quota_read(account_id(argument.account)).await?,
    ))
}

/// The warnings that stand and were not put off, the fullest BAL first.
///
/// # Errors
/// [`Code::VaultLocked`].
pub(crate) async fn quota_warnings(served: &Served, _: Nothing) -> Result<Vec<QuotaWarning>, Failure> {
    let warnings = served.engine().quota_warnings().await?;
    Ok(warnings.into_iter().map(word::warning).collect())
}

/// Puts a BAL's warning off until it is told again.
///
/// # Errors
/// [`Code::NotFound`], [`Code::JournalUnwritable`].
pub(crate) async fn quota_dismiss(served: &Served, argument: AccountOf) -> Result<Nothing, Failure> {
    served.engine().quota_dismiss(account_id(argument.account)).await?;
    Ok(Nothing {})
}

/// What weighs in a BAL, by groups.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone.
pub(crate) async fn space_get(served: &Served, argument: SpaceOf) -> Result<Space, Failure> {
    let space = served
        .engine()
        .space_get(account_id(argument.account), word::by_of(argument.by))
        .await?;
    Ok(word::space(space))
}

/// Part of what weighs in a BAL: filed first, then the heaviest.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone, [`Code::BadRequest`] for an address that is too long.
pub(crate) async fn space_messages(served: &Served, argument: SpaceMessages) -> Result<SpacePage, Failure> {
    let long = |address: &String| address.len() > ADDRESS;
    if argument.filter.correspondent.as_ref().is_some_and(long) {
        return Err(Failure::about(Code::BadRequest, "correspondent"));
    }
    let engine = served.engine();
    let page = engine
        .space_messages(
            account_id(argument.account),
            word::filter_of(argument.filter),
            u64::from(argument.offset),
            argument.limit.min(ROWS),
        )
        .await?;
    let rows: Vec<_> = page.rows.iter().map(|found| found.row.clone()).collect();
    let folders = Folders::of(&engine, &rows).await;
    Ok(word::space_page(page, &folders))
}

/// The messages that would make so much room and that nobody would miss: filed, read, not flagged.
///
/// # Errors
/// [`Code::NotFound`] for a BAL that is gone.
pub(crate) async fn space_suggest(served: &Served, argument: SpaceSuggest) -> Result<Vec<Id>, Failure> {
    let mails = served
        .engine()
        .space_suggest(account_id(argument.account), argument.octets)
        .await?;
    Ok(mails.into_iter().map(pli_engine::pli_store::MailId::get).collect())
}
