//! A clock that a test moves forward, so that a lock after ten minutes is seen in a few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp, Zoned};
use pli_engine::Clock;
use tokio::sync::watch;

/// How far a step goes, in seconds: less than what the engine takes for a suspend.
const STEP: i64 = 25;

/// The workstation's clock, some seconds ahead.
#[derive(Clone)]
pub(crate) struct Shifted {
    ahead: Arc<AtomicI64>,
    /// What the clock said when the engine last looked at whether to lock.
    looked: watch::Sender<Timestamp>,
}

impl Default for Shifted {
    fn default() -> Self {
        Self {
            ahead: Arc::default(),
            looked: watch::Sender::new(Timestamp::UNIX_EPOCH),
        }
    }
}

impl Shifted {
    /// So many seconds pass in small steps, as when nobody is there: the engine looks after each of them. Comes back when it
    /// has looked after the last.
    pub(crate) async fn pass(&self, seconds: u32) {
        let mut looked = self.looked.subscribe();
        let Ok(until) = self.now().checked_add(SignedDuration::from_secs(seconds.into())) else {
            return;
        };
        loop {
            let now = self.now();
            if now >= until {
                return;
            }
            let left = until.duration_since(now).as_secs() + 1;
            self.ahead.fetch_add(left.min(STEP), Ordering::SeqCst);
            let now = self.now();
            if looked.wait_for(|at| *at >= now).await.is_err() {
                return;
            }
        }
    }

    /// Time jumps, as after a suspend.
    pub(crate) fn jump(&self, seconds: u32) {
        self.ahead.fetch_add(i64::from(seconds), Ordering::SeqCst);
    }
}

impl Clock for Shifted {
    fn zoned(&self) -> Zoned {
        let ahead = SignedDuration::from_secs(self.ahead.load(Ordering::SeqCst));
        let now = Zoned::now();
        now.checked_add(ahead).unwrap_or(now)
    }

    fn looked(&self, at: Timestamp) {
        self.looked.send_replace(at);
    }
}
