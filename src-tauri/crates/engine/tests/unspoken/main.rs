//! Letters, subjects, attachments, patients, rules and secrets made of words that nobody else writes go through every path;
//! none of those words is in the journal, in its exports, at the collector, or in what is logged.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
mod echo;
#[path = "../common/forms.rs"]
mod forms;
mod logs;
#[path = "../common/wires.rs"]
mod wires;

use std::process::Command;
use std::time::Duration;

use common::people::{PASSPHRASE, engine_with, log_in, options, phone};
use common::{Bench, MARTIN, add, inbox, rows, traces, until};
use forms::{Word, none_of};
use pli_engine::{DraftEdit, DraftFrom, Engine, LockReason, Party};
use pli_operator::{Collector, Seed, boxes};
use pli_store::{AccountId, Filter, Flags, OutboxState, Scope};
use pli_trace::Format;
use pli_wire::imap::{ImapSession as _, MailboxName, Search};

const SUBJECT: &str = "Sujetphalène-éburnéen";
const BODY: &str = "Corpszygomatique-ébahi";
const FILE_NAME: &str = "Pièceornithorynque-été";
const FILE: &str = "Contenuxylophage-naïf";
const PATIENT: &str = "QUETZALCÔATL-Zéphyrine";
const FOLDER: &str = "DOSSIERPTÉRANODON-Gwénaëlle";
const INS: &str = "INS299017512345678901";
const HEADER: &str = "Entêtebathyscaphe-über";
const SEARCHED_HERE: &str = "Chercherchthonien-ici";
const SEARCHED_THERE: &str = "Chercherthérémine-là";
const RULE_NAME: &str = "Règlekaléidoscope-fée";
const RULE: &str = "Contenuhippogriffe-âgé";
const ANSWER_SUBJECT: &str = "Réponsecalligramme-œuf";
const ANSWER: &str = "Textetroglodyte-élu";
const ECHOED: &str = "Échoparallélépipède-sûr";
const WRONG_PASSPHRASE: &str = "Phraseantédiluvienne-fausse";
const WRONG_TOKEN: &str = "jetonsalamandrequenulneprend0123456789";
const UNKNOWN_HERE: &str = "inconnu@alpha.mssante.test";
const UNKNOWN_THERE: &str = "inconnu@beta.mssante.test";

