//! The real window: what a practitioner sees and presses, from the first start to a letter that has arrived.

mod common;

use std::time::Duration;

use common::browser::{Look, Window, key};
use common::{LABO, LEROY, MARTIN, PASSPHRASE, Stage, wait_for};
use pli_operator::boxes;
use serde_json::{Value, json};

const CABINET: &str = "cabinet@alpha.mssante.test";

/// The list holds rows.
const LISTED: &str = "return document.querySelectorAll('.list .row').length > 3";
/// The BAL is connected: whatever was closed is open.
const ONLINE: &str = "return /À jour/.test(document.querySelector('.side-foot')?.innerText ?? '') \
                      && !/session fermée/i.test(document.body.innerText)";
/// The lock's screen, ready for the passphrase.
const LOCKED: &str = "return document.querySelector('h1')?.textContent === 'Pli est verrouillé' \
                      && document.querySelector('#secret') !== null";
/// The subject of the message that is open.
const OPEN_SUBJECT: &str = "return document.querySelector('.reader .subject')?.textContent";

fn subject_is(subject: &str) -> String {
    format!(
        "return document.querySelector('.reader .subject')?.textContent === {}",
        json!(subject)
    )
}

fn letter(subject: &str) -> Vec<u8> {
    format!(
        "From: Dr Paul LEROY <{LEROY}>\r\nTo: {MARTIN}\r\nSubject: {subject}\r\nDate: Sat, 21 Nov 2026 09:00:00 +0100\r\n\
         Message-ID: <lettre.{}@alpha.mssante.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Chère consœur,\r\n\r\nPouvez-vous revoir ce patient ?\r\n",
        subject.len()
    )
    .into_bytes()
}

#[test]
fn a_letter_is_read_answered_and_followed_by_keyboard_alone() {
    let stage = Stage::new(true);
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    let rows = stage.json("martin", &["list", "--limit", "5"]);

    let window = Window::open(&stage, "martin", Look::default());
    window.wait("the inbox, from the disk", LISTED);
    let shown = window.script(
        "return [...document.querySelectorAll('.list .row')].slice(0, 5).map((row) => row.querySelector('.subj').textContent)",
    );
    let listed: Vec<&str> = rows.iter().map(|row| row["subject"].as_str().unwrap()).collect();
    assert_eq!(
        shown,
        json!(listed),
        "the window and the command line list the same inbox"
    );
    window.wait("the session", ONLINE);

    // A letter arrives while the window is open, and is answered without touching the mouse.
    stage
        .operator
        .deliver(LEROY, MARTIN, &letter("Avis pour un patient"))
        .unwrap();
    window.wait(
        "the letter, at the top of the list",
        "return document.querySelector('#row-0 .subj')?.textContent === 'Avis pour un patient'",
    );
    window.press(&[key::HOME]);
    window.wait("the message", &subject_is("Avis pour un patient"));
    window.wait(
        "its text",
        "return document.querySelector('.reader .body')?.innerText.includes('Pouvez-vous revoir ce patient')",
    );
    window.capture("message");
    window.press(&["r"]);
    window.wait(
        "the answer's text",
        "return document.activeElement?.tagName === 'TEXTAREA'",
    );
    window.type_text("Cher confrère,\n\nJe le verrai jeudi à 9 h, avec son bilan.\n\nBien à vous,\nDr Claire Martin\n");
    window.wait(
        "the quotation",
        "return /Je le verrai jeudi à 9 h[^]*> Pouvez-vous revoir/.test(document.querySelector('textarea').value)",
    );
    window.wait(
        "the draft, stored",
        "return /enregistré à/.test(document.querySelector('.bar').innerText)",
    );
    window.capture("ecrire");
    window.press(&[key::CONTROL, key::ENTER]);
    window.wait(
        "the time to take it back",
        "return /départ dans/.test(document.querySelector('.toasts')?.innerText ?? '')",
    );

    let mut leroy = stage.operator.mailbox(LEROY).unwrap();
    let arrived = leroy
        .wait_for("INBOX", "BODY \"Je le verrai jeudi\"", Duration::from_secs(120))
        .unwrap();
    assert_eq!(
        arrived.len(),
        1,
        "another client finds it once in the other practitioner's box"
    );
    let raw = String::from_utf8_lossy(&arrived[0].raw).into_owned();
    let reference = format!("lettre.{}@alpha.mssante.test", "Avis pour un patient".len());
    assert!(raw.contains(&format!("In-Reply-To: <{reference}>")), "{raw}");

    window.press(&["g"]);
    window.press(&["e"]);
    window.wait(
        "the outbox",
        "return document.querySelector('h1')?.textContent === 'Envois'",
    );
    window.press(&[key::DOWN]);
    window.wait(
        "its fate",
        "return [...document.querySelectorAll('.rc')].some((line) => line.innerText.includes('dr.leroy@') \
         && line.querySelectorAll('.stp')[1].querySelector('svg') !== null)",
    );

    searched(&window);
    journal(&window);
    assert_eq!(answered(&window), Some(true), "the letter is marked as answered");
    drop(window);
    stage.run("martin", &["traces", "verify"]);
}

