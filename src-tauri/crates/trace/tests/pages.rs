//! Filters, pages, counts and days say exactly what a reading of every trace says.

#![allow(clippy::unwrap_used)]

mod sample;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::tz::Offset;
use pli_terms::{NationalId, Wording};
use pli_trace::{Action, Author, Cursor, Entry, Filter, From, Journal, Record, Sequence};
use proptest::prelude::*;
use sample::{BEGAN, DAY, Desk, address, answer, at, entry, entry_at, intention};

/// Every trace, read one by one.
fn all(journal: &Journal) -> Vec<Record> {
    (1..=journal.head().unwrap().sequence)
        .map(|sequence| journal.get(Sequence(sequence)).unwrap())
        .collect()
}

/// Holds every way of reading against what each trace itself says.
fn check(journal: &Journal, all: &[Record], filter: &Filter, steps: usize) {
    let mut expected: Vec<Record> = all.iter().filter(|record| filter.keeps(record)).cloned().collect();
    let mut given = Vec::new();
    journal
        .each(filter, |record| {
            given.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(given, expected, "each {filter:?}");
    expected.sort_by_key(|record| std::cmp::Reverse((record.entry.at, record.sequence)));
    assert_eq!(journal.count(filter).unwrap(), expected.len() as u64, "{filter:?}");
    let (mut found, mut from) = (Vec::new(), From::Newest);
    loop {
        let page = journal.page(filter, from, steps as u32).unwrap();
        assert!(page.records.len() == steps || page.next.is_none());
        found.extend(page.records);
        match page.next {
            Some(cursor) => from = From::After(cursor),
            None => break,
        }
    }
    assert!(found == expected, "pages of {filter:?}");
    for offset in [
        0,
        1,
        expected.len() / 2,
        expected.len().saturating_sub(1),
        expected.len(),
        expected.len() + 9,
    ] {
        let page = journal.page(filter, From::Offset(offset as u64), 5).unwrap();
        let there: Vec<Record> = expected.iter().skip(offset).take(5).cloned().collect();
        assert!(page.records == there, "offset {offset} of {filter:?}");
    }
    for seconds in [0, 7200, 19_800, -36_000] {
        let mut days: BTreeMap<_, u64> = BTreeMap::new();
        let offset = Offset::from_seconds(seconds).unwrap();
        for record in &expected {
            *days.entry(offset.to_datetime(record.entry.at).date()).or_default() += 1;
        }
        let days: Vec<_> = days.into_iter().rev().collect();
        assert_eq!(journal.days(filter, seconds).unwrap(), days);
    }
}

fn filters() -> Vec<Filter> {
    let author = |id: &str| NationalId::parse(id).ok();
    let none = Filter::default;
    vec![
        none(),
        Filter {
            intentions: true,
            ..none()
        },
        Filter {
            bal: Some(address("CABINET@alpha.mssante.test")),
            ..none()
        },
        Filter {
            bal: Some(address("autre@alpha.mssante.test")),
            ..none()
        },
        Filter {
            author: author("899700000001"),
            failures_only: true,
            ..none()
        },
        Filter {
            action: Some(Action::Send),
            ..none()
        },
        Filter {
            action: Some(Action::Purge),
            ..none()
        },
        Filter {
            failures_only: true,
            ..none()
        },
        Filter {
            from: Some(at(BEGAN + 20_000)),
            until: Some(at(BEGAN + 40 * DAY)),
            ..none()
        },
        Filter {
            from: Some(at(BEGAN + 400 * DAY)),
            ..none()
        },
        Filter {
            correspondent: Some("LABO.3@".to_owned()),
            ..none()
        },
        Filter {
            correspondent: Some("mssante".to_owned()),
            action: Some(Action::Receive),
            ..none()
        },
        Filter {
            correspondent: Some("nobody".to_owned()),
            ..none()
        },
        Filter {
            correspondent: Some("  ".to_owned()),
            ..none()
        },
        Filter {
            message: Some("<7@pli>".to_owned()),
            ..none()
        },
        Filter {
            message: Some("outbox;ID=9".to_owned()),
            intentions: true,
            ..none()
        },
        Filter {
            message: Some("7@pl".to_owned()),
            ..none()
        },
        Filter {
            message: Some("12@pli".to_owned()),
            correspondent: Some("labo".to_owned()),
            until: Some(at(BEGAN + 3 * DAY)),
            ..none()
        },
    ]
}

#[test]
fn every_way_of_reading_says_the_same_over_chunks_and_months() {
    let desk = Desk::new();
    let journal = desk.open();
    // Three chunks and a tail in the first months, clocks that overlap, then a month apart.
    let mut entries: Vec<Entry> = Vec::new();
    for number in 0..9_500_u32 {
        let back = if number % 50 == 0 { 30_000 } else { 0 };
        entries.push(entry_at(number, i64::from(number) * DAY / 200 - back));
    }
    for entries in entries.chunks(700) {
        journal.append_batch(entries).unwrap();
    }
    for exchange in 0..40 {
        journal.append(&intention(9_600 + exchange as u32, exchange)).unwrap();
        if exchange % 3 != 0 {
            journal.append(&answer(9_600 + exchange as u32, exchange)).unwrap();
        }
    }
    assert!(sample::periods(&desk.folder()).len() >= 2);
    let read = all(&journal);
    for filter in filters() {
        check(&journal, &read, &filter, 1000);
    }
    drop(journal);
    let again = desk.open();
    assert!(again.opened().clean());
    for filter in filters() {
        check(&again, &read, &filter, 997);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_clock_and_any_batches_are_read_rightly(
        steps in proptest::collection::vec((-40_000_000i64..90_000_000, 0u64..6, 0u8..3), 1..120),
        batch in 1usize..20,
    ) {
        let desk = Desk::new();
        let journal = desk.open();
        let (mut clock, mut entries) = (0i64, Vec::new());
        for (number, (step, exchange, what)) in steps.into_iter().enumerate() {
            clock += step;
            let number = number as u32;
            let mut entry = match what {
                0 => entry_at(number, clock),
                1 => intention(number, exchange),
                _ => answer(number, exchange),
            };
            entry.at = at(BEGAN + clock);
            entries.push(entry);
        }
        for entries in entries.chunks(batch) {
            journal.append_batch(entries).unwrap();
        }
        let before = all(&journal);
        for filter in filters() {
            check(&journal, &before, &filter, 7);
        }
        // What was written says so after a restart too.
        drop(journal);
        let journal = desk.open();
        prop_assert!(all(&journal) == before);
        for (record, entry) in before.iter().zip(&entries) {
            prop_assert_eq!(&record.entry, entry);
        }
        for filter in filters() {
            check(&journal, &before, &filter, 50);
        }
    }
}

#[test]
fn an_intention_is_folded_into_its_outcome_and_shown_when_none_came() {
    let desk = Desk::new();
    let journal = desk.open();
    let shown = |journal: &Journal, intentions| {
        let filter = Filter {
            intentions,
            ..Filter::default()
        };
        let page = journal.page(&filter, From::Newest, 100).unwrap().records;
        page.iter()
            .map(|record| (record.sequence.0, record.unanswered))
            .collect::<Vec<_>>()
    };
    journal.append(&intention(1, 70)).unwrap();
    assert_eq!(shown(&journal, false), [(1, true)]);
    journal.append(&intention(2, 71)).unwrap();
    journal.append(&answer(3, 70)).unwrap();
    assert_eq!(shown(&journal, false), [(3, false), (2, true)]);
    assert_eq!(shown(&journal, true), [(3, false), (2, true), (1, false)]);
    drop(journal);
    let journal = desk.open();
    assert_eq!(shown(&journal, false), [(3, false), (2, true)]);
    // Two months later its outcome comes: it is tied across periods.
    let mut late = answer(4, 71);
    late.at = at(BEGAN + 70 * DAY);
    journal.append(&entry_at(9, 69 * DAY)).unwrap();
    assert_eq!(sample::periods(&desk.folder()).len(), 2);
    assert_eq!(shown(&journal, false).len(), 3);
    journal.append(&late).unwrap();
    assert_eq!(shown(&journal, false), [(5, false), (4, false), (3, false)]);
    assert!(!journal.get(Sequence(2)).unwrap().unanswered);
}

#[test]
fn a_message_is_followed_from_the_outbox_to_its_folder() {
    let desk = Desk::new();
    let journal = desk.open();
    let named = |number, mail: Wording, id: bool| {
        let mut entry = entry(number);
        entry.mail = mail;
        if !id {
            entry.message_id = None;
        }
        entry
    };
    let both = Wording::fixed("outbox;ID=12").and("INBOX;UIDVALIDITY=7;UID=3");
    journal
        .append(&named(20, Wording::fixed("outbox;ID=12"), false))
        .unwrap();
    journal
        .append(&named(90, Wording::fixed("INBOX;UIDVALIDITY=7;UID=4"), false))
        .unwrap();
    journal.append(&named(20, both, true)).unwrap();
    journal
        .append(&named(20, Wording::fixed("INBOX;UIDVALIDITY=7;UID=3"), false))
        .unwrap();
    for sequence in [1, 3, 4] {
        let life = journal.life(&journal.get(Sequence(sequence)).unwrap()).unwrap();
        let places: Vec<u64> = life.iter().map(|record| record.sequence.0).collect();
        assert_eq!(places, [1, 3, 4], "from {sequence}");
    }
}

#[test]
fn what_is_known_is_who_acted_where_and_how() {
    let desk = Desk::new();
    let journal = desk.open();
    assert_eq!(journal.known().unwrap(), pli_trace::Known::default());
    let mut renamed = entry_at(40, 40 * DAY);
    renamed.author = Some(Author {
        name: Wording::fixed("Dr Martin-Leroy"),
        ..renamed.author.unwrap()
    });
    journal.append_batch(&(1..=30).map(entry).collect::<Vec<_>>()).unwrap();
    journal.append(&renamed).unwrap();
    drop(journal);
    let known = desk.open().known().unwrap();
    let authors: Vec<_> = known
        .authors
        .iter()
        .map(|a| (a.national_id.as_ref().unwrap().as_str(), a.name.as_str()))
        .collect();
    assert_eq!(
        authors,
        [("899700000001", "Dr Martin"), ("899700000000", "Dr Martin-Leroy")]
    );
    assert_eq!(known.bals.len(), 2);
    assert_eq!(known.actions, [Action::Receive, Action::Send]);
    assert_eq!(
        (known.first_at, known.last_at),
        (Some(entry(1).at), Some(at(BEGAN + 40 * DAY)))
    );
    assert_eq!(known.unreadable, 0);
}

#[test]
fn a_period_that_cannot_be_read_takes_only_its_own_traces_away() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append_batch(&(1..=30).map(entry).collect::<Vec<_>>()).unwrap();
    journal
        .append_batch(&(1..=30).map(|n| entry_at(n, 40 * DAY)).collect::<Vec<_>>())
        .unwrap();
    drop(journal);
    std::fs::write(&sample::periods(&desk.folder())[0], [7u8; 8192]).unwrap();
    let journal = desk.open();
    assert_eq!(journal.known().unwrap().unreadable, 1);
    assert_eq!(journal.count(&Filter::default()).unwrap(), 30);
    assert_eq!(
        journal
            .page(&Filter::default(), From::Newest, 100)
            .unwrap()
            .records
            .len(),
        30
    );
    assert!(journal.get(Sequence(3)).is_err());
    assert_eq!(journal.append(&entry_at(99, 41 * DAY)).unwrap(), Sequence(61));
    assert!(journal.each(&Filter::default(), |_| ControlFlow::Continue(())).is_err());
}

#[test]
fn a_cursor_comes_back_from_its_own_words() {
    let desk = Desk::new();
    let journal = desk.open();
    journal.append_batch(&(1..=30).map(entry).collect::<Vec<_>>()).unwrap();
    let page = journal.page(&Filter::default(), From::Newest, 10).unwrap();
    let words = serde_json::to_string(&page.next.unwrap()).unwrap();
    let cursor: Cursor = serde_json::from_str(&words).unwrap();
    let next = journal.page(&Filter::default(), From::After(cursor), 10).unwrap();
    assert_eq!(next.records[0].sequence, Sequence(20));
    assert_eq!(journal.cursor("collector").unwrap(), Sequence(0));
    journal.set_cursor("collector", Sequence(7)).unwrap();
    drop(journal);
    let journal = desk.open();
    assert_eq!(journal.cursor("collector").unwrap(), Sequence(7));
    let after = journal.after(Sequence(7), 5).unwrap();
    assert_eq!(
        after.iter().map(|record| record.sequence.0).collect::<Vec<_>>(),
        [8, 9, 10, 11, 12]
    );
    assert!(after.windows(2).all(|pair| pair[1].previous == pair[0].hash));
}
