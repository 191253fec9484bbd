//! Purging: what was sent, the bin, and what somebody chose, deleted on the server for good (EX_GBP_3050).
//!
//! One machine. A plan is a snapshot in the store: folder, UIDVALIDITY, UID, Message-ID, size and date of each message, and
//! nothing else is ever deleted. Where a message of the plan stands is committed before each step:
//!
//! ```text
//!                    already gone ───────────────────────────────► absent
//!                    not the planned one, flagged since … ───────► spared
//!  planned ──────────────┐                                            ▲
//!     │  ▲ not marked    │ another's mark is on it already            │ our mark is taken back
//!     ▼  │               ▼                                            │
//!  marking ──STORE──► marked ──look again──► changed since ────► unmarking
//!                        │                                            │
//!                        └──UID EXPUNGE──► gone       refused ────────┴──► planned
//! ```
//!
//! - [`judge`] says whether a message is the planned one and may still go;
//! - [`batch`] takes a batch through the steps, and finds again what a death left half-way;
//! - [`hands`] is the open folder, which hears when it becomes another one;
//! - [`desk`] is the store and the journal, where each deletion has one record: intended before, and its outcome;
//! - [`task`] holds the connection, tries again, stops; [`schedule`] begins purges by itself.

mod batch;
mod desk;
mod folders;
mod hands;
mod judge;
mod model;
mod schedule;
mod task;
#[cfg(test)]
mod tests;
mod view;

use jiff::SignedDuration;
use pli_store::{AccountId, NewPurge, PurgeChoice, PurgeId, PurgeState, Store, StoreError};
use pli_terms::Wording;
use pli_trace::Action;

use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::{EngineError, PurgeProblem};
use crate::event::Event;

pub(crate) use folders::note_offered;
pub use model::{
    Every, Kept, LONGEST_DAYS, MOST_CHOSEN, Purge, PurgeGroup, PurgeRow, PurgeSchedule, PurgeScope, SentFolder,
};
pub(crate) use task::{Live, open};

/// Rows of a plan read at once.
const PAGE: u32 = 1_000;

impl Engine {
    /// Plans a purge: which messages, and what is left, and why. Nothing is deleted, and no server is asked. The plans of
    /// this BAL that never began are forgotten.
    ///
    /// What stands in the way is no error here: [`Purge::obstacle`] tells it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a BAL that is gone, [`EngineError::OutOfRange`] beyond 3,650 days,
    /// [`EngineError::BadRequest`] for more than 10,000 messages, or messages of another BAL.
    pub async fn purge_plan(
        &self,
        account: AccountId,
        scope: PurgeScope,
        keep_local: bool,
    ) -> Result<Purge, EngineError> {
        let id = plan(&self.core, account, scope, keep_local, false).await?;
        self.purge_get(id).await
    }

    /// Begins a purge that was planned, or goes on with one that was stopped, and returns at once: events and
    /// [`Engine::purge_get`] tell the rest. One that goes on already stays so.
    ///
    /// # Errors
    /// [`EngineError::Purge`] for its obstacle, or while another one of this BAL goes on; [`EngineError::LoginNeeded`];
    /// [`EngineError::WrongState`] for one that has ended; [`EngineError::NotFound`].
    pub async fn purge_start(&self, id: PurgeId) -> Result<(), EngineError> {
        task::begin(&self.core, id, false).await
    }

    /// Stops a purge: the batch under way is finished, or its marks are taken back; it can go on later. One that does not go
    /// on stays as it is.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn purge_stop(&self, id: PurgeId) -> Result<(), EngineError> {
        task::stop(&self.core, id).await
    }

    /// Waits until a purge of this process goes on no more, whatever became of it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn purge_wait(&self, id: PurgeId) -> Result<Purge, EngineError> {
        self.core.purges.ended(id).await;
        self.purge_get(id).await
    }

    /// A purge as it stands.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn purge_get(&self, id: PurgeId) -> Result<Purge, EngineError> {
        let live = self.core.purges.problem(id);
        self.core
            .with_store(move |store| view::of(store, store.purge(id)?, live))
            .await
    }

    /// The purges of a BAL that are remembered (one year), newest first.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a BAL that is gone.
    pub async fn purge_list(&self, account: AccountId) -> Result<Vec<Purge>, EngineError> {
        let core = std::sync::Arc::clone(&self.core);
        self.core
            .with_store(move |store| {
                store.account(account)?;
                let all = store.purges(Some(account))?.into_iter();
                all.map(|record| {
                    let live = core.purges.problem(record.id);
                    view::of(store, record, live)
                })
                .collect()
            })
            .await
    }

    /// Every message of a plan, oldest first, and where it stands.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn purge_rows(&self, id: PurgeId) -> Result<Vec<PurgeRow>, EngineError> {
        self.core.with_store(move |store| rows(store, id)).await
    }
}

