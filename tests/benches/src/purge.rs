//! `purge`: sent messages deleted by plan, each looked at three times, recorded twice and told from every other, beside
//! what people use instead: a plain IMAP client over the same TLS, which marks and expunges all of them in two commands, and
//! `doveadm expunge`, which deletes on the server whatever a search finds, without a network. Neither looks or records.
//!
//! Timed is what deletes. The plan is made before, as are the lists of the two others; every box was read whole once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pli_operator::{Operator, Options, Seed};
use serde_json::{Value, json};

use crate::Outcome;
use crate::figures::{Table, median, shown};
use crate::host::Host;
use crate::process::usage;

const MARTIN: &str = "dr.martin@alpha.mssante.test";
/// The same messages, for the plain client.
const PLAIN: &str = "cabinet@alpha.mssante.test";
/// And for `doveadm`.
const SERVER: &str = "dr.leroy@alpha.mssante.test";
const PATIENCE: Duration = Duration::from_secs(1800);

/// How many messages are purged, and how often.
pub(crate) struct Size {
    messages: usize,
    rounds: usize,
}

impl Size {
    /// 10,000 messages, three rounds, unless said otherwise.
    pub(crate) fn read(arguments: &[String]) -> Outcome<Self> {
        let number = |name: &str, usual: usize| -> Outcome<usize> {
            match arguments.iter().position(|argument| argument == name) {
                Some(at) => Ok(arguments.get(at + 1).ok_or(format!("{name} takes a number"))?.parse()?),
                None => Ok(usual),
            }
        };
        Ok(Self {
            messages: number("--messages", 10_000)?.max(1),
            rounds: number("--rounds", 3)?.max(1),
        })
    }
}

/// Measures the three, each on its own box of the same messages, each round on a new server and in another order.
pub(crate) fn run(size: Size) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let mut took: [Vec<Duration>; 3] = Default::default();
    let mut busy = Vec::new();
    for round in 0..size.rounds {
        let operator = Operator::start(Options {
            auto_approve: true,
            token_ttl: 3600,
            ..Options::default()
        })?;
        let sample = Sample::new(size.messages);
        for address in [MARTIN, PLAIN, SERVER] {
            operator.seed(address, &sample.seeds)?;
        }
        for turn in 0..3 {
            let (name, now) = match (turn + round) % 3 {
                0 => {
                    let home = folder.path().join(format!("pli-{round}"));
                    let (now, processor) = purge(&operator, &home, &sample)?;
                    busy.push(processor);
                    took[0].push(now);
                    ("pli", now)
                }
                1 => {
                    let now = plain(&operator, &sample)?;
                    took[1].push(now);
                    ("UID STORE and UID EXPUNGE", now)
                }
                _ => {
                    let now = expunge(&operator, &sample)?;
                    took[2].push(now);
                    ("doveadm expunge", now)
                }
            };
            println!("round {round}: {name} {}", shown(now));
        }
    }
    let [own, plain, server] = took.map(|all| median(&all));
    let beside = |name: &str, other: Duration| {
        let ratio = own.as_secs_f64() / other.as_secs_f64().max(0.001);
        format!("{name} {} (ratio {ratio:.1})", shown(other))
    };
    let mut table = Table::default();
    table.line(
        &format!("{} sent messages purged, two records each", size.messages),
        "",
        format!(
            "{} ({:.0} messages/s; processor time of the engine {})",
            shown(own),
            size.messages as f64 / own.as_secs_f64().max(0.001),
            shown(median(&busy))
        ),
        format!(
            "{}, {}",
            beside("`doveadm expunge`", server),
            beside("a plain client's UID STORE and UID EXPUNGE", plain)
        ),
    );
    table.print();
    Ok(())
}

/// What a box holds, and what of it is to go.
struct Sample {
    seeds: Vec<Seed>,
    /// The Message-IDs of the plan.
    planned: BTreeSet<String>,
    /// Those that stay among the sent items.
    kept: BTreeSet<String>,
}

/// Old messages elsewhere, which no purge of sent items may touch.
const RECEIVED: usize = 5;

