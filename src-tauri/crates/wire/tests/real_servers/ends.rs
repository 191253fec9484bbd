//! The end of each connection to real servers: told once, however it came, with what passed on it.

use std::time::Duration;

use pli_operator::{Operator, Options, boxes};
use pli_wire::audit::{Action, AuditEntry, AuditOutcome, Protocol};
use pli_wire::imap::{ImapSession as _, MailboxName, Session};
use pli_wire::smtp::{Connection, Submission as _};
use pli_wire::{TlsMode, sieve};
use tokio::sync::Notify;

use crate::support::{self, LEROY, MARTIN, Recorder, bearer, context, holder, open, operator, submit};

fn ends(recorder: &Recorder) -> Vec<AuditEntry> {
    let entries = recorder.entries();
    let end = |entry: &&AuditEntry| entry.action == Action::Disconnect && entry.outcome != AuditOutcome::Intended;
    entries.iter().filter(end).cloned().collect()
}

/// The only end, after everything else, of a connection that a login made.
fn the_end(recorder: &Recorder) -> AuditEntry {
    let found = ends(recorder);
    assert_eq!(found.len(), 1, "{found:?}");
    let end = found[0].clone();
    assert_eq!(recorder.entries().last(), Some(&end));
    assert!(end.server.ip.is_some() && end.local.is_some());
    assert!(
        end.octets_out > 0 && end.octets_in > 0 && !end.took.is_zero(),
        "{end:?}"
    );
    // Every intention has its outcome, and no other.
    let entries = recorder.entries();
    for meant in entries.iter().filter(|entry| entry.outcome == AuditOutcome::Intended) {
        let same = entries.iter().filter(|entry| entry.exchange == meant.exchange);
        assert_eq!(same.count(), 2, "{meant:?}");
    }
    end
}

fn code(entry: &AuditEntry) -> &str {
    match &entry.outcome {
        AuditOutcome::Answered {
            accepted: true, code, ..
        } => code.as_str(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_bye_is_the_end_on_each_protocol() {
    let recorder = Recorder::new();
    let mut session = open(operator(), MARTIN, &recorder).await.unwrap();
    session.logout().await.unwrap();
    drop(session);
    let end = the_end(&recorder);
    assert_eq!(
        (end.protocol, end.request.as_str(), code(&end)),
        (Protocol::Imap, "LOGOUT", "OK")
    );

    let recorder = Recorder::new();
    let mut connection = submit(operator(), MARTIN, &recorder).await.unwrap();
    connection.quit().await.unwrap();
    drop(connection);
    let end = the_end(&recorder);
    assert_eq!(
        (end.protocol, end.request.as_str(), code(&end)),
        (Protocol::Smtp, "QUIT", "221")
    );

    let recorder = Recorder::new();
    let token = operator().token(holder(LEROY)).unwrap();
    let endpoint = crate::sieve::endpoint();
    let opened = sieve::Session::open(
        &support::network(operator(), None),
        &endpoint,
        &bearer(LEROY, &token),
        recorder.clone(),
        context(LEROY, Some(holder(LEROY))),
    )
    .await;
    let mut session = opened.unwrap();
    session.logout().await.unwrap();
    drop(session);
    let end = the_end(&recorder);
    assert_eq!(
        (end.protocol, end.request.as_str(), code(&end)),
        (Protocol::Sieve, "LOGOUT", "OK")
    );
}

#[tokio::test]
async fn a_connection_that_is_left_without_a_word_has_an_end_too() {
    let recorder = Recorder::new();
    let mut session = open(operator(), MARTIN, &recorder).await.unwrap();
    session.select(&MailboxName::inbox(), None).await.unwrap();
    drop(session);
    let end = the_end(&recorder);
    assert_eq!((end.request.as_str(), code(&end)), ("DISCONNECT", ""));
    let recorder = Recorder::new();
    drop(submit(operator(), MARTIN, &recorder).await.unwrap());
    assert_eq!(the_end(&recorder).request.as_str(), "DISCONNECT");
}

#[tokio::test]
async fn a_refused_login_keeps_the_server_s_codes_and_is_followed_by_the_end() {
    for imap in [true, false] {
        let recorder = Recorder::new();
        let network = support::network(operator(), None);
        let context = context(MARTIN, Some(boxes::DR_MARTIN));
        let wrong = bearer(MARTIN, "jeton-refuse-Zorglub");
        if imap {
            let endpoint = support::imap_endpoint(operator(), TlsMode::Implicit);
            let login = Session::open(&network, &endpoint, &wrong, recorder.clone(), context).await;
            assert!(login.unwrap_err().is_token_refused());
        } else {
            let endpoint = support::smtp_endpoint(operator(), TlsMode::Implicit);
            let login = Connection::open(&network, &endpoint, &wrong, recorder.clone(), context).await;
            assert!(login.unwrap_err().is_token_refused());
        }
        the_end(&recorder);
        let login = recorder.last("AUTH");
        let AuditOutcome::Answered {
            accepted: false,
            code,
            detail,
            text,
        } = &login.outcome
        else {
            panic!("{login:?}")
        };
        let detail = detail.as_ref().map(|detail| detail.as_str());
        if imap {
            assert_eq!((code.as_str(), detail), ("NO", Some("AUTHENTICATIONFAILED")), "{text}");
        } else {
            assert_eq!((code.as_str(), detail), ("535", Some("5.7.8")), "{text}");
        }
        assert!(text.as_str().to_lowercase().contains("authentication fail"), "{text}");
        assert!(!recorder.text().contains("Zorglub"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_ends_what_it_served_and_every_session_it_logged_is_traced() {
    let operator = Operator::start(Options::default()).unwrap();
    let (first, second) = (Recorder::new(), Recorder::new());
    let mut left = open(&operator, LEROY, &second).await.unwrap();
    left.logout().await.unwrap();
    drop(left);
    the_end(&second);
    let mut session = open(&operator, MARTIN, &first).await.unwrap();
    session.select(&MailboxName::inbox(), None).await.unwrap();
    let interrupt = Notify::new();
    let idling = session.idle(Duration::from_secs(60), &interrupt);
    let (ended, restarted) = tokio::join!(idling, async {
        tokio::task::yield_now().await;
        tokio::task::block_in_place(|| operator.restart_mail())
    });
    restarted.unwrap();
    let error = ended.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    drop(session);
    let end = the_end(&first);
    let AuditOutcome::Failed { what } = &end.outcome else {
        panic!("{end:?}")
    };
    assert!(what.as_str().starts_with("connexion "), "{what}");
}
