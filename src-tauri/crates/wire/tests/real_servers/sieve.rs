//! Sorting scripts on a real Dovecot.

use std::time::Duration;

use pli_operator::boxes;
use pli_wire::audit::{Action, AuditOutcome, Protocol};
use pli_wire::autoconfig::Discovery;
use pli_wire::sieve::{Script, Session};
use pli_wire::{Credentials, Endpoint, TlsMode, WireError};

use crate::support::{self, LABO, LEROY, Recorder, address, bearer, context, holder, letter, network, operator};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint {
        host: "sieve.alpha.mssante.test".to_owned(),
        port: operator().info().ports.sieve,
        tls: TlsMode::StartTls,
    }
}

async fn open(bal: &str, token: &str, recorder: &std::sync::Arc<Recorder>) -> Result<Session, WireError> {
    Session::open(
        &network(operator(), None),
        &endpoint(),
        &bearer(bal, token),
        recorder.clone(),
        context(bal, Some(holder(bal))),
    )
    .await
}

#[tokio::test]
async fn the_published_server_takes_the_token_and_keeps_scripts() {
    let operator = operator();
    let discovery = Discovery::new(network(operator, None)).with_https_port(operator.info().https_port);
    let found = discovery.discover(&address(LEROY)).await.unwrap().sieve.unwrap();
    assert_eq!(
        (found.port, found.tls),
        (operator.info().ports.sieve, TlsMode::StartTls)
    );
    let token = operator.token(holder(LEROY)).unwrap();
    let recorder = Recorder::new();
    let mut session = Session::open(
        &network(operator, None),
        &found,
        &bearer(LEROY, &token),
        recorder.clone(),
        context(LEROY, Some(holder(LEROY))),
    )
    .await
    .unwrap();
    let offered = session.capabilities();
    assert!(offered.has("fileinto") && offered.has("vacation") && offered.redirections.is_some());

    let script = "require \"imap4flags\";\r\nif header :contains \"subject\" \"Sujet-secret\" {\r\n  \
                  addflag \"\\\\Flagged\";\r\n}\r\n";
    let name = "Règles « été » \"1\" \\ fin";
    session.have_space(name, 5000).await.unwrap();
    session.check_script(script).await.unwrap();
    session.put_script(name, script).await.unwrap();
    session.put_script("autre", "keep;\r\n").await.unwrap();
    session.set_active(Some(name)).await.unwrap();
    let mut scripts = session.list_scripts().await.unwrap();
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    let expected = |name: &str, active| Script {
        name: name.to_owned(),
        active,
    };
    assert_eq!(scripts, [expected(name, true), expected("autre", false)]);
    assert_eq!(session.get_script(name).await.unwrap(), script);
    // One of 200 KB, which no quoted string could hold.
    let long = format!("{script}# {}\r\n", "x".repeat(200_000));
    session.put_script("long", &long).await.unwrap();
    assert_eq!(session.get_script("long").await.unwrap(), long);

    // It sorts what comes.
    let id = "tri@beta.mssante.test";
    let mut sender = support::submit(operator, LABO, &Recorder::new()).await.unwrap();
    let envelope = pli_wire::smtp::Envelope {
        from: address(LABO),
        recipients: vec![address(LEROY)],
        message_id: None,
        envelope_id: None,
        notify: pli_wire::smtp::Notify::default(),
        return_full: false,
    };
    pli_wire::smtp::Submission::send(&mut sender, &envelope, &letter(id, LEROY))
        .await
        .unwrap();
    let mut other = operator.mailbox(LEROY).unwrap();
    let sorted = other
        .wait_for(
            "INBOX",
            &format!("FLAGGED HEADER Message-ID {id}"),
            Duration::from_secs(60),
        )
        .unwrap();
    assert_eq!(sorted.len(), 1);

    let in_use = session.delete_script(name).await.unwrap_err();
    assert!(
        matches!(&in_use, WireError::Refused { code: Some(code), .. } if code == "ACTIVE"),
        "{in_use:?}"
    );
    session.set_active(None).await.unwrap();
    for name in [name, "autre", "long"] {
        session.delete_script(name).await.unwrap();
    }
    assert_eq!(session.list_scripts().await.unwrap(), []);
    let gone = session.get_script(name).await.unwrap_err();
    assert!(
        matches!(&gone, WireError::Refused { code: Some(code), .. } if code == "NONEXISTENT"),
        "{gone:?}"
    );
    session.logout().await.unwrap();

    let text = recorder.text();
    assert!(!text.contains("secret") && !text.contains("addflag") && !text.contains(&token));
    let put = recorder.last("PUTSCRIPT 7 octets");
    assert_eq!(
        (put.protocol, put.action, put.mailbox.as_deref()),
        (Protocol::Sieve, Action::ChangeRules, Some("autre"))
    );
    assert!(recorder.last("CONNECT STARTTLS").server.ip.is_some());
    assert_eq!(recorder.last("AUTHENTICATE").request.as_str(), "AUTHENTICATE XOAUTH2");
}

#[tokio::test]
async fn a_script_that_says_nothing_sensible_is_refused_with_its_line() {
    let recorder = Recorder::new();
    let token = operator().token(holder(LABO)).unwrap();
    let mut session = open(LABO, &token, &recorder).await.unwrap();
    for error in [
        session.check_script("keep;\r\nsottise_secrete;\r\n").await.unwrap_err(),
        session
            .put_script("a", "keep;\r\nsottise_secrete;\r\n")
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(&error, WireError::ScriptRefused { errors } if errors.contains("line 2") && errors.contains("sottise")),
            "{error:?}"
        );
    }
    assert!(session.is_usable());
    assert!(
        session
            .list_scripts()
            .await
            .unwrap()
            .iter()
            .all(|script| script.name != "a")
    );
    assert!(!recorder.text().contains("secrete"));
    assert!(matches!(
        recorder.last("CHECKSCRIPT").outcome,
        AuditOutcome::Answered { accepted: false, .. }
    ));
}

#[tokio::test]
async fn a_refused_token_a_certificate_and_a_journal_that_refuses() {
    let operator = operator();
    let recorder = Recorder::new();
    let refused = open(LEROY, "wrong", &recorder).await.unwrap_err();
    assert!(refused.is_token_refused(), "{refused:?}");
    assert!(matches!(
        recorder.last("AUTHENTICATE").outcome,
        AuditOutcome::Answered { accepted: false, .. }
    ));
    // Another's box.
    let token = operator.token(holder(LABO)).unwrap();
    let refused = open(LEROY, &token, &recorder).await.unwrap_err();
    assert!(refused.is_token_refused(), "{refused:?}");

    let mut session = open(LABO, &token, &recorder).await.unwrap();
    recorder.refuse(true);
    assert!(matches!(session.set_active(None).await, Err(WireError::Audit(_))));
    recorder.refuse(false);
    assert!(session.is_usable(), "nothing was sent");
    session.list_scripts().await.unwrap();

    let network = network(operator, Some(support::certificate(operator, false)));
    let credentials = Credentials::External {
        user: address(boxes::SECRETARIAT),
    };
    let opened = Session::open(
        &network,
        &endpoint(),
        &credentials,
        Recorder::new(),
        context(boxes::SECRETARIAT, None),
    )
    .await;
    let mut session = opened.unwrap();
    session.list_scripts().await.unwrap();
}
