//! Killed in the middle of writing: the store opens, and what was acknowledged is there.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use common::{at, body, header, key, open};
use pli_store::{Change, DraftContent, Flags, Scope, Store};

const CHILD: &str = "PLI_STORE_TEST_CHILD";

fn raw(number: u32) -> Vec<u8> {
    (0..40_000u32)
        .map(|i| (i.wrapping_mul(number + 1) >> 3) as u8)
        .collect()
}

/// Runs in the child: writes batches for ever and says what is done.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Ok(dir) = std::env::var(CHILD) else { return };
    let b = open(dir.as_ref());
    for batch in 0.. {
        let rows: Vec<_> = (batch * 20 + 1..=batch * 20 + 20).map(header).collect();
        let ids = b.store.apply_headers(b.inbox, &rows).unwrap().added;
        let octets: Vec<_> = rows.iter().map(|row| raw(row.uid.get())).collect();
        let bodies: Vec<_> = ids
            .iter()
            .zip(&octets)
            .map(|(id, octets)| body(*id, octets, "mot"))
            .collect();
        b.store.store_bodies(&bodies).unwrap();
        let flag = Change::Flags {
            add: Flags::FLAGGED,
            remove: Flags::NONE,
        };
        b.store.queue(&ids[..1], flag, at(1)).unwrap();
        let draft = DraftContent {
            subject: format!("{batch}"),
            ..DraftContent::default()
        };
        b.store.add_draft(b.account, &draft, at(i64::from(batch))).unwrap();
        println!("done {batch}");
        if batch % 3 == 2 {
            let gone = (batch * 20 - 38..=batch * 20 - 30)
                .filter_map(pli_terms::Uid::new)
                .collect();
            b.store.remove_uids(b.inbox, &gone).unwrap();
        }
    }
}

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    for round in 0..6u32 {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_that_writes_until_it_is_killed", "--exact", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = format!("done {}", round * 2 + 1);
        let mut last = None;
        for line in lines.by_ref() {
            let line = line.unwrap();
            last = line.rsplit("done ").next().and_then(|n| n.parse::<u32>().ok()).or(last);
            if line.ends_with(&wanted) {
                break;
            }
        }
        // At a moment of its next batch that differs with the round.
        std::thread::sleep(std::time::Duration::from_millis(u64::from(round) * 3));
        child.kill().unwrap();
        child.wait().unwrap();
        let last = last.unwrap();
        let store = Store::open(dir.path(), &key()).unwrap();
        let account = store.accounts().unwrap()[0].id;
        let folder = store.folders(account).unwrap()[0].clone();
        let known = store.uids(folder.id).unwrap();
        assert_eq!(known.len() as u64, folder.total);
        assert!(store.drafts().unwrap().len() as u32 > last, "drafts are promises");
        assert!(
            store.count_operations(account).unwrap() > u64::from(last),
            "queued changes are promises"
        );
        let page = store
            .list(Scope::Folder(folder.id), pli_store::Filter::All, 0, 1000)
            .unwrap();
        let missing: Vec<_> = store
            .missing_bodies(account, None, 1000)
            .unwrap()
            .iter()
            .map(|m| m.mail)
            .collect();
        for row in &page.rows {
            let uid = row.uid.unwrap().get();
            if missing.contains(&row.id) {
                assert!(uid > (last + 1) * 20, "the body of {uid} was acknowledged");
            } else {
                assert_eq!(store.raw(row.id).unwrap(), raw(uid));
            }
        }
        for batch in 0..=last {
            let last_of_batch = batch * 20 + 20;
            assert!(
                known.iter().any(|(uid, _)| uid.get() == last_of_batch),
                "{last_of_batch} was acknowledged"
            );
        }
        // And it goes on.
        let id = store.apply_headers(folder.id, &[header(100_000)]).unwrap().added[0];
        store.store_bodies(&[body(id, b"after", "mot")]).unwrap();
        assert_eq!(store.raw(id).unwrap(), b"after");
    }
}
