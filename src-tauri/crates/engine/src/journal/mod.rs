//! The journal as people read it: pages under a filter, one trace, one message's whole life, the verification; and the
//! journal as it is kept.

mod exporting;
mod folders;
mod keeping;
mod place;
mod restoring;
mod settings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use pli_terms::Wording;
use pli_trace::{Action, Filter, From, Known, PAGE_LIMIT, Record, Sequence, Verification};

pub use exporting::journal_check;
pub(crate) use keeping::{close, keep_sealed, keep_short};
pub(crate) use place::Place;
pub use restoring::JournalRestoration;
pub(crate) use settings::technical_months;
pub use settings::{JournalSet, JournalSettings};

use self::folders::Names;
use crate::Engine;
use crate::audit::Local;
use crate::error::EngineError;
use crate::event::Event;

/// Part of the journal, newest first.
#[derive(Debug, Clone)]
pub struct JournalPage {
    /// The traces.
    pub traces: Vec<JournalTrace>,
    /// Traces under this filter.
    pub total: u64,
    /// What the whole journal holds, for the choices of a filter.
    pub known: Known,
}

/// A trace, with what this workstation still knows and the trace does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalTrace {
    /// The trace.
    pub record: Record,
    /// The name of its folder, where the trace has a pseudonym and the folder is still known here.
    pub folder: Option<String>,
    /// That of the folder of destination.
    pub target: Option<String>,
}

/// What a verification found, and when.
#[derive(Debug, Clone)]
pub struct JournalVerified {
    /// What it found.
    pub found: Verification,
    /// When it ended.
    pub at: Timestamp,
    /// The oldest trace's time; none in an empty journal.
    pub since: Option<Timestamp>,
    /// Where it was restored from a backup, oldest first.
    pub restorations: Vec<JournalRestoration>,
}

/// How often the progress of a verification is told.
const TELL: Duration = Duration::from_millis(200);

impl Engine {
    /// Traces under a filter, newest first, after the first `offset`; 1,000 at most.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Trace`].
    pub async fn journal_list(&self, filter: Filter, offset: u64, limit: u32) -> Result<JournalPage, EngineError> {
        self.core
            .blocking(move |core| {
                let journal = core.journal()?;
                let page = journal.page(&filter, From::Offset(offset), limit.clamp(1, PAGE_LIMIT))?;
                let mut names = Names::of(core);
                Ok(JournalPage {
                    traces: page.records.into_iter().map(|record| names.trace(record)).collect(),
                    total: journal.count(&filter)?,
                    known: journal.known()?,
                })
            })
            .await
    }

    /// How many traces a filter keeps on each day that has some, by today's offset from UTC; newest first.
    ///
    /// # Errors
    /// As [`Engine::journal_list`].
    pub async fn journal_days(&self, filter: Filter) -> Result<Vec<(Date, u64)>, EngineError> {
        self.core
            .blocking(move |core| {
                let offset = core.zoned().offset().seconds();
                Ok(core.journal()?.days(&filter, offset)?)
            })
            .await
    }

    /// One trace.
    ///
    /// # Errors
    /// [`EngineError::Trace`] when there is none at this place.
    pub async fn journal_get(&self, sequence: u64) -> Result<JournalTrace, EngineError> {
        self.core
            .blocking(move |core| {
                let record = core.journal()?.get(Sequence(sequence))?;
                Ok(Names::of(core).trace(record))
            })
            .await
    }

    /// All that happened to the message of this trace, oldest first; that trace alone when it is about none.
    ///
    /// # Errors
    /// As [`Engine::journal_get`].
    pub async fn journal_life(&self, sequence: u64) -> Result<Vec<JournalTrace>, EngineError> {
        self.core
            .blocking(move |core| {
                let journal = core.journal()?;
                let of = journal.get(Sequence(sequence))?;
                let mut names = Names::of(core);
                let life = journal.life(&of)?;
                Ok(life.into_iter().map(|record| names.trace(record)).collect())
            })
            .await
    }

    /// Verifies the whole journal: chain, seals, anchors, indices. How far it has come is told by
    /// [`Event::JournalProgress`].
    ///
    /// # Errors
    /// [`EngineError::Trace`] when the disk refuses. Damage is no error.
    pub async fn journal_verify(&self) -> Result<JournalVerified, EngineError> {
        self.core
            .blocking(|core| {
                let journal = core.journal()?;
                // What is not sealed yet could not be vouched for.
                if let Err(error) = journal.seal(core.now()) {
                    tracing::warn!(%error, "the journal is verified without a fresh seal");
                }
                let told = std::sync::Mutex::new(Instant::now());
                let teller = Arc::clone(core);
                let found = journal.verify(move |done, total| {
                    let Ok(mut told) = told.try_lock() else { return };
                    if told.elapsed() >= TELL {
                        *told = Instant::now();
                        teller.emit(Event::JournalProgress { done, total });
                    }
                })?;
                Ok(JournalVerified {
                    restorations: restoring::restorations(&journal, &found)?,
                    found,
                    at: core.now(),
                    since: journal.known()?.first_at,
                })
            })
            .await
    }
}

/// The journal was opened: says so in it, with what the last closing left.
///
/// # Errors
/// When the trace cannot be written.
pub(crate) fn begin(core: &crate::core::Core, journal: &pli_trace::Journal) -> Result<(), EngineError> {
    let opened = journal.opened();
    let how = if opened.clean() {
        "CLEAN"
    } else {
        "AFTER AN UNCLEAN END"
    };
    let verb = Wording::fixed("OPEN AFTER").and(opened.last().0).and(how);
    core.record(Local::new(Action::Start, verb))?;
    Ok(())
}
