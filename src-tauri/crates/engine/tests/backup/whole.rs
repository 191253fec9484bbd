//! A whole profile, restored on another machine.

use pli_engine::{BackupScope, Home, RestoreOptions, backup_check};
use pli_store::{Certificate, Vault};
use pli_trace::{Action, Filter};
use zeroize::Zeroizing;

use crate::desk::{
    CABINET, MARTIN, OTHER, PHRASE, SECRET, content, engine, filled, found, home, opened, restored, saved, store, tree,
};

/// Every trace, by sequence: what it says, and its hash.
async fn traces(engine: &pli_engine::Engine) -> Vec<(u64, String)> {
    let filter = Filter {
        intentions: true,
        ..Filter::default()
    };
    let page = engine.journal_list(filter, 0, 1_000).await.unwrap();
    let mut all: Vec<_> = page
        .traces
        .into_iter()
        .map(|trace| (trace.record.sequence.0, format!("{:?}", trace.record)))
        .collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_back_on_another_machine_and_the_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (home(dir.path(), "here"), home(dir.path(), "there"));
    filled(&here, &[MARTIN, CABINET], 60, 3_000);
    let before = content(&store(&here, PHRASE));
    // A client certificate stays where it is: it is never in a backup.
    {
        let store = store(&here, PHRASE);
        let certificate = Certificate {
            pkcs12: Zeroizing::new(vec![9; 400]),
            subject: "CABINET".into(),
            not_after: crate::desk::at(99),
        };
        let account = store.accounts().unwrap()[1].id;
        store
            .certificate_put(account, &certificate, &"secret du certificat".into(), false)
            .unwrap();
    }
    let engine_here = opened(&here, PHRASE).await;
    engine_here.profile_rename("Cabinet du port").await.unwrap();
    let path = dir.path().join("cabinet.plisauvegarde");
    let backup = engine_here
        .backup_create(&path, BackupScope::Whole, SECRET.into())
        .await
        .unwrap();
    assert!(backup.verified && backup.unreadable == 0);
    assert_eq!(
        (backup.messages, backup.octets),
        (240, std::fs::metadata(&path).unwrap().len())
    );
    let traces_here = traces(&engine_here).await;
    assert_eq!(
        backup.traces + 1,
        traces_here.len() as u64,
        "all but its own trace, written after"
    );
    let own = &traces_here.last().unwrap().1;
    assert!(own.contains("CREATE WHOLE"), "{own}");
    // The profile that was saved goes on, and nothing of the copying is left beside it.
    assert!(engine_here.journal_verify().await.unwrap().found.problem.is_none());
    engine_here.stop().await;
    assert!(
        tree(here.root())
            .keys()
            .all(|path| !path.to_str().unwrap().contains(".copying"))
    );

    let checked = backup_check(&path, &SECRET.into(), |_, _| ()).unwrap();
    assert!(checked.whole);
    assert_eq!(checked.bals, [MARTIN, CABINET]);
    assert_eq!(
        (checked.messages, checked.traces, checked.drafts, checked.outgoing),
        (240, backup.traces, 2, 6)
    );

    assert_eq!(restored(&path, &there).unwrap().bals, checked.bals);
    let again = store(&there, OTHER);
    assert_eq!(content(&again), before);
    assert_eq!(
        again.setting::<String>("display/density").unwrap().as_deref(),
        Some("compact")
    );
    assert_eq!(found(&again, "glycemie").len(), 240);
    assert!(
        again
            .accounts()
            .unwrap()
            .iter()
            .all(|account| again.certificate(account.id).unwrap().is_none())
    );
    drop(again);
    // Another key, in another place: neither opens the other.
    assert!(Vault::at(&there.vault()).open_with_passphrase(&PHRASE.into()).is_err());
    let check = |home: &Home| std::fs::read_to_string(home.store().join("key-check")).unwrap();
    assert_ne!(check(&here), check(&there));

    let engine_there = opened(&there, OTHER).await;
    assert_eq!(engine_there.profile().name, "Cabinet du port");
    let traces_there = traces(&engine_there).await;
    let came = usize::try_from(backup.traces).unwrap();
    assert_eq!(traces_there[..came], traces_here[..came], "the same traces");
    assert!(traces_there[came].1.contains("RESTORE WHOLE"));
    let found = engine_there.journal_verify().await.unwrap().found;
    assert_eq!(found.problem, None, "{found:?}");
    // It is written on, closed, opened, and holds.
    engine_there.profile_rename("Cabinet de la gare").await.unwrap();
    engine_there.stop().await;
    let engine_there = opened(&there, OTHER).await;
    let found = engine_there.journal_verify().await.unwrap().found;
    assert_eq!(found.problem, None, "{found:?}");
    let filter = Filter {
        action: Some(Action::Backup),
        ..Filter::default()
    };
    assert_eq!(engine_there.journal_list(filter, 0, 10).await.unwrap().total, 1);
    // A backup of what was restored is a backup too.
    let third = home(dir.path(), "third");
    let again = dir.path().join("again.plisauvegarde");
    engine_there
        .backup_create(&again, BackupScope::Whole, SECRET.into())
        .await
        .unwrap();
    engine_there.stop().await;
    restored(&again, &third).unwrap();
    assert_eq!(content(&store(&third, OTHER)), before);
    let engine_third = opened(&third, OTHER).await;
    assert_eq!(engine_third.journal_verify().await.unwrap().found.problem, None);
    engine_third.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_program_restores_into_its_new_profile_and_is_open_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (home(dir.path(), "here"), home(dir.path(), "there"));
    filled(&here, &[MARTIN], 20, 2_000);
    let path = dir.path().join("a.plisauvegarde");
    saved(&here, &path).await;
    let program = engine(&there);
    let options = RestoreOptions {
        passphrase: Some(OTHER.into()),
    };
    let refused = program
        .backup_restore(&path, "une autre phrase".into(), options.clone())
        .await;
    assert!(
        refused.is_err() && program.account_list().await.is_err(),
        "nothing is open"
    );
    program
        .backup_restore(&path, SECRET.into(), options.clone())
        .await
        .unwrap();
    assert_eq!(program.account_list().await.unwrap().len(), 1);
    assert_eq!(program.journal_verify().await.unwrap().found.problem, None);
    // Once something is stored, a whole backup has no place here.
    let refused = program.backup_restore(&path, SECRET.into(), options).await.unwrap_err();
    assert!(refused.to_string().contains("not empty"), "{refused}");
    program.stop().await;
    assert_eq!(content(&store(&there, OTHER)), content(&store(&here, PHRASE)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_disk_lost_is_saved_as_one_to_fetch_again() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (home(dir.path(), "here"), home(dir.path(), "there"));
    filled(&here, &[MARTIN], 10, 4_000);
    let pack = std::fs::read_dir(here.store().join("raw"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut octets = std::fs::read(&pack).unwrap();
    octets[2_000] ^= 1;
    std::fs::write(&pack, octets).unwrap();
    let path = dir.path().join("a.plisauvegarde");
    let backup = saved(&here, &path).await;
    assert_eq!(backup.unreadable, 1);
    restored(&path, &there).unwrap();
    let store = store(&there, OTHER);
    let account = store.accounts().unwrap()[0].id;
    assert_eq!(store.count_missing_bodies(account).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_backup_needs_is_asked_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 2, 500);
    let engine = opened(&here, PHRASE).await;
    let to = dir.path().join("out");
    std::fs::create_dir(&to).unwrap();
    let path = to.join("a.plisauvegarde");
    assert!(
        engine
            .backup_create(&path, BackupScope::Whole, "court".into())
            .await
            .is_err()
    );
    let nobody = BackupScope::Bal(pli_store::AccountId::from_raw(99));
    assert!(engine.backup_create(&path, nobody, SECRET.into()).await.is_err());
    let nowhere = to.join("absent/a.plisauvegarde");
    assert!(
        engine
            .backup_create(&nowhere, BackupScope::Whole, SECRET.into())
            .await
            .is_err()
    );
    assert_eq!(tree(&to).len(), 0);
    engine.stop().await;
}
