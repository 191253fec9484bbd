//! Both logins of Pro Santé Connect through the intermediary, by `pli` as a script calls it: what opens, and what each failure
//! says.

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use common::{MARTIN, Stage, files, wait_for};
use pli_operator::boxes::{DR_LEROY, DR_MARTIN};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(180);

/// A stage where nobody answers a login by itself.
fn stage(samples: bool) -> Stage {
    let stage = Stage::new(samples);
    stage.operator.set_auto_approve(false, DR_MARTIN).unwrap();
    stage
}

fn spawn(stage: &Stage, arguments: &[&str]) -> Child {
    let mut command = stage.pli("martin", arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// `Ctrl+C`.
fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// A login that failed as this code, with this sentence for people.
fn failed(output: &Output, sentence: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(sentence), "« {sentence} » is not said: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// Waits until the provider has a login to be answered, and gives it.
fn pending(stage: &Stage) -> Value {
    wait_for("a pending login", PATIENCE, || {
        let pending = stage.operator.pending().unwrap();
        pending.as_array()?.first().cloned()
    })
}

#[test]
fn two_digits_then_the_browser_each_end_in_a_synced_inbox() {
    let stage = stage(true);
    stage.add("martin", MARTIN);
    let provider = stage.json("martin", &["provider", "show"]);
    assert_eq!(provider[0]["discovery"], stage.operator.info().psc_discovery.as_str());
    assert_ne!(
        provider[0]["discovery"],
        stage.operator.info().psc_direct_discovery.as_str(),
        "through the intermediary"
    );
    let check = stage.json("martin", &["provider", "check"]);
    assert_eq!(
        (&check[0]["available"], &check[0]["ciba"]),
        (&true.into(), &true.into())
    );

    // The digits come first, the outcome after them.
    let mut login = spawn(
        &stage,
        &["login", "--ciba", "--id", DR_MARTIN, "--channel", "card", "--json"],
    );
    let mut lines = BufReader::new(login.stdout.take().unwrap()).lines();
    let digits: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(digits["state"], "phone");
    let shown = digits["digits"].as_str().unwrap();
    assert!(shown.len() == 2 && shown.bytes().all(|b| b.is_ascii_digit()), "{shown}");
    assert!(digits["lifetimeSeconds"].as_u64().unwrap() >= 1 && digits["expiresAt"].is_string());
    assert_eq!(pending(&stage)["binding"], shown, "the person is shown the same digits");
    stage.operator.approve(DR_MARTIN).unwrap();
    let done: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        (&done["state"], &done["name"]),
        (&"done".into(), &"Claire MARTIN".into())
    );
    assert!(lines.next().is_none() && login.wait().unwrap().success());

    // The next verb asks by the same way, with the same number: nothing more to type.
    stage.operator.set_auto_approve(true, DR_MARTIN).unwrap();
    let synced = stage.output("martin", &["sync"]);
    let told = String::from_utf8_lossy(&synced.stderr);
    assert!(synced.status.success(), "{told}");
    assert!(told.contains("ces deux chiffres") && told.contains("██"), "{told}");
    assert!(String::from_utf8_lossy(&synced.stdout).contains("à jour"));
    let rows = stage.json("martin", &["list", "--limit", "500"]);
    assert!(rows.len() > 100, "the inbox holds the sample mail");

    // The browser, in a profile of its own.
    stage.add("cabinet", "cabinet@alpha.mssante.test");
    let logged = stage.json("cabinet", &["login", "--code"]);
    assert_eq!(
        (&logged[0]["state"], &logged[0]["name"]),
        (&"done".into(), &"Claire MARTIN".into())
    );
    let synced = stage.json("cabinet", &["sync"]);
    assert_eq!(synced[0]["problem"], Value::Null);
    assert!(!stage.json("cabinet", &["list"]).is_empty());

    // Each way leaves its mark in the journal, with the person's own identifier.
    let marks = |who| -> Vec<(String, String)> {
        let traces = stage.json(who, &["traces", "list", "--action", "login"]);
        let word = |trace: &Value, name: &str| trace[name].as_str().unwrap().to_owned();
        traces
            .iter()
            .map(|trace| (word(trace, "author"), word(trace, "authenticated")))
            .collect()
    };
    let mark = |way: &str| (DR_MARTIN.to_owned(), way.to_owned());
    assert!(marks("martin").contains(&mark("ciba")), "{:?}", marks("martin"));
    assert!(marks("cabinet").contains(&mark("code")), "{:?}", marks("cabinet"));
}

#[test]
fn each_failure_of_the_two_digits_says_its_own_sentence() {
    let stage = stage(false);
    stage.add("martin", MARTIN);
    let ciba = ["login", "--ciba", "--id", DR_MARTIN];

    let login = spawn(&stage, &ciba);
    stage.operator.refuse(DR_MARTIN).unwrap();
    failed(
        &login.wait_with_output().unwrap(),
        "L'identification a été refusée. Aucune session n'est ouverte.",
    );

    let login = spawn(&stage, &ciba);
    stage.operator.expire_login(DR_MARTIN).unwrap();
    failed(
        &login.wait_with_output().unwrap(),
        "Les deux chiffres n'ont pas été confirmés à temps",
    );

    let login = spawn(&stage, &ciba);
    pending(&stage);
    interrupt(&login);
    failed(&login.wait_with_output().unwrap(), "L'identification a été abandonnée.");
    // What nobody answered goes away with the provider's own patience; the next login is another.
    stage.operator.expire_login(DR_MARTIN).unwrap();

    // A key that is wrong is told at once, and the provider hears nothing.
    let before = stage.operator.seen("/backchannel").unwrap();
    let output = stage.output("martin", &["login", "--ciba", "--id", "899700000014"]);
    failed(&output, "Pro Santé Connect ne connaît pas ce numéro national.");
    assert_eq!(stage.operator.seen("/backchannel").unwrap(), before);

    // Out of service behind the intermediary, then the intermediary itself: the other way is offered.
    stage.operator.set_down(true).unwrap();
    let output = stage.output("martin", &ciba);
    failed(&output, "Pro Santé Connect ne répond pas");
    failed(&output, "dans le navigateur : ajoutez --code");
    stage.operator.set_down(false).unwrap();
    stage.operator.relay_stop();
    let output = stage.output("martin", &ciba);
    failed(&output, "Ce qui est enregistré reste lisible");
    failed(&output, "ajoutez --code");
    assert_eq!(
        stage.output("martin", &["provider", "check"]).status.code(),
        Some(1),
        "it is not there"
    );
    stage.operator.relay_start().unwrap();

    // What failed left nothing that stands in the way of the next.
    stage.operator.set_auto_approve(true, DR_MARTIN).unwrap();
    assert_eq!(stage.json("martin", &ciba).last().unwrap()["state"], "done");

    // Another person than the profile's.
    stage.operator.set_auto_approve(true, DR_LEROY).unwrap();
    let output = stage.output("martin", &["login", "--ciba", "--id", DR_LEROY]);
    failed(&output, "Une autre personne s'est identifiée.");
    failed(&output, "Ce profil est celui de Claire MARTIN.");
}

#[test]
fn each_failure_of_the_browser_says_its_own_sentence() {
    let stage = stage(false);
    stage.add("martin", MARTIN);

    let login = spawn(&stage, &["login", "--code", "--account", MARTIN]);
    stage.operator.refuse(DR_MARTIN).unwrap();
    failed(&login.wait_with_output().unwrap(), "L'identification a été refusée.");

    let login = spawn(&stage, &["login", "--code"]);
    pending(&stage);
    interrupt(&login);
    failed(&login.wait_with_output().unwrap(), "L'identification a été abandonnée.");

    stage.operator.relay_stop();
    let output = stage.output("martin", &["login", "--code"]);
    failed(&output, "Pro Santé Connect ne répond pas");
    failed(&output, "ajoutez --ciba");
    stage.operator.relay_start().unwrap();
    stage.operator.set_auto_approve(true, DR_MARTIN).unwrap();
    assert_eq!(stage.json("martin", &["login", "--code"])[0]["state"], "done");
}

#[test]
fn no_token_is_in_a_file_an_answer_or_a_list_of_processes() {
    let stage = stage(true);
    stage.add("martin", MARTIN);
    stage.operator.set_auto_approve(true, DR_MARTIN).unwrap();
    let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
    for arguments in [
        &["login", "--code"][..],
        &["login", "--ciba", "--id", DR_MARTIN, "--json"],
        &["sync", "--ciba"],
        &["sync", "--code"],
    ] {
        let mut child = stage
            .pli("martin", arguments)
            .env("PLI_LOG", "debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let read = std::thread::spawn(move || {
            let mut said = Vec::new();
            err.read_to_end(&mut said).unwrap();
            said
        });
        let answered = std::thread::spawn(move || {
            let mut said = Vec::new();
            out.read_to_end(&mut said).unwrap();
            said
        });
        // As whoever lists processes would, again and again while it works.
        while child.try_wait().unwrap().is_none() {
            for name in ["cmdline", "environ"] {
                if let Ok(text) = std::fs::read(format!("/proc/{}/{name}", child.id()))
                    && !seen.iter().any(|(_, known)| *known == text)
                {
                    seen.push((format!("{name} of {arguments:?}"), text));
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(child.wait().unwrap().success(), "{arguments:?}");
        seen.push((format!("errors of {arguments:?}"), read.join().unwrap()));
        seen.push((format!("answer of {arguments:?}"), answered.join().unwrap()));
    }
    assert!(
        seen.iter()
            .any(|(name, text)| name.starts_with("environ") && !text.is_empty())
    );
    for file in files(&stage.home("martin")) {
        seen.push((file.display().to_string(), std::fs::read(&file).unwrap()));
    }
    let issued = stage.operator.issued().unwrap();
    assert!(
        issued.len() > 8,
        "codes, requests and tokens were given: {}",
        issued.len()
    );
    let holds = |text: &[u8], token: &str| text.windows(token.len()).any(|window| window == token.as_bytes());
    for token in &issued {
        assert!(token.len() >= 16, "long enough to be nothing else");
        for (name, text) in &seen {
            assert!(!holds(text, token), "{name} holds a token");
        }
    }
    // The search would find one.
    assert!(holds(format!("Bearer {}", issued[0]).as_bytes(), &issued[0]));
}
