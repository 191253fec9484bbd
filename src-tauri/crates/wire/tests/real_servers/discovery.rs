//! Autoconfiguration by a real resolver and a real web server.

use pli_operator::WITHOUT_SRV;
use pli_wire::autoconfig::{Discovery, Source};
use pli_wire::{TlsMode, WireError};

use crate::support::{MARTIN, address, network, operator};

#[tokio::test]
async fn by_srv_then_by_the_file_then_not_at_all() {
    let operator = operator();
    let discovery = Discovery::new(network(operator, None)).with_https_port(operator.info().https_port);
    let found = discovery.discover(&address(MARTIN)).await.unwrap();
    assert_eq!((found.source, found.imap.tls), (Source::Srv, TlsMode::Implicit));
    assert_eq!(
        (found.imap.host.as_str(), found.imap.port),
        ("imap.alpha.mssante.test", operator.info().ports.imaps)
    );
    assert_eq!(found.smtp.port, operator.info().ports.submissions);
    assert_eq!(found.sieve.unwrap().port, operator.info().ports.sieve);

    let found = discovery
        .discover(&address(&format!("dr.martin@{WITHOUT_SRV}")))
        .await
        .unwrap();
    assert_eq!(found.source, Source::Autoconfig);
    assert!(found.imap.port == operator.info().ports.imaps || found.imap.port == operator.info().ports.imap);

    let nowhere = discovery
        .discover(&address("dr.martin@nulle.part.mssante.test"))
        .await
        .unwrap_err();
    assert!(matches!(nowhere, WireError::NoServers(_)), "{nowhere:?}");
    let outside = discovery.discover(&address("dr.martin@exemple.fr")).await.unwrap_err();
    assert!(matches!(outside, WireError::NotTrustSpace(_)), "{outside:?}");
}
