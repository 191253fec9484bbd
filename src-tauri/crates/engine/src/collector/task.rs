//! The task that sends: reads what comes after our place, sends it, moves our place on once it is confirmed.

use std::sync::Arc;
use std::time::Duration;

use pli_syslog::{SHOULD_ROOM, SyslogError, frame};
use pli_trace::{Record, Sequence};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::ledger::Ledger;
use super::trouble::Trouble;
use super::{note, render, way};
use crate::core::{Core, spawn_blocking};
use crate::error::EngineError;
use crate::event::Event;
use crate::policy::PolicyCollector;
use crate::sync::backoff::Backoff;

/// Traces read at once.
const READ: u32 = 100;

/// Traces of one batch, and its octets, about.
const BATCH: usize = 1000;
const OCTETS: usize = 2 * 1024 * 1024;

/// How long traces are gathered before a connection is made for them.
const GATHER: Duration = Duration::from_secs(3);

/// How often the journal is looked at without a word from it.
const NAP: Duration = Duration::from_secs(60);

/// Why a step did not end well.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Our place or the traces.
    #[error(transparent)]
    Journal(#[from] EngineError),
    /// The policy's files.
    #[error(transparent)]
    Way(#[from] way::NoWay),
    /// The collector.
    #[error(transparent)]
    Syslog(#[from] SyslogError),
}

impl Failure {
    pub(super) fn trouble(&self) -> Trouble {
        match self {
            Self::Journal(_) => Trouble::Journal,
            Self::Way(_) => Trouble::Settings,
            Self::Syslog(error) => error.into(),
        }
    }

    /// A word of ours for the journal.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Journal(_) => "journal",
            Self::Way(_) => "settings",
            Self::Syslog(error) => error.code(),
        }
    }
}

/// Traces to send in one connection.
struct Batch {
    /// Our place before it.
    after: Sequence,
    first: Sequence,
    last: Sequence,
    /// Their messages, framed.
    frames: Vec<u8>,
}

/// Sends until the vault closes. What is under way then counts as not sent.
pub(super) async fn run(core: Arc<Core>, policy: PolicyCollector) {
    tokio::select! {
        () = core.closed() => {}
        () = send_on(&core, &policy) => {}
    }
}

async fn send_on(core: &Arc<Core>, policy: &PolicyCollector) {
    let mut events = core.subscribe();
    let mut backoff = Backoff::default();
    loop {
        match step(core, policy).await {
            Ok(true) => backoff.reset(),
            Ok(false) => {
                more(&mut events).await;
                tokio::time::sleep(GATHER).await;
            }
            Err(failure) => {
                tracing::info!(%failure, "traces could not be sent to the collector");
                with_ledger(core, policy, move |core, ledger| {
                    note::stopped(core, ledger, &failure, core.now())
                })
                .await
                .unwrap_or_else(|error| tracing::warn!(%error, "that the sending stopped could not be written"));
                // Without randomness the wait is merely the same for all.
                let wait = backoff.next(getrandom::u32().unwrap_or(u32::MAX));
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// One batch, from the journal to the collector's confirmation. False when there is nothing to send.
async fn step(core: &Arc<Core>, policy: &PolicyCollector) -> Result<bool, Failure> {
    let enterprise = policy.enterprise;
    // The journal is let go before the network is waited for.
    let Some(batch) = with_ledger(core, policy, move |core, ledger| {
        let batch = gather(core, ledger, enterprise)?;
        if let Some(batch) = &batch {
            note::gone_before(core, ledger, (batch.after, batch.first))?;
        }
        Ok(batch)
    })
    .await?
    else {
        return Ok(false);
    };
    let (shared, known) = (Arc::clone(core), policy.clone());
    let sender = spawn_blocking(move || way::sender(&shared, &known))
        .await
        .map_err(EngineError::from)??;
    sender.deliver(&batch.frames).await?;
    with_ledger(core, policy, move |core, ledger| {
        let now = core.now();
        note::goes(core, ledger, batch.first, now)?;
        Ok(ledger.confirm(batch.last, now)?)
    })
    .await?;
    Ok(true)
}

/// Works with the journal on a thread that may block.
async fn with_ledger<T: Send + 'static>(
    core: &Arc<Core>,
    policy: &PolicyCollector,
    work: impl FnOnce(&Arc<Core>, &Ledger<'_>) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let policy = policy.clone();
    core.blocking(move |core| {
        let journal = core.journal()?;
        work(core, &Ledger::new(&journal, &policy))
    })
    .await
}

/// The next traces as messages; none when our place is at the end.
fn gather(core: &Core, ledger: &Ledger<'_>, enterprise: u32) -> Result<Option<Batch>, EngineError> {
    let journal = core.journal()?;
    let after = ledger.place()?;
    let mut batch: Option<Batch> = None;
    let mut count = 0;
    loop {
        let from = batch.as_ref().map_or(after, |batch| batch.last);
        let records = journal.after(from, READ)?;
        for record in &records {
            let batch = batch.get_or_insert_with(|| Batch {
                after,
                first: record.sequence,
                last: after,
                frames: Vec::new(),
            });
            add(batch, record, enterprise);
        }
        count += records.len();
        let full = count >= BATCH || batch.as_ref().is_some_and(|batch| batch.frames.len() >= OCTETS);
        if full || records.is_empty() {
            return Ok(batch);
        }
    }
}

fn add(batch: &mut Batch, record: &Record, enterprise: u32) {
    for message in render::message(record, enterprise).encode(SHOULD_ROOM) {
        batch.frames.extend_from_slice(&frame(&message));
    }
    batch.last = record.sequence;
}

/// Waits for the journal to have grown.
async fn more(events: &mut Receiver<Event>) {
    let grown = async {
        loop {
            match events.recv().await {
                Ok(Event::Journal) | Err(RecvError::Lagged(_)) => return,
                Ok(_) => {}
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    // What was written without a word is found by itself.
    let _ = tokio::time::timeout(NAP, grown).await;
}
