//! One try to hand one message over.

use std::sync::Arc;
use std::time::Duration;

use pli_store::{Change, DraftContent, Flags, OutboxState, RecipientState, Store, StoreError};
use pli_terms::Address;
use pli_wire::WireError;
use pli_wire::smtp::{Envelope, Notify, Submission as _};

use super::answer::{self, Verdict};
use super::tell;
use crate::core::Core;
use crate::error::EngineError;
use crate::{connect, limits};

/// How often a result that the disk refuses is tried again before it is given up to the next start.
const COMMITS: u32 = 5;

/// What a try says about the next ones of the same BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The way is open.
    Go,
    /// The server cannot be reached now: the others wait as well.
    Stop,
}

/// Hands one message over, if it is still queued, and commits what came of it.
///
/// # Errors
/// [`EngineError::Store`] when the disk refuses before anything is sent.
pub(super) async fn try_once(core: &Arc<Core>, entry: &pli_store::Outgoing) -> Result<Next, EngineError> {
    let mut connection = match connect::open_smtp(core, entry.account).await {
        Ok(connection) => connection,
        Err(error) if matches!(error.root(), EngineError::LoginNeeded | EngineError::Stopped) => return Ok(Next::Stop),
        Err(error) => {
            put_off(core, entry, error).await?;
            return Ok(Next::Stop);
        }
    };
    let (id, account) = (entry.id, entry.account);
    let limit = connection.features().size;
    // Held until the result is stored: a vault that closes meanwhile waits for it.
    let store = core.store()?;
    let (raw, asks_reports) = with(&store, move |store| {
        limits::keep(store, account, limit)?;
        let draft = store
            .draft_of_outgoing(id)?
            .map(|draft| store.draft(draft))
            .transpose()?;
        Ok((
            store.outgoing_raw(id)?,
            draft.is_none_or(|draft| asks_reports(&draft.content)),
        ))
    })
    .await?;
    let recipients: Vec<Address> = entry
        .recipients
        .iter()
        .filter(|recipient| recipient.state == RecipientState::Pending)
        .map(|recipient| recipient.address.clone())
        .collect();
    let size = raw.len() as u64;
    if let Some(limit) = limit.filter(|limit| size > *limit) {
        let error = WireError::TooLarge { size, limit };
        settle(core, &store, entry, answer::of_error(&error, &recipients)).await;
        return Ok(Next::Go);
    }
    // From this commit on, a process that dies leaves a message whose fate is not known.
    let now = core.now();
    let claimed = with(&store, move |store| {
        store.advance(id, OutboxState::Sending, &[], ("", ""), None, now)
    })
    .await;
    match claimed {
        Ok(()) => tell(core, id, OutboxState::Sending),
        // It was taken back, or another task has it.
        Err(EngineError::Store(StoreError::IllegalTransition { .. })) => return Ok(Next::Go),
        Err(error) => return Err(error),
    }
    let envelope = Envelope {
        from: entry.sender.clone(),
        recipients: recipients.clone(),
        message_id: Some(entry.message_id.clone()),
        envelope_id: Some(entry.envelope_id.clone()),
        notify: Notify {
            success: asks_reports,
            ..Notify::default()
        },
        return_full: false,
    };
    let next = match connection.send(&envelope, &raw).await {
        Ok(outcome) => {
            core.outbox.gates.forget_problem(id);
            if let Some(failure) = &outcome.unrecorded {
                // The message has left and must not leave twice: the trace is owed, and is written before anything else.
                tracing::error!(%failure, "a message was handed over and its result could not be recorded");
            }
            let reports = asks_reports && outcome.reports;
            // Before the event that makes windows read again. That it cannot be stored changes only what is said while
            // waiting.
            if let Err(error) = with(&store, move |store| store.set_reports(id, reports)).await {
                tracing::warn!(%error, "whether reports will come could not be stored");
            }
            settle(core, &store, entry, answer::of_outcome(&outcome)).await;
            Next::Go
        }
        Err(error) => {
            let verdict = answer::of_error(&error, &recipients);
            let next = if error.breaks_connection() || matches!(error, WireError::Audit(_)) {
                Next::Stop
            } else {
                Next::Go
            };
            if verdict.is_again() {
                core.outbox.gates.keep_problem(id, Arc::new(error.into()));
            }
            settle(core, &store, entry, verdict).await;
            next
        }
    };
    // A good-bye that fails changes nothing.
    let _ = connection.quit().await;
    Ok(next)
}

