//! Certificates as IGC-Santé's: a root, an « organisations » intermediate, RSA leaves that name a revocation list, and that list.
//!
//! Also what a careful client must refuse: expired, for another name, under another root, revoked (EX_OPE_5010, ECO.1.x).

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    RevocationReason, RevokedCertParams, SanType, SerialNumber,
};

use crate::error::{Doing, Error, Result};

/// A day as rcgen wants it; a macro because rcgen gives that type no name of its own.
macro_rules! moment {
    ($date:expr) => {
        rcgen::date_time_ymd(
            i32::from($date.year()),
            $date.month().unsigned_abs(),
            $date.day().unsigned_abs(),
        )
    };
}

/// An authority's certificate and the means to sign with it.
struct Authority {
    pem: String,
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

/// A root and the « organisations » intermediate under it.
struct Hierarchy {
    root: Authority,
    organisations: Authority,
}

/// Where a chain's RSA keys come from.
enum Keys {
    /// Made for it, and used nowhere else.
    Own,
    /// Those that this process has made so far, from the first on, each once in the chain: an operator has four of them, and
    /// openssl works longer on them than all of its servers do to start.
    Kept(AtomicUsize),
}

/// The keys of [`Keys::Kept`], PKCS#8 PEM.
static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A chain of authorities of its own, its keys in memory, and the serial numbers it has revoked.
pub struct Pki {
    ours: Hierarchy,
    /// Same names, other keys: what an impostor would show. Made when first asked for.
    theirs: Mutex<Option<Hierarchy>>,
    crl_url: String,
    revoked: Mutex<Vec<Vec<u8>>>,
    serials: Mutex<u64>,
    keys: Keys,
}

/// When a certificate or a revocation list is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validity {
    /// From yesterday, for two years (a list: for seven days).
    #[default]
    Current,
    /// Until the day before yesterday.
    Expired,
    /// From the day after tomorrow.
    NotYet,
}

/// What a certificate is to be. The default is a valid server certificate with no name.
#[derive(Debug, Clone, Default)]
pub struct LeafOptions {
    /// Common name; the first of `names` when absent.
    pub common_name: Option<String>,
    /// DNS names of the subject alternative name; one that contains `@` is written as a mail address, an IP address as such.
    pub names: Vec<String>,
    /// When it is valid.
    pub validity: Validity,
    /// Signed under another root, of the same names.
    pub other_root: bool,
    /// Entered in the revocation list at once.
    pub revoked: bool,
    /// With a P-256 key, made at once, instead of an RSA one.
    pub elliptic: bool,
    /// For a client (clientAuth) instead of a server (serverAuth).
    pub client: bool,
    /// Names no revocation list.
    pub without_crl_url: bool,
    /// Names this revocation list instead of the chain's own.
    pub crl_url: Option<String>,
}

/// A certificate, its key and its chain.
#[derive(Clone)]
pub struct Leaf {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The certificate, DER.
    pub certificate_der: Vec<u8>,
    /// The intermediate that signed it, PEM.
    pub issuer_pem: String,
    /// The intermediate that signed it, DER.
    pub issuer_der: Vec<u8>,
    /// The key, PKCS#8 PEM.
    pub key_pem: String,
    /// The key, PKCS#8 DER.
    pub key_der: Vec<u8>,
    /// The serial number, big-endian.
    pub serial: Vec<u8>,
}

impl Leaf {
    /// The certificate followed by its intermediate, as a server sends them.
    pub fn chain_pem(&self) -> String {
        format!("{}{}", self.certificate_pem, self.issuer_pem)
    }
}

impl Pki {
    /// New authorities, whose leaves name `crl_url`. Takes about a second: RSA keys are made by openssl, as ring makes none.
    ///
    /// # Errors
    /// When openssl is missing or fails.
    pub fn new(crl_url: &str) -> Result<Self> {
        Self::with(Keys::Own, crl_url)
    }

    /// The same for an operator: its keys may be those of another operator of this process.
    pub(crate) fn of_operator(crl_url: &str) -> Result<Self> {
        Self::with(Keys::Kept(AtomicUsize::new(0)), crl_url)
    }

