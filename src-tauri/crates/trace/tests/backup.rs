//! A copy of the journal, and the journal made again from it: the same traces, proved as before, and written on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod sample;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pli_trace::{Action, AtEnd, Journal, JournalCopy, Problem, Sequence, fingerprint, restore_journal, verify_folder};
use sample::{BEGAN, DAY, Desk, KEY, Memory, answer, at, entry, entry_at, intention};

/// The key of the profile that a copy is restored into.
const OTHER: [u8; 32] = [9; 32];

/// Three months of traces, sealed several times, the first of them pruned, an intention without an answer.
fn kept(desk: &Desk) -> Journal {
    let journal = desk.open();
    for number in 1..=90 {
        journal.append(&entry_at(number, i64::from(number) * DAY)).unwrap();
        if number % 20 == 0 {
            journal.seal(at(BEGAN + i64::from(number) * DAY)).unwrap();
        }
    }
    let mut by = entry_at(91, 91 * DAY);
    by.action = Action::JournalPrune;
    let pruned = journal.prune(at(BEGAN + 15 * DAY), AtEnd::Anonymise, by).unwrap();
    assert!(pruned.count > 10);
    let after = |number: u32| pli_trace::Entry {
        at: at(BEGAN + i64::from(number) * DAY),
        ..intention(number, 7)
    };
    journal.append(&after(92)).unwrap();
    journal
}

/// Everything that a journal holds, octet for octet.
fn content(journal: &Journal) -> Vec<(u64, [u8; 32])> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(0, |(sequence, _)| *sequence);
        let records = journal.after(Sequence(after), 500).unwrap();
        if records.is_empty() {
            return all;
        }
        all.extend(records.iter().map(|record| (record.sequence.0, record.hash)));
    }
}

struct Restored {
    dir: tempfile::TempDir,
    place: Arc<Memory>,
}

impl Restored {
    fn folder(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    fn open(&self) -> Journal {
        Journal::open(&self.folder(), &OTHER, self.place.clone()).unwrap()
    }
}

fn copied(journal: &Journal) -> (tempfile::TempDir, JournalCopy) {
    let dir = tempfile::tempdir().unwrap();
    let copy = journal.copy_to(dir.path(), at(BEGAN + 95 * DAY)).unwrap();
    (dir, copy)
}

fn restored(copy: &(tempfile::TempDir, JournalCopy)) -> Restored {
    let (dir, place) = (tempfile::tempdir().unwrap(), Arc::<Memory>::default());
    let mut by = entry_at(100, 100 * DAY);
    by.action = Action::Backup;
    // What is restored uses its copy up.
    let scratch = tempfile::tempdir().unwrap();
    for file in &copy.1.files {
        std::fs::copy(copy.0.path().join(file), scratch.path().join(file)).unwrap();
    }
    let from = (scratch.path(), &*copy.1.key, copy.1.secret.as_slice());
    restore_journal(from, &dir.path().join("journal"), &OTHER, place.clone(), &by).unwrap();
    Restored { dir, place }
}

fn is_sound(journal: &Journal) -> pli_trace::Verification {
    let found = journal.verify(|_, _| ()).unwrap();
    assert_eq!(found.problem, None, "{found:?}");
    found
}

#[test]
fn what_is_restored_elsewhere_verifies_and_is_written_on() {
    let desk = Desk::new();
    let journal = kept(&desk);
    let before = content(&journal);
    let copy = copied(&journal);
    assert_eq!(copy.1.count, before.len() as u64);
    // The copy itself verifies, and the journal that was copied goes on as before.
    let held = Arc::new(Memory(std::sync::Mutex::new(Some(copy.1.secret.to_vec()))));
    let of_copy = verify_folder(copy.0.path(), &copy.1.key, held, |_, _| ()).unwrap();
    assert_eq!(of_copy.problem, None);
    journal.append(&entry_at(96, 96 * DAY)).unwrap();
    is_sound(&journal);
    assert!(journal.successions().unwrap().is_empty());

    let place = restored(&copy);
    let again = place.open();
    let now = content(&again);
    assert_eq!(now[..before.len()], before[..], "the same traces, the same hashes");
    assert_eq!(
        now.len(),
        before.len() + 1,
        "and the one that says that it was restored"
    );
    assert_eq!(again.id(), journal.id());
    assert!(again.opened().clean());
    let found = is_sound(&again);
    assert_eq!((found.unsealed, found.pruned), (0, 14));
    assert_eq!(again.anchors().unwrap(), journal.anchors().unwrap());
    assert_eq!(again.statistics().unwrap(), journal.statistics().unwrap());

    // Another key seals, and the one that the journal was begun with has signed for it.
    let steps = again.successions().unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0].from, journal.public_key());
    assert_eq!((steps[0].to, steps[1].to), (steps[1].from, again.public_key()));
    assert_ne!(fingerprint(&steps[1].to), journal.fingerprint());

    // It is written on: months, the answer to the intention that waited, seals, prunings, closings.
    again
        .append(&pli_trace::Entry {
            at: at(BEGAN + 101 * DAY),
            ..answer(101, 7)
        })
        .unwrap();
    for number in 102..=180 {
        again.append(&entry_at(number, i64::from(number) * DAY)).unwrap();
    }
    again.seal(at(BEGAN + 181 * DAY)).unwrap();
    is_sound(&again);
    let mut by = entry_at(182, 182 * DAY);
    by.action = Action::JournalPrune;
    again.prune(at(BEGAN + 60 * DAY), AtEnd::Destroy, by).unwrap();
    let found = is_sound(&again);
    assert_eq!(found.anchors.len(), 2, "one of the former key, one of this one");
    drop(again);
    is_sound(&place.open());

    // The copy can be restored once more: what tells the two apart is the key.
    let other = restored(&copy);
    is_sound(&other.open());
    assert_ne!(other.open().public_key(), place.open().public_key());
    // A copy of what was restored is restored too.
    let second = copied(&place.open());
    let third = restored(&second);
    is_sound(&third.open());
    assert_eq!(third.open().successions().unwrap().len(), 4);
}

