//! Who is known to be at this workstation: one Pro Santé Connect session for all BALs, certificates for those that need
//! them. In memory only (ECO.1.2.5), gone with the process, with the vault, and with the provider's session (ECO.1.2.6).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use pli_identity::{AuthenticationMethod, Https, IdentityError, Provider, SealedSession, Session, Settings, Witness};
use pli_store::{AccountId, AuthMethod};
use pli_tls::ClientIdentity;
use pli_wire::audit::{Authentication, Author};
use secrecy::SecretString;
use tokio::sync::{Notify, watch};

use crate::error::EngineError;
use crate::login::SessionView;

/// How long a renewal that is under way is waited for when the session has to go: a refresh token that the provider spent
/// is lost with its answer.
const FAREWELL: Duration = Duration::from_secs(1);

/// Rounds of two refused tokens, one after the other, that say that a BAL does not open to this identity.
const REFUSALS: u8 = 2;

/// A token with its number: a refused number is never sent again.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    pub(crate) number: u64,
    pub(crate) author: Author,
}

/// Identities in memory.
pub(crate) struct Identities {
    held: tokio::sync::Mutex<Held>,
    /// What can be asked without waiting.
    known: Mutex<Known>,
    provider: tokio::sync::Mutex<Option<(Settings, Provider)>>,
    certificates: Mutex<BTreeMap<AccountId, ClientIdentity>>,
    /// BALs that refused tokens of this session that were just renewed.
    refusals: Mutex<BTreeMap<AccountId, Refusals>>,
    /// Thresholds told of each certificate's end while the program runs.
    announced: Mutex<BTreeMap<AccountId, (Timestamp, u16)>>,
    /// Tells the clock of the session that there is another one.
    pub(crate) changed: Notify,
    /// A session ended by itself, and nobody was told yet.
    ended: AtomicBool,
    /// Grows when an identity goes: what it opened is closed.
    gone: watch::Sender<u64>,
    /// Grows when the session must go at once: a renewal under way gives way.
    hurry: watch::Sender<u64>,
}

/// How a BAL refused.
#[derive(Debug, Clone, Copy, Default)]
struct Refusals {
    /// In a row.
    count: u8,
    /// The last token that it refused.
    number: Option<u64>,
}

/// What can be asked without waiting: who is logged in.
#[derive(Default)]
struct Known {
    author: Option<Author>,
    view: Option<SessionView>,
}

#[derive(Default)]
struct Held {
    session: Option<Kind>,
    /// Grows with each token.
    number: u64,
    /// The last token that an operator refused.
    refused: Option<u64>,
    /// The provider that began the session.
    provider: Option<Provider>,
}

enum Kind {
    Provider(Box<Session>),
    /// Given directly by a test or a bench of a development build.
    #[cfg(feature = "local-operator")]
    Given {
        author: Author,
        token: SecretString,
    },
}

impl Default for Identities {
    fn default() -> Self {
        Self {
            held: tokio::sync::Mutex::default(),
            known: Mutex::default(),
            provider: tokio::sync::Mutex::default(),
            certificates: Mutex::default(),
            refusals: Mutex::default(),
            announced: Mutex::default(),
            changed: Notify::new(),
            ended: AtomicBool::new(false),
            gone: watch::channel(0).0,
            hurry: watch::channel(0).0,
        }
    }
}

impl Identities {
    /// Whether a BAL opened this way has somebody to open it.
    pub(crate) fn has(&self, account: AccountId, method: AuthMethod) -> bool {
        match method {
            AuthMethod::Psc => lock(&self.known).author.is_some(),
            AuthMethod::Certificate => lock(&self.certificates).contains_key(&account),
        }
    }

    /// Resolves once nobody is there any more to open this BAL.
    pub(crate) async fn lost(&self, account: AccountId, method: AuthMethod) {
        let mut gone = self.gone.subscribe();
        while self.has(account, method) {
            if gone.changed().await.is_err() {
                return;
            }
        }
    }

    /// Who is logged in by Pro Santé Connect.
    pub(crate) fn author(&self) -> Option<Author> {
        lock(&self.known).author.clone()
    }

    /// The session as shown: the last one, over or not.
    pub(crate) fn view(&self) -> Option<SessionView> {
        lock(&self.known).view.clone()
    }

    /// Whether a session ended by itself since this was last asked.
    pub(crate) fn take_ended(&self) -> bool {
        self.ended.swap(false, Ordering::SeqCst)
    }

