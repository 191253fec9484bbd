//! Boxes of a running operator: who opens what, delivery, quota, pausing.

use std::time::Duration;

use pli_operator::{Error, Operator, Options, Seed, boxes};

const MARTIN: &str = "dr.martin@alpha.mssante.test";

#[test]
fn mail_is_delivered_seeded_and_survives_a_pause() {
    let operator = Operator::start(Options::default()).expect("started");
    let mut mailbox = operator.mailbox(MARTIN).expect("opened");
    assert_eq!(mailbox.count("INBOX").expect("counted"), 0);
    let names: Vec<String> = mailbox.folders().expect("listed").into_iter().map(|folder| folder.name).collect();
    for name in ["INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive"] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }

    let raw = b"Message-ID: <un@essai>\r\nSubject: essai\r\n\r\n.point\r\n";
    operator.deliver("labo@beta.mssante.test", MARTIN, raw).expect("handed over");
    let found = mailbox.wait_for("INBOX", "HEADER Message-ID un@essai", Duration::from_secs(20)).expect("delivered");
    assert!(found[0].raw.ends_with(b"\r\n\r\n.point\r\n"));

    let seed = Seed {
        folder: "Archive/Année 2025".to_owned(),
        flags: vec!["\\Seen".to_owned(), "$Forwarded".to_owned()],
        internal_date_unix: 1_750_000_000,
        raw: b"Message-ID: <deux@essai>\n\nTexte\n".to_vec(),
    };
    operator.seed(MARTIN, &[seed]).expect("seeded");
    operator.pause().expect("paused");
    assert!(matches!(operator.mailbox(MARTIN), Err(Error::Io { .. })), "nothing answers");
    operator.resume().expect("resumed");
    let mut mailbox = operator.mailbox(MARTIN).expect("opened again");
    assert_eq!(mailbox.count("INBOX").expect("counted"), 1);
    let seeded = mailbox.messages("Archive/Année 2025").expect("fetched");
    assert_eq!(seeded.len(), 1);
    assert!(seeded[0].flags.contains(&"\\Seen".to_owned()) && seeded[0].flags.contains(&"$Forwarded".to_owned()));
    assert_eq!(seeded[0].internal_date, "15-Jun-2025 15:06:40 +0000");
    drop(operator.token(boxes::DR_MARTIN).expect("a token"));
}
