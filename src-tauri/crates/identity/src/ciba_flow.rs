//! The approval on the person's phone or card reader, which needs no browser here (SC.PSC.13, OpenID Connect CIBA Core 1.0, in
//! poll mode: this machine cannot be called back).

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use pli_terms::NationalId;
use secrecy::SecretString;
use serde::Deserialize;
use zeroize::Zeroize;

use crate::courier::Telling;
use crate::error::IdentityError;
use crate::http::{Answer, FormBody, Request};
use crate::id_token::Answers;
use crate::provider::{Provider, json, successful, unexpected};
use crate::secret::{challenge, form, is_token, random, two_digits};
use crate::session::{AuthenticationMethod, Session};
use crate::settings::Settings;
use crate::token_endpoint::{self, Grant};
use crate::witness::{Outcome, Step};

const ASKING: &str = "asking for an approval on the phone";
const WAITING: &str = "waiting for an approval on the phone";
const NOBODY: Outcome = Outcome::Failed {
    what: "personne n’a répondu à temps",
};
/// Time between two questions when the server names none, and what `slow_down` adds (CIBA §7.3, §11).
const USUAL_INTERVAL: Duration = Duration::from_secs(5);
/// What is believed of the server's own interval: never a storm of questions, never a person who has approved and waits.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(30);
/// Time that a person has to answer when the server does not say: what Pro Santé Connect gives.
const UNSAID_LIFETIME: u64 = 120;
/// The longest that is believed.
const LONGEST_LIFETIME: u64 = 10 * 60;

/// Where the person approves: Pro Santé Connect's own parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Channel {
    /// With e-CPS, on the phone.
    #[default]
    Mobile,
    /// With the CPS card in a reader.
    Card,
}

impl Channel {
    /// The word that the provider knows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "MOBILE",
            Self::Card => "CARD",
        }
    }
}

/// A login that waits for an approval elsewhere. Dropping it stops the questions; the request then lapses by itself.
pub struct CibaFlow {
    provider: Provider,
    who: NationalId,
    digits: String,
    request: SecretString,
    verifier: SecretString,
    expires_at: Timestamp,
    lifetime: Duration,
    interval: Duration,
}

#[derive(Deserialize)]
struct Acknowledgement {
    auth_req_id: String,
    expires_in: Option<u64>,
    interval: Option<u64>,
}

impl Drop for Acknowledgement {
    fn drop(&mut self) {
        self.auth_req_id.zeroize();
    }
}

