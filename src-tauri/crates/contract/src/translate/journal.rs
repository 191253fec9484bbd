//! The journal of traces.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use pli_engine::pli_terms::{Address, NationalId};
use pli_engine::pli_trace::{self as trace, Depth, Format, Mismatch, Outcome, Problem};

use super::{count, instant, timestamp};
use crate::failure::{Code, Failure};
use crate::view::{
    AtEnd, Checked, Collector, ExportFormat, Exported, Id, JournalDay, JournalFilter, JournalKnown, JournalPage,
    JournalPlace, JournalRestoration, JournalSettings, PrunePlan, Sealed, Trace, Verification,
};

/// Octets of a text that is looked for at most.
const NEEDLE: usize = 1_000;

/// What a window asks for. What is not an address, an id or an action keeps nothing.
pub(crate) fn filter(filter: &JournalFilter) -> Result<trace::Filter, Failure> {
    let bad = |what: &str| Failure::about(Code::BadRequest, what);
    let given = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    // Longer than any address or Message-ID (RFC 5321 §4.5.3.1, RFC 5322 §2.1.1): nothing of ours.
    let bounded = |text: &Option<String>, what: &str| match given(text) {
        Some(text) if text.len() > NEEDLE => Err(bad(what)),
        text => Ok(text),
    };
    Ok(trace::Filter {
        from: given(&filter.since).map(|text| timestamp(&text)).transpose()?,
        until: given(&filter.until).map(|text| timestamp(&text)).transpose()?,
        bal: given(&filter.bal)
            .map(|text| Address::parse(&text).map_err(|_| bad("bal")))
            .transpose()?,
        author: given(&filter.author)
            .map(|text| NationalId::parse(&text).map_err(|_| bad("author")))
            .transpose()?,
        action: given(&filter.action)
            .map(|text| trace::Action::from_word(&text).ok_or_else(|| bad("action")))
            .transpose()?,
        failures_only: filter.failures,
        correspondent: bounded(&filter.correspondent, "correspondent")?,
        message: bounded(&filter.message, "message")?,
        intentions: filter.intentions,
    })
}

pub(crate) fn page(page: pli_engine::JournalPage) -> JournalPage {
    JournalPage {
        traces: page.traces.into_iter().map(trace).collect(),
        total: count(page.total),
        known: known(page.known),
    }
}

fn known(known: trace::Known) -> JournalKnown {
    JournalKnown {
        authors: known
            .authors
            .iter()
            .filter_map(|author| {
                let id = author.national_id.as_ref()?;
                Some((id.as_str().to_owned(), author.name.as_str().to_owned()))
            })
            .collect(),
        bals: known.bals.iter().map(|bal| bal.address.as_str().to_owned()).collect(),
        actions: known.actions.iter().map(|action| action.as_str().to_owned()).collect(),
        since: known.first_at.map(instant),
        until: known.last_at.map(instant),
    }
}

pub(crate) fn day((day, traces): (jiff::civil::Date, u64)) -> JournalDay {
    JournalDay {
        day: day.strftime("%Y-%m-%d").to_string(),
        count: count(traces),
    }
}

