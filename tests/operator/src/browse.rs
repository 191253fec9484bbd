//! The browser's step of a login, played for a script: every redirection is followed, cookies are kept, until the program that
//! began the login has its answer. Loopback only.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::error::{Doing, Error, Result};

/// More than a login needs: authorization, interaction, back, and the program's own page.
const STEPS: usize = 20;
/// How long one page may take: a login that waits for approval is answered within two minutes.
const PATIENCE: Duration = Duration::from_secs(130);

/// Follows `url` to its end.
///
/// # Errors
/// When a page is not on this machine, answers anything but 200 or a redirection, or redirects without end.
pub fn browse(url: &str) -> Result<()> {
    let mut place = Place::read(url)?;
    let mut cookies = BTreeMap::new();
    for _ in 0..STEPS {
        let answer = get(&place, &cookies)?;
        let (head, _) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
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
                cookies.insert(name.to_owned(), value.to_owned());
            } else if name.eq_ignore_ascii_case("location") {
                location = Some(value.trim().to_owned());
            }
        }
        match (status, location) {
            (300..400, Some(next)) if next.starts_with('/') => place.path = next,
            (300..400, Some(next)) => place = Place::read(&next)?,
            (200, _) => return Ok(()),
            (status, _) => {
                return Err(Error::answer(
                    "following a login",
                    format!("{status} at {}", place.path),
                ));
            }
        }
    }
    Err(Error::answer("following a login", "too many redirections"))
}

/// A page of this machine.
struct Place {
    host: String,
    path: String,
}

impl Place {
    fn read(url: &str) -> Result<Self> {
        let far = || Error::answer("following a login", format!("{url} is not on this machine"));
        let rest = url.strip_prefix("http://").ok_or_else(far)?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let name = host.split(':').next().unwrap_or_default();
        if name != "127.0.0.1" && name != "localhost" {
            return Err(far());
        }
        let path = path.split('#').next().unwrap_or_default();
        Ok(Self {
            host: host.to_owned(),
            path: format!("/{path}"),
        })
    }
}

fn get(place: &Place, cookies: &BTreeMap<String, String>) -> Result<String> {
    let mut stream = TcpStream::connect(&place.host).doing("connecting to", &place.host)?;
    stream.set_read_timeout(Some(PATIENCE)).doing("asking", &place.host)?;
    let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = format!(
        "GET {} HTTP/1.0\r\nHost: {}\r\nAccept: */*\r\nCookie: {}\r\n\r\n",
        place.path,
        place.host,
        cookies.join("; ")
    );
    stream.write_all(request.as_bytes()).doing("asking", &place.host)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).doing("reading", &place.host)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
