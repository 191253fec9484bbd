//! Purges that begin by themselves (EX_GBP_3050): when they are due, somebody is logged in, and the profile is open. While it
//! is locked nothing of it is open, so nothing is deleted either; what was missed runs once, not as often as it was missed.
//!
//! A plan of more than twice what the last one removed waits for the person: they see it first. So does the first of all.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan, Zoned};
use pli_store::{AccountId, PurgeId, PurgeState, Store, StoreError};
use pli_terms::Wording;
use pli_trace::Action;
use serde::{Deserialize, Serialize};

use super::model::{Every, LONGEST_DAYS, PurgeSchedule, PurgeScope};
use super::{is_running, plan, task, view};
use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::policy::PolicyPurge;

/// How often it is looked whether a purge is due.
const LOOK: Duration = Duration::from_secs(5 * 60);

/// What is left to the program's opening before it is looked for the first time.
const SETTLING: Duration = Duration::from_secs(60);

/// Days when nobody says otherwise (EX_GBP_3050).
const USUAL_DAYS: u32 = 30;

/// A schedule as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    enabled: bool,
    every: Every,
    older_than_days: u32,
    keep_flagged: bool,
    keep_unknown_fate: bool,
    keep_unfiled: bool,
    keep_local: bool,
    trash_older_than_days: Option<u32>,
    /// Periods are counted from here until the first run: milliseconds since 1970 (UTC).
    since: Option<i64>,
    sent: Job,
    trash: Job,
}

/// What is known of one of its two works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Job {
    /// Milliseconds since 1970 (UTC).
    last_run: Option<i64>,
    waits: Option<i64>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            enabled: false,
            every: Every::Weekly,
            older_than_days: USUAL_DAYS,
            keep_flagged: true,
            keep_unknown_fate: true,
            keep_unfiled: true,
            keep_local: false,
            trash_older_than_days: None,
            since: None,
            sent: Job::default(),
            trash: Job::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Sent,
    Trash,
}

impl Kept {
    /// What the organisation decides is decided.
    fn under(mut self, policy: PolicyPurge) -> Self {
        if let Some(days) = policy.sent_days {
            self.enabled = true;
            self.older_than_days = days;
            self.every = policy.every.unwrap_or(Every::Weekly);
            self.keep_flagged = policy.keep_flagged.unwrap_or(true);
            self.keep_unknown_fate = policy.keep_unknown_fate.unwrap_or(true);
            self.keep_unfiled = policy.keep_unfiled.unwrap_or(true);
            self.keep_local = policy.keep_local.unwrap_or(false);
            self.trash_older_than_days = policy.trash_days;
        }
        self
    }

    fn job(&self, work: Work) -> &Job {
        match work {
            Work::Sent => &self.sent,
            Work::Trash => &self.trash,
        }
    }

    fn job_mut(&mut self, work: Work) -> &mut Job {
        match work {
            Work::Sent => &mut self.sent,
            Work::Trash => &mut self.trash,
        }
    }

    fn scope(&self, work: Work) -> Option<PurgeScope> {
        match work {
            Work::Sent => Some(PurgeScope::Sent {
                older_than_days: self.older_than_days,
                keep_flagged: self.keep_flagged,
                keep_unknown_fate: self.keep_unknown_fate,
                keep_unfiled: self.keep_unfiled,
            }),
            Work::Trash => self
                .trash_older_than_days
                .map(|older_than_days| PurgeScope::Trash { older_than_days }),
        }
    }

    /// When a work is due; none while it does not run.
    fn due(&self, work: Work, zone: &Zoned) -> Option<Timestamp> {
        if !self.enabled || self.scope(work).is_none() {
            return None;
        }
        match self.job(work).last_run {
            Some(last) => Some(after(moment(last), self.every, zone)),
            // The first time, a period after it was set: nobody is surprised on the same day.
            None => self.since.map(|since| after(moment(since), self.every, zone)),
        }
    }
}

