//! A working day played at speed: access tokens of 3 s, refresh tokens of 30 s, a session of 120 s. Mail comes and goes
//! throughout, over connections that are cut on purpose; then the session ends, and nothing is lost nor left behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod left_behind;

use std::time::{Duration, Instant};

use common::people::{engine_with, log_in, options, phone};
use common::{Bench, CABINET, MARTIN, add, exchanges, inbox, rows, told, until};
use left_behind::Logs;
use pli_engine::{Draft, DraftEdit, DraftFrom, Engine, EngineError, Event, Party, SessionState};
use pli_operator::{Operator, boxes};
use pli_store::{AccountId, OutboxId, OutboxState};

const LEROY: &str = "dr.leroy@alpha.mssante.test";
const ANNE: &str = "anne.petit@beta.mssante.test";

/// What happens how often during the day.
const LETTER: Duration = Duration::from_secs(6);
const SENDING: Duration = Duration::from_secs(9);
const CUT: Duration = Duration::from_secs(27);

async fn draft(engine: &Engine, account: AccountId, subject: &str, text: &str) -> Draft {
    let draft = engine.draft_new(Some(account), DraftFrom::Blank, None).await.unwrap();
    engine
        .draft_save(draft.id, edit(&draft, account, subject, text))
        .await
        .unwrap()
}

fn edit(draft: &Draft, account: AccountId, subject: &str, text: &str) -> DraftEdit {
    DraftEdit {
        account,
        revision: draft.revision,
        to: vec![Party {
            name: String::new(),
            address: LEROY.to_owned(),
        }],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: subject.to_owned(),
        text: text.to_owned(),
        ask_reading: false,
        ask_delivery: false,
    }
}

async fn send(engine: &Engine, account: AccountId, subject: &str) -> OutboxId {
    let written = draft(engine, account, subject, "Bonjour.").await;
    engine.draft_send(written.id).await.unwrap().id
}

/// Subjects in a box of the operator, each as often as it is there.
fn subjects(operator: &Operator, address: &str) -> Vec<String> {
    let messages = operator.mailbox(address).unwrap().messages("INBOX").unwrap();
    let mut subjects: Vec<String> = messages
        .iter()
        .map(|message| pli_message::parse(&message.raw).row.subject)
        .collect();
    subjects.sort();
    subjects
}

