//! Opens the profile: its folder, its vault, its engine.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pli_contract::commands::{Nothing, VaultOpen};
use pli_contract::failure::{Code, Failure};
use pli_contract::secret::Secret;
use pli_contract::view::{Account, LoginMethod, Status, VaultState};
use pli_contract::{Desktop as _, Served, serve};
use pli_engine::{Engine, Home, Options};

use crate::desktop::Terminal;
use crate::outcome::Trouble;

/// Opens the profile with the files that the command line named.
pub(crate) async fn open(files: Vec<PathBuf>, certificate: Option<PathBuf>) -> Result<Served, Trouble> {
    let desktop = Arc::new(Terminal::new(files, certificate));
    let browser = Arc::clone(&desktop);
    let mut options = Options::new(move |url| browser.open_url(url).is_ok());
    options.background = false;
    options.undo = Duration::ZERO;
    let named = options.passphrase_file.is_some();
    let engine = Engine::start(Home::find().map_err(Failure::from)?, options).map_err(Failure::from)?;
    let served = Served {
        engine,
        desktop,
        content_base: String::new(),
    };
    let status = serve::status(&served, Nothing {}).await?;
    let passphrase = match status.vault {
        VaultState::Open => return Ok(served),
        VaultState::New | VaultState::KeyringLocked => None,
        VaultState::NewNeedsPassphrase | VaultState::NeedsPassphrase if named => None,
        VaultState::NewNeedsPassphrase => Some(choose()?),
        VaultState::NeedsPassphrase => Some(ask("Phrase de passe : ")?),
    };
    let passphrase = passphrase.map(Secret::from);
    let _: Status = serve::vault_open(&served, VaultOpen { passphrase }).await?;
    Ok(served)
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

fn choose() -> Result<String, Trouble> {
    let first = ask("Ce poste n'a pas de trousseau. Choisissez une phrase de passe : ")?;
    if ask("Encore une fois : ")? == first {
        Ok(first)
    } else {
        Err(Trouble::Misuse("Les deux phrases de passe diffèrent.".to_owned()))
    }
}

/// Asks for a secret on the terminal, without showing it where the system allows.
pub(crate) fn ask(question: &str) -> Result<String, Trouble> {
    if !std::io::stdin().is_terminal() {
        return Err(Code::VaultLocked.into());
    }
    eprint!("{question}");
    let _hidden = Hidden::new();
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut text)
        .map_err(|_| Code::VaultLocked)?;
    eprintln!();
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
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
