//! Profiles and their lock, as a script meets them: no keyring, a passphrase in a file, no network.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::process::{Command, Output, Stdio};

use serde_json::Value;

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.passphrase("une phrase de passe pour l'essai");
        home
    }

    fn passphrase(&self, text: &str) {
        std::fs::write(self.0.path().join("passphrase"), format!("{text}\n")).unwrap();
    }

    fn pli(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pli"))
            .args(arguments)
            // Nothing of whoever runs the tests: neither their operator nor their policy.
            .env_clear()
            .env("PLI_HOME", self.0.path().join("profile"))
            .env("PLI_PASSPHRASE_FILE", self.0.path().join("passphrase"))
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", self.0.path().join("no-bus").display()),
            )
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What a verb that must succeed says, each line.
    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let mut all = arguments.to_vec();
        all.push("--json");
        let output = self.pli(&all);
        assert!(output.status.success(), "{all:?}: {}", text(&output.stderr));
        let lines = text(&output.stdout);
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The code with which a verb fails.
    fn code(&self, arguments: &[&str]) -> String {
        let mut all = arguments.to_vec();
        all.push("--json");
        let output = self.pli(&all);
        assert_eq!(output.status.code(), Some(1), "{all:?}: {}", text(&output.stdout));
        assert!(output.stdout.is_empty());
        let failure: Value = serde_json::from_str(&text(&output.stderr)).unwrap();
        failure["code"].as_str().unwrap().to_owned()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_locked_profile_answers_nothing_until_it_is_unlocked() {
    let home = Home::new();
    assert_eq!(home.json(&["lock"])[0]["locked"], false, "nothing to lock yet");
    assert!(home.json(&["account", "list"]).is_empty());

    assert_eq!(home.json(&["lock"])[0]["locked"], true);
    for verb in [
        &["account", "list"][..],
        &["list"],
        &["drafts", "list"],
        &["traces", "verify"],
        &["traces", "list"],
        &["traces", "settings"],
        &["traces", "prune", "--before", "2026-01-01", "--yes"],
        &["sync"],
    ] {
        assert_eq!(
            home.code(verb),
            "locked",
            "{verb:?}: the passphrase's file does not unlock by itself"
        );
    }
    let output = home.pli(&["list"]);
    assert!(text(&output.stderr).contains("pli unlock"));
    assert_eq!(home.json(&["lock"])[0]["locked"], true, "locking again is no failure");

    home.passphrase("une autre");
    assert_eq!(home.code(&["unlock"]), "wrongPassphrase");
    home.passphrase("une phrase de passe pour l'essai");
    assert_eq!(home.json(&["unlock"])[0]["locked"], false);
    assert!(home.json(&["account", "list"]).is_empty());
    assert_eq!(
        home.json(&["unlock"])[0]["locked"],
        false,
        "unlocking what is open is no failure"
    );
}

#[test]
fn wrong_tries_are_waited_for_and_wipe_nothing() {
    let home = Home::new();
    home.json(&["account", "list"]);
    home.json(&["lock"]);
    home.passphrase("fausse");
    let codes: Vec<String> = (0..5).map(|_| home.code(&["unlock"])).collect();
    assert_eq!(codes[0], "wrongPassphrase");
    assert_eq!(codes[4], "waitBeforeRetry", "{codes:?}");
    let output = home.pli(&["unlock"]);
    let said = text(&output.stderr);
    assert!(
        said.contains("Rien n'est effacé") && said.contains("Attendez"),
        "{said}"
    );
}

#[test]
fn a_profile_for_each_person() {
    let home = Home::new();
    let first = home.json(&["profile", "list"]);
    assert_eq!((first.len(), &first[0]["current"]), (1, &Value::Bool(true)));
    let made = home.json(&["profile", "add", "Dr Élise Martin"]);
    assert_eq!(made[0]["name"], "Dr Élise Martin");
    assert_eq!(home.json(&["profile", "list"]).len(), 2);
    assert_eq!(home.code(&["profile", "add", " "]), "badRequest");

    // Each has a store and a lock of its own.
    home.json(&["account", "list", "--profile", "dr élise martin"]);
    home.json(&["lock", "--profile", "Dr Élise Martin"]);
    assert_eq!(
        home.code(&["account", "list", "--profile", "Dr Élise Martin"]),
        "locked"
    );
    assert!(home.json(&["account", "list"]).is_empty());
    assert_eq!(
        home.code(&["account", "list", "--profile", "Dr Nulle Part"]),
        "notFound"
    );

    let renamed = home.json(&["profile", "rename", "Secrétariat", "--profile", "Dr Élise Martin"]);
    assert_eq!(renamed[0]["name"], "Secrétariat");
    assert_eq!(home.code(&["list", "--profile", "Dr Élise Martin"]), "notFound");
}

#[test]
fn when_it_locks_is_set_within_bounds() {
    let home = Home::new();
    let settings = home.json(&["profile", "lock"]);
    assert_eq!(settings[0]["minutes"], 10);
    let settings = home.json(&["profile", "lock", "--minutes", "5", "--at-session-end", "oui"]);
    assert_eq!(
        (&settings[0]["minutes"], &settings[0]["atSessionEnd"]),
        (&5.into(), &true.into())
    );
    assert_eq!(home.json(&["profile", "lock"])[0]["minutes"], 5, "and kept");
    assert_eq!(home.code(&["profile", "lock", "--minutes", "31"]), "badRequest");
}

#[test]
fn a_pin_is_not_for_a_profile_under_a_passphrase() {
    let home = Home::new();
    home.json(&["account", "list"]);
    let pin = home.0.path().join("pin");
    std::fs::write(&pin, "123").unwrap();
    let file = pin.to_str().unwrap();
    assert_eq!(home.code(&["pin", "set", "--file", file]), "weakPin");
    std::fs::write(&pin, "1234").unwrap();
    assert_eq!(home.code(&["pin", "set", "--file", file]), "wrongState");
}

#[test]
fn the_intermediary_is_set_shown_and_told_to_be_absent() {
    let home = Home::new();
    assert_eq!(home.json(&["provider", "show"])[0]["discovery"], Value::Null);
    assert_eq!(home.code(&["login", "--code"]), "loginNotConfigured");
    assert_eq!(
        home.code(&["provider", "set", "http://relais.exemple.fr/"]),
        "badRequest"
    );
    let address = "https://relais.exemple.fr/.well-known/openid-configuration";
    home.json(&["provider", "set", address, "--client-id", "cabinet"]);
    let shown = home.json(&["provider", "show"]);
    assert_eq!(
        (&shown[0]["discovery"], &shown[0]["clientId"]),
        (&address.into(), &"cabinet".into())
    );
}

#[test]
fn the_terms_are_read_and_accepted() {
    let home = Home::new();
    let terms = home.json(&["terms"]);
    assert!(terms[0]["text"].as_str().unwrap().contains("Pro Santé Connect"));
    assert_eq!(terms[0]["acceptedAt"], Value::Null);
    assert!(home.json(&["terms", "--accept"])[0]["acceptedAt"].is_string());
    assert!(text(&home.pli(&["terms"]).stdout).contains("Acceptées le"));
}

#[test]
fn two_digits_are_asked_of_someone() {
    let home = Home::new();
    let output = home.pli(&["login", "--ciba"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--id"));
    // A key that is wrong is told at once, with no word to the network.
    assert_eq!(home.code(&["login", "--ciba", "--id", "899700000014"]), "unknownPerson");
}
