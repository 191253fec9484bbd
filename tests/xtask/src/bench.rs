//! The benchmarks: release build, one after the other, beside what people use instead.

use crate::packages;
use crate::run::{Outcome, cargo, run};

/// Runs one benchmark of `tests/benches`, or all.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    packages::for_benches()?;
    let mut bench = cargo(&["run", "--release", "--locked", "-p", "pli-benches", "--"]);
    bench.args(arguments);
    run("benchmarks", &mut bench)
}
