//! One BAL's copy, brought into a store that has not this BAL (EX_SSI_5110).
//!
//! Its records go into packs that nothing names yet; its rows then come in one transaction, every id moved beyond those of
//! this store. A cut before that transaction leaves packs of no size, which the next opening removes.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::backup::{number_in, of_accounts, references};
use crate::backup_restore::{Records, calm, open_copied};
use crate::connection::Durability::Promise;
use crate::error::StoreError;
use crate::id::AccountId;
use crate::key::hex;
use crate::migration;
use crate::pack::{placed, sync_folder};
use crate::search::{self, Indexed};
use crate::store::Store;

/// Columns that hold another table's id without saying so.
const LINKS: [(&str, &str, &str); 8] = [
    ("message", "thread_id", "message"),
    ("operation", "mail_id", "message"),
    ("report", "mail_id", "message"),
    ("draft", "outbox_id", "outbox"),
    ("purge_folder", "folder_id", "folder"),
    ("purge_message", "mail_id", "message"),
    ("purge_message", "folder_id", "folder"),
    ("message", "blob_id", "blob"),
];

/// Messages indexed in one go.
const STEP: i64 = 200;

/// One BAL on its way into a store. Dropped before [`Merging::finish`], it leaves the store as it was.
pub struct Merging<'a> {
    store: &'a Store,
    copy: std::path::PathBuf,
    copy_key: [u8; 32],
    records: Records,
}

impl std::fmt::Debug for Merging<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merging").finish_non_exhaustive()
    }
}

impl Store {
    /// Begins to bring the BAL of this copied database, which is thrown away afterwards, into this store.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`], [`StoreError::Damaged`]; [`StoreError::Invalid`] when it is no copy of one BAL, or this
    /// store has that BAL.
    pub fn merge(&self, copy: &Path, copy_key: &[u8; 32]) -> Result<Merging<'_>, StoreError> {
        let mut connection = open_copied(copy, copy_key)?;
        connection.execute_batch("PRAGMA foreign_keys = OFF")?;
        migration::migrate(&mut connection)?;
        let addresses: Vec<String> = connection
            .prepare("SELECT address FROM account")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let [address] = addresses.as_slice() else {
            return Err(StoreError::Invalid {
                what: "it is no copy of one mailbox",
            });
        };
        let here = self.connections().read("bringing a mailbox in", |tx| {
            Ok(tx
                .query_row("SELECT 1 FROM account WHERE address = ?1", [address], |_| Ok(()))
                .optional()?)
        })?;
        if here.is_some() {
            return Err(StoreError::Invalid {
                what: "this address already has an account",
            });
        }
        calm(&connection)?;
        Ok(Merging {
            store: self,
            copy: copy.to_owned(),
            copy_key: *copy_key,
            records: Records::begin(connection, self.packs().dir().to_owned(), self.packs().key().clone())?,
        })
    }
}

impl Merging<'_> {
    /// Gives a record; none: it could not be read when the copy was made.
    ///
    /// # Errors
    /// As [`crate::Restoring::put`].
    pub fn put(&mut self, blob: i64, octets: Option<&[u8]>) -> Result<(), StoreError> {
        let connections = self.store.connections();
        self.records.put(blob, octets, |_| {
            // Of no size: it is nobody's until the rows come.
            connections.write("making a pack", Promise, |tx| {
                tx.execute("INSERT INTO pack (size, live) VALUES (0, 0)", [])?;
                Ok(tx.last_insert_rowid())
            })
        })
    }

    /// Brings everything in, at once. `text` gives what is searched of a message's octets. Whoever else writes to the store
    /// waits meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a record was not given; when the disk or the database refuses: the store is as it was.
    pub fn finish(self, mut text: impl FnMut(&[u8]) -> String) -> Result<AccountId, StoreError> {
        let (connection, sizes) = self.records.end()?;
        rekey_search(&connection, self.store)?;
        // Counts are kept by triggers as messages come.
        connection.execute_batch("UPDATE folder SET total = 0, unread = 0, flagged = 0; COMMIT;")?;
        drop(connection);
        let raw = self.store.packs().dir();
        sync_folder(raw).map_err(|e| StoreError::file("writing raw messages to the disk", raw, e))?;
        let name = self.copy.to_str().ok_or(StoreError::Invalid {
            what: "the folder's name is not readable as text",
        })?;
        let key = zeroize::Zeroizing::new(format!("x'{}'", hex(&self.copy_key)));
        let store = self.store;
        store.connections().with_writer("bringing a mailbox in", |writer| {
            writer.execute("ATTACH DATABASE ?1 AS copy KEY ?2", params![name, key.as_str()])?;
            let merged = merge(writer, store, &sizes, &mut text);
            let detached = writer.execute_batch("DETACH DATABASE copy");
            let account = merged?;
            detached?;
            Ok(account)
        })
    }
}

