//! `pli quota` at each level, on a box that a real server limits (EX_GBM_4470): what it says, and the way back.

mod common;

use common::{MARTIN, Stage};
use pli_operator::BoxQuota;
use serde_json::Value;

/// A letter of about this many octets.
fn letter(name: &str, octets: usize) -> Vec<u8> {
    let mut raw = format!(
        "From: labo@beta.mssante.test\r\nTo: {MARTIN}\r\nSubject: {name}\r\nMessage-ID: <{name}@beta.mssante.test>\r\n\r\n"
    );
    while raw.len() < octets {
        raw.push_str("Une ligne de soixante-dix octets ou presque, pour peser son poids.\r\n");
    }
    raw.into_bytes()
}

fn read(stage: &Stage) -> Value {
    stage.json("martin", &["quota", "--read"]).remove(0)
}

#[test]
fn each_level_is_told_with_what_it_means_and_goes_away_again() {
    let stage = Stage::new(false);
    let kib = |kib: u64| stage.operator.set_quota(MARTIN, &BoxQuota::storage(kib)).unwrap();
    kib(1000);
    stage.add("martin", MARTIN);
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    let mut fill = |name: &str, octets: usize| mailbox.append("INBOX", &["\\Seen"], &letter(name, octets)).unwrap();

    fill("premiere", 700 * 1024);
    stage.run("martin", &["sync"]);
    let first = stage.json("martin", &["quota"]).remove(0);
    assert_eq!(
        (&first["source"], &first["level"]),
        (&"server".into(), &"fine".into()),
        "{first}"
    );
    assert_eq!(first["storage"]["limit"], 1000 * 1024, "{first}");
    assert!(
        first["history"].as_array().is_some_and(|days| days.len() == 1),
        "{first}"
    );

    fill("deuxieme", 110 * 1024);
    let high = read(&stage);
    assert_eq!(high["level"], "high", "{high}");
    assert!(stage.run("martin", &["quota"]).contains("Elle se remplit"));
    fill("troisieme", 110 * 1024);
    let almost = read(&stage);
    assert_eq!(almost["level"], "almostFull", "{almost}");
    assert!(stage.run("martin", &["quota"]).contains("ne recevra plus"));

    // The operator grants less than what is there: nothing enters any more.
    kib(900);
    let full = read(&stage);
    assert_eq!(full["level"], "full", "{full}");
    let said = stage.run("martin", &["quota"]);
    assert!(said.contains("ne reçoit plus et n'envoie plus"), "{said}");
    let mut other = stage.operator.mailbox(MARTIN).unwrap();
    assert!(
        other.append("INBOX", &[], &letter("refusee", 20 * 1024)).is_err(),
        "the server refuses"
    );

    // What weighs is told; what is deleted makes room.
    let groups = stage.json("martin", &["space", "--by", "size"]);
    assert!(groups.iter().any(|group| group["key"] == "small"), "{groups:?}");
    stage.run("martin", &["sync"]);
    let heaviest = stage.json("martin", &["space", "--messages", "--limit", "1"]).remove(0);
    assert!(heaviest["octets"].as_u64().unwrap() >= 700 * 1024, "{heaviest}");
    let why: Vec<&Value> = heaviest["keep"].as_array().unwrap().iter().collect();
    assert!(
        why.contains(&&"notFiled".into()),
        "never proposed by itself: {heaviest}"
    );
    assert!(stage.json("martin", &["space", "--suggest", "1 Mo"]).is_empty());
    let id = heaviest["row"]["id"].to_string();
    let report = stage.json("martin", &["purge", "messages", &id, "--yes"]).remove(0);
    assert_eq!(
        (&report["state"], &report["done"]),
        (&"done".into(), &1.into()),
        "{report}"
    );
    let back = read(&stage);
    assert_eq!(back["level"], "fine", "{back}");
}

#[test]
fn an_operator_that_tells_nothing_has_an_estimate_called_one() {
    let stage = Stage::new(false);
    let untold = BoxQuota {
        untold: true,
        ..BoxQuota::default()
    };
    stage.operator.set_quota(MARTIN, &untold).unwrap();
    stage.add("martin", MARTIN);
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    mailbox.append("INBOX", &[], &letter("seule", 50 * 1024)).unwrap();
    stage.run("martin", &["sync"]);
    let told = stage.json("martin", &["quota"]).remove(0);
    assert_eq!(told["source"], "estimate", "{told}");
    assert!(told["local"].as_u64().unwrap() >= 50 * 1024, "{told}");
    assert!(stage.run("martin", &["quota"]).contains("estimation"));
}
