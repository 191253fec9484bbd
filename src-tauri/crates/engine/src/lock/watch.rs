//! What locks by itself: nobody acting for the time set, a suspend that was noticed afterwards, and the file by which a
//! command asks the running program.

use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior};

use super::state::Active;
use super::{LockReason, seal_off};
use crate::core::Core;
use crate::home::Home;

/// How often it looks.
const LOOK: Duration = Duration::from_secs(1);

/// The calendar ran ahead of the process by so much: the workstation slept. Less is a clock being set right.
const SLEPT: Duration = Duration::from_secs(30);

/// Nothing looked for so long: the workstation slept, on systems whose clocks go on counting meanwhile.
const GAP: Duration = Duration::from_secs(60);

/// How many looks make one at whether the store is idle and may give its memory back.
const RELAX: u32 = 30;

/// Looks each second, until the engine is gone or stops.
pub(crate) async fn watch(core: Weak<Core>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before: Option<Active> = None;
    let mut looks = 0_u32;
    loop {
        ticks.tick().await;
        looks = looks.wrapping_add(1);
        let Some(core) = core.upgrade() else { return };
        if core.is_stopping() {
            return;
        }
        let now = Active {
            calendar: core.now(),
            process: Instant::now(),
        };
        let slept = before.is_some_and(|before| has_slept(before, now));
        before = Some(now);
        // Whatever stands still while the lock closes everything must not be taken for a sleep.
        if let Some(reason) = reason(&core, slept, now).await {
            if let Err(error) = seal_off(&core, reason).await {
                tracing::warn!(%error, "the profile could not be locked");
            }
            before = None;
        } else if looks.is_multiple_of(RELAX)
            && let Err(error) = core.with_store(pli_store::Store::relax_if_idle).await
        {
            tracing::debug!(%error, "the store keeps its memory for now");
        }
        core.options.clock.looked(now.calendar);
    }
}

async fn reason(core: &Arc<Core>, slept: bool, now: Active) -> Option<LockReason> {
    if take_request(&core.home).await {
        return Some(LockReason::Demand);
    }
    if core.opened().is_err() {
        return None;
    }
    if slept {
        // Connections are dead whether it locks or not.
        core.resumed();
        return Some(LockReason::Sleep);
    }
    let minutes = core.policy.minutes(core.profile.get().minutes);
    is_left(minutes, core.lock.active(), now).then_some(LockReason::Inactivity)
}

/// Whether nobody has acted for so many minutes.
fn is_left(minutes: u32, since: Active, now: Active) -> bool {
    idle(since, now) >= Duration::from_secs(60 * u64::from(minutes))
}

/// How long nobody has acted: the longer of what the two clocks say, so that one set back hides nothing.
fn idle(since: Active, now: Active) -> Duration {
    let calendar = elapsed(since.calendar, now.calendar);
    calendar.max(now.process.saturating_duration_since(since.process))
}

fn has_slept(before: Active, now: Active) -> bool {
    let process = now.process.saturating_duration_since(before.process);
    elapsed(before.calendar, now.calendar).saturating_sub(process) > SLEPT || process > GAP
}

fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// Whether the lock was asked for since this was last looked at. What cannot be taken away is obeyed once all the same.
async fn take_request(home: &Home) -> bool {
    let path = home.lock_request();
    if tokio::fs::symlink_metadata(&path).await.is_err() {
        return false;
    }
    if let Err(error) = tokio::fs::remove_file(&path).await {
        tracing::warn!(%error, "the request to lock could not be taken away");
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use jiff::SignedDuration;

    fn at(origin: Active, calendar: i64, process: u64) -> Active {
        Active {
            calendar: origin.calendar + SignedDuration::from_secs(calendar),
            process: origin.process + Duration::from_secs(process),
        }
    }

    fn origin() -> Active {
        Active {
            calendar: "2026-11-20T08:00:00Z".parse().unwrap(),
            process: Instant::now(),
        }
    }

    #[test]
    fn a_suspend_is_a_calendar_that_ran_ahead_or_a_long_silence() {
        let start = origin();
        assert!(!has_slept(start, at(start, 1, 1)));
        assert!(!has_slept(start, at(start, 40, 20)), "a clock being set right");
        assert!(!has_slept(start, at(start, -3_600, 1)));
        assert!(has_slept(start, at(start, 32, 1)));
        assert!(
            has_slept(start, at(start, 3_600, 3_600)),
            "a clock that counts the sleep too"
        );
    }

    #[test]
    fn ten_minutes_without_anybody_lock_thirty_at_most_and_fewer_by_policy() {
        let start = origin();
        let left = |policy: &Policy, chosen: Option<u32>, seconds: i64| {
            is_left(policy.minutes(chosen), start, at(start, seconds, 1))
        };
        let free = Policy::default();
        assert!(!left(&free, None, 599) && left(&free, None, 600));
        assert!(!left(&free, Some(30), 1_799) && left(&free, Some(30), 1_800));
        assert!(left(&free, Some(240), 1_800), "however long was asked for");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.toml");
        std::fs::write(&path, "[lock]\nminutes = 3").unwrap();
        let strict = Policy::from_file(&path).unwrap();
        assert!(!left(&strict, Some(30), 179) && left(&strict, Some(30), 180));
        assert!(left(&strict, None, 180) && left(&strict, Some(1), 60));
    }

    #[test]
    fn nobody_acting_is_counted_on_both_clocks() {
        let start = origin();
        assert_eq!(idle(start, at(start, 600, 1)), Duration::from_secs(600));
        assert_eq!(
            idle(start, at(start, -7_200, 600)),
            Duration::from_secs(600),
            "set back"
        );
        assert_eq!(idle(start, at(start, 0, 0)), Duration::ZERO);
    }
}
