//! Packs: append-only files of encrypted records, beside the database.
//!
//! A pack and not a file for each message: measured on 2,000 messages of 120 KiB, on a busy machine of two cores, packs
//! synced every 200 messages took 0.4 s; a file each, all synced, took 7.6 s, and 5 s more to remove. What a pack costs is
//! compaction, which copies sealed octets without opening them. The order of
//! durability is always the same: octets are written, the pack is synced once for the whole batch, then the database
//! commits the records' places together with the pack's new size. What stands beyond that size after a crash is an
//! orphan, cut off at the next start. Space comes back by compaction: a pack that is more than half dead has its living
//! records copied into the current one.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::{OptionalExtension, Transaction, params};

use crate::connection::{Connections, Durability, lock};
use crate::error::StoreError;
use crate::key::DerivedKey;
use crate::record;

/// A pack is closed once it is this big: small enough to be compacted in one go, big enough to be few.
pub(crate) const PACK_SIZE: u64 = 64 * 1024 * 1024;

/// Where a record stands and what it must decrypt to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    pack: i64,
    place: u64,
    stored: u64,
    length: u64,
    sha256: [u8; 32],
}

/// What [`crate::Store::compact`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Packs that were removed from the disk.
    pub packs: u64,
    /// Octets given back to the disk.
    pub octets: u64,
}

pub(crate) struct Packs {
    dir: PathBuf,
    key: DerivedKey,
    pub(crate) current: Mutex<Option<Current>>,
    /// How many copies of the store are being made: nothing moves meanwhile.
    pub(crate) held: AtomicUsize,
}

pub(crate) struct Current {
    id: i64,
    file: File,
    size: u64,
}

impl Packs {
    /// Opens the folder and makes it agree with the database: orphans are swept, and a message whose pack is gone or
    /// cut is marked as not downloaded, so that it is fetched again.
    pub(crate) fn open(dir: PathBuf, key: DerivedKey, connections: &Connections) -> Result<Self, StoreError> {
        std::fs::create_dir_all(&dir).map_err(|e| StoreError::file("making the folder of raw messages", &dir, e))?;
        let packs = Self {
            dir,
            key,
            current: Mutex::new(None),
            held: AtomicUsize::new(0),
        };
        // Made, then never written to.
        connections.write("sweeping empty packs", Durability::Mirror, |tx| {
            tx.execute("DELETE FROM pack WHERE size = 0", [])?;
            Ok(())
        })?;
        let known: Vec<(i64, i64)> = connections.read("listing the packs", |tx| {
            let mut statement = tx.prepare("SELECT id, size FROM pack ORDER BY id")?;
            Ok(statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?)
        })?;
        packs.sweep(&known.iter().map(|(id, _)| *id).collect())?;
        for (id, size) in &known {
            let path = packs.path(*id);
            let size = size.unsigned_abs();
            let on_disk = std::fs::metadata(&path).map_or(0, |m| m.len());
            if on_disk > size {
                let cut = || OpenOptions::new().write(true).open(&path)?.set_len(size);
                cut().map_err(|e| StoreError::file("cutting an orphan off", &path, e))?;
            } else if on_disk < size {
                forget_beyond(connections, *id, on_disk)?;
            }
        }
        if let Some((id, size)) = known.last().filter(|(_, size)| size.unsigned_abs() < PACK_SIZE) {
            let size = size.unsigned_abs();
            let path = packs.path(*id);
            if std::fs::metadata(&path).is_ok_and(|m| m.len() == size) {
                let open = || {
                    let mut file = OpenOptions::new().write(true).open(&path)?;
                    file.seek(SeekFrom::End(0))?;
                    Ok(file)
                };
                let file = open().map_err(|e| StoreError::file("opening a pack", &path, e))?;
                *lock(&packs.current) = Some(Current { id: *id, file, size });
            }
        }
        Ok(packs)
    }

    /// Their folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The key of their records.
    pub(crate) fn key(&self) -> &DerivedKey {
        &self.key
    }

