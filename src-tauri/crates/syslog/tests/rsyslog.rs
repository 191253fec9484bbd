//! A real rsyslog: what is confirmed is in its file, whatever happens to it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::{connector, frames, hasty, pki, sender};
use pli_operator::pki::{LeafOptions, Validity};
use pli_operator::{Collector, CollectorOptions};
use pli_syslog::SyslogError;
use pli_tls::{ClientIdentity, Refusal};

fn refusal(outcome: Result<(), SyslogError>) -> Refusal {
    match outcome.unwrap_err() {
        SyslogError::Tls(error) => error.refusal().unwrap_or_else(|| panic!("{error}")),
        other => panic!("{other}"),
    }
}

fn numbers(collector: &Collector) -> Vec<u64> {
    let records = collector.records().unwrap();
    records.iter().map(|record| record.sequence().unwrap()).collect()
}

#[tokio::test]
async fn what_is_confirmed_is_written_already() {
    let (dir, pki) = (tempfile::tempdir().unwrap(), pki());
    let mut collector = Collector::start(dir.path(), &pki).unwrap();
    let sender = sender(collector.port(), connector(pki.root_pem(), None));
    let mut next = 1;
    for count in [1, 2, 500, 5000] {
        sender.deliver(&frames(next..next + count)).await.unwrap();
        next += count;
        // Killed at once: nothing more is written after the confirmation.
        collector.kill();
        assert_eq!(numbers(&collector), (1..next).collect::<Vec<_>>());
        collector.begin().unwrap();
    }
    sender.deliver(&[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_killed_at_any_moment_has_every_number_in_order_of_first_arrival() {
    const BATCH: u64 = 400;
    const COUNT: u64 = 8_000;
    let (dir, pki) = (tempfile::tempdir().unwrap(), pki());
    let mut collector = Collector::start(dir.path(), &pki).unwrap();
    let sender = sender(collector.port(), connector(pki.root_pem(), None)).with_patience(hasty());
    let (begun, wait_for_begin) = std::sync::mpsc::channel::<()>();
    let killer = std::thread::spawn(move || {
        let mut kills = 0;
        while wait_for_begin.recv().is_ok() {
            let random = getrandom();
            // One batch of two arrives in peace; the other is cut in its handshake, in its messages or at its end.
            if random.is_multiple_of(2) {
                std::thread::sleep(Duration::from_micros(u64::from(random / 2 % 40_000)));
                collector.kill();
                kills += 1;
                std::thread::sleep(Duration::from_millis(u64::from(random / 2 % 40)));
                collector.begin().unwrap();
            }
            // What began meanwhile began without us.
            while wait_for_begin.try_recv().is_ok() {}
        }
        (collector, kills)
    });
    let (mut next, mut failures, mut cut) = (1_u64, 0, 0);
    // Once a collector is in trouble, the last batch that it had confirmed is sent again too.
    let mut before = 1_u64;
    // Until a few were cut while they flowed, too.
    while next <= COUNT || (cut < 3 && next <= 5 * COUNT) {
        let batch = frames(next..next + BATCH);
        begun.send(()).unwrap();
        match sender.deliver(&batch).await {
            Ok(()) => (before, next) = (next, next + BATCH),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                failures += 1;
                next = before;
                let flowed = matches!(error, SyslogError::Interrupted { .. } | SyslogError::EndedEarly);
                cut += u32::from(flowed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(begun);
    let (collector, kills) = killer.join().unwrap();
    let mut seen = BTreeSet::new();
    let all = numbers(&collector);
    let first: Vec<u64> = all.iter().copied().filter(|number| seen.insert(*number)).collect();
    let missing: Vec<u64> = (1..next).filter(|number| !seen.contains(number)).collect();
    assert!(
        missing.is_empty(),
        "{} numbers are missing, {:?} to {:?}; {kills} kills, {failures} failures",
        missing.len(),
        missing.first(),
        missing.last()
    );
    assert!(first.is_sorted(), "first arrivals are in another order");
    println!(
        "{kills} kills, {failures} batches sent again, {cut} of them cut while they flowed: {} lines for {} numbers",
        all.len(),
        next - 1
    );
}

/// Without a crate for it: the address of what is allocated, and the time, differ each time.
fn getrandom() -> u32 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::time::Instant::now()) as u32
}

#[tokio::test]
async fn a_collector_that_is_frozen_confirms_nothing_and_has_it_later() {
    let (dir, pki) = (tempfile::tempdir().unwrap(), pki());
    let collector = Collector::start(dir.path(), &pki).unwrap();
    let hurried = sender(collector.port(), connector(pki.root_pem(), None)).with_patience(hasty());
    // Frozen while it reads: the handshake is made before, by nobody but it.
    let stalled = {
        let sending = hurried.clone();
        let batch = frames(1..20_000);
        let sending = tokio::spawn(async move { sending.deliver(&batch).await });
        tokio::time::sleep(Duration::from_millis(60)).await;
        collector.freeze();
        sending.await.unwrap()
    };
    // It may have been frozen in its handshake, which has a patience of its own.
    if let Err(error) = &stalled {
        assert!(error.is_transient(), "{error}");
    }
    collector.thaw();
    hurried
        .clone()
        .with_patience(pli_syslog::Patience::default())
        .deliver(&frames(1..300))
        .await
        .unwrap();
    let seen: BTreeSet<u64> = numbers(&collector).into_iter().collect();
    assert!((1..300).all(|number| seen.contains(&number)));
}

#[tokio::test]
async fn only_the_collector_that_the_authority_certifies_gets_anything() {
    let (dir, pki) = (tempfile::tempdir().unwrap(), pki());
    let mut collector = Collector::start(dir.path(), &pki).unwrap();
    let right = sender(collector.port(), connector(pki.root_pem(), None));
    let elsewhere = common::pki();
    let wrong = sender(collector.port(), connector(elsewhere.root_pem(), None));
    assert_eq!(refusal(wrong.deliver(&frames([1])).await), Refusal::UnknownIssuer);

    let usual = Collector::usual_certificate();
    for (certificate, expected) in [
        (
            LeafOptions {
                names: vec!["ailleurs.alpha.mssante.test".to_owned()],
                ..usual.clone()
            },
            Refusal::Name,
        ),
        (
            LeafOptions {
                validity: Validity::Expired,
                ..usual.clone()
            },
            Refusal::Expired,
        ),
        (
            LeafOptions {
                validity: Validity::NotYet,
                ..usual.clone()
            },
            Refusal::NotYetValid,
        ),
        (
            LeafOptions {
                other_root: true,
                ..usual.clone()
            },
            Refusal::UnknownIssuer,
        ),
        (
            // Its list is served by nobody.
            LeafOptions {
                without_crl_url: false,
                ..usual.clone()
            },
            Refusal::RevocationUnknown,
        ),
        (
            LeafOptions {
                client: true,
                ..usual.clone()
            },
            Refusal::WrongUsage,
        ),
    ] {
        collector.set_certificate(&pki, certificate).unwrap();
        assert_eq!(refusal(right.deliver(&frames([1])).await), expected);
    }
    assert!(collector.raw().unwrap().is_empty(), "not one octet of a trace left");
    collector.set_certificate(&pki, usual).unwrap();
    right.deliver(&frames([1])).await.unwrap();
    assert_eq!(numbers(&collector), [1]);

    collector.stop();
    let nobody = right.deliver(&frames([2])).await.unwrap_err();
    assert!(
        matches!(nobody, SyslogError::Connect(_)) && nobody.is_transient(),
        "{nobody}"
    );
    let unknown = pli_syslog::Sender::new("collecteur.invalid", 6514, connector(pki.root_pem(), None));
    assert_eq!(unknown.deliver(&[]).await.unwrap_err().code(), "resolve");
}

#[tokio::test]
async fn a_collector_that_asks_for_certificates_gets_the_workstations() {
    let (dir, pki) = (tempfile::tempdir().unwrap(), pki());
    let options = CollectorOptions {
        asks_certificate: true,
        ..CollectorOptions::default()
    };
    let collector = Collector::start_with(dir.path(), &pki, options).unwrap();
    let (certificate, key) = collector.sender_files();
    let (certificate, key) = (std::fs::read(certificate).unwrap(), std::fs::read(key).unwrap());
    let identity = ClientIdentity::from_pem(&certificate, &key).unwrap();
    let known = sender(collector.port(), connector(pki.root_pem(), Some(identity)));
    known.deliver(&frames(1..=20)).await.unwrap();
    assert_eq!(numbers(&collector), (1..=20).collect::<Vec<_>>());

    let unknown = sender(collector.port(), connector(pki.root_pem(), None));
    let refused = unknown.deliver(&frames(21..=40)).await.unwrap_err();
    println!("without a certificate: {refused}");
    let stranger = pki
        .leaf(LeafOptions {
            names: vec!["inconnu.alpha.mssante.test".to_owned()],
            client: true,
            without_crl_url: true,
            ..LeafOptions::default()
        })
        .unwrap();
    let stranger = ClientIdentity::from_pem(stranger.chain_pem().as_bytes(), stranger.key_pem.as_bytes()).unwrap();
    let stranger = sender(collector.port(), connector(pki.root_pem(), Some(stranger)));
    let refused = stranger.deliver(&frames(41..=60)).await.unwrap_err();
    println!("with another's certificate: {refused}");
    assert_eq!(numbers(&collector), (1..=20).collect::<Vec<_>>());
}
