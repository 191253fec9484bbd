//! The commands of the workspace: `cargo demo`, `cargo verify`, `cargo operator`.
//!
//! Next to nothing but the standard library, so that they start on a bare machine: whatever else is needed they install
//! themselves, saying what and why.

mod bench;
mod demo;
mod packages;
mod run;
mod suite;
mod verify;

use std::process::ExitCode;

const HELP: &str = "\
cargo demo                 sets everything up and opens Pli on a working mailbox;
                           with no display, plays the same journey with `pli`
cargo verify               sets everything up and runs every check
cargo operator …           the local operator: start [--auto-approve], stop, status [--json|--env],
                           approve ID, refuse ID, load --box ADDRESS --maildir PATH
cargo run -p xtask -- setup           only the set-up
cargo run -p xtask -- tests [WORD …]  the Rust tests as `cargo verify` runs them; only those whose path has a WORD
cargo run -p xtask -- bench [NAME]    the benchmarks, release build, beside what people use instead";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("demo") => demo::demo(&arguments[1..]),
        Some("verify") => verify::verify(),
        Some("operator") => demo::operator(&arguments[1..]),
        Some("setup") => packages::everything(),
        Some("tests") => verify::tests(&arguments[1..]),
        Some(verify::TESTS_HERE) => verify::tests_here(&arguments[1..]),
        Some("bench") => bench::bench(&arguments[1..]),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}
