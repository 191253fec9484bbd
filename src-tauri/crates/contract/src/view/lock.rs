//! The lock, and what it follows.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Instant;

/// The profile is locked. Nothing here tells of what is stored, but how much waits for the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// Since when.
    pub since: Instant,
    /// Why.
    pub reason: LockReason,
    /// Whose profile it is, when somebody has logged in already.
    pub person: Option<String>,
    /// A PIN opens it.
    pub pin: bool,
    /// The profile's passphrase opens it.
    pub passphrase: bool,
    /// A login by Pro Santé Connect, by the same person, opens it.
    pub login: bool,
    /// Seconds before another PIN or passphrase is looked at, after wrong ones; 0: now.
    pub wait_seconds: u32,
    /// When the draft that was being written was last stored; `null`: none was.
    pub draft_saved_at: Option<Instant>,
    /// Messages of the outbox that wait for a session to leave.
    pub waiting: u32,
    /// After how many minutes of inactivity this profile locks.
    pub minutes: u32,
}

/// Why a profile was locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LockReason {
    /// The person asked (`Ctrl+L`).
    Demand,
    /// Nobody acted for the time set.
    Inactivity,
    /// The workstation went to sleep.
    Sleep,
    /// The session of Pro Santé Connect ended.
    SessionEnd,
    /// Pli has just started.
    Start,
}

/// When the profile locks, and what opens it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LockSettings {
    /// After how many minutes of inactivity, 1 to `longest`.
    pub minutes: u32,
    /// The most that may be set: 30, or less when the organisation says so.
    pub longest: u32,
    /// The organisation sets the minutes: they cannot be changed here.
    pub fixed: bool,
    /// Whether the end of the session of Pro Santé Connect locks too.
    pub at_session_end: bool,
    /// The organisation sets `atSessionEnd`: it cannot be changed here.
    pub at_session_end_fixed: bool,
    /// Whether the profile has a PIN.
    pub pin: bool,
}