impl CibaFlow {
    /// Asks the provider to have `who` approve on `channel`. The two digits are made here, and shown there too.
    ///
    /// # Errors
    /// [`IdentityError::NoCiba`], [`IdentityError::UnknownPerson`], [`IdentityError::TooMany`],
    /// [`IdentityError::Unavailable`], [`IdentityError::Refused`] when the provider refuses at once, or what the network met.
    pub async fn begin(
        provider: &Provider,
        who: &NationalId,
        channel: Channel,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let endpoint = provider.metadata().ciba().ok_or(IdentityError::NoCiba)?;
        let (digits, verifier) = (two_digits()?, random()?);
        let body = form(&[
            ("client_id", &provider.settings().client_id),
            ("scope", Settings::SCOPE),
            ("acr_values", Settings::LEVEL),
            ("login_hint", who.as_str()),
            ("binding_message", &digits),
            ("channel", channel.as_str()),
            // Whoever steals the request's name cannot collect what it brings: only the verifier, which leaves this
            // machine with each question, opens it.
            ("code_challenge", &challenge(&verifier)),
            ("code_challenge_method", "S256"),
        ]);
        let request = Request::Form {
            url: endpoint.clone(),
            body: FormBody::new(body),
        };
        let answer = provider.courier().ask(Step::BeginCiba, request).await;
        let answer = answer.map_err(|problem| IdentityError::Unreachable { doing: ASKING, problem })?;
        refused(&answer)?;
        successful(ASKING, &answer)?;
        let mut given: Acknowledgement = json(ASKING, &answer)?;
        if !is_token(&given.auth_req_id) {
            return Err(unexpected(
                ASKING,
                "a request's name with characters that it may not hold",
            ));
        }
        let lifetime = Duration::from_secs(given.expires_in.unwrap_or(UNSAID_LIFETIME).min(LONGEST_LIFETIME));
        let interval = given.interval.map_or(USUAL_INTERVAL, Duration::from_secs);
        Ok(Self {
            provider: provider.clone(),
            who: who.clone(),
            digits,
            request: SecretString::from(std::mem::take(&mut given.auth_req_id)),
            verifier,
            expires_at: now.saturating_add(lifetime).unwrap_or(now),
            lifetime,
            interval: interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL),
        })
    }

    /// The two digits, `00` to `99`, that the person must find again where they approve.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// When the request lapses, if nobody answers.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// How long the person has in all, at most ten minutes.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Asks at the server's pace until there is an answer, and makes a session of it. A question that does not reach the
    /// server does not end the wait, and no question is asked once the time is over. `clock` is asked for the time before
    /// each; `cancelled` ends the wait when it ends (`std::future::pending()` never does).
    ///
    /// # Errors
    /// [`IdentityError::Refused`], [`IdentityError::Expired`], [`IdentityError::Cancelled`], [`IdentityError::OtherPerson`];
    /// what kept the last question from being answered when the time is over; or what the check of the tokens found.
    pub async fn finish(
        self,
        clock: impl Fn() -> Timestamp,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Session, IdentityError> {
        // The calendar may be set back while one waits: the time is also counted.
        let bound = tokio::time::sleep(self.lifetime + LONGEST_INTERVAL);
        tokio::select! {
            biased;
            () = cancelled => Err(IdentityError::Cancelled),
            ended = self.wait(clock, tokio::time::sleep) => ended,
            () = bound => Err(IdentityError::Expired),
        }
    }

    /// The wait itself; `sleep` is how time passes.
    pub(crate) async fn wait<S: Future<Output = ()>>(
        &self,
        clock: impl Fn() -> Timestamp,
        sleep: impl Fn(Duration) -> S,
    ) -> Result<Session, IdentityError> {
        let endpoint = &self.provider.metadata().token_endpoint;
        let telling = self.provider.courier().begin(Step::PollCiba, endpoint);
        let telling = telling.map_err(|problem| IdentityError::Unreachable {
            doing: WAITING,
            problem,
        })?;
        let ended = self.questions(clock, sleep, &telling).await;
        let told = match (telling.status(), &ended) {
            (Some(200), _) => telling.answered(true),
            (Some(_), Err(IdentityError::Refused | IdentityError::Provider { .. })) => telling.answered(false),
            (_, Err(IdentityError::Unreachable { problem, .. })) => telling.ended(Outcome::of(problem)),
            (_, Err(IdentityError::Expired)) => telling.ended(NOBODY),
            (Some(_), _) => telling.answered(false),
            (None, _) => telling.ended(Outcome::GIVEN_UP),
        };
        told.map_err(|problem| IdentityError::Unreachable {
            doing: WAITING,
            problem,
        })?;
        ended
    }

    async fn questions<S: Future<Output = ()>>(
        &self,
        clock: impl Fn() -> Timestamp,
        sleep: impl Fn(Duration) -> S,
        telling: &Telling,
    ) -> Result<Session, IdentityError> {
        let mut interval = self.interval;
        let mut pause = interval;
        let mut unheard = None;
        loop {
            let left = Duration::try_from(self.expires_at.duration_since(clock())).unwrap_or_default();
            sleep(pause.min(left)).await;
            let now = clock();
            if now >= self.expires_at {
                return Err(unheard.unwrap_or(IdentityError::Expired));
            }
            pause = interval;
            unheard = match self.ask(now, telling).await {
                Ok(session) => return Ok(session),
                Err(IdentityError::Provider { code, .. }) if code == "authorization_pending" => None,
                Err(IdentityError::Provider { code, .. }) if code == "slow_down" => {
                    interval += USUAL_INTERVAL;
                    pause = interval;
                    None
                }
                Err(error) if error.is_transient() => {
                    if let IdentityError::TooMany { retry_after, .. } = &error {
                        interval += USUAL_INTERVAL;
                        pause = interval.max(retry_after.unwrap_or_default());
                    }
                    Some(error)
                }
                Err(error) => return Err(error),
            };
        }
    }

    /// One question, and the session that its answer makes.
    async fn ask(&self, now: Timestamp, telling: &Telling) -> Result<Session, IdentityError> {
        let grant = Grant::Ciba {
            request: &self.request,
            verifier: &self.verifier,
            telling,
        };
        let tokens = token_endpoint::exchange(&self.provider, grant, now).await?;
        let session = Session::open(&self.provider, AuthenticationMethod::Ciba, tokens, Answers::Phone, now).await?;
        if session.person().national_id != self.who {
            return Err(IdentityError::OtherPerson);
        }
        Ok(session)
    }
}

/// The errors that the endpoint has of its own (CIBA §13).
fn refused(answer: &Answer) -> Result<(), IdentityError> {
    if !matches!(answer.status, 400..=428 | 430..=499) {
        return Ok(());
    }
    Err(match token_endpoint::error_code(answer) {
        code if code == "unknown_user_id" => IdentityError::UnknownPerson,
        code if code == "access_denied" => IdentityError::Refused,
        code if code == "unauthorized_client" => IdentityError::NoCiba,
        code => IdentityError::Provider { doing: ASKING, code },
    })
}

impl std::fmt::Debug for CibaFlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CibaFlow")
            .field("expires_at", &self.expires_at)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
