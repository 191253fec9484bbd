//! Servers that must not be trusted: no connection, and not one octet of a token.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use pli_operator::pki::LeafOptions;
use pli_operator::{Operator, Options, ServerCertificate, boxes};
use pli_tls::Refusal;
use pli_wire::audit::AuditOutcome;
use pli_wire::imap::Session;
use pli_wire::smtp::Connection;
use pli_wire::{TlsMode, WireError};

use crate::support::{self, MARTIN, Recorder, bearer, context};

#[tokio::test]
async fn a_certificate_that_is_not_good_is_refused_before_the_login_and_traced() {
    let operator = Operator::start(Options::default()).unwrap();
    let token = operator.token(boxes::DR_MARTIN).unwrap();
    let cases = [
        (ServerCertificate::Expired, Refusal::Expired),
        (ServerCertificate::OtherName, Refusal::Name),
        (ServerCertificate::OtherRoot, Refusal::UnknownIssuer),
        (ServerCertificate::Revoked, Refusal::Revoked),
    ];
    for (certificate, expected) in cases {
        operator.set_server_certificate(certificate).unwrap();
        for tls in [TlsMode::Implicit, TlsMode::StartTls] {
            let network = support::network(&operator, None);
            for imap in [true, false] {
                let recorder = Recorder::new();
                let context = context(MARTIN, Some(boxes::DR_MARTIN));
                let credentials = bearer(MARTIN, &token);
                let error = if imap {
                    let endpoint = support::imap_endpoint(&operator, tls);
                    Session::open(&network, &endpoint, &credentials, recorder.clone(), context)
                        .await
                        .unwrap_err()
                } else {
                    let endpoint = support::smtp_endpoint(&operator, tls);
                    Connection::open(&network, &endpoint, &credentials, recorder.clone(), context)
                        .await
                        .unwrap_err()
                };
                let WireError::Tls { source, .. } = &error else {
                    panic!("{certificate:?} {tls:?}: {error:?}")
                };
                assert_eq!(source.refusal(), Some(expected), "{certificate:?}: {source:?}");
                assert!(error.is_tls());
                let entries = recorder.entries();
                assert_eq!(entries.len(), 2, "no login after a refusal: {entries:?}");
                assert_eq!(entries[0].outcome, AuditOutcome::Intended);
                let what = pli_wire::Cause::Tls(expected).wording();
                assert_eq!(entries[1].outcome, AuditOutcome::Failed { what });
            }
        }
    }
    // No trace of a login attempt on the other side either.
    let said: String = operator.logs().into_iter().map(|(_, text)| text).collect();
    assert!(!said.contains(&token) && !said.contains("method=XOAUTH2"), "{said}");
}

/// `openssl s_server` with a good certificate, offering only what these options say.
struct Openssl {
    child: Child,
    port: u16,
    output: BufReader<std::process::ChildStdout>,
    folder: std::path::PathBuf,
}

impl Openssl {
    fn start(operator: &Operator, name: &str, options: &[&str]) -> Self {
        let names = vec![
            "imap.alpha.mssante.test".to_owned(),
            "smtp.alpha.mssante.test".to_owned(),
        ];
        let leaf = operator
            .pki()
            .leaf(LeafOptions {
                names,
                ..LeafOptions::default()
            })
            .unwrap();
        let folder = std::env::temp_dir().join(format!("pli-wire-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert"])
            .arg(file("leaf.pem", &leaf.certificate_pem))
            .arg("-key")
            .arg(file("key.pem", &leaf.key_pem))
            .arg("-cert_chain")
            .arg(file("chain.pem", &leaf.issuer_pem))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "openssl did not listen");
            if let Some(place) = line.trim().strip_prefix("ACCEPT ") {
                break place.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        Self {
            child,
            port,
            output,
            folder,
        }
    }

    /// Everything it printed: what a client said to it is among it.
    fn end(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut said = Vec::new();
        let _ = self.output.read_to_end(&mut said);
        let _ = std::fs::remove_dir_all(&self.folder);
        String::from_utf8_lossy(&said).into_owned()
    }
}

#[tokio::test]
async fn a_server_of_forbidden_protocols_alone_is_refused_before_the_login_and_traced() {
    let operator = support::operator();
    let token = operator.token(boxes::DR_MARTIN).unwrap();
    let network = support::network(operator, None);
    let cases = [
        ("tls11", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]),
        ("cbc", ["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384:@SECLEVEL=0"]),
    ];
    for (name, options) in cases {
        for imap in [true, false] {
            let server = Openssl::start(operator, &format!("{name}-{imap}"), &options);
            let recorder = Recorder::new();
            let context = context(MARTIN, Some(boxes::DR_MARTIN));
            let credentials = bearer(MARTIN, &token);
            let error = if imap {
                let mut endpoint = support::imap_endpoint(operator, TlsMode::Implicit);
                endpoint.port = server.port;
                Session::open(&network, &endpoint, &credentials, recorder.clone(), context)
                    .await
                    .unwrap_err()
            } else {
                let mut endpoint = support::smtp_endpoint(operator, TlsMode::Implicit);
                endpoint.port = server.port;
                Connection::open(&network, &endpoint, &credentials, recorder.clone(), context)
                    .await
                    .unwrap_err()
            };
            let WireError::Tls { source, .. } = &error else {
                panic!("{name}: {error:?}")
            };
            assert_eq!(source.refusal(), Some(Refusal::Protocol), "{name}: {source:?}");
            let entries = recorder.entries();
            assert_eq!(entries.len(), 2, "no login after a refusal: {entries:?}");
            assert_eq!(entries[0].outcome, AuditOutcome::Intended);
            let what = pli_wire::Cause::Tls(Refusal::Protocol).wording();
            assert_eq!(entries[1].outcome, AuditOutcome::Failed { what });
            let heard = server.end();
            assert!(
                !heard.contains("AUTHENTICATE") && !heard.contains("AUTH ") && !heard.contains(&token),
                "{heard}"
            );
        }
    }
}
