//! Rules on the operator's server: automatic reply, redirection, sorting (EX_GBM_4471, EX_GBM_4480).

mod forms;

use pli_store::AccountId;
use pli_wire::sieve::Script;

use crate::Engine;
use crate::error::EngineError;

pub use forms::{
    AnswerNotice, Answered, AutoReply, Redirect, Rules, RulesOffer, RulesSet, RulesSupport, SortRule, SortThen, SortWhen,
    Standing,
};

use std::time::Duration;

use crate::connect::open_sieve;
use crate::error::RulesProblem;

/// How long a server may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(2);

impl Engine {
    /// The rules of a BAL, read from its server now. A server without ManageSieve is no error: [`Rules::support`] says so.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::LoginNeeded`], [`EngineError::Wire`] when the server cannot be reached.
    pub async fn rules_get(&self, account: AccountId) -> Result<Rules, EngineError> {
        let _ = account;
        Err(EngineError::Rules(RulesProblem::Unsupported))
    }

    /// Writes the rules of a BAL on its server, all of them at once, and answers what the server then has. A script that
    /// somebody else wrote is never written over.
    ///
    /// # Errors
    /// [`EngineError::Rules`] with nothing changed on the server; [`EngineError::BadRequest`] and
    /// [`EngineError::OutOfRange`] for forms that are not as they must be; those of [`Engine::rules_get`].
    pub async fn rules_set(&self, account: AccountId, set: RulesSet) -> Result<Rules, EngineError> {
        let _ = (account, set);
        Err(EngineError::Rules(RulesProblem::Unsupported))
    }

    /// Stops the automatic reply of a BAL; its form stays.
    ///
    /// # Errors
    /// As [`Engine::rules_set`].
    pub async fn rules_stop_answer(&self, account: AccountId) -> Result<Rules, EngineError> {
        let _ = account;
        Err(EngineError::Rules(RulesProblem::Unsupported))
    }

    /// The automatic reply that runs now, as the server was last read; asks no server.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn answer_active(&self, account: AccountId) -> Result<Option<AnswerNotice>, EngineError> {
        let _ = account;
        Ok(None)
    }

    /// The person keeps the automatic reply although they wrote: it is not proposed to stop it before they write again.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn answer_keep(&self, account: AccountId) -> Result<(), EngineError> {
        let _ = account;
        Ok(())
    }

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