/// One period later, by the workstation's calendar.
fn after(at: Timestamp, every: Every, zone: &Zoned) -> Timestamp {
    let span = match every {
        Every::Daily => 1.day(),
        Every::Weekly => 7.days(),
        Every::Monthly => 1.month(),
    };
    let local = at.to_zoned(zone.time_zone().clone());
    local
        .checked_add(span)
        .map_or(Timestamp::MAX, |later| later.timestamp())
}

fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn name(account: AccountId) -> String {
    format!("account/{account}/purge_schedule")
}

fn kept(store: &Store, account: AccountId, policy: PolicyPurge) -> Result<Kept, StoreError> {
    let kept: Option<Kept> = store.setting(&name(account))?;
    Ok(kept.unwrap_or_default().under(policy))
}

impl Engine {
    /// When a BAL's purge runs by itself: as the person set it, or as the workstation's policy fixes it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a BAL that is gone.
    pub async fn purge_schedule(&self, account: AccountId) -> Result<PurgeSchedule, EngineError> {
        let (policy, zone) = (self.core.policy.purge(), self.core.zoned());
        self.core
            .with_store(move |store| {
                store.account(account)?;
                shown(store, account, policy, &zone)
            })
            .await
    }

    /// Sets when a BAL's purge runs by itself. What it says of the past and of what waits is not taken.
    ///
    /// # Errors
    /// [`EngineError::FixedByPolicy`], [`EngineError::OutOfRange`] beyond 3,650 days, [`EngineError::NotFound`].
    pub async fn purge_schedule_set(
        &self,
        account: AccountId,
        schedule: PurgeSchedule,
    ) -> Result<PurgeSchedule, EngineError> {
        let policy = self.core.policy.purge();
        if policy.sent_days.is_some() {
            return Err(EngineError::FixedByPolicy("schedule of the purge"));
        }
        let days = schedule
            .trash_older_than_days
            .unwrap_or(0)
            .max(schedule.older_than_days);
        if days > LONGEST_DAYS {
            return Err(EngineError::OutOfRange("days go from 0 to 3,650"));
        }
        let bal = self
            .core
            .blocking(move |core| {
                core.store()?.account(account)?;
                Ok(core.bal(account))
            })
            .await?;
        let word = if schedule.enabled { "ON" } else { "OFF" };
        let verb = Wording::fixed("PURGE SCHEDULE")
            .and(word)
            .and("DAYS=")
            .then(schedule.older_than_days);
        self.core.trace(Local::new(Action::Settings, verb).of(bal)).await?;
        let now = self.core.now();
        self.core
            .with_store(move |store| {
                let before: Kept = store.setting(&name(account))?.unwrap_or_default();
                let same = before.enabled == schedule.enabled && before.every == schedule.every;
                let after = Kept {
                    enabled: schedule.enabled,
                    every: schedule.every,
                    older_than_days: schedule.older_than_days,
                    keep_flagged: schedule.keep_flagged,
                    keep_unknown_fate: schedule.keep_unknown_fate,
                    keep_unfiled: schedule.keep_unfiled,
                    keep_local: schedule.keep_local,
                    trash_older_than_days: schedule.trash_older_than_days,
                    since: before.since.filter(|_| same).or(Some(now.as_millisecond())),
                    sent: Job {
                        waits: None,
                        ..before.sent
                    },
                    trash: Job {
                        waits: None,
                        ..before.trash
                    },
                };
                store.set_setting(&name(account), &after)
            })
            .await?;
        self.purge_schedule(account).await
    }

    /// Looks whether a purge is due, of any BAL, and begins it: what an engine that follows its BALs does by itself every few
    /// minutes. Answers the purges that were begun, or that wait for the person now.
    ///
    /// # Errors
    /// What kept it from looking.
    pub async fn purge_due(&self) -> Result<Vec<PurgeId>, EngineError> {
        look(&self.core).await
    }
}

