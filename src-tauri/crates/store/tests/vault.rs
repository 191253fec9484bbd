//! The vault, with a passphrase, with a real keyring, and without one.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use pli_keyring_session::Session;
use pli_store::{MasterKey, Purpose, Vault, VaultError, VaultState};
use secrecy::SecretString;

fn same(a: &MasterKey, b: &MasterKey) -> bool {
    a.derive(Purpose::Database).as_bytes() == b.derive(Purpose::Database).as_bytes()
}

#[test]
fn a_passphrase_gives_the_key_back_and_another_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::at(dir.path());
    assert_eq!(vault.state().unwrap(), VaultState::Absent);
    let passphrase = SecretString::from("une phrase assez longue");
    // Eleven characters, one of them of two octets.
    let short = SecretString::from("onze carès.");
    assert!(matches!(
        vault.create_with_passphrase(&short),
        Err(VaultError::PassphraseTooShort { minimum: 12 })
    ));
    let key = vault.create_with_passphrase(&passphrase).unwrap();
    assert_eq!(vault.state().unwrap(), VaultState::UnderPassphrase);
    assert!(same(&key, &vault.open_with_passphrase(&passphrase).unwrap()));
    let wrong = vault.open_with_passphrase(&SecretString::from("une autre phrase"));
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase)));
    assert!(matches!(
        vault.create_with_passphrase(&passphrase),
        Err(VaultError::Exists)
    ));
    assert!(matches!(vault.open_from_keyring(), Err(VaultError::NotThisWay)));

    let path = dir.path().join("vault.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("phrase assez"));
    // Any digit changed is damage, and is not taken for a wrong passphrase.
    for (from, to) in [
        ("\"memory_kib\": 65536", "\"memory_kib\": 65535"),
        ("\"salt\": \"", "\"salt\": \"AAAA"),
        ("}", ""),
    ] {
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        assert!(
            matches!(vault.open_with_passphrase(&passphrase), Err(VaultError::Damaged { .. })),
            "{from}"
        );
    }
    std::fs::write(&path, text.replacen("\"version\": 1", "\"version\": 3", 1)).unwrap();
    assert!(matches!(
        vault.state(),
        Err(VaultError::NewerVersion { found: 3, known: 2 })
    ));
    std::fs::write(&path, &text).unwrap();

    let other = SecretString::from("une phrase nouvelle");
    vault.move_under_passphrase(&key, &other).unwrap();
    assert!(same(&key, &vault.open_with_passphrase(&other).unwrap()));
    assert!(matches!(
        vault.open_with_passphrase(&passphrase),
        Err(VaultError::WrongPassphrase)
    ));
    vault.destroy().unwrap();
    assert_eq!(vault.state().unwrap(), VaultState::Absent);
}

#[test]
fn a_vault_of_the_first_version_opens() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vaults/version-1.json");
    std::fs::copy(kept, dir.path().join("vault.json")).unwrap();
    let vault = Vault::at(dir.path());
    assert_eq!(vault.state().unwrap(), VaultState::UnderPassphrase);
    assert!(!vault.has_pin());
    vault
        .open_with_passphrase(&SecretString::from("une phrase assez longue"))
        .unwrap();
    let wrong = vault.open_with_passphrase(&SecretString::from("une autre phrase"));
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase)));
}

/// Runs in a session of its own: the keyring is that of the process's environment.
#[test]
fn child_in_a_session_of_its_own() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let vault = Vault::at(&dir);
    let looked = Vault::look_at_keyring();
    let result = vault.create_in_keyring();
    // What is told before anything is tried is what then happens; whether a keyring that is yet to be made would be made
    // cannot be known.
    assert!(
        matches!(
            (&looked, &result),
            (
                Ok(()),
                Ok(_) | Err(VaultError::KeyringLocked | VaultError::KeyringRefused)
            ) | (Err(VaultError::KeyringAbsent(_)), Err(VaultError::KeyringAbsent(_)))
                | (
                    Err(VaultError::KeyringLocked),
                    Err(VaultError::KeyringLocked | VaultError::KeyringRefused)
                )
        ),
        "{looked:?} then {:?}",
        result.as_ref().err()
    );
    std::fs::write(dir.join("looked"), format!("{looked:?}")).unwrap();
    let seen = match &result {
        Ok(key) => {
            assert_eq!(vault.state().unwrap(), VaultState::InKeyring);
            assert!(same(key, &vault.open_from_keyring().unwrap()));
            let text = std::fs::read_to_string(dir.join("vault.json")).unwrap();
            assert!(text.contains("keyring"));
            // Under a passphrase and back: the keyring forgets, then knows again.
            let passphrase = SecretString::from("une phrase assez longue");
            vault.move_under_passphrase(key, &passphrase).unwrap();
            assert!(same(key, &vault.open_with_passphrase(&passphrase).unwrap()));
            vault.move_to_keyring(key).unwrap();
            assert!(same(key, &vault.open_from_keyring().unwrap()));
            // The keyring emptied behind our back.
            let saved = std::fs::read(dir.join("vault.json")).unwrap();
            vault.destroy().unwrap();
            std::fs::write(dir.join("vault.json"), saved).unwrap();
            assert!(matches!(vault.open_from_keyring(), Err(VaultError::KeyMissing)));
            "open"
        }
        Err(VaultError::KeyringAbsent(_)) => "absent",
        Err(VaultError::KeyringLocked) => "locked",
        Err(VaultError::KeyringRefused) => "refused",
        Err(other) => panic!("{other:?}"),
    };
    if result.is_err() {
        assert_eq!(vault.state().unwrap(), VaultState::Absent, "nothing half made");
    }
    std::fs::write(dir.join("seen"), seen).unwrap();
}

/// What the child says of the keyring before it tries anything, and what it then sees.
fn seen_in(session: &Session, dir: &Path) -> (String, String) {
    pli_keyring_session::succeeds(&mut session.again("child_in_a_session_of_its_own"));
    let word = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    (word("looked"), word("seen"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_real_keyring_keeps_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let (_, seen) = seen_in(&Session::open(dir.path()), dir.path());
    assert_eq!(seen, "open");
}

#[cfg(target_os = "linux")]
#[test]
fn a_keyring_that_nobody_unlocks_is_locked_or_refused_and_no_bus_is_absent() {
    let dir = tempfile::tempdir().unwrap();
    let (_, seen) = seen_in(&Session::closed(dir.path()), dir.path());
    assert!(seen == "locked" || seen == "refused", "{seen}");
    // One that was used in a former session, and is not unlocked in this one: known before anything is tried.
    let dir = tempfile::tempdir().unwrap();
    drop(Session::open(dir.path()));
    let (looked, seen) = seen_in(&Session::closed(dir.path()), dir.path());
    assert_eq!(looked, "Err(KeyringLocked)");
    assert!(seen == "locked" || seen == "refused", "{seen}");
    let dir = tempfile::tempdir().unwrap();
    let (_, seen) = seen_in(&Session::without_bus(dir.path()), dir.path());
    assert_eq!(seen, "absent");
}
