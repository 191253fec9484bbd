//! Logging in and out: Pro Santé Connect in the system's browser (SC.PSC.01), or a client certificate.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pli_identity::{CodeFlow, IdentityError, PATIENCE, Settings};
use pli_store::{AccountId, AuthMethod};
use pli_tls::{ClientIdentity, TlsError};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;

use crate::Engine;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::{Event, LoginId, LoginState};

/// A PKCS#12 file is a few kilobytes; more is no such file.
const LARGEST_CERTIFICATE: u64 = 1024 * 1024;

/// How long the provider is waited for when a session ends: it ends here in any case.
const GOODBYE: Duration = Duration::from_secs(10);

/// How soon a renewal that the provider could not serve is tried again.
const AGAIN: Duration = Duration::from_secs(15);

/// The longest the session's clock sleeps: a workstation that was suspended wakes up with an old clock.
const NAP: Duration = Duration::from_secs(20);

/// Who is expected to log in. Pro Santé Connect is told nothing: the person chooses there. A local operator that answers
/// every login has to know whose box it is.
fn hint(reach: &crate::connect::Reach, address: &pli_terms::Address) -> Option<pli_terms::NationalId> {
    #[cfg(feature = "local-operator")]
    if reach.local().is_some() {
        return pli_terms::NationalId::parse(address.as_str()).ok();
    }
    let _ = (reach, address);
    None
}

/// Logins under way.
#[derive(Default)]
pub(crate) struct Logins {
    last: AtomicU32,
    waiting: Mutex<BTreeMap<LoginId, Arc<Notify>>>,
}

impl Logins {
    fn begin(&self) -> (LoginId, Arc<Notify>) {
        let login = LoginId(self.last.fetch_add(1, Ordering::SeqCst) + 1);
        let cancelled = Arc::new(Notify::new());
        self.lock().insert(login, Arc::clone(&cancelled));
        (login, cancelled)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LoginId, Arc<Notify>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Begins a login by Pro Santé Connect for a BAL: opens the browser. What follows comes as [`Event::Login`]. The
    /// session serves every BAL that is opened this way. When somebody is logged in already, that is the answer.
    ///
    /// # Errors
    /// [`EngineError::WrongState`] for a BAL opened by certificate, [`EngineError::Identity`] when the provider cannot be
    /// reached.
    pub async fn login_start(&self, account: AccountId) -> Result<LoginState, EngineError> {
        let core = &self.core;
        let found = core.with_store(move |store| store.account(account)).await?;
        if found.settings.auth != AuthMethod::Psc {
            return Err(EngineError::WrongState("this BAL is opened by a certificate"));
        }
        let refused = core
            .runtime(account)
            .is_some_and(|runtime| runtime.state().problem.is_some_and(|p| p.needs_login()));
        if let Some(author) = core.identities.author().filter(|_| !refused)
            && core.identities.token(core.now()).await.is_ok()
        {
            core.wake_all();
            return Ok(LoginState::Done { name: author.display });
        }
        let settings = core.reach.psc_settings()?;
        let provider = core.identities.provider(&settings).await?;
        let flow = CodeFlow::begin(&provider, hint(&core.reach, &found.settings.address).as_ref()).await?;
        let url = flow.authorize_url().to_string();
        let (login, cancelled) = core.logins.begin();
        let state = LoginState::Browser {
            login,
            url: url.clone(),
        };
        core.emit(Event::Login {
            account,
            login: state.clone(),
        });
        let task = finish(Arc::clone(core), account, login, flow, cancelled);
        tokio::spawn(task);
        // A desktop without a browser is no failure: the window shows the address.
        let browser = Arc::clone(&core.options.browser);
        let opened = tokio::task::spawn_blocking(move || browser(&url)).await?;
        if !opened {
            tracing::info!("no browser was opened for the login");
        }
        Ok(state)
    }

    /// Gives a login up. One that has ended is no error.
    pub fn login_cancel(&self, login: LoginId) {
        if let Some(cancelled) = self.core.logins.lock().remove(&login) {
            cancelled.notify_one();
        }
    }

    /// Opens a BAL by a client certificate: the file is read into memory and copied nowhere. After a restart it is
    /// asked for again.
    ///
    /// # Errors
    /// [`EngineError::File`] when it cannot be read, [`EngineError::Tls`] when it is no PKCS#12 file, its passphrase is
    /// another, or its time is over.
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
        let path = file.to_owned();
        let identity = tokio::task::spawn_blocking(move || read_certificate(&path, &passphrase)).await??;
        if !identity.is_valid_at(core.now()) {
            return Err(EngineError::CertificateExpired);
        }
        let name = identity.common_name().to_owned();
        core.identities.set_certificate(account, identity);
        let state = LoginState::Done { name };
        core.emit(Event::Login {
            account,
            login: state.clone(),
        });
        core.wake_all();
        Ok(state)
    }

