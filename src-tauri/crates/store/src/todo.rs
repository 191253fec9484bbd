//! What is still to be dealt with, listed and counted. The database keeps it beside each message (see the migration that
//! begins it), grouped by whom it is left to: a list asks each group that concerns who asks, and merges them.

use std::collections::BTreeSet;

use rusqlite::{Transaction, params};

use crate::error::StoreError;
use crate::id::{AccountId, FolderId};
use crate::list::{Filter, Scope, as_i64};
use crate::me::{Asking, Me, ToHandle};
use crate::store::Store;

/// More groups than this are read together and sorted here: each walk of one has its price.
const WALKED: usize = 32;

/// Where one index has what is asked.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// One folder, whichever.
    Folder(FolderId),
    /// All of an account but bin and unwanted mail, each message once.
    Account(AccountId),
}

impl Place {
    fn condition(self) -> &'static str {
        match self {
            Self::Folder(_) => "folder_id = ?1 AND todo IS NOT NULL",
            Self::Account(_) => "account_id = ?1 AND todo_first = 1",
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Folder(id) => id.get(),
            Self::Account(id) => id.get(),
        }
    }

    /// Whom messages here are left to, and how many.
    fn groups(self) -> String {
        format!(
            "SELECT todo, count(*) FROM message WHERE {} GROUP BY todo",
            self.condition()
        )
    }

    /// One group, newest first.
    fn walk(self) -> String {
        format!(
            "SELECT internal_date, id FROM message WHERE {} AND todo = ?2
             ORDER BY internal_date DESC, id DESC LIMIT ?3 OFFSET ?4",
            self.condition()
        )
    }

    /// All groups, in no order.
    fn all(self) -> String {
        format!("SELECT internal_date, id, todo FROM message WHERE {}", self.condition())
    }
}

/// A page of what is still to be dealt with: when and which, newest first; and how many there are in all.
pub(crate) type Found = (Vec<(i64, i64)>, u64);

