//! What happened, counted, in the text format of Prometheus. No label holds anything that a person or a server wrote.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counter {
    /// Requests, by endpoint and class of status.
    Requests,
    /// Requests to the provider, by endpoint and outcome.
    Provider,
    /// Requests turned away for coming too fast, by which limit.
    Limited,
    /// Seals that did not open, by kind.
    Unsealed,
    /// Redirections that were not registered.
    WrongRedirect,
    /// Id tokens of the provider that were not believed.
    IdToken,
    /// Logins by phone that the provider would not begin.
    CibaRefused,
    /// Connections that were given up, by reason.
    Connections,
    /// Requests to Redis that failed.
    Shared,
    /// Files read anew, by outcome.
    Reloads,
}

impl Counter {
    const ALL: [Self; 10] = [
        Self::Requests,
        Self::Provider,
        Self::Limited,
        Self::Unsealed,
        Self::WrongRedirect,
        Self::IdToken,
        Self::CibaRefused,
        Self::Connections,
        Self::Shared,
        Self::Reloads,
    ];

    /// Name, what it means, the names of its labels.
    fn about(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::Requests => ("requests_total", "Requests answered.", &["endpoint", "status"]),
            Self::Provider => (
                "provider_requests_total",
                "Requests to the provider.",
                &["endpoint", "outcome"],
            ),
            Self::Limited => ("limited_total", "Requests turned away for coming too fast.", &["limit"]),
            Self::Unsealed => (
                "unreadable_seals_total",
                "Seals that were altered, expired or not ours.",
                &["kind"],
            ),
            Self::WrongRedirect => ("wrong_redirects_total", "Redirections that were not registered.", &[]),
            Self::IdToken => (
                "id_tokens_refused_total",
                "Id tokens of the provider that were not believed.",
                &[],
            ),
            Self::CibaRefused => (
                "ciba_refused_total",
                "Logins by phone that the provider would not begin.",
                &[],
            ),
            Self::Connections => (
                "connections_refused_total",
                "Connections that were given up.",
                &["reason"],
            ),
            Self::Shared => ("shared_errors_total", "Requests to Redis that failed.", &[]),
            Self::Reloads => ("reloads_total", "Files read anew.", &["outcome"]),
        }
    }
}

/// Upper bounds of the classes that durations are counted in, in milliseconds.
const BOUNDS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];

#[derive(Default, Clone, Copy)]
struct Durations {
    classes: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Metrics {
    counters: Mutex<BTreeMap<(Counter, [&'static str; 2]), u64>>,
    durations: Mutex<BTreeMap<&'static str, Durations>>,
    open: AtomicI64,
}

impl Metrics {
    /// One more. `labels` in the counter's own order, empty where it has fewer.
    pub(crate) fn count(&self, counter: Counter, labels: [&'static str; 2]) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.entry((counter, labels)).or_default() += 1;
    }

    /// How long a request of this endpoint took.
    pub(crate) fn took(&self, endpoint: &'static str, time: Duration) {
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let durations = durations.entry(endpoint).or_default();
        durations.count += 1;
        durations.sum += time.as_secs_f64();
        for (class, bound) in durations.classes.iter_mut().zip(BOUNDS) {
            if time <= Duration::from_millis(bound) {
                *class += 1;
            }
        }
    }

    /// A connection was opened; it is closed when what is returned is dropped.
    pub(crate) fn opened(self: &std::sync::Arc<Self>) -> Open {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(std::sync::Arc::clone(self))
    }

    /// The whole text.
    pub(crate) fn text(&self, ready: bool) -> String {
        let mut text = String::with_capacity(8 * 1024);
        let _ = self.write(&mut text, ready);
        text
    }

    fn write(&self, text: &mut String, ready: bool) -> std::fmt::Result {
        for (name, help, value) in [
            (
                "ready",
                "Whether the provider's description is known.",
                i64::from(ready),
            ),
            (
                "connections",
                "Connections open now.",
                self.open.load(Ordering::Relaxed),
            ),
        ] {
            writeln!(
                text,
                "# HELP pli_relay_{name} {help}\n# TYPE pli_relay_{name} gauge\npli_relay_{name} {value}"
            )?;
        }
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for counter in Counter::ALL {
            let (name, help, names) = counter.about();
            writeln!(text, "# HELP pli_relay_{name} {help}\n# TYPE pli_relay_{name} counter")?;
            if names.is_empty() {
                let value = counters.get(&(counter, ["", ""])).copied().unwrap_or_default();
                writeln!(text, "pli_relay_{name} {value}")?;
                continue;
            }
            for ((_, values), count) in counters.iter().filter(|((of, _), _)| *of == counter) {
                let labels: Vec<_> = names
                    .iter()
                    .zip(values)
                    .map(|(name, value)| format!("{name}=\"{value}\""))
                    .collect();
                writeln!(text, "pli_relay_{name}{{{}}} {count}", labels.join(","))?;
            }
        }
        let durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let name = "pli_relay_request_seconds";
        writeln!(text, "# HELP {name} Time to answer.\n# TYPE {name} histogram")?;
        for (endpoint, durations) in &durations {
            for (class, bound) in durations.classes.iter().zip(BOUNDS) {
                let bound = Duration::from_millis(bound).as_secs_f64();
                writeln!(text, "{name}_bucket{{endpoint=\"{endpoint}\",le=\"{bound}\"}} {class}")?;
            }
            let Durations { count, sum, .. } = durations;
            writeln!(text, "{name}_bucket{{endpoint=\"{endpoint}\",le=\"+Inf\"}} {count}")?;
            writeln!(text, "{name}_sum{{endpoint=\"{endpoint}\"}} {sum}")?;
            writeln!(text, "{name}_count{{endpoint=\"{endpoint}\"}} {count}")?;
        }
        Ok(())
    }
}

/// A connection that is open.
pub(crate) struct Open(std::sync::Arc<Metrics>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
