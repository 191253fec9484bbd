//! How long traces are kept, and what becomes of them then (EX_GDT_5070, ECO.4.1.1): the person's choice, within what the
//! policy fixes.

use jiff::{Timestamp, ToSpan as _, Zoned};
use pli_store::{Store, StoreError};
use pli_terms::Wording;
use pli_trace::{Action, AtEnd, Journal, JournalError};
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::audit::Local;
use crate::collector::CollectorView;
use crate::core::Core;
use crate::error::EngineError;
use crate::event::Event;
use crate::policy::{MONTHS, TECHNICAL_MONTHS, USUAL_MONTHS, USUAL_TECHNICAL_MONTHS};

const NAME: &str = "journal/retention";

/// What the person chose. In the encrypted store, since whoever shortens it destroys traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Chosen {
    months: Option<u32>,
    anonymise: Option<bool>,
}

/// How the journal is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalSettings {
    /// Months that functional traces are kept, 1 to 240.
    pub months: u32,
    /// Whether the policy says so.
    pub months_fixed: bool,
    /// Months that technical logs are kept, 6 to 12.
    pub technical_months: u32,
    /// Whether the policy says so.
    pub technical_fixed: bool,
    /// What becomes of traces at the end.
    pub at_end: AtEnd,
    /// Whether the policy says so.
    pub at_end_fixed: bool,
    /// What tells this journal's signing key from another, in groups of hexadecimal digits.
    pub fingerprint: String,
    /// The oldest trace's time; none in an empty journal.
    pub first_at: Option<Timestamp>,
    /// When the oldest trace reaches its end.
    pub next_expiry: Option<Timestamp>,
    /// Whether traces have reached their end and wait for the workstation's clock to be believed.
    pub expiry_waits: bool,
    /// Whether the journal's secret is in the system's keyring, so that a copy of all files lacks it.
    pub in_keyring: bool,
    /// Where traces are sent on to; none when the policy names no collector.
    pub collector: Option<CollectorView>,
}

/// What a person sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalSet {
    /// Months that functional traces are kept, 1 to 240.
    pub months: u32,
    /// Months that technical logs are kept, 6 to 12.
    pub technical_months: u32,
    /// What becomes of traces at the end.
    pub at_end: AtEnd,
}

impl Engine {
    /// How long traces are kept, and what fixes it.
    ///
    /// # Errors
    /// [`EngineError::VaultLocked`], [`EngineError::Trace`].
    pub async fn journal_settings(&self) -> Result<JournalSettings, EngineError> {
        self.core.blocking(|core| settings(core)).await
    }

    /// Sets how long traces are kept and what becomes of them then. The change is itself traced, before it is made.
    ///
    /// # Errors
    /// [`EngineError::OutOfRange`], [`EngineError::FixedByPolicy`] for what the policy says otherwise, or the journal's.
    pub async fn journal_set(&self, set: JournalSet) -> Result<JournalSettings, EngineError> {
        let settings = self
            .core
            .blocking(move |core| {
                change(core, set)?;
                settings(core)
            })
            .await?;
        // What is too old from now on goes now, not in an hour.
        self.core.journal_wake.notify_one();
        self.core.emit(Event::Journal);
        Ok(settings)
    }
}

fn change(core: &Core, set: JournalSet) -> Result<(), EngineError> {
    if !MONTHS.contains(&set.months) || !TECHNICAL_MONTHS.contains(&set.technical_months) {
        return Err(EngineError::OutOfRange("retention"));
    }
    let fixed = core.policy.traces();
    let against = |fixed: bool| fixed.then_some(EngineError::FixedByPolicy("retention"));
    let refusals = [
        against(fixed.months.is_some_and(|months| months != set.months)),
        against(
            fixed
                .technical_months
                .is_some_and(|months| months != set.technical_months),
        ),
        against(fixed.at_end.is_some_and(|at_end| at_end != set.at_end)),
    ];
    if let Some(refusal) = refusals.into_iter().flatten().next() {
        return Err(refusal);
    }
    let store = core.store()?;
    let (months, technical, at_end) = (
        self::months(core, &store)?,
        technical_months(core),
        self::at_end(core, &store)?,
    );
    let mut verb = Wording::fixed("RETENTION");
    verb = verb.and(months).and("->").and(set.months);
    verb = verb.and("TECHNICAL").and(technical).and("->").and(set.technical_months);
    verb = verb.and("END").and(word(at_end)).and("->").and(word(set.at_end));
    core.record(Local::new(Action::Settings, verb))?;
    // What the organisation fixes is not the person's choice: theirs stands again once it is free.
    let before = chosen(&store)?;
    let own = Chosen {
        months: fixed.months.map_or(Some(set.months), |_| before.months),
        anonymise: match fixed.at_end {
            None => Some(set.at_end == AtEnd::Anonymise),
            Some(_) => before.anonymise,
        },
    };
    store.set_setting(NAME, &own)?;
    if fixed.technical_months.is_none() {
        core.profile
            .change(|profile| profile.technical_months = Some(set.technical_months))?;
    }
    crate::technical::set_months(set.technical_months);
    Ok(())
}

