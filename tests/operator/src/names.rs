//! A resolver for the local operator's domains: A for every host, SRV as RFC 6186 and RFC 8314 have it. UDP and TCP.
//!
//! Two domains publish SRV records; `beta.mssante.test` publishes none, so that autoconfiguration has its second way to take.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use crate::boxes::DOMAINS;
use crate::error::{Doing, Result};
use crate::info::Ports;
use crate::listening::Listening;

/// The domain without SRV records.
pub const WITHOUT_SRV: &str = "beta.mssante.test";

const A: u16 = 1;
const SRV: u16 = 33;
const ANY: u16 = 255;

/// Begins to answer on this port, UDP and TCP, until both are dropped.
pub(crate) fn serve(port: u16, ports: Ports) -> Result<[Listening; 2]> {
    let address = ("127.0.0.1", port);
    let datagrams = UdpSocket::bind(address).doing("listening on UDP", format!("127.0.0.1:{port}"))?;
    let streams = TcpListener::bind(address).doing("listening on TCP", format!("127.0.0.1:{port}"))?;
    let udp = Listening::datagrams(datagrams, port, move |question| answer(question, &ports))?;
    let tcp = Listening::streams(streams, port, Arc::new(move |stream| conversation(stream, &ports)))?;
    Ok([udp, tcp])
}

/// DNS over TCP: each message behind its length (RFC 1035 §4.2.2).
fn conversation(mut stream: TcpStream, ports: &Ports) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let mut length = [0; 2];
    while stream.read_exact(&mut length).is_ok() {
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        if stream.read_exact(&mut question).is_err() {
            return;
        }
        let Some(reply) = answer(&question, ports) else { return };
        let Ok(size) = u16::try_from(reply.len()) else { return };
        if stream.write_all(&[&size.to_be_bytes()[..], &reply].concat()).is_err() {
            return;
        }
    }
}

/// The answer to one question; none to what is not a question.
fn answer(question: &[u8], ports: &Ports) -> Option<Vec<u8>> {
    let flags = question.get(2)?;
    if flags & 0x80 != 0 || question.get(4..6)? != [0, 1] {
        return None;
    }
    let (name, end) = read_name(question)?;
    let kind = u16::from_be_bytes([*question.get(end)?, *question.get(end + 1)?]);
    let asked = question.get(12..end + 4)?;

    let records = records(&name, kind, ports);
    let unknown = records.is_none();
    let records = records.unwrap_or_default();
    let mut reply = question.get(..2)?.to_vec();
    // A response, authoritative, recursion as asked and offered; 3 is NXDOMAIN.
    reply.extend([0x84 | (flags & 0x01), 0x80 | if unknown { 3 } else { 0 }]);
    reply.extend([0, 1, 0, u8::try_from(records.len()).ok()?, 0, 0, 0, 0]);
    reply.extend(asked);
    for (kind, data) in records {
        reply.extend([0xc0, 12]);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 60]);
        reply.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        reply.extend(data);
    }
    Some(reply)
}

/// What the zone says: `None` when the name does not exist.
fn records(name: &str, kind: u16, ports: &Ports) -> Option<Vec<(u16, Vec<u8>)>> {
    let domain = DOMAINS
        .iter()
        .find(|domain| name == **domain || name.ends_with(&format!(".{domain}")))?;
    let label = name.strip_suffix(domain)?.trim_end_matches('.');
    if label.starts_with('_') {
        if *domain == WITHOUT_SRV {
            return None;
        }
        let (host, port) = match label {
            "_imaps._tcp" => ("imap", ports.imaps),
            "_imap._tcp" => ("imap", ports.imap),
            "_submissions._tcp" => ("smtp", ports.submissions),
            "_submission._tcp" => ("smtp", ports.submission),
            "_sieve._tcp" => ("imap", ports.sieve),
            _ => return None,
        };
        let mut data = vec![0, 0, 0, 1];
        data.extend(port.to_be_bytes());
        write_name(&mut data, &format!("{host}.{domain}"));
        return Some(if kind == SRV || kind == ANY {
            vec![(SRV, data)]
        } else {
            Vec::new()
        });
    }
    let address = kind == A || kind == ANY;
    Some(if address && !label.is_empty() {
        vec![(A, vec![127, 0, 0, 1])]
    } else {
        Vec::new()
    })
}

fn read_name(message: &[u8]) -> Option<(String, usize)> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        match length {
            0 => return Some((labels.join(".").to_ascii_lowercase(), at)),
            1..64 => labels.push(String::from_utf8_lossy(message.get(at..at + length)?).into_owned()),
            // A question is the first name of its message: nothing to point back to.
            _ => return None,
        }
        at += length;
    }
}

fn write_name(data: &mut Vec<u8>, name: &str) {
    for label in name.split('.') {
        data.push(u8::try_from(label.len()).unwrap_or(0));
        data.extend(label.as_bytes());
    }
    data.push(0);
}
