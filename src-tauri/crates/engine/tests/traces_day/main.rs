//! A day of work on the real servers: the journal holds what was done, failures included, and exactly that; Dovecot and
//! Postfix, who write down what they are asked, know of nothing that the journal lacks, nor the other way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
mod servers;
#[path = "../common/wires.rs"]
mod wires;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::people::{engine_with, log_in, options, phone};
use common::{Bench, MARTIN, add, inbox, letter, rows, traces, until};
use pli_engine::{DraftEdit, DraftFrom, Engine, LockReason, Party};
use pli_operator::boxes;
use pli_store::{AccountId, Flags, OutboxState};
use pli_trace::{Action, Outcome, Protocol, Record};
use pli_wire::imap::{ImapSession as _, MailboxName};
use servers::{Port, written};

const LEROY: &str = "dr.leroy@alpha.mssante.test";
const UNKNOWN_HERE: &str = "inconnu@alpha.mssante.test";
const UNKNOWN_THERE: &str = "inconnu@beta.mssante.test";

/// A trace in a line: action, protocol, the verb's first words, what came of it.
fn line(record: &Record) -> String {
    let entry = &record.entry;
    let outcome = match &entry.outcome {
        Outcome::Done { .. } => "done",
        Outcome::Refused { .. } => "refused",
        Outcome::Failed { .. } => "failed",
        Outcome::Intended => "unanswered",
    };
    let verb = verb(record);
    format!(
        "{} {} {verb} {outcome}",
        entry.action.as_str(),
        entry.request.protocol.as_str()
    )
}

/// The verb's first words: of IMAP, what follows `UID` too; of this workstation, all of it but numbers.
fn verb(record: &Record) -> String {
    let words: Vec<&str> = record.entry.request.verb.as_str().split(' ').collect();
    match record.entry.request.protocol {
        Protocol::Imap | Protocol::Smtp | Protocol::Sieve => match words.as_slice() {
            ["UID", next, ..] => format!("UID {next}"),
            ["MAIL" | "RCPT", ..] => words[0].to_owned(),
            [first, ..] => (*first).to_owned(),
            [] => String::new(),
        },
        _ => {
            let named = words
                .iter()
                .filter(|word| !word.bytes().any(|octet| octet.is_ascii_digit()));
            named.copied().collect::<Vec<_>>().join(" ")
        }
    }
}

/// The traces since `after`, oldest first, folded: intentions only where no outcome came.
async fn since(engine: &Engine, after: u64) -> Vec<Record> {
    let mut all = traces(engine).await;
    all.reverse();
    all.retain(|record| record.sequence.0 > after && (record.entry.outcome != Outcome::Intended || record.unanswered));
    all
}

struct Day {
    engine: Engine,
    last: u64,
    /// What each step left, as `expected.txt` has it.
    text: String,
}

impl Day {
    /// What was just done left these traces, each in a line. A connection's end may come a moment after the work: its
    /// goodbye has its answer by then, as every exchange of the day.
    async fn left(&mut self, what: &str) {
        until(
            "every connection has ended, every exchange has its answer",
            async || {
                let all = since(&self.engine, 0).await;
                let count = |action: Action| {
                    let of = all
                        .iter()
                        .filter(|record| record.entry.action == action && mail(record));
                    let made = |record: &&Record| verb(record) == "CONNECT" && !record.entry.is_failure();
                    of.filter(|record| action == Action::Disconnect || made(record)).count()
                };
                count(Action::Connect) == count(Action::Disconnect) && !all.iter().any(|record| record.unanswered)
            },
        )
        .await;
        let found = since(&self.engine, self.last).await;
        self.text.push_str(&format!("== {what}\n"));
        for record in &found {
            self.text.push_str(&format!("{}\n", line(record)));
        }
        self.last = found.last().map_or(self.last, |record| record.sequence.0);
    }
}

/// Whether it is about a mail server.
fn mail(record: &Record) -> bool {
    matches!(
        record.entry.request.protocol,
        Protocol::Imap | Protocol::Smtp | Protocol::Sieve
    )
}

/// What the day is to leave, step by step. `PLI_DAY_WRITE` writes it anew, to be read and judged before it is kept.
fn expected(found: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces_day/expected.txt");
    if std::env::var_os("PLI_DAY_WRITE").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    std::fs::read_to_string(path).unwrap()
}

fn party(address: &str) -> Party {
    Party {
        name: String::new(),
        address: address.to_owned(),
    }
}

