//! The journal of traces.

use std::path::{Path, PathBuf};

use pli_engine::{JournalSet as EngineSet, pli_trace};

use crate::commands::{
    JournalDays, JournalExport, JournalGet, JournalList, JournalPrune, JournalPrunePlan, JournalSet, Nothing,
};
use crate::event::Event;
use crate::failure::{Code, Failure};
use crate::served::Served;
use crate::translate::{
    at_end_of, checked, count, day, exported, filter, format_of, journal_settings as settings, page, prune_plan,
    timestamp, trace, verification,
};
use crate::view::{
    Checked, ExportFormat, Exported, Id, JournalDay, JournalPage, JournalSettings, PrunePlan, Pruned, Trace,
    Verification,
};

/// Months that functional traces may be kept (ECO.4.1.1).
const MONTHS: std::ops::RangeInclusive<u32> = 1..=240;
/// Months that technical logs may be kept.
const TECHNICAL_MONTHS: std::ops::RangeInclusive<u32> = 6..=12;

/// Traces under a filter.
///
/// # Errors
/// [`Code::BadRequest`] for a filter that is none.
pub(crate) async fn journal_list(served: &Served, argument: JournalList) -> Result<JournalPage, Failure> {
    let filter = filter(&argument.filter)?;
    Ok(page(
        served
            .engine()
            .journal_list(filter, u64::from(argument.offset), argument.limit)
            .await?,
    ))
}

/// The days that have traces under a filter.
///
/// # Errors
/// [`Code::BadRequest`] for a filter that is none.
pub(crate) async fn journal_days(served: &Served, argument: JournalDays) -> Result<Vec<JournalDay>, Failure> {
    let days = served.engine().journal_days(filter(&argument.filter)?).await?;
    Ok(days.into_iter().map(day).collect())
}

/// One trace.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn journal_get(served: &Served, argument: JournalGet) -> Result<Trace, Failure> {
    Ok(trace(served.engine().journal_get(sequence(argument.sequence)?).await?))
}

/// A message's whole life.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) async fn journal_life(served: &Served, argument: JournalGet) -> Result<Vec<Trace>, Failure> {
    let life = served.engine().journal_life(sequence(argument.sequence)?).await?;
    Ok(life.into_iter().map(trace).collect())
}

fn sequence(id: Id) -> Result<u64, Failure> {
    u64::try_from(id).map_err(|_| Failure::new(Code::NotFound))
}

/// Verifies the whole chain.
///
/// # Errors
/// [`Code::JournalUnwritable`] when the disk refuses. Damage is no error.
pub(crate) async fn journal_verify(served: &Served, _: Nothing) -> Result<Verification, Failure> {
    let found = verification(&served.engine().journal_verify().await?);
    // Whoever shows its progress sees it end.
    served.tell(Event::JournalProgress {
        done: found.count,
        total: found.count,
    });
    Ok(found)
}

/// Exports traces where the person says.
///
/// # Errors
/// [`Code::ExportTooLarge`], [`Code::FileUnwritable`], [`Code::DiskFull`], [`Code::JournalUnwritable`] when the export cannot
/// be traced: then nothing is written.
pub(crate) async fn journal_export(served: &Served, argument: JournalExport) -> Result<Option<Exported>, Failure> {
    let filter = filter(&argument.filter)?;
    let engine = served.engine();
    let Some(path) = served.desktop.choose_export(&name(served, argument.format)).await else {
        return Ok(None);
    };
    // The dialogue may have outlived the profile it was opened for, or its being open.
    if !served.may_tell(&engine) {
        return Err(Failure::new(Code::Locked));
    }
    let done = engine.journal_export(filter, format_of(argument.format), path).await?;
    Ok(Some(exported(&done)))
}

/// The name that the dialogue offers: `journal-2026-11-22.csv`.
fn name(served: &Served, format: ExportFormat) -> String {
    let day = served.today();
    format!("journal-{}.{}", day.strftime("%Y-%m-%d"), format_of(format).extension())
}

