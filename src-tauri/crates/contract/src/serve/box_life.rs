//! Life and death of BALs (EX_GBM_6021).

use pli_engine::BoxKeep as What;

use crate::commands::{AccountOf, BoxKeep, BoxRetentionSet, Nothing};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::box_life as word;
use crate::translate::{account_id, mail_id};
use crate::view::{BoxAnnouncement, BoxKept, BoxLife};

/// Messages kept by one gesture, at most.
const MOST: usize = 10_000;
/// Months that bodies may stay here.
const MONTHS: std::ops::RangeInclusive<u32> = 1..=240;

/// What is to be known of a BAL's life.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn box_life(served: &Served, argument: AccountOf) -> Result<BoxLife, Failure> {
    let life = served.engine().box_life(account_id(argument.account)).await?;
    Ok(word::life(life))
}

/// What was told of BALs and is still so, unless it was put aside since.
///
/// # Errors
/// [`Code::VaultLocked`].
pub(crate) async fn box_notices(served: &Served, _: Nothing) -> Result<Vec<BoxAnnouncement>, Failure> {
    let told = served.engine().box_notices().await?;
    Ok(told.into_iter().map(word::announcement).collect())
}

/// Puts aside what was told of a BAL, for a week.
///
/// # Errors
/// [`Code::NotFound`], [`Code::JournalUnwritable`].
pub(crate) async fn box_notice_dismiss(served: &Served, argument: AccountOf) -> Result<Nothing, Failure> {
    served.engine().box_notice_dismiss(account_id(argument.account)).await?;
    Ok(Nothing {})
}

/// Keeps messages on this workstation, whatever becomes of them on the server.
///
/// # Errors
/// [`Code::BadRequest`] for too many messages or one of another BAL, [`Code::NotFound`], [`Code::JournalUnwritable`].
pub(crate) async fn box_keep(served: &Served, argument: BoxKeep) -> Result<BoxKept, Failure> {
    let what = match argument.messages {
        Some(messages) if messages.len() > MOST => return Err(Failure::about(Code::BadRequest, "messages")),
        Some(messages) => What::These(messages.into_iter().map(mail_id).collect()),
        None => What::Leaving,
    };
    let kept = served.engine().box_keep(account_id(argument.account), what).await?;
    Ok(word::kept(kept))
}

/// Sets how long bodies stay on this workstation.
///
/// # Errors
/// [`Code::OutOfRange`], [`Code::NotFound`], [`Code::JournalUnwritable`].
pub(crate) async fn box_retention_set(served: &Served, argument: BoxRetentionSet) -> Result<BoxLife, Failure> {
    if argument.months.is_some_and(|months| !MONTHS.contains(&months)) {
        return Err(Failure::about(Code::OutOfRange, "retentionMonths"));
    }
    let account = account_id(argument.account);
    let life = served.engine().box_retention_set(account, argument.months).await?;
    Ok(word::life(life))
}
