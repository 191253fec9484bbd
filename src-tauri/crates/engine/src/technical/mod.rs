//! Technical logs: what the program says of itself to whoever repairs it, apart from the traces (two retentions, Ségur FAQ;
//! ECO.4.1.1). A file a day in the first profile's folder, readable by its owner alone, kept 6 to 12 months; and the standard
//! error, for whoever started the program from a terminal.
//!
//! They hold no personal data: only this program's own crates are heard (the libraries can print what they read), texts come
//! from a list of fields, and each is scrubbed of what may tell of somebody.

mod daily;
mod layer;
mod scrub;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::clock::Clock;
use crate::home::Home;
use daily::Daily;
use layer::{Lines, ours};

/// The folder of the technical logs, in that of the first profile.
pub(crate) const FOLDER: &str = "logs";

/// The files of this process.
static FILES: OnceLock<Arc<Mutex<Daily>>> = OnceLock::new();

/// Begins to log: to the files of this home when there is one, and to the standard error.
///
/// `asked` is the word of `PLI_LOG`: `off`, `error`, `warn`, `info` or `debug`; anything else is `warn`. It is the level of the
/// standard error; files have `info` at least. Until [`set_months`] says otherwise nothing younger than a year is removed.
///
/// A folder that cannot be written stops nothing: the standard error says so, once. Returns false when this process logs
/// already, and changes nothing then.
pub fn begin(home: Option<&Home>, asked: Option<&str>, clock: Arc<dyn Clock>) -> bool {
    let shown = level(asked);
    let files = home.map(|home| {
        let daily = Daily::new(home.base().join(FOLDER), Arc::clone(&clock));
        Arc::new(Mutex::new(daily))
    });
    let lines = Lines::new(clock, shown, files.clone());
    let started = tracing_subscriber::registry()
        .with(lines.with_only(ours(shown, files.is_some())))
        .try_init()
        .is_ok();
    if let Some(files) = files.filter(|_| started) {
        files.lock().unwrap_or_else(PoisonError::into_inner).tidy();
        // Only one subscriber begins in a process, and so only one set of files.
        let _ = FILES.set(files);
    }
    started
}

/// How long the files are kept, in months, 6 to 12; what is out of this is brought into it. Files of older days are removed
/// now, then each day.
pub fn set_months(months: u32) {
    if let Some(files) = FILES.get() {
        files.lock().unwrap_or_else(PoisonError::into_inner).keep(months);
    }
}

fn level(asked: Option<&str>) -> LevelFilter {
    match asked {
        // For a program whose answers have the standard error to themselves.
        Some("off") => LevelFilter::OFF,
        Some("error") => LevelFilter::ERROR,
        Some("info") => LevelFilter::INFO,
        Some("debug") => LevelFilter::DEBUG,
        _ => LevelFilter::WARN,
    }
}
