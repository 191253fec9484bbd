//! One BAL alone: into a new profile, and into one that has others.

use pli_engine::{BackupProblem, BackupScope, EngineError, RestoreOptions, backup_check};
use pli_store::Store;

use crate::desk::{CABINET, MARTIN, OTHER, PHRASE, SECRET, content, filled, found, home, opened, restored, store};

const LABO: &str = "labo@alpha.mssante.test";

fn account(store: &Store, bal: &str) -> pli_store::AccountId {
    let accounts = store.accounts().unwrap();
    accounts
        .iter()
        .find(|account| account.settings.address.as_str() == bal)
        .unwrap()
        .id
}

fn options() -> RestoreOptions {
    RestoreOptions {
        passphrase: Some(OTHER.into()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bal_comes_back_alone_and_beside_others() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there, beside) = (
        home(dir.path(), "here"),
        home(dir.path(), "there"),
        home(dir.path(), "beside"),
    );
    filled(&here, &[MARTIN, CABINET, LABO], 40, 3_000);
    let (before, number) = {
        let store = store(&here, PHRASE);
        (content(&store), account(&store, CABINET))
    };
    let engine = opened(&here, PHRASE).await;
    let path = dir.path().join("cabinet.plisauvegarde");
    let backup = engine
        .backup_create(&path, BackupScope::Bal(number), SECRET.into())
        .await
        .unwrap();
    assert_eq!((backup.messages, backup.traces), (80, 0));
    // It is there: it does not come a second time.
    let refused = engine.backup_restore(&path, SECRET.into(), options()).await;
    assert!(matches!(refused, Err(EngineError::Backup(BackupProblem::NotEmpty))));
    engine.stop().await;
    assert_eq!(content(&store(&here, PHRASE)), before, "a refusal changes nothing");

    let checked = backup_check(&path, &SECRET.into(), |_, _| ()).unwrap();
    assert!(!checked.whole);
    assert_eq!(checked.bals, [CABINET]);

    // Into an empty profile.
    restored(&path, &there).unwrap();
    {
        let store = store(&there, OTHER);
        let now = content(&store);
        assert_eq!(now.len(), 1);
        assert_eq!(now[CABINET], before[CABINET]);
        assert_eq!(found(&store, "glycemie").len(), 80, "what is searched was made anew");
        assert!(found(&store, "motdr.martin").is_empty());
    }
    let engine = opened(&there, OTHER).await;
    assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
    engine.stop().await;

    // Into an open profile that has another BAL: whose numbers are the same, and stay.
    filled(&beside, &[MARTIN], 25, 3_000);
    let others = content(&store(&beside, PHRASE));
    let engine = opened(&beside, PHRASE).await;
    let events = engine.subscribe();
    engine.backup_restore(&path, SECRET.into(), options()).await.unwrap();
    drop(events);
    assert_eq!(engine.account_list().await.unwrap().len(), 2);
    assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
    engine.stop().await;
    let merged = store(&beside, PHRASE);
    let now = content(&merged);
    assert_eq!(now[MARTIN], others[MARTIN], "the one that was there is as it was");
    assert_eq!(now[CABINET], before[CABINET]);
    assert_eq!(
        found(&merged, "motcabinet").len() + found(&merged, "glycemie").len(),
        80 + 50 + 80
    );
    // It can be removed like any other, and the other is left.
    merged.remove_account(account(&merged, CABINET)).unwrap();
    assert_eq!(content(&merged)[MARTIN], others[MARTIN]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_other_bals_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN, CABINET], 10, 2_000);
    let number = account(&store(&here, PHRASE), CABINET);
    // What is inside, once its own encryption is taken away.
    let store = store(&here, PHRASE);
    let copy = dir.path().join("copy.db");
    let snapshot = store.snapshot(&copy, Some(number)).unwrap();
    let connection = rusqlite::Connection::open(&copy).unwrap();
    let digits: String = snapshot.key().iter().map(|octet| format!("{octet:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{digits}'\";"))
        .unwrap();
    let plain = dir.path().join("plain.db");
    connection
        .execute("ATTACH DATABASE ?1 AS plain KEY ''", [plain.to_str().unwrap()])
        .unwrap();
    connection
        .query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))
        .unwrap();
    connection.execute_batch("DETACH DATABASE plain").unwrap();
    let octets = std::fs::read(&plain).unwrap();
    let holds = |word: &str| octets.windows(word.len()).any(|window| window == word.as_bytes());
    assert!(holds("cabinet@alpha") && holds("de cabinet"));
    for word in ["dr.martin@alpha", "de dr.martin", "motdr", "dr.martin"] {
        assert!(!holds(word), "{word}");
    }
    let mut records = 0;
    snapshot
        .records(|_, octets| -> Result<(), pli_store::StoreError> {
            records += 1;
            let text = String::from_utf8_lossy(octets.unwrap()).into_owned();
            assert!(!text.contains("dr.martin"));
            Ok(())
        })
        .unwrap();
    assert_eq!(records, 20 + 3 + 1);
}
