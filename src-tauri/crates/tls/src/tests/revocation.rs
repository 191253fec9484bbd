//! Revoked or not known: refused. Lists are kept, and used when the fetch fails.

use std::sync::Arc;

use super::pki::{Leaf, Pki, at, list};
use super::servers::{Server, Space, connect};
use crate::{CrlCache, CrlFetch, CrlFuture, CrlProblem, MAX_CRL_BYTES, Refusal, TlsError};

fn problem(error: &TlsError) -> CrlProblem {
    match error {
        TlsError::RevocationUnknown(problem) => *problem,
        other => panic!("{other}"),
    }
}

async fn good_server(space: &Space) -> Server {
    Server::start(&space.pki.issue(&space.pki.leaf()), &[&space.pki.organisations]).await
}

#[tokio::test]
async fn a_revoked_leaf_is_refused_before_anything_is_said() {
    let space = Space::new().await;
    space.lists.serve("/organisations.crl", space.pki.list(&[100]));
    let server = good_server(&space).await;
    let connector = space.connector();
    // The first time the list is fetched after the handshake, the second time it is known during it.
    for _ in 0..2 {
        let error = connect(&connector, server.addr).await.unwrap_err();
        assert_eq!(error.refusal(), Some(Refusal::Revoked), "{error}");
    }
    assert_eq!(server.received(), b"");
    assert_eq!(
        server.clients.lock().unwrap().len(),
        1,
        "the second handshake must not have ended"
    );
}

#[tokio::test]
async fn a_revoked_authority_takes_its_servers_with_it() {
    let space = Space::new().await;
    space.lists.serve("/root.crl", space.pki.root_list(&[2]));
    let server = good_server(&space).await;
    let error = connect(&space.connector(), server.addr).await.unwrap_err();
    assert_eq!(error.refusal(), Some(Refusal::Revoked), "{error}");
    assert_eq!(server.received(), b"");
}

#[tokio::test]
async fn what_cannot_be_known_is_refused_and_says_why() {
    let space = Space::new().await;
    let server = good_server(&space).await;
    let other = Pki::new(&space.lists.base);
    let mut garbled = space.pki.list(&[]);
    garbled.truncate(garbled.len() / 2);
    let mut altered = space.pki.list(&[]);
    let last = altered.len() - 1;
    altered[last] ^= 1;
    let expired = list(&space.pki.organisations, &[], (2026, 5, 1), (2026, 6, 9));
    for (served, expected) in [
        (other.list(&[]), CrlProblem::Untrusted),
        (altered, CrlProblem::Untrusted),
        (space.pki.root_list(&[]), CrlProblem::Untrusted),
        (garbled, CrlProblem::Unreadable),
        (b"<html>Portail captif</html>".to_vec(), CrlProblem::Unreadable),
        (vec![0x30; MAX_CRL_BYTES + 1], CrlProblem::TooLarge),
        (expired, CrlProblem::Expired),
    ] {
        space.lists.serve("/organisations.crl", served);
        let error = connect(&space.connector(), server.addr).await.unwrap_err();
        assert_eq!(problem(&error), expected);
    }
    space.lists.clear();
    let error = connect(&space.connector(), server.addr).await.unwrap_err();
    assert_eq!(problem(&error), CrlProblem::Unreachable);
    assert!(error.is_transient());
    assert_eq!(server.received(), b"");
}

#[tokio::test]
async fn a_certificate_that_names_no_list_is_refused() {
    let space = Space::new().await;
    let ldap = "ldap://annuaire.test/cn=x?certificaterevocationlist".to_owned();
    for points in [vec![], vec![ldap]] {
        let issued = space.pki.issue(&Leaf {
            points,
            ..space.pki.leaf()
        });
        let server = Server::start(&issued, &[&space.pki.organisations]).await;
        let error = connect(&space.connector(), server.addr).await.unwrap_err();
        assert_eq!(problem(&error), CrlProblem::Missing);
        assert_eq!(server.received(), b"");
    }
}

#[tokio::test]
async fn the_kept_list_serves_when_the_fetch_fails_and_until_it_expires() {
    let space = Space::new().await;
    let dir = tempfile::tempdir().unwrap();
    let server = good_server(&space).await;
    connect(&space.connector_in(dir.path()), server.addr).await.unwrap();
    space.lists.clear();

    // Another start of the program, without the lists' server: ECO.1.1.7.
    space.clock.advance(10 * 24 * 3600);
    connect(&space.connector_in(dir.path()), server.addr).await.unwrap();
    // Without the kept list there would be no connection.
    assert!(connect(&space.connector(), server.addr).await.is_err());

    space.clock.set(at(2026, 7, 2));
    let error = connect(&space.connector_in(dir.path()), server.addr).await.unwrap_err();
    assert_eq!(problem(&error), CrlProblem::Expired);

    // A new list opens the way again.
    space.lists.serve("/root.crl", space.pki.root_list(&[]));
    space.lists.serve(
        "/organisations.crl",
        list(&space.pki.organisations, &[], (2026, 7, 1), (2026, 8, 1)),
    );
    connect(&space.connector_in(dir.path()), server.addr).await.unwrap();
}

