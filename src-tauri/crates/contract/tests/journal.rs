//! The journal's commands over a real engine: settings and what fixes them, exports and their check, the end of traces.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod common;

use std::path::Path;

use common::{PASSPHRASE, ask, failed, heard, options, refused, serve};
use pli_contract::event::Event;
use pli_contract::failure::Code;
use pli_contract::{Served, check_export};
use serde_json::{Value, json};

/// An instant that is past.
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

async fn open(served: &Served) {
    ask(served, "vault_open", json!({ "passphrase": PASSPHRASE })).await;
}

async fn list(served: &Served, filter: Value) -> Value {
    ask(
        served,
        "journal_list",
        json!({ "filter": filter, "offset": 0, "limit": 1000 }),
    )
    .await
}

fn months(months: u32) -> Value {
    json!({ "months": months, "technicalMonths": 12, "atEnd": "anonymise" })
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_traces_are_kept_is_set_within_bounds_and_traced() {
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(None));
    open(&served).await;
    let settings = ask(&served, "journal_settings", json!({})).await;
    assert_eq!(
        (&settings["months"], &settings["technicalMonths"], &settings["atEnd"]),
        (&json!(6), &json!(6), &json!("destroy"))
    );
    assert_eq!(
        (&settings["monthsFixed"], &settings["place"]),
        (&json!(false), &json!("file"))
    );
    let groups: Vec<&str> = settings["fingerprint"].as_str().unwrap().split(' ').collect();
    assert!(
        groups.len() == 8 && groups.iter().all(|group| group.len() == 4),
        "{groups:?}"
    );

    for (set, about) in [
        (months(0), "months"),
        (months(241), "months"),
        (
            json!({ "months": 6, "technicalMonths": 13, "atEnd": "destroy" }),
            "technicalMonths",
        ),
    ] {
        let failure = failed(&served, "journal_set", set).await;
        assert_eq!(
            (failure.code, failure.about.as_deref()),
            (Code::OutOfRange, Some(about))
        );
    }
    let set = ask(&served, "journal_set", months(240)).await;
    assert_eq!(
        (&set["months"], &set["technicalMonths"], &set["atEnd"]),
        (&json!(240), &json!(12), &json!("anonymise"))
    );
    let traced = list(&served, json!({ "action": "settings" })).await;
    assert!(
        traced["traces"][0]["request"].as_str().unwrap().contains("240"),
        "{traced}"
    );
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_organisation_fixes_shows_as_fixed_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "[traces]\nmonths = 24\nat_end = \"anonymise\"\n").unwrap();
    let mut options = options(None);
    options.policy = Some(policy);
    let (served, _) = serve(&dir.path().join("profile"), options);
    open(&served).await;
    let settings = ask(&served, "journal_settings", json!({})).await;
    assert_eq!(
        (&settings["months"], &settings["monthsFixed"]),
        (&json!(24), &json!(true))
    );
    assert_eq!(
        (&settings["atEnd"], &settings["atEndFixed"]),
        (&json!("anonymise"), &json!(true))
    );
    assert_eq!(settings["technicalFixed"], false);
    assert_eq!(refused(&served, "journal_set", months(12)).await, Code::FixedByPolicy);
    // What it leaves free is set all the same.
    assert_eq!(ask(&served, "journal_set", months(24)).await["technicalMonths"], 12);
    // Nor is anything destroyed before the time that it fixes.
    let prune = json!({ "before": now(), "atEnd": "anonymise" });
    assert_eq!(refused(&served, "journal_prune", prune).await, Code::FixedByPolicy);
    assert!(list(&served, json!({})).await["total"].as_u64().unwrap() > 0);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_goes_where_the_dialogue_says_and_is_checked_from_there() {
    let dir = tempfile::tempdir().unwrap();
    let (served, desktop) = serve(&dir.path().join("profile"), options(None));
    open(&served).await;
    let export = |format: &str| json!({ "filter": {}, "format": format });
    assert!(
        ask(&served, "journal_export", export("csv")).await.is_null(),
        "given up"
    );
    assert!(ask(&served, "journal_check", json!({})).await.is_null(), "given up");

    for (format, name) in [("csv", "j.csv"), ("jsonLines", "j.jsonl"), ("pdf", "j.pdf")] {
        let path = dir.path().join(name);
        *desktop.save.lock().unwrap() = Some(path.clone());
        let exported = ask(&served, "journal_export", export(format)).await;
        assert_eq!(exported["file"], name);
        assert!(exported["count"].as_u64().unwrap() > 0, "{exported}");
        let beside = dir.path().join(exported["manifest"].as_str().unwrap());
        assert!(beside.exists() && !exported.to_string().contains(dir.path().to_str().unwrap()));
        *desktop.exported.lock().unwrap() = Some(path.clone());
        let checked = ask(&served, "journal_check", json!({})).await;
        assert_eq!(
            (&checked["sound"], &checked["mine"]),
            (&json!(true), &json!(true)),
            "{checked}"
        );
        assert_eq!(
            (&checked["count"], &checked["file"]),
            (&exported["count"], &json!(name))
        );
        assert_eq!(checked["fingerprint"], exported["fingerprint"]);

        let mut octets = std::fs::read(&path).unwrap();
        let middle = octets.len() / 2;
        octets[middle] ^= 1;
        std::fs::write(&path, octets).unwrap();
        let checked = ask(&served, "journal_check", json!({})).await;
        assert_eq!(checked["sound"], false, "{checked}");
        assert!(checked["problem"].is_string());
    }
    let exports = list(&served, json!({ "action": "journal_export" })).await;
    assert_eq!(exports["total"], 3, "each is in the journal: {exports}");

    let letter = dir.path().join("lettre.csv");
    std::fs::write(&letter, "Cher confrère").unwrap();
    *desktop.exported.lock().unwrap() = Some(letter.clone());
    let failure = failed(&served, "journal_check", json!({})).await;
    assert_eq!(
        (failure.code, failure.about.as_deref()),
        (Code::NotAnExport, Some("lettre.csv"))
    );
    served.stop().await;
    assert_eq!(check_export(&letter, None, None).unwrap_err().code, Code::NotAnExport);
    let nowhere = check_export(Path::new("/nulle/part.csv"), None, None).unwrap_err();
    assert!(
        matches!(nowhere.code, Code::FileUnreadable | Code::NotAnExport),
        "{nowhere:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_destroyed_up_to_a_moment_that_is_past_and_the_rest_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(None));
    open(&served).await;
    ask(&served, "journal_set", months(12)).await;
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    for name in ["journal_prune_plan", "journal_prune"] {
        let mut argument = json!({ "before": tomorrow.to_string() });
        if name == "journal_prune" {
            argument["atEnd"] = json!("destroy");
        }
        assert_eq!(refused(&served, name, argument).await, Code::OutOfRange, "{name}");
    }
    assert_eq!(
        refused(&served, "journal_prune_plan", json!({ "before": "hier" })).await,
        Code::BadRequest
    );
    let before = now();
    let plan = ask(&served, "journal_prune_plan", json!({ "before": before })).await;
    let doomed = plan["count"].as_u64().unwrap();
    assert!(
        doomed > 0 && plan["since"].is_string() && plan["until"].is_string(),
        "{plan}"
    );
    assert!(
        list(&served, json!({})).await["total"].as_u64().unwrap() >= doomed,
        "a plan destroys nothing"
    );
    let pruned = ask(
        &served,
        "journal_prune",
        json!({ "before": before, "atEnd": "destroy" }),
    )
    .await;
    assert_eq!(pruned["count"].as_u64(), Some(doomed));
    let found = ask(&served, "journal_verify", json!({})).await;
    assert_eq!(
        (&found["sound"], &found["pruned"]),
        (&json!(true), &json!(doomed)),
        "{found}"
    );
    assert!(found["first"].as_i64() > found["prunedUntil"].as_i64());
    let left = list(&served, json!({})).await;
    assert!(
        left["traces"]
            .as_array()
            .unwrap()
            .iter()
            .any(|trace| trace["action"] == "journal_prune"),
        "the destruction is in what remains: {left}"
    );
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_and_progress_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(None));
    open(&served).await;
    let days = ask(&served, "journal_days", json!({ "filter": {} })).await;
    let total = list(&served, json!({})).await["total"].as_u64().unwrap();
    let counted: u64 = days
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["count"].as_u64().unwrap())
        .sum();
    assert!(total > 0 && counted >= total, "{days}");
    let day = days[0]["day"].as_str().unwrap();
    assert!(day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok(), "{day}");

    let mut events = served.events();
    ask(&served, "journal_verify", json!({})).await;
    let (done, all) = heard(&mut events, |event| match event {
        Event::JournalProgress { done, total } if done == total => Some((*done, *total)),
        _ => None,
    })
    .await;
    assert!(done == all && done > 0);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_none_keeps_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (served, _) = serve(&dir.path().join("profile"), options(None));
    open(&served).await;
    for filter in [
        json!({ "action": "bavarder" }),
        json!({ "author": "é" }),
        json!({ "bal": "pas une adresse" }),
        json!({ "since": "hier" }),
        json!({ "correspondent": "x".repeat(2_000) }),
        json!({ "message": "x".repeat(2_000) }),
    ] {
        let ask = json!({ "filter": filter, "offset": 0, "limit": 10 });
        assert_eq!(
            refused(&served, "journal_list", ask).await,
            Code::BadRequest,
            "{filter}"
        );
    }
    for name in ["journal_get", "journal_life"] {
        assert_eq!(refused(&served, name, json!({ "sequence": -1 })).await, Code::NotFound);
        assert_eq!(
            refused(&served, name, json!({ "sequence": 999_999 })).await,
            Code::NotFound
        );
    }
    served.stop().await;
}
