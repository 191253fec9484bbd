//! A disk that fills up, while a backup is written and while one is restored.

use std::path::{Path, PathBuf};
use std::process::Command;

use pli_engine::BackupScope;

use crate::desk::{MARTIN, OTHER, PHRASE, SECRET, content, filled, home, opened, restored, saved, store, tree};

/// A disk of its own. It needs the rights of root, as the real servers do.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(folder: &Path, size: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let options = format!("size={size},mode=700");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder)
            .status()
            .unwrap();
        assert!(status.success());
        Self(folder.to_owned())
    }

    fn resize(&self, size: &str) {
        let options = format!("remount,size={size}");
        let status = Command::new("mount")
            .args(["-o", &options])
            .arg(&self.0)
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_has_no_room_leaves_the_former_one() {
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 5, 2_000);
    let key = SmallDisk::at(&dir.path().join("key"), "2m");
    let path = key.0.join("a.plisauvegarde");
    saved(&here, &path).await;
    let former = tree(&key.0);
    {
        let store = store(&here, PHRASE);
        crate::desk::fill(&store, crate::desk::CABINET, 40, 30_000, 9);
    }
    let engine = opened(&here, PHRASE).await;
    let refused = engine
        .backup_create(&path, BackupScope::Whole, SECRET.into())
        .await
        .unwrap_err();
    match &refused {
        pli_engine::EngineError::File { source, .. } => {
            assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{refused}");
        }
        other => panic!("{other}"),
    }
    assert_eq!(tree(&key.0), former, "the former one, and nothing beside it");
    key.resize("64m");
    engine
        .backup_create(&path, BackupScope::Whole, SECRET.into())
        .await
        .unwrap();
    engine.stop().await;
    let there = home(dir.path(), "there");
    restored(&path, &there).unwrap();
    assert_eq!(content(&store(&there, OTHER)), content(&store(&here, PHRASE)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_whose_own_disk_is_full_is_not_saved_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SmallDisk::at(&dir.path().join("disk"), "64m");
    let here = home(&disk.0, "here");
    filled(&here, &[MARTIN], 40, 20_000);
    let before = content(&store(&here, PHRASE));
    let engine = opened(&here, PHRASE).await;
    let filler = disk.0.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut file, &[1; 4_096]).is_ok() {}
    drop(file);
    let path = dir.path().join("a.plisauvegarde");
    assert!(
        engine
            .backup_create(&path, BackupScope::Whole, SECRET.into())
            .await
            .is_err()
    );
    assert!(!path.exists() && !path.with_extension("plisauvegarde.part").exists());
    std::fs::remove_file(&filler).unwrap();
    engine
        .backup_create(&path, BackupScope::Whole, SECRET.into())
        .await
        .unwrap();
    assert!(engine.journal_verify().await.unwrap().found.problem.is_none());
    engine.stop().await;
    assert_eq!(content(&store(&here, PHRASE)), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restoration_that_has_no_room_leaves_nothing_at_any_size_of_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 60, 40_000);
    let path = dir.path().join("a.plisauvegarde");
    saved(&here, &path).await;
    let disk = SmallDisk::at(&dir.path().join("disk"), "256k");
    let there = home(&disk.0, "there");
    std::fs::create_dir_all(there.root()).unwrap();
    let before = tree(there.root());
    let mut refused = 0;
    for size in ["256k", "512k", "1m", "2m", "3m", "4m", "5m", "6m", "64m"] {
        disk.resize(size);
        match restored(&path, &there) {
            Ok(_) => break,
            Err(error) => {
                refused += 1;
                assert_eq!(tree(there.root()), before, "{size}: {error}");
            }
        }
    }
    assert!(refused >= 5, "{refused}");
    assert_eq!(content(&store(&there, OTHER)), content(&store(&here, PHRASE)));
}
