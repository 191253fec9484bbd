//! Copies of a store that is used, and what is made again of them (EX_SSI_5110).

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{at, body, header, key, open, uid};
use pli_store::{Filter, MasterKey, Restoring, Scope, Snapshot, Store, StoreError};
use pli_terms::UidSet;

fn raw(number: u32) -> Vec<u8> {
    format!("Subject: {number}\r\n\r\n").into_bytes().repeat(200)
}

/// So many messages in the inbox.
fn filled(dir: &Path, count: u32) -> common::Box {
    let desk = open(dir);
    let headers: Vec<_> = (1..=count).map(header).collect();
    let added = desk.store.apply_headers(desk.inbox, &headers).unwrap().added;
    let raws: Vec<Vec<u8>> = (1..=count).map(raw).collect();
    let bodies: Vec<_> = added
        .iter()
        .zip(&raws)
        .map(|(mail, raw)| body(*mail, raw, "texte"))
        .collect();
    desk.store.store_bodies(&bodies).unwrap();
    desk
}

fn records(copy: &Snapshot<'_>) -> BTreeMap<i64, Option<Vec<u8>>> {
    let mut all = BTreeMap::new();
    copy.records(|number, octets| -> Result<(), StoreError> {
        all.insert(number, octets.map(<[u8]>::to_vec));
        Ok(())
    })
    .unwrap();
    all
}

fn restored(copy: &Snapshot<'_>, dir: &Path) -> Result<(), StoreError> {
    let mut restoring = Restoring::begin(dir, copy.path(), copy.key(), &MasterKey::from_bytes([9; 32]))?;
    for (number, octets) in records(copy) {
        restoring.put(number, octets.as_deref())?;
    }
    restoring.finish()
}

#[test]
fn a_copy_is_of_one_moment_and_nothing_moves_under_it() {
    let dir = tempfile::tempdir().unwrap();
    let desk = filled(&dir.path().join("store"), 50);
    let copy = desk.store.snapshot(&dir.path().join("copy.db"), None).unwrap();
    assert_eq!((copy.counts().messages, copy.counts().records), (50, 50));
    // Most of it goes, more comes, and the packs are asked to shrink.
    let gone: UidSet = (1..=45).map(uid).collect();
    desk.store.remove_uids(desk.inbox, &gone).unwrap();
    desk.store.apply_headers(desk.inbox, &[header(80)]).unwrap();
    assert_eq!(
        desk.store.compact(u64::MAX).unwrap().packs,
        0,
        "nothing is moved while a copy lives"
    );
    let all = records(&copy);
    assert_eq!(all.len(), 50);
    assert!(all.values().all(Option::is_some));
    let there = dir.path().join("there");
    restored(&copy, &there).unwrap();
    drop(copy);
    let again = Store::open(&there, &MasterKey::from_bytes([9; 32])).unwrap();
    let inbox = again.folders(again.accounts().unwrap()[0].id).unwrap()[0].id;
    let rows = again.list(Scope::Folder(inbox), Filter::All, 0, 100).unwrap().rows;
    assert_eq!(rows.len(), 50);
    for row in rows {
        assert_eq!(again.raw(row.id).unwrap(), raw(row.uid.unwrap().get()));
    }
    // It lives on: what is removed gives its room back.
    again.remove_uids(inbox, &gone).unwrap();
    assert!(Store::open(&there, &key()).is_err(), "it is in use");
}

#[test]
fn a_copy_that_lacks_a_record_or_has_another_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let desk = filled(&dir.path().join("store"), 5);
    let copy = desk.store.snapshot(&dir.path().join("copy.db"), None).unwrap();
    let all = records(&copy);
    let begin = |name: &str| {
        let dir = dir.path().join(name);
        Restoring::begin(&dir, copy.path(), copy.key(), &MasterKey::from_bytes([9; 32])).unwrap()
    };
    let damaged = |refused: Result<(), StoreError>| assert!(matches!(refused, Err(StoreError::Damaged { .. })));
    let (first, octets) = all.iter().next().unwrap();
    // One is missing.
    let mut lacking = begin("lacking");
    for (number, octets) in all.iter().skip(1) {
        lacking.put(*number, octets.as_deref()).unwrap();
    }
    damaged(lacking.finish());
    // One is another, comes twice, or is nobody's.
    let mut other = begin("other");
    damaged(other.put(*first, Some(b"something else")));
    other.put(*first, octets.as_deref()).unwrap();
    damaged(other.put(*first, octets.as_deref()));
    damaged(other.put(99_999, octets.as_deref()));
    // Another key, another file, a store that is there.
    let wrong = |path: &Path, key: &[u8; 32]| {
        let dir = dir.path().join("wrong");
        let refused = Restoring::begin(&dir, path, key, &MasterKey::from_bytes([9; 32])).unwrap_err();
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
    };
    wrong(copy.path(), &[1; 32]);
    let text = dir.path().join("text");
    std::fs::write(&text, [b'x'; 9_000]).unwrap();
    wrong(&text, copy.key());
    let here = dir.path().join("store");
    assert!(Restoring::begin(&here, copy.path(), copy.key(), &key()).is_err());
}

#[test]
fn a_mailbox_that_does_not_come_whole_leaves_the_store_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let one = filled(&dir.path().join("one"), 30);
    let copy = one
        .store
        .snapshot(&dir.path().join("copy.db"), Some(one.account))
        .unwrap();
    let all = records(&copy);
    let path = dir.path().join("two");
    let two = Store::open(&path, &key()).unwrap();
    two.add_account(&common::account("cabinet@alpha.mssante.test"), at(1))
        .unwrap();
    let packs = || std::fs::read_dir(path.join("raw")).unwrap().count();
    // Given up half way, then with one missing.
    let mut merging = two.merge(copy.path(), copy.key()).unwrap();
    for (number, octets) in all.iter().take(10) {
        merging.put(*number, octets.as_deref()).unwrap();
    }
    drop(merging);
    assert_eq!((two.accounts().unwrap().len(), packs()), (1, 1));
    drop(two);
    let two = Store::open(&path, &key()).unwrap();
    assert_eq!(packs(), 0, "what was written for nothing is removed");
    let again = one
        .store
        .snapshot(&dir.path().join("again.db"), Some(one.account))
        .unwrap();
    let mut merging = two.merge(again.path(), again.key()).unwrap();
    for (number, octets) in records(&again) {
        merging.put(number, octets.as_deref()).unwrap();
    }
    merging.finish(|_| "texte".to_owned()).unwrap();
    assert_eq!(two.accounts().unwrap().len(), 2);
    assert_eq!(two.search("texte", Scope::Everything, 100).unwrap().rows.len(), 30);
    drop(two);
    // It holds after an opening, and what comes later has numbers of its own.
    let two = Store::open(&path, &key()).unwrap();
    let account = two.accounts().unwrap()[1].id;
    let inbox = two.folders(account).unwrap()[0].id;
    let added = two.apply_headers(inbox, &[header(90)]).unwrap().added;
    assert_eq!(added.len(), 1);
    assert_eq!(two.folder(inbox).unwrap().total, 31);
    // A second time it is there.
    let third = one
        .store
        .snapshot(&dir.path().join("third.db"), Some(one.account))
        .unwrap();
    assert!(two.merge(third.path(), third.key()).is_err());
}
