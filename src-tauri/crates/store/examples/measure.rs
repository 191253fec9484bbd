//! Times the store on a made-up mailbox: `cargo run --release -p pli-store --example measure -- [MESSAGES] [KIB]`.
//! It prints figures for a person to read and asserts none of them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use jiff::Timestamp;
use pli_store::{
    AuthMethod, Change, Filter, Flags, FolderRole, MailId, MailKind, MasterKey, NewAccount, NewBody, NewMessage, Scope,
    ServerFolder, Store, SyncCursor,
};
use pli_terms::{Address, BalKind, MessageId, Uid, UidValidity};

const WORDS: &[&str] = &[
    "toux",
    "persistante",
    "glycémie",
    "créatinine",
    "hémoglobine",
    "patient",
    "consultation",
    "compte",
    "rendu",
    "hospitalisation",
    "œdème",
    "traitement",
    "ordonnance",
    "radiographie",
    "thorax",
    "normale",
    "élevée",
    "contrôle",
    "trois",
    "semaines",
    "bilan",
    "biologique",
    "résultat",
    "laboratoire",
    "confrère",
    "cordialement",
    "madame",
    "monsieur",
    "suivi",
    "rendez-vous",
    "examen",
    "clinique",
    "douleur",
    "abdominale",
    "fièvre",
    "antibiotique",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: u32 = arguments.next().map_or(20_000, |a| a.parse().unwrap());
    let kib: usize = arguments.next().map_or(120, |a| a.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &MasterKey::from_bytes([9; 32])).unwrap();
    let now = Timestamp::from_second(1_790_000_000).unwrap();
    let account = store
        .add_account(
            &NewAccount {
                address: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
                kind: BalKind::Per,
                display_name: "Dr Martin".into(),
                servers: serde_json::Value::Null,
                auth: AuthMethod::Psc,
                color: String::new(),
            },
            now,
        )
        .unwrap();
    let inbox = ServerFolder {
        raw_name: "INBOX".into(),
        name: "INBOX".into(),
        delimiter: Some('/'),
        role: FolderRole::Inbox,
        selectable: true,
    };
    let folder = store.sync_folders(account, &[inbox]).unwrap().added[0];
    let cursor = SyncCursor {
        uid_validity: UidValidity::new(1),
        ..SyncCursor::default()
    };
    store.set_cursor(folder, &cursor).unwrap();

    let mut seed = 1u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut text = |words: usize| -> String {
        (0..words)
            .map(|_| {
                let r = random();
                if r.is_multiple_of(5) {
                    format!("mot{} ", r / 5 % 30_000)
                } else {
                    format!("{} ", WORDS[(r / 7) as usize % WORDS.len()])
                }
            })
            .collect()
    };
    let headers: Vec<NewMessage> = (1..=count)
        .rev()
        .map(|uid| NewMessage {
            uid: Uid::new(uid).unwrap(),
            flags: if uid % 3 == 0 { Flags::NONE } else { Flags::SEEN },
            keywords: Vec::new(),
            internal_date: Timestamp::from_second(1_700_000_000 + i64::from(uid) * 2400).unwrap(),
            date: Timestamp::from_second(1_700_000_000 + i64::from(uid) * 2400).ok(),
            size: (kib * 1024) as u64,
            from_name: text(2),
            from_address: format!("expediteur{}@beta.mssante.test", uid % 400),
            recipients: "Dr Martin <dr.martin@alpha.mssante.test>".into(),
            subject: text(6),
            display_subject: text(6),
            message_id: MessageId::parse(&format!("{uid}.sample@beta.mssante.test")),
            in_reply_to: (uid % 4 == 0)
                .then(|| MessageId::parse(&format!("{}.sample@beta.mssante.test", uid - 1)).unwrap()),
            references: Vec::new(),
            kind: MailKind::Professional,
            attachment_count: uid % 2,
        })
        .collect();
    let mut ids: Vec<MailId> = Vec::new();
    let start = Instant::now();
    for batch in headers.chunks(500) {
        ids.extend(store.apply_headers(folder, batch).unwrap().added);
    }
    println!("{count} headers by 500: {:?}", start.elapsed());

    let raw: Vec<u8> = (0..kib * 1024).map(|i| (i * 31 % 251) as u8).collect();
    let mut stored = Duration::ZERO;
    for batch in ids.chunks(200) {
        let texts: Vec<String> = batch.iter().map(|_| text(120)).collect();
        let bodies: Vec<NewBody<'_>> = batch
            .iter()
            .zip(&texts)
            .map(|(id, text)| NewBody {
                mail: *id,
                raw: &raw,
                text,
                snippet: pli_store_snippet(text),
                attachments: &[],
                kind: MailKind::Professional,
                display_subject: None,
            })
            .collect();
        let start = Instant::now();
        store.store_bodies(&bodies).unwrap();
        stored += start.elapsed();
    }
    let octets = f64::from(count) * kib as f64 / 1024.0;
    println!(
        "{count} bodies of {kib} KiB by 200: {stored:?}, {:.0} MB/s, {:.0}/s",
        octets / stored.as_secs_f64(),
        f64::from(count) / stored.as_secs_f64()
    );
    println!(
        "disk: database {} KiB",
        std::fs::metadata(dir.path().join("mail.db")).unwrap().len() / 1024
    );

    let each = |name: &str, times: u32, work: &mut dyn FnMut(u32)| {
        let mut took: Vec<Duration> = (0..times)
            .map(|n| {
                let start = Instant::now();
                work(n);
                start.elapsed()
            })
            .collect();
        took.sort();
        println!(
            "{name}: median {:?}, p95 {:?}, max {:?}",
            took[took.len() / 2],
            took[took.len() * 95 / 100],
            took[took.len() - 1]
        );
    };
    each("list 100, first page", 200, &mut |_| {
        drop(store.list(Scope::Folder(folder), Filter::All, 0, 100).unwrap())
    });
    each("list 100, all inboxes", 200, &mut |_| {
        drop(store.list(Scope::Inboxes, Filter::All, 0, 100).unwrap())
    });
    each("list 100, last page", 200, &mut |_| {
        drop(
            store
                .list(Scope::Folder(folder), Filter::All, u64::from(count) - 100, 100)
                .unwrap(),
        )
    });
    each("list 100, unread, middle", 200, &mut |_| {
        drop(
            store
                .list(Scope::Folder(folder), Filter::Unread, u64::from(count) / 6, 100)
                .unwrap(),
        )
    });
    each("message()", 500, &mut |n| {
        drop(store.message(ids[n as usize * 37 % ids.len()]).unwrap())
    });
    each("raw()", 500, &mut |n| {
        drop(store.raw(ids[n as usize * 37 % ids.len()]).unwrap())
    });
    for question in [
        "toux",
        "toux persistante",
        "t",
        "to",
        "tou",
        "mot123",
        "oedeme creatinine gly",
        "e",
        "a",
        "mot",
        "absent",
        "mot1 mot2",
        "mot77 mot99 mot5",
    ] {
        let mut found = 0;
        each(&format!("search « {question} »"), 60, &mut |_| {
            found = store.search(question, Scope::Everything, 50).unwrap().rows.len()
        });
        println!("    {found} rows");
    }
    each("search « toux » in one folder", 60, &mut |_| {
        drop(store.search("toux", Scope::Folder(folder), 50).unwrap())
    });
    each("flag one message, durable", 100, &mut |n| {
        store
            .queue(
                &[ids[n as usize]],
                Change::Flags {
                    add: Flags::FLAGGED,
                    remove: Flags::NONE,
                },
                now,
            )
            .unwrap();
    });
    let start = Instant::now();
    store.uids(folder).unwrap();
    println!("uids: {:?}", start.elapsed());
    let start = Instant::now();
    let gone = ids[..ids.len() / 2]
        .iter()
        .filter_map(|id| store.rows(&[*id]).unwrap().pop()?.uid)
        .collect();
    println!("half of the rows read one by one: {:?}", start.elapsed());
    let start = Instant::now();
    store.remove_uids(folder, &gone).unwrap();
    println!("half of the messages removed: {:?}", start.elapsed());
    let start = Instant::now();
    println!("{:?} in {:?}", store.compact(u64::MAX).unwrap(), start.elapsed());
    let start = Instant::now();
    drop(store);
    let store = Store::open(dir.path(), &MasterKey::from_bytes([9; 32])).unwrap();
    println!("closed and opened: {:?}", start.elapsed());
    let start = Instant::now();
    store.list(Scope::Inboxes, Filter::All, 0, 100).unwrap();
    println!("first list after opening: {:?}", start.elapsed());
}

fn pli_store_snippet(text: &str) -> &str {
    let mut end = text.len().min(100);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
