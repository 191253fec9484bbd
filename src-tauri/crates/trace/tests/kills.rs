//! A process killed at any moment loses nothing that it was told is written.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod sample;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use pli_trace::{Journal, Sequence};
use ring::digest::{Context, SHA256};
use sample::{InFile, KEY, entry_at, intention};

/// In this variable, the folder in which a child writes.
const FOLDER: &str = "PLI_TRACE_KILLED";
/// Six hours from a trace to the next: a month is 120 traces.
const STEP: i64 = 21_600_000;

fn open(dir: &Path) -> Journal {
    let place = Arc::new(InFile(dir.join("secret")));
    Journal::open(&dir.join("journal"), &KEY, place).unwrap()
}

fn random(below: u64) -> u64 {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).unwrap();
    u64::from_le_bytes(octets) % below
}

/// Writes until it is killed: alone, in batches, over the ends of months, and says after each what was acknowledged.
fn write(dir: &Path) -> ! {
    let journal = open(dir);
    let mut out = std::io::stdout();
    loop {
        let head = journal.head().unwrap().sequence as u32;
        let count = if random(3) == 0 { 1 + random(60) as u32 } else { 1 };
        let entries: Vec<_> = (1..=count)
            .map(|number| {
                let after = i64::from(head + number) * STEP;
                let mut entry = entry_at(head + number, after);
                if random(4) == 0 {
                    entry = intention(head + number, u64::from(head + number));
                    entry.at = sample::at(sample::BEGAN + after);
                }
                entry
            })
            .collect();
        let last = journal.append_batch(&entries).unwrap().pop().unwrap();
        writeln!(out, "{last}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_kills_at_random_moments() {
    if let Some(dir) = std::env::var_os(FOLDER) {
        write(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let (mut checked, mut previous, mut unclean) = (0, None, 0);
    for round in 0..40 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "what_was_acknowledged_survives_kills_at_random_moments",
                "--nocapture",
            ])
            .env(FOLDER, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            // The test runner's own words come first; a last line may be cut.
            lines
                .map_while(Result::ok)
                .filter_map(|line| line.trim().parse::<u64>().ok())
                .inspect(|_| {
                    let _ = tell.send(());
                })
                .max()
        });
        // One of two once it writes, however long its start takes here; the other at any moment of its start too.
        if round % 2 == 0 {
            told.recv().unwrap();
            std::thread::sleep(Duration::from_millis(random(160)));
        } else {
            std::thread::sleep(Duration::from_millis(20 + random(180)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = reader.join().unwrap().unwrap_or_default();
        let journal = open(dir.path());
        unclean += u32::from(!journal.opened().clean());
        let head = journal.head().unwrap().sequence;
        assert!(
            head >= acknowledged,
            "round {round}: {acknowledged} was acknowledged, {head} is the last"
        );
        // Every trace since the last look is there and hangs on the one before it.
        while checked < head {
            for record in journal.after(Sequence(checked), 1000).unwrap() {
                checked += 1;
                assert_eq!(record.sequence, Sequence(checked));
                assert!(previous.is_none_or(|hash| hash == record.previous));
                let mut context = Context::new(&SHA256);
                context.update(&record.previous);
                context.update(record.canonical());
                assert_eq!(context.finish().as_ref(), record.hash);
                previous = Some(record.hash);
            }
        }
        let found = journal.verify(|_, _| {}).unwrap();
        assert_eq!(found.problem, None, "round {round}");
    }
    assert!(
        checked > 100 && unclean > 10,
        "{checked} traces, {unclean} kills in the middle"
    );
    assert!(sample::periods(&dir.path().join("journal")).len() > 1);
}