    /// The certificate that opens this BAL.
    pub(crate) fn certificate(&self, account: AccountId) -> Option<ClientIdentity> {
        lock(&self.certificates).get(&account).cloned()
    }

    /// Every certificate in memory, by its BAL, with the moment it ends.
    pub(crate) fn certificate_ends(&self) -> Vec<(AccountId, Timestamp)> {
        let certificates = lock(&self.certificates);
        certificates.iter().map(|(id, one)| (*id, one.not_after())).collect()
    }

    pub(crate) fn set_certificate(&self, account: AccountId, identity: ClientIdentity) {
        lock(&self.certificates).insert(account, identity);
    }

    /// The certificate of a BAL goes, and with it what it opened.
    pub(crate) fn remove_certificate(&self, account: AccountId) {
        if lock(&self.certificates).remove(&account).is_some() {
            self.tell_gone();
        }
    }

    /// The provider, discovered once for its setting: its description does not change while the program runs.
    pub(crate) async fn provider(
        &self,
        settings: &Settings,
        witness: Arc<dyn Witness>,
    ) -> Result<Provider, EngineError> {
        if let Some((known, provider)) = self.provider.lock().await.as_ref()
            && known.discovery() == settings.discovery()
        {
            return Ok(provider.clone());
        }
        self.discover(settings, witness).await
    }

    /// The provider as it describes itself now.
    pub(crate) async fn discover(
        &self,
        settings: &Settings,
        witness: Arc<dyn Witness>,
    ) -> Result<Provider, EngineError> {
        let provider = Provider::discover_before(settings, Arc::new(Https::new(settings)?), witness).await?;
        *self.provider.lock().await = Some((settings.clone(), provider.clone()));
        Ok(provider)
    }

    /// Another provider was set: the next login discovers it. The session goes on with the one that began it.
    pub(crate) async fn forget_provider(&self) {
        *self.provider.lock().await = None;
    }

    /// A session begins, for all BALs.
    pub(crate) async fn begin(&self, session: Session, provider: Provider) {
        let (author, view) = (author(&session), view(&session, false));
        let session = Kind::Provider(Box::new(session));
        self.put(session, Some(provider), author, view).await;
    }

    /// A token given by a test or a bench: it is used as it is, and never renewed.
    #[cfg(feature = "local-operator")]
    pub(crate) async fn give(&self, author: Author, token: SecretString, now: Timestamp) {
        let view = author.national_id.clone().map(|national_id| SessionView {
            name: author.display.clone(),
            national_id,
            method: AuthenticationMethod::Code,
            started_at: now,
            ends_at: now.saturating_add(pli_identity::LONGEST_SESSION).unwrap_or(now),
            ended: false,
        });
        let given = Kind::Given {
            author: author.clone(),
            token,
        };
        self.put(given, None, author, view).await;
    }

    async fn put(
        &self,
        session: Kind,
        provider: Option<Provider>,
        author: Author,
        view: impl Into<Option<SessionView>>,
    ) {
        self.hurry.send_modify(|count| *count += 1);
        let mut held = self.held.lock().await;
        *held = Held {
            session: Some(session),
            number: held.number + 1,
            refused: None,
            provider,
        };
        *lock(&self.known) = Known {
            author: Some(author),
            view: view.into(),
        };
        lock(&self.refusals).clear();
        self.ended.store(false, Ordering::SeqCst);
        drop(held);
        self.changed.notify_one();
    }

    /// Forgets everybody; gives the session so that the provider can be told.
    pub(crate) async fn end(&self) -> Option<(Session, Provider)> {
        let former = self.leave(None).await;
        lock(&self.certificates).clear();
        self.tell_gone();
        former
    }

    /// Takes everybody out of memory for the time of the lock. The session is sealed under `key`, which is to be had from the
    /// vault only; certificates are in the store. Quick: a renewal under way is waited for a second at most.
    pub(crate) async fn seal_for_lock(&self, key: &[u8; 32]) -> Option<(SealedSession, Provider)> {
        let shown = self.view();
        let former = self.leave(shown).await;
        lock(&self.certificates).clear();
        self.tell_gone();
        let (session, provider) = former?;
        match session.seal(key) {
            Ok(sealed) => Some((sealed, provider)),
            Err(error) => {
                tracing::warn!(%error, "the session could not be sealed: it ends with the lock");
                self.show_ended();
                None
            }
        }
    }