    fn with(keys: Keys, crl_url: &str) -> Result<Self> {
        Ok(Pki {
            ours: Hierarchy::new(&keys)?,
            keys,
            theirs: Mutex::new(None),
            crl_url: crl_url.to_owned(),
            revoked: Mutex::new(Vec::new()),
            serials: Mutex::new(0x1000),
        })
    }

    /// The root, PEM: the anchor to trust.
    pub fn root_pem(&self) -> &str {
        &self.ours.root.pem
    }

    /// The root, DER.
    pub fn root_der(&self) -> &[u8] {
        &self.ours.root.der
    }

    /// The « organisations » intermediate, PEM.
    pub fn organisations_pem(&self) -> &str {
        &self.ours.organisations.pem
    }

    /// Makes a certificate.
    ///
    /// # Errors
    /// When openssl fails, or a name is not one.
    pub fn leaf(&self, options: LeafOptions) -> Result<Leaf> {
        let key = if options.elliptic {
            Some(KeyPair::generate()?)
        } else {
            self.keys.several(1)?.pop()
        };
        let key = key.ok_or_else(|| Error::answer("making a key", "it is missing"))?;
        self.leaf_with_key(options, key)
    }

    /// Makes several certificates, their keys at the same time.
    ///
    /// # Errors
    /// As [`Pki::leaf`].
    pub fn leaves<const N: usize>(&self, options: [LeafOptions; N]) -> Result<[Leaf; N]> {
        let rsa = options.iter().filter(|options| !options.elliptic).count();
        let mut keys = self.keys.several(rsa)?.into_iter();
        let leaves: Vec<Leaf> = options
            .into_iter()
            .map(|options| match (!options.elliptic).then(|| keys.next()).flatten() {
                Some(key) => self.leaf_with_key(options, key),
                None => self.leaf(options),
            })
            .collect::<Result<_>>()?;
        leaves
            .try_into()
            .map_err(|_| Error::answer("making certificates", "one is missing"))
    }

    fn leaf_with_key(&self, options: LeafOptions, key: KeyPair) -> Result<Leaf> {
        let serial = self.next_serial();
        let common_name = options
            .common_name
            .clone()
            .or_else(|| options.names.first().cloned())
            .unwrap_or_else(|| "essai".to_owned());
        let mut params = subject(&common_name);
        let (from, until) = options.validity.bounds(730);
        params.not_before = moment!(from);
        params.not_after = moment!(until);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![if options.client {
            ExtendedKeyUsagePurpose::ClientAuth
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        }];
        for name in options.names {
            params.subject_alt_names.push(if let Ok(address) = name.parse() {
                SanType::IpAddress(address)
            } else if name.contains('@') {
                SanType::Rfc822Name(name.as_str().try_into()?)
            } else {
                SanType::DnsName(name.as_str().try_into()?)
            });
        }
        if !options.without_crl_url {
            let uri = options.crl_url.unwrap_or_else(|| self.crl_url.clone());
            params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![uri] }];
        }
        params.use_authority_key_identifier_extension = true;
        let (certificate, issuer_pem, issuer_der) = if options.other_root {
            let mut theirs = lock(&self.theirs);
            if theirs.is_none() {
                *theirs = Some(Hierarchy::new(&self.keys)?);
            }
            let Some(hierarchy) = theirs.as_ref() else {
                return Err(Error::answer("another root", "missing"));
            };
            hierarchy.sign(&params, &key)?
        } else {
            self.ours.sign(&params, &key)?
        };
        if options.revoked {
            self.revoke(&serial);
        }
        Ok(Leaf {
            certificate_pem: certificate.pem(),
            certificate_der: certificate.der().to_vec(),
            issuer_pem,
            issuer_der,
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
            serial,
        })
    }

    /// Enters a serial number in the revocation list; the list served must be made again.
    pub fn revoke(&self, serial: &[u8]) {
        lock(&self.revoked).push(serial.to_vec());
    }

    /// The revocation list as it now is, DER, signed by the intermediate.
    ///
    /// # Errors
    /// When signing fails.
    pub fn crl(&self, validity: Validity) -> Result<Vec<u8>> {
        let (from, until) = validity.bounds(7);
        let (this_update, next_update) = (moment!(from), moment!(until));
        let revoked_certs = lock(&self.revoked)
            .iter()
            .map(|serial| RevokedCertParams {
                serial_number: SerialNumber::from_slice(serial),
                revocation_time: this_update,
                reason_code: Some(RevocationReason::KeyCompromise),
                invalidity_date: None,
            })
            .collect();
        let params = CertificateRevocationListParams {
            this_update,
            next_update,
            crl_number: SerialNumber::from_slice(&self.next_serial()),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.ours.organisations.issuer)?.der().to_vec())
    }

    fn next_serial(&self) -> Vec<u8> {
        let mut serials = lock(&self.serials);
        *serials += 1;
        // The first octet neither zero nor above 0x7f: a positive number in its shortest form.
        let mut serial = serials.to_be_bytes().to_vec();
        if let Some(first) = serial.first_mut() {
            *first = 0x4d;
        }
        serial
    }
}

