//! The journal behind every connection: what the wire reports becomes a trace, on the disk before the caller goes on.
//!
//! A trace that could not be written is kept and written before anything else is done: until then nothing more reaches a
//! server (SC.MSS/CONF.18).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use jiff::Zoned;
use pli_store::OutboxId;
use pli_terms::UidValidity;
use pli_trace::{self as trace, Journal, Line};
use pli_wire::audit::{self as wire, AuditEntry, AuditFailure, AuditOutcome, TracedMessage};

use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::workstation;

/// Traces kept while the journal cannot be written: several commands under way may each owe one a message. Past them nothing
/// more is done anyway.
const OWED: usize = 8_192;

/// How often windows are told that the journal grew, at most.
const TELL: Duration = Duration::from_secs(1);

/// The auditor of this profile's connections.
///
/// # Errors
/// [`EngineError::VaultLocked`].
pub(crate) fn auditor(core: &Arc<Core>) -> Result<Arc<dyn wire::Auditor>, EngineError> {
    Ok(Arc::new(Audit {
        journal: core.journal()?,
        core: Arc::downgrade(core),
        owed: core.owed.clone(),
    }))
}

/// What all the auditors of a profile share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owed {
    entries: Arc<Mutex<Vec<trace::Entry>>>,
    telling: Arc<AtomicBool>,
}

struct Audit {
    journal: Arc<Journal>,
    core: Weak<Core>,
    owed: Owed,
}

impl wire::Auditor for Audit {
    fn ready(&self) -> Result<(), AuditFailure> {
        let mut owed = self.owed.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if owed.is_empty() {
            return self.journal.ready().map_err(refusal);
        }
        self.journal.append_batch(&owed).map_err(refusal)?;
        owed.clear();
        Ok(())
    }

    fn record(&self, entry: AuditEntry) -> Result<(), AuditFailure> {
        let entries = entries(&entry, &self.names(&entry));
        let written = {
            let mut owed = self.owed.entries.lock().unwrap_or_else(PoisonError::into_inner);
            owed.extend(entries);
            let written = self.journal.append_batch(&owed);
            if written.is_ok() {
                owed.clear();
            } else if matches!(entry.outcome, AuditOutcome::Intended) {
                // It will not happen: there is nothing to tell of it.
                let keep = owed.len().saturating_sub(entry.messages.len().max(1));
                owed.truncate(keep);
            } else {
                let excess = owed.len().saturating_sub(OWED);
                owed.drain(..excess);
            }
            written
        };
        self.tell();
        written.map(|_| ()).map_err(refusal)
    }

    fn now(&self) -> Zoned {
        self.core.upgrade().map_or_else(Zoned::now, |core| core.zoned())
    }
}

impl Audit {
    /// What the store knows of the messages concerned. A store that cannot be read takes nothing away from the trace but
    /// these names.
    fn names(&self, entry: &AuditEntry) -> Names {
        let Some(store) = self.core.upgrade().and_then(|core| core.store().ok()) else {
            return Names::default();
        };
        let is_sent = matches!(entry.action, wire::Action::Send | wire::Action::AddressMessage);
        let outgoing = |message: &TracedMessage| {
            let id = message.message_id.as_ref()?;
            store.outgoing_by_message_id(id).ok()?.map(|outgoing| outgoing.id)
        };
        Names {
            validity: entry
                .mailbox
                .as_ref()
                .filter(|_| !entry.messages.is_empty())
                .and_then(|mailbox| store.uid_validity_of(&entry.context.bal, mailbox).ok().flatten()),
            outgoing: match entry.messages.as_slice() {
                [message] if is_sent || entry.action == wire::Action::Store => outgoing(message),
                _ => None,
            },
        }
    }

    /// One event for all the traces of a second.
    fn tell(&self) {
        if self.owed.telling.swap(true, Ordering::SeqCst) {
            return;
        }
        let (core, telling) = (self.core.clone(), Arc::clone(&self.owed.telling));
        let later = async move {
            tokio::time::sleep(TELL).await;
            telling.store(false, Ordering::SeqCst);
            if let Some(core) = core.upgrade() {
                core.emit(Event::Journal);
            }
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(later)),
            Err(_) => self.owed.telling.store(false, Ordering::SeqCst),
        }
    }
}

fn refusal(error: trace::JournalError) -> AuditFailure {
    AuditFailure(error.to_string())
}

/// What this workstation calls the messages of an entry.
#[derive(Debug, Clone, Copy, Default)]
struct Names {
    /// Of the folder: without it a UID names a message only until the folder is made again.
    validity: Option<UidValidity>,
    /// In the outbox.
    outgoing: Option<OutboxId>,
}