pub(crate) fn trace(found: pli_engine::JournalTrace) -> Trace {
    let record = found.record;
    let entry = record.entry;
    let failed = entry.is_failure();
    let intended = entry.outcome == Outcome::Intended;
    let offset = Offset::from_seconds(entry.utc_offset).unwrap_or(Offset::UTC);
    let at = entry.at.to_zoned(TimeZone::fixed(offset));
    let (code, enhanced, response) = match &entry.outcome {
        Outcome::Done { code, enhanced, text } | Outcome::Refused { code, enhanced, text } => (
            code.as_str(),
            enhanced.as_str(),
            words(&[code.as_str(), enhanced.as_str(), text.as_str()]),
        ),
        Outcome::Failed { what } => ("", "", what.as_str().to_owned()),
        Outcome::Intended => ("", "", String::new()),
    };
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let octets = |octets: u64| Some(octets).filter(|octets| *octets > 0);
    let (author, author_name, authenticated) = match &entry.author {
        Some(author) => (
            author
                .national_id
                .as_ref()
                .map(|id| id.as_str().to_owned())
                .unwrap_or_default(),
            author.name.as_str().to_owned(),
            match author.method {
                trace::Authentication::PscCode => "code",
                trace::Authentication::PscCiba => "ciba",
                trace::Authentication::Certificate => "certificate",
                trace::Authentication::None => "none",
            },
        ),
        None => (String::new(), String::new(), "none"),
    };
    Trace {
        sequence: sequence(record.sequence),
        uid: record.unique_id,
        at: at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        author,
        author_name,
        authenticated: authenticated.to_owned(),
        bal: entry
            .bal
            .as_ref()
            .map(|bal| bal.address.as_str().to_owned())
            .unwrap_or_default(),
        bal_kind: entry
            .bal
            .as_ref()
            .and_then(|bal| bal.kind)
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        action: entry.action.as_str().to_owned(),
        request: words(&[
            entry.request.verb.as_str(),
            entry.request.mailbox.as_str(),
            entry.request.uids.as_str(),
            entry.request.target.as_str(),
        ]),
        response,
        failed,
        code: some(code),
        enhanced: some(enhanced),
        intended,
        unanswered: record.unanswered,
        mailbox: entry.request.mailbox.as_str().to_owned(),
        target: entry.request.target.as_str().to_owned(),
        folder: found.folder,
        target_folder: found.target,
        uids: entry.request.uids.as_str().to_owned(),
        octets_out: octets(entry.request.octets_out),
        octets_in: octets(entry.request.octets_in),
        synchronised: entry.clock.synchronised,
        gap_ms: entry.clock.gap_ms,
        set_back_ms: record.set_back_ms,
        duration_ms: count(entry.duration_ms),
        message_id: entry.message_id.map(|id| id.as_str().to_owned()),
        internal_id: some(entry.mail.as_str()),
        sender: entry.sender.map(|address| address.as_str().to_owned()),
        recipients: entry
            .recipients
            .iter()
            .map(|address| address.as_str().to_owned())
            .collect(),
        size: entry.encoded_size,
        system: words(&[entry.workstation.os.as_str(), entry.workstation.os_version.as_str()]),
        program: words(&["Pli", entry.workstation.pli_version.as_str()]),
        host: entry.workstation.host.as_str().to_owned(),
        local_address: entry.workstation.address.as_str().to_owned(),
        server: entry
            .server
            .map(|server| words(&[server.name.as_str(), server.address.as_str()]))
            .unwrap_or_default(),
        hash: hex(&record.hash),
        previous: hex(&record.previous),
    }
}

pub(crate) fn verification(verified: &pli_engine::JournalVerified) -> Verification {
    let found = &verified.found;
    let problem = found.problem.as_ref();
    // An empty journal's last trace is the one before its first.
    let kept = |place: trace::Sequence| (found.first <= found.last).then(|| sequence(place));
    Verification {
        sound: problem.is_none(),
        count: count(found.sound),
        first: kept(found.first),
        last: kept(found.last),
        since: verified.since.map(instant),
        at: instant(verified.at),
        sealed_until: found.sealed_until.map(sealed),
        unsealed: count(found.unsealed),
        clock_set_back: count(found.clock_set_back_count),
        clock_set_back_at: found.clock_set_back.iter().map(|(place, _)| sequence(*place)).collect(),
        pruned: count(found.pruned),
        pruned_until: found.anchors.last().map(|anchor| sequence(anchor.last)),
        broken_at: problem.and_then(Problem::from).map(sequence),
        broken_until: problem.and_then(Problem::until).map(sequence),
        broken_file: problem.and_then(file),
        problem: problem.map(|problem| problem.word().to_owned()),
        restorations: verified.restorations.iter().map(restoration).collect(),
    }
}

fn restoration(restored: &pli_engine::JournalRestoration) -> JournalRestoration {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let entry = restored.trace.as_ref().map(|record| &record.entry);
    let author = entry.and_then(|entry| entry.author.as_ref());
    JournalRestoration {
        copied_at: instant(restored.copied_at),
        restored_at: instant(restored.restored_at),
        last: (restored.last.0 > 0).then(|| sequence(restored.last)),
        from: restored.from.clone(),
        to: restored.to.clone(),
        trace: restored.trace.as_ref().map(|record| sequence(record.sequence)),
        by: author.and_then(|author| some(author.name.as_str())),
        by_id: author
            .and_then(|author| author.national_id.as_ref())
            .map(|id| id.as_str().to_owned()),
        host: entry
            .map(|entry| entry.workstation.host.as_str().to_owned())
            .unwrap_or_default(),
    }
}

/// The journal's own file that a problem is about.
fn file(problem: &Problem) -> Option<String> {
    match problem {
        Problem::Replaced { period: 0, .. } | Problem::Unreadable { period: 0, .. } => Some("catalogue.db".to_owned()),
        Problem::Replaced { period, .. } | Problem::Unreadable { period, .. } => Some(format!("period-{period:06}.db")),
        _ => None,
    }
}

