//! Revocation lists: fetched, proven, kept on disk, refreshed ahead (ECO.1.1.6, ECO.1.1.7).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};
use webpki::{BorrowedCertRevocationList, CertRevocationList, EndEntityCert};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use crate::crl_fetch::{CrlFetch, MAX_CRL_BYTES};
use crate::suites::crypto_provider;

/// A list is asked for again after this many seconds at most, however long it stays valid.
const REFRESH_AFTER: u64 = 6 * 3600;
/// After a refresh that failed, the next one waits this many seconds.
const RETRY_AFTER: u64 = 5 * 60;
/// A list from an earlier run may be older than a revocation: how long a newer one is waited for before the kept one serves.
const FRESH_PATIENCE: Duration = Duration::from_secs(3);
/// Lists kept in memory. The trust space has two.
const MAX_HELD: usize = 16;

/// Why no revocation list can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CrlProblem {
    /// The certificate names no list, and none covers it.
    #[error("no revocation list covers it")]
    Missing,
    /// The list could not be fetched, and none is kept.
    #[error("the revocation list could not be fetched")]
    Unreachable,
    /// The list is above [`MAX_CRL_BYTES`].
    #[error("the revocation list is too large")]
    TooLarge,
    /// What was fetched is no revocation list.
    #[error("the revocation list is unreadable")]
    Unreadable,
    /// The list is not signed by the authority that issued the certificate.
    #[error("the revocation list is not signed by the right authority")]
    Untrusted,
    /// The only list to be had is out of date.
    #[error("the revocation list is out of date")]
    Expired,
}

impl CrlProblem {
    /// Whether the list may be had later without anyone changing anything.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Unreachable | Self::Expired)
    }
}

/// The revocation lists known to this process, and their copies on disk.
///
/// A list is believed only once its signature is verified with the key of the authority that issued the certificate, when
/// it comes from the network and again when it comes from the disk. A list older than the one held never replaces
/// it, so that a list from before a revocation cannot be served again.
pub struct CrlCache {
    dir: Option<PathBuf>,
    fetch: Arc<dyn CrlFetch>,
    held: RwLock<HashMap<Place, Arc<Held>>>,
    /// One fetch at a time for one place.
    fetching: Mutex<HashMap<Place, Arc<tokio::sync::Mutex<()>>>>,
}

/// What a list is filed under: its address and the key that must have signed it. An authority that changes its key keeps
/// its name and may keep the address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    url: String,
    key: Vec<u8>,
}

/// A list whose signature was verified.
pub(crate) struct Held {
    der: Vec<u8>,
    /// The public key that signed it, as its certificate writes it.
    key: Vec<u8>,
    this_update: u64,
    next_update: u64,
    refresh_at: AtomicU64,
}

impl Held {
    pub(crate) fn parsed(&self) -> Option<CertRevocationList<'_>> {
        BorrowedCertRevocationList::from_der(&self.der)
            .ok()
            .map(CertRevocationList::from)
    }

    pub(crate) fn is_signed_by(&self, issuer: &CertificateDer<'_>) -> bool {
        key_of(issuer).is_ok_and(|key| key == self.key)
    }

    fn is_current(&self, now: UnixTime) -> bool {
        now.as_secs() < self.next_update
    }
}

impl CrlCache {
    /// An empty cache that keeps its lists in `dir` (in memory only without one) and gets them through `fetch`.
    #[must_use]
    pub fn new(dir: Option<PathBuf>, fetch: Arc<dyn CrlFetch>) -> Arc<Self> {
        Arc::new(Self {
            dir,
            fetch,
            held: RwLock::default(),
            fetching: Mutex::default(),
        })
    }

