//! Life and death of a BAL: whether it is still opened, what its operator is about to delete, what stays on this
//! workstation, and how it is removed or its entry corrected (EX_GBM_6021).
//!
//! * [`dates`]: which day something happens; pure.
//! * [`operators`]: what is known of operators.
//! * [`announce`]: what is told, once a week.
//! * [`offload`]: bodies older than the retention leave this workstation, while the server is seen to have them.

mod announce;
mod dates;
mod offload;
mod operators;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use pli_store::{AccountId, LeavingBefore, MailId, Store, StoreError};
use pli_terms::Wording;
use pli_trace::Action;

pub(crate) use announce::{look, watch};
pub(crate) use offload::run as offload;
pub use operators::OperatorFacts;

use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::discovery::Servers;
use crate::error::EngineError;
use crate::event::Event;
use crate::policy::PolicyOperator;
use dates::After;
use operators::Operator;

/// Messages kept by one gesture, at most.
const MOST: usize = 10_000;
/// Messages recorded and kept in one go.
const BATCH: usize = 500;
/// Months of bodies that may stay here.
const MONTHS: std::ops::RangeInclusive<u32> = 1..=240;

/// What is to be known of a BAL's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxLife {
    /// When its server was last really opened from here: somebody was let in.
    pub opened_at: Option<Timestamp>,
    /// Whole days since then, by the calendar; `None` while it was never opened from here.
    pub days_without: Option<u32>,
    /// What is to be said now.
    pub notice: Option<BoxNotice>,
    /// What is known of its operator.
    pub operator: OperatorFacts,
    /// How long bodies stay on this workstation.
    pub retention: BoxRetention,
    /// Messages kept on this workstation whatever becomes of them on the server.
    pub kept_locally: u64,
    /// Those of them that this workstation alone has: removing the BAL from here loses them.
    pub only_here: u64,
}

/// What is to be said of a BAL's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoxNotice {
    /// Not opened for 45 days: it leaves the directory after two months.
    Unused45 {
        /// The day it would be unpublished; it may be past.
        unpublished_on: Date,
    },
    /// Its operator deletes within two weeks messages that were never filed and are not kept here.
    Leaving {
        /// How many.
        count: u64,
        /// Their octets.
        octets: u64,
        /// The day the first goes; today when it should be gone already.
        first_on: Date,
    },
}

/// How long the bodies of a BAL stay on this workstation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BoxRetention {
    /// Months, 1 to 240; `None`: always. The rows stay, and a body is fetched again when it is asked for.
    pub offline_months: Option<u32>,
}

/// Which messages to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoxKeep {
    /// These.
    These(Vec<MailId>),
    /// All that the operator is about to delete: those of [`BoxNotice::Leaving`].
    Leaving,
}

/// What was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BoxKept {
    /// Kept: their octets are here.
    pub kept: u64,
    /// Kept as soon as their octets come: they are asked for first.
    pub to_come: u64,
}

/// What was told of a BAL, once a week: for a notification, and at the head of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxAnnouncement {
    /// The BAL.
    pub account: AccountId,
    /// What is to be said, as it is now.
    pub notice: BoxNotice,
    /// When it was last told.
    pub at: Timestamp,
}

impl Engine {
    /// What is to be known of a BAL's life, and of its end.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::VaultLocked`].
    pub async fn box_life(&self, account: AccountId) -> Result<BoxLife, EngineError> {
        self.core
            .blocking(move |core| {
                let store = core.store()?;
                Ok(life(&store, account, core.policy.operators(), &core.zoned())?)
            })
            .await
    }

    /// What was told and is still so, unless it was put aside since.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`].
    pub async fn box_notices(&self) -> Result<Vec<BoxAnnouncement>, EngineError> {
        self.core
            .blocking(|core| {
                let store = core.store()?;
                let (now, mut told) = (core.zoned(), Vec::new());
                for account in store.accounts()? {
                    let remembered = store.life(account.id)?;
                    let Some(at) = remembered.announced_at.filter(|_| remembered.dismissed_at.is_none()) else {
                        continue;
                    };
                    let notice = life(&store, account.id, core.policy.operators(), &now)?.notice;
                    told.extend(notice.map(|notice| BoxAnnouncement {
                        account: account.id,
                        notice,
                        at,
                    }));
                }
                Ok(told)
            })
            .await
    }

