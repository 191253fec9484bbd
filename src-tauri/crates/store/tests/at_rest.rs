//! What is on the disk: unreadable without the key, held against its proof, owned by one process.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{account, at, body, header, key, open};
use pli_store::{
    DraftContent, MasterKey, NewOutgoing, NewRecipient, OutboxState, RecipientField, Scope, Store, StoreError,
};
use pli_terms::{Address, MessageId};

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()))
        } else {
            found.push(entry.path())
        }
    }
    found
}

fn packs(dir: &Path) -> Vec<PathBuf> {
    let mut packs = files(&dir.join("raw"));
    packs.sort();
    packs
}

#[test]
fn no_known_word_can_be_read_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let words = [
        "Zanzibarine",
        "Quetzalcoatl",
        "xylophonique",
        "brouillonnesque",
        "kaleidoscopique",
        "abracadabrant",
    ];
    let b = open(dir.path());
    let mut row = header(1);
    row.subject = format!("Sujet {}", words[0]);
    row.display_subject = row.subject.clone();
    row.from_name = words[1].into();
    let id = b.store.apply_headers(b.inbox, &[row]).unwrap().added[0];
    let raw = format!("Subject: {}\r\n\r\n{}\r\n", words[0], words[2]);
    b.store.store_bodies(&[body(id, raw.as_bytes(), words[2])]).unwrap();
    let draft = DraftContent {
        text: words[3].into(),
        ..DraftContent::default()
    };
    let draft = b.store.add_draft(b.account, &draft, at(1)).unwrap();
    b.store
        .attach(draft, words[4], "text/plain", words[4].as_bytes())
        .unwrap();
    b.store.set_setting("essai", &words[5]).unwrap();
    assert_eq!(b.store.search(words[2], Scope::Everything, 10).unwrap().rows.len(), 1);
    // With the write-ahead log as it stands, then folded into the database.
    for folded in [false, true] {
        if folded {
            b.store.checkpoint().unwrap();
        }
        let mut seen = 0;
        for path in files(dir.path()) {
            let octets = std::fs::read(&path).unwrap().to_ascii_lowercase();
            seen += octets.len();
            for word in words.iter().chain(&["mssante", "sqlite format", "inbox"]) {
                let word = word.to_ascii_lowercase();
                let found = octets.windows(word.len()).any(|w| w == word.as_bytes());
                assert!(!found, "{word} in {}", path.display());
            }
        }
        assert!(seen > 50_000, "the files hold something");
    }
}

#[test]
fn a_wrong_key_is_told_and_the_right_one_still_opens() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let wrong = MasterKey::from_bytes([1; 32]);
    assert!(matches!(Store::open(dir.path(), &wrong), Err(StoreError::WrongKey)));
    assert_eq!(Store::open(dir.path(), &key()).unwrap().accounts().unwrap().len(), 1);
    // Without the check file, the database itself refuses the key.
    std::fs::remove_file(dir.path().join("key-check")).unwrap();
    assert!(Store::open(dir.path(), &wrong).unwrap_err().is_damage());
}

#[test]
fn a_second_instance_is_refused_until_the_first_ends() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    assert!(matches!(Store::open(dir.path(), &key()), Err(StoreError::InUse { .. })));
    drop(first);
    Store::open(dir.path(), &key()).unwrap();
}

#[test]
fn a_flipped_byte_anywhere_in_a_pack_is_seen_and_the_message_can_be_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let id = b.store.apply_headers(b.inbox, &[header(1)]).unwrap().added[0];
    let raw: Vec<u8> = (0..3000u32).map(|i| i as u8).collect();
    b.store.store_bodies(&[body(id, &raw, "")]).unwrap();
    let pack = packs(dir.path()).pop().unwrap();
    let sound = std::fs::read(&pack).unwrap();
    for place in [0, 3, 4, 20, 30, 36, 500, sound.len() - 17, sound.len() - 1] {
        let mut flipped = sound.clone();
        flipped[place] ^= 4;
        std::fs::write(&pack, &flipped).unwrap();
        assert!(
            matches!(b.store.raw(id), Err(StoreError::Damaged { .. })),
            "octet {place}"
        );
    }
    std::fs::write(&pack, &sound).unwrap();
    assert_eq!(b.store.raw(id).unwrap(), raw);
    b.store.drop_body(id).unwrap();
    assert_eq!(b.store.missing_bodies(b.account, None, 10).unwrap()[0].mail, id);
    b.store.store_bodies(&[body(id, &raw, "")]).unwrap();
    assert_eq!(b.store.raw(id).unwrap(), raw);
}

#[test]
fn a_damaged_database_is_told() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let path = dir.path().join("mail.db");
    let mut octets = std::fs::read(&path).unwrap();
    octets[100] ^= 1;
    std::fs::write(&path, octets).unwrap();
    assert!(matches!(
        Store::open(dir.path(), &key()),
        Err(StoreError::Damaged { .. })
    ));
}

