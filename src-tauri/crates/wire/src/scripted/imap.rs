//! IMAP servers that lie, cut and stall.

use std::time::Duration;

use pli_terms::{Address, Uid, UidSet};
use proptest::prelude::*;
use tokio::sync::mpsc;

use super::{Recorder, SHORT, Turn, on, pipe, play, said, trail};
use crate::audit::{Action, Protocol};
use crate::imap::{
    BodyPiece, BodyRequest, Flags, Greeted, HeaderRow, ImapSession, MailboxName, Session, SyncLevel, Unsolicited,
};
use crate::{Credentials, Endpoint, Timeouts, TlsMode, WireError};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Server {
    pub(super) session: Session,
    pub(super) told: tokio::task::JoinHandle<Vec<String>>,
    pub(super) recorder: std::sync::Arc<Recorder>,
}

pub(super) fn credentials() -> Credentials {
    let user = Address::parse("dr.martin@alpha.mssante.test").unwrap();
    Credentials::Bearer {
        user,
        token: "jeton".to_owned().into(),
    }
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint {
        host: "imap.alpha.mssante.test".to_owned(),
        port: 993,
        tls: TlsMode::Implicit,
    }
}

/// Logs in to a server of these capabilities, which then plays its turns.
pub(super) async fn server_within(
    capabilities: &str,
    turns: Vec<Turn>,
    patience: Duration,
) -> Result<Server, WireError> {
    let (socket, theirs) = pipe(patience);
    let mut script = vec![
        on("AUTHENTICATE XOAUTH2", "+ \r\n"),
        on("", "A0001 OK logged in\r\n"),
        on(
            "CAPABILITY",
            format!("* CAPABILITY IMAP4rev1 {capabilities}\r\n$ OK done\r\n"),
        ),
    ];
    if capabilities.contains("QRESYNC") {
        script.push(on("ENABLE QRESYNC", "* ENABLED QRESYNC\r\n$ OK\r\n"));
    }
    script.extend(turns);
    let told = play(theirs, script);
    let (trail, recorder) = trail(Protocol::Imap);
    let greeted = Greeted::over(socket, trail, "IMAP4rev1 AUTH=XOAUTH2");
    let timeouts = Timeouts {
        read: patience,
        done: SHORT,
        ..Timeouts::default()
    };
    let mut session = greeted.log_in(&endpoint(), &credentials(), timeouts).await?;
    session.learn().await?;
    Ok(Server {
        session,
        told,
        recorder,
    })
}

pub(super) async fn server(capabilities: &str, turns: Vec<Turn>) -> Server {
    server_within(capabilities, turns, PATIENCE).await.unwrap()
}

pub(super) fn uids(values: &[u32]) -> UidSet {
    values.iter().copied().filter_map(Uid::new).collect()
}

pub(super) fn want(values: &[u32], size: Option<u64>) -> Vec<BodyRequest> {
    values
        .iter()
        .copied()
        .filter_map(Uid::new)
        .map(|uid| BodyRequest { uid, size })
        .collect()
}

pub(super) async fn bodies(
    session: &mut Session,
    wanted: &[BodyRequest],
) -> (Result<crate::imap::FetchReport, WireError>, Vec<BodyPiece>) {
    let (pieces, mut came) = mpsc::channel(100);
    let report = session.fetch_bodies(wanted, pieces).await;
    let mut all = Vec::new();
    while let Some(piece) = came.recv().await {
        all.push(piece);
    }
    (report, all)
}

pub(super) async fn headers(
    session: &mut Session,
    set: &UidSet,
) -> (Result<crate::imap::FetchReport, WireError>, Vec<HeaderRow>) {
    let (rows, mut came) = mpsc::channel(100);
    let report = session.fetch_headers(set, false, rows).await;
    let mut all = Vec::new();
    while let Some(row) = came.recv().await {
        all.push(row);
    }
    (report, all)
}

