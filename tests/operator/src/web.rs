//! The web server: autoconfiguration over TLS, the revocation list in the clear (as a list must be, RFC 5280 §8).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::boxes::DOMAINS;
use crate::error::{Doing, Error, Result};
use crate::info::Ports;
use crate::listening::Listening;
use crate::pki::Leaf;

/// The path of the revocation list.
pub(crate) const CRL_PATH: &str = "/crl/organisations.crl";

/// A value that may change while it is served.
pub(crate) type Served<T> = Arc<RwLock<T>>;

/// Serves the revocation list, or answers 503 while there is none.
pub(crate) fn serve_crl(port: u16, crl: Served<Option<Vec<u8>>>) -> Result<Listening> {
    let listener = TcpListener::bind(("127.0.0.1", port)).doing("listening on", format!("127.0.0.1:{port}"))?;
    Listening::streams(
        listener,
        port,
        Arc::new(move |mut stream| {
            let crl = crl.read().unwrap_or_else(PoisonError::into_inner).clone();
            respond(&mut stream, |_, path| match (path, crl) {
                (CRL_PATH, Some(list)) => (200, "application/pkix-crl", list),
                (CRL_PATH, None) => (503, "text/plain", Vec::new()),
                _ => (404, "text/plain", Vec::new()),
            });
        }),
    )
}

/// Serves `https://autoconfig.{domain}/mail/config-v1.1.xml`.
pub(crate) fn serve_autoconfig(port: u16, ports: Ports, config: Served<Arc<ServerConfig>>) -> Result<Listening> {
    let listener = TcpListener::bind(("127.0.0.1", port)).doing("listening on", format!("127.0.0.1:{port}"))?;
    Listening::streams(
        listener,
        port,
        Arc::new(move |stream| {
            let config = Arc::clone(&config.read().unwrap_or_else(PoisonError::into_inner));
            let Ok(connection) = ServerConnection::new(config) else {
                return;
            };
            let mut stream = StreamOwned::new(connection, stream);
            respond(&mut stream, |host, path| {
                let domain = DOMAINS.iter().find(|domain| host == format!("autoconfig.{domain}"));
                match (path.split('?').next(), domain) {
                    (Some("/mail/config-v1.1.xml"), Some(domain)) => {
                        (200, "text/xml; charset=utf-8", autoconfig(domain, &ports).into_bytes())
                    }
                    _ => (404, "text/plain", Vec::new()),
                }
            });
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }),
    )
}

/// TLS as EX_OPE_5010 wants it from an operator: the three suites of 1.3 and the two ECDHE-RSA-GCM ones of 1.2.
///
/// # Errors
/// When the key does not fit the certificate.
pub fn server_config(leaf: &Leaf) -> Result<Arc<ServerConfig>> {
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(leaf.key_der.clone()).into();
    let chain = vec![leaf.certificate_der.clone().into(), leaf.issuer_der.clone().into()];
    let config = ServerConfig::builder_with_provider(crate::mailbox::crypto_provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(Error::Tls)?;
    Ok(Arc::new(config))
}

/// Reads one request, writes one answer, over whatever carries them.
fn respond<S: Read + Write + Timed>(stream: &mut S, answer: impl FnOnce(&str, &str) -> (u16, &'static str, Vec<u8>)) {
    stream.limit();
    let mut head = Vec::new();
    let mut octet = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 16_384 || !matches!(stream.read(&mut octet), Ok(1)) {
            return;
        }
        head.push(octet[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or("/");
    let host = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, host)| host.trim().split(':').next().unwrap_or_default().to_ascii_lowercase())
        .unwrap_or_default();
    let (status, kind, body) = answer(&host, path);
    let reason = if status == 200 { "OK" } else { "Error" };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&body))
        .and_then(|()| stream.flush());
}

/// A stream that is given up when the other side says nothing.
trait Timed {
    fn limit(&self);
}

impl Timed for TcpStream {
    fn limit(&self) {
        let _ = self.set_read_timeout(Some(Duration::from_secs(30)));
    }
}

impl Timed for StreamOwned<ServerConnection, TcpStream> {
    fn limit(&self) {
        self.sock.limit();
    }
}

fn autoconfig(domain: &str, ports: &Ports) -> String {
    let server = |tag: &str, kind: &str, host: &str, port: u16, socket: &str| {
        format!(
            "    <{tag} type=\"{kind}\">\n      <hostname>{host}.{domain}</hostname>\n      <port>{port}</port>\n      \
             <socketType>{socket}</socketType>\n      <authentication>OAuth2</authentication>\n      \
             <username>%EMAILADDRESS%</username>\n    </{tag}>\n"
        )
    };
    let servers = [
        server("incomingServer", "imap", "imap", ports.imaps, "SSL"),
        server("incomingServer", "imap", "imap", ports.imap, "STARTTLS"),
        server("outgoingServer", "smtp", "smtp", ports.submissions, "SSL"),
        server("outgoingServer", "smtp", "smtp", ports.submission, "STARTTLS"),
    ]
    .concat();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  <emailProvider id=\"{domain}\">\n    \
         <domain>{domain}</domain>\n    <displayName>Messagerie de santé {domain}</displayName>\n    \
         <displayShortName>{domain}</displayShortName>\n{servers}  </emailProvider>\n</clientConfig>\n"
    )
}
