//! A BAL's room: read from its server, its history, when it would be full, and who is told of it (EX_GBM_4470).
//!
//! At 100 % a BAL neither receives nor sends; so warnings come at 80, 90 and 100 %, once at each crossing and again while it
//! lasts. What a server says is judged before it is believed ([`judge`]); an operator that says nothing has an estimate,
//! called one.

mod forecast;
mod judge;
mod level;
mod patience;
mod read;
mod warning;
mod watch;

use jiff::Timestamp;
use jiff::civil::Date;
use pli_store::{AccountId, QuotaKept, Store, StoreError};
use pli_terms::Wording;
use pli_trace::Action;
use serde::{Deserialize, Serialize};

pub use forecast::Forecast;
pub(crate) use level::{level, percent};
pub(crate) use patience::{About, Patience};
pub(crate) use read::{fresh_enough, read, refused};
pub(crate) use watch::keep_warned;

pub use pli_store::{QuotaLevel, QuotaPoint, Room};

use crate::Engine;
use crate::audit::Local;
use crate::error::EngineError;
use crate::event::Event;

/// A BAL's room where its operator limits it, in octets (EX_GBM_4470).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Used.
    pub used: u64,
    /// Allowed.
    pub limit: u64,
}

impl Quota {
    /// Whole percent used, 0 to 999; a limit of nothing counts as full.
    #[must_use]
    pub fn percent(&self) -> u16 {
        percent(Room {
            used: self.used,
            limit: Some(self.limit),
        })
        .unwrap_or(0)
    }
}

/// Who tells a BAL's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaSource {
    /// Its server (RFC 9208).
    Server,
    /// The sum of what is known here, since the operator does not tell: to be called an estimate.
    Estimate,
    /// Nothing was read yet.
    Unknown,
}

impl From<pli_store::QuotaSource> for QuotaSource {
    fn from(kept: pli_store::QuotaSource) -> Self {
        match kept {
            pli_store::QuotaSource::Server => Self::Server,
            pli_store::QuotaSource::Estimate => Self::Estimate,
        }
    }
}

/// What a sidebar shows of a BAL's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Who tells it.
    pub source: QuotaSource,
    /// How full it is.
    pub level: QuotaLevel,
    /// Whole percent used, 0 to 999: of the octets or of the messages, whichever is nearer to its limit; `None` without a
    /// limit.
    pub percent: Option<u16>,
    /// Octets used.
    pub used: u64,
    /// Octets allowed.
    pub limit: Option<u64>,
}

/// A BAL's room, its past and what is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaView {
    /// The BAL.
    pub account: AccountId,
    /// Who tells it.
    pub source: QuotaSource,
    /// Octets.
    pub storage: Option<Room>,
    /// Messages.
    pub messages: Option<Room>,
    /// Octets of what is known here, by the sizes that the server gave.
    pub local: u64,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// How full it is.
    pub level: QuotaLevel,
    /// When it would be full, at the pace of the last weeks.
    pub forecast: Option<Forecast>,
    /// One point a day, oldest first, 400 days at most, all from the same source.
    pub history: Vec<QuotaPoint>,
}

/// A warning that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaWarning {
    /// The BAL.
    pub account: AccountId,
    /// How full it is; never [`QuotaLevel::Fine`].
    pub level: QuotaLevel,
    /// Whole percent used; less than 100 with [`QuotaLevel::Full`] when the server refused what still seemed to fit.
    pub percent: u16,
    /// When it was told last. The same time is the same telling.
    pub at: Timestamp,
}

/// Days of history shown.
const DAYS: i32 = 400;

impl Engine {
    /// A BAL's room as last read.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the BAL is gone.
    pub async fn quota_get(&self, account: AccountId) -> Result<QuotaView, EngineError> {
        let (now, today) = (self.core.now(), self.core.zoned().date());
        self.core
            .with_store(move |store| {
                store.account(account)?;
                view(store, account, now, today)
            })
            .await
    }

    /// Asks the server now, on a connection of its own; then as [`Engine::quota_get`].
    ///
    /// # Errors
    /// [`EngineError::LoginNeeded`], what the server answers, [`EngineError::Store`] when the BAL is gone.
    pub async fn quota_read(&self, account: AccountId) -> Result<QuotaView, EngineError> {
        read::apart(&self.core, account).await?;
        self.quota_get(account).await
    }

