//! The ceiling: every message fetched whole over IMAPS, and thrown away.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use pli_operator::Operator;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::Outcome;

/// What the drain took, and how many octets came.
pub(crate) fn drain(operator: &Operator, address: &str, token: &str) -> Outcome<(Duration, u64)> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(operator.pki().root_der().to_vec()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let begun = Instant::now();
    let tcp = TcpStream::connect(("127.0.0.1", operator.info().ports.imaps))?;
    let name = ServerName::try_from("imap.alpha.mssante.test")?;
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name)?, tcp);
    let login =
        base64::engine::general_purpose::STANDARD.encode(format!("user={address}\x01auth=Bearer {token}\x01\x01"));
    until(&mut stream, b"* OK")?;
    for (tag, command) in [
        ("a", format!("AUTHENTICATE XOAUTH2 {login}")),
        ("b", "EXAMINE INBOX".to_owned()),
    ] {
        stream.write_all(format!("{tag} {command}\r\n").as_bytes())?;
        until(&mut stream, format!("{tag} OK").as_bytes())?;
    }
    stream.write_all(b"c UID FETCH 1:* (BODY.PEEK[])\r\n")?;
    let octets = until(&mut stream, b"\nc OK")?;
    Ok((begun.elapsed(), octets))
}

/// How much of what was read last is looked at: longer than any line that ends an answer.
const TAIL: usize = 4096;

/// Reads until what ends an answer; gives how much was read.
fn until(stream: &mut StreamOwned<ClientConnection, TcpStream>, end: &[u8]) -> Outcome<u64> {
    let mut buffer = vec![0; 256 * 1024];
    let mut tail = Vec::new();
    let mut octets = 0;
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        octets += read as u64;
        tail.extend_from_slice(&buffer[read.saturating_sub(TAIL)..read]);
        if tail.windows(end.len()).any(|window| window == end) {
            return Ok(octets);
        }
        let keep = tail.len().saturating_sub(TAIL);
        tail.drain(..keep);
    }
}
