//! SMTP servers that drop the connection, refuse some, and stay silent.

use std::time::Duration;

use pli_terms::Address;

use super::{Recorder, SHORT, Turn, on, pipe, play, trail};
use crate::audit::Protocol;
use crate::smtp::{Connection, End, Envelope, Notify, Submission};
use crate::{Credentials, Endpoint, Timeouts, TlsMode, WireError};

pub(super) const FULL: &str =
    "250-smtp\r\n250-SIZE 1000000\r\n250-DSN\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH XOAUTH2\r\n";
const PLAIN: &str = "250-smtp\r\n250 AUTH OAUTHBEARER\r\n";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint {
        host: "smtp.alpha.mssante.test".to_owned(),
        port: 465,
        tls: TlsMode::Implicit,
    }
}

pub(super) fn credentials() -> Credentials {
    Credentials::Bearer {
        user: address("dr.martin@alpha.mssante.test"),
        token: "jeton".to_owned().into(),
    }
}

pub(super) struct Server {
    pub(super) connection: Connection,
    pub(super) told: tokio::task::JoinHandle<Vec<String>>,
    pub(super) recorder: std::sync::Arc<Recorder>,
}

pub(super) async fn server(offers: &str, turns: Vec<Turn>, patience: Duration) -> Server {
    let (socket, theirs) = pipe(patience);
    let mut script = vec![on("EHLO", offers), on("EHLO", offers)];
    script.extend(turns);
    let told = play(theirs, script);
    let timeouts = Timeouts {
        read: patience,
        final_answer: patience,
        ..Timeouts::default()
    };
    let (trail, recorder) = trail(Protocol::Smtp);
    let connection = Connection::over(socket, trail, timeouts).await.unwrap();
    Server {
        connection,
        told,
        recorder,
    }
}

pub(super) fn envelope(recipients: &[&str]) -> Envelope {
    Envelope {
        from: address("dr.martin@alpha.mssante.test"),
        recipients: recipients.iter().map(|text| address(text)).collect(),
        message_id: None,
        envelope_id: Some("a b".to_owned()),
        notify: Notify::default(),
        return_full: true,
    }
}

pub(super) const MESSAGE: &[u8] = b"Subject: s\r\n\r\n.\r\n..\r\n.fin\r\n";
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn each_recipient_has_an_answer_and_the_message_goes_to_those_accepted() {
    let turns = vec![
        on(
            "MAIL FROM:<dr.martin@alpha.mssante.test> SIZE=27 RET=FULL\r\n",
            "250 2.1.0 Ok\r\n",
        ),
        on(
            "RCPT TO:<a@alpha.mssante.test> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a@alpha",
            "250 2.1.5 Ok\r\n",
        ),
        on("RCPT", "450 4.2.0 greylisted\r\n"),
        on("RCPT", "550-5.1.1 no such\r\n550 5.1.1 user\r\n"),
        on("RCPT", "452 4.2.2 full\r\n"),
        on("RCPT", "251 2.1.5 forwarded\r\n"),
        on("DATA", "354 go\r\n"),
        Turn::Message,
        Turn::Say(b"250 2.0.0 Ok: queued as ABC123\r\n".to_vec()),
    ];
    let mut server = server(FULL, turns, PATIENCE).await;
    let names = [
        "a@alpha.mssante.test",
        "b@alpha.mssante.test",
        "c@alpha.mssante.test",
        "d@alpha.mssante.test",
        "e@alpha.mssante.test",
    ];
    let outcome = server.connection.send(&envelope(&names), MESSAGE).await.unwrap();
    let codes: Vec<u16> = outcome
        .recipients
        .iter()
        .map(|recipient| recipient.reply.code)
        .collect();
    assert_eq!(codes, [250, 450, 550, 452, 251]);
    assert_eq!(outcome.recipients[2].reply.enhanced.as_deref(), Some("5.1.1"));
    let End::Accepted(reply) = &outcome.end else {
        panic!("{outcome:?}")
    };
    assert_eq!(reply.text, "Ok: queued as ABC123");
    let accepted: Vec<&str> = outcome.accepted().map(Address::as_str).collect();
    assert_eq!(accepted, ["a@alpha.mssante.test", "e@alpha.mssante.test"]);
    assert!(server.connection.is_usable());
    drop(server.connection);
    let told = server.told.await.unwrap();
    assert_eq!(
        told.last().unwrap(),
        "Subject: s\r\n\r\n..\r\n...\r\n..fin\r\n.\r\n",
        "dots doubled, no line added"
    );
}

