//! What the lock leaves in memory: neither a key nor a token nor a line of a letter. A process of its own holds an engine that
//! has worked with the real servers, locks it, and reads its own memory.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod keyring;
mod scan;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use common::{Bench, MARTIN, PATIENCE, add, folder, letter, people, rows, until};
use pli_engine::{
    DraftEdit, DraftFrom, Engine, Home, LockReason, LoginRequest, LoginState, LoginWay, Options, Party, VaultState,
};
use pli_operator::boxes;
use pli_store::{FolderId, MasterKey, OutboxState, Purpose, Scope};
use pli_tls::local::LocalOperator;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use scan::{Found, Needle, mask, scan, shown};

/// Names the folder in which parent and child speak by files.
const CHILD: &str = "PLI_TEST_LOCK_MEMORY";

const PHRASE: [u8; 33] = mask(*b"sept cerises sous un parapluie ve");
const SENTENCE: [u8; 52] = mask(*b"La greffe de Zenobie tient, controle prevu mercredi.");
const WORD: [u8; 7] = mask(*b"Zenobie");

/// What the child and its parent say to each other: each file is there at once and whole.
struct Talk(PathBuf);

impl Talk {
    fn say(&self, name: &str, text: &str) {
        let draft = self.0.join(format!("{name}.new"));
        std::fs::write(&draft, text).unwrap();
        std::fs::rename(draft, self.0.join(name)).unwrap();
    }

