//! Logs in when a verb needs the network: tokens live in memory only, so each call logs in anew.

use std::path::Path;

use pli_contract::commands::{LoginCertificate, LoginOf, LoginStart, Nothing};
use pli_contract::event::Event;
use pli_contract::failure::{Code, Failure};
use pli_contract::secret::Secret;
use pli_contract::view::{Account, Channel, LoginHint, LoginState, LoginWay, SessionState};
use pli_contract::{Events, Served, serve};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::arguments::{Access, Means};
use crate::countdown::Countdown;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

const PASSPHRASE_FILE: &str = "PLI_CERTIFICATE_PASSPHRASE_FILE";

/// Where the two digits are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Digits {
    /// They are the verb's own answer.
    Answer(Voice),
    /// Beside the answer of a verb that says something else.
    Beside(Voice),
}

/// Gives an identity to each of these BALs that has none: a certificate each, or one login for all the others.
pub(crate) async fn grant(
    served: &Served,
    accounts: &[Account],
    access: &Access,
    digits: Digits,
) -> Result<Vec<String>, Trouble> {
    let mut names = Vec::new();
    let closed = |account: &&Account| account.session == SessionState::LoggedOut;
    for account in accounts.iter().filter(|account| profile::by_certificate(account)) {
        // One that was imported before is shown to the server by itself.
        if access.certificate.is_some() {
            names.push(certificate(served, account).await?);
        } else if account.certificate.is_none() {
            return Err(Trouble::Misuse(format!(
                "{} s'ouvre par un certificat : indiquez-le par --certificate FICHIER.",
                account.address
            )));
        }
    }
    let mut by_person = accounts.iter().filter(|account| !profile::by_certificate(account));
    if let Some(account) = by_person.find(closed) {
        names.push(person(served, Some(account), access, digits).await?);
    }
    Ok(names)
}

/// Imports the certificate that the command line names, and opens the BAL by it. Answers whom it names.
pub(crate) async fn certificate(served: &Served, account: &Account) -> Result<String, Trouble> {
    let argument = LoginCertificate {
        account: account.id,
        passphrase: certificate_passphrase()?,
    };
    match serve::login_certificate(served, argument).await? {
        LoginState::Done { name, .. } => Ok(name),
        LoginState::Failed { failure, .. } => Err(failure.into()),
        LoginState::Browser { .. } | LoginState::Phone { .. } => Err(Code::Internal.into()),
    }
}

/// Logs a person in by Pro Santé Connect. Answers the name it gives.
pub(crate) async fn person(
    served: &Served,
    account: Option<&Account>,
    access: &Access,
    digits: Digits,
) -> Result<String, Trouble> {
    let hint = serve::login_hint(served, Nothing {}).await?;
    let way = way(access, &hint);
    let argument = LoginStart {
        way,
        national_id: match way {
            LoginWay::Browser => None,
            LoginWay::Phone => Some(national_id(access, &hint)?),
        },
        channel: match access.channel {
            Some(Means::Mobile) => Channel::Mobile,
            Some(Means::Card) => Channel::Card,
            None => hint.channel,
        },
        account: account.map(|account| account.id),
    };
    let mut events = served.events();
    // Heard from before the first request: whoever presses Ctrl+C while it is under way gives the login up too.
    let mut interrupt = tokio::spawn(tokio::signal::ctrl_c());
    let begun = tokio::select! {
        begun = serve::login_start(served, argument) => begun,
        _ = &mut interrupt => Err(Failure::new(Code::LoginCancelled)),
    };
    let outcome = match begun {
        Ok(state) => follow(served, &mut events, state, digits, &mut interrupt).await,
        Err(failure) => Err(failure),
    };
    interrupt.abort();
    outcome.map_err(|failure| advise(way, failure))
}

/// The way that the command line says, else the one of the last login.
fn way(access: &Access, hint: &LoginHint) -> LoginWay {
    match (access.code, access.ciba) {
        (true, _) => LoginWay::Browser,
        (_, true) => LoginWay::Phone,
        _ => hint.way,
    }
}

fn national_id(access: &Access, hint: &LoginHint) -> Result<String, Trouble> {
    if let Some(id) = access.national_id.as_ref().or(hint.national_id.as_ref()) {
        return Ok(id.clone());
    }
    profile::ask_plainly("Votre numéro national (RPPS) : ")
        .ok_or_else(|| Trouble::Misuse("Indiquez le numéro national (RPPS) par --id NUMÉRO.".to_owned()))
}

