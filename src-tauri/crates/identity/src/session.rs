//! A person's session with the provider, and its clock.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{IdTokenProblem, IdentityError};
use crate::http::{FormBody, Request};
use crate::id_token::{self, Answers, Proof};
use crate::person::{self, Person};
use crate::provider::Provider;
use crate::secret::{dice, form};
use crate::token_endpoint::{self, Grant, Tokens};
use crate::witness::Step;

/// How the author of an action was authenticated: written in every trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthenticationMethod {
    /// Pro Santé Connect, authorization code in the browser (SC.PSC.01).
    Code,
    /// Pro Santé Connect, approval on the phone (SC.PSC.13).
    Ciba,
    /// A client certificate.
    Certificate,
}

impl AuthenticationMethod {
    /// The word that traces hold.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Ciba => "ciba",
            Self::Certificate => "certificate",
        }
    }
}

/// A person's session: who, by which method, with which tokens, until when. Its tokens are wiped when it is dropped.
pub struct Session {
    pub(crate) person: Person,
    pub(crate) method: AuthenticationMethod,
    pub(crate) subject: String,
    pub(crate) tokens: Tokens,
    pub(crate) started_at: Timestamp,
    /// When the access token should be renewed, before it lapses.
    pub(crate) due_at: Timestamp,
    /// The end that no answer moves.
    pub(crate) ceiling: Timestamp,
    /// How long the first refresh token was to live.
    pub(crate) first_refresh_life: Option<SignedDuration>,
    /// The end that no refresh goes beyond: the ceiling, or what the provider's answers tell of its own.
    pub(crate) ends_at: Timestamp,
}

/// A refresh token is held back by the end of its session when it lives more than this shorter than the first one did: less is
/// how answers are rounded.
const HELD_BACK: SignedDuration = SignedDuration::from_secs(2);

impl Session {
    /// Proves a new login and makes a session of it: the id token first, then who the person is.
    pub(crate) async fn open(
        provider: &Provider,
        method: AuthenticationMethod,
        tokens: Tokens,
        answers: Answers<'_>,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let id_token = tokens.id_token.as_ref().ok_or(IdTokenProblem::Missing)?;
        let Proof {
            subject,
            authenticated_at,
        } = id_token::verify(provider, id_token, answers, now).await?;
        let person = person::ask(provider, &tokens.access, &subject).await?;
        // A browser that is logged in since the morning has used up a part of its session.
        let began = authenticated_at.map_or(now, |time| time.min(now));
        let longest = provider.settings().longest;
        let ceiling = began.saturating_add(longest).unwrap_or(now);
        // A token that was just given serves, whatever else is said.
        let ceiling = ceiling.max(tokens.expires_at.min(now.saturating_add(longest).unwrap_or(now)));
        let first_refresh_life = tokens.refresh_life;
        let ends_at = ceiling;
        let due_at = due(&tokens, now)?;
        Ok(Self {
            person,
            method,
            subject,
            tokens,
            started_at: now,
            due_at,
            ceiling,
            first_refresh_life,
            ends_at,
        })
    }

    /// Who logged in.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// How they were authenticated.
    #[must_use]
    pub fn method(&self) -> AuthenticationMethod {
        self.method
    }

    /// When the person logged in.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The token that opens the servers. It is refused by them after [`Session::expires_at`].
    #[must_use]
    pub fn access_token(&self) -> &SecretString {
        &self.tokens.access
    }

