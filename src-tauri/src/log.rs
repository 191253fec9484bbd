//! Technical logs: on the terminal and in the first profile's folder, sober, and never the libraries' own (async-imap and lettre
//! can print what they read).

use std::sync::Arc;

use pli_engine::{Home, SystemClock, technical};

/// Begins to log. `PLI_LOG` takes `error`, `warn`, `info` or `debug` and speaks of the terminal; files have `info` at least.
pub(crate) fn begin() {
    let asked = std::env::var("PLI_LOG").ok();
    // Without a folder of its own the program says why it cannot start, on the terminal.
    let home = Home::find().ok();
    if !technical::begin(home.as_ref(), asked.as_deref(), Arc::new(SystemClock)) {
        eprintln!("Les journaux techniques sont déjà ouverts.");
    }
}
