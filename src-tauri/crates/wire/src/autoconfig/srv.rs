//! DNS SRV records of a mail domain (RFC 6186, RFC 8314 §5.1).

use hickory_resolver::proto::rr::{RData, RecordType};
use pli_terms::Domain;

use super::{Servers, Source};
use crate::net::{failure, rooted};
use crate::{Endpoint, Resolver, TlsMode, WireError};

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    priority: u16,
    weight: u16,
    port: u16,
    target: String,
}

/// The servers that a domain publishes, TLS from the first byte preferred (RFC 8314 §3).
pub(super) async fn servers(resolver: &Resolver, domain: &Domain) -> Result<Option<Servers>, WireError> {
    let (imaps, imap, submissions, submission, sieve) = tokio::join!(
        first(resolver, "_imaps", domain, TlsMode::Implicit),
        first(resolver, "_imap", domain, TlsMode::StartTls),
        first(resolver, "_submissions", domain, TlsMode::Implicit),
        first(resolver, "_submission", domain, TlsMode::StartTls),
        first(resolver, "_sieve", domain, TlsMode::StartTls),
    );
    let reading = choose(imaps, imap)?;
    let sending = choose(submissions, submission)?;
    let (Some(imap), Some(smtp)) = (reading, sending) else {
        return Ok(None);
    };
    Ok(Some(Servers {
        imap,
        smtp,
        sieve: sieve.unwrap_or_default(),
        source: Source::Srv,
    }))
}

/// The first that is published; an error only when neither could be had.
fn choose(
    one: Result<Option<Endpoint>, WireError>,
    other: Result<Option<Endpoint>, WireError>,
) -> Result<Option<Endpoint>, WireError> {
    match (one, other) {
        (Ok(Some(endpoint)), _) | (_, Ok(Some(endpoint))) => Ok(Some(endpoint)),
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(None), Ok(None)) => Ok(None),
    }
}

async fn first(
    resolver: &Resolver,
    service: &str,
    domain: &Domain,
    tls: TlsMode,
) -> Result<Option<Endpoint>, WireError> {
    let name = format!("{service}._tcp.{domain}");
    let answer = match resolver.inner().lookup(rooted(&name), RecordType::SRV).await {
        Ok(answer) => answer,
        Err(error) => {
            return match failure(&name, &error) {
                WireError::Resolve { absent: true, .. } => Ok(None),
                _ => Err(WireError::Discovery {
                    domain: domain.clone(),
                    reason: crate::scrub::scrub(&error.to_string()),
                }),
            };
        }
    };
    let records = answer
        .answers()
        .iter()
        .take(50)
        .filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(Record {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                target: srv.target.to_utf8(),
            }),
            _ => None,
        });
    Ok(best(records.collect(), tls))
}

/// The record to use: lowest priority, then highest weight. A target of `.` says that there is no such service
/// (RFC 2782); a target that is no host name, or a literal address, is left out.
fn best(mut records: Vec<Record>, tls: TlsMode) -> Option<Endpoint> {
    records.sort_by_key(|record| (record.priority, u16::MAX - record.weight));
    records.into_iter().find_map(|record| {
        let host = Domain::parse(record.target.trim_end_matches('.')).ok()?;
        (record.port > 0).then(|| Endpoint {
            host: host.as_str().to_owned(),
            port: record.port,
            tls,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, target: &str) -> Record {
        Record {
            priority,
            weight,
            port: 993,
            target: target.to_owned(),
        }
    }

    #[test]
    fn priority_comes_before_weight() {
        let records = vec![record(20, 9, "c.fr."), record(10, 1, "b.fr."), record(10, 5, "a.fr.")];
        assert_eq!(best(records, TlsMode::Implicit).unwrap().host, "a.fr");
    }

    #[test]
    fn no_service_and_literal_addresses_are_left_out() {
        assert_eq!(best(vec![record(0, 0, ".")], TlsMode::Implicit), None);
        assert_eq!(best(vec![record(0, 0, "10.0.0.1.")], TlsMode::Implicit), None);
        assert_eq!(
            best(
                vec![Record {
                    port: 0,
                    ..record(0, 0, "a.fr.")
                }],
                TlsMode::Implicit
            ),
            None
        );
    }
}
