//! `pli traces` on a real day: each filter, one message's life, exports, and their check on another machine.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::{LEROY, MARTIN, Stage, program, wait_for};
use pli_operator::boxes::DR_MARTIN;
use serde_json::Value;

/// Nobody has this address at the operator.
const NOBODY: &str = "dr.personne@alpha.mssante.test";
/// A word of the letter, which nothing of the journal may hold.
const SUBJECT: &str = "Scintigraphie-Molybdique";

/// A day: mail comes, one message is opened, one leaves, one is refused.
fn day() -> Stage {
    let stage = Stage::new(false);
    let raw = format!(
        "From: {LEROY}\r\nTo: {MARTIN}\r\nSubject: {SUBJECT}\r\nMessage-ID: <avis@alpha.mssante.test>\r\n\r\nBonjour.\r\n"
    );
    stage.operator.deliver(LEROY, MARTIN, raw.as_bytes()).unwrap();
    stage.add("martin", MARTIN);
    let first = wait_for("the letter", Duration::from_secs(180), || {
        stage.run("martin", &["sync"]);
        stage.json("martin", &["list", "--limit", "1"]).pop()
    });
    stage.run("martin", &["show", &first["id"].to_string()]);
    let letter = stage.letter("lettre.txt", "Le texte d'une lettre.\n");
    let send = |to: &str| {
        let sent = ["send", "--to", to, "--subject", SUBJECT, "--text-file", &letter];
        stage.output("martin", &sent)
    };
    assert!(send(LEROY).status.success());
    assert_eq!(send(NOBODY).status.code(), Some(1), "the operator refuses this one");
    stage
}

/// The traces that these options keep.
fn list(stage: &Stage, options: &[&str]) -> Vec<Value> {
    let mut all = vec!["traces", "list", "--limit", "1000"];
    all.extend(options);
    stage.json("martin", &all)
}

fn word<'a>(trace: &'a Value, name: &str) -> &'a str {
    trace[name].as_str().unwrap_or_default()
}

fn sequences(traces: &[Value]) -> Vec<i64> {
    traces.iter().map(|trace| trace["sequence"].as_i64().unwrap()).collect()
}

#[test]
fn each_filter_keeps_what_it_says_and_nothing_else() {
    let stage = day();
    // The commands below write no trace that these filters keep, but for their own openings of the journal.
    let all = list(&stage, &[]);
    assert!((10..1000).contains(&all.len()), "all of them are here: {}", all.len());
    assert!(!serde_json::to_string(&all).unwrap().contains(SUBJECT));
    let kept = |options: &[&str], keeps: &dyn Fn(&Value) -> bool| {
        let found = list(&stage, options);
        let expected: BTreeSet<i64> = sequences(&all.iter().filter(|t| keeps(t)).cloned().collect::<Vec<_>>())
            .into_iter()
            .collect();
        let found: BTreeSet<i64> = sequences(&found).into_iter().collect();
        assert!(!expected.is_empty(), "{options:?} has something to keep");
        assert_eq!(found, expected, "{options:?}");
    };
    kept(&["--action", "send"], &|trace| trace["action"] == "send");
    kept(&["--action", "read"], &|trace| trace["action"] == "read");
    kept(&["--failures"], &|trace| trace["failed"] == true);
    kept(&["--author", DR_MARTIN, "--action", "send"], &|trace| {
        trace["author"] == DR_MARTIN && trace["action"] == "send"
    });
    kept(&["--account", MARTIN, "--action", "login"], &|trace| {
        trace["bal"] == MARTIN && trace["action"] == "login"
    });
    kept(&["--correspondent", "DR.LEROY"], &|trace| {
        let recipients = trace["recipients"].as_array().unwrap();
        word(trace, "sender").contains("dr.leroy") || recipients.iter().any(|one| *one == LEROY)
    });
    let accepted = all
        .iter()
        .find(|trace| trace["action"] == "send" && trace["failed"] == false && trace["messageId"].is_string())
        .unwrap();
    let message = word(accepted, "messageId").to_owned();
    kept(&["--message", &message], &|trace| {
        trace["messageId"] == message.as_str()
    });
    assert!(list(&stage, &["--account", LEROY]).is_empty());

    // A moment cuts the day in two, and both halves are the whole.
    let cut = word(&all[all.len() / 2], "at").to_owned();
    let newest = word(&all[0], "at").to_owned();
    let before = list(&stage, &["--until", &cut]);
    let after = list(&stage, &["--since", &cut]);
    assert!(before.iter().all(|trace| word(trace, "at") < cut.as_str()));
    assert!(after.iter().all(|trace| word(trace, "at") >= cut.as_str()));
    let both: BTreeSet<i64> = sequences(&before).into_iter().chain(sequences(&after)).collect();
    assert!(sequences(&all).iter().all(|sequence| both.contains(sequence)));
    // A day is taken whole, at both ends; a new one may have begun meanwhile.
    let (first, last) = (&word(&all[all.len() - 1], "at")[..10], &newest[..10]);
    assert!(list(&stage, &["--since", first, "--until", last]).len() >= all.len());
    assert!(list(&stage, &["--since", "2100-01-01"]).is_empty());
    assert!(list(&stage, &["--until", "2000-01-01"]).is_empty());

    let told = list(&stage, &["--intentions", "--action", "send"]);
    let short = list(&stage, &["--action", "send"]);
    assert!(
        told.len() > short.len(),
        "what was about to be asked is there on demand"
    );
    assert!(
        told.iter()
            .any(|trace| trace["intended"] == true && trace["unanswered"] == false)
    );

    // Pages cover what they cover once, newest first.
    let page = |offset: &str| {
        let found = stage.json(
            "martin",
            &["traces", "list", "--action", "send", "--offset", offset, "--limit", "1"],
        );
        assert_eq!(found.len(), 1);
        sequences(&found)[0]
    };
    assert_eq!(sequences(&short)[..2], [page("0"), page("1")]);
}

