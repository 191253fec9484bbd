//! Technical logs: on the terminal, sober, and never the libraries' own (async-imap and lettre can print what they read).

use tracing_subscriber::EnvFilter;

/// Begins to log. `PLI_LOG` takes `error`, `warn`, `info` or `debug` and speaks of Pli's own code only.
pub(crate) fn begin() {
    let level = match std::env::var("PLI_LOG").as_deref() {
        Ok(level @ ("error" | "info" | "debug")) => level.to_owned(),
        _ => "warn".to_owned(),
    };
    let parts = [
        "shell", "contract", "engine", "wire", "store", "trace", "identity", "tls", "message",
    ];
    let mut filter = format!("pli_desktop={level}");
    for part in parts {
        filter.push_str(&format!(",pli_{part}={level}"));
    }
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .try_init();
    if started.is_err() {
        eprintln!("Les journaux techniques sont déjà ouverts.");
    }
}