#[tokio::test]
async fn a_good_bye_in_mid_command_is_told_and_ends_the_session() {
    let turns = vec![on("NOOP", "* BYE shutting down\r\n"), Turn::Close];
    let mut server = server("IDLE", turns).await;
    let error = server.session.noop().await.unwrap_err();
    assert!(
        matches!(&error, WireError::Bye { text, .. } if text == "shutting down"),
        "{error:?}"
    );
    assert!(error.is_transient() && !server.session.is_usable());
    assert_eq!(server.session.drain(), [Unsolicited::Bye("shutting down".to_owned())]);
    assert!(matches!(server.session.noop().await, Err(WireError::Broken)));
}

#[tokio::test]
async fn silence_becomes_a_timeout_and_is_traced() {
    let turns = vec![on("NOOP", ""), Turn::Stall];
    let mut server = server_within("IDLE", turns, SHORT).await.unwrap();
    let error = server.session.noop().await.unwrap_err();
    assert!(matches!(error, WireError::Timeout { .. }), "{error:?}");
    assert!(!server.session.is_usable());
    drop(server.session);
    let entries = server.recorder.ended();
    let told: Vec<&str> = entries.iter().rev().take(2).map(said).collect();
    assert_eq!(
        told, ["pas de réponse à temps · NOOP"; 2],
        "the command, then the connection"
    );
}

#[tokio::test]
async fn a_connection_cut_at_any_octet_of_a_fetch_gives_whole_messages_only() {
    let answer = b"* 1 FETCH (UID 11 BODY[] {9}\r\nA: b\r\n\r\nc)\r\n* 5 EXISTS\r\n\
        * 2 FETCH (UID 12 FLAGS (\\Seen) BODY[] {9}\r\nA: b\r\n\r\nd)\r\nA0003 OK done\r\n";
    for cut in 0..answer.len() {
        let turns = vec![on("UID FETCH", &answer[..cut]), Turn::Close];
        let mut server = server("IDLE", turns).await;
        let (report, pieces) = bodies(&mut server.session, &want(&[11, 12], Some(9))).await;
        let error = report.unwrap_err();
        assert!(error.is_transient(), "cut at {cut}: {error:?}");
        assert!(!server.session.is_usable());
        for piece in pieces {
            let expected: &[u8] = if piece.uid.get() == 11 {
                b"A: b\r\n\r\nc"
            } else {
                b"A: b\r\n\r\nd"
            };
            assert!(piece.last && piece.bytes == expected, "cut at {cut}");
        }
    }
}

#[tokio::test]
async fn news_strays_and_disorder_inside_an_answer_lose_nothing() {
    let answer = "* 9 EXISTS\r\n* 3 EXPUNGE\r\n* 7 FETCH (FLAGS (\\Deleted))\r\n\
        * 2 FETCH (BODY[HEADER.FIELDS (DATE)]<0> {6}\r\nA: 2\r\n UID 12 FLAGS (\\Seen) RFC822.SIZE 20)\r\n\
        * 2 FETCH (UID 12 BODY[HEADER.FIELDS (DATE)]<0> {6}\r\nA: x\r\n)\r\n\
        * 8 FETCH (UID 99 BODY[HEADER.FIELDS (DATE)]<0> {6}\r\nA: y\r\n)\r\n\
        * 5 FETCH (BODY[HEADER.FIELDS (DATE)]<0> {6}\r\nA: z\r\n)\r\n\
        * 1 FETCH (UID 11 FLAGS () INTERNALDATE \"nonsense\" RFC822.SIZE 10 BODY[HEADER.FIELDS (DATE)]<0> NIL)\r\n\
        * VANISHED 40:41\r\n* 1 FETCH (UID 11 FLAGS (\\Flagged))\r\n* OK [ALERT] maintenance ce soir\r\n$ OK done\r\n";
    let mut server = server("IDLE", vec![on("UID FETCH 11:13", answer), on("NOOP", "$ OK\r\n")]).await;
    let (report, rows) = headers(&mut server.session, &uids(&[11, 12, 13])).await;
    let report = report.unwrap();
    let came: Vec<_> = rows.iter().map(|row| (row.uid.get(), row.header.to_vec())).collect();
    assert_eq!(came, [(12, b"A: 2\r\n".to_vec()), (11, Vec::new())]);
    assert_eq!(rows[1].received, None);
    assert_eq!((report.strays, report.missing), (2, uids(&[13])));
    let said = server.session.drain();
    assert!(said.contains(&Unsolicited::Exists(9)) && said.contains(&Unsolicited::Expunge(3)));
    assert!(said.contains(&Unsolicited::Vanished(uids(&[40, 41]))));
    assert!(said.contains(&Unsolicited::Alert("maintenance ce soir".to_owned())));
    let flags = said
        .iter()
        .filter(|item| matches!(item, Unsolicited::Flags { .. }))
        .count();
    assert_eq!(flags, 2, "{said:?}");
    server.session.noop().await.unwrap();
    assert!(server.session.drain().is_empty());
}