#[test]
fn a_trace_and_a_message_s_life_are_told_in_french_and_misuse_names_the_codes() {
    let stage = day();
    let sent = list(&stage, &["--action", "send", "--correspondent", LEROY]);
    let sequence = sent[0]["sequence"].to_string();
    let shown = stage.run("martin", &["traces", "show", &sequence]);
    for part in [
        "Envoi",
        "Auteur : ",
        DR_MARTIN,
        LEROY,
        "Message-ID : ",
        "Empreinte : ",
        "Horloge : ",
        "Serveur : ",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains(SUBJECT), "{shown}");
    let one = stage.json("martin", &["traces", "show", &sequence]);
    assert_eq!((one.len(), &one[0]["sequence"]), (1, &sent[0]["sequence"]));

    let life = stage.json("martin", &["traces", "life", &sequence]);
    let mut ordered = sequences(&life);
    ordered.sort_unstable();
    assert_eq!(sequences(&life), ordered, "oldest first");
    assert!(
        life.iter()
            .all(|trace| trace["messageId"] == sent[0]["messageId"] || trace["internalId"] == sent[0]["internalId"])
    );
    let actions: BTreeSet<&str> = life.iter().map(|trace| word(trace, "action")).collect();
    assert!(
        actions.contains("send") && actions.len() >= 2,
        "sent, and its copy filed: {actions:?}"
    );

    let output = stage.output("martin", &["traces", "show", "999999"]);
    assert_eq!(output.status.code(), Some(1));
    let cases: [(&[&str], &str); 6] = [
        (
            &["traces", "list", "--action", "bavarder"],
            "possibles : connect, disconnect, login",
        ),
        (&["traces", "list", "--since", "hier"], "« hier » n'est pas une valeur"),
        (
            &["traces", "list", "--author", "élise"],
            "« élise » n'est pas une valeur",
        ),
        (
            &["traces", "export", "--format", "doc", "--out", "x"],
            "possibles : csv, jsonl, pdf",
        ),
        (&["traces", "prune"], "Il manque : --before"),
        (&["traces", "verify", "--manifest", "x"], "Il manque"),
    ];
    for (arguments, expected) in cases {
        let output = stage.output("martin", arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

/// A machine that has nothing of this one but copies of files: no profile, no keyring, no operator.
struct Elsewhere(tempfile::TempDir);

impl Elsewhere {
    fn new(files: &[PathBuf]) -> Self {
        let elsewhere = Self(tempfile::tempdir().unwrap());
        for file in files {
            std::fs::copy(file, elsewhere.path(file)).unwrap();
        }
        elsewhere
    }

    fn path(&self, file: &Path) -> PathBuf {
        self.0.path().join(file.file_name().unwrap())
    }

    fn verify(&self, arguments: &[&str]) -> Output {
        let home = self.0.path().join("home");
        let output = Command::new(program("pli"))
            .args(["traces", "verify"])
            .args(arguments)
            .env_clear()
            .env("HOME", &home)
            .env("PLI_HOME", home.join("pli"))
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nulle/part")
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(!home.exists(), "nothing was made");
        output
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

#[test]
fn an_export_is_verified_on_another_machine_and_any_tampering_is_told() {
    let stage = day();
    let settings = stage.json("martin", &["traces", "settings"]);
    let fingerprint = word(&settings[0], "fingerprint").to_owned();
    for (format, changed) in [("csv", "modifié"), ("jsonl", "modifié"), ("pdf", "modifié")] {
        let file = stage.path(&format!("journal.{format}"));
        let out = file.to_str().unwrap().to_owned();
        let exported = stage.json("martin", &["traces", "export", "--format", format, "--out", &out]);
        let count = exported[0]["count"].as_u64().unwrap();
        assert!(count > 10, "{exported:?}");
        assert_eq!(word(&exported[0], "fingerprint"), fingerprint);
        let manifest = stage.path(word(&exported[0], "manifest"));
        let octets = std::fs::read(&file).unwrap();
        let holds = |needle: &str| octets.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!holds(SUBJECT), "{format}");
        let again = stage.output("martin", &["traces", "export", "--format", format, "--out", &out]);
        assert_eq!(again.status.code(), Some(1), "what is there is not replaced");
        assert!(said(&again).contains("existe déjà"), "{}", said(&again));
        assert_eq!(std::fs::read(&file).unwrap(), octets);

        let elsewhere = Elsewhere::new(&[file.clone(), manifest.clone()]);
        let here = elsewhere.path(&file);
        let name = here.to_str().unwrap();
        let output = elsewhere.verify(&[name]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("Export intact") && said(&output).contains(&fingerprint));
        let output = elsewhere.verify(&[name, "--fingerprint", &fingerprint, "--json"]);
        let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&checked["sound"], &checked["vouched"]),
            (&true.into(), &true.into()),
            "{checked}"
        );
        assert_eq!(checked["count"].as_u64(), Some(count));
        assert_eq!(word(&checked, "byId"), DR_MARTIN, "{checked}");
        if format == "jsonl" {
            assert_eq!(
                checked["depth"], "chain",
                "every trace's hash, and its place: {checked}"
            );
        }

        let wrong = "0000 1111 2222 3333 4444 5555 6666 7777";
        let output = elsewhere.verify(&[name, "--fingerprint", wrong]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("par une autre clé que celle que vous attendez"),
            "{}",
            said(&output)
        );

        let mut tampered = octets.clone();
        let middle = tampered.len() / 2;
        tampered[middle] ^= 1;
        std::fs::write(&here, &tampered).unwrap();
        let output = elsewhere.verify(&[name]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(
            said(&output).contains("PAS intact") && said(&output).contains(changed),
            "{}",
            said(&output)
        );
        std::fs::write(&here, &octets[..octets.len() - 20]).unwrap();
        assert!(said(&elsewhere.verify(&[name])).contains("sa fin manque"));
        std::fs::write(&here, &octets).unwrap();

        // A manifest that was changed, then one that is not there.
        let beside = elsewhere.path(&manifest);
        let text = std::fs::read_to_string(&beside).unwrap();
        let forged = text.replacen(DR_MARTIN, "899700000999", 1);
        assert_ne!(text, forged);
        std::fs::write(&beside, forged).unwrap();
        let output = elsewhere.verify(&[name]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("n'est pas signé par la clé qu'il nomme"),
            "{}",
            said(&output)
        );
        let apart = elsewhere.0.path().join("apart.json");
        std::fs::write(&apart, text).unwrap();
        std::fs::remove_file(&beside).unwrap();
        let output = elsewhere.verify(&[name, "--json"]);
        assert_eq!(output.status.code(), Some(1));
        let failure: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(failure["code"], "notAnExport");
        let output = elsewhere.verify(&[name, "--manifest", apart.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
    }
    let exports = list(&stage, &["--action", "journal_export"]);
    assert_eq!(exports.len(), 3, "each export is itself a trace: {exports:?}");
}

#[test]
fn an_export_keeps_to_its_filter() {
    let stage = day();
    let file = stage.path("envois.jsonl");
    let out = file.to_str().unwrap().to_owned();
    let options = ["--action", "send", "--correspondent", "leroy"];
    let expected = sequences(&list(&stage, &options));
    let mut export = vec!["traces", "export", "--format", "jsonl", "--out", &out];
    export.extend(options);
    stage.run("martin", &export);
    let text = std::fs::read_to_string(&file).unwrap();
    let mut found: Vec<i64> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["sequence"]
                .as_i64()
                .unwrap()
        })
        .collect();
    found.reverse();
    assert_eq!(found, expected, "oldest first in the file");
    let checked = stage.json("martin", &["traces", "verify", &out]);
    assert_eq!(
        (&checked[0]["sound"], &checked[0]["depth"]),
        (&true.into(), &"records".into())
    );
    assert_eq!(checked[0]["everything"], false);
}
