//! `sync`: the table of speed bars, on one generated box, beside a raw drain and mbsync.

use std::path::Path;
use std::time::{Duration, Instant};

use pli_operator::{Operator, Options, boxes};
use serde_json::{Value, json};

use crate::Outcome;
use crate::drain::drain;
use crate::figures::{Table, median, percentile, shown};
use crate::host::Host;
use crate::mbsync;
use crate::process::{forget_peak, usage};

const MARTIN: &str = "dr.martin@alpha.mssante.test";
const SECRETARIAT: &str = "secretariat@alpha.mssante.test";
const PATIENCE: Duration = Duration::from_secs(1800);
const SEED: u64 = 20_000;

/// How large the box is, and how often each program copies it.
pub(crate) struct Size {
    messages: usize,
    megabytes: u64,
    rounds: usize,
}

impl Size {
    /// 20,000 messages of 2,470 MB, one round, unless said otherwise.
    pub(crate) fn read(arguments: &[String]) -> Outcome<Self> {
        let number = |name: &str, usual: u64| -> Outcome<u64> {
            match arguments.iter().position(|argument| argument == name) {
                Some(at) => Ok(arguments.get(at + 1).ok_or(format!("{name} takes a number"))?.parse()?),
                None => Ok(usual),
            }
        };
        let messages = usize::try_from(number("--messages", 20_000)?)?;
        Ok(Self {
            messages,
            megabytes: number("--megabytes", 2_470 * messages as u64 / 20_000)?,
            rounds: usize::try_from(number("--rounds", 1)?)?.max(1),
        })
    }
}

/// What one sync of Pli took.
struct Measures {
    first_page: Duration,
    headers: Duration,
    whole: Duration,
    peak: f64,
    busy: Duration,
}

/// Generates the box, then measures everything on it, in one run.
pub(crate) fn run(size: Size) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    println!("Generating {} messages, {} MB…", size.messages, size.megabytes);
    let maildir = folder.path().join("maildir");
    generate(&maildir, &size)?;
    let operator = Operator::start(Options {
        auto_approve: true,
        token_ttl: 3600,
        ..Options::default()
    })?;
    for address in [MARTIN, SECRETARIAT] {
        operator.load(address, &maildir)?;
    }
    let token = operator.token(boxes::DR_MARTIN)?;
    // Dovecot reads every message once to know its size: no program is to pay for the others.
    drain(&operator, MARTIN, &token)?;
    mbsync::copy(&operator, SECRETARIAT, &folder.path().join("warm"))?;
    std::fs::remove_dir_all(folder.path().join("warm"))?;

    let (mut drains, mut copies, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    let mut copy_memory: f64 = 0.0;
    let mut resyncs = Vec::new();
    for round in 0..size.rounds {
        let (took, came) = drain(&operator, MARTIN, &operator.token(boxes::DR_MARTIN)?)?;
        println!("round {round}: raw drain {} ({} MB)", shown(took), came / 1_000_000);
        drains.push(took);
        let copy = folder.path().join(format!("mbsync-{round}"));
        let (took, memory) = mbsync::copy(&operator, SECRETARIAT, &copy)?;
        println!("round {round}: mbsync {} ({memory:.0} MB of memory)", shown(took));
        copies.push(took);
        copy_memory = copy_memory.max(memory);
        resyncs.push(mbsync::again(&operator, SECRETARIAT, &copy)?);
        std::fs::remove_dir_all(&copy)?;
        let home = folder.path().join(format!("pli-{round}"));
        let (host, measures) = first_sync(&operator, &home, size.messages)?;
        println!(
            "round {round}: pli {} (first page {}, headers {}, {:.0} MB of memory, {} of processor)",
            shown(measures.whole),
            shown(measures.first_page),
            shown(measures.headers),
            measures.peak,
            shown(measures.busy)
        );
        syncs.push(measures);
        if round + 1 < size.rounds {
            drop(host);
            std::fs::remove_dir_all(&home)?;
            continue;
        }
        let mut table = Table::default();
        first_lines(&mut table, &syncs, &drains, &copies, copy_memory, came);
        daily_lines(&mut table, &operator, host, &home, size.messages, median(&resyncs))?;
        table.print();
    }
    Ok(())
}

