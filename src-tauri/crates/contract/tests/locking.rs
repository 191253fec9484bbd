//! The lock's rule, command by command: what is stored is told by none of them.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod common;

use common::{LEROY, MARTIN, PASSPHRASE, add, ask, failed, heard, log_in, options, refused, serve};
use pli_contract::event::Event;
use pli_contract::failure::{Code, Failure};
use pli_contract::serve::WHILE_LOCKED;
use pli_contract::{content, dispatch};
use pli_operator::Operator;
use serde_json::{Value, json};

const LETTER: &str = "From: Helene Roux <h.roux@beta.mssante.test>\r\nTo: dr.martin@alpha.mssante.test\r\n\
    Subject: Scintigraphie\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\nMessage-ID: <bilan@beta.mssante.test>\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
    <p>Gastroxylographie normale</p>\r\n--b\r\nContent-Type: text/plain\r\n\
    Content-Disposition: attachment; filename=vanadium.txt\r\n\r\nmolybdique\r\n--b--\r\n";

/// What the profile holds, and nothing of which may be told while it is locked.
const HELD: [&str; 9] = [
    "scintigraphie",
    "gastroxylographie",
    "vanadium",
    "molybdique",
    "roux",
    "brouillon secret",
    "mssante.test",
    "cabinet du port",
    "bilan@",
];

