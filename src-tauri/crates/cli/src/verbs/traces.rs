//! `pli traces`: the journal (SC.MSS/CONF.18), its verification, its exports, how long it is kept.

use std::io::IsTerminal as _;
use std::path::Path;

use jiff::tz::TimeZone;
use pli_contract::commands::{
    JournalExport, JournalGet, JournalList, JournalPrune, JournalPrunePlan, JournalSet, Nothing,
};
use pli_contract::failure::{Code, Failure};
use pli_contract::view::{AtEnd, ExportFormat, JournalFilter};
use pli_contract::{Served, serve};

use crate::arguments::{AtEndWord, ExportWord, Moment, TraceFilter, TracesVerb};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

pub(crate) async fn run(voice: Voice, served: &Served, verb: TracesVerb) -> Result<(), Trouble> {
    match verb {
        TracesVerb::List { filter, offset, limit } => list(voice, served, filter, offset, limit).await,
        TracesVerb::Show { sequence } => {
            let trace = serve::journal_get(served, JournalGet { sequence }).await?;
            voice.one(&trace, french::journal::whole);
            Ok(())
        }
        TracesVerb::Life { sequence } => {
            let traces = serve::journal_life(served, JournalGet { sequence }).await?;
            voice.many(&traces, "Aucune trace.", french::journal::line);
            Ok(())
        }
        TracesVerb::Export { format, out, filter } => export(voice, served, format, &out, filter).await,
        TracesVerb::Verify { .. } => {
            let found = serve::journal_verify(served, Nothing {}).await?;
            voice.one(&found, french::verified::verification);
            if found.sound { Ok(()) } else { Err(Trouble::Said) }
        }
        TracesVerb::Prune {
            before,
            anonymise,
            dry_run,
            yes,
        } => {
            let how = Prune {
                before,
                anonymise,
                dry_run,
                yes,
            };
            prune(voice, served, how).await
        }
        TracesVerb::Settings {
            months,
            technical_months,
            at_end,
        } => settings(voice, served, months, technical_months, at_end).await,
    }
}

async fn list(voice: Voice, served: &Served, filter: TraceFilter, offset: u32, limit: u32) -> Result<(), Trouble> {
    let ask = JournalList {
        filter: contract(filter)?,
        offset,
        limit: limit.clamp(1, 1000),
    };
    let page = serve::journal_list(served, ask).await?;
    voice.many(&page.traces, "Aucune trace.", french::journal::line);
    let shown = offset.saturating_add(u32::try_from(page.traces.len()).unwrap_or(u32::MAX));
    if !voice.json && shown < page.total && !page.traces.is_empty() {
        // What is not shown is said, beside the list itself.
        eprintln!(
            "{} traces sur {}. La suite : --offset {shown}",
            page.traces.len(),
            page.total
        );
    }
    Ok(())
}

async fn export(
    voice: Voice,
    served: &Served,
    format: ExportWord,
    out: &Path,
    filter: TraceFilter,
) -> Result<(), Trouble> {
    // A dialogue would have asked.
    if out.symlink_metadata().is_ok() {
        return Err(Trouble::Advised(
            Failure::about(Code::FileUnwritable, out.display().to_string()),
            "Un fichier de ce nom existe déjà, et il n'a pas été touché. Choisissez un autre nom.",
        ));
    }
    let ask = JournalExport {
        filter: contract(filter)?,
        format: match format {
            ExportWord::Csv => ExportFormat::Csv,
            ExportWord::Jsonl => ExportFormat::JsonLines,
            ExportWord::Pdf => ExportFormat::Pdf,
        },
    };
    // The path is the command line's: nobody gives up here.
    let exported = serve::journal_export(served, ask).await?.ok_or(Code::Internal)?;
    voice.one(&exported, french::journal::exported);
    Ok(())
}

/// How to destroy.
struct Prune {
    before: Moment,
    anonymise: bool,
    dry_run: bool,
    yes: bool,
}

async fn prune(voice: Voice, served: &Served, how: Prune) -> Result<(), Trouble> {
    let before = how
        .before
        .start(&TimeZone::system())
        .ok_or_else(|| Failure::about(Code::OutOfRange, "before"))?
        .to_string();
    let at_end = if how.anonymise {
        AtEnd::Anonymise
    } else {
        serve::journal_settings(served, Nothing {}).await?.at_end
    };
    let plan = serve::journal_prune_plan(served, JournalPrunePlan { before: before.clone() }).await?;
    if how.dry_run || plan.count == 0 {
        voice.one(&plan, |plan| french::journal::plan(plan, at_end));
        return Ok(());
    }
    if !how.yes {
        voice.beside(&plan, |plan| french::journal::plan(plan, at_end));
        if !std::io::stdin().is_terminal() {
            return Err(Trouble::Misuse(
                "Rien n'a été détruit. Pour détruire ces traces sans question : ajoutez --yes.".to_owned(),
            ));
        }
        let answer = profile::ask_plainly("C'est définitif. Tapez « Oui » pour les détruire : ");
        if answer.is_none_or(|answer| answer.to_lowercase() != "oui") {
            eprintln!("Rien n'a été détruit.");
            return Err(Trouble::Said);
        }
    }
    let pruned = serve::journal_prune(served, JournalPrune { before, at_end }).await?;
    voice.one(&pruned, french::journal::pruned);
    Ok(())
}

async fn settings(
    voice: Voice,
    served: &Served,
    months: Option<u32>,
    technical_months: Option<u32>,
    at_end: Option<AtEndWord>,
) -> Result<(), Trouble> {
    let mut settings = serve::journal_settings(served, Nothing {}).await?;
    if months.is_some() || technical_months.is_some() || at_end.is_some() {
        let set = JournalSet {
            months: months.unwrap_or(settings.months),
            technical_months: technical_months.unwrap_or(settings.technical_months),
            at_end: match at_end {
                Some(AtEndWord::Destroy) => AtEnd::Destroy,
                Some(AtEndWord::Anonymise) => AtEnd::Anonymise,
                None => settings.at_end,
            },
        };
        settings = serve::journal_set(served, set).await?;
    }
    voice.one(&settings, french::journal::settings);
    Ok(())
}

/// The filter as the contract has it.
fn contract(filter: TraceFilter) -> Result<JournalFilter, Trouble> {
    let zone = TimeZone::system();
    let outside = |name: &str| Trouble::Misuse(format!("La date de « {name} » est hors du calendrier."));
    let instant = |moment: Option<Option<jiff::Timestamp>>, name: &str| {
        moment
            .map(|at| at.map(|at| at.to_string()).ok_or_else(|| outside(name)))
            .transpose()
    };
    Ok(JournalFilter {
        since: instant(filter.since.map(|moment| moment.start(&zone)), "--since")?,
        until: instant(filter.until.map(|moment| moment.end(&zone)), "--until")?,
        bal: filter.account,
        author: filter.author,
        action: filter.action,
        failures: filter.failures,
        correspondent: filter.correspondent,
        message: filter.message,
        intentions: filter.intentions,
    })
}
