//! What is known of the workstation's clock (SC.MSS/CONF.18): whether it follows a time server, how far it is from a
//! server's clock, and whether it jumped while the program runs.

mod system;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;

/// How long the system's answer holds.
const ASK_AGAIN: Duration = Duration::from_secs(600);

/// How long the gap to a server's clock holds, when no jump was seen since.
const GAP_HOLDS: Duration = Duration::from_secs(24 * 3600);

/// A gap, or a jump, that nothing may be destroyed by.
const LARGE_MS: i64 = 10 * 60 * 1000;

/// How far apart the calendar and what elapsed may be: a clock that is being set right moves by less.
const JUMP_MS: i64 = 2 * 60 * 1000;

/// What is known of the workstation's clock.
pub(crate) struct ClockTruth {
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Known>>,
    /// What elapsed since some fixed moment, whatever the calendar says: sleep counts where the system can tell.
    elapsed: fn() -> Duration,
}

#[derive(Debug, Default)]
struct Known {
    /// The calendar (ms) and what elapsed, when the clock was last looked at.
    last: Option<(i64, Duration)>,
    /// The calendar jumped in this run.
    jumped: bool,
    /// The system's answer, and when it gave it; the outer is none while it was not asked.
    synchronised: Option<(Option<bool>, Duration)>,
    asking: bool,
    /// The gap to a server's clock (ms), and when it was measured; none again after a jump.
    gap: Option<(i64, Duration)>,
    /// The calendar's moment of the last measure taken in.
    measured: Option<Timestamp>,
}

impl ClockTruth {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            known: Arc::default(),
            elapsed: system::elapsed,
        }
    }

    /// What a trace says of the clock. Costs nothing: the system is asked in the background.
    pub(crate) fn current(&self) -> pli_trace::ClockTruth {
        let mut known = self.looked_at(self.clock.now());
        pli_trace::ClockTruth {
            synchronised: self.synchronised(&mut known),
            gap_ms: known.gap_ms((self.elapsed)()),
        }
    }

    /// Whether something may be destroyed by this clock, whose time is `now`: it is within ten minutes of a server's clock
    /// that was asked within a day, or the system says that it follows a time server, and no jump was seen since this
    /// program runs, or since that server was asked.
    pub(crate) fn believed(&self, now: Timestamp) -> bool {
        let mut known = self.looked_at(now);
        match known.gap_ms((self.elapsed)()) {
            Some(gap) => gap.saturating_abs() < LARGE_MS,
            None => !known.jumped && self.synchronised(&mut known) == Some(true),
        }
    }

    /// A server's clock was read: it is ahead of this one by so many milliseconds, at this moment of this clock.
    pub(crate) fn note_gap(&self, gap_ms: i64, measured_at: Timestamp) {
        let mut known = self.looked_at(self.clock.now());
        if known.measured != Some(measured_at) {
            known.measured = Some(measured_at);
            known.gap = Some((gap_ms, (self.elapsed)()));
        }
    }

    /// Looks at the clock; notes a jump since it was last looked at.
    fn looked_at(&self, now: Timestamp) -> MutexGuard<'_, Known> {
        let elapsed = (self.elapsed)();
        let calendar = now.as_millisecond();
        let mut known = lock(&self.known);
        if let Some((before, then)) = known.last {
            let passed = i64::try_from(elapsed.saturating_sub(then).as_millis()).unwrap_or(i64::MAX);
            let jump = calendar.saturating_sub(before).saturating_sub(passed);
            if jump.saturating_abs() > JUMP_MS {
                tracing::warn!(jump_ms = jump, "the workstation's clock jumped");
                known.jumped = true;
                known.gap = None;
                known.synchronised = None;
            }
        }
        known.last = Some((calendar, elapsed));
        known
    }

    fn synchronised(&self, known: &mut Known) -> Option<bool> {
        if let Some(known) = self.clock.synchronised() {
            return Some(known);
        }
        let elapsed = (self.elapsed)();
        let fresh = known
            .synchronised
            .is_some_and(|(_, at)| elapsed.saturating_sub(at) < ASK_AGAIN);
        if !fresh && !known.asking {
            known.asking = true;
            let (shared, clock) = (Arc::clone(&self.known), self.elapsed);
            let asked = std::thread::Builder::new().name("clock".to_owned()).spawn(move || {
                let answer = system::synchronised();
                let mut known = lock(&shared);
                known.synchronised = Some((answer, clock()));
                known.asking = false;
            });
            if asked.is_err() {
                known.asking = false;
            }
        }
        known.synchronised.and_then(|(answer, _)| answer)
    }
}

impl Known {
    fn gap_ms(&self, elapsed: Duration) -> Option<i64> {
        let (gap, at) = self.gap?;
        (elapsed.saturating_sub(at) < GAP_HOLDS).then_some(gap)
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A calendar that a test moves, beside what really elapses (an instant).
    struct Moved {
        seconds: AtomicI64,
        synchronised: Option<bool>,
    }

    impl Clock for Moved {
        fn zoned(&self) -> jiff::Zoned {
            let at = Timestamp::from_second(self.seconds.load(Ordering::SeqCst)).unwrap();
            at.to_zoned(jiff::tz::TimeZone::UTC)
        }

        fn synchronised(&self) -> Option<bool> {
            self.synchronised
        }
    }

    fn at(synchronised: Option<bool>) -> (Arc<Moved>, ClockTruth) {
        let clock = Arc::new(Moved {
            seconds: AtomicI64::new(1_800_000_000),
            synchronised,
        });
        (Arc::clone(&clock), ClockTruth::new(clock))
    }

    #[test]
    fn a_synchronised_clock_is_believed_until_it_jumps() {
        let (clock, truth) = at(Some(true));
        assert!(truth.believed(clock.now()));
        clock.seconds.fetch_add(30, Ordering::SeqCst);
        assert!(truth.believed(clock.now()), "a clock that is set right");
        clock.seconds.fetch_add(200 * 24 * 3600, Ordering::SeqCst);
        assert!(!truth.believed(clock.now()));
        assert!(!truth.believed(clock.now()), "and it stays so");
        truth.note_gap(400, clock.now());
        assert!(truth.believed(clock.now()), "until a server says the same");
        clock.seconds.fetch_sub(3600, Ordering::SeqCst);
        assert!(!truth.believed(clock.now()), "back is a jump too");
    }

    #[test]
    fn a_gap_is_believed_over_what_the_system_says() {
        let (clock, truth) = at(Some(true));
        truth.note_gap(-200 * 24 * 3600 * 1000, clock.now());
        assert!(!truth.believed(clock.now()));
        assert_eq!(truth.current().gap_ms, Some(-200 * 24 * 3600 * 1000));
        let (clock, truth) = at(Some(false));
        assert!(!truth.believed(clock.now()));
        truth.note_gap(599_999, clock.now());
        assert!(truth.believed(clock.now()));
        truth.note_gap(600_000, clock.now() + jiff::SignedDuration::from_secs(1));
        assert!(!truth.believed(clock.now()));
    }

    #[test]
    fn a_measure_from_before_a_jump_says_nothing_after_it() {
        let (clock, truth) = at(None);
        let measured = clock.now();
        truth.note_gap(10, measured);
        clock.seconds.fetch_add(86_400, Ordering::SeqCst);
        truth.note_gap(10, measured);
        assert!(!truth.believed(clock.now()));
        assert_eq!(truth.current().gap_ms, None);
    }
}
