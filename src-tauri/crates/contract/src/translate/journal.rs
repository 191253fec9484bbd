//! The journal of traces.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use pli_engine::pli_terms::{Address, MessageId, NationalId};
use pli_engine::pli_trace::{self as trace, Outcome, Problem, Record};

use super::{count, instant, timestamp};
use crate::failure::{Code, Failure};
use crate::view::{Id, JournalFilter, JournalPage, Trace, Verification};

/// What a window asks for. What is not an address, an id or an action keeps nothing.
pub(crate) fn filter(filter: &JournalFilter) -> Result<trace::Filter, Failure> {
    let bad = |what: &str| Failure::about(Code::BadRequest, what);
    let given = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
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
        message_id: given(&filter.message_id)
            .map(|text| MessageId::parse(&text).ok_or_else(|| bad("messageId")))
            .transpose()?,
        mail: None,
    })
}

pub(crate) fn page(page: pli_engine::JournalPage) -> JournalPage {
    JournalPage {
        traces: page
            .records
            .into_iter()
            .map(|(record, previous)| trace(record, previous))
            .collect(),
        total: count(page.total),
        authors: page.authors,
    }
}

pub(crate) fn trace(record: Record, previous: Option<[u8; 32]>) -> Trace {
    let entry = record.entry;
    let failed = entry.is_failure();
    let intended = entry.outcome == Outcome::Intended;
    let offset = Offset::from_seconds(entry.utc_offset).unwrap_or(Offset::UTC);
    let at = entry.at.to_zoned(TimeZone::fixed(offset));
    let response = match &entry.outcome {
        Outcome::Done { code, enhanced, text } | Outcome::Refused { code, enhanced, text } => {
            words(&[code.as_str(), enhanced.as_str(), text.as_str()])
        }
        Outcome::Failed { what } => what.as_str().to_owned(),
        Outcome::Intended => String::new(),
    };
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
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
        ]),
        response,
        failed,
        intended,
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
        previous: previous.map(|hash| hex(&hash)).unwrap_or_default(),
    }
}

pub(crate) fn verification(found: &trace::Verification, at: Timestamp, since: Option<Timestamp>) -> Verification {
    let (place, what) = match &found.problem {
        None => (None, None),
        Some(Problem::Missing { first, .. }) => (Some(*first), Some("removed")),
        Some(Problem::Altered { at } | Problem::Mislabelled { at }) => (Some(*at), Some("altered")),
        Some(Problem::Unexpected { at }) => (Some(*at), Some("inserted")),
        Some(Problem::Head { at }) => (Some(*at), Some("truncated")),
        Some(Problem::Unreadable { after }) => (Some(trace::Sequence(after.0 + 1)), Some("altered")),
    };
    Verification {
        sound: found.problem.is_none(),
        count: count(found.sound),
        since: since.map(instant),
        at: instant(at),
        broken_at: place.map(sequence),
        problem: what.map(str::to_owned),
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
