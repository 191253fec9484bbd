//! Where the journal's own secret is: the store knows how to keep it, the journal what it is made of.

use pli_store::{JournalSecret, VaultError};
use pli_trace::{KeyPlace, KeyPlaceError};
use zeroize::Zeroizing;

/// The journal's view of its secret's place.
#[derive(Debug)]
pub(crate) struct Place(pub(crate) JournalSecret);

impl KeyPlace for Place {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        self.0.load().map_err(refused)
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        self.0.keep(secret).map_err(refused)
    }

    fn outside(&self) -> bool {
        self.0.is_outside()
    }
}

fn refused(error: VaultError) -> KeyPlaceError {
    KeyPlaceError {
        transient: error.is_up_to_the_person() || matches!(error, VaultError::KeyringAbsent(_)),
        what: error.to_string(),
    }
}
