//! The journal while the profile is open: sealed at intervals, cleared of what has reached its end (EX_GDT_5070).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pli_terms::Wording;
use pli_trace::{Action, AtEnd, Journal, PrunePlan, Pruned};
use tokio::time::Instant;

use super::settings::{at_end, horizon, months, word};
use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;

/// How often what has reached its end is looked for.
const EXPIRY: Duration = Duration::from_secs(3600);
/// The first look comes after the first sync has begun.
const FIRST: Duration = Duration::from_secs(20);
/// A trace is sealed no later than this after it was written, as long as the program runs.
const SEAL: Duration = Duration::from_secs(300);
/// How often it is looked whether a seal is due.
const LOOK: Duration = Duration::from_secs(15);
/// So many new traces are sealed at once.
const MANY: u64 = 1_000;

/// Seals the journal until the vault closes; the last seal is [`close`]'s.
pub(crate) async fn keep_sealed(core: Arc<Core>) {
    let mut last = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = core.closed() => return,
        }
        let overdue = last.elapsed() >= SEAL;
        let Ok(journal) = core.journal() else { return };
        let now = core.now();
        let sealed = core
            .blocking(move |_| {
                if !overdue && unsealed(&journal)? < MANY {
                    return Ok(None);
                }
                Ok(journal.seal(now)?)
            })
            .await;
        match sealed {
            Ok(seal) => {
                if seal.is_some() || overdue {
                    last = Instant::now();
                }
            }
            Err(EngineError::Stopped) => return,
            // The traces are written; only their seal is missing, and is tried again.
            Err(error) => tracing::warn!(%error, "the journal could not be sealed"),
        }
    }
}

fn unsealed(journal: &Journal) -> Result<u64, EngineError> {
    let head = journal.head()?.sequence;
    let sealed = journal.last_seal()?.map_or(0, |seal| seal.sequence.0);
    Ok(head.saturating_sub(sealed))
}

/// The last seal, before the journal is put away. That it cannot be made keeps nothing from closing.
pub(crate) fn close(journal: &Journal, now: Timestamp) {
    if let Err(error) = journal.seal(now) {
        tracing::warn!(%error, "the journal was closed without its last seal");
    }
}

/// Removes what has reached its end, until the vault closes.
pub(crate) async fn keep_short(core: Arc<Core>) {
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = core.journal_wake.notified() => {}
            () = core.closed() => return,
        }
        pause = EXPIRY;
        match core.blocking(|core| expire(core)).await {
            Ok(None) => {}
            Ok(Some(pruned)) => {
                tracing::info!(count = pruned.count, "traces have reached their end");
                core.emit(Event::Journal);
            }
            Err(EngineError::Stopped) => return,
            Err(error) => tracing::warn!(%error, "what has reached its end could not be removed from the journal"),
        }
    }
}

/// Removes what has reached its end by a clock that is believed: one that jumped ahead must not destroy anything.
pub(crate) fn expire(core: &Core) -> Result<Option<Pruned>, EngineError> {
    let (store, journal, now) = (core.store()?, core.journal()?, core.zoned());
    let kept = months(core, &store)?;
    let Some(before) = horizon(&now, kept) else {
        return Ok(None);
    };
    let plan = journal.prune_plan(before)?;
    if plan.count == 0 {
        return Ok(None);
    }
    if !core.clock_truth.believed(now.timestamp()) {
        tracing::info!("traces have reached their end by a clock that is not sure: they stay until it is");
        return Ok(None);
    }
    let verb = Wording::fixed("EXPIRY").and(kept).and("MONTHS");
    let end = at_end(core, &store)?;
    prune(core, &journal, before, end, verb).map(Some)
}

fn prune(core: &Core, journal: &Journal, before: Timestamp, end: AtEnd, verb: Wording) -> Result<Pruned, EngineError> {
    let verb = verb.and("END").and(word(end)).and("BEFORE").and(before.as_second());
    let by = core.entry_of(Local::new(Action::JournalPrune, verb));
    Ok(journal.prune(before, end, by)?)
}

impl Engine {
    /// What removing the traces older than this would remove.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::OutOfRange`] for a moment to come, [`EngineError::Trace`].
    pub async fn journal_prune_plan(&self, before: Timestamp) -> Result<PrunePlan, EngineError> {
        self.core
            .blocking(move |core| {
                must_be_past(core, before)?;
                Ok(core.journal()?.prune_plan(before)?)
            })
            .await
    }

    /// Removes the traces older than this, for good. It is traced before and after, and a signed anchor says what was
    /// removed.
    ///
    /// # Errors
    /// [`EngineError::FixedByPolicy`] when the policy keeps them longer or says another end; as
    /// [`Engine::journal_prune_plan`].
    pub async fn journal_prune(&self, before: Timestamp, end: AtEnd) -> Result<Pruned, EngineError> {
        let pruned = self
            .core
            .blocking(move |core| {
                must_be_past(core, before)?;
                let fixed = core.policy.traces();
                let kept = fixed.months.and_then(|months| horizon(&core.zoned(), months));
                if kept.is_some_and(|kept| before > kept) || fixed.at_end.is_some_and(|fixed| fixed != end) {
                    return Err(EngineError::FixedByPolicy("retention"));
                }
                prune(core, &*core.journal()?, before, end, Wording::fixed("PRUNE"))
            })
            .await?;
        self.core.emit(Event::Journal);
        Ok(pruned)
    }
}

fn must_be_past(core: &Core, before: Timestamp) -> Result<(), EngineError> {
    if before > core.now() {
        return Err(EngineError::OutOfRange("a moment to come"));
    }
    Ok(())
}
