//! Backups while the engine works: each is of one moment, whatever is stored meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pli_engine::BackupScope;

use crate::common::{Bench, add, inbox, letter};
use crate::desk::{OTHER, SECRET, home, restored, store};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_a_real_server_is_followed_is_of_one_moment() {
    let bench = Bench::start(false);
    let mut mailbox = bench.operator.mailbox(crate::common::MARTIN).unwrap();
    for number in 0..150 {
        mailbox
            .append("INBOX", &[], &letter(&format!("Avant {number}"), "un texte"))
            .unwrap();
    }
    let engine = bench.logged_in(true).await;
    let account = add(&engine, crate::common::MARTIN).await.id;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let mut number = 0;
            while !stop.load(Ordering::SeqCst) && number < 2_000 {
                let letter = letter(&format!("Pendant {number}"), "un texte");
                if mailbox.append("INBOX", &["\\Flagged"], &letter).is_err() {
                    break;
                }
                number += 1;
            }
            number
        })
    };
    let mut counts = Vec::new();
    for round in 0..4 {
        let path = bench.dir.path().join(format!("{round}.plisauvegarde"));
        let backup = engine
            .backup_create(&path, BackupScope::Whole, SECRET.into())
            .await
            .unwrap();
        let there = home(bench.dir.path(), &format!("there-{round}"));
        let checked = restored(&path, &there).unwrap();
        let copy = store(&there, OTHER);
        // Every message that it names is there, octet for octet as its own digest says.
        let folders = copy.folders(copy.accounts().unwrap()[0].id).unwrap();
        let mut messages = 0;
        for folder in &folders {
            let rows = crate::desk::rows(&copy, folder.id);
            assert_eq!(rows.len() as u64, folder.total, "{:?}", folder.server.name);
            for row in rows.iter().filter(|row| row.body_state == pli_store::BodyState::Stored) {
                assert!(copy.raw(row.id).unwrap().starts_with(b"From: "));
            }
            messages += rows.len() as u64;
        }
        assert_eq!((messages, checked.messages), (backup.messages, backup.messages));
        assert_eq!(backup.unreadable, 0);
        counts.push(messages);
        drop(copy);
        let engine = crate::desk::opened(&there, OTHER).await;
        assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
        engine.stop().await;
    }
    stop.store(true, Ordering::SeqCst);
    assert!(writer.join().unwrap() > 0, "mail came meanwhile");
    engine.sync_and_wait(Some(account)).await.unwrap();
    let folder = inbox(&engine, account).await;
    println!("messages in each backup while mail came: {counts:?}");
    assert!(crate::common::rows(&engine, folder).await.len() as u64 >= counts[3]);
    assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
    engine.stop().await;
}