#[tokio::test]
async fn a_uidvalidity_of_nothing_is_none() {
    let answer = "* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 0] x\r\n* OK [UIDNEXT 99999999999] x\r\n\
        * OK [NOMODSEQ] none\r\n* FLAGS (\\Seen)\r\n$ OK [READ-ONLY] done\r\n";
    let mut server = server("CONDSTORE", vec![on("SELECT \"INBOX\" (CONDSTORE)", answer)]).await;
    let selected = server.session.select(&MailboxName::inbox(), None).await.unwrap();
    assert_eq!(
        (selected.exists, selected.uid_validity, selected.uid_next),
        (3, None, None)
    );
    assert_eq!(
        (selected.level, selected.read_only, selected.keywords),
        (SyncLevel::None, true, false)
    );
}

#[tokio::test]
async fn literals_longer_shorter_or_larger_than_said_break_the_session_only() {
    let long = "* 1 FETCH (UID 11 BODY[] {4}\r\nA: b\r\n\r\nbeaucoup plus)\r\n$ OK\r\n".to_owned();
    let short = "* 1 FETCH (UID 11 BODY[] {4000}\r\nA: b)\r\n$ OK\r\n".to_owned();
    let huge = "* 1 FETCH (UID 11 BODY[] {629145600}\r\nA: b".to_owned();
    let deep = format!("* 1 FETCH (UID 11 BODYSTRUCTURE {}", "(".repeat(100_000));
    let panics = "* 1 FETCH (UID 11 INTERNALDATE NIL)\r\n$ OK\r\n".to_owned();
    let nonsense = "<html>portail captif</html>\r\n".to_owned();
    for answer in [long, short, huge, deep, panics, nonsense] {
        let mut server = server("IDLE", vec![on("UID FETCH", &answer), Turn::Close]).await;
        let (report, pieces) = bodies(&mut server.session, &want(&[11], Some(4))).await;
        let error = report.unwrap_err();
        let unusable = matches!(error, WireError::Unreadable { .. } | WireError::Closed { .. });
        assert!(unusable && !server.session.is_usable(), "{answer:.60}: {error:?}");
        assert!(pieces.is_empty());
        assert!(!error.to_string().contains("beaucoup") && !error.to_string().contains("captif"));
    }
}

#[tokio::test]
async fn empty_and_absent_bodies_are_told_apart_from_missing_ones() {
    let answer = "* 1 FETCH (UID 11 BODY[] {0}\r\n)\r\n* 2 FETCH (UID 12 BODY[] NIL)\r\n* 3 FETCH (UID 13 BODY[] \"\")\r\n$ OK\r\n";
    let mut server = server("IDLE", vec![on("UID FETCH 11:14", answer)]).await;
    let (report, pieces) = bodies(&mut server.session, &want(&[11, 12, 13, 14], Some(0))).await;
    assert_eq!(report.unwrap().missing, uids(&[14]));
    assert!(pieces.iter().all(|piece| piece.bytes.is_empty() && piece.last) && pieces.len() == 3);
}