    /// The lists that are valid at `now`, the newest first.
    pub(crate) fn current(&self, now: UnixTime) -> Vec<Arc<Held>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let mut current: Vec<_> = held.values().filter(|list| list.is_current(now)).cloned().collect();
        current.sort_by_key(|list| std::cmp::Reverse(list.this_update));
        current
    }

    /// Has a valid list of `issuer` in memory: held, else from the disk, else from one of `urls`.
    ///
    /// A valid list that is due for a refresh is used at once and refreshed meanwhile; one that an earlier run left on the disk
    /// waits a moment for a newer one first.
    pub(crate) async fn ensure(
        self: &Arc<Self>,
        urls: &[String],
        issuer: &CertificateDer<'_>,
        now: UnixTime,
    ) -> Result<(), CrlProblem> {
        let key = key_of(issuer)?;
        let places: Vec<Place> = urls
            .iter()
            .map(|url| Place {
                url: url.clone(),
                key: key.clone(),
            })
            .collect();
        for place in &places {
            let from_disk = self.held(place).is_none() && self.load(place, issuer, now).await;
            let Some(list) = self.held(place).filter(|list| list.is_current(now)) else {
                continue;
            };
            // Moved ahead at once, so that connections opened together ask for one refresh.
            let due = list.refresh_at.load(Ordering::Relaxed);
            let next = now.as_secs() + RETRY_AFTER;
            if now.as_secs() >= due
                && list
                    .refresh_at
                    .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            {
                let (cache, place, issuer) = (Arc::clone(self), place.clone(), issuer.clone().into_owned());
                let renewal = tokio::spawn(async move { cache.renew(&place, &issuer, now).await });
                if from_disk {
                    // Whatever becomes of it, the kept list is valid; a renewal that is late goes on by itself.
                    let _ = tokio::time::timeout(FRESH_PATIENCE, renewal).await;
                }
            }
            return Ok(());
        }
        let mut problem = CrlProblem::Missing;
        for place in &places {
            match self.renew(place, issuer, now).await {
                Ok(()) => return Ok(()),
                // That the list kept is out of date explains more than that a new one cannot be had.
                Err(_) if self.held(place).is_some() => problem = CrlProblem::Expired,
                Err(found) => problem = found,
            }
        }
        Err(problem)
    }

    fn held(&self, place: &Place) -> Option<Arc<Held>> {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(place)
            .cloned()
    }

    async fn renew(&self, place: &Place, issuer: &CertificateDer<'_>, now: UnixTime) -> Result<(), CrlProblem> {
        let before = self.held(place).map(|list| list.this_update);
        let turn = {
            let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            fetching.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(fetching.entry(place.clone()).or_default())
        };
        let _turn = turn.lock().await;
        // Another task may have brought it while this one waited its turn.
        let meanwhile = self.held(place);
        if meanwhile.as_ref().map(|list| list.this_update) != before
            && meanwhile.is_some_and(|list| list.is_current(now))
        {
            return Ok(());
        }
        let der = self.fetch.fetch(&place.url).await?;
        let list = prove(der, issuer, now)?;
        let der = list.der.clone();
        if self.keep(place, list) {
            self.save(place, der).await;
        }
        self.held(place)
            .filter(|list| list.is_current(now))
            .map(|_| ())
            .ok_or(CrlProblem::Expired)
    }

    /// Puts a proven list in memory unless a newer one is there.
    fn keep(&self, place: &Place, list: Held) -> bool {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match held.get(place) {
            Some(known) if known.this_update > list.this_update => return false,
            None if held.len() >= MAX_HELD => {
                if let Some(oldest) = held
                    .iter()
                    .min_by_key(|(_, l)| l.next_update)
                    .map(|(place, _)| place.clone())
                {
                    held.remove(&oldest);
                }
            }
            _ => {}
        }
        held.insert(place.clone(), Arc::new(list));
        true
    }

    /// Whether a valid list was on the disk.
    async fn load(&self, place: &Place, issuer: &CertificateDer<'_>, now: UnixTime) -> bool {
        let Some(path) = self.path(place) else { return false };
        let read = tokio::task::spawn_blocking(move || read_bounded(&path)).await;
        let Ok(Ok(der)) = read else { return false };
        match prove(der, issuer, now) {
            Ok(list) => {
                // When it was fetched is not known: look for a newer one now, while this one serves.
                list.refresh_at.store(now.as_secs(), Ordering::Relaxed);
                self.keep(place, list)
            }
            Err(problem) => {
                tracing::warn!(%problem, "a revocation list kept on disk is not usable");
                false
            }
        }
    }

    async fn save(&self, place: &Place, der: Vec<u8>) {
        let Some(path) = self.path(place) else { return };
        let written = tokio::task::spawn_blocking(move || replace(&path, &der)).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!("a revocation list could not be kept on disk: it will be fetched again at the next start");
        }
    }

    fn path(&self, place: &Place) -> Option<PathBuf> {
        use std::fmt::Write;
        let mut name = String::with_capacity(68);
        let digest = Sha256::new()
            .chain_update(&place.url)
            .chain_update([0])
            .chain_update(&place.key)
            .finalize();
        for byte in digest {
            let _ = write!(name, "{byte:02x}");
        }
        Some(self.dir.as_ref()?.join(name + ".crl"))
    }
}

