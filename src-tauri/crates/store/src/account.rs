//! Accounts: the BALs this workstation opens.

use jiff::Timestamp;
use pli_terms::{Address, BalKind};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

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

    /// Forgets an account and everything stored for it, drafts and outbox included. Nothing is asked of the server.
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
            Ok(())
        })
    }
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