#[tokio::test]
async fn a_receiver_that_goes_away_ends_the_fetch() {
    let answer = "* 1 FETCH (UID 11 BODY[] {1}\r\na)\r\n* 2 FETCH (UID 12 BODY[] {1}\r\nb)\r\n$ OK\r\n";
    let mut server = server("IDLE", vec![on("UID FETCH", answer)]).await;
    let (pieces, came) = mpsc::channel(1);
    drop(came);
    let error = server
        .session
        .fetch_bodies(&want(&[11, 12], Some(1)), pieces)
        .await
        .unwrap_err();
    assert!(matches!(error, WireError::Abandoned));
    assert!(!server.session.is_usable());
}

#[tokio::test]
async fn without_extensions_the_server_is_asked_for_none() {
    let mailbox = MailboxName::new("Archive").unwrap();
    let select = on(
        "SELECT \"INBOX\"\r\n",
        "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n$ OK [READ-WRITE] done\r\n",
    );
    let list = on(
        "LIST \"\" \"*\"\r\n",
        "* LIST (\\HasNoChildren) NIL Archive\r\n* LIST () \".\" \"INBOX.Sent\"\r\n* LIST (\\Noselect) \"/\" {4}\r\nA&AO\r\n$ OK\r\n",
    );
    let append = vec![
        on("APPEND \"Archive\" (\\Seen) {5}", "+ go\r\n"),
        Turn::Read(7),
        Turn::Say(b"A0006 OK done\r\n".to_vec()),
    ];
    let mut turns = vec![
        select,
        on(
            "UID FETCH 1:* (UID FLAGS)\r\n",
            "* 1 FETCH (UID 5 FLAGS ())\r\n$ OK\r\n",
        ),
        list,
    ];
    turns.extend(append);
    turns.push(on("UID STORE 5 +FLAGS.SILENT (\\Seen)", "$ OK\r\n"));
    let mut server = server("", turns).await;
    let session = &mut server.session;
    let selected = session.select(&MailboxName::inbox(), None).await.unwrap();
    assert_eq!((selected.level, selected.highest_modseq), (SyncLevel::None, None));
    let one = Uid::new(1).unwrap();
    assert_eq!(session.fetch_flags(one, None, None).await.unwrap().rows.len(), 1);
    let folders = session.list().await.unwrap();
    assert_eq!((folders[0].delimiter, folders[0].name.shown()), (None, "Archive"));
    assert_eq!(folders[1].special_use, Some(crate::imap::SpecialUse::Sent));
    assert!(!folders[2].selectable && folders[2].name.shown() == "A&AO");
    assert_eq!(
        session.append(&mailbox, &Flags::seen(), None, b"hello").await.unwrap(),
        None
    );
    session
        .store_flags(&uids(&[5]), true, &Flags::seen(), pli_terms::ModSeq::new(3))
        .await
        .unwrap();
    // Nothing is sent for what would delete others' messages, or cannot be answered.
    let interrupt = tokio::sync::Notify::new();
    assert!(matches!(
        session.uid_move(&uids(&[5]), &mailbox).await,
        Err(WireError::Missing(_))
    ));
    assert!(matches!(
        session.uid_expunge(&uids(&[5])).await,
        Err(WireError::Missing(_))
    ));
    assert!(matches!(
        session.idle(PATIENCE, &interrupt).await,
        Err(WireError::Missing(_))
    ));
    let since = pli_terms::ModSeq::new(3);
    assert!(matches!(
        session.fetch_flags(one, None, since).await,
        Err(WireError::Missing(_))
    ));
    assert_eq!(session.quota().await.unwrap(), None);
    assert!(session.is_usable());
}

