//! A second IMAP client, small and blocking, for what tests assert: it shares no code with Pli's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::error::{Doing, Error, Result};
use crate::folder_name::{decode, encode};

/// One box, open over IMAPS as any client would.
pub struct Mailbox {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    tag: u32,
    selected: Option<String>,
}

/// A folder as LIST tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its name, decoded from modified UTF-7.
    pub name: String,
    /// Its attributes, such as `\Sent` or `\HasNoChildren`.
    pub attributes: Vec<String>,
}

/// A message as FETCH tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its unique number in the folder.
    pub uid: u32,
    /// Its flags and keywords, `\Recent` left out.
    pub flags: Vec<String>,
    /// INTERNALDATE, as the server writes it.
    pub internal_date: String,
    /// The whole message.
    pub raw: Vec<u8>,
}

/// An answer's text, and its literals, each marked in the text by `{}`.
struct Response {
    text: String,
    literals: Vec<Vec<u8>>,
}

/// The suites of EX_OPE_5010 that rustls has, on ring.
pub(crate) fn crypto_provider() -> Arc<CryptoProvider> {
    use ring::cipher_suite as suite;
    Arc::new(CryptoProvider {
        cipher_suites: vec![
            suite::TLS13_AES_256_GCM_SHA384,
            suite::TLS13_CHACHA20_POLY1305_SHA256,
            suite::TLS13_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        ..ring::default_provider()
    })
}

impl Mailbox {
    /// Opens the box `address` at 127.0.0.1:`port` with an access token.
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
        let name = ServerName::try_from(format!("imap.{domain}")).map_err(|_| Error::NoSuchBox(address.to_owned()))?;
        let tcp = TcpStream::connect(("127.0.0.1", port)).doing("connecting to", format!("127.0.0.1:{port}"))?;
        tcp.set_read_timeout(Some(Duration::from_secs(180)))
            .doing("connecting to", address)?;
        let connection = ClientConnection::new(Arc::new(config), name)?;
        let mut mailbox = Mailbox {
            stream: BufReader::new(StreamOwned::new(connection, tcp)),
            tag: 0,
            selected: None,
        };
        mailbox.response()?;
        let answer = BASE64.encode(format!("user={address}\x01auth=Bearer {token}\x01\x01"));
        mailbox.command(&format!("AUTHENTICATE XOAUTH2 {answer}"))?;
        Ok(mailbox)
    }

    /// All folders.
    ///
    /// # Errors
    /// As every method here: when the connection ends or the server refuses the command.
    pub fn folders(&mut self) -> Result<Vec<Folder>> {
        let responses = self.command("LIST \"\" \"*\"")?;
        Ok(responses
            .iter()
            .filter_map(|response| {
                let rest = response.text.strip_prefix("* LIST (")?;
                let (attributes, rest) = rest.split_once(") ")?;
                let name = match response.literals.first() {
                    Some(name) => String::from_utf8_lossy(name).into_owned(),
                    None => rest
                        .split_once(' ')?
                        .1
                        .trim_matches('"')
                        .replace("\\\"", "\"")
                        .replace("\\\\", "\\"),
                };
                Some(Folder {
                    name: decode(&name),
                    attributes: attributes
                        .split(' ')
                        .filter(|a| !a.is_empty())
                        .map(str::to_owned)
                        .collect(),
                })
            })
            .collect())
    }

    /// How many messages a folder has.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn count(&mut self, folder: &str) -> Result<usize> {
        let responses = self.command(&format!("STATUS {} (MESSAGES)", quoted(folder)))?;
        responses
            .iter()
            .find_map(|response| {
                response
                    .text
                    .split_once("(MESSAGES ")?
                    .1
                    .split(')')
                    .next()?
                    .parse()
                    .ok()
            })
            .ok_or_else(|| Error::answer("counting messages", "no STATUS"))
    }

    /// All messages of a folder, by rising UID.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn messages(&mut self, folder: &str) -> Result<Vec<Message>> {
        self.fetch(folder, "1:*")
    }

    /// One message.
    ///
    /// # Errors
    /// When there is no such folder or message.
    pub fn message(&mut self, folder: &str, uid: u32) -> Result<Message> {
        self.fetch(folder, &uid.to_string())?
            .into_iter()
            .next()
            .ok_or_else(|| Error::answer("fetching a message", "no such UID"))
    }

    /// The UIDs and flags of a folder, without the messages.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn flags(&mut self, folder: &str) -> Result<Vec<(u32, Vec<String>)>> {
        self.select(folder)?;
        let responses = self.command("UID FETCH 1:* (UID FLAGS)")?;
        Ok(responses
            .iter()
            .filter_map(|response| Some((number_after(&response.text, "UID ")?, flags_of(&response.text))))
            .collect())
    }

    /// The UIDs of the messages with this Message-ID (its angle brackets may be left out).
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn search_message_id(&mut self, folder: &str, message_id: &str) -> Result<Vec<u32>> {
        self.search(folder, &format!("HEADER Message-ID {}", string(message_id)))
    }

    /// The UIDs that answer to SEARCH criteria, such as `UNSEEN`.
    ///
    /// # Errors
    /// When there is no such folder, or the criteria are not.
    pub fn search(&mut self, folder: &str, criteria: &str) -> Result<Vec<u32>> {
        self.select(folder)?;
        let responses = self.command(&format!("UID SEARCH {criteria}"))?;
        Ok(responses
            .iter()
            .filter_map(|response| response.text.strip_prefix("* SEARCH"))
            .flat_map(|rest| {
                rest.split_whitespace()
                    .filter_map(|uid| uid.parse().ok())
                    .collect::<Vec<_>>()
            })
            .collect())
    }

    /// Waits until messages answering to SEARCH criteria are there, for what is delivered in a moment.
    ///
    /// # Errors
    /// When none came within `patience`.
    pub fn wait_for(&mut self, folder: &str, criteria: &str, patience: Duration) -> Result<Vec<Message>> {
        let start = Instant::now();
        loop {
            let uids = self.search(folder, criteria)?;
            if !uids.is_empty() {
                let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
                return self.fetch(folder, &set);
            }
            if start.elapsed() > patience {
                return Err(Error::answer(
                    "waiting for a message",
                    format!("none with {criteria} in {folder}"),
                ));
            }
            std::thread::sleep(Duration::from_millis(100));
            self.command("NOOP")?;
        }
    }

    /// Adds a message.
    ///
    /// # Errors
    /// When there is no such folder, or the box is full.
    pub fn append(&mut self, folder: &str, flags: &[&str], raw: &[u8]) -> Result<()> {
        let head = format!("APPEND {} ({}) {{{}+}}\r\n", quoted(folder), flags.join(" "), raw.len());
        self.exchange(&[head.as_bytes(), raw].concat()).map(drop)
    }

    /// Replaces the flags of a message.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn set_flags(&mut self, folder: &str, uid: u32, flags: &[&str]) -> Result<()> {
        self.select(folder)?;
        self.command(&format!("UID STORE {uid} FLAGS ({})", flags.join(" ")))
            .map(drop)
    }

    /// Deletes a message for good.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn delete(&mut self, folder: &str, uid: u32) -> Result<()> {
        self.select(folder)?;
        self.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"))?;
        self.command(&format!("UID EXPUNGE {uid}")).map(drop)
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// When it exists.
    pub fn create(&mut self, folder: &str) -> Result<()> {
        self.command(&format!("CREATE {}", quoted(folder))).map(drop)
    }

    /// Moves a message to another folder.
    ///
    /// # Errors
    /// When one of the folders does not exist.
    pub fn move_to(&mut self, folder: &str, uid: u32, target: &str) -> Result<()> {
        self.select(folder)?;
        self.command(&format!("UID MOVE {uid} {}", quoted(target))).map(drop)
    }

    /// Sends one command as it is; returns the text of every answer, literals left out.
    ///
    /// # Errors
    /// When it is refused.
    pub fn raw_command(&mut self, command: &str) -> Result<Vec<String>> {
        Ok(self
            .command(command)?
            .into_iter()
            .map(|response| response.text)
            .collect())
    }

    fn fetch(&mut self, folder: &str, set: &str) -> Result<Vec<Message>> {
        self.select(folder)?;
        let responses = self.command(&format!("UID FETCH {set} (UID FLAGS INTERNALDATE BODY.PEEK[])"))?;
        Ok(responses
            .into_iter()
            .filter_map(|mut response| {
                let uid = number_after(&response.text, "UID ")?;
                let date = response
                    .text
                    .split_once("INTERNALDATE \"")?
                    .1
                    .split('"')
                    .next()?
                    .to_owned();
                let flags = flags_of(&response.text);
                let raw = response.literals.pop()?;
                Some(Message {
                    uid,
                    flags,
                    internal_date: date,
                    raw,
                })
            })
            .collect())
    }

    fn select(&mut self, folder: &str) -> Result<()> {
        if self.selected.as_deref() != Some(folder) {
            self.selected = None;
            self.command(&format!("SELECT {}", quoted(folder)))?;
            self.selected = Some(folder.to_owned());
        }
        Ok(())
    }

    fn command(&mut self, command: &str) -> Result<Vec<Response>> {
        self.exchange(command.as_bytes())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Vec<Response>> {
        self.tag += 1;
        let tag = format!("b{} ", self.tag);
        let line = [tag.as_bytes(), command, b"\r\n"].concat();
        let stream = self.stream.get_mut();
        stream
            .write_all(&line)
            .and_then(|()| stream.flush())
            .doing("writing to", "IMAP")?;
        let mut responses = Vec::new();
        loop {
            let response = self.response()?;
            if response.text.starts_with('+') {
                // Only a refused token is answered so: go on to the refusal.
                let stream = self.stream.get_mut();
                stream
                    .write_all(b"\r\n")
                    .and_then(|()| stream.flush())
                    .doing("writing to", "IMAP")?;
            } else if let Some(state) = response.text.strip_prefix(&tag) {
                return if state.starts_with("OK") {
                    Ok(responses)
                } else {
                    Err(Error::answer("asking by IMAP", response.text))
                };
            } else {
                responses.push(response);
            }
        }
    }

    fn response(&mut self) -> Result<Response> {
        let mut text = String::new();
        let mut literals = Vec::new();
        loop {
            let mut line = Vec::new();
            self.stream.read_until(b'\n', &mut line).doing("reading from", "IMAP")?;
            if line.is_empty() {
                return Err(Error::answer("reading from IMAP", "the connection ended"));
            }
            let line = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            let size = line
                .strip_suffix('}')
                .and_then(|line| line.rsplit_once('{'))
                .and_then(|(before, size)| Some((before.len(), size.parse::<usize>().ok()?)));
            let Some((before, size)) = size else {
                text.push_str(&line);
                return Ok(Response { text, literals });
            };
            text.push_str(&line[..before]);
            text.push_str("{}");
            let mut literal = vec![0; size];
            self.stream.read_exact(&mut literal).doing("reading from", "IMAP")?;
            literals.push(literal);
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let stream = self.stream.get_mut();
        let _ = stream.write_all(b"z LOGOUT\r\n").and_then(|()| stream.flush());
    }
}

fn quoted(folder: &str) -> String {
    string(&encode(folder))
}

fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn number_after(text: &str, mark: &str) -> Option<u32> {
    let rest = text.split_once(mark)?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn flags_of(text: &str) -> Vec<String> {
    let flags = text
        .split_once("FLAGS (")
        .and_then(|(_, rest)| rest.split(')').next())
        .unwrap_or_default();
    flags
        .split(' ')
        .filter(|flag| !flag.is_empty() && *flag != "\\Recent")
        .map(str::to_owned)
        .collect()
}