impl Validity {
    /// First and last day.
    fn bounds(self, days: i32) -> (Date, Date) {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let (from, until) = match self {
            Validity::Current => (-1, days),
            Validity::Expired => (-2 - days, -2),
            Validity::NotYet => (2, 2 + days),
        };
        (today.saturating_add(from.days()), today.saturating_add(until.days()))
    }
}

impl Hierarchy {
    fn new(keys: &Keys) -> Result<Self> {
        let mut keys = keys.several(2)?.into_iter();
        let (Some(root_key), Some(key)) = (keys.next(), keys.next()) else {
            return Err(Error::answer("making keys", "one is missing"));
        };
        let mut params = subject("AC RACINE IGC-SANTE ELEMENTAIRE TEST LOCAL");
        authority(&mut params, BasicConstraints::Unconstrained);
        let root_certificate = params.self_signed(&root_key)?;
        let root = Authority {
            pem: root_certificate.pem(),
            der: root_certificate.der().to_vec(),
            issuer: Issuer::new(params, root_key),
        };
        let mut params = subject("AC IGC-SANTE ELEMENTAIRE ORGANISATIONS TEST LOCAL");
        authority(&mut params, BasicConstraints::Constrained(0));
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &root.issuer)?;
        let organisations = Authority {
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
            issuer: Issuer::new(params, key),
        };
        Ok(Hierarchy { root, organisations })
    }

    fn sign(&self, params: &CertificateParams, key: &KeyPair) -> Result<(rcgen::Certificate, String, Vec<u8>)> {
        let certificate = params.signed_by(key, &self.organisations.issuer)?;
        Ok((
            certificate,
            self.organisations.pem.clone(),
            self.organisations.der.clone(),
        ))
    }
}

fn authority(params: &mut CertificateParams, constraints: BasicConstraints) {
    let (from, until) = Validity::Current.bounds(3650);
    params.not_before = moment!(from);
    params.not_after = moment!(until);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
}

fn subject(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "FR");
    name.push(DnType::OrganizationName, "PLI ESSAIS");
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    params
}

impl Keys {
    /// The next ones of the chain.
    fn several(&self, count: usize) -> Result<Vec<KeyPair>> {
        let pems = match self {
            Keys::Own => new_keys(count)?,
            Keys::Kept(taken) => {
                let mut kept = lock(&KEPT);
                let from = taken.fetch_add(count, Ordering::SeqCst);
                let missing = (from + count).saturating_sub(kept.len());
                kept.extend(new_keys(missing)?);
                kept.iter().skip(from).take(count).cloned().collect()
            }
        };
        pems.iter()
            .map(|pem| Ok(KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_RSA_SHA256)?))
            .collect()
    }
}

/// RSA keys, PKCS#8 PEM, made at the same time.
fn new_keys(count: usize) -> Result<Vec<String>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(new_key)).collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(Error::answer("making a key", "the thread ended")))
            })
            .collect()
    })
}

fn new_key() -> Result<String> {
    let output = Command::new("openssl")
        .args([
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ])
        .stdin(Stdio::null())
        .output()
        .doing("starting", "openssl")?;
    if !output.status.success() {
        return Err(Error::Tool {
            tool: "openssl",
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Nothing panics while one of these locks is held; were it so, the value would still be whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
