//! A backup restored on an empty profile: the same messages, flags and journal; one that is damaged changes nothing
//! (EX_SSI_5110).

mod common;

use std::path::Path;
use std::process::Output;

use common::{MARTIN, Stage};
use serde_json::Value;

const SECRET: &str = "quatre mots sans aucun rapport";

/// The messages with what a person did of them.
fn rows(stage: &Stage, who: &str) -> Vec<Value> {
    let mut rows = stage.json(who, &["list", "--limit", "500"]);
    for row in &mut rows {
        // A pending change or a number of this disk is no part of a message.
        let row = row.as_object_mut().unwrap();
        for own in ["id", "account", "folder"] {
            row.remove(own);
        }
    }
    rows
}

fn backup(stage: &Stage, who: &str, words: &[&str], secret: &Path) -> Output {
    let mut pli = stage.pli(who, words);
    pli.env("PLI_BACKUP_PASSPHRASE_FILE", secret);
    pli.output().unwrap()
}

fn code(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text
        .lines()
        .rfind(|line| line.starts_with('{'))
        .unwrap_or_else(|| panic!("{output:?}"));
    serde_json::from_str::<Value>(line).unwrap()["code"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_backup_is_the_same_profile_on_another_machine_and_a_damaged_one_changes_nothing() {
    let stage = Stage::new(true);
    let secret = stage.path("secret");
    std::fs::write(&secret, SECRET).unwrap();
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    let first = stage.json("martin", &["list", "--limit", "1"]).remove(0);
    stage.run("martin", &["show", &first["id"].to_string()]);
    let before = rows(&stage, "martin");
    assert!(before.len() > 3, "{}", before.len());

    let file = stage.path("martin.plisauvegarde");
    let name = file.to_str().unwrap();
    let made = backup(&stage, "martin", &["backup", "create", name, "--json"], &secret);
    assert!(made.status.success(), "{made:?}");
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert!(made["messages"].as_u64().unwrap() as usize >= before.len(), "{made}");
    assert!(made["traces"].as_u64().unwrap() > 0, "{made}");
    let twice = backup(&stage, "martin", &["backup", "create", name], &secret);
    assert_eq!(twice.status.code(), Some(1), "a file that is there is not written over");

    // Read where there is no profile at all.
    let checked = backup(&stage, "nobody", &["backup", "check", name], &secret);
    assert!(checked.status.success(), "{checked:?}");
    assert!(!stage.home("nobody").exists());

    // Wrong words, a cut, one bit: refused whole, and nothing appears.
    let wrong = stage.path("wrong");
    std::fs::write(&wrong, "d'autres mots que ceux-là").unwrap();
    let refused = backup(&stage, "other", &["backup", "restore", name, "--json"], &wrong);
    assert_eq!(
        (refused.status.code(), code(&refused).as_str()),
        (Some(1), "backupPassphrase")
    );
    let octets = std::fs::read(&file).unwrap();
    let damaged = stage.path("damaged.plisauvegarde");
    let damage = damaged.to_str().unwrap();
    for (what, bytes) in [
        ("cut", octets[..octets.len() / 2].to_vec()),
        ("changed", {
            let mut bytes = octets.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }),
    ] {
        std::fs::write(&damaged, bytes).unwrap();
        let refused = backup(&stage, "other", &["backup", "restore", damage, "--json"], &secret);
        assert_eq!(
            (refused.status.code(), code(&refused).as_str()),
            (Some(1), "backupDamaged"),
            "{what}"
        );
    }
    let letter = stage.letter("lettre.txt", "Ceci n'est pas une sauvegarde.\n");
    let refused = backup(&stage, "other", &["backup", "restore", &letter, "--json"], &secret);
    assert_eq!(code(&refused), "notABackup");

    // And into a profile where something is: nothing is mixed.
    let refused = backup(&stage, "martin", &["backup", "restore", name, "--json"], &secret);
    assert_eq!(code(&refused), "backupNotEmpty");

    let restored = backup(&stage, "other", &["backup", "restore", name, "--json"], &secret);
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(rows(&stage, "other"), before, "the same messages, with their flags");
    let verified = stage.json("other", &["traces", "verify"]).remove(0);
    assert_eq!(verified["sound"], true, "{verified}");
    // Where it comes from is part of what is verified.
    let own = stage.json("martin", &["traces", "verify"]).remove(0);
    assert_eq!(own["restorations"], serde_json::json!([]), "{own}");
    let [restored] = verified["restorations"].as_array().unwrap().as_slice() else {
        panic!("{verified}")
    };
    let key = |who: &str| stage.json(who, &["traces", "settings"]).remove(0)["fingerprint"].clone();
    assert_eq!(
        (&restored["from"], &restored["to"]),
        (&key("martin"), &key("other")),
        "{restored}"
    );
    assert_eq!(restored["last"], made["traces"], "{restored}");
    let trace = stage
        .json("other", &["traces", "show", &restored["trace"].to_string()])
        .remove(0);
    assert!(
        trace["request"].as_str().unwrap().starts_with("RESTORE WHOLE"),
        "{trace}"
    );
    let said = stage.run("other", &["traces", "verify"]);
    let line = said.lines().find(|line| line.starts_with("Restauré le")).unwrap();
    assert!(
        line.contains(key("martin").as_str().unwrap()) && line.contains("sauvegarde du"),
        "{line}"
    );
    let traces = |who: &str| {
        let all = stage.json(who, &["traces", "list", "--action", "read", "--limit", "1000"]);
        let told = |trace: &Value| (trace["sequence"].clone(), trace["at"].clone());
        all.iter().map(told).collect::<Vec<_>>()
    };
    let (here, there) = (traces("martin"), traces("other"));
    assert!(
        !here.is_empty() && here.iter().all(|trace| there.contains(trace)),
        "{here:?} {there:?}"
    );
    // It goes on as any profile: what comes next is read, and the journal still holds together.
    stage.run("other", &["sync"]);
    stage.run("other", &["traces", "verify"]);
}
