//! What these tests share: dr.martin's box on the real operator, and a clock that a test sets.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, ToSpan as _, Zoned};
use pli_engine::{Clock, Engine, Event, Home, Options};
use pli_store::{AccountId, BodyState, Filter, Folder, FolderRole, ListRow, MailId, Scope};

use crate::common::{Bench, MARTIN, add, folder, rows, until};

/// A clock that a test sets.
#[derive(Clone)]
pub(crate) struct Hands(Arc<Mutex<Zoned>>);

impl Hands {
    /// So many days before today, at ten in the morning in Paris.
    pub(crate) fn days_ago(days: i64) -> Self {
        let today = Zoned::now().in_tz("Europe/Paris").unwrap().date();
        let then = today.saturating_sub(days.days()).at(10, 0, 0, 0);
        Self(Arc::new(Mutex::new(then.in_tz("Europe/Paris").unwrap())))
    }

    pub(crate) fn advance(&self, days: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add(days.days());
    }

    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.0.lock().unwrap().date()
    }
}

impl Clock for Hands {
    fn zoned(&self) -> Zoned {
        let mut now = self.0.lock().unwrap();
        // Two traces never bear the same time.
        *now = now.saturating_add(SignedDuration::from_millis(1));
        now.clone()
    }
}

/// dr.martin's box, a workstation and its clock.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) clock: Hands,
    pub(crate) policy: String,
}

impl Stage {
    /// An empty box; the clock stands so many days ago.
    pub(crate) fn start(days_ago: i64, policy: &str) -> Self {
        Self {
            bench: Bench::start(false),
            clock: Hands::days_ago(days_ago),
            policy: policy.to_owned(),
        }
    }

    /// The profile's engine, nobody logged in.
    pub(crate) async fn open(&self) -> Engine {
        let policy = self.bench.dir.path().join("policy.toml");
        std::fs::write(&policy, &self.policy).unwrap();
        let mut options = Options::new(|_| true);
        options.background = false;
        options.keyring = false;
        options.passphrase_file = None;
        options.policy = Some(policy);
        options.local = Some(self.bench.local());
        options.clock = Arc::new(self.clock.clone());
        let engine = Engine::start(Home::at(self.bench.dir.path().join("profile")), options).unwrap();
        engine.vault_open(Some("une phrase de passe".into())).await.unwrap();
        engine
    }

    /// The engine with dr.martin logged in, her box set up and synced.
    pub(crate) async fn at_work(&self) -> (Engine, AccountId) {
        let engine = self.open().await;
        self.bench.log_in(&engine).await;
        let known = engine.account_list().await.unwrap();
        let account = match known.first() {
            Some(account) => account.id,
            None => add(&engine, MARTIN).await.id,
        };
        engine.sync_and_wait(Some(account)).await.unwrap();
        (engine, account)
    }

    /// Puts a message into a folder as if the operator had received it so many days before the clock's today.
    pub(crate) fn put(&self, folder: &str, flags: &str, days_ago: i64, raw: &str) {
        let day = self.clock.today().saturating_sub(days_ago.days());
        let date = day.at(9, 0, 0, 0).in_tz("Europe/Paris").unwrap();
        let date = date.strftime("%d-%b-%Y %H:%M:%S %z");
        let command = format!("APPEND {folder} ({flags}) \"{date}\" {{{}+}}\r\n{raw}", raw.len());
        self.other().raw_command(&command).unwrap();
    }

    /// Another client of the same box.
    pub(crate) fn other(&self) -> pli_operator::Mailbox {
        self.bench.operator.mailbox(MARTIN).unwrap()
    }

    /// Another client removes everything from a folder.
    pub(crate) fn empty(&self, folder: &str) {
        let mut other = self.other();
        for message in other.messages(folder).unwrap() {
            other.delete(folder, message.uid).unwrap();
        }
    }
}

/// A letter of about so many octets.
pub(crate) fn letter(subject: &str, octets: usize) -> String {
    let mut seed = subject
        .bytes()
        .fold(7_u64, |seed, b| seed.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut text = String::new();
    while text.len() < octets {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.push_str(&format!(
            "{seed:016x}{}",
            if text.len() % 76 < 16 { "\r\n" } else { "" }
        ));
    }
    let letter = crate::common::letter(subject, &format!("hypertension {text}"));
    String::from_utf8(letter).unwrap()
}

pub(crate) async fn named(engine: &Engine, account: AccountId, subject: &str) -> Option<ListRow> {
    let page = engine
        .message_list(Scope::Account(account), Filter::All, 0, 500)
        .await
        .unwrap();
    page.rows.into_iter().find(|row| row.display_subject == subject)
}

pub(crate) async fn state(engine: &Engine, account: AccountId, subject: &str) -> BodyState {
    named(engine, account, subject).await.unwrap().body_state
}

/// The local folder, once there is one.
pub(crate) async fn kept_folder(engine: &Engine, account: AccountId) -> Option<Folder> {
    let folders = engine.folder_list(account).await.unwrap();
    folders
        .into_iter()
        .find(|folder| folder.server.role == FolderRole::Kept)
}

/// The subjects of the local folder, in order.
pub(crate) async fn kept(engine: &Engine, account: AccountId) -> Vec<String> {
    let Some(folder) = kept_folder(engine, account).await else {
        return Vec::new();
    };
    let mut subjects: Vec<String> = rows(engine, folder.id)
        .await
        .into_iter()
        .map(|row| row.display_subject)
        .collect();
    subjects.sort();
    subjects
}

pub(crate) async fn ids(engine: &Engine, account: AccountId, name: &str) -> Vec<MailId> {
    let folder = folder(engine, account, name).await;
    rows(engine, folder.id).await.into_iter().map(|row| row.id).collect()
}

/// Octets of raw messages on this disk.
pub(crate) fn disk(stage: &Stage) -> u64 {
    let raw = stage.bench.dir.path().join("profile").join("store").join("raw");
    let files = std::fs::read_dir(&raw).unwrap().flatten();
    files.map(|file| file.metadata().unwrap().len()).sum()
}

/// How many times a BAL's life was told since this was subscribed to.
pub(crate) fn told(events: &mut tokio::sync::broadcast::Receiver<Event>) -> usize {
    let mut count = 0;
    while let Ok(event) = events.try_recv() {
        count += usize::from(matches!(event, Event::BoxLife { .. }));
    }
    count
}

/// What was told, once it is so.
pub(crate) async fn announced(engine: &Engine, count: usize) -> Vec<pli_engine::BoxAnnouncement> {
    until("what is to be told is told", async || {
        engine.box_notices().await.unwrap().len() == count
    })
    .await;
    engine.box_notices().await.unwrap()
}
