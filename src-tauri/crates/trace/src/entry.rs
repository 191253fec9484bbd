//! What a trace holds (SC.MSS/CONF.18, EX_GDT_5040, EX_GDT_5050): who, when, what was asked of which server, what it
//! answered. No field can hold a subject, a text, an attachment or a token: texts are [`Wording`]s, which no text made while
//! the program runs can become, and the only parts of a message that have a place here are its ids, its addresses and its
//! size.

use jiff::Timestamp;
use pli_terms::{Address, BalKind, MessageId, NationalId, Wording};

/// Where a trace stands in the journal: 1 for the first ever, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl std::fmt::Display for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for it in a trace; it never changes.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// The value that this word stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

word!(
    /// What was done to a BAL (SC.MSS/CONF.18: the type of action). Its French name is the window's.
    Action {
        /// A connection to a server was opened.
        Connect = "connect",
        /// A connection was closed.
        Disconnect = "disconnect",
        /// Somebody logged in to a server.
        Login = "login",
        /// A session was ended.
        Logout = "logout",
        /// The servers of a domain were looked up.
        Discover = "discover",
        /// Folders were listed, made, subscribed to.
        Folders = "folders",
        /// A folder was opened and followed.
        Sync = "sync",
        /// Headers or messages came in.
        Receive = "receive",
        /// A message was opened.
        Read = "read",
        /// An attachment was taken out.
        Download = "download",
        /// The server was asked to search.
        Search = "search",
        /// A message was sent.
        Send = "send",
        /// A message was filed on the server (the copy in Sent, a draft).
        Append = "append",
        /// Flags were changed.
        Flag = "flag",
        /// Messages were moved.
        Move = "move",
        /// Messages were removed.
        Delete = "delete",
        /// Sent messages were purged (EX_GBP_3050).
        Purge = "purge",
        /// The quota was read.
        Quota = "quota",
        /// A rule was read or changed (Sieve).
        Rule = "rule",
        /// A message was printed.
        Print = "print",
        /// Messages were exported.
        Export = "export",
        /// A document was filed in the patient's record.
        File = "file",
        /// A backup was made or restored.
        Backup = "backup",
        /// A setting that matters to the traces was changed.
        Settings = "settings",
        /// The program was locked.
        Lock = "lock",
        /// The program was unlocked, or the secret given was refused.
        Unlock = "unlock",
        /// Forwarding to the organisation's collector began, failed or went on again.
        Collector = "collector",
        /// The journal was opened: after which trace, and whether its last closing was clean.
        Start = "start",
        /// The journal itself was exported.
        JournalExport = "journal_export",
        /// The journal itself was pruned.
        JournalPrune = "journal_prune",
    }
);

word!(
    /// How the author was authenticated.
    Authentication {
        /// Pro Santé Connect, in the browser (SC.PSC.01).
        PscCode = "psc_code",
        /// Pro Santé Connect, on the phone (SC.PSC.13).
        PscCiba = "psc_ciba",
        /// An organisation's certificate.
        Certificate = "certificate",
        /// Nobody was, yet.
        None = "none",
    }
);

word!(
    /// The protocol of a request.
    Protocol {
        /// IMAP.
        Imap = "imap",
        /// SMTP submission.
        Smtp = "smtp",
        /// ManageSieve.
        Sieve = "sieve",
        /// HTTPS: autoconfiguration, identity provider.
        Https = "https",
        /// DNS.
        Dns = "dns",
        /// No server: an action on this workstation.
        Local = "local",
    }
);

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Author {
    /// The national identifier, as authenticated.
    pub national_id: Option<NationalId>,
    /// The person's name, or the certificate's.
    pub name: Wording,
    /// How they were authenticated.
    pub method: Authentication,
}

/// The mailbox acted on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bal {
    /// Its address.
    pub address: Address,
    /// Its kind, when known.
    pub kind: Option<BalKind>,
}

