//! `pli profile list`, `add`, `rename`: one profile for each person of a workstation.

use pli_contract::commands::{Nothing, ProfileRename};
use pli_contract::failure::Failure;
use pli_contract::view::Profile;
use pli_contract::{Served, serve};
use pli_engine::{Home, ProfileView};

use crate::outcome::Trouble;
use crate::say::Voice;

/// Lists them without opening any, so that it works while the window is open.
pub(crate) fn list(voice: Voice, home: &Home) -> Result<(), Trouble> {
    let known = pli_engine::profile::profiles(home).map_err(Failure::from)?;
    let profiles: Vec<Profile> = known.into_iter().map(shown).collect();
    voice.many(&profiles, "Aucun profil.", line);
    Ok(())
}

pub(crate) fn add(voice: Voice, home: &Home, name: &str) -> Result<(), Trouble> {
    let made = pli_engine::profile::profile_add(home, name).map_err(Failure::from)?;
    voice.one(&shown(made), |profile| {
        format!("Profil créé : {0}. Pour l'utiliser : --profile \"{0}\"", profile.name)
    });
    Ok(())
}

pub(crate) async fn rename(voice: Voice, served: &Served, name: String) -> Result<(), Trouble> {
    let profile = serve::status(served, Nothing {}).await?.profile.id;
    let renamed = serve::profile_rename(served, ProfileRename { profile, name }).await?;
    voice.one(&renamed, line);
    Ok(())
}

fn shown(profile: ProfileView) -> Profile {
    Profile {
        id: profile.id,
        name: match (profile.name, &profile.person) {
            (name, Some(person)) if name.is_empty() => person.clone(),
            (name, _) => name,
        },
        person: profile.person,
        current: profile.current,
        readable: profile.readable,
    }
}

fn line(profile: &Profile) -> String {
    let mark = if profile.current { '●' } else { ' ' };
    let name = match profile.name.as_str() {
        "" => "(premier profil, sans nom)",
        name => name,
    };
    match &profile.person {
        _ if !profile.readable => format!("{mark} {name} : son fichier est abîmé, rien n'y est changé"),
        Some(person) if person != name => format!("{mark} {name}, {person}"),
        _ => format!("{mark} {name}"),
    }
}
