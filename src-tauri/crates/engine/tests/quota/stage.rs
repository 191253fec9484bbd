//! What these tests share: an engine whose clock can be moved, a box of a given room, letters of a given weight.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Zoned};
use pli_engine::{Clock, Engine, Home, Options, QuotaLevel, QuotaWarning};
use pli_store::AccountId;

use crate::common::{Bench, MARTIN, add};

/// The workstation's clock, so many seconds ahead.
#[derive(Default)]
pub(crate) struct Moved(AtomicI64);

impl Moved {
    pub(crate) fn by(&self, span: SignedDuration) {
        self.0.fetch_add(span.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for Moved {
    fn zoned(&self) -> Zoned {
        Zoned::now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) async fn engine_at(bench: &Bench, clock: &Arc<Moved>, policy: Option<&str>) -> Engine {
    let mut options = Options::new(|_| true);
    options.clock = Arc::<Moved>::clone(clock);
    options.background = false;
    options.undo = Duration::ZERO;
    options.keyring = false;
    options.passphrase_file = None;
    options.local = Some(bench.local());
    options.policy = policy.map(|text| {
        let path = bench.dir.path().join("policy.toml");
        std::fs::write(&path, text).unwrap();
        path
    });
    let engine = Engine::start(Home::at(bench.dir.path().join("profile")), options).unwrap();
    engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
    engine
}

pub(crate) async fn ready(bench: &Bench) -> (Engine, AccountId, Arc<Moved>) {
    let clock = Arc::<Moved>::default();
    let engine = engine_at(bench, &clock, None).await;
    bench.log_in(&engine).await;
    let account = add(&engine, MARTIN).await.id;
    (engine, account, clock)
}

/// A letter of exactly so many octets.
pub(crate) fn letter_of(subject: &str, octets: usize) -> Vec<u8> {
    let mut letter = crate::common::letter(subject, "");
    let line = "Une ligne de soixante-dix octets ou presque, pour peser son poids.\r\n";
    while letter.len() + line.len() <= octets {
        letter.extend(line.as_bytes());
    }
    let rest = octets.saturating_sub(letter.len());
    if rest >= 2 {
        letter.extend(std::iter::repeat_n(b'x', rest - 2));
        letter.extend(b"\r\n");
    }
    letter
}

/// Another client fills a box with letters of this weight, until it holds `octets` or the server refuses; whether it did.
pub(crate) fn fill(bench: &Bench, address: &str, until: u64, each: usize, name: &str) -> bool {
    let mut mailbox = bench.operator.mailbox(address).unwrap();
    for n in 0.. {
        if used(bench, address) + each as u64 > until {
            return false;
        }
        if let Err(error) = mailbox.append("INBOX", &["\\Seen"], &letter_of(&format!("{name} {n}"), each)) {
            assert!(error.to_string().contains("OVERQUOTA"), "{error}");
            return true;
        }
    }
    unreachable!()
}

/// Octets used, as another client is told.
pub(crate) fn used(bench: &Bench, address: &str) -> u64 {
    let told = bench
        .operator
        .mailbox(address)
        .unwrap()
        .raw_command("GETQUOTAROOT INBOX")
        .unwrap();
    let told = told.join(" ");
    let (_, after) = told.split_once("STORAGE ").unwrap();
    let kib: u64 = after.split(' ').next().unwrap().parse().unwrap();
    kib * 1024
}

/// The warning that stands, and what is told of it for the first time.
pub(crate) async fn warnings(engine: &Engine) -> (Option<QuotaLevel>, Option<QuotaLevel>) {
    let standing = engine.quota_warnings().await.unwrap();
    let told = engine.quota_tell().await.unwrap();
    let level = |all: &[QuotaWarning]| {
        assert!(all.len() <= 1, "{all:?}");
        all.first().map(|warning| warning.level)
    };
    (level(&standing), level(&told))
}
