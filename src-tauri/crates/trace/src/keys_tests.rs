//! Whatever moment a change of keys is cut at, one readable pair is left; what is destroyed opens no more.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use super::Keys;
use crate::error::JournalError;
use crate::journal::Head;
use crate::place::{KeyPlace, KeyPlaceError};

const OWN: [u8; 32] = [5; 32];
const WORKS: u8 = 0;
const CUT_BEFORE: u8 = 1;
const CUT_AFTER: u8 = 2;

/// A place that may be cut before or after it keeps.
#[derive(Default)]
struct Fragile {
    secret: Mutex<Option<Vec<u8>>>,
    how: AtomicU8,
}

impl KeyPlace for Fragile {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyPlaceError> {
        Ok(self.secret.lock().unwrap().clone().map(Zeroizing::new))
    }

    fn keep(&self, secret: &[u8]) -> Result<(), KeyPlaceError> {
        let how = self.how.load(Ordering::SeqCst);
        if how != CUT_BEFORE {
            *self.secret.lock().unwrap() = Some(secret.to_vec());
        }
        if how == WORKS {
            return Ok(());
        }
        Err(KeyPlaceError {
            what: "cut".to_owned(),
            transient: true,
        })
    }

    fn outside(&self) -> bool {
        true
    }
}

fn open(dir: &Path, place: &Arc<Fragile>) -> Keys {
    Keys::open(dir, &OWN, place.clone(), true, None).unwrap()
}

fn held(keys: &Keys) -> BTreeMap<u64, [u8; 32]> {
    keys.numbers()
        .map(|number| (number, *keys.get(number).unwrap()))
        .collect()
}

/// Three periods.
fn three() -> (tempfile::TempDir, Arc<Fragile>, Keys) {
    let dir = tempfile::tempdir().unwrap();
    let place = Arc::new(Fragile::default());
    let mut keys = Keys::open(dir.path(), &OWN, place.clone(), false, None).unwrap();
    for number in 1..=3 {
        keys.add(number).unwrap();
    }
    (dir, place, keys)
}

#[test]
fn keys_come_back_and_only_under_both_secrets() {
    let (dir, place, keys) = three();
    assert_eq!(held(&open(dir.path(), &place)), held(&keys));
    // Neither the other profile's key nor another secret opens them.
    let other = Keys::open(dir.path(), &[6; 32], place.clone(), true, None).unwrap();
    assert!(held(&other).is_empty());
    let elsewhere = Arc::new(Fragile::default());
    let missing = Keys::open(dir.path(), &OWN, elsewhere.clone(), true, None);
    assert!(matches!(missing, Err(JournalError::Keys { .. })));
    elsewhere.keep(b"something else").unwrap();
    assert!(matches!(
        Keys::open(dir.path(), &OWN, elsewhere, true, None),
        Err(JournalError::Keys { .. })
    ));
}

#[test]
fn a_destruction_cut_anywhere_leaves_the_keys_as_before_or_as_after() {
    for how in [CUT_BEFORE, CUT_AFTER, WORKS] {
        let (dir, place, mut keys) = three();
        let before = held(&keys);
        let mut after = before.clone();
        after.remove(&2);
        place.how.store(how, Ordering::SeqCst);
        assert_eq!(keys.destroy(&[2]).is_ok(), how == WORKS);
        place.how.store(WORKS, Ordering::SeqCst);
        let expected = if how == CUT_BEFORE { &before } else { &after };
        // As the next opening finds it, twice.
        for _ in 0..2 {
            assert_eq!(&held(&open(dir.path(), &place)), expected, "cut {how}");
            assert!(!dir.path().join("keys.new").exists());
        }
    }
}

#[test]
fn a_period_added_and_cut_before_it_is_in_place_is_not_there() {
    let (dir, place, mut keys) = three();
    let (file, aside) = (dir.path().join("keys"), dir.path().join("keys.new"));
    let before = (std::fs::read(&file).unwrap(), held(&keys));
    keys.add(4).unwrap();
    std::fs::rename(&file, &aside).unwrap();
    std::fs::write(&file, &before.0).unwrap();
    assert_eq!(held(&open(dir.path(), &place)), before.1);
    // Half a file aside is none.
    std::fs::write(&aside, &before.0[..20]).unwrap();
    assert_eq!(held(&open(dir.path(), &place)), before.1);
}

#[test]
fn no_copy_of_the_file_gives_back_what_was_destroyed() {
    let (dir, place, mut keys) = three();
    let file = dir.path().join("keys");
    let copy = std::fs::read(&file).unwrap();
    keys.destroy(&[1]).unwrap();
    std::fs::write(&file, &copy).unwrap();
    assert!(held(&open(dir.path(), &place)).is_empty());
}

#[test]
fn any_octet_changed_in_the_file_opens_nothing() {
    let (dir, place, _) = three();
    let file = dir.path().join("keys");
    let sound = std::fs::read(&file).unwrap();
    for place_of in 0..sound.len() {
        let mut octets = sound.clone();
        octets[place_of] ^= 0x10;
        std::fs::write(&file, &octets).unwrap();
        assert!(held(&open(dir.path(), &place)).is_empty(), "octet {place_of}");
    }
}

#[test]
fn the_last_seal_is_remembered_and_never_goes_back() {
    let (dir, place, mut keys) = three();
    let at = |sequence| Head {
        sequence,
        hash: [9; 32],
    };
    keys.keep_sealed(at(12)).unwrap();
    keys.keep_sealed(at(7)).unwrap();
    assert_eq!(open(dir.path(), &place).sealed(), at(12));
}