fn rows(store: &Store, id: PurgeId) -> Result<Vec<PurgeRow>, StoreError> {
    store.purge(id)?;
    let folders = store.purge_folders(id, false)?;
    let mut rows = Vec::new();
    loop {
        let page = store.purge_page(id, rows.len() as u64, PAGE)?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page.into_iter().map(|mail| {
            PurgeRow {
                mail: mail.mail,
                folder: folders
                    .iter()
                    .find(|folder| folder.folder == mail.folder)
                    .map(|folder| folder.name.clone())
                    .unwrap_or_default(),
                uid: mail.uid,
                message_id: mail.message_id,
                date: mail.internal_date,
                octets: mail.size,
                kind: mail.kind,
                step: mail.step,
                why: mail.why,
            }
        }));
    }
}

/// Makes a plan, and a trace of it.
async fn plan(
    core: &std::sync::Arc<Core>,
    account: AccountId,
    scope: PurgeScope,
    keep_local: bool,
    scheduled: bool,
) -> Result<PurgeId, EngineError> {
    let days = match &scope {
        PurgeScope::Sent { older_than_days, .. } | PurgeScope::Trash { older_than_days } => *older_than_days,
        PurgeScope::Chosen(mails) if mails.len() > MOST_CHOSEN => {
            return Err(EngineError::BadRequest("more than 10,000 messages"));
        }
        PurgeScope::Chosen(_) => 0,
    };
    if days > LONGEST_DAYS {
        return Err(EngineError::OutOfRange("days go from 0 to 3,650"));
    }
    let at = core.now();
    let before = at
        .checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
        .map_err(|_| EngineError::OutOfRange("the age of messages"))?;
    let id = core
        .with_store(move |store| {
            store.account(account)?;
            let (choice, missing) = match &scope {
                PurgeScope::Sent {
                    keep_flagged,
                    keep_unknown_fate,
                    keep_unfiled,
                    ..
                } => {
                    let folder = folders::sent_folder(store, account)?.map(|sent| sent.folder);
                    let choice = PurgeChoice::Sent {
                        folder,
                        before,
                        keep_flagged: *keep_flagged,
                        keep_unknown_fate: *keep_unknown_fate,
                        keep_unfiled: *keep_unfiled,
                    };
                    (choice, folder.is_none().then_some(PurgeProblem::NoSentFolder))
                }
                PurgeScope::Trash { .. } => {
                    let folder = folders::trash_folder(store, account)?;
                    (PurgeChoice::Trash { folder, before }, None)
                }
                PurgeScope::Chosen(mails) => {
                    if store.rows(mails)?.iter().any(|row| row.account != account) {
                        return Ok(None);
                    }
                    (PurgeChoice::Chosen(mails.clone()), None)
                }
            };
            let unsafe_server = folders::offered(store, account)?.is_some_and(|offered| !offered.uidplus);
            let obstacle = missing.or(unsafe_server.then_some(PurgeProblem::NoUidPlus));
            // Which were chosen is in the plan itself.
            let kept = match scope {
                PurgeScope::Chosen(_) => PurgeScope::Chosen(Vec::new()),
                other => other,
            };
            let new = NewPurge {
                account,
                scope: serde_json::to_string(&kept).unwrap_or_default(),
                choice,
                keep_local,
                scheduled,
                obstacle: obstacle.map_or("", view::word),
                at,
            };
            store.plan_purge(&new).map(Some)
        })
        .await?;
    id.ok_or(EngineError::BadRequest("these messages are not of this BAL"))
}

/// Says in the journal what is done with a whole purge.
async fn trace(
    core: &std::sync::Arc<Core>,
    account: AccountId,
    id: PurgeId,
    what: &'static str,
    amount: Option<u32>,
) -> Result<(), EngineError> {
    let bal = core.blocking(move |core| Ok(core.bal(account))).await?;
    let mut verb = Wording::fixed("PURGE").and(what).and("ID=").then(id.get());
    if let Some(amount) = amount {
        verb = verb.and("COUNT=").then(amount);
    }
    core.trace(Local::new(Action::Purge, verb).of(bal)).await
}

/// Tells windows how far a purge has come.
async fn tell(core: &std::sync::Arc<Core>, account: AccountId, id: PurgeId) {
    let parts = core
        .with_store(move |store| store.purge_parts(id))
        .await
        .unwrap_or_default();
    let total = parts.iter().map(|part| part.count).sum();
    let done = parts
        .iter()
        .filter(|part| part.step.is_final())
        .map(|part| part.count)
        .sum();
    core.emit(Event::Purge {
        account,
        purge: id.get(),
        done,
        total,
    });
}

/// Whether a purge goes on, here or in a process that was killed.
fn is_running(store: &Store, account: AccountId) -> Result<bool, StoreError> {
    let all = store.purges(Some(account))?;
    Ok(all.iter().any(|record| record.state == PurgeState::Running))
}
