//! A process killed at any moment, while it writes a backup and while it restores one.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pli_engine::{BackupScope, backup_check};
use pli_store::{Vault, VaultState};

use crate::common::PATIENCE;
use crate::desk::{MARTIN, OTHER, PHRASE, SECRET, content, engine, filled, home, opened, restored, saved, store, tree};

/// In this variable, the folder in which a child works.
const FOLDER: &str = "PLI_BACKUP_KILLED";

fn child(test: &str, dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn random(below: u64) -> u64 {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).unwrap();
    u64::from_le_bytes(octets) % below
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_backup_survives_a_kill_while_the_next_is_written() {
    if let Some(dir) = std::env::var_os(FOLDER) {
        let dir = Path::new(&dir);
        let engine = opened(&home(dir, "here"), PHRASE).await;
        loop {
            let to = dir.join("out/a.plisauvegarde");
            engine
                .backup_create(&to, BackupScope::Whole, SECRET.into())
                .await
                .unwrap();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 60, 30_000);
    let before = content(&store(&here, PHRASE));
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let path = out.join("a.plisauvegarde");
    saved(&here, &path).await;
    let mut cut = 0;
    for round in 0..12 {
        let mut killed = child(
            "kills::the_last_good_backup_survives_a_kill_while_the_next_is_written",
            dir.path(),
        );
        std::thread::sleep(Duration::from_millis(400 + random(1_500)));
        killed.kill().unwrap();
        killed.wait().unwrap();
        cut += usize::from(out.join("a.plisauvegarde.part").exists());
        backup_check(&path, &SECRET.into(), |_, _| ()).unwrap_or_else(|error| panic!("round {round}: {error}"));
    }
    println!("12 kills while writing, {cut} of them with a file half written beside the good one");
    // The profile is as it was, and what the cuts left in it is swept.
    let program = opened(&here, PHRASE).await;
    assert!(
        tree(here.root())
            .keys()
            .all(|path| !path.to_str().unwrap().contains(".copying"))
    );
    assert_eq!(program.journal_verify().await.unwrap().found.problem, None);
    program.stop().await;
    assert_eq!(content(&store(&here, PHRASE)), before);
    let there = home(dir.path(), "there");
    restored(&path, &there).unwrap();
    assert_eq!(content(&store(&there, OTHER)), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restoration_that_is_killed_is_whole_or_was_never_begun() {
    if let Some(dir) = std::env::var_os(FOLDER) {
        let dir = Path::new(&dir);
        restored(&dir.join("a.plisauvegarde"), &home(dir, "there")).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 60, 30_000);
    let before = content(&store(&here, PHRASE));
    saved(&here, &dir.path().join("a.plisauvegarde")).await;
    let there = home(dir.path(), "there");
    let (mut nothing, mut whole) = (0, 0);
    for round in 0..24 {
        let mut killed = child(
            "kills::a_restoration_that_is_killed_is_whole_or_was_never_begun",
            dir.path(),
        );
        if round % 4 == 0 {
            // As soon as it has begun, so that some are surely cut while it goes on.
            let begun = Instant::now();
            while !there.root().join("restoring").exists() && killed.try_wait().unwrap().is_none() {
                assert!(begun.elapsed() < PATIENCE, "round {round}: nothing begins");
                std::thread::sleep(Duration::from_millis(1));
            }
        } else {
            std::thread::sleep(Duration::from_millis(200 + random(2_200)));
        }
        let _ = killed.kill();
        killed.wait().unwrap();
        // Whoever starts on it next finishes it, or sweeps it.
        engine(&there).stop().await;
        assert!(!there.root().join("restoring").exists(), "round {round}");
        match Vault::at(&there.vault()).state().unwrap() {
            VaultState::Absent => {
                nothing += 1;
                assert!(!there.store().exists() && !there.journal().exists(), "round {round}");
            }
            _ => {
                whole += 1;
                assert_eq!(content(&store(&there, OTHER)), before, "round {round}");
                let program = opened(&there, OTHER).await;
                assert_eq!(program.journal_verify().await.unwrap().found.problem, None);
                program.stop().await;
            }
        }
        let _ = std::fs::remove_dir_all(there.root());
    }
    println!("24 kills while restoring: {nothing} left nothing, {whole} left everything");
    assert!(nothing > 0);
    // Cut between two of the moves that end it: the rest is moved by the next start.
    restored(&dir.path().join("a.plisauvegarde"), &there).unwrap();
    let aside = there.root().join("restoring");
    std::fs::create_dir_all(aside.join("new")).unwrap();
    std::fs::write(aside.join("ready"), b"").unwrap();
    for name in ["store", "vault"] {
        std::fs::rename(there.root().join(name), aside.join("new").join(name)).unwrap();
    }
    engine(&there).stop().await;
    assert_eq!(content(&store(&there, OTHER)), before);
    // One that was begun there since is not overwritten.
    std::fs::create_dir_all(aside.join("new/vault")).unwrap();
    std::fs::write(aside.join("ready"), b"").unwrap();
    engine(&there).stop().await;
    assert_eq!(content(&store(&there, OTHER)), before);
    assert!(!aside.exists());
}
