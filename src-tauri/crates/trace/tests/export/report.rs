//! The report for a judge.

use pli_trace::{Entry, Filter, Format, JournalError, REPORT_LIMIT};

use crate::common::{House, local, several};

#[test]
fn the_same_request_gives_the_same_octets() {
    let house = House::with(&several(40));
    house.export(&Filter::default(), Format::Pdf, "a.pdf").unwrap();
    house.export(&Filter::default(), Format::Pdf, "b.pdf").unwrap();
    let octets = std::fs::read(house.path("a.pdf")).unwrap();
    assert_eq!(octets, std::fs::read(house.path("b.pdf")).unwrap());
    assert!(octets.starts_with(b"%PDF-1.7"));
    assert!(octets.ends_with(b"%%EOF") || octets.ends_with(b"%%EOF\n"));
}

#[test]
fn a_report_of_nothing_says_so() {
    let house = House::with(&[local()]);
    let filter = Filter {
        failures_only: true,
        message: Some("none".to_owned()),
        ..Filter::default()
    };
    let exported = house.export(&filter, Format::Pdf, "a.pdf").unwrap();
    assert_eq!(exported.count, 0);
}

#[test]
fn too_many_traces_are_refused_before_anything_is_written() {
    let entries: Vec<Entry> = std::iter::repeat_n(local(), REPORT_LIMIT as usize + 1).collect();
    let house = House::with(&[]);
    for some in entries.chunks(1000) {
        house.journal.append_batch(some).unwrap();
    }
    let refused = house.export(&Filter::default(), Format::Pdf, "a.pdf");
    assert!(
        matches!(refused, Err(JournalError::TooLarge { limit: REPORT_LIMIT })),
        "{refused:?}"
    );
    assert_eq!(house.names(), Vec::<String>::new());
}
