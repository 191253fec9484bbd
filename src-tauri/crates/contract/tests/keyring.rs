//! What only a real keyring shows: the PIN beside it, and the login that unlocks.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod common;

use common::{MARTIN, add, ask, ended, failed, heard, options, phone, refused, serve};
use pli_contract::event::Event;
use pli_contract::failure::{Code, Failure};
use pli_keyring_session::{Session, succeeds};
use pli_operator::{Operator, boxes};
use serde_json::json;

/// The keyring is that of the process's environment: the test runs itself again in a session that has one.
#[test]
fn a_profile_under_a_keyring_is_unlocked_by_its_pin_or_by_its_persons_login() {
    let dir = tempfile::tempdir().unwrap();
    let session = Session::open(dir.path());
    succeeds(&mut session.again("child_in_a_session_of_its_own"));
    assert!(dir.path().join("done").exists(), "the child did its work");
}

#[tokio::test(flavor = "multi_thread")]
async fn child_in_a_session_of_its_own() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let base = dir.join("pli");
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let mut options = options(Some(&operator));
    options.keyring = true;
    let (served, _) = serve(&base, options.clone());
    assert_eq!(
        ask(&served, "status", json!({})).await["vault"],
        "new",
        "nothing is asked"
    );
    assert_eq!(
        ask(&served, "vault_open", json!({ "passphrase": null })).await["vault"],
        "open"
    );
    add(&served, MARTIN).await;
    let mut events = served.events();

    // A PIN is changed or removed only by whoever knows it.
    let set = ask(&served, "pin_set", json!({ "current": null, "pin": "2468" })).await;
    assert_eq!(set["pin"], true);
    let changed = json!({ "current": "1111", "pin": "1357" });
    assert_eq!(refused(&served, "pin_set", changed).await, Code::WrongPin);
    let removed = json!({ "current": null, "pin": null });
    assert_eq!(refused(&served, "pin_set", removed).await, Code::BadRequest);

    ask(&served, "lock_now", json!({})).await;
    let lock = ask(&served, "lock_get", json!({})).await;
    assert_eq!(
        (&lock["pin"], &lock["passphrase"], &lock["login"], &lock["person"]),
        (&json!(true), &json!(false), &json!(false), &json!(null))
    );
    assert_eq!(
        refused(&served, "unlock", json!({ "secret": "1111" })).await,
        Code::WrongPin
    );
    assert_eq!(
        ask(&served, "unlock", json!({ "secret": "2468" })).await["vault"],
        "open"
    );

    // Once somebody has logged in, their login unlocks too; anybody else's does not.
    let login = ask(&served, "login_start", phone(boxes::DR_MARTIN)).await;
    operator.approve(boxes::DR_MARTIN).unwrap();
    assert_eq!(ended(&mut events, &login).await, Ok("Claire MARTIN".to_owned()));
    ask(&served, "lock_now", json!({})).await;
    let lock = ask(&served, "lock_get", json!({})).await;
    assert_eq!(
        (&lock["login"], &lock["person"]),
        (&json!(true), &json!("Claire MARTIN"))
    );
    assert!(!lock.to_string().contains("mssante"), "{lock}");
    let failure = match pli_contract::dispatch(&served, "login_start", phone(boxes::DR_LEROY)).await {
        Err(failure) => failure,
        Ok(login) => {
            operator.approve(boxes::DR_LEROY).unwrap();
            ended(&mut events, &login).await.unwrap_err()
        }
    };
    assert_eq!(failure, Failure::about(Code::OtherPerson, "Claire MARTIN"));
    assert_eq!(refused(&served, "account_list", json!({})).await, Code::Locked);
    // Nor does a provider of somebody's own choosing.
    let elsewhere = json!({ "discovery": "https://psc.ailleurs.test/x", "clientId": "pli" });
    assert_eq!(refused(&served, "provider_set", elsewhere).await, Code::Locked);

    let login = ask(&served, "login_start", phone(boxes::DR_MARTIN)).await;
    operator.approve(boxes::DR_MARTIN).unwrap();
    assert_eq!(ended(&mut events, &login).await, Ok("Claire MARTIN".to_owned()));
    if ask(&served, "status", json!({})).await["vault"] != "open" {
        heard(&mut events, |event| matches!(event, Event::Lock).then_some(())).await;
    }
    assert_eq!(ask(&served, "status", json!({})).await["vault"], "open");
    served.engine().sync_and_wait(None).await.unwrap();
    served.stop().await;

    // A window's next start asks who is there.
    options.starts_locked = true;
    let (served, _) = serve(&base, options);
    assert_eq!(ask(&served, "status", json!({})).await["vault"], "locked");
    assert_eq!(ask(&served, "lock_get", json!({})).await["reason"], "start");
    assert_eq!(
        failed(&served, "vault_open", json!({ "passphrase": null })).await,
        Failure::new(Code::Locked),
        "the keyring alone is not enough"
    );
    assert_eq!(
        ask(&served, "unlock", json!({ "secret": "2468" })).await["vault"],
        "open"
    );
    let none = ask(&served, "pin_set", json!({ "current": "2468", "pin": null })).await;
    assert_eq!(none["pin"], false);
    served.stop().await;
    std::fs::write(dir.join("done"), "").unwrap();
}
