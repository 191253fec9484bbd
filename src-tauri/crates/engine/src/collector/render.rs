//! A trace as a syslog message: each of its fields is a parameter of our own element, and one French line sums it up.
//!
//! Nothing of a message's content can be in there: a trace holds none, and nothing else is looked at.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use jiff::tz::Offset;
use pli_syslog::{Element, Message, Severity};
use pli_trace::{Action, Outcome, Record};

/// The largest `sequenceId` (RFC 5424 §7.3.1); the next is 1.
const LAST_SEQUENCE_ID: u64 = 2_147_483_647;

/// `software` and `swVersion` (RFC 5424 §7.2.3 and §7.2.4), in characters.
const PROGRAM: &str = "Pli";
const VERSION: usize = 32;

/// The message that tells a trace, under this enterprise number.
pub(super) fn message(record: &Record, enterprise: u32) -> Message {
    let entry = &record.entry;
    Message {
        severity: severity(&entry.outcome),
        at: (entry.at, entry.utc_offset),
        host: entry.workstation.host.as_str().to_owned(),
        program: PROGRAM,
        process: Some(std::process::id()),
        kind: entry.action.as_str(),
        facts: vec![time_quality(record), origin(record), meta(record)],
        record: Element::private("trace", enterprise)
            .with("sequence", record.sequence)
            .with("uniqueId", &record.unique_id),
        fields: fields(record),
        text: text(record),
    }
}

fn severity(outcome: &Outcome) -> Severity {
    match outcome {
        Outcome::Done { .. } | Outcome::Intended => Severity::Informational,
        Outcome::Refused { .. } => Severity::Warning,
        Outcome::Failed { .. } => Severity::Error,
    }
}

/// RFC 5424 §7.1. A clock of which nothing is known is told as not synchronised: `clock` in our own element tells the two apart.
fn time_quality(record: &Record) -> Element {
    let clock = &record.entry.clock;
    let synchronised = clock.synchronised == Some(true);
    let accuracy = clock
        .gap_ms
        .filter(|_| synchronised)
        .map(|gap| gap.unsigned_abs().saturating_mul(1000));
    Element::registered("timeQuality")
        .with("tzKnown", 1)
        .with("isSynced", u8::from(synchronised))
        .with_some("syncAccuracy", accuracy)
}

/// RFC 5424 §7.2.
fn origin(record: &Record) -> Element {
    let workstation = &record.entry.workstation;
    let address = workstation.address.as_str();
    let ip = address
        .parse::<IpAddr>()
        .or_else(|_| address.parse::<SocketAddr>().map(|address| address.ip()));
    let version: String = workstation.pli_version.as_str().chars().take(VERSION).collect();
    Element::registered("origin")
        .with_some("ip", ip.ok())
        .with("software", PROGRAM)
        .with_some("swVersion", Some(version))
}

/// RFC 5424 §7.3. The number is the trace's own, so that a trace sent again is known.
fn meta(record: &Record) -> Element {
    let number = (record.sequence.0.max(1) - 1) % LAST_SEQUENCE_ID + 1;
    Element::registered("meta")
        .with("sequenceId", number)
        .with("language", "fr")
}

