//! What every test here needs: one operator, a network that trusts it, a recording auditor.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use pli_operator::{Operator, Options};
use pli_terms::{Address, BalKind, NationalId};
use pli_tls::{ClientIdentity, Connector, CrlCache, HttpCrlFetch, Policy};
use pli_wire::audit::{AuditContext, AuditEntry, AuditFailure, AuditOutcome, Auditor, Authentication, Author};
use pli_wire::imap::Session;
use pli_wire::smtp::Connection;
use pli_wire::{Credentials, Endpoint, Network, Resolver, TlsMode, WireError};

pub(crate) const MARTIN: &str = "dr.martin@alpha.mssante.test";
pub(crate) const LEROY: &str = "dr.leroy@alpha.mssante.test";
pub(crate) const LABO: &str = "labo@beta.mssante.test";
pub(crate) const PLEIN: &str = "plein@alpha.mssante.test";

/// The operator that the tests of this binary share. It ends with the process.
pub(crate) fn operator() -> &'static Operator {
    static OPERATOR: OnceLock<Operator> = OnceLock::new();
    OPERATOR.get_or_init(|| {
        Operator::start(Options {
            token_ttl: 3600,
            ..Options::default()
        })
        .unwrap()
    })
}

/// Keeps every entry; refuses to, when told.
#[derive(Default)]
pub(crate) struct Recorder {
    entries: Mutex<Vec<AuditEntry>>,
    refuses: Mutex<bool>,
}

impl Recorder {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn entries(&self) -> MutexGuard<'_, Vec<AuditEntry>> {
        self.entries.lock().unwrap()
    }

    /// The last ended action of this request's beginning.
    pub(crate) fn last(&self, request: &str) -> AuditEntry {
        let entries = self.entries();
        let ended = |e: &&AuditEntry| e.request.as_str().starts_with(request) && e.outcome != AuditOutcome::Intended;
        entries
            .iter()
            .rev()
            .find(ended)
            .cloned()
            .unwrap_or_else(|| panic!("no trace of {request}"))
    }

    pub(crate) fn refuse(&self, on: bool) {
        *self.refuses.lock().unwrap() = on;
    }

    /// Everything recorded, as text, to look for what must not be there.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.entries())
    }
}

impl Auditor for Recorder {
    fn ready(&self) -> Result<(), AuditFailure> {
        if *self.refuses.lock().unwrap() {
            Err(AuditFailure("disk full".to_owned()))
        } else {
            Ok(())
        }
    }

    fn record(&self, entry: AuditEntry) -> Result<(), AuditFailure> {
        self.ready()?;
        self.entries().push(entry);
        Ok(())
    }
}

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn context(bal: &str, national_id: Option<&str>) -> AuditContext {
    AuditContext {
        author: Author {
            national_id: national_id.map(|id| NationalId::parse(id).unwrap()),
            display: "Dr Claire MARTIN".to_owned(),
            authentication: if national_id.is_some() {
                Authentication::PscCode
            } else {
                Authentication::Certificate
            },
        },
        bal: address(bal),
        kind: BalKind::Per,
    }
}

/// A network that trusts this operator only.
pub(crate) fn network(operator: &Operator, client: Option<ClientIdentity>) -> Network {
    let info = operator.info();
    let file = pli_tls::local::LocalOperator::from_file(&info.file()).unwrap();
    let policy: Policy = file.policy().unwrap();
    let crls = CrlCache::new(None, Arc::new(HttpCrlFetch::new().unwrap()));
    let connector = Connector::new(policy, crls, client).unwrap();
    Network::new(Resolver::local(info.dns.parse().unwrap()).unwrap(), connector)
}

pub(crate) fn certificate(operator: &Operator, legacy: bool) -> ClientIdentity {
    let info = operator.info();
    let file = if legacy {
        &info.client_p12_legacy
    } else {
        &info.client_p12
    };
    ClientIdentity::from_pkcs12(&std::fs::read(file).unwrap(), &info.client_p12_passphrase).unwrap()
}

pub(crate) fn imap_endpoint(operator: &Operator, tls: TlsMode) -> Endpoint {
    let ports = operator.info().ports;
    let port = if tls == TlsMode::Implicit {
        ports.imaps
    } else {
        ports.imap
    };
    Endpoint {
        host: "imap.alpha.mssante.test".to_owned(),
        port,
        tls,
    }
}

pub(crate) fn smtp_endpoint(operator: &Operator, tls: TlsMode) -> Endpoint {
    let ports = operator.info().ports;
    let port = if tls == TlsMode::Implicit {
        ports.submissions
    } else {
        ports.submission
    };
    Endpoint {
        host: "smtp.alpha.mssante.test".to_owned(),
        port,
        tls,
    }
}

pub(crate) fn bearer(bal: &str, token: &str) -> Credentials {
    Credentials::Bearer {
        user: address(bal),
        token: token.to_owned().into(),
    }
}

/// The person who opens a box.
pub(crate) fn holder(bal: &str) -> &'static str {
    match bal {
        LEROY => pli_operator::boxes::DR_LEROY,
        LABO => pli_operator::boxes::BIOLOGIST,
        PLEIN => pli_operator::boxes::DR_PLEIN,
        _ => pli_operator::boxes::DR_MARTIN,
    }
}

pub(crate) async fn open(operator: &Operator, bal: &str, recorder: &Arc<Recorder>) -> Result<Session, WireError> {
    let token = operator.token(holder(bal)).unwrap();
    let endpoint = imap_endpoint(operator, TlsMode::Implicit);
    Session::open(
        &network(operator, None),
        &endpoint,
        &bearer(bal, &token),
        recorder.clone(),
        context(bal, Some(holder(bal))),
    )
    .await
}

pub(crate) async fn submit(operator: &Operator, bal: &str, recorder: &Arc<Recorder>) -> Result<Connection, WireError> {
    let token = operator.token(holder(bal)).unwrap();
    let endpoint = smtp_endpoint(operator, TlsMode::Implicit);
    Connection::open(
        &network(operator, None),
        &endpoint,
        &bearer(bal, &token),
        recorder.clone(),
        context(bal, Some(holder(bal))),
    )
    .await
}

/// A letter whose words are easy to look for.
pub(crate) fn letter(id: &str, to: &str) -> Vec<u8> {
    format!(
        "From: Dr Martin <{MARTIN}>\r\nTo: <{to}>\r\nSubject: Sujet-secret DUPONT\r\nMessage-ID: <{id}>\r\n\
         Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Corps-secret de la lettre.\r\n.\r\n..deux points\r\nfin\r\n"
    )
    .into_bytes()
}
