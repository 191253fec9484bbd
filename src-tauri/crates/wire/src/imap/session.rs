//! The state of an authenticated IMAP connection.

use std::sync::Arc;
use std::time::Duration;

use pli_terms::{MessageId, ModSeq, Uid, UidSet, UidValidity};
use tokio::sync::{Notify, mpsc};

use crate::audit::{Action, AuditContext, Auditor};
use crate::socket::{Gauge, Socket};
use crate::trail::{Request, Trail};
use crate::{Credentials, Endpoint, Network, Timeouts, WireError};

use super::exchange::Said;
use super::{
    Annotations, BodyPiece, BodyRequest, Capabilities, FetchReport, FlagSweep, Flags, Folder, HeaderRow, IdleEnd,
    ImapSession, Known, MailboxName, Quota, Search, Selected, Standing, Status, Unsolicited, connect,
};

/// An authenticated connection, on async-imap. See [`super::ImapSession`].
#[derive(Debug)]
pub struct Session {
    pub(super) imap: async_imap::Session<Socket>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) trail: Trail,
    pub(super) timeouts: Timeouts,
    pub(super) capabilities: Capabilities,
    pub(super) said: Said,
    pub(super) state: State,
    /// Whether `ENABLE QRESYNC` was granted.
    pub(super) qresync: bool,
    pub(super) selected: Option<MailboxName>,
    /// The server's last words, once it said BYE.
    pub(super) bye: Option<String>,
}

/// Whether a command may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ready,
    /// A command is under way; or its future was dropped, and its answer would be taken for another's.
    Busy,
    Broken,
}

impl Session {
    /// Connects, secures, logs in, and learns what the server offers. QRESYNC is enabled where there is any.
    ///
    /// # Errors
    /// [`WireError::Tls`] and [`WireError::StartTlsMissing`] before anything secret is sent;
    /// [`WireError::TokenRefused`] when a new token is needed; any other [`WireError`].
    pub async fn open(
        network: &Network,
        endpoint: &Endpoint,
        credentials: &Credentials,
        auditor: Arc<dyn Auditor>,
        context: AuditContext,
    ) -> Result<Self, WireError> {
        let greeted = connect::connect(network, endpoint, auditor, context).await?;
        let mut session = greeted.log_in(endpoint, credentials, network.timeouts).await?;
        session.learn().await?;
        Ok(session)
    }