/// Works with the store on a thread that may block, whether or not the vault is being closed.
async fn with<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, EngineError> {
    let store = Arc::clone(store);
    Ok(tokio::task::spawn_blocking(move || work(&store)).await??)
}

fn asks_reports(content: &DraftContent) -> bool {
    content
        .extra
        .get("askDelivery")
        .and_then(serde_json::Value::as_bool)
        .unwrap_or(true)
}

/// Notes that the server could not be reached, and when to try again.
async fn put_off(core: &Arc<Core>, entry: &pli_store::Outgoing, error: EngineError) -> Result<(), EngineError> {
    let (id, now) = (entry.id, core.now());
    let not_before = core.outbox.gates.put_off(id, now);
    let text = error.to_string();
    core.outbox.gates.keep_problem(id, Arc::new(error));
    let put = core
        .with_store(move |store| store.advance(id, OutboxState::Queued, &[], ("", &text), Some(not_before), now))
        .await;
    match put {
        Ok(()) => tell(core, id, OutboxState::Queued),
        Err(EngineError::Store(StoreError::IllegalTransition { .. })) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Commits a verdict. A disk that refuses is asked again a few times; if it goes on, the message stays « sending » and is
/// looked for at the next start: it is never sent again by itself.
async fn settle(core: &Core, store: &Arc<Store>, entry: &pli_store::Outgoing, verdict: Verdict) {
    for left in (0..COMMITS).rev() {
        match commit(core, store, entry, verdict.clone()).await {
            Ok(()) => {
                tell(core, entry.id, verdict.state);
                return;
            }
            Err(EngineError::Store(StoreError::IllegalTransition { .. } | StoreError::NotFound { .. })) => return,
            Err(error) if left == 0 => {
                tracing::error!(%error, "the outcome of a message could not be stored");
                core.outbox.gates.keep_problem(entry.id, Arc::new(error));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    }
}

async fn commit(
    core: &Core,
    store: &Arc<Store>,
    entry: &pli_store::Outgoing,
    verdict: Verdict,
) -> Result<(), EngineError> {
    let (id, now) = (entry.id, core.now());
    let not_before = verdict.is_again().then(|| core.outbox.gates.put_off(id, now));
    if not_before.is_none() {
        core.outbox.gates.forget(id);
    }
    let taken: Vec<(Address, String)> = entry
        .recipients
        .iter()
        .filter(|recipient| {
            verdict
                .recipients
                .iter()
                .any(|update| update.state == RecipientState::Accepted && update.address == recipient.address)
        })
        .map(|recipient| (recipient.address.clone(), recipient.name.clone()))
        .collect();
    let account = entry.account;
    with(store, move |store| {
        let draft = store
            .draft_of_outgoing(id)?
            .map(|draft| store.draft(draft))
            .transpose()?;
        let answer = (verdict.answer.0.as_str(), verdict.answer.1.as_str());
        store.advance(id, verdict.state, &verdict.recipients, answer, not_before, now)?;
        if !verdict.refused_for_good.is_empty() {
            store.set_recipients(id, &verdict.refused_for_good, now)?;
        }
        // What follows is a comfort: it must not make a message that has left look as if it had not.
        let comfort = || -> Result<(), StoreError> {
            store.note_correspondents(&taken, now)?;
            if verdict.state == OutboxState::Accepted
                && let Some(draft) = draft
            {
                mark_original(store, account, &draft.content, now)?;
            }
            Ok(())
        };
        if let Err(error) = comfort() {
            tracing::warn!(%error, "what follows a message that left could not be stored");
        }
        Ok(())
    })
    .await
}

/// The message that was answered or passed on shows so.
fn mark_original(
    store: &Store,
    account: pli_store::AccountId,
    content: &DraftContent,
    now: jiff::Timestamp,
) -> Result<(), StoreError> {
    let (mail, flag) = match (content.reply_to, content.forward_of) {
        (Some(mail), _) => (mail, Flags::ANSWERED),
        (None, Some(mail)) => (mail, Flags::FORWARDED),
        (None, None) => return Ok(()),
    };
    let still_here = store
        .rows(&[mail])?
        .into_iter()
        .any(|row| row.account == account && row.folder.is_some());
    if still_here {
        store.queue(
            &[mail],
            Change::Flags {
                add: flag,
                remove: Flags::NONE,
            },
            now,
        )?;
    }
    Ok(())
}