    /// The warnings that stand and were not put off, the fullest BAL first.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn quota_warnings(&self) -> Result<Vec<QuotaWarning>, EngineError> {
        let now = self.core.now();
        self.core.with_store(move |store| standing(store, now)).await
    }

    /// As [`Engine::quota_warnings`], each telling only once, whoever asks and across restarts: what a notification shows.
    ///
    /// # Errors
    /// As [`Engine::quota_warnings`].
    pub async fn quota_tell(&self) -> Result<Vec<QuotaWarning>, EngineError> {
        let now = self.core.now();
        self.core
            .with_store(move |store| {
                let mut due = Vec::new();
                for warning in standing(store, now)? {
                    let mut first = false;
                    store.change_quota_told(warning.account, |kept| {
                        first = kept.told.notified != Some(warning.at);
                        let mut told = kept.told;
                        told.notified = Some(warning.at);
                        told
                    })?;
                    if first {
                        due.push(warning);
                    }
                }
                Ok(due)
            })
            .await
    }

    /// « Plus tard »: the BAL's warning is put off until it is told again, by the next crossing or the policy's interval.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the BAL is gone.
    pub async fn quota_dismiss(&self, account: AccountId) -> Result<(), EngineError> {
        let bal = self.core.blocking(move |core| Ok(core.bal(account))).await?;
        let put_off = Local::new(Action::Quota, Wording::fixed("PUT OFF WARNING")).of(bal);
        self.core.trace(put_off).await?;
        self.core
            .with_store(move |store| {
                store.account(account)?;
                store.change_quota_told(account, |kept| {
                    let mut told = kept.told;
                    told.snoozed = true;
                    told
                })
            })
            .await?;
        self.core.emit(Event::Quota { account });
        Ok(())
    }
}

fn view(store: &Store, account: AccountId, now: Timestamp, today: Date) -> Result<QuotaView, StoreError> {
    let kept = store.quota(account)?;
    let (_, local) = store.weight(account)?;
    let mut view = QuotaView {
        account,
        source: QuotaSource::Unknown,
        storage: None,
        messages: None,
        local,
        read_at: None,
        level: QuotaLevel::Fine,
        forecast: None,
        history: Vec::new(),
    };
    let Some(kept) = kept else { return Ok(view) };
    let reading = kept.reading;
    view.source = reading.source.into();
    view.storage = reading.storage;
    view.messages = reading.messages;
    view.read_at = reading.at;
    view.level = level(&kept, now);
    if view.source == QuotaSource::Estimate {
        // What came since it was summed up counts too.
        view.storage = view.storage.map(|room| Room { used: local, ..room });
    }
    let mut history = store.quota_history(account)?;
    history.retain(|point| {
        let age = (today - point.on).get_days();
        point.source == reading.source && (0..DAYS).contains(&age)
    });
    if let (QuotaSource::Server, Some(room)) = (view.source, view.storage) {
        view.forecast = forecast::forecast(&history, room, today);
    }
    view.history = history;
    Ok(view)
}

/// The warnings that stand, the fullest first.
fn standing(store: &Store, now: Timestamp) -> Result<Vec<QuotaWarning>, StoreError> {
    let mut all = Vec::new();
    for account in store.accounts()? {
        let Some(kept) = store.quota(account.id)? else { continue };
        let current = level(&kept, now);
        if let (false, Some(at)) = (kept.told.snoozed, kept.told.at)
            && kept.told.level != QuotaLevel::Fine
            && current != QuotaLevel::Fine
        {
            all.push(QuotaWarning {
                account: account.id,
                level: current,
                percent: level::of_reading(&kept.reading).unwrap_or(0),
                at,
            });
        }
    }
    all.sort_by(|a, b| b.level.cmp(&a.level).then(b.percent.cmp(&a.percent)));
    Ok(all)
}

/// What a sidebar shows, and the limit where there is one.
pub(crate) fn gauge(kept: Option<&QuotaKept>, now: Timestamp) -> (Gauge, Option<Quota>) {
    let Some(kept) = kept else {
        let unknown = Gauge {
            source: QuotaSource::Unknown,
            level: QuotaLevel::Fine,
            percent: None,
            used: 0,
            limit: None,
        };
        return (unknown, None);
    };
    let room = kept.reading.storage.unwrap_or_default();
    let gauge = Gauge {
        source: kept.reading.source.into(),
        level: level(kept, now),
        percent: level::of_reading(&kept.reading),
        used: room.used,
        limit: room.limit,
    };
    let quota = room.limit.map(|limit| Quota { used: room.used, limit });
    (gauge, quota)
}

/// Whether a BAL would refuse `octets` more, as far as is known.
pub(crate) fn refuses(store: &Store, account: AccountId, octets: u64, now: Timestamp) -> Result<bool, StoreError> {
    let Some(kept) = store.quota(account)? else {
        return Ok(false);
    };
    let too_much = kept.reading.left.is_some_and(|left| octets > left);
    Ok(too_much || level(&kept, now) == QuotaLevel::Full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_whole_percent_within_bounds() {
        let percent = |used, limit| Quota { used, limit }.percent();
        assert_eq!(percent(805, 1000), 80);
        assert_eq!(percent(u64::MAX, 3), 999);
        assert_eq!(percent(0, 0), 100);
    }
}