#[tokio::test]
async fn when_all_are_refused_the_message_is_not_sent() {
    let turns = vec![
        on("MAIL", "250 Ok\r\n"),
        on("RCPT", "550 5.1.1 no\r\n"),
        on("RCPT", "450 4.2.0 later\r\n"),
        on("RSET", "250 Ok\r\n"),
    ];
    let mut server = server(FULL, turns, PATIENCE).await;
    let outcome = server
        .connection
        .send(&envelope(&["a@b.mssante.test", "c@b.mssante.test"]), MESSAGE)
        .await
        .unwrap();
    assert_eq!(outcome.end, End::NoRecipient);
    assert_eq!(outcome.accepted().count(), 0);
    assert!(server.connection.is_usable());
}

#[tokio::test]
async fn a_drop_before_the_final_dot_is_an_error_and_after_it_is_unknown() {
    let whole = [
        on("MAIL", "250 Ok\r\n"),
        on("RCPT", "250 Ok\r\n"),
        on("DATA", "354 go\r\n"),
        Turn::Message,
    ];
    for steps in 0..=whole.len() {
        let mut turns: Vec<Turn> = whole[..steps].to_vec();
        if steps < whole.len() {
            // The command is read, and its answer never comes.
            turns.push(if steps == 3 { Turn::Read(4) } else { on("", "") });
        }
        turns.push(Turn::Close);
        let mut server = server(FULL, turns, PATIENCE).await;
        // Larger than the pipe: a server that closes early cannot have read the final dot.
        let message = if steps == 3 {
            [b"x".repeat(2 << 20), b"\r\n".to_vec()].concat()
        } else {
            MESSAGE.to_vec()
        };
        server.connection.forget_size();
        let result = server.connection.send(&envelope(&["a@b.mssante.test"]), &message).await;
        assert!(!server.connection.is_usable());
        match result {
            Err(error) => assert!(steps < whole.len() && error.is_transient(), "{steps}: {error:?}"),
            Ok(outcome) => {
                assert_eq!(steps, whole.len(), "{outcome:?}");
                assert!(matches!(outcome.end, End::Unknown { .. }));
            }
        }
    }
}

#[tokio::test]
async fn silence_after_the_final_dot_is_unknown_and_a_late_answer_is_waited_for() {
    let until = || {
        vec![
            on("MAIL", "250 Ok\r\n"),
            on("RCPT", "250 Ok\r\n"),
            on("DATA", "354 go\r\n"),
            Turn::Message,
        ]
    };
    let mut turns = until();
    turns.push(Turn::Stall);
    let mut server = server(FULL, turns, SHORT).await;
    let outcome = server
        .connection
        .send(&envelope(&["a@b.mssante.test"]), MESSAGE)
        .await
        .unwrap();
    assert!(
        matches!(&outcome.end, End::Unknown { why } if why.contains("in time")),
        "{outcome:?}"
    );
    for (answer, accepted) in [
        ("554 5.6.0 virus\r\n", false),
        ("452 4.3.1 full\r\n", false),
        ("250 Ok\r\n", true),
    ] {
        let mut turns = until();
        turns.push(Turn::Say(answer.as_bytes().to_vec()));
        let mut server = super::smtp::server(FULL, turns, PATIENCE).await;
        let outcome = server
            .connection
            .send(&envelope(&["a@b.mssante.test"]), MESSAGE)
            .await
            .unwrap();
        assert_eq!(matches!(outcome.end, End::Accepted(_)), accepted, "{outcome:?}");
        assert_eq!(matches!(outcome.end, End::Refused(_)), !accepted);
        assert!(server.connection.is_usable());
    }
}

