//! What can go wrong in the use cases, and what a caller may do about it.

use std::path::PathBuf;
use std::sync::Arc;

use pli_identity::IdentityError;
use pli_store::{StoreError, VaultError};
use pli_terms::{Address, InvalidAddress};
use pli_tls::TlsError;
use pli_trace::JournalError;
use pli_wire::WireError;

/// Why the engine could not do what was asked. Its text never holds content, a subject or a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The system names no place for the profile, and `PLI_HOME` neither.
    #[error("finding the profile's folder: the system names none")]
    NoHome,
    /// The profile's folder cannot be used.
    #[error("using the profile's folder {}: {source}", .path.display())]
    Home {
        /// The folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// Another process has this profile open.
    #[error("the profile {} is used by another process", .path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The vault is not open.
    #[error("the vault is not open")]
    VaultLocked,
    /// The vault waits for its passphrase.
    #[error("the passphrase is needed")]
    PassphraseNeeded,
    /// The vault: keyring absent, locked or refused, passphrase wrong or too short.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Trace(#[from] JournalError),
    /// The policy of this workstation says otherwise.
    #[error("the {0} is fixed by this workstation's policy")]
    FixedByPolicy(&'static str),
    /// A number or a moment beyond what is possible.
    #[error("out of range: {0}")]
    OutOfRange(&'static str),
    /// A purge that does not begin, or does not go on.
    #[error("purging: {0}")]
    Purge(PurgeProblem),
    /// Rules that are not written.
    #[error("writing rules: {0}")]
    Rules(RulesProblem),
    /// A backup that is not made, or not restored.
    #[error("working with a backup: {0}")]
    Backup(BackupProblem),
    /// A server, or the way to it.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// TLS settings or a client certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The identity provider, or the login.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Not an address.
    #[error("not an address: {0}")]
    BadAddress(#[from] InvalidAddress),
    /// The argument is not what is asked for.
    #[error("{0}")]
    BadRequest(&'static str),
    /// This BAL is already set up.
    #[error("{0} is already set up")]
    AccountExists(Address),
    /// No such thing any more.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The client certificate's time is over, or has not come.
    #[error("the client certificate is not in its time")]
    CertificateExpired,
    /// A login is needed before this server can be reached.
    #[error("a login is needed")]
    LoginNeeded,
    /// The login was cancelled by the person.
    #[error("the login was cancelled")]
    LoginCancelled,
    /// Nobody said yet which provider to log in with: neither the policy nor the profile.
    #[error("no provider to log in with is set")]
    LoginNotConfigured,
    /// Which provider to log in with is fixed by the workstation's policy.
    #[error("the provider is fixed by this workstation's policy")]
    ProviderFixed,
    /// The profile belongs to somebody else: each person has their own.
    #[error("this profile belongs to another person")]
    OtherPerson {
        /// The profile's person, as shown.
        person: String,
    },
    /// The profile is locked: only unlocking or a login is answered.
    #[error("the profile is locked")]
    Locked,
    /// The workstation's policy is there and cannot be read: nothing starts without it.
    #[error("reading the policy {}: {what}", .path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The profile's description cannot be read: nothing of it is changed.
    #[error("reading the profile's description {}: {what}", .path.display())]
    ProfileDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// No browser could be opened.
    #[error("no browser could be opened")]
    NoBrowser,
    /// The body is not here yet.
    #[error("the message is not downloaded yet")]
    NotDownloaded,
    /// What was asked is not possible from this state.
    #[error("{0}")]
    WrongState(&'static str),
    /// The draft was changed meanwhile.
    #[error("the draft was changed meanwhile")]
    DraftChanged,
    /// The draft has something to correct.
    #[error("the draft is not ready to leave")]
    DraftIncomplete,
    /// The message has left.
    #[error("the message has left already")]
    AlreadyLeft,
    /// A file the person named could not be read or written.
    #[error("{doing}: {source}")]
    File {
        /// `reading a file` or `writing a file`.
        doing: &'static str,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
    /// A thread of the engine ended unexpectedly.
    #[error("a part of the engine ended unexpectedly while {0}")]
    Broken(&'static str),
    /// The same failure, told to several.
    #[error(transparent)]
    Shared(Arc<EngineError>),
}

/// Why a purge does not begin, or does not go on: nothing more is deleted (EX_GBP_3050).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PurgeProblem {
    /// Nobody said which folder holds what was sent: neither the server by its special use (RFC 6154), nor the person.
    #[error("no folder is known to hold what was sent")]
    NoSentFolder,
    /// The server cannot delete exactly these messages and no other (no UIDPLUS, RFC 4315).
    #[error("the server has no UIDPLUS")]
    NoUidPlus,
    /// The folder may only be read.
    #[error("the folder may only be read")]
    ReadOnly,
    /// The folder's UIDs changed since the plan (UIDVALIDITY): it speaks of messages that cannot be told any more.
    #[error("the folder's UIDs changed since the plan")]
    Stale,
    /// Another purge of this BAL goes on.
    #[error("another purge of this BAL goes on")]
    UnderWay,
}

/// Why rules are not written: what runs on the server stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulesProblem {
    /// The operator has no ManageSieve, or lacks an extension that these rules need.
    #[error("the server does not offer what these rules need")]
    Unsupported,
    /// A script of somebody else runs, and ours cannot run beside it.
    #[error("a script of somebody else runs")]
    Foreign,
    /// The server does not take the script.
    #[error("the server refused the script")]
    Refused,
    /// The target of a redirection is outside the trust space, or is the box itself, or is no PER box.
    #[error("the target of the redirection is not possible")]
    BadTarget,
    /// Nobody confirmed that the same professional holds the target (EX_GBM_4480).
    #[error("the target's holder was not confirmed")]
    Unconfirmed,
    /// The rules on the server changed since they were read.
    #[error("the rules changed meanwhile")]
    Changed,
}

/// Why a backup is not made, or not restored: nothing that was there is changed (EX_SSI_5110).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupProblem {
    /// The file is no backup of Pli.
    #[error("the file is no backup")]
    NotABackup,
    /// The file is cut or changed.
    #[error("the backup is damaged")]
    Damaged,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the backup")]
    WrongPassphrase,
    /// A newer Pli wrote it.
    #[error("the backup was written by a newer version")]
    Newer,
    /// The profile to restore into is not empty, or has this BAL already.
    #[error("the profile is not empty")]
    NotEmpty,
}

impl EngineError {
    /// The failure itself, under any sharing.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Shared(inner) => inner.root(),
            other => other,
        }
    }

    /// Whether the same attempt may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.root() {
            Self::Wire(error) => error.is_transient(),
            Self::Tls(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            Self::Trace(error) => error.is_transient(),
            Self::Identity(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Whether an operator refuses the identity itself for a BAL: neither time nor a new token helps.
    #[must_use]
    pub fn is_refused_login(&self) -> bool {
        matches!(
            self.root(),
            Self::Wire(WireError::LoginRefused { transient: false, .. })
        )
    }

    /// Whether a client certificate's file, or its passphrase, is wrong.
    #[must_use]
    pub fn is_bad_certificate_file(&self) -> bool {
        matches!(self.root(), Self::Tls(TlsError::Pkcs12(_)))
    }

    /// Whether only a new login of the person can help.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        matches!(
            self.root(),
            Self::LoginNeeded | Self::Wire(WireError::TokenRefused { .. })
        )
    }
}

/// A blocking thread was lost: it panicked, or the runtime is going down.
impl From<tokio::task::JoinError> for EngineError {
    fn from(error: tokio::task::JoinError) -> Self {
        if error.is_cancelled() {
            Self::Stopped
        } else {
            Self::Broken("working with the store")
        }
    }
}
