//! ManageSieve servers that lie, cut, inject and stay silent.

use std::time::Duration;

use pli_terms::Address;

use super::{Recorder, SHORT, Turn, on, pipe, play, trail};
use crate::audit::{AuditOutcome, Protocol};
use crate::sieve::{Greeted, Session, start_tls};
use crate::{Credentials, Endpoint, Timeouts, TlsMode, WireError};

const PATIENCE: Duration = Duration::from_secs(20);
const OFFERS: &str =
    "\"IMPLEMENTATION\" \"Test\"\r\n\"SIEVE\" \"fileinto vacation\"\r\n\"SASL\" \"XOAUTH2\"\r\nOK \"ready\"\r\n";

fn endpoint() -> Endpoint {
    Endpoint {
        host: "sieve.alpha.mssante.test".to_owned(),
        port: 4190,
        tls: TlsMode::StartTls,
    }
}

fn credentials() -> Credentials {
    Credentials::Bearer {
        user: Address::parse("dr.martin@alpha.mssante.test").unwrap(),
        token: "jeton".to_owned().into(),
    }
}

pub(super) struct Server {
    pub(super) session: Result<Session, WireError>,
    told: tokio::task::JoinHandle<Vec<String>>,
    pub(super) recorder: std::sync::Arc<Recorder>,
}

/// A server that is logged in to by this mechanism, then plays the turns.
pub(super) async fn logging_in(mechanism: &str, turns: Vec<Turn>, patience: Duration) -> Server {
    let (socket, theirs) = pipe(patience);
    let told = play(theirs, turns);
    let timeouts = Timeouts {
        read: patience,
        ..Timeouts::default()
    };
    let (trail, recorder) = trail(Protocol::Sieve);
    let greeted = Greeted::over(socket, trail, mechanism);
    let session = greeted.log_in(&endpoint(), &credentials(), timeouts).await;
    Server {
        session,
        told,
        recorder,
    }
}

pub(super) async fn server(turns: Vec<Turn>, patience: Duration) -> Server {
    let mut script = vec![
        on("AUTHENTICATE \"XOAUTH2\"\r\n", "\"\"\r\n"),
        on("\"dXNlcj1", "OK\r\n"),
        on("CAPABILITY", OFFERS),
    ];
    script.extend(turns);
    logging_in("XOAUTH2", script, patience).await
}

#[tokio::test]
async fn a_script_is_written_read_and_chosen_and_no_word_of_it_is_told() {
    let turns = vec![
        on("HAVESPACE \"congés \\\"été\\\"\" 20\r\n", "OK\r\n"),
        on("PUTSCRIPT \"congés \\\"été\\\"\" {20+}\r\n", ""),
        on("require", ""),
        on("secret", ""),
        on("\r\n", "OK (WARNINGS) {13}\r\nline 1: secre\r\n"),
        on("SETACTIVE \"congés", "OK\r\n"),
        on("LISTSCRIPTS", "\"a\"\r\n{15}\r\ncongés \"été\" ACTIVE\r\nOK\r\n"),
        on("GETSCRIPT \"a\"\r\n", "{20}\r\nrequire;\r\n#secret;\r\n\r\nOK\r\n"),
        on("SETACTIVE \"\"\r\n", "OK\r\n"),
        on(
            "RENAMESCRIPT \"a\" \"b \\\"c\\\"\"\r\n",
            "NO (ALREADYEXISTS) \"taken\"\r\n",
        ),
        on("RENAMESCRIPT \"a\" \"d\"\r\n", "OK\r\n"),
        on("DELETESCRIPT \"a\"\r\n", "NO (ACTIVE) \"in use\"\r\n"),
        on("LOGOUT", "BYE \"see you\"\r\n"),
    ];
    let server = server(turns, PATIENCE).await;
    let mut session = server.session.unwrap();
    assert!(session.capabilities().has("vacation") && !session.capabilities().has("duplicate"));
    let script = "require;\r\n#secret;\r\n";
    session.have_space("congés \"été\"", 20).await.unwrap();
    let warnings = session.put_script("congés \"été\"", script).await.unwrap();
    assert_eq!(warnings.as_deref(), Some("line 1: secre"));
    session.set_active(Some("congés \"été\"")).await.unwrap();
    let scripts = session.list_scripts().await.unwrap();
    assert_eq!(scripts.len(), 2);
    assert_eq!((scripts[1].name.as_str(), scripts[1].active), ("congés \"été\"", true));
    assert_eq!(session.get_script("a").await.unwrap(), script);
    session.set_active(None).await.unwrap();
    let taken = session.rename_script("a", "b \"c\"").await.unwrap_err();
    assert!(matches!(&taken, WireError::Refused { code: Some(code), .. } if code == "ALREADYEXISTS"));
    session.rename_script("a", "d").await.unwrap();
    assert!(matches!(session.rename_script("a", "").await, Err(WireError::Name)));
    let refused = session.delete_script("a").await.unwrap_err();
    assert!(matches!(&refused, WireError::Refused { code: Some(code), .. } if code == "ACTIVE"));
    assert!(session.is_usable());
    session.logout().await.unwrap();
    assert!(!session.is_usable());
    assert!(matches!(session.list_scripts().await, Err(WireError::Broken)));
    let entries = server.recorder.0.lock().unwrap();
    let text = format!("{entries:?}");
    assert!(!text.contains("secre") && !text.contains("require") && !text.contains("jeton"));
    let put: Vec<_> = entries
        .iter()
        .filter(|entry| entry.request.as_str() == "PUTSCRIPT 20 octets")
        .collect();
    assert_eq!((put.len(), &put[0].outcome), (2, &AuditOutcome::Intended));
    assert_eq!(
        (put[0].octets_out, put[1].mailbox.as_deref()),
        (0, Some("congés \"été\""))
    );
    assert!(put[1].octets_out > 20);
    let renamed = entries
        .iter()
        .rfind(|entry| entry.request.as_str() == "RENAMESCRIPT")
        .unwrap();
    assert_eq!(
        (renamed.mailbox.as_deref(), renamed.target.as_deref()),
        (Some("a"), Some("d"))
    );
    let got = entries
        .iter()
        .rfind(|entry| entry.request.as_str() == "GETSCRIPT")
        .unwrap();
    assert!(got.octets_in > 20 && got.mailbox.as_deref() == Some("a"));
    assert!(!entries.iter().any(|entry| entry.request.as_str().contains("congés")));
}