#[test]
fn traces_are_written_while_a_copy_is_made() {
    let desk = Desk::new();
    let journal = kept(&desk);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Bounded, so that a failure beside it ends the test.
            for number in 200..20_000 {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                journal
                    .append(&entry_at(number, 100 * DAY + i64::from(number)))
                    .unwrap();
            }
        });
        for _ in 0..3 {
            let copy = copied(&journal);
            let place = restored(&copy);
            let found = is_sound(&place.open());
            assert_eq!(found.last.0, copy.1.last.0 + 1);
        }
        stop.store(true, Ordering::SeqCst);
    });
    is_sound(&journal);
}

#[test]
fn an_empty_journal_is_copied_too() {
    let desk = Desk::new();
    let journal = desk.open();
    let copy = copied(&journal);
    assert_eq!((copy.1.count, copy.1.last), (0, Sequence(0)));
    let place = restored(&copy);
    let again = place.open();
    assert_eq!(content(&again).len(), 1);
    is_sound(&again);
}

#[test]
fn what_was_wrong_before_is_wrong_after() {
    let desk = Desk::new();
    drop(kept(&desk));
    let path = sample::periods(&desk.folder())[0].clone();
    let mut octets = std::fs::read(&path).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(&path, octets).unwrap();
    let journal = desk.open();
    assert!(journal.verify(|_, _| ()).unwrap().problem.is_some());
    let place = restored(&copied(&journal));
    assert!(place.open().verify(|_, _| ()).unwrap().problem.is_some());
}

#[test]
fn nobody_without_a_key_of_the_chain_makes_a_succession() {
    let desk = Desk::new();
    let place = restored(&copied(&kept(&desk)));
    is_sound(&place.open());
    let verify = || {
        let found = verify_folder(&place.folder(), &OTHER, place.place.clone(), |_, _| ()).unwrap();
        found.problem
    };
    let change = |sql: &str| {
        connect(&place.folder().join("catalogue.db"), &OTHER)
            .execute_batch(sql)
            .unwrap()
    };
    let put_back = tempfile::tempdir().unwrap();
    let files = ["catalogue.db", "catalogue.db-wal", "catalogue.db-shm"];
    for file in files {
        let _ = std::fs::copy(place.folder().join(file), put_back.path().join(file));
    }
    for forgery in [
        "DELETE FROM setting WHERE name = 'succession-000001'",
        "DELETE FROM setting WHERE name = 'succession-000002'",
        "DELETE FROM setting WHERE name LIKE 'succession-%'",
        "UPDATE setting SET value = substr(value, 1, length(value) - 6) || '012345' WHERE name = 'succession-000002'",
        "UPDATE setting SET value = upper(value) WHERE name = 'succession-000001'",
        "INSERT INTO setting SELECT 'succession-000003', value FROM setting WHERE name = 'succession-000002'",
        "UPDATE setting SET value = iif(value LIKE 'a%', 'b', 'a') || substr(value, 2) WHERE name = 'public_key'",
    ] {
        change(forgery);
        assert_eq!(verify(), Some(Problem::KeyChanged), "{forgery}");
        for file in files {
            let _ = std::fs::remove_file(place.folder().join(file));
            let _ = std::fs::copy(put_back.path().join(file), place.folder().join(file));
        }
        assert_eq!(verify(), None);
    }
    // The end cut back to before the restoration shows, whatever the catalogue says.
    change("DELETE FROM seal WHERE sequence > (SELECT max(sequence) FROM seal) - 5");
    assert!(verify().is_some());
}

#[test]
fn another_secret_or_a_folder_that_is_none_makes_no_journal() {
    let desk = Desk::new();
    let copy = copied(&kept(&desk));
    let to = tempfile::tempdir().unwrap();
    let by = entry(1);
    let wrong = |key: &[u8; 32], secret: &[u8], dir: &Path| {
        restore_journal(
            (dir, key, secret),
            &to.path().join("journal"),
            &OTHER,
            Arc::<Memory>::default(),
            &by,
        )
        .unwrap_err()
    };
    wrong(&KEY, &copy.1.secret, copy.0.path());
    wrong(&copy.1.key, b"something else", copy.0.path());
    wrong(&copy.1.key, &copy.1.secret, to.path());
}

fn connect(path: &Path, key: &[u8; 32]) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    let digits: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{digits}'\";"))
        .unwrap();
    connection
}
