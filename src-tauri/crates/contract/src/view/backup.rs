//! Backups: one encrypted file, checked once written, restored on an empty profile (EX_SSI_5110).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Every, Id, Instant};
use crate::failure::Failure;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "of", deny_unknown_fields)]
pub enum BackupScope {
    /// The whole profile: every BAL, the settings, the journal.
    Whole,
    /// One BAL.
    Bal {
        /// Which.
        account: Id,
    },
}

/// A backup that was written, then read back whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// The file's name, without its folder.
    pub file: String,
    /// Its octets.
    #[ts(type = "number")]
    pub octets: u64,
    /// Messages inside.
    pub messages: u32,
    /// Traces inside.
    pub traces: u32,
    /// Messages that this disk could not give: inside without their text, to be fetched from the operator again.
    pub unreadable: u32,
    /// When it was made.
    pub at: Instant,
}

/// A backup that was read whole with its passphrase; or what was restored of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupChecked {
    /// The file's name, without its folder.
    pub file: String,
    /// Its octets.
    #[ts(type = "number")]
    pub octets: u64,
    /// The version of Pli that made it.
    pub version: String,
    /// When it was made.
    pub at: Instant,
    /// Whether it holds the whole profile; else one BAL.
    pub whole: bool,
    /// The addresses of the BALs inside.
    pub bals: Vec<String>,
    /// Messages inside.
    pub messages: u32,
    /// Traces inside; 0 for one BAL: the journal is one for all.
    pub traces: u32,
    /// Drafts inside.
    pub drafts: u32,
    /// Messages of the outbox inside.
    pub outgoing: u32,
}

/// Backups that are made by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupSchedule {
    /// Whether they are made.
    pub enabled: bool,
    /// How often.
    pub every: Every,
    /// Where to, as the person chose it; `null`: not chosen yet.
    pub folder: Option<String>,
    /// Whether a passphrase was chosen for them.
    pub has_passphrase: bool,
    /// How many are kept, 1 to 100: the oldest go.
    pub keep: u32,
    /// When the last one was made.
    pub last: Option<Instant>,
    /// When the next one is due.
    pub next: Option<Instant>,
    /// What stopped the last one.
    pub trouble: Option<Failure>,
}
