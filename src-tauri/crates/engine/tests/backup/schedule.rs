//! Backups that are made by themselves, and those that go.

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp, Zoned};
use pli_engine::{
    BackupEvery, BackupScheduleSet, Clock, Engine, EngineError, Home, Options, RestoreOptions, backup_check,
    backup_restore,
};

use crate::desk::{MARTIN, OTHER, PHRASE, SECRET, content, filled, home, store};

#[derive(Clone)]
struct Hands(Arc<Mutex<Timestamp>>);

impl Hands {
    fn set(&self, text: &str) {
        *self.0.lock().unwrap() = text.parse().unwrap();
    }
}

impl Clock for Hands {
    fn zoned(&self) -> Zoned {
        let mut now = self.0.lock().unwrap();
        *now += SignedDuration::from_millis(1);
        now.in_tz("Europe/Paris").unwrap()
    }

    fn now(&self) -> Timestamp {
        self.zoned().timestamp()
    }
}

async fn opened(home: &Home, clock: &Hands) -> Engine {
    let mut options = Options::new(|_| true);
    options.clock = Arc::new(clock.clone());
    options.background = false;
    options.keyring = false;
    options.passphrase_file = None;
    options.policy = None;
    options.local = None;
    let engine = Engine::start(home.clone(), options).unwrap();
    engine.vault_open(Some(PHRASE.into())).await.unwrap();
    engine
}

fn set(folder: &Path, keep: u32) -> BackupScheduleSet {
    BackupScheduleSet {
        enabled: true,
        every: BackupEvery::Daily,
        folder: Some(folder.to_owned()),
        keep,
        passphrase: Some(SECRET.into()),
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn one_a_day_is_made_and_the_last_good_one_never_goes() {
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 10, 2_000);
    let folder = dir.path().join("backups");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("pli-2020-01-01-09h00.plisauvegarde"), "somebody else's").unwrap();
    let clock = Hands(Arc::new(Mutex::new("2026-11-20T08:00:00Z".parse().unwrap())));
    let engine = opened(&here, &clock).await;
    assert!(!engine.backup_schedule().await.unwrap().enabled);
    assert!(engine.backup_due().await.unwrap().is_none());
    // What it needs is asked for.
    let mut wrong = set(&folder, 2);
    wrong.passphrase = None;
    assert!(matches!(
        engine.backup_schedule_set(wrong).await,
        Err(EngineError::BadRequest(_))
    ));
    assert!(matches!(
        engine.backup_schedule_set(set(&folder, 0)).await,
        Err(EngineError::OutOfRange(_))
    ));
    assert!(
        engine
            .backup_schedule_set(set(&dir.path().join("absent"), 2))
            .await
            .is_err()
    );
    let schedule = engine.backup_schedule_set(set(&folder, 2)).await.unwrap();
    assert!(schedule.enabled && schedule.has_passphrase && schedule.last.is_none());

    // The first at once, then one a day; those of the time that was missed are one.
    let first = engine.backup_due().await.unwrap().unwrap();
    assert!(engine.backup_due().await.unwrap().is_none());
    clock.set("2026-11-21T08:30:00Z");
    let second = engine.backup_due().await.unwrap().unwrap();
    clock.set("2026-11-30T08:30:00Z");
    let third = engine.backup_due().await.unwrap().unwrap();
    assert!(engine.backup_due().await.unwrap().is_none());
    assert!(!first.path.exists() && second.path.exists() && third.path.exists());
    assert!(
        files(&folder).contains(&"pli-2020-01-01-09h00.plisauvegarde".to_owned()),
        "not ours: left alone"
    );

    // One that cannot be made says so, is tried again an hour later, and nothing goes.
    std::fs::rename(&folder, dir.path().join("away")).unwrap();
    clock.set("2026-12-02T08:30:00Z");
    assert!(engine.backup_due().await.is_err());
    let schedule = engine.backup_schedule().await.unwrap();
    assert!(schedule.trouble.is_some());
    assert_eq!(schedule.last, Some(third.at));
    assert!(engine.backup_due().await.unwrap().is_none());
    std::fs::rename(dir.path().join("away"), &folder).unwrap();
    assert!(second.path.exists() && third.path.exists());
    clock.set("2026-12-02T09:45:00Z");
    let fourth = engine.backup_due().await.unwrap().unwrap();
    assert!(!second.path.exists() && third.path.exists() && fourth.path.exists());
    assert!(engine.backup_schedule().await.unwrap().trouble.is_none());
    // It is kept across runs, and each is opened by the passphrase that was chosen.
    engine.stop().await;
    let engine = opened(&here, &clock).await;
    assert!(engine.backup_schedule().await.unwrap().has_passphrase);
    let before = content(&store_of(engine, &here).await);
    assert_eq!(
        backup_check(&fourth.path, &SECRET.into(), |_, _| ()).unwrap().at,
        fourth.at
    );
    let there = home(dir.path(), "there");
    let options = RestoreOptions {
        passphrase: Some(OTHER.into()),
    };
    backup_restore(&fourth.path, &SECRET.into(), &there, options, |_, _| ()).unwrap();
    let again = store(&there, OTHER);
    assert_eq!(content(&again), before);
    // What keeps backups going is in none of them.
    assert!(again.setting::<serde_json::Value>("backup/schedule").unwrap().is_none());
}

async fn store_of(engine: Engine, home: &Home) -> pli_store::Store {
    engine.stop().await;
    store(home, PHRASE)
}