/// Lists what is open, or what of it is left to who asks.
pub(crate) fn list(
    tx: &Transaction<'_>,
    me: &Me,
    scope: Scope,
    filter: Filter,
    offset: u64,
    limit: u32,
) -> Result<Found, StoreError> {
    let asking = Asking::of(me);
    let wanted = |persons: &str| filter != Filter::Mine || asking.concerns(persons);
    let mut total = 0;
    let mut groups: Vec<(Place, String)> = Vec::new();
    for place in places(tx, scope)? {
        for (persons, count) in groups_of(tx, place)? {
            if wanted(&persons) {
                total += count;
                groups.push((place, persons));
            }
        }
    }
    let mut found = Vec::new();
    let mut skip = 0;
    if groups.len() <= WALKED {
        // One group skips inside SQLite; several are merged here, each giving at most what the page can reach.
        skip = if groups.len() == 1 { offset } else { 0 };
        let take = offset.saturating_add(u64::from(limit)) - skip;
        for (place, persons) in &groups {
            let mut statement = tx.prepare_cached(&place.walk())?;
            let rows = statement.query_map(params![place.number(), persons, as_i64(take), as_i64(skip)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            for row in rows {
                found.push(row?);
            }
        }
    } else {
        let persons: BTreeSet<&str> = groups.iter().map(|(_, persons)| persons.as_str()).collect();
        let mut places: Vec<Place> = groups.iter().map(|(place, _)| *place).collect();
        places.dedup_by_key(|place| place.number());
        for place in places {
            let mut statement = tx.prepare_cached(&place.all())?;
            let mut rows = statement.query([place.number()])?;
            while let Some(row) = rows.next()? {
                if persons.contains(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?) {
                    found.push((row.get(0)?, row.get(1)?));
                }
            }
        }
    }
    if groups.len() > 1 {
        found.sort_unstable_by(|a, b| b.cmp(a));
    }
    let start = usize::try_from(offset - skip).unwrap_or(usize::MAX).min(found.len());
    let end = start.saturating_add(limit as usize).min(found.len());
    Ok((found[start..end].to_vec(), total))
}

fn places(tx: &Transaction<'_>, scope: Scope) -> Result<Vec<Place>, StoreError> {
    let sql = match scope {
        Scope::Folder(id) => return Ok(vec![Place::Folder(id)]),
        Scope::Account(id) => return Ok(vec![Place::Account(id)]),
        Scope::Everything => "SELECT id FROM account ORDER BY id",
        Scope::Inboxes => "SELECT id FROM folder WHERE role = 'inbox' ORDER BY id",
    };
    let mut statement = tx.prepare_cached(sql)?;
    let places = statement.query_map([], |row| {
        Ok(match scope {
            Scope::Inboxes => Place::Folder(row.get(0)?),
            _ => Place::Account(row.get(0)?),
        })
    })?;
    Ok(places.collect::<Result<_, _>>()?)
}

fn groups_of(tx: &Transaction<'_>, place: Place) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = tx.prepare_cached(&place.groups())?;
    let groups = statement.query_map([place.number()], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
    })?;
    Ok(groups.collect::<Result<_, _>>()?)
}

impl Store {
    /// How much of an account is still to be dealt with, bin and unwanted mail apart, each message once. The sum over
    /// accounts is what [`Scope::Everything`] lists.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn to_handle(&self, me: &Me, account: AccountId) -> Result<ToHandle, StoreError> {
        let asking = Asking::of(me);
        self.connections().read("counting what is to be dealt with", |tx| {
            let mut counts = ToHandle::default();
            for (persons, count) in groups_of(tx, Place::Account(account))? {
                counts.open += count;
                if asking.concerns(&persons) {
                    counts.mine += count;
                }
            }
            Ok(counts)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(connection: &rusqlite::Connection, sql: &str, values: i64) -> Vec<String> {
        let values: Vec<i64> = (1..=values).collect();
        connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap()
            .query_map(rusqlite::params_from_iter(values), |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    fn migrated() -> rusqlite::Connection {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        crate::migration::migrate(&mut connection).unwrap();
        connection
    }

    #[test]
    fn a_list_reads_the_index_of_what_is_open_and_nothing_else() {
        let connection = migrated();
        let folder = (Place::Folder(FolderId::from_raw(1)), "message_todo (folder_id=?");
        let account = (
            Place::Account(AccountId::from_raw(1)),
            "message_todo_first (account_id=?",
        );
        for (place, index) in [folder, account] {
            for (sql, values) in [(place.groups(), 1), (place.walk(), 4), (place.all(), 1)] {
                let plan = plan(&connection, &sql, values);
                assert_eq!(plan.len(), 1, "no table of its own to sort by: {plan:?}");
                assert!(
                    plan[0].starts_with(&format!("SEARCH message USING COVERING INDEX {index}")),
                    "{plan:?}"
                );
            }
        }
    }

    #[test]
    fn what_keeps_the_lists_right_searches_what_changed_and_scans_nothing() {
        let connection = migrated();
        let of_one = "SELECT todo FROM message_left WHERE id = ?1";
        let copy = "SELECT c.id FROM message_copy c WHERE c.account_id = ?1 AND c.message_id = ?2
                    ORDER BY c.internal_date DESC, c.id DESC LIMIT 1";
        let nameless = "SELECT c.id FROM message_copy c WHERE c.id = ?1 AND c.message_id IS NULL";
        let clear = "UPDATE message SET todo_first = 0 WHERE account_id = ?1 AND message_id = ?2 AND todo_first = 1";
        let named = "UPDATE message SET todo = (SELECT v.todo FROM message_left v WHERE v.id = message.id)
                     WHERE message_id = ?1 AND +account_id = ?2";
        for (sql, values) in [(of_one, 1), (copy, 2), (nameless, 1), (clear, 2), (named, 2)] {
            let plan = plan(&connection, sql, values);
            assert!(
                plan.iter()
                    .all(|step| !step.starts_with("SCAN") && !step.contains("TEMP B-TREE")),
                "{plan:?}"
            );
        }
        let plan = plan(&connection, copy, 2);
        assert!(
            plan[0].contains("message_todo_copies (account_id=? AND message_id=?)"),
            "{plan:?}"
        );
    }
}
