//! Rules on the operator's server: automatic reply, redirection, sorting (EX_GBM_4471, EX_GBM_4480).
//!
//! People fill forms; the server runs Sieve (RFC 5228). `script` makes the one from the other, `mark` reads it back, `change` puts
//! it on the server without ever writing over what somebody else has there.

mod change;
mod check;
mod forms;
mod found;
mod guards;
mod kept;
mod known;
mod lexer;
mod making;
mod mark;
mod period;
mod script;
mod watch;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use pli_store::AccountId;
use pli_wire::WireError;
use pli_wire::sieve::{Script, Session};

use crate::Engine;
use crate::connect::open_sieve;
use crate::core::Core;
use crate::discovery::Servers;
use crate::error::{EngineError, RulesProblem};
use crate::event::{Event, SessionState};
use found::Found;
use known::Known;
use making::Ask;

pub use forms::{
    AnswerNotice, Answered, AutoReply, Redirect, Rules, RulesOffer, RulesSet, RulesSupport, SortRule, SortThen,
    SortWhen, Standing,
};
pub(crate) use watch::keep_told;

/// How long a server may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(2);

/// How often stopping an automatic reply is tried when another program changes the rules meanwhile.
const TRIES: u32 = 3;

impl Engine {
    /// The rules of a BAL, read from its server now. A server without ManageSieve is no error: [`Rules::support`] says so.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::LoginNeeded`], [`EngineError::Wire`] when the server cannot be reached.
    pub async fn rules_get(&self, account: AccountId) -> Result<Rules, EngineError> {
        let core = &self.core;
        let Some(mut session) = open(core, account).await? else {
            return Ok(found::nothing());
        };
        let found = found::read(&mut session).await;
        leave(session).await;
        told(core, account, &found?).await
    }

    /// Writes the rules of a BAL on its server, all of them at once, and answers what the server then has. A script that
    /// somebody else wrote is never written over.
    ///
    /// # Errors
    /// [`EngineError::Rules`]: what ran before still runs; [`EngineError::BadRequest`] and [`EngineError::OutOfRange`] for
    /// forms that are not as they must be; those of [`Engine::rules_get`].
    pub async fn rules_set(&self, account: AccountId, set: RulesSet) -> Result<Rules, EngineError> {
        self.change_rules(account, &Ask::Set(Box::new(set))).await
    }

    /// Stops the automatic reply of a BAL; its form stays.
    ///
    /// # Errors
    /// As [`Engine::rules_set`].
    pub async fn rules_stop_answer(&self, account: AccountId) -> Result<Rules, EngineError> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.change_rules(account, &Ask::StopAnswer).await {
                Err(EngineError::Rules(RulesProblem::Changed)) if tries > 0 => {}
                other => return other,
            }
        }
    }

    /// The automatic reply that runs now, as the server was last read; asks no server.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn answer_active(&self, account: AccountId) -> Result<Option<AnswerNotice>, EngineError> {
        let core = &self.core;
        let (now, here) = (core.now(), core.zoned().time_zone().clone());
        core.with_store(move |store| {
            let Some(known) = known::read(store, account)? else {
                return Ok(None);
            };
            let last_sent = store.last_sent(account)?;
            Ok(known.notice(now, last_sent, &here))
        })
        .await
    }

    /// The person keeps the automatic reply although they wrote: stopping it is not proposed before they write again.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Store`].
    pub async fn answer_keep(&self, account: AccountId) -> Result<(), EngineError> {
        let now = self.core.now();
        let keep = self.core.with_store(move |store| {
            let Some(mut known) = known::read(store, account)? else {
                return Ok(());
            };
            known.kept_at = Some(now.as_millisecond());
            known::keep(store, account, known).map(drop)
        });
        keep.await?;
        self.core.emit(Event::Rules { account });
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
        leave(session).await;
        Ok(scripts)
    }

    async fn change_rules(&self, account: AccountId, ask: &Ask) -> Result<Rules, EngineError> {
        let core = &self.core;
        let of = core.with_store(move |store| store.account(account)).await?.settings;
        let ask = making::in_order(core, &of, ask).await?;
        let Some(mut session) = open(core, account).await? else {
            return Err(EngineError::Rules(RulesProblem::Unsupported));
        };
        let changed = making::change(core, &mut session, &of, &ask).await;
        // What the server then has is what is shown, whatever came of it.
        let found = match &changed {
            Ok(()) => found::read(&mut session).await,
            Err(_) => Err(EngineError::Rules(RulesProblem::Changed)),
        };
        leave(session).await;
        changed?;
        let rules = told(core, account, &found?).await?;
        core.emit(Event::Rules { account });
        Ok(rules)
    }
}

/// Opens the server; `None` when it has no ManageSieve.
async fn open(core: &Arc<Core>, account: AccountId) -> Result<Option<Session>, EngineError> {
    let of = core.with_store(move |store| store.account(account)).await?;
    match open_sieve(core, account).await {
        Ok(session) => Ok(Some(session)),
        // A domain that publishes one has one, although it may be away.
        Err(EngineError::Wire(error)) if Servers::of(&of)?.sieve.is_none() => {
            let runtime = core.runtime(account);
            let online = runtime.is_some_and(|runtime| runtime.state().session == SessionState::Online);
            if is_absent(&error, online) {
                Ok(None)
            } else {
                Err(error.into())
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether nobody answers ManageSieve where it would be; `online`: the BAL's mail is reached at this moment.
fn is_absent(error: &WireError, online: bool) -> bool {
    use std::io::ErrorKind::ConnectionRefused;
    match error {
        WireError::Connect { kind, .. } => *kind == ConnectionRefused || online,
        WireError::Timeout { .. } => online,
        // Something else answers there, or it cannot be trusted with a token.
        WireError::StartTlsMissing { .. } | WireError::MechanismMissing => true,
        _ => false,
    }
}

/// Says good-bye; a server that does not answer it is left.
async fn leave(mut session: Session) {
    let _ = tokio::time::timeout(GOODBYE, session.logout()).await;
}

/// Remembers what was found, and answers it as a person is shown it.
async fn told(core: &Arc<Core>, account: AccountId, found: &Found) -> Result<Rules, EngineError> {
    let now = core.now();
    let known = Known::of(found, now);
    let changed = core.with_store(move |store| known::keep(store, account, known)).await?;
    if changed {
        core.emit(Event::Rules { account });
    }
    Ok(found.rules(now))
}