impl Sample {
    /// Old letters, and one in a hundred that is flagged or recent: these stay.
    fn new(count: usize) -> Self {
        let now = jiff::Timestamp::now().as_second();
        let mut sample = Self {
            seeds: Vec::new(),
            planned: BTreeSet::new(),
            kept: BTreeSet::new(),
        };
        for n in 0..count {
            let planned = sample.sent(&format!("envoi-{n}"), 40, n, now, &["\\Seen"]);
            sample.planned.insert(planned);
        }
        for n in 0..count.div_ceil(200) {
            let flagged = sample.sent(&format!("drapeau-{n}"), 40, n * 200, now, &["\\Seen", "\\Flagged"]);
            let recent = sample.sent(&format!("recent-{n}"), 2, n, now, &["\\Seen"]);
            sample.kept.extend([flagged, recent]);
        }
        for n in 0..RECEIVED {
            sample
                .seeds
                .push(seed("INBOX", &format!("recu-{n}"), now - 40 * 86_400, &["\\Seen"]).1);
        }
        sample
    }

    fn sent(&mut self, name: &str, days: i64, at: usize, now: i64, flags: &[&str]) -> String {
        let (id, seed) = seed("Sent", name, now - days * 86_400 - 20_000 + at as i64, flags);
        self.seeds.push(seed);
        id
    }

    /// Exactly the plan is gone from this box, as another client sees it.
    fn check(&self, operator: &Operator, address: &str) -> Outcome<()> {
        let mut mailbox = operator.mailbox(address)?;
        let left = mailbox.messages("Sent")?;
        let ids: BTreeSet<String> = left.iter().filter_map(|message| message_id(&message.raw)).collect();
        if left.len() != self.kept.len() || ids != self.kept {
            let count = self.kept.len();
            return Err(format!("{address}: {} messages are left, not the {count} to keep", left.len()).into());
        }
        if mailbox.count("INBOX")? != RECEIVED {
            return Err(format!("{address}: another folder was touched").into());
        }
        Ok(())
    }
}

fn seed(folder: &str, name: &str, date: i64, flags: &[&str]) -> (String, Seed) {
    let id = format!("{name}@alpha.mssante.test");
    let raw = format!(
        "From: dr.martin@alpha.mssante.test\r\nTo: anne.petit@beta.mssante.test\r\nSubject: Lettre {name}\r\n\
         Message-ID: <{id}>\r\nDate: Fri, 20 Mar 2026 10:00:00 +0100\r\n\r\n{}\r\n",
        "Bonjour. ".repeat(100)
    );
    let seed = Seed {
        folder: folder.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        internal_date_unix: date,
        raw: raw.into_bytes(),
    };
    (id, seed)
}

fn message_id(raw: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let (id, _) = text.split_once("Message-ID: <")?.1.split_once('>')?;
    Some(id.to_owned())
}

/// From the order to the end of the purge, connecting and its records included; its plan made and the box known before.
/// And the processor time that the engine took meanwhile.
fn purge(operator: &Operator, home: &Path, sample: &Sample) -> Outcome<(Duration, Duration)> {
    let host = Host::start(operator, home)?;
    let account = host.call(
        "account_add",
        json!({ "address": MARTIN, "kind": null, "method": "code", "name": null }),
    )?;
    let account = account["id"].clone();
    host.log_in(&account)?;
    host.wait("the end of the sync", PATIENCE, |event| {
        event["event"] == "sync" && event["phase"] == "idle"
    })?;
    let scope = json!({
        "of": "sent", "olderThanDays": 30, "keepFlagged": true, "keepUnknownFate": true, "keepUnfiled": true
    });
    let plan = host.call(
        "purge_plan",
        json!({ "account": account, "scope": scope, "keepLocal": false }),
    )?;
    if plan["count"] != sample.planned.len() {
        return Err(format!("the plan is of {} messages: {plan}", plan["count"]).into());
    }
    let number = json!({ "purge": plan["id"] });
    host.forget_events();
    let before = usage(host.pid())?.busy;
    let begun = Instant::now();
    host.call("purge_start", number.clone())?;
    let (took, end) = loop {
        // As a window does: an event tells it to ask again.
        host.wait("the purge", PATIENCE, |event| event["event"] == "purge")?;
        let now = host.call("purge_get", number.clone())?;
        if now["state"] != "running" {
            break (begun.elapsed(), now);
        }
    };
    let busy = usage(host.pid())?.busy - before;
    if end["state"] != "done" || end["done"] != sample.planned.len() {
        return Err(format!("the purge ended otherwise: {end}").into());
    }
    sample.check(operator, MARTIN)?;
    check_records(&host, sample)?;
    Ok((took, busy))
}

