//! The place every server action passes through (SC.MSS/CONF.18, EX_GDT_5040, EX_GDT_5050).
//!
//! An entry never holds a subject, a body, a token, or the words of a search: its texts are typed so that they cannot.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Zoned;
use pli_terms::{Address, BalKind, MessageId, NationalId, ServerText, Uid, UidSet, Wording};

/// Records what is done on servers. Implemented by the engine over its journal.
///
/// [`Auditor::ready`] is asked before each exchange: when it refuses, nothing is sent. Then the exchange is recorded as
/// [`AuditOutcome::Intended`], whatever it is (a connection, a login, a reading, a change), so that a killed process leaves
/// its trace; when that fails, nothing is sent either. [`Auditor::record`] is called again with the outcome before the
/// caller gets it; when it fails, the caller gets [`crate::WireError::Audit`]. An exchange that is given up half-way is
/// recorded as [`AuditOutcome::Failed`] when it is dropped, and so is the end of a connection, once.
pub trait Auditor: Send + Sync {
    /// Whether an entry could be recorded now.
    ///
    /// # Errors
    /// [`AuditFailure`] when the journal cannot be written: nothing is sent then.
    fn ready(&self) -> Result<(), AuditFailure> {
        Ok(())
    }

    /// Records one entry, durably.
    ///
    /// # Errors
    /// [`AuditFailure`] when the entry could not be kept.
    fn record(&self, entry: AuditEntry) -> Result<(), AuditFailure>;

    /// The local time with its offset. Replaced by tests, and by an auditor that knows a synchronised source.
    fn now(&self) -> Zoned {
        Zoned::now()
    }
}

/// The journal could not record: says why, in words fit for a technical log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the action could not be recorded: {0}")]
pub struct AuditFailure(pub String);

/// On whose behalf a connection acts, and on which mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditContext {
    /// The authenticated author.
    pub author: Author,
    /// The mailbox (BAL).
    pub bal: Address,
    /// Its kind.
    pub kind: BalKind,
}

/// Who acts (SC.MSS/CONF.18: « authenticated author id »).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The national id; none for a mailbox opened by a client certificate.
    pub national_id: Option<NationalId>,
    /// How the author is called on screen: title and name, or the certificate's subject.
    pub display: String,
    /// How the author was authenticated.
    pub authentication: Authentication,
}

/// How an author proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Pro Santé Connect, authorization code (SC.PSC.01).
    PscCode,
    /// Pro Santé Connect, CIBA (SC.PSC.13).
    PscCiba,
    /// A client certificate of the organisation.
    Certificate,
    /// Nobody yet: autoconfiguration before the first login.
    None,
}

/// The protocol an entry speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// IMAP4rev1 (RFC 3501).
    Imap,
    /// SMTP submission (RFC 6409).
    Smtp,
    /// ManageSieve (RFC 5804).
    Sieve,
}

impl Protocol {
    /// `imap`, `smtp` or `sieve`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
            Self::Sieve => "sieve",
        }
    }
}

/// What was done, whatever the protocol's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// TCP connection, TLS, greeting.
    Connect,
    /// Authentication.
    Login,
    /// The list of folders.
    ListFolders,
    /// A folder is opened.
    OpenFolder,
    /// Message headers, flags or sizes are read.
    ReadHeaders,
    /// Whole messages are read.
    ReadMessages,
    /// Flags are changed.
    ChangeFlags,
    /// Messages of a purge are looked at before anything is done to them: its own traces tell of each.
    Examine,
    /// Messages of a purge are marked, or their marks taken back: its own traces tell of each.
    Mark,
    /// Messages of a purge are deleted for good: its own traces tell of each.
    Purge,
    /// Messages are moved or copied to another folder.
    Move,
    /// A message is put into a folder.
    Store,
    /// Messages are deleted for good.
    Delete,
    /// Messages are searched for.
    Search,
    /// A folder is created, or subscribed to.
    CreateFolder,
    /// Waiting for news.
    Watch,
    /// The mailbox's quota is read.
    ReadQuota,
    /// State only: CAPABILITY, ENABLE, NOOP, STATUS, EHLO.
    Inquire,
    /// One recipient is named (SMTP MAIL and RCPT).
    AddressMessage,
    /// A message is handed over (SMTP DATA).
    Send,
    /// Sorting scripts are listed or read (ManageSieve).
    ReadRules,
    /// A sorting script is written, made the active one, or deleted.
    ChangeRules,
    /// The end of a connection that was made: LOGOUT or QUIT with its answer; or, once the connection is dropped, what it
    /// died of; or an accepted outcome without a code where this program left without a word. One that could not be made or
    /// secured has no end: its [`Action::Connect`] failed.
    Disconnect,
}

