//! Logins, the session that they open, and the way to Pro Santé Connect.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Instant};
use crate::failure::Failure;

/// By which way a person logs in (SC.PSC.01: a heavy client offers both).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LoginWay {
    /// The system's browser (code flow).
    Browser,
    /// Two digits to confirm on the phone or with the card's reader (CIBA).
    Phone,
}

/// With what the person confirms a login by two digits (SC.PSC.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// The e-CPS application of the phone.
    Mobile,
    /// The CPS card in its reader.
    Card,
}

/// How far a login has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "state")]
pub enum LoginState {
    /// The browser was opened on the identity provider.
    Browser {
        /// The login's number, to cancel it.
        login: Id,
        /// The address to open by hand when no browser opened.
        url: String,
    },
    /// The two digits wait to be confirmed on the phone or with the card.
    Phone {
        /// The login's number, to cancel it.
        login: Id,
        /// Two digits, `07`: the person must see the same ones there, and refuse any other.
        digits: String,
        /// When they stop being accepted.
        expires_at: Instant,
        /// For how long they are accepted in all, in seconds, at least 1: what a countdown starts from.
        lifetime_seconds: u32,
    },
    /// Done: every BAL that this person may open by Pro Santé Connect follows.
    Done {
        /// The login's number.
        login: Id,
        /// The person's name as Pro Santé Connect gives it, or the certificate's subject.
        name: String,
    },
    /// Ended without an identity.
    Failed {
        /// The login's number.
        login: Id,
        /// Why: `loginCancelled`, `loginDenied`, `loginTimedOut`, `loginExpired`, `loginMismatch`, `unknownPerson`,
        /// `phoneUnavailable`, `tooManyAttempts`, `otherPerson`, `portTaken`, `pscUnavailable`…
        failure: Failure,
    },
}

/// What is remembered of the last login, to fill the form in. Readable while locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LoginHint {
    /// The person's name, once they have logged in.
    pub person: Option<String>,
    /// Their national identifier: 12 digits, `8` and the RPPS.
    pub national_id: Option<String>,
    /// With what they last confirmed; `mobile` before the first time.
    pub channel: Channel,
    /// The way of their last login; `browser` before the first time.
    pub way: LoginWay,
}

/// The session of Pro Santé Connect: who is logged in, until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The person's name.
    pub name: String,
    /// Their national identifier (`SubjectNameID`).
    pub national_id: String,
    /// By which way they logged in.
    pub method: LoginWay,
    /// Since when.
    pub started_at: Instant,
    /// When it ends at the latest: no renewal goes beyond.
    pub ends_at: Instant,
    /// It is over: what is stored stays readable, and nothing reaches a server until a new login.
    pub ended: bool,
}

/// The way to Pro Santé Connect: the intermediary of an editor or an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// The address of its discovery document; `null`: none is set, and no login by Pro Santé Connect is possible.
    pub discovery: Option<String>,
    /// Pli's name there.
    pub client_id: String,
    /// Set by the organisation or by this build: it cannot be changed here.
    pub fixed: bool,
}

/// What the way to Pro Santé Connect answers now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderCheck {
    /// It answers.
    pub available: bool,
    /// It offers the login by two digits (CIBA).
    pub ciba: bool,
}

/// The client certificate of a BAL that is opened by one (SC.PSC: APP boxes, and ORG boxes whose operator says so).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Whom it names.
    pub subject: String,
    /// Its last instant.
    pub not_after: Instant,
    /// Whole days left, rounded down; negative once it is over.
    #[ts(type = "number")]
    pub days_left: i64,
    /// Which warning is due: 60, 30 or 7 days before, 0 once it is over; `null`: none.
    pub notice: Option<u16>,
}
