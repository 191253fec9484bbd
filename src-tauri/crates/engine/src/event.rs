//! What the engine tells whoever listens.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pli_store::{AccountId, DraftId, FolderId, MailId, OutboxId, OutboxState};

use crate::error::EngineError;

/// Something changed. An event says what to ask for again; it never carries content.
///
/// Listeners that lag behind are told so by their channel ([`tokio::sync::broadcast`]): they ask for everything again.
#[derive(Debug, Clone)]
pub enum Event {
    /// The vault was opened or closed.
    Vault,
    /// A BAL was added, removed, renamed, or its counts or quota changed.
    Accounts,
    /// A BAL's connection changed.
    Session {
        /// The BAL.
        account: AccountId,
        /// Its state now.
        state: SessionState,
    },
    /// A login moved.
    Login {
        /// How far it has come.
        login: LoginState,
    },
    /// Who is logged in changed, or the session ended: [`crate::Engine::session`] tells.
    Identity,
    /// The profile was locked or unlocked, or its lock's settings changed.
    Lock,
    /// The profile's own description changed: its name, its person, its provider.
    Profile,
    /// A BAL's client certificate ends soon, or has ended. Told once for each threshold while the engine runs.
    Certificate {
        /// The BAL.
        account: AccountId,
        /// The threshold reached: 60, 30 or 7 days left at most; 0 when it has ended.
        notice: u16,
    },
    /// A sync moves on.
    Sync {
        /// The BAL.
        account: AccountId,
        /// What it does.
        phase: SyncPhase,
        /// Done so far.
        done: u32,
        /// To do in all.
        total: u32,
    },
    /// Rows of this folder changed.
    Messages {
        /// The BAL.
        account: AccountId,
        /// The folder.
        folder: FolderId,
        /// Messages that were not known before.
        new: u32,
    },
    /// One message's body arrived.
    Body {
        /// The message.
        message: MailId,
    },
    /// The list of folders changed.
    Folders {
        /// The BAL.
        account: AccountId,
    },
    /// A draft was stored.
    Draft {
        /// The draft.
        draft: DraftId,
        /// Its revision now; 0 when it is gone.
        revision: u32,
    },
    /// A message on its way moved.
    Outgoing {
        /// The outbox entry.
        outgoing: OutboxId,
        /// Its state now.
        state: OutboxState,
    },
    /// The journal grew, or what is kept of it changed.
    Journal,
    /// A verification of the journal goes on.
    JournalProgress {
        /// Traces verified so far.
        done: u64,
        /// Traces in all.
        total: u64,
    },
    /// A BAL's room, its level or its warning changed (EX_GBM_4470).
    Quota {
        /// The BAL.
        account: AccountId,
    },
    /// A purge moves on, or changes state (EX_GBP_3050).
    Purge {
        /// The BAL.
        account: AccountId,
        /// The purge.
        purge: i64,
        /// Messages done so far.
        done: u64,
        /// Messages of its plan.
        total: u64,
    },
    /// The rules on a BAL's server changed, or an automatic reply began or ended (EX_GBM_4471).
    Rules {
        /// The BAL.
        account: AccountId,
    },
    /// Who takes charge of messages of a BAL changed. What is left to do is told by [`Event::Accounts`] besides.
    Handling {
        /// The BAL.
        account: AccountId,
    },
    /// What is to be said of a BAL's life changed.
    BoxLife {
        /// The BAL.
        account: AccountId,
    },
    /// A backup, its check or its restoration goes on (EX_SSI_5110).
    BackupProgress {
        /// Octets done so far.
        done: u64,
        /// Octets in all.
        total: u64,
    },
}

/// A BAL's connection as a person understands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionState {
    /// No identity: a login is needed before anything can reach the server.
    #[default]
    LoggedOut,
    /// Identity known, server being reached.
    Connecting,
    /// Connected.
    Online,
    /// Identity known, server not reachable: tried again by itself.
    Offline,
}

/// What a sync is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncPhase {
    /// Lists headers that were not known.
    Headers,
    /// Fetches whole messages.
    Bodies,
    /// Compares what changed, pushes local changes.
    Changes,
    /// Nothing left to do.
    Idle,
}

impl SyncPhase {
    /// The word that windows know it by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Bodies => "bodies",
            Self::Changes => "changes",
            Self::Idle => "idle",
        }
    }
}

/// Number of a login, unique while the engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginId(pub(crate) u32);

impl LoginId {
    /// The login of this number, as a window gives it back.
    #[must_use]
    pub fn from_raw(value: u32) -> Self {
        Self(value)
    }

    /// Its number, from 1.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// How far a login has come.
#[derive(Debug, Clone)]
pub enum LoginState {
    /// The browser was opened on the identity provider (SC.PSC.01).
    Browser {
        /// The login, to cancel it.
        login: LoginId,
        /// The address to open by hand when no browser opened.
        url: String,
    },
    /// The person's phone, or card, was asked (SC.PSC.13).
    Phone {
        /// The login, to cancel it.
        login: LoginId,
        /// Two digits, which the phone must show too.
        digits: String,
        /// When the request lapses.
        expires_at: Timestamp,
        /// How long the request lives from its beginning on.
        lifetime: Duration,
    },
    /// Done.
    Done {
        /// The login.
        login: LoginId,
        /// The person's name as Pro Santé Connect gives it, or the certificate's subject.
        name: String,
    },
    /// Ended without an identity.
    Failed {
        /// The login.
        login: LoginId,
        /// Why.
        error: Arc<EngineError>,
    },
}

impl LoginState {
    /// Which login it is about.
    #[must_use]
    pub fn login(&self) -> LoginId {
        match self {
            Self::Browser { login, .. }
            | Self::Phone { login, .. }
            | Self::Done { login, .. }
            | Self::Failed { login, .. } => *login,
        }
    }
}
