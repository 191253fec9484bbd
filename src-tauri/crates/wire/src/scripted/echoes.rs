//! Servers that repeat, in every answer they can give, what a trace may never hold: a subject, a patient's name, a token.

use std::time::Duration;

use tokio::sync::Notify;

use super::{Recorder, Turn, on, pipe, play, trail};
use super::{imap, sieve, smtp};
use crate::audit::{Action, Protocol};
use crate::imap::{Flags, ImapSession, MailboxName, Search};
use crate::opening::Opening;
use crate::smtp::Submission;
use crate::trail::Request;
use crate::{Timeouts, WireError};

const PATIENCE: Duration = Duration::from_secs(20);

/// What is said everywhere.
const EVIL: &str = "Zorglubine de Mme QUIDAMESQUE nee le 12/03/1954 jetonultrasecret8X \
                    ZorglubinE@quidamesque.example 254127512345678 Compte-rendu_QUIDAMESQUE.pdf";

/// What must be found nowhere.
const SECRETS: [&str; 7] = ["zorglub", "quidamesque", "jeton", "8x", "1954", "2541", "compte-rendu"];

fn nothing_told(recorder: &Recorder, at_least: usize) {
    let entries = recorder.0.lock().unwrap();
    assert!(
        entries.len() >= at_least,
        "{} entries only: {entries:#?}",
        entries.len()
    );
    for entry in entries.iter() {
        // Times and random numbers aside.
        let told = (
            &entry.request,
            &entry.mailbox,
            &entry.target,
            &entry.messages,
            &entry.outcome,
        );
        let text = format!("{told:?} {:?}", entry.server).to_lowercase();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn no_answer_of_an_imap_server_is_repeated() {
    let ok = format!("$ OK [ZORGLUBINE QUIDAMESQUE] {EVIL}\r\n");
    let listed = format!("* LIST (\\HasNoChildren) \"/\" \"{EVIL}\"\r\n* OK [ALERT] {EVIL}\r\n{ok}");
    let selected = format!("* FLAGS (Zorglubine)\r\n* 1 EXISTS\r\n* OK [UIDVALIDITY 7] {EVIL}\r\n{ok}");
    let header = format!("From: \"{EVIL}\" <a@b.test>\r\nSubject: {EVIL}\r\n\r\n");
    let headers = format!(
        "* 1 FETCH (UID 11 RFC822.SIZE 20 BODY[HEADER.FIELDS (DATE)]<0> {{{}}}\r\n{header})\r\n{ok}",
        header.len()
    );
    let bodies = format!("* 1 FETCH (UID 11 BODY[] {{{}}}\r\n{header})\r\n{ok}", header.len());
    let turns = vec![
        on("LIST", listed),
        on("STATUS", format!("* STATUS \"{EVIL}\" (MESSAGES 1)\r\n{ok}")),
        on("SELECT", selected),
        on("UID FETCH", headers),
        on("UID FETCH", bodies),
        on("UID SEARCH CHARSET", "+ go\r\n"),
        on("", format!("* SEARCH 11\r\nA0008 OK {EVIL}\r\n")),
        on("UID STORE", format!("$ NO [QUIDAMESQUE] {EVIL}\r\n")),
        on("UID MOVE", format!("$ NO [TRYCREATE] {EVIL}\r\n")),
        on("APPEND", format!("$ NO [OVERQUOTA] Quota exceeded {EVIL}\r\n")),
        on("CREATE", format!("$ BAD {EVIL}\r\n")),
        on("IDLE", format!("$ NO {EVIL}\r\n")),
        on("GETQUOTAROOT", format!("* QUOTA \"{EVIL}\" (STORAGE 1 2)\r\n{ok}")),
        on("NOOP", format!("* BYE {EVIL}\r\n")),
        Turn::Close,
    ];
    let capabilities = "MOVE IDLE QUOTA UIDPLUS ZORGLUBINE AUTH=QUIDAMESQUE";
    let mut server = imap::server(capabilities, turns).await;
    let session = &mut server.session;
    let inbox = MailboxName::inbox();
    let set = imap::uids(&[11]);
    assert_eq!(session.list().await.unwrap().len(), 1);
    session.status(&inbox).await.unwrap();
    session.select(&inbox, None).await.unwrap();
    imap::headers(session, &set).await.0.unwrap();
    imap::bodies(session, &imap::want(&[11], Some(9))).await.0.unwrap();
    session.search(&Search::Text("zorglubiné".to_owned())).await.unwrap();
    let mut flags = Flags::seen();
    flags.keywords.insert("Quidamesque".to_owned());
    session.store_flags(&set, true, &flags, None).await.unwrap_err();
    session.uid_move(&set, &inbox).await.unwrap_err();
    let letter = format!("Subject: {EVIL}\r\nMessage-ID: <x@b.test>\r\n\r\n{EVIL}\r\n");
    let full = session
        .append(&inbox, &flags, None, letter.as_bytes())
        .await
        .unwrap_err();
    assert!(full.is_over_quota());
    session.create(&inbox).await.unwrap_err();
    session.drain();
    session.idle(PATIENCE, &Notify::new()).await.unwrap_err();
    session.quota().await.unwrap();
    session.noop().await.unwrap_err();
    drop(server.session);
    nothing_told(&server.recorder, 2 * 14 + 1);
    // What is of use stays.
    let told = format!("{:?}", server.recorder.ended());
    assert!(
        told.contains("Quota exceeded …") && told.contains("OVERQUOTA") && told.contains("a@b.test"),
        "{told}"
    );
}

#[tokio::test]
async fn no_refusal_of_a_login_is_repeated() {
    for end in [
        format!("A0001 NO [AUTHENTICATIONFAILED] {EVIL}\r\n"),
        format!("A0001 BAD [QUIDAMESQUE] {EVIL}\r\n"),
        format!("* BYE {EVIL}\r\n"),
        format!("+ {EVIL}\r\n"),
    ] {
        let (socket, theirs) = pipe(PATIENCE);
        let turns = vec![on("AUTHENTICATE XOAUTH2", "+ \r\n"), on("", end), Turn::Close];
        let told = play(theirs, turns);
        let (trail, recorder) = trail(Protocol::Imap);
        let greeted = crate::imap::Greeted::over(socket, trail, "AUTH=XOAUTH2 QUIDAMESQUE");
        let (endpoint, credentials) = (imap::endpoint(), imap::credentials());
        let login = greeted.log_in(&endpoint, &credentials, Timeouts::default()).await;
        assert!(login.is_err());
        told.abort();
        nothing_told(&recorder, 3);
    }
    let turns = vec![on("AUTH", format!("535 5.7.8 {EVIL}\r\n"))];
    let mut server = smtp::server(smtp::FULL, turns, PATIENCE).await;
    let login = server.connection.log_in(&smtp::endpoint(), &smtp::credentials()).await;
    assert!(login.unwrap_err().is_token_refused());
    nothing_told(&server.recorder, 2);
    let turns = vec![on("AUTHENTICATE", format!("NO (QUIDAMESQUE) \"{EVIL}\"\r\n"))];
    let server = sieve::logging_in("XOAUTH2", turns, PATIENCE).await;
    assert!(server.session.is_err());
    nothing_told(&server.recorder, 3);
}

/// A greeting as `opening` reads it, with its trace.
async fn greeted<O: Opening>(greeting: String) -> (Result<(), WireError>, std::sync::Arc<Recorder>) {
    let (socket, theirs) = pipe(PATIENCE);
    let told = play(theirs, vec![Turn::Say(greeting.into_bytes()), Turn::Close]);
    let (trail, recorder) = trail(O::PROTOCOL);
    let pending = trail.begin(Request::verb(Action::Connect, "CONNECT TLS")).unwrap();
    let result = O::greet(socket, trail, &imap::endpoint(), Timeouts::default()).await;
    if let Err(error) = &result {
        crate::opening::refused(pending, error);
    }
    told.abort();
    (result.map(drop), recorder)
}

#[tokio::test]
async fn no_greeting_is_repeated() {
    let (result, recorder) = greeted::<crate::imap::Imap>(format!("* BYE {EVIL}\r\n")).await;
    assert!(matches!(result, Err(WireError::Bye { .. })));
    nothing_told(&recorder, 2);
    let (result, recorder) = greeted::<crate::smtp::Smtp>(format!("554 5.7.1 {EVIL}\r\n")).await;
    assert!(matches!(result, Err(WireError::Reply { .. })), "{result:?}");
    nothing_told(&recorder, 2);
    let told = format!("{:?}", recorder.ended()[0].outcome);
    assert!(told.contains("554") && told.contains("5.7.1"), "{told}");
    let (result, recorder) = greeted::<crate::sieve::Sieve>(format!("BYE \"{EVIL}\"\r\n")).await;
    assert!(matches!(result, Err(WireError::Bye { .. })));
    nothing_told(&recorder, 2);
    let (result, recorder) = greeted::<crate::imap::Imap>(format!("{EVIL}\r\n")).await;
    assert!(result.is_err());
    nothing_told(&recorder, 2);
}

#[tokio::test]
async fn no_answer_of_a_submission_server_is_repeated() {
    let offers = format!("250-{EVIL}\r\n250-SIZE 1000000\r\n250-ZORGLUBINE quidamesque\r\n250 DSN\r\n");
    let whole = [
        on("MAIL", format!("250 2.1.0 {EVIL}\r\n")),
        on("RCPT", format!("250 2.1.5 <a@b.mssante.test> {EVIL}\r\n")),
        on("RCPT", format!("550 5.1.1 <c@b.mssante.test>: User unknown {EVIL}\r\n")),
        on("DATA", format!("354 {EVIL}\r\n")),
        Turn::Message,
    ];
    let to = smtp::envelope(&["a@b.mssante.test", "c@b.mssante.test"]);
    let letter = format!("Subject: {EVIL}\r\n\r\n{EVIL}\r\n");
    for end in [
        format!("250 2.0.0 Ok: queued as QUIDAMESQUE {EVIL}\r\n"),
        format!("554 5.6.0 {EVIL}\r\n"),
        format!("421 4.3.2 {EVIL}\r\n"),
        format!("{EVIL}\r\n"),
    ] {
        let turns = [whole.as_slice(), &[Turn::Say(end.into_bytes())]].concat();
        let mut server = smtp::server(&offers, turns, PATIENCE).await;
        server.connection.send(&to, letter.as_bytes()).await.unwrap();
        drop(server.connection);
        nothing_told(&server.recorder, 9);
        // Each recipient is told with their own answer.
        let told = format!("{:?}", server.recorder.ended());
        assert!(
            told.contains("<c@b.mssante.test>: User unknown …") && told.contains("5.1.1"),
            "{told}"
        );
    }
    let turns = vec![on("QUIT", format!("221 2.0.0 {EVIL}\r\n"))];
    let mut server = smtp::server(&offers, turns, PATIENCE).await;
    server.connection.quit().await.unwrap();
    nothing_told(&server.recorder, 2);
}

#[tokio::test]
async fn no_answer_of_a_sieve_server_is_repeated() {
    let ok = format!("OK (ZORGLUBINE \"QUIDAMESQUE\") \"{EVIL}\"\r\n");
    let turns = vec![
        on("LISTSCRIPTS", format!("\"{EVIL}\" ACTIVE\r\n{ok}")),
        on("GETSCRIPT", format!("{{12}}\r\n# Zorglubine\r\n{ok}")),
        on("PUTSCRIPT", ""),
        on("", format!("NO (QUOTA/MAXSIZE) \"{EVIL}\"\r\n")),
        on("CHECKSCRIPT", ""),
        on("", format!("NO \"line 1: {EVIL}\"\r\n")),
        on("SETACTIVE", format!("NO (NONEXISTENT) \"{EVIL}\"\r\n")),
        on("LOGOUT", format!("BYE \"{EVIL}\"\r\n")),
    ];
    let server = sieve::server(turns, PATIENCE).await;
    let mut session = server.session.unwrap();
    session.list_scripts().await.unwrap();
    session.get_script("a").await.unwrap();
    session.put_script("a", "# zorglubine").await.unwrap_err();
    session.check_script("# quidamesque").await.unwrap_err();
    session.set_active(Some("a")).await.unwrap_err();
    session.logout().await.unwrap();
    drop(session);
    nothing_told(&server.recorder, 2 * 7);
}
