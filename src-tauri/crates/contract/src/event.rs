//! What a window is told without asking.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::view::{Id, LoginState, OutgoingState, SessionState};

/// Something changed. An event says what to ask for again; it never carries content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "event")]
pub enum Event {
    /// The vault was opened or closed.
    Vault,
    /// A BAL was added, removed, renamed, or its counts or quota changed.
    Accounts,
    /// A BAL's connection changed.
    Session {
        /// The BAL.
        account: Id,
        /// Its state now.
        state: SessionState,
    },
    /// A login moved.
    Login {
        /// How far it has come.
        login: LoginState,
    },
    /// Who is logged in changed, or the session ended: ask for it, and for the BALs, again.
    Identity,
    /// The profile was locked or unlocked, or the lock's settings changed: ask for the status again.
    Lock,
    /// A profile was added or renamed, what is known of the one shown changed, or another is shown: ask for the status
    /// again. When its profile is another, everything shown before is another person's and must go.
    Profile,
    /// A BAL's client certificate ends soon, or has ended. Told once for each threshold while Pli runs.
    Certificate {
        /// The BAL.
        account: Id,
        /// The threshold reached: 60, 30 or 7 days left at most; 0 once it is over.
        notice: u16,
    },
    /// A sync moves on.
    Sync {
        /// The BAL.
        account: Id,
        /// What it does: `headers`, `bodies`, `changes`, `idle` (nothing left to do).
        phase: String,
        /// Done so far.
        done: u32,
        /// To do in all.
        total: u32,
    },
    /// Rows of this folder changed: ask for what is shown again.
    Messages {
        /// The BAL.
        account: Id,
        /// The folder.
        folder: Id,
        /// Messages that were not known before.
        new: u32,
    },
    /// One message's body arrived.
    Body {
        /// The message.
        message: Id,
    },
    /// The list of folders changed.
    Folders {
        /// The BAL.
        account: Id,
    },
    /// A draft was stored, by this window or another.
    Draft {
        /// The draft.
        draft: Id,
        /// Its revision now; 0 when it is gone.
        revision: u32,
    },
    /// A message on its way moved.
    Outgoing {
        /// The outbox entry.
        outgoing: Id,
        /// Its state now.
        state: OutgoingState,
    },
    /// The journal grew, was pruned, or its settings changed.
    Journal,
    /// A verification of the journal moves on. The last one has `done` equal to `total`.
    JournalProgress {
        /// Traces gone through so far.
        done: u32,
        /// Traces in all.
        total: u32,
    },
    /// A BAL's room, its level or its warning changed: ask for them again.
    Quota {
        /// The BAL.
        account: Id,
    },
    /// A purge moves on, or changes state.
    Purge {
        /// The BAL.
        account: Id,
        /// The purge.
        purge: Id,
        /// Messages done so far.
        done: u32,
        /// Messages of its plan.
        total: u32,
    },
    /// The rules on a BAL's server changed, or an automatic reply began or ended.
    Rules {
        /// The BAL.
        account: Id,
    },
    /// Who takes charge of messages of a BAL changed: ask for what is shown again, and for the BALs, whose counts changed.
    Handling {
        /// The BAL.
        account: Id,
    },
    /// What is to be said of a BAL's life changed.
    BoxLife {
        /// The BAL.
        account: Id,
    },
    /// A backup, its check or its restoration moves on; `done` and `total` are KiB.
    BackupProgress {
        /// Done so far.
        done: u32,
        /// In all.
        total: u32,
    },
}
