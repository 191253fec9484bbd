//! Schema migrations: numbered SQL files, one transaction each, together with the number itself.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;
use crate::me;

/// The files in order: the n-th brings the schema from n−1 to n. A released file never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_store.sql"),
    include_str!("../migrations/0002_outbox_reports.sql"),
    include_str!("../migrations/0003_certificate.sql"),
    include_str!("../migrations/0004_quota.sql"),
    include_str!("../migrations/0005_purge.sql"),
    include_str!("../migrations/0007_handling.sql"),
    include_str!("../migrations/0008_life.sql"),
    include_str!("../migrations/0009_todo.sql"),
];

/// Brings the database to the newest schema.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    me::add_functions(connection)?;
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
    fn what_was_left_to_do_before_it_could_be_listed_is_listed() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &MIGRATIONS[..7]).unwrap();
        let fact = |what: &str| {
            format!(
                r#"[{{"by":{{"id":null,"name":"Claire"}},"author":"{:032x}","what":{what},"at":5}}]"#,
                7
            )
        };
        connection
            .execute_batch(&format!(
                "INSERT INTO account (id, address, kind, auth, created_at) VALUES (1, 'a@b.test', 'CAB', 'psc', 0);
                 INSERT INTO folder (id, account_id, raw_name, name, role) VALUES (1, 1, 'INBOX', 'INBOX', 'inbox'),
                     (2, 1, 'Copies', 'Copies', 'other'), (3, 1, 'Corbeille', 'Corbeille', 'trash');
                 INSERT INTO message (id, account_id, folder_id, internal_date, search_key, keywords, message_id)
                 VALUES (1, 1, 1, 10, 1, '$plitodo $Other', 'word@b'), (2, 1, 2, 10, 2, '', 'said@b'),
                     (3, 1, 1, 9, 3, '', 'said@b'), (4, 1, 3, 99, 4, '$PliTaken', 'bin@b'), (5, 1, 1, 8, 5, '', NULL),
                     (6, 1, 1, 7, 6, '', 'plain@b'), (7, 1, 1, 6, 7, '', 'damaged@b');
                 INSERT INTO handling (account_id, message_id, facts, summary) VALUES (1, 'said@b', '{}', '{{}}'),
                     (1, '#5', '{}', '{{}}'), (1, 'damaged@b', 'none', NULL);",
                fact(r#"{"state":"taken"}"#),
                fact(r#"{"state":"todo"}"#),
            ))
            .unwrap();
        migrate(&mut connection).unwrap();
        let rows: Vec<(i64, Option<String>, bool)> = connection
            .prepare("SELECT id, todo, todo_first FROM message ORDER BY id")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let claire = Some(format!(r#"[{{"a":"{:032x}","n":"claire"}}]"#, 7));
        let all = Some("[]".to_owned());
        let expected = [
            (1, all.clone(), true),
            (2, claire.clone(), true),
            (3, claire, false),
            (4, Some("[{}]".to_owned()), false),
            (5, all, true),
            (6, None, false),
            (7, None, false),
        ];
        assert_eq!(rows, expected);
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
