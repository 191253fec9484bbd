//! Client certificates of organisations' and applications' BALs: imported once, kept in the encrypted store with their
//! passphrase in the keyring, in memory while the vault is open, and told of before they end.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pli_store::{AccountId, AuthMethod, Certificate, Store, VaultError};
use pli_terms::Wording;
use pli_tls::ClientIdentity;
use pli_trace::{Action, Outcome};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::Engine;
use crate::audit::Local;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::{Event, LoginState};

/// A PKCS#12 file is a few kilobytes; more is no such file.
const LARGEST: usize = 1024 * 1024;

/// Days before the end when it is told, the last first.
const NOTICES: [u16; 3] = [7, 30, 60];

/// A BAL's client certificate as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateView {
    /// Whose it is.
    pub subject: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// Whole days left; negative once it has ended.
    pub days_left: i64,
    /// The threshold reached: 60, 30 or 7 days left at most, 0 once it has ended; `None` while there is nothing to say.
    pub notice: Option<u16>,
}

impl CertificateView {
    pub(crate) fn new(subject: String, not_after: Timestamp, now: Timestamp) -> Self {
        let left = not_after.duration_since(now).as_secs();
        Self {
            subject,
            not_after,
            days_left: left.div_euclid(24 * 3600),
            notice: notice(not_after, now),
        }
    }
}

/// The threshold that a certificate which ends at `end` has reached.
fn notice(end: Timestamp, now: Timestamp) -> Option<u16> {
    if now >= end {
        return Some(0);
    }
    let left = end.duration_since(now);
    NOTICES
        .into_iter()
        .find(|days| left <= SignedDuration::from_hours(24 * i64::from(*days)))
}

impl Engine {
    /// Imports the client certificate that opens a BAL: the file, modern or legacy PKCS#12, is read once and kept in the
    /// encrypted store, its passphrase in the system's keyring where there is one. It replaces the one that the BAL had, and
    /// serves at each opening from then on, with no question.
    ///
    /// # Errors
    /// [`EngineError::File`] when it cannot be read, [`EngineError::BadRequest`] when it is larger than 1 MiB,
    /// [`EngineError::Tls`] when it is no PKCS#12 file or its passphrase is another, [`EngineError::CertificateExpired`]
    /// when its time is over or has not come, [`EngineError::Vault`] when the keyring refuses: the former one then holds.
    pub async fn login_certificate(
        &self,
        account: AccountId,
        file: &Path,
        passphrase: SecretString,
    ) -> Result<LoginState, EngineError> {
        let core = &self.core;
        let found = core.with_store(move |store| store.account(account)).await?;
        if found.settings.auth != AuthMethod::Certificate {
            return Err(EngineError::WrongState("this BAL is opened by Pro Santé Connect"));
        }
        let (path, now, in_keyring) = (file.to_owned(), core.now(), core.options.keyring);
        let bal = pli_trace::Bal {
            address: found.settings.address,
            kind: Some(found.settings.kind),
        };
        let import = Local::new(Action::Settings, Wording::fixed("IMPORT CERTIFICATE")).of(Some(bal));
        let identity = core
            .blocking(move |core| {
                let asked = core.begin(import)?;
                let kept = keep(&*core.store()?, account, &path, &passphrase, now, in_keyring);
                let outcome = match &kept {
                    Ok(_) => Outcome::done(Wording::empty()),
                    Err(error) => Outcome::failed(why(error)),
                };
                core.end(asked, outcome)?;
                kept
            })
            .await?;
        let name = identity.common_name().to_owned();
        core.identities.set_certificate(account, identity);
        let login = core.logins.number();
        let state = LoginState::Done { login, name };
        core.emit(Event::Login { login: state.clone() });
        if let Some(runtime) = core.runtime(account) {
            runtime.note_login();
        }
        core.outbox_wake.notify_one();
        core.emit(Event::Accounts);
        announce(core);
        Ok(state)
    }
}

fn keep(
    store: &Store,
    account: AccountId,
    path: &Path,
    passphrase: &SecretString,
    now: Timestamp,
    in_keyring: bool,
) -> Result<ClientIdentity, EngineError> {
    let pkcs12 = read(path)?;
    let identity = ClientIdentity::from_pkcs12(&pkcs12, passphrase.expose_secret())?;
    if !identity.is_valid_at(now) {
        return Err(EngineError::CertificateExpired);
    }
    let certificate = Certificate {
        pkcs12,
        subject: identity.common_name().to_owned(),
        not_after: identity.not_after(),
    };
    store.certificate_put(account, &certificate, passphrase, in_keyring)?;
    Ok(identity)
}

