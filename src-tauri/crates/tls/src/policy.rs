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
    scope: Scope,
}

/// What the anchors are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The trust space: its servers, through its « organisations » authority, and known not to be revoked.
    TrustSpace,
    /// One server of the organisation that administers this workstation.
    Collector,
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

    /// For the organisation's collector of traces and for it alone: the authority that the workstation's administrator named,
    /// PEM, instead of the trust space.
    ///
    /// A certificate that names a revocation list must be known not to be on it. One that names none is believed: such an
    /// authority often publishes no list, and whoever named it can take it away again.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when the text holds no certificate or an unreadable one.
    pub fn for_collector(authorities_pem: &[u8]) -> Result<Self, TlsError> {
        let roots = certificates(authorities_pem)?;
        Ok(Self {
            inner: Arc::new(Inner {
                anchors: anchors(&roots)?,
                roots,
                organisations: Vec::new(),
                issuers: Vec::new(),
                crl: None,
                scope: Scope::Collector,
            }),
        })
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
        let anchors = anchors(&roots)?;
        let mut issuers = Vec::new();
        for authority in &organisations {
            issuers.push(
                webpki::EndEntityCert::try_from(authority)
                    .map_err(unreadable)?
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
                scope: Scope::TrustSpace,
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

    /// Whether a server's certificate may come from this authority; none is the anchor itself.
    pub(crate) fn accepts_issuer(&self, subject: Option<&[u8]>) -> bool {
        match self.inner.scope {
            Scope::TrustSpace => {
                subject.is_some_and(|subject| self.inner.issuers.iter().any(|issuer| issuer == subject))
            }
            Scope::Collector => true,
        }
    }

    /// Whether a server's certificate that names no revocation list is refused.
    pub(crate) fn wants_lists(&self) -> bool {
        self.inner.scope == Scope::TrustSpace
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

fn anchors(roots: &[CertificateDer<'static>]) -> Result<Vec<TrustAnchor<'static>>, TlsError> {
    roots
        .iter()
        .map(|root| Ok(webpki::anchor_from_trusted_cert(root).map_err(unreadable)?.to_owned()))
        .collect()
}

fn unreadable(error: webpki::Error) -> TlsError {
    TlsError::Setup(format!("an anchor is unreadable: {error}"))
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
