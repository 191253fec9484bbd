//! Reading a BAL's room, and keeping what was read: the last reading, the day's point, the warning, in one commit.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pli_store::{AccountId, QuotaKept, QuotaLevel, QuotaReading, QuotaRefusal, QuotaSource, QuotaTold, Room};
use pli_terms::Wording;
use pli_trace::Action;
use pli_wire::WireError;
use pli_wire::imap::ImapSession;

use super::judge::{Judged, judge};
use super::level::{counts, level, of_reading};
use super::patience::About;
use super::warning::{Now, step};
use crate::audit::Local;
use crate::connect;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::{Event, SessionState};

/// How long what a server told stands for one that does not tell for a while.
const STANDS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A reading that is older than this is read again before a message leaves.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// How long somebody who waits to send may wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the server on this connection, and keeps what it says. To be called after a whole round and after whatever freed or
/// took much room.
///
/// # Errors
/// What ended the connection; what the store or the journal refuse. A server that says nothing of use is no error.
pub(crate) async fn read<S: ImapSession>(
    core: &Arc<Core>,
    account: AccountId,
    session: &mut S,
) -> Result<(), EngineError> {
    keep(core, account, ask(core, account, session).await?, None).await
}

/// The server refused octets for want of room: that is noted, and its figures are read again.
///
/// # Errors
/// As [`read`].
pub(crate) async fn refused<S: ImapSession>(
    core: &Arc<Core>,
    account: AccountId,
    size: u64,
    session: &mut S,
) -> Result<(), EngineError> {
    let refusal = QuotaRefusal { at: core.now(), size };
    let told = if session.is_usable() {
        ask(core, account, session).await?
    } else {
        None
    };
    keep(core, account, told, Some(refusal)).await
}

/// Asks the server on a connection of its own.
///
/// # Errors
/// [`EngineError::LoginNeeded`], what the way or the server answers, and those of [`read`].
pub(super) async fn apart(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    let mut session = connect::open_imap(core, account).await?;
    let answer = read(core, account, &mut session).await;
    if session.is_usable() {
        // A good-bye that fails changes nothing.
        let _ = tokio::time::timeout(PATIENCE, session.logout()).await;
    }
    answer
}

/// Makes sure that a BAL's room was read within ten minutes, before a message leaves: asked again otherwise, within five
/// seconds and once a minute at most. What cannot be had is done without.
pub(crate) async fn fresh_enough(core: &Arc<Core>, account: AccountId) {
    let now = core.now();
    let fresh = core
        .with_store(move |store| {
            let method = store.account(account)?.settings.auth;
            let known = store.quota(account)?;
            // What is only summed up here changes nothing for a message that leaves.
            let fresh = known.is_some_and(|kept| {
                kept.reading.source == QuotaSource::Estimate
                    || kept.reading.at.is_some_and(|at| now.duration_since(at).abs() < FRESH)
            });
            Ok((fresh, method))
        })
        .await;
    let Ok((false, method)) = fresh else { return };
    // Whoever cannot be reached is not waited for.
    let offline = core.options.background
        && core
            .runtime(account)
            .is_some_and(|runtime| runtime.state().session == SessionState::Offline);
    if offline
        || !core.identities.has(account, method)
        || core.quota.is_mute(account)
        || !core.quota.may_ask(account, About::Room)
    {
        return;
    }
    match tokio::time::timeout(PATIENCE, apart(core, account)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!(%error, "a quota could not be read before a message leaves"),
        Err(_) => tracing::info!("a quota was not told in time before a message leaves"),
    }
}

/// What the server says; `None` when it says nothing, or nothing that can be believed.
async fn ask<S: ImapSession>(
    core: &Arc<Core>,
    account: AccountId,
    session: &mut S,
) -> Result<Option<Judged>, EngineError> {
    if core.quota.is_mute(account) || !session.capabilities().quota() {
        return Ok(None);
    }
    match session.quota().await {
        Ok(told) => Ok(told.as_ref().and_then(judge)),
        Err(error) => {
            // An answer that cannot be read ends the connection each time: nothing else would ever be read of this BAL.
            if matches!(error, WireError::Unreadable { .. }) {
                tracing::info!("a server's quota cannot be read: it is not asked any more");
                core.quota.silence(account);
            }
            if error.breaks_connection() || matches!(error, WireError::Audit(_)) {
                return Err(error.into());
            }
            Ok(None)
        }
    }
}

