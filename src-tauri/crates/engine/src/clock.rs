//! Where the time comes from: the workstation, or a test.

use jiff::{Timestamp, Zoned};

/// A source of time. Logic takes times as arguments; only the edges ask this.
pub trait Clock: Send + Sync {
    /// Local time with its offset (SC.MSS/CONF.18).
    fn zoned(&self) -> Zoned;

    /// The same instant, without a place.
    fn now(&self) -> Timestamp {
        self.zoned().timestamp()
    }

    /// Whether this clock follows a time server, when it knows; `None`: the system is asked (`clock_truth`).
    fn synchronised(&self) -> Option<bool> {
        None
    }

    /// What locks by itself has looked, and this is what [`Clock::now`] told it. A clock that a test moves waits for this
    /// before its next step, so that no two steps are taken for a suspend.
    fn looked(&self, _at: Timestamp) {}
}

/// The workstation's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn zoned(&self) -> Zoned {
        Zoned::now()
    }
}
