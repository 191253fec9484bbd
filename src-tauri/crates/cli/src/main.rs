//! `pli`: the engine without a window, for scripts, practice software and support.
//!
//! Prints JSON with `--json` (one object, or one a line for lists), French otherwise. Exit 0 done, 1 refused or failed with a
//! reason, 2 misuse. `pli message show` and `pli traces verify FILE` work with no profile and no network.

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
use std::sync::Arc;

use clap::Parser as _;
use clap::error::ErrorKind;
use pli_engine::{Home, SystemClock, technical};

use crate::arguments::{Arguments, Verb};
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
    log(&arguments.verb);
    let voice = Voice { json: arguments.json };
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return end(voice, Err(pli_contract::failure::Code::Internal.into()));
    };
    let outcome = runtime.block_on(verbs::run(voice, arguments.profile.as_deref(), arguments.verb));
    // Nothing may keep a script waiting once the answer is known.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    end(voice, outcome)
}

/// Technical words for whoever repairs: in the first profile's folder, and on the standard error on demand only, since scripts
/// read it. A verb that needs no profile makes none.
fn log(verb: &Verb) {
    let asked = std::env::var("PLI_LOG").unwrap_or_else(|_| "off".to_owned());
    let home = if verb.needs_a_profile() {
        Home::find().ok()
    } else {
        None
    };
    technical::begin(home.as_ref(), Some(&asked), Arc::new(SystemClock));
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
