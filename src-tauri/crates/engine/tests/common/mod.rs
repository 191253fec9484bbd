//! An engine beside a real operator, for the tests of this folder.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

pub mod people;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pli_engine::{Account, Engine, Event, Home, NewBal, Options};
use pli_operator::{Operator, boxes};
use pli_store::{AccountId, AuthMethod, BodyState, Filter, Folder, FolderId, FolderRole, ListRow, Scope};
use pli_terms::NationalId;
use pli_tls::local::LocalOperator;
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// How long something that must happen is waited for: not a bound on how long it may take.
pub const PATIENCE: Duration = Duration::from_secs(180);

pub const MARTIN: &str = "dr.martin@alpha.mssante.test";
pub const CABINET: &str = "cabinet@alpha.mssante.test";

/// One operator and one profile; the engine is started on it as often as a test likes.
pub struct Bench {
    pub operator: Operator,
    pub dir: TempDir,
}

impl Bench {
    pub fn start(samples: bool) -> Self {
        Self::start_with(pli_operator::Options {
            samples,
            ..Default::default()
        })
    }

    pub fn start_with(options: pli_operator::Options) -> Self {
        Self {
            operator: Operator::start(options).unwrap(),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// What the operator says of itself.
    pub fn local(&self) -> LocalOperator {
        LocalOperator::from_file(&self.operator.info().dir.join("operator.json")).unwrap()
    }

    /// An engine with its vault open. `background`: BALs are followed by themselves.
    pub async fn engine(&self, background: bool) -> Engine {
        let mut options = Options::new(|_| true);
        options.background = background;
        options.keyring = false;
        options.passphrase_file = None;
        options.local = Some(self.local());
        let engine = Engine::start(Home::at(self.dir.path().join("profile")), options).unwrap();
        engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
        engine
    }

    /// The engine with dr.martin logged in by a token.
    pub async fn logged_in(&self, background: bool) -> Engine {
        let engine = self.engine(background).await;
        self.log_in(&engine).await;
        engine
    }

    pub async fn log_in(&self, engine: &Engine) {
        let token = self.operator.token_for(boxes::DR_MARTIN, 3600).unwrap();
        let id = NationalId::parse(boxes::DR_MARTIN).unwrap();
        engine.adopt_session(id, "Claire MARTIN", token.into()).await;
    }
}

/// Every trace of an exchange with a mail server, intentions included, newest first.
pub async fn exchanges(engine: &Engine) -> Vec<pli_trace::Record> {
    let mut all = traces(engine).await;
    all.retain(|record| {
        use pli_trace::Protocol::{Imap, Sieve, Smtp};
        matches!(record.entry.request.protocol, Imap | Smtp | Sieve)
    });
    all
}

/// Every trace, intentions included, newest first.
pub async fn traces(engine: &Engine) -> Vec<pli_trace::Record> {
    let filter = pli_trace::Filter {
        intentions: true,
        ..Default::default()
    };
    let mut all = Vec::new();
    loop {
        let page = engine
            .journal_list(filter.clone(), all.len() as u64, 1_000)
            .await
            .unwrap();
        if page.traces.is_empty() {
            return all;
        }
        all.extend(page.traces.into_iter().map(|trace| trace.record));
    }
}

pub async fn add(engine: &Engine, address: &str) -> Account {
    let new = NewBal {
        address: address.to_owned(),
        kind: None,
        method: AuthMethod::Psc,
        name: None,
    };
    engine.account_add(new).await.unwrap()
}

pub async fn folder(engine: &Engine, account: AccountId, name: &str) -> Folder {
    let folders = engine.folder_list(account).await.unwrap();
    folders
        .into_iter()
        .find(|folder| folder.server.name == name)
        .unwrap_or_else(|| panic!("no folder {name}"))
}

pub async fn inbox(engine: &Engine, account: AccountId) -> FolderId {
    let folders = engine.folder_list(account).await.unwrap();
    folders
        .iter()
        .find(|folder| folder.server.role == FolderRole::Inbox)
        .map(|folder| folder.id)
        .unwrap()
}

/// Every row of a folder, newest first.
pub async fn rows(engine: &Engine, folder: FolderId) -> Vec<ListRow> {
    let mut all = Vec::new();
    loop {
        let page = engine
            .message_list(Scope::Folder(folder), Filter::All, all.len() as u64, 500)
            .await
            .unwrap();
        if page.rows.is_empty() {
            return all;
        }
        all.extend(page.rows);
    }
}

/// What a folder holds here: UID → flags in order, octets.
pub async fn here(engine: &Engine, folder: FolderId) -> BTreeMap<u32, (Vec<String>, Vec<u8>)> {
    let mut content = BTreeMap::new();
    for row in rows(engine, folder).await {
        assert_eq!(row.body_state, BodyState::Stored, "{row:?}");
        let raw = engine.message_raw(row.id).await.unwrap();
        content.insert(row.uid.unwrap().get(), (flags_of(&row), raw));
    }
    content
}

pub fn flags_of(row: &ListRow) -> Vec<String> {
    let mut flags: Vec<String> = row
        .flags
        .names()
        .map(str::to_owned)
        .chain(row.keywords.clone())
        .collect();
    flags.sort();
    flags
}

/// What a folder holds on the server, by another client.
pub fn there(operator: &Operator, address: &str, folder: &str) -> BTreeMap<u32, (Vec<String>, Vec<u8>)> {
    let messages = operator.mailbox(address).unwrap().messages(folder).unwrap();
    messages
        .into_iter()
        .map(|message| {
            let mut flags = message.flags;
            flags.sort();
            (message.uid, (flags, message.raw))
        })
        .collect()
}

/// Waits until something is so.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until an event says so, among those since the subscription or the last one looked at: what is stored is seen
/// before it is told. Those of a listener that lags behind are not lost sight of: the newest stay.
pub async fn told(what: &str, events: &mut Receiver<Event>, mut says: impl FnMut(&Event) -> bool) {
    let heard = async {
        loop {
            match events.recv().await {
                Ok(event) if says(&event) => return,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => panic!("nobody tells any more: {what}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .unwrap_or_else(|_| panic!("never told: {what}"));
}

pub fn letter(subject: &str, text: &str) -> Vec<u8> {
    format!(
        "From: \"Dr Anne Petit\" <anne.petit@beta.mssante.test>\r\nTo: dr.martin@alpha.mssante.test\r\n\
         Subject: {subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n\
         Message-ID: <{}@beta.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n",
        subject.bytes().map(|b| if b.is_ascii_alphanumeric() { b as char } else { '-' }).collect::<String>()
    )
    .into_bytes()
}
