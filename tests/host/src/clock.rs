//! A clock that a test moves forward, so that a lock after ten minutes is seen in a few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pli_engine::Clock;

/// How far a step goes: less than what the engine takes for a suspend.
const STEP: u32 = 20;
/// How long a step lasts: the engine looks each second.
const PAUSE: Duration = Duration::from_millis(1_050);

/// The workstation's clock, some seconds ahead.
#[derive(Clone, Default)]
pub(crate) struct Shifted {
    ahead: Arc<AtomicI64>,
}

impl Shifted {
    /// Time passes in small steps, as when nobody is there; comes back when it has passed.
    pub(crate) async fn pass(&self, seconds: u32) {
        let mut left = seconds;
        while left > 0 {
            let step = left.min(STEP);
            self.jump(step);
            left -= step;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Time jumps, as after a suspend.
    pub(crate) fn jump(&self, seconds: u32) {
        self.ahead.fetch_add(i64::from(seconds), Ordering::SeqCst);
    }
}

impl Clock for Shifted {
    fn zoned(&self) -> jiff::Zoned {
        let ahead = jiff::SignedDuration::from_secs(self.ahead.load(Ordering::SeqCst));
        let now = jiff::Zoned::now();
        now.checked_add(ahead).unwrap_or(now)
    }
}
