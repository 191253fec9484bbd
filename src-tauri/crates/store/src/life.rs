//! A BAL's life as this workstation knows it: when it was last opened, what is about to leave its server, what was told.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::connection::Durability::{Mirror, Promise};
use crate::error::StoreError;
use crate::id::{AccountId, MailId};
use crate::retention::line;
use crate::space::FILED;
use crate::store::Store;
use crate::time::Millis;

/// An opening is noted again once the former is so old, in milliseconds: a day is what counts.
const NOTED_AGAIN: i64 = 60 * 60 * 1000;

/// What is remembered of a BAL's life.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Life {
    /// When its server was last really opened from here.
    pub opened_at: Option<Timestamp>,
    /// What was last told of it, in the engine's own words.
    pub announced: Option<String>,
    /// When that was told.
    pub announced_at: Option<Timestamp>,
    /// When the person put what was told aside.
    pub dismissed_at: Option<Timestamp>,
}

/// Messages that their server is about to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leaving {
    /// How many.
    pub count: u64,
    /// Their octets, as the server counts them.
    pub octets: u64,
    /// When the oldest was received.
    pub oldest: Option<Timestamp>,
}

/// Which messages are about to leave: received before these times. `None`: none of that kind leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeavingBefore {
    /// Of the folder of sent items.
    pub sent: Option<Timestamp>,
    /// Of every other folder, but drafts, the bin and unwanted mail.
    pub received: Option<Timestamp>,
}

/// On the server, not kept here, never filed in a record (`$PliFiled`). `?1` the account, `?2` whether of sent items, `?3`
/// the time.
fn leaving_where() -> String {
    format!(
        "FROM message m JOIN folder f ON f.id = m.folder_id
         WHERE f.account_id = ?1 AND m.internal_date < ?3 AND m.uid IS NOT NULL
         AND f.role NOT IN ('drafts', 'trash', 'junk', 'all', 'flagged', 'kept') AND (f.role = 'sent') = ?2
         AND NOT EXISTS (SELECT 1 FROM kept k WHERE k.message_id = m.id)
         AND instr(' ' || lower(m.keywords) || ' ', ' {} ') = 0",
        FILED.to_ascii_lowercase()
    )
}

impl Store {
    /// What is remembered of a BAL's life.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn life(&self, account: AccountId) -> Result<Life, StoreError> {
        self.connections().read("reading a box's life", |tx| {
            let at = |row: &Row<'_>, index| -> rusqlite::Result<Option<Timestamp>> {
                Ok(row.get::<_, Option<Millis>>(index)?.map(|at| at.0))
            };
            Ok(tx
                .prepare_cached(
                    "SELECT opened_at, announced, announced_at, dismissed_at FROM box_life WHERE account_id = ?1",
                )?
                .query_row([account], |row| {
                    Ok(Life {
                        opened_at: at(row, 0)?,
                        announced: row.get(1)?,
                        announced_at: at(row, 2)?,
                        dismissed_at: at(row, 3)?,
                    })
                })
                .optional()?
                .unwrap_or_default())
        })
    }

    /// Notes that a BAL's server was really opened now: somebody was let in. Written once an hour at most.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub fn note_opened(&self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        let known = self.life(account)?.opened_at;
        let fresh = known.is_some_and(|at| (0..NOTED_AGAIN).contains(&(now.as_millisecond() - at.as_millisecond())));
        if fresh {
            return Ok(());
        }
        self.connections().write("noting that a box was opened", Mirror, |tx| {
            line(tx, account)?;
            tx.prepare_cached("UPDATE box_life SET opened_at = ?2 WHERE account_id = ?1")?
                .execute(params![account, Millis(now)])?;
            Ok(())
        })
    }

    /// Notes what was told of a BAL, and when; `None`: nothing is to be told any more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub fn note_announced(&self, account: AccountId, told: Option<(&str, Timestamp)>) -> Result<(), StoreError> {
        self.connections().write("noting what was told", Promise, |tx| {
            line(tx, account)?;
            tx.prepare_cached(
                "UPDATE box_life SET announced = ?2, announced_at = ?3, dismissed_at = NULL WHERE account_id = ?1",
            )?
            .execute(params![
                account,
                told.map(|(word, _)| word),
                told.map(|(_, at)| Millis(at))
            ])?;
            Ok(())
        })
    }

    /// Notes that the person put aside what was told.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub fn note_dismissed(&self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        self.connections().write("noting what was put aside", Promise, |tx| {
            line(tx, account)?;
            tx.prepare_cached("UPDATE box_life SET dismissed_at = ?2 WHERE account_id = ?1")?
                .execute(params![account, Millis(now)])?;
            Ok(())
        })
    }

    /// What is about to leave a BAL's server: sent items, then the rest.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn leaving(&self, account: AccountId, before: LeavingBefore) -> Result<(Leaving, Leaving), StoreError> {
        self.connections().read("counting what is about to leave", |tx| {
            let sql = format!(
                "SELECT count(*), coalesce(sum(m.size), 0), min(m.internal_date) {}",
                leaving_where()
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let mut count = |sent: bool, before: Option<Timestamp>| -> Result<Leaving, StoreError> {
                let Some(before) = before else {
                    return Ok(Leaving::default());
                };
                Ok(statement.query_row(params![account, sent, Millis(before)], |row| {
                    Ok(Leaving {
                        count: row.get::<_, i64>(0)?.unsigned_abs(),
                        octets: row.get::<_, i64>(1)?.unsigned_abs(),
                        oldest: row.get::<_, Option<Millis>>(2)?.map(|at| at.0),
                    })
                })?)
            };
            Ok((count(true, before.sent)?, count(false, before.received)?))
        })
    }

    /// The messages that [`Store::leaving`] counts, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn leaving_mails(
        &self,
        account: AccountId,
        before: LeavingBefore,
        limit: u32,
    ) -> Result<Vec<MailId>, StoreError> {
        self.connections().read("listing what is about to leave", |tx| {
            let sql = format!(
                "SELECT m.id {} ORDER BY m.internal_date, m.id LIMIT ?4",
                leaving_where()
            );
            let mut statement = tx.prepare_cached(&sql)?;
            let mut found: Vec<MailId> = Vec::new();
            for (sent, before) in [(false, before.received), (true, before.sent)] {
                let Some(before) = before else { continue };
                let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
                let rows = statement.query_map(params![account, sent, Millis(before), left], |row| row.get(0))?;
                for row in rows {
                    found.push(row?);
                }
            }
            Ok(found)
        })
    }
}