#[test]
fn orphans_are_swept_and_a_lost_pack_is_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = b.store.apply_headers(b.inbox, &[header(1), header(2)]).unwrap().added;
    b.store
        .store_bodies(&[body(ids[0], b"one", "un"), body(ids[1], b"two", "deux")])
        .unwrap();
    drop(b);
    let pack = packs(dir.path()).pop().unwrap();
    let committed = std::fs::read(&pack).unwrap();
    // Written by a batch whose commit never came.
    let orphan = dir.path().join("raw/00000099.pack");
    std::fs::write(&orphan, b"half a record").unwrap();
    std::fs::write(&pack, [committed.clone(), b"half a record".to_vec()].concat()).unwrap();
    let store = Store::open(dir.path(), &key()).unwrap();
    assert!(!orphan.exists());
    assert_eq!(std::fs::read(&pack).unwrap(), committed);
    assert_eq!(store.raw(ids[1]).unwrap(), b"two");
    let account = store.accounts().unwrap()[0].id;
    drop(store);
    // Cut in the middle of the second record: the first is still there.
    std::fs::write(&pack, &committed[..committed.len() - 5]).unwrap();
    let store = Store::open(dir.path(), &key()).unwrap();
    assert_eq!(store.raw(ids[0]).unwrap(), b"one");
    assert!(store.raw(ids[1]).unwrap_err().is_not_found());
    let missing = store.missing_bodies(account, None, 10).unwrap();
    assert_eq!(missing.iter().map(|m| m.mail).collect::<Vec<_>>(), [ids[1]]);
    drop(store);
    std::fs::remove_file(&pack).unwrap();
    let store = Store::open(dir.path(), &key()).unwrap();
    assert_eq!(store.missing_bodies(account, None, 10).unwrap().len(), 2);
    store.store_bodies(&[body(ids[0], b"one", "un")]).unwrap();
    assert_eq!(store.raw(ids[0]).unwrap(), b"one");
}

#[test]
fn removing_messages_gives_the_disk_back_and_keeps_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let rows: Vec<_> = (1..=30).map(header).collect();
    let ids = b.store.apply_headers(b.inbox, &rows).unwrap().added;
    // Seven megabytes each: four packs.
    let raw = |n: usize| vec![n as u8; 7 << 20];
    for (n, id) in ids.iter().enumerate() {
        b.store.store_bodies(&[body(*id, &raw(n), "")]).unwrap();
    }
    let before = packs(dir.path()).len();
    b.store
        .remove_uids(b.inbox, &(1..=27).filter_map(pli_terms::Uid::new).collect())
        .unwrap();
    let done = b.store.compact(u64::MAX).unwrap();
    assert!(done.packs >= 2 && packs(dir.path()).len() < before, "{done:?}");
    for (n, id) in ids.iter().enumerate().skip(27) {
        assert_eq!(b.store.raw(*id).unwrap(), raw(n));
    }
    drop(b);
    let store = Store::open(dir.path(), &key()).unwrap();
    assert_eq!(store.raw(ids[29]).unwrap(), raw(29));
}

#[test]
fn an_account_goes_with_all_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let other = b
        .store
        .add_account(&account("cabinet@alpha.mssante.test"), at(1))
        .unwrap();
    assert!(matches!(
        b.store.add_account(&account("CABINET@alpha.mssante.test"), at(1)),
        Err(StoreError::Invalid { .. })
    ));
    let id = b.store.apply_headers(b.inbox, &[header(1)]).unwrap().added[0];
    b.store.store_bodies(&[body(id, b"octets", "mot")]).unwrap();
    let sender = Address::parse("dr.martin@alpha.mssante.test").unwrap();
    let recipients = [NewRecipient {
        address: sender.clone(),
        name: String::new(),
        field: RecipientField::To,
    }];
    let message = NewOutgoing {
        account: b.account,
        draft: None,
        raw: b"octets",
        message_id: &MessageId::parse("a@b").unwrap(),
        envelope_id: "e",
        sender: &sender,
        subject: "",
        recipients: &recipients,
    };
    let outbox = b.store.enqueue(&message, at(1)).unwrap();
    assert_eq!(b.store.outgoing(outbox).unwrap().state, OutboxState::Queued);
    b.store.remove_account(b.account).unwrap();
    assert!(b.store.message(id).unwrap_err().is_not_found());
    assert!(b.store.outgoing(outbox).unwrap_err().is_not_found());
    assert!(b.store.search("mot", Scope::Everything, 10).unwrap().rows.is_empty());
    assert_eq!(b.store.accounts().unwrap()[0].id, other);
}
