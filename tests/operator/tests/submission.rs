//! Sending: one answer per recipient, reports (RFC 3461, RFC 3464), and no way out.

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

mod common;

use std::time::Duration;

use common::{s_client, xoauth2};
use pli_operator::{Operator, Options, boxes};

const MARTIN: &str = "dr.martin@alpha.mssante.test";
const LEROY: &str = "dr.leroy@alpha.mssante.test";
const PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn each_recipient_has_a_fate_of_its_own() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    let token = operator.token(boxes::DR_MARTIN).expect("a token");
    let recipients = [
        LEROY,
        "labo@beta.mssante.test",
        "271087511405174@patient.mssante.test",
        boxes::FULL,
        "inconnu@beta.mssante.test",
        "inconnu@alpha.mssante.test",
        "quelquun@dehors.test",
    ];
    let rcpt: String = recipients
        .iter()
        .map(|to| format!("RCPT TO:<{to}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{to}\n"))
        .collect();
    let commands = format!(
        "EHLO poste\nAUTH XOAUTH2 {}\nMAIL FROM:<{LEROY}>\nRSET\nMAIL FROM:<{MARTIN}> RET=HDRS ENVID=essai-1\n{rcpt}DATA\n\
         Message-ID: <trois@essai>\nFrom: {MARTIN}\nSubject: essai\n\nBonjour\n.\nQUIT\n",
        xoauth2(MARTIN, &token)
    );
    for (port, manner) in [(info.ports.submissions, None), (info.ports.submission, Some("smtp"))] {
        let starttls: Vec<&str> = manner.into_iter().flat_map(|manner| ["-starttls", manner]).collect();
        let (_, text) = s_client(info, port, &[&["-quiet", "-crlf"], &starttls[..]].concat(), &commands);
        for offer in ["SIZE 20971520", "DSN", "8BITMIME", "SMTPUTF8", "XOAUTH2"] {
            assert!(text.contains(offer), "{offer} in {text}");
        }
        assert!(text.contains("235 2.7.0"), "{text}");
        assert_eq!(text.matches("250 2.1.5 Ok").count(), 5, "{text}");
        assert!(text.contains("550 5.1.1 <inconnu@alpha.mssante.test>"), "{text}");
        assert!(text.contains("5.1.2 <quelquun@dehors.test>"), "{text}");
        assert!(text.contains("queued as"), "{text}");
    }

    for address in [LEROY, "labo@beta.mssante.test", "271087511405174@patient.mssante.test"] {
        let mut mailbox = operator.mailbox(address).expect("opened");
        mailbox
            .wait_for("INBOX", "HEADER Message-ID trois@essai", PATIENCE)
            .expect("delivered");
    }
    let mut sender = operator.mailbox(MARTIN).expect("opened");
    for (to, action, status) in [
        (LEROY, "relayed", "2.0.0"),
        ("labo@beta.mssante.test", "relayed", "2.0.0"),
        (boxes::FULL, "failed", "5.2.2"),
        ("inconnu@beta.mssante.test", "failed", "5.1.1"),
    ] {
        let reports = sender
            .wait_for("INBOX", &format!("BODY \"Original-Recipient: rfc822;{to}\""), PATIENCE)
            .expect("a report");
        let text = String::from_utf8_lossy(&reports[0].raw).into_owned();
        let about = text
            .split("\r\n\r\n")
            .find(|part| part.contains(&format!("Original-Recipient: rfc822;{to}")))
            .expect("its part");
        assert!(
            about.contains(&format!("Action: {action}")) && about.contains(&format!("Status: {status}")),
            "{to}: {about}"
        );
        assert!(text.contains("Original-Envelope-Id: essai-1"), "{text}");
    }
}

