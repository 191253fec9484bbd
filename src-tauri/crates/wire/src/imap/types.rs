//! What an IMAP session answers.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use pli_terms::{ModSeq, Uid, UidSet, UidValidity, Wording};

use super::MailboxName;

/// Keywords that a trace names: those of the IANA registry (RFC 5788) that programs set, and Pli's own.
const KEYWORDS: &[&str] = &[
    "$MDNSent",
    "$Forwarded",
    "$SubmitPending",
    "$Submitted",
    "$Junk",
    "$NotJunk",
    "$PliTaken",
    "$PliTodo",
    "$PliDone",
    "$PliFiled",
    "$PliNote",
];

/// A message's flags (RFC 3501 §2.3.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flags {
    /// `\Seen`.
    pub seen: bool,
    /// `\Answered`.
    pub answered: bool,
    /// `\Flagged`.
    pub flagged: bool,
    /// `\Deleted`.
    pub deleted: bool,
    /// `\Draft`.
    pub draft: bool,
    /// Keywords such as `$MDNSent`, 100 at most, of 255 octets at most each.
    pub keywords: BTreeSet<String>,
}

/// A folder of the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its whole name.
    pub name: MailboxName,
    /// What separates the levels of its name; none for a flat name.
    pub delimiter: Option<char>,
    /// Its special use, announced by the server, or `Inbox`; or guessed, see below.
    pub special_use: Option<SpecialUse>,
    /// Whether its use was only guessed from its name, since the server announces none: good enough to show, not to delete by.
    pub guessed: bool,
    /// Whether it can be opened: some names only hold others.
    pub selectable: bool,
}

/// What a folder is for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialUse {
    /// The inbox.
    Inbox,
    /// Sent messages.
    Sent,
    /// Drafts.
    Drafts,
    /// Deleted messages.
    Trash,
    /// Archive.
    Archive,
    /// Unwanted messages.
    Junk,
    /// Everything, in a virtual folder.
    All,
    /// Flagged messages, in a virtual folder.
    Flagged,
}

/// A folder's state, read without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Messages in it.
    pub messages: Option<u32>,
    /// Messages not read.
    pub unseen: Option<u32>,
    /// The UID that the next message will have at least.
    pub uid_next: Option<Uid>,
    /// UIDVALIDITY.
    pub uid_validity: Option<UidValidity>,
    /// HIGHESTMODSEQ.
    pub highest_modseq: Option<ModSeq>,
}

/// What is known of a folder from before, to be told only what changed (RFC 7162 §3.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// UIDVALIDITY of then.
    pub uid_validity: UidValidity,
    /// HIGHESTMODSEQ of then.
    pub modseq: ModSeq,
    /// UIDs known: the server then tells of these only (RFC 7162 §3.2.5.1). May be empty; a set too long to be sent in one
    /// command is left out. The server tells of all in both cases.
    pub uids: UidSet,
}

/// How much help the server gives to follow a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncLevel {
    /// UIDs and flags must be compared.
    None,
    /// Flag changes by mod-sequence; vanished messages by comparing UIDs.
    Condstore,
    /// Both told by the server.
    Qresync,
}

/// An opened folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Messages in it.
    pub exists: u32,
    /// UIDVALIDITY; `None` when the server gives none, or 0: UIDs are then worth nothing beyond this session.
    pub uid_validity: Option<UidValidity>,
    /// The UID that the next message will have at least; `None` when not told.
    pub uid_next: Option<Uid>,
    /// HIGHESTMODSEQ; `None` when the folder keeps no mod-sequences.
    pub highest_modseq: Option<ModSeq>,
    /// Whether the folder was opened for reading only.
    pub read_only: bool,
    /// Whether messages can be marked `\Deleted` for good (PERMANENTFLAGS); true when not told (RFC 3501 §7.1).
    pub deletable: bool,
    /// Whether keywords of one's own can be kept (`\*` in PERMANENTFLAGS).
    pub keywords: bool,
    /// What the server helps with.
    pub level: SyncLevel,
    /// With QRESYNC: whether what was known still holds (same UIDVALIDITY), so that `vanished` and `changed` are whole.
    pub resumed: bool,
    /// Messages gone since. May name UIDs never known.
    pub vanished: UidSet,
    /// Flags changed since. New messages may be among them, or not: they are those from the known UIDNEXT on.
    pub changed: Vec<FlagRow>,
}

