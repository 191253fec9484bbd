//! How long traces are kept (EX_GDT_5070): the settings, the policy, expiry by a clock that is believed, and seals.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};
use pli_engine::{Clock, Engine, EngineError, Home, JournalSet, Options};
use pli_trace::{Action, AtEnd, Filter};

const PHRASE: &str = "une phrase de passe";
const PATIENCE: Duration = Duration::from_secs(180);

/// A clock that a test sets, and that says whether it is synchronised.
#[derive(Clone)]
struct Hands {
    now: Arc<Mutex<(Timestamp, Option<bool>)>>,
}

impl Hands {
    fn at(text: &str, synchronised: Option<bool>) -> Self {
        Self {
            now: Arc::new(Mutex::new((text.parse().unwrap(), synchronised))),
        }
    }

    fn set(&self, text: &str, synchronised: Option<bool>) {
        *self.now.lock().unwrap() = (text.parse().unwrap(), synchronised);
    }
}

impl Clock for Hands {
    fn zoned(&self) -> Zoned {
        let mut now = self.now.lock().unwrap();
        // Two traces never bear the same time.
        now.0 += SignedDuration::from_millis(1);
        now.0.in_tz("Europe/Paris").unwrap()
    }

    fn synchronised(&self) -> Option<bool> {
        self.now.lock().unwrap().1
    }
}

fn options(clock: &Hands, policy: Option<&Path>) -> Options {
    let mut options = Options::new(|_| true);
    options.keyring = false;
    options.passphrase_file = None;
    options.background = false;
    options.clock = Arc::new(clock.clone());
    options.policy = policy.map(Path::to_owned);
    options.local = None;
    options
}

async fn open(dir: &Path, clock: &Hands, policy: Option<&Path>) -> Engine {
    let engine = Engine::start(Home::at(dir.join("profile")), options(clock, policy)).unwrap();
    engine.vault_open(Some(PHRASE.into())).await.unwrap();
    engine
}

async fn traced(engine: &Engine, action: Action) -> u64 {
    let filter = Filter {
        action: Some(action),
        ..Filter::default()
    };
    engine.journal_list(filter, 0, 1).await.unwrap().total
}

fn set(months: u32) -> JournalSet {
    JournalSet {
        months,
        technical_months: 6,
        at_end: AtEnd::Destroy,
    }
}

