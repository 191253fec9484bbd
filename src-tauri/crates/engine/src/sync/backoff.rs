//! How long to wait before a server is tried again, and how often a login may succeed.

use std::collections::VecDeque;
use std::time::Duration;

/// The first wait after a failure.
const FIRST: Duration = Duration::from_secs(2);

/// The longest wait: an operator that comes back is found within these minutes, without anybody asking.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Waits that double, with a jitter so that a thousand workstations do not come back together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure. `random` is anything uniform: it spreads the wait over its upper half.
    pub(crate) fn next(&mut self, random: u32) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// Everything went well: the next failure waits little.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Bounds successful logins: a server that drops the connection right after the login would else be asked in a loop.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoginPace {
    /// Ages are told by a monotonic clock, in milliseconds.
    recent: VecDeque<u64>,
}

/// So many logins at most …
const LOGINS: usize = 6;
/// … in so many milliseconds.
const WINDOW: u64 = 60_000;

impl LoginPace {
    /// How long to wait before another login, `now` being any monotonic count of milliseconds.
    pub(crate) fn wait(&mut self, now: u64) -> Duration {
        while self.recent.front().is_some_and(|at| now.saturating_sub(*at) >= WINDOW) {
            self.recent.pop_front();
        }
        match self.recent.front() {
            Some(oldest) if self.recent.len() >= LOGINS => Duration::from_millis(WINDOW - now.saturating_sub(*oldest)),
            _ => Duration::ZERO,
        }
    }

    /// Notes a login that succeeded.
    pub(crate) fn note(&mut self, now: u64) {
        self.recent.push_back(now);
        if self.recent.len() > LOGINS {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_start_again() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(u32::MAX), FIRST);
        assert_eq!(backoff.next(0), FIRST);
        for _ in 0..40 {
            assert!(backoff.next(u32::MAX) <= LONGEST);
        }
        assert_eq!(backoff.next(u32::MAX), LONGEST);
        backoff.reset();
        assert!(backoff.next(0) < FIRST);
    }

    #[test]
    fn a_server_that_drops_after_each_login_is_not_asked_in_a_loop() {
        let mut pace = LoginPace::default();
        for at in 0..LOGINS as u64 {
            assert_eq!(pace.wait(at), Duration::ZERO);
            pace.note(at);
        }
        assert_eq!(pace.wait(10), Duration::from_millis(WINDOW - 10));
        assert_eq!(pace.wait(WINDOW), Duration::ZERO);
    }
}
