//! The lock on a real engine beside real servers: what locks, what is lost (nothing), what opens again.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod keyring;
mod profiles;
mod reasons;
mod secrets;
#[path = "../outbox/stage.rs"]
#[allow(dead_code, reason = "a part of it serves here")]
mod stage;
mod under_way;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use common::Bench;
use jiff::{SignedDuration, Timestamp, Zoned};
use pli_engine::{Clock, Engine, EngineError, Home, LockReason, Options, VaultState};
use tokio::sync::watch;

pub(crate) const PHRASE: &str = "une phrase de passe";

/// The workstation's clock, so many times as fast (0: it stands still), that a test can set.
#[derive(Clone)]
pub(crate) struct Hands {
    started: Instant,
    origin: Timestamp,
    ahead: Arc<Mutex<SignedDuration>>,
    speed: u32,
    /// What it showed when the program last looked whether to lock.
    looked: watch::Sender<Timestamp>,
}

impl Hands {
    pub(crate) fn running(speed: u32) -> Self {
        Self {
            started: Instant::now(),
            origin: Timestamp::now(),
            ahead: Arc::default(),
            speed,
            looked: watch::channel(Timestamp::MIN).0,
        }
    }

    pub(crate) fn put_forward(&self, by: SignedDuration) {
        *self.ahead.lock().unwrap() += by;
    }

    /// Waits until the program has looked, at what it shows now or later, whether to lock.
    pub(crate) async fn is_looked_at(&self) {
        let now = self.now();
        let mut looked = self.looked.subscribe();
        tokio::time::timeout(common::PATIENCE, looked.wait_for(|at| *at >= now))
            .await
            .expect("nobody looks at the clock any more")
            .unwrap();
    }
}

impl Clock for Hands {
    fn zoned(&self) -> Zoned {
        let run = SignedDuration::try_from(self.started.elapsed() * self.speed).unwrap();
        (self.origin + run + *self.ahead.lock().unwrap()).to_zoned(jiff::tz::TimeZone::UTC)
    }

    fn looked(&self, at: Timestamp) {
        self.looked.send_replace(at);
    }
}

/// Options of a profile under a passphrase that follows its BALs, as a window's engine does.
pub(crate) fn options(bench: Option<&Bench>) -> Options {
    let mut options = Options::new(|_| true);
    options.keyring = false;
    options.passphrase_file = None;
    options.starts_locked = true;
    options.policy = None;
    options.local = bench.map(Bench::local);
    options
}

/// An engine on a profile without servers, open.
pub(crate) async fn alone(dir: &Path, options: Options) -> Engine {
    let engine = Engine::start(Home::at(dir.join("profile")), options).unwrap();
    engine.vault_open(Some(PHRASE.into())).await.unwrap();
    engine
}

pub(crate) async fn state(engine: &Engine) -> VaultState {
    engine.status().await.unwrap().vault
}

pub(crate) fn reason(engine: &Engine) -> Option<LockReason> {
    engine.lock_state().unwrap().map(|lock| lock.reason)
}

/// Nothing of what is stored is answered.
pub(crate) async fn says_nothing(engine: &Engine) {
    assert_eq!(state(engine).await, VaultState::Locked);
    assert_eq!(engine.status().await.unwrap().accounts, 0);
    assert!(matches!(engine.account_list().await, Err(EngineError::Locked)));
    assert!(matches!(engine.draft_list().await, Err(EngineError::Locked)));
    assert!(matches!(engine.outbox_list(30).await, Err(EngineError::Locked)));
    assert!(matches!(engine.vault_open(None).await, Err(EngineError::Locked)));
    assert!(engine.logged_in().is_none());
}
