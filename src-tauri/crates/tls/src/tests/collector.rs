//! The organisation's collector: an authority of its own, believed for it alone, and a certificate from PEM files.

use std::sync::Arc;

use rcgen::ExtendedKeyUsagePurpose;

use super::pki::{Authority, Issued, Leaf, Pki, issue, key, list};
use super::servers::{Server, Space, connect, exchange};
use crate::{ClientIdentity, Connector, CrlCache, HttpCrlFetch, Policy, Refusal, TlsError};

fn connector(space: &Space, authority: &Authority, client: Option<ClientIdentity>) -> Connector {
    let policy = Policy::for_collector(authority.pem().as_bytes()).unwrap();
    let crls = CrlCache::new(None, Arc::new(HttpCrlFetch::new().unwrap()));
    Connector::with_clock(policy, crls, client, Arc::clone(&space.clock) as _).unwrap()
}

fn leaf(space: &Space, points: &[&str]) -> Leaf<'static> {
    Leaf {
        points: points
            .iter()
            .map(|path| format!("{}/{path}", space.lists.base))
            .collect(),
        ..space.pki.leaf()
    }
}

async fn refusal(connector: &Connector, server: &Server) -> Option<Refusal> {
    let refusal = connect(connector, server.addr).await.err()?.refusal();
    assert_eq!(server.received(), b"");
    Some(refusal.unwrap())
}

#[tokio::test]
async fn its_authority_is_believed_and_no_other() {
    let space = Space::new().await;
    let ours = connector(&space, &space.pki.root, None);
    let server = Server::start(&issue(&leaf(&space, &[]), &space.pki.root), &[]).await;
    exchange(&mut connect(&ours, server.addr).await.unwrap()).await.unwrap();
    // The trust space is not believed with it, nor it in the trust space.
    let elsewhere = Pki::new(&space.lists.base);
    let theirs = connector(&space, &elsewhere.root, None);
    let again = Server::start(&issue(&leaf(&space, &[]), &space.pki.root), &[]).await;
    assert_eq!(refusal(&theirs, &again).await, Some(Refusal::UnknownIssuer));
    assert_eq!(refusal(&space.connector(), &again).await, Some(Refusal::UnknownIssuer));
    assert!(Policy::for_collector(b"").is_err() && Policy::for_collector(b"-----BEGIN CERTIFICATE-----\n").is_err());
}

#[tokio::test]
async fn a_list_that_is_named_decides_and_where_none_is_named_none_is_asked() {
    let space = Space::new().await;
    space.lists.clear();
    let ours = connector(&space, &space.pki.root, None);
    let server = Server::start(&issue(&leaf(&space, &["own.crl"]), &space.pki.root), &[]).await;
    assert_eq!(refusal(&ours, &server).await, Some(Refusal::RevocationUnknown));
    let serve = |revoked: &[u64]| {
        space
            .lists
            .serve("/own.crl", list(&space.pki.root, revoked, (2026, 6, 1), (2026, 7, 1)));
    };
    serve(&[100]);
    assert_eq!(refusal(&ours, &server).await, Some(Refusal::Revoked));
    serve(&[7]);
    let fresh = connector(&space, &space.pki.root, None);
    assert_eq!(refusal(&fresh, &server).await, None);
}

#[tokio::test]
async fn an_authority_between_is_held_to_the_list_that_it_names() {
    let space = Space::new().await;
    // Names no list for its server; the authority between names the root's.
    let issued = issue(&leaf(&space, &[]), &space.pki.organisations);
    let server = Server::start(&issued, &[&space.pki.organisations]).await;
    space.lists.clear();
    let ours = || connector(&space, &space.pki.root, None);
    assert_eq!(refusal(&ours(), &server).await, Some(Refusal::RevocationUnknown));
    space.lists.serve("/root.crl", space.pki.root_list(&[2]));
    assert_eq!(refusal(&ours(), &server).await, Some(Refusal::Revoked));
    space.lists.serve("/root.crl", space.pki.root_list(&[]));
    assert_eq!(refusal(&ours(), &server).await, None);
}

#[tokio::test]
async fn a_certificate_and_its_key_are_read_from_pem() {
    let space = Space::new().await;
    let issued = |name: &'static str| {
        issue(
            &Leaf {
                name,
                usage: ExtendedKeyUsagePurpose::ClientAuth,
                ..leaf(&space, &[])
            },
            &space.pki.root,
        )
    };
    let (ours, other): (Issued, String) = (issued("poste.alpha.mssante.test"), key().serialize_pem());
    let read = |certificate: &str, key: &str| ClientIdentity::from_pem(certificate.as_bytes(), key.as_bytes());
    let identity = read(&ours.cert_pem, &ours.key_pem).unwrap();
    assert_eq!(identity.common_name(), "poste.alpha.mssante.test");
    let server =
        Server::with_client_root(&issue(&leaf(&space, &[]), &space.pki.root), &[], Some(&space.pki.root)).await;
    let known = connector(&space, &space.pki.root, Some(identity));
    exchange(&mut connect(&known, server.addr).await.unwrap())
        .await
        .unwrap();
    for (certificate, key) in [
        (ours.cert_pem.as_str(), other.as_str()),
        (&ours.cert_pem, &ours.cert_pem),
        (&ours.key_pem, &ours.key_pem),
        ("", &ours.key_pem),
        (
            &ours.cert_pem,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ),
    ] {
        let error = read(certificate, key).unwrap_err();
        assert!(matches!(error, TlsError::Setup(_)), "{error}");
        assert!(!error.to_string().contains("BEGIN"), "{error}");
    }
}
