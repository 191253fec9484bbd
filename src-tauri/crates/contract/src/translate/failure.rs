//! What went wrong, as codes.

use pli_engine::EngineError;
use pli_engine::pli_identity::IdentityError;
use pli_engine::pli_store::{StoreError, VaultError};
use pli_engine::pli_tls::TlsError;
use pli_engine::pli_trace::JournalError;
use pli_engine::pli_wire::WireError;

use crate::failure::{Code, Failure};

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::from(&error)
    }
}

impl From<&EngineError> for Failure {
    fn from(error: &EngineError) -> Self {
        let error = error.root();
        let failure = failure(error);
        if failure.code == Code::Internal {
            // The window shows no more than « internal »: the reason is for whoever repairs.
            tracing::error!(%error, "an internal failure reached a window");
        }
        failure
    }
}

fn failure(error: &EngineError) -> Failure {
    match error {
        EngineError::NoHome => Failure::new(Code::FileUnwritable),
        EngineError::Home { source, .. } => Failure::new(writing(source)),
        EngineError::InUse { .. } => Failure::new(Code::InUse),
        EngineError::VaultLocked | EngineError::PassphraseNeeded => Failure::new(Code::VaultLocked),
        EngineError::Vault(error) => Failure::new(vault(error)),
        EngineError::Store(error) => store(error),
        EngineError::Trace(error) => Failure::new(journal(error)),
        EngineError::Wire(error) => wire(error),
        EngineError::Tls(error) => Failure::new(tls(error)),
        EngineError::Identity(error) => Failure::new(identity(error)),
        EngineError::BadAddress(_) => Failure::new(Code::BadAddress),
        EngineError::BadRequest(what) => Failure::about(Code::BadRequest, *what),
        EngineError::AccountExists(address) => Failure::about(Code::AccountExists, address.as_str()),
        EngineError::NotFound(_) => Failure::new(Code::NotFound),
        EngineError::CertificateExpired => Failure::new(Code::ClientCertificateExpired),
        EngineError::LoginNeeded => Failure::new(Code::LoginNeeded),
        EngineError::LoginCancelled => Failure::new(Code::LoginCancelled),
        EngineError::NoBrowser => Failure::new(Code::NoBrowser),
        EngineError::NotDownloaded => Failure::new(Code::NotDownloaded),
        EngineError::WrongState(_) => Failure::new(Code::WrongState),
        EngineError::DraftChanged => Failure::new(Code::DraftChanged),
        EngineError::DraftIncomplete => Failure::new(Code::DraftIncomplete),
        EngineError::AlreadyLeft => Failure::new(Code::AlreadyLeft),
        EngineError::File { doing, source } => Failure::new(match source.kind() {
            _ if doing.starts_with("reading") => Code::FileUnreadable,
            std::io::ErrorKind::StorageFull => Code::DiskFull,
            _ => Code::FileUnwritable,
        }),
        EngineError::Shared(inner) => failure(inner),
        // The engine is going down, or a part of it broke.
        _ => Failure::new(Code::Internal),
    }
}

fn vault(error: &VaultError) -> Code {
    match error {
        VaultError::KeyringAbsent(_) => Code::KeyringAbsent,
        VaultError::KeyringLocked => Code::KeyringLocked,
        VaultError::KeyringRefused | VaultError::Keyring(_) => Code::KeyringRefused,
        VaultError::KeyMissing => Code::KeyLost,
        VaultError::WrongPassphrase => Code::WrongPassphrase,
        VaultError::PassphraseTooShort { .. } => Code::WeakPassphrase,
        VaultError::Damaged { .. } => Code::StoreDamaged,
        VaultError::NewerVersion { .. } => Code::StoreNewer,
        VaultError::File { source, .. } => writing(source),
        _ => Code::Internal,
    }
}

fn store(error: &StoreError) -> Failure {
    if error.is_disk_full() {
        return Failure::new(Code::DiskFull);
    }
    if error.is_damage() {
        return Failure::new(Code::StoreDamaged);
    }
    match error {
        StoreError::InUse { .. } => Failure::new(Code::InUse),
        StoreError::WrongKey => Failure::new(Code::StoreDamaged),
        StoreError::NewerSchema { .. } => Failure::new(Code::StoreNewer),
        StoreError::NotFound { .. } => Failure::new(Code::NotFound),
        StoreError::IllegalTransition { .. } => Failure::new(Code::WrongState),
        StoreError::Invalid { what } => Failure::about(Code::BadRequest, *what),
        StoreError::File { source, .. } => Failure::new(writing(source)),
        // SQLite says « readonly » or « cannot open » of a disk that cannot be written.
        StoreError::Database { .. } if error.to_string().contains("readonly") => Failure::new(Code::DiskReadOnly),
        _ => Failure::new(Code::Internal),
    }
}

fn journal(error: &JournalError) -> Code {
    match error {
        JournalError::NotFound { .. } => Code::NotFound,
        JournalError::NewerSchema { .. } => Code::StoreNewer,
        JournalError::Unreadable | JournalError::Damaged { .. } => Code::StoreDamaged,
        _ if error.is_disk_full() => Code::DiskFull,
        _ => Code::JournalUnwritable,
    }
}