    /// « Plus tard »: what was told of a BAL is put aside until it is told again, a week after. It is traced.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Trace`] when it cannot be recorded.
    pub async fn box_notice_dismiss(&self, account: AccountId) -> Result<(), EngineError> {
        let now = self.core.now();
        self.settle(account, Wording::fixed("PUT BOX NOTICE ASIDE")).await?;
        self.core
            .with_store(move |store| store.note_dismissed(account, now))
            .await?;
        self.core.emit(Event::BoxLife { account });
        Ok(())
    }

    /// Keeps messages on this workstation, whatever becomes of them on the server. Each is traced before. What is not here
    /// yet is asked for first, and kept when it comes.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] for more than 10,000 messages, or one of another BAL; [`EngineError::NotFound`];
    /// [`EngineError::Trace`] when it cannot be recorded.
    pub async fn box_keep(&self, account: AccountId, what: BoxKeep) -> Result<BoxKept, EngineError> {
        let (done, missing) = self.core.blocking(move |core| keep(core, account, what)).await?;
        if let Some(runtime) = self.core.runtime(account) {
            // The last asked comes first: the oldest, which goes first.
            for mail in missing.into_iter().rev() {
                runtime.want(mail);
            }
            if done.to_come > 0 {
                runtime.ask();
            }
        }
        self.core.tell_journal();
        look(&self.core, account).await?;
        self.core.emit(Event::BoxLife { account });
        Ok(done)
    }

    /// Sets how many months of bodies stay on this workstation; `None`: all of them. Traced. Older bodies are removed from
    /// here at the next sync, one by one seen to be on the server; the rows stay. What is flagged, kept, in drafts or in the
    /// outbox is never removed.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`] outside of 1 to 240 months; [`EngineError::NotFound`]; [`EngineError::Trace`] when it
    /// cannot be recorded.
    pub async fn box_retention_set(&self, account: AccountId, months: Option<u32>) -> Result<BoxLife, EngineError> {
        if months.is_some_and(|months| !MONTHS.contains(&months)) {
            return Err(EngineError::BadRequest("bodies stay for 1 to 240 months"));
        }
        let verb = match months {
            Some(months) => Wording::fixed("KEEP BODIES").and(u64::from(months)).and("MONTHS"),
            None => Wording::fixed("KEEP BODIES ALWAYS"),
        };
        self.settle(account, verb).await?;
        let now = self.core.zoned();
        self.core
            .with_store(move |store| {
                store.set_retention(
                    account,
                    pli_store::Retention {
                        offline_months: months,
                        bodies_from: months.map(|months| bodies_from(&now, months)),
                        offloaded_at: None,
                    },
                )
            })
            .await?;
        if let Some(runtime) = self.core.runtime(account).filter(|_| self.core.options.background) {
            runtime.ask();
        }
        self.core.emit(Event::BoxLife { account });
        self.box_life(account).await
    }

    /// A setting of a BAL's life is about to change.
    async fn settle(&self, account: AccountId, verb: Wording) -> Result<(), EngineError> {
        let bal = self
            .core
            .blocking(move |core| {
                core.store()?.account(account)?;
                Ok(core.bal(account))
            })
            .await?;
        self.core.trace(Local::new(Action::Settings, verb).of(bal)).await
    }
}

