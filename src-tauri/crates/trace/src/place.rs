//! Where the journal's small secret lives, out of its folder.

use zeroize::Zeroizing;

/// Where the journal's small secret lives: the keyring, or a file sealed under the master key where there is none. At most
/// 512 octets. What is destroyed of the journal is destroyed by changing this secret, so that an older one must not survive
/// its replacement.
pub trait KeyPlace: Send + Sync {
    /// The secret kept last; none when none ever was.
    ///
    /// # Errors
    /// When the place cannot be read: then nobody knows whether there is one.
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError>;

    /// Keeps this secret in the place of the one before, durably when it returns.
    ///
    /// # Errors
    /// When the place refuses: then the one before must still be there.
    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError>;

    /// Whether the place is apart from the disk (the keyring), so that a copy of all files lacks it.
    fn outside(&self) -> bool;
}

/// Why the place of the journal's secret did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct KeyPlaceError {
    /// What went wrong; never the secret.
    pub what: String,
    /// Whether the same call may succeed later (the keyring is locked, or not there yet).
    pub transient: bool,
}