fn writing(error: &std::io::Error) -> Code {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => Code::DiskReadOnly,
        _ => Code::FileUnwritable,
    }
}

fn wire(error: &WireError) -> Failure {
    let said = |code: Code, text: &str| Failure {
        code,
        about: None,
        server: Some(text.to_owned()).filter(|text| !text.is_empty()),
    };
    if error.is_over_quota()
        && let WireError::Refused { text, .. } | WireError::Reply { text, .. } = error
    {
        return said(Code::QuotaExceeded, text);
    }
    match error {
        WireError::Resolve { host, .. } | WireError::NoPublicAddress { host } | WireError::Connect { host, .. } => {
            Failure::about(Code::Unreachable, host.as_str())
        }
        WireError::Tls { host, source } => Failure::about(tls(source), host.as_str()),
        WireError::StartTlsMissing { host } => Failure::about(Code::TlsProtocol, host.as_str()),
        WireError::InjectedBytes => Failure::new(Code::TlsProtocol),
        WireError::Timeout { .. } => Failure::new(Code::TimedOut),
        WireError::Closed { .. } | WireError::Io { .. } | WireError::Broken | WireError::Abandoned => {
            Failure::new(Code::ConnectionLost)
        }
        WireError::Bye { text, .. } => said(Code::ConnectionLost, text),
        WireError::Unreadable { .. } | WireError::Name => Failure::new(Code::Protocol),
        WireError::NotUnderstood { text, .. } => said(Code::Protocol, text),
        WireError::TokenRefused { text } => said(Code::TokenRefused, text),
        WireError::LoginRefused { text, .. } => said(Code::LoginRefused, text),
        WireError::MechanismMissing => Failure::new(Code::Unsupported),
        WireError::Missing(what) => Failure::about(Code::Unsupported, *what),
        WireError::Refused { text, .. } => said(Code::Refused, text),
        WireError::Reply {
            code, enhanced, text, ..
        } => {
            let text = format!("{code} {} {text}", enhanced.as_deref().unwrap_or_default());
            said(
                if *code < 500 {
                    Code::Refused
                } else {
                    Code::MessageRefused
                },
                &text,
            )
        }
        WireError::TooLarge { .. } => Failure::new(Code::TooLarge),
        WireError::AddressNeedsUtf8 | WireError::EightBit | WireError::LineEnding => Failure::new(Code::MessageRefused),
        WireError::Recipients => Failure::new(Code::RecipientsRefused),
        WireError::NotTrustSpace(domain) => Failure::about(Code::OutsideTrustSpace, domain.as_str()),
        WireError::NoServers(domain) => Failure::about(Code::NoServers, domain.as_str()),
        WireError::Discovery { domain, .. } => Failure::about(Code::Unreachable, domain.as_str()),
        WireError::Audit(_) => Failure::new(Code::JournalUnwritable),
        _ => Failure::new(Code::Internal),
    }
}

fn tls(error: &TlsError) -> Code {
    match error {
        TlsError::Protocol(_) => Code::TlsProtocol,
        TlsError::Expired { .. } | TlsError::NotYetValid { .. } => Code::CertificateExpired,
        TlsError::Name { .. } | TlsError::HostName(_) => Code::CertificateName,
        TlsError::UnknownIssuer | TlsError::WrongUsage | TlsError::Malformed(_) => Code::CertificateUntrusted,
        TlsError::Revoked => Code::CertificateRevoked,
        TlsError::RevocationUnknown(_) => Code::RevocationUnknown,
        TlsError::ClientCertificateRequired | TlsError::ClientCertificateRefused(_) => Code::ClientCertificate,
        TlsError::Interrupted(_) => Code::ConnectionLost,
        TlsError::TimedOut => Code::TimedOut,
        TlsError::Pkcs12(_) => Code::BadPkcs12,
        TlsError::Setup(_) => Code::Internal,
    }
}

fn identity(error: &IdentityError) -> Code {
    match error {
        IdentityError::Unreachable { .. }
        | IdentityError::Unavailable { .. }
        | IdentityError::Unexpected { .. }
        | IdentityError::OtherIssuer
        | IdentityError::Tls(_) => Code::PscUnavailable,
        IdentityError::Settings(_) => Code::LoginNotConfigured,
        IdentityError::Provider { .. } | IdentityError::Refused | IdentityError::Person(_) => Code::LoginDenied,
        IdentityError::Cancelled | IdentityError::Closed => Code::LoginCancelled,
        IdentityError::TimedOut => Code::LoginTimedOut,
        IdentityError::PortTaken(_) => Code::NoBrowser,
        IdentityError::WrongState | IdentityError::WrongProvider | IdentityError::IdToken(_) => Code::LoginMismatch,
        IdentityError::SessionOver => Code::LoginNeeded,
        IdentityError::Randomness => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_somebody_else_can_repair_is_not_told_as_something_to_try_again() {
        let lost = EngineError::Vault(VaultError::KeyMissing);
        assert_eq!(Failure::from(&lost).code, Code::KeyLost);
        let unset = EngineError::Identity(IdentityError::Settings("no intermediary is set"));
        assert_eq!(Failure::from(&unset).code, Code::LoginNotConfigured);
    }
}
