//! What people do on this workstation, without a server: recorded before they see it done (SC.MSS/CONF.18, EX_GDT_5050).

use std::sync::Arc;
use std::time::Instant;

use jiff::Zoned;
use pli_store::{AccountId, FolderId, MailId, OutboxId, TracedMail};
use pli_terms::{Address, FolderWord, MessageId, Wording};
use pli_trace::{Action, Authentication, Author, Bal, Entry, Exchange, Outcome, Protocol, Request, Server};

use super::{entries, names};
use crate::core::Core;
use crate::error::EngineError;

/// An action of this workstation, as its trace will tell it.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    /// What was done.
    pub(crate) action: Action,
    /// In words of the source.
    pub(crate) verb: Wording,
    /// [`Protocol::Local`], unless a server took part.
    pub(crate) protocol: Protocol,
    /// The BAL that it is about.
    pub(crate) bal: Option<Bal>,
    /// The message that it is about.
    pub(crate) message: Option<TracedMail>,
    /// The message of the outbox that it is about.
    pub(crate) outgoing: Option<Outgoing>,
    /// The shown name of the folder of destination.
    pub(crate) target: Option<String>,
    /// What came of it; done, unless said otherwise.
    pub(crate) outcome: Outcome,
    /// How long it took, in milliseconds.
    pub(crate) duration_ms: u64,
    /// The server that took part.
    pub(crate) server: Option<Server>,
    /// The network address of this workstation towards it.
    pub(crate) address: Option<Wording>,
    /// Who did it, where that is another than who is known to be here.
    pub(crate) author: Option<Author>,
    /// What ties it to its intention.
    pub(crate) exchange: Option<Exchange>,
    /// When; now, unless said otherwise.
    pub(crate) at: Option<Zoned>,
    /// Octets sent and received.
    pub(crate) octets: (u64, u64),
}

impl Local {
    pub(crate) fn new(action: Action, verb: Wording) -> Self {
        Self {
            action,
            verb,
            protocol: Protocol::Local,
            bal: None,
            message: None,
            outgoing: None,
            target: None,
            outcome: Outcome::done(Wording::empty()),
            duration_ms: 0,
            server: None,
            address: None,
            author: None,
            exchange: None,
            at: None,
            octets: (0, 0),
        }
    }

    /// About this BAL.
    pub(crate) fn of(mut self, bal: Option<Bal>) -> Self {
        self.bal = bal;
        self
    }

    /// About this message, and its BAL.
    pub(crate) fn about(mut self, message: TracedMail) -> Self {
        self.bal = Some(Bal {
            address: message.bal.clone(),
            kind: Some(message.kind),
        });
        self.message = Some(message);
        self
    }

    /// With this outcome.
    pub(crate) fn with(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// A message of the outbox as a trace names it.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    /// None while it has no number yet.
    pub(crate) id: Option<OutboxId>,
    pub(crate) message_id: MessageId,
    pub(crate) from: Address,
    pub(crate) to: Vec<Address>,
    pub(crate) size: u64,
}

/// An action that was recorded as about to happen.
#[derive(Debug)]
#[must_use = "what came of it is to be recorded"]
pub(crate) struct Asked {
    local: Local,
    began: Instant,
}

impl Core {
    /// Records what is about to be done here, or shown: durable when this returns. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// When the journal is closed or refuses: it must not be done then.
    pub(crate) fn record(&self, local: Local) -> Result<(), EngineError> {
        let entry = self.entry_of(local);
        self.owed.write(&*self.journal()?, vec![entry])?;
        Ok(())
    }

    /// As [`Core::record`]; while the journal is closed, the trace is owed: for what may be done before the profile is open.
    ///
    /// # Errors
    /// When the journal refuses: it must not be done then.
    pub(crate) fn note(&self, local: Local) -> Result<(), EngineError> {
        let entry = self.entry_of(local);
        match self.journal() {
            Ok(journal) => Ok(self.owed.write(&journal, vec![entry])?),
            Err(_) => {
                self.owed.keep(entry);
                Ok(())
            }
        }
    }

