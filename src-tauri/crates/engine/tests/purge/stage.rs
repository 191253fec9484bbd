//! A box with much sent mail, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pli_engine::{Engine, Purge, PurgeRow, PurgeScope};
use pli_operator::{Mailbox, Operator, Seed};
use pli_store::{AccountId, PurgeId};
use pli_trace::{Action, Filter, Outcome, Record};

use crate::common::{Bench, MARTIN, add};

pub(crate) const SENT: &str = "Sent";

/// All of what was sent, whatever its state, older than 30 days.
pub(crate) const SCOPE: PurgeScope = PurgeScope::Sent {
    older_than_days: 30,
    keep_flagged: true,
    keep_unknown_fate: true,
    keep_unfiled: true,
};

pub(crate) fn letter(name: &str) -> Vec<u8> {
    format!(
        "From: dr.martin@alpha.mssante.test\r\nTo: \"Dr Anne Petit\" <anne.petit@beta.mssante.test>\r\n\
         Subject: Lettre {name}\r\nDate: Fri, 20 Mar 2026 10:00:00 +0100\r\nMessage-ID: <{name}@alpha.mssante.test>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour, {name}.\r\n"
    )
    .into_bytes()
}

pub(crate) fn seed(folder: &str, name: &str, days: i64, flags: &[&str]) -> Seed {
    Seed {
        folder: folder.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        internal_date_unix: Timestamp::now().as_second() - days * 86_400,
        raw: letter(name),
    }
}

/// So many letters sent long ago, named `old-0`…, and as many recent ones as asked, `new-0`….
pub(crate) fn fill(operator: &Operator, old: usize, new: usize) {
    let mut seeds: Vec<Seed> = (0..old)
        .map(|n| seed(SENT, &format!("old-{n}"), 40 + (old - n) as i64 / 500, &["\\Seen"]))
        .collect();
    seeds.extend((0..new).map(|n| seed(SENT, &format!("new-{n}"), 2, &["\\Seen"])));
    operator.seed(MARTIN, &seeds).unwrap();
}

/// The box set up and synchronised.
pub(crate) async fn ready(bench: &Bench, engine: &Engine) -> AccountId {
    let _ = bench;
    let account = add(engine, MARTIN).await.id;
    engine.sync_and_wait(Some(account)).await.unwrap();
    account
}

/// Runs a purge to wherever it ends.
pub(crate) async fn run(engine: &Engine, id: PurgeId) -> Purge {
    engine.purge_start(id).await.unwrap();
    engine.purge_wait(id).await.unwrap()
}

/// What a folder holds on the server, by another client: Message-ID → UID and flags.
pub(crate) fn there(mailbox: &mut Mailbox, folder: &str) -> BTreeMap<String, (u32, BTreeSet<String>)> {
    let messages = mailbox.messages(folder).unwrap();
    messages
        .into_iter()
        .map(|message| {
            let text = String::from_utf8_lossy(&message.raw).into_owned();
            let id = text
                .split("Message-ID: <")
                .nth(1)
                .unwrap()
                .split('@')
                .next()
                .unwrap()
                .to_owned();
            (id, (message.uid, message.flags.into_iter().collect()))
        })
        .collect()
}

/// The name of a letter by its Message-ID.
pub(crate) fn name(row: &PurgeRow) -> String {
    let id = row.message_id.as_ref().unwrap().as_str();
    id.split('@').next().unwrap().to_owned()
}

/// Every trace of the journal that tells of one message of a purge, oldest first.
pub(crate) async fn records(engine: &Engine) -> Vec<Record> {
    let filter = Filter {
        action: Some(Action::Purge),
        intentions: true,
        ..Filter::default()
    };
    let mut all = Vec::new();
    loop {
        let page = engine
            .journal_list(filter.clone(), all.len() as u64, 1_000)
            .await
            .unwrap();
        if page.traces.is_empty() {
            break;
        }
        all.extend(page.traces.into_iter().map(|trace| trace.record));
    }
    all.retain(|record| record.entry.message_id.is_some());
    all.sort_by_key(|record| record.sequence);
    all
}

/// How often each message is said to be deleted, by the name of its letter.
pub(crate) fn deletions(records: &[Record]) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for record in records {
        if matches!(record.entry.outcome, Outcome::Done { .. }) {
            let id = record.entry.message_id.as_ref().unwrap().as_str();
            *told.entry(id.split('@').next().unwrap().to_owned()).or_insert(0) += 1;
        }
    }
    told
}
