//! Correspondents: who one has written to, for suggestions as one types.

use jiff::Timestamp;
use pli_terms::Address;
use rusqlite::params;

use crate::account::bad_column;
use crate::connection::Durability::Mirror;
use crate::error::StoreError;
use crate::mail::cut;
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
    /// How many times one wrote to them.
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
            let mut statement = tx.prepare_cached(
                "INSERT INTO correspondent (address, name, folded, uses, last_used) VALUES (?1, ?2, ?3, 1, ?4)
                 ON CONFLICT (address) DO UPDATE SET uses = uses + 1, last_used = max(last_used, excluded.last_used),
                     name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END,
                     folded = CASE WHEN excluded.name = '' THEN folded ELSE excluded.folded END",
            )?;
            for (address, name) in people {
                let name = cut(name, 1024);
                let folded = fold(&format!(" {name} {address}")).to_lowercase();
                statement.execute(params![address.as_str(), name, folded, Millis(now)])?;
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

fn begins_a_word(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
}