    /// Records what has happened; owed while the journal is closed or refuses.
    ///
    /// # Errors
    /// When the journal refuses.
    pub(crate) fn note_after(&self, local: Local) -> Result<(), EngineError> {
        let entry = self.entry_of(local);
        match self.journal() {
            Ok(journal) => Ok(self.owed.write_or_keep(&journal, vec![entry])?),
            Err(_) => {
                self.owed.keep(entry);
                Ok(())
            }
        }
    }

    /// Records what has happened, whatever the journal says: while it is closed or refuses, the trace is kept in memory and
    /// written before anything else is done.
    pub(crate) fn owe(&self, local: Local) {
        let entry = self.entry_of(local);
        match self.journal() {
            Ok(journal) => {
                if let Err(error) = self.owed.write_or_keep(&journal, vec![entry]) {
                    tracing::warn!(%error, "a trace is owed to the journal");
                }
            }
            Err(_) => self.owed.keep(entry),
        }
    }

    /// Records what is about to be done, whose outcome [`Core::end`] records.
    ///
    /// # Errors
    /// As [`Core::record`].
    pub(crate) fn begin(&self, mut local: Local) -> Result<Asked, EngineError> {
        local.exchange = Some(Exchange(pli_wire::audit::next_exchange()));
        self.record(local.clone().with(Outcome::Intended))?;
        Ok(Asked {
            local,
            began: Instant::now(),
        })
    }

    /// Records what came of it. What has happened is owed when it cannot be written.
    ///
    /// # Errors
    /// When the journal is closed or refuses.
    pub(crate) fn end(&self, asked: Asked, outcome: Outcome) -> Result<(), EngineError> {
        let Asked { mut local, began } = asked;
        local.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let entry = self.entry_of(local.with(outcome));
        match self.journal() {
            Ok(journal) => Ok(self.owed.write_or_keep(&journal, vec![entry])?),
            Err(error) => {
                self.owed.keep(entry);
                Err(error)
            }
        }
    }

    /// As [`Core::record`], off the threads that must not block; windows are told.
    ///
    /// # Errors
    /// As [`Core::record`].
    pub(crate) async fn trace(self: &Arc<Self>, local: Local) -> Result<(), EngineError> {
        self.blocking(move |core| core.record(local)).await?;
        self.owed.tell(self);
        Ok(())
    }

    /// As [`Core::note`], off the threads that must not block; windows are told.
    ///
    /// # Errors
    /// As [`Core::note`].
    pub(crate) async fn trace_anytime(self: &Arc<Self>, local: Local) -> Result<(), EngineError> {
        self.blocking(move |core| core.note(local)).await?;
        self.owed.tell(self);
        Ok(())
    }

    /// As [`Core::owe`], off the threads that must not block.
    pub(crate) async fn trace_after(self: &Arc<Self>, local: Local) {
        // A task that cannot be run any more is that of a program that ends.
        let _ = self
            .blocking(move |core| {
                core.owe(local);
                Ok(())
            })
            .await;
        self.owed.tell(self);
    }

    /// As [`Core::record`], for several at once: all of them, or none.
    ///
    /// # Errors
    /// As [`Core::record`].
    pub(crate) fn record_all(&self, locals: Vec<Local>) -> Result<(), EngineError> {
        let entries = locals.into_iter().map(|local| self.entry_of(local)).collect();
        self.owed.write(&*self.journal()?, entries)?;
        Ok(())
    }

    /// Records one action on each of these messages, in one go. Those that are gone are left out.
    ///
    /// # Errors
    /// As [`Core::record`], and when the store cannot be read.
    pub(crate) fn record_messages(
        &self,
        action: Action,
        verb: &Wording,
        mails: &[MailId],
        target: Option<FolderId>,
    ) -> Result<(), EngineError> {
        let store = self.store()?;
        let target = target.map(|id| store.folder(id)).transpose()?;
        let target = target.map(|folder| folder.server.name);
        let entries = store
            .traced_mails(mails)?
            .into_iter()
            .map(|mail| {
                let mut local = Local::new(action, verb.clone()).about(mail);
                local.target = target.clone();
                self.entry_of(local)
            })
            .collect();
        self.owed.write(&*self.journal()?, entries)?;
        Ok(())
    }

