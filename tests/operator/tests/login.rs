//! Who opens what: XOAUTH2, OAUTHBEARER, EXTERNAL; tokens that end.

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

mod common;

use common::{oauthbearer, s_client, xoauth2};
use pli_operator::{Operator, Options, boxes};

const MARTIN: &str = "dr.martin@alpha.mssante.test";
const CABINET: &str = "cabinet@alpha.mssante.test";

fn imap(operator: &Operator, further: &[&str], commands: &str) -> String {
    let info = operator.info();
    s_client(
        info,
        info.ports.imaps,
        &[&["-quiet", "-crlf"], further].concat(),
        &format!("{commands}\nz LOGOUT\n"),
    )
    .1
}

#[test]
fn each_mechanism_opens_the_right_boxes_and_no_other() {
    let operator = Operator::start(Options::default()).expect("started");
    let martin = operator.token(boxes::DR_MARTIN).expect("a token");
    let leroy = operator.token(boxes::DR_LEROY).expect("a token");
    let opened = |text: &str| text.lines().any(|line| line.starts_with("a OK"));
    let refused = |text: &str| text.contains("a NO [AUTHENTICATIONFAILED]");

    for (token, address) in [
        (&martin, MARTIN),
        (&martin, CABINET),
        (&leroy, CABINET),
        (&leroy, "dr.leroy@alpha.mssante.test"),
    ] {
        let text = imap(
            &operator,
            &[],
            &format!("a AUTHENTICATE XOAUTH2 {}", xoauth2(address, token)),
        );
        assert!(opened(&text), "{address}: {text}");
        let text = imap(
            &operator,
            &[],
            &format!("a AUTHENTICATE OAUTHBEARER {}", oauthbearer(address, token)),
        );
        assert!(opened(&text), "{address}: {text}");
    }
    let text = imap(
        &operator,
        &[],
        &format!("a AUTHENTICATE XOAUTH2 {}\n", xoauth2(MARTIN, &leroy)),
    );
    assert!(refused(&text), "another's box: {text}");
    let text = imap(
        &operator,
        &[],
        &format!("a AUTHENTICATE OAUTHBEARER {}\nAQ==", oauthbearer(MARTIN, "garbage")),
    );
    assert!(refused(&text), "no token at all: {text}");

    operator.expire_tokens().expect("expired");
    let text = imap(
        &operator,
        &[],
        &format!("a AUTHENTICATE XOAUTH2 {}\n", xoauth2(MARTIN, &martin)),
    );
    assert!(refused(&text), "an expired token: {text}");

    let pki = operator.info().dir.join("pki");
    let (crt, key) = (
        pki.join("secretariat.crt").display().to_string(),
        pki.join("secretariat.key").display().to_string(),
    );
    let text = imap(
        &operator,
        &["-cert", &crt, "-cert_chain", &crt, "-key", &key],
        "a AUTHENTICATE EXTERNAL =",
    );
    assert!(opened(&text), "with the certificate: {text}");
    let text = imap(&operator, &[], "a AUTHENTICATE EXTERNAL =");
    assert!(!opened(&text), "without it: {text}");
}

#[test]
fn the_server_offers_what_a_client_must_find() {
    let operator = Operator::start(Options::default()).expect("started");
    let mut mailbox = operator.mailbox(MARTIN).expect("opened");
    let capabilities = mailbox.raw_command("CAPABILITY").expect("answered").join(" ");
    for name in [
        "IDLE",
        "UIDPLUS",
        "CONDSTORE",
        "QRESYNC",
        "MOVE",
        "SPECIAL-USE",
        "QUOTA",
        "METADATA",
        "LIST-STATUS",
    ] {
        assert!(
            capabilities.split(' ').any(|known| known == name),
            "{name} in {capabilities}"
        );
    }
    let sent = mailbox
        .folders()
        .expect("listed")
        .into_iter()
        .find(|folder| folder.name == "Sent")
        .expect("Sent");
    assert!(sent.attributes.contains(&"\\Sent".to_owned()));
    let quota = mailbox.raw_command("GETQUOTAROOT INBOX").expect("answered").join(" ");
    assert!(quota.contains("STORAGE 0 512000"), "{quota}");
    mailbox
        .raw_command("SETMETADATA INBOX (/private/comment \"essai\")")
        .expect("kept");

    let mut full = operator.mailbox(boxes::FULL).expect("opened");
    let quota = full.raw_command("GETQUOTAROOT INBOX").expect("answered").join(" ");
    let used: u32 = quota
        .split("(STORAGE ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .expect("STORAGE");
    assert!(used > boxes::FULL_QUOTA_KIB, "{quota}");
    assert!(
        full.append("INBOX", &[], b"Subject: trop\r\n\r\n").is_err(),
        "over quota"
    );

    let info = operator.info();
    let token = operator.token(boxes::DR_MARTIN).expect("a token");
    let commands = format!(
        "AUTHENTICATE \"XOAUTH2\" \"{}\"\nLISTSCRIPTS\nLOGOUT\n",
        xoauth2(MARTIN, &token)
    );
    let (_, text) = s_client(
        info,
        info.ports.sieve,
        &["-starttls", "sieve", "-quiet", "-crlf"],
        &commands,
    );
    assert!(text.contains("vacation") && text.matches("OK ").count() >= 2, "{text}");
}
