//! Benchmarks beside what people use instead, in one run, as ratios. Nothing here asserts a time.
//!
//! `cargo run -p xtask -- bench sync [--messages N] [--megabytes N] [--rounds N]`

mod drain;
mod figures;
mod host;
mod mbsync;
mod process;
mod sync;

use std::process::ExitCode;

/// What can go wrong here: told to the person who runs the benchmark.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        None | Some("sync") => sync::Size::read(&arguments).and_then(sync::run),
        Some(other) => Err(format!("no benchmark is called {other}: there is `sync`").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
