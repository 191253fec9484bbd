//! `cargo verify`: every check, cheapest first.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::run::{Failure, Outcome, cargo, command, output, root, run};
use crate::{packages, suite};

/// Runs every check; stops at the first that fails.
pub(crate) fn verify() -> Outcome {
    let started = Instant::now();
    // Asked before anything is built: the file that runs now is replaced then, and its path stays.
    let itself = itself(&[])?;
    packages::everything()?;
    run("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    run("the window: types", &mut npm(&["run", "check"]))?;
    run("the window: unit tests", &mut npm(&["run", "test"]))?;
    run("the window: build", &mut npm(&["run", "build"]))?;
    run(
        "lints, warnings denied",
        &mut workspace("clippy", &["--", "-D", "warnings"]),
    )?;
    run(
        "the product and its intermediary as they ship: no local operator inside",
        &mut cargo(&[
            "clippy",
            "--locked",
            "-p",
            "pli-cli",
            "-p",
            "pli-shell",
            "-p",
            "pli-relay",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    run("building the tests and what they start", &mut workspace("build", &[]))?;
    run("tests, on real servers", &mut in_desktop(&itself)?)?;
    run("the window in a browser, on real servers", &mut npm(&["run", "e2e"]))?;
    println!(
        "\nEvery check passed, in {:.0} minutes.",
        started.elapsed().as_secs_f32() / 60.0
    );
    Ok(())
}

/// Runs the Rust tests in a desktop session of their own: all of them, or those of sources whose path has one of these
/// words.
pub(crate) fn tests(only: &[String]) -> Outcome {
    let itself = itself(only)?;
    run("building the tests and what they start", &mut workspace("build", &[]))?;
    run("tests, on real servers", &mut in_desktop(&itself)?)
}

/// The same, in the desktop session that this process runs in.
pub(crate) fn tests_here(only: &[String]) -> Outcome {
    let lanes = std::thread::available_parallelism().map_or(2, usize::from);
    suite::run(&mut workspace("test", &[]), only, lanes)
}

/// This program, to be started in a desktop session for the tests.
fn itself(only: &[String]) -> Outcome<Command> {
    let path = std::env::current_exe().map_err(|error| Failure(format!("where this program is: {error}")))?;
    let mut itself = command(path);
    itself.arg(TESTS_HERE).args(only);
    Ok(itself)
}

/// The word by which this program starts itself.
pub(crate) const TESTS_HERE: &str = "tests-here";

/// What development builds and tests have, and the product has not.
const SWITCHES: &str =
    "pli-cli/local-operator,pli-shell/local-operator,pli-shell/custom-protocol,pli-host/local-operator";

/// A cargo command over every target of every member: one resolution of features, so that nothing is built twice.
fn workspace(verb: &str, more: &[&str]) -> Command {
    let mut command = cargo(&[verb, "--workspace", "--all-targets", "--locked", "--features", SWITCHES]);
    command.args(more);
    command
}

/// The programs that the tests and the demo start, built with the local operator's switch.
pub(crate) fn programs() -> Command {
    cargo(&["build", "--workspace", "--bins", "--locked", "--features", SWITCHES])
}

fn npm(arguments: &[&str]) -> Command {
    let mut npm = command("npm");
    npm.args(arguments).arg("--silent").current_dir(root().join("ui"));
    npm
}

/// The same command with a session bus and a display of its own: the keyring and the window are real ones, and nobody's.
fn in_desktop(inner: &Command) -> Outcome<Command> {
    if !cfg!(target_os = "linux") {
        let mut same = command(inner.get_program());
        same.args(inner.get_args());
        return Ok(same);
    }
    for (program, package) in [("dbus-run-session", "dbus"), ("Xvfb", "xvfb")] {
        if output(command("which").arg(program)).is_none() {
            return Err(Failure(format!("{program} is missing (package {package}).")));
        }
    }
    let mut session = command("dbus-run-session");
    session.args(["--", "xvfb-run", "-a", "-s", "-screen 0 1440x900x24"]);
    session.arg(inner.get_program()).args(inner.get_args());
    let runtime: PathBuf = std::env::temp_dir().join(format!("pli-verify-{}", std::process::id()));
    std::fs::create_dir_all(&runtime).map_err(|error| Failure(format!("{}: {error}", runtime.display())))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700));
    }
    session.env("XDG_RUNTIME_DIR", runtime);
    Ok(session)
}
