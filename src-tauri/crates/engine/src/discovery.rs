//! Finding a BAL's servers (ECO.1.1.9), and keeping what was found: 24 hours when found, 15 minutes when not.

use jiff::{SignedDuration, Timestamp};
use pli_store::Account;
use pli_terms::{Address, BalKind, Wording};
use pli_trace::{Action, Outcome};
use pli_wire::autoconfig::{Discovery, FOUND_FOR, NOT_FOUND_FOR, Servers as Found, Source};
use pli_wire::{Endpoint, TlsMode, WireError, sieve};
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::audit::Local;
use crate::error::EngineError;

/// The servers of a BAL, as kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Servers {
    /// Where mail is read.
    pub imap: Endpoint,
    /// Where mail is handed over.
    pub smtp: Endpoint,
    /// Where the scripts that sort mail are (RFC 5804), when the domain publishes it.
    #[serde(default)]
    pub sieve: Option<Endpoint>,
    /// Who said so.
    pub source: Source,
}

/// What autoconfiguration found for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// The address, normalised.
    pub address: Address,
    /// The kind, when the address itself tells it: none does today.
    pub kind: Option<BalKind>,
    /// The servers.
    pub servers: Servers,
}

impl Servers {
    /// The servers kept with an account.
    pub(crate) fn of(account: &Account) -> Result<Self, EngineError> {
        serde_json::from_value(account.settings.servers.clone())
            .map_err(|_| EngineError::WrongState("the BAL has no servers: they must be found again"))
    }

    /// Where ManageSieve is: what the domain publishes, else the IMAP server at the protocol's own port.
    pub(crate) fn sieve(&self) -> Endpoint {
        self.sieve.clone().unwrap_or_else(|| Endpoint {
            host: self.imap.host.clone(),
            port: sieve::PORT,
            tls: TlsMode::StartTls,
        })
    }
}

impl From<Found> for Servers {
    fn from(found: Found) -> Self {
        Self {
            imap: found.imap,
            smtp: found.smtp,
            sieve: found.sieve,
            source: found.source,
        }
    }
}

impl Engine {
    /// Finds the servers of an address, asking nobody when they were found within a day.
    ///
    /// # Errors
    /// [`EngineError::BadAddress`]; [`WireError::NotTrustSpace`], [`WireError::NoServers`] and other wire errors;
    /// [`EngineError::VaultLocked`].
    pub async fn account_discover(&self, address: &str) -> Result<Discovered, EngineError> {
        let address = Address::parse(address)?;
        let servers = self.servers_for(&address).await?;
        Ok(Discovered {
            address,
            kind: None,
            servers,
        })
    }

    pub(crate) async fn servers_for(&self, address: &Address) -> Result<Servers, EngineError> {
        let core = &self.core;
        let (domain, now) = (address.domain(), core.now());
        let known = {
            let domain = domain.clone();
            core.with_store(move |store| store.cached_servers::<Option<Servers>>(&domain))
                .await
        };
        // What an older version kept and this one cannot read is asked for again.
        if let Ok(Some((servers, at))) = known
            && let Some(answer) = still_good(servers, at, now)
        {
            return answer.ok_or_else(|| WireError::NoServers(domain).into());
        }
        let discovery = Discovery::new(core.reach.network(None)?);
        #[cfg(feature = "local-operator")]
        let discovery = match core.reach.local() {
            Some(local) => discovery.with_https_port(local.https_port),
            None => discovery,
        };
        let mut asked = Local::new(Action::Discover, Wording::fixed("SRV, AUTOCONFIG").and(&domain));
        asked.protocol = pli_trace::Protocol::Dns;
        asked.bal = Some(pli_trace::Bal {
            address: address.clone(),
            kind: None,
        });
        let asked = core.blocking(move |core| core.begin(asked)).await?;
        let found = discovery.discover(address).await;
        let outcome = match &found {
            Ok(_) => Outcome::done(Wording::empty()),
            Err(error) => Outcome::failed(why(error)),
        };
        core.blocking(move |core| core.end(asked, outcome)).await?;
        let found = match found {
            Ok(found) => Some(Servers::from(found)),
            Err(WireError::NoServers(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let kept = (domain.clone(), found.clone());
        core.with_store(move |store| store.cache_servers(&kept.0, &kept.1, now))
            .await?;
        found.ok_or_else(|| WireError::NoServers(domain).into())
    }
}

/// Why no servers were found, in the words of a trace.
fn why(error: &WireError) -> Wording {
    Wording::fixed(match error {
        WireError::NoServers(_) => "aucun serveur publié",
        WireError::NotTrustSpace(_) => "domaine hors de l’espace de confiance",
        _ => "serveurs introuvables pour le moment",
    })
}

/// What was kept, when it is not too old. A clock that went back makes it old too.
fn still_good(servers: Option<Servers>, at: Timestamp, now: Timestamp) -> Option<Option<Servers>> {
    let good_for = if servers.is_some() { FOUND_FOR } else { NOT_FOUND_FOR };
    let age = now.duration_since(at);
    let limit = SignedDuration::try_from(good_for).ok()?;
    (age >= SignedDuration::ZERO && age < limit).then_some(servers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn what_was_not_found_is_asked_for_sooner_than_what_was() {
        assert!(still_good(None, at(0), at(14 * 60)).is_some());
        assert!(still_good(None, at(0), at(16 * 60)).is_none());
        assert!(still_good(None, at(60), at(0)).is_none());
    }
}
