//! What went wrong, as codes.

use std::time::Duration;

use pli_engine::pli_identity::{HttpProblem, IdentityError};
use pli_engine::pli_store::{StoreError, VaultError};
use pli_engine::pli_tls::TlsError;
use pli_engine::pli_trace::JournalError;
use pli_engine::pli_wire::WireError;
use pli_engine::{BackupProblem, EngineError, PurgeProblem, RulesProblem};

use super::whole_seconds;
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
        EngineError::Vault(error) => vault(error),
        EngineError::Store(error) => store(error),
        EngineError::Trace(error) => journal(error),
        EngineError::Purge(problem) => Failure::new(purge(*problem)),
        EngineError::Rules(problem) => Failure::new(rules(*problem)),
        EngineError::Backup(problem) => Failure::new(backup(*problem)),
        EngineError::Wire(error) => wire(error),
        EngineError::Tls(error) => Failure::new(tls(error)),
        EngineError::Identity(error) => identity(error),
        EngineError::BadAddress(_) => Failure::new(Code::BadAddress),
        EngineError::BadRequest(what) => Failure::about(Code::BadRequest, *what),
        EngineError::AccountExists(address) => Failure::about(Code::AccountExists, address.as_str()),
        EngineError::NotFound(_) => Failure::new(Code::NotFound),
        EngineError::CertificateExpired => Failure::new(Code::ClientCertificateExpired),
        EngineError::LoginNeeded => Failure::new(Code::LoginNeeded),
        EngineError::LoginCancelled => Failure::new(Code::LoginCancelled),
        EngineError::LoginNotConfigured => Failure::new(Code::LoginNotConfigured),
        EngineError::ProviderFixed => Failure::new(Code::WrongState),
        EngineError::OtherPerson { person } => Failure {
            about: Some(person.clone()).filter(|person| !person.is_empty()),
            ..Failure::new(Code::OtherPerson)
        },
        EngineError::Locked => Failure::new(Code::Locked),
        EngineError::Policy { path, .. } => Failure::about(Code::PolicyUnreadable, path.display().to_string()),
        EngineError::ProfileDamaged { .. } => Failure::new(Code::StoreDamaged),
        EngineError::NoBrowser => Failure::new(Code::NoBrowser),
        EngineError::NotDownloaded => Failure::new(Code::NotDownloaded),
        EngineError::WrongState(_) => Failure::new(Code::WrongState),
        EngineError::DraftChanged => Failure::new(Code::DraftChanged),
        EngineError::DraftIncomplete => Failure::new(Code::DraftIncomplete),
        EngineError::FixedByPolicy(_) => Failure::new(Code::FixedByPolicy),
        EngineError::OutOfRange(what) => Failure::about(Code::OutOfRange, range(what)),
        EngineError::AlreadyLeft => Failure::new(Code::AlreadyLeft),
        EngineError::File { doing, source } => Failure::new(match source.kind() {
            _ if doing.starts_with("reading") => Code::FileUnreadable,
            std::io::ErrorKind::StorageFull => Code::DiskFull,
            _ => Code::FileUnwritable,
        }),
        EngineError::Shared(inner) => failure(inner),
        // The engine is going down, or a part of it broke.
        EngineError::Stopped | EngineError::Broken(_) => Failure::new(Code::Internal),
        _ => Failure::new(Code::Internal),
    }
}

/// What is out of range, in the word that windows and `pli` have a sentence for.
fn range(what: &str) -> &'static str {
    match what {
        "a moment to come" => "before",
        "retention" => "months",
        "backups kept" => "keep",
        "days go from 0 to 3,650" | "the age of messages" => "days",
        "an automatic reply has at most 5,000 characters" => "answerText",
        "an automatic reply is given again after 1 to 30 days" => "answerEvery",
        "an absence ends after it begins" => "answerPeriod",
        "an absence that is over cannot begin" => "answerOver",
        "a BAL has at most 10 other addresses" => "answerAddresses",
        "a BAL has at most 50 sorting rules" => "sortRules",
        "a name is too long" => "name",
        _ => "value",
    }
}

