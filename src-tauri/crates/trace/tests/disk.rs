//! A disk that is full or read-only: nothing is half written, and it goes on when the disk does.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod sample;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use pli_trace::{Filter, Journal, JournalError, Sequence};
use sample::{DAY, KEY, Memory, entry, entry_at};

/// A small disk of its own. It needs the rights of root, as the other tests of real servers do.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(size: &str) -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        let options = format!("size={size}");
        run(&[
            "mount",
            "-t",
            "tmpfs",
            "-o",
            &options,
            "tmpfs",
            disk.path().to_str().unwrap(),
        ]);
        disk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, options: &str) {
        run(&[
            "mount",
            "-o",
            &format!("remount,{options}"),
            self.path().to_str().unwrap(),
        ]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run(&["umount", "--lazy", self.path().to_str().unwrap()]);
    }
}

fn run(words: &[&str]) {
    assert!(
        Command::new(words[0]).args(&words[1..]).status().unwrap().success(),
        "{words:?}"
    );
}

/// A file that takes all the room there is, but for some.
fn fill(disk: &Path, leaving: usize) -> PathBuf {
    let path = disk.join("filler");
    let mut size = 64 << 20;
    // Octet by octet in the end: what a full disk takes of one write is not said.
    let mut file = std::fs::File::create(&path).unwrap();
    while size >= 4096 {
        if std::io::Write::write_all(&mut file, &vec![1; size]).is_err() {
            size /= 2;
        }
    }
    let length = file.metadata().unwrap().len() as usize;
    file.set_len(length.saturating_sub(leaving) as u64).unwrap();
    path
}

#[test]
fn a_full_disk_refuses_whole_traces_and_loses_none() {
    let disk = Disk::new("4m");
    let place = Arc::new(Memory::default());
    let folder = disk.path().join("journal");
    let open = || Journal::open(&folder, &KEY, place.clone()).unwrap();
    let journal = open();
    journal.append_batch(&(1..=50).map(entry).collect::<Vec<_>>()).unwrap();
    let filler = fill(disk.path(), 200_000);
    let mut last = 50;
    let refused = loop {
        match journal.append_batch(&(0..20).map(|n| entry(51 + n)).collect::<Vec<_>>()) {
            Ok(sequences) => last = sequences.last().unwrap().0,
            Err(error) => break error,
        }
        assert!(last < 100_000, "the disk never filled");
    };
    assert!(refused.is_disk_full(), "{refused}");
    assert_eq!(journal.head().unwrap().sequence, last);
    assert_eq!(journal.count(&Filter::default()).unwrap(), last);
    // Another month cannot begin; the one at hand is as it was.
    assert!(journal.append(&entry_at(1, 40 * DAY)).is_err());
    assert_eq!(journal.head().unwrap().sequence, last);
    std::fs::remove_file(filler).unwrap();
    assert_eq!(journal.append(&entry(1)).unwrap(), Sequence(last + 1));
    assert_eq!(journal.append(&entry_at(2, 40 * DAY)).unwrap(), Sequence(last + 2));
    assert_eq!(journal.append(&entry_at(3, 70 * DAY)).unwrap(), Sequence(last + 3));
    drop(journal);
    let journal = open();
    let all: Vec<u64> = (0..=last + 2)
        .step_by(1000)
        .flat_map(|n| journal.after(Sequence(n), 1000).unwrap())
        .map(|r| r.sequence.0)
        .collect();
    assert_eq!(all, (1..=last + 3).collect::<Vec<_>>());
    assert_eq!(journal.verify(|_, _| {}).unwrap().problem, None);
}

#[test]
fn a_full_disk_cut_there_opens_again_with_all_that_was_acknowledged() {
    let disk = Disk::new("4m");
    let place = Arc::new(Memory::default());
    let folder = disk.path().join("journal");
    let journal = Journal::open(&folder, &KEY, place.clone()).unwrap();
    journal.append_batch(&(1..=50).map(entry).collect::<Vec<_>>()).unwrap();
    let filler = fill(disk.path(), 120_000);
    while journal.append(&entry(60)).is_ok() {}
    let last = journal.head().unwrap().sequence;
    let _ = journal.append(&entry_at(1, 40 * DAY));
    drop(journal);
    std::fs::remove_file(filler).unwrap();
    let journal = Journal::open(&folder, &KEY, place).unwrap();
    assert_eq!(journal.head().unwrap().sequence, last);
    assert_eq!(journal.append(&entry_at(1, 40 * DAY)).unwrap(), Sequence(last + 1));
    assert_eq!(journal.verify(|_, _| {}).unwrap().problem, None);
}

#[test]
fn a_disk_that_became_read_only_refuses_and_is_still_read() {
    let disk = Disk::new("8m");
    let place = Arc::new(Memory::default());
    let folder = disk.path().join("journal");
    let journal = Journal::open(&folder, &KEY, place.clone()).unwrap();
    journal.append_batch(&(1..=50).map(entry).collect::<Vec<_>>()).unwrap();
    drop(journal);
    // A file system under an open journal is remounted only when nothing is open for writing: another one is opened then.
    disk.remount("ro");
    let refused = Journal::open(&folder, &KEY, place.clone());
    assert!(matches!(&refused, Err(JournalError::File { .. })), "{refused:?}");
    disk.remount("rw");
    let journal = Journal::open(&folder, &KEY, place).unwrap();
    journal.ready().unwrap();
    assert_eq!(journal.append(&entry(51)).unwrap(), Sequence(51));
}
