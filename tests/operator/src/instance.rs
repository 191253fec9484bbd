//! The operator that stays after the command that started it: where it is written down, and how it is ended.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pli_operator::Info;

use crate::Refusal;

/// How long a start may take, fetching the identity provider's packages included, and an end.
const START: Duration = Duration::from_secs(180);
const END: Duration = Duration::from_secs(60);

/// One instance, by the folder where its description is.
pub(crate) struct Instance {
    folder: PathBuf,
    named: bool,
}

impl Instance {
    /// The one of this folder, or the everyday one.
    pub(crate) fn at(folder: Option<PathBuf>) -> Self {
        let named = folder.is_some();
        let folder = folder.unwrap_or_else(|| match std::env::var_os("XDG_RUNTIME_DIR") {
            Some(runtime) if Path::new(&runtime).is_dir() => Path::new(&runtime).join("pli-operator"),
            _ => {
                let user = fs::metadata("/proc/self").map(|me| me.uid()).unwrap_or_default();
                std::env::temp_dir().join(format!("pli-operator-{user}"))
            }
        });
        Instance {
            named,
            folder: std::path::absolute(&folder).unwrap_or(folder),
        }
    }

    /// Whether it was asked for by its folder.
    pub(crate) fn named(&self) -> bool {
        self.named
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, for this user alone.
    pub(crate) fn prepare(&self) -> Result<(), Refusal> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|error| {
                Refusal(format!(
                    "Le dossier {} ne peut pas être créé : {error}",
                    self.folder.display()
                ))
            })
    }

    /// Where it is, if it runs. A description that a killed operator left is not one.
    pub(crate) fn running(&self) -> Option<Info> {
        let text = fs::read_to_string(self.folder.join("operator.json")).ok()?;
        let info: Info = serde_json::from_str(&text).ok()?;
        let command = fs::read(format!("/proc/{}/cmdline", info.pid)).ok()?;
        let ours = String::from_utf8_lossy(&command).contains("pli-operator");
        ours.then_some(info)
    }

    /// Starts this program again, with these words, as a process of its own; returns once it answers.
    pub(crate) fn start_in_background(&self, arguments: &[&str]) -> Result<Info, Refusal> {
        let cannot = |error: std::io::Error| Refusal(format!("L'opérateur local n'a pas pu démarrer : {error}"));
        self.prepare()?;
        let journal = self.folder.join("run.log");
        let log = fs::File::create(&journal).map_err(cannot)?;
        let mut child = Command::new(std::env::current_exe().map_err(cannot)?)
            .args(arguments)
            .arg("--dir")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(cannot)?;
        let begin = Instant::now();
        loop {
            if let Some(info) = self.running().filter(|info| info.pid == child.id()) {
                return Ok(info);
            }
            let ended = child.try_wait().map_err(cannot)?.is_some();
            if ended || begin.elapsed() > START {
                let _ = child.kill();
                let why = fs::read_to_string(&journal).unwrap_or_default();
                let _ = fs::remove_file(&journal);
                let _ = fs::remove_dir(&self.folder);
                return Err(Refusal(format!(
                    "L'opérateur local n'a pas pu démarrer. {}",
                    why.trim()
                )));
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Ends it and waits until nothing is left; says whether it ran.
    pub(crate) fn stop(&self) -> Result<bool, Refusal> {
        let Some(info) = self.running() else {
            for name in ["operator.json", "run.log"] {
                let _ = fs::remove_file(self.folder.join(name));
            }
            let _ = fs::remove_dir(&self.folder);
            return Ok(false);
        };
        let killed = Command::new("kill").arg(info.pid.to_string()).status();
        if !killed.is_ok_and(|status| status.success()) {
            return Err(Refusal(format!(
                "L'opérateur local (processus {}) n'a pas pu être arrêté.",
                info.pid
            )));
        }
        let begin = Instant::now();
        while info.dir.exists() || self.folder.join("operator.json").exists() {
            if begin.elapsed() > END {
                return Err(Refusal(format!(
                    "L'opérateur local ne s'arrête pas : voyez {}.",
                    info.dir.display()
                )));
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        Ok(true)
    }
}
