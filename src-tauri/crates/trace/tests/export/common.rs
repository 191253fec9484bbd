//! A journal with traces of every shape, and what exports it.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pli_terms::{Address, BalKind, MessageId, NationalId, Wording};
use pli_trace::{
    About, Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Exported, Filter, Format, Journal,
    JournalError, KeyPlace, KeyPlaceError, Outcome, Protocol, Record, Request, Server, Workstation, export,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A place for the journal's secret, in memory.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Option<Vec<u8>>>);

impl KeyPlace for Memory {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        Ok(self.0.lock().unwrap().clone().map(Zeroizing::new))
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        *self.0.lock().unwrap() = Some(secret.to_vec());
        Ok(())
    }

    fn outside(&self) -> bool {
        true
    }
}

/// A journal and a folder to export into.
pub(crate) struct House {
    folder: TempDir,
    pub(crate) journal: Journal,
}

impl House {
    /// A journal of these traces.
    pub(crate) fn with(entries: &[Entry]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal"), &[7; 32], Arc::new(Memory::default())).unwrap();
        for entry in entries {
            journal.append(entry).unwrap();
        }
        std::fs::create_dir(folder.path().join("out")).unwrap();
        Self { folder, journal }
    }

    /// A place in the folder of exports.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    /// The names in the folder of exports, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = (std::fs::read_dir(self.folder.path().join("out")).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn export(&self, filter: &Filter, format: Format, name: &str) -> Result<Exported, JournalError> {
        export(&self.journal, filter, format, &self.path(name), about())
    }

    /// Every trace.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        self.journal
            .each(&everything(), |record| {
                records.push(record);
                ControlFlow::Continue(())
            })
            .unwrap();
        records
    }
}

pub(crate) fn everything() -> Filter {
    Filter {
        intentions: true,
        ..Filter::default()
    }
}

pub(crate) fn author() -> Author {
    Author {
        national_id: Some(NationalId::parse("899700218896").unwrap()),
        name: Wording::fact("Dr Hélène d'Arcy; née Müller"),
        method: Authentication::PscCode,
    }
}

pub(crate) fn about() -> About {
    About {
        by: author(),
        at: "2026-11-22T09:10:11.123+01:00[Europe/Paris]".parse().unwrap(),
        software: Wording::fixed("Pli 0.1.0"),
        host: Wording::fact("cabinet-2"),
        replace: false,
    }
}

/// A sending, with every field.
pub(crate) fn sending() -> Entry {
    let address = |text| Address::parse(text).unwrap();
    Entry {
        at: "2026-11-21T23:03:05.007Z".parse().unwrap(),
        utc_offset: 3600,
        clock: ClockTruth {
            synchronised: Some(true),
            gap_ms: Some(-35),
        },
        author: Some(author()),
        bal: Some(Bal {
            address: address("helene.darcy@medecin.mssante.fr"),
            kind: Some(BalKind::Per),
        }),
        action: Action::Send,
        request: Request {
            protocol: Protocol::Smtp,
            verb: Wording::fixed("MAIL RCPT DATA"),
            mailbox: Wording::fixed("INBOX"),
            target: Wording::fixed("Sent"),
            uids: Wording::fixed("3:5,9"),
            octets_out: 12_345,
            octets_in: 67,
        },
        outcome: Outcome::Done {
            code: Wording::fixed("250"),
            enhanced: Wording::fixed("2.1.5"),
            text: Wording::fixed("Ok: \"queued\" as 4B; done"),
        },
        exchange: Some(Exchange(0x00ab_cdef_0123_4567)),
        duration_ms: 42,
        mail: Wording::fixed("m-17"),
        message_id: MessageId::parse("<abc.1@medecin.mssante.fr>"),
        sender: Some(address("helene.darcy@medecin.mssante.fr")),
        recipients: vec![
            address("laboratoire@bio.mssante.fr"),
            address("+secretariat@hopital.mssante.fr"),
        ],
        encoded_size: Some(45_678),
        workstation: Workstation {
            os: Wording::fixed("Debian GNU/Linux"),
            os_version: Wording::fixed("12"),
            pli_version: Wording::fixed("0.1.0"),
            host: Wording::fact("cabinet-2"),
            address: Wording::fact("10.0.0.3"),
        },
        server: Some(Server {
            name: Wording::fact("smtp.mssante.fr"),
            address: Wording::fact("192.0.2.7:465"),
        }),
    }
}

/// Something of this workstation alone, with as few fields as there can be.
pub(crate) fn local() -> Entry {
    Entry {
        at: "2026-11-22T08:00:00Z".parse().unwrap(),
        utc_offset: 0,
        clock: ClockTruth::default(),
        author: None,
        bal: None,
        action: Action::Start,
        request: Request {
            protocol: Protocol::Local,
            verb: Wording::empty(),
            mailbox: Wording::empty(),
            target: Wording::empty(),
            uids: Wording::empty(),
            octets_out: 0,
            octets_in: 0,
        },
        outcome: Outcome::Failed {
            what: Wording::fixed("closed without warning"),
        },
        exchange: None,
        duration_ms: 0,
        mail: Wording::empty(),
        message_id: None,
        sender: None,
        recipients: Vec::new(),
        encoded_size: None,
        workstation: Workstation {
            os: Wording::empty(),
            os_version: Wording::empty(),
            pli_version: Wording::empty(),
            host: Wording::empty(),
            address: Wording::empty(),
        },
        server: None,
    }
}

/// A number of traces of several shapes; some are refused, some are intentions whose outcome follows.
pub(crate) fn several(count: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for place in 0..count {
        let mut entry = sending();
        entry.exchange = Some(Exchange(place as u64 / 2));
        if place % 2 == 0 {
            entry.outcome = Outcome::Intended;
        } else if place % 3 == 0 {
            entry.outcome = Outcome::Refused {
                code: Wording::fixed("550"),
                enhanced: Wording::fixed("5.1.1"),
                text: Wording::fixed("unknown user"),
            };
        }
        entries.push(entry);
    }
    entries.push(local());
    entries
}
