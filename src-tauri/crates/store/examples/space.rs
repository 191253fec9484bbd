//! Times « Libérer de la place » on a made-up mailbox: `cargo run --release -p pli-store --example space -- [MESSAGES]`.
//! It prints figures for a person to read and asserts none of them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use pli_store::{
    AccountId, AuthMethod, DocumentKind, FILED, Flags, FolderRole, MailKind, MasterKey, NewAccount, NewMessage,
    ServerFolder, SpaceBy, SpaceFilter, Store,
};
use pli_terms::{Address, BalKind, Uid};

fn main() {
    let count: u32 = std::env::args().nth(1).map_or(20_000, |count| count.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let account = fill(&open(dir.path()), count, now);

    // As after a start: nothing in memory yet.
    let store = open(dir.path());
    let start = Instant::now();
    let groups = store.space(account, SpaceBy::Correspondent, now).unwrap().len();
    println!(
        "{count} messages, first question after opening: {:?} ({groups} groups)",
        start.elapsed()
    );
    for by in [
        SpaceBy::Age,
        SpaceBy::Size,
        SpaceBy::Kind,
        SpaceBy::Correspondent,
        SpaceBy::Folder,
    ] {
        each(&format!("by {by:?}"), || drop(store.space(account, by, now).unwrap()));
    }
    let page = |filter: SpaceFilter, offset| {
        let page = store.space_messages(account, &filter, now, offset, 100).unwrap();
        assert!(page.total > 0);
    };
    each("100 messages, all", || page(SpaceFilter::default(), 0));
    each("100 messages, the last", || {
        page(SpaceFilter::default(), u64::from(count) - 100)
    });
    each("100 messages, every filter", || {
        page(
            SpaceFilter {
                folder: None,
                older_than_days: Some(90),
                larger_than: Some(1 << 20),
                kind: Some(DocumentKind::Other),
                correspondent: Some("p33@beta.mssante.test".into()),
                filed_only: true,
            },
            0,
        );
    });
    each("what to delete for 500 MiB", || {
        drop(store.space_to_free(account, 500 << 20, 10_000).unwrap());
    });
    each("octets and messages", || assert!(store.weight(account).is_ok()));
}

fn each(name: &str, work: impl Fn()) {
    let mut took: Vec<Duration> = (0..50)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    took.sort();
    println!("{name}: median {:?}, p95 {:?}", took[25], took[47]);
}

fn open(dir: &std::path::Path) -> Store {
    Store::open(dir, &MasterKey::from_bytes([9; 32])).unwrap()
}

fn fill(store: &Store, count: u32, now: Timestamp) -> AccountId {
    let new = NewAccount {
        address: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
        kind: BalKind::Per,
        display_name: "Dr Martin".into(),
        servers: serde_json::Value::Null,
        auth: AuthMethod::Psc,
        color: String::new(),
    };
    let account = store.add_account(&new, now).unwrap();
    let folder = |name: &str, role| ServerFolder {
        raw_name: name.into(),
        name: name.into(),
        delimiter: Some('/'),
        role,
        selectable: true,
    };
    let folders = [folder("INBOX", FolderRole::Inbox), folder("Sent", FolderRole::Sent)];
    let folders = store.sync_folders(account, &folders).unwrap().added;
    let rows: Vec<NewMessage> = (1..=count)
        .map(|n| {
            let days = n * 7 % 1500;
            NewMessage {
                uid: Uid::new(n).unwrap(),
                flags: Flags::from_bits(n % 5),
                keywords: if n % 3 == 0 { vec![FILED.to_owned()] } else { Vec::new() },
                internal_date: now - SignedDuration::from_hours(24 * i64::from(days)),
                date: None,
                size: u64::from(n) * 7919 % (3 << 20),
                from_name: "Laboratoire des Acacias".into(),
                from_address: format!("p{}@beta.mssante.test", n % 400),
                recipients: "Dr Martin <dr.martin@alpha.mssante.test>".into(),
                subject: format!("Compte rendu de consultation numéro {n}, et ce qui s'ensuit"),
                display_subject: format!("Compte rendu de consultation numéro {n}, et ce qui s'ensuit"),
                message_id: None,
                in_reply_to: None,
                references: Vec::new(),
                kind: MailKind::Professional,
                attachment_count: n % 2,
            }
        })
        .collect();
    let start = Instant::now();
    for (at, batch) in rows.chunks(500).enumerate() {
        store.apply_headers(folders[at % 2], batch).unwrap();
    }
    println!("{count} headers by 500: {:?}", start.elapsed());
    account
}
