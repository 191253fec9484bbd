//! Deleting exactly what is named, on servers that lie, refuse and cut: nothing is marked or expunged but what was asked for,
//! and what a server says unasked is heard.

use pli_terms::{ModSeq, UidValidity};

use super::imap::{server, uids};
use super::{Turn, on, said};
use crate::WireError;
use crate::audit::Action;
use crate::imap::{ImapSession, MailboxName, Unsolicited};

const FULL: &str = "UIDPLUS CONDSTORE";

#[tokio::test]
async fn a_look_tells_what_is_there_the_last_word_on_flags_and_what_was_not_told() {
    let answer = "* 3 FETCH (UID 12 FLAGS (\\Seen) MODSEQ (7) RFC822.SIZE 20 INTERNALDATE \" 1-Jan-2026 10:00:00 +0100\" \
        BODY[HEADER.FIELDS (MESSAGE-ID)] {24}\r\nMessage-ID: <a@b.test>\r\n)\r\n\
        * 3 FETCH (UID 12 FLAGS (\\Seen \\Flagged) MODSEQ (9))\r\n* 4 FETCH (UID 13 FLAGS ())\r\n\
        * 9 FETCH (UID 99 FLAGS (\\Deleted))\r\n* 7 EXPUNGE\r\n* OK [UIDVALIDITY 8] another folder\r\n$ OK done\r\n";
    let look = "UID FETCH 11:13 (UID FLAGS MODSEQ RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])\r\n";
    let turns = vec![
        on(look, answer),
        on("UID FETCH 11:13 (UID FLAGS MODSEQ)\r\n", "$ OK\r\n"),
    ];
    let mut server = server(FULL, turns).await;
    let rows = server.session.look(&uids(&[11, 12, 13]), true).await.unwrap();
    let seen: Vec<_> = rows.iter().map(|row| row.uid.get()).collect();
    assert_eq!(
        seen,
        [12, 13],
        "what is not answered is not there, and nobody else's answer counts"
    );
    let flags = rows[0].flags.as_ref().unwrap();
    assert!(flags.flagged && flags.seen && !flags.deleted);
    assert_eq!((rows[0].modseq, rows[0].size), (ModSeq::new(9), Some(20)));
    assert_eq!(rows[0].header.as_deref(), Some(&b"Message-ID: <a@b.test>\r\n"[..]));
    assert!(rows[1].header.is_none() && rows[1].size.is_none() && rows[1].flags.is_some());
    let heard = server.session.drain();
    assert!(
        heard.contains(&Unsolicited::UidValidity(UidValidity::new(8))),
        "{heard:?}"
    );
    assert!(heard.contains(&Unsolicited::Expunge(7)));
    assert!(
        server
            .session
            .look(&uids(&[11, 12, 13]), false)
            .await
            .unwrap()
            .is_empty()
    );
    let entries = server.recorder.ended();
    let last = entries.last().unwrap();
    assert_eq!((last.action, &last.uids), (Action::Examine, &uids(&[11, 12, 13])));
    assert!(last.messages.is_empty(), "who purges keeps a trace of each message");
}

#[tokio::test]
async fn a_mark_is_conditional_and_what_was_left_alone_is_told() {
    let turns = vec![
        on(
            "UID STORE 4:6,9 (UNCHANGEDSINCE 20) +FLAGS.SILENT (\\Deleted)\r\n",
            "* 1 FETCH (UID 4 MODSEQ (21))\r\n$ OK [MODIFIED 5,9] some changed\r\n",
        ),
        on("UID STORE 4 -FLAGS.SILENT (\\Deleted)\r\n", "$ OK\r\n"),
        on("UID EXPUNGE 6\r\n", "* VANISHED 6\r\n$ OK\r\n"),
    ];
    let mut server = server(FULL, turns).await;
    let set = uids(&[4, 5, 6, 9]);
    let left = server.session.mark_deleted(&set, ModSeq::new(20)).await.unwrap();
    assert_eq!(left, uids(&[5, 9]));
    server.session.unmark_deleted(&uids(&[4])).await.unwrap();
    server.session.expunge_marked(&uids(&[6])).await.unwrap();
    assert_eq!(server.session.drain(), [Unsolicited::Vanished(uids(&[6]))]);
    drop(server.session);
    let told = server.told.await.unwrap();
    assert_eq!(
        told.iter().filter(|line| line.contains("STORE")).count(),
        2,
        "expunging marks nothing"
    );
    let actions: Vec<Action> = server.recorder.ended().iter().map(|entry| entry.action).collect();
    assert!(
        actions.ends_with(&[Action::Mark, Action::Mark, Action::Purge, Action::Disconnect]),
        "{actions:?}"
    );
}

