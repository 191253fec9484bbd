//! Is this the server it says it is?

use std::sync::Arc;

use rustls::DigitallySignedStruct;
use rustls::Error as Rustls;
use rustls::SignatureScheme;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, OtherError};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, RevocationCheckDepth, RevocationOptions,
    RevocationOptionsBuilder, UnknownStatusPolicy, VerifiedPath,
};
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::crl::{CrlCache, Held};
use crate::error::TlsError;
use crate::policy::Policy;

/// Distribution points followed per certificate.
const MAX_POINTS: usize = 4;
/// Longest address of a distribution point, in bytes.
const MAX_URL: usize = 1024;

/// What to do with a certificate of which nothing is known, neither good nor bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Let the handshake end: the caller checks strictly before anything is sent.
    Accepted,
    /// Refuse it.
    Refused,
}

/// Checks servers' certificates against a [`Policy`] and a [`CrlCache`].
#[derive(Clone)]
pub(crate) struct Verifier {
    policy: Policy,
    crls: Arc<CrlCache>,
    provider: Arc<CryptoProvider>,
    missing: Missing,
}

/// One certificate of a verified chain, and where its revocation is published.
pub(crate) struct Link {
    /// Addresses of the list that covers it.
    pub(crate) urls: Vec<String>,
    /// Who signed it, and so the list.
    pub(crate) issuer: CertificateDer<'static>,
}

impl Verifier {
    pub(crate) fn new(policy: Policy, crls: Arc<CrlCache>, provider: Arc<CryptoProvider>) -> Self {
        Self {
            policy,
            crls,
            provider,
            missing: Missing::Refused,
        }
    }

    pub(crate) fn tolerating(&self, missing: Missing) -> Self {
        Self {
            missing,
            ..self.clone()
        }
    }

    /// The whole check, waiting for the lists that are missing or out of date.
    pub(crate) async fn verify_fetching(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), TlsError> {
        let links = self
            .links(leaf, others, name, now)
            .map_err(|e| TlsError::from_rustls(&e))?;
        for link in &links {
            self.crls
                .ensure(&link.urls, &link.issuer, now)
                .await
                .map_err(TlsError::RevocationUnknown)?;
        }
        self.verify(leaf, others, name, now, Missing::Refused)
            .map_err(|e| TlsError::from_rustls(&e))
    }

    /// Has the lists of the policy's own authorities in memory: theirs, and the one of the certificates they issue.
    pub(crate) async fn prefetch(&self, now: UnixTime) -> Result<(), TlsError> {
        for authority in self.policy.organisations() {
            if let Some(url) = self.policy.fallback_crl() {
                let urls = [url.to_owned()];
                self.crls
                    .ensure(&urls, authority, now)
                    .await
                    .map_err(TlsError::RevocationUnknown)?;
            }
            let urls = distribution_points(authority);
            let root = EndEntityCert::try_from(authority)
                .ok()
                .and_then(|cert| self.policy.root(cert.issuer()));
            if let (false, Some(root)) = (urls.is_empty(), root) {
                self.crls
                    .ensure(&urls, root, now)
                    .await
                    .map_err(TlsError::RevocationUnknown)?;
            }
        }
        Ok(())
    }

    /// Path, usage, time and name; then, for each certificate below the anchor, where its revocation is published.
    fn links(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Vec<Link>, Rustls> {
        let candidates = self.candidates(others);
        let certificate = EndEntityCert::try_from(leaf).map_err(refused)?;
        certificate.verify_is_valid_for_subject_name(name).map_err(refused)?;
        let path = self.path(&certificate, &candidates, now, None)?;
        let issuers: Vec<CertificateDer<'static>> = path
            .intermediate_certificates()
            .map(|c| c.der().into_owned())
            .chain(self.policy.root(path.anchor().subject.as_ref()).cloned())
            .collect();
        let mut links = Vec::new();
        let mut below = leaf.clone().into_owned();
        for (depth, issuer) in issuers.into_iter().enumerate() {
            let mut urls = distribution_points(&below);
            if depth == 0 && urls.is_empty() {
                urls.extend(self.policy.fallback_crl().map(str::to_owned));
            }
            // An authority that publishes no list of itself is vouched for by the anchor that ships with us.
            let wanted = depth == 0 && self.policy.wants_lists();
            if wanted || !urls.is_empty() {
                links.push(Link {
                    urls,
                    issuer: issuer.clone(),
                });
            }
            below = issuer;
        }
        Ok(links)
    }

    /// Everything, with the lists known at this moment.
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
        missing: Missing,
    ) -> Result<(), Rustls> {
        let links = self.links(leaf, others, name, now)?;
        // A chain of a collector may name no list for its server: see `Policy::for_collector`.
        let unlisted = !self.policy.wants_lists() && distribution_points(leaf).is_empty();
        if links.is_empty() {
            return Ok(());
        }
        // Two keys of one authority have lists under the same name: only those of this chain's keys count.
        let held: Vec<Arc<Held>> = self.crls.current(now);
        let covers = |link: &Link| held.iter().any(|list| list.is_signed_by(&link.issuer));
        if unlisted && missing == Missing::Refused && !links.iter().all(covers) {
            return Err(CertificateError::UnknownRevocationStatus.into());
        }
        let held = held
            .iter()
            .filter(|list| links.iter().any(|link| list.is_signed_by(&link.issuer)));
        let lists: Vec<CertRevocationList<'_>> = held.filter_map(|list| list.parsed()).collect();
        let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
        let Ok(builder) = RevocationOptionsBuilder::new(&lists) else {
            return match missing {
                Missing::Accepted => Ok(()),
                Missing::Refused => Err(CertificateError::UnknownRevocationStatus.into()),
            };
        };
        let options = builder
            .with_depth(if links.len() > 1 || unlisted {
                RevocationCheckDepth::Chain
            } else {
                RevocationCheckDepth::EndEntity
            })
            .with_status_policy(match missing {
                Missing::Refused if !unlisted => UnknownStatusPolicy::Deny,
                // Unlisted: what names a list is covered by one that is held, the rest cannot be known.
                _ => UnknownStatusPolicy::Allow,
            })
            .with_expiration_policy(ExpirationPolicy::Enforce)
            .build();
        let certificate = EndEntityCert::try_from(leaf).map_err(refused)?;
        self.path(&certificate, &self.candidates(others), now, Some(options))
            .map(|_| ())
    }

