//! Every exchange leaves its intention and its outcome, wherever it is cut; every connection leaves its end, once.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use pli_terms::{ModSeq, Uid};
use tokio::sync::{Notify, mpsc};

use super::{Recorder, Turn, on, said};
use super::{imap, sieve, smtp};
use crate::WireError;
use crate::audit::{Action, AuditEntry, AuditOutcome};
use crate::imap::{Flags, ImapSession, MailboxName, Search};
use crate::smtp::Submission;

const PATIENCE: Duration = Duration::from_secs(20);
const GIVEN_UP: &str = "abandonné avant la réponse";

/// Lets a future run until it waits for a server that says nothing, and drops it there.
async fn abandon<T>(future: impl Future<Output = T>) {
    let mut future = pin!(future);
    for _ in 0..20 {
        assert!(futures::poll!(future.as_mut()).is_pending(), "the server says nothing");
        tokio::task::yield_now().await;
    }
}

/// The last exchange: what was meant, and what came of it.
fn last_two(recorder: &Recorder) -> (AuditEntry, AuditEntry) {
    let entries = recorder.0.lock().unwrap();
    let [.., meant, came] = entries.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!(
        (&meant.outcome, meant.exchange),
        (&AuditOutcome::Intended, came.exchange)
    );
    (meant.clone(), came.clone())
}

fn disconnections(recorder: &Recorder) -> Vec<AuditEntry> {
    let ended = recorder.ended();
    ended
        .into_iter()
        .filter(|entry| entry.action == Action::Disconnect)
        .collect()
}

/// An IMAP verb that is given up while the server thinks.
macro_rules! imap_given_up {
    ($action:expr, $session:ident => $verb:expr) => {{
        let silent = vec![Turn::Stall];
        let server = imap::server("IDLE MOVE UIDPLUS CONDSTORE QUOTA", silent).await;
        let (recorder, mut session) = (server.recorder, server.session);
        {
            let $session = &mut session;
            abandon($verb).await;
        }
        let (meant, came) = last_two(&recorder);
        assert_eq!((meant.action, said(&came)), ($action, GIVEN_UP), "{came:?}");
        assert!(!session.is_usable());
        drop(session);
        server.told.abort();
        let ends = disconnections(&recorder);
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert!(ends[0].octets_out > 0 && ends[0].octets_in > 0);
    }};
}

#[tokio::test]
async fn every_imap_verb_that_is_given_up_leaves_its_intention_and_says_so() {
    let inbox = MailboxName::inbox();
    let set = imap::uids(&[5]);
    let interrupt = Notify::new();
    imap_given_up!(Action::ListFolders, session => session.list());
    imap_given_up!(Action::Inquire, session => session.status(&inbox));
    imap_given_up!(Action::OpenFolder, session => session.select(&inbox, None));
    imap_given_up!(Action::ReadHeaders, session => imap::headers(session, &set));
    imap_given_up!(Action::ReadMessages, session => imap::bodies(session, &imap::want(&[5], Some(9))));
    imap_given_up!(Action::ReadMessages, session => imap::bodies(session, &imap::want(&[5], None)));
    imap_given_up!(Action::ReadHeaders, session => session.fetch_flags(Uid::new(1).unwrap(), None, ModSeq::new(3)));
    imap_given_up!(Action::Search, session => session.search(&Search::Text("hémoglobine".to_owned())));
    imap_given_up!(Action::ChangeFlags, session => session.store_flags(&set, true, &Flags::seen(), None));
    imap_given_up!(Action::Move, session => session.uid_move(&set, &inbox));
    imap_given_up!(Action::Store, session => session.append(&inbox, &Flags::default(), None, b"A: b\r\n\r\n"));
    // Marked first: the deletion itself was never sent, and has no trace.
    imap_given_up!(Action::ChangeFlags, session => session.uid_expunge(&set));
    imap_given_up!(Action::CreateFolder, session => session.create(&inbox));
    imap_given_up!(Action::Watch, session => session.idle(PATIENCE, &interrupt));
    imap_given_up!(Action::ReadQuota, session => session.quota());
    imap_given_up!(Action::Inquire, session => session.noop());
    imap_given_up!(Action::Disconnect, session => session.logout());
}

#[tokio::test]
async fn a_login_that_is_given_up_is_traced_and_so_is_the_end_of_its_connection() {
    let (socket, theirs) = super::pipe(PATIENCE);
    let told = super::play(theirs, vec![on("AUTHENTICATE XOAUTH2", ""), Turn::Stall]);
    let (trail, recorder) = super::trail(crate::audit::Protocol::Imap);
    let greeted = crate::imap::Greeted::over(socket, trail, "AUTH=XOAUTH2");
    let (endpoint, credentials) = (imap::endpoint(), imap::credentials());
    abandon(greeted.log_in(&endpoint, &credentials, crate::Timeouts::default())).await;
    told.abort();
    let ended = recorder.ended();
    assert_eq!((ended[0].action, said(&ended[0])), (Action::Login, GIVEN_UP));
    assert_eq!((ended.len(), ended[1].action), (2, Action::Disconnect));
    assert!(ended[1].octets_out > 0);
}

