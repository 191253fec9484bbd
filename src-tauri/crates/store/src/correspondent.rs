//! Correspondents: who one has written to, for suggestions as one types.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pli_terms::Address;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::account::bad_column;
use crate::connection::Durability::Mirror;
use crate::error::StoreError;
use crate::folder::FolderRole;
use crate::id::{AccountId, FolderId};
use crate::mail::{MailKind, NewMessage, cut};
use crate::recipient_line::read_recipients;
use crate::search::fold;
use crate::store::Store;
use crate::time::Millis;

/// Somebody one has written to or received from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correspondent {
    /// The address.
    pub address: Address,
    /// The last display name seen; may be empty.
    pub name: String,
    /// How many times one wrote to them; 0 for somebody one only received from.
    pub uses: u64,
    /// When last.
    pub last_used: Timestamp,
}

impl Store {
    /// Counts one use of each of these addresses.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn note_correspondents(&self, people: &[(Address, String)], now: Timestamp) -> Result<(), StoreError> {
        self.connections().write("noting correspondents", Mirror, |tx| {
            for (address, name) in people {
                note(tx, address, name, 1, now)?;
            }
            Ok(())
        })
    }

    /// Those whose name or address has a word that begins with each word typed, most used first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn suggest(&self, typed: &str, limit: u32) -> Result<Vec<Correspondent>, StoreError> {
        let folded = fold(cut(typed, 256)).to_lowercase();
        let words: Vec<&str> = folded.split_whitespace().take(8).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        self.connections().read("suggesting correspondents", |tx| {
            let mut statement = tx.prepare_cached(
                "SELECT address, name, uses, last_used, folded FROM correspondent ORDER BY uses DESC, last_used DESC",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                if found.len() >= limit as usize {
                    break;
                }
                let text = row.get_ref(4)?.as_str().map_err(|_| bad_column(4, "not text"))?;
                if words.iter().all(|word| begins_a_word(text, word)) {
                    let address: String = row.get(0)?;
                    found.push(Correspondent {
                        address: Address::parse(&address).map_err(|_| bad_column(0, "not an address"))?,
                        name: row.get(1)?,
                        uses: row.get::<_, i64>(2)?.unsigned_abs(),
                        last_used: row.get::<_, Millis>(3)?.0,
                    });
                }
            }
            Ok(found)
        })
    }
}

/// Notes who wrote messages that are new here, and whom those of the Sent folder were written to. Part of the commit that
/// lists the messages: nobody is counted twice for one of them, whatever is cut off and begun again. Machines, and folders
/// that others fill (Junk) or that hold the unfinished (Drafts), make nobody known.
pub(crate) fn meet(
    tx: &Transaction<'_>,
    account: AccountId,
    folder: FolderId,
    rows: &[&NewMessage],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let (role, own): (FolderRole, String) = tx
        .prepare_cached("SELECT f.role, a.address FROM folder f JOIN account a ON a.id = f.account_id WHERE f.id = ?1")?
        .query_row([folder], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut met: BTreeMap<String, Met> = BTreeMap::new();
    let mut add = |address: &str, name: &str, uses: u32, at: Timestamp| {
        let Ok(address) = Address::parse(address) else { return };
        if address.as_str().eq_ignore_ascii_case(&own) {
            return;
        }
        let known = met.entry(address.as_str().to_lowercase()).or_insert_with(|| Met {
            address,
            name: String::new(),
            named_at: Timestamp::MIN,
            uses: 0,
            last: at,
        });
        known.uses += uses;
        known.last = known.last.max(at);
        if !name.is_empty() && at >= known.named_at {
            (known.name, known.named_at) = (name.to_owned(), at);
        }
    };
    match role {
        FolderRole::Sent => {
            for row in rows {
                // Those of a message that left from here were counted when the operator took it.
                let counted = match &row.message_id {
                    Some(id) => tx
                        .prepare_cached("SELECT 1 FROM outbox WHERE message_id = ?1 AND account_id = ?2")?
                        .query_row(params![id.as_str(), account], |_| Ok(()))
                        .optional()?
                        .is_some(),
                    None => false,
                };
                for (name, address) in read_recipients(&row.recipients) {
                    add(&address, &name, u32::from(!counted), row.internal_date);
                }
            }
        }
        FolderRole::Inbox | FolderRole::Archive | FolderRole::Other => {
            for row in rows {
                if matches!(row.kind, MailKind::Professional | MailKind::Patient) {
                    add(&row.from_address, row.from_name.trim(), 0, row.internal_date);
                }
            }
        }
        _ => {}
    }
    for known in met.values() {
        note(tx, &known.address, &known.name, known.uses, known.last)?;
    }
    Ok(())
}

/// Somebody met in a batch.
struct Met {
    address: Address,
    name: String,
    named_at: Timestamp,
    uses: u32,
    last: Timestamp,
}

/// Adds to what is known of an address. Messages are listed newest first: an older one does not bring a former name back.
fn note(tx: &Transaction<'_>, address: &Address, name: &str, uses: u32, at: Timestamp) -> Result<(), StoreError> {
    let name = cut(name, 1024);
    let folded = fold(&format!(" {name} {address}")).to_lowercase();
    tx.prepare_cached(
        "INSERT INTO correspondent (address, name, folded, uses, last_used) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (address) DO UPDATE SET uses = uses + excluded.uses,
             last_used = max(last_used, excluded.last_used),
             name = CASE WHEN excluded.name <> '' AND (name = '' OR excluded.last_used >= last_used)
                 THEN excluded.name ELSE name END,
             folded = CASE WHEN excluded.name <> '' AND (name = '' OR excluded.last_used >= last_used)
                 THEN excluded.folded ELSE folded END",
    )?
    .execute(params![address.as_str(), name, folded, uses, Millis(at)])?;
    Ok(())
}

fn begins_a_word(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
}
