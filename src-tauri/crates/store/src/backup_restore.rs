//! A store made again from a copy: under another key, in a folder of its own, record by record (EX_SSI_5110).

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::backup::{export, open_copy, sync, tables};
use crate::error::StoreError;
use crate::key::{DerivedKey, MasterKey, Purpose};
use crate::migration;
use crate::pack::{PACK_SIZE, pack_path, sha256, sync_folder};
use crate::record;
use crate::store::keep_private;

/// The pack of a record that was not given back yet.
const NOWHERE: i64 = -1;

/// A store being made again. Nothing of it counts before [`Restoring::finish`]; until then its folder is to be thrown away.
pub struct Restoring {
    dir: PathBuf,
    check: String,
    records: Records,
}

impl std::fmt::Debug for Restoring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restoring")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Restoring {
    /// Begins the store of this folder, which must hold none, from a copied database under its own key, for a profile of
    /// another key.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`], [`StoreError::Damaged`] for what is no copied database, [`StoreError::Invalid`] where
    /// there is a store already; when the disk refuses.
    pub fn begin(dir: &Path, copy: &Path, copy_key: &[u8; 32], key: &MasterKey) -> Result<Self, StoreError> {
        let raw = dir.join("raw");
        let database = dir.join("mail.db");
        if database.exists() {
            return Err(StoreError::Invalid {
                what: "there is a store already",
            });
        }
        let made = || {
            std::fs::create_dir_all(&raw)?;
            keep_private(dir)
        };
        made().map_err(|e| StoreError::file("making the store", dir, e))?;
        let source = open_copied(copy, copy_key)?;
        migration::known(&source)?;
        let own = key.derive(Purpose::Database);
        export(&source, &database, &own)?;
        drop(source);
        let connection = open_copy(&database, &own)?;
        calm(&connection)?;
        Ok(Self {
            dir: dir.to_owned(),
            check: key.check(),
            records: Records::begin(connection, raw, key.derive(Purpose::RawFiles))?,
        })
    }

    /// Gives a record back; none: it could not be read when the copy was made.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a record that the database does not know, or knows otherwise; when the disk refuses.
    pub fn put(&mut self, blob: i64, octets: Option<&[u8]>) -> Result<(), StoreError> {
        self.records.put(blob, octets, |connection| {
            connection.execute("INSERT INTO pack (size, live) VALUES (0, 0)", [])?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// Ends it: everything is on the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a record was not given; when the disk refuses.
    pub fn finish(self) -> Result<(), StoreError> {
        let database = self.dir.join("mail.db");
        let (connection, sizes) = self.records.end()?;
        for (id, size) in sizes {
            connection.execute("UPDATE pack SET size = ?2 WHERE id = ?1", params![id, size as i64])?;
        }
        connection.execute_batch("COMMIT")?;
        connection.close().map_err(|(_, error)| error)?;
        sync(&database)?;
        let check = self.dir.join("key-check");
        let write = || {
            let mut file = File::create(&check)?;
            file.write_all(self.check.as_bytes())?;
            file.sync_all()?;
            sync_folder(&self.dir.join("raw"))?;
            sync_folder(&self.dir)
        };
        write().map_err(|e| StoreError::file("making the store", &check, e))
    }
}

/// Opens the database of a copy; what is none is damage.
pub(crate) fn open_copied(copy: &Path, key: &[u8; 32]) -> Result<Connection, StoreError> {
    open_copy(copy, &DerivedKey::of(key)).map_err(|error| {
        if error.is_damage() {
            StoreError::Damaged {
                doing: "reading a copy of the store",
                what: "its database".to_owned(),
            }
        } else {
            error
        }
    })
}

/// Whatever was about to happen on the machine that the copy comes from does not happen here by itself: it may have happened
/// there since. A message that was to leave is looked for, and the person asked; a purge waits for the person.
pub(crate) fn calm(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(
        "UPDATE outbox_recipient SET state = 'unknown' WHERE state = 'pending'
             AND outbox_id IN (SELECT id FROM outbox WHERE state IN ('queued', 'sending'));
         UPDATE outbox SET state = 'unknown', not_before = NULL WHERE state IN ('queued', 'sending');",
    )?;
    if tables(connection)?.iter().any(|table| table == "purge") {
        connection.execute("UPDATE purge SET state = 'stopped' WHERE state = 'running'", [])?;
    }
    Ok(())
}

/// Records on their way into new packs, and the database that says where they stand. In a transaction from beginning to end.
pub(crate) struct Records {
    connection: Connection,
    dir: PathBuf,
    key: DerivedKey,
    current: Option<(i64, File, u64)>,
    full: Vec<(i64, u64)>,
    sealed: Vec<u8>,
}

impl Records {
    pub(crate) fn begin(connection: Connection, dir: PathBuf, key: DerivedKey) -> Result<Self, StoreError> {
        connection.execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; BEGIN; DELETE FROM pack; UPDATE blob SET pack_id = {NOWHERE};"
        ))?;
        Ok(Self {
            connection,
            dir,
            key,
            current: None,
            full: Vec::new(),
            sealed: Vec::new(),
        })
    }

    /// Puts a record where it belongs; `new_pack` gives a number that no pack has.
    pub(crate) fn put(
        &mut self,
        blob: i64,
        octets: Option<&[u8]>,
        new_pack: impl FnOnce(&Connection) -> Result<i64, StoreError>,
    ) -> Result<(), StoreError> {
        let damaged = || StoreError::Damaged {
            doing: "restoring a record",
            what: "it is not the one that was copied".to_owned(),
        };
        let known: Option<(i64, [u8; 32])> = self
            .connection
            .prepare_cached("SELECT length, sha256 FROM blob WHERE id = ?1 AND pack_id = ?2")?
            .query_row([blob, NOWHERE], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (length, digest) = known.ok_or_else(damaged)?;
        let Some(octets) = octets else {
            return self.lose(blob, new_pack);
        };
        if octets.len() as u64 != length.unsigned_abs() || sha256(octets) != digest {
            return Err(damaged());
        }
        let mut sealed = std::mem::take(&mut self.sealed);
        sealed.clear();
        record::seal(&self.key, octets, &mut sealed)?;
        let (pack, place) = self.write(&sealed, new_pack)?;
        self.connection
            .prepare_cached("UPDATE blob SET pack_id = ?2, place = ?3, stored = ?4 WHERE id = ?1")?
            .execute(params![blob, pack, place as i64, sealed.len() as i64])?;
        self.sealed = sealed;
        Ok(())
    }

    /// A record that could not be read: its message is fetched again. Drafts, the outbox and what is kept here alone have no
    /// other source: reading them goes on saying that they are damaged.
    fn lose(
        &mut self,
        blob: i64,
        new_pack: impl FnOnce(&Connection) -> Result<i64, StoreError>,
    ) -> Result<(), StoreError> {
        let (pack, place) = self.write(&[], new_pack)?;
        let connection = &self.connection;
        connection.execute(
            "DELETE FROM attachment WHERE message_id IN (SELECT m.id FROM message m
                 LEFT JOIN folder f ON f.id = m.folder_id WHERE m.blob_id = ?1 AND f.role IS NOT 'kept')",
            [blob],
        )?;
        let fetched = connection.execute(
            "UPDATE message SET blob_id = NULL, body_state = 0 WHERE blob_id = ?1
                 AND NOT EXISTS (SELECT 1 FROM folder f WHERE f.id = message.folder_id AND f.role = 'kept')",
            [blob],
        )?;
        if fetched > 0 {
            connection.execute("DELETE FROM blob WHERE id = ?1", [blob])?;
        } else {
            connection.execute(
                "UPDATE blob SET pack_id = ?2, place = ?3, stored = 0 WHERE id = ?1",
                params![blob, pack, place as i64],
            )?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        sealed: &[u8],
        new_pack: impl FnOnce(&Connection) -> Result<i64, StoreError>,
    ) -> Result<(i64, u64), StoreError> {
        if self.current.as_ref().is_some_and(|(_, _, size)| *size >= PACK_SIZE) {
            self.close()?;
        }
        let (id, mut file, size) = match self.current.take() {
            Some(current) => current,
            None => {
                let id = new_pack(&self.connection)?;
                let path = pack_path(&self.dir, id);
                let file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(&path)
                    .map_err(|e| StoreError::file("making a pack", &path, e))?;
                (id, file, 0)
            }
        };
        file.write_all(sealed)
            .map_err(|e| StoreError::file("writing a raw message", &pack_path(&self.dir, id), e))?;
        self.current = Some((id, file, size + sealed.len() as u64));
        Ok((id, size))
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if let Some((id, file, size)) = self.current.take() {
            file.sync_all()
                .map_err(|e| StoreError::file("writing raw messages to the disk", &pack_path(&self.dir, id), e))?;
            self.full.push((id, size));
        }
        Ok(())
    }

    /// Every record was given and is on the disk: the database, still in its transaction, and each pack's size.
    pub(crate) fn end(mut self) -> Result<(Connection, Vec<(i64, u64)>), StoreError> {
        self.close()?;
        let missing: i64 =
            self.connection
                .query_row("SELECT count(*) FROM blob WHERE pack_id = ?1", [NOWHERE], |row| {
                    row.get(0)
                })?;
        if missing > 0 {
            return Err(StoreError::Damaged {
                doing: "restoring records",
                what: format!("{missing} are missing"),
            });
        }
        Ok((self.connection, self.full))
    }
}
