//! IMAP4rev1 (RFC 3501), with CONDSTORE and QRESYNC (RFC 7162), MOVE (RFC 6851), UIDPLUS (RFC 4315), IDLE (RFC 2177),
//! SPECIAL-USE (RFC 6154), QUOTA (RFC 9208) and METADATA (RFC 5464) where the server has them.
//!
//! [`ImapSession`] is what the engine codes against; [`Session`] implements it on async-imap. Commands are written and
//! answers read through async-imap's connection, one whole response at a time, and never through its typed calls: those
//! put what the server says unasked into a channel of 100 that drops in silence.

mod append;
mod capabilities;
mod changes;
mod connect;
mod exact;
mod exchange;
mod fetch_bodies;
mod fetch_flags;
mod fetch_headers;
mod folders;
mod headline;
mod idle;
mod mailbox_name;
mod metadata;
mod quota;
mod quote;
mod responses;
mod search;
mod select;
mod session;
mod types;
mod utf7;

use std::future::Future;
use std::time::Duration;

use pli_terms::{MessageId, ModSeq, Uid, UidSet, UidValidity};
use tokio::sync::{Notify, mpsc};

pub use capabilities::Capabilities;
#[cfg(test)]
pub(crate) use connect::{Greeted, Imap, connect};
pub use mailbox_name::MailboxName;
pub use session::Session;
pub use types::{
    Annotation, Annotations, BodyPiece, BodyRequest, FetchReport, FlagRow, FlagSweep, Flags, Folder, HeaderRow,
    IdleEnd, Known, Quota, QuotaResource, QuotaRoot, Search, Selected, SpecialUse, Standing, Status, SyncLevel,
    Unsolicited,
};

use crate::WireError;

/// An authenticated connection to a mailbox.
///
/// One command at a time. A future that is dropped before its end leaves the session unusable: every later call answers
/// [`WireError::Broken`], so that an answer is never taken for another's. What the server says unasked is kept, without
/// loss, until [`ImapSession::drain`].
pub trait ImapSession: Send {
    /// What the server offers, as known since the login.
    fn capabilities(&self) -> &Capabilities;

    /// Whether another command can be sent.
    fn is_usable(&self) -> bool;

    /// What the server said unasked since the last call, in order. To be called after every command.
    fn drain(&mut self) -> Vec<Unsolicited>;

    /// Every folder, with its special use.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn list(&mut self) -> impl Future<Output = Result<Vec<Folder>, WireError>> + Send;

    /// A folder's state without opening it (RFC 3501 §6.3.10). Not to be asked of the selected folder.
    ///
    /// # Errors
    /// [`WireError::Refused`] when the folder does not exist.
    fn status(&mut self, mailbox: &MailboxName) -> impl Future<Output = Result<Status, WireError>> + Send;

    /// Opens a folder with the best the server has: QRESYNC when `known` is given, else CONDSTORE, else neither.
    ///
    /// When the UIDVALIDITY answered differs from the known one (or there is none), what was known is void.
    ///
    /// # Errors
    /// [`WireError::Refused`] when the folder does not exist.
    fn select(
        &mut self,
        mailbox: &MailboxName,
        known: Option<&Known>,
    ) -> impl Future<Output = Result<Selected, WireError>> + Send;

    /// Headers, flags, date and size of the messages of `uids`, each row sent as it arrives.
    ///
    /// Cut `uids` by [`UidSet::batches`] (500 UIDs, 1,000 octets). With `structure`, asks for BODYSTRUCTURE as well,
    /// which makes a server read the whole message: only for what is on screen.
    ///
    /// # Errors
    /// Any [`WireError`]; the rows already sent are good.
    fn fetch_headers(
        &mut self,
        uids: &UidSet,
        structure: bool,
        rows: mpsc::Sender<HeaderRow>,
    ) -> impl Future<Output = Result<FetchReport, WireError>> + Send;

    /// Whole messages, byte for byte. Those of 1 MiB or more, or of unknown size, come in pieces of 512 KiB; pieces of
    /// one message are in order, and never mixed with another's.
    ///
    /// # Errors
    /// Any [`WireError`]; the messages whose last piece was sent are good.
    fn fetch_bodies(
        &mut self,
        wanted: &[BodyRequest],
        pieces: mpsc::Sender<BodyPiece>,
    ) -> impl Future<Output = Result<FetchReport, WireError>> + Send;

    /// Flags of the messages with UIDs from `from` to `to` (`None`: to the end). With `since` (CONDSTORE), only those
    /// changed after it; with QRESYNC on, also what vanished since.
    ///
    /// # Errors
    /// [`WireError::Missing`] when `since` is given to a server without CONDSTORE.
    fn fetch_flags(
        &mut self,
        from: Uid,
        to: Option<Uid>,
        since: Option<ModSeq>,
    ) -> impl Future<Output = Result<FlagSweep, WireError>> + Send;

    /// UIDs of the selected folder that match, ascending. Words searched for reach no trace.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn search(&mut self, what: &Search) -> impl Future<Output = Result<UidSet, WireError>> + Send;

