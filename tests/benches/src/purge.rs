//! `purge`: sent messages deleted by plan, each looked at twice, recorded twice and told from every other, beside
//! `doveadm expunge`, which deletes on the server whatever a search finds, without a network, a check or a record.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pli_operator::{Operator, Options, Seed};
use serde_json::json;

use crate::Outcome;
use crate::figures::{Table, median, shown};
use crate::host::Host;

const MARTIN: &str = "dr.martin@alpha.mssante.test";
/// The same messages, for the other program.
const OTHER: &str = "dr.leroy@alpha.mssante.test";
const PATIENCE: Duration = Duration::from_secs(1800);

/// How many messages are purged, and how often.
pub(crate) struct Size {
    messages: usize,
    rounds: usize,
}

impl Size {
    /// 10,000 messages, one round, unless said otherwise.
    pub(crate) fn read(arguments: &[String]) -> Outcome<Self> {
        let number = |name: &str, usual: usize| -> Outcome<usize> {
            match arguments.iter().position(|argument| argument == name) {
                Some(at) => Ok(arguments.get(at + 1).ok_or(format!("{name} takes a number"))?.parse()?),
                None => Ok(usual),
            }
        };
        Ok(Self {
            messages: number("--messages", 10_000)?.max(1),
            rounds: number("--rounds", 1)?.max(1),
        })
    }
}

/// Measures both programs, each on its own box of the same messages.
pub(crate) fn run(size: Size) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..size.rounds {
        let operator = Operator::start(Options {
            auto_approve: true,
            token_ttl: 3600,
            ..Options::default()
        })?;
        for address in [MARTIN, OTHER] {
            operator.seed(address, &sent(size.messages))?;
        }
        let took = purge(&operator, &folder.path().join(format!("pli-{round}")), size.messages)?;
        println!("round {round}: pli {}", shown(took));
        ours.push(took);
        let took = expunge(&operator, size.messages)?;
        println!("round {round}: doveadm expunge {}", shown(took));
        theirs.push(took);
    }
    let (own, other) = (median(&ours), median(&theirs));
    let mut table = Table::default();
    table.line(
        &format!("purge of {} sent messages, each with its records", size.messages),
        "",
        format!(
            "{} ({:.0} messages/s)",
            shown(own),
            size.messages as f64 / own.as_secs_f64().max(0.001)
        ),
        format!(
            "`doveadm expunge` {}: {:.1} times as long",
            shown(other),
            own.as_secs_f64() / other.as_secs_f64().max(0.001)
        ),
    );
    table.print();
    Ok(())
}

fn sent(count: usize) -> Vec<Seed> {
    let now = jiff::Timestamp::now().as_second();
    let one = |n: usize| Seed {
        folder: "Sent".to_owned(),
        flags: vec!["\\Seen".to_owned()],
        internal_date_unix: now - 40 * 86_400 - (count - n) as i64,
        raw: format!(
            "From: dr.martin@alpha.mssante.test\r\nTo: anne.petit@beta.mssante.test\r\nSubject: Lettre {n}\r\n\
             Message-ID: <mesure-{n}@alpha.mssante.test>\r\nDate: Fri, 20 Mar 2026 10:00:00 +0100\r\n\r\n{}\r\n",
            "Bonjour. ".repeat(100)
        )
        .into_bytes(),
    };
    (0..count).map(one).collect()
}

/// From the order to the end of the purge, its plan made and the box known before.
fn purge(operator: &Operator, home: &Path, messages: usize) -> Outcome<Duration> {
    let host = Host::start(operator, home)?;
    let account = host.call(
        "account_add",
        json!({ "address": MARTIN, "kind": null, "method": "code", "name": null }),
    )?;
    let account = account["id"].clone();
    host.call("login_start", json!({ "account": account }))?;
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
    if plan["count"] != messages {
        return Err(format!("the plan is of {} messages", plan["count"]).into());
    }
    let number = json!({ "purge": plan["id"] });
    let begun = Instant::now();
    host.call("purge_start", number.clone())?;
    loop {
        let now = host.call("purge_get", number.clone())?;
        match now["state"].as_str() {
            Some("running") if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            Some("done") if now["done"] == messages => return Ok(begun.elapsed()),
            _ => return Err(format!("the purge ended otherwise: {now}").into()),
        }
    }
}

fn expunge(operator: &Operator, messages: usize) -> Outcome<Duration> {
    let configuration = operator.info().dir.join("dovecot/dovecot.conf");
    let doveadm = |arguments: &[&str]| -> Outcome<String> {
        let output = Command::new("doveadm")
            .arg("-c")
            .arg(&configuration)
            .args(arguments)
            .output()?;
        if !output.status.success() {
            return Err(format!("doveadm: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let count = || doveadm(&["mailbox", "status", "-u", OTHER, "messages", "Sent"]);
    // The index is made before, as it was for the other.
    if !count()?.contains(&format!("messages={messages}")) {
        return Err("doveadm sees another box".into());
    }
    doveadm(&["fetch", "-u", OTHER, "size.physical", "mailbox", "Sent", "all"])?;
    let begun = Instant::now();
    doveadm(&["expunge", "-u", OTHER, "mailbox", "Sent", "savedbefore", "30d"])?;
    let took = begun.elapsed();
    if !count()?.contains("messages=0") {
        // Files dated by hand were saved today as far as Dovecot knows.
        let begun = Instant::now();
        doveadm(&["expunge", "-u", OTHER, "mailbox", "Sent", "before", "30d"])?;
        let took = begun.elapsed();
        if !count()?.contains("messages=0") {
            return Err("doveadm left messages".into());
        }
        return Ok(took);
    }
    Ok(took)
}
