//! Finds the profile and opens it: its folder, its vault, its engine.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pli_contract::commands::{Nothing, Unlock, VaultOpen};
use pli_contract::failure::{Code, Failure};
use pli_contract::secret::Secret;
use pli_contract::view::{Account, LockReason, LoginMethod, Status, VaultState};
use pli_contract::{Desktop as _, Served, serve};
use pli_engine::{Home, Options};

use crate::desktop::{Named, Terminal};
use crate::outcome::Trouble;

/// How often another process's request is looked for.
const LOOK: Duration = Duration::from_millis(500);

/// The profile of this name among those of the workstation's user; without a name, the one that `PLI_HOME` or the platform
/// says. A person's name names their profile too.
pub(crate) fn find(name: Option<&str>) -> Result<Home, Trouble> {
    let home = Home::find().map_err(Failure::from)?;
    let Some(name) = name else { return Ok(home) };
    let wanted = name.trim().to_lowercase();
    let known = pli_engine::profile::profiles(&home).map_err(Failure::from)?;
    let named = |profile: &&pli_engine::ProfileView| {
        profile.id == wanted
            || profile.name.to_lowercase() == wanted
            || profile
                .person
                .as_ref()
                .is_some_and(|person| person.to_lowercase() == wanted)
    };
    let mut found = known.iter().filter(named);
    let profile = found.next().ok_or_else(|| Failure::about(Code::NotFound, name))?;
    if found.next().is_some() {
        return Err(Trouble::Misuse(format!(
            "Plusieurs profils s'appellent « {name} » : indiquez l'identifiant que donne « pli profile list --json »."
        )));
    }
    Ok(home.profile(&profile.id).map_err(Failure::from)?)
}

/// Takes the profile, closed, with the files that the command line named.
pub(crate) fn start(home: Home, named: Named) -> Result<Served, Trouble> {
    let desktop = Arc::new(Terminal::new(named));
    let browser = Arc::clone(&desktop);
    let mut options = Options::new(move |url| browser.open_url(url).is_ok());
    options.background = false;
    options.undo = Duration::ZERO;
    Ok(Served::start(home, options, desktop, String::new()).map_err(Failure::from)?)
}

/// Whether the profile is locked.
pub(crate) async fn is_locked(served: &Served) -> Result<bool, Trouble> {
    Ok(serve::status(served, Nothing {}).await?.vault == VaultState::Locked)
}

/// Opens the profile. One that is locked stays so: `pli unlock` or a login opens it.
pub(crate) async fn open(served: &Served) -> Result<(), Trouble> {
    let named = passphrase_file().is_some();
    let status = serve::status(served, Nothing {}).await?;
    let passphrase = match status.vault {
        VaultState::Open => return Ok(()),
        VaultState::Locked => return by_pin(served).await,
        VaultState::New | VaultState::KeyringLocked => None,
        VaultState::NewNeedsPassphrase | VaultState::NeedsPassphrase if named => None,
        VaultState::NewNeedsPassphrase => Some(choose()?),
        VaultState::NeedsPassphrase => Some(ask("Phrase de passe : ")?),
    };
    let _: Status = serve::vault_open(served, VaultOpen { passphrase }).await?;
    Ok(())
}

/// A PIN is asked at each start, as a passphrase is; what somebody locked, they unlock.
async fn by_pin(served: &Served) -> Result<(), Trouble> {
    match serve::lock_get(served, Nothing {}).await? {
        Some(lock) if lock.reason == LockReason::Start && lock.pin => {
            if !std::io::stdin().is_terminal() {
                return Err(Trouble::Advised(
                    Failure::new(Code::Locked),
                    "Ce profil a un code PIN : donnez-le par PLI_PASSPHRASE_FILE.",
                ));
            }
            let secret = ask("Code PIN : ")?;
            serve::unlock(served, Unlock { secret }).await?;
            Ok(())
        }
        Some(_) => Err(Code::Locked.into()),
        None => Ok(()),
    }
}

