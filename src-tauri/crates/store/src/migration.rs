//! Schema migrations: numbered SQL files, one transaction each, together with the number itself.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;

/// The files in order: the n-th brings the schema from n−1 to n. A released file never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_store.sql"),
    include_str!("../migrations/0002_outbox_reports.sql"),
    include_str!("../migrations/0003_certificate.sql"),
    include_str!("../migrations/0004_quota.sql"),
    include_str!("../migrations/0005_purge.sql"),
    include_str!("../migrations/0007_handling.sql"),
    include_str!("../migrations/0008_life.sql"),
];

/// Brings the database to the newest schema.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    run(connection, MIGRATIONS)
}

/// Whether this build knows the database's schema, an older one included.
///
/// # Errors
/// [`StoreError::NewerSchema`].
pub(crate) fn known(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, MIGRATIONS.len() as i64);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    Ok(())
}

fn run(connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let known = migrations.len() as i64;
    let found = version(connection)?;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    for (index, sql) in migrations.iter().enumerate() {
        let number = index as i64 + 1;
        if number <= found {
            continue;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_runs_once_and_a_failed_one_leaves_the_former_schema() {
        let mut connection = Connection::open_in_memory().unwrap();
        let first = "CREATE TABLE a (x INTEGER NOT NULL) STRICT; INSERT INTO a VALUES (1);";
        run(&mut connection, &[first]).unwrap();
        run(&mut connection, &[first]).unwrap();
        let broken = "INSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (1);";
        assert!(run(&mut connection, &[first, broken]).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        run(&mut connection, &[first, "INSERT INTO a VALUES (3);"]).unwrap();
        let sum: i64 = connection
            .query_row("SELECT sum(x) FROM a", [], |row| row.get(0))
            .unwrap();
        assert_eq!((sum, version(&connection).unwrap()), (4, 2));
    }

    #[test]
    fn an_older_program_refuses_a_newer_file() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .pragma_update(None, "user_version", MIGRATIONS.len() as i64 + 1)
            .unwrap();
        assert!(
            matches!(migrate(&mut connection), Err(StoreError::NewerSchema { found, known }) if found == known + 1)
        );
    }

    #[test]
    fn every_table_is_strict() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let loose: i64 = connection
            .query_row(
                "SELECT count(*) FROM pragma_table_list
                 WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search%'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(loose, 0);
    }
}