    /// Waits for a word; `alive` tells whether anybody is there to say it.
    fn hear(&self, name: &str, mut alive: impl FnMut() -> bool) -> String {
        let started = Instant::now();
        loop {
            if let Ok(text) = std::fs::read_to_string(self.0.join(name)) {
                return text;
            }
            assert!(alive(), "the other process ended before it said {name}");
            assert!(started.elapsed() < 3 * PATIENCE, "waited in vain for {name}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn after_the_lock_the_memory_holds_neither_keys_nor_tokens_nor_letters() {
    let bench = Bench::start_with(pli_operator::Options {
        relay_watched: true,
        ..Default::default()
    });
    bench.operator.set_auto_approve(true, boxes::DR_MARTIN).unwrap();
    // Renewed while it works: former tokens must be gone as well.
    bench.operator.set_lifetimes(4, 120, 600).unwrap();
    let sender = "anne.petit@beta.mssante.test";
    let body = letter("Suivi", &shown(&SENTENCE));
    bench.operator.deliver(sender, MARTIN, &body).unwrap();
    bench.operator.settle().unwrap();
    let talk = Talk(bench.dir.path().to_owned());
    std::fs::write(bench.dir.path().join("phrase"), shown(&PHRASE)).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_works_then_locks_and_looks", "--exact", "--nocapture"])
        .env(CHILD, bench.dir.path())
        .env("PLI_LOCAL_OPERATOR", bench.operator.info().file())
        .spawn()
        .unwrap();
    // The browser is another program.
    let url = talk.hear("browse", || is_alive(&mut child));
    pli_operator::browse(&url, Some(bench.operator.info())).unwrap();
    talk.hear("worked", || is_alive(&mut child));
    let needles = needles(&bench);
    assert!(bench.operator.issued().unwrap().len() > 5, "tokens were renewed");
    talk.say("needles", &needles);
    let (before, after) = (
        talk.hear("before", || is_alive(&mut child)),
        talk.hear("after", || is_alive(&mut child)),
    );
    assert!(child.wait().unwrap().success());
    // The search works: each one was there, and found, before the lock.
    let names: BTreeSet<&str> = needles.lines().map(|line| line.split_once(' ').unwrap().0).collect();
    assert_eq!(before.lines().collect::<BTreeSet<_>>(), names);
    assert_eq!(after, "", "left in memory after the lock");
}

fn is_alive(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_none()
}

/// Everything that must not be left, each masked, by name.
fn needles(bench: &Bench) -> String {
    let mut lines = Vec::new();
    let master = master_key(&bench.dir.path().join("profile"), &shown(&PHRASE));
    let key = MasterKey::from_bytes(master);
    let derived = [
        ("database", Purpose::Database),
        ("raw-files", Purpose::RawFiles),
        ("journal", Purpose::Journal),
        ("session", Purpose::Session),
        ("pin", Purpose::Pin),
    ];
    let mut keys = vec![("master", master)];
    keys.extend(derived.map(|(name, purpose)| (name, *key.derive(purpose).as_bytes())));
    for (name, key) in keys {
        let digits: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
        lines.push(Needle::line(&format!("key-{name}"), &key));
        lines.push(Needle::line(&format!("key-{name}-hex"), digits.as_bytes()));
        lines.push(Needle::line(
            &format!("key-{name}-HEX"),
            digits.to_uppercase().as_bytes(),
        ));
    }
    for (number, token) in bench.operator.issued().unwrap().iter().enumerate() {
        // The middle: also of a copy that lost its ends.
        let middle = &token.as_bytes()[token.len() / 2 - 10..token.len() / 2 + 10];
        lines.push(Needle::line(&format!("token-{number}"), middle));
        // As SASL writes them: three ways for the octets to fall.
        for shift in 0..3 {
            let shifted = [&b"---"[..shift], token.as_bytes()].concat();
            let text = BASE64_STANDARD.encode(shifted);
            let middle = &text.as_bytes()[text.len() / 2 - 12..text.len() / 2 + 12];
            lines.push(Needle::line(&format!("token-{number}-base64-{shift}"), middle));
        }
    }
    lines.push(Needle::line("passphrase", shown(&PHRASE).as_bytes()));
    lines.push(Needle::line("sentence", shown(&SENTENCE).as_bytes()));
    lines.concat()
}

/// The master key, had from the vault's file as whoever knows the passphrase could.
fn master_key(profile: &Path, phrase: &str) -> [u8; 32] {
    let text = std::fs::read(profile.join("vault/vault.json")).unwrap();
    let vault: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let wrapped = &vault["kept"]["passphrase"];
    let octets = |name: &str| BASE64_STANDARD.decode(wrapped[name].as_str().unwrap()).unwrap();
    let cost = |name: &str| u32::try_from(wrapped[name].as_u64().unwrap()).unwrap();
    let params = Params::new(cost("memory_kib"), cost("passes"), cost("lanes"), Some(32)).unwrap();
    let mut wrapping = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(phrase.as_bytes(), &octets("salt"), &mut wrapping)
        .unwrap();
    let opener = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &wrapping).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(&octets("nonce")).unwrap();
    let mut sealed = octets("key");
    let key = opener
        .open_in_place(nonce, Aad::from(b"pli/1/wrapped-master-key"), &mut sealed)
        .unwrap();
    key[..32].try_into().unwrap()
}

/// The process that the test starts; nothing by itself.
#[tokio::test(flavor = "multi_thread")]
async fn child_works_then_locks_and_looks() {
    let Some(dir) = std::env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let talk = Talk(dir.clone());
    let engine = engine(&dir).await;
    let inbox = {
        let request = LoginRequest {
            way: LoginWay::Browser,
            account: None,
        };
        let mut events = engine.subscribe();
        engine.login_start(request).await.unwrap();
        assert!(matches!(
            people::end_of_login(&mut events).await,
            LoginState::Done { .. }
        ));
        let account = add(&engine, MARTIN).await.id;
        engine.sync_and_wait(None).await.unwrap();
        folder(&engine, account, "INBOX").await.id
    };
    send(&engine).await;
    // Long enough for the tokens to be renewed, and the inbox reached by a new one.
    tokio::time::sleep(Duration::from_secs(6)).await;
    engine.sync_and_wait(None).await.unwrap();
    let letter = read(&engine, inbox).await;
    talk.say("worked", "");
    let needles: Vec<Needle> = talk.hear("needles", || true).lines().map(Needle::read).collect();
    // What is not held by itself at this moment is laid out, so that the search shows that it finds each.
    let planted: Vec<Vec<u8>> = needles.iter().map(Needle::plant).collect();
    let before: BTreeSet<String> = scan(&needles).into_iter().map(|found| found.name).collect();
    talk.say("before", &before.into_iter().collect::<Vec<_>>().join("\n"));
    drop((planted, letter));

    engine.lock(LockReason::Demand).await.unwrap();
    assert_eq!(engine.status().await.unwrap().vault, VaultState::Locked);
    let after: Vec<String> = scan(&needles)
        .into_iter()
        .map(|Found { name, place }| format!("{name}: {place}"))
        .collect();
    talk.say("after", &after.join("\n"));

    // It was the lock of a profile that opens again, and its session goes on without a login.
    engine.unlock(shown(&PHRASE).into()).await.unwrap();
    engine.sync_and_wait(None).await.unwrap();
    assert!(read(&engine, inbox).await.contains(&shown(&WORD)));
    engine.stop().await;
}

async fn engine(dir: &Path) -> Engine {
    let browse = Talk(dir.to_owned());
    let mut options = Options::new(move |url| {
        browse.say("browse", url);
        true
    });
    options.keyring = false;
    options.passphrase_file = Some(dir.join("phrase"));
    options.undo = Duration::ZERO;
    let mut local = LocalOperator::from_file(&PathBuf::from(std::env::var_os("PLI_LOCAL_OPERATOR").unwrap())).unwrap();
    // The provider itself: it can say every token that it ever gave.
    local.psc_discovery = local.psc_direct_discovery.clone();
    local.psc_client_id = local.psc_direct_client_id.clone();
    options.local = Some(local);
    let engine = Engine::start(Home::at(dir.join("profile")), options).unwrap();
    engine.vault_open(None).await.unwrap();
    engine
}

/// Hands a message over, so that the token passes by SMTP too; it holds the sentence.
async fn send(engine: &Engine) {
    let draft = engine.draft_new(None, DraftFrom::Blank, None).await.unwrap();
    let edit = DraftEdit {
        account: draft.account,
        revision: draft.revision,
        to: vec![Party {
            name: String::new(),
            address: "dr.leroy@alpha.mssante.test".to_owned(),
        }],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Suivi".to_owned(),
        text: shown(&SENTENCE),
        ask_reading: false,
        ask_delivery: true,
    };
    engine.draft_save(draft.id, edit).await.unwrap();
    let outgoing = engine.draft_send(draft.id).await.unwrap().id;
    until("it has left", async || {
        engine.outbox_get(outgoing).await.unwrap().state == OutboxState::Accepted
    })
    .await;
}

/// Reads the letter as a person does, and finds it by a word of its text.
async fn read(engine: &Engine, inbox: FolderId) -> String {
    let row = rows(engine, inbox).await.pop().unwrap();
    let found = engine.search(&shown(&WORD), Scope::Folder(inbox), 10).await.unwrap();
    assert!(!found.rows.is_empty());
    let view = engine.message_get(row.id).await.unwrap();
    format!("{view:?}")
}
