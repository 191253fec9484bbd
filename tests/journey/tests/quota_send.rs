//! `pli send` from a box without room, or of a letter that is too large: what the operator would refuse is told before, and
//! nothing of it waits (EX_GBM_4470, MSS/va1.13).

mod common;

use std::process::Output;
use std::time::Duration;

use common::{LEROY, MARTIN, Stage};
use pli_operator::{BoxQuota, Mailbox};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(180);

/// Fills a box with so many KiB.
fn fill(mailbox: &mut Mailbox, name: &str, kib: usize) {
    let mut raw = format!(
        "From: labo@beta.mssante.test\r\nTo: {MARTIN}\r\nSubject: {name}\r\nMessage-ID: <{name}@beta.mssante.test>\r\n\r\n"
    );
    while raw.len() < kib * 1024 {
        raw.push_str("Une ligne de soixante-dix octets ou presque, pour peser son poids.\r\n");
    }
    mailbox.append("INBOX", &["\\Seen"], raw.as_bytes()).unwrap();
}

fn send(stage: &Stage, subject: &str, more: &[&str]) -> Output {
    let text = stage.letter("lettre.txt", "Cher confrère,\n\nMerci de votre avis.\n");
    let mut words = vec!["send", "--to", LEROY, "--subject", subject, "--text-file", &text];
    words.extend(more);
    stage.output("martin", &words)
}

/// A refusal that was told before anything left: nothing waits, and no draft stays.
fn refused(stage: &Stage, subject: &str, more: &[&str]) -> Value {
    let output = send(stage, subject, &[more, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    for list in [["outbox", "list"], ["drafts", "list"]] {
        let left = stage.json("martin", &list);
        let of_it = left
            .iter()
            .filter(|entry| entry["subject"] == subject && entry["state"] != "cancelled");
        assert_eq!(of_it.count(), 0, "{left:?}");
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn arrives(stage: &Stage, subject: &str) {
    let mut leroy = stage.operator.mailbox(LEROY).unwrap();
    let found = leroy
        .wait_for("INBOX", &format!("SUBJECT {subject}"), PATIENCE)
        .unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn a_full_box_is_told_before_and_may_be_tried_all_the_same() {
    let stage = Stage::new(false);
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    fill(&mut mailbox, "vieille", 500);
    stage.operator.set_quota(MARTIN, &BoxQuota::storage(400)).unwrap();
    stage.add("martin", MARTIN);

    // Nothing is known of its room yet: it is asked before the letter leaves.
    let failure = refused(&stage, "Premiere", &[]);
    assert_eq!(
        (&failure["code"], &failure["about"]),
        (&"quotaExceeded".into(), &MARTIN.into()),
        "{failure}"
    );
    let output = send(&stage, "Premiere", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for word in [
        "pleine",
        "Rien n'est parti",
        "votre texte est intact",
        "pli space",
        "--even-if-full",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    // Without the network, by what was last read.
    stage.operator.pause().unwrap();
    let failure = refused(&stage, "Deuxieme", &["--no-wait"]);
    assert_eq!(failure["code"], "quotaExceeded", "{failure}");
    let output = send(&stage, "Deuxieme", &["--no-wait"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("dernière lecture") && said.contains("pli quota --read"),
        "{said}"
    );
    stage.operator.resume().unwrap();

    // This operator takes it all the same: whoever says so is believed.
    let output = send(&stage, "Troisieme", &["--even-if-full"]);
    assert!(output.status.success(), "{output:?}");
    arrives(&stage, "Troisieme");

    // Somebody makes room by another program, a moment after it was read: that counts.
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    for uid in mailbox.search("INBOX", "ALL").unwrap() {
        mailbox.delete("INBOX", uid).unwrap();
    }
    let output = send(&stage, "Quatrieme", &[]);
    assert!(output.status.success(), "{output:?}");
    arrives(&stage, "Quatrieme");
}

#[test]
fn a_letter_too_big_for_the_room_left_or_for_the_operator_is_told_before() {
    let stage = Stage::new(false);
    let file = |name: &str, mib: usize| {
        let path = stage.path(name);
        std::fs::write(&path, vec![7; mib << 20]).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (small, large) = (file("radio.jpg", 2), file("scanner.dcm", 16));
    stage.operator.set_quota(MARTIN, &BoxQuota::storage(2_000)).unwrap();
    stage.add("martin", MARTIN);
    let failure = refused(&stage, "Radio", &["--attach", &small]);
    assert_eq!(failure["code"], "noRoomLeft", "{failure}");
    assert!(
        failure["about"].as_str().unwrap().contains("2,0 Mo libres"),
        "{failure}"
    );
    let output = send(&stage, "Radio", &["--attach", &small]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("pas assez de place") && said.contains("--even-if-full"),
        "{said}"
    );
    let output = send(&stage, "Sans", &[]);
    assert!(output.status.success(), "a letter that fits leaves: {output:?}");
    arrives(&stage, "Sans");
    let output = send(&stage, "Radio", &["--attach", &small, "--even-if-full"]);
    assert!(output.status.success(), "{output:?}");
    arrives(&stage, "Radio");

    // The operator's bound is another thing: nothing goes past it, and it is asked before the first large letter.
    let failure = refused(&stage, "Scanner", &["--attach", &large, "--even-if-full"]);
    assert_eq!(failure["code"], "tooLarge", "{failure}");
    assert!(failure["about"].as_str().unwrap().ends_with("sur 20,9 Mo"), "{failure}");
}
