//! Any cell of any row of any table, changed, removed or added by somebody who has every key but the seed that signs.

use pli_trace::Problem;
use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::bench::{Desk, Dice, File, KINDS, desk, listed};

/// What says nothing of the past and is not sealed: how far the collector is, whether the journal is open, what is done at
/// the moment.
fn is_working_state(file: File, table: &str, column: Option<&str>) -> bool {
    file == File::Catalogue
        && match table {
            "cursor" | "setting" => true,
            "journal" => matches!(column, Some("clean" | "importing")),
            _ => false,
        }
}

fn tables(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// The columns of a table, and those of its primary key.
fn columns(connection: &Connection, table: &str) -> (Vec<String>, Vec<String>) {
    let mut statement = connection.prepare(&format!("PRAGMA table_info({table})")).unwrap();
    let rows: Vec<(String, i64)> = statement
        .query_map([], |row| Ok((row.get(1)?, row.get(5)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let key = rows.iter().filter(|row| row.1 > 0).map(|row| row.0.clone()).collect();
    (rows.into_iter().map(|row| row.0).collect(), key)
}

/// The rows of a table, each with its primary key.
fn row(connection: &Connection, table: &str, dice: &mut Dice) -> Option<Vec<Value>> {
    let count: i64 = connection
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
        .unwrap();
    let count = u64::try_from(count).unwrap();
    if count == 0 {
        return None;
    }
    let offset = dice.roll(count);
    let (all, _) = columns(connection, table);
    let sql = format!("SELECT * FROM {table} LIMIT 1 OFFSET {offset}");
    Some(
        connection
            .query_row(&sql, [], |row| (0..all.len()).map(|index| row.get(index)).collect())
            .unwrap(),
    )
}

fn changed(value: &Value, dice: &mut Dice) -> Value {
    match value {
        Value::Integer(number) => Value::Integer(match dice.roll(5) {
            0 => number.wrapping_add(1),
            1 => number.wrapping_sub(1),
            2 => number.wrapping_add(1000),
            3 if *number != 0 => number.wrapping_neg(),
            _ => number.wrapping_sub(77_777),
        }),
        Value::Text(text) if text.is_empty() || dice.roll(3) == 0 => Value::Text(format!("{text}x")),
        Value::Text(text) => {
            let mut octets = text.clone().into_bytes();
            let place = usize::try_from(dice.roll(octets.len() as u64)).unwrap();
            octets[place] = if octets[place] == b'q' { b'z' } else { b'q' };
            Value::Text(String::from_utf8(octets).unwrap_or_else(|_| "other".to_owned()))
        }
        Value::Blob(octets) => {
            let mut octets = octets.clone();
            match dice.roll(5) {
                0 => drop(octets.pop()),
                1 => octets.push(0),
                _ => {
                    let place = usize::try_from(dice.roll(octets.len() as u64)).unwrap();
                    octets[place] ^= 1 << dice.roll(8);
                }
            }
            Value::Blob(octets)
        }
        _ => Value::Integer(5),
    }
}

/// The traces that a row is about: those that may be named for it.
fn about(desk: &Desk, file: File, table: &str, row: &[Value]) -> (u64, u64) {
    let number = |index: usize| match &row[index] {
        Value::Integer(number) => number.unsigned_abs(),
        _ => 0,
    };
    match (file, table) {
        (File::Period(_), "record") => (number(0), number(0)),
        (File::Period(_), "chunk") => (number(0), number(1)),
        (File::Period(period), _) => {
            let period = listed(desk).into_iter().find(|listed| listed.number == period).unwrap();
            (period.first, period.last)
        }
        (File::Catalogue, "period") => (number(2), number(4) + 1),
        (File::Catalogue, "seal") => (number(0), u64::MAX),
        _ => (0, u64::MAX),
    }
}

/// Whether a problem names a place where the change is.
fn names(problem: &Problem, file: File, (first, last): (u64, u64)) -> bool {
    match (problem, file) {
        (Problem::Replaced { period, .. } | Problem::Unreadable { period, .. }, File::Period(number)) => {
            *period == number
        }
        (Problem::Replaced { period: 0, .. } | Problem::Unreadable { period: 0, .. } | Problem::KeyChanged, _) => {
            file == File::Catalogue
        }
        _ => {
            let from = problem.from().map_or(0, |from| from.0);
            let until = problem.until().map_or(u64::MAX, |until| until.0);
            // One that was rewritten together with its hash shows at the next.
            from <= last.saturating_add(1) && first <= until
        }
    }
}

fn file(desk: &Desk, dice: &mut Dice) -> File {
    let periods = listed(desk);
    let choice = usize::try_from(dice.roll(periods.len() as u64 + 1)).unwrap();
    periods
        .get(choice)
        .map_or(File::Catalogue, |period| File::Period(period.number))
}

fn condition(columns: &[String], key: &[String], row: &[Value]) -> (String, Vec<Value>) {
    let place = |name: &String| columns.iter().position(|column| column == name).unwrap();
    let terms: Vec<String> = key.iter().map(|name| format!("{name} = ?")).collect();
    (
        terms.join(" AND "),
        key.iter().map(|name| row[place(name)].clone()).collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_cell_is_found(kind in 0..KINDS, seed in any::<u64>()) {
        let desk = desk(kind);
        let mut dice = Dice(seed);
        let file = file(&desk, &mut dice);
        let connection = desk.connect(&file);
        let tables = tables(&connection);
        let table = &tables[usize::try_from(dice.roll(tables.len() as u64)).unwrap()];
        let Some(row) = row(&connection, table, &mut dice) else { return Ok(()) };
        let (columns, key) = columns(&connection, table);
        let place = usize::try_from(dice.roll(columns.len() as u64)).unwrap();
        let column = &columns[place];
        if is_working_state(file, table, Some(column)) {
            return Ok(());
        }
        let value = changed(&row[place], &mut dice);
        let (condition, keys) = condition(&columns, &key, &row);
        let sql = format!("PRAGMA ignore_check_constraints = ON; UPDATE {table} SET {column} = ? WHERE {condition}");
        let (pragma, sql) = sql.split_once("; ").unwrap();
        connection.execute_batch(pragma).unwrap();
        let arguments = std::iter::once(value.clone()).chain(keys);
        // What the table's own rules refuse is no change.
        let Ok(1) = connection.execute(sql, params_from_iter(arguments)) else { return Ok(()) };
        let mut about = about(&desk, file, table, &row);
        if let (Value::Integer(number), "seal", "sequence") = (&value, table.as_str(), column.as_str()) {
            // A seal that says that it is of another trace is named by what it says.
            about.0 = about.0.min(u64::try_from(*number).unwrap_or(0));
        }
        drop(connection);
        let problem = desk.verify().problem;
        let what = format!("{file:?} {table}.{column} {:?} -> {value:?} of {row:?}: {problem:?}", row[place]);
        prop_assert!(problem.as_ref().is_some_and(|problem| names(problem, file, about)), "{}", what);
        if table == "record" && column == "canonical" {
            prop_assert_eq!(problem, Some(Problem::Altered { at: pli_trace::Sequence(about.0) }));
        }
    }

    #[test]
    fn a_row_that_is_removed_or_added_is_found(kind in 0..KINDS, seed in any::<u64>()) {
        let desk = desk(kind);
        let mut dice = Dice(seed);
        let file = file(&desk, &mut dice);
        let connection = desk.connect(&file);
        let tables = tables(&connection);
        let table = &tables[usize::try_from(dice.roll(tables.len() as u64)).unwrap()];
        let Some(row) = row(&connection, table, &mut dice) else { return Ok(()) };
        if is_working_state(file, table, None) {
            return Ok(());
        }
        let (columns, key) = columns(&connection, table);
        let (condition, keys) = condition(&columns, &key, &row);
        let mut about = about(&desk, file, table, &row);
        let removed = dice.roll(2) == 0;
        let newest = listed(&desk).last().map(|period| File::Period(period.number));
        if removed && table == "chunk" && newest == Some(file) {
            // Its traces are read one by one then: nothing false is said, and nothing is lost.
            return Ok(());
        }
        let done = if removed {
            connection.execute(&format!("DELETE FROM {table} WHERE {condition}"), params_from_iter(keys)).unwrap()
        } else {
            // The same once more, under another key.
            let mut row = row.clone();
            for name in &key {
                let place = columns.iter().position(|column| column == name).unwrap();
                if let Value::Integer(number) = &mut row[place] {
                    *number += 1 + i64::try_from(dice.roll(400)).unwrap();
                    about.1 = about.1.max(number.unsigned_abs());
                }
            }
            let marks = vec!["?"; columns.len()].join(", ");
            connection
                .execute(&format!("INSERT INTO {table} VALUES ({marks})"), params_from_iter(row))
                .unwrap_or_default()
        };
        if done == 0 {
            return Ok(());
        }
        drop(connection);
        let problem = desk.verify().problem;
        let what = format!("{file:?} {table} {row:?}: {problem:?}");
        prop_assert!(problem.as_ref().is_some_and(|problem| names(problem, file, about)), "{}", what);
    }
}
