//! Both ways to log in, as a window sees them, through the operator's intermediary.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod common;

use common::{LEROY, MARTIN, PASSPHRASE, add, ask, browser, ended, failed, heard, options, phone, refused, serve};
use pli_contract::event::Event;
use pli_contract::failure::{Code, Failure};
use pli_operator::{Operator, boxes};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_morning_begins_in_the_browser_or_by_two_digits_and_opens_every_box() {
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(Some(&operator)));
    let mut events = served.events();
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    assert!(ask(&served, "session_get", json!({})).await.is_null());
    let hint = ask(&served, "login_hint", json!({})).await;
    assert_eq!(
        (&hint["person"], &hint["nationalId"], &hint["way"], &hint["channel"]),
        (&json!(null), &json!(null), &json!("browser"), &json!("mobile"))
    );
    assert_eq!(
        ask(&served, "provider_check", json!({})).await,
        json!({ "available": true, "ciba": true })
    );
    add(&served, MARTIN).await;
    add(&served, "cabinet@alpha.mssante.test").await;

    operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    let login = ask(&served, "login_start", browser()).await;
    assert_eq!(login["state"], "browser");
    assert!(login["url"].as_str().unwrap().contains("code_challenge"));
    assert_eq!(ended(&mut events, &login).await, Ok("Claire MARTIN".to_owned()));
    let session = ask(&served, "session_get", json!({})).await;
    assert_eq!(
        (
            &session["name"],
            &session["nationalId"],
            &session["method"],
            &session["ended"]
        ),
        (
            &json!("Claire MARTIN"),
            &json!(boxes::DR_MARTIN),
            &json!("browser"),
            &json!(false)
        )
    );
    assert!(session["endsAt"].as_str() > session["startedAt"].as_str());
    served.engine().sync_and_wait(None).await.unwrap();
    let accounts = ask(&served, "account_list", json!({})).await;
    assert!(
        (accounts.as_array().unwrap().iter())
            .all(|account| account["problem"].is_null() && account["syncedAt"].is_string()),
        "one login opens both: {accounts}"
    );
    ask(&served, "logout", json!({})).await;
    heard(&mut events, |event| matches!(event, Event::Identity).then_some(())).await;

    // The next day: two digits, the person and the way remembered.
    operator.set_auto_approve(false, boxes::DR_MARTIN).unwrap();
    let hint = ask(&served, "login_hint", json!({})).await;
    assert_eq!(
        (&hint["person"], &hint["nationalId"]),
        (&json!("Claire MARTIN"), &json!(boxes::DR_MARTIN))
    );
    // As people write it: without the 8, with spaces.
    let login = ask(&served, "login_start", phone("997 0000 0013")).await;
    assert_eq!(login["state"], "phone");
    let digits = login["digits"].as_str().unwrap();
    assert!(
        digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()),
        "{digits}"
    );
    assert!((1..=600).contains(&login["lifetimeSeconds"].as_u64().unwrap()));
    assert_eq!(
        operator.pending().unwrap()[0]["binding"],
        digits,
        "the phone shows the same"
    );
    operator.approve(boxes::DR_MARTIN).unwrap();
    assert_eq!(ended(&mut events, &login).await, Ok("Claire MARTIN".to_owned()));
    assert_eq!(ask(&served, "session_get", json!({})).await["method"], "phone");
    assert_eq!(ask(&served, "login_hint", json!({})).await["way"], "phone");
    served.engine().sync_and_wait(None).await.unwrap();
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_has_its_code() {
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(Some(&operator)));
    let mut events = served.events();
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    add(&served, MARTIN).await;
    let code = |ended: Result<String, Failure>| ended.unwrap_err().code;

    let login = ask(&served, "login_start", phone(boxes::DR_MARTIN)).await;
    operator.refuse(boxes::DR_MARTIN).unwrap();
    assert_eq!(code(ended(&mut events, &login).await), Code::LoginDenied);
    let login = ask(&served, "login_start", phone(boxes::DR_MARTIN)).await;
    operator.expire_login(boxes::DR_MARTIN).unwrap();
    assert_eq!(code(ended(&mut events, &login).await), Code::LoginExpired);
    let login = ask(&served, "login_start", phone(boxes::DR_MARTIN)).await;
    ask(&served, "login_cancel", json!({ "login": login["login"] })).await;
    assert_eq!(code(ended(&mut events, &login).await), Code::LoginCancelled);
    let login = ask(&served, "login_start", browser()).await;
    ask(&served, "login_cancel", json!({ "login": login["login"] })).await;
    assert_eq!(code(ended(&mut events, &login).await), Code::LoginCancelled);

    operator.relay_stop();
    assert_eq!(
        refused(&served, "login_start", phone(boxes::DR_MARTIN)).await,
        Code::PscUnavailable
    );
    assert_eq!(ask(&served, "provider_check", json!({})).await["available"], false);
    // A wrong key is told at once: nobody is asked, and nobody is there to be asked.
    for none in ["", "899700000014", "12", "99700000031", "dr.martin"] {
        assert_eq!(
            refused(&served, "login_start", phone(none)).await,
            Code::UnknownPerson,
            "{none}"
        );
    }
    assert_eq!(
        refused(&served, "login_start", phone(&"8".repeat(65))).await,
        Code::BadRequest
    );
    let nobody = json!({ "way": "phone", "nationalId": null, "channel": "card", "account": null });
    assert_eq!(refused(&served, "login_start", nobody).await, Code::UnknownPerson);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_one_persons() {
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(Some(&operator)));
    let mut events = served.events();
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    add(&served, LEROY).await;
    let login = ask(&served, "login_start", phone(boxes::DR_LEROY)).await;
    operator.approve(boxes::DR_LEROY).unwrap();
    let name = ended(&mut events, &login).await.unwrap();
    ask(&served, "logout", json!({})).await;

    // Whether it is known at once, or only by who comes back.
    let answer = pli_contract::dispatch(&served, "login_start", phone(boxes::DR_MARTIN)).await;
    let failure = match answer {
        Err(failure) => failure,
        Ok(login) => {
            operator.approve(boxes::DR_MARTIN).unwrap();
            ended(&mut events, &login).await.unwrap_err()
        }
    };
    assert_eq!(failure, Failure::about(Code::OtherPerson, name));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_pro_sante_connect_is_set_by_hand_where_nobody_fixes_it() {
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(None));
    assert_eq!(
        ask(&served, "provider_get", json!({})).await,
        json!({ "discovery": null, "clientId": "pli", "fixed": false })
    );
    assert_eq!(
        refused(&served, "login_start", browser()).await,
        Code::LoginNotConfigured
    );
    assert_eq!(
        refused(&served, "provider_check", json!({})).await,
        Code::LoginNotConfigured
    );
    let address = "https://psc.cabinet.test/.well-known/openid-configuration";
    let set = ask(
        &served,
        "provider_set",
        json!({ "discovery": address, "clientId": "pli" }),
    )
    .await;
    assert_eq!((&set["discovery"], &set["fixed"]), (&json!(address), &json!(false)));
    for (discovery, client) in [
        ("http://psc.cabinet.test/x".to_owned(), "pli"),
        ("javascript:alert(1)".to_owned(), "pli"),
        (format!("https://psc.cabinet.test/{}", "x".repeat(500)), "pli"),
        (address.to_owned(), ""),
        (address.to_owned(), "a b"),
    ] {
        let argument = json!({ "discovery": discovery, "clientId": client });
        let failure = failed(&served, "provider_set", argument).await;
        assert!(
            [Code::BadRequest, Code::LoginNotConfigured].contains(&failure.code),
            "{discovery} {client}: {failure:?}"
        );
        assert_eq!(ask(&served, "provider_get", json!({})).await, set, "nothing changes");
    }
    served.stop().await;

    // The organisation's word comes first, and nothing here changes it.
    let policy = dir.path().join("policy.toml");
    std::fs::write(
        &policy,
        "[login]\ndiscovery = \"https://psc.hopital.test/x\"\n\n[lock]\nminutes = 12\n",
    )
    .unwrap();
    let mut fixed = options(None);
    fixed.policy = Some(policy.clone());
    let (served, _) = serve(&dir.path().join("profile"), fixed.clone());
    let shown = ask(&served, "provider_get", json!({})).await;
    assert_eq!(
        (&shown["discovery"], &shown["fixed"]),
        (&json!("https://psc.hopital.test/x"), &json!(true))
    );
    assert_eq!(
        refused(
            &served,
            "provider_set",
            json!({ "discovery": address, "clientId": "pli" })
        )
        .await,
        Code::WrongState
    );
    served.stop().await;

    std::fs::write(&policy, "[lock]\nminutes = \"jamais\"\n").unwrap();
    let home = pli_engine::Home::at(dir.path().join("profile"));
    let started = pli_contract::Served::start(home, fixed, std::sync::Arc::new(common::Scripted::default()), "");
    let failure = Failure::from(started.err().unwrap());
    assert_eq!(failure.code, Code::PolicyUnreadable, "nothing starts without it");
}
