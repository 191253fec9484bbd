//! Accounts: the BALs this workstation opens.

use jiff::Timestamp;
use pli_terms::{Address, BalKind};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::Value;

use crate::backup::number_in;
use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::store::Store;
use crate::time::Millis;
use crate::word::word;

word!(
    /// How an account's person or service proves who it is.
    AuthMethod {
        /// A Pro Santé Connect session (SC.PSC.01, .13).
        Psc = "psc",
        /// A client certificate of an organisation (PKCS#12).
        Certificate = "certificate",
    }
);

/// An account to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAccount {
    /// The BAL's address.
    pub address: Address,
    /// Its kind.
    pub kind: BalKind,
    /// The name that goes beside the address in `From`.
    pub display_name: String,
    /// The servers as the engine describes them; any JSON.
    pub servers: Value,
    /// How one logs in.
    pub auth: AuthMethod,
    /// The colour shown beside it, as CSS writes it; may be empty.
    pub color: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What was given when it was added, or changed since.
    pub settings: NewAccount,
    /// When it was added.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, address, kind, display_name, servers, auth, color, created_at";

impl Store {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the address already has one.
    pub fn add_account(&self, account: &NewAccount, now: Timestamp) -> Result<AccountId, StoreError> {
        let servers = to_json("adding an account", &account.servers)?;
        self.connections().write("adding an account", Promise, |tx| {
            let taken = tx
                .query_row(
                    "SELECT 1 FROM account WHERE address = ?1",
                    [account.address.as_str()],
                    |_| Ok(()),
                )
                .optional()?;
            if taken.is_some() {
                return Err(StoreError::Invalid {
                    what: "this address already has an account",
                });
            }
            tx.execute(
                "INSERT INTO account (address, kind, display_name, servers, auth, color, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    account.address.as_str(),
                    account.kind.as_str(),
                    account.display_name,
                    servers,
                    account.auth,
                    account.color,
                    Millis(now)
                ],
            )?;
            Ok(AccountId::from_raw(tx.last_insert_rowid()))
        })
    }

    /// Changes an account's settings; its address may not change.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account with this address.
    pub fn update_account(&self, id: AccountId, account: &NewAccount) -> Result<(), StoreError> {
        let servers = to_json("changing an account", &account.servers)?;
        self.connections().write("changing an account", Promise, |tx| {
            let changed = tx.execute(
                "UPDATE account SET kind = ?2, display_name = ?3, servers = ?4, auth = ?5, color = ?6
                 WHERE id = ?1 AND address = ?7",
                params![
                    id,
                    account.kind.as_str(),
                    account.display_name,
                    servers,
                    account.auth,
                    account.color,
                    account.address.as_str()
                ],
            )?;
            if changed == 0 {
                Err(StoreError::NotFound { what: "account" })
            } else {
                Ok(())
            }
        })
    }

    /// Every account, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.connections().read("listing the accounts", |tx| {
            let mut statement = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY id"))?;
            let rows = statement.query_map([], account)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn account(&self, id: AccountId) -> Result<Account, StoreError> {
        self.connections().read("reading an account", |tx| {
            tx.query_row(&format!("SELECT {COLUMNS} FROM account WHERE id = ?1"), [id], account)
                .optional()?
                .ok_or(StoreError::NotFound { what: "account" })
        })
    }

    /// Forgets an account and everything stored for it: drafts, outbox and the settings that bear its number included.
    /// Nothing is asked of the server.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn remove_account(&self, id: AccountId) -> Result<(), StoreError> {
        // Its passphrase may stand in the keyring, where nothing cascades.
        if let Err(error) = self.certificate_remove(id) {
            tracing::warn!(%error, "a certificate could not be forgotten");
        }
        self.connections().write("removing an account", Promise, |tx| {
            if tx.execute("DELETE FROM account WHERE id = ?1", [id])? == 0 {
                return Err(StoreError::NotFound { what: "account" });
            }
            forget_settings(tx, id)
        })
    }
}

/// Takes away the settings of an account. Nothing cascades to them: each says whose it is by the first number in its name,
/// which is also how a backup of one mailbox knows them.
fn forget_settings(tx: &Transaction<'_>, id: AccountId) -> Result<(), StoreError> {
    let names: Vec<String> = tx
        .prepare_cached("SELECT name FROM setting")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in names.iter().filter(|name| number_in(name) == Some(id.get())) {
        tx.execute("DELETE FROM setting WHERE name = ?1", [name])?;
    }
    Ok(())
}

pub(crate) fn to_json<T: serde::Serialize>(doing: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Json { doing, source })
}

