//! What was set to be done by itself: `pli sync` does it when it is due, and what was missed once (EX_GBP_3050, EX_SSI_5110).

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::away::away;
use common::sent::{seed, sent, there};
use common::{MARTIN, Stage};
use serde_json::Value;

const PURGE: &str = "account/1/purge_schedule";
const BACKUP: &str = "backup/schedule";
const SECRET: &str = "quatre mots sans aucun rapport";

/// What `pli sync` tells beside its answer, one object a line.
fn beside(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    told(output)
}

fn told(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn sync(stage: &Stage) -> Output {
    stage.output("martin", &["sync", "--json"])
}

#[test]
fn a_purge_that_was_missed_is_done_once_and_the_first_waits_for_the_person() {
    let stage = Stage::new(false);
    sent(&stage, 6, 2, 1);
    let set = [
        "purge",
        "schedule",
        "--enabled",
        "oui",
        "--every",
        "day",
        "--older-than",
        "30",
    ];
    stage.run("martin", &set);
    assert!(beside(&sync(&stage)).is_empty(), "not on the same day");

    // A week of it was missed: one plan, which is shown first, and asked about once.
    away(&stage, "martin", PURGE, 8);
    let waits = beside(&sync(&stage));
    assert_eq!(waits.len(), 1, "{waits:?}");
    let plan = &waits[0];
    assert_eq!(
        (&plan["state"], &plan["scheduled"], &plan["count"]),
        (&"planned".into(), &true.into(), &6.into()),
        "{plan}"
    );
    assert_eq!(there(&stage).len(), 9, "nothing is gone yet");
    assert!(beside(&sync(&stage)).is_empty(), "it is asked once");
    let shown = stage.json("martin", &["purge", "schedule"]).remove(0);
    assert_eq!(shown["waits"], plan["id"], "{shown}");
    let done = stage
        .json("martin", &["purge", "resume", &plan["id"].to_string()])
        .remove(0);
    assert_eq!((&done["state"], &done["done"]), (&"done".into(), &6.into()), "{done}");

    // From then on it runs by itself.
    let more: Vec<_> = (0..5).map(|n| seed(&format!("more-{n}"), 40, &["\\Seen"])).collect();
    stage.operator.seed(MARTIN, &more).unwrap();
    away(&stage, "martin", PURGE, 8);
    let ran = beside(&sync(&stage));
    assert_eq!(ran.len(), 1, "{ran:?}");
    assert_eq!(
        (&ran[0]["state"], &ran[0]["done"]),
        (&"done".into(), &5.into()),
        "{ran:?}"
    );
    let left: BTreeSet<String> = there(&stage);
    let expected = ["kept-0", "new-0", "new-1"].map(str::to_owned);
    assert_eq!(left, BTreeSet::from(expected), "exactly what is old and not flagged");
    assert!(
        beside(&sync(&stage)).is_empty(),
        "done once, however long it was missed"
    );
    let purges = stage.json("martin", &["purge", "list"]);
    let by_itself = purges.iter().filter(|purge| purge["count"].as_u64() > Some(0));
    assert_eq!(by_itself.count(), 2, "{purges:?}");
    stage.run("martin", &["traces", "verify"]);
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn a_backup_is_made_when_it_is_due_and_the_last_good_one_stays() {
    let stage = Stage::new(true);
    let secret = stage.path("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let secret = secret.to_str().unwrap();
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    let folder = stage.path("sauvegardes");
    let name = folder.to_str().unwrap().to_owned();
    let set = |more: &[&str]| {
        let mut words = vec!["backup", "schedule", "--json"];
        words.extend(more);
        stage.output("martin", &words)
    };
    let wanted = [
        "--enabled",
        "oui",
        "--every",
        "day",
        "--keep",
        "1",
        "--folder",
        &name,
        "--passphrase-file",
        secret,
    ];
    assert_eq!(set(&wanted).status.code(), Some(1), "the folder is not there");
    std::fs::create_dir(&folder).unwrap();
    let shown: Value = serde_json::from_slice(&set(&wanted).stdout).unwrap();
    assert_eq!(
        (
            &shown["enabled"],
            &shown["every"],
            &shown["keep"],
            &shown["hasPassphrase"]
        ),
        (&true.into(), &"daily".into(), &1.into(), &true.into()),
        "{shown}"
    );
    assert!(files(&folder).is_empty(), "the next verb that works makes it");

    let made = beside(&sync(&stage));
    let first = files(&folder);
    assert_eq!(first.len(), 1, "{made:?}");
    let file = first.first().unwrap();
    assert_eq!(made[0]["file"], file.file_name().unwrap().to_str().unwrap(), "{made:?}");
    assert!(beside(&sync(&stage)).is_empty(), "one a day");
    assert_eq!(files(&folder), first);
    stage.run(
        "nobody",
        &["backup", "check", file.to_str().unwrap(), "--passphrase-file", secret],
    );

    // Three days were missed: one more, and the oldest beyond the one to keep goes.
    away(&stage, "martin", BACKUP, 3);
    assert_eq!(beside(&sync(&stage)).len(), 1);
    let second = files(&folder);
    assert!(second.len() == 1 && second != first, "{second:?}");

    // One that cannot be made is said, and the mail was synced all the same.
    let elsewhere = stage.path("ailleurs");
    std::fs::rename(&folder, &elsewhere).unwrap();
    away(&stage, "martin", BACKUP, 3);
    let failed = sync(&stage);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert_eq!(told(&failed).len(), 1, "{failed:?}");
    let shown: Value = serde_json::from_slice(&set(&[]).stdout).unwrap();
    assert!(shown["trouble"].is_object() && shown["last"].is_string(), "{shown}");
    let last = files(&elsewhere).pop_first().unwrap();

    // The last good one is a whole profile.
    let restore = ["backup", "restore", last.to_str().unwrap(), "--passphrase-file", secret];
    stage.run("other", &restore);
    let subjects = |who: &str| {
        let rows = stage.json(who, &["list", "--limit", "500"]);
        rows.iter().map(|row| row["subject"].to_string()).collect::<Vec<_>>()
    };
    assert!(subjects("martin").len() > 3);
    assert_eq!(subjects("other"), subjects("martin"));
    let shown = stage.json("other", &["backup", "schedule"]).remove(0);
    assert_eq!(
        (&shown["enabled"], &shown["hasPassphrase"]),
        (&false.into(), &false.into()),
        "a backup holds nobody's schedule: {shown}"
    );
}
