//! `pli account life`, `keep`, `retention`, `set`: what is known of a box's life (EX_GBM_6021), and what stays here.

mod common;

use std::time::Duration;

use common::{MARTIN, Stage, wait_for};
use serde_json::Value;

#[test]
fn what_is_kept_here_outlives_what_the_server_deletes() {
    let stage = Stage::new(false);
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    for name in ["garder", "laisser"] {
        let raw = format!(
            "From: labo@beta.mssante.test\r\nTo: {MARTIN}\r\nSubject: {name}\r\nMessage-ID: <{name}@b.test>\r\n\r\nLe texte.\r\n"
        );
        mailbox.append("INBOX", &["\\Seen"], raw.as_bytes()).unwrap();
    }
    stage.add("martin", MARTIN);
    let never = stage.json("martin", &["account", "life", MARTIN]).remove(0);
    assert!(never["openedAt"].is_null(), "{never}");
    stage.run("martin", &["sync"]);
    let life = stage.json("martin", &["account", "life"]).remove(0);
    assert_eq!(
        (&life["address"], &life["daysWithout"]),
        (&MARTIN.into(), &0.into()),
        "{life}"
    );
    let removal = life["operator"]["removal"].as_array().unwrap();
    assert!(!removal.is_empty(), "whom to write to is always said: {life}");

    let rows = stage.json("martin", &["search", "garder"]);
    let id = rows[0]["id"].to_string();
    let kept = stage.json("martin", &["account", "keep", MARTIN, &id]).remove(0);
    assert_eq!((&kept["kept"], &kept["toCome"]), (&1.into(), &0.into()), "{kept}");
    for uid in mailbox.search("INBOX", "ALL").unwrap() {
        mailbox.delete("INBOX", uid).unwrap();
    }
    wait_for("the deletion", Duration::from_secs(180), || {
        stage.run("martin", &["sync"]);
        stage.json("martin", &["search", "laisser"]).is_empty().then_some(())
    });
    let found = stage.json("martin", &["search", "garder"]);
    assert_eq!(found.len(), 1, "{found:?}");
    let shown = stage.run("martin", &["show", &found[0]["id"].to_string()]);
    assert!(shown.contains("Le texte."), "{shown}");
    let life = stage.json("martin", &["account", "life"]).remove(0);
    assert_eq!(
        (&life["keptLocally"], &life["onlyHere"]),
        (&1.into(), &1.into()),
        "{life}"
    );
}

#[test]
fn how_long_bodies_stay_and_how_a_box_looks_are_set() {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    let life = stage
        .json("martin", &["account", "retention", MARTIN, "--months", "6"])
        .remove(0);
    assert_eq!(life["retention"]["offlineMonths"], 6, "{life}");
    let wrong = stage.output("martin", &["account", "retention", MARTIN, "--months", "500"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("240"), "{wrong:?}");
    let always = stage
        .json("martin", &["account", "retention", MARTIN, "--always"])
        .remove(0);
    assert_eq!(always["retention"]["offlineMonths"], Value::Null);

    let set = ["account", "set", MARTIN, "--name", "Cabinet du port", "--color", "plum"];
    let account = stage.json("martin", &set).remove(0);
    assert_eq!(
        (&account["name"], &account["color"]),
        (&"Cabinet du port".into(), &"plum".into())
    );
    stage.run("martin", &["account", "set", MARTIN, "--color", "teal"]);
    let account = stage.json("martin", &["account", "list"]).remove(0);
    assert_eq!(
        (&account["name"], &account["color"]),
        (&"Cabinet du port".into(), &"teal".into())
    );
}