async fn keep(
    core: &Arc<Core>,
    account: AccountId,
    told: Option<Judged>,
    refusal: Option<QuotaRefusal>,
) -> Result<(), EngineError> {
    let news = core
        .blocking(move |core| keep_here(core, account, told, refusal))
        .await?;
    core.tell_journal();
    if news {
        core.emit(Event::Quota { account });
        core.emit(Event::Accounts);
    }
    Ok(())
}

/// Keeps a reading; answers whether it says anything new.
fn keep_here(
    core: &Arc<Core>,
    account: AccountId,
    told: Option<Judged>,
    refusal: Option<QuotaRefusal>,
) -> Result<bool, EngineError> {
    let store = core.store()?;
    let (now, today) = (core.now(), core.zoned().date());
    let before = store.quota(account)?;
    let refusal = refusal.or_else(|| before.and_then(|before| before.refusal));
    let reading = match (told, before) {
        (Some(judged), _) => QuotaReading {
            source: QuotaSource::Server,
            storage: judged.storage,
            messages: judged.messages,
            left: judged.left,
            at: Some(now),
        },
        // A server that told before and does not now: what it told stands for a while.
        (None, Some(before)) if stands(&before.reading, now) && refusal.is_none() => return tell_again(core, account),
        (None, Some(before)) if stands(&before.reading, now) => before.reading,
        (None, _) => {
            let (count, octets) = store.weight(account)?;
            QuotaReading {
                source: QuotaSource::Estimate,
                storage: Some(Room {
                    used: octets,
                    limit: None,
                }),
                messages: Some(Room {
                    used: count,
                    limit: None,
                }),
                left: None,
                at: Some(now),
            }
        }
    };
    // Room was made since: what was refused would be taken now, for all that is known.
    let octets = |reading: &QuotaReading| reading.storage.map(|room| room.used);
    let less = before.is_some_and(|before| octets(&reading) < octets(&before.reading));
    let refusal = refusal.filter(|refusal| {
        let fits = reading.left.is_some_and(|left| left > refusal.size);
        counts(refusal, reading.left, now) && !(less && fits && refusal.at < now)
    });
    let every = core.policy.quota().every();
    let mut telling = None;
    let kept = store.keep_quota(account, &reading, refusal, today, |known| {
        let now = state(&reading, refusal, now);
        let (told, tell) = step(known.map(|known| known.told).unwrap_or_default(), now, every);
        telling = tell.then_some(told.level);
        told
    })?;
    if let Some(level) = telling {
        record(core, account, level);
    }
    let same = |before: QuotaKept| {
        let unread = |reading: QuotaReading| QuotaReading { at: None, ..reading };
        unread(before.reading) == unread(kept.reading) && before.told == kept.told && before.refusal == kept.refusal
    };
    Ok(!before.is_some_and(same))
}

fn stands(reading: &QuotaReading, now: Timestamp) -> bool {
    let lately = reading.at.is_some_and(|at| now.duration_since(at).abs() < STANDS);
    reading.source == QuotaSource::Server && lately
}

fn state(reading: &QuotaReading, refusal: Option<QuotaRefusal>, at: Timestamp) -> Now {
    let kept = QuotaKept {
        reading: *reading,
        refusal,
        told: QuotaTold::default(),
    };
    Now {
        level: level(&kept, at),
        percent: of_reading(reading).unwrap_or(0),
        read_at: reading.at,
        at,
    }
}

/// Tells again what is due without a new reading; answers whether something was.
///
/// # Errors
/// [`EngineError::Store`].
pub(super) fn tell_again(core: &Arc<Core>, account: AccountId) -> Result<bool, EngineError> {
    let (store, now) = (core.store()?, core.now());
    let every = core.policy.quota().every();
    let mut telling = None;
    store.change_quota_told(account, |kept| {
        let (told, tell) = step(kept.told, state(&kept.reading, kept.refusal, now), every);
        telling = tell.then_some(told.level);
        told
    })?;
    if let Some(level) = telling {
        record(core, account, level);
    }
    Ok(telling.is_some())
}

/// That somebody was warned is in the journal.
fn record(core: &Core, account: AccountId, level: QuotaLevel) {
    let verb = match level {
        QuotaLevel::Fine => return,
        QuotaLevel::High => Wording::fixed("WARN 80"),
        QuotaLevel::AlmostFull => Wording::fixed("WARN 90"),
        QuotaLevel::Full => Wording::fixed("WARN 100"),
    };
    core.owe(Local::new(Action::Quota, verb).of(core.bal(account)));
}