pub(super) fn purge(problem: PurgeProblem) -> Code {
    match problem {
        PurgeProblem::NoSentFolder => Code::PurgeNoSentFolder,
        PurgeProblem::NoUidPlus => Code::PurgeUnsafe,
        PurgeProblem::ReadOnly => Code::PurgeReadOnly,
        PurgeProblem::Stale => Code::PurgeStale,
        PurgeProblem::UnderWay => Code::PurgeUnderWay,
    }
}

fn rules(problem: RulesProblem) -> Code {
    match problem {
        RulesProblem::Unsupported => Code::RulesUnsupported,
        RulesProblem::Foreign => Code::RulesForeign,
        RulesProblem::Refused => Code::RulesRefused,
        RulesProblem::BadTarget => Code::RedirectTarget,
        RulesProblem::Unconfirmed => Code::RedirectUnconfirmed,
        RulesProblem::Changed => Code::RulesChanged,
    }
}

fn backup(problem: BackupProblem) -> Code {
    match problem {
        BackupProblem::NotABackup => Code::NotABackup,
        BackupProblem::Damaged => Code::BackupDamaged,
        BackupProblem::WrongPassphrase => Code::BackupPassphrase,
        BackupProblem::Newer => Code::BackupNewer,
        BackupProblem::NotEmpty => Code::BackupNotEmpty,
    }
}

/// A code with the whole seconds to wait.
fn wait(code: Code, wait: Duration) -> Failure {
    Failure::about(code, whole_seconds(wait).to_string())
}

fn vault(error: &VaultError) -> Failure {
    match error {
        VaultError::TooSoon { wait: left } => wait(Code::WaitBeforeRetry, *left),
        VaultError::PinTooShort { minimum } => Failure::about(Code::WeakPin, minimum.to_string()),
        VaultError::PinTooLong { .. } => Failure::new(Code::WeakPin),
        VaultError::Store(error) => store(error),
        other => Failure::new(vault_code(other)),
    }
}

