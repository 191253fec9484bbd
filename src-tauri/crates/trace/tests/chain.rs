//! The chain: any single change is detected, and where it is said.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use jiff::Timestamp;
use pli_terms::{Address, BalKind, MessageId, NationalId};
use pli_trace::{
    Action, Authentication, Author, Bal, Entry, Filter, Journal, JournalError, Outcome, Problem, Protocol, Request,
    Sequence, Server, Workstation,
};
use proptest::prelude::*;
use rusqlite::Connection;

const KEY: [u8; 32] = [5; 32];

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn entry(number: u32) -> Entry {
    let boxes = ["dr.martin@alpha.mssante.test", "Cabinet@alpha.mssante.test"];
    let failed = number.is_multiple_of(5);
    let outcome = if failed {
        Outcome::Refused {
            code: "550".into(),
            enhanced: "5.1.1".into(),
            text: "unknown".into(),
        }
    } else {
        Outcome::Done {
            code: "250".into(),
            enhanced: "".into(),
            text: "ok".into(),
        }
    };
    Entry {
        at: Timestamp::from_millisecond(1_790_000_000_000 + i64::from(number) * 500).unwrap(),
        utc_offset: 3600,
        clock_gap_ms: None,
        author: Some(Author {
            national_id: NationalId::parse(&format!("89970000000{}", number % 2)).ok(),
            name: "Dr Martin".into(),
            method: Authentication::PscCode,
        }),
        bal: Some(Bal {
            address: address(boxes[number as usize % 2]),
            kind: Some(BalKind::Per),
        }),
        action: if number.is_multiple_of(3) {
            Action::Send
        } else {
            Action::Receive
        },
        request: Request {
            protocol: Protocol::Smtp,
            verb: "MAIL FROM".into(),
            mailbox: "".into(),
            uids: "".into(),
            octets_out: 12,
            octets_in: u64::from(number),
        },
        outcome,
        duration_ms: 7,
        mail: format!("{}", number / 2).as_str().into(),
        message_id: MessageId::parse(&format!("{}@pli", number / 2)),
        sender: Some(address(boxes[0])),
        recipients: vec![address("labo@beta.mssante.test")],
        encoded_size: Some(1234),
        workstation: Workstation {
            os: "Debian".into(),
            os_version: "12".into(),
            pli_version: "0.1.0".into(),
            host: "poste".into(),
            address: "127.0.0.1".into(),
        },
        server: Some(Server {
            name: "smtp.alpha.mssante.test".into(),
            address: "127.0.0.1:587".into(),
        }),
    }
}

fn filled(dir: &Path, count: u32) -> std::path::PathBuf {
    let path = dir.join("journal.db");
    let journal = Journal::open(&path, &KEY).unwrap();
    journal
        .append_batch(&(1..=count).map(entry).collect::<Vec<_>>())
        .unwrap();
    path
}

/// The file as somebody who has its key would change it.
fn tamper(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    let key: String = KEY.iter().map(|b| format!("{b:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{key}'\"; {sql}"))
        .unwrap();
}

#[test]
fn traces_come_back_as_written_and_go_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = filled(dir.path(), 7);
    let journal = Journal::open(&path, &KEY).unwrap();
    assert_eq!(journal.append(&entry(8)).unwrap(), Sequence(8));
    for number in 1..=8 {
        let record = journal.get(Sequence(u64::from(number))).unwrap();
        assert_eq!(record.entry, entry(number));
        assert_eq!(record.unique_id.len(), 32);
    }
    let verified = journal.verify().unwrap();
    assert_eq!(
        (verified.sound, verified.last, verified.problem),
        (8, Sequence(8), None)
    );
    assert_eq!(journal.get(Sequence(8)).unwrap().hash, journal.head().unwrap().hash);
    assert!(matches!(
        journal.get(Sequence(9)),
        Err(JournalError::NotFound { sequence: 9 })
    ));
    drop(journal);
    assert!(matches!(Journal::open(&path, &[6; 32]), Err(JournalError::Unreadable)));
    for file in std::fs::read_dir(dir.path()).unwrap().flatten() {
        let octets = std::fs::read(file.path()).unwrap();
        assert!(
            !octets.windows(7).any(|w| w == b"mssante" || w == b"SQLite "),
            "{:?}",
            file.path()
        );
    }
}

#[test]
fn an_empty_journal_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let verified = Journal::open(&filled(dir.path(), 0), &KEY).unwrap().verify().unwrap();
    assert_eq!(
        (verified.sound, verified.last, verified.problem),
        (0, Sequence(0), None)
    );
}

