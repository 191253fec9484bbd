//! A message handed over in the clear, as mail that arrives from other operators.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::error::{Doing, Error, Result};

/// Gives one message to the server on this port.
pub(crate) fn send(port: u16, from: &str, to: &str, raw: &[u8]) -> Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).doing("connecting to", format!("127.0.0.1:{port}"))?;
    stream
        .set_read_timeout(Some(Duration::from_secs(180)))
        .doing("connecting to", "SMTP")?;
    let mut stream = BufReader::new(stream);
    expect(&mut stream, '2')?;
    for (line, wanted) in [
        ("EHLO voisin.mssante.test".to_owned(), '2'),
        (format!("MAIL FROM:<{from}> BODY=8BITMIME"), '2'),
        (format!("RCPT TO:<{to}>"), '2'),
        ("DATA".to_owned(), '3'),
    ] {
        say(&mut stream, line.as_bytes())?;
        expect(&mut stream, wanted)?;
    }
    let mut data = Vec::with_capacity(raw.len() + 64);
    for line in raw.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            data.push(b'.');
        }
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        data.extend(text.strip_suffix(b"\r").unwrap_or(text));
        data.extend(b"\r\n");
    }
    data.push(b'.');
    say(&mut stream, &data)?;
    expect(&mut stream, '2')?;
    say(&mut stream, b"QUIT")
}

fn say(stream: &mut BufReader<TcpStream>, line: &[u8]) -> Result<()> {
    stream
        .get_mut()
        .write_all(&[line, b"\r\n"].concat())
        .doing("writing to", "SMTP")
}

fn expect(stream: &mut BufReader<TcpStream>, wanted: char) -> Result<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).doing("reading from", "SMTP")?;
        if !line.starts_with(wanted) {
            return Err(Error::answer("handing over a message", line));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
