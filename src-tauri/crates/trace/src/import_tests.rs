//! The first version's database is taken over octet for octet, whatever moment it is cut at.

use std::path::Path;

use pli_terms::Wording;
use rusqlite::params;

use crate::database;
use crate::entry::{Entry, Outcome, Sequence};
use crate::filter::Filter;
use crate::journal::{Head, chain};
use crate::sample::{BEGAN, DAY, Desk, KEY, at, entry_at};

const ID: [u8; 16] = [8; 16];
const COUNT: u32 = 90;

/// The n-th trace of the old journal, one each day: an intention tied by the words of its verb to the outcome after it.
fn old(number: u32) -> Entry {
    let mut entry = entry_at(number, i64::from(number) * DAY);
    entry.clock.synchronised = None;
    entry.request.verb = Wording::fixed("UID STORE").and("#").then(number / 2);
    if number.is_multiple_of(2) {
        entry.outcome = Outcome::Intended;
    }
    entry
}

/// Writes it as the first version did. Answers with the octets and hashes.
fn write(dir: &Path) -> Vec<(Vec<u8>, [u8; 32])> {
    std::fs::create_dir_all(dir).unwrap();
    let connection = database::writable(&dir.join("journal.db"), &KEY).unwrap();
    connection
        .execute_batch(include_str!("../tests/sample/first_journal.sql"))
        .unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    let start = chain(&[0; 32], &ID);
    let (mut hash, mut written) = (start, Vec::new());
    for number in 1..=COUNT {
        let entry = old(number);
        let octets = crate::canonical::written(1, Sequence(u64::from(number)), &[3; 16], None, &entry);
        hash = chain(&hash, &octets);
        connection
            .execute(
                "INSERT INTO record (sequence, at, action, failed, canonical, hash) VALUES (?1, ?2, 'send', 0, ?3, ?4)",
                params![number, entry.at.as_millisecond(), octets, hash],
            )
            .unwrap();
        written.push((octets, hash));
    }
    connection
        .execute(
            "INSERT INTO journal VALUES (1, ?1, 0, ?2, ?3, ?4)",
            params![ID, start, COUNT, hash],
        )
        .unwrap();
    written
}

fn check(desk: &Desk, written: &[(Vec<u8>, [u8; 32])]) {
    let journal = desk.open();
    assert_eq!(journal.id(), ID);
    let head = Head {
        sequence: u64::from(COUNT),
        hash: written[written.len() - 1].1,
    };
    assert_eq!(journal.head().unwrap(), head);
    for (place, (octets, hash)) in written.iter().enumerate() {
        let record = journal.get(Sequence(place as u64 + 1)).unwrap();
        assert_eq!((record.canonical(), &record.hash), (octets.as_slice(), hash));
    }
    assert_eq!(journal.after(Sequence(0), 1000).unwrap().len(), COUNT as usize);
    // The last intention had no outcome; the others are folded.
    let shown = journal
        .page(&Filter::default(), crate::From::Newest, 1000)
        .unwrap()
        .records;
    assert_eq!(shown.len(), COUNT as usize / 2 + 1);
    assert!(shown[0].unanswered && shown[0].sequence == Sequence(u64::from(COUNT)));
    assert!(!desk.folder().join("journal.db").exists());
    assert!(crate::sample::periods(&desk.folder()).len() >= 3);
    drop(journal);
}

#[test]
fn an_older_journal_is_taken_over_and_goes_on() {
    let desk = Desk::new();
    let written = write(&desk.folder());
    check(&desk, &written);
    let journal = desk.open();
    assert!(journal.opened().clean());
    let next = entry_at(1, i64::from(COUNT + 1) * DAY);
    assert_eq!(journal.append(&next).unwrap(), Sequence(u64::from(COUNT) + 1));
    let record = journal.get(Sequence(u64::from(COUNT) + 1)).unwrap();
    assert_eq!((record.entry, record.previous), (next, written[written.len() - 1].1));
}

#[test]
fn a_taking_over_that_was_cut_begins_again() {
    let desk = Desk::new();
    let written = write(&desk.folder());
    let older = std::fs::read(desk.folder().join("journal.db")).unwrap();
    drop(desk.open());
    // As if it had been cut before the catalogue said that all is taken over, with a period lost on the way.
    let mark = |importing: bool| {
        let catalogue = database::writable(&desk.folder().join("catalogue.db"), &KEY).unwrap();
        catalogue
            .execute("UPDATE journal SET importing = ?1", [importing])
            .unwrap();
        std::fs::write(desk.folder().join("journal.db"), &older).unwrap();
    };
    mark(true);
    std::fs::remove_file(&crate::sample::periods(&desk.folder())[1]).unwrap();
    check(&desk, &written);
    // As if it had been cut just before the old file went.
    mark(false);
    check(&desk, &written);
    // Another journal's file that is put there later changes nothing.
    let journal = desk.open();
    journal.append(&entry_at(1, i64::from(COUNT + 1) * DAY)).unwrap();
    drop(journal);
    mark(false);
    let other = database::writable(&desk.folder().join("journal.db"), &KEY).unwrap();
    other
        .execute("UPDATE journal SET unique_id = zeroblob(16)", [])
        .unwrap();
    drop(other);
    assert_eq!(desk.open().head().unwrap().sequence, u64::from(COUNT) + 1);
    assert!(desk.folder().join("journal.db").exists());
    assert_eq!(desk.open().get(Sequence(1)).unwrap().entry.at, at(BEGAN + DAY));
}

#[test]
fn what_cannot_be_read_of_an_older_journal_is_kept_aside() {
    let desk = Desk::new();
    let written = write(&desk.folder());
    let file = desk.folder().join("journal.db");
    let mut octets = std::fs::read(&file).unwrap();
    let place = octets.len() * 2 / 3;
    octets[place..place + 64].fill(1);
    std::fs::write(&file, octets).unwrap();
    let journal = desk.open();
    assert!(desk.folder().join("journal-unreadable.db").exists());
    assert_eq!(journal.head().unwrap().sequence, u64::from(COUNT));
    let read = journal
        .page(
            &Filter {
                intentions: true,
                ..Filter::default()
            },
            crate::From::Newest,
            1000,
        )
        .unwrap();
    assert!(read.records.len() < written.len());
    assert_eq!(
        journal.append(&entry_at(1, 200 * DAY)).unwrap(),
        Sequence(u64::from(COUNT) + 1)
    );
}