    /// Capabilities after the login, and `ENABLE`.
    pub(crate) async fn learn(&mut self) -> Result<(), WireError> {
        let mut told = None;
        self.command(
            Request::verb(Action::Inquire, "CAPABILITY"),
            "CAPABILITY",
            "CAPABILITY",
            |response| {
                if let imap_proto::Response::Capabilities(list) = response {
                    let names: Vec<String> = list.iter().map(super::responses::capability).collect();
                    told = Some(Capabilities::collect(names.iter().map(String::as_str)));
                    return true;
                }
                false
            },
        )
        .await?;
        self.capabilities = told.unwrap_or_default();
        if self.capabilities.qresync() {
            let line = "ENABLE QRESYNC";
            let enabled = self
                .command(Request::verb(Action::Inquire, line), "ENABLE", line, |_| false)
                .await;
            self.qresync = match enabled {
                Ok(_) => true,
                Err(WireError::Refused { .. } | WireError::NotUnderstood { .. }) => false,
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }
}

impl ImapSession for Session {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn is_usable(&self) -> bool {
        self.state == State::Ready
    }

    fn drain(&mut self) -> Vec<Unsolicited> {
        self.said.take()
    }

    async fn list(&mut self) -> Result<Vec<Folder>, WireError> {
        self.list_folders().await
    }

    async fn status(&mut self, mailbox: &MailboxName) -> Result<Status, WireError> {
        self.folder_status(mailbox).await
    }

    async fn select(&mut self, mailbox: &MailboxName, known: Option<&Known>) -> Result<Selected, WireError> {
        self.select_folder(mailbox, known).await
    }

    async fn fetch_headers(
        &mut self,
        uids: &UidSet,
        structure: bool,
        rows: mpsc::Sender<HeaderRow>,
    ) -> Result<FetchReport, WireError> {
        self.stream_headers(uids, structure, rows).await
    }

    async fn fetch_bodies(
        &mut self,
        wanted: &[BodyRequest],
        pieces: mpsc::Sender<BodyPiece>,
    ) -> Result<FetchReport, WireError> {
        self.stream_bodies(wanted, pieces).await
    }

    async fn fetch_flags(&mut self, from: Uid, to: Option<Uid>, since: Option<ModSeq>) -> Result<FlagSweep, WireError> {
        self.sweep_flags(from, to, since).await
    }

    async fn search(&mut self, what: &Search) -> Result<UidSet, WireError> {
        self.search_uids(what).await
    }

    async fn store_flags(
        &mut self,
        uids: &UidSet,
        add: bool,
        flags: &Flags,
        unchanged_since: Option<ModSeq>,
    ) -> Result<UidSet, WireError> {
        self.change_flags(uids, add, flags, unchanged_since).await
    }

    async fn uid_move(&mut self, uids: &UidSet, to: &MailboxName) -> Result<Vec<(Uid, Uid)>, WireError> {
        self.move_messages(uids, to).await
    }

    async fn append(
        &mut self,
        mailbox: &MailboxName,
        flags: &Flags,
        date: Option<&jiff::Zoned>,
        message: &[u8],
    ) -> Result<Option<(UidValidity, Uid)>, WireError> {
        self.append_message(mailbox, flags, date, message).await
    }

    async fn uid_expunge(&mut self, uids: &UidSet) -> Result<(), WireError> {
        self.expunge_messages(uids).await
    }

    async fn look(&mut self, uids: &UidSet, whole: bool) -> Result<Vec<Standing>, WireError> {
        Session::look(self, uids, whole).await
    }

    async fn mark_deleted(&mut self, uids: &UidSet, unchanged_since: Option<ModSeq>) -> Result<UidSet, WireError> {
        self.mark(uids, true, unchanged_since).await
    }

    async fn unmark_deleted(&mut self, uids: &UidSet) -> Result<(), WireError> {
        self.mark(uids, false, None).await.map(drop)
    }

    async fn expunge_marked(&mut self, uids: &UidSet) -> Result<(), WireError> {
        self.expunge_exactly(uids).await
    }

    async fn create(&mut self, mailbox: &MailboxName) -> Result<(), WireError> {
        self.create_folder(mailbox).await
    }

    async fn idle(&mut self, at_most: Duration, interrupt: &Notify) -> Result<IdleEnd, WireError> {
        self.wait_for_news(at_most, interrupt).await
    }

    async fn quota(&mut self) -> Result<Option<Quota>, WireError> {
        self.read_quota().await
    }

    async fn annotations(
        &mut self,
        mailbox: &MailboxName,
        under: &[String],
        largest: u32,
    ) -> Result<Annotations, WireError> {
        self.read_annotations(mailbox, under, largest).await
    }

    async fn annotate(
        &mut self,
        mailbox: &MailboxName,
        entry: &str,
        value: Option<&[u8]>,
        about: Option<&MessageId>,
    ) -> Result<(), WireError> {
        self.write_annotation(mailbox, entry, value, about).await
    }

    async fn noop(&mut self) -> Result<(), WireError> {
        self.command(Request::verb(Action::Inquire, "NOOP"), "NOOP", "NOOP", |_| false)
            .await
            .map(drop)
    }

    async fn logout(&mut self) -> Result<(), WireError> {
        let result = self
            .command(Request::verb(Action::Disconnect, "LOGOUT"), "LOGOUT", "LOGOUT", |_| {
                false
            })
            .await;
        self.state = State::Broken;
        result.map(drop)
    }
}
