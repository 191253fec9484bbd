//! A backup of one BAL, brought into a profile that has another: both are whole, and neither is taken for the other
//! (EX_SSI_5110).

mod common;

use std::process::Output;

use common::sent::seed;
use common::{MARTIN, Stage};
use pli_operator::Seed;
use serde_json::Value;

const CABINET: &str = "cabinet@alpha.mssante.test";
/// The folder that somebody chose for what is sent: no server says so, and no name tells it.
const LEFT: &str = "Courrier parti";

fn letter(name: &str, to: &str) -> Vec<u8> {
    format!(
        "From: labo@beta.mssante.test\r\nTo: {to}\r\nSubject: {name}\r\nMessage-ID: <{name}@beta.mssante.test>\r\n\r\nLe texte de {name}.\r\n"
    )
    .into_bytes()
}

/// The subjects of a BAL, newest first.
fn subjects(stage: &Stage, who: &str, address: &str) -> Vec<String> {
    let rows = stage.json(who, &["list", "--account", address, "--limit", "500"]);
    rows.iter()
        .map(|row| row["subject"].as_str().unwrap().to_owned())
        .collect()
}

fn code(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let failure: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    failure["code"].as_str().unwrap().to_owned()
}

#[test]
fn one_bal_comes_back_beside_another_and_its_choices_with_it() {
    let stage = Stage::new(false);
    let secret = stage.path("secret");
    std::fs::write(&secret, "quatre mots sans aucun rapport").unwrap();
    let secret = secret.to_str().unwrap();
    let mut cabinet = stage.operator.mailbox(CABINET).unwrap();
    for name in ["bilan", "radio", "avis"] {
        cabinet.append("INBOX", &[], &letter(name, CABINET)).unwrap();
    }
    cabinet.create(LEFT).unwrap();
    let parted = Seed {
        folder: LEFT.to_owned(),
        ..seed("partie", 60, &["\\Seen"])
    };
    stage.operator.seed(CABINET, &[parted]).unwrap();
    let mut own = stage.operator.mailbox(MARTIN).unwrap();
    own.append("INBOX", &["\\Seen"], &letter("personnel", MARTIN)).unwrap();
    for who in ["martin", "other"] {
        stage.add(who, MARTIN);
        if who == "martin" {
            stage.run(who, &["account", "add", CABINET, "--kind", "cab"]);
        }
        stage.run(who, &["sync"]);
    }
    stage.run("martin", &["purge", "folder", LEFT, "--account", CABINET]);
    let read = stage.json("martin", &["list", "--account", CABINET]).remove(0);
    stage.run("martin", &["show", &read["id"].to_string()]);
    let before = subjects(&stage, "martin", CABINET);
    assert_eq!(before.len(), 3);

    let file = stage.path("cabinet.plisauvegarde");
    let file = file.to_str().unwrap();
    let create = [
        "backup",
        "create",
        file,
        "--account",
        CABINET,
        "--passphrase-file",
        secret,
    ];
    let made = stage.json("martin", &create).remove(0);
    assert_eq!((&made["messages"], &made["traces"]), (&4.into(), &0.into()), "{made}");
    let check = ["backup", "check", file, "--passphrase-file", secret];
    let checked = stage.json("nobody", &check).remove(0);
    assert_eq!(
        (&checked["whole"], &checked["bals"]),
        (&false.into(), &serde_json::json!([CABINET])),
        "{checked}"
    );

    // Where it is already: refused, and nothing changes.
    let restore = ["backup", "restore", file, "--passphrase-file", secret, "--json"];
    assert_eq!(code(&stage.output("martin", &restore)), "backupNotEmpty");
    assert_eq!(subjects(&stage, "martin", CABINET), before);

    let personal = subjects(&stage, "other", MARTIN);
    stage.run("other", &restore);
    assert_eq!(subjects(&stage, "other", CABINET), before);
    assert_eq!(
        subjects(&stage, "other", MARTIN),
        personal,
        "the other BAL is as it was"
    );
    let here = stage.json("other", &["search", "radio"]);
    assert_eq!(here.len(), 1, "what is searched was made anew: {here:?}");
    // The folder that was chosen is still that one, though every number is another.
    let dry = ["purge", "sent", "--dry-run", "--account", CABINET];
    let plan = stage.json("other", &dry).remove(0);
    assert!(plan["obstacle"].is_null(), "{plan}");
    assert_eq!(
        (&plan["folderName"], &plan["count"]),
        (&LEFT.into(), &1.into()),
        "{plan}"
    );

    // It goes on as any BAL.
    cabinet.append("INBOX", &[], &letter("suite", CABINET)).unwrap();
    stage.run("other", &["sync"]);
    assert_eq!(subjects(&stage, "other", CABINET).len(), 4);
    assert_eq!(subjects(&stage, "other", MARTIN), personal);
    let verified = stage.json("other", &["traces", "verify"]).remove(0);
    assert_eq!(verified["sound"], true, "{verified}");
    assert_eq!(
        verified["restorations"],
        serde_json::json!([]),
        "the journal is this profile's own"
    );

    // A BAL that is removed leaves nothing that would keep it from coming back.
    stage.run("other", &["account", "remove", CABINET]);
    assert!(stage.json("other", &["search", "radio"]).is_empty());
    stage.run("other", &restore);
    assert_eq!(subjects(&stage, "other", CABINET), before);
}