/// One trace, or one a message when several are concerned (EX_GDT_5050).
fn entries(entry: &AuditEntry, names: &Names) -> Vec<trace::Entry> {
    match entry.messages.as_slice() {
        [] => vec![one(entry, None, names)],
        messages => messages
            .iter()
            .map(|message| one(entry, Some(message), names))
            .collect(),
    }
}

/// The verb as sent. What changes something is traced twice, before and after: both bear the number of their exchange,
/// `#12`, which no other has until the program ends.
fn verb(entry: &AuditEntry) -> Line {
    let asked = Line::new(&entry.request);
    if !entry.action.changes() {
        return asked;
    }
    let number = format!(" #{}", entry.exchange);
    let mut end = asked.as_str().len().min(Line::LIMIT - number.len());
    while !asked.as_str().is_char_boundary(end) {
        end -= 1;
    }
    Line::new(&format!("{}{number}", &asked.as_str()[..end]))
}

/// The message as this workstation names it for ever: its place in the outbox, its folder and UID, or both.
fn internal_id(mailbox: Option<&str>, message: &TracedMessage, names: &Names) -> String {
    let sent = names.outgoing.map(|id| format!("outbox;ID={}", id.get()));
    let placed = message.uid.zip(mailbox).map(|(uid, mailbox)| match names.validity {
        Some(validity) => format!("{mailbox};UIDVALIDITY={};UID={uid}", validity.get()),
        None => format!("{mailbox};UID={uid}"),
    });
    let both: Vec<String> = sent.into_iter().chain(placed).collect();
    both.join(" ")
}

fn one(entry: &AuditEntry, message: Option<&TracedMessage>, names: &Names) -> trace::Entry {
    let facts = workstation::facts();
    let octets = match message {
        Some(message) if entry.messages.len() > 1 => message.size.unwrap_or(0),
        _ => entry.octets,
    };
    let sends = matches!(entry.action, wire::Action::Send | wire::Action::Store);
    let mail = message
        .map(|message| internal_id(entry.mailbox.as_deref(), message, names))
        .unwrap_or_default();
    let uids = match message.and_then(|message| message.uid) {
        Some(uid) => uid.to_string(),
        None => entry.uids.to_string(),
    };
    trace::Entry {
        at: entry.started_at.timestamp(),
        utc_offset: entry.started_at.offset().seconds(),
        clock_gap_ms: None,
        author: author(&entry.context.author),
        bal: Some(trace::Bal {
            address: entry.context.bal.clone(),
            kind: Some(entry.context.kind),
        }),
        action: action(entry.action, entry.protocol),
        request: trace::Request {
            protocol: match entry.protocol {
                wire::Protocol::Imap => trace::Protocol::Imap,
                wire::Protocol::Smtp => trace::Protocol::Smtp,
                wire::Protocol::Sieve => trace::Protocol::Sieve,
            },
            verb: verb(entry),
            mailbox: Line::new(entry.mailbox.as_deref().unwrap_or_default()),
            uids: Line::new(&uids),
            octets_out: if sends { octets } else { 0 },
            octets_in: if sends { 0 } else { octets },
        },
        outcome: outcome(&entry.outcome),
        duration_ms: u64::try_from(entry.took.as_millis()).unwrap_or(u64::MAX),
        mail: Line::new(&mail),
        message_id: message.and_then(|message| message.message_id.clone()),
        sender: message.and_then(|message| message.from.clone()),
        recipients: message.map(|message| message.to.clone()).unwrap_or_default(),
        encoded_size: message.and_then(|message| message.size),
        workstation: trace::Workstation {
            os: Line::new(&facts.os),
            os_version: Line::new(&facts.os_version),
            pli_version: Line::new(&facts.pli),
            host: Line::new(&facts.host),
            address: Line::new(&entry.local.map(|local| local.to_string()).unwrap_or_default()),
        },
        server: Some(trace::Server {
            name: Line::new(&entry.server.host),
            address: Line::new(&match entry.server.ip {
                Some(ip) => std::net::SocketAddr::new(ip, entry.server.port).to_string(),
                None => format!(":{}", entry.server.port),
            }),
        }),
    }
}

fn author(author: &wire::Author) -> Option<trace::Author> {
    let method = match author.authentication {
        wire::Authentication::PscCode => trace::Authentication::PscCode,
        wire::Authentication::PscCiba => trace::Authentication::PscCiba,
        wire::Authentication::Certificate => trace::Authentication::Certificate,
        wire::Authentication::None => return None,
    };
    Some(trace::Author {
        national_id: author.national_id.clone(),
        name: Line::new(&author.display),
        method,
    })
}

