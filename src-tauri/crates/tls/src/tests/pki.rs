//! A root, authorities below it, leaves and lists, built like IGC-Santé's.

use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CrlDistributionPoint,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
    SerialNumber, date_time_ymd,
};
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;

use crate::Policy;

pub(super) const HOST: &str = "imap.alpha.mssante.test";

/// The suites of TLS 1.2 that are allowed need RSA, which ring does not generate.
static RSA: LazyLock<String> = LazyLock::new(|| {
    let out = Command::new("openssl")
        .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        .output()
        .expect("the openssl command");
    assert!(out.status.success());
    String::from_utf8(out.stdout).expect("PEM")
});

/// A clock that tests set. 2026-06-10 unless told otherwise.
#[derive(Debug)]
pub(super) struct TestClock(AtomicU64);

impl TestClock {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(at(2026, 6, 10)))
    }

    pub(super) fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl TimeProvider for TestClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            self.0.load(Ordering::SeqCst),
        )))
    }
}

pub(super) fn at(year: i32, month: u8, day: u8) -> u64 {
    u64::try_from(date_time_ymd(year, month, day).unix_timestamp()).unwrap()
}

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(crate) struct Pki {
    pub(crate) root: Authority,
    pub(crate) organisations: Authority,
    /// Where leaves say that their list is.
    pub(super) url: String,
}

/// What a leaf says; the defaults are those of a good one.
pub(super) struct Leaf<'a> {
    pub(super) name: &'a str,
    pub(super) serial: u64,
    pub(super) years: (i32, i32),
    pub(super) usage: ExtendedKeyUsagePurpose,
    pub(super) points: Vec<String>,
}

pub(super) struct Issued {
    pub(super) cert_pem: String,
    pub(super) key_pem: String,
}

impl Pki {
    /// Leaves name the list at `{base}/organisations.crl`, the authority the one at `{base}/root.crl`.
    pub(crate) fn new(base: &str) -> Self {
        let root = CertifiedIssuer::self_signed(authority("AC RACINE LOCALE", 1, &[]), key()).unwrap();
        let points = [format!("{base}/root.crl")];
        let organisations =
            CertifiedIssuer::signed_by(authority("AC LOCALE ORGANISATIONS", 2, &points), key(), &root).unwrap();
        Self {
            root,
            organisations,
            url: format!("{base}/organisations.crl"),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy::local(self.root.pem().as_bytes(), self.organisations.pem().as_bytes(), None).unwrap()
    }

    pub(super) fn leaf(&self) -> Leaf<'static> {
        Leaf {
            name: HOST,
            serial: 100,
            years: (2020, 2040),
            usage: ExtendedKeyUsagePurpose::ServerAuth,
            points: vec![self.url.clone()],
        }
    }

    /// A certificate of the « organisations » authority.
    pub(super) fn issue(&self, leaf: &Leaf<'_>) -> Issued {
        issue(leaf, &self.organisations)
    }

    /// The authority's list as of June 2026, valid to 2026-07-01, with these serials.
    pub(super) fn list(&self, revoked: &[u64]) -> Vec<u8> {
        list(&self.organisations, revoked, (2026, 6, 1), (2026, 7, 1))
    }

    pub(super) fn root_list(&self, revoked: &[u64]) -> Vec<u8> {
        list(&self.root, revoked, (2026, 1, 1), (2026, 12, 1))
    }
}

pub(super) fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

pub(super) fn authority(name: &str, serial: u64, points: &[String]) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = distinguished(name);
    params.serial_number = Some(SerialNumber::from(serial));
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.crl_distribution_points = distribution(points);
    params
}

fn distinguished(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "FR");
    subject.push(DnType::CommonName, name);
    subject
}

fn distribution(points: &[String]) -> Vec<CrlDistributionPoint> {
    if points.is_empty() {
        Vec::new()
    } else {
        vec![CrlDistributionPoint { uris: points.to_vec() }]
    }
}

pub(super) fn issue(leaf: &Leaf<'_>, issuer: &Authority) -> Issued {
    let key = KeyPair::from_pem(&RSA).unwrap();
    let mut params = CertificateParams::new(vec![leaf.name.to_owned()]).unwrap();
    params.distinguished_name = distinguished(leaf.name);
    params.serial_number = Some(SerialNumber::from(leaf.serial));
    params.not_before = date_time_ymd(leaf.years.0, 1, 1);
    params.not_after = date_time_ymd(leaf.years.1, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![leaf.usage.clone()];
    params.crl_distribution_points = distribution(&leaf.points);
    let cert = params.signed_by(&key, issuer).unwrap();
    Issued {
        cert_pem: cert.pem(),
        key_pem: RSA.clone(),
    }
}

pub(super) fn list(issuer: &Authority, revoked: &[u64], this: (i32, u8, u8), next: (i32, u8, u8)) -> Vec<u8> {
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(this.0, this.1, this.2),
        next_update: date_time_ymd(next.0, next.1, next.2),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: revoked
            .iter()
            .map(|serial| RevokedCertParams {
                serial_number: SerialNumber::from(*serial),
                revocation_time: date_time_ymd(2026, 1, 1),
                reason_code: None,
                invalidity_date: None,
            })
            .collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().der().to_vec()
}
