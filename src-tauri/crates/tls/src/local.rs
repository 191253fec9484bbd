//! The operator that runs on this machine for development and tests. Exists only with the feature `local-operator`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use serde::Deserialize;

use crate::error::TlsError;
use crate::policy::Policy;

/// The environment variable that names the operator's JSON file.
pub const VARIABLE: &str = "PLI_LOCAL_OPERATOR";

/// What the local operator says of itself.
#[derive(Debug, Clone, Deserialize)]
pub struct LocalOperator {
    /// The process that holds the operator.
    pub pid: u32,
    /// The folder it works in.
    pub dir: PathBuf,
    /// PEM of the root or roots its chain ends in.
    pub anchors: PathBuf,
    /// PEM of the whole chain, the roots first.
    pub chain: Vec<PathBuf>,
    /// A client certificate with modern protection.
    pub client_p12: PathBuf,
    /// The same with legacy protection.
    pub client_p12_legacy: PathBuf,
    /// What opens both.
    pub client_p12_passphrase: String,
    /// The resolver to ask instead of the system's.
    pub dns: SocketAddr,
    /// Where `autoconfig.{domain}` answers instead of 443.
    pub https_port: u16,
    /// The revocation list of the « organisations » authority.
    pub crl_url: String,
    /// The domains it serves.
    pub domains: Vec<String>,
    /// Where its servers listen, on 127.0.0.1.
    pub ports: Ports,
    /// The whole URL of the intermediary's discovery document.
    pub psc_discovery: String,
    /// Our name at that intermediary.
    pub psc_client_id: String,
    /// The whole URL of the discovery document of the identity provider behind it.
    pub psc_direct_discovery: String,
    /// Our name at that provider.
    pub psc_direct_client_id: String,
    /// Where the intermediary tells of its health and its numbers.
    pub relay: SocketAddr,
    /// The provider's test endpoints.
    pub bench: String,
}

/// The ports of the local operator.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Ports {
    /// IMAP with implicit TLS.
    pub imaps: u16,
    /// IMAP with STARTTLS.
    pub imap: u16,
    /// Submission with implicit TLS.
    pub submissions: u16,
    /// Submission with STARTTLS.
    pub submission: u16,
    /// Submission for client certificates.
    pub submissions_cert: u16,
    /// ManageSieve.
    pub sieve: u16,
    /// SMTP that delivers without asking who writes.
    pub inject: u16,
    /// Plain HTTP: autoconfiguration and revocation list.
    pub web: u16,
    /// The identity provider.
    pub idp: u16,
}

impl LocalOperator {
    /// The operator that the environment names; `None` when it names none.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when the file it names is unreadable: better to stop than to fall back on other anchors.
    pub fn from_env() -> Result<Option<Self>, TlsError> {
        match std::env::var_os(VARIABLE) {
            Some(path) if !path.is_empty() => Self::from_file(Path::new(&path)).map(Some),
            _ => Ok(None),
        }
    }

    /// Reads the operator's JSON file.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when it is unreadable.
    pub fn from_file(path: &Path) -> Result<Self, TlsError> {
        serde_json::from_slice(&read(path)?)
            .map_err(|e| TlsError::Setup(format!("the local operator's file {}: {e}", path.display())))
    }

    /// TLS to servers outside the trust space, as [`crate::web_pki_config`], that believes this operator's anchors besides: its
    /// intermediary is on this machine.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when its certificates are unreadable, or the TLS library refuses the settings.
    pub fn web_config(&self) -> Result<ClientConfig, TlsError> {
        let setup = |error: &dyn std::fmt::Display| TlsError::Setup(format!("the local operator's anchors: {error}"));
        let pem = read(&self.anchors)?;
        let anchors: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|e| setup(&e))?;
        let provider = Arc::new(default_provider());
        let verifier = Verifier::new_with_extra_roots(anchors, Arc::clone(&provider)).map_err(|e| setup(&e))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|e| setup(&e))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// The trust in this operator: its anchors, and its « organisations » authority.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when its certificates are unreadable.
    pub fn policy(&self) -> Result<Policy, TlsError> {
        let mut organisations = Vec::new();
        for path in self.chain.iter().filter(|path| **path != self.anchors) {
            organisations.extend(read(path)?);
            organisations.push(b'\n');
        }
        Policy::local(&read(&self.anchors)?, &organisations, Some(self.crl_url.clone()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|e| TlsError::Setup(format!("reading {}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::pki::Pki;

    #[test]
    fn the_operators_own_description_gives_its_policy() {
        let pki = Pki::new("http://127.0.0.1:1");
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(place("root.crt"), pki.root.pem()).unwrap();
        std::fs::write(place("organisations.crt"), pki.organisations.pem()).unwrap();
        let ports = r#"{"imaps":1,"imap":2,"submissions":3,"submission":4,"submissions_cert":5,"sieve":6,"inject":7,
            "web":8,"idp":9}"#;
        let json = format!(
            r#"{{"pid":1,"dir":"/","anchors":"{root}","chain":["{root}","{organisations}"],"client_p12":"a",
            "client_p12_legacy":"b","client_p12_passphrase":"c","dns":"127.0.0.1:53","https_port":443,
            "crl_url":"http://127.0.0.1:1/crl","domains":["alpha.mssante.test"],"ports":{ports},
            "psc_discovery":"http://127.0.0.1:9/","psc_client_id":"pli","bench":"x",
            "psc_direct_discovery":"http://127.0.0.1:9/","psc_direct_client_id":"pli-local","relay":"127.0.0.1:10",
            "more":"ignored"}}"#,
            root = place("root.crt"),
            organisations = place("organisations.crt"),
        );
        let file = dir.path().join("operator.json");
        std::fs::write(&file, json).unwrap();
        let operator = LocalOperator::from_file(&file).unwrap();
        assert_eq!(operator.ports.idp, 9);
        let policy = operator.policy().unwrap();
        assert_eq!(policy.fingerprints(), pki.policy().fingerprints());
        operator.web_config().unwrap();
        assert_eq!(policy.fallback_crl(), Some("http://127.0.0.1:1/crl"));

        std::fs::remove_file(place("root.crt")).unwrap();
        assert!(operator.policy().is_err());
        assert!(operator.web_config().is_err());
        std::fs::write(&file, "{").unwrap();
        assert!(LocalOperator::from_file(&file).is_err());
    }
}
