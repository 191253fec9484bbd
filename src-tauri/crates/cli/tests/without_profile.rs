//! What `pli` does with no profile and no network, and how it answers whoever calls it wrongly.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs `pli` where a profile would be made if it were asked for.
fn pli(arguments: &[&str]) -> (Output, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("profile");
    let output = Command::new(env!("CARGO_BIN_EXE_pli"))
        .args(arguments)
        .env("PLI_HOME", &home)
        .env_remove("PLI_PASSPHRASE_FILE")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    (output, home)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn file(raw: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".eml").tempfile().unwrap();
    std::fs::write(file.path(), raw).unwrap();
    file
}

const LETTER: &str = "From: \"Dr Anne Petit\" <anne.petit@beta.mssante.test>\r\nTo: dr.martin@alpha.mssante.test\r\n\
    Subject: =?utf-8?q?XDM/1.0/DDM+R=C3=A9sultats?=\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n\
    Message-ID: <lettre@beta.mssante.test>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nVoici.\x07\r\n\
    --b\r\nContent-Type: application/pdf; name=bilan.pdf\r\nContent-Disposition: attachment; filename=bilan.pdf\r\n\r\n%PDF\r\n--b--\r\n";

#[test]
fn a_file_is_shown_in_french() {
    let file = file(LETTER.as_bytes());
    let (output, home) = pli(&["message", "show", file.path().to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(
        text(&output.stdout).lines().map(str::trim_end).collect::<Vec<_>>(),
        [
            "De : Dr Anne Petit <anne.petit@beta.mssante.test>",
            "À : dr.martin@alpha.mssante.test",
            "Date : 20/11/2026 10:00",
            "Objet : Résultats",
            "Pièce jointe 2 : bilan.pdf (application/pdf, 4 o)",
            "",
            "Voici.",
        ]
    );
    assert!(!home.exists(), "no profile was made");
}

#[test]
fn a_file_is_shown_as_one_json_object() {
    let file = file(LETTER.as_bytes());
    let (output, _) = pli(&["message", "show", file.path().to_str().unwrap(), "--json"]);
    assert!(output.status.success());
    let text = text(&output.stdout);
    assert_eq!(text.lines().count(), 1);
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["subject"], "XDM/1.0/DDM+Résultats");
    assert_eq!(shown["display_subject"], "Résultats");
    assert_eq!(shown["from"]["address"], "anne.petit@beta.mssante.test");
    assert_eq!(shown["message_id"], "lettre@beta.mssante.test");
    assert_eq!(shown["attachments"][0]["name"], "bilan.pdf");
    assert_eq!(shown["kind"], "professional");
}

#[test]
fn every_sample_and_the_nastiest_are_shown() {
    let mut raws: Vec<Vec<u8>> = pli_samples::mailbox(1_795_000_000)
        .into_iter()
        .step_by(9)
        .map(|sample| sample.raw)
        .collect();
    raws.extend(
        pli_samples::nasty("http://127.0.0.1:9/")
            .into_iter()
            .map(|(_, raw)| raw),
    );
    for raw in raws {
        let file = file(&raw);
        let path = file.path().to_str().unwrap();
        for arguments in [&["message", "show", path][..], &["message", "show", path, "--json"]] {
            let (output, _) = pli(arguments);
            assert!(output.status.success(), "{}", text(&output.stderr));
            let shown = text(&output.stdout);
            let drives = |c: char| c.is_control() && c != '\n' && c != '\t';
            assert!(
                !shown.contains(drives),
                "control characters reach the terminal: {shown:?}"
            );
            assert!(arguments.len() < 4 || serde_json::from_str::<Value>(&shown).is_ok());
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_refused_with_a_reason() {
    let (output, _) = pli(&["message", "show", "/nulle/part.eml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("ne peut pas être lu"));
    let (output, _) = pli(&["message", "show", "/nulle/part.eml", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let failure: Value = serde_json::from_str(&text(&output.stderr)).unwrap();
    assert_eq!(failure["code"], "fileUnreadable");
}

#[test]
fn misuse_is_told_in_french_and_exits_with_2() {
    let cases: [(&[&str], &str); 21] = [
        (&[], "Il manque un verbe"),
        (&["bavarder"], "« bavarder » n'est pas un verbe"),
        (&["message"], "Il manque un verbe"),
        (&["message", "show"], "Il manque"),
        (&["list", "--dossier", "x"], "« --dossier » n'est pas une option"),
        (&["show", "douze"], "« douze » n'est pas une valeur"),
        (
            &["account", "add", "a@b.mssante.fr", "--kind", "zzz"],
            "possibles : per, cab, org, app",
        ),
        (&["send", "--to", "a@b.mssante.fr"], "Il manque"),
        (&["outbox", "settle", "1", "--left", "--again"], "ne va pas avec"),
        (&["login", "--code", "--ciba"], "ne va pas avec"),
        (&["sync", "--ciba", "--certificate", "x.p12"], "ne va pas avec"),
        (&["login", "--id", "899700000013"], "Il manque"),
        (&["login", "--ciba", "--channel", "pigeon"], "possibles : mobile, card"),
        (&["pin"], "Il manque un verbe"),
        (&["provider", "set"], "Il manque"),
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
        (
            &["traces", "prune", "--before", "2026-01-01", "--dry-run", "--yes"],
            "ne va pas avec",
        ),
        (&["traces", "verify", "--fingerprint", "0000"], "Il manque"),
    ];
    for (arguments, expected) in cases {
        let (output, home) = pli(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains(expected) && said.contains("pli --help"),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("error") && !said.contains("Usage"), "{said}");
        assert!(output.stdout.is_empty() && !home.exists());
    }
}

#[test]
fn what_is_no_export_is_told_without_a_profile() {
    let letter = file(LETTER.as_bytes());
    for (path, expected) in [
        (letter.path().to_str().unwrap(), "notAnExport"),
        ("/nulle/part.csv", "fileUnreadable"),
    ] {
        let (output, home) = pli(&["traces", "verify", path, "--json"]);
        assert_eq!(output.status.code(), Some(1), "{path}");
        let failure: Value = serde_json::from_str(&text(&output.stderr)).unwrap();
        assert_eq!(failure["code"], expected, "{failure}");
        assert!(output.stdout.is_empty() && !home.exists(), "no profile was made");
        let (output, _) = pli(&["traces", "verify", path]);
        assert!(text(&output.stderr).contains("fichier"), "{}", text(&output.stderr));
    }
}

#[test]
fn the_help_is_french_and_names_every_verb() {
    let (output, _) = pli(&["--help"]);
    assert!(output.status.success());
    let help = text(&output.stdout);
    let verbs = "message account login logout lock unlock pin profile provider terms sync list show search send \
                 outbox quota traces drafts";
    for verb in verbs.split(' ') {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(verb)),
            "{verb} is missing: {help}"
        );
        let (output, _) = pli(&[verb, "--help"]);
        let help = text(&output.stdout);
        assert!(output.status.success() && help.contains("Utilisation :"), "{help}");
        for english in ["Usage", "Print", "Commands", "[default", "[possible"] {
            assert!(!help.contains(english), "{english} in {help}");
        }
    }
}

#[test]
fn without_a_keyring_or_a_passphrase_a_script_is_told_what_to_give() {
    let (output, _) = pli(&["account", "list", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let failure: Value = serde_json::from_str(&text(&output.stderr)).unwrap();
    assert!(
        ["vaultLocked", "keyringAbsent"].contains(&failure["code"].as_str().unwrap()),
        "{failure}"
    );
}
