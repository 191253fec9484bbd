//! Logins, sessions, the way to Pro Santé Connect, client certificates.

use pli_engine::pli_identity::{self, AuthenticationMethod};

use super::instant;
use crate::failure::Failure;
use crate::view::{Certificate, Channel, LoginHint, LoginState, LoginWay, Provider, Session};

pub(crate) fn login(state: pli_engine::LoginState) -> LoginState {
    use pli_engine::LoginState as From;
    match state {
        From::Browser { login, url } => LoginState::Browser {
            login: login.get().into(),
            url,
        },
        From::Phone {
            login,
            digits,
            expires_at,
            lifetime,
        } => LoginState::Phone {
            login: login.get().into(),
            digits,
            expires_at: instant(expires_at),
            lifetime_seconds: u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX).max(1),
        },
        From::Done { login, name } => LoginState::Done {
            login: login.get().into(),
            name,
        },
        From::Failed { login, error } => LoginState::Failed {
            login: login.get().into(),
            failure: Failure::from(error.as_ref()),
        },
    }
}

pub(crate) fn login_hint(hint: pli_engine::LoginHint) -> LoginHint {
    LoginHint {
        person: hint.person,
        national_id: hint.national_id.map(String::from),
        channel: match hint.channel {
            pli_identity::Channel::Mobile => Channel::Mobile,
            pli_identity::Channel::Card => Channel::Card,
        },
        way: match hint.way {
            pli_engine::WayKind::Browser => LoginWay::Browser,
            pli_engine::WayKind::Phone => LoginWay::Phone,
        },
    }
}

pub(crate) fn channel_of(channel: Channel) -> pli_identity::Channel {
    match channel {
        Channel::Mobile => pli_identity::Channel::Mobile,
        Channel::Card => pli_identity::Channel::Card,
    }
}

pub(crate) fn session(session: pli_engine::SessionView) -> Session {
    Session {
        name: session.name,
        national_id: session.national_id.into(),
        method: match session.method {
            AuthenticationMethod::Ciba => LoginWay::Phone,
            // A certificate opens one BAL, never a session.
            AuthenticationMethod::Code | AuthenticationMethod::Certificate => LoginWay::Browser,
        },
        started_at: instant(session.started_at),
        ends_at: instant(session.ends_at),
        ended: session.ended,
    }
}

pub(crate) fn provider(setting: pli_engine::ProviderSetting) -> Provider {
    Provider {
        discovery: setting.discovery,
        client_id: setting.client_id,
        fixed: setting.fixed,
    }
}

pub(crate) fn certificate(certificate: pli_engine::CertificateView) -> Certificate {
    Certificate {
        subject: certificate.subject,
        not_after: instant(certificate.not_after),
        days_left: certificate.days_left,
        notice: certificate.notice,
    }
}
