//! Settings, and the servers found for a domain.

use jiff::Timestamp;
use pli_terms::Domain;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::account::to_json;
use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::store::Store;
use crate::time::Millis;

impl Store {
    /// A setting; `None` when it was never set.
    ///
    /// # Errors
    /// [`StoreError::Json`] when what is stored is not of this type.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let text = self.connections().read("reading a setting", |tx| {
            Ok(tx
                .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
                .query_row([name], |row| row.get::<_, String>(0))
                .optional()?)
        })?;
        text.map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|source| StoreError::Json {
                doing: "reading a setting",
                source,
            })
    }

    /// Sets a setting, durably. Tokens and passwords have no place here.
    ///
    /// # Errors
    /// When the value cannot be written as JSON, or the database refuses.
    pub fn set_setting<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        let value = to_json("storing a setting", value)?;
        self.connections().write("storing a setting", Promise, |tx| {
            tx.prepare_cached(
                "INSERT INTO setting (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![name, value])?;
            Ok(())
        })
    }

    /// The servers last found for a domain, and when (ECO.1.1.9).
    ///
    /// # Errors
    /// [`StoreError::Json`] when what is stored is not of this type.
    pub fn cached_servers<T: DeserializeOwned>(&self, domain: &Domain) -> Result<Option<(T, Timestamp)>, StoreError> {
        let found = self.connections().read("reading known servers", |tx| {
            Ok(tx
                .prepare_cached("SELECT servers, fetched_at FROM server_cache WHERE domain = ?1")?
                .query_row([domain.as_str()], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, Millis>(1)?.0))
                })
                .optional()?)
        })?;
        let Some((text, at)) = found else { return Ok(None) };
        let servers = serde_json::from_str(&text).map_err(|source| StoreError::Json {
            doing: "reading known servers",
            source,
        })?;
        Ok(Some((servers, at)))
    }

    /// Keeps the servers found for a domain.
    ///
    /// # Errors
    /// When the value cannot be written as JSON, or the database refuses.
    pub fn cache_servers<T: Serialize>(&self, domain: &Domain, servers: &T, now: Timestamp) -> Result<(), StoreError> {
        let servers = to_json("keeping known servers", servers)?;
        self.connections().write("keeping known servers", Promise, |tx| {
            tx.execute(
                "INSERT INTO server_cache (domain, servers, fetched_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (domain) DO UPDATE SET servers = excluded.servers, fetched_at = excluded.fetched_at",
                params![domain.as_str(), servers, Millis(now)],
            )?;
            Ok(())
        })
    }
}
