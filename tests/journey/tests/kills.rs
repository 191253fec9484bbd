//! Killed at fifty moments of sync and send: the store opens, nothing is missing against the server, nothing was sent twice.

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::{LEROY, MARTIN, Stage};

/// A generator of our own, so that a failure can be played again: the seed is in the message.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// Starts `pli` and kills it after a delay; gives whether it had ended by itself before.
fn cut(stage: &Stage, arguments: &[&str], after: Duration) -> bool {
    let mut child = stage
        .pli("martin", arguments)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap().is_some();
    let _ = child.kill();
    child.wait().unwrap();
    ended
}

#[test]
fn fifty_kills_lose_nothing_and_send_nothing_twice() {
    let seed = 0x9e37_79b9_7f4a_7c15;
    let mut chance = Chance(seed);
    let stage = Stage::new(true);
    stage.add("martin", MARTIN);

    // Twenty-five during the first sync. How long a whole one takes is learnt beside, so that the kills spread over it.
    stage.add("mesure", MARTIN);
    let started = Instant::now();
    stage.run("mesure", &["sync"]);
    let whole = started.elapsed().as_millis() as u64;
    for _ in 0..25 {
        cut(&stage, &["sync"], Duration::from_millis(chance.next(whole)));
    }

    // Twenty-five while sending.
    let letter = stage.letter("lettre.txt", "Une lettre et une seule.\n");
    let started = Instant::now();
    stage.run(
        "martin",
        &["send", "--to", LEROY, "--subject", "Témoin", "--text-file", &letter],
    );
    let whole = started.elapsed().as_millis() as u64;
    for number in 0..25 {
        let subject = format!("Coupure-{number:02}");
        let send = ["send", "--to", LEROY, "--subject", &subject, "--text-file", &letter];
        cut(&stage, &send, Duration::from_millis(chance.next(whole)));
    }
    // What was cut resumes; what is not known is looked for on the server. Then every report has come back.
    for _ in 0..3 {
        stage.output("martin", &["sync"]);
    }
    stage.operator.settle().unwrap();
    stage.run("martin", &["sync"]);
    stage.operator.settle().unwrap();
    stage.run("martin", &["sync"]);
    stage.run("martin", &["traces", "verify"]);

    let mut martin = stage.operator.mailbox(MARTIN).unwrap();
    for folder in martin.folders().unwrap() {
        if folder
            .attributes
            .iter()
            .any(|attribute| attribute.eq_ignore_ascii_case("\\Noselect"))
        {
            continue;
        }
        let there = martin.messages(&folder.name).unwrap().len();
        let name = folder.name.replace('/', " / ");
        let here = stage
            .json("martin", &["list", "--folder", &name, "--limit", "500"])
            .len();
        assert_eq!(here, there.min(500), "{name}, seed {seed:#x}");
    }

    let entries = stage.json("martin", &["outbox", "list"]);
    let mut leroy = stage.operator.mailbox(LEROY).unwrap();
    let received = leroy.messages("INBOX").unwrap();
    let mut seen = BTreeSet::new();
    for message in &received {
        let raw = String::from_utf8_lossy(&message.raw).into_owned();
        let id = raw
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("message-id:").map(str::to_owned));
        if raw.contains("Coupure-") {
            assert!(seen.insert(id.clone()), "{id:?} was sent twice, seed {seed:#x}");
        }
    }
    for entry in &entries {
        let id = entry["messageId"].as_str().unwrap();
        let copies = stage.copies(LEROY, id);
        match entry["state"].as_str().unwrap() {
            "accepted" => assert_eq!(copies, 1, "{entry}, seed {seed:#x}"),
            "unknown" => assert!(copies <= 1, "{entry}, seed {seed:#x}"),
            "cancelled" => assert_eq!(copies, 0, "{entry}, seed {seed:#x}"),
            other => panic!("{other} after everything was resumed: {entry}, seed {seed:#x}"),
        }
    }
    assert!(entries.len() > 5, "some kills came after the message was queued");
}
