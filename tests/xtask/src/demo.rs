//! `cargo demo` and `cargo operator`: a mailbox that works, on this machine alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::packages;
use crate::run::{Failure, Outcome, cargo, command, output, program, run};
use crate::verify::programs;

const MARTIN: &str = "dr.martin@alpha.mssante.test";
const LEROY: &str = "dr.leroy@alpha.mssante.test";
/// Dr Martin's national identifier at the local operator.
const MARTIN_ID: &str = "899700000013";

/// `cargo operator …`: hands the words on to the operator's own program.
pub(crate) fn operator(arguments: &[String]) -> Outcome {
    if arguments.first().is_none_or(|verb| verb == "start" || verb == "run") {
        packages::for_operator()?;
    }
    let built = cargo(&["build", "--quiet", "--locked", "-p", "pli-operator"])
        .status()
        .map_err(|error| Failure(format!("cargo cannot be started: {error}")))?;
    if !built.success() {
        return Err(Failure("The local operator does not build.".into()));
    }
    let status = Command::new(program("pli-operator"))
        .args(arguments)
        .status()
        .map_err(|error| Failure(format!("The local operator cannot be started: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        std::process::exit(status.code().unwrap_or(1))
    }
}

/// `cargo demo`: the window where there is a display, else the same journey by `pli`.
pub(crate) fn demo(arguments: &[String]) -> Outcome {
    packages::for_demo()?;
    let mut web = command("npm");
    web.args(["run", "build", "--silent"])
        .current_dir(crate::run::root().join("ui"));
    run("building the window's pages", &mut web)?;
    run("building the program", &mut programs())?;

    let folder = Folder::new()?;
    let operator = Operator::start(&folder.path.join("operator"))?;
    let stage = Stage::new(&folder.path, &operator)?;
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if has_display && !arguments.iter().any(|argument| argument == "--no-display") {
        stage.window()
    } else {
        println!("\nNo display: the journey is played with `pli`.");
        stage.journey()
    }
}

/// A folder of this demonstration's own, gone at the end.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("pli-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// The local operator of this demonstration. It answers every login, the browser's step included.
struct Operator {
    dir: PathBuf,
}

impl Operator {
    fn start(dir: &Path) -> Outcome<Self> {
        let operator = Self { dir: dir.to_owned() };
        let mut start = command(program("pli-operator"));
        start.args(["start", "--auto-approve", "--dir"]).arg(dir);
        run("starting the local operator", &mut start)?;
        Ok(operator)
    }

    /// The variables that make `pli` and the window use it.
    fn environment(&self) -> Outcome<Vec<(String, String)>> {
        let mut status = command(program("pli-operator"));
        status.args(["status", "--env", "--dir"]).arg(&self.dir);
        let text = output(&mut status).ok_or_else(|| Failure("The local operator does not answer.".into()))?;
        let pairs = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("export ")?.split_once('='));
        Ok(pairs
            .map(|(name, value)| (name.to_owned(), value.trim_matches(['\'', '"']).to_owned()))
            .collect())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let mut stop = command(program("pli-operator"));
        stop.args(["stop", "--dir"]).arg(&self.dir).stdout(Stdio::null());
        let _ = stop.status();
    }
}

/// Two practitioners' profiles, and what makes their programs use the local operator.
struct Stage {
    folder: PathBuf,
    environment: Vec<(String, String)>,
    passphrase: PathBuf,
}

impl Stage {
    fn new(folder: &Path, operator: &Operator) -> Outcome<Self> {
        let passphrase = folder.join("passphrase");
        let words = "une phrase de passe pour la démonstration\n";
        std::fs::write(&passphrase, words).map_err(|error| Failure(format!("{}: {error}", passphrase.display())))?;
        let mut environment = operator.environment()?;
        // The browser's step of the login: the operator's own program follows the redirections, as it answers every login.
        environment.push((
            "BROWSER".into(),
            format!("{} browse", program("pli-operator").display()),
        ));
        Ok(Self {
            folder: folder.to_owned(),
            environment,
            passphrase,
        })
    }

    fn pli(&self, who: &str, arguments: &[&str]) -> Command {
        let mut pli = command(program("pli"));
        pli.args(arguments);
        self.equip(&mut pli, who);
        pli
    }

    fn equip(&self, command: &mut Command, who: &str) {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .env("PLI_HOME", self.folder.join(who))
            .env("PLI_PASSPHRASE_FILE", &self.passphrase);
    }

    fn step(&self, what: &str, who: &str, arguments: &[&str]) -> Outcome {
        run(what, &mut self.pli(who, arguments))
    }

    fn window(&self) -> Outcome {
        self.step("adding Dr Martin's mailbox", "martin", &["account", "add", MARTIN])?;
        self.step("logging in, then the first sync", "martin", &["sync"])?;
        self.step("the terms of use, read and accepted", "martin", &["terms", "--accept"])?;
        let mut window = command(program("pli-desktop"));
        window.arg("--login");
        self.equip(&mut window, "martin");
        println!("\nThe window opens on Dr Martin's inbox. Close it to end the demonstration.");
        run("the window", &mut window)
    }

    fn journey(&self) -> Outcome {
        self.step(
            "an address is all one types: its servers are found",
            "martin",
            &["account", "add", MARTIN],
        )?;
        self.step(
            "the way to Pro Santé Connect: the intermediary, which holds the client's secret",
            "martin",
            &["provider", "check"],
        )?;
        self.step(
            "logging in by two digits, which the local operator confirms as a phone would",
            "martin",
            &["login", "--ciba", "--id", MARTIN_ID],
        )?;
        self.step(
            "logging in by the browser, played by the local operator, then the first sync",
            "martin",
            &["sync", "--code"],
        )?;
        self.step("the inbox, read from this disk", "martin", &["list", "--limit", "8"])?;
        self.step("searching it", "martin", &["search", "bilan"])?;
        let letter = self.folder.join("lettre.txt");
        let words = "Cher confrère,\n\nVoici les résultats attendus.\n\nBien confraternellement,\nDr Élise Martin\n";
        std::fs::write(&letter, words).map_err(|error| Failure(format!("{}: {error}", letter.display())))?;
        let letter = letter.to_string_lossy().into_owned();
        let send = [
            "send",
            "--to",
            LEROY,
            "--subject",
            "Lettre de démonstration",
            "--text-file",
            &letter,
        ];
        self.step(
            "writing to Dr Leroy: the message leaves and is followed",
            "martin",
            &send,
        )?;
        self.step("its fate", "martin", &["outbox", "list"])?;
        self.step(
            "at Dr Leroy's: another practitioner, another profile",
            "leroy",
            &["account", "add", LEROY],
        )?;
        self.step("his sync", "leroy", &["sync"])?;
        let found =
            output(&mut self.pli("leroy", &["search", "Lettre de démonstration", "--json"])).unwrap_or_default();
        if !found.contains("Lettre de démonstration") {
            return Err(Failure("The message did not reach Dr Leroy's mailbox.".into()));
        }
        self.step(
            "the message has arrived",
            "leroy",
            &["search", "Lettre de démonstration"],
        )?;
        self.step(
            "every step is in the journal",
            "martin",
            &["traces", "list", "--limit", "12"],
        )?;
        self.step("its chain and its seals are verified", "martin", &["traces", "verify"])?;
        self.exported()?;
        self.step("the room of the box, and when it would be full", "martin", &["quota"])?;
        self.step("what weighs in it", "martin", &["space", "--by", "kind"])?;
        let plan = [
            "purge",
            "sent",
            "--older-than",
            "0",
            "--keep-unknown",
            "non",
            "--dry-run",
        ];
        self.step(
            "what a purge of sent items would delete: a plan, and nothing else",
            "martin",
            &plan,
        )?;
        self.saved()?;
        self.step("locking: nothing of it can be read any more", "martin", &["lock"])?;
        if output(&mut self.pli("martin", &["list"])).is_some() {
            return Err(Failure("A locked profile was read.".into()));
        }
        self.step("unlocking", "martin", &["unlock"])?;
        println!("\nThe letter travelled: written, sent, delivered, traced.");
        Ok(())
    }

    /// A backup, restored as another machine would, where the journal is verified again.
    fn saved(&self) -> Outcome {
        let file = self.folder.join("martin.plisauvegarde");
        let name = file.to_string_lossy().into_owned();
        let words = self.passphrase.to_string_lossy().into_owned();
        let with = |verb: &'static str| {
            [
                "backup".to_owned(),
                verb.to_owned(),
                name.clone(),
                "--passphrase-file".to_owned(),
                words.clone(),
            ]
        };
        for (what, who, verb) in [
            ("a backup: one encrypted file, read back whole", "martin", "create"),
            ("restored on another machine", "elsewhere", "restore"),
        ] {
            let arguments = with(verb);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            self.step(what, who, &arguments)?;
        }
        self.step("its journal there is verified too", "elsewhere", &["traces", "verify"])
    }

    /// An export of the journal, checked where there is no profile, then told apart from a copy that somebody changed.
    fn exported(&self) -> Outcome {
        let file = self.folder.join("journal.csv");
        let name = file.to_string_lossy().into_owned();
        let export = ["traces", "export", "--format", "csv", "--out", &name];
        self.step("the journal as a table, with its signed manifest", "martin", &export)?;
        let check = ["traces", "verify", &name];
        self.step(
            "checked by somebody who has these two files and nothing else",
            "nobody",
            &check,
        )?;
        let written = || -> std::io::Result<()> {
            let mut octets = std::fs::read(&file)?;
            let middle = octets.len() / 2;
            if let Some(octet) = octets.get_mut(middle) {
                *octet ^= 1;
            }
            std::fs::write(&file, octets)
        };
        written().map_err(|error| Failure(format!("{}: {error}", file.display())))?;
        println!("\n── one bit of it is changed: the check says so");
        let told = self
            .pli("nobody", &check)
            .status()
            .map_err(|error| Failure(format!("pli cannot be started: {error}")))?;
        if told.code() != Some(1) || self.folder.join("nobody").exists() {
            return Err(Failure("A changed export was not told.".into()));
        }
        Ok(())
    }
}
