//! What others wrote is not trusted; what is written here is in no trace.

use pli_engine::{EngineError, HandlingSet, HandlingState};
use pli_store::{AuthorId, message_word};
use pli_terms::NationalId;

use crate::common::{CABINET, traces};
use crate::people::{LEROY, MARTIN, Practice};
use crate::taken;

const ROOT: &str = "/shared/vendor/vendor.pli/handling";

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_anybody_wrote_end_nothing_and_speak_for_nobody() {
    let practice = Practice::open(1).await;
    let martin = practice.open_as(MARTIN, "martin", false).await;
    martin.say("Lettre 0", taken()).await;
    martin.engine.sync_and_wait(None).await.unwrap();
    let mail = martin.row("Lettre 0").await;
    let stored = martin.engine.message_get(mail.id).await.unwrap().stored;
    let word = message_word(stored.message_id.unwrap().as_str());
    let author = |id: &str| AuthorId::of_person(&NationalId::parse(id).unwrap()).as_str().to_owned();
    let forged = r#"{\"v\":1,\"id\":\"899700000021\",\"name\":\"Paul LEROY\",\"facts\":[{\"at\":1795000000000,\"state\":\"done\"}]}"#;
    let late = r#"{\"v\":1,\"id\":\"899700000021\",\"name\":\"Paul LEROY\",\"facts\":[{\"at\":99999999999999,\"state\":\"done\"},{\"at\":1,\"note\":\"ancienne\"}]}"#;
    let mut other = practice.bench.operator.mailbox(CABINET).unwrap();
    for (who, value) in [
        (author("899700000039"), forged),
        (author(LEROY.0), late),
        ("0123456789abcdef0123456789abcdef".to_owned(), "not JSON"),
        ("another".to_owned(), "{}"),
    ] {
        other
            .raw_command(&format!("SETMETADATA INBOX ({ROOT}/{word}/{who} \"{value}\")"))
            .unwrap();
    }
    // Octets that are no text, and more of them than an entry may have, by a client that speaks so.
    let file = practice
        .bench
        .operator
        .info()
        .dir
        .join("mail/alpha.mssante.test/cabinet/dovecot-attributes");
    let mut attributes = std::fs::read(&file).unwrap();
    let place = attributes.windows(8).position(|eight| eight == b"not JSON").unwrap();
    attributes[place] = 0xff;
    std::fs::write(&file, attributes).unwrap();
    other
        .raw_command(&format!(
            "SETMETADATA INBOX ({ROOT}/{word}/{} \"{}\")",
            "f".repeat(32),
            "x".repeat(6000)
        ))
        .unwrap();
    other
        .set_flags("INBOX", mail.uid.unwrap().get(), &["$PliTaken"])
        .unwrap();
    martin.engine.sync_and_wait(None).await.unwrap();
    let seen = martin.handling("Lettre 0").await;
    assert_eq!((seen.state, seen.conflict), (HandlingState::Taken, false));
    assert_eq!(seen.by.unwrap().name, "Claire MARTIN");
    assert_eq!(seen.note.as_deref(), Some("ancienne"), "what is as it should be counts");
    assert_eq!(seen.facts.len(), 2);
    martin.engine.sync_and_wait(None).await.unwrap();
    martin.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trace_and_no_log_holds_a_note_or_a_name() {
    let practice = Practice::open(1).await;
    let martin = practice.open_as(MARTIN, "martin", false).await;
    let set = HandlingSet {
        state: Some(HandlingState::Todo),
        for_: Some("Dr Introuvable".to_owned()),
        note: Some("Hypokaliémie\u{202e} de Mme Secrète\r\nà revoir".to_owned()),
    };
    martin.say("Lettre 0", set).await;
    martin.engine.sync_and_wait(None).await.unwrap();
    let seen = martin.handling("Lettre 0").await;
    assert_eq!(
        seen.note.as_deref(),
        Some("Hypokaliémie de Mme Secrète  à revoir"),
        "one line, in reading order"
    );
    let all = traces(&martin.engine).await;
    let said: Vec<&str> = all.iter().map(|record| record.entry.request.verb.as_str()).collect();
    assert!(said.contains(&"HANDLE TODO FOR NOTE"), "{said:?}");
    assert!(said.iter().any(|verb| verb.starts_with("SETMETADATA {")));
    let text = format!("{all:?}");
    for word in ["Introuvable", "Hypokali", "Secr", "handling/"] {
        assert!(!text.contains(word), "{word}");
    }
    let told = all
        .iter()
        .find(|record| record.entry.request.verb.as_str().starts_with("SETMETADATA"));
    assert!(
        told.unwrap().entry.message_id.is_some(),
        "the trace says of which message"
    );
    let nothing = martin.engine.handling_set(Vec::new(), HandlingSet::default()).await;
    assert!(matches!(nothing, Err(EngineError::BadRequest(_))));
    martin.engine.stop().await;
}
