//! A profile's own description, `profile.json`: whose it is, how they last logged in, how it locks. Readable while
//! everything else is closed, so it holds no secret and nothing of any content.
//!
//! Several people at one workstation have a profile each, with its own store, key, journal and lock. The first lives in the
//! base folder itself, the others in folders of their own beneath `profiles`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use pli_terms::{NationalId, Wording};
use pli_trace::Action;
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::audit::Local;
use crate::error::EngineError;
use crate::event::Event;
use crate::home::Home;
use crate::lock::LockReason;

/// The file's name in the profile's folder.
const FILE: &str = "profile.json";
const VERSION: u32 = 1;
/// It is a few hundred octets; more is another file.
const LARGEST: u64 = 64 * 1024;
/// Characters of a profile's name, at most.
const LONGEST_NAME: usize = 80;
/// Profiles of one workstation's user, at most.
const MOST: usize = 64;

/// Which profile of a workstation this is: stable, made of nothing that says whose.
pub type ProfileId = String;

/// The first profile's id: the base folder itself.
pub const FIRST: &str = "principal";

/// What is known of a profile without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// The name given to it; empty: it is called after its person.
    pub name: String,
    /// The person it belongs to, as Pro Santé Connect writes them.
    pub person: Option<String>,
    /// The person's national id: who may log in here.
    pub national_id: Option<NationalId>,
    /// How the person last logged in.
    pub way: Option<ProfileWay>,
    /// How the person was last asked when it was not in the browser.
    pub channel: Option<ProfileChannel>,
    /// Minutes of inactivity before the lock, as the person chose.
    pub minutes: Option<u32>,
    /// Whether the session's end locks, as the person chose.
    pub at_session_end: Option<bool>,
    /// Months that technical logs are kept, as the person chose.
    pub technical_months: Option<u32>,
    /// The terms of use that were accepted (EDC/PSC.101.01).
    pub terms: Option<ProfileTerms>,
    /// The provider to log in with, as the person set it. The policy comes before.
    pub provider: Option<ProfileProvider>,
    /// Set while the profile is locked; it outlives the process.
    pub locked: Option<ProfileLock>,
}

/// How a person logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileWay {
    /// In the browser (SC.PSC.01).
    Browser,
    /// By their phone or their card's reader (SC.PSC.13).
    Phone,
}

/// What a person was asked with, away from the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileChannel {
    /// e-CPS on the phone.
    Mobile,
    /// CPS card.
    Card,
}

/// Terms of use accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileTerms {
    /// Which version of the terms.
    pub version: u32,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

/// A provider that a person set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileProvider {
    /// The whole address of its discovery document.
    pub discovery: String,
    /// The client id that it knows this program by.
    pub client_id: String,
}

/// What the lock screen may say: since when, why, and counts; never content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileLock {
    /// Since when.
    #[serde(with = "instant")]
    pub since: Timestamp,
    /// Why.
    pub reason: LockReason,
    /// When a draft being written was last stored; `None` without a draft.
    #[serde(with = "instant::maybe", default)]
    pub draft_saved_at: Option<Timestamp>,
    /// Messages that wait to leave.
    #[serde(default)]
    pub waiting: u32,
}

/// A profile in the list of a workstation's user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileView {
    /// Which one.
    pub id: ProfileId,
    /// The name given to it; empty when none was: it is called after its person.
    pub name: String,
    /// The person it belongs to; `None` before the first login.
    pub person: Option<String>,
    /// Whether it is the one asked.
    pub current: bool,
    /// `false` when its description is damaged: it cannot be opened, and nothing of it was changed.
    pub readable: bool,
}

