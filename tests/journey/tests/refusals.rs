//! A server that shows a certificate which must not be trusted: no connection, a clear French message, a trace, and no login.
//!
//! Protocols and suites (TLS 1.1, CBC), which the operator's Dovecot cannot be made to offer, are refused in the tests of
//! `pli-tls` and `pli-wire`, against servers that offer only these.

mod common;

use common::{MARTIN, Stage};
use pli_operator::ServerCertificate;

#[test]
fn a_server_that_must_not_be_trusted_gets_nothing() {
    let stage = Stage::new(false);
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    let cases = [
        (ServerCertificate::Expired, "certificateExpired", "expiré"),
        (ServerCertificate::OtherName, "certificateName", "nom"),
        (ServerCertificate::OtherRoot, "certificateUntrusted", "IGC-Santé"),
        (ServerCertificate::Revoked, "certificateRevoked", "révoqué"),
    ];
    for (certificate, code, word) in cases {
        stage.operator.set_server_certificate(certificate).unwrap();
        let logins_before = logins(&stage);
        let traces_before = stage.json("martin", &["traces", "list", "--limit", "500"]).len();

        let output = stage.output("martin", &["sync"]);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(1), "{certificate:?}: {said}");
        assert!(said.contains(word), "{certificate:?} is said in French: {said}");

        let output = stage.output("martin", &["sync", "--json"]);
        let both = [output.stdout, output.stderr].concat();
        let json = String::from_utf8_lossy(&both).into_owned();
        assert!(json.contains(code), "{certificate:?} has its code: {json}");

        assert_eq!(
            logins(&stage),
            logins_before,
            "{certificate:?}: no credentials reached the server"
        );
        let traces = stage.json("martin", &["traces", "list", "--limit", "500"]);
        let new = &traces[..traces.len() - traces_before.min(traces.len())];
        assert!(
            new.iter().any(|trace| trace["failed"] == true),
            "{certificate:?} left a trace of its failure: {new:?}"
        );
    }
    stage.operator.set_server_certificate(ServerCertificate::Good).unwrap();
    stage.run("martin", &["sync"]);
    stage.run("martin", &["traces", "verify"]);
}

/// Lines of the servers' logs that speak of a login, good or refused.
fn logins(stage: &Stage) -> usize {
    let logs = stage.operator.logs();
    let lines = logs.iter().flat_map(|(_, text)| text.lines());
    lines
        .filter(|line| line.contains("Login: user=") || line.contains("auth failed") || line.contains("sasl_method="))
        .count()
}