#[tokio::test]
async fn every_step_of_a_submission_that_is_given_up_says_so() {
    let whole = [
        on("MAIL", "250 Ok\r\n"),
        on("RCPT", "250 Ok\r\n"),
        on("RCPT", "550 5.1.1 User unknown\r\n"),
        on("DATA", "354 go\r\n"),
    ];
    let actions = [
        Action::AddressMessage,
        Action::AddressMessage,
        Action::AddressMessage,
        Action::Send,
        Action::Send,
    ];
    let recipients = ["a@b.mssante.test", "c@b.mssante.test"];
    for (steps, action) in actions.into_iter().enumerate() {
        let turns = [&whole[..steps], &[Turn::Stall]].concat();
        let server = smtp::server(smtp::FULL, turns, PATIENCE).await;
        let (mut connection, recorder) = (server.connection, server.recorder);
        abandon(connection.send(&smtp::envelope(&recipients), smtp::MESSAGE)).await;
        let (meant, came) = last_two(&recorder);
        assert_eq!((meant.action, said(&came)), (action, GIVEN_UP), "{steps}: {came:?}");
        if steps == 2 {
            let named: Vec<&str> = came.messages[0].to.iter().map(pli_terms::Address::as_str).collect();
            assert_eq!(named, ["c@b.mssante.test"]);
        }
        drop(connection);
        server.told.abort();
        assert_eq!(disconnections(&recorder).len(), 1);
    }
    let server = smtp::server(smtp::FULL, vec![Turn::Stall], PATIENCE).await;
    let (mut connection, recorder) = (server.connection, server.recorder);
    abandon(connection.log_in(&smtp::endpoint(), &smtp::credentials())).await;
    let (meant, came) = last_two(&recorder);
    assert_eq!((meant.action, said(&came)), (Action::Login, GIVEN_UP));
    drop(connection);
    assert_eq!(disconnections(&recorder).len(), 1);
    let server = smtp::server(smtp::FULL, vec![Turn::Stall], PATIENCE).await;
    let (mut connection, recorder) = (server.connection, server.recorder);
    abandon(connection.quit()).await;
    drop(connection);
    let ends = disconnections(&recorder);
    assert_eq!((ends.len(), said(&ends[0])), (1, GIVEN_UP), "{ends:?}");
}

/// A ManageSieve verb that is given up while the server thinks.
macro_rules! sieve_given_up {
    ($action:expr, $session:ident => $verb:expr) => {{
        let server = sieve::server(vec![Turn::Stall], PATIENCE).await;
        let (recorder, mut session) = (server.recorder, server.session.unwrap());
        {
            let $session = &mut session;
            abandon($verb).await;
        }
        let (meant, came) = last_two(&recorder);
        assert_eq!((meant.action, said(&came)), ($action, GIVEN_UP), "{came:?}");
        drop(session);
        assert_eq!(disconnections(&recorder).len(), 1);
    }};
}

#[tokio::test]
async fn every_sieve_verb_that_is_given_up_says_so() {
    sieve_given_up!(Action::ReadRules, session => session.list_scripts());
    sieve_given_up!(Action::ReadRules, session => session.get_script("a"));
    sieve_given_up!(Action::ChangeRules, session => session.put_script("a", "keep;"));
    sieve_given_up!(Action::ReadRules, session => session.check_script("keep;"));
    sieve_given_up!(Action::ChangeRules, session => session.set_active(Some("a")));
    sieve_given_up!(Action::ChangeRules, session => session.delete_script("a"));
    sieve_given_up!(Action::Inquire, session => session.have_space("a", 3));
    sieve_given_up!(Action::Disconnect, session => session.logout());
}