#[derive(Serialize, Deserialize)]
struct OnDisk<P> {
    version: u32,
    profile: P,
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

impl Profile {
    /// Reads the description of the profile of this folder. One that was never written is a new profile's.
    ///
    /// # Errors
    /// [`EngineError::ProfileDamaged`], [`EngineError::Home`].
    pub fn read(home: &Home) -> Result<Self, EngineError> {
        let path = home.root().join(FILE);
        let damaged = |what| EngineError::ProfileDamaged {
            path: path.clone(),
            what,
        };
        let mut text = Vec::new();
        let read = std::fs::File::open(&path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(EngineError::Home { path, source }),
        }
        if text.len() as u64 > LARGEST {
            return Err(damaged("it is too large"));
        }
        match serde_json::from_slice::<VersionOnly>(&text) {
            Ok(VersionOnly { version }) if version > VERSION => {
                return Err(damaged("it was written by a newer version of the program"));
            }
            Ok(_) => {}
            Err(_) => return Err(damaged("it is not what was written")),
        }
        serde_json::from_slice::<OnDisk<Self>>(&text)
            .map(|found| found.profile)
            .map_err(|_| damaged("it is not what was written"))
    }

    /// Writes it into a profile's folder.
    ///
    /// # Errors
    /// [`EngineError::Home`].
    pub(crate) fn write(&self, root: &Path) -> Result<(), EngineError> {
        let path = root.join(FILE);
        let failed = |source| EngineError::Home {
            path: path.clone(),
            source,
        };
        let text = serde_json::to_vec_pretty(&OnDisk {
            version: VERSION,
            profile: self,
        })
        .map_err(|error| failed(error.into()))?;
        replace(&path, &text).map_err(failed)
    }
}

/// Writes the whole file beside, then puts it in place: at no moment is there half of one, nor none where there was one.
pub(crate) fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(text)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&draft, path)?;
    // The renaming itself is on the disk once the folder is; other systems have no such call.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The description of the profile at work, in memory and on the disk alike.
#[derive(Debug)]
pub(crate) struct ProfileFile {
    root: PathBuf,
    current: Mutex<Profile>,
}

impl ProfileFile {
    pub(crate) fn open(home: &Home) -> Result<Self, EngineError> {
        Ok(Self {
            root: home.root().to_owned(),
            current: Mutex::new(Profile::read(home)?),
        })
    }

    pub(crate) fn get(&self) -> Profile {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes it, on the disk first: what could not be written is not believed either. Blocks for a disk's while.
    ///
    /// # Errors
    /// [`EngineError::Home`]; it is then as it was.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Profile)) -> Result<Profile, EngineError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = current.clone();
        change(&mut next);
        if next != *current {
            next.write(&self.root)?;
            *current = next.clone();
        }
        Ok(next)
    }
}

/// The profiles of this workstation's user, the first one first, then by name. `home` is any of them: it is the current one.
///
/// # Errors
/// [`EngineError::Home`] when the folder cannot be listed.
pub fn profiles(home: &Home) -> Result<Vec<ProfileView>, EngineError> {
    let mut found = vec![view(&Home::at(home.base()), FIRST, home)];
    let folder = home.base().join(crate::home::PROFILES);
    let failed = |source| EngineError::Home {
        path: folder.clone(),
        source,
    };
    match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(entries) => {
            let mut others = Vec::new();
            for entry in entries.take(16 * MOST) {
                let id = entry.map_err(failed)?.file_name();
                if let Some(id) = id.to_str().filter(|id| is_id(id)) {
                    others.push(view(&home.profile(id)?, id, home));
                }
            }
            others.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
            found.extend(others);
        }
    }
    Ok(found)
}

/// Makes a profile of this name beside `home`'s. It is empty until an engine is started on it.
///
/// # Errors
/// [`EngineError::BadRequest`] for a name that is empty or longer than 80 characters, or past 64 profiles;
/// [`EngineError::Home`].
pub fn profile_add(home: &Home, name: &str) -> Result<ProfileView, EngineError> {
    let name = named(name)?;
    if profiles(home)?.len() >= MOST {
        return Err(EngineError::BadRequest("there are too many profiles"));
    }
    let mut octets = [0u8; 8];
    getrandom::fill(&mut octets).map_err(|_| EngineError::Broken("asking for random octets"))?;
    let id: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let made = home.profile(&id)?;
    made.make()?;
    let profile = Profile {
        name,
        ..Profile::default()
    };
    profile.write(made.root())?;
    Ok(view(&made, &id, home))
}

