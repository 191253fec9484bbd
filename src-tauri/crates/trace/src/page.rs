//! Reading the journal: one trace, a page of those that a filter keeps, how many there are.

use jiff::Timestamp;
use pli_terms::{Address, MessageId, NationalId};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use crate::canonical;
use crate::entry::{Action, Record, Sequence};
use crate::error::JournalError;
use crate::journal::Journal;
use crate::verify::hex;

/// Which traces to show; what is `None` or false keeps all of them (SC.MSS/UX.37).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// From this moment on, included.
    pub from: Option<Timestamp>,
    /// Up to this moment, excluded.
    pub until: Option<Timestamp>,
    /// Of this BAL.
    pub bal: Option<Address>,
    /// By this author.
    pub author: Option<NationalId>,
    /// Of this kind.
    pub action: Option<Action>,
    /// Failures and refusals only.
    pub failures_only: bool,
    /// About the message of this Message-ID.
    pub message_id: Option<MessageId>,
    /// About the message that this workstation names so.
    pub mail: Option<String>,
}

/// Where a page ended: the next one starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    at: i64,
    sequence: i64,
}

/// A page of traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracePage {
    /// The traces, newest first.
    pub records: Vec<Record>,
    /// Where the next page starts; none when this was the last.
    pub next: Option<Cursor>,
}

/// A page never holds more traces than this.
pub const PAGE_LIMIT: u32 = 1000;

impl Journal {
    /// A page of the traces that a filter keeps, newest first by the workstation's clock, `limit` of them at most
    /// (and at most [`PAGE_LIMIT`]), after `cursor`.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a trace cannot be read back.
    pub fn page(&self, filter: &Filter, cursor: Option<Cursor>, limit: u32) -> Result<TracePage, JournalError> {
        let limit = limit.clamp(1, PAGE_LIMIT) as usize;
        let (mut conditions, mut arguments) = conditions(filter);
        if let Some(cursor) = cursor {
            conditions.push("(at, sequence) < (?, ?)");
            arguments.extend([Value::from(cursor.at), Value::from(cursor.sequence)]);
        }
        let sql = format!(
            "SELECT sequence, canonical, hash, at FROM record {} ORDER BY at DESC, sequence DESC LIMIT {}",
            joined(&conditions),
            limit + 1
        );
        self.read("reading the journal", |tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(arguments))?;
            let mut page = TracePage {
                records: Vec::new(),
                next: None,
            };
            let mut last = None;
            while let Some(row) = rows.next()? {
                if page.records.len() == limit {
                    page.next = last;
                    break;
                }
                page.records.push(record(row)?);
                last = Some(Cursor {
                    at: row.get(3)?,
                    sequence: row.get(0)?,
                });
            }
            Ok(page)
        })
    }

    /// How many traces a filter keeps.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn count(&self, filter: &Filter) -> Result<u64, JournalError> {
        let (conditions, arguments) = conditions(filter);
        let sql = format!("SELECT count(*) FROM record {}", joined(&conditions));
        self.read("counting traces", |tx| {
            let count: i64 = tx
                .prepare_cached(&sql)?
                .query_row(params_from_iter(arguments), |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    /// One trace.
    ///
    /// # Errors
    /// [`JournalError::NotFound`], [`JournalError::Damaged`].
    pub fn get(&self, sequence: Sequence) -> Result<Record, JournalError> {
        let number = i64::try_from(sequence.0).unwrap_or(i64::MAX);
        self.read("reading a trace", |tx| {
            let mut statement =
                tx.prepare_cached("SELECT sequence, canonical, hash FROM record WHERE sequence = ?1")?;
            statement
                .query_row(params![number], |row| Ok(record(row)))
                .optional()?
                .ok_or(JournalError::NotFound { sequence: sequence.0 })?
        })
    }
}

fn record(row: &Row<'_>) -> Result<Record, JournalError> {
    let sequence = row.get::<_, i64>(0)?.unsigned_abs();
    let damaged = JournalError::Damaged { sequence };
    let octets = row
        .get_ref(1)?
        .as_blob()
        .map_err(|_| JournalError::Damaged { sequence })?;
    let Some((own, unique_id, entry)) = canonical::read(octets) else {
        return Err(damaged);
    };
    if own.0 != sequence {
        return Err(damaged);
    }
    Ok(Record {
        sequence: own,
        unique_id: hex(&unique_id),
        entry,
        hash: row.get(2)?,
    })
}

fn conditions(filter: &Filter) -> (Vec<&'static str>, Vec<Value>) {
    let mut conditions = Vec::new();
    let mut arguments = Vec::new();
    let mut add = |condition, value: Option<Value>| {
        conditions.push(condition);
        arguments.extend(value);
    };
    if let Some(from) = filter.from {
        add("at >= ?", Some(from.as_millisecond().into()));
    }
    if let Some(until) = filter.until {
        add("at < ?", Some(until.as_millisecond().into()));
    }
    // The `<> ''` lets SQLite see that the partial index holds all it needs.
    if let Some(bal) = &filter.bal {
        add("bal <> '' AND bal = ?", Some(bal.as_str().to_lowercase().into()));
    }
    if let Some(author) = &filter.author {
        add("author <> '' AND author = ?", Some(author.as_str().to_owned().into()));
    }
    if let Some(action) = filter.action {
        add("action = ?", Some(action.as_str().to_owned().into()));
    }
    if filter.failures_only {
        add("failed = 1", None);
    }
    if let Some(id) = &filter.message_id {
        add(
            "message_id <> '' AND message_id = ?",
            Some(id.as_str().to_owned().into()),
        );
    }
    if let Some(mail) = &filter.mail {
        add("mail <> '' AND mail = ?", Some(mail.clone().into()));
    }
    (conditions, arguments)
}

fn joined(conditions: &[&str]) -> String {
    if conditions.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", conditions.join(" AND "))
    }
}
