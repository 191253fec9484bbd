//! Servers that say what no real one will: cut anywhere, lie, stall, talk nonsense.

mod echoes;
mod ends;
mod exact;
mod imap;
mod metadata;
mod quota;
mod sieve;
mod smtp;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pli_terms::{Address, BalKind};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::task::JoinHandle;

use crate::audit::{AuditContext, AuditEntry, AuditFailure, AuditOutcome, Auditor, Authentication, Author, Protocol};
use crate::socket::Socket;
use crate::trail::Trail;

/// How long a server that says nothing more is waited for, where that is what is shown: one that answers is never so late,
/// on a busy machine either.
const SHORT: Duration = Duration::from_secs(3);

/// Keeps every entry.
#[derive(Default)]
struct Recorder(Mutex<Vec<AuditEntry>>);

impl Auditor for Recorder {
    fn record(&self, entry: AuditEntry) -> Result<(), AuditFailure> {
        self.0.lock().unwrap().push(entry);
        Ok(())
    }
}

impl Recorder {
    /// What is not an intention.
    fn ended(&self) -> Vec<AuditEntry> {
        let entries = self.0.lock().unwrap();
        let ended = |entry: &&AuditEntry| entry.outcome != AuditOutcome::Intended;
        entries.iter().filter(ended).cloned().collect()
    }
}

/// What failed, or nothing.
fn said(entry: &AuditEntry) -> &str {
    match &entry.outcome {
        AuditOutcome::Failed { what } => what.as_str(),
        _ => "",
    }
}

/// Keeps every entry, and says of each that it could not.
#[derive(Default)]
struct Full(Mutex<Vec<AuditEntry>>);

impl Auditor for Full {
    fn record(&self, entry: AuditEntry) -> Result<(), AuditFailure> {
        self.0.lock().unwrap().push(entry);
        Err(AuditFailure("disk full".to_owned()))
    }
}

fn trail(protocol: Protocol) -> (Trail, Arc<Recorder>) {
    let recorder = Arc::<Recorder>::default();
    (trail_of(recorder.clone(), protocol), recorder)
}

fn trail_of(auditor: Arc<dyn Auditor>, protocol: Protocol) -> Trail {
    let context = AuditContext {
        author: Author {
            national_id: None,
            display: String::new(),
            authentication: Authentication::None,
        },
        bal: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
        kind: BalKind::Per,
    };
    Trail::new(auditor, context, protocol, "imap.alpha.mssante.test", 993)
}

/// A pipe: our end as the crate's socket, the other end for the server.
fn pipe(patience: Duration) -> (Socket, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 993));
    (Socket::new(Box::new(ours), peer, patience, patience), theirs)
}

/// One turn of a scripted server.
#[derive(Clone)]
enum Turn {
    /// Waits for a line that holds this; then says the text, in which `$` is the line's tag.
    On(&'static str, Vec<u8>),
    /// Reads that many octets.
    Read(usize),
    /// Reads until the final dot of a message.
    Message,
    /// Says this at once.
    Say(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Says nothing more, and keeps the connection.
    Stall,
}

fn on(holds: &'static str, says: impl AsRef<[u8]>) -> Turn {
    Turn::On(holds, says.as_ref().to_vec())
}

/// Plays the turns. Answers the lines it was told.
fn play(stream: DuplexStream, turns: Vec<Turn>) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut stream = BufReader::new(stream);
        let mut told = Vec::new();
        for turn in turns {
            match turn {
                Turn::On(holds, says) => {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                        return told;
                    }
                    assert!(line.contains(holds), "{line:?} instead of {holds}");
                    let tag = line.split(' ').next().unwrap_or_default().trim().as_bytes().to_vec();
                    told.push(line);
                    let mut answer = Vec::new();
                    for byte in says {
                        if byte == b'$' {
                            answer.extend(&tag)
                        } else {
                            answer.push(byte)
                        }
                    }
                    let _ = stream.write_all(&answer).await;
                }
                Turn::Read(octets) => {
                    let mut bytes = vec![0; octets];
                    let _ = stream.read_exact(&mut bytes).await;
                    told.push(String::from_utf8_lossy(&bytes).into_owned());
                }
                Turn::Message => {
                    let mut whole = String::new();
                    while !whole.ends_with("\r\n.\r\n") {
                        if stream.read_line(&mut whole).await.unwrap_or(0) == 0 {
                            break;
                        }
                    }
                    told.push(whole);
                }
                Turn::Say(bytes) => {
                    let _ = stream.write_all(&bytes).await;
                }
                Turn::Close => return told,
                Turn::Stall => std::future::pending().await,
            }
        }
        // What is still in the pipe is read before it closes.
        let mut rest = String::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut rest)).await;
        told
    })
}
