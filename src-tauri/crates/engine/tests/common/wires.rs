//! Connections of their own to the operator, under the engine's auditor: for the verbs that no use case has yet.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use pli_engine::Engine;
use pli_operator::Operator;
use pli_terms::{Address, BalKind, NationalId};
use pli_tls::{Connector, CrlCache, HttpCrlFetch};
use pli_wire::audit::{AuditContext, Authentication, Author};
use pli_wire::{Credentials, Endpoint, Network, Resolver, TlsMode, WireError, imap, sieve};

pub fn network(operator: &Operator) -> Network {
    let info = operator.info();
    let file = pli_tls::local::LocalOperator::from_file(&info.file()).unwrap();
    let crls = CrlCache::new(None, std::sync::Arc::new(HttpCrlFetch::new().unwrap()));
    let connector = Connector::new(file.policy().unwrap(), crls, None).unwrap();
    Network::new(Resolver::local(info.dns.parse().unwrap()).unwrap(), connector)
}

pub fn context(bal: &str, national_id: &str) -> AuditContext {
    AuditContext {
        author: Author {
            national_id: Some(NationalId::parse(national_id).unwrap()),
            display: "Claire MARTIN".to_owned(),
            authentication: Authentication::PscCiba,
        },
        bal: Address::parse(bal).unwrap(),
        kind: BalKind::Per,
    }
}

pub fn bearer(bal: &str, token: &str) -> Credentials {
    Credentials::Bearer {
        user: Address::parse(bal).unwrap(),
        token: token.to_owned().into(),
    }
}

pub fn imap_endpoint(operator: &Operator) -> Endpoint {
    Endpoint {
        host: "imap.alpha.mssante.test".to_owned(),
        port: operator.info().ports.imaps,
        tls: TlsMode::Implicit,
    }
}

pub async fn imap(
    engine: &Engine,
    operator: &Operator,
    bal: &str,
    who: &str,
    token: &str,
) -> Result<imap::Session, WireError> {
    imap::Session::open(
        &network(operator),
        &imap_endpoint(operator),
        &bearer(bal, token),
        engine.auditor().unwrap(),
        context(bal, who),
    )
    .await
}

pub async fn sieve(
    engine: &Engine,
    operator: &Operator,
    bal: &str,
    who: &str,
    token: &str,
) -> Result<sieve::Session, WireError> {
    let endpoint = Endpoint {
        host: "sieve.alpha.mssante.test".to_owned(),
        port: operator.info().ports.sieve,
        tls: TlsMode::StartTls,
    };
    sieve::Session::open(
        &network(operator),
        &endpoint,
        &bearer(bal, token),
        engine.auditor().unwrap(),
        context(bal, who),
    )
    .await
}
