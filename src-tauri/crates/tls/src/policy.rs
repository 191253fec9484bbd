//! Whose certificates are believed.

use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};

use crate::error::TlsError;

const IGC_SANTE_ROOT: &[u8] = include_bytes!("../trust/igc-sante-racine-elementaire.pem");
const IGC_SANTE_ORGANISATIONS: &[u8] = include_bytes!("../trust/igc-sante-elementaire-organisations.pem");
/// Used for a certificate that names no list of its own.
const IGC_SANTE_ORGANISATIONS_CRL: &str = "http://igc-sante.esante.gouv.fr/CRL/ACI-EL-ORG.crl";

/// The anchors of the trust space, and the one authority below them whose servers are accepted (ECO.1.1.10).
///
/// A chain must end in an anchor **and** the server's certificate must be issued by an authority that bears the name of
/// the « organisations » one: the same root also certifies persons. The authority may have a newer key than the one shipped,
/// which a server then sends along.
#[derive(Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

struct Inner {
    roots: Vec<CertificateDer<'static>>,
    anchors: Vec<TrustAnchor<'static>>,
    organisations: Vec<CertificateDer<'static>>,
    /// Subjects of the accepted authorities, DER.
    issuers: Vec<Vec<u8>>,
    crl: Option<String>,
}

impl Policy {
    /// The policy of every build that a person uses: IGC-Santé « Élémentaire Organisation », embedded.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when the embedded certificates are unreadable, which a test excludes.
    pub fn production() -> Result<Self, TlsError> {
        Self::build(
            IGC_SANTE_ROOT,
            IGC_SANTE_ORGANISATIONS,
            Some(IGC_SANTE_ORGANISATIONS_CRL.to_owned()),
        )
    }

    /// The policy of this build: production, unless the build has the feature `local-operator` **and** the environment
    /// names such an operator.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when the anchors cannot be read.
    pub fn of_this_build() -> Result<Self, TlsError> {
        #[cfg(feature = "local-operator")]
        if let Some(operator) = crate::local::LocalOperator::from_env()? {
            return operator.policy();
        }
        Self::production()
    }

    /// Other anchors: PEM of the root or roots, PEM of the « organisations » authority or authorities, and the list to
    /// ask for when a certificate names none.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when a text holds no certificate or an unreadable one.
    #[cfg(any(test, feature = "local-operator"))]
    pub fn local(anchors_pem: &[u8], organisations_pem: &[u8], crl: Option<String>) -> Result<Self, TlsError> {
        Self::build(anchors_pem, organisations_pem, crl)
    }

    fn build(anchors_pem: &[u8], organisations_pem: &[u8], crl: Option<String>) -> Result<Self, TlsError> {
        let roots = certificates(anchors_pem)?;
        let organisations = certificates(organisations_pem)?;
        let setup = |e: webpki::Error| TlsError::Setup(format!("an anchor is unreadable: {e}"));
        let mut anchors = Vec::new();
        for root in &roots {
            anchors.push(webpki::anchor_from_trusted_cert(root).map_err(setup)?.to_owned());
        }
        let mut issuers = Vec::new();
        for authority in &organisations {
            issuers.push(
                webpki::EndEntityCert::try_from(authority)
                    .map_err(setup)?
                    .subject()
                    .to_vec(),
            );
        }
        Ok(Self {
            inner: Arc::new(Inner {
                roots,
                anchors,
                organisations,
                issuers,
                crl,
            }),
        })
    }

    /// The SHA-256 fingerprints of the roots then of the « organisations » authorities, for a screen or a report.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<[u8; 32]> {
        use sha2::{Digest, Sha256};
        self.inner
            .roots
            .iter()
            .chain(&self.inner.organisations)
            .map(|c| Sha256::digest(c).into())
            .collect()
    }

    pub(crate) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.inner.anchors
    }

    pub(crate) fn organisations(&self) -> &[CertificateDer<'static>] {
        &self.inner.organisations
    }

    pub(crate) fn accepts_issuer(&self, subject: &[u8]) -> bool {
        self.inner.issuers.iter().any(|issuer| issuer == subject)
    }

    /// The root whose subject is `subject` (the content of the DER sequence, as webpki gives it).
    pub(crate) fn root(&self, subject: &[u8]) -> Option<&CertificateDer<'static>> {
        self.inner
            .roots
            .iter()
            .find(|root| webpki::EndEntityCert::try_from(*root).is_ok_and(|cert| cert.subject() == subject))
    }

    pub(crate) fn fallback_crl(&self) -> Option<&str> {
        self.inner.crl.as_deref()
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy")
            .field("roots", &self.inner.roots.len())
            .field("organisations", &self.inner.organisations.len())
            .field("crl", &self.inner.crl)
            .finish()
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|e| TlsError::Setup(format!("a certificate is unreadable: {e}")))?;
    if found.is_empty() {
        return Err(TlsError::Setup("no certificate where one must be".to_owned()));
    }
    Ok(found)
}