/// Every command with an argument that it accepts: a command that is added has to come here, or this fails.
fn argument(name: &str, (account, message, whole): (i64, i64, &Value)) -> Value {
    let (draft, outgoing) = (&whole["id"], 1);
    match name {
        "status" | "account_list" | "logout" | "login_hint" | "session_get" | "provider_get" | "provider_check"
        | "lock_now" | "lock_get" | "lock_settings" | "activity" | "profile_list" | "terms_get" | "draft_list"
        | "journal_verify" | "journal_check" | "journal_settings" => json!({}),
        "vault_open" => json!({ "passphrase": PASSPHRASE }),
        "account_discover" => json!({ "address": MARTIN }),
        "account_add" => json!({ "address": LEROY, "kind": null, "method": "code", "name": null }),
        "account_rename" => json!({ "account": account, "name": "Autre" }),
        "account_remove" | "folder_list" => json!({ "account": account }),
        "login_start" => json!({ "way": "phone", "nationalId": "899700000014", "channel": "mobile", "account": null }),
        "login_cancel" => json!({ "login": 1 }),
        "login_certificate" => json!({ "account": account, "passphrase": "x" }),
        "provider_set" => json!({ "discovery": null, "clientId": "pli" }),
        "unlock" => json!({ "secret": "une autre phrase" }),
        "lock_set" => json!({ "minutes": 5, "atSessionEnd": true }),
        "pin_set" => json!({ "current": null, "pin": "2468" }),
        "profile_add" => json!({ "name": "Remplaçante" }),
        "profile_switch" => json!({ "profile": "principal" }),
        "profile_rename" => json!({ "profile": "principal", "name": "Matin" }),
        "terms_accept" => json!({ "version": pli_contract::terms::VERSION }),
        "sync_now" => json!({ "account": null }),
        "message_list" => json!({ "scope": { "of": "all" }, "filter": "all", "offset": 0, "limit": 50 }),
        "message_get" | "message_print" => json!({ "message": message }),
        "message_flag" => json!({ "messages": [message], "flag": "seen", "on": true }),
        "handling_get" => json!({ "message": message }),
        "handling_set" => json!({ "messages": [message], "state": "taken", "for": null, "note": null }),
        "purge_plan" => {
            json!({ "account": account, "scope": { "of": "trash", "olderThanDays": 0 }, "keepLocal": false })
        }
        "purge_start" | "purge_stop" | "purge_get" | "purge_export" => json!({ "purge": 1 }),
        "purge_schedule_set" => json!({
            "account": account, "enabled": false, "every": "weekly", "olderThanDays": 30, "keepFlagged": true,
            "keepUnknownFate": true, "keepUnfiled": true, "keepLocal": false, "trashOlderThanDays": null,
        }),
        "sent_folder_set" => json!({ "account": account, "folder": 1 }),
        "rules_set" => json!({
            "account": account, "answer": null, "redirect": null, "sort": [], "samePerson": false,
            "includeInForeign": false, "seen": null,
        }),
        "account_set" => json!({ "account": account, "name": "Autre", "color": "plum" }),
        "backup_create" => json!({ "scope": { "of": "whole" }, "passphrase": "une phrase de passe" }),
        "backup_check" => json!({ "passphrase": "une phrase de passe" }),
        "backup_restore" => json!({ "passphrase": "une phrase de passe", "profilePassphrase": null }),
        "backup_schedule_set" => json!({
            "enabled": false, "every": "weekly", "keep": 3, "chooseFolder": false, "passphrase": null,
        }),
        "purge_list" | "purge_schedule" | "sent_folder" | "rules_get" | "rules_stop_answer" | "rules_answering"
        | "rules_keep_answer" => json!({ "account": account }),
        "quota_get" | "quota_read" | "quota_dismiss" | "handling_people" | "handling_support" | "box_life"
        | "box_notice_dismiss" => json!({ "account": account }),
        "box_notices" | "quota_warnings" | "backup_schedule" => json!({}),
        "space_get" => json!({ "account": account, "by": "correspondent" }),
        "space_messages" => json!({ "account": account, "filter": {}, "offset": 0, "limit": 10 }),
        "space_suggest" => json!({ "account": account, "octets": 1000 }),
        "box_keep" => json!({ "account": account, "messages": null }),
        "box_retention_set" => json!({ "account": account, "months": 6 }),
        "message_move" => json!({ "messages": [message], "folder": 1 }),
        "message_delete" => json!({ "messages": [message] }),
        "attachment_save" => json!({ "message": message, "part": 1 }),
        "search" => json!({ "text": "gastroxylographie", "scope": null, "limit": 10 }),
        "suggest" => json!({ "text": "ro" }),
        "draft_new" => json!({ "account": null, "from": "blank", "about": null }),
        "draft_get" | "draft_attach" | "draft_check" | "draft_delete" | "draft_confirm_box" | "draft_send" => {
            json!({ "draft": draft })
        }
        "draft_save" => json!({ "draft": whole }),
        "draft_detach" => json!({ "draft": draft, "attachment": 1 }),
        "outbox_list" => json!({ "days": 3 }),
        "outbox_get" | "outbox_cancel" | "outbox_retry" => json!({ "outgoing": outgoing }),
        "outbox_settle" => json!({ "outgoing": outgoing, "left": true }),
        "journal_list" => json!({ "filter": { "failures": false }, "offset": 0, "limit": 10 }),
        "journal_days" => json!({ "filter": {} }),
        "journal_get" | "journal_life" => json!({ "sequence": 1 }),
        "journal_export" => json!({ "filter": {}, "format": "csv" }),
        "journal_set" => json!({ "months": 12, "technicalMonths": 12, "atEnd": "destroy" }),
        "journal_prune_plan" => json!({ "before": "2026-11-01T00:00:00+01:00" }),
        "journal_prune" => json!({ "before": "2026-11-01T00:00:00+01:00", "atEnd": "destroy" }),
        other => panic!("{other} has no argument here: is it let by while locked?"),
    }
}

