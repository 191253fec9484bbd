//! What the journal itself says of the sending: that it began, that it stopped and why, that it goes on, what could not be sent.
//! Once at each change, whatever is tried in between and across restarts.

use std::sync::Arc;

use jiff::Timestamp;
use pli_terms::Wording;
use pli_trace::{Action, Outcome, Sequence};

use super::ledger::{Course, Ledger};
use super::task::Failure;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;

/// A batch is confirmed, and its first trace is `first`. To be told before our place moves on.
pub(super) fn goes(core: &Arc<Core>, ledger: &Ledger<'_>, first: Sequence, now: Timestamp) -> Result<(), EngineError> {
    if ledger.course()? == Course::Goes {
        return Ok(());
    }
    let verb = match ledger.confirmed_at()? {
        None => "BEGIN FROM",
        Some(_) => "GO ON FROM",
    };
    record(core, Wording::fixed(verb).and(first.0), None)?;
    ledger.set_since(now)?;
    Ok(ledger.set_course(Course::Goes)?)
}

/// An attempt failed.
pub(super) fn stopped(
    core: &Arc<Core>,
    ledger: &Ledger<'_>,
    failure: &Failure,
    now: Timestamp,
) -> Result<(), EngineError> {
    let trouble = failure.trouble();
    match ledger.course()? {
        Course::Stopped(before) if before == trouble => return Ok(()),
        // The same stop, seen otherwise.
        Course::Stopped(_) => {}
        Course::Goes | Course::Untried => {
            record(core, Wording::fixed("SEND"), Some(failure.code()))?;
            ledger.set_since(now)?;
            ledger.go_back()?;
        }
    }
    Ok(ledger.set_course(Course::Stopped(trouble))?)
}

/// Traces between our place and the next one are not in the journal any more, and were never sent.
pub(super) fn gone_before(
    core: &Arc<Core>,
    ledger: &Ledger<'_>,
    (after, first): (Sequence, Sequence),
) -> Result<(), EngineError> {
    // Before the first ever nothing was to be sent: it begins there. Each is told once, though the batch behind may be tried often.
    if after.0 == 0 || first.0 <= after.0 + 1 {
        return Ok(());
    }
    let Some((first, last)) = ledger.add_missing(after.0 + 1, first.0 - 1)? else {
        return Ok(());
    };
    record(
        core,
        Wording::fixed("SEND").and(first).then(":").then(last),
        Some("removed at the end of their retention before they could be sent"),
    )
}

fn record(core: &Arc<Core>, verb: Wording, failure: Option<&'static str>) -> Result<(), EngineError> {
    let local = Local::new(Action::Collector, verb);
    core.record(match failure {
        Some(what) => local.with(Outcome::Failed {
            what: Wording::fixed(what),
        }),
        None => local,
    })?;
    core.tell_journal();
    Ok(())
}
