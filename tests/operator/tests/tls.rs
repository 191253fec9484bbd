//! Versions and suites of EX_OPE_5010, and the certificates that a careful client refuses.

// The functions that the tests share stop a test as the tests themselves do.
#![allow(clippy::expect_used)]

mod common;

use std::process::{Command, Stdio};

use common::s_client;
use pli_operator::{Error, Operator, Options, ServerCertificate};

const MARTIN: &str = "dr.martin@alpha.mssante.test";

#[test]
fn only_the_suites_of_the_requirement_are_offered() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    let ports = info.ports;
    let doors: [(u16, &[&str]); 6] = [
        (ports.imaps, &[]),
        (ports.imap, &["-starttls", "imap"]),
        (ports.submissions, &[]),
        (ports.submission, &["-starttls", "smtp"]),
        (ports.sieve, &["-starttls", "sieve"]),
        (info.https_port, &[]),
    ];
    let offers: [(&[&str], Option<&str>); 10] = [
        (
            &["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
            Some("TLS_AES_256_GCM_SHA384"),
        ),
        (
            &["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
            Some("TLS_CHACHA20_POLY1305_SHA256"),
        ),
        (
            &["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
            Some("TLS_AES_128_GCM_SHA256"),
        ),
        (
            &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"],
            Some("ECDHE-RSA-AES256-GCM-SHA384"),
        ),
        (
            &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"],
            Some("ECDHE-RSA-AES128-GCM-SHA256"),
        ),
        (&["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"], None),
        (&["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"], None),
        (&["-tls1_2", "-cipher", "AES256-GCM-SHA384"], None),
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], None),
        (&["-tls1", "-cipher", "ALL:@SECLEVEL=0"], None),
    ];
    for (port, manner) in doors {
        for (offer, wanted) in offers {
            let (done, text) = s_client(info, port, &[manner, offer].concat(), "");
            match wanted {
                Some(suite) => assert!(text.contains(&format!("Cipher is {suite}")), "{port} {offer:?}: {text}"),
                None => {
                    assert!(!done && text.contains("Cipher is (NONE)"), "{port} {offer:?}: {text}");
                    // Dovecot hangs up, the others say why; a tool that has no such suite would not even have asked.
                    let refused = text.contains("alert") || text.contains("unexpected eof");
                    assert!(refused && text.contains("CONNECTED"), "{port} {offer:?}: {text}");
                }
            }
        }
    }
}

#[test]
fn the_servers_show_what_must_be_refused() {
    let operator = Operator::start(Options::default()).expect("started");
    let verified = |operator: &Operator| {
        let output = s_client(
            operator.info(),
            operator.info().ports.submissions,
            &["-verify_hostname", "smtp.alpha.mssante.test"],
            "",
        );
        output.1
    };
    assert!(verified(&operator).contains("Verify return code: 0 (ok)"));
    for (which, reason) in [
        (ServerCertificate::Expired, "certificate has expired"),
        (ServerCertificate::OtherName, "mismatch"),
        (ServerCertificate::OtherRoot, "unable to get local issuer"),
    ] {
        operator.set_server_certificate(which).expect("changed");
        let refusal = operator.mailbox(MARTIN).map(drop);
        assert!(matches!(refusal, Err(Error::Io { .. })), "{which:?}: {refusal:?}");
        let text = verified(&operator);
        // A chain under an impostor's root of the same name fails at its signature instead, with the same effect.
        let failed = text.contains(reason) || (which == ServerCertificate::OtherRoot && text.contains("verify error"));
        assert!(
            failed && !text.contains("Verify return code: 0 (ok)"),
            "{which:?}: {text}"
        );
    }

    operator
        .set_server_certificate(ServerCertificate::Revoked)
        .expect("changed");
    operator.mailbox(MARTIN).expect("valid but for the list");
    assert_eq!(revocations(&operator), 1);
    operator
        .set_server_certificate(ServerCertificate::Good)
        .expect("changed");
    operator.revoke_server().expect("revoked");
    assert_eq!(revocations(&operator), 2);
    let (_, leaf) = s_client(operator.info(), operator.info().ports.imaps, &["-showcerts"], "");
    let text = openssl(&["x509", "-noout", "-text"], leaf.as_bytes());
    assert!(text.contains(&format!("URI:{}", operator.info().crl_url)), "{text}");
    assert!(text.contains("DNS:imap.alpha.mssante.test") && text.contains("DNS:autoconfig.beta.mssante.test"));
    assert!(text.contains("rsaEncryption") && text.contains("ORGANISATIONS TEST"));
}

#[test]
fn both_manners_of_pkcs12_hold_the_key_and_the_chain() {
    let operator = Operator::start(Options::default()).expect("started");
    let info = operator.info();
    for (file, manner) in [(&info.client_p12, "-noout"), (&info.client_p12_legacy, "-legacy")] {
        let file = file.display().to_string();
        let pass = format!("pass:{}", info.client_p12_passphrase);
        let text = openssl(
            &["pkcs12", "-info", "-nodes", "-in", &file, "-passin", &pass, manner],
            b"",
        );
        let expected = if manner == "-legacy" { "RC2" } else { "PBES2" };
        assert!(text.contains(expected), "{text}");
    }
}

fn revocations(operator: &Operator) -> usize {
    let port = operator.info().ports.web;
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("connected");
    use std::io::{Read, Write};
    stream
        .write_all(b"GET /crl/organisations.crl HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        .expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let issuer = operator.info().chain[1].display().to_string();
    let text = openssl(
        &["crl", "-inform", "DER", "-noout", "-text", "-CAfile", &issuer],
        &answer[body..],
    );
    assert!(text.contains("verify OK"), "{text}");
    text.matches("Serial Number:").count()
}

fn openssl(arguments: &[&str], input: &[u8]) -> String {
    use std::io::Write;
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl");
    child.stdin.take().expect("stdin").write_all(input).expect("said");
    let output = child.wait_with_output().expect("ended");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
