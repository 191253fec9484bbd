//! Lists: a page of rows, newest first, with the counts a scroll bar needs.

use rusqlite::{OptionalExtension, ToSql, Transaction, params};

use crate::error::StoreError;
use crate::id::{AccountId, FolderId};
use crate::mail::{ListRow, ROW_COLUMNS, list_row};
use crate::me::Me;
use crate::store::Store;
use crate::todo;

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The inboxes of all accounts, in one list (ERGO/va1.08).
    Inboxes,
    /// Every folder of every account.
    Everything,
    /// Every folder of one account.
    Account(AccountId),
    /// One folder.
    Folder(FolderId),
}

/// Which messages of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Filter {
    /// All of them.
    #[default]
    All,
    /// Those not read.
    Unread,
    /// Those flagged.
    Flagged,
    /// Those with an attachment.
    Attached,
    /// Those still to be dealt with, by whomever: to do, taken, and those about which two people said what cannot both be.
    ///
    /// Of a whole account, and of everything, what lies in the bin or among unwanted mail is not to be dealt with, and a
    /// message of which an account has several copies is listed once, by the newest. A folder lists all that it has.
    Open,
    /// Of those, the ones left to who asks: for them, taken by them, or to be dealt with by nobody in particular. Not what
    /// somebody else has taken, nor what is for somebody else; but all who disagree about a message see it.
    Mine,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The rows, newest first.
    pub rows: Vec<ListRow>,
    /// How many messages the whole list has, under the filter.
    pub total: u64,
    /// How many of the scope are not read, whatever the filter.
    pub unread: u64,
}

/// A page never holds more rows than this.
pub const PAGE_LIMIT: u32 = 1000;

impl Store {
    /// A page of a list, newest first: `limit` rows (at most [`PAGE_LIMIT`]) after the first `offset`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list(&self, scope: Scope, filter: Filter, offset: u64, limit: u32) -> Result<Page, StoreError> {
        self.list_of(&Me::default(), scope, filter, offset, limit)
    }

    /// As [`Store::list`], asked by somebody: [`Filter::Mine`] is what is left to them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list_of(&self, me: &Me, scope: Scope, filter: Filter, offset: u64, limit: u32) -> Result<Page, StoreError> {
        self.connections().read("listing messages", |tx| {
            let folders = scope_folders(tx, scope)?;
            let mut page = Page {
                rows: Vec::new(),
                total: 0,
                unread: 0,
            };
            let (mut total, mut flagged) = (0, 0);
            for folder in &folders {
                let counts = tx
                    .prepare_cached("SELECT total, unread, flagged FROM folder WHERE id = ?1")?
                    .query_row([folder], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
                    })
                    .optional()?
                    .ok_or(StoreError::NotFound { what: "folder" })?;
                total += counts.0.unsigned_abs();
                page.unread += counts.1.unsigned_abs();
                flagged += counts.2.unsigned_abs();
            }
            let (total, condition) = match filter {
                Filter::All => (total, ""),
                Filter::Unread => (page.unread, " AND (flags & 1) = 0"),
                Filter::Flagged => (flagged, " AND (flags & 4) <> 0"),
                Filter::Attached => (count_attached(tx, &folders)?, " AND attachment_count > 0"),
                Filter::Open | Filter::Mine => {
                    let (found, total) = todo::list(tx, me, scope, filter, offset, limit.min(PAGE_LIMIT))?;
                    page.rows = read(tx, &found)?;
                    page.total = total;
                    return Ok(page);
                }
            };
            page.total = total;
            if !folders.is_empty() {
                page.rows = rows(tx, &folders, condition, offset, limit.min(PAGE_LIMIT))?;
            }
            Ok(page)
        })
    }
}

/// The folders of a scope. Virtual folders (`\All`, `\Flagged`) would list their messages twice.
pub(crate) fn scope_folders(tx: &Transaction<'_>, scope: Scope) -> Result<Vec<FolderId>, StoreError> {
    let (condition, argument) = match scope {
        Scope::Folder(id) => return Ok(vec![id]),
        Scope::Inboxes => ("role = 'inbox' AND ?1 = 0", 0),
        Scope::Everything => ("role NOT IN ('all', 'flagged') AND ?1 = 0", 0),
        Scope::Account(id) => ("role NOT IN ('all', 'flagged') AND account_id = ?1", id.get()),
    };
    let mut statement = tx.prepare_cached(&format!("SELECT id FROM folder WHERE {condition} ORDER BY id"))?;
    Ok(statement
        .query_map([argument], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The ids come from covering indexes alone, one ordered walk for each folder, merged; the wide rows are read for the
/// page only. Skipping to the end of 20,000 rows costs a walk of the index, not of the table.
fn rows(
    tx: &Transaction<'_>,
    folders: &[FolderId],
    condition: &str,
    offset: u64,
    limit: u32,
) -> Result<Vec<ListRow>, StoreError> {
    let mut found: Vec<(i64, i64)> = Vec::new();
    let reach = offset.saturating_add(u64::from(limit));
    let one = format!(
        "SELECT internal_date, id FROM message WHERE folder_id = ?1{condition}
         ORDER BY internal_date DESC, id DESC LIMIT ?2 OFFSET ?3"
    );
    let mut statement = tx.prepare_cached(&one)?;
    // One folder skips inside SQLite; several are merged here, each giving at most what the page can reach.
    let skip = if folders.len() == 1 { offset } else { 0 };
    let take = reach - skip;
    for folder in folders {
        let arguments: [&dyn ToSql; 3] = [folder, &as_i64(take), &as_i64(skip)];
        let ids = statement.query_map(arguments, |row| Ok((row.get(0)?, row.get(1)?)))?;
        for id in ids {
            found.push(id?);
        }
    }
    if folders.len() > 1 {
        found.sort_unstable_by(|a, b| b.cmp(a));
    }
    let start = usize::try_from(offset - skip).unwrap_or(usize::MAX).min(found.len());
    let end = start.saturating_add(limit as usize).min(found.len());
    read(tx, &found[start..end])
}

/// The wide rows of a page.
fn read(tx: &Transaction<'_>, found: &[(i64, i64)]) -> Result<Vec<ListRow>, StoreError> {
    let mut statement = tx.prepare_cached(&format!("SELECT {ROW_COLUMNS} FROM message m WHERE m.id = ?1"))?;
    found
        .iter()
        .map(|(_, id)| Ok(statement.query_row([id], list_row)?))
        .collect()
}

fn count_attached(tx: &Transaction<'_>, folders: &[FolderId]) -> Result<u64, StoreError> {
    let mut statement =
        tx.prepare_cached("SELECT count(*) FROM message WHERE folder_id = ?1 AND attachment_count > 0")?;
    let mut sum = 0;
    for folder in folders {
        sum += statement
            .query_row(params![folder], |row| row.get::<_, i64>(0))?
            .unsigned_abs();
    }
    Ok(sum)
}

pub(crate) fn as_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
