//! Who takes charge of what, on boxes that several people read.

use pli_engine::HandlingSet as EngineSet;

use crate::commands::{AccountOf, HandlingSet, MessageOf, Nothing};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::handling as word;
use crate::translate::{account_id, mail_id};
use crate::view::{Carried, Handling, Person};

/// Messages handled at once, at most.
const MOST: usize = 500;
/// Octets of a name or a note that are looked at: the core bounds characters.
const TYPED: usize = 4_000;

/// Who takes charge of a message, as far as is known here.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn handling_get(served: &Served, argument: MessageOf) -> Result<Handling, Failure> {
    let found = served.engine().handling_get(mail_id(argument.message)).await?;
    Ok(word::handling(found))
}

/// Says who takes charge of messages: done here at once, told to the server as soon as it can be.
///
/// # Errors
/// [`Code::BadRequest`] for too many messages, a text that is too long, or when nothing is said;
/// [`Code::JournalUnwritable`].
pub(crate) async fn handling_set(served: &Served, argument: HandlingSet) -> Result<Nothing, Failure> {
    if argument.messages.len() > MOST {
        return Err(Failure::about(Code::BadRequest, "messages"));
    }
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > TYPED);
    if long(&argument.for_) || long(&argument.note) {
        return Err(Failure::about(Code::BadRequest, "text"));
    }
    let mails = argument.messages.into_iter().map(mail_id).collect();
    let set = EngineSet {
        state: argument.state.map(word::state_of),
        for_: argument.for_,
        note: argument.note,
    };
    served.engine().handling_set(mails, set).await?;
    Ok(Nothing {})
}

/// Everybody met in what was said of a BAL's messages.
///
/// # Errors
/// [`Code::VaultLocked`].
pub(crate) async fn handling_people(served: &Served, argument: AccountOf) -> Result<Vec<Person>, Failure> {
    let people = served.engine().handling_people(account_id(argument.account)).await?;
    Ok(people.into_iter().map(word::person).collect())
}

/// How what is said of a BAL's messages reaches the others who read it.
///
/// # Errors
/// [`Code::VaultLocked`].
pub(crate) async fn handling_support(served: &Served, argument: AccountOf) -> Result<Carried, Failure> {
    let carried = served.engine().handling_support(account_id(argument.account)).await?;
    Ok(word::carried(carried))
}
