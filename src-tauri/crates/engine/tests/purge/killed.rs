//! The program that purges is really killed, twenty times, while another client adds, moves, flags, marks and deletes in the
//! same folder: exactly the plan goes, nothing else, and the journal has one record for each deletion.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Zoned};
use pli_engine::{Clock, Engine, Event, Home, Options};
use pli_operator::{Mailbox, boxes};
use pli_store::{PurgeId, PurgeState, PurgeStep};
use pli_terms::NationalId;
use pli_tls::local::LocalOperator;
use pli_trace::Outcome;

use crate::common::{Bench, MARTIN};
use crate::stage::{SCOPE, SENT, deletions, fill, letter, name, ready, records, seed, there};

/// Says to the child which profile, operator and token are its own: three lines.
const CHILD: &str = "PLI_PURGE_TEST_CHILD";

/// Sent messages that are to be purged.
const OLD: usize = 10_000;

/// How often the process is killed.
const KILLS: usize = 20;

/// A clock that tests set forward.
#[derive(Default)]
pub(crate) struct Hours(AtomicI64);

impl Hours {
    pub(crate) fn advance(&self, hours: i64) {
        self.0.fetch_add(hours, Ordering::SeqCst);
    }
}

impl Clock for Hours {
    fn zoned(&self) -> Zoned {
        Zoned::now() + SignedDuration::from_hours(self.0.load(Ordering::SeqCst))
    }
}

/// A small generator: the same steps at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// Runs in the child: goes on with the purge that runs, and says what it does.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_purges_until_it_is_killed() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let told: Vec<&str> = told.lines().collect();
    let mut options = Options::new(|_| true);
    options.background = false;
    options.keyring = false;
    options.passphrase_file = None;
    options.local = Some(LocalOperator::from_file(told[1].as_ref()).unwrap());
    let engine = Engine::start(Home::at(told[0]), options).unwrap();
    engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
    let id = NationalId::parse(boxes::DR_MARTIN).unwrap();
    engine
        .adopt_session(id, "Claire MARTIN", told[2].to_owned().into())
        .await;
    let purge = PurgeId::from_raw(told[3].parse().unwrap());
    let mut events = engine.subscribe();
    engine.purge_start(purge).await.unwrap();
    println!("child: begun");
    let waiting = engine.clone();
    let end = tokio::spawn(async move { waiting.purge_wait(purge).await.unwrap() });
    while !end.is_finished() {
        let told = tokio::time::timeout(Duration::from_millis(20), events.recv()).await;
        if let Ok(Ok(Event::Purge { done, .. })) = told {
            println!("child: further {done}");
        }
    }
    println!("child: ended {:?}", end.await.unwrap().state);
    engine.stop().await;
}

fn program(told: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["killed::child_that_purges_until_it_is_killed", "--exact", "--nocapture"])
        .env(CHILD, told)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    program
}

/// Starts the child, and answers once it has got as far as told: begun, or one batch further. False when it has ended.
fn child(told: &str, further: bool) -> (Child, bool) {
    let mut child = program(told).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut seen = 0;
    for line in output.lines() {
        let line = line.unwrap();
        if line.contains("child: ended") {
            return (child, false);
        }
        if line.contains("child: begun") && !further {
            return (child, true);
        }
        if line.contains("child: further") {
            seen += 1;
            // The first tells where it was.
            if further && seen >= 2 {
                return (child, true);
            }
        }
    }
    panic!("the child ended without a word: {:?}", child.wait());
}

/// What the other client did, as the server confirmed it.
#[derive(Debug, Default)]
struct Deeds {
    added: BTreeSet<String>,
    deleted: BTreeSet<String>,
    moved: BTreeSet<String>,
    flagged: BTreeSet<String>,
    /// Marked `\Deleted` and left so.
    marked: BTreeSet<String>,
}

/// Whether the server did it: it says no when the message has just gone.
fn asked(mailbox: &mut Mailbox, command: &str) -> bool {
    match mailbox.raw_command(command) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.to_string().contains("EXPUNGEISSUED"), "{error}");
            false
        }
    }
}