/// Messages that have the search key of another here take another one.
fn rekey_search(copy: &Connection, store: &Store) -> Result<(), StoreError> {
    store.connections().read("bringing a mailbox in", |tx| {
        let mut mine = copy.prepare("SELECT id, search_key FROM message ORDER BY search_key")?;
        let keys: Vec<(i64, i64)> = mine
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut taken = tx.prepare("SELECT 1 FROM message WHERE search_key = ?1")?;
        let mut own = copy.prepare("SELECT 1 FROM message WHERE search_key = ?1")?;
        let mut change = copy.prepare("UPDATE message SET search_key = ?2 WHERE id = ?1")?;
        for (id, key) in keys {
            let mut new = key;
            while taken.exists([new])? || (new != key && own.exists([new])?) {
                new += 1;
            }
            if new != key {
                change.execute([id, new])?;
            }
        }
        Ok(())
    })
}

fn merge(
    writer: &mut Connection,
    store: &Store,
    sizes: &[(i64, u64)],
    text: &mut dyn FnMut(&[u8]) -> String,
) -> Result<AccountId, StoreError> {
    writer.execute_batch("PRAGMA synchronous = FULL")?;
    let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    let mut names = of_accounts(&tx)?;
    names.insert("blob".to_owned());
    let offsets = offsets(&tx, &names)?;
    for (id, size) in sizes {
        tx.execute("UPDATE pack SET size = ?2 WHERE id = ?1", params![id, *size as i64])?;
    }
    // Records first, then the mailbox, then whatever hangs on it: references are looked at in the end.
    for table in names
        .iter()
        .filter(|table| *table == "blob")
        .chain(names.iter().filter(|table| *table != "blob"))
    {
        bring(&tx, table, &offsets)?;
    }
    let offset = |table: &str| offsets.get(table).copied().unwrap_or_default();
    let account: i64 = tx.query_row("SELECT id FROM copy.account", [], |row| row.get(0))?;
    let account = account + offset("account");
    move_words(&tx, account, &offset)?;
    index(&tx, store, account, text)?;
    tx.commit()?;
    Ok(AccountId::from_raw(account))
}

/// How far each table's ids move: beyond every one that was ever given here.
fn offsets(
    tx: &Transaction<'_>,
    names: &std::collections::BTreeSet<String>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut offsets = BTreeMap::new();
    for table in names {
        if own_id(tx, table)?.is_none() {
            continue;
        }
        let last: i64 = tx.query_row(
            &format!(
                "SELECT max(coalesce((SELECT max(id) FROM main.\"{table}\"), 0),
                            coalesce((SELECT seq FROM main.sqlite_sequence WHERE name = ?1), 0))"
            ),
            [table],
            |row| row.get(0),
        )?;
        offsets.insert(table.clone(), last);
    }
    Ok(offsets)
}

/// Whether a table numbers its rows by a column `id` of its own.
fn own_id(tx: &Transaction<'_>, table: &str) -> Result<Option<()>, StoreError> {
    Ok(tx
        .query_row(
            "SELECT 1 FROM pragma_table_info(?1) WHERE name = 'id' AND pk = 1 AND type = 'INTEGER'",
            [table],
            |_| Ok(()),
        )
        .optional()?)
}

