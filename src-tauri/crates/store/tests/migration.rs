//! Databases made by former versions are brought forward. `tests/fixtures/schema-N` is a store made when N was the newest
//! schema, under the key of these tests; `PLI_STORE_MAKE_FIXTURE=1 cargo test -p pli-store --test migration` makes the
//! newest one, before a release and never after.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{at, body, header, key, open};
use pli_store::{Certificate, DraftContent, Filter, Flags, Scope, Store};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn fill(dir: &Path) {
    let b = open(dir);
    let ids = b.store.apply_headers(b.inbox, &[header(1), header(2)]).unwrap().added;
    b.store
        .store_bodies(&[body(ids[0], b"raw octets", "hypertension")])
        .unwrap();
    let flag = pli_store::Change::Flags {
        add: Flags::SEEN,
        remove: Flags::NONE,
    };
    b.store.queue(&ids[..1], flag, at(3)).unwrap();
    let draft = DraftContent {
        subject: "Brouillon".into(),
        ..DraftContent::default()
    };
    b.store.add_draft(b.account, &draft, at(4)).unwrap();
    b.store.checkpoint().unwrap();
}

fn check(dir: &Path) {
    let store = Store::open(dir, &key()).unwrap();
    let account = store.accounts().unwrap()[0].id;
    let page = store.list(Scope::Inboxes, Filter::All, 0, 10).unwrap();
    assert_eq!((page.total, page.unread), (2, 1));
    let found = store.search("hypertens", Scope::Everything, 10).unwrap().rows;
    assert_eq!(store.raw(found[0].id).unwrap(), b"raw octets");
    assert_eq!(store.count_operations(account).unwrap(), 1);
    assert_eq!(store.drafts().unwrap()[0].content.subject, "Brouillon");
    store.apply_headers(found[0].folder.unwrap(), &[header(3)]).unwrap();
    // What came with later schemas has its place.
    assert!(store.certificate(account).unwrap().is_none());
    let certificate = Certificate {
        pkcs12: b"pkcs12".to_vec().into(),
        subject: "CN=Cabinet".into(),
        not_after: at(5),
    };
    store
        .certificate_put(account, &certificate, &"phrase".to_owned().into(), false)
        .unwrap();
    assert_eq!(store.certificate(account).unwrap().unwrap().subject, "CN=Cabinet");
}

#[test]
fn every_former_database_opens_with_all_it_had() {
    if std::env::var_os("PLI_STORE_MAKE_FIXTURE").is_some() {
        fill(&fixtures().join("schema-2"));
    }
    let mut seen = 0;
    for entry in std::fs::read_dir(fixtures()).unwrap().flatten() {
        let dir = tempfile::tempdir().unwrap();
        copy(&entry.path(), dir.path());
        check(dir.path());
        seen += 1;
    }
    assert!(seen >= 2, "there is a database of each former schema");
}

#[test]
fn what_former_messages_hold_and_with_whom_is_known_after_the_migration() {
    for entry in std::fs::read_dir(fixtures()).unwrap().flatten() {
        let dir = tempfile::tempdir().unwrap();
        copy(&entry.path(), dir.path());
        let store = Store::open(dir.path(), &key()).unwrap();
        let account = store.accounts().unwrap()[0].id;
        let groups = store.space(account, pli_store::SpaceBy::Correspondent, at(0)).unwrap();
        let parties: Vec<_> = groups.iter().map(|group| (group.key.as_str(), group.count)).collect();
        assert_eq!(parties, [("labo@beta.mssante.test", 2)]);
        let kinds = store.space(account, pli_store::SpaceBy::Kind, at(0)).unwrap();
        assert_eq!(kinds.len(), 1);
        assert_eq!((kinds[0].key.as_str(), kinds[0].count), ("none", 2));
        // The room that was known before the history began is still known.
        assert!(store.quota(account).unwrap().is_none());
    }
}