fn generate(maildir: &Path, size: &Size) -> Outcome<()> {
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(maildir.join(part))?;
    }
    for (at, sample) in pli_samples::bulk(size.messages, size.megabytes * 1_000_000, SEED).enumerate() {
        let seen = sample.flags.iter().any(|flag| flag == "\\Seen");
        let name = format!(
            "{}.{at:06}.bench,S={}:2,{}",
            sample.internal_date_unix,
            sample.raw.len(),
            if seen { "S" } else { "" }
        );
        let path = maildir.join("cur").join(name);
        std::fs::write(&path, &sample.raw)?;
        let date = std::time::UNIX_EPOCH + Duration::from_secs(sample.internal_date_unix.unsigned_abs());
        std::fs::File::options().append(true).open(&path)?.set_modified(date)?;
    }
    Ok(())
}

fn first_sync(operator: &Operator, home: &Path, messages: usize) -> Outcome<(Host, Measures)> {
    let host = Host::start(operator, home)?;
    let account = host.call(
        "account_add",
        json!({ "address": MARTIN, "kind": null, "method": "code", "name": null }),
    )?;
    let account = account["id"].clone();
    host.forget_events();
    forget_peak(host.pid())?;
    host.log_in(&account)?;
    let logged = host.wait("the login", PATIENCE, |event| {
        event["event"] == "login" && event["login"]["state"] == "done"
    })?;
    let listed = |limit: u32| {
        host.call(
            "message_list",
            json!({ "scope": { "of": "all" }, "filter": "all", "offset": 0, "limit": limit }),
        )
    };
    let mut first_page = None;
    let headers = loop {
        let page = listed(50)?;
        let rows = page["rows"].as_array().map_or(0, Vec::len);
        let total = page["total"].as_u64().unwrap_or_default();
        if first_page.is_none() && rows >= 50.min(messages) && is_newest(&page, messages) {
            first_page = Some(logged.elapsed());
        }
        if total >= messages as u64 {
            break logged.elapsed();
        }
        if logged.elapsed() > PATIENCE {
            return Err("the headers never came".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let done = host.wait("the end of the sync", PATIENCE, |event| {
        event["event"] == "sync" && event["phase"] == "idle"
    })?;
    let used = usage(host.pid())?;
    let measures = Measures {
        first_page: first_page.unwrap_or(headers),
        headers,
        whole: done.saturating_duration_since(logged),
        peak: used.peak,
        busy: used.busy,
    };
    Ok((host, measures))
}

/// The newest message is on top.
fn is_newest(page: &Value, messages: usize) -> bool {
    let newest = format!("n° {}", messages - 1);
    page["rows"][0]["subject"]
        .as_str()
        .is_some_and(|subject| subject.ends_with(&newest))
}

fn first_lines(
    table: &mut Table,
    syncs: &[Measures],
    drains: &[Duration],
    copies: &[Duration],
    copy_memory: f64,
    octets: u64,
) {
    let of = |pick: fn(&Measures) -> Duration| median(&syncs.iter().map(pick).collect::<Vec<_>>());
    let (whole, drain, copy) = (of(|m| m.whole), median(drains), median(copies));
    table.line(
        "first page of the inbox after login, newest on top",
        "1 s",
        shown(of(|m| m.first_page)),
        "",
    );
    table.line("all headers listed", "3 s", shown(of(|m| m.headers)), "");
    table.line(
        "whole sync: parsed, encrypted, indexed",
        "≤ 1.4 × mbsync, ≤ 25 s",
        shown(whole),
        format!(
            "mbsync {} (ratio {:.2}), raw drain of {} MB {} (ratio {:.2})",
            shown(copy),
            whole.as_secs_f64() / copy.as_secs_f64(),
            octets / 1_000_000,
            shown(drain),
            whole.as_secs_f64() / drain.as_secs_f64()
        ),
    );
    let peak = syncs.iter().map(|m| m.peak).fold(0.0, f64::max);
    table.line(
        "memory of the engine, peak of a full sync",
        "80 MB",
        format!("{peak:.0} MB"),
        format!("mbsync {copy_memory:.0} MB"),
    );
    table.line(
        "processor time of the engine for the full sync",
        "",
        shown(of(|m| m.busy)),
        "",
    );
}

fn daily_lines(
    table: &mut Table,
    operator: &Operator,
    host: Host,
    home: &Path,
    messages: usize,
    mbsync_again: Duration,
) -> Outcome<()> {
    let all = json!({ "of": "all" });
    let mut pages = Vec::new();
    for at in 0..100 {
        let begun = Instant::now();
        host.call(
            "message_list",
            json!({ "scope": all, "filter": "all", "offset": at * 97 % messages, "limit": 100 }),
        )?;
        pages.push(begun.elapsed());
    }
    let mut opened = Vec::new();
    for at in 0..100 {
        let page = host.call(
            "message_list",
            json!({ "scope": all, "filter": "all", "offset": at * 191 % messages, "limit": 1 }),
        )?;
        let id = page["rows"][0]["id"].clone();
        let begun = Instant::now();
        host.call("message_get", json!({ "message": id }))?;
        opened.push(begun.elapsed());
    }
    let mut searches = Vec::new();
    let (mut hits, words) = (
        0,
        [
            "dosage",
            "bilan",
            "bisoprolol",
            "echographie",
            "confra",
            "n° 19",
            "cardio",
            "a",
            "le pati",
            "hypertens",
        ],
    );
    for _ in 0..10 {
        for word in words {
            let begun = Instant::now();
            let found = host.call("search", json!({ "text": word, "scope": null, "limit": 50 }))?;
            searches.push(begun.elapsed());
            hits += found["rows"].as_array().map_or(0, Vec::len);
        }
    }
    let mut resyncs = Vec::new();
    for _ in 0..20 {
        host.forget_events();
        let begun = Instant::now();
        host.call("sync_now", json!({ "account": null }))?;
        let idle = host.wait("the resync", PATIENCE, |event| {
            event["event"] == "sync" && event["phase"] == "idle"
        })?;
        resyncs.push(idle.saturating_duration_since(begun));
    }
    let before = usage(host.pid())?;
    std::thread::sleep(Duration::from_secs(60));
    let idle = usage(host.pid())?;
    drop(host);

    let mut cold = Vec::new();
    let mut starts = Vec::new();
    for _ in 0..5 {
        let host = Host::start(operator, home)?;
        starts.push(host.started_in);
        let accounts = host.call("account_list", json!({}))?;
        host.forget_events();
        host.log_in(&accounts[0]["id"])?;
        let logged = host.wait("the login", PATIENCE, |event| {
            event["event"] == "login" && event["login"]["state"] == "done"
        })?;
        let idle = host.wait("the resync", PATIENCE, |event| {
            event["event"] == "sync" && event["phase"] == "idle"
        })?;
        cold.push(idle.saturating_duration_since(logged));
    }
    table.line(
        "no-change resync, open session",
        "20 ms",
        shown(median(&resyncs)),
        format!("mbsync {}", shown(mbsync_again)),
    );
    table.line(
        "no-change resync, cold start, after login",
        "150 ms",
        shown(median(&cold)),
        format!("mbsync {}", shown(mbsync_again)),
    );
    table.line(
        "search as one types, newest 50, p95 (HTTP included)",
        "15 ms",
        shown(percentile(&searches, 95)),
        format!("{hits} rows found"),
    );
    table.line(
        "list page of 100, p95 (HTTP included)",
        "2 ms",
        shown(percentile(&pages, 95)),
        "",
    );
    table.line(
        "open a stored message, p95 (HTTP included)",
        "10 ms",
        shown(percentile(&opened, 95)),
        "",
    );
    table.line(
        "start of the engine, store open",
        "",
        shown(median(&starts)),
        "a passphrase's Argon2id included",
    );
    let share = (idle.busy - before.busy).as_secs_f64() / 60.0 * 100.0;
    table.line(
        "memory of the engine, idle",
        "40 MB",
        format!("{:.0} MB", idle.resident),
        "",
    );
    table.line(
        "processor of the engine over 60 s idle",
        "0 %",
        format!("{share:.2} %"),
        "",
    );
    Ok(())
}