    /// Takes the session back after the lock. One whose time is over by now is shown as ended.
    ///
    /// # Errors
    /// [`EngineError::Identity`] when it was sealed under another key.
    pub(crate) async fn resume(
        &self,
        (sealed, provider): (SealedSession, Provider),
        key: &[u8; 32],
        now: Timestamp,
    ) -> Result<(), EngineError> {
        match sealed.open(key) {
            Ok(session) if !session.is_over(now) => {
                self.begin(session, provider).await;
                Ok(())
            }
            Ok(_) => {
                self.show_ended();
                self.changed.notify_one();
                Ok(())
            }
            Err(error) => {
                self.show_ended();
                Err(error.into())
            }
        }
    }

    /// Takes the session out; `shown` is what is seen of it from now on.
    async fn leave(&self, shown: Option<SessionView>) -> Option<(Session, Provider)> {
        self.hurry.send_modify(|count| *count += 1);
        let mut held = self.held.lock().await;
        let former = held.session.take();
        let provider = held.provider.take();
        held.number += 1;
        *lock(&self.known) = Known {
            author: None,
            view: shown,
        };
        drop(held);
        self.changed.notify_one();
        match (former, provider) {
            (Some(Kind::Provider(session)), Some(provider)) => Some((*session, provider)),
            _ => None,
        }
    }

    fn show_ended(&self) {
        if let Some(view) = &mut lock(&self.known).view {
            view.ended = true;
        }
        self.ended.store(true, Ordering::SeqCst);
    }

    fn tell_gone(&self) {
        self.gone.send_modify(|count| *count += 1);
    }

    /// A token that no operator has refused: renewed first when it is about to end.
    ///
    /// # Errors
    /// [`EngineError::LoginNeeded`] when nobody is logged in or the session is over, [`EngineError::Identity`] when the
    /// provider cannot renew now, [`EngineError::Stopped`] when the session is being taken away.
    pub(crate) async fn token(&self, now: Timestamp) -> Result<Token, EngineError> {
        let mut held = self.held.lock().await;
        let refused = held.refused == Some(held.number);
        let Held { session, provider, .. } = &mut *held;
        match session.as_mut() {
            None => return Err(EngineError::LoginNeeded),
            Some(Kind::Provider(session)) => {
                if refused || !session.is_usable(now) {
                    match self.renew(session, provider.as_ref(), now).await {
                        Ok(()) => held.number += 1,
                        Err(error) => return Err(self.failed(&mut held, error, now)),
                    }
                }
            }
            #[cfg(feature = "local-operator")]
            Some(Kind::Given { .. }) if refused => return Err(EngineError::LoginNeeded),
            #[cfg(feature = "local-operator")]
            Some(Kind::Given { .. }) => {}
        }
        let number = held.number;
        match held.session.as_ref() {
            Some(Kind::Provider(session)) => Ok(Token {
                secret: session.access_token().clone(),
                number,
                author: author(session),
            }),
            #[cfg(feature = "local-operator")]
            Some(Kind::Given { author, token }) => Ok(Token {
                secret: token.clone(),
                number,
                author: author.clone(),
            }),
            None => Err(EngineError::LoginNeeded),
        }
    }

    /// An operator refused this token: it is never given again.
    pub(crate) async fn refuse(&self, number: u64) {
        let mut held = self.held.lock().await;
        if held.number == number {
            held.refused = Some(number);
        }
    }

    /// Whether this BAL is known not to open to this identity: what it refuses says nothing of the token, which serves the
    /// others on.
    pub(crate) fn is_closed_to(&self, account: AccountId) -> bool {
        lock(&self.refusals)
            .get(&account)
            .is_some_and(|refusals| refusals.count >= REFUSALS)
    }

    /// Whether this BAL refused this very token: it is not sent there again.
    pub(crate) fn has_refused(&self, account: AccountId, number: u64) -> bool {
        lock(&self.refusals)
            .get(&account)
            .is_some_and(|refusals| refusals.number == Some(number))
    }

    /// A BAL refused a token that was just renewed. Answers whether it is the identity that it refuses.
    pub(crate) fn note_refusal(&self, account: AccountId, number: u64) -> bool {
        let mut refusals = lock(&self.refusals);
        let noted = refusals.entry(account).or_default();
        noted.count = noted.count.saturating_add(1);
        noted.number = Some(number);
        noted.count >= REFUSALS
    }

