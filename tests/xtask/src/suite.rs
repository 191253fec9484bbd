//! The Rust tests, a few programs at once: most of them wait for servers most of their time, and cargo runs one by one.
//!
//! `cargo test --no-run` builds them and names them; each is then run as cargo would (its package's folder, its own
//! environment), and what it printed is shown whole when it has ended.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;

use crate::run::{Failure, Outcome, root};

/// A program of tests.
struct Program {
    /// What is said of it: the file of its sources, from the repository's root.
    name: String,
    executable: PathBuf,
    /// Its package's folder: where cargo runs it.
    folder: PathBuf,
}

/// Builds the tests of `build` (a `cargo test` without its last words), and runs them, `lanes` programs at once: all, or
/// those whose sources have one of the words of `only` in their path.
///
/// # Errors
/// The programs that failed, after all have run.
pub(crate) fn run(build: &mut Command, only: &[String], lanes: usize) -> Outcome {
    let started = Instant::now();
    let mut programs = programs(build)?;
    programs.retain(|program| only.is_empty() || only.iter().any(|word| program.name.contains(word)));
    if programs.is_empty() {
        return Err(Failure("no tests to run".to_owned()));
    }
    println!("   {} programs, {lanes} at once", programs.len());
    let queue = Mutex::new(VecDeque::from(programs));
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..lanes.max(1) {
            scope.spawn(|| {
                // The queue is let go of before the program runs.
                while let Some(program) = { lock(&queue).pop_front() } {
                    if let Err(why) = one(&program) {
                        lock(&failed).push(format!("{} ({why})", program.name));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() {
        println!("   ({:.0} s)", started.elapsed().as_secs_f32());
        return Ok(());
    }
    Err(Failure(format!("tests failed: {}", failed.join(", "))))
}

/// Builds, and reads from cargo's messages what was built.
fn programs(build: &mut Command) -> Outcome<Vec<Program>> {
    let built = build
        .args(["--no-run", "--message-format", "json-render-diagnostics"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure(format!("cargo cannot be started: {error}")))?;
    if !built.status.success() {
        return Err(Failure(format!("building the tests failed ({})", built.status)));
    }
    let mut programs = Vec::new();
    for line in built
        .stdout
        .split(|octet| *octet == b'\n')
        .filter(|line| !line.is_empty())
    {
        let message: Value =
            serde_json::from_slice(line).map_err(|error| Failure(format!("cargo's messages: {error}")))?;
        programs.extend(program(&message));
    }
    Ok(programs)
}

/// The program of tests that a message of cargo's tells of.
fn program(message: &Value) -> Option<Program> {
    let executable = PathBuf::from(message["executable"].as_str()?);
    if message["profile"]["test"] != true {
        return None;
    }
    let folder = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_owned();
    let source = PathBuf::from(message["target"]["src_path"].as_str()?);
    let name = source.strip_prefix(root()).unwrap_or(&source).display().to_string();
    Some(Program {
        name,
        executable,
        folder,
    })
}

fn one(program: &Program) -> Result<(), String> {
    let started = Instant::now();
    let mut command = Command::new(&program.executable);
    command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .stdin(Stdio::null());
    let ended = command.output();
    let mut shown = format!("\n     Running {} ({})\n", program.name, program.executable.display()).into_bytes();
    let result = match ended {
        Ok(output) => {
            shown.extend(output.stdout);
            shown.extend(output.stderr);
            if output.status.success() {
                Ok(())
            } else {
                Err(output.status.to_string())
            }
        }
        Err(error) => Err(error.to_string()),
    };
    let seconds = started.elapsed().as_secs_f32();
    match &result {
        Ok(()) => shown.extend(format!("   ({seconds:.0} s)\n").bytes()),
        Err(why) => shown.extend(format!("   {} failed after {seconds:.0} s: {why}\n", program.name).bytes()),
    }
    // A terminal that is gone is no reason to stop.
    let _ = std::io::stdout().lock().write_all(&shown);
    result
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
