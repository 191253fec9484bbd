//! One message, three recipients: each has its own state, and the boxes hold what was sent, as another client sees them.

mod common;

use std::time::Duration;

use common::{LABO, LEROY, MARTIN, Stage, wait_for};
use serde_json::Value;

#[test]
fn each_recipient_has_its_own_fate() {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    let letter = stage.letter(
        "lettre.txt",
        "Cher confrère,\n\n.Une ligne qui commence par un point.\n",
    );
    for unknown in ["inconnu@alpha.mssante.test", "inconnu@beta.mssante.test"] {
        let sent = [
            "send",
            "--to",
            LEROY,
            "--to",
            LABO,
            "--to",
            unknown,
            "--subject",
            "À trois",
            "--text-file",
            &letter,
            "--json",
        ];
        let output = stage.output("martin", &sent);
        let text = String::from_utf8(output.stdout).unwrap();
        let entry: Value = serde_json::from_str(text.lines().last().unwrap_or_default())
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        let message_id = entry["messageId"].as_str().unwrap().to_owned();

        for address in [LEROY, LABO] {
            let mut mailbox = stage.operator.mailbox(address).unwrap();
            let criteria = format!("HEADER Message-ID {message_id}");
            let found = mailbox.wait_for("INBOX", &criteria, Duration::from_secs(180)).unwrap();
            assert_eq!(found.len(), 1, "{address} holds it once");
            let raw = String::from_utf8_lossy(&found[0].raw).into_owned();
            assert!(raw.contains("\r\n.Une ligne"), "the dot stands once: {raw}");
        }
        let fates = wait_for("the reports", Duration::from_secs(180), || {
            stage.run("martin", &["sync"]);
            let entries = stage.json("martin", &["outbox", "list"]);
            let entry = entries
                .into_iter()
                .find(|entry| entry["messageId"] == message_id.as_str())?;
            let fate = |address: &str| {
                let recipients = entry["recipients"].as_array().unwrap();
                let one = recipients
                    .iter()
                    .find(|one| one["party"]["address"] == address)
                    .unwrap();
                (
                    one["fate"].as_str().unwrap().to_owned(),
                    one["status"].as_str().unwrap_or_default().to_owned(),
                )
            };
            let all = [fate(LEROY), fate(LABO), fate(unknown)];
            all.iter()
                .all(|(fate, _)| fate != "accepted" && fate != "waiting")
                .then_some(all)
        });
        assert_eq!(fates[0].0, "delivered");
        assert_eq!(fates[1].0, "delivered");
        assert_eq!(fates[2].0, "refused");
        assert_eq!(fates[2].1, "5.1.1", "the unknown one, at once or by a report");
    }
    let refused = stage.run("martin", &["outbox", "show", "2"]);
    assert!(refused.contains("inconnu@beta.mssante.test"), "{refused}");
}
