//! Handing messages over to a real Postfix.

use std::time::Duration;

use pli_operator::boxes;
use pli_terms::MessageId;
use pli_wire::audit::{Action, AuditOutcome};
use pli_wire::smtp::{Connection, End, Envelope, Notify, Submission};
use pli_wire::{Credentials, Endpoint, TlsMode, WireError};

use crate::support::{self, LABO, LEROY, MARTIN, PLEIN, Recorder, address, bearer, context, letter, operator, submit};

const UNKNOWN: &str = "inconnu@alpha.mssante.test";

fn envelope(id: &str, recipients: &[&str]) -> Envelope {
    Envelope {
        from: address(MARTIN),
        recipients: recipients.iter().map(|text| address(text)).collect(),
        message_id: MessageId::parse(id),
        envelope_id: Some(format!("env+{id}=1")),
        notify: Notify::default(),
        return_full: false,
    }
}

#[tokio::test]
async fn login_in_both_tls_modes_and_by_certificate_alone() {
    let operator = operator();
    for tls in [TlsMode::Implicit, TlsMode::StartTls] {
        let recorder = Recorder::new();
        let token = operator.token(boxes::DR_MARTIN).unwrap();
        let endpoint = support::smtp_endpoint(operator, tls);
        let network = support::network(operator, None);
        let context = context(MARTIN, Some(boxes::DR_MARTIN));
        let mut connection = Connection::open(&network, &endpoint, &bearer(MARTIN, &token), recorder.clone(), context)
            .await
            .unwrap();
        let features = connection.features();
        assert!(features.dsn && features.eight_bit_mime && features.smtp_utf8 && features.size.is_some());
        connection.quit().await.unwrap();
        assert_eq!(recorder.last("AUTH").request.as_str(), "AUTH XOAUTH2");
        assert!(!recorder.text().contains(&token));
    }
    let network = support::network(operator, Some(support::certificate(operator, false)));
    let port = operator.info().ports.submissions_cert;
    let endpoint = Endpoint {
        host: "smtp.alpha.mssante.test".into(),
        port,
        tls: TlsMode::Implicit,
    };
    let credentials = Credentials::External {
        user: address(boxes::SECRETARIAT),
    };
    let context = context(boxes::SECRETARIAT, None);
    let mut connection = Connection::open(&network, &endpoint, &credentials, Recorder::new(), context)
        .await
        .unwrap();
    let envelope = Envelope {
        from: address(boxes::SECRETARIAT),
        ..envelope("cert@alpha.mssante.test", &[LEROY])
    };
    let outcome = connection
        .send(&envelope, &letter("cert@alpha.mssante.test", LEROY))
        .await
        .unwrap();
    assert!(matches!(outcome.end, End::Accepted(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_refused_token_is_told_as_such() {
    let operator = operator();
    for tls in [TlsMode::Implicit, TlsMode::StartTls] {
        let recorder = Recorder::new();
        let endpoint = support::smtp_endpoint(operator, tls);
        let network = support::network(operator, None);
        let context = context(MARTIN, Some(boxes::DR_MARTIN));
        let refused = Connection::open(&network, &endpoint, &bearer(MARTIN, "wrong"), recorder.clone(), context).await;
        let error = refused.unwrap_err();
        assert!(error.is_token_refused(), "{error:?}");
        assert!(matches!(
            recorder.last("AUTH").outcome,
            AuditOutcome::Answered { accepted: false, .. }
        ));
    }
}

#[tokio::test]
async fn one_message_to_three_and_each_has_an_answer_of_its_own() {
    let operator = operator();
    let recorder = Recorder::new();
    let id = "trois@alpha.mssante.test";
    let message = letter(id, LEROY);
    let mut connection = submit(operator, MARTIN, &recorder).await.unwrap();
    let outcome = connection
        .send(&envelope(id, &[LEROY, LABO, UNKNOWN]), &message)
        .await
        .unwrap();
    assert!(
        matches!(outcome.end, End::Accepted(_)) && outcome.reports && outcome.unrecorded.is_none(),
        "{outcome:?}"
    );
    assert!(outcome.recipients[0].reply.is_positive() && outcome.recipients[1].reply.is_positive());
    let accepted = outcome.accepted().count();
    assert!(accepted >= 2);

    // Seen by another client, byte for byte: dots included, and no line added at the end.
    for bal in [LEROY, LABO] {
        let mut other = operator.mailbox(bal).unwrap();
        let found = other
            .wait_for("INBOX", &format!("HEADER Message-ID {id}"), Duration::from_secs(180))
            .unwrap();
        assert_eq!(found.len(), 1, "{bal}");
        assert!(
            found[0]
                .raw
                .ends_with(b"Corps-secret de la lettre.\r\n.\r\n..deux points\r\nfin\r\n"),
            "{bal}"
        );
    }
    // The unknown one is refused at once, or bounced.
    if accepted == 3 {
        let mut own = operator.mailbox(MARTIN).unwrap();
        let report = own
            .wait_for("INBOX", &format!("BODY {UNKNOWN}"), Duration::from_secs(180))
            .unwrap();
        assert!(!report.is_empty());
        assert!(String::from_utf8_lossy(&report[0].raw).contains("5.1.1"));
    } else {
        assert!(!outcome.recipients[2].reply.is_positive());
    }
    // The report of success, with our envelope id.
    let mut own = operator.mailbox(MARTIN).unwrap();
    let reports = own
        .wait_for("INBOX", &format!("BODY env+{id}=1"), Duration::from_secs(180))
        .unwrap();
    assert!(!reports.is_empty());

    let entries = recorder.entries();
    let recipients: Vec<_> = entries
        .iter()
        .filter(|entry| entry.request.as_str().starts_with("RCPT"))
        .collect();
    assert_eq!(recipients.len(), 6, "an intention, then an answer, for each");
    for (pair, named) in recipients.chunks(2).zip([LEROY, LABO, UNKNOWN]) {
        assert_eq!(
            (&pair[0].outcome, pair[0].exchange),
            (&AuditOutcome::Intended, pair[1].exchange)
        );
        assert_eq!(pair[1].messages[0].to, [support::address(named)]);
        assert!(matches!(pair[1].outcome, AuditOutcome::Answered { .. }), "{pair:?}");
    }
    assert!(
        recipients[0].request.as_str().contains("NOTIFY=SUCCESS,FAILURE,DELAY"),
        "{}",
        recipients[0].request
    );
    let sends: Vec<_> = entries.iter().filter(|entry| entry.action == Action::Send).collect();
    assert_eq!((sends.len(), &sends[0].outcome), (2, &AuditOutcome::Intended));
    assert_eq!(sends[1].messages[0].message_id, MessageId::parse(id));
    assert!(sends[1].octets_out > message.len() as u64);
    drop(entries);
    assert!(!recorder.text().contains("secret"));
    assert!(connection.is_usable());
}

#[tokio::test]
async fn a_full_box_is_answered_or_reported() {
    let operator = operator();
    let id = "plein@alpha.mssante.test";
    let mut connection = submit(operator, MARTIN, &Recorder::new()).await.unwrap();
    let message = [letter(id, PLEIN), b"x".repeat(900), b"\r\n".to_vec()].concat();
    let outcome = connection.send(&envelope(id, &[PLEIN]), &message).await.unwrap();
    match outcome.end {
        End::Accepted(_) => {
            let mut own = operator.mailbox(MARTIN).unwrap();
            let report = own
                .wait_for("INBOX", &format!("BODY env+{id}=1"), Duration::from_secs(180))
                .unwrap();
            assert!(String::from_utf8_lossy(&report[0].raw).contains("5.2.2"));
        }
        End::NoRecipient => assert_eq!(outcome.recipients[0].reply.enhanced.as_deref(), Some("5.2.2")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_server_would_refuse_is_refused_before() {
    let recorder = Recorder::new();
    let mut connection = submit(operator(), MARTIN, &recorder).await.unwrap();
    let limit = connection.features().size.unwrap();
    let before = recorder.entries().len();
    let large = vec![b'x'; limit as usize + 1];
    let to = envelope("avant@alpha.mssante.test", &[LEROY]);
    assert!(matches!(
        connection.send(&to, &large).await,
        Err(WireError::TooLarge { .. })
    ));
    assert!(matches!(
        connection.send(&to, b"a\n.\nb\r\n").await,
        Err(WireError::LineEnding)
    ));
    let nobody = Envelope {
        recipients: Vec::new(),
        ..to.clone()
    };
    assert!(matches!(
        connection.send(&nobody, b"a\r\n").await,
        Err(WireError::Recipients)
    ));
    assert_eq!(recorder.entries().len(), before, "nothing was asked of the server");
    // Another's sender address is refused by the server, and the connection still serves.
    let forged = Envelope {
        from: address(LEROY),
        ..to.clone()
    };
    match connection
        .send(&forged, &letter("faux@alpha.mssante.test", LEROY))
        .await
    {
        Err(WireError::Reply { .. }) => {}
        Ok(outcome) => assert!(matches!(outcome.end, End::NoRecipient | End::Refused(_)), "{outcome:?}"),
        Err(error) => panic!("{error:?}"),
    }
}
