//! TLS to the provider, and the certificate by which the intermediary proves who it is there (RFC 8705).

use std::sync::Arc;

use pli_tls::ClientIdentity;
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::config::Psc;
use crate::error::RelayError;
use crate::files;
use crate::secret::Secret;

/// How the intermediary proves who it is.
pub(crate) enum Credential {
    /// A secret, sent in the form.
    Post(Secret),
    /// A secret, sent in the header.
    Basic(Secret),
    /// The certificate of the TLS connection.
    Certificate,
}

impl Credential {
    /// The secret, when there is one: the key of id tokens signed by HMAC.
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Self::Post(secret) | Self::Basic(secret) => Some(secret.expose()),
            Self::Certificate => None,
        }
    }
}

/// What the settings give: exactly one way, its files read.
pub(crate) fn prepare(psc: &Psc) -> Result<(Credential, ClientConfig), RelayError> {
    use crate::config::SecretIn;
    let builder = believing(psc)?;
    let tls = |error: rustls::Error| RelayError::Tls(error.to_string());
    let ways = (
        &psc.secret_file,
        &psc.certificate,
        &psc.key_file,
        &psc.pkcs12,
        &psc.passphrase_file,
    );
    let (credential, mut config) = match ways {
        (Some(file), None, None, None, None) => {
            let secret = files::line("psc.secret_file", file)?;
            let credential = match psc.secret_in {
                SecretIn::Post => Credential::Post(secret),
                SecretIn::Basic => Credential::Basic(secret),
            };
            (credential, builder.with_no_client_auth())
        }
        (None, Some(certificate), Some(key), None, None) => {
            let chain = files::certificates("psc.certificate", certificate)?;
            let key = files::private_key("psc.key_file", key)?;
            (
                Credential::Certificate,
                builder.with_client_auth_cert(chain, key).map_err(tls)?,
            )
        }
        (None, None, None, Some(file), Some(passphrase)) => {
            let passphrase = files::line("psc.passphrase_file", passphrase)?;
            let identity = ClientIdentity::from_pkcs12(&files::read("psc.pkcs12", file)?, passphrase.expose())
                .map_err(|error| RelayError::setting("psc.pkcs12", error.to_string()))?;
            if !identity.is_valid_at(jiff::Timestamp::now()) {
                tracing::error!(not_after = %identity.not_after(), "the client certificate is out of its time");
            }
            (
                Credential::Certificate,
                builder.with_client_cert_resolver(identity.resolver()),
            )
        }
        _ => {
            return Err(RelayError::setting(
                "psc",
                "one way to prove who the intermediary is, and one only: secret_file, or certificate with key_file, or \
                 pkcs12 with passphrase_file",
            ));
        }
    };
    config.resumption = Resumption::disabled();
    Ok((credential, config))
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

/// Whom to believe: the system's authorities, and those of the settings.
fn believing(psc: &Psc) -> Result<Builder, RelayError> {
    let tls = |error: rustls::Error| RelayError::Tls(error.to_string());
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(tls)?;
    let extra = match &psc.ca {
        Some(path) => files::certificates("psc.ca", path)?,
        None => Vec::new(),
    };
    match Verifier::new_with_extra_roots(extra, provider) {
        Ok(verifier) => Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))),
        // A provider over plain HTTP on loopback needs nobody's certificate.
        Err(_) if psc.discovery.starts_with("http://") => Ok(builder.with_root_certificates(RootCertStore::empty())),
        Err(error) => Err(RelayError::setting(
            "psc.ca",
            format!("nobody would be believed: {error}"),
        )),
    }
}
