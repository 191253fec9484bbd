//! The intermediary, started and stopped.

use std::net::SocketAddr;

use crate::config::Config;
use crate::error::RelayError;

/// The intermediary.
#[derive(Debug)]
pub struct Relay;

impl Relay {
    /// Starts with these settings, and returns once it listens. The provider need not be there yet.
    ///
    /// # Errors
    /// [`RelayError`] names the setting that is wrong.
    pub async fn start(config: Config) -> Result<Running, RelayError> {
        Err(RelayError::System(format!("not yet, for {}", config.issuer)))
    }
}

/// A running intermediary. It ends when it is stopped, or at once when it is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    admin: Option<SocketAddr>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health and metrics are.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Reads certificates, keys and secrets again; a file that is wrong leaves everything as it was.
    ///
    /// # Errors
    /// [`RelayError`] names the setting that is wrong.
    pub fn reload(&self) -> Result<(), RelayError> {
        Ok(())
    }

    /// Listens no more, lets the requests under way end, then stops.
    pub async fn stop(self) {}
}
