//! Who is known to be at this workstation: one Pro Santé Connect session for all BALs, certificates for those that need
//! them. In memory only (ECO.1.2.5), gone with the process, with the vault, and with the provider's session (ECO.1.2.6).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use pli_identity::{AuthenticationMethod, Https, IdentityError, Provider, Session, Settings};
use pli_store::{AccountId, AuthMethod};
use pli_tls::ClientIdentity;
use pli_wire::audit::{Authentication, Author};
use secrecy::SecretString;
use tokio::sync::Notify;

use crate::error::EngineError;

/// A token with its number: a refused number is never sent again.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    pub(crate) number: u64,
    pub(crate) author: Author,
}

/// Identities in memory.
#[derive(Default)]
pub(crate) struct Identities {
    held: tokio::sync::Mutex<Held>,
    /// What can be asked without waiting: who is logged in.
    known: Mutex<Option<Author>>,
    provider: tokio::sync::Mutex<Option<Provider>>,
    certificates: Mutex<BTreeMap<AccountId, ClientIdentity>>,
    /// Tells the clock of the session that there is another one.
    pub(crate) changed: Notify,
}

#[derive(Default)]
struct Held {
    session: Option<Kind>,
    /// Grows with each token.
    number: u64,
    /// The last token that an operator refused.
    refused: Option<u64>,
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

impl Identities {
    /// Whether a BAL opened this way has somebody to open it.
    pub(crate) fn has(&self, account: AccountId, method: AuthMethod) -> bool {
        match method {
            AuthMethod::Psc => lock(&self.known).is_some(),
            AuthMethod::Certificate => lock(&self.certificates).contains_key(&account),
        }
    }

    /// Who is logged in by Pro Santé Connect.
    pub(crate) fn author(&self) -> Option<Author> {
        lock(&self.known).clone()
    }

    /// The certificate that opens this BAL.
    pub(crate) fn certificate(&self, account: AccountId) -> Option<ClientIdentity> {
        lock(&self.certificates).get(&account).cloned()
    }

    pub(crate) fn set_certificate(&self, account: AccountId, identity: ClientIdentity) {
        lock(&self.certificates).insert(account, identity);
    }

    /// The provider, discovered once: its description does not change while the program runs.
    pub(crate) async fn provider(&self, settings: &Settings) -> Result<Provider, EngineError> {
        let mut known = self.provider.lock().await;
        if let Some(provider) = known.as_ref() {
            return Ok(provider.clone());
        }
        let provider = Provider::discover(settings, Arc::new(Https::new()?)).await?;
        *known = Some(provider.clone());
        Ok(provider)
    }

    /// A session begins, for all BALs.
    pub(crate) async fn begin(&self, session: Session) {
        let author = author(&session);
        self.put(Some(Kind::Provider(Box::new(session))), Some(author)).await;
    }

    /// A token given by a test or a bench: it is used as it is, and never renewed.
    #[cfg(feature = "local-operator")]
    pub(crate) async fn give(&self, author: Author, token: SecretString) {
        self.put(
            Some(Kind::Given {
                author: author.clone(),
                token,
            }),
            Some(author),
        )
        .await;
    }

    async fn put(&self, session: Option<Kind>, author: Option<Author>) {
        let mut held = self.held.lock().await;
        *held = Held {
            session,
            number: held.number + 1,
            refused: None,
        };
        *lock(&self.known) = author;
        drop(held);
        self.changed.notify_one();
    }

    /// Forgets everybody; gives the session so that the provider can be told.
    pub(crate) async fn end(&self) -> Option<Session> {
        let mut held = self.held.lock().await;
        let former = held.session.take();
        held.number += 1;
        *lock(&self.known) = None;
        lock(&self.certificates).clear();
        drop(held);
        self.changed.notify_one();
        match former {
            Some(Kind::Provider(session)) => Some(*session),
            _ => None,
        }
    }

    /// A token that no operator has refused: renewed first when it is about to end.
    ///
    /// # Errors
    /// [`EngineError::LoginNeeded`] when nobody is logged in or the session is over, [`EngineError::Identity`] when the
    /// provider cannot renew now.
    pub(crate) async fn token(&self, now: Timestamp) -> Result<Token, EngineError> {
        let mut held = self.held.lock().await;
        let refused = held.refused == Some(held.number);
        let Some(session) = held.session.as_mut() else {
            return Err(EngineError::LoginNeeded);
        };
        match session {
            Kind::Provider(session) => {
                if refused || !session.is_usable(now) {
                    match self.renew(session, now).await {
                        Ok(()) => held.number += 1,
                        Err(error) => return Err(self.failed(&mut held, error, now)),
                    }
                }
            }
            #[cfg(feature = "local-operator")]
            Kind::Given { .. } if refused => return Err(EngineError::LoginNeeded),
            #[cfg(feature = "local-operator")]
            Kind::Given { .. } => {}
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

    /// Renews the session when it is due; answers when it is due next. `None`: there is nothing to renew.
    ///
    /// # Errors
    /// As [`Identities::token`].
    pub(crate) async fn keep_fresh(&self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        let mut held = self.held.lock().await;
        let Some(session) = held.session.as_mut() else {
            return Ok(None);
        };
        #[cfg_attr(
            not(feature = "local-operator"),
            expect(
                irrefutable_let_patterns,
                reason = "the other kind exists in development builds only"
            )
        )]
        let Kind::Provider(session) = session else {
            return Ok(None);
        };
        if session.is_over(now) {
            let over = self.failed(&mut held, IdentityError::SessionOver, now);
            return Err(over);
        }
        if !session.needs_refresh(now) || !session.can_refresh(now) {
            let next = if session.can_refresh(now) {
                session.refresh_due_at()
            } else {
                session.expires_at()
            };
            return Ok(Some(next.min(session.ends_at())));
        }
        match self.renew(session, now).await {
            Ok(()) => {
                let next = session.refresh_due_at();
                held.number += 1;
                Ok(Some(next))
            }
            Err(error) => Err(self.failed(&mut held, error, now)),
        }
    }

    async fn renew(&self, session: &mut Session, now: Timestamp) -> Result<(), IdentityError> {
        // A session exists, so its provider was discovered.
        let provider = self.provider.lock().await.clone().ok_or(IdentityError::SessionOver)?;
        session.refresh(&provider, now).await
    }

    /// What a failed renewal means: the session ends unless it may pass later.
    fn failed(&self, held: &mut Held, error: IdentityError, now: Timestamp) -> EngineError {
        let alive = match held.session.as_ref() {
            Some(Kind::Provider(session)) => error.is_transient() && !session.is_over(now),
            _ => false,
        };
        if alive {
            return error.into();
        }
        tracing::info!(code = error.code(), "the session is over");
        held.session = None;
        held.number += 1;
        *lock(&self.known) = None;
        EngineError::LoginNeeded
    }
}

fn author(session: &Session) -> Author {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
