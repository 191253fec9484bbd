//! Two `pli` on one shared box: what one assigns to the other by name is in the other's list of what is to be dealt with,
//! and not in one's own.

mod common;

use std::time::Duration;

use common::{Stage, wait_for};
use pli_operator::boxes::{DR_LEROY, DR_MARTIN};
use serde_json::Value;

const CABINET: &str = "cabinet@alpha.mssante.test";
const PATIENCE: Duration = Duration::from_secs(60);

/// What is listed, by subject: they came within one second.
fn subjects(stage: &Stage, who: &str, arguments: &[&str]) -> Vec<String> {
    let rows = stage.json(who, arguments);
    let subject = |row: &Value| row["subject"].as_str().unwrap_or_default().to_owned();
    let mut subjects: Vec<String> = rows.iter().map(subject).collect();
    subjects.sort();
    subjects
}

#[test]
fn what_is_assigned_by_name_is_in_that_persons_list_until_it_is_done() {
    let stage = Stage::new(false);
    let mut mailbox = stage.operator.mailbox(CABINET).unwrap();
    for (number, subject) in ["Bilan", "Imagerie", "Ordonnance"].into_iter().enumerate() {
        let raw = format!(
            "From: labo@beta.mssante.test\r\nTo: {CABINET}\r\nSubject: {subject}\r\nMessage-ID: <{number}@b.test>\r\n\r\nBonjour.\r\n"
        );
        mailbox.append("INBOX", &[], raw.as_bytes()).unwrap();
    }
    for (who, id) in [("martin", DR_MARTIN), ("leroy", DR_LEROY)] {
        stage.run(who, &["account", "add", CABINET, "--kind", "cab"]);
        stage.run(who, &["sync", "--ciba", "--id", id]);
        assert!(subjects(&stage, who, &["list", "--to-do"]).is_empty());
        assert!(
            stage
                .run(who, &["list", "--to-do"])
                .contains("Rien à traiter pour vous.")
        );
    }
    let of = |who: &str, subject: &str| {
        let rows = stage.json(who, &["list"]);
        let row = rows.iter().find(|row| row["subject"] == subject).unwrap();
        row["id"].to_string()
    };
    // His name as his colleagues write it: what he is called by Pro Santé Connect, in another case and with a title.
    let taken = stage.json("leroy", &["handle", &of("leroy", "Ordonnance"), "--take"]);
    let name = taken[0]["by"]["name"].as_str().unwrap().to_owned();
    let typed = format!("docteur  {}", name.to_lowercase());
    let hers = of("martin", "Bilan");
    stage.run("martin", &["handle", &hers, "--todo", "--for", &typed]);
    stage.run("martin", &["handle", &of("martin", "Imagerie"), "--todo"]);

    wait_for("her word", PATIENCE, || {
        stage.run("leroy", &["sync"]);
        let his = subjects(&stage, "leroy", &["list", "--to-do"]);
        (his == ["Bilan", "Imagerie", "Ordonnance"]).then_some(())
    });
    wait_for("his word", PATIENCE, || {
        stage.run("martin", &["sync"]);
        let all = subjects(&stage, "martin", &["list", "--to-do", "all"]);
        (all == ["Bilan", "Imagerie", "Ordonnance"]).then_some(())
    });
    // Neither what he has taken nor what is for him is hers.
    assert_eq!(subjects(&stage, "martin", &["list", "--to-do"]), ["Imagerie"]);
    assert_eq!(
        subjects(&stage, "martin", &["list", "--to-do", "mine", "--account", CABINET]),
        ["Imagerie"]
    );
    let text = stage.run("leroy", &["list", "--todo"]);
    assert!(
        text.contains("à traiter par ") && text.contains(", pour docteur "),
        "{text}"
    );
    // A BAL says how many there are.
    let account = stage.json("martin", &["account", "list"]).remove(0);
    assert_eq!(
        account["toHandle"],
        serde_json::json!({ "open": 3, "mine": 1 }),
        "{account}"
    );

    stage.run("leroy", &["handle", &of("leroy", "Bilan"), "--done"]);
    assert_eq!(
        subjects(&stage, "leroy", &["list", "--to-do"]),
        ["Imagerie", "Ordonnance"]
    );
    wait_for("that it is done", PATIENCE, || {
        stage.run("martin", &["sync"]);
        let all = subjects(&stage, "martin", &["list", "--to-do", "all"]);
        (all == ["Imagerie", "Ordonnance"]).then_some(())
    });
    stage.run("martin", &["handle", &of("martin", "Imagerie"), "--done"]);
    assert!(subjects(&stage, "martin", &["list", "--to-do"]).is_empty());
}
