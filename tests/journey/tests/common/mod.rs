//! What every journey needs: an operator, practitioners with a profile each, and `pli` as a script would call it.

#![allow(dead_code, unreachable_pub, reason = "each journey uses its part")]

pub mod away;
pub mod browser;
pub mod sent;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use pli_operator::{Operator, Options};
use serde_json::Value;

pub const MARTIN: &str = "dr.martin@alpha.mssante.test";
pub const LEROY: &str = "dr.leroy@alpha.mssante.test";
pub const LABO: &str = "labo@beta.mssante.test";
pub const PASSPHRASE: &str = "une phrase de passe que seuls les essais connaissent";

/// A program of this workspace, as `cargo verify` built it.
pub fn program(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    while folder
        .file_name()
        .is_none_or(|name| name != "debug" && name != "release")
    {
        assert!(folder.pop(), "no target folder above this test");
    }
    let path = folder.join(name);
    assert!(path.exists(), "{} is not built: cargo verify builds it", path.display());
    path
}

/// An operator and the folder of the profiles that use it.
pub struct Stage {
    pub operator: Operator,
    pub folder: tempfile::TempDir,
}

impl Stage {
    /// An operator that answers every login by itself.
    pub fn new(samples: bool) -> Self {
        Self::start(samples, true)
    }

    /// An operator where logins wait for an answer.
    pub fn asking(samples: bool) -> Self {
        Self::start(samples, false)
    }

    fn start(samples: bool, auto_approve: bool) -> Self {
        let options = Options {
            auto_approve,
            samples,
            ..Options::default()
        };
        let stage = Self {
            operator: Operator::start(options).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::write(stage.path("passphrase"), PASSPHRASE).unwrap();
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The profile's folder of a practitioner.
    pub fn home(&self, who: &str) -> PathBuf {
        self.path(who)
    }

    /// Makes a program use this operator and this practitioner's profile.
    pub fn equip(&self, command: &mut Command, who: &str) {
        command
            .env("PLI_LOCAL_OPERATOR", self.operator.info().file())
            .env("PLI_HOME", self.home(who))
            .env("PLI_PASSPHRASE_FILE", self.path("passphrase"))
            .env("BROWSER", format!("{} browse", program("pli-operator").display()))
            // No keyring, and no bus that the libraries would start by themselves and leave behind.
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", self.path("no-bus").display()),
            )
            .stdin(Stdio::null());
    }

    pub fn pli(&self, who: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("pli"));
        command.args(arguments);
        self.equip(&mut command, who);
        command
    }

    /// Runs `pli` to its end, whatever it answers.
    pub fn output(&self, who: &str, arguments: &[&str]) -> Output {
        self.pli(who, arguments).output().unwrap()
    }

    /// Runs `pli`, which must succeed, and gives what it printed.
    pub fn run(&self, who: &str, arguments: &[&str]) -> String {
        let output = self.output(who, arguments);
        assert!(
            output.status.success(),
            "pli {arguments:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `pli … --json`, which must succeed, and gives each line.
    pub fn json(&self, who: &str, arguments: &[&str]) -> Vec<Value> {
        let mut all = arguments.to_vec();
        all.push("--json");
        self.run(who, &all)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Adds a BAL to a practitioner's profile.
    pub fn add(&self, who: &str, address: &str) {
        self.run(who, &["account", "add", address]);
    }

    pub fn letter(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// Message-IDs are unique to a sending: how many copies of it a box holds.
    pub fn copies(&self, address: &str, message_id: &str) -> usize {
        let mut mailbox = self.operator.mailbox(address).unwrap();
        mailbox.search_message_id("INBOX", message_id).unwrap().len()
    }
}

/// Waits until `ready` gives something, at most `patience`: never a verdict on speed, only an end to a test that hangs.
pub fn wait_for<T>(what: &str, patience: Duration, mut ready: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(started.elapsed() < patience, "{what} never came");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    found
}