/// Flags of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagRow {
    /// UID.
    pub uid: Uid,
    /// Flags now.
    pub flags: Flags,
    /// MODSEQ, when told.
    pub modseq: Option<ModSeq>,
}

/// What a sweep of flags found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlagSweep {
    /// One row a message, ascending by UID, each UID once.
    pub rows: Vec<FlagRow>,
    /// With QRESYNC and `since`: messages gone since.
    pub vanished: UidSet,
}

/// How one message stands: what a deletion is held against before it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// UID.
    pub uid: Uid,
    /// Flags; `None` when the server did not tell.
    pub flags: Option<Flags>,
    /// MODSEQ, when told.
    pub modseq: Option<ModSeq>,
    /// Encoded size in octets, when told.
    pub size: Option<u64>,
    /// When the server received it, when told.
    pub received: Option<Timestamp>,
    /// Its Message-ID field as the server sent it, possibly empty, at most 4 KiB; `None` when not told.
    pub header: Option<Bytes>,
}

impl Standing {
    /// A message of which nothing is known but that it is there.
    #[must_use]
    pub fn unknown(uid: Uid) -> Self {
        Self {
            uid,
            flags: None,
            modseq: None,
            size: None,
            received: None,
            header: None,
        }
    }
}

/// What a list row needs of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRow {
    /// UID.
    pub uid: Uid,
    /// Flags.
    pub flags: Flags,
    /// When the server received it; `None` when told badly.
    pub received: Option<Timestamp>,
    /// Encoded size in octets.
    pub size: Option<u64>,
    /// MODSEQ, when told.
    pub modseq: Option<ModSeq>,
    /// The header fields a list needs, as sent by the server: at most 64 KiB.
    pub header: Bytes,
    /// Whether it has attachments, from BODYSTRUCTURE when that was asked for.
    pub attachments: Option<bool>,
}

/// One message to fetch whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyRequest {
    /// UID.
    pub uid: Uid,
    /// Size told by the header pass, in octets: large messages are fetched by pieces.
    pub size: Option<u64>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyPiece {
    /// UID.
    pub uid: Uid,
    /// Where the piece begins in the message, in octets.
    pub offset: u64,
    /// Its octets. May be empty in a last piece.
    pub bytes: Bytes,
    /// Whether the message ends here.
    pub last: bool,
}

/// What a fetch gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FetchReport {
    /// UIDs delivered.
    pub delivered: UidSet,
    /// UIDs asked for and not delivered: deleted meanwhile, or unreadable by the server.
    pub missing: UidSet,
    /// Answers that were not asked for or came twice, and were put aside.
    pub strays: u32,
    /// Octets of message data received.
    pub octets: u64,
}

/// What to search for. Words are content: no trace holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Messages with this Message-ID.
    MessageId(pli_terms::MessageId),
    /// Messages whose header or text holds these words.
    Text(String),
    /// Messages received by the server before this day (in the server's time zone).
    ReceivedBefore(jiff::civil::Date),
    /// Every message.
    All,
}

/// What the server said unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsolicited {
    /// The selected folder now holds so many messages.
    Exists(u32),
    /// The message of this sequence number is gone: every later one moves down by one.
    Expunge(u32),
    /// These messages are gone.
    Vanished(UidSet),
    /// Flags changed. Without UID, only the sequence number is known.
    Flags {
        /// Sequence number.
        sequence: u32,
        /// UID, when told.
        uid: Option<Uid>,
        /// Flags now.
        flags: Flags,
        /// MODSEQ, when told.
        modseq: Option<ModSeq>,
    },
    /// The selected folder's UIDVALIDITY is said to be this now: where it is another, no UID known means anything.
    UidValidity(Option<UidValidity>),
    /// HIGHESTMODSEQ now.
    HighestModSeq(ModSeq),
    /// Words for the user (RFC 3501 §7.1 ALERT), scrubbed.
    Alert(String),
    /// The server ends the connection; its words, scrubbed.
    Bye(String),
    /// More was said than is kept (100,000 items): compare the whole folder.
    Resync,
}

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleEnd {
    /// Something changed.
    News,
    /// Interrupted by the caller.
    Interrupted,
    /// The time was up.
    Elapsed,
}

