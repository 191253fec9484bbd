//! Logging in and out by Pro Santé Connect: in the system's browser (SC.PSC.01) or on the phone (SC.PSC.13). A login needs
//! no BAL and no open store: it serves every BAL, and unlocks the profile of its person.

mod accept;
pub(crate) mod clock;
mod flow;
mod remembered;
mod under_way;
mod view;

use std::sync::Arc;
use std::time::Duration;

use pli_store::{AccountId, AuthMethod};
use pli_terms::{NationalId, Wording};
use pli_trace::Action;
use pli_wire::WireError;
#[cfg(feature = "local-operator")]
use secrecy::SecretString;

use crate::Engine;
use crate::audit::Local;
use crate::error::EngineError;
use crate::event::{Event, LoginId, LoginState};
use crate::lock;

pub(crate) use under_way::Logins;
use under_way::Pending;
pub use view::{LoginHint, LoginRequest, LoginWay, SessionView, WayKind};

/// How long the provider is waited for when a session ends: it ends here in any case.
const GOODBYE: Duration = Duration::from_secs(10);

impl Engine {
    /// Begins a login by Pro Santé Connect: opens the browser, or asks the phone. What follows comes as
    /// [`Event::Login`]. A login that was under way is given up. When the same person is logged in already, that is the
    /// answer. While the profile is locked, the login of its person unlocks it.
    ///
    /// # Errors
    /// [`EngineError::LoginNotConfigured`], [`EngineError::Locked`] when only the passphrase opens the profile,
    /// [`EngineError::OtherPerson`] for a phone that is not the profile's person's,
    /// [`EngineError::WrongState`] for a BAL opened by certificate, [`EngineError::LoginCancelled`] when another login
    /// was begun meanwhile, [`EngineError::Identity`] when the provider cannot be reached, or refuses to ask the phone.
    pub async fn login_start(&self, request: LoginRequest) -> Result<LoginState, EngineError> {
        let core = &self.core;
        if core.is_stopping() {
            return Err(EngineError::Stopped);
        }
        lock::may_log_in(core)?;
        let expected = self.expected(&request).await?;
        let pending = Pending::begin(core);
        if let Some(name) = self.already(&request).await {
            core.wake_all();
            let login = pending.login;
            return Ok(LoginState::Done { login, name });
        }
        if let LoginWay::Phone { national_id, .. } = &request.way {
            remembered::must_be_owner(core, national_id)?;
        }
        flow::start(pending, request, expected).await
    }

    /// Gives a login up. One that has ended is no error.
    pub fn login_cancel(&self, login: LoginId) {
        self.core.logins.cancel(login);
    }

    /// What is remembered of the last login, so that the next needs no typing. Works while locked.
    #[must_use]
    pub fn login_hint(&self) -> LoginHint {
        remembered::hint(&self.core)
    }

    /// Who is logged in, or was last since the program runs; `None` before the first login and after a logout.
    #[must_use]
    pub fn session(&self) -> Option<SessionView> {
        self.core.identities.view()
    }

    /// Ends the session: connections close, tokens are wiped, what is stored stays (SC.SSI/IE.38). The certificates of
    /// organisations' BALs are wiped too, until the next login or opening, or until their mail is asked for.
    ///
    /// # Errors
    /// None today: the provider is told as far as it listens.
    pub async fn logout(&self) -> Result<(), EngineError> {
        let core = &self.core;
        core.logins.cancel_all();
        core.lock.forget_session();
        // Whatever the journal says, a session that is to end ends here; its provider is told only of what is recorded.
        core.trace_after(Local::new(Action::Logout, Wording::fixed("LOGOUT")))
            .await;
        let ended = core.identities.end().await;
        core.wake_all();
        core.emit(Event::Identity);
        core.emit(Event::Accounts);
        if let Some((session, provider)) = ended {
            match tokio::time::timeout(GOODBYE, session.logout(&provider)).await {
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
    pub async fn adopt_session(&self, national_id: NationalId, name: &str, token: SecretString) {
        let author = pli_wire::audit::Author {
            national_id: Some(national_id),
            display: name.to_owned(),
            authentication: pli_wire::audit::Authentication::PscCode,
        };
        self.core.identities.give(author, token, self.core.now()).await;
        self.core.wake_all();
        self.core.emit(Event::Identity);
    }

    /// The auditor of this profile's connections, for tests that speak to a server by verbs that no use case has yet. Its
    /// traces go where all do. Development builds only.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`].
    #[cfg(feature = "local-operator")]
    pub fn auditor(&self) -> Result<std::sync::Arc<dyn pli_wire::Auditor>, EngineError> {
        crate::audit::auditor(&self.core)
    }

    /// Who is expected to log in, where the provider has to be told. Pro Santé Connect's page is told nothing: the person
    /// chooses there. A local operator that answers every login has to know whose box it is.
    async fn expected(&self, request: &LoginRequest) -> Result<Option<NationalId>, EngineError> {
        let Some(account) = request.account else {
            return Ok(None);
        };
        // While the store is closed, nothing is known of BALs, and nothing has to be.
        let found = match self.core.with_store(move |store| store.account(account)).await {
            Err(EngineError::VaultLocked | EngineError::Locked) => return Ok(None),
            found => found?,
        };
        if found.settings.auth != AuthMethod::Psc {
            return Err(EngineError::WrongState("this BAL is opened by a certificate"));
        }
        #[cfg(feature = "local-operator")]
        if self.core.reach.local().is_some() {
            return Ok(NationalId::parse(found.settings.address.as_str()).ok());
        }
        Ok(None)
    }

    /// The name of who is logged in, when no new login is needed for what is asked.
    async fn already(&self, request: &LoginRequest) -> Option<String> {
        let core = &self.core;
        let author = core.identities.author()?;
        if let LoginWay::Phone { national_id, .. } = &request.way
            && author.national_id.as_ref() != Some(national_id)
        {
            return None;
        }
        if self.is_refused(request.account) {
            return None;
        }
        core.identities.token(core.now()).await.ok()?;
        Some(author.display)
    }

    /// Whether an operator refuses the identity that is known: only another login may help.
    fn is_refused(&self, account: Option<AccountId>) -> bool {
        let runtimes: Vec<_> = self.core.runtimes().values().map(Arc::clone).collect();
        runtimes
            .iter()
            .filter(|runtime| account.is_none_or(|account| runtime.account == account))
            .filter(|runtime| runtime.method == AuthMethod::Psc)
            .any(|runtime| {
                let problem = runtime.state().problem;
                problem.is_some_and(|problem| {
                    let refused = matches!(problem.root(), EngineError::Wire(WireError::LoginRefused { .. }));
                    problem.needs_login() || (account.is_some() && refused)
                })
            })
    }
}
