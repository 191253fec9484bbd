//! One token, three doors: IMAP, SMTP and ManageSieve of a real Dovecot take the token of a real login, and each verb
//! leaves a trace with its author.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::people::{engine_with, log_in, options, phone};
use common::{Bench, MARTIN, add, exchanges, until};
use pli_engine::{DraftEdit, DraftFrom, Party};
use pli_operator::boxes;
use pli_store::OutboxState;

#[tokio::test(flavor = "multi_thread")]
async fn one_token_opens_imap_smtp_and_managesieve() {
    // No token comes to its own end meanwhile.
    let bench = Bench::start_with(pli_operator::Options {
        samples: true,
        token_ttl: 3_600,
        refresh_ttl: 7_200,
        ..Default::default()
    });
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let mut options = options(&bench);
    options.undo = Duration::ZERO;
    let engine = engine_with(&bench, options).await;
    let martin = add(&engine, MARTIN).await.id;
    assert!(engine.sieve_scripts(martin).await.unwrap_err().needs_login());
    assert_eq!(log_in(&engine, phone(boxes::DR_MARTIN)).await, "Claire MARTIN");
    let before: BTreeSet<String> = bench.operator.issued().unwrap().into_iter().collect();

    engine.sync_and_wait(Some(martin)).await.unwrap();
    let draft = engine.draft_new(Some(martin), DraftFrom::Blank, None).await.unwrap();
    let edit = DraftEdit {
        account: martin,
        revision: draft.revision,
        to: vec![Party {
            name: String::new(),
            address: "dr.leroy@alpha.mssante.test".to_owned(),
        }],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Un jeton, trois portes".to_owned(),
        text: "Bonjour.".to_owned(),
        ask_reading: false,
        ask_delivery: false,
    };
    let draft = engine.draft_save(draft.id, edit).await.unwrap();
    let outgoing = engine.draft_send(draft.id).await.unwrap();
    until("the message is handed over", async || {
        engine.outbox_get(outgoing.id).await.unwrap().state == OutboxState::Accepted
    })
    .await;
    let scripts = engine.sieve_scripts(martin).await.unwrap();
    assert_eq!(
        scripts.iter().filter(|script| script.active).count().min(1),
        scripts.len().min(1)
    );
    let after: BTreeSet<String> = bench.operator.issued().unwrap().into_iter().collect();
    assert_eq!(before, after, "one token was enough");

    // Tokens that end: ManageSieve too is opened with a new one, once.
    bench.operator.expire_tokens().unwrap();
    engine.sieve_scripts(martin).await.unwrap();
    let renewed: BTreeSet<String> = bench.operator.issued().unwrap().into_iter().collect();
    assert!(renewed.len() > after.len());

    let mut ports = BTreeSet::new();
    for record in exchanges(&engine).await {
        let author = record.entry.author.unwrap();
        assert_eq!(author.national_id.unwrap().as_str(), boxes::DR_MARTIN);
        assert_eq!(author.method, pli_engine::pli_trace::Authentication::PscCiba);
        let address = record.entry.server.unwrap().address;
        ports.extend(address.as_str().rsplit(':').next().map(str::to_owned));
    }
    let own = bench.operator.info().ports;
    for port in [own.imaps, own.submissions, own.sieve] {
        assert!(ports.contains(&port.to_string()), "{port} in {ports:?}");
    }
    engine.stop().await;
}
