//! `pli lock`, `unlock`, `pin`, `profile lock`.

use std::path::PathBuf;
use std::time::Duration;

use pli_contract::commands::{LockSet, Nothing, PinSet, Unlock};
use pli_contract::failure::{Code, Failure};
use pli_contract::secret::Secret;
use pli_contract::view::LockSettings;
use pli_contract::{Served, serve};
use pli_engine::{Home, Profile};
use serde::Serialize;

use crate::arguments::{PinVerb, YesNo};
use crate::desktop::Named;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

/// How long the running program has to answer: it finishes what it is handing over first.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// Whether the profile is locked now.
#[derive(Serialize)]
struct Locked {
    locked: bool,
}

/// Locks the profile: by a request to the program that has it open, else by leaving it locked for whoever opens it next.
pub(crate) async fn lock(voice: Voice, home: Home) -> Result<(), Trouble> {
    if !home.vault().exists() {
        voice.one(&Locked { locked: false }, |_| {
            "Ce profil ne contient encore rien : il n'y a rien à verrouiller.".to_owned()
        });
        return Ok(());
    }
    std::fs::write(home.lock_request(), []).map_err(|_| Code::FileUnwritable)?;
    match profile::start(home.clone(), Named::default()) {
        // Starting was enough: the request was there.
        Ok(served) => {
            let locked = profile::is_locked(&served).await;
            served.stop().await;
            if !locked? {
                return Err(Code::Internal.into());
            }
        }
        Err(Trouble::Failed(Failure { code: Code::InUse, .. })) => obeyed(&home).await?,
        Err(trouble) => return Err(trouble),
    }
    voice.one(&Locked { locked: true }, |_| {
        "Le profil est verrouillé. Ce qu'il contient est intact. Pour l'ouvrir : pli unlock.".to_owned()
    });
    Ok(())
}

/// Waits until the running program has taken the request away and is locked.
async fn obeyed(home: &Home) -> Result<(), Trouble> {
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            let taken = !home.lock_request().exists();
            if taken && Profile::read(home).is_ok_and(|profile| profile.locked.is_some()) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    waited.await.map_err(|_| Trouble::Failed(Failure::new(Code::InUse)))
}

/// Unlocks the profile by its PIN or its passphrase.
pub(crate) async fn unlock(voice: Voice, served: &Served) -> Result<(), Trouble> {
    let Some(lock) = serve::lock_get(served, Nothing {}).await? else {
        voice.one(&Locked { locked: false }, |_| {
            "Le profil n'est pas verrouillé.".to_owned()
        });
        return Ok(());
    };
    let secret = match (lock.pin, lock.passphrase) {
        (false, false) if lock.login => {
            return Err(Trouble::Advised(
                Failure::new(Code::Locked),
                "Ce profil n'a pas de code PIN : seule une identification l'ouvre (pli login).",
            ));
        }
        (false, false) => Secret::default(),
        (true, _) => secret(profile::passphrase_file(), "Code PIN : ")?,
        (false, true) => secret(profile::passphrase_file(), "Phrase de passe : ")?,
    };
    serve::unlock(served, Unlock { secret }).await?;
    voice.one(&Locked { locked: false }, |_| "Le profil est déverrouillé.".to_owned());
    Ok(())
}

pub(crate) async fn pin(voice: Voice, served: &Served, verb: PinVerb) -> Result<(), Trouble> {
    let (current, new, remove) = match verb {
        PinVerb::Set { file, current } => (current, file, false),
        PinVerb::Remove { current } => (current, None, true),
    };
    let has_pin = serve::lock_settings(served, Nothing {}).await?.pin;
    let current = match has_pin {
        true => Some(secret(
            current.current_file.or_else(profile::passphrase_file),
            "Code PIN actuel : ",
        )?),
        false => None,
    };
    let pin = match (remove, new) {
        (true, _) => None,
        (false, Some(file)) => Some(profile::secret_of(&file)?),
        (false, None) => Some(profile::twice(
            "Nouveau code PIN, de 4 à 64 caractères : ",
            "Les deux codes diffèrent. Rien n'a changé.",
        )?),
    };
    let settings = serve::pin_set(served, PinSet { current, pin }).await?;
    voice.one(&settings, |settings| {
        if settings.pin {
            "Le code PIN est en place.".to_owned()
        } else {
            "Ce profil n'a plus de code PIN : une identification le déverrouille.".to_owned()
        }
    });
    Ok(())
}

/// What this file holds, else what is typed.
fn secret(file: Option<PathBuf>, question: &str) -> Result<Secret, Trouble> {
    match file {
        Some(file) => profile::secret_of(&file),
        None => profile::ask(question),
    }
}

/// Shows when the profile locks, after changing it when something is asked.
pub(crate) async fn settings(
    voice: Voice,
    served: &Served,
    minutes: Option<u32>,
    at_session_end: Option<YesNo>,
) -> Result<(), Trouble> {
    let mut settings = serve::lock_settings(served, Nothing {}).await?;
    if minutes.is_some() || at_session_end.is_some() {
        let set = LockSet {
            minutes: minutes.unwrap_or(settings.minutes),
            at_session_end: at_session_end.map_or(settings.at_session_end, |answer| answer == YesNo::Oui),
        };
        settings = serve::lock_set(served, set).await?;
    }
    voice.one(&settings, french);
    Ok(())
}

fn french(settings: &LockSettings) -> String {
    let by = |fixed: bool| {
        if fixed {
            " (décidé par votre organisation)"
        } else {
            ""
        }
    };
    let yes = |yes: bool| if yes { "oui" } else { "non" };
    format!(
        "Verrouillage après {} min d'inactivité, {} au plus{}\nÀ la fin de la session Pro Santé Connect : {}{}\nCode PIN : {}",
        settings.minutes,
        settings.longest,
        by(settings.fixed),
        yes(settings.at_session_end),
        by(settings.at_session_end_fixed),
        yes(settings.pin)
    )
}