/// What is kept, and what must come first to be.
fn keep(core: &Core, account: AccountId, what: BoxKeep) -> Result<(BoxKept, Vec<MailId>), EngineError> {
    let store = core.store()?;
    let now = core.zoned();
    let mails = match what {
        BoxKeep::These(mails) => {
            if mails.len() > MOST {
                return Err(EngineError::BadRequest("too many messages at once"));
            }
            if store.rows(&mails)?.iter().any(|row| row.account != account) {
                return Err(EngineError::BadRequest("a message of another box"));
            }
            mails
        }
        BoxKeep::Leaving => {
            let operator = operator(&store, account, core.policy.operators())?;
            store.leaving_mails(account, leaving_before(&operator, &now), MOST as u32)?
        }
    };
    let (mut done, mut missing) = (BoxKept::default(), Vec::new());
    for some in mails.chunks(BATCH) {
        core.record_messages(Action::Settings, &Wording::fixed("KEEP HERE"), some, None)?;
        let kept = store.keep_locally(some, now.timestamp())?;
        store.keep_once_here(&kept.without_body, now.timestamp())?;
        done.kept += kept.kept.len() as u64;
        done.to_come += kept.without_body.len() as u64;
        missing.extend(kept.without_body);
    }
    Ok((done, missing))
}

/// A BAL's life at this moment.
fn life(store: &Store, account: AccountId, policy: &[PolicyOperator], now: &Zoned) -> Result<BoxLife, StoreError> {
    let operator = operator(store, account, policy)?;
    let opened_at = store.life(account)?.opened_at;
    let created_at = store.account(account)?.created_at;
    let (kept_locally, only_here) = store.count_kept(account)?;
    let notice = match dates::unpublished_on(day(opened_at.unwrap_or(created_at), now), now.date()) {
        Some(unpublished_on) => Some(BoxNotice::Unused45 { unpublished_on }),
        None => leaving(store, account, &operator, now)?,
    };
    Ok(BoxLife {
        opened_at,
        days_without: opened_at.map(|at| dates::days_between(day(at, now), now.date())),
        notice,
        operator: operator.facts,
        retention: BoxRetention {
            offline_months: store.retention(account)?.offline_months,
        },
        kept_locally,
        only_here,
    })
}

fn operator(store: &Store, account: AccountId, policy: &[PolicyOperator]) -> Result<Operator, StoreError> {
    let settings = store.account(account)?.settings;
    let servers: Option<Servers> = serde_json::from_value(settings.servers).ok();
    let hosts: Vec<String> = servers
        .map(|servers| vec![servers.imap.host, servers.smtp.host])
        .unwrap_or_default();
    Ok(operators::of(&settings.address, settings.kind, &hosts, policy))
}

fn leaving(
    store: &Store,
    account: AccountId,
    operator: &Operator,
    now: &Zoned,
) -> Result<Option<BoxNotice>, StoreError> {
    let before = leaving_before(operator, now);
    if before == LeavingBefore::default() {
        return Ok(None);
    }
    let (sent, received) = store.leaving(account, before)?;
    let first = |oldest: Option<Timestamp>, after: &[After]| {
        oldest.and_then(|oldest| after.iter().map(|after| after.goes_on(day(oldest, now))).min())
    };
    let received_after: Vec<After> = operator.received.into_iter().collect();
    let first_on = [
        first(sent.oldest, &operator.sent),
        first(received.oldest, &received_after),
    ]
    .into_iter()
    .flatten()
    .min();
    Ok(first_on.map(|first_on| BoxNotice::Leaving {
        count: sent.count + received.count,
        octets: sent.octets + received.octets,
        first_on: first_on.max(now.date()),
    }))
}

/// The times before which a message leaves within two weeks.
fn leaving_before(operator: &Operator, now: &Zoned) -> LeavingBefore {
    let before = |after: &[After]| {
        let last = after.iter().filter_map(|after| after.last_leaving(now.date())).max()?;
        Some(start_of(last.tomorrow().ok()?, now.time_zone()))
    };
    LeavingBefore {
        sent: before(&operator.sent),
        received: before(operator.received.as_slice()),
    }
}

/// Bodies received before this leave this workstation, or are not fetched by themselves.
fn bodies_from(now: &Zoned, months: u32) -> Timestamp {
    start_of(dates::first_kept(now.date(), months), now.time_zone())
}

/// The local day of an instant.
fn day(at: Timestamp, now: &Zoned) -> Date {
    at.to_zoned(now.time_zone().clone()).date()
}

fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone())
        .map_or(Timestamp::MIN, |start| start.timestamp())
}
