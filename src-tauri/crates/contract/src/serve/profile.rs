//! Profiles, and the terms of use that each accepts.

use super::session::status;
use crate::commands::{Nothing, ProfileAdd, ProfileOf, ProfileRename, TermsAccept};
use crate::event::Event;
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::terms;
use crate::translate::{instant, profile};
use crate::view::{Profile, Status, Terms};

/// Characters of a profile's name.
const NAME: std::ops::RangeInclusive<usize> = 1..=80;

/// Every profile.
///
/// # Errors
/// [`Code::FileUnwritable`] or [`Code::DiskReadOnly`] when their folder cannot be used.
pub(crate) async fn profile_list(served: &Served, _: Nothing) -> Result<Vec<Profile>, Failure> {
    let home = served.engine().home().clone();
    let found = tokio::task::spawn_blocking(move || pli_engine::profile::profiles(&home)).await;
    let found = found.map_err(|_| Failure::new(Code::Internal))??;
    Ok(found.into_iter().map(profile).collect())
}

/// Makes a profile.
///
/// # Errors
/// [`Code::BadRequest`] for a name out of its bounds, or too many profiles.
pub(crate) async fn profile_add(served: &Served, argument: ProfileAdd) -> Result<Profile, Failure> {
    let name = named(&argument.name)?;
    let home = served.engine().home().clone();
    let made = tokio::task::spawn_blocking(move || pli_engine::profile::profile_add(&home, &name)).await;
    let made = made.map_err(|_| Failure::new(Code::Internal))??;
    served.tell(Event::Profile);
    Ok(profile(made))
}

/// Shows another profile, locked.
///
/// # Errors
/// [`Code::NotFound`], [`Code::InUse`]; the profile shown then stays as it was.
pub(crate) async fn profile_switch(served: &Served, argument: ProfileOf) -> Result<Status, Failure> {
    served.switch(&argument.profile).await?;
    status(served, Nothing {}).await
}

/// Names a profile.
///
/// # Errors
/// [`Code::BadRequest`] for a name out of its bounds, [`Code::NotFound`], [`Code::InUse`].
pub(crate) async fn profile_rename(served: &Served, argument: ProfileRename) -> Result<Profile, Failure> {
    let name = named(&argument.name)?;
    let engine = served.engine();
    if engine.home().id() == argument.profile {
        return Ok(profile(engine.profile_rename(&name).await?));
    }
    let home = engine.home().clone();
    let renamed =
        tokio::task::spawn_blocking(move || pli_engine::profile::profile_rename(&home, &argument.profile, &name)).await;
    let renamed = renamed.map_err(|_| Failure::new(Code::Internal))??;
    served.tell(Event::Profile);
    Ok(profile(renamed))
}

fn named(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if NAME.contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(Failure::about(Code::BadRequest, "name"))
    }
}

/// The terms of use.
///
/// # Errors
/// None of its own.
pub(crate) async fn terms_get(served: &Served, _: Nothing) -> Result<Terms, Failure> {
    Ok(Terms {
        version: terms::VERSION,
        text: terms::TEXT.to_owned(),
        accepted_at: accepted(served).map(instant),
    })
}

/// When the profile shown accepted the terms as they stand.
pub(super) fn accepted(served: &Served) -> Option<jiff::Timestamp> {
    let (version, at) = served.engine().terms_accepted()?;
    (version == terms::VERSION).then_some(at)
}

/// Accepts the terms of use.
///
/// # Errors
/// [`Code::BadRequest`] for another version than the present one: what was shown is not what stands.
pub(crate) async fn terms_accept(served: &Served, argument: TermsAccept) -> Result<Nothing, Failure> {
    if argument.version != terms::VERSION {
        return Err(Failure::about(Code::BadRequest, "version"));
    }
    served.engine().terms_accept(argument.version).await?;
    Ok(Nothing {})
}
