//! What the collector has of a trace is what the journal says of it, all of it and nothing else.

use pli_engine::pli_store::AuthMethod;
use pli_engine::{Engine, JournalSet, NewBal};
use pli_operator::SyslogLine;
use pli_trace::{Action, AtEnd, Outcome, Record};

use super::bench::{Bench, view};

/// Something of each kind that needs no server.
pub(crate) async fn act(engine: &Engine) {
    for months in [7, 8, 9] {
        engine
            .journal_set(JournalSet {
                months,
                technical_months: 6,
                at_end: AtEnd::Destroy,
            })
            .await
            .unwrap();
    }
    // Nobody serves this domain: an exchange that fails.
    let new = NewBal {
        address: "dr.martin@domaine.invalid".to_owned(),
        kind: None,
        method: AuthMethod::Psc,
        name: None,
    };
    let _ = engine.account_add(new).await;
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Every parameter that a trace must have there, and no other.
fn expected(record: &Record) -> Vec<(&'static str, String)> {
    let entry = &record.entry;
    let offset = jiff::tz::Offset::UTC.to_datetime(entry.at);
    let mut expected = vec![
        ("sequence", record.sequence.0.to_string()),
        ("uniqueId", record.unique_id.clone()),
        ("at", offset.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()),
        ("utcOffset", entry.utc_offset.to_string()),
    ];
    let mut add = |name, value: String| {
        if !value.is_empty() {
            expected.push((name, value));
        }
    };
    let some = |value: Option<String>| value.unwrap_or_default();
    add("setBackMs", some(record.set_back_ms.map(|ms| ms.to_string())));
    add(
        "clock",
        match entry.clock.synchronised {
            Some(true) => "synchronised",
            Some(false) => "free",
            None => "unknown",
        }
        .to_owned(),
    );
    add("clockGapMs", some(entry.clock.gap_ms.map(|ms| ms.to_string())));
    let author = entry.author.as_ref();
    add(
        "authorId",
        some(author.and_then(|author| author.national_id.as_ref().map(|id| id.as_str().to_owned()))),
    );
    add("authorName", some(author.map(|author| author.name.as_str().to_owned())));
    add(
        "authenticated",
        some(author.map(|author| author.method.as_str().to_owned())),
    );
    let bal = entry.bal.as_ref();
    add("bal", some(bal.map(|bal| bal.address.as_str().to_owned())));
    add(
        "balKind",
        some(bal.and_then(|bal| bal.kind).map(|kind| kind.as_str().to_owned())),
    );
    add("action", entry.action.as_str().to_owned());
    add("protocol", entry.request.protocol.as_str().to_owned());
    add("verb", entry.request.verb.as_str().to_owned());
    add("mailbox", entry.request.mailbox.as_str().to_owned());
    add("target", entry.request.target.as_str().to_owned());
    add("uids", entry.request.uids.as_str().to_owned());
    add("octetsOut", entry.request.octets_out.to_string());
    add("octetsIn", entry.request.octets_in.to_string());
    let (outcome, code, enhanced, response, failure) = match &entry.outcome {
        Outcome::Done { code, enhanced, text } => ("done", code.as_str(), enhanced.as_str(), text.as_str(), ""),
        Outcome::Refused { code, enhanced, text } => ("refused", code.as_str(), enhanced.as_str(), text.as_str(), ""),
        Outcome::Failed { what } => ("failed", "", "", "", what.as_str()),
        Outcome::Intended => ("intended", "", "", "", ""),
    };
    add("outcome", outcome.to_owned());
    add("code", code.to_owned());
    add("enhanced", enhanced.to_owned());
    add("response", response.to_owned());
    add("failure", failure.to_owned());
    add("exchange", some(entry.exchange.map(|exchange| exchange.0.to_string())));
    add("durationMs", entry.duration_ms.to_string());
    add("message", entry.mail.as_str().to_owned());
    add(
        "messageId",
        some(entry.message_id.as_ref().map(|id| id.as_str().to_owned())),
    );
    add(
        "sender",
        some(entry.sender.as_ref().map(|sender| sender.as_str().to_owned())),
    );
    let recipients: Vec<&str> = entry.recipients.iter().map(|recipient| recipient.as_str()).collect();
    if !recipients.is_empty() {
        add("recipientCount", recipients.len().to_string());
    }
    add("recipients", recipients.join(","));
    add("encodedSize", some(entry.encoded_size.map(|size| size.to_string())));
    let workstation = &entry.workstation;
    add("os", workstation.os.as_str().to_owned());
    add("osVersion", workstation.os_version.as_str().to_owned());
    add("pliVersion", workstation.pli_version.as_str().to_owned());
    add("host", workstation.host.as_str().to_owned());
    add("hostAddress", workstation.address.as_str().to_owned());
    let server = entry.server.as_ref();
    add("server", some(server.map(|server| server.name.as_str().to_owned())));
    add(
        "serverAddress",
        some(server.map(|server| server.address.as_str().to_owned())),
    );
    add("previous", hex(&record.previous));
    add("hash", hex(&record.hash));
    expected
}

/// The line says of the record what it must, in its header too.
pub(crate) fn compare(record: &Record, line: &SyslogLine) {
    let entry = &record.entry;
    let severity = match entry.outcome {
        Outcome::Done { .. } | Outcome::Intended => 6,
        Outcome::Refused { .. } => 4,
        Outcome::Failed { .. } => 3,
    };
    assert_eq!((line.facility, line.severity), (13, severity), "{line:?}");
    assert_eq!(line.app_name.as_deref(), Some("Pli"));
    assert_eq!(line.msgid.as_deref(), Some(entry.action.as_str()));
    let told: jiff::Timestamp = line.timestamp.as_ref().unwrap().parse().unwrap();
    assert_eq!(told, entry.at, "the header's time is the trace's");
    let meta = line.element("meta").unwrap();
    assert_eq!(meta.get("sequenceId"), Some(record.sequence.0.to_string().as_str()));
    let quality = line.element("timeQuality").unwrap();
    let synchronised = entry.clock.synchronised == Some(true);
    assert_eq!(quality.get("isSynced"), Some(if synchronised { "1" } else { "0" }));
    assert!(synchronised || quality.get("syncAccuracy").is_none(), "RFC 5424 §7.1.3");
    assert_eq!(line.element("origin").unwrap().get("software"), Some("Pli"));
    let trace = line.private("trace").unwrap();
    assert_eq!(trace.id, "trace@32473");
    let found: Vec<(&str, String)> = trace
        .params
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    assert_eq!(found, expected(record));
    assert!(
        line.text
            .as_ref()
            .unwrap()
            .starts_with(&format!("Trace {} : ", record.sequence))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_trace_arrives_and_says_what_the_journal_says() {
    let bench = Bench::start();
    let engine = bench.engine().await;
    act(&engine).await;
    let records = bench.until_all_there(&engine).await;
    let received = bench.received();
    for record in &records {
        let lines = &received[&record.sequence.0];
        assert_eq!(lines.len(), 1);
        compare(record, &lines[0]);
    }
    // It begins with the oldest trace, and says so once.
    let begun: Vec<&Record> = records
        .iter()
        .filter(|record| record.entry.action == Action::Collector)
        .collect();
    assert_eq!(begun.len(), 1, "{begun:?}");
    assert_eq!(begun[0].entry.request.verb.as_str(), "BEGIN FROM 1");
    let seen = view(&engine).await;
    assert_eq!(seen.address, bench.collector.address());
    assert_eq!((seen.trouble, seen.missing), (None, 0));
    assert!(seen.since.is_some());
    engine.stop().await;

    // Another run sends what it adds, and nothing twice.
    let before = bench.collector.raw().unwrap().len();
    let engine = bench.engine().await;
    let all = bench.until_all_there(&engine).await;
    assert!(all.len() > records.len());
    assert_eq!(bench.collector.raw().unwrap().len() - before, all.len() - records.len());
    assert!(
        all.iter()
            .filter(|record| record.entry.action == Action::Collector)
            .count()
            == 1
    );
    engine.stop().await;
}
