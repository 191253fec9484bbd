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

pub(crate) const PHRASE: &str = "une phrase de passe";

/// The workstation's clock, so many times as fast, that a test can set.
#[derive(Clone)]
pub(crate) struct Hands {
    started: Instant,
    origin: Timestamp,
    ahead: Arc<Mutex<SignedDuration>>,
    speed: u32,
}

impl Hands {
    pub(crate) fn running(speed: u32) -> Self {
        Self {
            started: Instant::now(),
            origin: Timestamp::now(),
            ahead: Arc::default(),
            speed,
        }
    }

    pub(crate) fn put_forward(&self, by: SignedDuration) {
        *self.ahead.lock().unwrap() += by;
    }
}

impl Clock for Hands {
    fn zoned(&self) -> Zoned {
        let run = SignedDuration::try_from(self.started.elapsed() * self.speed).unwrap();
        (self.origin + run + *self.ahead.lock().unwrap()).to_zoned(jiff::tz::TimeZone::UTC)
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
