//! A profile with a journal, a policy that names a collector, and the collector.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pli_engine::{CollectorView, Engine, Home, Options};
use pli_operator::{Collector, CollectorOptions, Pki, SyslogLine};
use pli_trace::{Action, Filter, PAGE_LIMIT, Record};
use tempfile::TempDir;

/// How long something that must happen is waited for: not a bound on how long it may take.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    pub(crate) pki: Pki,
    pub(crate) collector: Collector,
}

impl Bench {
    pub(crate) fn start() -> Self {
        Self::start_with(CollectorOptions::default())
    }

    pub(crate) fn start_with(options: CollectorOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::new("http://127.0.0.1:1/none.crl").unwrap();
        let collector = Collector::start_with(dir.path(), &pki, options).unwrap();
        let bench = Self { dir, pki, collector };
        bench.set_policy(&bench.collector.policy());
        bench
    }

    pub(crate) fn set_policy(&self, text: &str) {
        std::fs::write(self.dir.path().join("policy.toml"), text).unwrap();
    }

    /// An engine with its vault open, which follows its policy by itself.
    pub(crate) async fn engine(&self) -> Engine {
        let mut options = Options::new(|_| true);
        options.keyring = false;
        options.passphrase_file = None;
        options.policy = Some(self.dir.path().join("policy.toml"));
        let engine = Engine::start(Home::at(self.dir.path().join("profile")), options).unwrap();
        engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
        engine
    }

    /// What the collector has of each trace, by number: its messages in order of first arrival.
    pub(crate) fn received(&self) -> BTreeMap<u64, Vec<SyslogLine>> {
        let mut received: BTreeMap<u64, Vec<SyslogLine>> = BTreeMap::new();
        for line in self.collector.records().unwrap() {
            let parts = received.entry(line.sequence().unwrap()).or_default();
            // Sent again: the same but for the process that sent it.
            if !parts.iter().any(|known| known.trace("part") == line.trace("part")) {
                parts.push(line);
            }
        }
        received
    }

    /// Waits until the collector has confirmed every trace, what the journal says of the sending itself included.
    pub(crate) async fn until_all_there(&self, engine: &Engine) -> Vec<Record> {
        until("every trace confirmed", async || {
            let seen = view(engine).await;
            let goes = seen.trouble.is_none() && seen.last_confirmed.is_some();
            goes && seen.waiting == 0
                && records(engine)
                    .await
                    .iter()
                    .any(|record| record.entry.action == Action::Collector)
        })
        .await;
        let records = records(engine).await;
        let received = self.received();
        for record in &records {
            assert!(
                received.contains_key(&record.sequence.0),
                "confirmed and not there: {record:?}"
            );
        }
        records
    }
}

/// Every trace of the journal, oldest first.
pub(crate) async fn records(engine: &Engine) -> Vec<Record> {
    let filter = Filter {
        intentions: true,
        ..Filter::default()
    };
    let mut records = Vec::new();
    loop {
        let page = engine
            .journal_list(filter.clone(), records.len() as u64, PAGE_LIMIT)
            .await
            .unwrap();
        if page.traces.is_empty() {
            break;
        }
        records.extend(page.traces.into_iter().map(|trace| trace.record));
    }
    records.sort_by_key(|record: &Record| record.sequence);
    // A page moved on while the journal grew.
    records.dedup_by_key(|record| record.sequence);
    records
}

pub(crate) async fn view(engine: &Engine) -> CollectorView {
    engine.journal_settings().await.unwrap().collector.unwrap()
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
