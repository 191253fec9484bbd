//! `pli purge`: the plan of `--dry-run` is what then happens; killed and gone on with, exactly the plan is gone (EX_GBP_3050).

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{MARTIN, Stage};
use pli_operator::Seed;
use serde_json::Value;

const SENT: &str = "Sent";

fn seed(name: &str, days: u64, flags: &[&str]) -> Seed {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let raw = format!(
        "From: {MARTIN}\r\nTo: anne.petit@beta.mssante.test\r\nSubject: Lettre {name}\r\n\
         Message-ID: <{name}@alpha.mssante.test>\r\n\r\nBonjour, {name}.\r\n"
    );
    Seed {
        folder: SENT.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        internal_date_unix: i64::try_from(now - days * 86_400).unwrap(),
        raw: raw.into_bytes(),
    }
}

/// Old letters, recent ones, and old ones that are flagged.
fn sent(stage: &Stage, old: usize, recent: usize, flagged: usize) {
    let mut seeds: Vec<Seed> = (0..old).map(|n| seed(&format!("old-{n}"), 60, &["\\Seen"])).collect();
    seeds.extend((0..recent).map(|n| seed(&format!("new-{n}"), 2, &["\\Seen"])));
    seeds.extend((0..flagged).map(|n| seed(&format!("kept-{n}"), 60, &["\\Seen", "\\Flagged"])));
    stage.operator.seed(MARTIN, &seeds).unwrap();
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
}

/// The letters of the folder on the server, by the first word of their Message-ID.
fn there(stage: &Stage) -> BTreeSet<String> {
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    let name = |raw: &[u8]| {
        let text = String::from_utf8_lossy(raw).into_owned();
        let id = text.split("Message-ID: <").nth(1).unwrap();
        id.split('@').next().unwrap().to_owned()
    };
    let messages = mailbox.messages(SENT).unwrap();
    messages.iter().map(|message| name(&message.raw)).collect()
}

fn kept(plan: &Value, why: &str) -> u64 {
    let all = plan["kept"].as_array().unwrap();
    all.iter()
        .filter(|kept| kept["why"] == why)
        .filter_map(|kept| kept["count"].as_u64())
        .sum()
}

/// The Message-IDs that a plan written out names.
fn named(path: &std::path::Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .skip(1)
        .map(|line| {
            line.split(';')
                .nth(2)
                .unwrap()
                .trim_matches('"')
                .split('@')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[test]
fn the_plan_of_a_dry_run_is_what_then_happens() {
    let stage = Stage::new(false);
    sent(&stage, 240, 20, 10);
    let before = there(&stage);
    assert_eq!(before.len(), 270);

    let export = stage.path("plan.csv");
    let export = export.to_str().unwrap();
    let dry = ["purge", "sent", "--older-than", "30", "--dry-run", "--export", export];
    let plan = stage.json("martin", &dry).remove(0);
    assert_eq!(
        (&plan["state"], &plan["count"]),
        (&"planned".into(), &240.into()),
        "{plan}"
    );
    assert_eq!((kept(&plan, "tooRecent"), kept(&plan, "flagged")), (20, 10), "{plan}");
    assert_eq!(there(&stage), before, "a plan deletes nothing");
    let planned = named(&stage.path("plan.csv"));
    assert_eq!(planned.len(), 240);
    assert!(
        !stage.output("martin", &dry).status.success(),
        "a file that is there is not written over"
    );

    // Without a word nothing goes, and a script is told which word.
    let mute = stage.output("martin", &["purge", "sent", "--older-than", "30"]);
    assert_eq!(mute.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&mute.stderr).contains("--yes"));
    assert_eq!(there(&stage), before);

    let report = stage
        .json("martin", &["purge", "sent", "--older-than", "30", "--yes"])
        .remove(0);
    assert_eq!(
        (&report["state"], &report["done"]),
        (&"done".into(), &240.into()),
        "{report}"
    );
    for field in ["count", "octets", "oldest", "newest", "groups", "kept"] {
        assert_eq!(report[field], plan[field], "{field}");
    }
    let gone: BTreeSet<String> = before.difference(&there(&stage)).cloned().collect();
    assert_eq!(gone, planned, "exactly the plan is gone");

    let told = stage.json("martin", &["traces", "list", "--action", "purge", "--limit", "1000"]);
    let deleted: BTreeSet<&str> = told.iter().filter_map(|trace| trace["messageId"].as_str()).collect();
    assert_eq!(deleted.len(), 240, "one trace a deletion");
    stage.run("martin", &["traces", "verify"]);
    let again = stage
        .json("martin", &["purge", "sent", "--older-than", "30", "--yes"])
        .remove(0);
    assert_eq!(again["count"], 0, "{again}");
    assert!(stage.run("martin", &["purge", "list"]).contains("240 messages"));
}

#[test]
fn a_purge_that_is_killed_again_and_again_goes_on_to_its_end() {
    let stage = Stage::new(false);
    sent(&stage, 1_500, 30, 5);
    let before = there(&stage);
    let plan = stage.json("martin", &["purge", "sent", "--dry-run"]).remove(0);
    assert_eq!(plan["count"], 1_500, "{plan}");
    let id = plan["id"].to_string();

    // Somebody else works in the same folder meanwhile: one of the plan is flagged, and another letter arrives.
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    let marked = mailbox.search_message_id(SENT, "old-7@alpha.mssante.test").unwrap();
    mailbox.set_flags(SENT, marked[0], &["\\Seen", "\\Flagged"]).unwrap();
    mailbox
        .append(SENT, &["\\Seen", "\\Deleted"], &seed("theirs", 0, &[]).raw)
        .unwrap();

    for round in 0..6_u64 {
        let mut child = stage
            .pli("martin", &["purge", "resume", &id])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let cut = Instant::now() + Duration::from_millis(900 + 350 * round);
        while Instant::now() < cut && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        child.wait().unwrap();
    }
    let shown = stage.json("martin", &["purge", "show", &id]).remove(0);
    let report = if shown["state"] == "done" {
        shown
    } else {
        stage.json("martin", &["purge", "resume", &id]).remove(0)
    };
    assert_eq!(
        (&report["state"], &report["left"]),
        (&"done".into(), &0.into()),
        "{report}"
    );
    let after = there(&stage);
    let gone: BTreeSet<&String> = before.difference(&after).collect();
    assert_eq!(gone.len(), 1_499, "{report}");
    assert!(gone.iter().all(|name| name.starts_with("old-")), "nothing else is gone");
    assert!(after.contains("old-7"), "flagged since the plan: spared");
    assert!(after.contains("theirs"), "what somebody else marked is theirs");
    let count = |field: &str| report[field].as_u64().unwrap();
    assert_eq!(count("done") + count("alreadyGone"), 1_499, "{report}");
    stage.run("martin", &["traces", "verify"]);
}

#[test]
fn a_schedule_is_set_and_shown_and_a_wrong_one_refused() {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    let set = [
        "purge",
        "schedule",
        "--enabled",
        "oui",
        "--every",
        "week",
        "--older-than",
        "45",
    ];
    let shown = stage.json("martin", &set).remove(0);
    assert_eq!(
        (&shown["enabled"], &shown["every"], &shown["olderThanDays"]),
        (&true.into(), &"weekly".into(), &45.into())
    );
    assert!(shown["nextRun"].is_string(), "{shown}");
    assert_eq!(stage.json("martin", &["purge", "schedule"]).remove(0), shown);
    let wrong = stage.output("martin", &["purge", "schedule", "--older-than", "4000"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("3650"), "{wrong:?}");
}
