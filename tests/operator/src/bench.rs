//! Requests to the identity provider's bench: one HTTP exchange each, on loopback.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Doing, Error, Result};
use crate::info::Info;

/// Longest wait for a login to answer, in seconds: nobody waits so long but on a machine that has much else to do.
pub(crate) const ARRIVAL_SECONDS: u32 = 60;

/// Asks `GET {bench}{path}` of the operator described by `info`; returns the JSON answered.
///
/// # Errors
/// When the identity provider is away, or answers anything but 200.
pub fn request(info: &Info, path: &str) -> Result<Value> {
    let (status, body) = get(info.ports.idp, &format!("/bench{path}"))?;
    if status != 200 {
        return Err(Error::answer("asking the bench", format!("{status} {body}")));
    }
    serde_json::from_str(&body).map_err(|error| Error::answer("reading the bench", error.to_string()))
}

/// Approves the login of this person, waiting up to a minute for one to begin. Browser and phone alike.
///
/// # Errors
/// When nobody of this national id logs in.
pub fn approve(info: &Info, national_id: &str) -> Result<()> {
    request(info, &format!("/approve?wait={ARRIVAL_SECONDS}&id={national_id}")).map(drop)
}

/// Refuses it.
///
/// # Errors
/// As [`approve`].
pub fn refuse(info: &Info, national_id: &str) -> Result<()> {
    request(info, &format!("/refuse?wait={ARRIVAL_SECONDS}&id={national_id}")).map(drop)
}

/// A plain HTTP GET on loopback: status and body.
pub(crate) fn get(port: u16, path: &str) -> Result<(u16, String)> {
    let place = format!("127.0.0.1:{port}{path}");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).doing("connecting to", &place)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(u64::from(ARRIVAL_SECONDS) + 15)))
        .doing("asking", &place)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(request.as_bytes()).doing("asking", &place)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).doing("reading", &place)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    match (status, answer.split_once("\r\n\r\n")) {
        (Some(status), Some((_, body))) => Ok((status, body.to_owned())),
        _ => Err(Error::answer("reading an HTTP answer", answer)),
    }
}
