//! The same for a key that comes from the system's keyring, with a PIN: in a session of its own, with a real keyring.

use std::process::Command;

use pli_engine::{Engine, Home, LockReason, Options, VaultState};
use pli_keyring_session::{Session, succeeds};
use pli_store::{MasterKey, Purpose};

use crate::scan::{Needle, mask, scan, shown};

const PIN: [u8; 21] = mask(*b"4831 trois sauterelle");

#[test]
fn after_the_lock_nothing_is_left_of_what_the_keyring_gave() {
    let dir = tempfile::tempdir().unwrap();
    let session = Session::open(dir.path());
    succeeds(&mut session.again("keyring::child_opens_by_the_keyring"));
    assert_eq!(std::fs::read_to_string(dir.path().join("after")).unwrap(), "");
}

/// The process that the test starts in a session with a keyring; nothing by itself.
#[tokio::test(flavor = "multi_thread")]
async fn child_opens_by_the_keyring() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let mut options = Options::new(|_| true);
    options.passphrase_file = None;
    options.local = None;
    let engine = Engine::start(Home::at(dir.join("profile")), options).unwrap();
    engine.vault_open(None).await.unwrap();
    engine.pin_set(None, Some(shown(&PIN).into())).await.unwrap();
    engine.lock(LockReason::Demand).await.unwrap();
    engine.unlock(shown(&PIN).into()).await.unwrap();
    let needles = needles(&engine);
    let planted: Vec<Vec<u8>> = needles.iter().map(Needle::plant).collect();
    let before = scan(&needles);
    assert!(
        needles
            .iter()
            .all(|needle| before.iter().any(|found| found.name == needle.name)),
        "the search finds each"
    );
    drop(planted);
    engine.lock(LockReason::Demand).await.unwrap();
    assert_eq!(engine.status().await.unwrap().vault, VaultState::Locked);
    let after: Vec<String> = scan(&needles)
        .into_iter()
        .map(|found| format!("{}: {}", found.name, found.place))
        .collect();
    std::fs::write(dir.join("after"), after.join("\n")).unwrap();
    engine.stop().await;
}

/// The key as the keyring gives it to another program, and what is derived of it. What this leaves is freed, thus wiped.
#[inline(never)]
fn needles(engine: &Engine) -> Vec<Needle> {
    let text = std::fs::read(engine.home().vault().join("vault.json")).unwrap();
    let vault: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let entry = vault["kept"]["keyring"]["entry"].as_str().unwrap().to_owned();
    // On a thread of its own, whose stack goes with it.
    std::thread::spawn(move || {
        let lookup = Command::new("secret-tool")
            .args(["lookup", "service", "Pli", "username", &entry])
            .output()
            .unwrap();
        let octets = lookup.stdout;
        assert_eq!(octets.len(), 32, "{}", String::from_utf8_lossy(&lookup.stderr));
        let mut lines = vec![Needle::line("key-master", &octets)];
        let key = MasterKey::from_bytes(octets.as_slice().try_into().unwrap());
        for (name, purpose) in [
            ("key-database", Purpose::Database),
            ("key-raw-files", Purpose::RawFiles),
            ("key-journal", Purpose::Journal),
            ("key-session", Purpose::Session),
            ("key-pin", Purpose::Pin),
        ] {
            lines.push(Needle::line(name, key.derive(purpose).as_bytes()));
        }
        lines.push(Needle::line("pin", shown(&PIN).as_bytes()));
        let needles = lines.iter().map(|line| Needle::read(line.trim_end())).collect();
        // The system keeps the stacks of threads that ended for the next ones.
        let below = [0u8; 128 * 1024];
        std::hint::black_box(&below);
        needles
    })
    .join()
    .unwrap()
}