/// Words of a message's text are found, and the message opens by its frame.
fn searched(window: &Window) {
    window.press(&["g"]);
    window.press(&["t"]);
    window.wait("the list again", LISTED);
    window.press(&["/"]);
    window.wait(
        "the search field",
        "return document.activeElement?.ariaLabel === 'Rechercher'",
    );
    window.type_text("télé-expertise");
    window.wait(
        "the results, with the words underlined",
        "return document.querySelectorAll('.list .row mark').length > 0 && document.querySelector('h1').innerText.includes('Recherche')",
    );
    window.capture("recherche");
    window.press(&[key::DOWN]);
    window.wait(
        "the formatted message",
        "return document.querySelector('iframe')?.src.startsWith('pli://localhost/message/')",
    );
    let shown = wait_for("the frame's text", Duration::from_secs(180), || {
        let text = window.in_frame(|window| window.script("return document.body?.innerText ?? ''"));
        text.as_str()
            .is_some_and(|text| text.contains("Dix questions"))
            .then_some(text)
    });
    assert!(shown.as_str().unwrap().contains("Chères consœurs"), "{shown}");
    let inside = window.in_frame(|window| {
        window.script(
            "return [location.origin, typeof __TAURI_INTERNALS__, [...document.images].map((image) => image.src)]",
        )
    });
    assert_eq!(inside[1], "undefined", "the frame may call no command");
    for picture in inside[2].as_array().unwrap() {
        let picture = picture.as_str().unwrap();
        assert!(
            picture.is_empty() || picture.starts_with("pli://localhost/message/"),
            "{picture}"
        );
    }
    assert_eq!(
        window.script("try { return document.querySelector('iframe').contentDocument === null } catch { return true }"),
        json!(true),
        "the page and the frame are of different origins"
    );
    window.capture("message-html");
    // The frame has the focus, and no script: the keys serve all the same.
    window.script("document.querySelector('iframe').focus()");
    assert_eq!(window.script("return document.activeElement.tagName"), "IFRAME");
    window.press_on_keyboard("ctrl+l");
    window.wait("the lock", LOCKED);
    unlock(window);
    window.press(&["/"]);
    window.press(&[key::ESCAPE]);
    window.wait("the whole list", LISTED);
}

/// The journal is whole, and holds the sending.
fn journal(window: &Window) {
    window.press(&["g"]);
    window.press(&["j"]);
    window.wait(
        "the verification",
        "return /^Chaîne .*traces/.test(document.querySelector('.banner.ok')?.innerText ?? '')",
    );
    window.wait(
        "the sending's trace",
        "return document.querySelectorAll('[role=grid] [role=row]').length > 5",
    );
    let sent = window.command(
        "journal_list",
        &json!({ "filter": { "since": null, "until": null, "bal": MARTIN, "author": null, "action": "send", "failures": false, "messageId": null }, "offset": 0, "limit": 5 }),
    );
    let sent = &sent["traces"][0];
    assert_eq!(sent["recipients"], json!([LEROY]), "{sent}");
    assert!(
        !sent.to_string().contains("verrai"),
        "a trace holds nothing of the message"
    );
    wait_for("the sending's trace", Duration::from_secs(120), || {
        window.press(&[key::DOWN]);
        let open = window.script("return document.getElementById('trace').innerText");
        open.as_str()
            .is_some_and(|text| text.starts_with("Envoi"))
            .then_some(())
    });
    window.capture("journal");
}

