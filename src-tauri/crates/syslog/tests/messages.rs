//! Whatever a record says, its messages are what RFC 5424 allows, and say all of it.

use jiff::Timestamp;
use pli_operator::SyslogLine;
use pli_syslog::{Element, LEAST_ROOM, Message, SHOULD_ROOM, Severity, frame};
use proptest::prelude::*;

fn message(host: String, text: String, values: Vec<String>) -> Message {
    const NAMES: [&str; 6] = ["verb", "mailbox", "response", "recipients", "messageId", "server"];
    Message {
        severity: Severity::Warning,
        at: (Timestamp::UNIX_EPOCH, 3600),
        host,
        program: "Pli",
        process: Some(4711),
        kind: "journal_export",
        facts: vec![
            Element::registered("timeQuality")
                .with("tzKnown", 1)
                .with("isSynced", 0),
            Element::registered("meta").with("sequenceId", 2_147_483_647),
        ],
        record: Element::private("trace", 32_473)
            .with("sequence", u64::MAX)
            .with("uniqueId", "0123456789abcdef0123456789abcdef"),
        fields: NAMES.into_iter().zip(values).collect(),
        text,
    }
}

/// Anything, and often what must be escaped or has several octets.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s).{0,500}",
        r#"["\\\]é, ]{0,500}"#,
        "[a-z]{1,12}@[a-z]{1,12}\\.fr",
        proptest::collection::vec("[a-z]{1,20}@[a-z]{1,20}\\.mssante\\.fr", 0..1000).prop_map(|all| all.join(",")),
    ]
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_is_strictly_one_and_together_they_say_everything(
        host in "(?s).{0,300}",
        text in "(?s).{0,600}",
        values in proptest::collection::vec(value(), 0..6),
        room in prop_oneof![Just(0_usize), Just(LEAST_ROOM), LEAST_ROOM..SHOULD_ROOM, Just(SHOULD_ROOM)],
    ) {
        let record = message(host, text.clone(), values);
        let messages = record.encode(room);
        let whole: usize = messages.len();
        let mut read: Vec<(String, String)> = Vec::new();
        for (number, octets) in (1..).zip(&messages) {
            prop_assert!(octets.len() <= room.max(LEAST_ROOM), "{} octets in a room of {room}", octets.len());
            let line = SyslogLine::parse(octets).map_err(|bad| TestCaseError::fail(bad.to_string()))?;
            prop_assert_eq!((line.facility, line.severity), (13, 4));
            prop_assert_eq!(line.app_name.as_deref(), Some("Pli"));
            prop_assert_eq!(line.procid.as_deref(), Some("4711"));
            prop_assert_eq!(line.msgid.as_deref(), Some("journal_export"));
            prop_assert_eq!(line.timestamp.as_deref(), Some("1970-01-01T01:00:00.000+01:00"));
            prop_assert!(plain(&text).starts_with(line.text.as_deref().unwrap()));
            prop_assert_eq!(line.element("meta").unwrap().get("sequenceId"), Some("2147483647"));
            let trace = line.private("trace").unwrap();
            prop_assert_eq!(trace.id.as_str(), "trace@32473");
            prop_assert_eq!(line.sequence(), Some(u64::MAX));
            if whole > 1 {
                prop_assert_eq!(trace.get("part").map(str::to_owned), Some(number.to_string()));
                prop_assert_eq!(trace.get("parts").map(str::to_owned), Some(whole.to_string()));
            } else {
                prop_assert_eq!(trace.get("part"), None);
            }
            for (name, value) in &trace.params {
                if ["sequence", "uniqueId", "part", "parts"].contains(&name.as_str()) {
                    continue;
                }
                match read.last_mut() {
                    Some((last, text)) if last == name => text.push_str(value),
                    _ => read.push((name.clone(), value.clone())),
                }
            }
        }
        let said: Vec<(String, String)> = record
            .fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), plain(value)))
            .collect();
        prop_assert_eq!(read, said);
    }
}

#[test]
fn a_thousand_recipients_are_all_there_and_none_is_cut_in_two() {
    let recipients: Vec<String> = (0..1000)
        .map(|n| format!("destinataire.numero.{n:04}@etablissement-de-sante.mssante.fr"))
        .collect();
    let record = message("poste".to_owned(), "Envoi".to_owned(), vec![recipients.join(",")]);
    let messages = record.encode(SHOULD_ROOM);
    assert!(messages.len() > 5, "{}", messages.len());
    let mut found = Vec::new();
    for octets in &messages {
        let line = SyslogLine::parse(octets).unwrap();
        let part = line.trace("verb").unwrap();
        found.extend(part.split(',').filter(|one| !one.is_empty()).map(str::to_owned));
    }
    assert_eq!(found, recipients);
}

#[test]
fn a_usual_record_is_one_message_and_its_frame_counts_octets() {
    let record = message("poste".to_owned(), "Envoi".to_owned(), vec!["é".to_owned()]);
    let messages = record.encode(SHOULD_ROOM);
    assert_eq!(messages.len(), 1);
    let text = String::from_utf8(messages[0].clone()).unwrap();
    assert_eq!(
        text,
        "<108>1 1970-01-01T01:00:00.000+01:00 poste Pli 4711 journal_export [timeQuality tzKnown=\"1\" isSynced=\"0\"]\
         [meta sequenceId=\"2147483647\"][trace@32473 sequence=\"18446744073709551615\" \
         uniqueId=\"0123456789abcdef0123456789abcdef\" verb=\"é\"] \u{feff}Envoi"
    );
    let framed = frame(&messages[0]);
    assert_eq!(framed, format!("{} {text}", text.len()).into_bytes());
}