/// Why a certificate was not imported, in the words of a trace.
fn why(error: &EngineError) -> Wording {
    Wording::fixed(match error {
        EngineError::CertificateExpired => "certificat hors de sa période de validité",
        EngineError::Tls(_) => "fichier ou phrase de passe refusés",
        EngineError::File { .. } => "fichier illisible",
        EngineError::BadRequest(_) => "fichier trop grand",
        _ => "certificat non conservé",
    })
}

/// Reads the file once, and no more of it than such a file has.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    let failed = |source| EngineError::File {
        doing: "reading the certificate's file",
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    // Room for one octet more tells a larger file; the buffer never moves, so nothing is left behind unwiped.
    let mut octets = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
    file.take(LARGEST as u64 + 1).read_to_end(&mut octets).map_err(failed)?;
    if octets.len() > LARGEST {
        return Err(EngineError::BadRequest("the file is too large for a certificate"));
    }
    Ok(octets)
}

/// Brings every certificate that is kept, and not in memory, into memory. One that cannot be had is its BAL's problem alone.
pub(crate) async fn load_missing(core: &Arc<Core>) {
    let Ok(store) = core.store() else { return };
    let accounts = match core.with_store(|store| store.accounts()).await {
        Ok(accounts) => accounts,
        Err(error) => return tracing::info!(%error, "the certificates could not be listed"),
    };
    for account in accounts {
        let id = account.id;
        if account.settings.auth != AuthMethod::Certificate || core.identities.certificate(id).is_some() {
            continue;
        }
        let store = Arc::clone(&store);
        let loaded = tokio::task::spawn_blocking(move || load(&store, id)).await;
        match loaded.map_err(EngineError::from).and_then(|loaded| loaded) {
            Ok(Some(identity)) => {
                core.identities.set_certificate(id, identity);
                if let Some(runtime) = core.runtime(id) {
                    runtime.note_login();
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::info!(account = id.get(), %error, "a certificate could not be loaded");
                if let Some(runtime) = core.runtime(id) {
                    runtime.update(|state| state.problem = Some(Arc::new(error)));
                }
                core.emit(Event::Accounts);
            }
        }
    }
    announce(core);
}

fn load(store: &Store, account: AccountId) -> Result<Option<ClientIdentity>, EngineError> {
    let Some(certificate) = store.certificate(account)? else {
        return Ok(None);
    };
    let passphrase = store
        .certificate_passphrase(account)?
        .ok_or(EngineError::Vault(VaultError::KeyMissing))?;
    let identity = ClientIdentity::from_pkcs12(&certificate.pkcs12, passphrase.expose_secret())?;
    Ok(Some(identity))
}

/// Forgets the certificate of a BAL: file, passphrase, memory.
pub(crate) async fn forget(core: &Arc<Core>, account: AccountId) -> Result<(), EngineError> {
    core.blocking(move |core| {
        let store = core.store()?;
        if store.certificate(account)?.is_some() {
            let bal = core.bal(account);
            core.record(Local::new(Action::Settings, Wording::fixed("REMOVE CERTIFICATE")).of(bal))?;
        }
        Ok(store.certificate_remove(account)?)
    })
    .await?;
    core.identities.remove_certificate(account);
    Ok(())
}

/// Tells of certificates that end soon or have ended: once for each threshold while the program runs.
pub(crate) fn announce(core: &Core) {
    let now = core.now();
    for (account, end) in core.identities.certificate_ends() {
        let Some(notice) = notice(end, now) else { continue };
        if core.identities.is_first_notice(account, end, notice) {
            core.emit(Event::Certificate { account, notice });
            core.emit(Event::Accounts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_at_60_30_and_7_days_and_when_it_has_come() {
        let end: Timestamp = "2027-03-31T12:00:00Z".parse().unwrap();
        let before = |days: i64, seconds: i64| end - SignedDuration::from_secs(days * 24 * 3600 + seconds);
        let told = |now| CertificateView::new(String::new(), end, now);
        assert_eq!(told(before(60, 1)).notice, None);
        assert_eq!(
            (told(before(60, 0)).notice, told(before(60, 0)).days_left),
            (Some(60), 60)
        );
        assert_eq!(told(before(30, 1)).notice, Some(60));
        assert_eq!(told(before(30, 0)).notice, Some(30));
        assert_eq!(told(before(7, 0)).notice, Some(7));
        assert_eq!((told(before(0, 1)).notice, told(before(0, 1)).days_left), (Some(7), 0));
        assert_eq!((told(end).notice, told(before(-1, 0)).days_left), (Some(0), -1));
    }

    #[test]
    fn no_more_of_a_file_is_read_than_a_certificate_has() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large.p12");
        std::fs::write(&path, vec![0; LARGEST + 1]).unwrap();
        assert!(matches!(read(&path), Err(EngineError::BadRequest(_))));
        assert!(matches!(read(&dir.path().join("none")), Err(EngineError::File { .. })));
    }
}
