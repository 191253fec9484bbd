//! Logs in when a verb needs the network: tokens live in memory only, so each call logs in anew.

use pli_contract::commands::{AccountOf, LoginCertificate, Nothing};
use pli_contract::event::Event;
use pli_contract::failure::Code;
use pli_contract::view::{Account, LoginState, SessionState};
use pli_contract::{Served, serve};
use tokio::sync::broadcast::error::RecvError;

use crate::arguments::Access;
use crate::outcome::Trouble;
use crate::profile;

const PASSPHRASE_FILE: &str = "PLI_CERTIFICATE_PASSPHRASE_FILE";

/// Gives an identity to each of these BALs that has none. Answers the names given by the identity provider.
pub(crate) async fn grant(served: &Served, accounts: &[Account], access: &Access) -> Result<Vec<String>, Trouble> {
    let mut names = Vec::new();
    for account in accounts {
        // A login may have opened others: one person's session opens every BAL of that person.
        let now = serve::account_list(served, Nothing {}).await?;
        let open = now
            .iter()
            .any(|other| other.id == account.id && other.session != SessionState::LoggedOut);
        if !open {
            names.push(login(served, account, access).await?);
        }
    }
    Ok(names)
}

async fn login(served: &Served, account: &Account, access: &Access) -> Result<String, Trouble> {
    let mut events = served.events();
    let state = if profile::by_certificate(account) {
        if access.certificate.is_none() {
            return Err(Trouble::Misuse(format!(
                "{} s'ouvre par un certificat : indiquez-le par --certificate FICHIER.",
                account.address
            )));
        }
        let passphrase = certificate_passphrase()?.into();
        serve::login_certificate(
            served,
            LoginCertificate {
                account: account.id,
                passphrase,
            },
        )
        .await?
    } else {
        serve::login_start(served, AccountOf { account: account.id }).await?
    };
    let mut state = state;
    loop {
        match state {
            LoginState::Done { name } => return Ok(name),
            LoginState::Failed { failure } => return Err(failure.into()),
            LoginState::Browser { .. } => state = next(&mut events, account).await?,
        }
    }
}

async fn next(events: &mut pli_contract::Events, account: &Account) -> Result<LoginState, Trouble> {
    loop {
        match events.recv().await {
            Ok(Event::Login { account: of, login }) if of == account.id => return Ok(login),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Err(Code::LoginCancelled.into()),
        }
    }
}

fn certificate_passphrase() -> Result<String, Trouble> {
    match std::env::var_os(PASSPHRASE_FILE).filter(|value| !value.is_empty()) {
        Some(file) => Ok(std::fs::read_to_string(file)
            .map_err(|_| Code::FileUnreadable)?
            .trim_end_matches(['\r', '\n'])
            .to_owned()),
        None => profile::ask("Phrase de passe du certificat : "),
    }
}
