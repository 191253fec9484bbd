//! Wrong secrets cost time: more each time, in every process, whatever the clock says; and nothing is ever lost.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use pli_store::{Attempts, Vault, VaultError};
use secrecy::SecretString;

const LONGEST: Duration = Duration::from_secs(15 * 60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn three_are_free_then_each_doubles_the_wait() {
    let dir = tempfile::tempdir().unwrap();
    let attempts = Attempts::at(dir.path());
    assert_eq!(attempts.wait(at(0)), Duration::ZERO);
    let expected = [0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900];
    for wait in expected {
        attempts.failed(at(0)).unwrap();
        assert_eq!(attempts.wait(at(0)), seconds(wait));
    }
    // Another look from another process, so to say; then time passes.
    let attempts = Attempts::at(dir.path());
    assert_eq!(attempts.wait(at(300)), seconds(600));
    assert_eq!(attempts.wait(at(899)), seconds(1));
    assert_eq!(attempts.wait(at(900)), Duration::ZERO);
    assert_eq!(attempts.wait(at(1_000_000)), Duration::ZERO);
    attempts.succeeded().unwrap();
    assert_eq!(attempts.wait(at(900)), Duration::ZERO);
    attempts.failed(at(900)).unwrap();
    assert_eq!(attempts.wait(at(900)), Duration::ZERO, "the count started anew");
    for _ in 0..100 {
        attempts.failed(at(900)).unwrap();
    }
    assert_eq!(attempts.wait(at(900)), LONGEST);
}

#[test]
fn a_clock_set_back_neither_shortens_the_wait_nor_makes_it_endless() {
    let dir = tempfile::tempdir().unwrap();
    let attempts = Attempts::at(dir.path());
    for _ in 0..4 {
        attempts.failed(at(0)).unwrap();
    }
    let day = 24 * 3600;
    assert_eq!(attempts.wait(at(6)), seconds(4));
    assert_eq!(attempts.wait(at(-day)), seconds(10), "the whole wait again");
    assert_eq!(attempts.wait(at(-day + 3)), seconds(7));
    assert_eq!(attempts.wait(at(-2 * day)), seconds(10));
    assert_eq!(
        attempts.wait(at(-2 * day + 10)),
        Duration::ZERO,
        "and no longer than that"
    );
}

#[test]
fn a_count_that_somebody_changed_is_the_longest_wait_once() {
    let dir = tempfile::tempdir().unwrap();
    let attempts = Attempts::at(dir.path());
    std::fs::write(dir.path().join("attempts.json"), b"{}").unwrap();
    assert_eq!(attempts.wait(at(0)), LONGEST);
    assert_eq!(attempts.wait(at(100)), LONGEST - seconds(100));
    assert_eq!(attempts.wait(at(900)), Duration::ZERO);
}

/// Tries once in a process of its own, and dies in the middle of it when told so.
#[test]
fn child_that_tries() {
    let Ok(dir) = std::env::var("PLI_ATTEMPTS_TEST_CHILD") else {
        return;
    };
    let attempts = Attempts::at(Path::new(&dir));
    let tried = attempts.guard(at(0), || {
        if std::env::var_os("PLI_ATTEMPTS_TEST_DIES").is_some() {
            std::process::abort();
        }
        Err::<(), _>(VaultError::WrongPin)
    });
    assert!(matches!(tried, Err(VaultError::WrongPin)));
}

#[test]
fn the_count_outlives_the_process_and_one_that_is_killed_while_it_looks_counts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = |dies: bool| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["child_that_tries", "--exact"])
            .env("PLI_ATTEMPTS_TEST_CHILD", dir.path());
        if dies {
            command.env("PLI_ATTEMPTS_TEST_DIES", "1");
        }
        command.output().unwrap().status.success()
    };
    assert!(run(false));
    // Cut while it looks, again and again: it was told nothing.
    for _ in 0..4 {
        assert!(!run(true));
    }
    assert!(run(false));
    assert_eq!(Attempts::at(dir.path()).wait(at(0)), Duration::ZERO);
    assert!(run(false));
    assert_eq!(Attempts::at(dir.path()).wait(at(0)), seconds(5));
    let called = AtomicU32::new(0);
    let tried = Attempts::at(dir.path()).guard(at(1), || {
        called.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    assert!(
        matches!(tried, Err(VaultError::TooSoon { wait }) if wait == seconds(4)),
        "{tried:?}"
    );
    assert_eq!(
        called.load(Ordering::SeqCst),
        0,
        "not even the right secret is looked at"
    );
}

#[test]
fn many_at_once_get_no_more_tries_than_one() {
    let dir = tempfile::tempdir().unwrap();
    let looked = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let tried = Attempts::at(dir.path()).guard(at(0), || {
                    looked.fetch_add(1, Ordering::SeqCst);
                    Err::<(), _>(VaultError::WrongPassphrase)
                });
                assert!(tried.is_err());
            });
        }
    });
    assert_eq!(looked.load(Ordering::SeqCst), 3);
}

#[test]
fn what_is_no_wrong_secret_is_not_counted_and_the_right_one_opens_at_last() {
    let dir = tempfile::tempdir().unwrap();
    let (vault, attempts) = (Vault::at(dir.path()), Attempts::at(dir.path()));
    let passphrase = SecretString::from("une phrase assez longue");
    vault.create_with_passphrase(&passphrase).unwrap();
    for _ in 0..10 {
        let closed = attempts.guard(at(0), || Err::<(), _>(VaultError::KeyringLocked));
        assert!(matches!(closed, Err(VaultError::KeyringLocked)));
    }
    assert_eq!(attempts.wait(at(0)), Duration::ZERO);
    let wrong = SecretString::from("une autre phrase");
    for _ in 0..3 {
        let tried = attempts.guard(at(0), || vault.open_with_passphrase(&wrong));
        assert!(matches!(tried, Err(VaultError::WrongPassphrase)));
    }
    for _ in 0..3 {
        let closed = attempts.guard(at(5), || Err::<(), _>(VaultError::KeyringLocked));
        assert!(matches!(closed, Err(VaultError::KeyringLocked)));
        assert_eq!(
            attempts.wait(at(5)),
            Duration::ZERO,
            "the former count and its time stand"
        );
    }
    let early = attempts.guard(at(4), || vault.open_with_passphrase(&passphrase));
    assert!(matches!(early, Err(VaultError::TooSoon { wait }) if wait == seconds(1)));
    attempts
        .guard(at(5), || vault.open_with_passphrase(&passphrase))
        .unwrap();
    attempts.failed(at(5)).unwrap();
    assert_eq!(attempts.wait(at(5)), Duration::ZERO);
}
