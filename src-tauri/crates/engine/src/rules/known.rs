//! What this workstation remembers of a BAL's automatic reply, so that it is shown as active without asking the server. No word
//! of its text.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pli_store::{AccountId, Store, StoreError};
use serde::{Deserialize, Serialize};

use super::forms::AnswerNotice;
use super::found::Found;
use super::period;

/// As last read from the server, or written there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Known {
    /// When, in milliseconds since 1970.
    pub(super) read_at: i64,
    /// The automatic reply, while one runs or waits for its first day.
    pub(super) answer: Option<KnownAnswer>,
    /// Until when what its owner wrote is no reason to propose to stop it, in milliseconds since 1970.
    #[serde(default)]
    pub(super) kept_at: Option<i64>,
}

/// An automatic reply that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownAnswer {
    from: Option<String>,
    until: Option<String>,
    /// When it was put on, in milliseconds since 1970.
    since: Option<i64>,
    /// The zone of its days.
    zone: String,
}

impl Known {
    pub(super) fn of(found: &Found, now: Timestamp) -> Self {
        let runs = found.ours_runs() || found.is_included();
        let forms = found.forms().filter(|_| runs);
        let answer = forms.and_then(|forms| {
            let answer = forms.answer.as_ref().filter(|answer| answer.enabled)?;
            Some(KnownAnswer {
                from: answer.from.map(|day| day.to_string()),
                until: answer.until.map(|day| day.to_string()),
                since: forms.since.map(Timestamp::as_millisecond),
                zone: forms.zone.clone(),
            })
        });
        Self {
            read_at: now.as_millisecond(),
            answer,
            kept_at: None,
        }
    }

    /// What runs now; `last_sent`: when its owner last wrote. `here`: this workstation's zone, for days of none.
    pub(super) fn notice(&self, now: Timestamp, last_sent: Option<Timestamp>, here: &TimeZone) -> Option<AnswerNotice> {
        let answer = self.answer.as_ref()?;
        let (start, end) = answer.bounds(here);
        if start.is_some_and(|start| now < start) || end.is_some_and(|end| now >= end) {
            return None;
        }
        let moment = |at: i64| Timestamp::from_millisecond(at).ok();
        let began = [start, answer.since.and_then(moment), self.kept_at.and_then(moment)];
        let began = began.into_iter().flatten().max();
        Some(AnswerNotice {
            until: day(answer.until.as_deref()),
            propose_stop: last_sent.is_some_and(|sent| began.is_none_or(|began| sent > began)),
        })
    }

    /// The next moment at which it begins or ends by itself.
    pub(super) fn next(&self, now: Timestamp, here: &TimeZone) -> Option<Timestamp> {
        let (start, end) = self.answer.as_ref()?.bounds(here);
        [start, end].into_iter().flatten().filter(|at| *at > now).min()
    }
}

impl KnownAnswer {
    fn bounds(&self, here: &TimeZone) -> (Option<Timestamp>, Option<Timestamp>) {
        let zone = TimeZone::get(&self.zone).unwrap_or_else(|_| here.clone());
        period::bounds(day(self.from.as_deref()), day(self.until.as_deref()), &zone)
    }
}

fn day(text: Option<&str>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

fn name(account: AccountId) -> String {
    format!("account/{account}/rules")
}

/// What is remembered; nothing of what cannot be read any more.
pub(super) fn read(store: &Store, account: AccountId) -> Result<Option<Known>, StoreError> {
    match store.setting(&name(account)) {
        Err(StoreError::Json { .. }) => Ok(None),
        other => other,
    }
}

/// Remembers; answers whether what runs changed.
pub(super) fn keep(store: &Store, account: AccountId, mut known: Known) -> Result<bool, StoreError> {
    let former = read(store, account)?.unwrap_or_default();
    let same = former.answer == known.answer;
    if same {
        known.kept_at = known.kept_at.or(former.kept_at);
    }
    store.set_setting(&name(account), &known)?;
    Ok(!same)
}