    fn candidates<'a>(&'a self, others: &'a [CertificateDer<'a>]) -> Vec<CertificateDer<'a>> {
        self.policy
            .organisations()
            .iter()
            .chain(others.iter().take(8))
            .cloned()
            .collect()
    }

    fn path<'p>(
        &'p self,
        certificate: &'p EndEntityCert<'p>,
        candidates: &'p [CertificateDer<'p>],
        now: UnixTime,
        revocation: Option<RevocationOptions<'_>>,
    ) -> Result<VerifiedPath<'p>, Rustls> {
        let through_organisations = |path: &VerifiedPath<'_>| match path.intermediate_certificates().next() {
            issuer if self.policy.accepts_issuer(issuer.map(|issuer| issuer.subject())) => Ok(()),
            _ => Err(webpki::Error::UnknownIssuer),
        };
        certificate
            .verify_for_usage(
                self.provider.signature_verification_algorithms.all,
                self.policy.anchors(),
                candidates,
                now,
                KeyUsage::server_auth(),
                revocation,
                Some(&through_organisations),
            )
            .map_err(refused)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Rustls> {
        self.verify(end_entity, intermediates, server_name, now, self.missing)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Rustls> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Rustls> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier")
            .field("policy", &self.policy)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

/// The HTTP addresses of the lists that cover this certificate. IGC-Santé also writes LDAP ones, left aside.
pub(crate) fn distribution_points(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let mut urls = Vec::new();
    for extension in parsed.extensions() {
        let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else {
            continue;
        };
        for point in points.iter() {
            let Some(DistributionPointName::FullName(names)) = &point.distribution_point else {
                continue;
            };
            for name in names {
                match name {
                    GeneralName::URI(url) if url.starts_with("http://") && url.len() <= MAX_URL => {
                        urls.push((*url).to_owned());
                    }
                    _ => {}
                }
            }
        }
    }
    urls.truncate(MAX_POINTS);
    urls
}

fn refused(error: webpki::Error) -> Rustls {
    use webpki::Error as W;
    let problem = match error {
        W::CertNotValidYet { time, not_before } => CertificateError::NotValidYetContext { time, not_before },
        W::CertExpired { time, not_after } => CertificateError::ExpiredContext { time, not_after },
        W::InvalidCertValidity => CertificateError::Expired,
        // Which of several candidate authorities fails, and how, says nothing to a person. A false signature too says that
        // an authority of that name, but not ours, issued the certificate.
        W::UnknownIssuer
        | W::InvalidSignatureForPublicKey
        | W::CaUsedAsEndEntity
        | W::EndEntityUsedAsCa
        | W::PathLenConstraintViolated
        | W::NameConstraintViolation => CertificateError::UnknownIssuer,
        W::CertNotValidForName(context) => CertificateError::NotValidForNameContext {
            expected: context.expected,
            presented: context.presented,
        },
        W::CertRevoked => CertificateError::Revoked,
        W::UnknownRevocationStatus => CertificateError::UnknownRevocationStatus,
        W::CrlExpired { time, next_update } => CertificateError::ExpiredRevocationListContext { time, next_update },
        W::InvalidCrlSignatureForPublicKey | W::IssuerNotCrlSigner | W::UnsupportedCrlSignatureAlgorithmContext(_) => {
            return Rustls::InvalidCertRevocationList(rustls::CertRevocationListError::BadSignature);
        }
        W::RequiredEkuNotFoundContext(_) => CertificateError::InvalidPurpose,
        W::BadDer | W::BadDerTime | W::TrailingData(_) => CertificateError::BadEncoding,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    };
    problem.into()
}
