//! Backups: one encrypted file of everything that exists nowhere else, checked once it is written, restored on another
//! machine by its passphrase (EX_SSI_5110).
//!
//! A backup is made while the engine works: the store and the journal are copied as of one moment each. The file is under a
//! key of its own, which its passphrase alone gives back; whoever holds it needs neither this machine nor its keyring. What
//! it never holds: tokens, anything of a keyring, client certificates with their keys, this profile's own keys.

mod asking;
mod checking;
mod creating;
mod ending;
mod restoring;
mod schedule;
mod stream;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use pli_store::AccountId;
use secrecy::SecretString;

use crate::error::EngineError;

pub use checking::backup_check;
pub(crate) use ending::finish_restoring;
pub use restoring::backup_restore;
pub(crate) use schedule::keep_scheduled;

/// How the file's name ends.
pub const EXTENSION: &str = "plisauvegarde";

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupScope {
    /// The whole profile: every BAL, drafts, the outbox, the settings, the journal.
    Whole,
    /// One BAL: its messages, its drafts, what it sends, its settings. The journal is one chain for all BALs and cannot be
    /// cut: it is in whole backups only.
    Bal(AccountId),
}

/// A backup that was written, then read back whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// Its octets.
    pub octets: u64,
    /// Messages inside.
    pub messages: u64,
    /// Traces inside; 0 in a backup of one BAL.
    pub traces: u64,
    /// Messages whose octets could not be read on this disk: they are inside without them, to be fetched from their server
    /// again.
    pub unreadable: u64,
    /// When it was made.
    pub at: Timestamp,
    /// It was read back from the disk, whole, before it took its name. Always true.
    pub verified: bool,
}

/// What a backup says of itself, once it was read whole with its passphrase; or what was restored of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupChecked {
    /// The file.
    pub path: PathBuf,
    /// Its octets.
    pub octets: u64,
    /// The version of Pli that made it.
    pub version: String,
    /// When it was made.
    pub at: Timestamp,
    /// Whether it holds the whole profile; else one BAL.
    pub whole: bool,
    /// The addresses of the BALs inside.
    pub bals: Vec<String>,
    /// Messages inside.
    pub messages: u64,
    /// Traces inside; 0 in a backup of one BAL.
    pub traces: u64,
    /// Drafts inside.
    pub drafts: u64,
    /// Messages of the outbox inside.
    pub outgoing: u64,
}

/// How a backup is restored into an empty profile.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// What the restored profile opens with from now on; none: the system's keyring keeps its key.
    pub passphrase: Option<SecretString>,
}

/// How often backups are made by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupEvery {
    /// Each day.
    Daily,
    /// Each week.
    #[default]
    Weekly,
    /// Each month.
    Monthly,
}

/// Backups that are made by themselves, of the whole profile, while it is open.
#[derive(Debug, Clone)]
pub struct BackupSchedule {
    /// Whether they are made.
    pub enabled: bool,
    /// How often.
    pub every: BackupEvery,
    /// Where to; none: not chosen yet.
    pub folder: Option<PathBuf>,
    /// Whether a passphrase was chosen for them.
    pub has_passphrase: bool,
    /// How many are kept, 1 to 100: the oldest go, once a newer one was verified.
    pub keep: u32,
    /// When the last good one was made.
    pub last: Option<Timestamp>,
    /// When the next one is due.
    pub next: Option<Timestamp>,
    /// What stopped the last attempt; none after a good one.
    pub trouble: Option<Arc<EngineError>>,
}

/// What is changed of the schedule.
#[derive(Debug, Clone)]
pub struct BackupScheduleSet {
    /// Whether they are made.
    pub enabled: bool,
    /// How often.
    pub every: BackupEvery,
    /// Where to; none keeps the folder chosen before.
    pub folder: Option<PathBuf>,
    /// How many are kept, 1 to 100.
    pub keep: u32,
    /// The passphrase of the backups to come, 12 characters or more; none keeps the one chosen before.
    pub passphrase: Option<SecretString>,
}