#[tokio::test]
async fn a_mark_that_is_refused_because_all_changed_says_so() {
    let turns = vec![on("UID STORE 4", "$ NO [MODIFIED 4] changed\r\n")];
    let mut server = server(FULL, turns).await;
    let error = server
        .session
        .mark_deleted(&uids(&[4]), ModSeq::new(2))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, WireError::Refused { code: Some(code), .. } if code == "MODIFIED"),
        "{error:?}"
    );
    assert!(server.session.is_usable());
}

#[tokio::test]
async fn without_uidplus_nothing_is_marked_nor_expunged() {
    let mut server = server("CONDSTORE", vec![Turn::Stall]).await;
    let set = uids(&[4]);
    assert!(matches!(
        server.session.mark_deleted(&set, None).await,
        Err(WireError::Missing("UIDPLUS"))
    ));
    assert!(matches!(
        server.session.unmark_deleted(&set).await,
        Err(WireError::Missing("UIDPLUS"))
    ));
    assert!(matches!(
        server.session.expunge_marked(&set).await,
        Err(WireError::Missing("UIDPLUS"))
    ));
    assert!(!server.told.is_finished() && server.session.is_usable());
}

#[tokio::test]
async fn each_of_them_refused_or_cut_is_told_and_traced() {
    for (answer, cut) in [
        ("$ NO [NOPERM] not yours\r\n", false),
        ("* 1 FETCH (UID 4 FLAGS ())\r\n", true),
    ] {
        for verb in 0..4 {
            let holds = ["UID FETCH 4", "UID STORE 4 +", "UID STORE 4 -", "UID EXPUNGE 4"][verb];
            let mut server = server("UIDPLUS", vec![on(holds, answer), Turn::Close]).await;
            let (session, set) = (&mut server.session, uids(&[4]));
            let error = match verb {
                0 => session.look(&set, true).await.map(drop),
                1 => session.mark_deleted(&set, None).await.map(drop),
                2 => session.unmark_deleted(&set).await,
                _ => session.expunge_marked(&set).await,
            };
            let error = error.unwrap_err();
            assert_eq!(
                (error.breaks_connection(), error.is_transient()),
                (cut, cut),
                "{holds}: {error:?}"
            );
            let last = server.recorder.ended().pop().unwrap();
            let action = [Action::Examine, Action::Mark, Action::Mark, Action::Purge][verb];
            assert_eq!(last.action, action);
            assert_eq!(said(&last).starts_with("connexion coupée"), cut, "{last:?}");
        }
    }
}

#[tokio::test]
async fn a_folder_where_nothing_can_be_marked_says_so() {
    let answer = |flags: &str| format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{flags}$ OK [READ-WRITE] done\r\n");
    for (flags, deletable) in [
        ("", true),
        ("* OK [PERMANENTFLAGS (\\Seen \\deleted)] x\r\n", true),
        ("* OK [PERMANENTFLAGS (\\Seen)] x\r\n", false),
        ("* OK [PERMANENTFLAGS ()] none\r\n", false),
    ] {
        let mut server = server("UIDPLUS", vec![on("SELECT", answer(flags))]).await;
        let selected = server.session.select(&MailboxName::inbox(), None).await.unwrap();
        assert_eq!(selected.deletable, deletable, "{flags}");
    }
}