    /// Encrypts and writes `items`, syncs once, then commits what `commit` writes together with their places.
    pub(crate) fn keep<T>(
        &self,
        connections: &Connections,
        label: &'static str,
        durability: Durability,
        items: &[&[u8]],
        commit: impl FnOnce(&Transaction<'_>, &[Placed]) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut current = lock(&self.current);
        let start = current.as_ref().map(|c| (c.id, c.size));
        let result = self.append(connections, &mut current, label, durability, items, commit);
        if result.is_err() {
            // What was written is in no commit: go back, so that a full disk gets its room back at once.
            match (current.as_mut(), start) {
                (Some(now), Some((id, size))) if now.id == id => {
                    let _ = now.file.set_len(size);
                    let _ = now.file.seek(SeekFrom::Start(size));
                    now.size = size;
                }
                _ => *current = None,
            }
        }
        result
    }

    fn append<T>(
        &self,
        connections: &Connections,
        current: &mut Option<Current>,
        label: &'static str,
        durability: Durability,
        items: &[&[u8]],
        commit: impl FnOnce(&Transaction<'_>, &[Placed]) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut placed = Vec::with_capacity(items.len());
        let mut sizes: Vec<(i64, u64)> = Vec::new();
        let mut sealed = Vec::new();
        for item in items {
            sealed.clear();
            record::seal(&self.key, item, &mut sealed)?;
            let sha256 = sha256(item);
            let pack = self.room(connections, current, &mut sizes)?;
            let place = pack.size;
            self.put(pack, &sealed)?;
            placed.push(Placed {
                pack: pack.id,
                place,
                stored: sealed.len() as u64,
                length: item.len() as u64,
                sha256,
            });
        }
        self.settle(current, &mut sizes)?;
        connections.write(label, durability, |tx| {
            note_sizes(tx, &sizes)?;
            commit(tx, &placed)
        })
    }

    /// The pack to write into, a new one when the last is full.
    fn room<'a>(
        &self,
        connections: &Connections,
        current: &'a mut Option<Current>,
        sizes: &mut Vec<(i64, u64)>,
    ) -> Result<&'a mut Current, StoreError> {
        if current.as_ref().is_some_and(|c| c.size >= PACK_SIZE) {
            self.settle(current, sizes)?;
            *current = None;
        }
        let pack = match current.take() {
            Some(pack) => pack,
            None => self.create(connections)?,
        };
        Ok(current.insert(pack))
    }

    fn create(&self, connections: &Connections) -> Result<Current, StoreError> {
        let id = connections.write("making a pack", Durability::Mirror, |tx| {
            tx.execute("INSERT INTO pack (size, live) VALUES (0, 0)", [])?;
            Ok(tx.last_insert_rowid())
        })?;
        let path = self.path(id);
        let make = || {
            let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            sync_folder(&self.dir)?;
            Ok(file)
        };
        let file = make().map_err(|e| StoreError::file("making a pack", &path, e))?;
        Ok(Current { id, file, size: 0 })
    }

    fn put(&self, pack: &mut Current, sealed: &[u8]) -> Result<(), StoreError> {
        pack.file
            .write_all(sealed)
            .map_err(|e| StoreError::file("writing a raw message", &self.path(pack.id), e))?;
        pack.size += sealed.len() as u64;
        Ok(())
    }

    /// Syncs the pack and notes its size for the commit.
    fn settle(&self, current: &mut Option<Current>, sizes: &mut Vec<(i64, u64)>) -> Result<(), StoreError> {
        if let Some(pack) = current {
            pack.file
                .sync_data()
                .map_err(|e| StoreError::file("writing raw messages to the disk", &self.path(pack.id), e))?;
            sizes.push((pack.id, pack.size));
        }
        Ok(())
    }

    /// Reads a record back, decrypted and held against its SHA-256.
    pub(crate) fn read(&self, placed: &Placed) -> Result<Vec<u8>, StoreError> {
        let doing = "reading a raw message";
        let path = self.path(placed.pack);
        let sealed = self.sealed(placed)?;
        let damaged = || StoreError::Damaged {
            doing,
            what: format!("{} at {}", path.display(), placed.place),
        };
        let plain = record::open(&self.key, sealed).ok_or_else(damaged)?;
        if plain.len() as u64 != placed.length || sha256(&plain) != placed.sha256 {
            return Err(damaged());
        }
        Ok(plain)
    }

