//! Our own certificate, where an operator wants one (APP boxes, some ORG boxes).

use std::sync::Arc;

use jiff::Timestamp;
use p12_keystore::Pkcs12Archive;
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::TlsError;

/// The largest PKCS#12 file that is read, in bytes.
const MAX_PKCS12_BYTES: usize = 1024 * 1024;
/// The longest chain that is presented, the leaf included.
const MAX_CHAIN: usize = 6;

/// A client certificate with its private key, ready to be presented. Cheap to clone.
#[derive(Clone)]
pub struct ClientIdentity {
    key: Arc<CertifiedKey>,
    common_name: String,
    issuer_name: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

/// Why a PKCS#12 file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Problem {
    /// The passphrase does not open it (or the file was altered: the two cannot be told apart).
    #[error("the passphrase does not open the file")]
    Passphrase,
    /// Larger than 1 MB.
    #[error("the file is too large")]
    TooLarge,
    /// Not PKCS#12, or protected in a way that is not known.
    #[error("the file is not a PKCS#12 file that can be read")]
    Unreadable,
    /// No private key in it.
    #[error("the file holds no private key")]
    NoKey,
    /// No certificate of that key in it.
    #[error("the file holds no certificate for its private key")]
    NoCertificate,
    /// A kind of key that cannot be used for TLS here.
    #[error("the private key is of a kind that cannot be used")]
    UnsupportedKey,
}

impl ClientIdentity {
    /// Opens a PKCS#12 file: modern (PBES2 with AES) as well as legacy (RC2, 3DES) protection.
    ///
    /// Deriving the keys takes as long as the file asks for, so call it from a thread that may block. Expiry is not judged
    /// here: an expired certificate can be shown as such, see [`ClientIdentity::is_valid_at`]. The private key
    /// is not copied before the signing key is made from it; what the PKCS#12 library and ring hold, they free without wiping.
    ///
    /// # Errors
    /// [`TlsError::Pkcs12`] with the reason.
    pub fn from_pkcs12(bytes: &[u8], passphrase: &str) -> Result<Self, TlsError> {
        if bytes.len() > MAX_PKCS12_BYTES {
            return Err(Pkcs12Problem::TooLarge.into());
        }
        let archive = Pkcs12Archive::from_pkcs12(bytes, passphrase).map_err(|error| problem(&error))?;
        if archive.keys.is_empty() {
            return Err(Pkcs12Problem::NoKey.into());
        }
        let certificates: Vec<CertificateDer<'static>> = archive
            .certs
            .iter()
            .take(64)
            .map(|bag| CertificateDer::from(bag.cert.as_der().to_vec()))
            .collect();
        let mut unsupported = false;
        for bag in archive.keys.iter().take(8) {
            // Borrowed where it is: no copy of ours to wipe.
            let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(bag.key.as_der()));
            let loaded = any_supported_type(&der);
            let Ok(signing) = loaded else {
                unsupported = true;
                continue;
            };
            // The certificate is the one that bears the key's public half: identifiers in the file may be missing or wrong.
            for leaf in &certificates {
                let key = CertifiedKey::new(chain_of(leaf, &certificates), Arc::clone(&signing));
                if key.keys_match().is_ok() {
                    return Self::describe(leaf, key).ok_or_else(|| Pkcs12Problem::Unreadable.into());
                }
            }
        }
        Err(if unsupported {
            Pkcs12Problem::UnsupportedKey
        } else {
            Pkcs12Problem::NoCertificate
        }
        .into())
    }

    /// Reads a certificate with its chain and its private key, both PEM, the key not protected: what the administrator of a
    /// workstation lays down for the collector of traces.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when one of them is unreadable, above 1 MB, of a kind that cannot be used, or not the other's.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let setup = |what: &str| TlsError::Setup(format!("reading the client certificate: {what}"));
        if certificate.len().max(key.len()) > MAX_PKCS12_BYTES {
            return Err(setup("the file is too large"));
        }
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
            .take(MAX_CHAIN)
            .collect::<Result<_, _>>()
            .map_err(|_| setup("the certificate is unreadable"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| setup("the private key is unreadable"))?;
        let signing =
            any_supported_type(&key).map_err(|_| setup("the private key is of a kind that cannot be used"))?;
        let leaf = chain.first().cloned().ok_or_else(|| setup("no certificate"))?;
        let key = CertifiedKey::new(chain, signing);
        key.keys_match()
            .map_err(|_| setup("the private key is not the certificate's"))?;
        Self::describe(&leaf, key).ok_or_else(|| setup("the certificate is unreadable"))
    }

    fn describe(leaf: &CertificateDer<'_>, key: CertifiedKey) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
        let common_name = common_name(certificate.subject())?;
        let issuer_name = common_name_or_whole(certificate.issuer());
        let validity = certificate.validity();
        let not_before = Timestamp::from_second(validity.not_before.timestamp()).ok()?;
        let not_after = Timestamp::from_second(validity.not_after.timestamp()).ok()?;
        Some(Self {
            common_name,
            issuer_name,
            not_before,
            not_after,
            key: Arc::new(key),
        })
    }

    /// The CN of the certificate's subject, which operators match with the mailbox.
    #[must_use]
    pub fn common_name(&self) -> &str {
        &self.common_name
    }

    /// The CN of the authority that issued the certificate.
    #[must_use]
    pub fn issuer_name(&self) -> &str {
        &self.issuer_name
    }

    /// The first moment at which the certificate is valid.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last moment at which the certificate is valid.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether the certificate is in its time at `now`.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// What a TLS library asks for, to present this certificate to whichever server wants one.
    #[must_use]
    pub fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::new(SingleCertAndKey::from(Arc::clone(&self.key)))
    }
}

impl std::fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientIdentity")
            .field("common_name", &self.common_name)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// `leaf` then its issuers as found among `others`, the self-signed root left out: the server has its own.
fn chain_of(leaf: &CertificateDer<'static>, others: &[CertificateDer<'static>]) -> Vec<CertificateDer<'static>> {
    let mut chain = vec![leaf.clone()];
    while chain.len() < MAX_CHAIN {
        let Some(next) = chain.last().and_then(|last| issuer_among(last, others)) else {
            break;
        };
        if chain.contains(&next) {
            break;
        }
        chain.push(next);
    }
    chain
}

fn issuer_among(child: &CertificateDer<'_>, others: &[CertificateDer<'static>]) -> Option<CertificateDer<'static>> {
    let (_, child) = X509Certificate::from_der(child).ok()?;
    others
        .iter()
        .find(|candidate| {
            X509Certificate::from_der(candidate).is_ok_and(|(_, candidate)| {
                candidate.subject().as_raw() == child.issuer().as_raw()
                    && candidate.subject().as_raw() != candidate.issuer().as_raw()
            })
        })
        .cloned()
}

fn common_name(name: &x509_parser::x509::X509Name<'_>) -> Option<String> {
    name.iter_common_name()
        .next()
        .and_then(|cn| cn.as_str().ok())
        .map(bounded)
}

fn common_name_or_whole(name: &x509_parser::x509::X509Name<'_>) -> String {
    common_name(name).unwrap_or_else(|| bounded(&name.to_string()))
}

fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(256).collect()
}

fn problem(error: &p12_keystore::error::Error) -> Pkcs12Problem {
    use p12_keystore::error::Error;
    match error {
        // Without an integrity code a wrong passphrase shows as garbage where the padding should be.
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => Pkcs12Problem::Passphrase,
        _ => Pkcs12Problem::Unreadable,
    }
}