fn settings(core: &Core) -> Result<JournalSettings, EngineError> {
    let (store, journal) = (core.store()?, core.journal()?);
    let (fixed, now) = (core.policy.traces(), core.zoned());
    let months = months(core, &store)?;
    let first_at = first_at(&journal)?;
    let next_expiry = first_at.and_then(|at| after(at, months, &now));
    Ok(JournalSettings {
        months,
        months_fixed: fixed.months.is_some(),
        technical_months: technical_months(core),
        technical_fixed: fixed.technical_months.is_some(),
        at_end: at_end(core, &store)?,
        at_end_fixed: fixed.at_end.is_some(),
        fingerprint: journal.fingerprint(),
        first_at,
        next_expiry,
        expiry_waits: next_expiry.is_some_and(|at| at <= now.timestamp())
            && !core.clock_truth.believed(now.timestamp()),
        in_keyring: journal.secret_is_outside(),
        collector: crate::collector::view(core),
    })
}

fn first_at(journal: &Journal) -> Result<Option<Timestamp>, JournalError> {
    Ok(journal.known()?.first_at)
}

fn chosen(store: &Store) -> Result<Chosen, StoreError> {
    Ok(store.setting(NAME)?.unwrap_or_default())
}

/// What an end is called in a trace.
pub(super) fn word(end: AtEnd) -> &'static str {
    match end {
        AtEnd::Destroy => "DESTROY",
        AtEnd::Anonymise => "ANONYMISE",
    }
}

/// Months that functional traces are kept here.
pub(super) fn months(core: &Core, store: &Store) -> Result<u32, StoreError> {
    let fixed = core.policy.traces().months;
    let chosen = chosen(store)?.months.filter(|months| MONTHS.contains(months));
    Ok(fixed.or(chosen).unwrap_or(USUAL_MONTHS))
}

/// What becomes of them then.
pub(super) fn at_end(core: &Core, store: &Store) -> Result<AtEnd, StoreError> {
    if let Some(fixed) = core.policy.traces().at_end {
        return Ok(fixed);
    }
    let anonymise = chosen(store)?.anonymise.unwrap_or(false);
    Ok(if anonymise { AtEnd::Anonymise } else { AtEnd::Destroy })
}

/// Months that technical logs are kept here. Known while the profile is closed.
pub(crate) fn technical_months(core: &Core) -> u32 {
    let chosen = core.profile.get().technical_months;
    let chosen = chosen.filter(|months| TECHNICAL_MONTHS.contains(months));
    let fixed = core.policy.traces().technical_months;
    fixed.or(chosen).unwrap_or(USUAL_TECHNICAL_MONTHS)
}

/// Traces before this have reached their end: as many calendar months before now, on the same day of the month.
pub(super) fn horizon(now: &Zoned, months: u32) -> Option<Timestamp> {
    now.checked_sub(i64::from(months).months())
        .ok()
        .map(|then| then.timestamp())
}

/// When a trace of this time reaches its end.
fn after(at: Timestamp, months: u32, now: &Zoned) -> Option<Timestamp> {
    let then = at.to_zoned(now.time_zone().clone());
    then.checked_add(i64::from(months).months())
        .ok()
        .map(|then| then.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_reckoned_in_calendar_months() {
        let zoned = |text: &str| text.parse::<Zoned>().unwrap();
        let now = zoned("2027-03-31T10:00:00+02:00[Europe/Paris]");
        let cases = [
            (1, "2027-02-28T10:00:00+01:00[Europe/Paris]"),
            (6, "2026-09-30T10:00:00+02:00[Europe/Paris]"),
            (240, "2007-03-31T10:00:00+02:00[Europe/Paris]"),
        ];
        for (months, expected) in cases {
            assert_eq!(horizon(&now, months), Some(zoned(expected).timestamp()), "{months}");
        }
        let first = zoned("2026-11-17T08:52:17+01:00[Europe/Paris]").timestamp();
        let end = zoned("2027-05-17T08:52:17+02:00[Europe/Paris]").timestamp();
        assert_eq!(after(first, 6, &now), Some(end));
    }
}
