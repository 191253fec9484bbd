//! A window over real engines, for the tests of this folder.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pli_contract::event::Event;
use pli_contract::failure::{Code, Failure};
use pli_contract::view::LoginState;
use pli_contract::{Desktop, DesktopFailure, Events, Served, Waiting, dispatch};
use pli_engine::pli_terms::NationalId;
use pli_engine::pli_tls::local::LocalOperator;
use pli_engine::{Home, Options};
use pli_operator::{Operator, boxes};
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};

pub const MARTIN: &str = "dr.martin@alpha.mssante.test";
pub const LEROY: &str = "dr.leroy@alpha.mssante.test";
pub const PASSPHRASE: &str = "une phrase de passe";
pub const CONTENTS: &str = "http://127.0.0.1:1";

/// How long something that must happen is waited for: not a bound on how long it may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A desktop whose dialogues answer what the test says.
pub struct Scripted {
    pub save: Mutex<Option<PathBuf>>,
    pub files: Mutex<Vec<PathBuf>>,
    pub certificate: Mutex<Option<PathBuf>>,
    pub exported: Mutex<Option<PathBuf>>,
    /// Where a backup is written, and which one is read.
    pub backup: Mutex<Option<PathBuf>>,
    pub backup_folder: Mutex<Option<PathBuf>>,
    /// Whoever is to choose files waits for a turn.
    pub turns: Semaphore,
    /// Told when files are asked for.
    pub asked: Notify,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            save: Mutex::default(),
            files: Mutex::default(),
            certificate: Mutex::default(),
            exported: Mutex::default(),
            backup: Mutex::default(),
            backup_folder: Mutex::default(),
            turns: Semaphore::new(1),
            asked: Notify::new(),
        }
    }
}

impl Desktop for Scripted {
    fn open_url(&self, _: &str) -> Result<(), DesktopFailure> {
        Err(DesktopFailure)
    }

    fn choose_save(&self, _: &str) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.save.lock().unwrap().clone()))
    }

    fn choose_files(&self) -> Waiting<'_, Vec<PathBuf>> {
        Box::pin(async {
            self.asked.notify_one();
            let _turn = self.turns.acquire().await;
            self.files.lock().unwrap().clone()
        })
    }

    fn choose_export(&self, _: &str) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.save.lock().unwrap().clone()))
    }

    fn choose_exported(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.exported.lock().unwrap().clone()))
    }

    fn choose_backup(&self, _: &str) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.backup.lock().unwrap().clone()))
    }

    fn choose_backed_up(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.backup.lock().unwrap().clone()))
    }

    fn choose_backup_folder(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.backup_folder.lock().unwrap().clone()))
    }

    fn choose_certificate(&self) -> Waiting<'_, Option<PathBuf>> {
        Box::pin(std::future::ready(self.certificate.lock().unwrap().clone()))
    }
}

/// What the operator of this machine says of itself.
pub fn local(operator: &Operator) -> LocalOperator {
    LocalOperator::from_file(&operator.info().file()).unwrap()
}

/// How engines of tests run: nothing by themselves, no keyring, a browser that follows the provider's redirections.
pub fn options(operator: Option<&Operator>) -> Options {
    let info = operator.map(|operator| operator.info().clone());
    let mut options = Options::new(move |url| {
        let (url, info) = (url.to_owned(), info.clone());
        std::thread::spawn(move || {
            // A login that is given up leaves its browser where it stands.
            let _ = pli_operator::browse(&url, info.as_ref());
        });
        true
    });
    (options.background, options.keyring, options.passphrase_file) = (false, false, None);
    options.undo = Duration::ZERO;
    options.policy = None;
    options.local = operator.map(local);
    options
}

/// A window over the first profile of this folder.
pub fn serve(base: &Path, options: Options) -> (Served, Arc<Scripted>) {
    let desktop = Arc::new(Scripted::default());
    let served = Served::start(Home::at(base), options, Arc::clone(&desktop) as _, CONTENTS).unwrap();
    (served, desktop)
}

pub async fn ask(served: &Served, name: &str, argument: Value) -> Value {
    dispatch(served, name, argument)
        .await
        .unwrap_or_else(|failure| panic!("{name}: {failure:?}"))
}

pub async fn failed(served: &Served, name: &str, argument: Value) -> Failure {
    match dispatch(served, name, argument).await {
        Ok(answer) => panic!("{name}: {answer}"),
        Err(failure) => failure,
    }
}

pub async fn refused(served: &Served, name: &str, argument: Value) -> Code {
    failed(served, name, argument).await.code
}

/// Logs dr.martin in by a token, without a provider.
pub async fn log_in(operator: &Operator, served: &Served) {
    let token = operator.token_for(boxes::DR_MARTIN, 3600).unwrap();
    let who = NationalId::parse(boxes::DR_MARTIN).unwrap();
    served.engine().adopt_session(who, "Claire MARTIN", token.into()).await;
}

/// Adds a BAL that Pro Santé Connect opens; its number.
pub async fn add(served: &Served, address: &str) -> i64 {
    let new = json!({ "address": address, "kind": null, "method": "code", "name": null });
    ask(served, "account_add", new).await["id"].as_i64().unwrap()
}

/// The first event that this accepts.
pub async fn heard<T>(events: &mut Events, mut accept: impl FnMut(&Event) -> Option<T>) -> T {
    let listening = async {
        loop {
            if let Some(found) = accept(&events.recv().await.unwrap()) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, listening).await.unwrap()
}

/// A login in the browser.
pub fn browser() -> Value {
    json!({ "way": "browser", "nationalId": null, "channel": "mobile", "account": null })
}

/// A login by two digits.
pub fn phone(national_id: &str) -> Value {
    json!({ "way": "phone", "nationalId": national_id, "channel": "mobile", "account": null })
}

/// How the login of this number ended.
pub async fn ended(events: &mut Events, login: &Value) -> Result<String, Failure> {
    let number = login["login"].as_i64().unwrap();
    heard(events, |event| match event {
        Event::Login {
            login: LoginState::Done { login, name },
        } if *login == number => Some(Ok(name.clone())),
        Event::Login {
            login: LoginState::Failed { login, failure },
        } if *login == number => Some(Err(failure.clone())),
        _ => None,
    })
    .await
}
