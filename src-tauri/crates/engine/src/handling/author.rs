//! Who speaks when something is said of a message here: the person logged in, else the profile's, else the workstation.

use pli_store::{AuthorId, NAME_LIMIT, Person, Store, StoreError, one_line};
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
    let name = names
        .into_iter()
        .flatten()
        .map(|name| one_line(&name, NAME_LIMIT))
        .find(|name| !name.is_empty())
        .unwrap_or_default();
    let author = word(&*core.store()?, id.as_ref())?;
    Ok((author, Person { id, name }))
}

/// What the author of this workstation is called on the server.
fn word(store: &Store, id: Option<&NationalId>) -> Result<AuthorId, EngineError> {
    if let Some(id) = id {
        return Ok(AuthorId::of_person(id));
    }
    let known: Result<Option<String>, StoreError> = store.setting(NUMBER);
    if let Some(number) = known?.and_then(|text| u128::from_str_radix(&text, 16).ok()) {
        return Ok(AuthorId::of_workstation(number));
    }
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(|_| EngineError::Broken("numbering a workstation"))?;
    let number = u128::from_be_bytes(octets);
    store.set_setting(NUMBER, &format!("{number:032x}"))?;
    Ok(AuthorId::of_workstation(number))
}
