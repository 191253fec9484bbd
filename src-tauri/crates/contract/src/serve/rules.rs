//! Rules on the operator's server (EX_GBM_4471, EX_GBM_4480).

use crate::commands::{AccountOf, Nothing, RulesSet};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::account_id;
use crate::translate::rules::{notice, rules, rules_of};
use crate::view::{AnswerNotice, Rules};

/// Sorting rules of a BAL at most.
const SORTED: usize = 50;

/// The rules of a BAL, read from its server now.
///
/// # Errors
/// [`Code::NotFound`], [`Code::LoginNeeded`], [`Code::Unreachable`]. An operator without rules is no error.
pub(crate) async fn rules_get(served: &Served, argument: AccountOf) -> Result<Rules, Failure> {
    Ok(rules(served.engine().rules_get(account_id(argument.account)).await?))
}

/// Writes the rules of a BAL, all at once.
///
/// # Errors
/// [`Code::RulesUnsupported`], [`Code::RulesForeign`], [`Code::RulesRefused`], [`Code::RedirectTarget`],
/// [`Code::RedirectUnconfirmed`], [`Code::RulesChanged`], [`Code::BadAddress`], [`Code::BadRequest`], [`Code::OutOfRange`]:
/// nothing has changed then.
pub(crate) async fn rules_set(served: &Served, argument: RulesSet) -> Result<Rules, Failure> {
    if argument.sort.len() > SORTED {
        return Err(Failure::about(Code::BadRequest, "sort"));
    }
    let account = account_id(argument.account);
    let set = rules_of(argument)?;
    Ok(rules(served.engine().rules_set(account, set).await?))
}

/// Stops the automatic reply of a BAL.
///
/// # Errors
/// As [`rules_set`].
pub(crate) async fn rules_stop_answer(served: &Served, argument: AccountOf) -> Result<Rules, Failure> {
    Ok(rules(
        served.engine().rules_stop_answer(account_id(argument.account)).await?,
    ))
}

/// The automatic reply that runs now, as the server was last read.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn rules_answering(served: &Served, argument: AccountOf) -> Result<Option<AnswerNotice>, Failure> {
    let found = served.engine().answer_active(account_id(argument.account)).await?;
    Ok(found.map(notice))
}

/// The automatic reply stays, although its owner wrote.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn rules_keep_answer(served: &Served, argument: AccountOf) -> Result<Nothing, Failure> {
    served.engine().answer_keep(account_id(argument.account)).await?;
    Ok(Nothing {})
}
