//! What can go wrong, as codes. The window holds a French text for each: what happened, what is safe, what to do.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A failure as it reaches a window or a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{code:?}")]
pub struct Failure {
    /// What to branch on.
    pub code: Code,
    /// What the code speaks of, when a name helps: a host, an address, a file's name, a number of seconds. Never content.
    pub about: Option<String>,
    /// The server's own words, one click away.
    pub server: Option<String>,
}

impl Failure {
    /// A failure that needs no more words.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            about: None,
            server: None,
        }
    }

    /// The same, about something named.
    #[must_use]
    pub fn about(code: Code, about: impl Into<String>) -> Self {
        Self {
            code,
            about: Some(about.into()),
            server: None,
        }
    }
}

/// Every failure that a window tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Code {
    /// The command's argument is not what it takes: a fault of the window.
    BadRequest,
    /// No such thing any more.
    NotFound,
    /// Something inside went wrong; what was stored is safe.
    Internal,
    /// The vault is not open.
    VaultLocked,
    /// The profile is locked: nothing of it is told until it is unlocked.
    Locked,
    /// The PIN is wrong.
    WrongPin,
    /// The PIN is too short or too long. `about`: the fewest characters, a whole number.
    WeakPin,
    /// After wrong PINs or passphrases, another is looked at only later. `about`: whole seconds to wait.
    WaitBeforeRetry,
    /// The organisation's settings cannot be read: nothing starts without them.
    PolicyUnreadable,
    /// The passphrase is wrong.
    WrongPassphrase,
    /// The passphrase is too short.
    WeakPassphrase,
    /// There is no keyring on this system.
    KeyringAbsent,
    /// The keyring is locked.
    KeyringLocked,
    /// The keyring refused.
    KeyringRefused,
    /// The keyring is open and has lost the key: what is stored here cannot be read any more.
    KeyLost,
    /// Another Pli has this profile open.
    InUse,
    /// The store is damaged or not ours.
    StoreDamaged,
    /// The store was written by a newer Pli.
    StoreNewer,
    /// The disk is full.
    DiskFull,
    /// The disk cannot be written.
    DiskReadOnly,
    /// The journal cannot be written: the action did not happen.
    JournalUnwritable,
    /// Not an address.
    BadAddress,
    /// The address is outside the MSSanté trust space.
    OutsideTrustSpace,
    /// This BAL is already set up.
    AccountExists,
    /// No server was found for this domain.
    NoServers,
    /// The network, or the server, cannot be reached.
    Unreachable,
    /// The server took too long.
    TimedOut,
    /// The connection was lost.
    ConnectionLost,
    /// The server offers no version or suite of TLS that MSSanté allows (EX_OPE_5010).
    TlsProtocol,
    /// The server's certificate has expired or is not valid yet.
    CertificateExpired,
    /// The server's certificate bears another name.
    CertificateName,
    /// The server's certificate does not come from IGC-Santé.
    CertificateUntrusted,
    /// The server's certificate was revoked.
    CertificateRevoked,
    /// Whether the certificate was revoked could not be known.
    RevocationUnknown,
    /// The server asks for a client certificate, or refused the one given.
    ClientCertificate,
    /// The PKCS#12 file or its passphrase is wrong.
    BadPkcs12,
    /// The client certificate has expired.
    ClientCertificateExpired,
    /// A login is needed.
    LoginNeeded,
    /// The operator refused the token.
    TokenRefused,
    /// The operator refused this identity for this BAL.
    LoginRefused,
    /// The login was cancelled.
    LoginCancelled,
    /// The person, or Pro Santé Connect, refused.
    LoginDenied,
    /// Nobody answered in time.
    LoginTimedOut,
    /// The answer of the browser is not that of this login.
    LoginMismatch,
    /// Pro Santé Connect cannot be reached or answers wrongly.
    PscUnavailable,
    /// The organisation's way to Pro Santé Connect is not set on this workstation.
    LoginNotConfigured,
    /// No browser could be opened.
    NoBrowser,
    /// The place where the browser's answer is awaited is taken by another program.
    PortTaken,
    /// The two digits were not confirmed in time.
    LoginExpired,
    /// Nobody is known to Pro Santé Connect by this national identifier, or it is none.
    UnknownPerson,
    /// The login by two digits is not offered here: the browser is the other way.
    PhoneUnavailable,
    /// Too many logins were asked for. `about`: whole seconds to wait.
    TooManyAttempts,
    /// Somebody else than this profile's person logged in. `about`: the profile's person.
    OtherPerson,
    /// The server answered outside the protocol.
    Protocol,
    /// The server refused the command.
    Refused,
    /// The server lacks what this needs.
    Unsupported,
    /// The BAL is full.
    QuotaExceeded,
    /// The BAL has not enough room left for the copy of this message. `about`: what is left and what it takes.
    NoRoomLeft,
    /// The message is larger than the operator accepts.
    TooLarge,
    /// Every recipient was refused.
    RecipientsRefused,
    /// The operator refused the message.
    MessageRefused,
    /// The draft was changed in another window.
    DraftChanged,
    /// The draft has something to correct before it may leave.
    DraftIncomplete,
    /// Too late: the message has left.
    AlreadyLeft,
    /// What was asked is not possible from this state.
    WrongState,
    /// The file could not be read.
    FileUnreadable,
    /// The file could not be written.
    FileUnwritable,
    /// The body is not here yet, and the server cannot be reached.
    NotDownloaded,
    /// The keyring does not give the key of the journal: it is there and nothing was lost, but it cannot be opened.
    JournalKeys,
    /// More traces than this format of export holds: nothing was written. `about`: the most, a whole number.
    ExportTooLarge,
    /// The file is no export of Pli's journal, or its manifest is not beside it.
    NotAnExport,
    /// The organisation's settings fix this: it cannot be changed here.
    FixedByPolicy,
    /// A number or a date outside what is allowed. Nothing changed. `about`: which one.
    OutOfRange,
    /// No folder is known to hold what was sent: the person chooses it.
    PurgeNoSentFolder,
    /// The server cannot delete exactly these messages and no other: nothing is deleted.
    PurgeUnsafe,
    /// The folder may only be read.
    PurgeReadOnly,
    /// The server renumbered the folder since the plan: a new plan is needed.
    PurgeStale,
    /// Another purge of this BAL goes on.
    PurgeUnderWay,
    /// The operator has no rules on its server, or not these.
    RulesUnsupported,
    /// Rules written by somebody else run on the server, and stay as they are.
    RulesForeign,
    /// The server does not take these rules.
    RulesRefused,
    /// Mail cannot be redirected to this address.
    RedirectTarget,
    /// Nobody confirmed that the same professional holds the target of the redirection.
    RedirectUnconfirmed,
    /// The rules on the server changed meanwhile.
    RulesChanged,
    /// The file is no backup of Pli.
    NotABackup,
    /// The backup is cut or changed: nothing of it is used.
    BackupDamaged,
    /// The passphrase does not open the backup.
    BackupPassphrase,
    /// A newer Pli made the backup.
    BackupNewer,
    /// A backup is restored into an empty profile only.
    BackupNotEmpty,
}
