//! The contract as a window meets it, over an engine and a real operator: by name, by JSON, and contents by path.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod common;

use std::time::{Duration, Instant};

use common::{LEROY, MARTIN, ask, refused};
use pli_contract::content;
use pli_contract::failure::Code;
use pli_operator::{Operator, boxes};
use serde_json::json;

const LETTER: &str = "From: =?utf-8?q?Dr_H=C3=A9l=C3=A8ne_Roux?= <h.roux@beta.mssante.test>\r\nTo: dr.martin@alpha.mssante.test\r\n\
    Subject: XDM/1.0/DDM+Radio\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\nMessage-ID: <radio@beta.mssante.test>\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
    <p>Bonjour <b>docteur</b></p><script>alert(1)</script><img src=\"cid:logo\"><img src=\"http://ailleurs.example/x.png\">\r\n\
    --b\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\r\n\
    --b\r\nContent-Type: text/html; name=piege.html\r\nContent-Disposition: attachment; filename=piege.html\r\n\r\n\
    <script>alert(2)</script>\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
    Content-Disposition: attachment; filename=bilan.txt\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    <script>Cr=E9atinine</script>\r\n--b--\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_served_from_its_first_screen_to_a_sent_message() {
    let operator = Operator::start(pli_operator::Options::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (served, desktop) = common::serve(&dir.path().join("profile"), common::options(Some(&operator)));
    let engine = served.engine();
    let base = common::CONTENTS;

    // A window that says nonsense is told so.
    assert_eq!(refused(&served, "no_such_command", json!({})).await, Code::BadRequest);
    assert_eq!(
        refused(&served, "message_get", json!({ "message": "x" })).await,
        Code::BadRequest
    );
    assert_eq!(refused(&served, "status", json!({ "more": 1 })).await, Code::BadRequest);

    assert_eq!(ask(&served, "status", json!({})).await["vault"], "newNeedsPassphrase");
    assert_eq!(refused(&served, "account_list", json!({})).await, Code::VaultLocked);
    assert_eq!(
        refused(&served, "vault_open", json!({ "passphrase": "a" })).await,
        Code::WeakPassphrase
    );
    let open = ask(&served, "vault_open", json!({ "passphrase": "une phrase de passe" })).await;
    assert_eq!((&open["vault"], &open["accounts"]), (&json!("open"), &json!(0)));

    let found = ask(&served, "account_discover", json!({ "address": MARTIN })).await;
    assert_eq!(found["imap"]["host"], "imap.alpha.mssante.test");
    assert_eq!(
        refused(&served, "account_discover", json!({ "address": "x@gmail.com" })).await,
        Code::OutsideTrustSpace
    );
    let new = json!({ "address": MARTIN, "kind": null, "method": "code", "name": null });
    let account = ask(&served, "account_add", new.clone()).await["id"].as_i64().unwrap();
    assert_eq!(refused(&served, "account_add", new).await, Code::AccountExists);

    operator
        .deliver("h.roux@beta.mssante.test", MARTIN, LETTER.as_bytes())
        .unwrap();
    common::log_in(&operator, &served).await;
    let list = json!({ "scope": { "of": "account", "account": account }, "filter": "all", "offset": 0, "limit": 50 });
    let started = Instant::now();
    let row = loop {
        engine.sync_and_wait(None).await.unwrap();
        let page = ask(&served, "message_list", list.clone()).await;
        if page["total"] == 1 {
            break page["rows"][0].clone();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "the letter never came");
    };
    assert_eq!(
        (&row["subject"], &row["document"], &row["seen"]),
        (&json!("Radio"), &json!(true), &json!(false))
    );
    assert_eq!(
        row["who"],
        json!({ "name": "Dr Hélène Roux", "address": "h.roux@beta.mssante.test" })
    );

    let id = row["id"].as_i64().unwrap();
    let message = ask(&served, "message_get", json!({ "message": id })).await;
    assert_eq!(message["complete"], true);
    assert_eq!(message["html"], format!("{base}/message/{id}/html"));
    assert_eq!(message["remoteBlocked"], 1);
    let attachments = message["attachments"].as_array().unwrap();
    let trap = attachments.iter().find(|file| file["name"] == "piege.html").unwrap();
    let part = trap["part"].as_u64().unwrap();

    let html = content::serve(&served, &format!("/message/{id}/html")).await;
    let header = |content: &content::Content, name: &str| {
        content
            .headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    assert_eq!(html.status, 200);
    let body = String::from_utf8(html.body.clone()).unwrap();
    assert!(
        body.contains("docteur") && !body.contains("alert") && !body.contains("ailleurs.example"),
        "{body}"
    );
    let policy = header(&html, "content-security-policy");
    for rule in [
        "default-src 'none'",
        "script-src 'none'",
        // A link may ask for a new window; no script, no form, no origin.
        "; sandbox allow-popups allow-popups-to-escape-sandbox; ",
        "form-action 'none'",
        "base-uri 'none'",
        base,
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert_eq!(header(&html, "x-content-type-options"), "nosniff");
    assert_eq!(header(&html, "cache-control"), "no-store");
    assert_eq!(header(&html, "referrer-policy"), "no-referrer");
    // The picture that the letter shows in its text is served in place; a page attached to it never is.
    let at = body.find("part/").unwrap();
    let number: String = body[at + 5..].chars().take_while(char::is_ascii_digit).collect();
    let picture = content::serve(&served, &format!("/message/{id}/part/{number}")).await;
    assert_eq!(
        (
            header(&picture, "content-type"),
            header(&picture, "content-disposition")
        ),
        ("image/png".into(), "inline".into())
    );
    let page = content::serve(&served, &format!("/message/{id}/part/{part}")).await;
    assert_eq!(header(&page, "content-type"), "application/octet-stream");
    assert!(header(&page, "content-disposition").starts_with("attachment"));
    assert!(header(&page, "content-security-policy").ends_with("; sandbox"));
    // A plain text is shown as text, whatever it holds.
    let text = attachments.iter().find(|file| file["name"] == "bilan.txt").unwrap();
    let text = content::serve(&served, &format!("/message/{id}/part/{}", text["part"])).await;
    assert_eq!(header(&text, "content-type"), "text/plain; charset=windows-1252");
    assert!(text.body.starts_with(b"<script>Cr\xe9atinine"), "{:?}", text.body);
    assert_eq!(header(&text, "content-disposition"), "inline");
    assert_eq!(header(&text, "x-content-type-options"), "nosniff");
    assert_eq!(
        header(&text, "content-security-policy"),
        "default-src 'none'; script-src 'none'; sandbox"
    );
    for path in [
        "/message/999/html",
        "/message/1/part/999",
        "/etc/passwd",
        "/message/1/../1/html",
    ] {
        assert_eq!(content::serve(&served, path).await.status, 404, "{path}");
    }

    *desktop.save.lock().unwrap() = Some(dir.path().join("garde.html"));
    let saved = ask(&served, "attachment_save", json!({ "message": id, "part": part })).await;
    assert_eq!(saved["name"], "garde.html");
    assert!(
        std::fs::read_to_string(dir.path().join("garde.html"))
            .unwrap()
            .contains("alert(2)")
    );
    *desktop.save.lock().unwrap() = None;
    assert!(
        ask(&served, "attachment_save", json!({ "message": id, "part": part }))
            .await
            .is_null()
    );

    let hits = ask(
        &served,
        "search",
        json!({ "text": "docteur", "scope": null, "limit": 10 }),
    )
    .await;
    assert_eq!(hits["rows"][0]["excerpt"], "Bonjour ‹docteur›");

    let mut draft = ask(
        &served,
        "draft_new",
        json!({ "account": null, "from": "reply", "about": id }),
    )
    .await;
    draft["to"] = json!([{ "name": LEROY, "address": LEROY }]);
    let old = draft.clone();
    let draft = ask(&served, "draft_save", json!({ "draft": draft })).await;
    assert_eq!(
        draft["revision"].as_u64().unwrap(),
        old["revision"].as_u64().unwrap() + 1
    );
    assert_eq!(
        refused(&served, "draft_save", json!({ "draft": old })).await,
        Code::DraftChanged
    );
    let file = dir.path().join("note.txt");
    std::fs::write(&file, "note").unwrap();
    *desktop.files.lock().unwrap() = vec![file];
    let draft = ask(&served, "draft_attach", json!({ "draft": draft["id"] })).await;
    assert_eq!(
        (&draft["attachments"][0]["name"], &draft["attachments"][0]["size"]),
        (&json!("note.txt"), &json!(4))
    );
    let sent = ask(&served, "draft_send", json!({ "draft": draft["id"] })).await;
    assert_eq!(
        (&sent["state"], &sent["recipients"][0]["fate"]),
        (&json!("queued"), &json!("waiting"))
    );
    engine.outbox_flush().await.unwrap();
    let sent = ask(&served, "outbox_get", json!({ "outgoing": sent["id"] })).await;
    assert_eq!(
        (&sent["state"], &sent["recipients"][0]["party"]["address"]),
        (&json!("accepted"), &json!(LEROY))
    );
    assert_eq!(
        refused(&served, "outbox_cancel", json!({ "outgoing": sent["id"] })).await,
        Code::AlreadyLeft
    );

    let filter = json!({ "message": sent["messageId"], "failures": false });
    let page = ask(
        &served,
        "journal_list",
        json!({ "filter": filter, "offset": 0, "limit": 100 }),
    )
    .await;
    let traces = page["traces"].as_array().unwrap();
    assert!(
        traces
            .iter()
            .any(|trace| trace["action"] == "send" && trace["author"] == boxes::DR_MARTIN),
        "{page}"
    );
    assert_eq!(page["known"]["authors"][0][0], boxes::DR_MARTIN);
    assert!(page["known"]["bals"].as_array().unwrap().contains(&json!(MARTIN)));
    let last = traces[0]["sequence"].as_i64().unwrap();
    // One message's whole life, oldest first, from any of its traces.
    let life = ask(&served, "journal_life", json!({ "sequence": last })).await;
    let life = life.as_array().unwrap();
    assert!(life.iter().any(|trace| trace["sequence"] == last) && life.len() >= traces.len());
    assert!(
        life.windows(2)
            .all(|pair| pair[0]["sequence"].as_i64() < pair[1]["sequence"].as_i64())
    );
    let (one, before) = (
        ask(&served, "journal_get", json!({ "sequence": last })).await,
        ask(&served, "journal_get", json!({ "sequence": last - 1 })).await,
    );
    assert_eq!(one["previous"], before["hash"]);
    assert_eq!(ask(&served, "journal_verify", json!({})).await["sound"], true);
    served.stop().await;
}
