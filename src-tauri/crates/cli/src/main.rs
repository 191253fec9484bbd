//! `pli`: the engine without a window, for scripts, practice software and support.
//!
//! Prints JSON with `--json` (one object, or one a line for lists), French otherwise. Exit 0 done, 1 refused or failed with a
//! reason, 2 misuse. `pli message show` works with no profile and no network.

mod access;
mod arguments;
mod countdown;
mod desktop;
mod french;
mod misuse;
mod outcome;
mod profile;
mod say;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::arguments::Arguments;
use crate::outcome::Trouble;
use crate::say::Voice;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // A reader that went away is no failure.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{}", misuse::sentence(&error));
            return ExitCode::from(2);
        }
    };
    // Technical words for whoever repairs, on demand only: they hold no content and no token.
    let filter = tracing_subscriber::EnvFilter::try_from_env("PLI_LOG").unwrap_or_else(|_| "off".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let voice = Voice { json: arguments.json };
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return end(voice, Err(pli_contract::failure::Code::Internal.into()));
    };
    let outcome = runtime.block_on(verbs::run(voice, arguments.profile.as_deref(), arguments.verb));
    // Nothing may keep a script waiting once the answer is known.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    end(voice, outcome)
}

fn end(voice: Voice, outcome: Result<(), Trouble>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Said) => ExitCode::FAILURE,
        Err(Trouble::Failed(failure)) => {
            voice.beside(&failure, french::failure);
            ExitCode::FAILURE
        }
        Err(Trouble::Advised(failure, advice)) => {
            voice.beside(&failure, |failure| format!("{}\n{advice}", french::failure(failure)));
            ExitCode::FAILURE
        }
        Err(Trouble::Misuse(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}