fn commands() -> Vec<&'static str> {
    let mut names = Vec::new();
    macro_rules! name {
        ($($(#[$doc:meta])* $name:ident($argument:ty) -> $answer:ty;)*) => { $( names.push(stringify!($name)); )* };
    }
    pli_contract::with_commands!(name);
    names
}

fn tells_nothing(name: &str, answer: &Result<Value, Failure>) {
    let told = match answer {
        Ok(value) => value.to_string(),
        Err(failure) => serde_json::to_string(failure).unwrap(),
    };
    // The terms of use hold nothing of the profile; « mssante » is a word of theirs.
    let told = if name == "terms_get" {
        String::new()
    } else {
        told.to_lowercase()
    };
    for held in HELD {
        assert!(!told.contains(held), "{name} tells « {held} »: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_profile_tells_nothing_of_what_it_holds_by_any_command() {
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(Some(&operator)));
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    let account = add(&served, MARTIN).await;
    ask(
        &served,
        "account_rename",
        json!({ "account": account, "name": "Cabinet du port" }),
    )
    .await;
    operator
        .deliver("h.roux@beta.mssante.test", MARTIN, LETTER.as_bytes())
        .unwrap();
    log_in(&operator, &served).await;
    let all = json!({ "scope": { "of": "all" }, "filter": "all", "offset": 0, "limit": 50 });
    let started = std::time::Instant::now();
    let message = loop {
        served.engine().sync_and_wait(None).await.unwrap();
        let page = ask(&served, "message_list", all.clone()).await;
        if let Some(id) = page["rows"][0]["id"].as_i64() {
            break id;
        }
        assert!(started.elapsed() < common::PATIENCE, "the letter never came");
    };
    let mut draft = ask(&served, "draft_new", argument("draft_new", (0, 0, &json!({})))).await;
    draft["subject"] = json!("Brouillon secret");
    let draft = ask(&served, "draft_save", json!({ "draft": draft })).await;
    let path = format!("/message/{message}/html");
    assert_eq!(content::serve(&served, &path).await.status, 200);

    let mut events = served.events();
    ask(&served, "lock_now", json!({})).await;
    heard(&mut events, |event| matches!(event, Event::Lock).then_some(())).await;
    assert_eq!(ask(&served, "status", json!({})).await["vault"], "locked");
    let lock = ask(&served, "lock_get", json!({})).await;
    assert_eq!(
        (&lock["reason"], &lock["passphrase"], &lock["pin"], &lock["waitSeconds"]),
        (&json!("demand"), &json!(true), &json!(false), &json!(0))
    );
    assert!(lock["draftSavedAt"].is_string(), "{lock}");

    let names = commands();
    assert!(WHILE_LOCKED.iter().all(|name| names.contains(name)));
    for name in names {
        let argument = argument(name, (account, message, &draft));
        let answer = dispatch(&served, name, argument).await;
        if WHILE_LOCKED.contains(&name) {
            let refused = answer.as_ref().is_err_and(|failure| failure.code == Code::Locked);
            assert!(!refused, "{name} works while locked");
        } else {
            assert_eq!(answer, Err(Failure::new(Code::Locked)), "{name}");
        }
        tells_nothing(name, &answer);
        assert_eq!(
            ask(&served, "status", json!({})).await["vault"],
            "locked",
            "{name} opens nothing"
        );
    }
    for path in [
        path.clone(),
        format!("/message/{message}/part/1"),
        "/message/1/part/2".to_owned(),
    ] {
        let content = content::serve(&served, &path).await;
        assert_eq!((content.status, content.body.len()), (404, 0), "{path}");
    }

    // The wrong passphrase above was one; only the right one opens, and everything is there.
    assert_eq!(
        refused(&served, "unlock", json!({ "secret": "x".repeat(5000) })).await,
        Code::BadRequest
    );
    assert_eq!(
        refused(&served, "unlock", json!({ "secret": "encore une autre" })).await,
        Code::WrongPassphrase
    );
    assert_eq!(
        ask(&served, "unlock", json!({ "secret": PASSPHRASE })).await["vault"],
        "open"
    );
    assert!(ask(&served, "lock_get", json!({})).await.is_null());
    assert_eq!(content::serve(&served, &path).await.status, 200);
    let kept = ask(&served, "draft_get", json!({ "draft": draft["id"] })).await;
    assert_eq!(kept["subject"], "Brouillon secret");
    assert_eq!(ask(&served, "message_list", all).await["total"], 1);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_once_the_profile_is_locked_is_withheld() {
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (served, desktop) = serve(&dir.path().join("profile"), options(Some(&operator)));
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    add(&served, MARTIN).await;
    let draft = ask(&served, "draft_new", argument("draft_new", (0, 0, &json!({})))).await;

    // A dialogue stays open while the person is away.
    let turn = desktop.turns.acquire().await.unwrap();
    let asked = {
        let (served, draft) = (served.clone(), draft["id"].clone());
        tokio::spawn(async move { dispatch(&served, "draft_attach", json!({ "draft": draft })).await })
    };
    desktop.asked.notified().await;
    ask(&served, "lock_now", json!({})).await;
    drop(turn);
    assert_eq!(asked.await.unwrap(), Err(Failure::new(Code::Locked)));

    // Nor once another person's profile is shown, open as it may be.
    ask(&served, "unlock", json!({ "secret": PASSPHRASE })).await;
    let other = ask(&served, "profile_add", json!({ "name": "Dr Leroy" })).await;
    let turn = desktop.turns.acquire().await.unwrap();
    let asked = {
        let (served, draft) = (served.clone(), draft["id"].clone());
        tokio::spawn(async move { dispatch(&served, "draft_attach", json!({ "draft": draft })).await })
    };
    desktop.asked.notified().await;
    ask(&served, "profile_switch", json!({ "profile": other["id"] })).await;
    ask(&served, "vault_open", json!({ "passphrase": "une autre phrase" })).await;
    drop(turn);
    assert_eq!(asked.await.unwrap(), Err(Failure::new(Code::Locked)));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passphrases_have_to_wait_and_the_window_is_told_how_long() {
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(None));
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    ask(&served, "lock_now", json!({})).await;
    let mut tries = 0;
    let told = loop {
        let failure = failed(&served, "unlock", json!({ "secret": "pas celle-ci" })).await;
        match failure.code {
            Code::WrongPassphrase => tries += 1,
            Code::WaitBeforeRetry => break failure,
            other => panic!("{other:?}"),
        }
        assert!(tries < 20, "tries are never bounded");
    };
    assert!(tries >= 3, "a slip of a finger is free");
    let seconds: u32 = told.about.unwrap().parse().unwrap();
    assert!((1..=900).contains(&seconds), "{seconds}");
    let lock = ask(&served, "lock_get", json!({})).await;
    assert!(lock["waitSeconds"].as_u64().unwrap() > 0);
    // The right one waits too: nobody learns by trying.
    assert_eq!(
        refused(&served, "unlock", json!({ "secret": PASSPHRASE })).await,
        Code::WaitBeforeRetry
    );
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_locks_is_set_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(None));
    ask(&served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
    let usual = ask(&served, "lock_settings", json!({})).await;
    assert_eq!((&usual["minutes"], &usual["longest"]), (&json!(10), &json!(30)));
    let set = ask(&served, "lock_set", json!({ "minutes": 3, "atSessionEnd": true })).await;
    assert_eq!((&set["minutes"], &set["atSessionEnd"]), (&json!(3), &json!(true)));
    for minutes in [0, 31, u32::MAX] {
        let argument = json!({ "minutes": minutes, "atSessionEnd": true });
        assert_eq!(
            refused(&served, "lock_set", argument).await,
            Code::BadRequest,
            "{minutes}"
        );
    }
    assert_eq!(ask(&served, "lock_settings", json!({})).await["minutes"], 3);
    for pin in ["123", &"1".repeat(65)] {
        let failure = failed(&served, "pin_set", json!({ "current": null, "pin": pin })).await;
        assert_eq!(failure, Failure::about(Code::WeakPin, "4"));
    }
    // A passphrase is asked for anyway: a PIN beside it would only be weaker.
    let argument = json!({ "current": null, "pin": "2468" });
    assert_eq!(refused(&served, "pin_set", argument).await, Code::WrongState);
    served.stop().await;
}