    /// Ends the session: connections close, tokens and certificates are wiped, what is stored stays (SC.SSI/IE.38).
    ///
    /// # Errors
    /// None today: the provider is told as far as it listens.
    pub async fn logout(&self) -> Result<(), EngineError> {
        let core = &self.core;
        let session = core.identities.end().await;
        core.wake_all();
        core.emit(Event::Accounts);
        if let Some(session) = session {
            let told = async {
                let provider = core.identities.provider(&core.reach.psc_settings()?).await?;
                Ok::<_, EngineError>(session.logout(&provider).await?)
            };
            match tokio::time::timeout(GOODBYE, told).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::info!(%error, "the provider was not told of the end of the session"),
                Err(_) => tracing::info!("the provider did not answer at the end of the session"),
            }
        }
        Ok(())
    }

    /// The name of who is logged in by Pro Santé Connect.
    #[must_use]
    pub fn logged_in(&self) -> Option<String> {
        self.core.identities.author().map(|author| author.display)
    }

    /// Takes a token as it is, for tests and benches that have no browser. Development builds only.
    #[cfg(feature = "local-operator")]
    pub async fn adopt_session(&self, national_id: pli_terms::NationalId, name: &str, token: SecretString) {
        let author = pli_wire::audit::Author {
            national_id: Some(national_id),
            display: name.to_owned(),
            authentication: pli_wire::audit::Authentication::PscCode,
        };
        self.core.identities.give(author, token).await;
        self.core.wake_all();
    }
}

async fn finish(core: Arc<Core>, account: AccountId, login: LoginId, flow: CodeFlow, cancelled: Arc<Notify>) {
    let clock = Arc::clone(&core.options.clock);
    let ended = flow.finish(|| clock.now(), PATIENCE, cancelled.notified());
    let ended = tokio::select! {
        ended = ended => ended,
        () = core.stopped() => Err(IdentityError::Cancelled),
    };
    core.logins.lock().remove(&login);
    let state = match ended {
        Ok(session) => {
            let name = session.person().display_name();
            core.identities.begin(session).await;
            if let Err(error) = crate::accounts::name_after(&core, account, &name).await {
                tracing::info!(%error, "a BAL was not named after its person");
            }
            core.wake_all();
            LoginState::Done { name }
        }
        Err(IdentityError::Cancelled) => LoginState::Failed {
            error: Arc::new(EngineError::LoginCancelled),
        },
        Err(error) => LoginState::Failed {
            error: Arc::new(error.into()),
        },
    };
    core.emit(Event::Login { account, login: state });
}

fn read_certificate(path: &Path, passphrase: &SecretString) -> Result<ClientIdentity, EngineError> {
    let failed = |source| EngineError::File {
        doing: "reading the certificate's file",
        source,
    };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > LARGEST_CERTIFICATE {
        return Err(EngineError::BadRequest("the file is too large for a certificate"));
    }
    let bytes = zeroize::Zeroizing::new(std::fs::read(path).map_err(failed)?);
    Ok(ClientIdentity::from_pkcs12(&bytes, passphrase.expose_secret())?)
}

/// Keeps the provider's session alive by renewing it before its tokens end, for as long as the vault is open. Also
/// notices that the workstation was suspended: its clock has moved on and this task has not.
pub(crate) async fn keep_fresh(core: Arc<Core>) {
    let mut before = (core.now(), tokio::time::Instant::now());
    loop {
        let nap = match core.identities.keep_fresh(core.now()).await {
            Ok(None) => NAP,
            Ok(Some(due)) => {
                let left = due.duration_since(core.now());
                Duration::try_from(left)
                    .unwrap_or(Duration::ZERO)
                    .clamp(Duration::from_secs(1), NAP)
            }
            Err(EngineError::LoginNeeded) => {
                // Connections are closed, and everybody is told that a login is needed (ECO.1.2.6).
                core.wake_all();
                core.emit(Event::Accounts);
                NAP
            }
            Err(error) => {
                tracing::info!(%error, "the session could not be renewed now");
                AGAIN
            }
        };
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            () = core.identities.changed.notified() => {}
            () = core.closed() => return,
        }
        let now = (core.now(), tokio::time::Instant::now());
        if was_suspended(
            now.0.duration_since(before.0).as_millis(),
            now.1.duration_since(before.1).as_millis(),
        ) {
            core.resumed();
        }
        before = now;
    }
}

/// Whether the calendar moved on by a minute more than this process did.
fn was_suspended(calendar: i128, process: u128) -> bool {
    calendar.saturating_sub(i128::try_from(process).unwrap_or(i128::MAX)) > 60_000
}

impl crate::connect::Reach {
    /// Which identity provider: the local operator's in development builds.
    pub(crate) fn psc_settings(&self) -> Result<Settings, EngineError> {
        #[cfg(feature = "local-operator")]
        if let Some(local) = self.local() {
            return Ok(Settings::local(local)?);
        }
        // A heavy client reaches Pro Santé Connect through its vendor's intermediary only: there is none to name yet.
        Err(IdentityError::Settings("no intermediary for Pro Santé Connect is set").into())
    }
}

/// What a refused certificate says, for whoever judges it.
impl EngineError {
    /// Whether the PKCS#12 file, or its passphrase, is wrong.
    #[must_use]
    pub fn is_bad_certificate_file(&self) -> bool {
        matches!(self.root(), Self::Tls(TlsError::Pkcs12(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspend_is_a_calendar_that_ran_ahead() {
        assert!(was_suspended(3_600_000, 20_000));
        assert!(!was_suspended(20_500, 20_000));
        assert!(!was_suspended(-3_600_000, 20_000));
    }
}
