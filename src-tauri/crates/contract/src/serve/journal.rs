//! The journal of traces.

use crate::commands::{JournalGet, JournalList, Nothing};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::{filter, page, trace, verification};
use crate::view::{JournalPage, Trace, Verification};

/// Traces under a filter.
///
/// # Errors
/// [`Code::BadRequest`] for a filter that is none.
pub(crate) async fn journal_list(served: &Served, argument: JournalList) -> Result<JournalPage, Failure> {
    let filter = filter(&argument.filter)?;
    Ok(page(
        served
            .engine()
            .journal_list(filter, argument.offset, argument.limit)
            .await?,
    ))
}

/// One trace.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn journal_get(served: &Served, argument: JournalGet) -> Result<Trace, Failure> {
    let sequence = u64::try_from(argument.sequence).map_err(|_| Failure::new(Code::NotFound))?;
    let (record, previous) = served.engine().journal_get(sequence).await?;
    Ok(trace(record, previous))
}

/// Verifies the whole chain.
///
/// # Errors
/// [`Code::JournalUnwritable`] when the disk refuses. Damage is no error.
pub(crate) async fn journal_verify(served: &Served, _: Nothing) -> Result<Verification, Failure> {
    let (found, at, since) = served.engine().journal_verify().await?;
    Ok(verification(&found, at, since))
}
