//! Traces to write and a place for the journal's secret.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use pli_terms::{Address, BalKind, MessageId, NationalId, Wording};
use pli_trace::{
    Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Journal, KeyPlace, KeyPlaceError, Outcome,
    Protocol, Request, Server, Workstation,
};
use zeroize::Zeroizing;

pub const KEY: [u8; 32] = [5; 32];
/// 2026-09-21, 14:13:20 UTC.
pub const BEGAN: i64 = 1_790_000_000_000;
pub const DAY: i64 = 86_400_000;

/// A secret's place in memory.
#[derive(Default)]
pub struct Memory(pub Mutex<Option<Vec<u8>>>);

impl KeyPlace for Memory {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        Ok(self.0.lock().unwrap().clone().map(Zeroizing::new))
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        assert!(secret.len() <= 512);
        *self.0.lock().unwrap() = Some(secret.to_vec());
        Ok(())
    }

    fn outside(&self) -> bool {
        true
    }
}

/// A secret's place in a file.
pub struct InFile(pub PathBuf);

impl KeyPlace for InFile {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        match std::fs::read(&self.0) {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        let aside = self.0.with_extension("new");
        std::fs::write(&aside, secret).map_err(|error| failure(&error))?;
        std::fs::rename(&aside, &self.0).map_err(|error| failure(&error))
    }

    fn outside(&self) -> bool {
        false
    }
}

fn failure(error: &std::io::Error) -> KeyPlaceError {
    KeyPlaceError {
        what: error.to_string(),
        transient: false,
    }
}

/// A folder, and the journal's secret apart from it.
pub struct Desk {
    pub dir: tempfile::TempDir,
    pub place: Arc<Memory>,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            place: Arc::default(),
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    pub fn open(&self) -> Journal {
        Journal::open(&self.folder(), &KEY, self.place.clone()).unwrap()
    }
}

/// The periods' files in a folder.
pub fn periods(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("period-") && name.ends_with(".db")
        })
        .collect();
    files.sort();
    files
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

/// The n-th trace: a day's work of two people on two mailboxes, a trace every half second.
pub fn entry(number: u32) -> Entry {
    let boxes = ["dr.martin@alpha.mssante.test", "Cabinet@alpha.mssante.test"];
    let outcome = match number % 10 {
        5 => Outcome::Refused {
            code: Wording::fixed("550"),
            enhanced: Wording::fixed("5.1.1"),
            text: Wording::fixed("unknown"),
        },
        7 => Outcome::Failed {
            what: Wording::fixed("the connection was cut"),
        },
        _ => Outcome::Done {
            code: Wording::fixed("250"),
            enhanced: Wording::empty(),
            text: Wording::fixed("ok"),
        },
    };
    Entry {
        at: at(BEGAN + i64::from(number) * 500),
        utc_offset: 7200,
        clock: ClockTruth {
            synchronised: Some(true),
            gap_ms: Some(-12),
        },
        author: Some(Author {
            national_id: NationalId::parse(&format!("89970000000{}", number % 2)).ok(),
            name: Wording::fixed("Dr Martin"),
            method: Authentication::PscCode,
        }),
        bal: Some(Bal {
            address: address(boxes[number as usize % 2]),
            kind: Some(BalKind::Per),
        }),
        action: if number.is_multiple_of(3) {
            Action::Send
        } else {
            Action::Receive
        },
        request: Request {
            protocol: Protocol::Smtp,
            verb: Wording::fixed("MAIL FROM"),
            mailbox: Wording::empty(),
            target: Wording::empty(),
            uids: Wording::empty(),
            octets_out: 12,
            octets_in: u64::from(number),
        },
        outcome,
        exchange: None,
        duration_ms: 7,
        mail: Wording::fixed("outbox;ID=").then(number / 2),
        message_id: MessageId::parse(&format!("{}@pli", number / 2)),
        sender: Some(address(boxes[0])),
        recipients: vec![address(&format!("labo.{}@beta.mssante.test", number % 7))],
        encoded_size: Some(1234),
        workstation: Workstation {
            os: Wording::fixed("Debian"),
            os_version: Wording::fixed("12"),
            pli_version: Wording::fixed("0.1.0"),
            host: Wording::fixed("poste"),
            address: Wording::fixed("127.0.0.1"),
        },
        server: Some(Server {
            name: Wording::fixed("smtp.alpha.mssante.test"),
            address: Wording::fixed("127.0.0.1:587"),
        }),
    }
}

/// The n-th trace, so many milliseconds after the beginning.
pub fn entry_at(number: u32, after: i64) -> Entry {
    Entry {
        at: at(BEGAN + after),
        ..entry(number)
    }
}

/// An intention, and what came of it.
pub fn intention(number: u32, exchange: u64) -> Entry {
    Entry {
        outcome: Outcome::Intended,
        exchange: Some(Exchange(exchange)),
        ..entry(number)
    }
}

pub fn answer(number: u32, exchange: u64) -> Entry {
    Entry {
        exchange: Some(Exchange(exchange)),
        ..entry(number)
    }
}