fn vault_code(error: &VaultError) -> Code {
    match error {
        VaultError::WrongPin => Code::WrongPin,
        VaultError::NotThisWay => Code::WrongState,
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

fn journal(error: &JournalError) -> Failure {
    match error {
        JournalError::TooLarge { limit } => Failure::about(Code::ExportTooLarge, limit.to_string()),
        other => Failure::new(journal_code(other)),
    }
}

fn journal_code(error: &JournalError) -> Code {
    match error {
        JournalError::NotFound { .. } => Code::NotFound,
        JournalError::Keys { .. } => Code::JournalKeys,
        JournalError::InUse { .. } => Code::InUse,
        JournalError::Exists { .. } => Code::FileUnwritable,
        JournalError::Report { .. } => Code::Internal,
        // The file that the person named, not the journal's own.
        JournalError::File { doing, source, .. } if doing.starts_with("exporting") => writing(source),
        JournalError::File { doing, .. } if doing.starts_with("checking") => Code::FileUnreadable,
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

fn identity(error: &IdentityError) -> Failure {
    if let IdentityError::TooMany { retry_after, .. } = error {
        return retry_after.map_or(Failure::new(Code::TooManyAttempts), |left| {
            wait(Code::TooManyAttempts, left)
        });
    }
    Failure::new(identity_code(error))
}

fn identity_code(error: &IdentityError) -> Code {
    match error {
        // The journal could not be written: the provider was not asked.
        IdentityError::Unreachable {
            problem: HttpProblem::Unrecorded,
            ..
        } => Code::JournalUnwritable,
        IdentityError::Unreachable { .. }
        | IdentityError::Unavailable { .. }
        | IdentityError::Unexpected { .. }
        | IdentityError::OtherIssuer
        | IdentityError::Tls(_) => Code::PscUnavailable,
        IdentityError::TooMany { .. } => Code::TooManyAttempts,
        IdentityError::Settings(_) => Code::LoginNotConfigured,
        IdentityError::Provider { .. } | IdentityError::Refused | IdentityError::Person(_) => Code::LoginDenied,
        IdentityError::Cancelled | IdentityError::Closed => Code::LoginCancelled,
        IdentityError::TimedOut => Code::LoginTimedOut,
        IdentityError::Expired => Code::LoginExpired,
        IdentityError::UnknownPerson => Code::UnknownPerson,
        IdentityError::NoCiba => Code::PhoneUnavailable,
        IdentityError::OtherPerson => Code::OtherPerson,
        IdentityError::PortTaken(_) => Code::PortTaken,
        IdentityError::WrongState | IdentityError::WrongProvider | IdentityError::IdToken(_) => Code::LoginMismatch,
        // A session that was put away and cannot be taken up again is over.
        IdentityError::SessionOver | IdentityError::Sealed => Code::LoginNeeded,
        IdentityError::Randomness => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This very file.
    const HERE: &str = include_str!("failure.rs");

    /// The variants of an enumeration, from its source: the names that begin a line of its body.
    fn variants<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
        let (_, body) = source.split_once(&format!("pub enum {name} {{\n")).unwrap();
        let (body, _) = body.split_once("\n}\n").unwrap();
        body.lines()
            .filter_map(|line| line.strip_prefix("    "))
            .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
            .map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
            .collect()
    }

    /// Each failure has a code of its own choosing: none falls to the last arm because nobody thought of it. (The compiler
    /// sees to it for the enumerations that are not open to new variants.)
    #[test]
    fn no_failure_of_the_engine_or_the_vault_is_forgotten() {
        let engine = include_str!("../../../engine/src/error.rs");
        let vault = include_str!("../../../store/src/vault_error.rs");
        // Nothing but a repair helps: `internal` is their code.
        let internal = ["Exists", "Random"];
        for (source, name, least) in [(engine, "EngineError", 30), (vault, "VaultError", 14)] {
            let found = variants(source, name);
            assert!(found.len() >= least, "{name}: {found:?}");
            for variant in found.iter().filter(|variant| !internal.contains(variant)) {
                assert!(HERE.contains(&format!("{name}::{variant}")), "{name}::{variant}");
            }
        }
    }

    #[test]
    fn what_only_somebody_else_can_repair_is_not_told_as_something_to_try_again() {
        let lost = EngineError::Vault(VaultError::KeyMissing);
        assert_eq!(Failure::from(&lost).code, Code::KeyLost);
        let unset = EngineError::Identity(IdentityError::Settings("no intermediary is set"));
        assert_eq!(Failure::from(&unset).code, Code::LoginNotConfigured);
    }

    #[test]
    fn a_wait_says_how_long() {
        let wait = Duration::from_millis(4_200);
        let soon = EngineError::Vault(VaultError::TooSoon { wait });
        assert_eq!(Failure::from(&soon), Failure::about(Code::WaitBeforeRetry, "5"));
        let many = |retry_after| {
            EngineError::Identity(IdentityError::TooMany {
                doing: "asking",
                retry_after,
            })
        };
        assert_eq!(
            Failure::from(&many(Some(wait))),
            Failure::about(Code::TooManyAttempts, "5")
        );
        assert_eq!(Failure::from(&many(None)), Failure::new(Code::TooManyAttempts));
    }

    #[test]
    fn every_way_that_a_login_fails_has_a_code_of_its_own() {
        let known = [
            (IdentityError::Expired, Code::LoginExpired),
            (IdentityError::UnknownPerson, Code::UnknownPerson),
            (IdentityError::NoCiba, Code::PhoneUnavailable),
            (IdentityError::OtherPerson, Code::OtherPerson),
            (IdentityError::Refused, Code::LoginDenied),
            (IdentityError::Cancelled, Code::LoginCancelled),
            (IdentityError::TimedOut, Code::LoginTimedOut),
            (IdentityError::WrongState, Code::LoginMismatch),
            (
                IdentityError::PortTaken(std::io::ErrorKind::AddrInUse.into()),
                Code::PortTaken,
            ),
            (
                IdentityError::Unavailable {
                    doing: "asking",
                    status: 503,
                },
                Code::PscUnavailable,
            ),
            (IdentityError::SessionOver, Code::LoginNeeded),
        ];
        for (error, code) in known {
            assert_eq!(Failure::from(&EngineError::Identity(error)).code, code, "{code:?}");
        }
        let other = EngineError::OtherPerson {
            person: "Claire MARTIN".to_owned(),
        };
        assert_eq!(
            Failure::from(&other),
            Failure::about(Code::OtherPerson, "Claire MARTIN")
        );
    }
}
