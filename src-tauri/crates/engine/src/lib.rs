//! The use cases: accounts, sync, outbox, drafts, search, journal.
//!
//! [`Engine`] is what the contract, the command line and the test host hold: cheap to clone, every use case a method.
//! Behind it, [`core::Core`] holds what they share, and each BAL has one task ([`sync`]) that follows its server.
//!
//! Whatever waits for the network is `async`; whatever works with the disk runs on a thread that may block. Nothing here
//! asks the system for the time: [`Options::clock`] tells it.

mod accounts;
mod audit;
mod backup;
mod box_color;
mod box_life;
mod certificates;
mod clock;
mod clock_truth;
mod collector;
mod connect;
mod core;
mod discovery;
mod drafts;
mod error;
mod event;
mod folders;
mod handling;
mod home;
mod identities;
mod journal;
mod limits;
mod lock;
mod login;
mod memory;
mod messages;
mod ops;
mod options;
mod outbox;
pub mod policy;
pub mod profile;
mod provider;
mod purge;
mod quota;
mod rules;
mod runtime;
mod search;
mod settings;
mod space;
mod suggest;
mod sync;
pub mod technical;
mod vault;
mod workstation;

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::connect::Reach;
use crate::core::{Core, Ground};

// What the contract and the command line need of the crates below, without an edge of their own to each.
pub use {pli_identity, pli_message, pli_store, pli_terms, pli_tls, pli_trace, pli_wire};

pub use accounts::{Account, NewBal};
pub use backup::{
    Backup, BackupChecked, BackupEvery, BackupSchedule, BackupScheduleSet, BackupScope, EXTENSION as BACKUP_EXTENSION,
    RestoreOptions, backup_check, backup_restore,
};
pub use box_color::BoxColor;
pub use box_life::{BoxAnnouncement, BoxKeep, BoxKept, BoxLife, BoxNotice, BoxRetention, OperatorFacts};
pub use certificates::CertificateView;
pub use clock::{Clock, SystemClock};
pub use collector::{CollectorView, Trouble as CollectorTrouble};
pub use discovery::{Discovered, Servers};
pub use drafts::{Draft, DraftCheck, DraftEdit, DraftFile, DraftFrom, DraftProblem, Party};
pub use error::{BackupProblem, EngineError, PurgeProblem, RulesProblem};
pub use event::{Event, LoginId, LoginState, SessionState, SyncPhase};
pub use handling::Handling;
pub use home::Home;
pub use journal::{
    JournalPage, JournalRestoration, JournalSet, JournalSettings, JournalTrace, JournalVerified, journal_check,
};
pub use lock::{LockReason, LockSettings, LockView};
pub use login::{LoginHint, LoginRequest, LoginWay, SessionView, WayKind};
pub use messages::{MessageView, Part};
pub use options::{Browser, Options};
pub use outbox::{Fate, Outgoing, OutgoingRecipient, Problem};
pub use pli_identity::{AuthenticationMethod, Channel};
pub use pli_store::{
    AuthorId, Carried, Fact, FactWhat, HandlingMark, HandlingSet, HandlingState, Keywords, Person, ToHandle,
};
pub use policy::Policy;
pub use profile::{Profile, ProfileView};
pub use provider::{ProviderCheck, ProviderSetting};
pub use purge::{
    Every, Kept, LONGEST_DAYS, MOST_CHOSEN, Purge, PurgeGroup, PurgeRow, PurgeSchedule, PurgeScope, SentFolder,
};
pub use quota::{Forecast, Gauge, Quota, QuotaLevel, QuotaPoint, QuotaSource, QuotaView, QuotaWarning, Room};
pub use rules::{
    AnswerNotice, Answered, AutoReply, Redirect, Rules, RulesOffer, RulesSet, RulesSupport, SortRule, SortThen,
    SortWhen, Standing,
};
pub use search::SearchResult;
pub use space::{DocumentKind, Space, SpaceBy, SpaceFilter, SpaceGroup, SpacePage, SpaceRow};
pub use vault::{Status, VaultState};

/// A profile at work. Cheap to clone; the last one dropped stops nothing by itself: call [`Engine::stop`].
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("home", &self.core.home)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Takes a profile for this process. The vault stays closed: [`Engine::vault_open`] opens it, [`Engine::unlock`] when
    /// it is locked. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`EngineError::InUse`] when another process has it, [`EngineError::Home`] when the folder cannot be used,
    /// [`EngineError::Policy`] and [`EngineError::ProfileDamaged`] when what is written there cannot be relied on.
    pub fn start(home: Home, options: Options) -> Result<Self, EngineError> {
        memory::leave_no_dump();
        let policy = policy(&options)?;
        let held = home.take()?;
        backup::finish_restoring(&home)?;
        let profile = profile::ProfileFile::open(&home)?;
        let reach = Reach::new(&home, &options)?;
        let lock = lock::at_start(&home, &options, &profile)?;
        let core = Arc::new(Core::new(Ground {
            home,
            options,
            policy,
            profile,
            lock,
            reach,
            held,
        }));
        technical::set_months(journal::technical_months(&core));
        if core.options.background {
            tokio::spawn(lock::watch(Arc::downgrade(&core)));
        }
        Ok(Self { core })
    }

    /// Ends everything in order: connections say good-bye, what is being stored is finished, the store is closed, the
    /// profile is free for another process. Nothing can be asked of this engine afterwards.
    pub async fn stop(&self) {
        self.core.begin_stop();
        self.vault_close().await;
        self.core.release();
    }

    /// Listens to what happens from now on. A listener that lags is told so by its channel.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.core.subscribe()
    }

    /// The profile's folder.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.core.home
    }
}

fn policy(options: &Options) -> Result<Policy, EngineError> {
    #[cfg(feature = "local-operator")]
    if let Some(path) = &options.policy {
        return Policy::from_file(path);
    }
    let _ = options;
    Policy::of_workstation()
}
