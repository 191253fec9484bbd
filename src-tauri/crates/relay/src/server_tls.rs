//! The intermediary's own certificate, read again when it is renewed.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;

use crate::config::Listen;
use crate::error::RelayError;
use crate::files;

/// TLS as it is now.
pub(crate) struct ServerTls {
    certificate: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl ServerTls {
    /// What the settings give; `None` when TLS is spoken by a proxy before us.
    pub(crate) fn of(listen: &Listen) -> Result<Option<Self>, RelayError> {
        let (Some(certificate), Some(key)) = (&listen.certificate, &listen.key) else {
            return Ok(None);
        };
        let config = RwLock::new(Arc::new(read(certificate, key)?));
        Ok(Some(Self {
            certificate: certificate.clone(),
            key: key.clone(),
            config,
        }))
    }

    /// Reads the files again; wrong ones leave everything as it was.
    pub(crate) fn reload(&self) -> Result<(), RelayError> {
        let config = Arc::new(read(&self.certificate, &self.key)?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(crate) fn now(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// TLS 1.3 and 1.2, forward secret and authenticated suites only: as Pli speaks to servers outside the trust space, whose
/// certificates may be ECDSA, which the TLS 1.2 suites of EX_OPE_5010 exclude.
fn read(certificate: &std::path::Path, key: &std::path::Path) -> Result<ServerConfig, RelayError> {
    let chain = files::certificates("listen.certificate", certificate)?;
    let key = files::private_key("listen.key", key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| RelayError::Tls(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| RelayError::setting("listen.certificate", error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
