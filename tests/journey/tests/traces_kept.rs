//! How long traces are kept: by the person, by the organisation, and what destroys them. While locked, nothing is told; when
//! the journal cannot be written, nothing happens.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{LEROY, MARTIN, Stage};
use serde_json::Value;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// The code with which `pli` fails.
fn code(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    let text = String::from_utf8_lossy(&output.stderr);
    let failure: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap();
    failure["code"].as_str().unwrap().to_owned()
}

/// A practitioner who has synced once.
fn synced() -> Stage {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    stage
}

/// Now, as `date` says it.
fn now() -> String {
    let output = Command::new("date")
        .args(["-u", "+%Y-%m-%dT%H:%M:%S.%NZ"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// `pli` under the settings of an organisation.
fn under(stage: &Stage, policy: &Path, arguments: &[&str]) -> Output {
    stage
        .pli("martin", arguments)
        .env("PLI_POLICY", policy)
        .output()
        .unwrap()
}

#[test]
fn traces_are_destroyed_only_when_confirmed_and_the_rest_verifies() {
    let stage = synced();
    let before = now();
    let future = stage.output(
        "martin",
        &["traces", "prune", "--before", "2100-01-01", "--yes", "--json"],
    );
    assert_eq!(code(&future), "outOfRange");

    let dry = ["traces", "prune", "--before", &before, "--dry-run", "--json"];
    let plan: Value = serde_json::from_str(&stage.run("martin", &dry)).unwrap();
    let doomed = plan["count"].as_u64().unwrap();
    assert!(doomed > 5, "{plan}");
    let unasked = stage.output("martin", &["traces", "prune", "--before", &before]);
    assert_eq!(unasked.status.code(), Some(2), "{}", said(&unasked));
    assert!(said(&unasked).contains("--yes") && said(&unasked).contains("Rien n'a été détruit"));
    assert!(
        said(&unasked).contains(&format!("À détruire : {doomed} traces")),
        "{}",
        said(&unasked)
    );
    let logins = stage.json("martin", &["traces", "list", "--action", "login"]);
    assert!(!logins.is_empty(), "nothing was destroyed so far");

    let pruned = stage.json("martin", &["traces", "prune", "--before", &before, "--yes"]);
    assert_eq!(pruned[0]["count"].as_u64(), Some(doomed));
    assert!(
        stage
            .json("martin", &["traces", "list", "--action", "login"])
            .is_empty()
    );
    let record = stage.json("martin", &["traces", "list", "--action", "journal_prune"]);
    assert!(
        !record.is_empty() && record.iter().all(|trace| trace["failed"] == false),
        "{record:?}"
    );
    let told = stage.run("martin", &["traces", "verify"]);
    assert!(told.contains("Journal intact"), "{told}");
    assert!(
        told.contains(&format!("détruites : {doomed} traces, jusqu'à la trace ")),
        "{told}"
    );
    // The journal goes on.
    stage.run("martin", &["sync"]);
    assert!(
        !stage
            .json("martin", &["traces", "list", "--action", "login"])
            .is_empty()
    );
    stage.run("martin", &["traces", "verify"]);

    let nothing = stage.run("martin", &["traces", "prune", "--before", "2020-01-01", "--yes"]);
    assert!(nothing.contains("rien n'est à détruire"), "{nothing}");
}

#[test]
fn what_becomes_anonymous_speaks_of_nobody_and_still_verifies() {
    let stage = synced();
    let before = now();
    let prune = ["traces", "prune", "--before", &before, "--anonymise", "--yes"];
    assert!(stage.json("martin", &prune)[0]["count"].as_u64().unwrap() > 5);
    assert!(
        stage
            .json("martin", &["traces", "list", "--account", MARTIN])
            .is_empty()
    );
    let found = stage.json("martin", &["traces", "verify"]);
    assert_eq!(found[0]["sound"], true, "{found:?}");
}

#[test]
fn the_person_chooses_within_bounds_and_the_organisation_s_word_stands() {
    let stage = Stage::new(false);
    let settings = stage.json("martin", &["traces", "settings"]);
    assert_eq!(
        (&settings[0]["months"], &settings[0]["technicalMonths"]),
        (&6.into(), &6.into())
    );
    let set = ["traces", "settings", "--months", "24", "--at-end", "anonymise"];
    let settings = stage.json("martin", &set);
    assert_eq!(
        (&settings[0]["months"], &settings[0]["atEnd"]),
        (&24.into(), &"anonymise".into())
    );
    assert_eq!(
        stage.json("martin", &["traces", "settings"])[0]["months"],
        24,
        "and kept"
    );
    for option in [["--months", "0"], ["--months", "241"], ["--technical-months", "5"]] {
        let set = ["traces", "settings", option[0], option[1], "--json"];
        assert_eq!(code(&stage.output("martin", &set)), "outOfRange", "{option:?}");
    }
    let changes = stage.json("martin", &["traces", "list", "--action", "settings"]);
    assert!(!changes.is_empty(), "a change is itself a trace");

    let policy = stage.path("policy.toml");
    std::fs::write(&policy, "[traces]\nmonths = 12\ntechnical_months = 12\n").unwrap();
    let shown = under(&stage, &policy, &["traces", "settings"]);
    let text = said(&shown);
    assert!(shown.status.success(), "{text}");
    assert!(
        text.contains("Traces : gardées 12 mois (fixé par votre organisation)"),
        "{text}"
    );
    assert!(
        text.contains("Journal technique : gardé 12 mois (fixé par votre organisation)"),
        "{text}"
    );
    assert!(
        text.contains("À leur terme : remplacées par des comptes anonymes, puis détruites\n"),
        "{text}"
    );
    let refused = under(&stage, &policy, &["traces", "settings", "--months", "6", "--json"]);
    assert_eq!(code(&refused), "fixedByPolicy");
    let refused = under(
        &stage,
        &policy,
        &["traces", "prune", "--before", &now(), "--yes", "--json"],
    );
    assert_eq!(
        code(&refused),
        "fixedByPolicy",
        "younger than the organisation keeps them"
    );
    let free = under(
        &stage,
        &policy,
        &["traces", "settings", "--at-end", "destroy", "--json"],
    );
    assert!(free.status.success(), "{}", said(&free));
    assert_eq!(
        stage.json("martin", &["traces", "settings"])[0]["months"],
        24,
        "without it, the person's own"
    );
}

#[test]
fn a_locked_profile_tells_nothing_of_its_journal() {
    let stage = synced();
    let file = stage.path("journal.csv");
    let out = file.to_str().unwrap().to_owned();
    stage.run("martin", &["traces", "export", "--format", "csv", "--out", &out]);
    stage.run("martin", &["lock"]);
    let elsewhere = stage.path("autre.csv").to_str().unwrap().to_owned();
    let verbs: [&[&str]; 7] = [
        &["traces", "list"],
        &["traces", "show", "1"],
        &["traces", "life", "1"],
        &["traces", "verify"],
        &["traces", "export", "--format", "csv", "--out", &elsewhere],
        &["traces", "prune", "--before", "2026-01-01", "--yes"],
        &["traces", "settings"],
    ];
    for verb in verbs {
        let mut all = verb.to_vec();
        all.push("--json");
        let output = stage.output("martin", &all);
        assert_eq!(code(&output), "locked", "{verb:?}");
        assert!(output.stdout.is_empty(), "{verb:?}");
    }
    assert!(!Path::new(&elsewhere).exists());
    // What was exported before is checked all the same: it needs nothing of the profile.
    stage.run("martin", &["traces", "verify", &out]);

    // What opened it again is in the journal.
    stage.run("martin", &["unlock"]);
    let unlocked = stage.json("martin", &["traces", "list", "--action", "unlock"]);
    assert!(!unlocked.is_empty() && unlocked[0]["failed"] == false, "{unlocked:?}");
}

/// A folder that cannot be written, whoever one is, as long as this lives.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn new(folder: PathBuf) -> Self {
        let mount = |arguments: &[&str]| {
            let status = Command::new("mount").args(arguments).arg(&folder).status().unwrap();
            assert!(status.success(), "mount {arguments:?}");
        };
        mount(&["--bind", folder.to_str().unwrap()]);
        mount(&["-o", "remount,ro,bind"]);
        Self(folder)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn nothing_happens_when_the_journal_cannot_be_written_and_it_is_said() {
    let stage = synced();
    let letter = stage.letter("lettre.txt", "Rien ne doit partir.\n");
    let before = servers_heard(&stage);
    {
        let _closed = ReadOnly::new(stage.home("martin").join("journal"));
        let send = ["send", "--to", LEROY, "--subject", "Muet", "--text-file", &letter];
        for verb in [&["sync"][..], &send, &["traces", "settings", "--months", "12"]] {
            let output = stage.output("martin", verb);
            let text = said(&output);
            assert_eq!(output.status.code(), Some(1), "{verb:?}: {text}");
            assert!(
                text.contains("journal des traces") || text.contains("disque"),
                "{verb:?}: {text}"
            );
        }
        let mut heard = servers_heard(&stage);
        heard.retain(|line| !before.contains(line));
        assert!(heard.is_empty(), "a server heard something: {heard:#?}");
    }
    stage.run("martin", &["sync"]);
    let found = stage.json("martin", &["traces", "verify"]);
    assert_eq!(found[0]["sound"], true, "{found:?}");
    assert_eq!(
        stage.json("martin", &["traces", "settings"])[0]["months"],
        6,
        "nothing was changed"
    );
}

/// What the mail servers were asked for. Whoever waits for them to be up only tries their ports.
fn servers_heard(stage: &Stage) -> Vec<String> {
    let logs = stage.operator.logs();
    let lines = logs.iter().flat_map(|(_, text)| text.lines());
    let asks = ["Login: ", "auth failed", "client=", "imap(", "lmtp("];
    lines
        .filter(|line| asks.iter().any(|word| line.contains(word)))
        .filter(|line| !line.contains("Logged out") && !line.contains("Disconnected"))
        .map(str::to_owned)
        .collect()
}
