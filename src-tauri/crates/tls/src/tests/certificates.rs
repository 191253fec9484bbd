//! Whose certificate is accepted, and that nothing is said to the others.

use rcgen::{CertifiedIssuer, ExtendedKeyUsagePurpose};

use super::pki::{Authority, HOST, Issued, Leaf, Pki, authority, issue, key, list};
use super::servers::{Server, Space, connect, exchange};
use crate::{Refusal, TlsError};

/// What becomes of a connection to a server with this certificate, which must then have received nothing.
async fn refused(space: &Space, issued: &Issued, authorities: &[&Authority]) -> TlsError {
    let server = Server::start(issued, authorities).await;
    let error = connect(&space.connector(), server.addr).await.unwrap_err();
    assert_eq!(
        server.received(),
        b"",
        "application data left before the server was proven"
    );
    error
}

#[tokio::test]
async fn a_server_of_the_trust_space_is_accepted() {
    let space = Space::new().await;
    let server = Server::start(&space.pki.issue(&space.pki.leaf()), &[&space.pki.organisations]).await;
    let mut stream = connect(&space.connector(), server.addr).await.unwrap();
    assert_eq!(exchange(&mut stream).await.unwrap(), b"* OK\r\n");
    assert_eq!(server.received(), b"a1 LOGIN\r\n");
}

#[tokio::test]
async fn a_server_that_forgets_its_authority_is_accepted() {
    let space = Space::new().await;
    let server = Server::start(&space.pki.issue(&space.pki.leaf()), &[]).await;
    assert!(connect(&space.connector(), server.addr).await.is_ok());
}

#[tokio::test]
async fn a_wildcard_covers_one_label() {
    let space = Space::new().await;
    let issued = space.pki.issue(&Leaf {
        name: "*.alpha.mssante.test",
        ..space.pki.leaf()
    });
    let server = Server::start(&issued, &[]).await;
    assert!(connect(&space.connector(), server.addr).await.is_ok());
    let wider = space.pki.issue(&Leaf {
        name: "*.mssante.test",
        ..space.pki.leaf()
    });
    assert_eq!(refused(&space, &wider, &[]).await.refusal(), Some(Refusal::Name));
}

#[tokio::test]
async fn time_name_and_usage_are_each_told_apart() {
    let space = Space::new().await;
    let good = || space.pki.leaf();
    let organisations = &[&space.pki.organisations];

    let expired = refused(
        &space,
        &space.pki.issue(&Leaf {
            years: (2020, 2025),
            ..good()
        }),
        organisations,
    )
    .await;
    let TlsError::Expired {
        not_after: Some(not_after),
    } = expired
    else {
        panic!("{expired}")
    };
    assert_eq!(not_after.to_string(), "2025-01-01T00:00:00Z");

    let early = refused(
        &space,
        &space.pki.issue(&Leaf {
            years: (2030, 2040),
            ..good()
        }),
        organisations,
    )
    .await;
    assert_eq!(early.refusal(), Some(Refusal::NotYetValid));

    let other = refused(
        &space,
        &space.pki.issue(&Leaf {
            name: "imap.beta.mssante.test",
            ..good()
        }),
        organisations,
    )
    .await;
    let TlsError::Name { expected, presented } = other else {
        panic!("{other}")
    };
    assert_eq!(expected, HOST);
    assert!(
        presented.iter().any(|name| name.contains("imap.beta.mssante.test")),
        "{presented:?}"
    );

    let usage = Leaf {
        usage: ExtendedKeyUsagePurpose::ClientAuth,
        ..good()
    };
    assert_eq!(
        refused(&space, &space.pki.issue(&usage), organisations).await.refusal(),
        Some(Refusal::WrongUsage)
    );
}

#[tokio::test]
async fn another_root_is_refused_whatever_its_names() {
    let space = Space::new().await;
    let other = Pki::new(&space.lists.base);
    let error = refused(
        &space,
        &other.issue(&other.leaf()),
        &[&other.organisations, &other.root],
    )
    .await;
    assert_eq!(error.refusal(), Some(Refusal::UnknownIssuer), "{error}");
    assert_eq!(
        space.lists.asked(),
        0,
        "a server that is not believed must not make us fetch anything"
    );
}

