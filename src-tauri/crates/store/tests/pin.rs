//! A PIN besides a real keyring, and the passphrases of certificates in it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::at;
use pli_keyring_session::Session;
use pli_store::{Certificate, JournalSecret, MasterKey, Purpose, Store, Vault, VaultError, VaultState};
use secrecy::{ExposeSecret as _, SecretString};
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use zeroize::Zeroizing;

fn same(a: &MasterKey, b: &MasterKey) -> bool {
    a.derive(Purpose::Database).as_bytes() == b.derive(Purpose::Database).as_bytes()
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

/// What the keyring holds, seen by another client.
fn entries() -> usize {
    let service = SecretService::connect(EncryptionType::Plain).unwrap();
    let collection = service.get_default_collection().unwrap();
    collection.get_all_items().unwrap().len()
}

/// Somebody empties it behind our back.
fn empty_keyring() {
    let service = SecretService::connect(EncryptionType::Plain).unwrap();
    let collection = service.get_default_collection().unwrap();
    for item in collection.get_all_items().unwrap() {
        item.delete().unwrap();
    }
}

#[test]
fn child_with_a_pin() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let vault = Vault::at(&dir);
    let key = vault.create_in_keyring().unwrap();
    let text = || std::fs::read_to_string(dir.join("vault.json")).unwrap();
    assert!(!vault.has_pin() && text().contains("\"version\": 1"));
    let (pin, other) = (secret("482913"), secret("Zoé+77"));
    assert!(matches!(vault.open_with_pin(&pin), Err(VaultError::NotThisWay)));
    assert!(matches!(
        vault.set_pin(&key, &secret("123")),
        Err(VaultError::PinTooShort { minimum: 4 })
    ));
    let stranger = MasterKey::from_bytes([1; 32]);
    assert!(matches!(vault.set_pin(&stranger, &pin), Err(VaultError::NotThisWay)));
    assert!(!vault.has_pin());

    vault.set_pin(&key, &pin).unwrap();
    assert!(vault.has_pin() && text().contains("\"version\": 2") && !text().contains("482913"));
    assert_eq!(vault.state().unwrap(), VaultState::InKeyring);
    assert!(same(&key, &vault.open_with_pin(&pin).unwrap()));
    assert!(matches!(vault.open_with_pin(&other), Err(VaultError::WrongPin)));
    assert!(matches!(vault.open_with_pin(&secret("")), Err(VaultError::WrongPin)));
    // A login of the right person opens without it.
    assert!(same(&key, &vault.open_from_keyring().unwrap()));
    // A digit changed in the file is damage.
    let whole = text();
    std::fs::write(
        dir.join("vault.json"),
        whole.replacen("\"verifier\": \"", "\"verifier\": \"AAAA", 1),
    )
    .unwrap();
    assert!(matches!(vault.open_with_pin(&pin), Err(VaultError::Damaged { .. })));
    std::fs::write(dir.join("vault.json"), whole).unwrap();

    // Changed; moved within the keyring; taken away.
    vault.set_pin(&key, &other).unwrap();
    assert!(same(&key, &vault.open_with_pin(&other).unwrap()));
    assert!(matches!(vault.open_with_pin(&pin), Err(VaultError::WrongPin)));
    vault.move_to_keyring(&key).unwrap();
    assert_eq!(entries(), 1, "the former entry is gone");
    assert!(same(&key, &vault.open_with_pin(&other).unwrap()));
    vault.remove_pin(&key).unwrap();
    assert!(!vault.has_pin() && text().contains("\"version\": 1"));
    assert!(matches!(vault.open_with_pin(&other), Err(VaultError::NotThisWay)));
    assert!(same(&key, &vault.open_from_keyring().unwrap()));

    // Under a passphrase there is none.
    vault.set_pin(&key, &pin).unwrap();
    let passphrase = secret("une phrase assez longue");
    vault.move_under_passphrase(&key, &passphrase).unwrap();
    assert!(!vault.has_pin());
    assert!(matches!(vault.set_pin(&key, &pin), Err(VaultError::NotThisWay)));
    assert!(same(&key, &vault.open_with_passphrase(&passphrase).unwrap()));

    // The keyring emptied: no PIN is then right or wrong.
    vault.move_to_keyring(&key).unwrap();
    vault.set_pin(&key, &pin).unwrap();
    empty_keyring();
    assert!(matches!(vault.open_with_pin(&pin), Err(VaultError::KeyMissing)));
    assert!(matches!(vault.open_with_pin(&other), Err(VaultError::KeyMissing)));
    std::fs::write(dir.join("done"), "").unwrap();
}

fn certificate(subject: &str) -> Certificate {
    Certificate {
        pkcs12: Zeroizing::new(subject.repeat(100).into_bytes()),
        subject: subject.to_owned(),
        not_after: at(86_400),
    }
}

