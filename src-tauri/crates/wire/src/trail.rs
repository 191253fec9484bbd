//! The trace of one connection: every exchange is opened and closed here, and so is the connection itself.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pli_terms::{Address, Domain, Known, ServerText, UidSet, Wording};
use tokio::time::Instant;

use crate::audit::{
    self, Action, AuditContext, AuditEntry, AuditFailure, AuditOutcome, Auditor, Protocol, Server, TracedMessage,
};
use crate::socket::Gauge;
use crate::{Cause, WireError};

/// Who acts on which connection. Dropped with the connection, whose end it records when nothing else did.
pub(crate) struct Trail {
    auditor: Arc<dyn Auditor>,
    context: AuditContext,
    protocol: Protocol,
    server: Server,
    local: Option<SocketAddr>,
    life: Arc<Life>,
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
    pub(crate) text: Wording,
    pub(crate) mailbox: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) uids: UidSet,
    pub(crate) messages: Vec<TracedMessage>,
}

impl Request {
    pub(crate) fn new(action: Action, text: Wording) -> Self {
        Self {
            action,
            text,
            mailbox: None,
            target: None,
            uids: UidSet::default(),
            messages: Vec::new(),
        }
    }

    /// A request that is nothing but its verb.
    pub(crate) fn verb(action: Action, verb: &'static str) -> Self {
        Self::new(action, Wording::fixed(verb))
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

/// The connection, as its trace will tell its end.
#[derive(Debug, Default)]
struct Life(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    since: Option<Instant>,
    gauge: Option<Arc<Gauge>>,
    /// Whether it was greeted: before that its failure is its only trace.
    made: bool,
    ended: bool,
    /// What it died of, unless this program left it.
    died_of: Option<(Cause, Option<&'static str>)>,
}

impl Life {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn died_of(&self, cause: Cause, during: Option<&'static str>) {
        self.state().died_of.get_or_insert((cause, during));
    }
}

impl State {
    fn lasted(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Octets sent and received.
    fn octets(&self) -> (u64, u64) {
        self.gauge.as_ref().map_or((0, 0), |gauge| gauge.octets())
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
            life: Arc::default(),
        }
    }

    pub(crate) fn host(&self) -> &str {
        &self.server.host
    }

    pub(crate) fn connected(&mut self, peer: SocketAddr, local: Option<SocketAddr>) {
        self.server.ip = Some(peer.ip());
        self.local = local;
        self.life.state().since = Some(Instant::now());
    }

    /// Octets are counted from here on.
    pub(crate) fn counts(&self, gauge: Arc<Gauge>) {
        self.life.state().gauge = Some(gauge);
    }

    /// As if the connection had been opened, for scripted servers.
    #[cfg(test)]
    pub(crate) fn greeted(&self, gauge: Arc<Gauge>) {
        let mut state = self.life.state();
        (state.since, state.gauge, state.made) = (Some(Instant::now()), Some(gauge), true);
    }

    /// The server ended the connection, whatever becomes of the command under way.
    pub(crate) fn ended_by_server(&self, during: &'static str) {
        self.life.died_of(Cause::ServerEnded, Some(during));
    }

    /// Opens an action: recorded before anything of it is sent, refused when that cannot be.
    pub(crate) fn begin(&self, request: Request) -> Result<Pending, AuditFailure> {
        self.auditor.ready()?;
        let entry = AuditEntry {
            exchange: audit::next_exchange(),
            request: request.text,
            mailbox: request.mailbox,
            target: request.target,
            uids: request.uids,
            messages: request.messages,
            ..self.entry(request.action)
        };
        self.auditor.record(entry.clone())?;
        let octets = self.life.state().octets();
        Ok(Pending {
            auditor: Arc::clone(&self.auditor),
            entry: Some(entry),
            began: Instant::now(),
            octets,
            life: Arc::clone(&self.life),
        })
    }

    fn entry(&self, action: Action) -> AuditEntry {
        AuditEntry {
            exchange: 0,
            started_at: self.auditor.now(),
            took: Duration::ZERO,
            context: self.context.clone(),
            protocol: self.protocol,
            action,
            server: self.server.clone(),
            local: self.local,
            request: Wording::empty(),
            mailbox: None,
            target: None,
            uids: UidSet::default(),
            messages: Vec::new(),
            octets_out: 0,
            octets_in: 0,
            outcome: AuditOutcome::Intended,
        }
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        let mut state = self.life.state();
        if !state.made || std::mem::replace(&mut state.ended, true) {
            return;
        }
        let (octets_out, octets_in) = state.octets();
        let (took, died_of) = (state.lasted(), state.died_of.take());
        drop(state);
        let entry = AuditEntry {
            exchange: audit::next_exchange(),
            took,
            request: Wording::fixed("DISCONNECT"),
            octets_out,
            octets_in,
            outcome: match died_of {
                Some((cause, during)) => failed(cause, during),
                // This program left: nothing failed, and nobody answered.
                None => AuditOutcome::Answered {
                    accepted: true,
                    code: Wording::empty(),
                    detail: None,
                    text: ServerText::default(),
                },
            },
            ..self.entry(Action::Disconnect)
        };
        // An auditor keeps what it could not write.
        let _ = self.auditor.record(entry);
    }
}

fn failed(cause: Cause, during: Option<&'static str>) -> AuditOutcome {
    let words = cause.wording();
    AuditOutcome::Failed {
        what: match during {
            Some(verb) => words.and("·").and(verb),
            None => words,
        },
    }
}

/// What a server answered, before its words are filtered.
pub(crate) struct Answered<'a> {
    pub(crate) accepted: bool,
    pub(crate) code: Wording,
    pub(crate) detail: Option<Wording>,
    pub(crate) text: &'a str,
}

impl<'a> Answered<'a> {
    /// A success that needs no more words than its code.
    pub(crate) fn yes(code: &'static str) -> Self {
        Self {
            accepted: true,
            code: Wording::fixed(code),
            detail: None,
            text: "",
        }
    }

    pub(crate) fn no(code: &'static str, text: &'a str) -> Self {
        Self {
            accepted: false,
            code: Wording::fixed(code),
            detail: None,
            text,
        }
    }
}

/// An action under way. Dropped without an outcome, it is recorded as given up.
pub(crate) struct Pending {
    auditor: Arc<dyn Auditor>,
    entry: Option<AuditEntry>,
    began: Instant,
    /// Sent and received when it began.
    octets: (u64, u64),
    life: Arc<Life>,
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

    /// The server answered. Its words are filtered here, the one place where they enter a trace.
    pub(crate) fn close(mut self, answered: Answered<'_>) -> Result<(), AuditFailure> {
        let Some(entry) = &self.entry else { return Ok(()) };
        if entry.action == Action::Connect && answered.accepted {
            self.life.state().made = true;
        }
        if answered.code.as_str() == "421" {
            self.life.died_of(Cause::ServerEnded, None);
        }
        let text = text(entry, answered.text);
        self.end(AuditOutcome::Answered {
            accepted: answered.accepted,
            code: answered.code,
            detail: answered.detail,
            text,
        })
    }

    /// Records the failure. That the journal failed too is of no more use than the failure itself.
    pub(crate) fn failed(mut self, error: &WireError) {
        let (cause, during) = Cause::of(error);
        if error.breaks_connection() && cause.is_death() {
            self.life.died_of(cause, during);
        }
        let _ = self.end(failed(cause, during));
    }

    fn end(&mut self, outcome: AuditOutcome) -> Result<(), AuditFailure> {
        let Some(mut entry) = self.entry.take() else {
            return Ok(());
        };
        let mut state = self.life.state();
        let (sent, received) = state.octets();
        if entry.action == Action::Disconnect {
            state.ended = true;
            entry.took = state.lasted();
            (entry.octets_out, entry.octets_in) = (sent, received);
        } else {
            entry.took = self.began.elapsed();
            entry.octets_out = sent.saturating_sub(self.octets.0);
            entry.octets_in = received.saturating_sub(self.octets.1);
        }
        drop(state);
        entry.outcome = outcome;
        self.auditor.record(entry)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let _ = self.end(failed(Cause::GivenUp, None));
    }
}

/// What may be kept of a server's words: the names that this entry has anyway may stand in them.
fn text(entry: &AuditEntry, words: &str) -> ServerText {
    if words.is_empty() {
        return ServerText::default();
    }
    let host = Domain::parse(&entry.server.host).ok();
    let mut known = vec![Known::Address(&entry.context.bal)];
    known.extend(host.as_ref().map(Known::Host));
    if matches!(entry.action, Action::AddressMessage | Action::Send) {
        let named = |message| addresses(message).map(Known::Address);
        known.extend(entry.messages.iter().flat_map(named));
    }
    ServerText::filter_knowing(words, &known)
}

fn addresses(message: &TracedMessage) -> impl Iterator<Item = &Address> {
    message.from.iter().chain(&message.to)
}
