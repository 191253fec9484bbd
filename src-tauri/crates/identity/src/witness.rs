//! What is told of each exchange with the provider to whoever keeps the journal (SC.MSS/CONF.17, .18): a login, its refusal,
//! a refresh, a logout. Never a token, a code, a `state`, nor the query of an address.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use pli_terms::Wording;

use crate::http::HttpProblem;

/// Whoever records the exchanges with the provider: the engine, over its journal, and given to
/// [`crate::Provider::discover_before`].
///
/// Each exchange is told twice under one number: as [`Outcome::Intended`] before anything is sent (or before the browser is
/// opened), and with what came of it before the caller gets it. The calls are made where the flow runs, on an async task: an
/// implementation writes durably and returns. One that is given up half-way is told as [`Outcome::Failed`] when it is dropped.
pub trait Witness: Send + Sync {
    /// A number that no other exchange of this process has: the one that the traces of mail servers are numbered by.
    fn number(&self) -> u64;

    /// The workstation's time.
    fn now(&self) -> Timestamp;

    /// Records one exchange, durably.
    ///
    /// # Errors
    /// [`Unrecorded`]: an intention is then not carried out ([`HttpProblem::Unrecorded`]), and an answer is withheld, save
    /// that of a refresh, whose old token is spent.
    fn exchange(&self, exchange: Exchange) -> Result<(), Unrecorded>;

    /// The provider's clock was read. Comes with almost every answer; the latest is also [`crate::Provider::clock_gap`].
    fn clock(&self, gap: ClockGap) {
        let _ = gap;
    }
}

/// The journal could not record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the exchange could not be recorded")]
pub struct Unrecorded;

/// A step of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The provider's description is read.
    Discover,
    /// The provider's keys are read.
    Keys,
    /// The browser is sent to the provider, and comes back (SC.PSC.01).
    Authorize,
    /// The code is exchanged for tokens.
    ExchangeCode,
    /// An approval on the phone is asked for (SC.PSC.13).
    BeginCiba,
    /// The approval is waited for: one exchange for all the questions, to their end.
    PollCiba,
    /// The provider is asked who the person is.
    UserInfo,
    /// The tokens are renewed.
    Refresh,
    /// A token is revoked (RFC 7009).
    Revoke,
    /// The provider is told to forget the login.
    EndSession,
}

impl Step {
    /// What is asked, in fixed words: the method and the endpoint's name.
    #[must_use]
    pub fn verb(self) -> Wording {
        Wording::fixed(match self {
            Self::Discover => "GET discovery",
            Self::Keys => "GET jwks",
            Self::Authorize => "BROWSER authorize",
            Self::ExchangeCode => "POST token authorization_code",
            Self::BeginCiba => "POST backchannel_authentication",
            Self::PollCiba => "POST token ciba",
            Self::UserInfo => "GET userinfo",
            Self::Refresh => "POST token refresh_token",
            Self::Revoke => "POST revocation",
            Self::EndSession => "POST end_session",
        })
    }

    /// Whether it is part of a person's login, rather than of what surrounds it.
    #[must_use]
    pub fn is_login(self) -> bool {
        matches!(
            self,
            Self::Authorize | Self::ExchangeCode | Self::BeginCiba | Self::PollCiba | Self::UserInfo
        )
    }

    /// Whether it ends the session.
    #[must_use]
    pub fn is_logout(self) -> bool {
        matches!(self, Self::Revoke | Self::EndSession)
    }
}

/// One exchange with the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Ties an intention to its outcome.
    pub number: u64,
    /// Which step of a flow.
    pub step: Step,
    /// When it began, by [`Witness::now`].
    pub started_at: Timestamp,
    /// How long it took, by a monotonic clock; zero for an intention.
    pub took: Duration,
    /// The endpoint's host, from the settings or the provider's description.
    pub host: String,
    /// The endpoint's port.
    pub port: u16,
    /// The address reached, when there is one: a proxy's where there is a proxy; none for the browser's own way.
    pub address: Option<SocketAddr>,
    /// Octets of the bodies sent.
    pub octets_out: u64,
    /// Octets of the bodies received.
    pub octets_in: u64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// About to be sent.
    Intended,
    /// The provider answered.
    Answered {
        /// Whether the answer is a success.
        accepted: bool,
        /// The HTTP status; none when the browser brought the answer.
        status: Option<u16>,
        /// The error code, when it is one of the standards': see [`standard`].
        error: Option<&'static str>,
    },
    /// There is no answer.
    Failed {
        /// What failed, in fixed words, in French: the person reads them in the journal.
        what: &'static str,
    },
}