/// The parameters, in order; what is empty is left out.
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn add(&mut self, name: &'static str, value: impl ToString) {
        let value = value.to_string();
        if !value.is_empty() {
            self.0.push((name, value));
        }
    }

    fn add_some(&mut self, name: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

fn fields(record: &Record) -> Vec<(&'static str, String)> {
    let entry = &record.entry;
    let mut fields = Fields(Vec::with_capacity(40));
    fields.add("at", utc(entry.at));
    fields.add("utcOffset", entry.utc_offset);
    fields.add_some("setBackMs", record.set_back_ms);
    fields.add(
        "clock",
        match entry.clock.synchronised {
            Some(true) => "synchronised",
            Some(false) => "free",
            None => "unknown",
        },
    );
    fields.add_some("clockGapMs", entry.clock.gap_ms);
    if let Some(author) = &entry.author {
        fields.add_some("authorId", author.national_id.as_ref());
        fields.add("authorName", &author.name);
        fields.add("authenticated", author.method.as_str());
    }
    if let Some(bal) = &entry.bal {
        fields.add("bal", &bal.address);
        fields.add_some("balKind", bal.kind);
    }
    fields.add("action", entry.action.as_str());
    fields.add("protocol", entry.request.protocol.as_str());
    fields.add("verb", &entry.request.verb);
    fields.add("mailbox", &entry.request.mailbox);
    fields.add("target", &entry.request.target);
    fields.add("uids", &entry.request.uids);
    fields.add("octetsOut", entry.request.octets_out);
    fields.add("octetsIn", entry.request.octets_in);
    match &entry.outcome {
        Outcome::Done { code, enhanced, text } => {
            fields.add("outcome", "done");
            fields.add("code", code);
            fields.add("enhanced", enhanced);
            fields.add("response", text);
        }
        Outcome::Refused { code, enhanced, text } => {
            fields.add("outcome", "refused");
            fields.add("code", code);
            fields.add("enhanced", enhanced);
            fields.add("response", text);
        }
        Outcome::Failed { what } => {
            fields.add("outcome", "failed");
            fields.add("failure", what);
        }
        Outcome::Intended => fields.add("outcome", "intended"),
    }
    fields.add_some("exchange", entry.exchange.map(|exchange| exchange.0));
    fields.add("durationMs", entry.duration_ms);
    fields.add("message", &entry.mail);
    fields.add_some("messageId", entry.message_id.as_ref().map(|id| id.as_str()));
    fields.add_some("sender", entry.sender.as_ref());
    if !entry.recipients.is_empty() {
        let recipients: Vec<&str> = entry.recipients.iter().map(|recipient| recipient.as_str()).collect();
        fields.add("recipientCount", recipients.len());
        fields.add("recipients", recipients.join(","));
    }
    fields.add_some("encodedSize", entry.encoded_size);
    let workstation = &entry.workstation;
    fields.add("os", &workstation.os);
    fields.add("osVersion", &workstation.os_version);
    fields.add("pliVersion", &workstation.pli_version);
    fields.add("host", &workstation.host);
    fields.add("hostAddress", &workstation.address);
    if let Some(server) = &entry.server {
        fields.add("server", &server.name);
        fields.add("serverAddress", &server.address);
    }
    fields.add("previous", hex(&record.previous));
    fields.add("hash", hex(&record.hash));
    fields.0
}

/// One line for who reads the log by eye.
fn text(record: &Record) -> String {
    let entry = &record.entry;
    let result = match &entry.outcome {
        Outcome::Done { .. } => "réussi",
        Outcome::Refused { .. } => "refusé",
        Outcome::Failed { .. } => "échec",
        Outcome::Intended => "demandé",
    };
    let mut text = format!("Trace {} : {}, {result}", record.sequence, action(entry.action));
    if let Outcome::Done { code, enhanced, .. } | Outcome::Refused { code, enhanced, .. } = &entry.outcome {
        let codes = [code.as_str(), enhanced.as_str()].join(" ");
        if !codes.trim().is_empty() {
            let _ = write!(text, " ({})", codes.trim());
        }
    }
    if let Some(bal) = &entry.bal {
        let _ = write!(text, ", BAL {}", bal.address);
    }
    text
}

/// The name of an action, within a sentence.
fn action(action: Action) -> &'static str {
    match action {
        Action::Connect => "connexion",
        Action::Disconnect => "fin de connexion",
        Action::Login => "authentification",
        Action::Logout => "déconnexion",
        Action::Discover => "découverte des serveurs",
        Action::Folders => "dossiers",
        Action::Sync => "relève",
        Action::Receive => "réception",
        Action::Read => "lecture",
        Action::Download => "pièce jointe sortie",
        Action::Search => "recherche",
        Action::Send => "envoi",
        Action::Append => "dépôt",
        Action::Flag => "marquage",
        Action::Move => "déplacement",
        Action::Delete => "suppression",
        Action::Purge => "purge",
        Action::Quota => "place utilisée",
        Action::Rule => "règle",
        Action::Print => "impression",
        Action::Export => "export",
        Action::File => "classement",
        Action::Backup => "sauvegarde",
        Action::Settings => "réglage",
        Action::Lock => "verrouillage",
        Action::Unlock => "déverrouillage",
        Action::Collector => "envoi des traces au collecteur",
        Action::Start => "ouverture du journal",
        Action::JournalExport => "export du journal",
        Action::JournalPrune => "fin de conservation",
    }
}

/// `2026-11-22T06:00:00.123Z`.
fn utc(at: Timestamp) -> String {
    let at = Offset::UTC.to_datetime(at);
    format!("{}", at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(64), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
