//! Sending the journal on to the organisation's collector: syslog by TLS (RFC 5424, RFC 5425), when the policy names one.
//!
//! Each trace is sent at least once, in order, under its own number: a place in the journal that is kept there moves on
//! only once the collector has confirmed. It begins with the oldest trace still kept. Nothing waits for it: no mail, no
//! lock, no end of the program. Traces that reach the end of their retention before they could be sent are missing at the
//! collector, and both the journal and [`CollectorView`] say so.
//!
//! A collector that dies may take with it what it had just read. So once it is in trouble, the last batch that it had
//! confirmed is sent again too.

mod ledger;
mod note;
mod render;
mod task;
mod trouble;
mod way;

use std::sync::Arc;

use jiff::Timestamp;
use pli_trace::{JournalError, Sequence};

pub use trouble::Trouble;

use self::ledger::{Course, Ledger};
use crate::core::{Core, spawn_inside};
use crate::policy::PolicyCollector;

/// How the sending goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorView {
    /// The collector's name and port.
    pub address: String,
    /// Since when it goes as it goes now; none before anything was tried.
    pub since: Option<Timestamp>,
    /// The last trace that it confirmed, and when.
    pub last_confirmed: Option<(Sequence, Timestamp)>,
    /// Traces that wait to be sent.
    pub waiting: u64,
    /// Traces that were removed before they could be sent: the collector will never have them.
    pub missing: u64,
    /// Why it does not go; none when it does, or was not tried yet.
    pub trouble: Option<Trouble>,
}

/// Begins the sending, when the policy names a collector. The task ends with the vault.
pub(crate) fn start(core: &Arc<Core>) {
    let Some(policy) = core.policy.collector().cloned() else {
        return;
    };
    // Whoever works by the command line alone has no other moment than that of a command.
    core.keep_task(spawn_inside(task::run(Arc::clone(core), policy)));
}

/// How it goes; none when the policy names no collector, or the journal cannot be read. To be called from a thread that may
/// block.
pub(crate) fn view(core: &Core) -> Option<CollectorView> {
    let policy = core.policy.collector()?;
    let journal = core.journal().ok()?;
    let read = || {
        let ledger = Ledger::new(&journal, policy);
        let highest = ledger.highest()?;
        Ok::<_, JournalError>(CollectorView {
            address: address(policy),
            since: ledger.since()?,
            last_confirmed: ledger.confirmed_at()?.map(|at| (highest, at)),
            waiting: journal.head()?.sequence.saturating_sub(ledger.place()?.0),
            missing: ledger.missing()?,
            trouble: match ledger.course()? {
                Course::Stopped(trouble) => Some(trouble),
                Course::Goes | Course::Untried => None,
            },
        })
    };
    read()
        .inspect_err(|error| tracing::warn!(%error, "how the sending to the collector goes is not known"))
        .ok()
}

/// Its name and port, as the policy writes them.
fn address(policy: &PolicyCollector) -> String {
    format!("{}:{}", policy.host, policy.port)
}