/// The other client: until told to stop, it adds, moves, flags, marks and deletes, among what is planned and what is not.
fn disturb(mut mailbox: Mailbox, uids: BTreeMap<String, u32>, stop: &AtomicBool, deeds: &Mutex<Deeds>) {
    let mut dice = Dice(7);
    let names: Vec<String> = uids.keys().cloned().collect();
    let mut touched: BTreeSet<String> = BTreeSet::new();
    let mut round = 0;
    while !stop.load(Ordering::SeqCst) {
        round += 1;
        let name = names[dice.below(names.len())].clone();
        let uid = uids[&name];
        // Each message meets one fate, so that what is found at the end can be told.
        if !touched.insert(name.clone()) {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        mailbox.raw_command(&format!("SELECT {SENT}")).unwrap();
        match dice.below(6) {
            0 => {
                let added = format!("ajout-{round}");
                mailbox.append(SENT, &["\\Seen"], &letter(&added)).unwrap();
                deeds.lock().unwrap().added.insert(added);
                touched.remove(&name);
            }
            1 => {
                if asked(&mut mailbox, &format!("UID STORE {uid} +FLAGS.SILENT (\\Flagged)")) {
                    deeds.lock().unwrap().flagged.insert(name);
                }
            }
            2 => {
                asked(
                    &mut mailbox,
                    &format!("UID STORE {uid} FLAGS.SILENT (\\Seen \\Answered)"),
                );
            }
            3 => {
                deeds.lock().unwrap().deleted.insert(name);
                asked(&mut mailbox, &format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"));
                asked(&mut mailbox, &format!("UID EXPUNGE {uid}"));
            }
            4 => {
                deeds.lock().unwrap().moved.insert(name);
                asked(&mut mailbox, &format!("UID MOVE {uid} Archive"));
            }
            _ => {
                if asked(&mut mailbox, &format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")) {
                    deeds.lock().unwrap().marked.insert(name);
                }
            }
        }
        std::thread::sleep(Duration::from_millis(4));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_beside_another_client_exactly_the_plan_goes() {
    let bench = Bench::start(false);
    fill(&bench.operator, OLD, 400);
    let kept: Vec<_> = (0..100)
        .map(|n| seed(SENT, &format!("etoile-{n}"), 50, &["\\Seen", "\\Flagged"]))
        .collect();
    bench.operator.seed(MARTIN, &kept).unwrap();
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
    assert_eq!(plan.count as usize, OLD);
    let planned: BTreeSet<String> = engine.purge_rows(plan.id).await.unwrap().iter().map(name).collect();
    engine.stop().await;
    drop(engine);

    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    let before = there(&mut other, SENT);
    let uids: BTreeMap<String, u32> = before.iter().map(|(name, (uid, _))| (name.clone(), *uid)).collect();
    let (stop, deeds) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Deeds::default())));
    let disturber = {
        let (stop, deeds, uids) = (Arc::clone(&stop), Arc::clone(&deeds), uids.clone());
        std::thread::spawn(move || disturb(other, uids, &stop, &deeds))
    };
    let token = bench.operator.token_for(boxes::DR_MARTIN, 3600).unwrap();
    let told = format!(
        "{}\n{}\n{token}\n{}",
        bench.dir.path().join("profile").display(),
        bench.operator.info().dir.join("operator.json").display(),
        plan.id
    );
    let mut dice = Dice(11);
    for kill in 0..KILLS {
        // Every third one gets a whole batch done first; the others die on their way to, or in the middle of, their first.
        let (mut child, alive) = child(&told, kill % 3 == 0);
        assert!(alive, "the purge was over before kill {kill}: nothing was shown");
        std::thread::sleep(Duration::from_millis(dice.below(400) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(program(&told).status().unwrap().success());
    stop.store(true, Ordering::SeqCst);
    disturber.join().unwrap();
    let deeds = Arc::try_unwrap(deeds).unwrap().into_inner().unwrap();

    let engine = bench.engine(false).await;
    let purge = engine.purge_get(plan.id).await.unwrap();
    assert_eq!((purge.state, purge.left), (PurgeState::Done, 0), "{purge:?}");
    let rows = engine.purge_rows(plan.id).await.unwrap();
    let by = |step: PurgeStep| -> BTreeSet<String> { rows.iter().filter(|row| row.step == step).map(name).collect() };
    let (gone, absent, spared) = (by(PurgeStep::Gone), by(PurgeStep::Absent), by(PurgeStep::Spared));
    assert_eq!(gone.len() + absent.len() + spared.len(), OLD);
    eprintln!(
        "gone {}, already gone {}, spared {:?}; the other client: {} added, {} flagged, {} deleted, {} moved, {} marked",
        gone.len(),
        absent.len(),
        purge.spared,
        deeds.added.len(),
        deeds.flagged.len(),
        deeds.deleted.len(),
        deeds.moved.len(),
        deeds.marked.len()
    );
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    let after = there(&mut other, SENT);
    let archived = there(&mut other, "Archive");
    let taken = |name: &String| deeds.deleted.contains(name) || archived.contains_key(name);
    // Nothing that was not planned has gone, but by the other's own hand; and its marks are still there.
    for name in before
        .keys()
        .filter(|name| !planned.contains(*name))
        .chain(&deeds.added)
    {
        assert!(
            after.contains_key(name) || taken(name),
            "{name} was not planned, and is gone"
        );
        if deeds.marked.contains(name) {
            assert!(
                after[name].1.contains("\\Deleted"),
                "{name}: a mark that was not ours is gone"
            );
        }
    }
    // Of the plan, exactly what was not spared has gone.
    for name in &planned {
        let there = after.contains_key(name);
        assert_eq!(there, spared.contains(name) && !taken(name), "{name}");
        if there && !deeds.marked.contains(name) {
            assert!(!after[name].1.contains("\\Deleted"), "{name}: our mark was left on it");
        }
    }
    assert!(
        spared
            .iter()
            .all(|name| deeds.flagged.contains(name) || before.contains_key(name))
    );
    assert!(
        absent.iter().all(|name| taken(name) || deeds.moved.contains(name)),
        "what was gone already was taken by the other"
    );
    // One record for each deletion, each begun and ended once.
    let records = records(&engine).await;
    let told = deletions(&records);
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), gone);
    assert!(told.values().all(|times| *times == 1), "a deletion is told twice");
    let mut exchanges: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for record in &records {
        let counts = exchanges.entry(record.entry.exchange.unwrap().0).or_default();
        match record.entry.outcome {
            Outcome::Intended => counts.0 += 1,
            _ => counts.1 += 1,
        }
    }
    let odd: Vec<_> = exchanges.values().filter(|counts| **counts != (1, 1)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    engine.stop().await;
}

/// An engine that follows its BALs goes on by itself with what a death cut.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_death_cut_goes_on_by_itself_when_the_profile_opens() {
    let bench = Bench::start(false);
    fill(&bench.operator, 1_500, 5);
    let engine = bench.logged_in(false).await;
    let account = ready(&bench, &engine).await;
    engine.stop().await;
    drop(engine);
    // A death that comes when all is gone already cuts nothing: a larger purge is killed then.
    let (mut size, mut tries) = (1_500, 0);
    let plan = loop {
        let engine = bench.logged_in(false).await;
        engine.sync_and_wait(Some(account)).await.unwrap();
        let plan = engine.purge_plan(account, SCOPE, false).await.unwrap();
        assert_eq!(plan.count, size);
        engine.stop().await;
        drop(engine);
        let token = bench.operator.token_for(boxes::DR_MARTIN, 3600).unwrap();
        let told = format!(
            "{}\n{}\n{token}\n{}",
            bench.dir.path().join("profile").display(),
            bench.operator.info().dir.join("operator.json").display(),
            plan.id
        );
        let (mut child, _) = child(&told, true);
        child.kill().unwrap();
        child.wait().unwrap();
        // In an engine that does nothing by itself it is nobody's: stopped, as far as anybody can see.
        let engine = bench.logged_in(false).await;
        let state = engine.purge_get(plan.id).await.unwrap().state;
        engine.stop().await;
        if state != PurgeState::Done {
            assert_eq!(state, PurgeState::Stopped);
            break plan.id;
        }
        tries += 1;
        assert!(tries < 4, "no death came in time");
        size *= 2;
        fill(&bench.operator, size as usize, 0);
    };
    let engine = bench.logged_in(true).await;
    let done = engine.purge_wait(plan).await.unwrap();
    assert_eq!(
        (done.state, done.done + done.already_gone),
        (PurgeState::Done, size),
        "{done:?}"
    );
    let mut other = bench.operator.mailbox(MARTIN).unwrap();
    assert_eq!(there(&mut other, SENT).len(), 5);
    engine.stop().await;
}
