//! `[quota]`: how often a warning about a BAL's room is repeated (EX_GBM_4470).

use jiff::SignedDuration;
use serde::Deserialize;

/// Hours between two tellings of a warning that lasts.
pub const REPEAT_HOURS: std::ops::RangeInclusive<u32> = 1..=168;
/// Hours when nobody says otherwise.
pub const USUAL_REPEAT_HOURS: u32 = 24;

/// What a policy fixes of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PolicyQuota {
    /// Hours between two tellings, 1 to 168.
    pub repeat_hours: Option<u32>,
}

impl PolicyQuota {
    /// The time between two tellings of a warning that lasts.
    #[must_use]
    pub fn every(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.repeat_hours.unwrap_or(USUAL_REPEAT_HOURS)))
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OnDisk {
    repeat_hours: Option<toml::Spanned<u32>>,
}

pub(super) fn read(read: OnDisk, at: impl Fn(usize, &str) -> String) -> Result<PolicyQuota, String> {
    if let Some(hours) = &read.repeat_hours
        && !REPEAT_HOURS.contains(hours.get_ref())
    {
        return Err(at(hours.span().start, "repeat_hours goes from 1 to 168"));
    }
    Ok(PolicyQuota {
        repeat_hours: read.repeat_hours.map(toml::Spanned::into_inner),
    })
}