/// A store with one account whose certificate comes, changes and goes; `in_keyring` is how many secrets the keyring then
/// holds, as another client counts them.
fn certificates(dir: &Path, counted: &dyn Fn(usize)) {
    let opened = common::open(dir);
    let (store, account) = (opened.store, opened.account);
    assert!(store.certificate(account).unwrap().is_none());
    assert!(store.certificate_passphrase(account).unwrap().is_none());
    store
        .certificate_put(account, &certificate("CN=un"), &secret("premier"), true)
        .unwrap();
    counted(1);
    store
        .certificate_put(account, &certificate("CN=deux"), &secret("Deuxième"), true)
        .unwrap();
    counted(1);
    drop(store);
    let store = Store::open(dir, &common::key()).unwrap();
    let kept = store.certificate(account).unwrap().unwrap();
    assert_eq!((kept.subject.as_str(), kept.not_after), ("CN=deux", at(86_400)));
    assert_eq!(*kept.pkcs12, *certificate("CN=deux").pkcs12);
    assert!(!format!("{kept:?}").contains("pkcs12"));
    let passphrase = store.certificate_passphrase(account).unwrap().unwrap();
    assert_eq!(passphrase.expose_secret(), "Deuxième");
    // Not in the keyring because the profile does without one.
    store
        .certificate_put(account, &certificate("CN=trois"), &secret("troisième"), false)
        .unwrap();
    counted(0);
    let passphrase = store.certificate_passphrase(account).unwrap().unwrap();
    assert_eq!(passphrase.expose_secret(), "troisième");
    store.certificate_remove(account).unwrap();
    store.certificate_remove(account).unwrap();
    assert!(store.certificate(account).unwrap().is_none());
    assert!(store.certificate_passphrase(account).unwrap().is_none());
    let large = Certificate {
        pkcs12: Zeroizing::new(vec![0; 1024 * 1024 + 1]),
        ..certificate("CN=grand")
    };
    assert!(store.certificate_put(account, &large, &secret("x"), true).is_err());
    assert!(store.certificate(account).unwrap().is_none());
    counted(0);
    // It goes with its account.
    store
        .certificate_put(account, &certificate("CN=quatre"), &secret("quatrième"), true)
        .unwrap();
    counted(1);
    store.remove_account(account).unwrap();
    counted(0);
    assert!(
        store
            .certificate_put(account, &certificate("CN=cinq"), &secret("x"), true)
            .is_err()
    );
    counted(0);
}

#[test]
fn child_with_certificates() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let before = entries();
    certificates(&dir.join("store"), &|expected| assert_eq!(entries() - before, expected));
    // A keyring that was emptied says so: the passphrase is to be asked for again.
    let opened = common::open(&dir.join("other"));
    opened
        .store
        .certificate_put(opened.account, &certificate("CN=un"), &secret("premier"), true)
        .unwrap();
    empty_keyring();
    let missing = opened.store.certificate_passphrase(opened.account);
    assert!(matches!(missing, Err(VaultError::KeyMissing)));
    std::fs::write(dir.join("done"), "").unwrap();
}

#[test]
fn child_with_a_journals_secret() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let place = |keyring| JournalSecret::at(&dir.join("vault"), &common::key(), keyring);
    let before = entries();
    assert!(place(true).load().unwrap().is_none());
    place(true).keep(b"first").unwrap();
    place(true).keep(b"second").unwrap();
    assert_eq!(entries() - before, 1);
    assert_eq!(place(true).load().unwrap().unwrap().as_slice(), b"second");
    // It follows the profile's key out of the keyring, and back.
    assert_eq!(place(false).load().unwrap().unwrap().as_slice(), b"second");
    assert_eq!(entries(), before);
    assert_eq!(place(true).load().unwrap().unwrap().as_slice(), b"second");
    assert_eq!(entries() - before, 1);
    empty_keyring();
    assert!(matches!(place(true).load(), Err(VaultError::KeyMissing)));
    std::fs::write(dir.join("done"), "").unwrap();
}

#[test]
fn the_journals_secret_is_where_the_profiles_key_is() {
    ends_well(Session::open, "child_with_a_journals_secret");
}

#[test]
fn child_with_certificates_and_no_keyring() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    certificates(&dir.join("store"), &|_| {});
    std::fs::write(dir.join("done"), "").unwrap();
}

fn ends_well(session: fn(&Path) -> Session, test: &str) {
    let dir = tempfile::tempdir().unwrap();
    pli_keyring_session::succeeds(&mut session(dir.path()).again(test));
    assert!(dir.path().join("done").exists(), "{test} did nothing");
}

#[test]
fn a_pin_is_asked_besides_a_real_keyring() {
    ends_well(Session::open, "child_with_a_pin");
}

#[test]
fn passphrases_of_certificates_go_to_the_keyring_and_leave_it() {
    ends_well(Session::open, "child_with_certificates");
}

#[test]
fn without_a_keyring_they_are_in_the_store() {
    ends_well(Session::without_bus, "child_with_certificates_and_no_keyring");
}