fn action(action: wire::Action, protocol: wire::Protocol) -> trace::Action {
    match action {
        wire::Action::Connect => trace::Action::Connect,
        wire::Action::Login => trace::Action::Login,
        wire::Action::ListFolders | wire::Action::CreateFolder => trace::Action::Folders,
        wire::Action::OpenFolder | wire::Action::Watch => trace::Action::Sync,
        wire::Action::ReadHeaders | wire::Action::ReadMessages => trace::Action::Receive,
        wire::Action::ChangeFlags => trace::Action::Flag,
        wire::Action::Move => trace::Action::Move,
        wire::Action::Store => trace::Action::Append,
        wire::Action::Delete => trace::Action::Delete,
        wire::Action::Search => trace::Action::Search,
        wire::Action::ReadQuota => trace::Action::Quota,
        wire::Action::ReadRules | wire::Action::ChangeRules => trace::Action::Rule,
        wire::Action::Inquire => match protocol {
            wire::Protocol::Imap => trace::Action::Sync,
            wire::Protocol::Smtp | wire::Protocol::Sieve => trace::Action::Connect,
        },
        wire::Action::AddressMessage | wire::Action::Send => trace::Action::Send,
        wire::Action::Logout => trace::Action::Disconnect,
    }
}

fn outcome(outcome: &AuditOutcome) -> trace::Outcome {
    match outcome {
        AuditOutcome::Intended => trace::Outcome::Intended,
        AuditOutcome::Answered {
            accepted,
            code,
            detail,
            text,
        } => {
            let (code, enhanced) = (Line::new(code), Line::new(detail.as_deref().unwrap_or_default()));
            let text = Line::new(text);
            if *accepted {
                trace::Outcome::Done { code, enhanced, text }
            } else {
                trace::Outcome::Refused { code, enhanced, text }
            }
        }
        AuditOutcome::Failed { what } => trace::Outcome::Failed { what: Line::new(what) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pli_terms::{Address, BalKind, Uid, UidSet};

    fn asked(action: wire::Action, outcome: AuditOutcome) -> AuditEntry {
        AuditEntry {
            exchange: 41,
            started_at: Zoned::now(),
            took: Duration::ZERO,
            context: wire::AuditContext {
                author: wire::Author {
                    national_id: None,
                    display: "Dr Martin".to_owned(),
                    authentication: wire::Authentication::PscCode,
                },
                bal: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
                kind: BalKind::Per,
            },
            protocol: wire::Protocol::Imap,
            action,
            server: wire::Server {
                host: "imap.alpha.mssante.test".to_owned(),
                port: 993,
                ip: None,
            },
            local: None,
            request: format!("UID STORE 3 {}", "é".repeat(400)),
            mailbox: Some("INBOX".to_owned()),
            uids: UidSet::default(),
            messages: vec![TracedMessage {
                uid: Uid::new(3),
                ..TracedMessage::default()
            }],
            octets: 0,
            outcome,
        }
    }

    #[test]
    fn what_was_asked_and_what_came_of_it_bear_the_same_number_however_long_the_request() {
        let done = AuditOutcome::Answered {
            accepted: true,
            code: "OK".to_owned(),
            detail: None,
            text: String::new(),
        };
        let names = Names::default();
        for outcome in [AuditOutcome::Intended, done] {
            let changed = entries(&asked(wire::Action::ChangeFlags, outcome.clone()), &names);
            assert!(changed[0].request.verb.as_str().ends_with(" #41"), "{changed:?}");
            let read = entries(&asked(wire::Action::ReadHeaders, outcome), &names);
            assert!(!read[0].request.verb.as_str().contains('#'));
        }
    }

    #[test]
    fn a_message_is_named_by_all_that_is_known_of_it() {
        let entry = asked(wire::Action::ChangeFlags, AuditOutcome::Intended);
        let mut names = Names {
            validity: UidValidity::new(7),
            outgoing: None,
        };
        let mail = |names: &Names| entries(&entry, names)[0].mail.as_str().to_owned();
        assert_eq!(mail(&names), "INBOX;UIDVALIDITY=7;UID=3");
        names.outgoing = Some(OutboxId::from_raw(12));
        assert_eq!(mail(&names), "outbox;ID=12 INBOX;UIDVALIDITY=7;UID=3");
        assert_eq!(mail(&Names::default()), "INBOX;UID=3");
    }
}
