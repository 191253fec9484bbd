//! The browser's step of a login, played for a script: every redirection is followed, cookies are kept, until the program that
//! began the login has its answer. Loopback only; over TLS, only the operator's own root is believed.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::error::{Doing, Error, Result};
use crate::info::Info;

/// More than a login needs: authorization, interaction, back, and the program's own page.
const STEPS: usize = 20;
/// How long one page may take: a login that waits for approval is answered within two minutes.
const PATIENCE: Duration = Duration::from_secs(130);

/// Follows `url` to its end; returns the page that is there. Without `info`, nothing over TLS is believed.
///
/// # Errors
/// When a page is not on this machine, answers anything but 200 or a redirection, or redirects without end.
pub fn browse(url: &str, info: Option<&Info>) -> Result<String> {
    let tls = Arc::new(believing(info)?);
    let mut place = Place::read(url)?;
    // Those of one server are no business of another.
    let mut cookies: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for _ in 0..STEPS {
        let kept = cookies.entry(place.host.clone()).or_default();
        let answer = get(&place, kept, &tls)?;
        let (head, page) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status: u16 = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or_default();
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut location = None;
        for (name, value) in headers {
            if name.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = value.split(';').next().and_then(|cookie| cookie.trim().split_once('='))
            {
                kept.insert(name.to_owned(), value.to_owned());
            } else if name.eq_ignore_ascii_case("location") {
                location = Some(value.trim().to_owned());
            }
        }
        match (status, location) {
            (300..400, Some(next)) if next.starts_with('/') => place.path = next,
            (300..400, Some(next)) => place = Place::read(&next)?,
            (200, _) => return Ok(page.to_owned()),
            (status, _) => {
                return Err(Error::answer(
                    "following a login",
                    format!("{status} at {}", place.path.split('?').next().unwrap_or_default()),
                ));
            }
        }
    }
    Err(Error::answer("following a login", "too many redirections"))
}

/// A page of this machine.
struct Place {
    secure: bool,
    host: String,
    path: String,
}

impl Place {
    fn read(url: &str) -> Result<Self> {
        let far = || Error::answer("following a login", format!("{url} is not on this machine"));
        let (scheme, rest) = url.split_once("://").ok_or_else(far)?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let name = host.split(':').next().unwrap_or_default();
        if !matches!(scheme, "http" | "https") || (name != "127.0.0.1" && name != "localhost") {
            return Err(far());
        }
        let path = path.split('#').next().unwrap_or_default();
        Ok(Self {
            secure: scheme == "https",
            host: host.to_owned(),
            path: format!("/{path}"),
        })
    }
}

/// TLS that believes the operator's root and no other.
fn believing(info: Option<&Info>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(info) = info {
        let pem = std::fs::read(&info.anchors).doing("reading", &info.anchors)?;
        for root in CertificateDer::pem_slice_iter(&pem).flatten() {
            roots.add(root)?;
        }
    }
    Ok(ClientConfig::builder_with_provider(crate::mailbox::crypto_provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn get(place: &Place, cookies: &BTreeMap<String, String>, tls: &Arc<ClientConfig>) -> Result<String> {
    // Servers listen on one of the addresses that `localhost` may be.
    let port = place.host.split_once(':').map_or("", |(_, port)| port);
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).doing("connecting to", &place.host)?;
    stream.set_read_timeout(Some(PATIENCE)).doing("asking", &place.host)?;
    let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = format!(
        "GET {} HTTP/1.0\r\nHost: {}\r\nAccept: */*\r\nCookie: {}\r\n\r\n",
        place.path,
        place.host,
        cookies.join("; ")
    );
    if !place.secure {
        return exchange(&mut stream, &request, place);
    }
    let name = place.host.split(':').next().unwrap_or_default().to_owned();
    let name = ServerName::try_from(name).map_err(|_| Error::answer("following a login", "a name that is none"))?;
    let connection = ClientConnection::new(Arc::clone(tls), name)?;
    exchange(&mut StreamOwned::new(connection, stream), &request, place)
}

fn exchange(stream: &mut (impl Read + Write), request: &str, place: &Place) -> Result<String> {
    stream
        .write_all(request.as_bytes())
        .and_then(|()| stream.flush())
        .doing("asking", &place.host)?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        // A server that ends without the farewell of TLS has said all it had to.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && !answer.is_empty() => {}
        Err(error) => return Err(error).doing("reading", &place.host),
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
