//! A line between the engine and the real server that can be cut, or go deaf, after so many octets of the client's: what a
//! real server will not do by itself.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What the line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// It carries everything.
    Whole,
    /// It is cut once the client has sent this many octets.
    Cut(u64),
    /// Once the client has sent this many octets, the server's answer to it is lost, and the line is cut where that would
    /// have come. The server has got everything that it was to answer.
    Deaf(u64),
}

/// The line. Ends with its owner.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    line: Arc<Mutex<Line>>,
    /// Connections by which a letter went, or a good part of one: what only asks how large one may be says less.
    pub(crate) letters: Arc<AtomicUsize>,
}

impl Proxy {
    /// A line to this port of this machine.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let line = Arc::new(Mutex::new(Line::Whole));
        let letters = Arc::new(AtomicUsize::new(0));
        let (state, count) = (Arc::clone(&line), Arc::clone(&letters));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", port))) else {
                    continue;
                };
                let line = *state.lock().unwrap();
                let count = Arc::clone(&count);
                std::thread::spawn(move || carry(client, server, line, &count));
            }
        });
        Self {
            port: own,
            line,
            letters,
        }
    }

    /// From the next connection on.
    pub(crate) fn set(&self, line: Line) {
        *self.line.lock().unwrap() = line;
    }
}

/// More than any exchange of verbs alone.
const LETTER: u64 = 64 * 1024;

fn carry(mut client: TcpStream, mut server: TcpStream, line: Line, letters: &AtomicUsize) {
    let sent = Arc::new(AtomicU64::new(0));
    let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let seen = Arc::clone(&sent);
    let deaf_at = if let Line::Deaf(octets) = line {
        octets
    } else {
        u64::MAX
    };
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut buffer) {
            if seen.load(Ordering::SeqCst) >= deaf_at || to_client.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 16 * 1024];
    while let Ok(read) = client.read(&mut buffer) {
        let before = sent.fetch_add(read as u64, Ordering::SeqCst);
        let total = before + read as u64;
        if before < LETTER && total >= LETTER {
            letters.fetch_add(1, Ordering::SeqCst);
        }
        if read == 0
            || matches!(line, Line::Cut(octets) if total >= octets)
            || server.write_all(&buffer[..read]).is_err()
        {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
