//! Benchmarks beside what people use instead, in one run, as ratios. Nothing here asserts a time.
//!
//! `cargo run -p xtask -- bench sync [--messages N] [--megabytes N] [--rounds N]`
//! `cargo run -p xtask -- bench relay [--requests N] [--rounds N]`
//! `cargo run -p xtask -- bench traces [--records N]`
//! `cargo run -p xtask -- bench purge [--messages N] [--rounds N]`

mod drain;
mod figures;
mod host;
mod mbsync;
mod process;
mod purge;
mod relay;
mod sync;
mod traces;
mod traces_sample;

use std::process::ExitCode;

/// What can go wrong here: told to the person who runs the benchmark.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let sync = || sync::Size::read(&arguments).and_then(sync::run);
    let relay = || relay::Size::read(&arguments).and_then(relay::run);
    let traces = || traces::Size::read(&arguments).and_then(traces::run);
    let purge = || purge::Size::read(&arguments).and_then(purge::run);
    let outcome = match arguments.first().map(String::as_str) {
        None => sync()
            .and_then(|()| relay())
            .and_then(|()| traces())
            .and_then(|()| purge()),
        Some("sync") => sync(),
        Some("relay") => relay(),
        Some("traces") => traces(),
        Some("purge") => purge(),
        Some(other) => {
            Err(format!("no benchmark is called {other}: there are `sync`, `relay`, `traces` and `purge`").into())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