    fn sealed(&self, placed: &Placed) -> Result<Vec<u8>, StoreError> {
        let path = self.path(placed.pack);
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(placed.place))?;
            let mut sealed = Vec::with_capacity(usize::try_from(placed.stored).unwrap_or(0));
            file.take(placed.stored).read_to_end(&mut sealed)?;
            Ok(sealed)
        };
        read().map_err(|e| StoreError::file("reading a raw message", &path, e))
    }

    /// Removes packs without a living record, then rewrites those more than half dead, at most `budget` octets of them.
    pub(crate) fn compact(&self, connections: &Connections, budget: u64) -> Result<Compacted, StoreError> {
        self.compact_beyond(connections, budget, 2)
    }

    /// As [`Packs::compact`], for packs that are a tenth dead, the one being written to included: another one follows it.
    pub(crate) fn give_back(&self, connections: &Connections, budget: u64) -> Result<Compacted, StoreError> {
        let mut current = lock(&self.current);
        if let Some(id) = current.as_ref().map(|current| current.id) {
            let dead: Option<bool> = connections.read("looking a pack up", |tx| {
                Ok(tx
                    .query_row("SELECT live * 10 < size * 9 FROM pack WHERE id = ?1", [id], |row| {
                        row.get(0)
                    })
                    .optional()?)
            })?;
            if dead == Some(true) {
                *current = None;
            }
        }
        drop(current);
        self.compact_beyond(connections, budget, 10)
    }

    /// Compacts packs of which one part in `share` or more is dead.
    fn compact_beyond(&self, connections: &Connections, budget: u64, share: i64) -> Result<Compacted, StoreError> {
        let mut done = Compacted::default();
        let mut moved = 0;
        loop {
            let mut current = lock(&self.current);
            if self.held.load(Ordering::SeqCst) > 0 {
                return Ok(done);
            }
            match self.compact_one(connections, &mut current, budget.saturating_sub(moved), share) {
                Ok(Some((size, live))) => {
                    moved += live;
                    done.packs += 1;
                    done.octets += size.saturating_sub(live);
                }
                Ok(None) => return Ok(done),
                Err(error) => {
                    // The pack may end with half a record: leave it, its committed size hides the rest.
                    *current = None;
                    return Err(error);
                }
            }
        }
    }

    /// Size of the pack that went and what of it was alive; `None` when there is nothing to do within `budget`.
    fn compact_one(
        &self,
        connections: &Connections,
        current: &mut Option<Current>,
        budget: u64,
        share: i64,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        let label = "compacting raw messages";
        let busy = current.as_ref().map_or(-1, |c| c.id);
        let candidate = connections.read(label, |tx| {
            Ok(tx
                .query_row(
                    "SELECT id, size, live FROM pack WHERE id <> ?1 AND size > 0 AND live * ?2 < size * (?2 - 1)
                     ORDER BY live LIMIT 1",
                    params![busy, share],
                    |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
                )
                .optional()?)
        })?;
        let Some((id, size, live)) = candidate else {
            return Ok(None);
        };
        if live.unsigned_abs() > budget {
            return Ok(None);
        }
        let records = connections.read(label, |tx| {
            let mut statement = tx.prepare(
                "SELECT id, pack_id, place, stored, length, sha256 FROM blob WHERE pack_id = ?1 ORDER BY place",
            )?;
            let rows = statement.query_map([id], |row| Ok((row.get::<_, i64>(0)?, placed(row, 1)?)))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        let mut sizes = Vec::new();
        let mut places = Vec::new();
        for (blob, record) in &records {
            let sealed = self.sealed(record)?;
            let pack = self.room(connections, current, &mut sizes)?;
            places.push((*blob, pack.id, pack.size));
            self.put(pack, &sealed)?;
        }
        self.settle(current, &mut sizes)?;
        // FULL: the file goes only once the new places are certain to survive.
        connections.write(label, Durability::Promise, |tx| {
            note_sizes(tx, &sizes)?;
            for (blob, pack, place) in &places {
                // A record removed meanwhile is not there any more: nothing to move.
                tx.prepare_cached("UPDATE blob SET pack_id = ?2, place = ?3 WHERE id = ?1")?
                    .execute(params![blob, pack, *place as i64])?;
            }
            tx.execute("DELETE FROM pack WHERE id = ?1", [id])?;
            Ok(())
        })?;
        let path = self.path(id);
        std::fs::remove_file(&path).map_err(|e| StoreError::file(label, &path, e))?;
        Ok(Some((size.unsigned_abs(), live.unsigned_abs())))
    }

    fn path(&self, id: i64) -> PathBuf {
        pack_path(&self.dir, id)
    }

    fn sweep(&self, known: &BTreeSet<i64>) -> Result<(), StoreError> {
        let list =
            std::fs::read_dir(&self.dir).map_err(|e| StoreError::file("listing the raw messages", &self.dir, e))?;
        for entry in list.flatten() {
            let name = entry.file_name();
            let id = name
                .to_str()
                .and_then(|n| n.strip_suffix(".pack"))
                .and_then(|n| n.parse::<i64>().ok());
            if id.is_some_and(|id| !known.contains(&id)) {
                let path = entry.path();
                std::fs::remove_file(&path).map_err(|e| StoreError::file("sweeping an orphan", &path, e))?;
            }
        }
        Ok(())
    }
}

/// A pack's file in the folder of raw messages.
pub(crate) fn pack_path(dir: &Path, id: i64) -> PathBuf {
    dir.join(format!("{id:08}.pack"))
}

/// Writes a record's place; gives the row's id.
pub(crate) fn insert_blob(tx: &Transaction<'_>, placed: &Placed) -> Result<i64, StoreError> {
    tx.prepare_cached("INSERT INTO blob (pack_id, place, stored, length, sha256) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            placed.pack,
            placed.place as i64,
            placed.stored as i64,
            placed.length as i64,
            placed.sha256.as_slice()
        ])?;
    Ok(tx.last_insert_rowid())
}

