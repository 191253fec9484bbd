//! `pli purge`: the plan of `--dry-run` is what then happens; killed and gone on with, exactly the plan is gone (EX_GBP_3050).

mod common;

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::sent::{SENT, seed, sent, there};
use common::{MARTIN, Stage, wait_for};
use serde_json::Value;

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
            .stdout(Stdio::null())
            .stderr(Stdio::null())
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
fn ctrl_c_stops_a_purge_in_order_and_it_goes_on_later() {
    let count = |report: &Value, field: &str| report[field].as_u64().unwrap();
    // A Ctrl+C that comes when all is gone already stops nothing: a larger purge is stopped then.
    let mut tries = 0;
    let (stage, size, before, id, output) = loop {
        let size = 3_000 << tries;
        let stage = Stage::new(false);
        sent(&stage, size, 10, 3);
        let before = there(&stage);
        let plan = stage.json("martin", &["purge", "sent", "--dry-run"]).remove(0);
        assert_eq!(plan["count"], size, "{plan}");
        let id = plan["id"].to_string();
        let mut child = stage
            .pli("martin", &["purge", "resume", &id, "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
        wait_for("the first deletion", Duration::from_secs(180), || {
            (mailbox.count(SENT).unwrap() < before.len()).then_some(())
        });
        let in_time = child.try_wait().unwrap().is_none();
        if in_time {
            let told = std::process::Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status()
                .unwrap();
            assert!(told.success());
        }
        let output = child.wait_with_output().unwrap();
        if output.status.code() != Some(0) {
            break (stage, size, before, id, output);
        }
        tries += 1;
        assert!(tries < 3, "no Ctrl+C came in time");
    };
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["state"], "stopped", "{report}");
    assert!(count(&report, "done") > 0 && count(&report, "left") > 0, "{report}");
    // What the report says is what happened, and nothing is left half-way: no mark of ours stands there.
    let meanwhile = there(&stage);
    let gone: BTreeSet<String> = before.difference(&meanwhile).cloned().collect();
    assert_eq!(gone.len() as u64, count(&report, "done"), "{report}");
    assert!(gone.iter().all(|name| name.starts_with("old-")));
    let flags = mailbox.flags(SENT).unwrap();
    let marked = flags
        .iter()
        .filter(|(_, flags)| flags.iter().any(|flag| flag == "\\Deleted"));
    assert_eq!(marked.count(), 0);

    let ended = stage.json("martin", &["purge", "resume", &id]).remove(0);
    assert_eq!((&ended["state"], count(&ended, "left")), (&"done".into(), 0), "{ended}");
    assert_eq!(
        (count(&ended, "done") + count(&ended, "alreadyGone")) as usize,
        size,
        "{ended}"
    );
    let after = there(&stage);
    let gone = before.difference(&after).count();
    assert_eq!(gone, size, "exactly the plan is gone");
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
