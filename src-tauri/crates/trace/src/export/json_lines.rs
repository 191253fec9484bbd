//! One JSON object a line (UTF-8, `\n`), the oldest trace first. The keys below never change their meaning; new ones may come,
//! and then the number in `format` changes.
//!
//! | key | value |
//! |---|---|
//! | `format` | 1 |
//! | `sequence` | where the trace stands in the journal |
//! | `id` | its own random id, 32 hexadecimal digits |
//! | `at` | when, in the workstation's local time with its offset, to the millisecond (RFC 3339) |
//! | `clock` | `synchronised` (boolean or null), `gapMs` (integer or null), `setBackMs` (integer or null) |
//! | `author` | null, or `nationalId` (text or null), `name`, `method` |
//! | `bal` | null, or `address`, `kind` (text or null) |
//! | `action` | the action's word |
//! | `request` | `protocol`, `verb`, `mailbox`, `target`, `uids`, `octetsOut`, `octetsIn` |
//! | `outcome` | `result`: `done`, `refused`, `failed` or `intended`; `code`, `enhanced`, `text` (texts, may be empty) |
//! | `unanswered` | whether this is an intention whose outcome never came |
//! | `exchange` | what ties an outcome to its intention: 16 hexadecimal digits, or null |
//! | `durationMs` | integer |
//! | `message` | `internalId` (text), `messageId` (text or null), `sender` (text or null), `recipients` (texts), `size` (integer or null) |
//! | `workstation` | `os`, `osVersion`, `pliVersion`, `host`, `address` |
//! | `server` | null, or `name`, `address` |
//! | `previous`, `hash` | the chain: SHA-256 in hexadecimal; `hash` is that of `previous` followed by `canonical` |
//! | `canonical` | the octets that were hashed, in base64; every key above but `unanswered` is in them |

