//! What every request is answered by.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use crate::config::Config;
use crate::error::RelayError;
use crate::keys::KeyRing;
use crate::limits::{Limiter, Rate};
use crate::metrics::{Counter, Metrics};
use crate::psc::Psc;
use crate::seal::{Kind, SealProblem};
use crate::settings::Settings;
use crate::shared::Redis;

/// The intermediary's parts. Nothing in here remembers a person.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) psc: Psc,
    pub(crate) limiter: Limiter,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) rates: Rates,
    keys: RwLock<Arc<KeyRing>>,
    config: Config,
    clock: fn() -> Timestamp,
}

/// The limits, as rates.
pub(crate) struct Rates {
    pub(crate) address: Rate,
    pub(crate) ciba_address: Rate,
    pub(crate) ciba_person: Rate,
    pub(crate) poll: Rate,
}

impl App {
    pub(crate) fn new(config: Config, clock: fn() -> Timestamp) -> Result<Self, RelayError> {
        let settings = Settings::judge(&config)?;
        let keys = KeyRing::read(&config.keys, &settings.issuer)?;
        let metrics = Arc::new(Metrics::default());
        let limits = &settings.limits;
        let rates = Rates {
            address: Rate::new("address", limits.address_per_minute, 60, limits.address_burst),
            ciba_address: Rate::new(
                "ciba_address",
                limits.ciba_address_per_minute,
                60,
                limits.ciba_address_burst,
            ),
            ciba_person: Rate::new(
                "ciba_person",
                limits.ciba_person_per_hour,
                3600,
                limits.ciba_person_burst,
            ),
            // A fifth less than the interval told: a network is never quite regular.
            poll: Rate {
                name: "poll",
                step: u64::from(settings.lifetimes.ciba_interval) * 800,
                burst: 1,
            },
        };
        Ok(Self {
            psc: Psc::new(&config.psc, limits.psc_seconds, Arc::clone(&metrics))?,
            limiter: Limiter::new(Redis::of(&config.shared)?, Arc::clone(&metrics)),
            keys: RwLock::new(Arc::new(keys)),
            settings,
            metrics,
            rates,
            config,
            clock,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// `seconds` from now.
    pub(crate) fn after(&self, now: Timestamp, seconds: u32) -> Timestamp {
        now.saturating_add(jiff::SignedDuration::from_secs(i64::from(seconds)))
            .unwrap_or(now)
    }

    pub(crate) fn keys(&self) -> Arc<KeyRing> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads keys and secrets again. All or nothing.
    pub(crate) fn reload(&self) -> Result<(), RelayError> {
        let keys = Arc::new(KeyRing::read(&self.config.keys, &self.settings.issuer)?);
        self.psc.reload()?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Opens a seal, counting those that do not open.
    pub(crate) fn open<T: serde::de::DeserializeOwned>(&self, kind: Kind, text: &str) -> Result<T, SealProblem> {
        let opened = self.keys().sealer.open(kind, text, self.now());
        if opened.is_err() {
            let label = match kind {
                Kind::State => "state",
                Kind::Code => "code",
                Kind::Refresh => "refresh",
                Kind::AuthRequest => "auth_req",
                Kind::Hint => "hint",
            };
            self.metrics.count(Counter::Unsealed, [label, ""]);
        }
        opened
    }
}