#[tokio::test]
async fn a_kept_list_that_was_altered_is_not_believed() {
    let space = Space::new().await;
    let dir = tempfile::tempdir().unwrap();
    let server = good_server(&space).await;
    connect(&space.connector_in(dir.path()), server.addr).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(
        files.len(),
        2,
        "the authority's list and the root's, and nothing left aside: {files:?}"
    );
    for file in &files {
        std::fs::write(file, b"garbage").unwrap();
    }
    let before = space.lists.asked();
    connect(&space.connector_in(dir.path()), server.addr).await.unwrap();
    assert_eq!(space.lists.asked(), before + 1);

    for file in &files {
        std::fs::write(file, b"garbage").unwrap();
    }
    space.lists.clear();
    let error = connect(&space.connector_in(dir.path()), server.addr).await.unwrap_err();
    assert_eq!(problem(&error), CrlProblem::Unreachable);
}

#[tokio::test]
async fn a_list_is_fetched_once_and_refreshed_ahead() {
    let space = Space::new().await;
    let server = good_server(&space).await;
    let connector = space.connector();
    for _ in 0..3 {
        connect(&connector, server.addr).await.unwrap();
    }
    assert_eq!(space.lists.asked(), 1);

    // Six hours later the list is still valid, but the certificate has been revoked.
    space.lists.serve(
        "/organisations.crl",
        list(&space.pki.organisations, &[100], (2026, 6, 10), (2026, 7, 1)),
    );
    space.clock.advance(6 * 3600 + 1);
    // The list held serves at once; the new one is learnt meanwhile.
    while let Ok(stream) = connect(&connector, server.addr).await {
        drop(stream);
        tokio::task::yield_now().await;
    }
    let error = connect(&connector, server.addr).await.unwrap_err();
    assert_eq!(error.refusal(), Some(Refusal::Revoked), "{error}");
    assert_eq!(space.lists.asked(), 2);
}

#[tokio::test]
async fn an_older_list_never_replaces_a_newer_one() {
    let space = Space::new().await;
    let dir = tempfile::tempdir().unwrap();
    space.lists.serve(
        "/organisations.crl",
        list(&space.pki.organisations, &[100], (2026, 6, 5), (2026, 7, 1)),
    );
    let server = good_server(&space).await;
    let connector = space.connector_in(dir.path());
    assert_eq!(
        connect(&connector, server.addr).await.unwrap_err().refusal(),
        Some(Refusal::Revoked)
    );

    // Someone on the way serves the list from before the revocation, which is still valid.
    space.lists.serve("/organisations.crl", space.pki.list(&[]));
    space.clock.advance(7 * 3600);
    // Another start reads the kept list and asks for a newer one meanwhile.
    let (connector, before) = (space.connector_in(dir.path()), space.lists.asked());
    let mut after = 0;
    while after < 20 {
        let error = connect(&connector, server.addr).await.unwrap_err();
        assert_eq!(error.refusal(), Some(Refusal::Revoked), "{error}");
        after += usize::from(space.lists.asked() > before);
    }
}

#[tokio::test]
async fn connections_opened_together_fetch_once() {
    let space = Space::new().await;
    let server = good_server(&space).await;
    let connector = space.connector();
    let together: Vec<_> = (0..8)
        .map(|_| {
            let (connector, addr) = (connector.clone(), server.addr);
            tokio::spawn(async move { connect(&connector, addr).await.map(|_| ()) })
        })
        .collect();
    for connection in together {
        connection.await.unwrap().unwrap();
    }
    assert_eq!(space.lists.asked(), 1);
}

/// A source of lists that never answers anything but what it was given.
struct Fixed(Result<Vec<u8>, CrlProblem>);

impl CrlFetch for Fixed {
    fn fetch<'a>(&'a self, _url: &'a str) -> CrlFuture<'a> {
        Box::pin(std::future::ready(self.0.clone()))
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_does_not_stop_the_mail() {
    let space = Space::new().await;
    let server = good_server(&space).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    connect(&space.connector_in(file.path()), server.addr).await.unwrap();
}

#[tokio::test]
async fn a_source_that_gives_too_much_is_refused_too() {
    let space = Space::new().await;
    let server = good_server(&space).await;
    let crls = CrlCache::new(None, Arc::new(Fixed(Ok(vec![0; MAX_CRL_BYTES + 1]))));
    let error = connect(&space.connector_with(crls, None), server.addr)
        .await
        .unwrap_err();
    assert_eq!(problem(&error), CrlProblem::TooLarge);
}