#[tokio::test]
async fn without_move_messages_are_copied_then_deleted_and_not_when_the_copy_fails() {
    let mailbox = MailboxName::new("Archive").unwrap();
    let turns = vec![
        on("UID COPY 5 \"Archive\"", "$ OK [COPYUID 9 5 77] done\r\n"),
        on("UID STORE 5 +FLAGS.SILENT (\\Deleted)", "$ OK\r\n"),
        on("UID EXPUNGE 5", "* 1 EXPUNGE\r\n$ OK\r\n"),
        on("UID COPY 6 \"Archive\"", "$ NO [TRYCREATE] no such folder\r\n"),
    ];
    let mut server = server("UIDPLUS", turns).await;
    let moved = server.session.uid_move(&uids(&[5]), &mailbox).await.unwrap();
    assert_eq!(moved, [(Uid::new(5).unwrap(), Uid::new(77).unwrap())]);
    let error = server.session.uid_move(&uids(&[6]), &mailbox).await.unwrap_err();
    assert!(
        matches!(&error, WireError::Refused { code: Some(code), .. } if code == "TRYCREATE"),
        "{error:?}"
    );
    assert!(server.session.is_usable());
    drop(server.session);
    assert!(!server.told.await.unwrap().iter().any(|line| line.contains("STORE 6")));
}

#[tokio::test]
async fn idle_hears_what_comes_before_the_plus_is_refused_or_never_ended() {
    let interrupt = tokio::sync::Notify::new();
    let turns = vec![
        on("IDLE", "* 4 EXISTS\r\n+ idling\r\n"),
        on("DONE", "A0003 OK done\r\n"),
        on("IDLE", "$ NO not now\r\n"),
    ];
    let mut first = server("IDLE", turns).await;
    assert_eq!(
        first.session.idle(PATIENCE, &interrupt).await.unwrap(),
        crate::imap::IdleEnd::News
    );
    assert_eq!(first.session.drain(), [Unsolicited::Exists(4)]);
    assert!(matches!(
        first.session.idle(PATIENCE, &interrupt).await,
        Err(WireError::Refused { .. })
    ));
    assert!(first.session.is_usable());
    let turns = vec![
        on("IDLE", "+ idling\r\n* OK Still here\r\n"),
        on("DONE", ""),
        Turn::Stall,
    ];
    let mut second = server("IDLE", turns).await;
    interrupt.notify_one();
    let error = second.session.idle(PATIENCE, &interrupt).await.unwrap_err();
    assert!(matches!(error, WireError::Timeout { during: "DONE" }), "{error:?}");
    let mut third = server("IDLE", vec![on("IDLE", "+ idling\r\n"), Turn::Close]).await;
    assert!(
        third
            .session
            .idle(PATIENCE, &interrupt)
            .await
            .unwrap_err()
            .is_transient()
    );
}

#[tokio::test]
async fn the_refusal_of_a_token_is_danced_to_its_end_even_when_cut() {
    // {"status":"401","schemes":"bearer","scope":"mail"}
    let challenge = "+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJtYWlsIn0=\r\n";
    let refusals = [
        vec![on("", challenge), on("", "A0001 NO [AUTHENTICATIONFAILED] no\r\n")],
        vec![on("", challenge), Turn::Close],
        vec![on("", "A0001 NO authentication failure\r\n")],
    ];
    for end in refusals {
        let (socket, theirs) = pipe(PATIENCE);
        let mut turns = vec![on("AUTHENTICATE XOAUTH2", "+ \r\n")];
        turns.extend(end);
        let told = play(theirs, turns);
        let (trail, recorder) = trail(Protocol::Imap);
        let greeted = Greeted::over(socket, trail, "IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER");
        let error = greeted
            .log_in(&endpoint(), &credentials(), Timeouts::default())
            .await
            .unwrap_err();
        assert!(error.is_token_refused(), "{error:?}");
        let actions: Vec<Action> = recorder.ended().iter().map(|entry| entry.action).collect();
        assert_eq!(actions, [Action::Login, Action::Disconnect]);
        let told = told.await.unwrap();
        assert_eq!(told[0], "A0001 AUTHENTICATE XOAUTH2\r\n", "no initial response");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_a_server_says_is_an_answer_or_an_error(said in proptest::collection::vec(any::<u8>(), 0..300)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut server = server("IDLE", vec![on("UID FETCH", &said), Turn::Close]).await;
            let (report, _) = headers(&mut server.session, &uids(&[1, 2])).await;
            assert!(report.is_err());
        });
    }
}