fn sealed((place, at): (trace::Sequence, Timestamp)) -> Sealed {
    Sealed {
        sequence: sequence(place),
        at: instant(at),
    }
}

pub(crate) fn format_of(format: ExportFormat) -> Format {
    match format {
        ExportFormat::Csv => Format::Csv,
        ExportFormat::JsonLines => Format::JsonLines,
        ExportFormat::Pdf => Format::Pdf,
    }
}

pub(crate) fn exported(exported: &trace::Exported) -> Exported {
    let name = |path: &std::path::Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    Exported {
        file: name(&exported.path),
        manifest: name(&exported.manifest),
        count: count(exported.count),
        fingerprint: exported.fingerprint.clone(),
    }
}

/// What a check found; [`Code::NotAnExport`] when there was nothing to check.
pub(crate) fn checked(found: &trace::Checked, file: String) -> Result<Checked, Failure> {
    if matches!(found.mismatch, Some(Mismatch::ManifestMissing)) {
        return Err(Failure::about(Code::NotAnExport, file));
    }
    let stated = found.stated.as_ref();
    let place = |place: Option<trace::Sequence>| place.map(sequence);
    Ok(Checked {
        sound: found.is_sound(),
        problem: found.mismatch.as_ref().map(|mismatch| mismatch.word().to_owned()),
        broken_line: found
            .mismatch
            .as_ref()
            .and_then(Mismatch::line)
            .map(|line| Id::try_from(line).unwrap_or(Id::MAX)),
        depth: match found.depth {
            Depth::File => "file",
            Depth::Records => "records",
            Depth::Chain => "chain",
        }
        .to_owned(),
        vouched: found.vouched,
        file,
        count: stated.map(|stated| count(stated.count)).unwrap_or_default(),
        fingerprint: stated.map(|stated| stated.fingerprint.clone()).unwrap_or_default(),
        journal: stated.map(|stated| stated.journal.clone()).unwrap_or_default(),
        by: stated.map(|stated| stated.by.clone()).unwrap_or_default(),
        by_id: stated.and_then(|stated| stated.national_id.clone()),
        at: stated.and_then(|stated| stated.at).map(instant),
        since: stated.and_then(|stated| stated.from).map(instant),
        until: stated.and_then(|stated| stated.until).map(instant),
        everything: stated.is_some_and(|stated| stated.everything),
        first: place(stated.and_then(|stated| stated.first)),
        last: place(stated.and_then(|stated| stated.last)),
        pruned: stated.map(|stated| count(stated.pruned)).unwrap_or_default(),
        // Whoever has a journal at hand compares.
        mine: false,
    })
}

pub(crate) fn at_end_of(at_end: AtEnd) -> trace::AtEnd {
    match at_end {
        AtEnd::Destroy => trace::AtEnd::Destroy,
        AtEnd::Anonymise => trace::AtEnd::Anonymise,
    }
}

pub(crate) fn journal_settings(settings: pli_engine::JournalSettings) -> JournalSettings {
    JournalSettings {
        months: settings.months,
        months_fixed: settings.months_fixed,
        technical_months: settings.technical_months,
        technical_fixed: settings.technical_fixed,
        at_end: match settings.at_end {
            trace::AtEnd::Destroy => AtEnd::Destroy,
            trace::AtEnd::Anonymise => AtEnd::Anonymise,
        },
        at_end_fixed: settings.at_end_fixed,
        fingerprint: settings.fingerprint,
        since: settings.first_at.map(instant),
        next_expiry: settings.next_expiry.map(instant),
        expiry_waits: settings.expiry_waits,
        place: if settings.in_keyring {
            JournalPlace::Keyring
        } else {
            JournalPlace::File
        },
        collector: settings.collector.map(collector),
    }
}

fn collector(view: pli_engine::CollectorView) -> Collector {
    Collector {
        address: view.address,
        since: view.since.map(instant),
        last_confirmed: view.last_confirmed.map(sealed),
        waiting: count(view.waiting),
        missing: count(view.missing),
        trouble: view.trouble.map(|trouble| trouble.french().to_owned()),
    }
}

pub(crate) fn prune_plan(plan: &trace::PrunePlan) -> PrunePlan {
    PrunePlan {
        count: count(plan.count),
        since: plan.first_at.map(instant),
        until: plan.last_at.map(instant),
    }
}

fn sequence(sequence: trace::Sequence) -> Id {
    Id::try_from(sequence.0).unwrap_or(Id::MAX)
}

/// Those that are not empty, one space between.
fn words(words: &[&str]) -> String {
    words
        .iter()
        .filter(|word| !word.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets
        .iter()
        .fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
            let _ = write!(text, "{octet:02x}");
            text
        })
}
