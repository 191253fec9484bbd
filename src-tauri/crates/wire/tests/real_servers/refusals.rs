//! Servers that must not be trusted: no connection, and not one octet of a token.

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
                assert_eq!(entries.len(), 1, "no login after a refusal: {entries:?}");
                assert!(matches!(entries[0].outcome, AuditOutcome::Failed { .. }));
            }
        }
    }
    // No trace of a login attempt on the other side either.
    let said: String = operator.logs().into_iter().map(|(_, text)| text).collect();
    assert!(!said.contains(&token) && !said.contains("method=XOAUTH2"), "{said}");
}
