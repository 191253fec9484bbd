//! What a window shows of a login and of the session.

use jiff::Timestamp;
use pli_identity::{AuthenticationMethod, Channel};
use pli_store::AccountId;
use pli_terms::NationalId;
use serde::{Deserialize, Serialize};

/// A login to begin. One login serves every BAL that its person may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRequest {
    /// By which way.
    pub way: LoginWay,
    /// The BAL that made the person want it, if one did: only to know who is expected.
    pub account: Option<AccountId>,
}

/// The two ways that a heavy client must offer (SC.PSC.01, SC.PSC.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginWay {
    /// The system's browser: authorization code with PKCE.
    Browser,
    /// The person's phone or card: CIBA.
    Phone {
        /// Whom to ask.
        national_id: NationalId,
        /// On what they answer.
        channel: Channel,
    },
}

impl LoginWay {
    /// Which of the two.
    #[must_use]
    pub fn kind(&self) -> WayKind {
        match self {
            Self::Browser => WayKind::Browser,
            Self::Phone { .. } => WayKind::Phone,
        }
    }
}

/// Which way a person took last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WayKind {
    /// The system's browser.
    #[default]
    Browser,
    /// The phone or the card.
    Phone,
}

/// What is remembered of the last login, so that the next needs no typing. Readable while locked; no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginHint {
    /// The profile's person, as shown; `None` before the first login.
    pub person: Option<String>,
    /// Their national id.
    pub national_id: Option<NationalId>,
    /// On what they answered last.
    pub channel: Channel,
    /// The way they took last.
    pub way: WayKind,
}

/// Who is logged in by Pro Santé Connect, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The person's name as Pro Santé Connect gives it.
    pub name: String,
    /// `SubjectNameID`: the author in every trace.
    pub national_id: NationalId,
    /// How they were authenticated.
    pub method: AuthenticationMethod,
    /// When they logged in.
    pub started_at: Timestamp,
    /// The end that no renewal goes beyond.
    pub ends_at: Timestamp,
    /// Whether it is over: a login is needed before any server is reached (ECO.1.2.6). The last session of this run is
    /// still shown then, so that a window can offer to log in again.
    pub ended: bool,
}
