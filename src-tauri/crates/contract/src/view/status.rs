//! The program's own state.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Instant, Profile};

/// What a window needs to choose its first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The store's lock.
    pub vault: VaultState,
    /// How many BALs are set up; 0 while the vault is not open.
    pub accounts: u32,
    /// Pli's version, `1.2.3`.
    pub version: String,
    /// Whether the last attempt to reach a server succeeded.
    pub online: bool,
    /// When the last sync ended without an error.
    pub synced_at: Option<Instant>,
    /// Whether a sync is under way.
    pub syncing: bool,
    /// Whether this profile has accepted the terms of use as they stand (EDC/PSC.101.01).
    pub terms_accepted: bool,
    /// The profile shown.
    pub profile: Profile,
}

/// Where the key of the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum VaultState {
    /// Nothing is stored yet, and the system's keyring can hold the key: opening needs no question.
    New,
    /// Nothing is stored yet, and there is no keyring: a passphrase must be chosen.
    NewNeedsPassphrase,
    /// The key waits for the passphrase.
    NeedsPassphrase,
    /// The system's keyring is there and locked, or refused: the person must unlock it.
    KeyringLocked,
    /// The profile is locked: [`Lock`](super::Lock) tells what opens it.
    Locked,
    /// The store is open.
    Open,
}
