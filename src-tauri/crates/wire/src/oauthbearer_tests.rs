//! OAUTHBEARER on real servers. They offer XOAUTH2 too, which comes first: here that offer is overlooked.

use std::sync::Arc;

use pli_operator::{Operator, Options, boxes};
use pli_terms::{Address, BalKind};
use pli_tls::{Connector, CrlCache, HttpCrlFetch, local::LocalOperator};

use crate::audit::{AuditContext, AuditEntry, AuditFailure, Auditor, Authentication, Author};
use crate::imap::{Capabilities, ImapSession, MailboxName};
use crate::{Credentials, Endpoint, Network, Resolver, TlsMode, WireError};

struct Silent;

impl Auditor for Silent {
    fn record(&self, _: AuditEntry) -> Result<(), AuditFailure> {
        Ok(())
    }
}

const MARTIN: &str = "dr.martin@alpha.mssante.test";

fn context() -> AuditContext {
    AuditContext {
        author: Author {
            national_id: None,
            display: String::new(),
            authentication: Authentication::PscCode,
        },
        bal: Address::parse(MARTIN).unwrap(),
        kind: BalKind::Per,
    }
}

#[tokio::test]
async fn oauthbearer_is_accepted_and_its_refusal_understood() {
    let operator = Operator::start(Options::default()).unwrap();
    let info = operator.info();
    let policy = LocalOperator::from_file(&info.file()).unwrap().policy().unwrap();
    let crls = CrlCache::new(None, Arc::new(HttpCrlFetch::new().unwrap()));
    let connector = Connector::new(policy, crls, None).unwrap();
    let network = Network::new(Resolver::local(info.dns.parse().unwrap()).unwrap(), connector);
    let server = |name: &str, port| Endpoint {
        host: format!("{name}.alpha.mssante.test"),
        port,
        tls: TlsMode::Implicit,
    };
    let (imap, smtp) = (server("imap", info.ports.imaps), server("smtp", info.ports.submissions));
    let good = operator.token(boxes::DR_MARTIN).unwrap();
    for (token, accepted) in [(good.as_str(), true), ("wrong", false)] {
        let user = Address::parse(MARTIN).unwrap();
        let credentials = Credentials::Bearer {
            user,
            token: token.to_owned().into(),
        };
        let judge = |error: Option<WireError>| match error {
            None => assert!(accepted),
            Some(error) => assert!(!accepted && error.is_token_refused(), "{error:?}"),
        };

        let mut greeted = crate::imap::connect(&network, &imap, Arc::new(Silent), context())
            .await
            .unwrap();
        greeted.capabilities = Capabilities::read("AUTH=OAUTHBEARER");
        let session = greeted.log_in(&imap, &credentials, network.timeouts).await;
        judge(match session {
            Ok(mut session) => session.select(&MailboxName::inbox(), None).await.err(),
            Err(error) => Some(error),
        });

        let mut connection = crate::smtp::connect(&network, &smtp, Arc::new(Silent), context())
            .await
            .unwrap();
        connection.offer_only("OAUTHBEARER");
        judge(connection.log_in(&smtp, &credentials).await.err());
    }
}