    /// Windows are told that the journal grew.
    pub(crate) fn tell_journal(self: &Arc<Self>) {
        self.owed.tell(self);
    }

    /// The trace of an action of this workstation.
    pub(crate) fn entry_of(&self, local: Local) -> Entry {
        let now = local.at.unwrap_or_else(|| self.zoned());
        let key = self.folder_key().ok();
        let key = key.as_ref().map(|key| key.as_bytes());
        let (message, outgoing) = (local.message.as_ref(), local.outgoing.as_ref());
        let folder = message.and_then(|message| message.folder.as_deref()).zip(key);
        let folder = folder.map(|(name, key)| Wording::empty().and(&FolderWord::of(name, key)));
        let target = local.target.as_deref().zip(key);
        let target = target.map(|(name, key)| Wording::empty().and(&FolderWord::of(name, key)));
        let uid = message.and_then(|message| message.uid);
        Entry {
            at: now.timestamp(),
            utc_offset: now.offset().seconds(),
            clock: self.clock_truth.current(),
            author: local.author.or_else(|| self.author()),
            bal: local.bal,
            action: local.action,
            request: Request {
                protocol: local.protocol,
                verb: local.verb,
                mailbox: folder.unwrap_or_default(),
                target: target.unwrap_or_default(),
                uids: uid.map(|uid| Wording::empty().and(uid)).unwrap_or_default(),
                octets_out: local.octets.0,
                octets_in: local.octets.1,
            },
            outcome: local.outcome,
            exchange: local.exchange,
            duration_ms: local.duration_ms,
            mail: match (message, outgoing) {
                (Some(message), _) => names::of_mail(message, key),
                (None, Some(outgoing)) => outgoing.id.map(names::in_outbox).unwrap_or_default(),
                (None, None) => Wording::empty(),
            },
            message_id: message
                .and_then(|message| message.message_id.clone())
                .or_else(|| outgoing.map(|outgoing| outgoing.message_id.clone())),
            sender: message
                .and_then(|message| message.from.clone())
                .or_else(|| outgoing.map(|outgoing| outgoing.from.clone())),
            recipients: match (message, outgoing) {
                (Some(message), _) => message.to.clone(),
                (None, Some(outgoing)) => outgoing.to.clone(),
                (None, None) => Vec::new(),
            },
            encoded_size: message
                .map(|message| message.size)
                .or_else(|| outgoing.map(|outgoing| outgoing.size)),
            workstation: entries::workstation(local.address),
            server: local.server,
        }
    }

    /// Who is at this workstation: who is logged in, else the profile's person, whom nobody authenticated yet.
    pub(crate) fn author(&self) -> Option<Author> {
        if let Some(author) = self.identities.author() {
            return entries::author(&author);
        }
        let profile = self.profile.get();
        profile.national_id.map(|national_id| Author {
            national_id: Some(national_id),
            name: Wording::fact(&profile.person.unwrap_or_default()),
            method: Authentication::None,
        })
    }

    /// A BAL as a trace names it; none when it is not known, or the store is closed.
    pub(crate) fn bal(&self, account: AccountId) -> Option<Bal> {
        let settings = self.store().ok()?.account(account).ok()?.settings;
        Some(Bal {
            address: settings.address,
            kind: Some(settings.kind),
        })
    }

    /// A message of the outbox, and its BAL, as a trace names them.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or what the store answers.
    pub(crate) fn about_outgoing(&self, mut local: Local, id: OutboxId) -> Result<Local, EngineError> {
        let found = self.store()?.outgoing(id)?;
        local.bal = self.bal(found.account);
        local.outgoing = Some(Outgoing {
            id: Some(id),
            message_id: found.message_id,
            from: found.sender,
            to: found
                .recipients
                .into_iter()
                .map(|recipient| recipient.address)
                .collect(),
            size: found.size,
        });
        Ok(local)
    }

    /// A message as a trace names it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or what the store answers.
    pub(crate) fn traced(&self, mail: MailId) -> Result<TracedMail, EngineError> {
        let found = self.store()?.traced_mails(&[mail])?.pop();
        found.ok_or(EngineError::NotFound("message"))
    }
}