async fn send(engine: &Engine, martin: AccountId, to: &[&str]) -> pli_store::OutboxId {
    let draft = engine.draft_new(Some(martin), DraftFrom::Blank, None).await.unwrap();
    let edit = DraftEdit {
        account: martin,
        revision: draft.revision,
        to: to.iter().map(|address| party(address)).collect(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Compte rendu".to_owned(),
        text: "Bonjour.".to_owned(),
        ask_reading: false,
        ask_delivery: false,
    };
    let draft = engine.draft_save(draft.id, edit).await.unwrap();
    engine.draft_send(draft.id).await.unwrap().id
}

/// A letter with one attachment.
fn with_attachment() -> Vec<u8> {
    let head = "From: \"Dr Anne Petit\" <anne.petit@beta.mssante.test>\r\nTo: dr.martin@alpha.mssante.test\r\nSubject: Bilan\r\n\
        Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nMessage-ID: <bilan@beta.mssante.test>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nVoici.\r\n--b\r\nContent-Type: application/pdf; name=\"bilan.pdf\"\r\n\
        Content-Disposition: attachment; filename=\"bilan.pdf\"\r\n\r\n%PDF-1.4\r\n--b--\r\n";
    format!("{head}{parts}").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_leaves_exactly_its_traces_and_the_servers_know_of_nothing_else() {
    let bench = Bench::start(false);
    let raw = servers::write_down_commands(&bench.operator);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let mut options = options(&bench);
    (options.undo, options.background) = (Duration::ZERO, false);
    let mut letters = vec![with_attachment()];
    letters.extend((1..=2).map(|n| letter(&format!("Lettre {n}"), "Bonjour.")));
    let seeds: Vec<_> = letters
        .into_iter()
        .enumerate()
        .map(|(n, raw)| pli_operator::Seed {
            folder: "INBOX".to_owned(),
            flags: Vec::new(),
            internal_date_unix: 1_795_000_000 + n as i64 * 60,
            raw,
        })
        .collect();
    bench.operator.seed(MARTIN, &seeds).unwrap();

    let engine = engine_with(&bench, options).await;
    let mut day = Day {
        engine: engine.clone(),
        last: 0,
        text: String::new(),
    };
    day.left("opening").await;
    let martin = add(&engine, MARTIN).await.id;
    day.left("a BAL is added").await;
    assert!(engine.sync_and_wait(Some(martin)).await.unwrap_err().needs_login());
    log_in(&engine, phone(boxes::DR_MARTIN)).await;
    day.left("a login by phone").await;
    engine.sync_and_wait(Some(martin)).await.unwrap();
    day.left("the first sync").await;

    let folder = inbox(&engine, martin).await;
    let all = rows(&engine, folder).await;
    let with = all.iter().find(|row| row.attachment_count > 0).unwrap();
    let view = engine.message_get(with.id).await.unwrap();
    let part = view.parsed.unwrap().attachments[0].part_id;
    assert_eq!(engine.message_part(with.id, part).await.unwrap().name, "bilan.pdf");
    engine.message_print(with.id).await.unwrap();
    engine.message_raw(with.id).await.unwrap();
    day.left("reading").await;

    // Flags, a move, a removal; then the server is told.
    let others: Vec<_> = all.iter().filter(|row| row.id != with.id).map(|row| row.id).collect();
    engine.message_flag(vec![with.id], Flags::SEEN, true).await.unwrap();
    let archive = common::folder(&engine, martin, "Archive").await.id;
    engine.message_move(vec![others[0]], archive).await.unwrap();
    engine.message_delete(vec![others[1]]).await.unwrap();
    day.left("changes made here").await;
    engine.sync_and_wait(Some(martin)).await.unwrap();
    day.left("changes told").await;
    engine.message_delete(vec![others[1]]).await.unwrap();
    engine.sync_and_wait(Some(martin)).await.unwrap();
    day.left("removed for good").await;

    // To three: one known, one refused at once, one whose own server says no later.
    let sent = send(&engine, martin, &[LEROY, UNKNOWN_HERE, UNKNOWN_THERE]).await;
    engine.outbox_flush().await.unwrap();
    assert_eq!(engine.outbox_get(sent).await.unwrap().state, OutboxState::Accepted);
    day.left("a message to three").await;
    // The report comes back when it does: how often it is looked for is nobody's to say, so this step is told by its end.
    until("the report is back", async || {
        engine.sync_and_wait(Some(martin)).await.unwrap();
        rows(&engine, folder).await.len() > 1
    })
    .await;
    let before = std::mem::take(&mut day.text);
    day.left("the report").await;
    assert!(day.text.contains("receive imap UID FETCH done"), "{}", day.text);
    day.text = before;

    // By verbs that no use case has yet, under the same auditor.
    let token = bench.operator.token(boxes::DR_MARTIN).unwrap();
    let mut session = wires::imap(&engine, &bench.operator, MARTIN, boxes::DR_MARTIN, &token)
        .await
        .unwrap();
    let made = MailboxName::new("Mme Dupont").unwrap();
    session.create(&made).await.unwrap();
    // Once more: the server refuses, which is what is wanted.
    session.create(&made).await.unwrap();
    let drafts = MailboxName::new("Drafts").unwrap();
    session
        .append(&drafts, &Default::default(), None, &letter("Brouillon", "À finir."))
        .await
        .unwrap();
    session.select(&MailboxName::inbox(), None).await.unwrap();
    let id = pli_terms::MessageId::parse("<bilan@beta.mssante.test>").unwrap();
    assert_eq!(session.search_message_id(&id).await.unwrap().len(), 1);
    session.quota().await.unwrap();
    session.noop().await.unwrap();
    session.logout().await.unwrap();
    drop(session);
    day.left("a folder, a draft, a search, the quota").await;

    let mut session = wires::sieve(&engine, &bench.operator, MARTIN, boxes::DR_MARTIN, &token)
        .await
        .unwrap();
    session.put_script("tri", "keep;\r\n").await.unwrap();
    assert!(session.put_script("faux", "ceci n'est pas une règle").await.is_err());
    session.set_active(Some("tri")).await.unwrap();
    assert!(session.delete_script("tri").await.is_err(), "it is the active one");
    session.get_script("tri").await.unwrap();
    session.logout().await.unwrap();
    drop(session);
    day.left("rules put and read").await;

    // A token that no server takes.
    let wrong = wires::imap(
        &engine,
        &bench.operator,
        MARTIN,
        boxes::DR_MARTIN,
        "jeton-que-personne-ne-prend",
    )
    .await;
    assert!(wrong.is_err());
    drop(wrong);
    let wrong = wires::sieve(
        &engine,
        &bench.operator,
        MARTIN,
        boxes::DR_MARTIN,
        "jeton-que-personne-ne-prend",
    )
    .await;
    assert!(wrong.is_err());
    drop(wrong);
    day.left("logins refused").await;

    // The server leaves.
    let mut session = wires::imap(&engine, &bench.operator, MARTIN, boxes::DR_MARTIN, &token)
        .await
        .unwrap();
    session.noop().await.unwrap();
    bench.operator.restart_mail().unwrap();
    assert!(session.noop().await.is_err());
    drop(session);
    day.left("the server leaves").await;

    engine.lock(LockReason::Demand).await.unwrap();
    assert!(engine.unlock("une autre phrase de passe".into()).await.is_err());
    engine.unlock("une phrase de passe".into()).await.unwrap();
    day.left("the lock").await;
    engine.logout().await.unwrap();
    day.left("the logout").await;

    // Everything that the servers wrote down.
    let mut all = traces(&engine).await;
    all.reverse();
    engine.stop().await;
    assert_eq!(day.text, expected(&day.text));
    compare(&all, &written(&bench.operator, &raw));
}

/// The client's port of a record's connection.
fn port(record: &Record) -> Option<Port> {
    record
        .entry
        .workstation
        .address
        .as_str()
        .rsplit(':')
        .next()?
        .parse()
        .ok()
}

/// Journal and servers, one against the other, in both directions.
fn compare(all: &[Record], servers: &servers::Written) {
    assert!(
        servers.other.is_empty(),
        "lines that nobody accounts for: {:#?}",
        servers.other
    );
    let by = |protocols: &[Protocol]| -> BTreeMap<Port, Vec<&Record>> {
        let mut found: BTreeMap<Port, Vec<&Record>> = BTreeMap::new();
        for record in all
            .iter()
            .filter(|record| protocols.contains(&record.entry.request.protocol))
        {
            if let Some(port) = port(record) {
                found.entry(port).or_default().push(record);
            }
        }
        found
    };
    let dovecot = by(&[Protocol::Imap, Protocol::Sieve]);

    // Logins, good and refused.
    let logins = |records: &[&Record], done: bool| {
        let of = |record: &&&Record| {
            record.entry.action == Action::Login
                && match record.entry.outcome {
                    Outcome::Done { .. } => done,
                    Outcome::Refused { .. } | Outcome::Failed { .. } => !done,
                    Outcome::Intended => false,
                }
        };
        records.iter().filter(of).count()
    };
    let told: BTreeSet<Port> = dovecot
        .iter()
        .filter(|(_, records)| logins(records, true) == 1)
        .map(|(port, _)| *port)
        .collect();
    assert_eq!(told, servers.logins.iter().copied().collect(), "logins");
    let refused: BTreeMap<Port, usize> = dovecot
        .iter()
        .map(|(port, records)| (*port, logins(records, false)))
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(refused, servers.refusals, "logins refused");

    // What tried a port and asked for nothing was not this program; a script that the server kept is a refusal told.
    let ours: BTreeSet<Port> = all.iter().filter(|record| mail(record)).filter_map(port).collect();
    assert!(ours.is_disjoint(&servers.silent), "{:?}", servers.silent);
    let kept =
        |record: &&Record| verb(record) == "DELETESCRIPT" && matches!(record.entry.outcome, Outcome::Refused { .. });
    assert_eq!(all.iter().filter(kept).count(), servers.scripts_kept);

    // Every command of every connection, in its order.
    let mut commands: BTreeMap<Port, Vec<String>> = BTreeMap::new();
    for (port, records) in &dovecot {
        let mut logged_in = false;
        for record in records {
            let entry = &record.entry;
            if entry.action == Action::Login {
                logged_in |= matches!(entry.outcome, Outcome::Done { .. });
            } else if logged_in && entry.outcome == Outcome::Intended && verb(record) != "DISCONNECT" {
                commands.entry(*port).or_default().push(verb(record));
            }
        }
    }
    // What the line lost on its way is in the journal, as a failure at the connection's end, and not at the server.
    for (port, records) in &dovecot {
        let lost =
            |record: &&&Record| matches!(record.entry.outcome, Outcome::Failed { .. }) && verb(record) != "DISCONNECT";
        let lost = records.iter().filter(lost).count();
        if let (Some(ours), Some(theirs)) = (commands.get_mut(port), servers.commands.get(port))
            && ours.len() == theirs.len() + lost
        {
            ours.truncate(theirs.len());
        }
    }
    assert_eq!(commands, servers.commands, "commands");

    // Every change to a message, by its UID or its Message-ID, on the same connection.
    assert!(servers.changes.len() >= 5, "{:?}", servers.changes);
    for (port, event, uid, id) in &servers.changes {
        let actions: &[Action] = match event.as_str() {
            "expunge" | "delete" | "undelete" => &[Action::Delete, Action::Move],
            "copy" => &[Action::Move],
            "save" => &[Action::Append],
            "flag_change" => &[Action::Flag],
            _ => &[Action::Folders],
        };
        let found = dovecot.get(port).into_iter().flatten().any(|record| {
            let entry = &record.entry;
            let same_id = id
                .as_deref()
                .is_some_and(|id| entry.message_id.as_ref().is_some_and(|own| own.as_str() == id));
            let same_uid = uid.as_deref().is_some_and(|uid| entry.request.uids.as_str() == uid);
            actions.contains(&entry.action)
                && matches!(entry.outcome, Outcome::Done { .. })
                && (same_id || same_uid || (id.is_none() && uid.is_none()))
        });
        assert!(found, "{event} of {uid:?} {id:?} on {port} has no trace");
    }

    // Submissions: each verb, each verdict, each queue id.
    let smtp = by(&[Protocol::Smtp]);
    assert_eq!(
        smtp.keys().copied().collect::<BTreeSet<_>>(),
        servers.submissions.keys().copied().collect::<BTreeSet<_>>(),
        "submissions"
    );
    for (port, counts) in &servers.submissions {
        let count = |verb: &str| -> (u64, u64) {
            let of: Vec<_> = smtp[port].iter().filter(|record| self::verb(record) == verb).collect();
            let done = of
                .iter()
                .filter(|record| matches!(record.entry.outcome, Outcome::Done { .. }))
                .count();
            let ended = of
                .iter()
                .filter(|record| record.entry.outcome != Outcome::Intended)
                .count();
            (done as u64, ended as u64)
        };
        for (theirs, ours) in [
            ("auth", "AUTH"),
            ("mail", "MAIL"),
            ("rcpt", "RCPT"),
            ("data", "DATA"),
            ("rset", "RSET"),
            ("quit", "QUIT"),
        ] {
            let theirs = counts.get(theirs).copied().unwrap_or_default();
            assert_eq!(count(ours), theirs, "{ours} of {port}");
        }
    }
    let text = |record: &Record| match &record.entry.outcome {
        Outcome::Done { text, .. } | Outcome::Refused { text, .. } => text.as_str().to_owned(),
        _ => String::new(),
    };
    let queued: BTreeSet<(Port, String)> = smtp
        .iter()
        .flat_map(|(port, records)| records.iter().map(move |record| (*port, text(record))))
        .filter_map(|(port, text)| Some((port, text.split_once("queued as ")?.1.to_owned())))
        .collect();
    assert_eq!(queued, servers.queued.iter().cloned().collect(), "queue ids");
    let refused: BTreeSet<(Port, String)> = smtp
        .iter()
        .flat_map(|(port, records)| records.iter().map(move |record| (*port, record)))
        .filter(|(_, record)| verb(record) == "RCPT" && matches!(record.entry.outcome, Outcome::Refused { .. }))
        .flat_map(|(port, record)| {
            record
                .entry
                .recipients
                .iter()
                .map(move |to| (port, to.as_str().to_owned()))
        })
        .collect();
    assert_eq!(refused, servers.refused.iter().cloned().collect(), "recipients refused");
}
