//! Times the journal: `cargo run --release -p pli-trace --example measure -- [RECORDS]`. It prints figures for a person
//! to read and asserts none of them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use jiff::Timestamp;
use pli_terms::{Address, BalKind, MessageId, NationalId};
use pli_trace::{
    Action, Authentication, Author, Bal, Entry, Filter, Journal, Outcome, Protocol, Request, Server, Workstation,
};

fn entry(number: u32) -> Entry {
    Entry {
        at: Timestamp::from_millisecond(1_790_000_000_000 + i64::from(number) * 500).unwrap(),
        utc_offset: 3600,
        clock_gap_ms: None,
        author: Some(Author {
            national_id: NationalId::parse("899700000001").ok(),
            name: "Dr Martin".into(),
            method: Authentication::PscCode,
        }),
        bal: Some(Bal {
            address: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
            kind: Some(BalKind::Per),
        }),
        action: Action::ALL[number as usize % Action::ALL.len()],
        request: Request {
            protocol: Protocol::Imap,
            verb: "UID FETCH (UID FLAGS BODY.PEEK[])".into(),
            mailbox: "INBOX".into(),
            uids: "1:500".into(),
            octets_out: 60,
            octets_in: 60_000_000,
        },
        outcome: Outcome::Done {
            code: "OK".into(),
            enhanced: "".into(),
            text: "Fetch completed".into(),
        },
        duration_ms: 250,
        mail: format!("{number}").as_str().into(),
        message_id: MessageId::parse(&format!("{number}.x@beta.mssante.test")),
        sender: Address::parse("labo@beta.mssante.test").ok(),
        recipients: vec![Address::parse("dr.martin@alpha.mssante.test").unwrap()],
        encoded_size: Some(120_000),
        workstation: Workstation {
            os: "Debian GNU/Linux".into(),
            os_version: "12".into(),
            pli_version: "0.1.0".into(),
            host: "cabinet-1".into(),
            address: "192.168.1.20".into(),
        },
        server: Some(Server {
            name: "imap.alpha.mssante.test".into(),
            address: "127.0.0.1:993".into(),
        }),
    }
}

fn main() {
    let count: u32 = std::env::args().nth(1).map_or(100_000, |a| a.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(&dir.path().join("journal.db"), &[3; 32]).unwrap();
    let entries: Vec<Entry> = (0..count).map(entry).collect();
    let start = Instant::now();
    for batch in entries.chunks(500) {
        journal.append_batch(batch).unwrap();
    }
    let took = start.elapsed();
    println!(
        "{count} traces by 500: {took:?}, {:.0}/s",
        f64::from(count) / took.as_secs_f64()
    );
    let mut alone: Vec<_> = (0..200)
        .map(|n| {
            let start = Instant::now();
            journal.append(&entry(count + n)).unwrap();
            start.elapsed()
        })
        .collect();
    alone.sort();
    println!("one alone, durable: median {:?}, p95 {:?}", alone[100], alone[190]);
    let start = Instant::now();
    let verified = journal.verify().unwrap();
    println!(
        "{} verified: {:?}, {:?}",
        verified.sound,
        start.elapsed(),
        verified.problem
    );
    let time = |name: &str, filter: Filter| {
        let start = Instant::now();
        let page = journal.page(&filter, None, 100).unwrap();
        let listed = start.elapsed();
        let start = Instant::now();
        let total = journal.count(&filter).unwrap();
        println!(
            "{name}: page of {} in {listed:?}, count {total} in {:?}",
            page.records.len(),
            start.elapsed()
        );
    };
    time("all", Filter::default());
    time(
        "one action",
        Filter {
            action: Some(Action::Send),
            ..Filter::default()
        },
    );
    time(
        "failures",
        Filter {
            failures_only: true,
            ..Filter::default()
        },
    );
    time(
        "one message",
        Filter {
            message_id: MessageId::parse("77.x@beta.mssante.test"),
            ..Filter::default()
        },
    );
    let middle = entries[entries.len() / 2].at;
    time(
        "up to the middle",
        Filter {
            until: Some(middle),
            ..Filter::default()
        },
    );
}
