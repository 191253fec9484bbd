//! The lock and the profiles.

use std::time::Duration;

use super::instant;
use crate::view::{Lock, LockReason, LockSettings, Profile};

pub(crate) fn lock(lock: pli_engine::LockView) -> Lock {
    Lock {
        since: instant(lock.since),
        reason: match lock.reason {
            pli_engine::LockReason::Demand => LockReason::Demand,
            pli_engine::LockReason::Inactivity => LockReason::Inactivity,
            pli_engine::LockReason::Sleep => LockReason::Sleep,
            pli_engine::LockReason::SessionEnd => LockReason::SessionEnd,
            pli_engine::LockReason::Start => LockReason::Start,
        },
        person: lock.person,
        pin: lock.pin,
        passphrase: lock.passphrase,
        login: lock.login,
        wait_seconds: whole_seconds(lock.wait),
        draft_saved_at: lock.draft_saved_at.map(instant),
        waiting: lock.waiting,
        minutes: lock.minutes,
    }
}

/// Seconds to wait, rounded up: a try at the end of them is not too soon.
pub(crate) fn whole_seconds(wait: Duration) -> u32 {
    let up = u64::from(wait.subsec_nanos() > 0);
    u32::try_from(wait.as_secs().saturating_add(up)).unwrap_or(u32::MAX)
}

pub(crate) fn lock_settings(settings: pli_engine::LockSettings) -> LockSettings {
    LockSettings {
        minutes: settings.minutes,
        longest: settings.longest,
        fixed: settings.fixed,
        at_session_end: settings.at_session_end,
        at_session_end_fixed: settings.at_session_end_fixed,
        pin: settings.pin,
    }
}

pub(crate) fn profile(profile: pli_engine::ProfileView) -> Profile {
    let named = Some(profile.name).filter(|name| !name.is_empty());
    Profile {
        id: profile.id,
        name: named.or_else(|| profile.person.clone()).unwrap_or_default(),
        person: profile.person,
        current: profile.current,
        readable: profile.readable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_told_shorter_than_it_is() {
        assert_eq!(whole_seconds(Duration::ZERO), 0);
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(5)), 5);
    }
}
