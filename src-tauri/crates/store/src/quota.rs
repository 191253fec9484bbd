//! A mailbox's room: the last reading, one point a day, and the warning that was told of it (EX_GBM_4470).

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::list::as_i64;
use crate::store::Store;
use crate::time::Millis;
use crate::word::word;

/// Points of history that are kept, one a day.
pub const QUOTA_DAYS: i64 = 400;

word!(
    /// Who told a mailbox's room.
    QuotaSource {
        /// Its server (RFC 9208).
        Server = "server",
        /// The sum of what is known here: the operator does not tell.
        Estimate = "estimate",
    }
);

word!(
    /// How full a mailbox is, by the thresholds of EX_GBM_4470.
    QuotaLevel {
        /// Under 80 %.
        Fine = "fine",
        /// 80 % or more.
        High = "high",
        /// 90 % or more.
        AlmostFull = "almost_full",
        /// 100 % or more, or the server refused for want of room: neither reception nor sending.
        Full = "full",
    }
);

/// What is used of what is allowed: octets, or messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Room {
    /// Used.
    pub used: u64,
    /// Allowed at most; `None` when nothing limits it. Never 0.
    pub limit: Option<u64>,
}

/// One reading of a mailbox's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaReading {
    /// Who told it.
    pub source: QuotaSource,
    /// Octets, under the root that is nearest to its limit.
    pub storage: Option<Room>,
    /// Messages, likewise.
    pub messages: Option<Room>,
    /// Octets that still fit under every root; `None` when nothing limits them.
    pub left: Option<u64>,
    /// When it was read; `None` for what a former version had kept.
    pub at: Option<Timestamp>,
}

/// A refusal for want of room (`OVERQUOTA`, RFC 5530).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaRefusal {
    /// When.
    pub at: Timestamp,
    /// Octets of what was refused.
    pub size: u64,
}

/// The warning of a mailbox: what was last told, and whether « Plus tard » was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaTold {
    /// The level told; [`QuotaLevel::Fine`]: nothing is to be told.
    pub level: QuotaLevel,
    /// Whole percent when it was told.
    pub percent: u16,
    /// When it was told last; `None` when it never was.
    pub at: Option<Timestamp>,
    /// Put off until it is told again.
    pub snoozed: bool,
    /// The telling that a notification has shown.
    pub notified: Option<Timestamp>,
}

impl Default for QuotaTold {
    fn default() -> Self {
        Self {
            level: QuotaLevel::Fine,
            percent: 0,
            at: None,
            snoozed: false,
            notified: None,
        }
    }
}

/// All that is kept of a mailbox's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaKept {
    /// The last reading.
    pub reading: QuotaReading,
    /// The last refusal that no later reading has answered.
    pub refusal: Option<QuotaRefusal>,
    /// What was told of it.
    pub told: QuotaTold,
}

/// One day of a mailbox's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaPoint {
    /// The day, in the workstation's calendar.
    pub on: Date,
    /// Who told it.
    pub source: QuotaSource,
    /// Octets used at its last reading.
    pub used: u64,
    /// Octets allowed then.
    pub limit: Option<u64>,
}

