//! Who speaks when something is said of a message here: the person logged in, else the profile's, else the workstation.

use pli_store::{AuthorId, Me, NAME_LIMIT, Person, Store, StoreError, one_line};
use pli_terms::NationalId;

use crate::core::Core;
use crate::error::EngineError;
use crate::workstation;

/// Under which name the workstation's own number is kept.
const NUMBER: &str = "handling/author";

/// The author of what is said here.
///
/// # Errors
/// [`EngineError::Store`].
pub(super) fn of(core: &Core) -> Result<(AuthorId, Person), EngineError> {
    let (id, names) = known(core);
    let name = names.into_iter().next().unwrap_or_default();
    let author = word(&*core.store()?, id.as_ref())?;
    Ok((author, Person { id, name }))
}

/// Whose « à traiter » is shown: the same person, by every name that colleagues may know them by. It needs nobody logged in.
///
/// # Errors
/// [`EngineError::Store`].
pub(crate) fn me(core: &Core, store: &Store) -> Result<Me, EngineError> {
    let (id, names) = known(core);
    let author = match &id {
        Some(id) => Some(AuthorId::of_person(id)),
        // Nothing is numbered by looking.
        None => numbered(store)?,
    };
    Ok(Me { author, id, names })
}

/// The number of the person at this workstation and their names, the best first.
fn known(core: &Core) -> (Option<NationalId>, Vec<String>) {
    let profile = core.profile.get();
    let author = core.identities.author();
    let id = author
        .as_ref()
        .and_then(|author| author.national_id.clone())
        .or(profile.national_id);
    let names = [
        author.map(|author| author.display),
        profile.person,
        Some(profile.name),
        id.as_ref().map(|id| id.as_str().to_owned()),
        Some(format!("Poste {}", workstation::facts().host)),
    ];
    let names = names
        .into_iter()
        .flatten()
        .map(|name| one_line(&name, NAME_LIMIT))
        .filter(|name| !name.is_empty());
    (id, names.collect())
}

fn numbered(store: &Store) -> Result<Option<AuthorId>, StoreError> {
    let known: Option<String> = store.setting(NUMBER)?;
    Ok(known
        .and_then(|text| u128::from_str_radix(&text, 16).ok())
        .map(AuthorId::of_workstation))
}

/// What the author of this workstation is called on the server.
fn word(store: &Store, id: Option<&NationalId>) -> Result<AuthorId, EngineError> {
    if let Some(id) = id {
        return Ok(AuthorId::of_person(id));
    }
    if let Some(author) = numbered(store)? {
        return Ok(author);
    }
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(|_| EngineError::Broken("numbering a workstation"))?;
    let number = u128::from_be_bytes(octets);
    store.set_setting(NUMBER, &format!("{number:032x}"))?;
    Ok(AuthorId::of_workstation(number))
}