fn shown(store: &Store, account: AccountId, policy: PolicyPurge, zone: &Zoned) -> Result<PurgeSchedule, StoreError> {
    let kept = kept(store, account, policy)?;
    let next = [kept.due(Work::Sent, zone), kept.due(Work::Trash, zone)];
    let next = next.into_iter().flatten().min();
    let waits = [kept.sent.waits, kept.trash.waits].into_iter().flatten();
    let mut waiting = None;
    for id in waits.map(PurgeId::from_raw) {
        match store.purge(id) {
            // In a profile that a backup of this BAL was restored into, another BAL's may have this number.
            Ok(record) if record.account == account && record.state == PurgeState::Planned => {
                waiting = waiting.or(Some(id));
            }
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(PurgeSchedule {
        enabled: kept.enabled,
        every: kept.every,
        older_than_days: kept.older_than_days,
        keep_flagged: kept.keep_flagged,
        keep_unknown_fate: kept.keep_unknown_fate,
        keep_unfiled: kept.keep_unfiled,
        keep_local: kept.keep_local,
        trash_older_than_days: kept.trash_older_than_days,
        last_run: kept.sent.last_run.max(kept.trash.last_run).map(moment),
        // What was missed runs as soon as it can.
        next_run: next.map(|at| at.max(zone.timestamp())),
        waits: waiting,
        fixed: policy.sent_days.is_some(),
    })
}

/// Looks for what is due until the profile closes.
pub(super) async fn keep(core: Arc<Core>) {
    let mut wait = SETTLING;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = core.closed() => return,
        }
        if let Err(error) = look(&core).await {
            tracing::info!(%error, "scheduled purges could not be looked at");
        }
        wait = LOOK;
    }
}

async fn look(core: &Arc<Core>) -> Result<Vec<PurgeId>, EngineError> {
    let mut found = Vec::new();
    for account in core.with_store(|store| store.accounts()).await? {
        if !core.identities.has(account.id, account.settings.auth) {
            continue;
        }
        for work in [Work::Sent, Work::Trash] {
            found.extend(look_at(core, account.id, work).await?);
        }
    }
    Ok(found)
}

async fn look_at(core: &Arc<Core>, account: AccountId, work: Work) -> Result<Option<PurgeId>, EngineError> {
    let (policy, zone) = (core.policy.purge(), core.zoned());
    let now = zone.timestamp();
    let due = core
        .with_store(move |store| {
            let mut kept = kept(store, account, policy)?;
            if kept.enabled && kept.since.is_none() {
                // Fixed by a policy that this BAL sees for the first time.
                kept.since = Some(now.as_millisecond());
                store.set_setting(&name(account), &kept)?;
            }
            let due = kept.due(work, &zone).is_some_and(|at| at <= now);
            let ready = due && !is_running(store, account)? && !waits(store, account, kept.job(work))?;
            Ok(ready.then_some(kept))
        })
        .await?;
    let Some((kept, scope)) = due.and_then(|kept| Some((kept.clone(), kept.scope(work)?))) else {
        return Ok(None);
    };
    let id = plan(core, account, scope, kept.keep_local, true).await?;
    let (count, last, obstacle) = core
        .with_store(move |store| {
            let count: u64 = store.purge_parts(id)?.iter().map(|part| part.count).sum();
            Ok((count, last_removed(store, account, id)?, store.purge(id)?.obstacle))
        })
        .await?;
    if count == 0 && obstacle.is_empty() {
        note(core, account, work, move |job| {
            job.last_run = Some(now.as_millisecond())
        })
        .await?;
        return Ok(None);
    }
    let surprise = last.is_none_or(|last| count > last.saturating_mul(2));
    if surprise || !obstacle.is_empty() {
        note(core, account, work, move |job| job.waits = Some(id.get())).await?;
        super::tell(core, account, id).await;
        core.emit(Event::Accounts);
        return Ok(Some(id));
    }
    task::begin(core, id, true).await?;
    Ok(Some(id))
}

