//! What a purge works with besides its connection: the store, where each step is committed, and the journal, where each
//! deletion has its record. A trait, so that the machine can be run against servers and deaths that no real one will give.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use pli_store::{AccountId, KeptWhy, PurgeFolder, PurgeId, PurgeMail, Store, StoreError, TracedMail, read_recipients};
use pli_terms::{Address, Wording};
use pli_trace::{Action, Bal, Exchange, Outcome, Sequence};

use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::runtime::Runtime;

/// The most recipients told of a message.
const RECIPIENTS: usize = 100;

/// Traces read at once.
const PAGE: u32 = 1_000;

/// What a trace says of a message of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// It is about to be deleted.
    Intended,
    /// It is deleted for good, by us.
    Gone,
    /// It was gone already.
    Absent,
    /// It is spared.
    Spared(KeptWhy),
    /// The server refuses; it bears no mark of ours.
    Refused,
    /// Our mark on it is taken back: the server refused, or the purge was stopped.
    PutOff,
    /// The folder is not what it was: nothing is known of it any more.
    Lost,
}

/// What the journal has of the batch under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// Exchanges whose intention is written.
    pub(super) intended: BTreeSet<u64>,
    /// Exchanges whose outcome is written, and whether it says that the message is deleted.
    pub(super) ended: BTreeMap<u64, bool>,
}

pub(super) trait Desk: Sync {
    /// Works with the store.
    fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, EngineError>> + Send;

    /// Writes one trace for each of these messages, in one durable go, or none.
    fn write(
        &self,
        folder: &PurgeFolder,
        said: Vec<(PurgeMail, Said)>,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// The journal's last trace.
    fn journal_head(&self) -> impl Future<Output = Result<u64, EngineError>> + Send;

    /// What the journal has after this trace of these exchanges.
    fn written_since(
        &self,
        from: u64,
        exchanges: BTreeSet<u64>,
    ) -> impl Future<Output = Result<Written, EngineError>> + Send;

    /// An error when nothing new is to be begun.
    fn may_go_on(&self) -> Result<(), EngineError>;

    /// Now.
    fn now(&self) -> Timestamp;

    /// A number that no other exchange has.
    fn exchange(&self) -> u64 {
        pli_wire::audit::next_exchange()
    }
}

/// The desk of an open profile.
pub(super) struct Here {
    pub(super) core: Arc<Core>,
    pub(super) runtime: Arc<Runtime>,
    pub(super) account: AccountId,
    pub(super) purge: PurgeId,
    pub(super) bal: Option<Bal>,
}

impl Here {
    fn local(&self, folder: &PurgeFolder, mail: &PurgeMail, said: Said) -> Local {
        let verb = Wording::fixed("PURGE").and("ID=").then(self.purge.get());
        let mut local = Local::new(Action::Purge, verb).of(self.bal.clone());
        local.exchange = mail.exchange.map(Exchange);
        local.outcome = outcome(said);
        local.message = self.bal.as_ref().map(|bal| TracedMail {
            mail: mail.mail,
            account: self.account,
            bal: bal.address.clone(),
            kind: bal.kind.unwrap_or(pli_terms::BalKind::Per),
            folder: Some(folder.name.clone()),
            uid_validity: Some(folder.uid_validity),
            uid: Some(mail.uid),
            message_id: mail.message_id.clone(),
            from: Address::parse(&mail.sender).ok(),
            to: read_recipients(&mail.recipients)
                .iter()
                .filter_map(|(_, address)| Address::parse(address).ok())
                .take(RECIPIENTS)
                .collect(),
            size: mail.size,
        });
        local
    }
}

impl Desk for Here {
    async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.core.with_store(work).await
    }

    async fn write(&self, folder: &PurgeFolder, said: Vec<(PurgeMail, Said)>) -> Result<(), EngineError> {
        if said.is_empty() {
            return Ok(());
        }
        let locals: Vec<Local> = said
            .iter()
            .map(|(mail, said)| self.local(folder, mail, *said))
            .collect();
        self.core.blocking(move |core| core.record_all(locals)).await?;
        self.core.tell_journal();
        Ok(())
    }

    async fn journal_head(&self) -> Result<u64, EngineError> {
        self.core.blocking(|core| Ok(core.journal()?.head()?.sequence)).await
    }

    async fn written_since(&self, from: u64, exchanges: BTreeSet<u64>) -> Result<Written, EngineError> {
        self.core
            .blocking(move |core| {
                let journal = core.journal()?;
                let (mut at, mut written) = (from, Written::default());
                loop {
                    let page = journal.after(Sequence(at), PAGE)?;
                    let Some(last) = page.last() else { return Ok(written) };
                    at = last.sequence.0;
                    for record in &page {
                        let own = record.entry.exchange.map(|exchange| exchange.0);
                        let Some(own) = own.filter(|own| exchanges.contains(own)) else {
                            continue;
                        };
                        match record.entry.outcome {
                            Outcome::Intended => drop(written.intended.insert(own)),
                            Outcome::Done { .. } => drop(written.ended.insert(own, true)),
                            _ => drop(written.ended.entry(own).or_insert(false)),
                        }
                    }
                }
            })
            .await
    }

    fn may_go_on(&self) -> Result<(), EngineError> {
        let known = self.core.identities.has(self.account, self.runtime.method);
        if self.core.is_closing() || self.runtime.is_removed() {
            Err(EngineError::Stopped)
        } else if known {
            Ok(())
        } else {
            Err(EngineError::LoginNeeded)
        }
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }
}

fn outcome(said: Said) -> Outcome {
    match said {
        Said::Intended => Outcome::Intended,
        Said::Gone => Outcome::done(Wording::fixed("supprimé")),
        Said::Absent => Outcome::failed(Wording::fixed("déjà absent")),
        Said::Refused => Outcome::failed(Wording::fixed("non supprimé · refusé par le serveur")),
        Said::PutOff => Outcome::failed(Wording::fixed("non supprimé · marque retirée")),
        Said::Lost => Outcome::failed(Wording::fixed("issue inconnue · dossier remplacé")),
        Said::Spared(why) => Outcome::failed(Wording::fixed("épargné").and("·").and(match why {
            KeptWhy::FlaggedSince | KeptWhy::Flagged => "marqué d’un drapeau depuis",
            KeptWhy::AnotherMessage => "autre message à sa place",
            KeptWhy::HandledBySomebody => "pris en charge depuis",
            KeptWhy::NotStoredHere => "pas encore sur ce poste",
            KeptWhy::TooRecent | KeptWhy::FateUnknown | KeptWhy::NotFiled | KeptWhy::Unread | KeptWhy::ChangedSince => {
                "changé depuis"
            }
        })),
    }
}
