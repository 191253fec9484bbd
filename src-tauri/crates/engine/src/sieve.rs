//! The scripts that sort a BAL's mail on its server.

use std::time::Duration;

use pli_store::AccountId;
use pli_wire::sieve::Script;

use crate::Engine;
use crate::connect::open_sieve;
use crate::error::EngineError;

/// How long a server may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(2);

impl Engine {
    /// The scripts that a BAL's server keeps, by name; the same identity opens it as opens its mail.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::LoginNeeded`], [`EngineError::Wire`] (a server without ManageSieve cannot
    /// be reached there).
    pub async fn sieve_scripts(&self, account: AccountId) -> Result<Vec<Script>, EngineError> {
        let mut session = open_sieve(&self.core, account).await?;
        let scripts = session.list_scripts().await?;
        let _ = tokio::time::timeout(GOODBYE, session.logout()).await;
        Ok(scripts)
    }
}
