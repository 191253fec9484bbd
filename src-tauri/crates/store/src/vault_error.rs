//! What can go wrong with the vault, said so that the caller can decide.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::StoreError;
use crate::keyring::KeyringTrouble;

/// Why the key could not be kept or had back.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// This system has no keyring, or none answers.
    #[error("the system's keyring is absent: {0}")]
    KeyringAbsent(String),
    /// The keyring is there and locked.
    #[error("the system's keyring is locked")]
    KeyringLocked,
    /// The keyring asked the person, who said no.
    #[error("the system's keyring was refused")]
    KeyringRefused,
    /// The keyring is open and does not have the key any more: it was emptied, or is another one.
    #[error("the system's keyring does not have the key of this profile")]
    KeyMissing,
    /// The keyring failed in another way.
    #[error("the system's keyring failed: {0}")]
    Keyring(String),
    /// The passphrase is not the right one.
    #[error("this is not the passphrase")]
    WrongPassphrase,
    /// A passphrase that protects nothing.
    #[error("a passphrase has at least {minimum} characters")]
    PassphraseTooShort {
        /// How many it needs.
        minimum: usize,
    },
    /// The PIN is not the right one.
    #[error("this is not the PIN")]
    WrongPin,
    /// Too many wrong secrets: no other is looked at before this time has passed.
    #[error("the next try is in {} s", .wait.as_secs())]
    TooSoon {
        /// How long to wait.
        wait: Duration,
    },
    /// A PIN that protects nothing.
    #[error("a PIN has at least {minimum} characters")]
    PinTooShort {
        /// How many it needs.
        minimum: usize,
    },
    /// A PIN longer than anybody types.
    #[error("a PIN has at most {maximum} characters")]
    PinTooLong {
        /// How many it may have.
        maximum: usize,
    },
    /// `vault.json` is not what was written, or the keyring holds something else than a key.
    #[error("the vault is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// `vault.json` was written by a newer version of the program.
    #[error("the vault is of version {found}, this program knows version {known}")]
    NewerVersion {
        /// The version found.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// A vault is there already: making another would lose the key of all that is stored.
    #[error("there is a vault already")]
    Exists,
    /// There is no vault yet, or it is kept the other way.
    #[error("the key is not kept in this way")]
    NotThisWay,
    /// The file system refused.
    #[error("{doing} ({}): {source}", .path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// The store refused what goes with it.
    #[error(transparent)]
    Store(StoreError),
}

impl VaultError {
    /// Whether the same call may succeed once the person has done something outside the program (unlock, accept, type
    /// again).
    #[must_use]
    pub fn is_up_to_the_person(&self) -> bool {
        matches!(
            self,
            Self::KeyringLocked | Self::KeyringRefused | Self::WrongPassphrase | Self::WrongPin | Self::TooSoon { .. }
        )
    }

    /// Whether the secret that was given is not the right one: what [`crate::Attempts`] counts.
    #[must_use]
    pub fn is_wrong_secret(&self) -> bool {
        matches!(self, Self::WrongPassphrase | Self::WrongPin)
    }

    /// Whether a passphrase should be offered instead of the keyring.
    #[must_use]
    pub fn needs_passphrase(&self) -> bool {
        matches!(self, Self::KeyringAbsent(_))
    }
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Random => Self::Random,
            other => Self::Store(other),
        }
    }
}

impl From<KeyringTrouble> for VaultError {
    fn from(trouble: KeyringTrouble) -> Self {
        match trouble {
            KeyringTrouble::Absent(why) => Self::KeyringAbsent(why),
            KeyringTrouble::Locked => Self::KeyringLocked,
            KeyringTrouble::Refused => Self::KeyringRefused,
            KeyringTrouble::NoEntry => Self::KeyMissing,
            KeyringTrouble::Other(why) => Self::Keyring(why),
        }
    }
}
