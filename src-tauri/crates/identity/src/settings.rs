//! Which provider, and what is asked of it.

use jiff::SignedDuration;
use url::Url;

use crate::error::IdentityError;

/// The longest that a session may last, whatever the provider's answers: what Pro Santé Connect announces.
pub const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(4);

/// Which provider to log in with, and as what. A public client: there is no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) discovery: Url,
    pub(crate) client_id: String,
    pub(crate) port: u16,
    pub(crate) longest: SignedDuration,
    /// The local operator, when it is its provider: whose servers are believed besides.
    #[cfg(feature = "local-operator")]
    local: Option<std::sync::Arc<pli_tls::local::LocalOperator>>,
}

impl Settings {
    /// `openid` and everything that Pro Santé Connect says of a professional.
    pub(crate) const SCOPE: &str = "openid scope_all";
    /// The level of authentication asked for.
    pub(crate) const LEVEL: &str = "eidas1";
    /// The levels accepted: the one asked for, and stronger ones.
    pub(crate) const LEVELS: [&str; 3] = ["eidas1", "eidas2", "eidas3"];

    /// The provider whose discovery document is at `discovery` (the **whole** URL: Pro Santé Connect's does not have the
    /// standard name), where we are known as `client_id`.
    ///
    /// # Errors
    /// [`IdentityError::Settings`] when it is not an HTTPS URL, or the client's name is empty.
    pub fn new(discovery: &str, client_id: &str) -> Result<Self, IdentityError> {
        let discovery = Url::parse(discovery).map_err(|_| IdentityError::Settings("the address is not a URL"))?;
        if !is_acceptable(&discovery) {
            return Err(IdentityError::Settings("the address is not HTTPS"));
        }
        if client_id.is_empty() || client_id.len() > 256 {
            return Err(IdentityError::Settings("the client's name is empty or too long"));
        }
        Ok(Self {
            discovery,
            client_id: client_id.to_owned(),
            port: 0,
            longest: LONGEST_SESSION,
            #[cfg(feature = "local-operator")]
            local: None,
        })
    }

    /// The local operator's intermediary, as a workstation would use it.
    ///
    /// # Errors
    /// As [`Settings::new`].
    #[cfg(feature = "local-operator")]
    pub fn local(operator: &pli_tls::local::LocalOperator) -> Result<Self, IdentityError> {
        Self::of_local(operator, &operator.psc_discovery, &operator.psc_client_id)
    }

    /// The local operator's provider itself, without the intermediary.
    ///
    /// # Errors
    /// As [`Settings::new`].
    #[cfg(feature = "local-operator")]
    pub fn local_direct(operator: &pli_tls::local::LocalOperator) -> Result<Self, IdentityError> {
        let (discovery, client_id) = (&operator.psc_direct_discovery, &operator.psc_direct_client_id);
        Self::of_local(operator, discovery, client_id)
    }

    #[cfg(feature = "local-operator")]
    fn of_local(
        operator: &pli_tls::local::LocalOperator,
        discovery: &str,
        client_id: &str,
    ) -> Result<Self, IdentityError> {
        let local = Some(std::sync::Arc::new(operator.clone()));
        Ok(Self {
            local,
            ..Self::new(discovery, client_id)?
        })
    }

    /// Has the browser come back to this port of 127.0.0.1 instead of one that the system chooses, for providers that want
    /// the exact address. 0 lets the system choose.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Ends sessions after `longest`, at most [`LONGEST_SESSION`].
    #[must_use]
    pub fn with_longest_session(self, longest: SignedDuration) -> Self {
        Self {
            longest: longest.min(LONGEST_SESSION),
            ..self
        }
    }

    /// Our name at the provider.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The local operator, when it is the provider.
    #[cfg(feature = "local-operator")]
    pub(crate) fn operator(&self) -> Option<&pli_tls::local::LocalOperator> {
        self.local.as_deref()
    }

    /// The address of the discovery document.
    #[must_use]
    pub fn discovery(&self) -> &Url {
        &self.discovery
    }
}

/// Whether secrets may be sent to this address: HTTPS with a host and no user name. A build for the local operator accepts
/// plain HTTP to loopback too.
pub(crate) fn is_acceptable(url: &Url) -> bool {
    let named = url.host().is_some() && url.username().is_empty() && url.password().is_none();
    named && (url.scheme() == "https" || is_local(url))
}

#[cfg(any(test, feature = "local-operator"))]
fn is_local(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_loopback())
}

#[cfg(not(any(test, feature = "local-operator")))]
fn is_local(_url: &Url) -> bool {
    false
}