/// The journal has two records of each message of the plan, its intention and its deletion, and is sound.
fn check_records(host: &Host, sample: &Sample) -> Outcome<()> {
    let mut told: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut offset = 0;
    loop {
        let filter = json!({
            "since": null, "until": null, "bal": null, "author": null, "action": "purge", "failures": false,
            "correspondent": null, "message": null, "intentions": true
        });
        let page = host.call(
            "journal_list",
            json!({ "filter": filter, "offset": offset, "limit": 1000 }),
        )?;
        let traces = page["traces"].as_array().cloned().unwrap_or_default();
        if traces.is_empty() {
            break;
        }
        offset += traces.len();
        // Those without a message tell of a whole purge, or of one command.
        for trace in traces {
            let Some(id) = trace["messageId"].as_str().map(|id| id.trim_matches(['<', '>'])) else {
                continue;
            };
            if trace["failed"] == true {
                return Err(format!("a trace tells of a failure: {trace}").into());
            }
            told.entry(id.to_owned()).or_default()[usize::from(trace["intended"] != true)] += 1;
        }
    }
    let all: BTreeSet<&String> = told.keys().collect();
    if all != sample.planned.iter().collect() || told.values().any(|count| *count != [1, 1]) {
        return Err(format!("the journal tells of {} messages, or not twice of each", told.len()).into());
    }
    let verified: Value = host.call("journal_verify", json!({}))?;
    if verified["sound"] != true {
        return Err(format!("the journal is not sound: {verified}").into());
    }
    Ok(())
}

/// A client that knows the UIDs: it connects, marks them all in one command and expunges them in another.
fn plain(operator: &Operator, sample: &Sample) -> Outcome<Duration> {
    let listed = operator.mailbox(PLAIN)?.messages("Sent")?;
    let planned = listed
        .iter()
        .filter(|message| message_id(&message.raw).is_some_and(|id| sample.planned.contains(&id)))
        .map(|message| message.uid);
    let set = ranges(planned);
    let begun = Instant::now();
    let mut mailbox = operator.mailbox(PLAIN)?;
    mailbox.raw_command("SELECT \"Sent\"")?;
    mailbox.raw_command(&format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"))?;
    mailbox.raw_command(&format!("UID EXPUNGE {set}"))?;
    let took = begun.elapsed();
    drop(mailbox);
    sample.check(operator, PLAIN)?;
    Ok(took)
}

/// Rising UIDs as a set of IMAP.
fn ranges(uids: impl Iterator<Item = u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some(last) if last.1 + 1 == uid => last.1 = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let words: Vec<String> = ranges.iter().map(|(first, last)| format!("{first}:{last}")).collect();
    words.join(",")
}

fn expunge(operator: &Operator, sample: &Sample) -> Outcome<Duration> {
    operator.mailbox(SERVER)?.messages("Sent")?;
    let configuration = operator.info().dir.join("dovecot/dovecot.conf");
    let begun = Instant::now();
    let output = Command::new("doveadm")
        .arg("-c")
        .arg(&configuration)
        .args(["expunge", "-u", SERVER, "mailbox", "Sent", "before", "30d", "unflagged"])
        .output()?;
    let took = begun.elapsed();
    if !output.status.success() {
        return Err(format!("doveadm: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    sample.check(operator, SERVER)?;
    Ok(took)
}