/// A mailbox's quota as its server tells it (RFC 9208), unjudged: servers tell limits of 0, of the largest number there is,
/// and more used than allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quota {
    /// What limits it: one root for a person, a domain or a tree of folders each; 32 at most.
    pub roots: Vec<QuotaRoot>,
}

/// One root of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotaRoot {
    /// Space, in octets.
    pub storage: Option<QuotaResource>,
    /// Number of messages.
    pub messages: Option<QuotaResource>,
}

/// One limited thing. Numbers beyond what holds octets are the largest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaResource {
    /// Used.
    pub used: u64,
    /// At most.
    pub limit: u64,
}

/// Something that a server keeps beside a mailbox's messages (RFC 5464).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// What it is called; the server may write it in any case.
    pub entry: String,
    /// Its octets; none when there is no such entry.
    pub value: Option<Vec<u8>>,
}

/// What a server told of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annotations {
    /// In the order told.
    pub entries: Vec<Annotation>,
    /// Whether there was more than is read.
    pub cut: bool,
}

impl Flags {
    /// Reads flags as the server writes them.
    pub(crate) fn read<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut flags = Self::default();
        for name in names {
            match name.to_ascii_lowercase().as_str() {
                "\\seen" => flags.seen = true,
                "\\answered" => flags.answered = true,
                "\\flagged" => flags.flagged = true,
                "\\deleted" => flags.deleted = true,
                "\\draft" => flags.draft = true,
                other if other.starts_with('\\') => {}
                _ if flags.keywords.len() < 100 && name.len() <= 255 => {
                    flags.keywords.insert(name.to_owned());
                }
                _ => {}
            }
        }
        flags
    }

    /// The flags as a command writes them. A keyword that is no atom is left out.
    pub(crate) fn write(&self) -> String {
        let system = [
            (self.seen, "\\Seen"),
            (self.answered, "\\Answered"),
            (self.flagged, "\\Flagged"),
            (self.deleted, "\\Deleted"),
            (self.draft, "\\Draft"),
        ];
        let mut names: Vec<&str> = system.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        let atom = |word: &&String| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b))
        };
        names.extend(self.keywords.iter().filter(atom).map(String::as_str));
        format!("({})", names.join(" "))
    }

    /// The flags for a trace: those that every server knows, and how many others there are, for a keyword may be anybody's
    /// word.
    pub(crate) fn told(&self) -> Wording {
        let system = [
            (self.seen, "\\Seen"),
            (self.answered, "\\Answered"),
            (self.flagged, "\\Flagged"),
            (self.deleted, "\\Deleted"),
            (self.draft, "\\Draft"),
        ];
        let system = system.into_iter().filter(|(set, _)| *set).map(|(_, name)| name);
        let known = |name: &&'static str| self.keywords.iter().any(|word| word.eq_ignore_ascii_case(name));
        let keywords: Vec<&'static str> = KEYWORDS.iter().copied().filter(known).collect();
        let others = self.keywords.len().saturating_sub(keywords.len());
        let names = system.chain(keywords);
        let told = names.fold(Wording::empty(), |told, name| told.and(name));
        let told = if others > 0 { told.and("+").then(others) } else { told };
        Wording::fixed("(").then(&told).then(")")
    }

    /// Only `\Seen`.
    #[must_use]
    pub fn seen() -> Self {
        Self {
            seen: true,
            ..Self::default()
        }
    }

    /// Only `\Deleted`.
    #[must_use]
    pub fn deleted() -> Self {
        Self {
            deleted: true,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_in_any_case_and_written_without_what_could_inject() {
        let mut flags = Flags::read(["\\SEEN", "\\Recent", "$MDNSent", "\\Flagged"]);
        assert!(flags.seen && flags.flagged && !flags.deleted);
        flags.keywords.insert("a) b".to_owned());
        flags.keywords.insert("x\r\nA1 LOGOUT".to_owned());
        assert_eq!(flags.write(), "(\\Seen \\Flagged $MDNSent)");
        assert_eq!(flags.told().as_str(), "(\\Seen \\Flagged $MDNSent +2)");
        assert_eq!(Flags::default().told().as_str(), "()");
    }
}