impl Store {
    /// What is known of a mailbox's room; `None` when it was never read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn quota(&self, account: AccountId) -> Result<Option<QuotaKept>, StoreError> {
        self.connections()
            .read("reading a mailbox's room", |tx| kept(tx, account))
    }

    /// Keeps a reading as the last one and as its day's point; the newest [`QUOTA_DAYS`] points stay. The warning is
    /// decided by `told` from what was known before, in the same commit: a stop at any moment leaves both or neither.
    /// Answers what is kept now.
    ///
    /// # Errors
    /// When the account is gone, or the database cannot be written.
    pub fn keep_quota(
        &self,
        account: AccountId,
        reading: &QuotaReading,
        refusal: Option<QuotaRefusal>,
        day: Date,
        told: impl FnOnce(Option<&QuotaKept>) -> QuotaTold,
    ) -> Result<QuotaKept, StoreError> {
        self.connections().write("keeping a mailbox's room", Promise, |tx| {
            let told = told(kept(tx, account)?.as_ref());
            let of = |room: Option<Room>| (room.map(|r| as_i64(r.used)), room.and_then(|r| r.limit).map(as_i64));
            let ((used, limit), (messages, messages_limit)) = (of(reading.storage), of(reading.messages));
            tx.prepare_cached(
                "INSERT INTO quota (account_id, source, used, allowed, messages, messages_limit, left_over, read_at,
                                    refused_at, refused_size, level, percent, told_at, snoozed, notified_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
                 ON CONFLICT (account_id) DO UPDATE SET source = excluded.source, used = excluded.used,
                    allowed = excluded.allowed, messages = excluded.messages, messages_limit = excluded.messages_limit,
                    left_over = excluded.left_over, read_at = excluded.read_at, refused_at = excluded.refused_at,
                    refused_size = excluded.refused_size, level = excluded.level, percent = excluded.percent,
                    told_at = excluded.told_at, snoozed = excluded.snoozed, notified_at = excluded.notified_at",
            )?
            .execute(params![
                account,
                reading.source,
                used,
                limit,
                messages,
                messages_limit,
                reading.left.map(as_i64),
                reading.at.map(Millis),
                refusal.map(|refusal| Millis(refusal.at)),
                refusal.map(|refusal| as_i64(refusal.size)),
                told.level,
                told.percent,
                told.at.map(Millis),
                told.snoozed,
                told.notified.map(Millis),
            ])?;
            if let Some(used) = used {
                let day = day_number(day);
                tx.prepare_cached(
                    "INSERT INTO quota_point (account_id, day, source, used, allowed) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (account_id, day) DO UPDATE SET source = excluded.source, used = excluded.used,
                        allowed = excluded.allowed",
                )?
                .execute(params![account, day, reading.source, used, limit])?;
                // By their number and not by this day: a clock that is wrong once must not cost the history.
                tx.prepare_cached(
                    "DELETE FROM quota_point WHERE account_id = ?1 AND day <=
                        (SELECT day FROM quota_point WHERE account_id = ?1 ORDER BY day DESC LIMIT 1 OFFSET ?2)",
                )?
                .execute(params![account, QUOTA_DAYS])?;
            }
            Ok(QuotaKept {
                reading: *reading,
                refusal,
                told,
            })
        })
    }

    /// Changes what was told of a mailbox's room; answers what is kept now, `None` when it was never read.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn change_quota_told(
        &self,
        account: AccountId,
        change: impl FnOnce(&QuotaKept) -> QuotaTold,
    ) -> Result<Option<QuotaKept>, StoreError> {
        self.connections().write("keeping a warning", Promise, |tx| {
            let Some(mut kept) = kept(tx, account)? else {
                return Ok(None);
            };
            let told = change(&kept);
            if told != kept.told {
                tx.prepare_cached(
                    "UPDATE quota SET level = ?2, percent = ?3, told_at = ?4, snoozed = ?5, notified_at = ?6
                     WHERE account_id = ?1",
                )?
                .execute(params![
                    account,
                    told.level,
                    told.percent,
                    told.at.map(Millis),
                    told.snoozed,
                    told.notified.map(Millis),
                ])?;
            }
            kept.told = told;
            Ok(Some(kept))
        })
    }

    /// One point a day, oldest first, [`QUOTA_DAYS`] at most.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn quota_history(&self, account: AccountId) -> Result<Vec<QuotaPoint>, StoreError> {
        self.connections().read("reading a mailbox's history", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT day, source, used, allowed FROM quota_point WHERE account_id = ?1 ORDER BY day",
            )?;
            let points = statement
                .query_map([account], |row| {
                    Ok((
                        day_of(row.get(0)?),
                        row.get(1)?,
                        octets(row.get(2)?),
                        row.get::<_, Option<i64>>(3)?.map(octets),
                    ))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            let known = |(on, source, used, limit): (Option<Date>, QuotaSource, u64, Option<u64>)| {
                Some(QuotaPoint {
                    on: on?,
                    source,
                    used,
                    limit,
                })
            };
            Ok(points.into_iter().filter_map(known).collect())
        })
    }
}

fn kept(tx: &Transaction<'_>, account: AccountId) -> Result<Option<QuotaKept>, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT source, used, allowed, messages, messages_limit, left_over, read_at, refused_at, refused_size, level,
                    percent, told_at, snoozed, notified_at FROM quota WHERE account_id = ?1",
        )?
        .query_row([account], |row| {
            let time = |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<Millis>>(column)?.map(|m| m.0));
            Ok(QuotaKept {
                reading: QuotaReading {
                    source: row.get(0)?,
                    storage: room(row, 1)?,
                    messages: room(row, 3)?,
                    left: row.get::<_, Option<i64>>(5)?.map(octets),
                    at: time(6)?,
                },
                refusal: match (time(7)?, row.get::<_, Option<i64>>(8)?) {
                    (Some(at), Some(size)) => Some(QuotaRefusal { at, size: octets(size) }),
                    _ => None,
                },
                told: QuotaTold {
                    level: row.get(9)?,
                    percent: row.get(10)?,
                    at: time(11)?,
                    snoozed: row.get(12)?,
                    notified: time(13)?,
                },
            })
        })
        .optional()?)
}

fn room(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Room>> {
    let used: Option<i64> = row.get(column)?;
    let limit: Option<i64> = row.get(column + 1)?;
    Ok(used.map(|used| Room {
        used: octets(used),
        limit: limit.map(octets).filter(|limit| *limit > 0),
    }))
}

fn octets(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn day_number(day: Date) -> i64 {
    i64::from((day - EPOCH).get_days())
}

fn day_of(number: i64) -> Option<Date> {
    let span = jiff::Span::new().try_days(number).ok()?;
    EPOCH.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_comes_back() {
        for day in [EPOCH, Date::constant(2026, 11, 22), Date::constant(2028, 2, 29)] {
            assert_eq!(day_of(day_number(day)), Some(day));
        }
        assert_eq!(day_of(i64::MAX), None);
    }
}
