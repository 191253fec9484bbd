//! An event becomes a line: its time, its level, where in the program, its words, its fields.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, Filtered, LevelFilter};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::daily::Daily;
use super::scrub::scrub;
use crate::clock::Clock;

/// The program's own crates, as targets name them.
const OURS: &[&str] = &[
    "pli_desktop",
    "pli",
    "pli_cli",
    "pli_shell",
    "pli_contract",
    "pli_engine",
    "pli_wire",
    "pli_store",
    "pli_trace",
    "pli_syslog",
    "pli_identity",
    "pli_tls",
    "pli_message",
    "pli_terms",
];

/// The fields whose text may stand in a log, once scrubbed. Numbers and booleans of any field may.
const TEXTS: &[&str] = &[
    "message", "error", "failure", "problem", "code", "reason", "phase", "action", "protocol", "state", "kind",
];

/// Hears this program's own crates alone: `shown` on the standard error, `info` at least when there are files.
pub(super) fn ours(shown: LevelFilter, files: bool) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let level = if files { shown.max(LevelFilter::INFO) } else { shown };
    let heard = move |metadata: &Metadata<'_>| {
        let place = metadata.target().split("::").next().unwrap_or_default();
        *metadata.level() <= level && OURS.contains(&place)
    };
    FilterFn::new(heard).with_max_level_hint(level)
}

/// What writes the lines.
pub(super) struct Lines {
    clock: Arc<dyn Clock>,
    shown: LevelFilter,
    files: Option<Arc<Mutex<Daily>>>,
}

impl Lines {
    pub(super) fn new(clock: Arc<dyn Clock>, shown: LevelFilter, files: Option<Arc<Mutex<Daily>>>) -> Self {
        Self { clock, shown, files }
    }

    /// These lines, of what this filter hears.
    pub(super) fn with_only<S, F>(self, filter: FilterFn<F>) -> Filtered<Self, FilterFn<F>, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        F: Fn(&Metadata<'_>) -> bool + 'static,
    {
        self.with_filter(filter)
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let now = self.clock.zoned();
        let mut words = Words::default();
        event.record(&mut words);
        let line = format!(
            "{} {} {} {}{}\n",
            now.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z"),
            metadata.level(),
            metadata.target(),
            words.message,
            words.fields
        );
        if let Some(files) = &self.files {
            // A thread that panicked while writing a line left a whole line or none.
            files
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write(line.as_bytes());
        }
        if *metadata.level() <= self.shown {
            // Nobody may be reading it any more.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }
}

/// What an event says.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Words {
    fn text(&mut self, field: &Field, text: &str) {
        if field.name() == "message" {
            self.message = scrub(text);
        } else if TEXTS.contains(&field.name()) {
            self.add(field, &scrub(text));
        } else {
            self.add(field, "…");
        }
    }

    fn add(&mut self, field: &Field, value: &str) {
        let _ = write!(self.fields, " {}={value}", field.name());
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.text(field, &value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &value.to_string());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field, &value.to_string());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, &value.to_string());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, if value { "true" } else { "false" });
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    struct Stopped;

    impl Clock for Stopped {
        fn zoned(&self) -> jiff::Zoned {
            "2026-11-22T09:10:11.0071+01:00[Europe/Paris]".parse().unwrap()
        }
    }

    fn logged(run: impl FnOnce()) -> String {
        let folder = tempfile::tempdir().unwrap();
        let files = Arc::new(Mutex::new(Daily::new(folder.path().to_owned(), Arc::new(Stopped))));
        let lines = Lines::new(Arc::new(Stopped), LevelFilter::ERROR, Some(files));
        let subscriber = tracing_subscriber::registry().with(lines.with_only(ours(LevelFilter::ERROR, true)));
        tracing::subscriber::with_default(subscriber, run);
        std::fs::read_to_string(folder.path().join("pli-2026-11-22.log")).unwrap_or_default()
    }

    #[test]
    fn a_line_has_its_time_its_level_its_place_and_its_words() {
        let text = logged(|| {
            tracing::warn!(account = 3, done = true, "a sync stopped");
            tracing::debug!("not asked for");
        });
        assert_eq!(
            text,
            "2026-11-22T09:10:11.007+01:00 WARN pli_engine::technical::layer::tests a sync stopped account=3 done=true\n"
        );
    }

    #[test]
    fn libraries_are_not_heard() {
        let text = logged(|| {
            tracing::error!(target: "async_imap::client", "Zebraquartz");
            tracing::error!(target: "rustls", "Zebraquartz");
            tracing::error!(target: "plinth", "Zebraquartz");
        });
        assert_eq!(text, "");
    }

    #[test]
    fn what_is_personal_does_not_reach_the_file() {
        let text = logged(|| {
            let name = "zebraquartz";
            let error = std::io::Error::other("no room for \"zebraquartz\" at /home/zebraquartz\nzebraquartz@x.fr");
            tracing::error!(subject = name, patient = ?name, %error, number = 12, "the letter of {name}@mssante.fr");
        });
        assert!(!text.contains("zebra"), "{text}");
        assert!(text.contains("subject=… patient=… error=no room for …"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}