/// Checks an export that the person chooses.
///
/// # Errors
/// [`Code::NotAnExport`], [`Code::FileUnreadable`]. What is wrong with an export is no error.
pub(crate) async fn journal_check(served: &Served, _: Nothing) -> Result<Option<Checked>, Failure> {
    let Some(path) = served.desktop.choose_exported().await else {
        return Ok(None);
    };
    let mut checked = blocking(path).await?;
    checked.mine = served.engine().journal_settings().await?.fingerprint == checked.fingerprint;
    Ok(Some(checked))
}

async fn blocking(path: PathBuf) -> Result<Checked, Failure> {
    tokio::task::spawn_blocking(move || check_export(&path, None, None))
        .await
        .map_err(|_| Failure::new(Code::Internal))?
}

/// Checks an export of the journal against its signed manifest, with no profile, store or keyring. Without `manifest`, the
/// one beside the file. `fingerprint` is the one expected of the key that signed. Blocks while the file is read.
///
/// # Errors
/// [`Code::NotAnExport`], [`Code::FileUnreadable`]. What is wrong with an export is no error: [`Checked::problem`] tells it.
pub fn check_export(file: &Path, manifest: Option<&Path>, fingerprint: Option<&str>) -> Result<Checked, Failure> {
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    match pli_engine::journal_check(file, manifest, fingerprint) {
        Ok(found) => checked(&found, name),
        Err(error) => {
            let failure = Failure::from(error);
            Err(match failure.code {
                // Nothing is written here: whatever the disk refuses, it is a reading.
                Code::FileUnwritable | Code::DiskReadOnly | Code::FileUnreadable | Code::JournalUnwritable => {
                    Failure::about(Code::FileUnreadable, name)
                }
                _ => failure,
            })
        }
    }
}

/// How long traces are kept.
///
/// # Errors
/// [`Code::StoreDamaged`].
pub(crate) async fn journal_settings(served: &Served, _: Nothing) -> Result<JournalSettings, Failure> {
    Ok(settings(served.engine().journal_settings().await?))
}

/// Sets how long traces are kept.
///
/// # Errors
/// [`Code::OutOfRange`], [`Code::FixedByPolicy`], [`Code::JournalUnwritable`] when the change cannot be traced: then nothing
/// changes.
pub(crate) async fn journal_set(served: &Served, argument: JournalSet) -> Result<JournalSettings, Failure> {
    if !MONTHS.contains(&argument.months) {
        return Err(Failure::about(Code::OutOfRange, "months"));
    }
    if !TECHNICAL_MONTHS.contains(&argument.technical_months) {
        return Err(Failure::about(Code::OutOfRange, "technicalMonths"));
    }
    let set = EngineSet {
        months: argument.months,
        technical_months: argument.technical_months,
        at_end: at_end_of(argument.at_end),
    };
    Ok(settings(served.engine().journal_set(set).await?))
}

/// What a destruction would take.
///
/// # Errors
/// [`Code::OutOfRange`] for an instant in the future.
pub(crate) async fn journal_prune_plan(served: &Served, argument: JournalPrunePlan) -> Result<PrunePlan, Failure> {
    let before = timestamp(&argument.before)?;
    Ok(prune_plan(&served.engine().journal_prune_plan(before).await?))
}

/// Destroys traces.
///
/// # Errors
/// [`Code::OutOfRange`] for an instant in the future, [`Code::FixedByPolicy`] when the organisation keeps them longer,
/// [`Code::JournalUnwritable`] when it cannot be traced: then nothing is destroyed.
pub(crate) async fn journal_prune(served: &Served, argument: JournalPrune) -> Result<Pruned, Failure> {
    let before = timestamp(&argument.before)?;
    let pruned: pli_trace::Pruned = served
        .engine()
        .journal_prune(before, at_end_of(argument.at_end))
        .await?;
    Ok(Pruned {
        count: count(pruned.count),
    })
}
