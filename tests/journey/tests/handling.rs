//! Two `pli` on one shared box: who takes charge is seen by the other, and two people at once both keep what they said.

mod common;

use std::time::Duration;

use common::{Stage, wait_for};
use pli_operator::boxes::{DR_LEROY, DR_MARTIN};
use serde_json::Value;

const CABINET: &str = "cabinet@alpha.mssante.test";
const PATIENCE: Duration = Duration::from_secs(60);

/// A person's own profile on the practice's box, up to date.
fn open(stage: &Stage, who: &str, id: &str) {
    stage.run(who, &["account", "add", CABINET, "--kind", "cab"]);
    stage.run(who, &["sync", "--ciba", "--id", id]);
}

fn letter(stage: &Stage, who: &str) -> String {
    let rows = stage.json(who, &["list"]);
    rows[0]["id"].to_string()
}

fn handling(stage: &Stage, who: &str, id: &str) -> Value {
    stage.json(who, &["handle", id]).remove(0)
}

#[test]
fn an_assignment_is_seen_by_the_other_and_a_conflict_keeps_both_facts() {
    let stage = Stage::new(false);
    let raw = format!(
        "From: labo@beta.mssante.test\r\nTo: {CABINET}\r\nSubject: Bilan\r\nMessage-ID: <bilan@b.test>\r\n\r\nBonjour.\r\n"
    );
    let mut mailbox = stage.operator.mailbox(CABINET).unwrap();
    mailbox.append("INBOX", &[], raw.as_bytes()).unwrap();
    open(&stage, "martin", DR_MARTIN);
    open(&stage, "leroy", DR_LEROY);
    let (hers, his) = (letter(&stage, "martin"), letter(&stage, "leroy"));
    assert_eq!(handling(&stage, "leroy", &his)["state"], "none");

    let take = ["handle", &hers, "--take", "--note", "à rappeler demain"];
    let taken = stage.json("martin", &take).remove(0);
    assert_eq!(
        (&taken["state"], &taken["carried"]),
        (&"taken".into(), &"server".into()),
        "{taken}"
    );
    let seen = wait_for("her word", PATIENCE, || {
        stage.run("leroy", &["sync"]);
        let seen = handling(&stage, "leroy", &his);
        (seen["by"]["name"].is_string() && seen["note"].is_string()).then_some(seen)
    });
    assert_eq!(
        (&seen["state"], &seen["note"]),
        (&"taken".into(), &"à rappeler demain".into()),
        "{seen}"
    );
    assert!(seen["by"]["name"].as_str().unwrap().contains("MARTIN"), "{seen}");
    let row = stage.json("leroy", &["list"]).remove(0);
    assert_eq!(
        (&row["handling"]["state"], &row["handling"]["note"]),
        (&"taken".into(), &true.into()),
        "{row}"
    );

    // He takes it too: nobody's word is lost, and both are told.
    stage.run("leroy", &["handle", &his, "--take"]);
    let both = wait_for("his word", PATIENCE, || {
        stage.run("martin", &["sync"]);
        let both = handling(&stage, "martin", &hers);
        (both["conflict"] == true).then_some(both)
    });
    let said: Vec<&str> = both["facts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|fact| fact["what"]["state"] == "taken")
        .filter_map(|fact| fact["by"]["name"].as_str())
        .collect();
    assert_eq!(said.len(), 2, "{both}");
    assert!(said.iter().any(|name| name.contains("LEROY")), "{said:?}");
    let text = stage.run("martin", &["handle", &hers]);
    assert!(text.contains("deux personnes"), "{text}");

    // The message itself is as it came, for whoever uses another program.
    let there = mailbox.messages("INBOX").unwrap();
    assert_eq!((there.len(), there[0].raw.as_slice()), (1, raw.as_bytes()));
}
