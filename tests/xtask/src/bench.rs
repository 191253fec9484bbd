//! The benchmarks: optimised build, one after the other, beside what people use instead.

use crate::packages;
use crate::run::{Outcome, cargo, run};

/// Runs one benchmark of `tests/benches`, or all.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    packages::for_benches()?;
    run(
        "building what is measured",
        &mut built("build", &["-p", "pli-host", "-p", "pli-operator", "-p", "pli-relay"]),
    )?;
    let mut bench = built("run", &[]);
    bench.arg("--").args(arguments);
    run("benchmarks", &mut bench)
}

/// One resolution of features for all, so that nothing is built twice.
fn built(verb: &str, more: &[&str]) -> std::process::Command {
    let mut command = cargo(&[verb, "--profile", "bench", "--locked", "-p", "pli-benches"]);
    command.args(more);
    if verb == "build" {
        command.args(["--features", "pli-host/local-operator"]);
    }
    command
}
