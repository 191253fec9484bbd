//! Logins, the session, the way to Pro Santé Connect.

use pli_engine::pli_identity::IdentityError;
use pli_engine::pli_terms::NationalId;
use pli_engine::{EngineError, LoginId, LoginRequest};

use crate::commands::{LoginCertificate, LoginOf, LoginStart, Nothing, ProviderSet};
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::{self, account_id, login};
use crate::view::{LoginHint, LoginState, LoginWay, Provider, ProviderCheck, Session};

/// Octets of an identifier as typed, at most: spaces between digits are let by.
const TYPED: usize = 64;
/// Octets of a discovery document's address, at most.
const ADDRESS: usize = 500;
/// Octets of Pli's name at a provider.
const CLIENT: std::ops::RangeInclusive<usize> = 1..=128;
/// Octets of a certificate's passphrase, at most.
const PASSPHRASE: usize = 1024;

/// Begins a login by Pro Santé Connect.
///
/// # Errors
/// [`Code::UnknownPerson`] at once for an identifier whose key is wrong, without a word to the network;
/// [`Code::PhoneUnavailable`], [`Code::TooManyAttempts`], [`Code::PscUnavailable`], [`Code::LoginNotConfigured`],
/// [`Code::PortTaken`]. What comes later comes as events.
pub(crate) async fn login_start(served: &Served, argument: LoginStart) -> Result<LoginState, Failure> {
    let way = match argument.way {
        LoginWay::Browser => pli_engine::LoginWay::Browser,
        LoginWay::Phone => pli_engine::LoginWay::Phone {
            national_id: identifier(argument.national_id.as_deref().unwrap_or_default())?,
            channel: translate::channel_of(argument.channel),
        },
    };
    let request = LoginRequest {
        way,
        account: argument.account.map(account_id),
    };
    Ok(login(served.engine().login_start(request).await?))
}

/// An identifier as typed, its key checked.
fn identifier(typed: &str) -> Result<NationalId, Failure> {
    if typed.len() > TYPED {
        return Err(Failure::about(Code::BadRequest, "nationalId"));
    }
    NationalId::typed(typed).map_err(|_| Failure::new(Code::UnknownPerson))
}

/// Gives a login up. One that has ended already is no error.
///
/// # Errors
/// None.
pub(crate) async fn login_cancel(served: &Served, argument: LoginOf) -> Result<Nothing, Failure> {
    if let Ok(number) = u32::try_from(argument.login) {
        served.engine().login_cancel(LoginId::from_raw(number));
    }
    Ok(Nothing {})
}

/// What is remembered of the last login.
///
/// # Errors
/// None.
pub(crate) async fn login_hint(served: &Served, _: Nothing) -> Result<LoginHint, Failure> {
    Ok(translate::login_hint(served.engine().login_hint()))
}

/// Imports the client certificate of a BAL, which the person chooses in a dialogue.
///
/// # Errors
/// [`Code::LoginCancelled`] when no file was chosen, [`Code::BadPkcs12`], [`Code::ClientCertificateExpired`].
pub(crate) async fn login_certificate(served: &Served, argument: LoginCertificate) -> Result<LoginState, Failure> {
    let passphrase = argument.passphrase.into_inner();
    if secrecy::ExposeSecret::expose_secret(&passphrase).len() > PASSPHRASE {
        return Err(Failure::about(Code::BadRequest, "passphrase"));
    }
    let Some(file) = served.desktop.choose_certificate().await else {
        return Err(Failure::new(Code::LoginCancelled));
    };
    let account = account_id(argument.account);
    Ok(login(
        served.engine().login_certificate(account, &file, passphrase).await?,
    ))
}

/// Who is logged in, or was last.
///
/// # Errors
/// None.
pub(crate) async fn session_get(served: &Served, _: Nothing) -> Result<Option<Session>, Failure> {
    Ok(served.engine().session().map(translate::session))
}

/// Ends the session.
///
/// # Errors
/// None that keeps the session open.
pub(crate) async fn logout(served: &Served, _: Nothing) -> Result<Nothing, Failure> {
    served.engine().logout().await?;
    Ok(Nothing {})
}

/// The way to Pro Santé Connect.
///
/// # Errors
/// None of its own.
pub(crate) async fn provider_get(served: &Served, _: Nothing) -> Result<Provider, Failure> {
    Ok(translate::provider(served.engine().provider()))
}

/// Sets the way to Pro Santé Connect.
///
/// # Errors
/// [`Code::BadRequest`] for an address that is not `https`, [`Code::WrongState`] when it is fixed.
pub(crate) async fn provider_set(served: &Served, argument: ProviderSet) -> Result<Provider, Failure> {
    if argument.discovery.as_ref().is_some_and(|text| text.len() > ADDRESS) {
        return Err(Failure::about(Code::BadRequest, "discovery"));
    }
    let client = argument.client_id.trim();
    if !CLIENT.contains(&client.len()) || !client.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Failure::about(Code::BadRequest, "clientId"));
    }
    let engine = served.engine();
    match engine.provider_set(argument.discovery, Some(client.to_owned())).await {
        // What was typed is at fault, not what was set before.
        Err(EngineError::Identity(IdentityError::Settings(_))) => Err(Failure::about(Code::BadRequest, "discovery")),
        set => Ok(translate::provider(set?)),
    }
}

/// What the way to Pro Santé Connect answers now. Not to be reached is an answer.
///
/// # Errors
/// [`Code::LoginNotConfigured`] when none is set.
pub(crate) async fn provider_check(served: &Served, _: Nothing) -> Result<ProviderCheck, Failure> {
    let found = served.engine().provider_check().await?;
    Ok(ProviderCheck {
        available: found.available,
        ciba: found.ciba,
    })
}