    /// A BAL opened to this identity.
    pub(crate) fn note_opened(&self, account: AccountId) {
        lock(&self.refusals).remove(&account);
    }

    /// Whether this threshold of a certificate's end is told for the first time since the program runs.
    pub(crate) fn is_first_notice(&self, account: AccountId, end: Timestamp, notice: u16) -> bool {
        lock(&self.announced).insert(account, (end, notice)) != Some((end, notice))
    }

    /// Renews the session when it is due; answers when it is due next. `None`: there is nothing to renew.
    ///
    /// # Errors
    /// As [`Identities::token`].
    pub(crate) async fn keep_fresh(&self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        let mut held = self.held.lock().await;
        let Held { session, provider, .. } = &mut *held;
        let session = match session.as_mut() {
            None => return Ok(None),
            Some(Kind::Provider(session)) => session,
            #[cfg(feature = "local-operator")]
            Some(Kind::Given { .. }) => return Ok(None),
        };
        if session.is_over(now) {
            return Err(self.failed(&mut held, IdentityError::SessionOver, now));
        }
        if !session.needs_refresh(now) || !session.can_refresh(now) {
            let next = if session.can_refresh(now) {
                session.refresh_due_at()
            } else {
                session.expires_at()
            };
            return Ok(Some(next.min(session.ends_at())));
        }
        match self.renew(session, provider.as_ref(), now).await {
            Ok(()) => {
                let next = session.refresh_due_at().min(session.ends_at());
                let seen = view(session, false);
                held.number += 1;
                // The end is better known with each answer.
                lock(&self.known).view = Some(seen);
                Ok(Some(next))
            }
            Err(error) => Err(self.failed(&mut held, error, now)),
        }
    }

    /// How long the session may still wait for a provider that is out of reach, before something of it lapses; `None` when
    /// there is none.
    pub(crate) async fn patience(&self, now: Timestamp) -> Option<Duration> {
        let held = self.held.lock().await;
        let Some(Kind::Provider(session)) = held.session.as_ref() else {
            return None;
        };
        let ends = [
            Some(session.expires_at()),
            session.refresh_expires_at(),
            Some(session.ends_at()),
        ];
        let next = ends.into_iter().flatten().filter(|end| *end > now).min()?;
        Duration::try_from(next.duration_since(now)).ok()
    }

    async fn renew(
        &self,
        session: &mut Session,
        provider: Option<&Provider>,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let provider = provider.ok_or(IdentityError::SessionOver)?;
        let mut hurry = self.hurry.subscribe();
        tokio::select! {
            biased;
            renewed = session.refresh(provider, now) => renewed,
            () = async {
                let _ = hurry.changed().await;
                tokio::time::sleep(FAREWELL).await;
            } => Err(IdentityError::Cancelled),
        }
    }

    /// What a failed renewal means: the session ends unless it may pass later.
    fn failed(&self, held: &mut Held, error: IdentityError, now: Timestamp) -> EngineError {
        if matches!(error, IdentityError::Cancelled) {
            return EngineError::Stopped;
        }
        let alive = match held.session.as_ref() {
            Some(Kind::Provider(session)) => error.is_transient() && !session.is_over(now),
            _ => false,
        };
        if alive {
            return error.into();
        }
        tracing::info!(code = error.code(), "the session is over");
        held.session = None;
        held.provider = None;
        held.number += 1;
        lock(&self.known).author = None;
        self.show_ended();
        self.tell_gone();
        // The clock of the session tells everybody.
        self.changed.notify_one();
        EngineError::LoginNeeded
    }
}

/// Who a session is.
pub(crate) fn author(session: &Session) -> Author {
    let person = session.person();
    Author {
        national_id: Some(person.national_id.clone()),
        display: person.display_name(),
        authentication: match session.method() {
            AuthenticationMethod::Code => Authentication::PscCode,
            AuthenticationMethod::Ciba => Authentication::PscCiba,
            AuthenticationMethod::Certificate => Authentication::Certificate,
        },
    }
}

fn view(session: &Session, ended: bool) -> SessionView {
    let person = session.person();
    SessionView {
        name: person.display_name(),
        national_id: person.national_id.clone(),
        method: session.method(),
        started_at: session.started_at(),
        ends_at: session.ends_at(),
        ended,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
