//! What the profile's own description keeps of logins: whose it is, how they came in last. Readable while locked, no
//! secret.

use std::sync::Arc;

use pli_identity::{Channel, Person};
use pli_terms::NationalId;

use super::view::{LoginHint, LoginRequest, LoginWay, WayKind};
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::profile::{ProfileChannel, ProfileWay};

/// What a login page is filled with.
pub(super) fn hint(core: &Core) -> LoginHint {
    let profile = core.profile.get();
    LoginHint {
        person: profile.person,
        national_id: profile.national_id,
        channel: match profile.channel {
            Some(ProfileChannel::Card) => Channel::Card,
            _ => Channel::Mobile,
        },
        way: match profile.way {
            Some(ProfileWay::Phone) => WayKind::Phone,
            _ => WayKind::Browser,
        },
    }
}

/// A profile is one person's: the first that logged in.
///
/// # Errors
/// [`EngineError::OtherPerson`].
pub(super) fn must_be_owner(core: &Core, who: &NationalId) -> Result<(), EngineError> {
    let profile = core.profile.get();
    match profile.national_id {
        Some(owner) if owner != *who => Err(EngineError::OtherPerson {
            person: profile.person.unwrap_or_default(),
        }),
        _ => Ok(()),
    }
}

/// Keeps who logged in and how, for the next time.
///
/// # Errors
/// [`EngineError::Home`] when the description cannot be written.
pub(super) async fn remember(core: &Arc<Core>, person: &Person, request: &LoginRequest) -> Result<(), EngineError> {
    let (name, national_id) = (person.display_name(), person.national_id.clone());
    let (way, channel) = match &request.way {
        LoginWay::Browser => (ProfileWay::Browser, None),
        LoginWay::Phone { channel, .. } => {
            let channel = match channel {
                Channel::Mobile => ProfileChannel::Mobile,
                Channel::Card => ProfileChannel::Card,
            };
            (ProfileWay::Phone, Some(channel))
        }
    };
    core.blocking(move |core| {
        core.profile.change(|profile| {
            profile.person = Some(name);
            profile.national_id = Some(national_id);
            profile.way = Some(way);
            profile.channel = channel.or(profile.channel);
        })
    })
    .await?;
    core.emit(Event::Profile);
    Ok(())
}
