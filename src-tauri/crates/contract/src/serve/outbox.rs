//! Messages on their way.

use crate::commands::{OutboxList, OutboxSettle, OutgoingOf};
use crate::failure::Failure;
use crate::served::Served;
use crate::translate::{draft, outbox_id, outgoing};
use crate::view::{Draft, Outgoing};

/// What was queued in the last days, and whatever is not settled.
///
/// # Errors
/// [`crate::failure::Code::VaultLocked`].
pub(crate) async fn outbox_list(served: &Served, argument: OutboxList) -> Result<Vec<Outgoing>, Failure> {
    Ok(served
        .engine()
        .outbox_list(argument.days)
        .await?
        .into_iter()
        .map(outgoing)
        .collect())
}

/// One message on its way.
///
/// # Errors
/// [`crate::failure::Code::NotFound`].
pub(crate) async fn outbox_get(served: &Served, argument: OutgoingOf) -> Result<Outgoing, Failure> {
    Ok(outgoing(
        served.engine().outbox_get(outbox_id(argument.outgoing)).await?,
    ))
}

/// Takes a message back before it leaves.
///
/// # Errors
/// [`crate::failure::Code::AlreadyLeft`].
pub(crate) async fn outbox_cancel(served: &Served, argument: OutgoingOf) -> Result<Draft, Failure> {
    let id = served.engine().outbox_cancel(outbox_id(argument.outgoing)).await?;
    Ok(draft(served.engine().draft_get(id).await?))
}

/// Tries a message now.
///
/// # Errors
/// [`crate::failure::Code::WrongState`].
pub(crate) async fn outbox_retry(served: &Served, argument: OutgoingOf) -> Result<Outgoing, Failure> {
    Ok(outgoing(
        served.engine().outbox_retry(outbox_id(argument.outgoing)).await?,
    ))
}

/// The person's word on a message whose fate is not known.
///
/// # Errors
/// [`crate::failure::Code::WrongState`] when its fate is known.
pub(crate) async fn outbox_settle(served: &Served, argument: OutboxSettle) -> Result<Outgoing, Failure> {
    Ok(outgoing(
        served
            .engine()
            .outbox_settle(outbox_id(argument.outgoing), argument.left)
            .await?,
    ))
}