impl Action {
    /// A stable lower-case name, for storage and export.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Login => "login",
            Self::ListFolders => "list-folders",
            Self::OpenFolder => "open-folder",
            Self::ReadHeaders => "read-headers",
            Self::ReadMessages => "read-messages",
            Self::ChangeFlags => "change-flags",
            Self::Examine => "examine",
            Self::Mark => "mark",
            Self::Purge => "purge",
            Self::Move => "move",
            Self::Store => "store",
            Self::Delete => "delete",
            Self::Search => "search",
            Self::CreateFolder => "create-folder",
            Self::Watch => "watch",
            Self::ReadQuota => "read-quota",
            Self::Inquire => "inquire",
            Self::AddressMessage => "address-message",
            Self::Send => "send",
            Self::ReadRules => "read-rules",
            Self::ChangeRules => "change-rules",
            Self::Disconnect => "disconnect",
        }
    }
}

/// The server of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Host name, as configured or discovered.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Address reached; none when the connection did not get that far.
    pub ip: Option<IpAddr>,
}

/// One action on a server. What is typed [`Wording`] and [`ServerText`] cannot hold content: see there.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Ties an [`AuditOutcome::Intended`] entry to the outcome that follows: the same number, which no other exchange of this
    /// process has (see [`next_exchange`]).
    pub exchange: u64,
    /// Local time at which the action began.
    pub started_at: Zoned,
    /// How long it took, by a monotonic clock; zero for an intention. For an [`Action::Disconnect`], how long the connection
    /// lasted.
    pub took: Duration,
    /// Author and mailbox.
    pub context: AuditContext,
    /// Protocol spoken.
    pub protocol: Protocol,
    /// What was done.
    pub action: Action,
    /// The server.
    pub server: Server,
    /// Our own address and port on this connection, once connected (EX_GDT_5040).
    pub local: Option<SocketAddr>,
    /// The request: verb and parameters, without folders, UIDs, search words and names of scripts.
    pub request: Wording,
    /// The folder concerned, decoded, or the script. It may be a patient's name: to be turned into a
    /// [`pli_terms::FolderWord`] before it is kept.
    pub mailbox: Option<String>,
    /// The folder where messages go (MOVE, COPY), decoded. As [`AuditEntry::mailbox`].
    pub target: Option<String>,
    /// The UIDs concerned.
    pub uids: UidSet,
    /// The messages concerned, as far as known (EX_GDT_5050).
    pub messages: Vec<TracedMessage>,
    /// Octets sent within TLS during this exchange; of the whole connection for an [`Action::Disconnect`]; zero for an
    /// intention.
    pub octets_out: u64,
    /// Octets received, counted likewise.
    pub octets_in: u64,
    /// What became of it.
    pub outcome: AuditOutcome,
}

/// One message of an entry (EX_GDT_5050): ids, addresses and size, never the subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TracedMessage {
    /// UID in the entry's mailbox.
    pub uid: Option<Uid>,
    /// `Message-ID`.
    pub message_id: Option<MessageId>,
    /// Sender.
    pub from: Option<Address>,
    /// Recipients, 100 at most when they come from a received message.
    pub to: Vec<Address>,
    /// Encoded size in octets.
    pub size: Option<u64>,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditOutcome {
    /// About to be sent; another entry with the same `exchange` says what became of it.
    Intended,
    /// The server answered.
    Answered {
        /// Whether the answer is a success.
        accepted: bool,
        /// `OK`, `NO`, `BAD`, or the three digits of SMTP.
        code: Wording,
        /// Response code (RFC 3501 §7.1, RFC 5530, RFC 5804 §1.3) or enhanced status code (RFC 3463), such as `5.2.2`.
        detail: Option<Wording>,
        /// What may be kept of the server's text.
        text: ServerText,
    },
    /// No answer.
    Failed {
        /// What failed, in fixed words: one of [`crate::Cause`]'s.
        what: Wording,
    },
}

/// A number for one exchange, whatever it is with: it begins anywhere for each process, so that two processes' traces are not
/// taken for each other's.
#[must_use]
pub fn next_exchange() -> u64 {
    static NEXT: OnceLock<AtomicU64> = OnceLock::new();
    // 62 bits: the numbers that follow still fit a signed column.
    let begin = || AtomicU64::new(RandomState::new().hash_one(std::process::id()) >> 2);
    NEXT.get_or_init(begin).fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_are_numbered_from_anywhere_and_fit_a_signed_column() {
        let (first, second) = (next_exchange(), next_exchange());
        assert!(second > first && i64::try_from(second).is_ok());
        // One chance in 2^38 to begin below this by accident.
        assert!(first > 1 << 24);
    }
}