#[tokio::test]
async fn four_twenty_one_anywhere_ends_the_connection_and_nothing_was_sent() {
    let whole = [on("MAIL", "250 Ok\r\n"), on("RCPT", "250 Ok\r\n")];
    for steps in 0..=whole.len() {
        let mut turns: Vec<Turn> = whole[..steps].to_vec();
        turns.push(on("", "421 4.3.2 shutting down\r\n"));
        let mut server = server(FULL, turns, PATIENCE).await;
        let error = server
            .connection
            .send(&envelope(&["a@b.mssante.test"]), MESSAGE)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, WireError::Bye { text, .. } if text == "shutting down"),
            "{steps}: {error:?}"
        );
        assert!(error.is_transient() && !server.connection.is_usable());
    }
}

#[tokio::test]
async fn a_server_without_extensions_gets_no_parameters_and_no_eight_bit() {
    let turns = vec![
        on("MAIL FROM:<dr.martin@alpha.mssante.test>\r\n", "250 Ok\r\n"),
        on("RCPT TO:<a@b.mssante.test>\r\n", "250 Ok\r\n"),
        on("DATA", "354 go\r\n"),
        Turn::Message,
        Turn::Say(b"250 Ok\r\n".to_vec()),
    ];
    let mut server = server(PLAIN, turns, PATIENCE).await;
    let connection = &mut server.connection;
    let to = envelope(&["a@b.mssante.test"]);
    assert!(matches!(
        connection.send(&to, "é\r\n".as_bytes()).await,
        Err(WireError::EightBit)
    ));
    let accented = envelope(&["élise@b.mssante.test"]);
    assert!(matches!(
        connection.send(&accented, MESSAGE).await,
        Err(WireError::AddressNeedsUtf8)
    ));
    let outcome = connection.send(&to, MESSAGE).await.unwrap();
    assert!(matches!(outcome.end, End::Accepted(_)) && !outcome.reports);
}

#[tokio::test]
async fn the_refusal_of_a_token_is_known_even_when_the_connection_drops() {
    // {"status":"401","schemes":"bearer","scope":"mail"}
    let challenge = "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJtYWlsIn0=\r\n";
    let refusals = [
        vec![
            on("AUTH XOAUTH2\r\n", "334 \r\n"),
            on("", challenge),
            on("", "535 5.7.8 failed\r\n"),
        ],
        vec![on("AUTH XOAUTH2\r\n", "334 \r\n"), on("", challenge), Turn::Close],
        vec![on("AUTH XOAUTH2\r\n", "334 \r\n"), on("", "535 5.7.8 failed\r\n")],
    ];
    for turns in refusals {
        let mut server = server(FULL, turns, PATIENCE).await;
        let error = server.connection.log_in(&endpoint(), &credentials()).await.unwrap_err();
        assert!(error.is_token_refused(), "{error:?}");
        assert!(!server.connection.is_usable());
    }
    let turns = vec![on("AUTH XOAUTH2\r\n", "454 4.7.0 temporary\r\n")];
    let error = server(FULL, turns, PATIENCE)
        .await
        .connection
        .log_in(&endpoint(), &credentials())
        .await
        .unwrap_err();
    assert!(
        matches!(error, WireError::LoginRefused { transient: true, .. }),
        "{error:?}"
    );
    let turns = vec![on("AUTH OAUTHBEARER\r\n", "334 \r\n"), on("", "235 2.7.0 ok\r\n")];
    server(PLAIN, turns, PATIENCE)
        .await
        .connection
        .log_in(&endpoint(), &credentials())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_refusal_of_data_closes_the_envelope() {
    let turns = vec![
        on("MAIL", "250 Ok\r\n"),
        on("RCPT", "250 Ok\r\n"),
        on("DATA", "554 5.5.1 no\r\n"),
        on("RSET", "250 Ok\r\n"),
    ];
    let mut server = server(FULL, turns, PATIENCE).await;
    let outcome = server
        .connection
        .send(&envelope(&["a@b.mssante.test"]), MESSAGE)
        .await
        .unwrap();
    assert!(
        matches!(outcome.end, End::Refused(_)) && outcome.accepted().count() == 0,
        "{outcome:?}"
    );
    assert!(server.connection.is_usable());
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let turns = vec![on("MAIL", "250-x\r\n".repeat(20_000)), Turn::Stall];
    let mut server = server(FULL, turns, PATIENCE).await;
    let error = server
        .connection
        .send(&envelope(&["a@b.mssante.test"]), MESSAGE)
        .await
        .unwrap_err();
    assert!(matches!(error, WireError::Unreadable { .. }), "{error:?}");
}
