//! A second ManageSieve client, small and blocking, for what tests assert and for the other program that writes scripts: it
//! shares no code with Pli's own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::error::{Doing, Error, Result};
use crate::mailbox::crypto_provider;

/// The scripts of one box, open as any client would open them.
pub struct Scripts {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Scripts {
    /// Opens the scripts of `address` at 127.0.0.1:`port` with an access token.
    ///
    /// # Errors
    /// When the server is away, shows another certificate, or refuses the token.
    pub fn open(port: u16, root: &[u8], address: &str, token: &str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(root.to_vec()))?;
        let config = ClientConfig::builder_with_provider(crypto_provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let domain = address.rsplit('@').next().unwrap_or_default();
        let name = ServerName::try_from(format!("sieve.{domain}")).map_err(|_| Error::NoSuchBox(address.to_owned()))?;
        let tcp = TcpStream::connect(("127.0.0.1", port)).doing("connecting to", format!("127.0.0.1:{port}"))?;
        tcp.set_read_timeout(Some(Duration::from_secs(180)))
            .doing("connecting to", address)?;
        let mut clear = BufReader::new(tcp);
        answer(&mut clear)?;
        clear
            .get_mut()
            .write_all(b"STARTTLS\r\n")
            .doing("writing to", "ManageSieve")?;
        answer(&mut clear)?;
        let connection = ClientConnection::new(Arc::new(config), name)?;
        let mut scripts = Scripts {
            stream: BufReader::new(StreamOwned::new(connection, clear.into_inner())),
        };
        answer(&mut scripts.stream)?;
        let login = BASE64.encode(format!("user={address}\x01auth=Bearer {token}\x01\x01"));
        scripts.command(format!("AUTHENTICATE \"XOAUTH2\" {{{}+}}\r\n{login}", login.len()).as_bytes())?;
        Ok(scripts)
    }

    /// Each script's name, and whether it is the one that runs.
    ///
    /// # Errors
    /// As every method here: when the connection ends or the server refuses the command.
    pub fn list(&mut self) -> Result<Vec<(String, bool)>> {
        let (text, _) = self.command(b"LISTSCRIPTS")?;
        let script = |line: &str| {
            let (name, rest) = line.strip_prefix('"')?.rsplit_once('"')?;
            Some((
                name.replace("\\\"", "\"").replace("\\\\", "\\"),
                rest.contains("ACTIVE"),
            ))
        };
        Ok(text.lines().filter_map(script).collect())
    }

    /// A script's octets.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn get(&mut self, name: &str) -> Result<Vec<u8>> {
        let (_, literal) = self.command(format!("GETSCRIPT {}", string(name)).as_bytes())?;
        Ok(literal.unwrap_or_default())
    }

    /// Writes a script.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn put(&mut self, name: &str, script: &[u8]) -> Result<()> {
        let mut command = format!("PUTSCRIPT {} {{{}+}}\r\n", string(name), script.len()).into_bytes();
        command.extend(script);
        self.command(&command).map(drop)
    }

    /// Has a script run, or none.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn activate(&mut self, name: Option<&str>) -> Result<()> {
        self.command(format!("SETACTIVE {}", string(name.unwrap_or_default())).as_bytes())
            .map(drop)
    }

    /// Deletes a script.
    ///
    /// # Errors
    /// When there is none of this name, or it runs.
    pub fn delete(&mut self, name: &str) -> Result<()> {
        self.command(format!("DELETESCRIPT {}", string(name)).as_bytes())
            .map(drop)
    }

    fn command(&mut self, command: &[u8]) -> Result<(String, Option<Vec<u8>>)> {
        let stream = self.stream.get_mut();
        stream
            .write_all(&[command, b"\r\n"].concat())
            .and_then(|()| stream.flush())
            .doing("writing to", "ManageSieve")?;
        answer(&mut self.stream)
    }
}

/// What comes before `OK`, and the literal in it.
fn answer(stream: &mut impl BufRead) -> Result<(String, Option<Vec<u8>>)> {
    let (mut text, mut literal) = (String::new(), None);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).doing("reading from", "ManageSieve")?;
        if line.is_empty() {
            return Err(Error::answer("reading from ManageSieve", "the connection ended"));
        }
        let size = line.trim_end().strip_suffix('}').and_then(|line| line.rsplit_once('{'));
        let size = size.and_then(|(_, size)| size.trim_end_matches('+').parse::<usize>().ok());
        if let Some(size) = size {
            let mut octets = vec![0; size];
            stream.read_exact(&mut octets).doing("reading from", "ManageSieve")?;
            literal = Some(octets);
        }
        if line.starts_with("OK") {
            return Ok((text, literal));
        }
        if line.starts_with("NO") || line.starts_with("BYE") {
            let words = String::from_utf8_lossy(&literal.unwrap_or_default()).into_owned();
            return Err(Error::answer("asking by ManageSieve", format!("{line}{words}")));
        }
        text.push_str(&line);
    }
}

fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