#[test]
fn a_box_sends_as_itself_only_and_a_certificate_as_its_box() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    let token = operator.token(boxes::DR_MARTIN).expect("a token");
    let commands = format!(
        "EHLO poste\nAUTH XOAUTH2 {}\nMAIL FROM:<{LEROY}>\nRCPT TO:<{MARTIN}>\nQUIT\n",
        xoauth2(MARTIN, &token)
    );
    let (_, text) = s_client(info, info.ports.submissions, &["-quiet", "-crlf"], &commands);
    assert!(text.contains("553 5.7.1"), "{text}");
    let (_, text) = s_client(
        info,
        info.ports.submissions,
        &["-quiet", "-crlf"],
        &format!("EHLO x\nMAIL FROM:<{MARTIN}>\nRCPT TO:<{LEROY}>\nQUIT\n"),
    );
    assert!(
        text.contains("<dr.martin@alpha.mssante.test>: Sender address rejected: not logged in"),
        "{text}"
    );

    let pki = info.dir.join("pki");
    let (crt, key) = (
        pki.join("secretariat.crt").display().to_string(),
        pki.join("secretariat.key").display().to_string(),
    );
    let with = [
        "-quiet",
        "-crlf",
        "-cert",
        crt.as_str(),
        "-cert_chain",
        crt.as_str(),
        "-key",
        key.as_str(),
    ];
    let letter = |from: &str| {
        format!(
            "EHLO poste\nMAIL FROM:<{from}>\nRCPT TO:<{LEROY}>\nDATA\nMessage-ID: <quatre@essai>\n\nBonjour\n.\nQUIT\n"
        )
    };
    let (_, text) = s_client(info, info.ports.submissions_cert, &with, &letter(boxes::SECRETARIAT));
    assert!(text.contains("queued as"), "{text}");
    let (_, text) = s_client(info, info.ports.submissions_cert, &with, &letter(MARTIN));
    assert!(
        !text.contains("queued as") && text.contains("Sender address rejected"),
        "{text}"
    );
    let (_, text) = s_client(
        info,
        info.ports.submissions_cert,
        &["-quiet", "-crlf"],
        &letter(boxes::SECRETARIAT),
    );
    assert!(!text.contains("queued as"), "{text}");
    let mut leroy = operator.mailbox(LEROY).expect("opened");
    leroy
        .wait_for("INBOX", "HEADER Message-ID quatre@essai", PATIENCE)
        .expect("delivered");
}

#[test]
fn a_certificate_also_sends_by_external_where_the_package_is_there() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    let installed = std::path::Path::new("/usr/lib/dovecot/submission-login").exists();
    assert_eq!(info.ports.submissions_external.is_some(), installed);
    let Some(port) = info.ports.submissions_external else {
        return;
    };
    let pki = info.dir.join("pki");
    let (crt, key) = (
        pki.join("secretariat.crt").display().to_string(),
        pki.join("secretariat.key").display().to_string(),
    );
    let letter = format!(
        "EHLO poste\nAUTH EXTERNAL =\nMAIL FROM:<{}> RET=HDRS ENVID=e5\n\
         RCPT TO:<{LEROY}> NOTIFY=SUCCESS ORCPT=rfc822;{LEROY}\n\
         DATA\nMessage-ID: <cinq@essai>\n\nBonjour\n.\nQUIT\n",
        boxes::SECRETARIAT
    );
    let (_, text) = s_client(info, port, &["-quiet", "-crlf"], &letter);
    assert!(!text.contains("235 "), "without a certificate: {text}");
    let with = ["-quiet", "-crlf", "-cert", &crt, "-cert_chain", &crt, "-key", &key];
    let (_, text) = s_client(info, port, &with, &letter);
    assert!(text.contains("235 2.7.0"), "{text}");
    let mut leroy = operator.mailbox(LEROY).expect("opened");
    leroy
        .wait_for("INBOX", "HEADER Message-ID cinq@essai", PATIENCE)
        .expect("delivered");
    let mut sender = operator.mailbox(boxes::SECRETARIAT).expect("opened");
    sender
        .wait_for("INBOX", "BODY \"Action: relayed\"", PATIENCE)
        .expect("a report");
}
