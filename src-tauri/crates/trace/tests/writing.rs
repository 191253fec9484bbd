//! Writing: what was acknowledged is there after, whatever the clock does and however the journal ended.

#![allow(clippy::unwrap_used)]

mod sample;

use std::sync::Arc;

use pli_trace::{Filter, From, Journal, JournalError, Sequence};
use ring::digest::{Context, SHA256};
use sample::{BEGAN, DAY, Desk, KEY, Memory, answer, at, entry, entry_at, intention};

/// Every trace from 1 on hangs on the one before it, by the hash of its own octets.
fn chained(journal: &Journal, from: u64) {
    let (mut after, mut count) = (Sequence(from), from);
    let mut previous = journal.get(Sequence(from)).ok().map(|record| record.hash);
    loop {
        let records = journal.after(after, 1000).unwrap();
        let Some(last) = records.last() else { break };
        after = last.sequence;
        for record in &records {
            count += 1;
            assert_eq!(record.sequence, Sequence(count));
            assert!(previous.is_none_or(|previous| previous == record.previous));
            let mut context = Context::new(&SHA256);
            context.update(&record.previous);
            context.update(record.canonical());
            assert_eq!(context.finish().as_ref(), record.hash);
            previous = Some(record.hash);
        }
    }
    assert_eq!(count, journal.head().unwrap().sequence);
}

#[test]
fn traces_come_back_as_written_and_go_on_after_a_restart() {
    let desk = Desk::new();
    let journal = desk.open();
    assert!(journal.opened().clean());
    assert_eq!(journal.opened().last(), Sequence(0));
    let sequences = journal.append_batch(&(1..=7).map(entry).collect::<Vec<_>>()).unwrap();
    assert_eq!(sequences, (1..=7).map(Sequence).collect::<Vec<_>>());
    assert_eq!(journal.append_batch(&[]).unwrap(), []);
    let head = journal.head().unwrap();
    drop(journal);
    let journal = desk.open();
    assert!(journal.opened().clean());
    assert_eq!((journal.opened().last(), journal.head().unwrap()), (Sequence(7), head));
    assert_eq!(journal.append(&entry(8)).unwrap(), Sequence(8));
    for number in 1..=8 {
        let record = journal.get(Sequence(u64::from(number))).unwrap();
        assert_eq!(record.entry, entry(number));
        assert_eq!(record.unique_id.len(), 32);
    }
    chained(&journal, 0);
    assert!(matches!(
        journal.get(Sequence(9)),
        Err(JournalError::NotFound { sequence: 9 })
    ));
    drop(journal);
    let place = desk.place.clone();
    let other = Journal::open(&desk.folder(), &[6; 32], place);
    assert!(matches!(other, Err(JournalError::Unreadable)));
    for file in std::fs::read_dir(desk.folder()).unwrap().flatten() {
        let octets = std::fs::read(file.path()).unwrap();
        let clear = octets.windows(7).any(|w| w == b"mssante" || w == b"SQLite ");
        assert!(!clear, "{:?}", file.path());
    }
}

#[test]
fn an_ending_without_order_is_told() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append(&entry(1)).unwrap();
    // What a kill leaves: the files as they are now.
    let copy = Desk {
        dir: tempfile::tempdir().unwrap(),
        place: desk.place.clone(),
    };
    std::fs::create_dir(copy.folder()).unwrap();
    for file in std::fs::read_dir(desk.folder()).unwrap().flatten() {
        std::fs::copy(file.path(), copy.folder().join(file.file_name())).unwrap();
    }
    let other = copy.open();
    assert!(!other.opened().clean());
    assert_eq!(other.opened().last(), Sequence(1));
    drop(other);
    assert!(copy.open().opened().clean());
}

#[test]
fn a_clock_set_back_is_recorded_and_stays_in_the_month_at_hand() {
    let desk = Desk::new();
    let journal = desk.open();
    let back = |number, after| {
        let sequence = journal.append(&entry_at(number, after)).unwrap();
        journal.get(sequence).unwrap().set_back_ms
    };
    assert_eq!(back(1, 0), None);
    // Within a second, and an exchange that began before the last one and ended after it.
    assert_eq!(back(2, -900), None);
    let mut long = entry_at(3, -600_000);
    long.duration_ms = 600_010;
    let sequence = journal.append(&long).unwrap();
    assert_eq!(journal.get(sequence).unwrap().set_back_ms, None);
    assert_eq!(back(4, -5_000), Some(5_003));
    assert_eq!(back(5, 40 * DAY), None);
    assert_eq!(sample::periods(&desk.folder()).len(), 2);
    assert_eq!(back(6, 0), Some((40 * DAY).unsigned_abs()));
    assert_eq!(back(7, 1_000_000), None);
    assert_eq!(
        sample::periods(&desk.folder()).len(),
        2,
        "never back to an older period"
    );
    // Twenty years ahead, and back: nothing is lost, nothing is written elsewhere.
    assert_eq!(back(8, 20 * 365 * DAY), None);
    assert!(back(9, 41 * DAY).is_some());
    assert_eq!(sample::periods(&desk.folder()).len(), 3);
    drop(journal);
    let journal = desk.open();
    let sequence = journal.append(&entry_at(10, 40 * DAY)).unwrap();
    assert_eq!(
        journal.get(sequence).unwrap().set_back_ms,
        Some(DAY.unsigned_abs()),
        "across a restart"
    );
    chained(&journal, 0);
    assert_eq!(journal.count(&Filter::default()).unwrap(), 10);
    let page = journal.page(&Filter::default(), From::Newest, 2).unwrap();
    assert_eq!(page.records[0].entry.at, at(BEGAN + 20 * 365 * DAY));
}

