//! What a purge is, as windows and `pli` see it (EX_GBP_3050).

use std::sync::Arc;

use jiff::Timestamp;
use pli_store::{AccountId, DocumentKind, FolderId, KeptWhy, MailId, PurgeId, PurgeState, PurgeStep};
use pli_terms::{MessageId, Uid};
use serde::{Deserialize, Serialize};

use crate::error::{EngineError, PurgeProblem};

/// The oldest age that a scope may ask for, in days.
pub const LONGEST_DAYS: u32 = 3_650;

/// Messages that one purge may be asked to delete by name, at most.
pub const MOST_CHOSEN: usize = 10_000;

/// What a purge is asked to delete. One machine for what was sent, the bin, and chosen messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurgeScope {
    /// What was sent.
    Sent {
        /// Older than so many days, 0 to 3,650.
        older_than_days: u32,
        /// Keep what is flagged.
        keep_flagged: bool,
        /// Keep what is not known to have been delivered.
        keep_unknown_fate: bool,
        /// Keep what is with a patient and not filed yet.
        keep_unfiled: bool,
    },
    /// The bin.
    Trash {
        /// Older than so many days, 0 to 3,650; 0 empties it.
        older_than_days: u32,
    },
    /// Messages that the person chose, of any folders of one BAL; at most 10,000. A remembered purge has an empty list
    /// here: [`crate::Engine::purge_rows`] tells which they were.
    Chosen(Vec<MailId>),
}

/// Messages kept, or spared, for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Why.
    pub why: KeptWhy,
    /// How many.
    pub count: u32,
}

/// Part of a plan, by what its messages carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeGroup {
    /// What they carry.
    pub kind: DocumentKind,
    /// How many.
    pub count: u32,
    /// Their octets on the server.
    pub octets: u64,
    /// When the oldest was received or sent.
    pub oldest: Option<Timestamp>,
    /// When the newest was.
    pub newest: Option<Timestamp>,
}

/// A purge: its plan, then how it goes, then its report.
#[derive(Debug, Clone)]
pub struct Purge {
    /// Its number.
    pub id: PurgeId,
    /// The BAL.
    pub account: AccountId,
    /// What it is about.
    pub scope: PurgeScope,
    /// Whether a copy of each message stays on this workstation.
    pub keep_local: bool,
    /// Whether a schedule made it.
    pub scheduled: bool,
    /// How far it has come.
    pub state: PurgeState,
    /// When the plan was made.
    pub planned_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended, or was stopped.
    pub ended_at: Option<Timestamp>,
    /// The folder's name; none when there are several, or none at all.
    pub folder_name: Option<String>,
    /// Messages of the plan.
    pub count: u32,
    /// Their octets on the server.
    pub octets: u64,
    /// When the oldest of them was received or sent.
    pub oldest: Option<Timestamp>,
    /// When the newest was.
    pub newest: Option<Timestamp>,
    /// The plan by what the messages carry.
    pub groups: Vec<PurgeGroup>,
    /// What the plan leaves, and why.
    pub kept: Vec<Kept>,
    /// Why the plan may not begin, as far as is known before the server is asked.
    pub obstacle: Option<PurgeProblem>,
    /// Deleted by this purge.
    pub done: u32,
    /// Gone already when their turn came.
    pub already_gone: u32,
    /// Of the plan, and spared since: they changed meanwhile.
    pub spared: Vec<Kept>,
    /// Of the plan, and still to do.
    pub left: u32,
    /// Octets used in the BAL before, where the operator tells it.
    pub quota_before: Option<u64>,
    /// Octets used in the BAL after.
    pub quota_after: Option<u64>,
    /// What stopped it.
    pub problem: Option<Arc<EngineError>>,
}

/// One message of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeRow {
    /// The message as this workstation knew it.
    pub mail: MailId,
    /// Its folder's name.
    pub folder: String,
    /// Its UID there.
    pub uid: Uid,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// When it was received or sent.
    pub date: Timestamp,
    /// Its octets on the server.
    pub octets: u64,
    /// What it carries.
    pub kind: DocumentKind,
    /// Where it stands.
    pub step: PurgeStep,
    /// Why it is spared.
    pub why: Option<KeptWhy>,
}

/// How often something runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Each day.
    Daily,
    /// Every seven days.
    Weekly,
    /// Each month, on the same day.
    Monthly,
}

/// The purge of a BAL's sent items that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeSchedule {
    /// Whether it runs.
    pub enabled: bool,
    /// How often.
    pub every: Every,
    /// Older than so many days, 0 to 3,650; 30 by default.
    pub older_than_days: u32,
    /// Keep what is flagged.
    pub keep_flagged: bool,
    /// Keep what is not known to have been delivered.
    pub keep_unknown_fate: bool,
    /// Keep what is with a patient and not filed yet.
    pub keep_unfiled: bool,
    /// Keep a copy on this workstation.
    pub keep_local: bool,
    /// Empty the bin too, of what is older than so many days.
    pub trash_older_than_days: Option<u32>,
    /// When it last ran.
    pub last_run: Option<Timestamp>,
    /// When it runs next; none while it does not run.
    pub next_run: Option<Timestamp>,
    /// A plan much larger than the last one waits for the person's word: its number.
    pub waits: Option<PurgeId>,
    /// Whether the workstation's policy fixes it.
    pub fixed: bool,
}

/// The folder that holds what was sent, and how that is known: never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentFolder {
    /// The folder.
    pub folder: FolderId,
    /// Whether the person chose it; else the server says so (RFC 6154).
    pub chosen: bool,
}
