//! TLS to servers outside the trust space: Pro Santé Connect, the intermediary.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::TlsError;

/// Settings for HTTPS to hosts of the public web PKI.
///
/// The system's own verifier judges, not an embedded list of roots: an intermediary may be run by a hospital under
/// the authority that the hospital installed on its workstations, and Windows and macOS add their own revocation.
/// Versions and suites are those of rustls with ring (TLS 1.2 and 1.3, forward secret and authenticated only): EX_OPE_5010
/// speaks of MSSanté operators, and public servers may have ECDSA certificates that its TLS 1.2 suites exclude. On a
/// system without any root certificate, the settings refuse every server, and plain HTTP to loopback still works.
///
/// # Errors
/// [`TlsError::Setup`] when the TLS library refuses the settings.
pub fn web_pki_config() -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(default_provider());
    match Verifier::new(Arc::clone(&provider)) {
        Ok(verifier) => {
            let mut config = ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
                .map_err(|e| TlsError::Setup(e.to_string()))?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth();
            config.resumption = Resumption::disabled();
            Ok(config)
        }
        Err(error) => {
            tracing::warn!(%error, "the system has no root certificates: HTTPS will refuse every server");
            no_server_config()
        }
    }
}

/// Settings that believe no server: for a library that wants settings and is used for plain HTTP.
pub(crate) fn no_server_config() -> Result<ClientConfig, TlsError> {
    Ok(ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|e| TlsError::Setup(e.to_string()))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}