#[test]
fn a_batch_over_the_end_of_a_month_is_one_commit_in_one_period() {
    let desk = Desk::new();
    let journal = desk.open();
    let batch: Vec<_> = (0..20).map(|n| entry_at(n, i64::from(n) * DAY)).collect();
    journal.append_batch(&batch).unwrap();
    assert_eq!(sample::periods(&desk.folder()).len(), 1);
    chained(&journal, 0);
}

#[test]
fn a_second_opening_of_one_journal_waits_then_is_refused() {
    let desk = Desk::new();
    let journal = desk.open();
    let (folder, place) = (desk.folder(), desk.place.clone());
    let waiting =
        std::thread::spawn(move || Journal::open(&folder, &KEY, place).map(|journal| journal.opened().last()));
    journal.append(&entry(1)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    drop(journal);
    assert_eq!(waiting.join().unwrap().unwrap(), Sequence(1));
    let held = desk.open();
    let refused = Journal::open(&desk.folder(), &KEY, desk.place.clone());
    assert!(matches!(&refused, Err(error @ JournalError::InUse { .. }) if error.is_transient()));
    drop(held);
}

#[test]
fn several_threads_write_and_read_one_chain() {
    let desk = Desk::new();
    let journal = Arc::new(desk.open());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let journal = Arc::clone(&journal);
            std::thread::spawn(move || {
                for number in 0..40_u32 {
                    let exchange = u64::from(thread * 1000 + number);
                    journal.append(&intention(number, exchange)).unwrap();
                    journal
                        .append_batch(&[answer(number, exchange), entry(number)])
                        .unwrap();
                    journal.page(&Filter::default(), From::Newest, 5).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    chained(&journal, 0);
    assert_eq!(journal.count(&Filter::default()).unwrap(), 4 * 80);
    assert_eq!(
        journal
            .count(&Filter {
                intentions: true,
                ..Filter::default()
            })
            .unwrap(),
        4 * 120
    );
}

#[test]
fn without_its_secret_a_journal_is_neither_opened_nor_begun_again() {
    let desk = Desk::new();
    drop(desk.open());
    let lost = Journal::open(&desk.folder(), &KEY, Arc::<Memory>::default());
    assert!(matches!(lost, Err(JournalError::Keys { .. })));
    desk.open();
}

#[test]
fn what_was_taken_away_is_never_filled_again() {
    for file in ["period-000002.db", "catalogue.db", "keys"] {
        let desk = Desk::new();
        let journal = desk.open();
        journal.append_batch(&(1..=20).map(entry).collect::<Vec<_>>()).unwrap();
        journal
            .append_batch(&(1..=20).map(|n| entry_at(n, 40 * DAY)).collect::<Vec<_>>())
            .unwrap();
        drop(journal);
        std::fs::remove_file(desk.folder().join(file)).unwrap();
        let journal = desk.open();
        // A number given is not given again, even where the trace is gone.
        assert_eq!(journal.append(&entry_at(50, 41 * DAY)).unwrap(), Sequence(41), "{file}");
        assert_eq!(journal.get(Sequence(20)).is_ok(), file != "keys");
        assert_eq!(journal.get(Sequence(40)).is_ok(), file == "catalogue.db", "{file}");
        drop(journal);
        assert_eq!(desk.open().append(&entry_at(51, 41 * DAY)).unwrap(), Sequence(42));
    }
}

#[test]
fn an_older_copy_put_back_is_not_written_over() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append_batch(&(1..=20).map(entry).collect::<Vec<_>>()).unwrap();
    drop(journal);
    let path = sample::periods(&desk.folder()).remove(0);
    let copy = std::fs::read(&path).unwrap();
    let journal = desk.open();
    journal.append_batch(&(21..=30).map(entry).collect::<Vec<_>>()).unwrap();
    drop(journal);
    std::fs::write(&path, copy).unwrap();
    let journal = desk.open();
    assert_eq!(journal.append(&entry(31)).unwrap(), Sequence(31));
    assert!(journal.get(Sequence(20)).is_ok());
    assert!(journal.get(Sequence(21)).is_err());
}
