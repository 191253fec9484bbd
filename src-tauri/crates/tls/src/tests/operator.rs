//! Against the mail servers themselves: Dovecot and Postfix of the local operator.

use std::sync::Arc;

use pli_operator::{Operator, Options, ServerCertificate};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::pki::HOST;
use crate::{ClientIdentity, Connector, CrlCache, CrlProblem, HttpCrlFetch, Policy, Refusal, TlsError};

fn connector(operator: &Operator, dir: Option<&std::path::Path>, client: Option<ClientIdentity>) -> Connector {
    let info = operator.info();
    let read = |path: &std::path::Path| std::fs::read(path).unwrap();
    let organisations = info.chain.iter().find(|path| **path != info.anchors).unwrap();
    let policy = Policy::local(&read(&info.anchors), &read(organisations), Some(info.crl_url.clone())).unwrap();
    let crls = CrlCache::new(dir.map(Into::into), Arc::new(HttpCrlFetch::new().unwrap()));
    Connector::new(policy, crls, client).unwrap()
}

/// The first line that the server says once it is proven.
async fn greeting(connector: &Connector, port: u16) -> Result<String, TlsError> {
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut stream = connector.connect(HOST, tcp).await?;
    let mut text = vec![0; 512];
    let n = stream.read(&mut text).await.unwrap();
    Ok(String::from_utf8_lossy(&text[..n]).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecot_and_postfix_are_accepted_and_each_fault_is_told_apart() {
    let operator = Operator::start(Options::default()).unwrap();
    let ports = operator.info().ports;
    let kept = tempfile::tempdir().unwrap();
    let known = connector(&operator, Some(kept.path()), None);
    assert!(greeting(&known, ports.imaps).await.unwrap().starts_with("* OK"));
    assert!(greeting(&known, ports.submissions).await.unwrap().starts_with("220 "));

    // The lists' server fails: the list in memory serves, the list on disk too, and without either nothing is opened.
    operator.set_crl(None);
    assert!(greeting(&known, ports.imaps).await.is_ok());
    assert!(
        greeting(&connector(&operator, Some(kept.path()), None), ports.imaps)
            .await
            .is_ok()
    );
    let error = greeting(&connector(&operator, None, None), ports.imaps)
        .await
        .unwrap_err();
    assert!(
        matches!(error, TlsError::RevocationUnknown(CrlProblem::Unreachable)),
        "{error}"
    );

    for (which, refusal) in [
        (ServerCertificate::Expired, Refusal::Expired),
        (ServerCertificate::OtherName, Refusal::Name),
        (ServerCertificate::OtherRoot, Refusal::UnknownIssuer),
        (ServerCertificate::Revoked, Refusal::Revoked),
    ] {
        operator.set_server_certificate(which).unwrap();
        for port in [ports.imaps, ports.submissions] {
            let error = greeting(&connector(&operator, None, None), port).await.unwrap_err();
            assert_eq!(error.refusal(), Some(refusal), "{which:?} on {port}: {error}");
        }
    }
    operator.set_server_certificate(ServerCertificate::Good).unwrap();
    assert!(greeting(&connector(&operator, None, None), ports.imaps).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn both_kinds_of_pkcs12_open_the_door_for_certificates_again_and_again() {
    let operator = Operator::start(Options::default()).unwrap();
    let info = operator.info().clone();
    for file in [&info.client_p12, &info.client_p12_legacy] {
        let identity = ClientIdentity::from_pkcs12(&std::fs::read(file).unwrap(), &info.client_p12_passphrase).unwrap();
        assert_eq!(identity.common_name(), pli_operator::boxes::SECRETARIAT);
        let connector = connector(&operator, None, Some(identity));
        // Dovecot that asks for certificates refuses resumed sessions: the second connection is the one that tells.
        for _ in 0..3 {
            assert!(
                greeting(&connector, info.ports.imaps)
                    .await
                    .unwrap()
                    .starts_with("* OK")
            );
            assert!(
                greeting(&connector, info.ports.submissions_cert)
                    .await
                    .unwrap()
                    .starts_with("220 ")
            );
        }
    }
}