/// Whether the letter bears the mark of an answer.
fn answered(window: &Window) -> Option<bool> {
    let page = window.command(
        "search",
        &json!({ "text": "Avis pour un patient", "scope": null, "limit": 20 }),
    );
    let rows: Vec<&Value> = page["rows"].as_array()?.iter().collect();
    rows.iter()
        .find(|row| row["subject"] == "Avis pour un patient")?
        .get("answered")?
        .as_bool()
}

#[test]
fn from_the_first_start_to_the_end_of_the_session() {
    let stage = Stage::asking(true);
    // Short lives, so that a session ends while one looks.
    stage.operator.set_lifetimes(20, 600, 3600).unwrap();
    let look = Look {
        arguments: &[],
        passphrase_file: false,
        ..Look::default()
    };
    let window = Window::open(&stage, "nouveau", look);
    first_start(&stage, &window);
    locked_and_unlocked(&window);
    let first_tokens = stage.operator.issued().unwrap();
    assert!(!first_tokens.is_empty());

    stage.operator.expire_sessions().unwrap();
    window.wait(
        "the end of the session",
        "return /Votre session Pro Santé Connect est terminée/.test(document.body.innerText)",
    );
    window.press(&["j"]);
    window.wait("a message, still readable", OPEN_SUBJECT);
    window.capture("session-terminee");
    // Logging in again is one gesture, and the digits are new.
    window.press(&[key::CONTROL, key::SHIFT, "s"]);
    window.wait("the digits", "return document.querySelector('[role=timer]') !== null");
    stage.operator.approve(boxes::DR_MARTIN).unwrap();
    window.wait("the session", ONLINE);
}

/// Terms, passphrase, the person and two digits, the address: the inbox.
fn first_start(stage: &Stage, window: &Window) {
    window.wait(
        "the terms of use",
        "return /Pro Santé Connect/.test(document.body.innerText) && /Accepter et continuer/.test(document.body.innerText)",
    );
    window.capture("conditions");
    window.press(&[key::CONTROL, key::ENTER]);
    window.wait(
        "the passphrase's page",
        "return document.activeElement?.id === 'passphrase'",
    );
    window.capture("premiere-ouverture");
    window.type_text(PASSPHRASE);
    window.press(&[key::TAB]);
    window.press(&[key::TAB]);
    window.type_text(PASSPHRASE);
    window.press(&[key::ENTER]);

    window.wait("who logs in", "return document.activeElement?.id === 'national-id'");
    window.type_text("99 700 000 013");
    window.wait(
        "the number's key",
        "return /Ce numéro est bien formé/.test(document.body.innerText)",
    );
    window.capture("identifiant");
    window.press(&[key::ENTER]);
    window.wait("the digits", "return document.querySelector('[role=timer]') !== null");
    window.capture("connexion");
    stage.operator.approve(boxes::DR_MARTIN).unwrap();

    window.wait("the address", "return document.activeElement?.id === 'address'");
    window.type_text(MARTIN);
    window.press(&[key::ENTER]);
    window.wait(
        "the servers",
        "return /imap\\.alpha\\.mssante\\.test/.test(document.body.innerText) && /smtp\\.alpha/.test(document.body.innerText)",
    );
    window.capture("boite-trouvee");
    window.press(&[key::ENTER]);
    window.wait(
        "the way on",
        "return document.activeElement?.innerText?.startsWith('Ouvrir ma messagerie')",
    );
    window.press(&[key::ENTER]);
    window.wait("the inbox", LISTED);
    window.wait("the session", ONLINE);
    window.press(&["j"]);
    window.wait("a message", OPEN_SUBJECT);
}

/// Locked, the window holds nothing of what it showed; unlocked, the session goes on without another login.
fn locked_and_unlocked(window: &Window) {
    let subject = window.script(OPEN_SUBJECT);
    window.press(&[key::CONTROL, "l"]);
    window.wait("the lock", LOCKED);
    let left = window.script(&format!(
        "return document.documentElement.outerHTML.includes({subject})"
    ));
    assert_eq!(left, json!(false), "the subject is gone from the page");
    assert_eq!(
        window.script("return document.querySelectorAll('iframe, .row').length"),
        json!(0)
    );
    window.capture("verrou");
    unlock(window);
}

