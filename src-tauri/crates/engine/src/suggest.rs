//! Correspondents known from past mail.

use crate::Engine;
use crate::drafts::Party;
use crate::error::EngineError;

/// Suggestions given at most.
const LIMIT: u32 = 12;

impl Engine {
    /// Correspondents whose name or address has words that begin with what was typed, most written to first.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn suggest(&self, typed: &str) -> Result<Vec<Party>, EngineError> {
        let typed = typed.to_owned();
        let found = self.core.with_store(move |store| store.suggest(&typed, LIMIT)).await?;
        Ok(found
            .into_iter()
            .map(|person| Party {
                name: person.name,
                address: person.address.as_str().to_owned(),
            })
            .collect())
    }
}