#[tokio::test]
async fn what_is_wrong_with_a_script_is_for_the_person_and_not_for_the_trace() {
    let words = "line 2: error: unknown command 'secret'.\r\nline 3: error";
    let answer = format!("NO {{{}}}\r\n{words}\r\n", words.len());
    let turns = vec![
        on("CHECKSCRIPT {6+}", ""),
        on("secret", answer),
        on("PUTSCRIPT \"a\" {6+}", ""),
        on("secret", "NO (QUOTA/MAXSIZE) \"too big\"\r\n"),
    ];
    let server = server(turns, PATIENCE).await;
    let mut session = server.session.unwrap();
    let error = session.check_script("secret").await.unwrap_err();
    assert!(
        matches!(&error, WireError::ScriptRefused { errors } if errors.contains("unknown command") && errors.lines().count() == 2),
        "{error:?}"
    );
    assert!(!error.to_string().contains("secret") && !error.breaks_connection());
    let full = session.put_script("a", "secret").await.unwrap_err();
    assert!(full.is_over_quota(), "{full:?}");
    assert!(session.is_usable());
    assert!(!format!("{:?}", server.recorder.0.lock().unwrap()).contains("secret"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = server(vec![Turn::Stall], PATIENCE).await;
    let mut session = server.session.unwrap();
    let before = server.recorder.0.lock().unwrap().len();
    for name in ["", "a\r\nLOGOUT", "a\0", "\u{2028}", &"é".repeat(129)] {
        assert!(
            matches!(session.get_script(name).await, Err(WireError::Name)),
            "{name:?}"
        );
    }
    assert!(matches!(session.put_script("a", "\0").await, Err(WireError::Name)));
    let large = "x".repeat((1 << 20) + 1);
    assert!(matches!(
        session.put_script("a", &large).await,
        Err(WireError::TooLarge { .. })
    ));
    assert!(session.is_usable());
    assert_eq!(server.recorder.0.lock().unwrap().len(), before);
}

#[tokio::test]
async fn lies_end_the_connection() {
    for lie in [
        "{99999999999999999999}\r\n".to_owned(),
        "{1048577}\r\n".to_owned(),
        "\"a\"\r\n".repeat(3000),
        "x".repeat(100_000),
        "\"".repeat(100_000),
        "* OK something else\r\n".to_owned(),
        "OK \"a\" \"b\" \"c\"\r\n".to_owned(),
        "{3}\r\nab".to_owned(),
    ] {
        let turns = vec![on("GETSCRIPT", lie.clone()), Turn::Close];
        let mut session = server(turns, PATIENCE).await.session.unwrap();
        let error = session.get_script("a").await.unwrap_err();
        assert!(
            matches!(error, WireError::Unreadable { .. } | WireError::Closed { .. }),
            "{}: {error:?}",
            &lie[..lie.len().min(40)]
        );
        assert!(!session.is_usable() && error.breaks_connection());
    }
    // A script that is not text.
    let turns = vec![on("GETSCRIPT", b"{2}\r\n\xff\xfe\r\nOK\r\n")];
    let mut session = server(turns, PATIENCE).await.session.unwrap();
    assert!(matches!(
        session.get_script("a").await,
        Err(WireError::Unreadable { .. })
    ));
}

#[tokio::test]
async fn a_connection_cut_after_any_octet_is_an_error_and_never_half_a_script() {
    let whole = "{8}\r\nkeep;\r\n!\r\nOK (WARNINGS) \"done\"\r\n";
    for cut in 0..whole.len() {
        let turns = vec![on("GETSCRIPT", &whole[..cut]), Turn::Close];
        let mut session = server(turns, PATIENCE).await.session.unwrap();
        let result = session.get_script("a").await;
        let error = result.expect_err("a cut answer is not taken");
        assert!(error.is_transient() && !session.is_usable(), "{cut}: {error:?}");
    }
    let turns = vec![on("GETSCRIPT", whole)];
    let mut session = server(turns, PATIENCE).await.session.unwrap();
    assert_eq!(session.get_script("a").await.unwrap(), "keep;\r\n!");
}

#[tokio::test]
async fn silence_and_good_byes_are_told_as_such() {
    let turns = vec![on("LISTSCRIPTS", "\"a\"\r\n"), Turn::Stall];
    let mut session = server(turns, SHORT).await.session.unwrap();
    let error = session.list_scripts().await.unwrap_err();
    assert!(matches!(error, WireError::Timeout { .. }), "{error:?}");
    assert!(!session.is_usable());
    let turns = vec![on("LISTSCRIPTS", "BYE (TRYLATER) \"going down\"\r\n")];
    let mut session = server(turns, PATIENCE).await.session.unwrap();
    let error = session.list_scripts().await.unwrap_err();
    assert!(
        matches!(&error, WireError::Bye { text, .. } if text == "going down") && error.is_transient(),
        "{error:?}"
    );
    assert!(!session.is_usable());
}

#[tokio::test]
async fn a_refused_token_is_known_whatever_the_server_does_next() {
    // {"status":"401","schemes":"bearer","scope":"mail"}
    let challenge = "\"eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJtYWlsIn0=\"\r\n";
    let ask = || on("AUTHENTICATE", "{0}\r\n\r\n");
    let refusals = [
        vec![
            ask(),
            on("", challenge),
            on("\"\"\r\n", "NO \"Authentication failed.\"\r\n"),
        ],
        vec![ask(), on("", challenge), Turn::Close],
        vec![ask(), on("", challenge), on("", "OK\r\n")],
        vec![ask(), on("", "NO \"Authentication failed.\"\r\n")],
    ];
    for turns in refusals {
        let server = logging_in("XOAUTH2", turns, PATIENCE).await;
        let error = server.session.unwrap_err();
        assert!(error.is_token_refused(), "{error:?}");
        let entries = server.recorder.ended();
        assert!(matches!(
            entries[0].outcome,
            AuditOutcome::Answered { accepted: false, .. }
        ));
    }
    let turns = vec![ask(), on("", "NO (TRYLATER) \"not now\"\r\n")];
    let unwell = logging_in("XOAUTH2", turns, PATIENCE).await.session.unwrap_err();
    assert!(
        matches!(unwell, WireError::LoginRefused { transient: true, .. }),
        "{unwell:?}"
    );
    let turns = vec![
        on("AUTHENTICATE \"OAUTHBEARER\"", "\"\"\r\n"),
        on("\"bixhPW", "OK\r\n"),
        on("CAPABILITY", OFFERS),
    ];
    logging_in("OAUTHBEARER", turns, PATIENCE).await.session.unwrap();
    let none = logging_in("PLAIN", vec![Turn::Stall], PATIENCE).await;
    assert!(matches!(none.session, Err(WireError::MechanismMissing)));
    drop(none.told);
}

/// Plays one side of a STARTTLS in clear, one answer a line.
async fn clear(answers: &[&'static str]) -> Result<(), WireError> {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    let answers = answers.to_vec();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tcp = BufReader::new(tcp);
        for (turn, answer) in answers.into_iter().enumerate() {
            if turn > 0 {
                tcp.read_line(&mut String::new()).await.unwrap();
            }
            tcp.write_all(answer.as_bytes()).await.unwrap();
        }
        tcp.read_line(&mut String::new()).await
    });
    let mut tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let result = start_tls(&mut tcp, "sieve.alpha.mssante.test").await;
    serving.abort();
    result
}

#[tokio::test]
async fn starttls_is_required_and_nothing_may_follow_its_answer() {
    let offer = "\"SASL\" \"PLAIN\"\r\n\"STARTTLS\"\r\nOK\r\n";
    clear(&[offer, "OK \"go\"\r\n"]).await.unwrap();
    for answers in [["\"SASL\" \"PLAIN\"\r\nOK\r\n", ""], [offer, "NO \"not today\"\r\n"]] {
        let missing = clear(&answers).await.unwrap_err();
        assert!(
            matches!(missing, WireError::StartTlsMissing { .. }) && missing.is_tls(),
            "{missing:?}"
        );
    }
    let injected = clear(&[offer, "OK \"go\"\r\n\"SASL\" \"PLAIN\"\r\nOK\r\n"])
        .await
        .unwrap_err();
    assert!(matches!(injected, WireError::InjectedBytes), "{injected:?}");
    let bye = clear(&["BYE \"too many\"\r\n"]).await.unwrap_err();
    assert!(matches!(bye, WireError::Bye { .. }), "{bye:?}");
    let other = clear(&["* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"])
        .await
        .unwrap_err();
    assert!(matches!(other, WireError::Unreadable { .. }), "{other:?}");
}