/// Connections of this process to the mail servers: the operator's own client has none open meanwhile.
fn connections(bench: &Bench) -> usize {
    let ports = bench.operator.info().ports;
    let ports = [
        ports.imaps,
        ports.imap,
        ports.submissions,
        ports.submission,
        ports.sieve,
    ];
    let own: Vec<String> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .flatten()
        .filter_map(|fd| std::fs::read_link(fd.path()).ok())
        .filter_map(|link| {
            let link = link.to_string_lossy().into_owned();
            Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let lines = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    lines
        .lines()
        .skip(1)
        .filter(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let far = words[2]
                .rsplit(':')
                .next()
                .and_then(|port| u16::from_str_radix(port, 16).ok());
            far.is_some_and(|port| ports.contains(&port)) && own.iter().any(|inode| inode == words[9])
        })
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_day_with_short_tokens_loses_nothing_and_leaves_no_token_behind() {
    let logs = Logs::start();
    let bench = Bench::start_with(pli_operator::Options {
        token_ttl: 3,
        refresh_ttl: 30,
        session_ttl: 120,
        relay_watched: true,
        ..Default::default()
    });
    let mut options = options(&bench);
    options.undo = Duration::ZERO;
    let engine = engine_with(&bench, options).await;
    let (martin, cabinet) = (add(&engine, MARTIN).await.id, add(&engine, CABINET).await.id);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    assert_eq!(log_in(&engine, phone(boxes::DR_MARTIN)).await, "Claire MARTIN");
    engine.sync_and_wait(None).await.unwrap();
    let mut events = engine.subscribe();
    let written = draft(&engine, martin, "Brouillon du jour", "Commencé.").await;

    let (mut letters, mut sent) = (0u32, Vec::new());
    let morning = Instant::now();
    let (mut next_letter, mut next_sending, mut next_cut) = (Duration::ZERO, Duration::ZERO, CUT);
    let mut cuts = 0u32;
    let (mut current, mut typed) = (written, String::from("Commencé."));
    while !engine.session().is_some_and(|session| session.ended) {
        let now = morning.elapsed();
        assert!(now < 10 * common::PATIENCE, "waited in vain for the end of the session");
        if now >= next_letter {
            next_letter = now + LETTER;
            letters += 1;
            let letter = common::letter(&format!("Lettre {letters}"), "Bonjour.");
            let to = if letters % 2 == 0 { CABINET } else { MARTIN };
            bench.operator.deliver(ANNE, to, &letter).unwrap();
        }
        if now >= next_sending {
            next_sending = now + SENDING;
            sent.push(send(&engine, martin, &format!("Réponse {}", sent.len() + 1)).await);
            typed.push_str(" Suite.");
            let next = edit(&current, martin, "Brouillon du jour", &typed);
            current = engine.draft_save(current.id, next).await.unwrap();
        }
        if now >= next_cut {
            next_cut = now + CUT;
            cuts += 1;
            if cuts % 2 == 1 {
                bench.operator.expire_tokens().unwrap();
            }
            bench.operator.restart_mail().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(
        letters > 10 && sent.len() > 8 && cuts >= 3,
        "{letters} {} {cuts}",
        sent.len()
    );

    // The end of the session: told, connections closed by themselves, boxes logged out.
    told("the end of the session", &mut events, |event| {
        matches!(event, Event::Identity)
    })
    .await;
    until("every connection is closed", async || connections(&bench) == 0).await;
    until("both boxes are logged out", async || {
        let accounts = engine.account_list().await.unwrap();
        accounts
            .iter()
            .all(|account| account.session == SessionState::LoggedOut)
    })
    .await;
    assert!(engine.logged_in().is_none());
    assert_eq!(engine.session().unwrap().name, "Claire MARTIN");

    // What is stored is readable, the draft is as it was typed and can be typed on, a message waits.
    for row in rows(&engine, inbox(&engine, martin).await).await {
        assert!(engine.message_get(row.id).await.unwrap().is_complete());
    }
    assert_eq!(engine.draft_get(current.id).await.unwrap().text, typed);
    typed.push_str(" Après la fin.");
    let next = edit(&current, martin, "Brouillon du jour", &typed);
    current = engine.draft_save(current.id, next).await.unwrap();
    let late = send(&engine, martin, "Réponse du soir").await;
    sent.push(late);
    bench
        .operator
        .deliver(ANNE, MARTIN, &common::letter("Lettre du soir", "Bonsoir."))
        .unwrap();
    engine.sync_now(None).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(engine.outbox_get(late).await.unwrap().state, OutboxState::Queued);
    assert_eq!(connections(&bench), 0, "nobody is reached without a session");
    assert!(!subjects(&bench.operator, LEROY).contains(&"Réponse du soir".to_owned()));

    // The next login: everything that waited comes and goes, once.
    assert_eq!(log_in(&engine, phone(boxes::DR_MARTIN)).await, "Claire MARTIN");
    for id in &sent {
        until("a message has left", async || {
            let state = engine.outbox_get(*id).await.unwrap().state;
            assert_ne!(state, OutboxState::Refused);
            if state == OutboxState::Unknown {
                // A cut between the final dot and its answer: nobody knows, until a person looks and says.
                bench.operator.settle().unwrap();
                let entry = engine.outbox_get(*id).await.unwrap();
                let mut mailbox = bench.operator.mailbox(LEROY).unwrap();
                let found = mailbox.search_message_id("INBOX", entry.message_id.as_str()).unwrap();
                // It may have been found meanwhile.
                let said = engine.outbox_settle(*id, !found.is_empty()).await;
                assert!(matches!(said, Ok(_) | Err(EngineError::WrongState(_))), "{said:?}");
            }
            state == OutboxState::Accepted
        })
        .await;
    }
    let expected = |from: &str| {
        let numbered = (1..sent.len()).map(|number| format!("{from} {number}"));
        let mut all: Vec<String> = numbered.chain([format!("{from} du soir")]).collect();
        all.sort();
        all
    };
    until("each message is there", async || {
        subjects(&bench.operator, LEROY).len() >= sent.len()
    })
    .await;
    assert_eq!(subjects(&bench.operator, LEROY), expected("Réponse"), "each once");
    until("each letter is here", async || {
        engine.sync_and_wait(None).await.unwrap();
        let (own, shared) = (inbox(&engine, martin).await, inbox(&engine, cabinet).await);
        rows(&engine, own).await.len() + rows(&engine, shared).await.len() == letters as usize + 1
    })
    .await;
    assert_eq!(engine.draft_get(current.id).await.unwrap().text, typed);

    // The author of every trace: who, and how they were authenticated.
    let exchanges = exchanges(&engine).await;
    assert!(exchanges.len() > 50, "{} traces", exchanges.len());
    for record in &exchanges {
        let author = record.entry.author.as_ref().unwrap();
        assert_eq!(author.national_id.as_ref().unwrap().as_str(), boxes::DR_MARTIN);
        assert_eq!(author.name.as_str(), "Claire MARTIN");
        assert_eq!(author.method, pli_engine::pli_trace::Authentication::PscCiba);
    }

    left_behind::nothing_secret(&bench, &logs);
    engine.stop().await;
    left_behind::nothing_secret(&bench, &logs);
}
