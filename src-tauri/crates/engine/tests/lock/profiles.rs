//! Several people at one workstation: a profile each.

use pli_engine::{Engine, EngineError, LockReason, VaultState, profile};
use pli_store::VaultError;

use crate::common::{self, Bench, MARTIN};
use crate::{PHRASE, options, says_nothing, state};

#[tokio::test(flavor = "multi_thread")]
async fn two_profiles_share_neither_store_nor_key_nor_lock() {
    let bench = Bench::start(false);
    let first = pli_engine::Home::at(bench.dir.path().join("profile"));
    let added = profile::profile_add(&first, "Dr Leroy").unwrap();
    let second = first.profile(&added.id).unwrap();
    let one = Engine::start(first.clone(), options(Some(&bench))).unwrap();
    let two = Engine::start(second, options(Some(&bench))).unwrap();
    one.vault_open(Some(PHRASE.into())).await.unwrap();
    two.vault_open(Some("une tout autre phrase".into())).await.unwrap();
    bench.log_in(&one).await;
    common::add(&one, MARTIN).await;
    assert_eq!(one.account_list().await.unwrap().len(), 1);
    assert!(two.account_list().await.unwrap().is_empty(), "each its own store");
    assert_eq!(
        (one.profile().id.as_str(), two.profile().name.as_str()),
        (profile::FIRST, "Dr Leroy")
    );

    one.lock(LockReason::Demand).await.unwrap();
    says_nothing(&one).await;
    assert_eq!(state(&two).await, VaultState::Open, "each its own lock");
    let other = one.unlock("une tout autre phrase".into()).await.unwrap_err();
    assert!(
        matches!(other, EngineError::Vault(VaultError::WrongPassphrase)),
        "each its own key"
    );
    one.unlock(PHRASE.into()).await.unwrap();
    assert_ne!(one.home().journal(), two.home().journal());
    assert!(
        one.home().journal().exists() && two.home().journal().exists(),
        "each its own journal"
    );
    one.stop().await;
    two.stop().await;
}