/// By the passphrase: the session goes on.
fn unlock(window: &Window) {
    window.script("document.querySelector('#secret').focus()");
    window.type_text(PASSPHRASE);
    window.press(&[key::ENTER]);
    window.wait("the inbox again", LISTED);
    window.wait("the session, resumed", ONLINE);
}

#[test]
fn the_screens_are_drawn_light_dark_and_small() {
    let stage = Stage::new(true);
    stage.run("martin", &["account", "add", MARTIN, "--name", "Dr Claire Martin"]);
    let cabinet = [
        "account",
        "add",
        CABINET,
        "--kind",
        "cab",
        "--name",
        "Cabinet des Tilleuls",
    ];
    stage.run("martin", &cabinet);
    stage.run("martin", &["sync"]);
    let looks = [
        ("clair", Look::default()),
        (
            "sombre",
            Look {
                dark: true,
                ..Look::default()
            },
        ),
        (
            "1024",
            Look {
                size: (1024, 700),
                ..Look::default()
            },
        ),
    ];
    for (name, look) in looks {
        let window = drawn(&stage, look);
        open_a_letter(&window);
        window.capture(&format!("reception-{name}"));
    }
    sent_to_three(&stage);
    for (name, look) in looks {
        let window = drawn(&stage, look);
        window.press(&["g"]);
        window.press(&["e"]);
        window.wait(
            "the outbox",
            "return document.querySelector('h1')?.textContent === 'Envois'",
        );
        window.press(&[key::DOWN]);
        window.wait("three fates", "return document.querySelectorAll('.rc').length === 3");
        let text = window.script("return document.querySelector('main.pane').innerText");
        assert!(text.as_str().unwrap().contains("inconnu@beta.mssante.test"), "{text}");
        window.capture(&format!("envois-{name}"));
    }
}

/// The window as a whole, of the size and the theme asked for, nothing out of its width.
fn drawn(stage: &Stage, look: Look) -> Window {
    let window = Window::open(stage, "martin", look);
    window.wait("the inbox", LISTED);
    window.wait("the session", ONLINE);
    let dark = window.script("return matchMedia('(prefers-color-scheme: dark)').matches");
    assert_eq!(dark, json!(look.dark));
    assert_eq!(
        window.script("return [innerWidth, innerHeight, document.documentElement.scrollWidth > innerWidth]"),
        json!([look.size.0, look.size.1, false])
    );
    window
}

/// Goes down the list until a colleague's letter is open.
fn open_a_letter(window: &Window) {
    for _ in 0..40 {
        let before = window.script(OPEN_SUBJECT);
        window.press(&["j"]);
        window.wait(
            "the next message",
            &format!("return document.querySelector('.reader .subject')?.textContent !== {before}"),
        );
        let subject = window.script(OPEN_SUBJECT);
        if subject
            .as_str()
            .is_some_and(|subject| subject.starts_with("Suivi ") || subject.starts_with("Explorations "))
        {
            window.wait(
                "its text",
                "return (document.querySelector('.reader .body')?.innerText ?? '').length > 20",
            );
            return;
        }
    }
    panic!("no letter among the first forty");
}

/// One message to three recipients, one of whom nobody knows; all their reports have come back.
fn sent_to_three(stage: &Stage) {
    let text = stage.letter("lettre.txt", "Chers confrères,\n\nVoici le compte rendu attendu.\n");
    let unknown = "Dr Inconnu <inconnu@beta.mssante.test>";
    let leroy = format!("Dr Paul Leroy <{LEROY}>");
    let labo = format!("Laboratoire des Acacias <{LABO}>");
    let to = [
        "send",
        "--to",
        &leroy,
        "--to",
        &labo,
        "--to",
        unknown,
        "--subject",
        "Compte rendu de consultation",
    ];
    let sent = stage.output(
        "martin",
        &[&to[..], &["--text-file", &text, "--account", MARTIN]].concat(),
    );
    assert!(!sent.stdout.is_empty(), "{sent:?}");
    wait_for("the reports", Duration::from_secs(120), || {
        stage.run("martin", &["sync"]);
        let entries = stage.json("martin", &["outbox", "list"]);
        let recipients = entries.first()?["recipients"].as_array()?;
        let fates: Vec<&str> = recipients.iter().filter_map(|one| one["fate"].as_str()).collect();
        (fates == ["delivered", "delivered", "refused"]).then_some(())
    });
}