/// Reads a record's place from five columns: pack_id, place, stored, length, sha256.
pub(crate) fn placed(row: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Placed> {
    Ok(Placed {
        pack: row.get(from)?,
        place: row.get::<_, i64>(from + 1)?.unsigned_abs(),
        stored: row.get::<_, i64>(from + 2)?.unsigned_abs(),
        length: row.get::<_, i64>(from + 3)?.unsigned_abs(),
        sha256: row.get(from + 4)?,
    })
}

fn note_sizes(tx: &Transaction<'_>, sizes: &[(i64, u64)]) -> Result<(), StoreError> {
    for (id, size) in sizes {
        tx.prepare_cached("UPDATE pack SET size = ?2 WHERE id = ?1")?
            .execute(params![id, *size as i64])?;
    }
    Ok(())
}

/// Messages whose record stands beyond what the disk still has are to be fetched again. Drafts, the outbox and what is kept
/// here alone have no other source: their records stay, and reading them says that they are damaged.
fn forget_beyond(connections: &Connections, pack: i64, on_disk: u64) -> Result<(), StoreError> {
    connections.write("marking lost raw messages", Durability::Mirror, |tx| {
        let lost: Vec<i64> = tx
            .prepare(
                "SELECT m.blob_id FROM message m JOIN blob b ON b.id = m.blob_id
                 WHERE b.pack_id = ?1 AND b.place + b.stored > ?2
                 AND NOT EXISTS (SELECT 1 FROM folder f WHERE f.id = m.folder_id AND f.role = 'kept')",
            )?
            .query_map(params![pack, on_disk as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for blob in lost {
            tx.execute(
                "UPDATE message SET blob_id = NULL, body_state = 0 WHERE blob_id = ?1",
                [blob],
            )?;
            tx.execute("DELETE FROM blob WHERE id = ?1", [blob])?;
        }
        Ok(())
    })
}

pub(crate) fn sha256(octets: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, octets);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// A new file's name is durable only once its folder is synced.
#[cfg(unix)]
pub(crate) fn sync_folder(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

/// NTFS journals names by itself, and a folder cannot be opened as a file there.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_dir: &Path) -> std::io::Result<()> {
    Ok(())
}