/// Obeys `pli lock` of another process while this one works.
pub(crate) fn obey(served: &Served) -> tokio::task::JoinHandle<()> {
    let served = served.clone();
    tokio::spawn(async move {
        let request = served.engine().home().lock_request();
        loop {
            tokio::time::sleep(LOOK).await;
            // Taken away first, as the window does: a second request is another.
            if request.exists() && std::fs::remove_file(&request).is_ok() {
                // What cannot be locked now has ended, and its next start is told by nobody else: asked again.
                if serve::lock_now(&served, Nothing {}).await.is_err() && std::fs::write(&request, []).is_err() {
                    tracing::warn!("the request to lock was lost");
                }
            }
        }
    })
}

/// The file of the passphrase or of the PIN, when the environment names one.
pub(crate) fn passphrase_file() -> Option<PathBuf> {
    std::env::var_os("PLI_PASSPHRASE_FILE")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The BAL of this address, or the first one.
pub(crate) async fn account(served: &Served, address: Option<&str>) -> Result<Account, Trouble> {
    let accounts = serve::account_list(served, Nothing {}).await?;
    let found = match address {
        Some(address) => accounts
            .into_iter()
            .find(|account| account.address.eq_ignore_ascii_case(address.trim())),
        None => accounts.into_iter().next(),
    };
    found.ok_or_else(|| match address {
        Some(address) => Trouble::Failed(Failure::about(Code::NotFound, address)),
        None => Trouble::Misuse("Aucune BAL n'est configurée. Ajoutez-en une : pli account add ADRESSE".to_owned()),
    })
}

/// The BALs a verb is about.
pub(crate) async fn accounts(served: &Served, address: Option<&str>) -> Result<Vec<Account>, Trouble> {
    match address {
        Some(_) => Ok(vec![account(served, address).await?]),
        None => Ok(serve::account_list(served, Nothing {}).await?),
    }
}

/// Whether it is opened by a certificate.
pub(crate) fn by_certificate(account: &Account) -> bool {
    account.method == LoginMethod::Certificate
}

pub(crate) fn choose() -> Result<Secret, Trouble> {
    twice(
        "Ce poste n'a pas de trousseau. Choisissez une phrase de passe : ",
        "Les deux phrases de passe diffèrent.",
    )
}

/// Asks for a new secret twice: one typed wrongly would open nothing.
pub(crate) fn twice(question: &str, differ: &str) -> Result<Secret, Trouble> {
    let first = ask(question)?;
    if ask("Encore une fois : ")? == first {
        Ok(first)
    } else {
        Err(Trouble::Misuse(differ.to_owned()))
    }
}

/// Asks for a secret on the terminal, without showing it where the system allows.
pub(crate) fn ask(question: &str) -> Result<Secret, Trouble> {
    if !std::io::stdin().is_terminal() {
        return Err(Code::VaultLocked.into());
    }
    eprint!("{question}");
    let _hidden = Hidden::new();
    let text = line().ok_or(Code::VaultLocked)?;
    eprintln!();
    Ok(text.into())
}

/// Asks for something that may be seen. `None` where nobody can answer.
pub(crate) fn ask_plainly(question: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    eprint!("{question}");
    line()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

fn line() -> Option<String> {
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text).ok()?;
    while text.ends_with(['\r', '\n']) {
        text.pop();
    }
    Some(text)
}

/// The secret that a file holds, without the end of its line.
pub(crate) fn secret_of(file: &Path) -> Result<Secret, Trouble> {
    let mut text = std::fs::read_to_string(file).map_err(|_| Code::FileUnreadable)?;
    while text.ends_with(['\r', '\n']) {
        text.pop();
    }
    Ok(text.into())
}

/// The terminal shows nothing of what is typed while this lives.
struct Hidden(bool);

impl Hidden {
    fn new() -> Self {
        Self(stty("-echo"))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if self.0 {
            stty("echo");
        }
    }
}

fn stty(mode: &str) -> bool {
    cfg!(unix)
        && Command::new("stty")
            .arg(mode)
            .stdin(Stdio::inherit())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
}
