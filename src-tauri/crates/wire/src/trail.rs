//! The trace of one connection: every command is opened and closed here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pli_terms::UidSet;
use tokio::time::Instant;

use crate::WireError;
use crate::audit::{
    Action, AuditContext, AuditEntry, AuditFailure, AuditOutcome, Auditor, Protocol, Server, TracedMessage,
};

static EXCHANGES: AtomicU64 = AtomicU64::new(1);

/// Who acts on which connection.
#[derive(Clone)]
pub(crate) struct Trail {
    auditor: Arc<dyn Auditor>,
    context: AuditContext,
    protocol: Protocol,
    server: Server,
    local: Option<SocketAddr>,
}

impl std::fmt::Debug for Trail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trail")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// What is about to be asked, as the trace will say it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) action: Action,
    pub(crate) text: String,
    pub(crate) mailbox: Option<String>,
    pub(crate) uids: UidSet,
    pub(crate) messages: Vec<TracedMessage>,
    pub(crate) octets: u64,
}

impl Request {
    pub(crate) fn new(action: Action, text: impl Into<String>) -> Self {
        Self {
            action,
            text: text.into(),
            mailbox: None,
            uids: UidSet::default(),
            messages: Vec::new(),
            octets: 0,
        }
    }

    pub(crate) fn in_mailbox(mut self, mailbox: Option<&str>) -> Self {
        self.mailbox = mailbox.map(str::to_owned);
        self
    }

    pub(crate) fn about(mut self, uids: &UidSet) -> Self {
        self.uids = uids.clone();
        self
    }
}

impl Trail {
    pub(crate) fn new(
        auditor: Arc<dyn Auditor>,
        context: AuditContext,
        protocol: Protocol,
        host: &str,
        port: u16,
    ) -> Self {
        let server = Server {
            host: host.to_owned(),
            port,
            ip: None,
        };
        Self {
            auditor,
            context,
            protocol,
            server,
            local: None,
        }
    }

    pub(crate) fn host(&self) -> &str {
        &self.server.host
    }

    pub(crate) fn connected(&mut self, peer: SocketAddr, local: Option<SocketAddr>) {
        self.server.ip = Some(peer.ip());
        self.local = local;
    }

    /// Opens an action: refused when it could not be recorded, recorded beforehand when it changes something.
    pub(crate) fn begin(&self, request: Request) -> Result<Pending, AuditFailure> {
        self.auditor.ready()?;
        let entry = AuditEntry {
            exchange: EXCHANGES.fetch_add(1, Ordering::Relaxed),
            started_at: self.auditor.now(),
            took: Duration::ZERO,
            context: self.context.clone(),
            protocol: self.protocol,
            action: request.action,
            server: self.server.clone(),
            local: self.local,
            request: request.text,
            mailbox: request.mailbox,
            uids: request.uids,
            messages: request.messages,
            octets: request.octets,
            outcome: AuditOutcome::Intended,
        };
        if entry.action.changes() {
            self.auditor.record(entry.clone())?;
        }
        Ok(Pending {
            auditor: Arc::clone(&self.auditor),
            entry: Some(entry),
            began: Instant::now(),
        })
    }
}

/// An action under way. Dropped without an outcome, it is recorded as given up.
pub(crate) struct Pending {
    auditor: Arc<dyn Auditor>,
    entry: Option<AuditEntry>,
    began: Instant,
}

impl Pending {
    /// The entry so far, to be completed by what is learnt on the way.
    pub(crate) fn entry(&mut self) -> Option<&mut AuditEntry> {
        self.entry.as_mut()
    }

    /// The connection is made: the entry says where.
    pub(crate) fn reached(&mut self, peer: SocketAddr, local: Option<SocketAddr>) {
        if let Some(entry) = &mut self.entry {
            entry.server.ip = Some(peer.ip());
            entry.local = local;
        }
    }

    pub(crate) fn close(mut self, outcome: AuditOutcome) -> Result<(), AuditFailure> {
        self.end(outcome)
    }

    /// Records the failure. That the journal failed too is of no more use than the failure itself.
    pub(crate) fn failed(mut self, error: &WireError) {
        let _ = self.end(AuditOutcome::Failed {
            what: error.to_string(),
        });
    }

    fn end(&mut self, outcome: AuditOutcome) -> Result<(), AuditFailure> {
        let Some(mut entry) = self.entry.take() else {
            return Ok(());
        };
        entry.took = self.began.elapsed();
        entry.outcome = outcome;
        self.auditor.record(entry)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let _ = self.end(AuditOutcome::Failed {
            what: "given up before the answer".to_owned(),
        });
    }
}
