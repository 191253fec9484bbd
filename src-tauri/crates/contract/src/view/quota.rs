//! The room of a BAL, where it goes, and what is said of it (EX_GBM_4470).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Day, Id, Instant};

/// Where the figures of a BAL's room come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum QuotaSource {
    /// The operator tells them (RFC 9208).
    Server,
    /// The operator tells none: they are the octets of the messages known here. To be called an estimate.
    Estimate,
    /// Nothing is known yet.
    Unknown,
}

/// How near its end a BAL's room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum QuotaLevel {
    /// Under 80 %, or no limit known.
    Fine,
    /// From 80 % on.
    High,
    /// From 90 % on.
    AlmostFull,
    /// 100 %: the box neither receives nor sends.
    Full,
}

/// How much of something is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Used: octets, or messages.
    #[ts(type = "number")]
    pub used: u64,
    /// Allowed; `null`: no limit is told.
    #[ts(type = "number | null")]
    pub limit: Option<u64>,
    /// Whole percent used, 0 to 999; `null` without a limit.
    pub percent: Option<u16>,
}

/// What a sidebar shows of a BAL's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Gauge {
    /// Where the figures come from.
    pub source: QuotaSource,
    /// How near the end.
    pub level: QuotaLevel,
    /// Whole percent used, 0 to 999: of the octets or of the messages, whichever is nearer to its limit; `null` without a
    /// limit.
    pub percent: Option<u16>,
    /// Octets used.
    #[ts(type = "number")]
    pub used: u64,
    /// Octets allowed.
    #[ts(type = "number | null")]
    pub limit: Option<u64>,
}

/// A BAL's room, its past and its future.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QuotaView {
    /// The BAL.
    pub account: Id,
    /// Where the figures come from.
    pub source: QuotaSource,
    /// Octets.
    pub storage: Option<Room>,
    /// Messages.
    pub messages: Option<Room>,
    /// Octets of the messages known here.
    #[ts(type = "number")]
    pub local: u64,
    /// When the figures were read.
    pub read_at: Option<Instant>,
    /// How near the end.
    pub level: QuotaLevel,
    /// When it would be full; `null`: too little is known, or it does not grow.
    pub forecast: Option<Forecast>,
    /// One point a day, oldest first, at most 400.
    pub history: Vec<QuotaPoint>,
}

/// When a BAL would be full, as it has grown lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The day.
    pub full_on: Day,
    /// Octets more each day.
    #[ts(type = "number")]
    pub per_day: u64,
    /// Days that this was learnt from, 7 to 60.
    pub over_days: u32,
}

/// The room of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QuotaPoint {
    /// The day.
    pub on: Day,
    /// Octets used.
    #[ts(type = "number")]
    pub used: u64,
    /// Octets allowed.
    #[ts(type = "number | null")]
    pub limit: Option<u64>,
}

/// A warning that lasts until the room is found, or until it is put off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QuotaWarning {
    /// The BAL.
    pub account: Id,
    /// How near the end: never [`QuotaLevel::Fine`].
    pub level: QuotaLevel,
    /// Whole percent used.
    pub percent: u16,
    /// When it was told.
    pub at: Instant,
}