    /// When the access token lapses, as the provider said.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.tokens.expires_at
    }

    /// When the refresh token lapses; `None` when there is none or the provider does not say.
    #[must_use]
    pub fn refresh_expires_at(&self) -> Option<Timestamp> {
        self.tokens.refresh_expires_at
    }

    /// The end that no refresh goes beyond: at most what the settings allow, counted from when the provider says that the
    /// person was authenticated. Providers name no other end, but as it comes near they give refresh tokens that live
    /// shorter than the first one did: from then on this is that end.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// When [`Session::needs_refresh`] turns true: at 60 to 80 % of the token's life, so that many sessions begun together
    /// do not all ask together.
    #[must_use]
    pub fn refresh_due_at(&self) -> Timestamp {
        self.due_at
    }

    /// Whether the access token should be renewed at `now`.
    #[must_use]
    pub fn needs_refresh(&self, now: Timestamp) -> bool {
        now >= self.due_at
    }

    /// Whether the access token serves at `now`.
    #[must_use]
    pub fn is_usable(&self, now: Timestamp) -> bool {
        now < self.tokens.expires_at && now < self.ends_at
    }

    /// Whether a refresh may be tried at `now`.
    #[must_use]
    pub fn can_refresh(&self, now: Timestamp) -> bool {
        self.tokens.refresh.is_some()
            && self.tokens.refresh_expires_at.is_none_or(|end| now < end)
            && now < self.ends_at
    }

    /// Whether nothing but a new login helps at `now` (ECO.1.2.6 / SC.MSS/CONF.10).
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        !self.is_usable(now) && !self.can_refresh(now)
    }

    /// When nothing but a new login will help, unless it is refreshed.
    pub(crate) fn over_at(&self) -> Timestamp {
        let refresh_end = self
            .tokens
            .refresh
            .as_ref()
            .map(|_| self.tokens.refresh_expires_at.unwrap_or(self.ends_at));
        let last = refresh_end
            .unwrap_or(self.tokens.expires_at)
            .max(self.tokens.expires_at);
        last.min(self.ends_at)
    }

    /// Renews the tokens. On an error the session is as it was: when the provider is out of reach, the tokens held still
    /// serve until they lapse. A provider that changes the refresh token at each use may have spent it for an answer that was
    /// lost on the way: the next refresh then says that the session is over, which no client can prevent.
    ///
    /// # Errors
    /// [`IdentityError::SessionOver`] when the provider refuses the refresh token or there is none that serves: only a new
    /// login helps. Otherwise what the network or the provider says, often transient.
    pub async fn refresh(&mut self, provider: &Provider, now: Timestamp) -> Result<(), IdentityError> {
        let refresh = self.tokens.refresh.as_ref().filter(|_| self.can_refresh(now));
        let grant = Grant::Refresh(refresh.ok_or(IdentityError::SessionOver)?);
        let mut tokens = token_endpoint::exchange(provider, grant, now).await?;
        if let Some(id_token) = &tokens.id_token {
            id_token::verify(provider, id_token, Answers::Refresh(&self.subject), now).await?;
        } else {
            tokens.id_token = self.tokens.id_token.take();
        }
        if tokens.refresh.is_none() {
            tokens.refresh = self.tokens.refresh.take();
            tokens.refresh_expires_at = tokens.refresh_expires_at.or(self.tokens.refresh_expires_at);
        }
        self.ends_at = match (self.first_refresh_life, tokens.refresh_life, tokens.refresh_expires_at) {
            (Some(first), Some(life), Some(end)) if life + HELD_BACK < first => {
                self.ceiling.min(end.max(tokens.expires_at))
            }
            _ => self.ceiling,
        };
        self.due_at = due(&tokens, now)?;
        self.tokens = tokens;
        Ok(())
    }

    /// Ends the session at the provider: its tokens are revoked (RFC 7009) and the provider is told to forget the login,
    /// with `id_token_hint` (OpenID Connect RP-Initiated Logout). The tokens are wiped here whatever the provider answers.
    ///
    /// # Errors
    /// What kept the provider from being told, all of it having been tried: it then ends the session at its own time.
    pub async fn logout(self, provider: &Provider) -> Result<(), IdentityError> {
        let client_id = provider.settings().client_id.as_str();
        let mut outcome = Ok(());
        if let Some(url) = &provider.metadata().revocation_endpoint {
            let tokens = [
                (self.tokens.refresh.as_ref(), "refresh_token"),
                (Some(&self.tokens.access), "access_token"),
            ];
            for (token, hint) in tokens {
                let Some(token) = token else { continue };
                let body = form(&[
                    ("token", token.expose_secret()),
                    ("token_type_hint", hint),
                    ("client_id", client_id),
                ]);
                let request = Request::Form {
                    url: url.clone(),
                    body: FormBody::new(body),
                };
                outcome = outcome.and(tell(provider, Step::Revoke, request).await);
            }
        }
        if let (Some(url), Some(hint)) = (&provider.metadata().end_session_endpoint, &self.tokens.id_token) {
            let pairs = [("id_token_hint", hint.expose_secret()), ("client_id", client_id)];
            // By POST, the token is in no server's log of addresses; not every provider has it, though all should.
            let request = Request::Form {
                url: url.clone(),
                body: FormBody::new(form(&pairs)),
            };
            let mut told = tell(provider, Step::EndSession, request).await;
            if matches!(&told, Err(IdentityError::Provider { code, .. }) if code == "status_404" || code == "status_405")
            {
                let mut url = url.clone();
                url.query_pairs_mut().extend_pairs(pairs);
                told = tell(provider, Step::EndSession, Request::Get { url, bearer: None }).await;
            }
            outcome = outcome.and(told);
        }
        outcome
    }
}

/// Sends a request whose answer says nothing but that it was heard.
async fn tell(provider: &Provider, step: Step, request: Request) -> Result<(), IdentityError> {
    const ENDING: &str = "ending the session at the provider";
    match provider.courier().ask(step, request).await {
        Err(problem) => Err(IdentityError::Unreachable { doing: ENDING, problem }),
        Ok(answer) if answer.status == 429 => Err(IdentityError::TooMany {
            doing: ENDING,
            retry_after: answer.retry_after,
        }),
        Ok(answer) if answer.status >= 500 => Err(IdentityError::Unavailable {
            doing: ENDING,
            status: answer.status,
        }),
        Ok(answer) if answer.status >= 400 => Err(IdentityError::Provider {
            doing: ENDING,
            code: format!("status_{}", answer.status),
        }),
        // A redirection is an answer too: it is for the browser that is not there.
        Ok(_) => Ok(()),
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("national_id", &self.person.national_id)
            .field("method", &self.method)
            .field("started_at", &self.started_at)
            .field("expires_at", &self.tokens.expires_at)
            .field("refresh_expires_at", &self.tokens.refresh_expires_at)
            .field("ends_at", &self.ends_at)
            .finish_non_exhaustive()
    }
}

fn due(tokens: &Tokens, now: Timestamp) -> Result<Timestamp, IdentityError> {
    let life = tokens.expires_at.duration_since(now).as_millis();
    // 60 % and up to a fifth more.
    let wait = life * 3 / 5 + life * i128::from(dice()?) / (5 * 256);
    let wait = i64::try_from(wait.max(0)).unwrap_or(0);
    Ok(now.saturating_add(SignedDuration::from_millis(wait)).unwrap_or(now))
}