/// Follows a login to its end. `Ctrl+C`, which ends `interrupt`, gives it up.
async fn follow(
    served: &Served,
    events: &mut Events,
    begun: LoginState,
    digits: Digits,
    interrupt: &mut JoinHandle<std::io::Result<()>>,
) -> Result<String, Failure> {
    let mut countdown = Countdown::none();
    if let LoginState::Phone { lifetime_seconds, .. } = &begun {
        digits.show(&begun);
        countdown = Countdown::of(*lifetime_seconds);
    }
    let mut given_up = false;
    let mut state = begun;
    loop {
        let number = match state {
            LoginState::Done { name, .. } => return Ok(name),
            LoginState::Failed { failure, .. } => return Err(failure),
            LoginState::Browser { login, .. } | LoginState::Phone { login, .. } => login,
        };
        state = tokio::select! {
            next = next(served, events, number) => next?,
            _ = &mut *interrupt, if !given_up => {
                given_up = true;
                serve::login_cancel(served, LoginOf { login: number }).await?;
                // Its end is told as an event, like any other.
                next(served, events, number).await?
            }
            // The time left is only shown: its end is the server's to tell.
            never = countdown.run() => match never {},
        };
    }
}

async fn next(served: &Served, events: &mut Events, number: i64) -> Result<LoginState, Failure> {
    loop {
        match events.recv().await {
            Ok(Event::Login { login }) if number_of(&login) == number => return Ok(login),
            Ok(_) => {}
            // The event may be among those missed: the session tells as much.
            Err(RecvError::Lagged(_)) => {
                let session = serve::session_get(served, Nothing {}).await?;
                if let Some(session) = session.filter(|session| !session.ended) {
                    let name = session.name;
                    return Ok(LoginState::Done { login: number, name });
                }
            }
            Err(RecvError::Closed) => return Err(Failure::new(Code::LoginCancelled)),
        }
    }
}

fn number_of(state: &LoginState) -> i64 {
    match state {
        LoginState::Browser { login, .. }
        | LoginState::Phone { login, .. }
        | LoginState::Done { login, .. }
        | LoginState::Failed { login, .. } => *login,
    }
}

impl Digits {
    fn show(self, state: &LoginState) {
        let LoginState::Phone { digits, .. } = state else {
            return;
        };
        match self {
            Self::Answer(voice) => voice.one(state, |_| french(digits)),
            Self::Beside(voice) => voice.beside(state, |_| french(digits)),
        }
    }
}

/// The digits, big and plain: whoever compares them reads them from a step away, and a screen reader reads the sentence.
fn french(digits: &str) -> String {
    format!(
        "Vérifiez que votre application affiche ces deux chiffres, puis confirmez : {digits}\n\n{}\n\n\
         Si elle en affiche d'autres, refusez.",
        crate::countdown::big(digits)
    )
}

/// What else the person may do, when this way is closed to them.
fn advise(way: LoginWay, failure: Failure) -> Trouble {
    let advice = match (way, failure.code) {
        (LoginWay::Phone, Code::PscUnavailable | Code::PhoneUnavailable | Code::Unreachable | Code::TimedOut) => {
            "Vous pouvez aussi vous identifier dans le navigateur : ajoutez --code."
        }
        (LoginWay::Browser, Code::NoBrowser | Code::PortTaken | Code::PscUnavailable) => {
            "Vous pouvez aussi vous identifier par votre téléphone ou votre carte : ajoutez --ciba."
        }
        _ => return failure.into(),
    };
    Trouble::Advised(failure, advice)
}

fn certificate_passphrase() -> Result<Secret, Trouble> {
    match std::env::var_os(PASSPHRASE_FILE).filter(|value| !value.is_empty()) {
        Some(file) => profile::secret_of(Path::new(&file)),
        None => profile::ask("Phrase de passe du certificat : "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(way: LoginWay) -> LoginHint {
        LoginHint {
            person: None,
            national_id: Some("899700000018".into()),
            channel: Channel::Mobile,
            way,
        }
    }

    #[test]
    fn the_way_is_the_one_said_else_the_last() {
        let mut access = Access::default();
        assert_eq!(way(&access, &hint(LoginWay::Phone)), LoginWay::Phone);
        assert_eq!(way(&access, &hint(LoginWay::Browser)), LoginWay::Browser);
        access.code = true;
        assert_eq!(way(&access, &hint(LoginWay::Phone)), LoginWay::Browser);
        access = Access {
            ciba: true,
            ..Access::default()
        };
        assert_eq!(way(&access, &hint(LoginWay::Browser)), LoginWay::Phone);
    }

    #[test]
    fn a_closed_way_offers_the_other_and_a_refusal_offers_none() {
        let advised = |way, code| matches!(advise(way, Failure::new(code)), Trouble::Advised(..));
        assert!(advised(LoginWay::Phone, Code::PscUnavailable));
        assert!(advised(LoginWay::Phone, Code::PhoneUnavailable));
        assert!(advised(LoginWay::Browser, Code::PortTaken));
        assert!(!advised(LoginWay::Phone, Code::LoginDenied));
        assert!(!advised(LoginWay::Browser, Code::LoginCancelled));
    }

    #[test]
    fn the_number_is_the_one_given_else_the_one_remembered() {
        let given = Access {
            national_id: Some("1".into()),
            ..Access::default()
        };
        assert_eq!(national_id(&given, &hint(LoginWay::Phone)).unwrap(), "1");
        assert_eq!(
            national_id(&Access::default(), &hint(LoginWay::Phone)).unwrap(),
            "899700000018"
        );
    }
}
