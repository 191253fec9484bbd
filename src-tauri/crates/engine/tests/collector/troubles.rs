//! The collector is away, is another, stands still, or is killed: nothing is lost, and nothing else waits.

use std::time::Duration;

use pli_engine::pli_trace::{Action, Outcome, Record};
use pli_engine::{CollectorTrouble, Engine};
use pli_operator::pki::{LeafOptions, Validity};
use pli_operator::{Collector, CollectorOptions};

use super::bench::{Bench, records, until, view};
use super::fields::{act, compare};

/// What the journal itself says of the sending: verb, and what failed.
fn told(records: &[Record]) -> Vec<(String, String)> {
    records
        .iter()
        .filter(|record| record.entry.action == Action::Collector)
        .map(|record| {
            let what = match &record.entry.outcome {
                Outcome::Failed { what } => what.as_str().to_owned(),
                _ => String::new(),
            };
            (record.entry.request.verb.as_str().to_owned(), what)
        })
        .collect()
}

async fn until_trouble(engine: &Engine, trouble: CollectorTrouble) {
    until("the trouble that is expected", async || {
        view(engine).await.trouble == Some(trouble)
    })
    .await;
}

fn all_arrived(bench: &Bench, records: &[Record]) {
    let received = bench.received();
    for record in records {
        compare(record, &received[&record.sequence.0][0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_goes_and_comes_back_has_everything_and_the_journal_says_it_once() {
    let mut bench = Bench::start();
    bench.collector.stop();
    let engine = bench.engine().await;
    until_trouble(&engine, CollectorTrouble::Unreachable).await;
    act(&engine).await;
    // Several tries more.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(
        told(&records(&engine).await),
        [("SEND".to_owned(), "connect".to_owned())]
    );
    assert!(view(&engine).await.waiting > 0);
    bench.collector.begin().unwrap();
    let records = bench.until_all_there(&engine).await;
    all_arrived(&bench, &records);
    let said = told(&records);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[1], ("BEGIN FROM 1".to_owned(), String::new()));

    // Killed, and the sender killed meanwhile: the trouble is known across runs, and its end is said.
    bench.collector.kill();
    act(&engine).await;
    until_trouble(&engine, CollectorTrouble::Unreachable).await;
    engine.stop().await;
    let engine = bench.engine().await;
    assert_eq!(view(&engine).await.trouble, Some(CollectorTrouble::Unreachable));
    bench.collector.begin().unwrap();
    let records = bench.until_all_there(&engine).await;
    all_arrived(&bench, &records);
    let said = told(&records);
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[3].0.starts_with("GO ON FROM "), "{said:?}");
    assert_eq!(view(&engine).await.trouble, None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_to_another_than_the_policys_collector() {
    let mut bench = Bench::start();
    let usual = Collector::usual_certificate();
    for (certificate, code) in [
        (
            LeafOptions {
                names: vec!["ailleurs.alpha.mssante.test".to_owned()],
                ..usual.clone()
            },
            "tls_name",
        ),
        (
            LeafOptions {
                validity: Validity::Expired,
                ..usual.clone()
            },
            "tls_expired",
        ),
        (
            LeafOptions {
                other_root: true,
                ..usual.clone()
            },
            "tls_unknown_issuer",
        ),
    ] {
        bench.collector.set_certificate(&bench.pki, certificate).unwrap();
        let engine = bench.engine().await;
        until_trouble(&engine, CollectorTrouble::Refused).await;
        let said = told(&records(&engine).await);
        // The same trouble is said once, across runs.
        assert_eq!(said.len(), 1, "{said:?} for {code}");
        engine.stop().await;
    }
    assert!(bench.collector.raw().unwrap().is_empty());
    // A file that the policy names is not there.
    let missing = bench.collector.policy().replace("collector-ca.crt", "absent.crt");
    bench.set_policy(&missing);
    let engine = bench.engine().await;
    until_trouble(&engine, CollectorTrouble::Settings).await;
    engine.stop().await;
    bench.set_policy(&bench.collector.policy());
    bench.collector.set_certificate(&bench.pki, usual).unwrap();
    let engine = bench.engine().await;
    let records = bench.until_all_there(&engine).await;
    all_arrived(&bench, &records);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_stands_still_keeps_nothing_from_going_on() {
    let bench = Bench::start();
    let engine = bench.engine().await;
    bench.until_all_there(&engine).await;
    bench.collector.freeze();
    act(&engine).await;
    let before = records(&engine).await.len();
    // Its connection hangs by now; the journal, its verification and its settings go on.
    tokio::time::sleep(Duration::from_secs(5)).await;
    for _ in 0..3 {
        act(&engine).await;
    }
    assert!(records(&engine).await.len() > before);
    assert!(engine.journal_verify().await.unwrap().found.problem.is_none());
    assert!(view(&engine).await.waiting > 0);
    // So does the end of the program: its place is where the collector last confirmed.
    engine.stop().await;
    bench.collector.thaw();
    let engine = bench.engine().await;
    let records = bench.until_all_there(&engine).await;
    all_arrived(&bench, &records);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workstations_certificate_is_shown_to_a_collector_that_asks() {
    let bench = Bench::start_with(CollectorOptions {
        asks_certificate: true,
        ..CollectorOptions::default()
    });
    let engine = bench.engine().await;
    let records = bench.until_all_there(&engine).await;
    all_arrived(&bench, &records);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_in_the_policy_nothing_is_sent_and_nothing_is_said() {
    let bench = Bench::start();
    bench.set_policy("[lock]\nminutes = 10\n");
    let engine = bench.engine().await;
    act(&engine).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(engine.journal_settings().await.unwrap().collector, None);
    assert_eq!(told(&records(&engine).await), []);
    assert!(bench.collector.raw().unwrap().is_empty());
    engine.stop().await;
}
