//! The authorization-code flow with PKCE in the system's browser (SC.PSC.01, RFC 8252).

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use pli_terms::NationalId;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::courier::Telling;
use crate::error::IdentityError;
use crate::id_token::Answers;
use crate::loopback::{Expected, Loopback};
use crate::pages::Page;
use crate::provider::Provider;
use crate::secret::{challenge, random};
use crate::session::{AuthenticationMethod, Session};
use crate::settings::Settings;
use crate::token_endpoint::{self, Grant};
use crate::witness::{Outcome, Step, standard};

/// How long a person may take in the browser, unless the caller says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(5 * 60);

const OPENING: &str = "sending the browser to the provider";
const NOBODY: Outcome = Outcome::Failed {
    what: "personne n’est revenu du navigateur à temps",
};

/// A login that waits for the browser. Dropping it closes the door it comes back by.
pub struct CodeFlow {
    provider: Provider,
    loopback: Loopback,
    authorize_url: Url,
    state: SecretString,
    nonce: SecretString,
    verifier: SecretString,
    telling: Mutex<Option<Telling>>,
}

impl CodeFlow {
    /// Opens the door and makes the address for the browser. `who` is remembered from an earlier login, if any.
    ///
    /// # Errors
    /// [`IdentityError::PortTaken`], [`IdentityError::Randomness`].
    pub async fn begin(provider: &Provider, who: Option<&NationalId>) -> Result<Self, IdentityError> {
        let loopback = Loopback::open(provider.settings().port).await?;
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let mut authorize_url = provider.metadata().authorization_endpoint.clone();
        {
            let mut query = authorize_url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &provider.settings().client_id)
                .append_pair("redirect_uri", loopback.address())
                .append_pair("scope", Settings::SCOPE)
                .append_pair("acr_values", Settings::LEVEL)
                .append_pair("state", state.expose_secret())
                .append_pair("nonce", nonce.expose_secret())
                .append_pair("code_challenge", &challenge(&verifier))
                .append_pair("code_challenge_method", "S256");
            if let Some(who) = who {
                query.append_pair("login_hint", who.as_str());
            }
        }
        // Told before the address can reach a browser.
        let telling = provider.courier().begin(Step::Authorize, &authorize_url);
        let telling = telling.map_err(|problem| IdentityError::Unreachable {
            doing: OPENING,
            problem,
        })?;
        Ok(Self {
            telling: Mutex::new(Some(telling)),
            provider: provider.clone(),
            loopback,
            authorize_url,
            state,
            nonce,
            verifier,
        })
    }

    /// The address to open in the system's browser, never in a view of our own.
    #[must_use]
    pub fn authorize_url(&self) -> &Url {
        &self.authorize_url
    }

    /// Waits for the browser to come back, for at most `patience`, and makes a session of what it brings. The page that the
    /// person sees at the end says how the login ended, once it has.
    ///
    /// `now` is asked when the browser is back; `cancelled` ends the wait when it ends (`std::future::pending()`
    /// never does).
    ///
    /// # Errors
    /// [`IdentityError::Cancelled`], [`IdentityError::TimedOut`], [`IdentityError::Closed`],
    /// [`IdentityError::WrongState`], [`IdentityError::WrongProvider`], [`IdentityError::Refused`], or what the exchange
    /// with the provider met.
    pub async fn finish(
        self,
        now: impl Fn() -> Timestamp,
        patience: Duration,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Session, IdentityError> {
        let login = self.login(now);
        let ended = tokio::select! {
            biased;
            () = cancelled => Err(IdentityError::Cancelled),
            ended = tokio::time::timeout(patience, login) => ended.unwrap_or(Err(IdentityError::TimedOut)),
        };
        if let Err(IdentityError::TimedOut) = &ended {
            self.tell(NOBODY)?;
        }
        ended
    }

    /// Tells, once, how the browser's way ended.
    fn tell(&self, outcome: Outcome) -> Result<(), IdentityError> {
        let telling = self.telling.lock().unwrap_or_else(PoisonError::into_inner).take();
        let told = telling.map_or(Ok(()), |telling| telling.ended(outcome));
        told.map_err(|problem| IdentityError::Unreachable {
            doing: OPENING,
            problem,
        })
    }

    async fn login(&self, now: impl Fn() -> Timestamp) -> Result<Session, IdentityError> {
        let issuer = self.provider.issuer();
        let must_name_issuer = self.provider.metadata().authorization_response_iss_parameter_supported;
        let expected = Expected {
            state: &self.state,
            issuer,
            must_name_issuer,
        };
        let arrival = self.loopback.wait(&expected).await?;
        let told = self.tell(brought(&arrival.outcome));
        let outcome = match arrival.outcome.and_then(|code| told.map(|()| code)) {
            Ok(code) => self.exchange(&code, now()).await,
            Err(error) => Err(error),
        };
        let page = match &outcome {
            Ok(_) => Page::Success,
            Err(IdentityError::Refused) => Page::Refusal,
            Err(_) => Page::Failure,
        };
        arrival.visitor.answer(page).await;
        outcome
    }

    async fn exchange(&self, code: &SecretString, now: Timestamp) -> Result<Session, IdentityError> {
        let grant = Grant::Code {
            code,
            verifier: &self.verifier,
            redirect: self.loopback.address(),
        };
        let tokens = token_endpoint::exchange(&self.provider, grant, now).await?;
        let answers = Answers::Login(&self.nonce);
        Session::open(&self.provider, AuthenticationMethod::Code, tokens, answers, now).await
    }
}

/// What the browser brought, without what it brought.
fn brought(outcome: &Result<SecretString, IdentityError>) -> Outcome {
    let answered = |accepted, error| Outcome::Answered {
        accepted,
        status: None,
        error,
    };
    match outcome {
        Ok(_) => answered(true, None),
        Err(IdentityError::Refused) => answered(false, standard("access_denied")),
        Err(IdentityError::Provider { code, .. }) => answered(false, standard(code)),
        Err(IdentityError::WrongState | IdentityError::WrongProvider) => Outcome::Failed {
            what: "réponse d’une autre connexion",
        },
        Err(_) => Outcome::Failed {
            what: "réponse illisible",
        },
    }
}

impl std::fmt::Debug for CodeFlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeFlow")
            .field("back_to", &self.loopback.address())
            .finish_non_exhaustive()
    }
}
