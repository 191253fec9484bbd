//! Letters that were sent, some long ago: what a purge takes, and what it leaves.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use pli_operator::Seed;

use super::{MARTIN, Stage};

pub const SENT: &str = "Sent";

/// A letter of so many days ago.
pub fn seed(name: &str, days: u64, flags: &[&str]) -> Seed {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let raw = format!(
        "From: {MARTIN}\r\nTo: anne.petit@beta.mssante.test\r\nSubject: Lettre {name}\r\n\
         Message-ID: <{name}@alpha.mssante.test>\r\n\r\nBonjour, {name}.\r\n"
    );
    Seed {
        folder: SENT.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        internal_date_unix: i64::try_from(now - days * 86_400).unwrap(),
        raw: raw.into_bytes(),
    }
}

/// Old letters, recent ones, and old ones that are flagged.
pub fn sent(stage: &Stage, old: usize, recent: usize, flagged: usize) {
    let mut seeds: Vec<Seed> = (0..old).map(|n| seed(&format!("old-{n}"), 60, &["\\Seen"])).collect();
    seeds.extend((0..recent).map(|n| seed(&format!("new-{n}"), 2, &["\\Seen"])));
    seeds.extend((0..flagged).map(|n| seed(&format!("kept-{n}"), 60, &["\\Seen", "\\Flagged"])));
    stage.operator.seed(MARTIN, &seeds).unwrap();
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
}

/// The letters of the folder on the server, by the first word of their Message-ID.
pub fn there(stage: &Stage) -> BTreeSet<String> {
    let mut mailbox = stage.operator.mailbox(MARTIN).unwrap();
    let name = |raw: &[u8]| {
        let text = String::from_utf8_lossy(raw).into_owned();
        let id = text.split("Message-ID: <").nth(1).unwrap();
        id.split('@').next().unwrap().to_owned()
    };
    let messages = mailbox.messages(SENT).unwrap();
    messages.iter().map(|message| name(&message.raw)).collect()
}
