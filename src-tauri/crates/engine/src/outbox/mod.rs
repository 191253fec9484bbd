//! One message's way out: committed before any network, tried until the operator answers, followed to each mailbox.
//!
//! draft → queued → sending → accepted | refused | unknown, each committed before its step, and one state for each
//! recipient. *Unknown* is the honest name of a connection lost between the final dot and its answer (RFC 1047): it is
//! looked for in Sent and among the reports ([`unknown`]), then waits for the person's word. Nothing is sent again that may
//! have left, and nothing is removed.

mod answer;
mod attempt;
mod backoff;
mod gate;
mod reports;
mod sent_copy;
mod unknown;
mod view;
mod worker;

use jiff::SignedDuration;
use pli_store::{AccountId, DraftId, MailId, OutboxId, OutboxState, RecipientState, RecipientUpdate};

pub use view::{Fate, Outgoing, OutgoingRecipient, Problem};

pub(crate) use reports::on_report;
pub(crate) use worker::{close, open};

use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;

/// Entries of the outbox read at once, at most.
pub(crate) const LIST: u32 = 5_000;

impl Engine {
    /// What was queued within this many days (1 to 3,650), newest first, and whatever is not settled.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn outbox_list(&self, days: u32) -> Result<Vec<Outgoing>, EngineError> {
        let since = self.core.now() - SignedDuration::from_hours(24 * i64::from(days.clamp(1, 3_650)));
        let store = self.core.store()?;
        self.core
            .blocking(move |core| {
                let all = store.outbox(false, LIST)?;
                all.into_iter()
                    .filter(|entry| entry.created_at >= since || view::is_open(entry.state))
                    .map(|entry| view::of(core, &store, entry))
                    .collect()
            })
            .await
    }

    /// One message on its way.
    ///
    /// # Errors
    /// [`EngineError::Store`] when there is none.
    pub async fn outbox_get(&self, id: OutboxId) -> Result<Outgoing, EngineError> {
        let store = self.core.store()?;
        self.core
            .blocking(move |core| view::of(core, &store, store.outgoing(id)?))
            .await
    }

    /// The message on its way that a report of the mailbox speaks of.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn outbox_of_report(&self, report: MailId) -> Result<Option<OutboxId>, EngineError> {
        self.core
            .with_store(move |store| store.outgoing_of_report(report))
            .await
    }

    /// Takes a message back before it leaves, or after it was refused: it is a draft again.
    ///
    /// # Errors
    /// [`EngineError::AlreadyLeft`] once a recipient may have it; [`EngineError::WrongState`] when it has no draft any more.
    pub async fn outbox_cancel(&self, id: OutboxId) -> Result<DraftId, EngineError> {
        let now = self.core.now();
        self.said_of("TAKE BACK", id).await?;
        let draft = self
            .core
            .with_store(move |store| {
                let entry = store.outgoing(id)?;
                let took = |state: RecipientState| {
                    !matches!(
                        state,
                        RecipientState::Pending | RecipientState::Refused | RecipientState::Failed
                    )
                };
                let back = matches!(entry.state, OutboxState::Queued | OutboxState::Refused);
                if !back || entry.recipients.iter().any(|recipient| took(recipient.state)) {
                    return Ok(Err(EngineError::AlreadyLeft));
                }
                let Some(draft) = store.draft_of_outgoing(id)? else {
                    return Ok(Err(EngineError::WrongState("this message has no draft any more")));
                };
                match store.advance(id, OutboxState::Cancelled, &[], ("", ""), None, now) {
                    Ok(()) => Ok(Ok(draft)),
                    // The sender was faster.
                    Err(pli_store::StoreError::IllegalTransition { .. }) => Ok(Err(EngineError::AlreadyLeft)),
                    Err(error) => Err(error),
                }
            })
            .await??;
        self.core.outbox.gates.forget(id);
        tell(&self.core, id, OutboxState::Cancelled);
        self.core.emit(Event::Draft {
            draft,
            revision: self.draft_get(draft).await?.revision,
        });
        Ok(draft)
    }

    /// Tries a queued message now, or a refused one again.
    ///
    /// # Errors
    /// [`EngineError::WrongState`] when it neither waits nor was refused.
    pub async fn outbox_retry(&self, id: OutboxId) -> Result<Outgoing, EngineError> {
        self.said_of("TRY AGAIN", id).await?;
        self.again(id, |state| matches!(state, OutboxState::Queued | OutboxState::Refused))
            .await?;
        self.outbox_get(id).await
    }

    /// The person's word on a message whose fate is not known: it has left, or it is to be sent again, the same octets.
    ///
    /// # Errors
    /// [`EngineError::WrongState`] when its fate is known.
    pub async fn outbox_settle(&self, id: OutboxId, left: bool) -> Result<Outgoing, EngineError> {
        self.said_of(if left { "SETTLE AS SENT" } else { "SEND AGAIN" }, id)
            .await?;
        if left {
            let store = self.core.store()?;
            let settled = self
                .core
                .blocking(move |core| {
                    let entry = store.outgoing(id)?;
                    if entry.state != OutboxState::Unknown {
                        return Err(EngineError::WrongState("the fate of this message is known"));
                    }
                    unknown::accept(core, &store, &entry)?;
                    Ok(())
                })
                .await;
            settled?;
        } else {
            self.again(id, |state| state == OutboxState::Unknown).await?;
        }
        self.outbox_get(id).await
    }

    /// Does all that can be done for the outbox now, and comes back when it is done: what is due is handed over, what is
    /// not known is looked for, what was taken is filed in Sent. For a command that ends; a window's engine does it by
    /// itself.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`]. What a server answers is in each message's state.
    pub async fn outbox_flush(&self) -> Result<(), EngineError> {
        worker::drain(&self.core).await
    }

    /// The person's word on a message, in the journal before it counts.
    async fn said_of(&self, verb: &'static str, id: OutboxId) -> Result<(), EngineError> {
        self.core
            .blocking(move |core| {
                let local = Local::new(pli_trace::Action::Send, pli_terms::Wording::fixed(verb));
                core.record(core.about_outgoing(local, id)?)
            })
            .await
    }

    /// Back to the queue, due at once.
    async fn again(&self, id: OutboxId, from: fn(OutboxState) -> bool) -> Result<(), EngineError> {
        let now = self.core.now();
        self.core
            .with_store(move |store| {
                if !from(store.outgoing(id)?.state) {
                    return Ok(Err(EngineError::WrongState(
                        "this message cannot be tried in this state",
                    )));
                }
                match store.advance(id, OutboxState::Queued, &[], ("", ""), Some(now), now) {
                    Ok(()) => Ok(Ok(())),
                    Err(pli_store::StoreError::IllegalTransition { .. }) => {
                        Ok(Err(EngineError::WrongState("this message is being sent")))
                    }
                    Err(error) => Err(error),
                }
            })
            .await??;
        self.core.outbox.gates.forget(id);
        self.core.outbox.gates.forget_problem(id);
        tell(&self.core, id, OutboxState::Queued);
        self.core.outbox_wake.notify_one();
        Ok(())
    }
}

/// Tells windows that a message moved.
fn tell(core: &Core, outgoing: OutboxId, state: OutboxState) {
    core.emit(Event::Outgoing { outgoing, state });
}

/// The recipients in one of these states, taken to another.
fn moved(entry: &pli_store::Outgoing, from: RecipientState, to: RecipientState) -> Vec<RecipientUpdate> {
    entry
        .recipients
        .iter()
        .filter(|recipient| recipient.state == from)
        .map(|recipient| RecipientUpdate {
            address: recipient.address.clone(),
            state: to,
            code: recipient.code.clone(),
            text: recipient.text.clone(),
        })
        .collect()
}

/// What the outbox keeps in memory while the engine runs.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    gates: gate::Gates,
    worker: std::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
}

/// Whether a BAL's own address is among the recipients: its inbox then proves that the message left.
fn goes_to_itself(entry: &pli_store::Outgoing) -> bool {
    entry
        .recipients
        .iter()
        .any(|recipient| recipient.address.same_mailbox(&entry.sender))
}

/// The BALs in the order they were added.
async fn accounts(core: &Core) -> Result<Vec<AccountId>, EngineError> {
    core.with_store(|store| Ok(store.accounts()?.into_iter().map(|account| account.id).collect()))
        .await
}