    /// UIDs of the messages that carry this Message-ID. A server may answer those whose id only contains it: compare
    /// the header when it matters.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn search_message_id(&mut self, id: &MessageId) -> impl Future<Output = Result<UidSet, WireError>> + Send {
        let what = Search::MessageId(id.clone());
        async move { self.search(&what).await }
    }

    /// Adds (or removes) flags. With `unchanged_since` on a CONDSTORE server, answers the UIDs left alone because they
    /// changed meanwhile.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn store_flags(
        &mut self,
        uids: &UidSet,
        add: bool,
        flags: &Flags,
        unchanged_since: Option<ModSeq>,
    ) -> impl Future<Output = Result<UidSet, WireError>> + Send;

    /// Moves messages: MOVE, or COPY + `\Deleted` + UID EXPUNGE where there is UIDPLUS. Answers old and new UIDs when
    /// the server tells.
    ///
    /// # Errors
    /// [`WireError::Missing`] on a server with neither: a plain EXPUNGE would delete what others marked.
    fn uid_move(
        &mut self,
        uids: &UidSet,
        to: &MailboxName,
    ) -> impl Future<Output = Result<Vec<(Uid, Uid)>, WireError>> + Send;

    /// Puts a message into a folder. Answers where it went (UIDPLUS), if the server tells.
    ///
    /// # Errors
    /// [`WireError::Refused`] with code `TRYCREATE` when the folder does not exist, `OVERQUOTA` when the box is full.
    fn append(
        &mut self,
        mailbox: &MailboxName,
        flags: &Flags,
        date: Option<&jiff::Zoned>,
        message: &[u8],
    ) -> impl Future<Output = Result<Option<(UidValidity, Uid)>, WireError>> + Send;

    /// Deletes for good these messages, and no other (UIDPLUS), after marking them `\Deleted`.
    ///
    /// # Errors
    /// [`WireError::Missing`] without UIDPLUS: a plain EXPUNGE would delete what others marked.
    fn uid_expunge(&mut self, uids: &UidSet) -> impl Future<Output = Result<(), WireError>> + Send;

    /// How messages stand, ascending by UID: those that are not answered are not there. With `whole`, also what tells one
    /// message from another: size, date, Message-ID.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn look(&mut self, uids: &UidSet, whole: bool) -> impl Future<Output = Result<Vec<Standing>, WireError>> + Send;

    /// Marks messages `\Deleted` and does nothing more. With `unchanged_since` on a CONDSTORE server, answers those left
    /// alone because they changed meanwhile (RFC 7162 §3.1.3). A refusal, or a connection lost, may leave some marked.
    ///
    /// # Errors
    /// [`WireError::Missing`] without UIDPLUS: nothing is marked that could not be deleted alone.
    fn mark_deleted(
        &mut self,
        uids: &UidSet,
        unchanged_since: Option<ModSeq>,
    ) -> impl Future<Output = Result<UidSet, WireError>> + Send;

    /// Takes the mark `\Deleted` back. To be asked for one's own marks only.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn unmark_deleted(&mut self, uids: &UidSet) -> impl Future<Output = Result<(), WireError>> + Send;

    /// Deletes for good those of these messages that are marked, and no other, by UID EXPUNGE (RFC 4315). Marks nothing.
    ///
    /// # Errors
    /// [`WireError::Missing`] without UIDPLUS: a plain EXPUNGE would delete what others marked.
    fn expunge_marked(&mut self, uids: &UidSet) -> impl Future<Output = Result<(), WireError>> + Send;

    /// Creates a folder and subscribes to it. One that exists already is no error.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn create(&mut self, mailbox: &MailboxName) -> impl Future<Output = Result<(), WireError>> + Send;

    /// Waits for news of the selected folder, for `at_most` (never more than five minutes), or until `interrupt` is
    /// notified. Then [`ImapSession::drain`] says what happened.
    ///
    /// # Errors
    /// [`WireError::Missing`] without IDLE: poll by [`ImapSession::noop`].
    fn idle(
        &mut self,
        at_most: Duration,
        interrupt: &Notify,
    ) -> impl Future<Output = Result<IdleEnd, WireError>> + Send;

    /// The mailbox's quota. `None` when the server has none, or does not tell.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn quota(&mut self) -> impl Future<Output = Result<Option<Quota>, WireError>> + Send;

    /// What the server keeps beside a mailbox's messages at these entries and under them (RFC 5464), values of `largest`
    /// octets at most. What it says was written by anybody who opens the mailbox.
    ///
    /// # Errors
    /// [`WireError::Missing`] without METADATA; [`WireError::Name`] for what is no entry.
    fn annotations(
        &mut self,
        mailbox: &MailboxName,
        under: &[String],
        largest: u32,
    ) -> impl Future<Output = Result<Annotations, WireError>> + Send;

    /// Writes an entry (`None` removes it). `about`: the message it tells of, for its trace, which holds neither name nor
    /// value.
    ///
    /// # Errors
    /// [`WireError::Missing`] without METADATA; [`WireError::Name`] for what is no entry, or a value of more than 64 KiB.
    fn annotate(
        &mut self,
        mailbox: &MailboxName,
        entry: &str,
        value: Option<&[u8]>,
        about: Option<&MessageId>,
    ) -> impl Future<Output = Result<(), WireError>> + Send;

    /// Gives the server the occasion to tell news.
    ///
    /// # Errors
    /// Any [`WireError`].
    fn noop(&mut self) -> impl Future<Output = Result<(), WireError>> + Send;

    /// Says good-bye. The session is of no use afterwards, whatever the answer.
    ///
    /// # Errors
    /// Any [`WireError`]: harmless.
    fn logout(&mut self) -> impl Future<Output = Result<(), WireError>> + Send;
}