#[test]
fn each_kind_of_change_is_named_with_its_place() {
    let at = |n| Problem::Altered { at: Sequence(n) };
    let missing = |a, b| Problem::Missing {
        first: Sequence(a),
        last: Sequence(b),
    };
    let copy = "at, bal, author, action, failed, message_id, mail, canonical, hash";
    let cases: Vec<(String, Problem)> = vec![
        ("DELETE FROM record WHERE sequence = 4".into(), missing(4, 4)),
        ("DELETE FROM record WHERE sequence <= 3".into(), missing(1, 3)),
        ("DELETE FROM record WHERE sequence >= 9".into(), missing(9, 10)),
        ("DELETE FROM record".into(), missing(1, 10)),
        ("UPDATE record SET hash = zeroblob(32) WHERE sequence = 6".into(), at(6)),
        ("UPDATE record SET hash = x'00' WHERE sequence = 6".into(), at(6)),
        (
            "UPDATE record SET canonical = (SELECT canonical FROM record WHERE sequence = 2) WHERE sequence = 6".into(),
            at(6),
        ),
        (
            "UPDATE record SET bal = 'autre@x.fr' WHERE sequence = 5".into(),
            Problem::Mislabelled { at: Sequence(5) },
        ),
        (
            "UPDATE record SET failed = 0 WHERE sequence = 5".into(),
            Problem::Mislabelled { at: Sequence(5) },
        ),
        (
            format!("INSERT INTO record (sequence, {copy}) SELECT 11, {copy} FROM record WHERE sequence = 10"),
            Problem::Unexpected { at: Sequence(11) },
        ),
        (
            format!("INSERT INTO record (sequence, {copy}) SELECT 0, {copy} FROM record WHERE sequence = 1"),
            Problem::Unexpected { at: Sequence(0) },
        ),
        // Two that changed places.
        (
            "UPDATE record SET sequence = 100 WHERE sequence = 3; UPDATE record SET sequence = 3 WHERE sequence = 4;
             UPDATE record SET sequence = 4 WHERE sequence = 100"
                .into(),
            at(3),
        ),
        (
            "UPDATE journal SET head_hash = zeroblob(32)".into(),
            Problem::Head { at: Sequence(10) },
        ),
        (
            "UPDATE journal SET head_sequence = 9".into(),
            Problem::Unexpected { at: Sequence(10) },
        ),
        ("UPDATE journal SET head_sequence = 12".into(), missing(11, 12)),
        ("UPDATE journal SET anchor_hash = zeroblob(32)".into(), at(1)),
        (
            "UPDATE journal SET anchor_sequence = 2".into(),
            Problem::Unexpected { at: Sequence(1) },
        ),
    ];
    for (sql, problem) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path(), 10);
        tamper(&path, &sql);
        let verified = Journal::open(&path, &KEY).unwrap().verify().unwrap();
        assert_eq!(verified.problem, Some(problem), "{sql}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octet_changed_in_any_trace_is_located(which in 1u64..=12, place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path(), 12);
        let connection = Connection::open(&path).unwrap();
        let key: String = KEY.iter().map(|b| format!("{b:02x}")).collect();
        connection.execute_batch(&format!("PRAGMA key = \"x'{key}'\";")).unwrap();
        let select = "SELECT canonical FROM record WHERE sequence = ?1";
        let mut octets: Vec<u8> = connection.query_row(select, [which as i64], |row| row.get(0)).unwrap();
        let place = place.index(octets.len());
        octets[place] ^= 1 << bit;
        connection
            .execute("UPDATE record SET canonical = ?2 WHERE sequence = ?1", rusqlite::params![which as i64, octets])
            .unwrap();
        drop(connection);
        let verified = Journal::open(&path, &KEY).unwrap().verify().unwrap();
        prop_assert_eq!(verified.problem, Some(Problem::Altered { at: Sequence(which) }));
        prop_assert_eq!(verified.sound, which - 1);
    }

    #[test]
    fn any_octet_changed_in_the_file_is_no_silence(place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path(), 40);
        let mut octets = std::fs::read(&path).unwrap();
        let place = place.index(octets.len());
        octets[place] ^= 1 << bit;
        std::fs::write(&path, octets).unwrap();
        // A page that holds no trace (an index) may be the one that changed: then the traces still verify.
        if let Ok(journal) = Journal::open(&path, &KEY) {
            let verified = journal.verify().unwrap();
            let untouched = verified.problem.is_none() && verified.sound == 40;
            let unreadable = matches!(verified.problem, Some(Problem::Unreadable { .. }));
            prop_assert!(untouched || unreadable);
        }
    }
}

#[test]
fn filters_keep_what_they_say_and_pages_cover_it_once() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(&filled(dir.path(), 60), &KEY).unwrap();
    let all: Vec<Entry> = (1..=60).map(entry).collect();
    let bal = address("CABINET@alpha.mssante.test");
    let author = NationalId::parse("899700000001").unwrap();
    let (from, until) = (all[9].at, all[39].at);
    type Keeps<'a> = Box<dyn Fn(&Entry) -> bool + 'a>;
    let cases: Vec<(Filter, Keeps<'_>)> = vec![
        (Filter::default(), Box::new(|_| true)),
        (
            Filter {
                bal: Some(bal.clone()),
                ..Filter::default()
            },
            Box::new(|e| e.bal.as_ref().unwrap().address.same_mailbox(&bal)),
        ),
        (
            Filter {
                author: Some(author.clone()),
                failures_only: true,
                ..Filter::default()
            },
            Box::new(|e| e.is_failure() && e.author.as_ref().unwrap().national_id.as_ref() == Some(&author)),
        ),
        (
            Filter {
                action: Some(Action::Send),
                from: Some(from),
                until: Some(until),
                ..Filter::default()
            },
            Box::new(|e| e.action == Action::Send && e.at >= from && e.at < until),
        ),
        (
            Filter {
                message_id: MessageId::parse("7@pli"),
                ..Filter::default()
            },
            Box::new(|e| e.message_id.as_ref().unwrap().as_str() == "7@pli"),
        ),
        (
            Filter {
                mail: Some("9".into()),
                ..Filter::default()
            },
            Box::new(|e| e.mail.as_str() == "9"),
        ),
    ];
    for (filter, keeps) in cases {
        let mut expected: Vec<&Entry> = all.iter().filter(|e| keeps(e)).collect();
        expected.reverse();
        assert!(!expected.is_empty());
        assert_eq!(journal.count(&filter).unwrap(), expected.len() as u64);
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = journal.page(&filter, cursor, 7).unwrap();
            found.extend(page.records.into_iter().map(|r| r.entry));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}