/// Gives a profile that no engine has open another name; the one at work is renamed by [`crate::Engine::profile_rename`].
///
/// # Errors
/// As [`profile_add`]; [`EngineError::NotFound`], [`EngineError::InUse`].
pub fn profile_rename(home: &Home, id: &str, name: &str) -> Result<ProfileView, EngineError> {
    let name = named(name)?;
    let other = home.profile(id)?;
    if !other.root().is_dir() {
        return Err(EngineError::NotFound("profile"));
    }
    let _held = other.take()?;
    let mut profile = Profile::read(&other)?;
    profile.name = name;
    profile.write(other.root())?;
    Ok(view(&other, id, home))
}

impl Engine {
    /// The profile at work, as the list of profiles shows it. Works while locked.
    #[must_use]
    pub fn profile(&self) -> ProfileView {
        let profile = self.core.profile.get();
        ProfileView {
            id: self.core.home.id().to_owned(),
            name: profile.name,
            person: profile.person,
            current: true,
            readable: true,
        }
    }

    /// Gives the profile at work another name, of 1 to 80 characters.
    ///
    /// # Errors
    /// [`EngineError::BadRequest`], [`EngineError::Home`].
    pub async fn profile_rename(&self, name: &str) -> Result<ProfileView, EngineError> {
        let name = named(name)?;
        let renamed = Local::new(Action::Settings, Wording::fixed("RENAME PROFILE"));
        self.core.trace_anytime(renamed).await?;
        self.core
            .blocking(move |core| core.profile.change(|profile| profile.name = name))
            .await?;
        self.core.emit(Event::Profile);
        // Colleagues may assign by this name: what is left to its person is counted anew.
        self.core.emit(Event::Accounts);
        Ok(self.profile())
    }

    /// Which version of the terms of use was accepted in this profile, and when (EDC/PSC.101.01). Works while locked.
    #[must_use]
    pub fn terms_accepted(&self) -> Option<(u32, Timestamp)> {
        self.core.profile.get().terms.map(|terms| (terms.version, terms.at))
    }

    /// Keeps that this version of the terms of use was accepted now.
    ///
    /// # Errors
    /// [`EngineError::Home`] when it cannot be written.
    pub async fn terms_accept(&self, version: u32) -> Result<(), EngineError> {
        let at = self.core.now();
        let accepted = Local::new(Action::Settings, Wording::fixed("ACCEPT TERMS").and(version));
        self.core.trace_anytime(accepted).await?;
        self.core
            .blocking(move |core| {
                core.profile
                    .change(|profile| profile.terms = Some(ProfileTerms { version, at }))
            })
            .await?;
        self.core.emit(Event::Profile);
        Ok(())
    }
}

/// A profile's name as it is kept: one line, without spaces around.
pub(crate) fn named(name: &str) -> Result<String, EngineError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(EngineError::BadRequest("a profile's name has 1 to 80 characters"));
    }
    Ok(name.to_owned())
}

