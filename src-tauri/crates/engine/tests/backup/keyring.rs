//! A backup restored where another place keeps the key: the system's keyring. In a session of its own, with a real keyring.

use std::path::Path;

use pli_engine::{BackupScope, Engine, Home, Options, RestoreOptions, backup_restore};
use pli_keyring_session::{Session, succeeds};
use pli_store::{Store, Vault, VaultState};

use crate::desk::{MARTIN, OTHER, PHRASE, SECRET, content, filled, home, opened, restored, saved, store, tree};

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_under_a_passphrase_comes_back_under_a_keyring_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 20, 3_000);
    saved(&here, &dir.path().join("a.plisauvegarde")).await;
    let session = Session::open(dir.path());
    succeeds(&mut session.again("keyring::child_with_a_keyring"));
    // And back: what was saved under the keyring opens where there is none.
    let third = home(dir.path(), "third");
    restored(&dir.path().join("b.plisauvegarde"), &third).unwrap();
    assert_eq!(content(&store(&third, OTHER)), content(&store(&here, PHRASE)));
    let engine = opened(&third, OTHER).await;
    assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
    engine.stop().await;
}

async fn started(home: &Home) -> Engine {
    let mut options = Options::new(|_| true);
    options.background = false;
    options.passphrase_file = None;
    options.policy = None;
    options.local = None;
    let engine = Engine::start(home.clone(), options).unwrap();
    engine.vault_open(None).await.unwrap();
    engine
}

/// The process that the test starts in a session with a keyring; nothing by itself.
#[tokio::test(flavor = "multi_thread")]
async fn child_with_a_keyring() {
    let Some(dir) = pli_keyring_session::child() else {
        return;
    };
    let dir: &Path = &dir;
    let there = home(dir, "there");
    let restore = |file: &str| {
        let path = dir.join(file);
        backup_restore(&path, &SECRET.into(), &there, RestoreOptions::default(), |_, _| ())
    };
    // A damaged one leaves neither a file nor a key.
    let whole = std::fs::read(dir.join("a.plisauvegarde")).unwrap();
    std::fs::write(dir.join("cut.plisauvegarde"), &whole[..whole.len() - 40]).unwrap();
    restore("cut.plisauvegarde").unwrap_err();
    assert_eq!(tree(there.root()).len(), 0);

    restore("a.plisauvegarde").unwrap();
    let vault = Vault::at(&there.vault());
    assert_eq!(vault.state().unwrap(), VaultState::InKeyring);
    let key = vault.open_from_keyring().unwrap();
    let here = home(dir, "here");
    assert_eq!(
        content(&Store::open(&there.store(), &key).unwrap()),
        content(&store(&here, PHRASE))
    );
    let engine = started(&there).await;
    let settings = engine.journal_settings().await.unwrap();
    assert!(settings.in_keyring, "the journal's secret is in the keyring too");
    assert_eq!(engine.journal_verify().await.unwrap().found.problem, None);
    let to = dir.join("b.plisauvegarde");
    engine
        .backup_create(&to, BackupScope::Whole, SECRET.into())
        .await
        .unwrap();
    engine.stop().await;
}