/// Copies a table's rows, ids moved.
fn bring(tx: &Transaction<'_>, table: &str, offsets: &BTreeMap<String, i64>) -> Result<(), StoreError> {
    let columns: Vec<String> = tx
        .prepare("SELECT name FROM pragma_table_info(?1)")?
        .query_map([table], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let references = references(tx, table)?;
    let numbered = offsets.contains_key(table);
    let moved = |column: &String| {
        let to = if column == "id" && numbered {
            Some(table)
        } else {
            let said = references
                .iter()
                .find(|(from, _)| from == column)
                .map(|(_, to)| to.as_str());
            said.or_else(|| {
                LINKS
                    .iter()
                    .find(|link| link.0 == table && link.1 == column)
                    .map(|link| link.2)
            })
        };
        // Packs keep their numbers: those of the copy were given by this store.
        match to.and_then(|to| offsets.get(to)) {
            Some(offset) => format!("\"{column}\" + {offset}"),
            None => format!("\"{column}\""),
        }
    };
    let from: Vec<String> = columns.iter().map(moved).collect();
    let to: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    tx.execute(
        &format!(
            "INSERT INTO main.\"{table}\" ({}) SELECT {} FROM copy.\"{table}\"",
            to.join(", "),
            from.join(", ")
        ),
        [],
    )?;
    Ok(())
}

/// Ids that stand within texts.
fn move_words(tx: &Transaction<'_>, account: i64, offset: &dyn Fn(&str) -> i64) -> Result<(), StoreError> {
    for link in ["$.reply_to", "$.forward_of"] {
        tx.execute(
            "UPDATE main.draft SET content = json_set(content, ?2, json_extract(content, ?2) + ?3)
             WHERE account_id = ?1 AND typeof(json_extract(content, ?2)) = 'integer'",
            params![account, link, offset("message")],
        )?;
    }
    if of_accounts(tx)?.contains("handling") {
        // A message without Message-ID is called by its number.
        tx.execute(
            "UPDATE main.handling SET message_id = '#' || (CAST(substr(message_id, 2) AS INTEGER) + ?2)
             WHERE account_id = ?1 AND message_id GLOB '#[0-9]*'",
            params![account, offset("message")],
        )?;
    }
    let settings: Vec<(String, String)> = tx
        .prepare("SELECT name, value FROM copy.setting")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (name, value) in settings {
        if let Some(number) = number_in(&name) {
            let name = name.replacen(&number.to_string(), &account.to_string(), 1);
            tx.execute(
                "INSERT OR REPLACE INTO main.setting (name, value) VALUES (?1, ?2)",
                [name, value],
            )?;
        }
    }
    Ok(())
}

/// Makes the search index of a BAL that came.
fn index(
    tx: &Transaction<'_>,
    store: &Store,
    account: i64,
    text: &mut dyn FnMut(&[u8]) -> String,
) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let mut statement = tx.prepare_cached(
            "SELECT m.search_key, m.from_name || ' ' || m.from_address, m.recipients, m.subject,
                    coalesce((SELECT group_concat(a.name, ' ') FROM attachment a WHERE a.message_id = m.id), ''),
                    b.pack_id, b.place, b.stored, b.length, b.sha256
             FROM message m LEFT JOIN blob b ON b.id = m.blob_id
             WHERE m.account_id = ?1 AND m.search_key > ?2 ORDER BY m.search_key LIMIT ?3",
        )?;
        let rows: Vec<_> = statement
            .query_map(params![account, after, STEP], |row| {
                let place = match row.get::<_, Option<i64>>(5)? {
                    Some(_) => Some(placed(row, 5)?),
                    None => None,
                };
                let texts: [String; 4] = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
                Ok((row.get::<_, i64>(0)?, texts, place))
            })?
            .collect::<Result<_, _>>()?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.0;
        // What is not here, or not readable, is found by its header alone.
        let bodies: Vec<String> = rows
            .iter()
            .map(|(_, _, place)| {
                let octets = place.as_ref().and_then(|place| store.packs().read(place).ok());
                octets.map(|octets| text(&octets)).unwrap_or_default()
            })
            .collect();
        let indexed = rows.into_iter().zip(&bodies).map(|((key, texts, _), body)| {
            let [sender, recipients, subject, attachments] = texts;
            Indexed {
                key,
                sender,
                recipients: recipients.into(),
                subject: subject.into(),
                text: body,
                attachments,
            }
        });
        search::index_bodies(tx, indexed.collect())?;
    }
}