/// Whether this can be a profile's folder: ours are made of digits, and an id that comes from a window is no path.
pub(crate) fn is_id(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn view(of: &Home, id: &str, current: &Home) -> ProfileView {
    let read = Profile::read(of);
    let readable = read.is_ok();
    let profile = read.unwrap_or_default();
    ProfileView {
        id: id.to_owned(),
        name: profile.name,
        person: profile.person,
        current: of.root() == current.root(),
        readable,
    }
}

/// Instants are written as RFC 3339 has them.
mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }

    pub(super) mod maybe {
        use jiff::Timestamp;
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
            at.map(|at| at.to_string()).serialize(to)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
            Option::<String>::deserialize(from)?
                .map(|text| text.parse().map_err(serde::de::Error::custom))
                .transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn full() -> Profile {
        Profile {
            name: "Cabinet de la gare".to_owned(),
            person: Some("Claire MARTIN".to_owned()),
            national_id: Some(NationalId::parse("899700000001").unwrap()),
            way: Some(ProfileWay::Phone),
            channel: Some(ProfileChannel::Card),
            minutes: Some(5),
            at_session_end: Some(true),
            technical_months: Some(9),
            terms: Some(ProfileTerms {
                version: 2,
                at: at(1_700_000_000),
            }),
            provider: Some(ProfileProvider {
                discovery: "https://relais.example/.well-known/openid-configuration".to_owned(),
                client_id: "pli".to_owned(),
            }),
            locked: Some(ProfileLock {
                since: at(1_700_000_100),
                reason: LockReason::SessionEnd,
                draft_saved_at: Some(at(1_700_000_090)),
                waiting: 3,
            }),
        }
    }

    #[test]
    fn what_is_changed_is_found_again_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let file = ProfileFile::open(&home).unwrap();
        assert_eq!(file.get(), Profile::default());
        file.change(|profile| *profile = full()).unwrap();
        assert_eq!(Profile::read(&home).unwrap(), full());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // Not even a half written one stays beside.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_description_is_an_error_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let path = dir.path().join(FILE);
        let whole = serde_json::to_string(&OnDisk {
            version: VERSION,
            profile: full(),
        })
        .unwrap();
        let damages = [
            String::new(),
            whole[..whole.len() / 2].to_owned(),
            whole.replace("\"version\":1", "\"version\":2"),
            whole.replace("\"name\"", "\"nom\""),
            whole.replace("session_end", "nothing_known"),
            format!("{whole}{}", " ".repeat(LARGEST as usize)),
        ];
        for damage in damages {
            std::fs::write(&path, &damage).unwrap();
            let read = Profile::read(&home);
            assert!(matches!(read, Err(EngineError::ProfileDamaged { .. })), "{damage:.80}");
            assert!(ProfileFile::open(&home).is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), damage, "left as it is");
        }
    }

    #[test]
    fn what_cannot_be_written_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("p"));
        std::fs::create_dir(home.root()).unwrap();
        let file = ProfileFile::open(&home).unwrap();
        file.change(|profile| profile.minutes = Some(5)).unwrap();
        std::fs::remove_dir_all(home.root()).unwrap();
        assert!(file.change(|profile| profile.minutes = Some(30)).is_err());
        assert_eq!(file.get().minutes, Some(5));
    }

    #[test]
    fn profiles_of_one_workstation_stand_side_by_side() {
        let dir = tempfile::tempdir().unwrap();
        let first = Home::at(dir.path().join("base"));
        let alone = profiles(&first).unwrap();
        assert_eq!((alone.len(), alone[0].id.as_str(), alone[0].current), (1, FIRST, true));
        let second = profile_add(&first, "  Remplaçante ").unwrap();
        assert_eq!((second.name.as_str(), second.current), ("Remplaçante", false));
        let third = profile_add(&first, "Associé").unwrap();
        assert_ne!(second.id, third.id);
        let home = first.profile(&second.id).unwrap();
        assert_eq!((home.id(), home.base()), (second.id.as_str(), first.base()));
        assert!(home.store().starts_with(home.root()) && home.root().starts_with(first.base()));
        // The list is the same whichever is asked; by name, the first one first.
        let seen: Vec<_> = profiles(&home)
            .unwrap()
            .into_iter()
            .map(|p| (p.name, p.current))
            .collect();
        let expected = [("", false), ("Associé", false), ("Remplaçante", true)];
        assert_eq!(seen, expected.map(|(name, current)| (name.to_owned(), current)));
        assert_eq!(home.profile(FIRST).unwrap(), first);
        // Whoever is at work in one has not the others.
        let held = home.take().unwrap();
        assert!(first.take().is_ok());
        assert!(matches!(
            profile_rename(&first, &second.id, "Autre"),
            Err(EngineError::InUse { .. })
        ));
        drop(held);
        assert_eq!(profile_rename(&first, &second.id, "Autre").unwrap().name, "Autre");
        // A damaged one is listed, unreadable, and in nobody's way.
        std::fs::write(home.root().join(FILE), "{").unwrap();
        let listed = profiles(&first).unwrap();
        let damaged = listed.iter().find(|profile| profile.id == second.id).unwrap();
        assert!(!damaged.readable && listed.len() == 3);
    }

    #[test]
    fn an_id_is_never_a_path() {
        let home = Home::at("/tmp/base");
        for id in ["..", "", "../../etc", "0123456789abcdeF", "0123456789abcde/", "/etc"] {
            assert!(matches!(home.profile(id), Err(EngineError::NotFound(_))), "{id}");
        }
        for name in ["", "   ", "a\nb", &"é".repeat(81)] {
            assert!(matches!(named(name), Err(EngineError::BadRequest(_))), "{name:?}");
        }
    }
}