/// An error in a column's text, as rusqlite says it.
pub(crate) fn bad_column(index: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, what.into())
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let address: String = row.get(1)?;
    let kind: String = row.get(2)?;
    let servers: String = row.get(4)?;
    Ok(Account {
        id: row.get(0)?,
        settings: NewAccount {
            address: Address::parse(&address).map_err(|_| bad_column(1, "not an address"))?,
            kind: kind.parse().map_err(|()| bad_column(2, "not a kind of BAL"))?,
            display_name: row.get(3)?,
            servers: serde_json::from_str(&servers).map_err(|_| bad_column(4, "not JSON"))?,
            auth: row.get(5)?,
            color: row.get(6)?,
        },
        created_at: row.get::<_, Millis>(7)?.0,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::MasterKey;
    use crate::backup::{of_accounts, references, tables};

    fn new_account(address: &str) -> NewAccount {
        NewAccount {
            address: Address::parse(address).unwrap(),
            kind: BalKind::Per,
            display_name: String::new(),
            servers: Value::Null,
            auth: AuthMethod::Psc,
            color: String::new(),
        }
    }

    /// A table's columns and their types.
    fn columns(tx: &Transaction<'_>, table: &str) -> Vec<(String, String)> {
        let mut statement = tx.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
        let rows = statement
            .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// Any row at all, whatever it means: only what it refers to is true.
    fn any_row(tx: &Transaction<'_>, table: &str, known: &BTreeMap<String, i64>, number: &mut i64) -> i64 {
        let refers: BTreeMap<_, _> = references(tx, table).unwrap().into_iter().collect();
        let mut values: Vec<(String, rusqlite::types::Value)> = Vec::new();
        for (column, of) in columns(tx, table) {
            *number += 1;
            let value = match (refers.get(&column).map(String::as_str), of.as_str()) {
                // Octets belong to one row only.
                (Some("blob"), _) => any_row(tx, "blob", known, number).into(),
                (Some(to), _) => known[to].into(),
                (None, _) if column == "id" => continue,
                (None, "INTEGER") => (*number).into(),
                (None, "TEXT") => format!("t{number}").into(),
                (None, "BLOB") => vec![7].into(),
                (None, other) => panic!("{table}.{column} is {other}"),
            };
            values.push((column, value));
        }
        let names: Vec<_> = values.iter().map(|(column, _)| format!("\"{column}\"")).collect();
        let marks = vec!["?"; values.len()].join(", ");
        let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({marks})", names.join(", "));
        let values = rusqlite::params_from_iter(values.into_iter().map(|(_, value)| value));
        tx.execute(&sql, values)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        tx.last_insert_rowid()
    }

    /// A row of this account in every table that hangs on accounts, those that nobody thought of yet included.
    fn fill(tx: &Transaction<'_>, account: AccountId, number: &mut i64) {
        let pack = any_row(tx, "pack", &BTreeMap::new(), number);
        let mut known = BTreeMap::from([("account".to_owned(), account.get()), ("pack".to_owned(), pack)]);
        let mut wanted = of_accounts(tx).unwrap();
        wanted.remove("account");
        while !wanted.is_empty() {
            let ready: BTreeSet<String> = wanted
                .iter()
                .filter(|table| {
                    let refers = references(tx, table).unwrap();
                    refers.iter().all(|(_, to)| to == "blob" || known.contains_key(to))
                })
                .cloned()
                .collect();
            assert!(!ready.is_empty(), "{wanted:?} refer to what is filled by nobody");
            for table in ready {
                known.insert(table.clone(), any_row(tx, &table, &known, number));
                wanted.remove(&table);
            }
        }
    }

    /// How many rows each table has, packs apart: they go when they are compacted.
    fn counts(tx: &Transaction<'_>) -> BTreeMap<String, i64> {
        let count = |table: String| {
            let sql = format!("SELECT count(*) FROM \"{table}\"");
            let rows = tx.query_row(&sql, [], |row| row.get(0)).unwrap();
            (table, rows)
        };
        let all = tables(tx).unwrap().into_iter().filter(|table| table != "pack");
        all.map(count).collect()
    }

    fn settings(tx: &Transaction<'_>) -> BTreeSet<String> {
        let mut statement = tx.prepare("SELECT name FROM setting").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn nothing_stays_of_an_account_that_is_removed_whatever_table_or_setting_it_is_in() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &MasterKey::from_bytes([42; 32])).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let stays = store.add_account(&new_account("a@alpha.mssante.test"), now).unwrap();
        let other = format!("account/{stays}/sent_folder");
        // Of a number that begins alike, and of nobody.
        for name in [other.as_str(), "account/22/opens", "mss-nil", "handling/author"] {
            store.set_setting(name, &true).unwrap();
        }
        let mut number = 1_000;
        let write = |doing: &mut dyn FnMut(&Transaction<'_>)| {
            store
                .connections()
                .write("filling", Promise, |tx| {
                    doing(tx);
                    Ok(())
                })
                .unwrap();
        };
        let mut before = None;
        write(&mut |tx| {
            fill(tx, stays, &mut number);
            before = Some((counts(tx), settings(tx)));
        });

        let goes = store.add_account(&new_account("b@alpha.mssante.test"), now).unwrap();
        assert_eq!(goes.get(), 2);
        for name in ["account/2/purge_schedule", "account/2/a/3", "smtp-size:2"] {
            store.set_setting(name, &true).unwrap();
        }
        write(&mut |tx| {
            fill(tx, goes, &mut number);
            let linked = of_accounts(tx).unwrap();
            let (were, now) = (&before.as_ref().unwrap().0, counts(tx));
            for table in tables(tx).unwrap() {
                let names = columns(tx, &table).into_iter().map(|(name, _)| name);
                let speaks = names.filter(|name| name.contains("account")).count() > 0;
                assert!(
                    !speaks || linked.contains(&table),
                    "{table} speaks of an account and does not hang on it"
                );
                assert!(
                    !linked.contains(&table) || now[&table] > were[&table],
                    "{table} was not filled"
                );
            }
        });
        store.remove_account(goes).unwrap();
        write(&mut |tx| assert_eq!(Some((counts(tx), settings(tx))), before));
        assert!(store.remove_account(goes).unwrap_err().is_not_found());
    }
}