/// A letter that holds them all.
fn letter(n: usize) -> Vec<u8> {
    let head = format!(
        "From: {PATIENT} <labo@beta.mssante.test>\r\nTo: {PATIENT} <dr.martin@alpha.mssante.test>\r\n\
         Subject: {SUBJECT} {n}\r\nX-Patient: {HEADER} {INS}\r\nDate: Fri, 20 Nov 2026 10:0{n}:00 +0100\r\n\
         Message-ID: <lettre-{n}@beta.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    );
    let parts = format!(
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{BODY} {INS} {PATIENT}\r\n\
         --b\r\nContent-Type: application/xml; name=\"{FILE_NAME}.xml\"\r\n\
         Content-Disposition: attachment; filename=\"{FILE_NAME}.xml\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         <ClinicalDocument><id extension=\"{INS}\"/><family>{PATIENT}</family>{FILE}</ClinicalDocument>\r\n--b--\r\n"
    );
    format!("{head}{parts}").into_bytes()
}

async fn send(engine: &Engine, martin: AccountId, from: DraftFrom, about: Option<pli_store::MailId>, to: &[&str]) {
    let draft = engine.draft_new(Some(martin), from, about).await.unwrap();
    let edit = DraftEdit {
        account: martin,
        revision: draft.revision,
        to: to
            .iter()
            .map(|address| Party {
                name: PATIENT.to_owned(),
                address: (*address).to_owned(),
            })
            .collect(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: format!("{ANSWER_SUBJECT} {SUBJECT}"),
        text: format!("{ANSWER}\n> {BODY}"),
        ask_reading: true,
        ask_delivery: true,
    };
    let draft = engine.draft_save(draft.id, edit).await.unwrap();
    let outgoing = engine.draft_send(draft.id).await.unwrap();
    engine.outbox_flush().await.unwrap();
    let state = engine.outbox_get(outgoing.id).await.unwrap().state;
    assert!(
        matches!(state, OutboxState::Accepted | OutboxState::Refused),
        "{state:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_letter_a_patient_or_a_secret_is_in_journal_exports_collector_or_logs() {
    let logged = logs::Logs::start();
    let bench = Bench::start(false);
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let collector = Collector::start(bench.dir.path(), bench.operator.pki()).unwrap();
    let policy = bench.dir.path().join("policy.toml");
    std::fs::write(&policy, collector.policy()).unwrap();
    let mut options = options(&bench);
    (options.undo, options.policy) = (Duration::ZERO, Some(policy));
    options.background = false;
    let seeds: Vec<Seed> = (1..=3)
        .map(|n| Seed {
            folder: if n == 3 {
                format!("Patients/{FOLDER}")
            } else {
                "INBOX".to_owned()
            },
            flags: Vec::new(),
            internal_date_unix: 1_795_000_000 + n as i64 * 60,
            raw: letter(n),
        })
        .collect();
    bench.operator.seed(MARTIN, &seeds).unwrap();

    // Received, read, taken out, searched.
    let engine = engine_with(&bench, options).await;
    let martin = add(&engine, MARTIN).await.id;
    log_in(&engine, phone(boxes::DR_MARTIN)).await;
    engine.sync_and_wait(Some(martin)).await.unwrap();
    let inbox = inbox(&engine, martin).await;
    let all = rows(&engine, inbox).await;
    let first = all[0].id;
    let view = engine.message_get(first).await.unwrap();
    let parsed = view.parsed.unwrap();
    // The words are really here.
    assert!(view.stored.subject.contains(SUBJECT) && parsed.text.contains(BODY) && parsed.text.contains(INS));
    let part = engine.message_part(first, parsed.attachments[0].part_id).await.unwrap();
    assert!(part.name.contains(FILE_NAME) && String::from_utf8(part.octets).unwrap().contains(FILE));
    assert!(
        String::from_utf8(engine.message_raw(first).await.unwrap())
            .unwrap()
            .contains(HEADER)
    );
    engine.message_html(first).await.unwrap();
    engine.message_print(first).await.unwrap();
    engine.search(SEARCHED_HERE, Scope::Everything, 50).await.unwrap();
    engine.search(BODY, Scope::Everything, 50).await.unwrap();
    let patients = common::folder(&engine, martin, &format!("Patients/{FOLDER}")).await.id;
    engine
        .message_list(Scope::Folder(patients), Filter::All, 0, 50)
        .await
        .unwrap();

    // Answered, passed on, refused, sent back.
    send(
        &engine,
        martin,
        DraftFrom::Reply,
        Some(first),
        &["dr.leroy@alpha.mssante.test"],
    )
    .await;
    send(&engine, martin, DraftFrom::Forward, Some(first), &[UNKNOWN_HERE]).await;
    send(&engine, martin, DraftFrom::Blank, None, &[UNKNOWN_THERE, UNKNOWN_HERE]).await;
    // One comes of each letter that was taken: that of the one whom nobody knows is among them.
    until("the report about our letter is back", async || {
        engine.sync_and_wait(Some(martin)).await.unwrap();
        for row in rows(&engine, inbox).await {
            let raw = engine.message_raw(row.id).await.unwrap();
            let is_new = all.iter().all(|known| known.id != row.id);
            if is_new && String::from_utf8_lossy(&raw).contains(UNKNOWN_THERE) {
                return true;
            }
        }
        false
    })
    .await;

    // Flagged, filed under a patient, thrown away.
    engine.message_flag(vec![first], Flags::FLAGGED, true).await.unwrap();
    engine.message_move(vec![first], patients).await.unwrap();
    engine.message_delete(vec![all[1].id]).await.unwrap();
    engine.sync_and_wait(Some(martin)).await.unwrap();

    // Searched on the server, a folder made, rules.
    let token = bench.operator.token(boxes::DR_MARTIN).unwrap();
    let mut session = wires::imap(&engine, &bench.operator, MARTIN, boxes::DR_MARTIN, &token)
        .await
        .unwrap();
    session.select(&MailboxName::inbox(), None).await.unwrap();
    session.search(&Search::Text(SEARCHED_THERE.to_owned())).await.unwrap();
    session
        .create(&MailboxName::new(&format!("{FOLDER} deux")).unwrap())
        .await
        .unwrap();
    let missing = MailboxName::new(&format!("{PATIENT} absente")).unwrap();
    assert!(session.select(&missing, None).await.is_err());
    assert!(
        session
            .append(&missing, &Default::default(), None, &letter(9))
            .await
            .is_err()
    );
    session.logout().await.unwrap();
    drop(session);
    let mut session = wires::sieve(&engine, &bench.operator, MARTIN, boxes::DR_MARTIN, &token)
        .await
        .unwrap();
    session
        .put_script(RULE_NAME, &format!("# {RULE}\r\nkeep;\r\n"))
        .await
        .unwrap();
    assert!(
        session
            .put_script(RULE_NAME, &format!("{RULE} \"{PATIENT}\" faux"))
            .await
            .is_err()
    );
    assert!(session.get_script(&format!("{RULE_NAME} absente")).await.is_err());
    session.list_scripts().await.unwrap();
    session.delete_script(RULE_NAME).await.unwrap();
    session.logout().await.unwrap();
    drop(session);

    // Secrets refused.
    assert!(
        wires::imap(&engine, &bench.operator, MARTIN, boxes::DR_MARTIN, WRONG_TOKEN)
            .await
            .is_err()
    );
    engine.lock(LockReason::Demand).await.unwrap();
    assert!(engine.unlock(WRONG_PASSPHRASE.into()).await.is_err());
    engine.unlock(PASSPHRASE.into()).await.unwrap();

    // A server that says again whatever it is told.
    let port = echo::start(
        &bench.operator,
        &format!("{ECHOED} {SUBJECT} {PATIENT} {BODY} {INS} {WRONG_TOKEN} {token}"),
    );
    let mut endpoint = wires::imap_endpoint(&bench.operator);
    endpoint.port = port;
    let mut session = pli_wire::imap::Session::open(
        &wires::network(&bench.operator),
        &endpoint,
        &wires::bearer(MARTIN, &token),
        engine.auditor().unwrap(),
        wires::context(MARTIN, boxes::DR_MARTIN),
    )
    .await
    .unwrap();
    session.noop().await.unwrap();
    assert!(
        session
            .select(&MailboxName::new(&format!("{FOLDER} écho")).unwrap(), None)
            .await
            .is_err()
    );
    assert!(
        session
            .search(&Search::Text(format!("{SEARCHED_THERE} écho")))
            .await
            .is_err()
    );
    let _ = session.logout().await;
    drop(session);

    // Exports, and what the collector has.
    let folder = bench.dir.path().join("exports");
    std::fs::create_dir(&folder).unwrap();
    let filter = pli_trace::Filter {
        intentions: true,
        ..Default::default()
    };
    let mut exports = Vec::new();
    for (format, name) in [
        (Format::Csv, "t.csv"),
        (Format::JsonLines, "t.jsonl"),
        (Format::Pdf, "t.pdf"),
    ] {
        let exported = engine
            .journal_export(filter.clone(), format, folder.join(name))
            .await
            .unwrap();
        assert!(exported.count > 100, "{name}");
        exports.push(name);
    }
    let records = traces(&engine).await;
    let last = records.first().unwrap().sequence.0;
    until("the collector has all", async || {
        let received = collector.records().unwrap();
        received
            .iter()
            .filter_map(|line| line.sequence())
            .max()
            .is_some_and(|sequence| sequence >= last)
    })
    .await;
    let issued = bench.operator.issued().unwrap();
    engine.logout().await.unwrap();
    engine.stop().await;

    let mut words: Vec<Word> = [
        SUBJECT,
        BODY,
        FILE_NAME,
        FILE,
        PATIENT,
        FOLDER,
        INS,
        HEADER,
        SEARCHED_HERE,
        SEARCHED_THERE,
        RULE_NAME,
        RULE,
        ANSWER_SUBJECT,
        ANSWER,
        ECHOED,
        WRONG_PASSPHRASE,
        WRONG_TOKEN,
        PASSPHRASE,
    ]
    .into_iter()
    .map(Word::new)
    .collect();
    // The parts too: a filter might leave one of two.
    words.extend(
        [
            "Sujetphalène",
            "Corpszygomatique",
            "Pièceornithorynque",
            "Contenuxylophage",
            "QUETZALCÔATL",
            "DOSSIERPTÉRANODON",
            "Règlekaléidoscope",
            "Contenuhippogriffe",
            "Réponsecalligramme",
            "Textetroglodyte",
            "Échoparallélépipède",
        ]
        .into_iter()
        .map(Word::new),
    );
    words.extend(issued.iter().chain([&token]).map(|token| Word::new(token)));
    assert!(issued.len() > 1, "the operator tells its tokens");

    assert!(records.len() > 150, "{} traces", records.len());
    for record in &records {
        none_of(&words, &format!("trace {}", record.sequence), record.canonical());
        none_of(
            &words,
            &format!("trace {}, as shown", record.sequence),
            format!("{record:?}").as_bytes(),
        );
    }
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        none_of(
            &words,
            &entry.file_name().to_string_lossy(),
            &std::fs::read(entry.path()).unwrap(),
        );
    }
    let text = Command::new("pdftotext")
        .arg(folder.join("t.pdf"))
        .arg("-")
        .output()
        .unwrap();
    assert!(
        text.status.success() && text.stdout.len() > 10_000,
        "the report's text can be read"
    );
    none_of(&words, "the report's text", &text.stdout);
    let csv = String::from_utf8(std::fs::read(folder.join("t.csv")).unwrap()).unwrap();
    assert!(csv.contains("labo@beta.mssante.test"), "addresses are told");
    for line in collector.raw().unwrap() {
        none_of(&words, "what the collector received", &line);
    }
    let text = logged.text();
    assert!(text.len() > 1_000, "something is logged");
    none_of(&words, "the technical log", &text);
    // The journal's files themselves.
    let journal = bench.dir.path().join("profile/journal");
    let mut files = 0;
    for entry in std::fs::read_dir(journal).unwrap().flatten() {
        if entry.path().is_file() {
            none_of(
                &words,
                &entry.file_name().to_string_lossy(),
                &std::fs::read(entry.path()).unwrap(),
            );
            files += 1;
        }
    }
    assert!(files >= 3, "{files} files");
}
