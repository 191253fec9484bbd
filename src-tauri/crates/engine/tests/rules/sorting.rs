//! Sorting by sender, by subject, by attachment.

use pli_engine::{RulesSet, SortRule, SortThen, SortWhen};

use crate::common::MARTIN;
use crate::stage::{LABO, Stage, letter};

fn rule(name: &str, when: SortWhen, then: SortThen) -> SortRule {
    SortRule {
        id: String::new(),
        name: name.to_owned(),
        when,
        then,
        enabled: true,
    }
}

fn into(folder: &str) -> SortThen {
    SortThen::Folder(folder.to_owned())
}

fn mixed(name: &str) -> Vec<u8> {
    let text = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nVoir la pièce.\r\n--b\r\nContent-Type: application/pdf{name}\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--"
    );
    let headers = ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"];
    letter(
        "x@beta.mssante.test",
        MARTIN,
        &format!("Pièce {}", name.len()),
        &headers,
        &text,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_few_ways_that_practices_use_sort_real_mail() {
    let stage = Stage::start().await;
    let sender = |text: &str| SortWhen::Sender(text.to_owned());
    let subject = |text: &str| SortWhen::SubjectPrefix(text.to_owned());
    let sort = vec![
        rule("Le labo", sender(LABO), into("Laboratoire \"été\" \\ 1")),
        rule("Astérisque", subject("**[CR] ?\\"), into("Comptes rendus")),
        rule("Drapeau", subject("Urgent"), SortThen::Flag),
        rule("Patients", sender("@patient.mssante.test"), into("Patients")),
        rule("Pièces", SortWhen::HasAttachment, into("Pièces jointes")),
        rule("Injection", subject("\"; discard; #"), into("\"; discard; #")),
        SortRule {
            enabled: false,
            ..rule("Éteinte", subject(""), into("Nulle part"))
        },
    ];
    let refused = stage
        .engine
        .rules_set(
            stage.account,
            RulesSet {
                sort: sort.clone(),
                ..RulesSet::default()
            },
        )
        .await;
    assert!(refused.is_err(), "a beginning that is nothing begins everything");
    let set = RulesSet {
        sort: sort[..6].to_vec(),
        ..RulesSet::default()
    };
    let rules = stage.set(set).await;
    let same = |read: &SortRule, typed: &SortRule| {
        (&read.name, &read.when, &read.then) == (&typed.name, &typed.when, &typed.then)
    };
    assert!(
        rules.sort.iter().zip(&sort).all(|(read, typed)| same(read, typed)),
        "{:?}",
        rules.sort
    );

    let operator = &stage.bench.operator;
    let plain = |from: &str, subject: &str| letter(from, MARTIN, subject, &[], "Bonjour.");
    for (from, raw) in [
        (LABO, plain(LABO, "Urgent : résultats")),
        ("x@beta.mssante.test", plain("x@beta.mssante.test", "**[cr] ?\\ du 3")),
        ("x@beta.mssante.test", plain("x@beta.mssante.test", "xx[CR] ab du 3")),
        ("x@beta.mssante.test", plain("x@beta.mssante.test", "URGENT")),
        ("p@patient.mssante.test", plain("p@patient.mssante.test", "Question")),
        (
            "p@faux.patient.mssante.test",
            plain("p@faux.patient.mssante.test", "Question"),
        ),
        ("x@beta.mssante.test", mixed("; name=\"a.pdf\"")),
        (
            "x@beta.mssante.test",
            mixed("\r\nContent-Disposition: attachment; filename=\"a.pdf\""),
        ),
        (
            "x@beta.mssante.test",
            plain("x@beta.mssante.test", "\"; discard; # quoi"),
        ),
    ] {
        operator.deliver(from, MARTIN, &raw).unwrap();
    }
    operator.settle().unwrap();
    let count = |folder: &str| stage.folder(MARTIN, folder).len();
    assert_eq!(count("Laboratoire \"été\" \\ 1"), 1);
    assert_eq!(count("Comptes rendus"), 1);
    assert_eq!(count("Patients"), 1);
    assert_eq!(count("Pièces jointes"), 2);
    assert_eq!(count("\"; discard; #"), 1);
    assert_eq!(count("INBOX"), 3, "what nothing sorts stays");
    let mut mailbox = operator.mailbox(MARTIN).unwrap();
    let flagged = |flags: &[String]| flags.iter().any(|flag| flag == "\\Flagged");
    let in_labo = mailbox.flags("Laboratoire \"été\" \\ 1").unwrap();
    assert!(flagged(&in_labo[0].1), "sorted and flagged");
    let in_inbox = mailbox.flags("INBOX").unwrap();
    assert_eq!(in_inbox.iter().filter(|(_, flags)| flagged(flags)).count(), 1);
    stage.engine.stop().await;
}