use std::io::{self, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::french;
use crate::canonical;
use crate::entry::{Outcome, Record};
use crate::journal::chain;
use crate::verify::hex;

const FORMAT: u8 = 1;

/// No line is longer: a trace of 1,000 recipients, twice, and half as much again.
pub(super) const LINE_LIMIT: usize = 2 << 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    format: u8,
    sequence: u64,
    id: &'a str,
    at: String,
    clock: Clock,
    author: Option<Author<'a>>,
    bal: Option<Bal<'a>>,
    action: &'static str,
    request: Request<'a>,
    outcome: Answer<'a>,
    unanswered: bool,
    exchange: Option<String>,
    duration_ms: u64,
    message: Message<'a>,
    workstation: Workstation<'a>,
    server: Option<Server<'a>>,
    previous: String,
    hash: String,
    canonical: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Clock {
    synchronised: Option<bool>,
    gap_ms: Option<i64>,
    set_back_ms: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Author<'a> {
    national_id: Option<&'a str>,
    name: &'a str,
    method: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bal<'a> {
    address: &'a str,
    kind: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    protocol: &'static str,
    verb: &'a str,
    mailbox: &'a str,
    target: &'a str,
    uids: &'a str,
    octets_out: u64,
    octets_in: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    result: &'static str,
    code: &'a str,
    enhanced: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    internal_id: &'a str,
    message_id: Option<&'a str>,
    sender: Option<&'a str>,
    recipients: Vec<&'a str>,
    size: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Workstation<'a> {
    os: &'a str,
    os_version: &'a str,
    pli_version: &'a str,
    host: &'a str,
    address: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Server<'a> {
    name: &'a str,
    address: &'a str,
}

/// Writes a trace and the end of its line.
pub(super) fn write(to: &mut impl Write, record: &Record) -> io::Result<()> {
    serde_json::to_writer(&mut *to, &line(record))?;
    to.write_all(b"\n")
}

fn line(record: &Record) -> Line<'_> {
    let entry = &record.entry;
    let (result, code, enhanced, text) = match &entry.outcome {
        Outcome::Done { code, enhanced, text } => ("done", code.as_str(), enhanced.as_str(), text.as_str()),
        Outcome::Refused { code, enhanced, text } => ("refused", code.as_str(), enhanced.as_str(), text.as_str()),
        Outcome::Failed { what } => ("failed", "", "", what.as_str()),
        Outcome::Intended => ("intended", "", "", ""),
    };
    Line {
        format: FORMAT,
        sequence: record.sequence.0,
        id: &record.unique_id,
        at: french::iso(entry.at, entry.utc_offset),
        clock: Clock {
            synchronised: entry.clock.synchronised,
            gap_ms: entry.clock.gap_ms,
            set_back_ms: record.set_back_ms,
        },
        author: entry.author.as_ref().map(|author| Author {
            national_id: author.national_id.as_ref().map(|id| id.as_str()),
            name: author.name.as_str(),
            method: author.method.as_str(),
        }),
        bal: entry.bal.as_ref().map(|bal| Bal {
            address: bal.address.as_str(),
            kind: bal.kind.map(|kind| kind.as_str()),
        }),
        action: entry.action.as_str(),
        request: Request {
            protocol: entry.request.protocol.as_str(),
            verb: entry.request.verb.as_str(),
            mailbox: entry.request.mailbox.as_str(),
            target: entry.request.target.as_str(),
            uids: entry.request.uids.as_str(),
            octets_out: entry.request.octets_out,
            octets_in: entry.request.octets_in,
        },
        outcome: Answer {
            result,
            code,
            enhanced,
            text,
        },
        unanswered: record.unanswered,
        exchange: entry.exchange.map(|exchange| format!("{:016x}", exchange.0)),
        duration_ms: entry.duration_ms,
        message: Message {
            internal_id: entry.mail.as_str(),
            message_id: entry.message_id.as_ref().map(|id| id.as_str()),
            sender: entry.sender.as_ref().map(|sender| sender.as_str()),
            recipients: entry.recipients.iter().map(|address| address.as_str()).collect(),
            size: entry.encoded_size,
        },
        workstation: Workstation {
            os: entry.workstation.os.as_str(),
            os_version: entry.workstation.os_version.as_str(),
            pli_version: entry.workstation.pli_version.as_str(),
            host: entry.workstation.host.as_str(),
            address: entry.workstation.address.as_str(),
        },
        server: entry.server.as_ref().map(|server| Server {
            name: server.name.as_str(),
            address: server.address.as_str(),
        }),
        previous: hex(&record.previous),
        hash: hex(&record.hash),
        canonical: BASE64_STANDARD.encode(record.canonical()),
    }
}

/// What alone of a line is taken as it stands; all the rest is made again from the canonical octets.
#[derive(serde::Deserialize)]
struct Kept<'a> {
    unanswered: bool,
    #[serde(borrow)]
    previous: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    canonical: std::borrow::Cow<'a, str>,
}

/// Reads a line, without its end, back; `None` unless it is to the octet what [`write`] writes for the trace that its
/// canonical octets are, hash included.
pub(super) fn read(octets: &[u8]) -> Option<Record> {
    let kept: Kept<'_> = serde_json::from_slice(octets).ok()?;
    let canonical = BASE64_STANDARD.decode(kept.canonical.as_bytes()).ok()?;
    let read = canonical::read(&canonical)?;
    let previous = unhex(&kept.previous)?;
    let record = Record {
        sequence: read.sequence,
        unique_id: hex(&read.unique_id),
        set_back_ms: read.set_back_ms,
        entry: read.entry,
        hash: chain(&previous, &canonical),
        previous,
        unanswered: kept.unanswered,
        canonical,
    };
    let mut again = Vec::with_capacity(octets.len() + 1);
    write(&mut again, &record).ok()?;
    (again.strip_suffix(b"\n") == Some(octets)).then_some(record)
}

/// 32 octets from their hexadecimal digits in lower case.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    for (octet, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(out)
}
