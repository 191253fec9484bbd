//! When somebody last wrote from a BAL, with whatever program.

use jiff::Timestamp;
use rusqlite::params;

use crate::error::StoreError;
use crate::id::AccountId;
use crate::store::Store;
use crate::time::Millis;

impl Store {
    /// The moment of the newest message that was handed over from here or that the folder of sent items holds; `None` when
    /// there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn last_sent(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let last = self.connections().read("looking for what was sent last", |tx| {
            let mut query = tx.prepare_cached(
                "SELECT max(at) FROM (
                     SELECT max(created_at) AS at FROM outbox WHERE account_id = ?1 AND state = 'accepted'
                     UNION ALL
                     SELECT max(m.internal_date) FROM folder f JOIN message m ON m.folder_id = f.id
                      WHERE f.account_id = ?1 AND f.role = 'sent')",
            )?;
            Ok(query.query_row(params![account], |row| row.get::<_, Option<Millis>>(0))?)
        })?;
        Ok(last.map(|last| last.0))
    }
}
