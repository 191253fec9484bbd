//! JSON Lines: what anybody may compute again without this program.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use pli_trace::{Action, Filter, Format};
use ring::digest::{Context, SHA256};
use serde_json::Value;

use crate::common::{House, several};

fn lines(house: &House, filter: &Filter, name: &str) -> Vec<Value> {
    house.export(filter, Format::JsonLines, name).unwrap();
    let text = std::fs::read_to_string(house.path(name)).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn its_keys_are_the_documented_ones() {
    let house = House::with(&several(2));
    let lines = lines(&house, &Filter::default(), "a.jsonl");
    let line = &lines[1];
    let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let documented = [
        "action",
        "at",
        "author",
        "bal",
        "canonical",
        "clock",
        "durationMs",
        "exchange",
        "format",
        "hash",
        "id",
        "message",
        "outcome",
        "previous",
        "request",
        "sequence",
        "server",
        "unanswered",
        "workstation",
    ];
    assert_eq!(
        keys.iter().copied().collect::<BTreeSet<_>>(),
        documented.into_iter().collect()
    );
    assert_eq!(line["sequence"], 2);
    assert_eq!(line["at"], "2026-11-22T00:03:05.007+01:00");
    assert_eq!(line["clock"]["synchronised"], true);
    assert_eq!(line["clock"]["gapMs"], -35);
    assert_eq!(line["clock"]["setBackMs"], Value::Null);
    assert_eq!(line["author"]["nationalId"], "899700218896");
    assert_eq!(line["author"]["name"], "Dr Hélène d'Arcy; née Müller");
    assert_eq!(line["author"]["method"], "psc_code");
    assert_eq!(line["bal"]["address"], "helene.darcy@medecin.mssante.fr");
    assert_eq!(line["bal"]["kind"], "PER");
    assert_eq!(line["action"], "send");
    assert_eq!(line["request"]["protocol"], "smtp");
    assert_eq!(line["request"]["uids"], "3:5,9");
    assert_eq!(line["request"]["octetsOut"], 12_345);
    assert_eq!(line["outcome"]["result"], "done");
    assert_eq!(line["outcome"]["enhanced"], "2.1.5");
    assert_eq!(line["exchange"], "0000000000000000");
    assert_eq!(line["message"]["recipients"][1], "+secretariat@hopital.mssante.fr");
    assert_eq!(line["message"]["size"], 45_678);
    assert_eq!(line["workstation"]["address"], "10.0.0.3");
    assert_eq!(line["server"]["name"], "smtp.mssante.fr");
    assert_eq!(lines[2]["server"], Value::Null);
    assert_eq!(lines[2]["outcome"]["result"], "failed");
    assert_eq!(lines[2]["outcome"]["text"], "closed without warning");
}

#[test]
fn the_hashes_are_computed_again_with_nothing_else() {
    let house = House::with(&several(20));
    let mut before: Option<String> = None;
    let lines = lines(&house, &Filter::default(), "a.jsonl");
    assert_eq!(lines.len(), 21, "a filter that keeps all keeps the intentions too");
    for line in lines {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        let octets = |key: &str| -> Vec<u8> {
            (0..64)
                .step_by(2)
                .map(|place| u8::from_str_radix(&text(key)[place..place + 2], 16).unwrap())
                .collect()
        };
        let mut context = Context::new(&SHA256);
        context.update(&octets("previous"));
        context.update(&BASE64_STANDARD.decode(text("canonical")).unwrap());
        assert_eq!(context.finish().as_ref(), octets("hash"));
        if let Some(before) = before {
            assert_eq!(text("previous"), before);
        }
        before = Some(text("hash"));
    }
}

#[test]
fn a_filter_that_keeps_a_part_keeps_that_part() {
    let house = House::with(&several(20));
    let filter = Filter {
        action: Some(Action::Start),
        ..Filter::default()
    };
    let lines = lines(&house, &filter, "a.jsonl");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["action"], "start");
}
