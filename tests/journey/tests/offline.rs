//! The operator is away: whatever was received is read, searched, listed, answered; on its return the queued message leaves
//! once, and only once.

mod common;

use common::{LEROY, MARTIN, Stage};
use serde_json::Value;

#[test]
fn everything_works_without_the_operator_and_the_queued_message_leaves_once() {
    let stage = Stage::new(true);
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    let before = stage.json("martin", &["list", "--limit", "500"]);
    assert!(before.len() > 100, "the inbox holds the sample mail");

    stage.operator.pause().unwrap();
    let after = stage.json("martin", &["list", "--limit", "500"]);
    assert_eq!(ids(&before), ids(&after), "the same list without the operator");
    let read = after.iter().take(40).filter(|row| {
        let message = stage.json("martin", &["show", &row["id"].to_string()]);
        !message[0]["text"].as_str().unwrap_or_default().trim().is_empty()
            || message[0]["attachments"]
                .as_array()
                .is_some_and(|attachments| !attachments.is_empty())
    });
    assert!(read.count() >= 38, "bodies are here too");
    assert!(
        !stage.json("martin", &["search", "bilan"]).is_empty(),
        "search works too"
    );

    let letter = stage.letter("lettre.txt", "Écrite sans réseau.\n");
    let sent = [
        "send",
        "--to",
        LEROY,
        "--subject",
        "Sans réseau",
        "--text-file",
        &letter,
        "--no-wait",
    ];
    let queued = stage.json("martin", &sent);
    let message_id = queued[0]["messageId"].as_str().unwrap().to_owned();
    let waiting = stage.json("martin", &["outbox", "list"]);
    assert!(
        waiting
            .iter()
            .any(|entry| entry["messageId"] == message_id.as_str() && entry["state"] == "queued")
    );

    stage.operator.resume().unwrap();
    assert_eq!(
        stage.copies(LEROY, &message_id),
        0,
        "nothing left while the operator was away"
    );
    stage.run("martin", &["sync"]);
    stage.run("martin", &["sync"]);
    let mut leroy = stage.operator.mailbox(LEROY).unwrap();
    let criteria = format!("HEADER Message-ID {message_id}");
    leroy
        .wait_for("INBOX", &criteria, std::time::Duration::from_secs(180))
        .unwrap();
    stage.run("martin", &["sync"]);
    assert_eq!(stage.copies(LEROY, &message_id), 1, "it left once");
    let mut martin = stage.operator.mailbox(MARTIN).unwrap();
    assert_eq!(
        martin.search_message_id("Sent", &message_id).unwrap().len(),
        1,
        "and stands once among the sent items"
    );
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}
