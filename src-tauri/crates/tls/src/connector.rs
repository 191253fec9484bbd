//! A TCP connection becomes a proven one.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::crl::{CrlCache, CrlProblem};
use crate::error::TlsError;
use crate::identity::ClientIdentity;
use crate::policy::Policy;
use crate::suites::crypto_provider;
use crate::verifier::{Missing, Verifier};

/// A stream whose server is proven.
pub type TlsStream<S> = tokio_rustls::client::TlsStream<S>;

/// How long a handshake may take, the fetch of revocation lists not included.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long revocation lists may be waited for, all of a chain's together.
const REVOCATION_TIMEOUT: Duration = Duration::from_secs(45);

/// Opens TLS connections to the servers of the trust space. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    verifier: Arc<Verifier>,
    config: Arc<ClientConfig>,
    client: Option<ClientIdentity>,
    clock: Arc<dyn TimeProvider>,
}

impl Connector {
    /// A connector that believes `policy`, knows revocation from `crls` and presents `client` to servers that ask.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when the TLS library refuses the settings.
    pub fn new(policy: Policy, crls: Arc<CrlCache>, client: Option<ClientIdentity>) -> Result<Self, TlsError> {
        Self::with_clock(policy, crls, client, Arc::new(DefaultTimeProvider))
    }

    /// As [`Connector::new`], with another source of time than the system's.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when the TLS library refuses the settings.
    pub fn with_clock(
        policy: Policy,
        crls: Arc<CrlCache>,
        client: Option<ClientIdentity>,
        clock: Arc<dyn TimeProvider>,
    ) -> Result<Self, TlsError> {
        let verifier = Arc::new(Verifier::new(policy, crls, crypto_provider()));
        // What is not known yet is asked for after the handshake: see `connect`.
        let config = configure(verifier.tolerating(Missing::Accepted), client.as_ref(), &clock)?;
        Ok(Self {
            verifier,
            config: Arc::new(config),
            client,
            clock,
        })
    }

    /// Secures `stream`, a connection to `server_name` (a host name, never an address).
    ///
    /// When this returns a stream, the version and suite are of EX_OPE_5010, and the server's certificate comes from the
    /// trust space, is in its time, bears `server_name` and is known not to be revoked. No application byte was sent.
    ///
    /// # Errors
    /// [`TlsError`] says what was refused; the connection is closed.
    pub async fn connect<S>(&self, server_name: &str, stream: S) -> Result<TlsStream<S>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = host_name(server_name)?;
        let handshake = TlsConnector::from(Arc::clone(&self.config)).connect(name.clone(), stream);
        let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake)
            .await
            .map_err(|_| TlsError::TimedOut)?
            .map_err(TlsError::from_handshake)?;
        let now = self.clock.current_time().ok_or_else(no_clock)?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let (leaf, others) = chain
            .split_first()
            .ok_or_else(|| TlsError::Malformed("no certificate".to_owned()))?;
        tokio::time::timeout(
            REVOCATION_TIMEOUT,
            self.verifier.verify_fetching(leaf, others, &name, now),
        )
        .await
        .map_err(|_| TlsError::RevocationUnknown(CrlProblem::Unreachable))??;
        Ok(stream)
    }

    /// Settings for an HTTPS library, for the servers of the trust space (`autoconfig.{domain}`, ECO.1.1.9).
    ///
    /// Such a library offers no place to wait after its handshake, so the trust space's revocation lists are fetched
    /// here, and the settings then refuse whatever they do not cover. Ask for new settings before each use rather than
    /// keeping them for hours: lists expire.
    ///
    /// # Errors
    /// [`TlsError::RevocationUnknown`] when the lists can be neither fetched nor found in the cache,
    /// [`TlsError::Setup`] when the TLS library refuses the settings.
    pub async fn https_client_config(&self) -> Result<ClientConfig, TlsError> {
        let now = self.clock.current_time().ok_or_else(no_clock)?;
        self.verifier.prefetch(now).await?;
        configure(
            self.verifier.tolerating(Missing::Refused),
            self.client.as_ref(),
            &self.clock,
        )
    }

    /// The client certificate that is presented, if any.
    #[must_use]
    pub fn client(&self) -> Option<&ClientIdentity> {
        self.client.as_ref()
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector")
            .field("verifier", &self.verifier)
            .field("client", &self.client)
            .finish()
    }
}

fn configure(
    verifier: Verifier,
    client: Option<&ClientIdentity>,
    clock: &Arc<dyn TimeProvider>,
) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_details(crypto_provider(), Arc::clone(clock))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|e| TlsError::Setup(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match client {
        Some(identity) => builder.with_client_cert_resolver(identity.resolver()),
        None => builder.with_no_client_auth(),
    };
    // Dovecot 2.3 asking for client certificates refuses every resumed session: the second connection would fail.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn host_name(text: &str) -> Result<ServerName<'static>, TlsError> {
    match ServerName::try_from(text.to_owned()) {
        Ok(name @ ServerName::DnsName(_)) => Ok(name),
        _ => Err(TlsError::HostName(text.chars().take(255).collect())),
    }
}

fn no_clock() -> TlsError {
    TlsError::Setup("the time is not known".to_owned())
}
