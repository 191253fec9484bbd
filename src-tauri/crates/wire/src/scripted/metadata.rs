//! METADATA told by servers that lie, cut, stall, or repeat what somebody else wrote there.

use pli_terms::MessageId;

use super::imap::{server, server_within};
use super::{SHORT, Turn, on};
use crate::WireError;
use crate::audit::AuditOutcome;
use crate::imap::{Annotations, ImapSession, MailboxName, Session};

const ENTRY: &str = "/shared/vendor/vendor.pli/handling/00112233445566778899aabbccddeeff";

async fn ask(session: &mut Session) -> Result<Annotations, WireError> {
    session
        .annotations(&MailboxName::inbox(), &[ENTRY.to_owned()], 4096)
        .await
}

fn values(found: &Annotations) -> Vec<&[u8]> {
    found.entries.iter().filter_map(|one| one.value.as_deref()).collect()
}

#[tokio::test]
async fn an_unquoted_mailbox_and_octets_that_are_no_text_end_no_connection() {
    let answer = format!(
        "* 7 EXISTS\r\n* METADATA INBOX ({ENTRY}/a {{5}}\r\nA1 OK {ENTRY}/b {{2}}\r\n\u{7f}\r)\r\n* METADATA \"Autre\" ({ENTRY}/c \"x\")\r\n$ OK done\r\n"
    );
    let mut octets = answer.into_bytes();
    let at = octets.iter().position(|octet| *octet == 0x7f).unwrap();
    octets[at] = 0xff;
    let turns = vec![
        on("GETMETADATA (MAXSIZE 4096 DEPTH infinity) \"INBOX\" (", octets),
        on("NOOP", "$ OK\r\n"),
    ];
    let mut server = server("METADATA", turns).await;
    let found = ask(&mut server.session).await.unwrap();
    assert_eq!(values(&found), [b"A1 OK".as_slice(), b"\xff\r"]);
    assert!(!found.cut);
    assert_eq!(server.session.drain().len(), 1, "news among it are kept");
    server.session.noop().await.unwrap();
}

#[tokio::test]
async fn what_comes_unasked_is_dropped_and_what_is_no_answer_is_said_to_be_cut() {
    let turns = vec![
        on(
            "NOOP",
            format!("* METADATA INBOX {ENTRY}\r\n* METADATA INBOX ({ENTRY}/x \"old\")\r\n$ OK\r\n"),
        ),
        on(
            "GETMETADATA",
            format!("* METADATA INBOX ({ENTRY}/a \"new\")\r\n* METADATA INBOX nonsense (\r\n$ OK\r\n"),
        ),
        on(
            "GETMETADATA",
            "$ OK [METADATA LONGENTRIES 99999] some were left out\r\n",
        ),
    ];
    let mut server = server("METADATA", turns).await;
    server.session.noop().await.unwrap();
    let found = ask(&mut server.session).await.unwrap();
    assert_eq!((values(&found), found.cut), (vec![b"new".as_slice()], true));
    assert_eq!(ask(&mut server.session).await.unwrap(), Annotations::default());
}

#[tokio::test]
async fn an_answer_without_end_is_bounded() {
    let one = format!("* METADATA INBOX ({ENTRY}/a {{1000}}\r\n{})\r\n", "x".repeat(1000));
    let turns = vec![
        on("GETMETADATA", format!("{}$ OK\r\n", one.repeat(2000))),
        on("NOOP", "$ OK\r\n"),
    ];
    let mut server = server("METADATA", turns).await;
    let found = ask(&mut server.session).await.unwrap();
    assert!(found.cut && found.entries.len() < 1000);
    server.session.noop().await.unwrap();
    let huge = vec![
        on("GETMETADATA", format!("* METADATA INBOX ({ENTRY}/a {{900000000}}\r\n")),
        Turn::Stall,
    ];
    let mut server = super::imap::server("METADATA", huge).await;
    let error = ask(&mut server.session).await.unwrap_err();
    assert!(error.breaks_connection(), "{error:?}");
}

#[tokio::test]
async fn a_connection_cut_at_any_octet_tells_nothing_wrong() {
    let answer = format!("* METADATA INBOX ({ENTRY}/a {{5}}\r\nhello)\r\nA0003 OK done\r\n");
    for cut in 0..answer.len() {
        let turns = vec![on("GETMETADATA", &answer[..cut]), Turn::Close];
        let mut server = server("METADATA", turns).await;
        let error = ask(&mut server.session).await.unwrap_err();
        assert!(
            error.is_transient() && !server.session.is_usable(),
            "cut at {cut}: {error:?}"
        );
    }
}

#[tokio::test]
async fn silence_becomes_a_timeout() {
    let turns = vec![
        on("GETMETADATA", format!("* METADATA INBOX ({ENTRY}/a {{5}}\r\nhel")),
        Turn::Stall,
    ];
    let mut server = server_within("METADATA", turns, SHORT).await.unwrap();
    let error = ask(&mut server.session).await.unwrap_err();
    assert!(matches!(error, WireError::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn an_entry_is_written_as_a_literal_and_no_trace_holds_it() {
    let turns = vec![
        on("SETMETADATA \"INBOX\" (/shared/", "* 8 EXISTS\r\n+ go on\r\n"),
        Turn::Read("note de Mme Dupont)\r\n".len()),
        Turn::Say(b"A0003 OK done\r\n".to_vec()),
        on("SETMETADATA", "$ NO [METADATA TOOMANY] full\r\n"),
        on(" NIL)", "$ OK gone\r\n"),
    ];
    let mut server = server("METADATA", turns).await;
    let (inbox, name) = (MailboxName::inbox(), format!("{ENTRY}/a"));
    let about = MessageId::parse("<bilan@labo.test>").unwrap();
    let session = &mut server.session;
    let note = Some(b"note de Mme Dupont".as_slice());
    session.annotate(&inbox, &name, note, Some(&about)).await.unwrap();
    let refused = session.annotate(&inbox, &name, note, None).await.unwrap_err();
    assert!(matches!(refused, WireError::Refused { .. }), "{refused:?}");
    session.annotate(&inbox, &name, None, None).await.unwrap();
    assert!(matches!(
        session.annotate(&inbox, "/shared/a b", note, None).await,
        Err(WireError::Name)
    ));
    let entries = server.recorder.ended();
    let told = format!("{entries:?}");
    assert!(!told.contains("Dupont") && !told.contains("0011223344"), "{told}");
    let written = entries
        .iter()
        .find(|entry| entry.request.as_str().starts_with("SETMETADATA"));
    let written = written.unwrap();
    assert_eq!(written.messages[0].message_id.as_ref(), Some(&about));
    assert!(matches!(written.outcome, AuditOutcome::Answered { accepted: true, .. }));
}

#[tokio::test]
async fn a_server_without_it_is_asked_nothing() {
    let mut server = server("IDLE", Vec::new()).await;
    assert!(matches!(
        ask(&mut server.session).await,
        Err(WireError::Missing("METADATA"))
    ));
    let written = server.session.annotate(&MailboxName::inbox(), ENTRY, None, None).await;
    assert!(matches!(written, Err(WireError::Missing("METADATA"))));
}
