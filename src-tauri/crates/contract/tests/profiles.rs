//! Several persons at one workstation, and the terms that each accepts.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod common;

use common::{LEROY, MARTIN, PASSPHRASE, add, ask, failed, heard, options, refused, serve};
use pli_contract::event::Event;
use pli_contract::failure::{Code, Failure};
use pli_contract::terms;
use pli_engine::{Engine, Home};
use pli_operator::Operator;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

const OTHER: &str = "une deuxième phrase";

#[tokio::test(flavor = "multi_thread")]
async fn each_person_has_a_profile_and_a_switch_locks_the_one_left() {
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("pli");
    let (served, _) = serve(&base, options(Some(&operator)));
    let mut events = served.events();
    let opened = ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    let first = opened["profile"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&opened["profile"]["current"], &opened["profile"]["name"]),
        (&json!(true), &json!(""))
    );
    add(&served, MARTIN).await;

    let made = ask(&served, "profile_add", json!({ "name": "  Dr Leroy " })).await;
    assert_eq!((&made["name"], &made["current"]), (&json!("Dr Leroy"), &json!(false)));
    let second = made["id"].as_str().unwrap().to_owned();
    heard(&mut events, |event| matches!(event, Event::Profile).then_some(())).await;
    assert_eq!(
        ask(&served, "profile_list", json!({})).await.as_array().unwrap().len(),
        2
    );
    assert_eq!(
        ask(&served, "status", json!({})).await["profile"]["id"],
        first,
        "made, not shown"
    );

    let shown = ask(&served, "profile_switch", json!({ "profile": second })).await;
    assert_eq!(
        (&shown["profile"]["id"], &shown["vault"]),
        (&json!(second), &json!("newNeedsPassphrase"))
    );
    heard(&mut events, |event| matches!(event, Event::Profile).then_some(())).await;
    ask(&served, "vault_open", json!({ "passphrase": OTHER })).await;
    assert_eq!(
        ask(&served, "account_list", json!({})).await,
        json!([]),
        "a store of its own"
    );
    // Those who listened before the switch hear the profile that is shown now.
    add(&served, LEROY).await;
    heard(&mut events, |event| matches!(event, Event::Accounts).then_some(())).await;

    let back = ask(&served, "profile_switch", json!({ "profile": first })).await;
    assert_eq!((&back["vault"], &back["accounts"]), (&json!("locked"), &json!(0)));
    assert_eq!(ask(&served, "lock_get", json!({})).await["reason"], "demand");
    assert_eq!(refused(&served, "account_list", json!({})).await, Code::Locked);
    assert_eq!(
        refused(&served, "unlock", json!({ "secret": OTHER })).await,
        Code::WrongPassphrase
    );
    assert_eq!(
        ask(&served, "unlock", json!({ "secret": PASSPHRASE })).await["vault"],
        "open"
    );
    let accounts = ask(&served, "account_list", json!({})).await;
    assert_eq!(
        (&accounts[0]["address"], accounts.as_array().unwrap().len()),
        (&json!(MARTIN), 1)
    );

    // The one shown, and the other, are named from here; a name has its bounds.
    let renamed = ask(&served, "profile_rename", json!({ "profile": first, "name": "Matin" })).await;
    assert_eq!((&renamed["name"], &renamed["current"]), (&json!("Matin"), &json!(true)));
    let renamed = ask(&served, "profile_rename", json!({ "profile": second, "name": "Soir" })).await;
    assert_eq!((&renamed["name"], &renamed["current"]), (&json!("Soir"), &json!(false)));
    let names: Vec<_> = (ask(&served, "profile_list", json!({})).await.as_array().unwrap().iter())
        .map(|profile| profile["name"].clone())
        .collect();
    assert_eq!(names, ["Matin", "Soir"]);
    for name in ["", "  ", "a\nb", &"é".repeat(81)] {
        assert_eq!(
            refused(&served, "profile_add", json!({ "name": name })).await,
            Code::BadRequest,
            "{name}"
        );
    }
    served.stop().await;
    let closing = async { while !matches!(events.recv().await, Err(RecvError::Closed)) {} };
    tokio::time::timeout(common::PATIENCE, closing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_cannot_be_shown_leaves_the_present_one_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("pli");
    let (served, _) = serve(&base, options(None));
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    let second = ask(&served, "profile_add", json!({ "name": "Dr Leroy" })).await;
    let id = second["id"].as_str().unwrap();

    for none in ["", "..", "../pli", "/etc", "0123456789abcdef", "PRINCIPAL"] {
        assert_eq!(
            refused(&served, "profile_switch", json!({ "profile": none })).await,
            Code::NotFound,
            "{none}"
        );
        let rename = json!({ "profile": none, "name": "x" });
        assert_eq!(
            refused(&served, "profile_rename", rename).await,
            Code::NotFound,
            "{none}"
        );
    }
    let elsewhere = Engine::start(Home::at(&base).profile(id).unwrap(), options(None)).unwrap();
    assert_eq!(
        failed(&served, "profile_switch", json!({ "profile": id })).await,
        Failure::new(Code::InUse)
    );
    let status = ask(&served, "status", json!({})).await;
    assert_eq!(
        (&status["vault"], &status["profile"]["current"]),
        (&json!("open"), &json!(true))
    );
    assert_ne!(status["profile"]["id"], second["id"]);
    assert_eq!(
        ask(&served, "account_list", json!({})).await,
        json!([]),
        "nothing was locked"
    );
    elsewhere.stop().await;

    std::fs::write(base.join("profiles").join(id).join("profile.json"), "{").unwrap();
    let listed = ask(&served, "profile_list", json!({})).await;
    assert_eq!(listed[1]["readable"], false);
    assert_eq!(
        refused(&served, "profile_switch", json!({ "profile": id })).await,
        Code::StoreDamaged
    );
    assert_eq!(ask(&served, "status", json!({})).await["vault"], "open");
    served.stop().await;
    // Both are free for another process.
    Engine::start(Home::at(&base), options(None)).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terms_are_accepted_once_for_each_profile_and_each_version() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("pli");
    let (served, _) = serve(&base, options(None));
    // Before anything is stored, and before any login: it is the first thing that a person sees.
    assert_eq!(ask(&served, "status", json!({})).await["termsAccepted"], false);
    let shown = ask(&served, "terms_get", json!({})).await;
    assert_eq!(
        (&shown["version"], &shown["acceptedAt"]),
        (&json!(terms::VERSION), &json!(null))
    );
    assert!(shown["text"].as_str().unwrap().contains("## Pro Santé Connect"));
    let other = json!({ "version": terms::VERSION + 1 });
    assert_eq!(refused(&served, "terms_accept", other).await, Code::BadRequest);
    ask(&served, "terms_accept", json!({ "version": terms::VERSION })).await;
    assert_eq!(ask(&served, "status", json!({})).await["termsAccepted"], true);
    assert!(ask(&served, "terms_get", json!({})).await["acceptedAt"].is_string());
    let second = ask(&served, "profile_add", json!({ "name": "Dr Leroy" })).await;
    let status = ask(&served, "profile_switch", json!({ "profile": second["id"] })).await;
    assert_eq!(status["termsAccepted"], false, "another person");
    served.stop().await;

    let (served, _) = serve(&base, options(None));
    assert_eq!(
        ask(&served, "status", json!({})).await["termsAccepted"],
        true,
        "kept on the disk"
    );
    served.stop().await;
}
