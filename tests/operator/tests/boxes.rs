//! Boxes of a running operator: who opens what, delivery, quota, pausing.

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

use std::time::Duration;

use pli_operator::{BoxQuota, Error, Operator, Options, Seed, boxes};

const MARTIN: &str = "dr.martin@alpha.mssante.test";

#[test]
fn mail_is_delivered_seeded_and_survives_a_pause() {
    let operator = Operator::start(Options::default()).expect("started");
    let mut mailbox = operator.mailbox(MARTIN).expect("opened");
    assert_eq!(mailbox.count("INBOX").expect("counted"), 0);
    let names: Vec<String> = mailbox
        .folders()
        .expect("listed")
        .into_iter()
        .map(|folder| folder.name)
        .collect();
    for name in ["INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive"] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }

    let raw = b"Message-ID: <un@essai>\r\nSubject: essai\r\n\r\n.point\r\n";
    operator
        .deliver("labo@beta.mssante.test", MARTIN, raw)
        .expect("handed over");
    let found = mailbox
        .wait_for("INBOX", "HEADER Message-ID un@essai", Duration::from_secs(180))
        .expect("delivered");
    assert!(found[0].raw.ends_with(b"\r\n\r\n.point\r\n"));

    let seed = Seed {
        folder: "Archive/Année 2025".to_owned(),
        flags: vec!["\\Seen".to_owned(), "$Forwarded".to_owned()],
        internal_date_unix: 1_750_000_000,
        raw: b"Message-ID: <deux@essai>\n\nTexte\n".to_vec(),
    };
    operator.seed(MARTIN, &[seed]).expect("seeded");
    operator.pause().expect("paused");
    assert!(
        matches!(operator.mailbox(MARTIN), Err(Error::Io { .. })),
        "nothing answers"
    );
    operator.resume().expect("resumed");
    let mut mailbox = operator.mailbox(MARTIN).expect("opened again");
    assert_eq!(mailbox.count("INBOX").expect("counted"), 1);
    let seeded = mailbox.messages("Archive/Année 2025").expect("fetched");
    assert_eq!(seeded.len(), 1);
    assert!(seeded[0].flags.contains(&"\\Seen".to_owned()) && seeded[0].flags.contains(&"$Forwarded".to_owned()));
    assert_eq!(seeded[0].internal_date, "15-Jun-2025 15:06:40 +0000");
    drop(operator.token(boxes::DR_MARTIN).expect("a token"));
}

#[test]
fn the_sample_mail_is_served_as_it_is() {
    let now = 1_790_000_000;
    let operator = Operator::start(Options {
        samples: true,
        samples_now_unix: Some(now),
        ..Options::default()
    })
    .expect("started");
    assert!(!pli_samples::for_box(MARTIN, now).is_empty());
    for address in boxes::BOXES.into_iter().filter(|address| *address != boxes::FULL) {
        let mut samples = pli_samples::for_box(address, now);
        let mut mailbox = operator.mailbox(address).expect("opened");
        samples.sort_by_key(|sample| sample.internal_date_unix);
        let mut folders: Vec<String> = samples.iter().map(|sample| sample.folder.clone()).collect();
        folders.sort();
        folders.dedup();
        let known: Vec<String> = mailbox
            .folders()
            .expect("listed")
            .into_iter()
            .map(|folder| folder.name)
            .collect();
        for folder in folders {
            assert!(known.contains(&folder), "{folder} in {known:?}");
            let expected: Vec<_> = samples.iter().filter(|sample| sample.folder == folder).collect();
            let served = mailbox.messages(&folder).expect("fetched");
            assert_eq!(served.len(), expected.len(), "{address} {folder}");
            for (message, sample) in served.iter().zip(expected) {
                let (mut here, mut there) = (message.flags.clone(), sample.flags.clone());
                here.sort();
                there.sort();
                assert_eq!(here, there, "{address} {folder}");
                // IMAP knows lines ended by CR LF only: a bare LF reaches the client as both.
                assert_eq!(with_crlf(&message.raw), with_crlf(&sample.raw), "{address} {folder}");
            }
        }
    }
}

fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for line in raw.split(|octet| *octet == b'\n') {
        lines.extend(line.strip_suffix(b"\r").unwrap_or(line));
        lines.extend(b"\r\n");
    }
    lines
}

#[test]
fn a_box_holds_what_it_is_told_from_the_next_connection_on() {
    let operator = Operator::start(Options::default()).expect("started");
    let told = |address: &str| {
        let mut mailbox = operator.mailbox(address).expect("a mailbox");
        mailbox.raw_command("GETQUOTAROOT INBOX").expect("answered").join(" ")
    };
    let leroy = "dr.leroy@alpha.mssante.test";
    assert!(told(leroy).contains("STORAGE 0 512000"), "{}", told(leroy));
    let quota = BoxQuota {
        messages: Some(10),
        ..BoxQuota::storage(64)
    };
    operator.set_quota(leroy, &quota).expect("set");
    assert!(told(leroy).contains("STORAGE 0 64"), "{}", told(leroy));
    assert!(told(leroy).contains("MESSAGE 0 10"), "{}", told(leroy));
    let two = BoxQuota {
        second: Some((1000, 2000)),
        ..BoxQuota::storage(32)
    };
    operator.set_quota(leroy, &two).expect("set");
    let both = told(leroy);
    assert!(
        both.contains("STORAGE 0 32") && both.contains("STORAGE 0 1000"),
        "{both}"
    );
    operator.set_quota(leroy, &BoxQuota::default()).expect("set");
    assert!(!told(leroy).contains("STORAGE 0 32"), "{}", told(leroy));
    let untold = BoxQuota {
        untold: true,
        ..BoxQuota::default()
    };
    operator.set_quota(leroy, &untold).expect("set");
    let mut mailbox = operator.mailbox(leroy).expect("a mailbox");
    let offered = mailbox.raw_command("CAPABILITY").expect("answered").join(" ");
    assert!(!offered.contains("QUOTA"), "{offered}");
}
