//! Which servers belong to an address (ECO.1.1.9): DNS SRV (RFC 6186, RFC 8314), then
//! `https://autoconfig.{domain}/mail/config-v1.1.xml`. Only for domains of the trust space; nobody ever types a server
//! that would receive a token.

mod config_file;
mod srv;
mod trust_space;
mod web;

use std::time::Duration;

use pli_terms::Address;

pub use trust_space::{is_of_trust_space, trust_space_patterns};

use crate::{Endpoint, Network, WireError};

/// How long servers that were found are good for.
pub const FOUND_FOR: Duration = Duration::from_secs(24 * 3600);

/// How long it is good to know that none were found.
pub const NOT_FOUND_FOR: Duration = Duration::from_secs(15 * 60);

/// The servers of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Servers {
    /// Where mail is read.
    pub imap: Endpoint,
    /// Where mail is handed over.
    pub smtp: Endpoint,
    /// ManageSieve (RFC 5804), when published by SRV.
    pub sieve: Option<Endpoint>,
    /// Who said so.
    pub source: Source,
}

/// Where servers were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// DNS SRV records.
    Srv,
    /// The domain's autoconfiguration file.
    Autoconfig,
}

/// Finds the servers of an address.
#[derive(Debug, Clone)]
pub struct Discovery {
    network: Network,
    https_port: u16,
}

impl Discovery {
    /// Asks by this network.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self {
            network,
            https_port: 443,
        }
    }

    /// The port on which a local operator answers over HTTPS. Development builds and tests only.
    #[cfg(any(test, feature = "local-operator"))]
    #[must_use]
    pub fn with_https_port(mut self, port: u16) -> Self {
        self.https_port = port;
        self
    }

    /// The servers of this address. Keep what was found for [`FOUND_FOR`], and that nothing was for [`NOT_FOUND_FOR`].
    ///
    /// # Errors
    /// [`WireError::NotTrustSpace`] before anything is asked, [`WireError::NoServers`] when neither source knows,
    /// [`WireError::Discovery`] when one could not be asked: it may work later.
    pub async fn discover(&self, address: &Address) -> Result<Servers, WireError> {
        let domain = address.domain();
        if !is_of_trust_space(&domain) {
            return Err(WireError::NotTrustSpace(domain));
        }
        let by_srv = srv::servers(&self.network.resolver, &domain).await;
        if let Ok(Some(servers)) = by_srv {
            return Ok(servers);
        }
        match web::servers(&self.network, &domain, address, self.https_port).await {
            Ok(Some(servers)) => Ok(servers),
            // A resolver that could not be asked is not a domain without servers.
            Ok(None) => by_srv.and(Err(WireError::NoServers(domain))),
            Err(error) => Err(error),
        }
    }
}