/// Whether a plan waits for the person's word.
fn waits(store: &Store, account: AccountId, job: &Job) -> Result<bool, StoreError> {
    let Some(id) = job.waits else { return Ok(false) };
    match store.purge(PurgeId::from_raw(id)) {
        // What stood in its way may be gone: it is planned again.
        Ok(record) => {
            let planned = record.account == account && record.state == PurgeState::Planned;
            Ok(planned && view::problem(&record.obstacle).is_none())
        }
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// How many messages the last purge of the same kind that came to its end removed, whoever began it.
fn last_removed(store: &Store, account: AccountId, than: PurgeId) -> Result<Option<u64>, StoreError> {
    let kind = |scope: &str| scope.get(..7).map(str::to_owned);
    let all = store.purges(Some(account))?;
    let Some(own) = all
        .iter()
        .find(|record| record.id == than)
        .map(|record| kind(&record.scope))
    else {
        return Ok(None);
    };
    let mut done = all
        .iter()
        .filter(|record| record.state == PurgeState::Done && kind(&record.scope) == own);
    let Some(last) = done.next() else { return Ok(None) };
    let parts = store.purge_parts(last.id)?;
    let removed = parts.iter().filter(|part| part.step == pli_store::PurgeStep::Gone);
    Ok(Some(removed.map(|part| part.count).sum()))
}

/// A purge was begun: when its schedule made it, its period begins again.
pub(super) async fn note_begun(core: &Arc<Core>, account: AccountId, id: PurgeId) -> Result<(), EngineError> {
    let record = core.with_store(move |store| store.purge(id)).await?;
    if !record.scheduled {
        return Ok(());
    }
    let work = match serde_json::from_str(&record.scope) {
        Ok(PurgeScope::Trash { .. }) => Work::Trash,
        _ => Work::Sent,
    };
    let now = core.now();
    note(core, account, work, move |job| {
        job.last_run = Some(now.as_millisecond());
        job.waits = None;
    })
    .await
}

/// A purge has ended: whatever else is due may follow.
pub(super) async fn note_ended(core: &Arc<Core>, account: AccountId, id: PurgeId) -> Result<(), EngineError> {
    let record = core.with_store(move |store| store.purge(id)).await?;
    if record.scheduled && record.state == PurgeState::Done && core.options.background {
        tracing::info!(account = account.get(), "a scheduled purge has ended");
    }
    Ok(())
}

async fn note(
    core: &Arc<Core>,
    account: AccountId,
    work: Work,
    change: impl FnOnce(&mut Job) + Send + 'static,
) -> Result<(), EngineError> {
    let policy = core.policy.purge();
    core.with_store(move |store| {
        let mut kept = kept(store, account, policy)?;
        change(kept.job_mut(work));
        store.set_setting(&name(account), &kept)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_the_calendar_s_and_the_first_run_comes_after_one() {
        let zone: Zoned = "2026-03-01T10:00[Europe/Paris]".parse().unwrap();
        let mut kept = Kept {
            enabled: true,
            every: Every::Daily,
            since: Some(at("2026-03-28T09:00:00Z").as_millisecond()),
            ..Kept::default()
        };
        // The clocks change that night: the same hour of the day, not 24 hours later.
        assert_eq!(kept.due(Work::Sent, &zone), Some(at("2026-03-29T08:00:00Z")));
        assert_eq!(kept.due(Work::Trash, &zone), None, "the bin is left alone");
        kept.every = Every::Monthly;
        kept.sent.last_run = Some(at("2026-01-31T09:00:00Z").as_millisecond());
        assert_eq!(kept.due(Work::Sent, &zone), Some(at("2026-02-28T09:00:00Z")));
        kept.enabled = false;
        assert_eq!(kept.due(Work::Sent, &zone), None);
    }

    #[test]
    fn what_an_organisation_fixes_is_fixed() {
        let kept = Kept {
            keep_flagged: false,
            trash_older_than_days: Some(3),
            ..Kept::default()
        };
        assert_eq!(kept.clone().under(PolicyPurge::default()), kept);
        let fixed = kept.under(PolicyPurge {
            sent_days: Some(90),
            ..PolicyPurge::default()
        });
        assert!(fixed.enabled && fixed.keep_flagged && fixed.trash_older_than_days.is_none());
        assert_eq!((fixed.older_than_days, fixed.every), (90, Every::Weekly));
    }
}