#[tokio::test]
async fn another_authority_of_the_same_root_is_refused() {
    let space = Space::new().await;
    let persons = CertifiedIssuer::signed_by(authority("AC LOCALE PERSONNES", 3, &[]), key(), &space.pki.root).unwrap();
    let error = refused(&space, &issue(&space.pki.leaf(), &persons), &[&persons]).await;
    assert_eq!(error.refusal(), Some(Refusal::UnknownIssuer), "{error}");
}

#[tokio::test]
async fn the_root_itself_certifies_no_server() {
    let space = Space::new().await;
    let error = refused(&space, &issue(&space.pki.leaf(), &space.pki.root), &[]).await;
    assert_eq!(error.refusal(), Some(Refusal::UnknownIssuer), "{error}");
}

#[tokio::test]
async fn a_leaf_that_plays_authority_is_refused() {
    let space = Space::new().await;
    let mut params = authority("AC LOCALE ORGANISATIONS", 7, &[]);
    params.is_ca = rcgen::IsCa::NoCa;
    let false_authority = CertifiedIssuer::signed_by(params, key(), &space.pki.organisations).unwrap();
    let error = refused(&space, &issue(&space.pki.leaf(), &false_authority), &[&false_authority]).await;
    assert_eq!(error.refusal(), Some(Refusal::UnknownIssuer), "{error}");
}

#[tokio::test]
async fn the_authority_may_have_a_newer_key() {
    let space = Space::new().await;
    let points = [format!("{}/root.crl", space.lists.base)];
    let renewed = CertifiedIssuer::signed_by(authority("AC LOCALE ORGANISATIONS", 4, &points), key(), &space.pki.root);
    let renewed = renewed.unwrap();
    let leaf = Leaf {
        points: vec![format!("{}/renewed.crl", space.lists.base)],
        ..space.pki.leaf()
    };
    space
        .lists
        .serve("/renewed.crl", list(&renewed, &[], (2026, 6, 2), (2026, 7, 1)));
    let server = Server::start(&issue(&leaf, &renewed), &[&renewed]).await;
    let older = Server::start(&space.pki.issue(&space.pki.leaf()), &[]).await;
    // The lists of both keys bear one name: neither must hide the other.
    let connector = space.connector();
    assert!(connect(&connector, server.addr).await.is_ok());
    assert!(connect(&connector, older.addr).await.is_ok());
    assert!(connect(&connector, server.addr).await.is_ok());
}

#[tokio::test]
async fn an_address_is_no_server_name() {
    let space = Space::new().await;
    let server = Server::start(&space.pki.issue(&space.pki.leaf()), &[]).await;
    for name in ["127.0.0.1", "::1", "", "a b.fr", "x\r\n.fr"] {
        let tcp = tokio::net::TcpStream::connect(server.addr).await.unwrap();
        let error = space.connector().connect(name, tcp).await.unwrap_err();
        assert!(matches!(error, TlsError::HostName(_)), "{name:?}: {error}");
    }
}

#[tokio::test]
async fn an_https_library_is_held_to_the_same_rules() {
    let space = Space::new().await;
    // Without a list to prefetch, the settings must refuse rather than guess.
    let server = Server::start(&space.pki.issue(&space.pki.leaf()), &[]).await;
    let get = async |config: rustls::ClientConfig| {
        reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .no_proxy()
            .resolve(HOST, server.addr)
            .build()
            .unwrap()
            .get(format!("https://{HOST}:{}/", server.addr.port()))
            .send()
            .await
    };
    let policy = crate::Policy::local(
        space.pki.root.pem().as_bytes(),
        space.pki.organisations.pem().as_bytes(),
        Some(space.pki.url.clone()),
    );
    let crls = crate::CrlCache::new(None, std::sync::Arc::new(crate::HttpCrlFetch::new().unwrap()));
    let connector =
        crate::Connector::with_clock(policy.unwrap(), crls, None, std::sync::Arc::clone(&space.clock) as _).unwrap();
    assert!(
        get(connector.https_client_config().await.unwrap())
            .await
            .unwrap()
            .status()
            .is_success()
    );

    let blind = space.connector();
    assert!(
        get(blind.https_client_config().await.unwrap()).await.is_err(),
        "no list covers the leaf"
    );

    // The certificate is revoked meanwhile: settings asked for later know it.
    space.lists.serve(
        "/organisations.crl",
        list(&space.pki.organisations, &[100], (2026, 6, 3), (2026, 7, 1)),
    );
    space.clock.advance(7 * 3600);
    while get(connector.https_client_config().await.unwrap()).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
