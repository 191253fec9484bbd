//! `pli rules` on a real server: an automatic reply and a redirection that the operator really sends, and somebody else's
//! script left as it is (EX_GBM_4471, EX_GBM_4480).

mod common;

use std::time::Duration;

use common::{LABO, LEROY, MARTIN, Stage};

const PATIENCE: Duration = Duration::from_secs(180);

fn deliver(stage: &Stage, name: &str) {
    let raw = format!(
        "From: {LABO}\r\nTo: {MARTIN}\r\nSubject: {name}\r\nMessage-ID: <{name}@beta.mssante.test>\r\n\r\nBonjour.\r\n"
    );
    stage.operator.deliver(LABO, MARTIN, raw.as_bytes()).unwrap();
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    mailbox.wait_for("INBOX", &format!("SUBJECT {name}"), PATIENCE).unwrap();
    stage.operator.settle().unwrap();
}

#[test]
fn a_correspondent_is_answered_while_the_owner_is_away_and_no_longer() {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    let shown = stage.json("martin", &["rules", "show"]).remove(0);
    assert_eq!(
        (&shown["support"]["is"], &shown["answer"]),
        (&"yes".into(), &serde_json::Value::Null)
    );
    let text = stage.letter("absence.txt", "Je suis absente jusqu'à lundi.\n");
    let set = stage
        .json(
            "martin",
            &["rules", "answer", "--text-file", &text, "--subject", "Absence"],
        )
        .remove(0);
    assert_eq!(
        (&set["answer"]["enabled"], &set["standing"]["is"]),
        (&true.into(), &"ours".into()),
        "{set}"
    );

    deliver(&stage, "premiere");
    let mut labo = stage.operator.mailbox(LABO).unwrap();
    let replies = labo.wait_for("INBOX", "SUBJECT Absence", PATIENCE).unwrap();
    assert_eq!(replies.len(), 1);
    let reply = String::from_utf8_lossy(&replies[0].raw).into_owned();
    assert!(reply.to_lowercase().contains("auto-submitted: auto-replied"), "{reply}");

    let stopped = stage.json("martin", &["rules", "answer", "--stop"]).remove(0);
    assert_eq!(stopped["answer"]["enabled"], false, "{stopped}");
    // Another correspondent, who would get one for the first time.
    let raw = format!(
        "From: {LEROY}\r\nTo: {MARTIN}\r\nSubject: seconde\r\nMessage-ID: <seconde@x.test>\r\n\r\nBonjour.\r\n"
    );
    stage.operator.deliver(LEROY, MARTIN, raw.as_bytes()).unwrap();
    stage.operator.settle().unwrap();
    let mut leroy = stage.operator.mailbox(LEROY).unwrap();
    assert_eq!(leroy.count("INBOX").unwrap(), 0, "nobody is answered any more");
}

#[test]
fn a_redirection_asks_for_the_persons_word_and_keeps_a_copy() {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    let refused = stage.output("martin", &["rules", "redirect", LEROY, "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("redirectUnconfirmed"),
        "{refused:?}"
    );
    let outside = stage.output(
        "martin",
        &["rules", "redirect", "moi@exemple.fr", "--same-person", "--json"],
    );
    assert_eq!(outside.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&outside.stderr).contains("redirectTarget"),
        "{outside:?}"
    );

    let set = stage
        .json("martin", &["rules", "redirect", LEROY, "--same-person"])
        .remove(0);
    assert_eq!(
        (&set["redirect"]["to"], &set["redirect"]["keepCopy"]),
        (&LEROY.into(), &true.into()),
        "{set}"
    );
    deliver(&stage, "transmise");
    let mut leroy = stage.operator.mailbox(LEROY).unwrap();
    assert_eq!(leroy.wait_for("INBOX", "SUBJECT transmise", PATIENCE).unwrap().len(), 1);
    let stopped = stage.json("martin", &["rules", "redirect", "--stop"]).remove(0);
    assert_eq!(stopped["redirect"]["enabled"], false, "{stopped}");
}

#[test]
fn somebody_elses_script_is_shown_and_left_as_it_is() {
    let stage = Stage::new(false);
    let theirs = b"require [\"fileinto\"];\r\nif header :contains \"subject\" \"pub\" { discard; }\r\n";
    let mut scripts = stage.operator.scripts(MARTIN).unwrap();
    scripts.put("theirs", theirs).unwrap();
    scripts.activate(Some("theirs")).unwrap();
    stage.add("martin", MARTIN);
    let shown = stage.json("martin", &["rules", "show"]).remove(0);
    assert_eq!(
        (&shown["standing"]["is"], &shown["standing"]["name"]),
        (&"foreignAlone".into(), &"theirs".into()),
        "{shown}"
    );
    let text = stage.letter("absence.txt", "Absente.\n");
    let refused = stage.output("martin", &["rules", "answer", "--text-file", &text]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("Elles n'ont pas été modifiées"), "{said}");
    assert_eq!(scripts.get("theirs").unwrap(), theirs);
    assert_eq!(scripts.list().unwrap(), [("theirs".to_owned(), true)]);

    // Asked for, ours runs beside, and theirs is as it was.
    let both = ["rules", "answer", "--text-file", &text, "--include"];
    let set = stage.json("martin", &both).remove(0);
    assert_eq!(set["standing"]["is"], "included", "{set}");
    assert_eq!(scripts.get("theirs").unwrap(), theirs);
}