impl Outcome {
    pub(crate) const GIVEN_UP: Self = Self::Failed {
        what: "abandonné avant la réponse",
    };

    pub(crate) fn of(problem: &HttpProblem) -> Self {
        let what = match problem {
            HttpProblem::Network => "fournisseur d’identité injoignable",
            HttpProblem::TimedOut => "pas de réponse à temps",
            HttpProblem::Untrusted => "connexion sécurisée refusée",
            HttpProblem::TooLarge => "réponse trop longue",
            HttpProblem::Unrecorded => "trace non écrite",
        };
        Self::Failed { what }
    }
}

/// How far the provider's clock is from the workstation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockGap {
    /// How far the provider's clock is ahead of the workstation's, in milliseconds.
    pub gap_ms: i64,
    /// How far from that it may really be, either way, in milliseconds: half the time of the exchange, and the half-second
    /// that a `Date` (RFC 9110 §6.6.1) leaves out.
    pub within_ms: u32,
    /// When it was measured, by the workstation's clock.
    pub measured_at: Timestamp,
}

/// An answer that took longer tells nothing of the time.
const LONGEST: Duration = Duration::from_secs(10);

/// What a `Date` truncates.
const HALF_A_SECOND: i64 = 500;

/// Seconds since 1970 between which a provider's date is believed: 2026 and 2100. The workstation's own clock may stand
/// anywhere.
const BELIEVED: std::ops::Range<i64> = 1_767_225_600..4_102_444_800;

impl ClockGap {
    /// From an answer dated `date` that came at `now`, `took` after the question: the provider wrote its date about half-way.
    pub(crate) fn measure(now: Timestamp, took: Duration, date: Timestamp) -> Option<Self> {
        if took > LONGEST || !BELIEVED.contains(&date.as_second()) {
            return None;
        }
        let half = i64::try_from(took.as_millis() / 2).ok()?;
        let gap_ms = date.as_millisecond() + HALF_A_SECOND - (now.as_millisecond() - half);
        Some(Self {
            gap_ms,
            within_ms: u32::try_from(half + HALF_A_SECOND).ok()?,
            measured_at: now,
        })
    }
}

/// The error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, OpenID Connect Core §3.1.2.6 and CIBA §11
/// and §13.
const CODES: &[&str] = &[
    "access_denied",
    "account_selection_required",
    "authorization_pending",
    "consent_required",
    "expired_login_hint_token",
    "expired_token",
    "insufficient_scope",
    "interaction_required",
    "invalid_binding_message",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_token",
    "invalid_user_code",
    "login_required",
    "missing_user_code",
    "server_error",
    "slow_down",
    "temporarily_unavailable",
    "transaction_failed",
    "unauthorized_client",
    "unknown_user_id",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
];

/// An error code of the standards; none for any other text.
#[must_use]
pub fn standard(code: &str) -> Option<&'static str> {
    CODES.iter().copied().find(|known| *known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn half_the_round_trip_is_taken_off() {
        let gap = |now: &str, millis, date: &str| ClockGap::measure(at(now), Duration::from_millis(millis), at(date));
        let same = gap("2026-06-10T08:00:01.5Z", 2000, "2026-06-10T08:00:00Z").unwrap();
        assert_eq!((same.gap_ms, same.within_ms), (0, 1500));
        let slow = gap("2026-06-10T08:00:00.5Z", 0, "2026-06-10T09:00:00Z").unwrap();
        assert_eq!((slow.gap_ms, slow.within_ms), (3_600_000, 500));
        let fast = gap("2036-06-10T08:00:00Z", 0, "2026-06-10T08:00:00Z").unwrap();
        assert!(fast.gap_ms < -300_000_000_000);
    }

    #[test]
    fn a_date_beyond_belief_or_an_answer_too_slow_tells_nothing() {
        let now = at("2026-06-10T08:00:00Z");
        for date in ["1970-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2100-01-01T00:00:00Z"] {
            assert_eq!(ClockGap::measure(now, Duration::ZERO, at(date)), None);
        }
        assert_eq!(ClockGap::measure(now, Duration::from_secs(11), now), None);
    }

    #[test]
    fn only_the_codes_of_the_standards_are_told() {
        assert_eq!(standard("invalid_grant"), Some("invalid_grant"));
        for code in ["jeanne_dupont", "", "INVALID_GRANT", "status_400"] {
            assert_eq!(standard(code), None, "{code}");
        }
    }
}