/// What was asked of the server: the verb and its parameters, never content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// The protocol.
    pub protocol: Protocol,
    /// The verb and its parameters (`UID STORE 3:5 +FLAGS (\Seen)`).
    pub verb: Wording,
    /// The folder; may be empty.
    pub mailbox: Wording,
    /// The folder of destination; may be empty.
    pub target: Wording,
    /// The UIDs, as IMAP writes them; may be empty.
    pub uids: Wording,
    /// Octets sent.
    pub octets_out: u64,
    /// Octets received.
    pub octets_in: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The server answered that it is done.
    Done {
        /// Its code (`OK`, `250`).
        code: Wording,
        /// Its enhanced code (`2.1.5`); may be empty.
        enhanced: Wording,
        /// Its text, already cleared of content.
        text: Wording,
    },
    /// The server answered that it refuses.
    Refused {
        /// Its code (`NO`, `550`).
        code: Wording,
        /// Its enhanced code (`5.1.1`); may be empty.
        enhanced: Wording,
        /// Its text, already cleared of content.
        text: Wording,
    },
    /// No answer: what failed.
    Failed {
        /// What failed.
        what: Wording,
    },
    /// About to be asked: a record of the result follows under the same [`Exchange`].
    Intended,
}

impl Outcome {
    /// Done on this workstation, with nothing but these words to say of it.
    #[must_use]
    pub fn done(text: Wording) -> Self {
        Self::Done {
            code: Wording::empty(),
            enhanced: Wording::empty(),
            text,
        }
    }

    /// Not done, for this reason.
    #[must_use]
    pub fn failed(what: Wording) -> Self {
        Self::Failed { what }
    }
}

/// What is known of the workstation's clock when it gave a time (SC.MSS/CONF.18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ClockTruth {
    /// Whether the system says that it follows a time server; none when it says nothing.
    pub synchronised: Option<bool>,
    /// How far a server's clock is ahead of this one, in milliseconds; none when it was not measured.
    pub gap_ms: Option<i64>,
}

/// The number of an exchange with a server, the same in its intention and in its outcome. Numbers begin anywhere at random
/// in each process, so that two of them never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exchange(pub u64);

/// The workstation (EX_GDT_5040).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Workstation {
    /// Its operating system.
    pub os: Wording,
    /// Its version.
    pub os_version: Wording,
    /// Pli's version.
    pub pli_version: Wording,
    /// The host's name.
    pub host: Wording,
    /// The local network address of the connection; may be empty.
    pub address: Wording,
}

/// The server spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    /// Its name.
    pub name: Wording,
    /// Its network address, with the port.
    pub address: Wording,
}

/// A trace to write.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When, by this workstation's clock; kept to the millisecond.
    pub at: Timestamp,
    /// What the workstation's local time was ahead of UTC then, in seconds.
    pub utc_offset: i32,
    /// What is known of that clock.
    pub clock: ClockTruth,
    /// Who; none before anybody logged in.
    pub author: Option<Author>,
    /// On which mailbox; none when the action is about none.
    pub bal: Option<Bal>,
    /// What was done.
    pub action: Action,
    /// What was asked.
    pub request: Request,
    /// What came of it.
    pub outcome: Outcome,
    /// What ties the outcome to its intention; none for what has no intention.
    pub exchange: Option<Exchange>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The message as this workstation names it for ever (EX_GDT_5050); may be empty.
    pub mail: Wording,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// Its sender.
    pub sender: Option<Address>,
    /// Its recipients; at most the first 1,000 are kept.
    pub recipients: Vec<Address>,
    /// Its whole encoded size in octets.
    pub encoded_size: Option<u64>,
    /// This workstation.
    pub workstation: Workstation,
    /// The server.
    pub server: Option<Server>,
}

impl Entry {
    /// Whether the action did not succeed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Refused { .. } | Outcome::Failed { .. })
    }
}

/// A trace as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub sequence: Sequence,
    /// Its own id, random, in 32 hexadecimal digits.
    pub unique_id: String,
    /// How far back the clock was set since the trace before, in milliseconds; none when it went on, to within a second.
    pub set_back_ms: Option<u64>,
    /// What it says. Its time has milliseconds only.
    pub entry: Entry,
    /// SHA-256 of the hash before it followed by its canonical octets.
    pub hash: [u8; 32],
    /// The hash before it.
    pub previous: [u8; 32],
    /// An intention whose outcome never came: whether the server did it is not known.
    pub unanswered: bool,
    /// As written, since a format may be older than this program's.
    pub(crate) canonical: Vec<u8>,
}

impl Record {
    /// The octets that were hashed (format 1 or 2, as written): SHA-256 of [`Record::previous`] followed by them is
    /// [`Record::hash`].
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for action in Action::ALL {
            assert_eq!(Action::from_word(action.as_str()), Some(*action));
        }
        assert_eq!(Action::from_word("other"), None);
    }
}