impl std::fmt::Debug for CrlCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CrlCache")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// Reads a list and verifies that `issuer` signed it. A list out of date is proven too: it says what is missing.
fn prove(der: Vec<u8>, issuer: &CertificateDer<'_>, now: UnixTime) -> Result<Held, CrlProblem> {
    if der.len() > MAX_CRL_BYTES {
        return Err(CrlProblem::TooLarge);
    }
    let (this_update, next_update) = {
        BorrowedCertRevocationList::from_der(&der).map_err(|_| CrlProblem::Unreadable)?;
        let (_, list) = CertificateRevocationList::from_der(&der).map_err(|_| CrlProblem::Unreadable)?;
        let signer = EndEntityCert::try_from(issuer).map_err(|_| CrlProblem::Untrusted)?;
        let signed = crypto_provider()
            .signature_verification_algorithms
            .all
            .iter()
            .any(|algorithm| {
                names_algorithm(&list, algorithm.signature_alg_id().as_ref())
                    && signer
                        .verify_signature(*algorithm, list.tbs_cert_list.as_ref(), &list.signature_value.data)
                        .is_ok()
            });
        if !signed {
            return Err(CrlProblem::Untrusted);
        }
        let seconds = |time: x509_parser::time::ASN1Time| u64::try_from(time.timestamp()).unwrap_or(0);
        (seconds(list.last_update()), list.next_update().map_or(0, seconds))
    };
    let remaining = next_update.saturating_sub(now.as_secs());
    let refresh_at = now.as_secs() + REFRESH_AFTER.min(remaining / 2);
    Ok(Held {
        der,
        key: key_of(issuer)?,
        this_update,
        next_update,
        refresh_at: AtomicU64::new(refresh_at),
    })
}

fn key_of(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, CrlProblem> {
    let certificate = EndEntityCert::try_from(certificate).map_err(|_| CrlProblem::Untrusted)?;
    Ok(certificate.subject_public_key_info().to_vec())
}

/// Whether the list says it is signed with this algorithm (the content of an `AlgorithmIdentifier`).
fn names_algorithm(list: &CertificateRevocationList<'_>, identifier: &[u8]) -> bool {
    // The identifier begins with the OID: tag 6, a length below 128, then its bytes.
    let oid = list.signature_algorithm.algorithm.as_bytes();
    identifier.get(2..2 + oid.len()) == Some(oid) && identifier.first() == Some(&6)
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut der = Vec::new();
    std::fs::File::open(path)?
        .take(MAX_CRL_BYTES as u64 + 1)
        .read_to_end(&mut der)?;
    Ok(der)
}

/// Writes a file whole or not at all.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let aside = path.with_extension(format!("{}-{number}.part", std::process::id()));
    let written = std::fs::File::create_new(&aside).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| std::fs::rename(&aside, path));
    if replaced.is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    replaced
}