/// Waits until the journal holds this many expiries.
async fn expired(engine: &Engine, count: u64) {
    let began = Instant::now();
    while traced(engine, Action::JournalPrune).await < count {
        assert!(began.elapsed() < PATIENCE, "nothing expired");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_months_unless_somebody_says_otherwise_and_each_change_is_traced() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Hands::at("2026-11-22T08:00:00Z", Some(true));
    let engine = open(dir.path(), &clock, None).await;
    let usual = engine.journal_settings().await.unwrap();
    assert_eq!(
        (usual.months, usual.technical_months, usual.at_end),
        (6, 6, AtEnd::Destroy)
    );
    assert!(!usual.months_fixed && !usual.technical_fixed && !usual.at_end_fixed && !usual.in_keyring);
    let end = usual.first_at.unwrap().in_tz("Europe/Paris").unwrap() + 6.months();
    assert_eq!(usual.next_expiry, Some(end.timestamp()));
    for months in [0, 241] {
        let refused = engine.journal_set(set(months)).await.unwrap_err();
        assert!(matches!(refused, EngineError::OutOfRange(_)), "{refused}");
    }
    let chosen = JournalSet {
        months: 240,
        technical_months: 12,
        at_end: AtEnd::Anonymise,
    };
    let kept = engine.journal_set(chosen).await.unwrap();
    assert_eq!(
        (kept.months, kept.technical_months, kept.at_end),
        (240, 12, AtEnd::Anonymise)
    );
    assert_eq!(traced(&engine, Action::Settings).await, 1);
    engine.stop().await;
    let engine = open(dir.path(), &clock, None).await;
    let again = engine.journal_settings().await.unwrap();
    assert_eq!((again.months, again.technical_months), (240, 12));
    assert_eq!(
        again.fingerprint, usual.fingerprint,
        "the key is the journal's for ever"
    );
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_policy_fixes_nobody_changes() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "[traces]\nmonths = 12\nat_end = \"anonymise\"\n").unwrap();
    let clock = Hands::at("2026-11-22T08:00:00Z", Some(true));
    let engine = open(dir.path(), &clock, Some(&policy)).await;
    let fixed = engine.journal_settings().await.unwrap();
    assert_eq!((fixed.months, fixed.at_end), (12, AtEnd::Anonymise));
    assert!(fixed.months_fixed && fixed.at_end_fixed && !fixed.technical_fixed);
    let refused = engine.journal_set(set(6)).await.unwrap_err();
    assert!(matches!(refused, EngineError::FixedByPolicy(_)), "{refused}");
    let refused = engine
        .journal_prune("2026-11-01T00:00:00Z".parse().unwrap(), AtEnd::Anonymise)
        .await;
    assert!(
        matches!(refused.unwrap_err(), EngineError::FixedByPolicy(_)),
        "kept as long as it says"
    );
    let allowed = JournalSet {
        months: 12,
        technical_months: 9,
        at_end: AtEnd::Anonymise,
    };
    assert_eq!(engine.journal_set(allowed).await.unwrap().technical_months, 9);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reaches_its_end_goes_by_itself_and_the_rest_still_proves_itself() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Hands::at("2026-01-10T08:00:00Z", Some(true));
    let engine = open(dir.path(), &clock, None).await;
    engine.journal_set(set(1)).await.unwrap();
    engine.stop().await;
    // Two months on, a new day begins; the first hour's look comes as soon as the settings are touched.
    clock.set("2026-03-15T08:00:00Z", Some(true));
    let engine = open(dir.path(), &clock, None).await;
    assert_eq!(
        engine
            .journal_settings()
            .await
            .unwrap()
            .first_at
            .unwrap()
            .to_string()
            .get(..10),
        Some("2026-01-10")
    );
    engine.journal_set(set(1)).await.unwrap();
    expired(&engine, 1).await;
    let verified = engine.journal_verify().await.unwrap();
    assert_eq!(verified.found.problem, None);
    assert!(verified.found.pruned > 0 && verified.found.unsealed == 0);
    let first = engine.journal_settings().await.unwrap().first_at.unwrap();
    assert!(first >= "2026-03-15T08:00:00Z".parse().unwrap(), "{first}");
    engine.stop().await;
    let engine = open(dir.path(), &clock, None).await;
    assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_nobody_vouches_for_destroys_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Hands::at("2026-01-10T08:00:00Z", Some(true));
    let engine = open(dir.path(), &clock, None).await;
    let before = engine.journal_list(Filter::default(), 0, 1).await.unwrap().total;
    engine.stop().await;
    for unsure in [Some(false), None] {
        clock.set("2046-01-10T08:00:00Z", unsure);
        let engine = open(dir.path(), &clock, None).await;
        engine.journal_set(set(6)).await.unwrap();
        assert!(engine.journal_settings().await.unwrap().expiry_waits);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = engine.journal_list(Filter::default(), 0, 1).await.unwrap().total;
        assert!(now > before, "nothing went");
        assert_eq!(traced(&engine, Action::JournalPrune).await, 0);
        engine.stop().await;
    }
    // The clock comes back: the jump shows, and the journal proves itself still.
    clock.set("2026-01-11T08:00:00Z", Some(true));
    let engine = open(dir.path(), &clock, None).await;
    let verified = engine.journal_verify().await.unwrap();
    assert_eq!(verified.found.problem, None);
    assert!(!verified.found.clock_set_back.is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_on_demand_shows_its_plan_first_and_refuses_the_future() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Hands::at("2026-05-02T08:00:00Z", None);
    let engine = open(dir.path(), &clock, None).await;
    engine.stop().await;
    clock.set("2026-05-20T08:00:00Z", None);
    let engine = open(dir.path(), &clock, None).await;
    let refused = engine.journal_prune_plan("2026-06-01T00:00:00Z".parse().unwrap()).await;
    assert!(matches!(refused.unwrap_err(), EngineError::OutOfRange(_)));
    let before = "2026-05-10T00:00:00Z".parse().unwrap();
    let plan = engine.journal_prune_plan(before).await.unwrap();
    assert!(plan.count > 0);
    let pruned = engine.journal_prune(before, AtEnd::Destroy).await.unwrap();
    assert_eq!(pruned.count, plan.count, "exactly the plan");
    assert_eq!(engine.journal_prune_plan(before).await.unwrap().count, 0);
    assert_eq!(traced(&engine, Action::JournalPrune).await, 1);
    assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_sealed_when_it_is_put_away() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Hands::at("2026-05-02T08:00:00Z", None);
    let engine = open(dir.path(), &clock, None).await;
    let home = engine.home().clone();
    engine.stop().await;
    // An older copy of the whole folder is put back: the secret's place knows of a later seal.
    let copy = dir.path().join("copy");
    copied(&home.journal(), &copy);
    let engine = open(dir.path(), &clock, None).await;
    assert!(traced(&engine, Action::Start).await >= 2);
    engine.stop().await;
    std::fs::remove_dir_all(home.journal()).unwrap();
    copied(&copy, &home.journal());
    let engine = open(dir.path(), &clock, None).await;
    let verified = engine.journal_verify().await.unwrap();
    assert!(verified.found.problem.is_some(), "{verified:?}");
    engine.stop().await;
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