#[tokio::test]
async fn however_a_connection_ends_its_end_is_told_once() {
    let good_bye = vec![on("LOGOUT", "* BYE see you\r\n$ OK done\r\n")];
    let server = imap::server("IDLE", good_bye).await;
    let mut session = server.session;
    session.logout().await.unwrap();
    drop(session);
    let sent: usize = server.told.await.unwrap().iter().map(String::len).sum();
    let ends = disconnections(&server.recorder);
    let [end] = ends.as_slice() else { panic!("{ends:?}") };
    assert_eq!((end.request.as_str(), end.octets_out), ("LOGOUT", sent as u64));
    assert!(matches!(&end.outcome, AuditOutcome::Answered { accepted: true, code, .. } if code.as_str() == "OK"));

    let cases = [
        (
            vec![on("NOOP", "* BYE Server shutting down.\r\n"), Turn::Close],
            "connexion terminée par le serveur · NOOP",
        ),
        (vec![on("NOOP", ""), Turn::Close], "connexion coupée · NOOP"),
        (
            vec![on("NOOP", "nonsense\r\n"), Turn::Stall],
            "réponse illisible · NOOP",
        ),
    ];
    for (turns, what) in cases {
        let mut server = imap::server("IDLE", turns).await;
        server.session.noop().await.unwrap_err();
        assert!(disconnections(&server.recorder).is_empty());
        drop(server.session);
        let ends = disconnections(&server.recorder);
        assert_eq!((ends.len(), said(&ends[0])), (1, what));
        server.told.abort();
    }

    // Left without a word: nothing failed, and nobody answered.
    let server = imap::server("IDLE", vec![Turn::Stall]).await;
    drop(server.session);
    let ends = disconnections(&server.recorder);
    assert!(
        matches!(&ends[..], [end] if matches!(&end.outcome, AuditOutcome::Answered { accepted: true, code, .. } if code.is_empty()))
    );
    assert!(
        server
            .recorder
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|entry| entry.action == Action::Disconnect)
            .count()
            == 1
    );

    let turns = vec![on("MAIL", "421 4.3.2 shutting down\r\n"), Turn::Close];
    let mut server = smtp::server(smtp::FULL, turns, PATIENCE).await;
    let to = smtp::envelope(&["a@b.mssante.test"]);
    server.connection.send(&to, smtp::MESSAGE).await.unwrap_err();
    drop(server.connection);
    let ends = disconnections(&server.recorder);
    assert_eq!((ends.len(), said(&ends[0])), (1, "connexion terminée par le serveur"));
}

#[tokio::test]
async fn a_refused_login_keeps_its_codes_and_one_without_a_mechanism_is_told() {
    let turns = vec![on("AUTH XOAUTH2\r\n", "454 4.7.0 Temporary authentication failure\r\n")];
    let mut server = smtp::server(smtp::FULL, turns, PATIENCE).await;
    let error = server.connection.log_in(&smtp::endpoint(), &smtp::credentials()).await;
    assert!(matches!(error, Err(WireError::LoginRefused { .. })));
    drop(server.connection);
    let ended = server.recorder.ended();
    let AuditOutcome::Answered {
        accepted: false,
        code,
        detail,
        text,
    } = &ended[0].outcome
    else {
        panic!("{ended:?}")
    };
    assert_eq!((code.as_str(), detail.as_ref().unwrap().as_str()), ("454", "4.7.0"));
    assert_eq!(text.as_str(), "Temporary authentication failure");
    assert_eq!((ended.len(), ended[1].action), (2, Action::Disconnect));

    let none = sieve::logging_in("PLAIN", vec![Turn::Stall], PATIENCE).await;
    assert!(none.session.is_err());
    let ended = none.recorder.ended();
    assert_eq!(said(&ended[0]), "aucun moyen d’authentification en commun");
    assert_eq!((ended.len(), ended[1].action), (2, Action::Disconnect));
}

#[tokio::test]
async fn nothing_is_sent_that_could_not_be_recorded_beforehand() {
    let (socket, theirs) = super::pipe(PATIENCE);
    let told = super::play(theirs, vec![Turn::Stall]);
    let recorder = std::sync::Arc::new(super::Full::default());
    let trail = super::trail_of(recorder.clone(), crate::audit::Protocol::Imap);
    let greeted = crate::imap::Greeted::over(socket, trail, "AUTH=XOAUTH2");
    let (endpoint, credentials) = (imap::endpoint(), imap::credentials());
    let login = greeted
        .log_in(&endpoint, &credentials, crate::Timeouts::default())
        .await;
    assert!(matches!(login, Err(WireError::Audit(_))));
    assert!(!told.is_finished());
    let tried = recorder.0.lock().unwrap();
    assert_eq!(tried.first().unwrap().outcome, AuditOutcome::Intended);
    assert!(tried.iter().all(|entry| entry.octets_out == 0));
}

#[tokio::test]
async fn rows_already_sent_are_told_of_a_reading_that_is_cut() {
    let answer = "* 1 FETCH (UID 11 RFC822.SIZE 20 BODY[HEADER.FIELDS (DATE)]<0> {16}\r\nFrom: a@b.test\r\n)\r\n";
    let mut server = imap::server("IDLE", vec![on("UID FETCH", answer), Turn::Close]).await;
    let (rows, mut came) = mpsc::channel(10);
    let set = imap::uids(&[11, 12]);
    server.session.fetch_headers(&set, false, rows).await.unwrap_err();
    assert!(came.recv().await.is_some());
    let (meant, cut) = last_two(&server.recorder);
    assert!(meant.messages.is_empty() && meant.uids == set);
    assert_eq!((cut.messages.len(), said(&cut)), (1, "connexion coupée · UID FETCH"));
    assert_eq!(cut.octets_in, answer.len() as u64);
}
