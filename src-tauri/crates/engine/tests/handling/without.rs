//! Servers that carry less: no METADATA; neither that nor keywords.

use pli_engine::{Carried, HandlingSet, HandlingState};

use crate::common::{CABINET, there};
use crate::people::{LEROY, MARTIN, Practice};

fn taken_with_note() -> HandlingSet {
    HandlingSet {
        state: Some(HandlingState::Taken),
        for_: None,
        note: Some("Rappeler la famille".to_owned()),
    }
}

/// The operator's Dovecot, with another configuration.
fn configure(practice: &Practice, change: impl FnOnce(String) -> String) {
    let file = practice.bench.operator.info().dir.join("dovecot/dovecot.conf");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed);
    std::fs::write(&file, changed).unwrap();
    practice.bench.operator.restart_mail().unwrap();
}

fn written_there(practice: &Practice) -> Vec<u8> {
    let dir = practice
        .bench
        .operator
        .info()
        .dir
        .join("mail/alpha.mssante.test/cabinet");
    std::fs::read(dir.join("dovecot-attributes")).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_metadata_the_state_travels_and_the_rest_is_said_to_stay() {
    let practice = Practice::open(1).await;
    configure(&practice, |text| {
        text.replace("imap_metadata = yes", "imap_metadata = no")
    });
    let martin = practice.open_as(MARTIN, "martin", false).await;
    let leroy = practice.open_as(LEROY, "leroy", false).await;
    martin.say("Lettre 0", taken_with_note()).await;
    martin.engine.sync_and_wait(None).await.unwrap();
    leroy.engine.sync_and_wait(None).await.unwrap();
    let own = martin.handling("Lettre 0").await;
    assert_eq!(
        (own.carried, own.by.unwrap().name.as_str()),
        (Carried::KeywordsOnly, "Claire MARTIN")
    );
    assert_eq!(own.note.as_deref(), Some("Rappeler la famille"));
    let seen = leroy.handling("Lettre 0").await;
    assert_eq!(
        (seen.state, seen.carried),
        (HandlingState::Taken, Carried::KeywordsOnly)
    );
    assert_eq!((seen.by, seen.note), (None, None));
    assert_eq!(leroy.row("Lettre 0").await.handling.unwrap().by_name, None);
    assert_eq!(
        martin.engine.handling_support(martin.account).await.unwrap(),
        Carried::KeywordsOnly
    );

    // The operator learns METADATA: what was said before is told then.
    configure(&practice, |text| {
        text.replace("imap_metadata = no", "imap_metadata = yes")
    });
    martin.engine.sync_and_wait(None).await.unwrap();
    leroy.engine.sync_and_wait(None).await.unwrap();
    let seen = leroy.handling("Lettre 0").await;
    assert_eq!(
        (seen.carried, seen.note.as_deref()),
        (Carried::Server, Some("Rappeler la famille"))
    );
    martin.engine.stop().await;
    leroy.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_neither_it_is_kept_here_and_said_so() {
    let practice = Practice::open(1).await;
    // A box whose keywords nobody may write, on a server without METADATA.
    let rights = practice.bench.operator.info().dir.join("dovecot/rights");
    std::fs::write(&rights, "* owner lrstipekxa\n").unwrap();
    configure(&practice, |text| {
        let text = text.replace("imap_metadata = yes", "imap_metadata = no");
        let text = text.replace(
            "mail_plugins = quota notify mail_log",
            "mail_plugins = acl quota notify mail_log",
        );
        format!("{text}\nplugin {{\n  acl = vfile:{}\n}}\n", rights.display())
    });
    let before = practice.as_others_see_it();
    let martin = practice.open_as(MARTIN, "martin", false).await;
    let leroy = practice.open_as(LEROY, "leroy", false).await;
    martin.say("Lettre 0", taken_with_note()).await;
    martin.engine.sync_and_wait(None).await.unwrap();
    leroy.engine.sync_and_wait(None).await.unwrap();
    let own = martin.handling("Lettre 0").await;
    assert_eq!((own.state, own.carried), (HandlingState::Taken, Carried::LocalOnly));
    assert_eq!(own.note.as_deref(), Some("Rappeler la famille"));
    assert!(
        !martin.row("Lettre 0").await.pending,
        "nothing waits for a server that takes nothing"
    );
    assert_eq!(
        martin.engine.handling_support(martin.account).await.unwrap(),
        Carried::LocalOnly
    );
    assert_eq!(leroy.handling("Lettre 0").await.state, HandlingState::None);
    assert_eq!(there(&practice.bench.operator, CABINET, "INBOX"), before.messages);
    assert!(written_there(&practice).is_empty());
    // It is still there at the next start.
    martin.engine.stop().await;
    let martin = practice.open_as(MARTIN, "martin", false).await;
    assert_eq!(martin.handling("Lettre 0").await.by.unwrap().name, "Claire MARTIN");
    martin.engine.stop().await;
    leroy.engine.stop().await;
}
