//! Purges: a plan, what becomes of it, and when one runs by itself (EX_GBP_3050).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DocumentKind, Id, Instant};
use crate::failure::{Code, Failure};

/// What a purge is asked to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "of",
    deny_unknown_fields
)]
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
        /// Older than so many days, 0 to 3,650.
        older_than_days: u32,
    },
    /// Messages that the person chose, of one BAL.
    Chosen {
        /// Which, at most 10,000.
        messages: Vec<Id>,
    },
}

/// What a purge is about, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "of")]
pub enum PurgeAbout {
    /// What was sent.
    Sent {
        /// Older than so many days.
        older_than_days: u32,
        /// Whether what is flagged is kept.
        keep_flagged: bool,
        /// Whether what is not known to have been delivered is kept.
        keep_unknown_fate: bool,
        /// Whether what is with a patient and not filed yet is kept.
        keep_unfiled: bool,
    },
    /// The bin.
    Trash {
        /// Older than so many days.
        older_than_days: u32,
    },
    /// Messages that the person chose.
    Chosen,
}

/// How far a purge has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum PurgeState {
    /// Its plan is made; nothing is deleted.
    Planned,
    /// It goes on.
    Running,
    /// Stopped by the person, or by the end of the program: it may go on where it was.
    Stopped,
    /// Done.
    Done,
    /// It ended before its plan was done, and does not go on.
    Failed,
}

/// Why a message is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum KeptWhy {
    /// Not old enough.
    TooRecent,
    /// Flagged.
    Flagged,
    /// Not known to have been delivered.
    FateUnknown,
    /// With a patient, and not filed yet.
    NotFiled,
    /// Not read.
    Unread,
    /// Somebody has it in hand.
    HandledBySomebody,
    /// Asked to be kept here, and its body is not here yet.
    NotStoredHere,
    /// Flagged since the plan was made.
    FlaggedSince,
    /// Another message has its place on the server.
    AnotherMessage,
    /// Changed since the plan was made: moved, filed, or its mark taken back.
    ChangedSince,
}

/// Messages kept for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Why.
    pub why: KeptWhy,
    /// How many.
    pub count: u32,
}

/// Part of a plan, by what the messages carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PurgeGroup {
    /// What they carry.
    pub kind: DocumentKind,
    /// How many.
    pub count: u32,
    /// Their octets.
    #[ts(type = "number")]
    pub octets: u64,
    /// The oldest.
    pub oldest: Option<Instant>,
    /// The newest.
    pub newest: Option<Instant>,
}

/// A purge: its plan, then its report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Purge {
    /// Its number.
    pub id: Id,
    /// The BAL.
    pub account: Id,
    /// What it is about.
    pub scope: PurgeAbout,
    /// Whether a copy stays on this workstation.
    pub keep_local: bool,
    /// Whether a schedule made it.
    pub scheduled: bool,
    /// How far it has come.
    pub state: PurgeState,
    /// When the plan was made.
    pub planned_at: Instant,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// The folder's name; `null` when there are several.
    pub folder_name: Option<String>,
    /// Messages of the plan.
    pub count: u32,
    /// Their octets.
    #[ts(type = "number")]
    pub octets: u64,
    /// The oldest of them.
    pub oldest: Option<Instant>,
    /// The newest of them.
    pub newest: Option<Instant>,
    /// The plan by what the messages carry.
    pub groups: Vec<PurgeGroup>,
    /// What the plan leaves, and why.
    pub kept: Vec<Kept>,
    /// Why the plan may not begin; `null`: it may.
    pub obstacle: Option<Code>,
    /// Deleted by this purge.
    pub done: u32,
    /// Gone already when their turn came.
    pub already_gone: u32,
    /// Of the plan, and spared since: they changed meanwhile.
    pub spared: Vec<Kept>,
    /// Of the plan, and still to do.
    pub left: u32,
    /// Octets used in the BAL before.
    #[ts(type = "number | null")]
    pub quota_before: Option<u64>,
    /// Octets used in the BAL after.
    #[ts(type = "number | null")]
    pub quota_after: Option<u64>,
    /// What stopped it.
    pub problem: Option<Failure>,
}

/// The folder that holds what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SentFolder {
    /// The folder.
    pub folder: Id,
    /// Whether the person chose it; else the operator says so.
    pub chosen: bool,
}

/// How often something runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Every {
    /// Each day.
    Daily,
    /// Each week.
    Weekly,
    /// Each month.
    Monthly,
}

/// The purge of sent items that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PurgeSchedule {
    /// Whether it runs.
    pub enabled: bool,
    /// How often.
    pub every: Every,
    /// Older than so many days, 0 to 3,650.
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
    pub last_run: Option<Instant>,
    /// When it runs next.
    pub next_run: Option<Instant>,
    /// A plan that is much larger than the last one waits for the person's word: its number.
    pub waits: Option<Id>,
    /// Whether the organisation fixed it.
    pub fixed: bool,
}
