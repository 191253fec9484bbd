//! What is kept on this workstation outlives its copy on the server; what is only old leaves, and comes back.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{at, body, folder, header, key, open, uid};
use pli_store::{
    Attachment, BodyState, Change, Filter, Flags, FolderId, FolderRole, Kept, LeavingBefore, MailId, NewMessage,
    NewOutgoing, NewRecipient, Offloadable, OutboxState, RecipientField, Retention, Scope, SentCopy, Store, StoreError,
    Told,
};
use pli_terms::{Address, MessageId, UidSet, UidValidity};

const NOW: i64 = 1_000_000;

fn uids(list: &[u32]) -> UidSet {
    list.iter().map(|number| uid(*number)).collect()
}

fn kept_folder(b: &common::Box) -> FolderId {
    b.store.folder_by_role(b.account, FolderRole::Kept).unwrap().unwrap().id
}

fn row(store: &Store, mail: MailId) -> pli_store::ListRow {
    store.message(mail).unwrap().row
}

/// So many messages in the inbox, each with a body.
fn filled(b: &common::Box, count: u32) -> Vec<MailId> {
    let rows: Vec<NewMessage> = (1..=count).map(header).collect();
    let ids = b.store.apply_headers(b.inbox, &rows).unwrap().added;
    let raw: Vec<Vec<u8>> = (1..=count).map(|n| format!("octets of {n}").into_bytes()).collect();
    let bodies: Vec<_> = ids
        .iter()
        .zip(&raw)
        .map(|(id, raw)| body(*id, raw, "hypertension"))
        .collect();
    b.store.store_bodies(&bodies).unwrap();
    ids
}

#[test]
fn what_is_kept_outlives_removal_renumbering_and_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = filled(&b, 6);
    let kept = b.store.keep_locally(&[ids[0], ids[1], ids[2]], at(NOW)).unwrap();
    assert_eq!(
        kept,
        Kept {
            kept: ids[..3].to_vec(),
            without_body: vec![]
        }
    );
    assert_eq!(b.store.count_kept(b.account).unwrap(), (3, 0));
    assert_eq!(
        row(&b.store, ids[0]).folder,
        Some(b.inbox),
        "it stays where the server has it"
    );

    // Removed on the server: kept ones leave the folder for the local one, others are forgotten.
    b.store.remove_uids(b.inbox, &uids(&[1, 4])).unwrap();
    assert!(b.store.message(ids[3]).unwrap_err().is_not_found());
    let local = kept_folder(&b);
    assert_eq!(
        (row(&b.store, ids[0]).folder, row(&b.store, ids[0]).uid),
        (Some(local), None)
    );

    // Another UIDVALIDITY, under which the server does not have them any more.
    b.store.reset_folder(b.inbox, UidValidity::new(8).unwrap()).unwrap();
    b.store.apply_headers(b.inbox, &[header(3)]).unwrap();
    b.store.finish_sync(b.inbox).unwrap();
    assert_eq!(row(&b.store, ids[1]).folder, Some(local));
    assert_eq!(row(&b.store, ids[2]).folder, Some(b.inbox), "this one is still there");

    // Its folder is gone from the server.
    b.store
        .sync_folders(b.account, &[folder("Archives", FolderRole::Archive)])
        .unwrap();
    assert_eq!(row(&b.store, ids[2]).folder, Some(local));
    assert_eq!(b.store.count_kept(b.account).unwrap(), (3, 3));

    // Readable, searchable, listed with their counts.
    for (id, octets) in ids.iter().zip([b"octets of 1", b"octets of 2", b"octets of 3"]) {
        assert_eq!(b.store.raw(*id).unwrap(), octets);
    }
    assert_eq!(
        b.store
            .search("hypertens", Scope::Account(b.account), 10)
            .unwrap()
            .rows
            .len(),
        3
    );
    let page = b.store.list(Scope::Folder(local), Filter::All, 0, 10).unwrap();
    assert_eq!((page.total, page.rows.len()), (3, 3));
    assert_eq!(b.store.folder(local).unwrap().total, 3);
    // What no server has is never asked of one.
    assert!(b.store.missing_bodies(b.account, None, 10).unwrap().is_empty());
    drop(b.store);
    assert_eq!(
        Store::open(dir.path(), &key()).unwrap().raw(ids[0]).unwrap(),
        b"octets of 1"
    );
}

#[test]
fn the_local_folder_is_no_servers_whatever_one_lists() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = filled(&b, 1);
    b.store.keep_locally(&ids, at(NOW)).unwrap();
    b.store.remove_uids(b.inbox, &uids(&[1])).unwrap();
    let local = kept_folder(&b);
    let raw = b.store.folder(local).unwrap().server.raw_name;
    let lists = [
        vec![],
        vec![folder(&raw, FolderRole::Inbox)],
        vec![folder("INBOX", FolderRole::Inbox), folder(&raw, FolderRole::Kept)],
        vec![folder("Autre", FolderRole::Kept)],
    ];
    for list in lists {
        let changes = b.store.sync_folders(b.account, &list).unwrap();
        assert!(!changes.removed.contains(&local) && !changes.added.contains(&local));
        assert_eq!(b.store.folder(local).unwrap().server.role, FolderRole::Kept);
        assert_eq!(b.store.raw(ids[0]).unwrap(), b"octets of 1");
    }
    let roles: Vec<FolderRole> = b
        .store
        .folders(b.account)
        .unwrap()
        .iter()
        .map(|f| f.server.role)
        .collect();
    assert_eq!(roles.iter().filter(|role| **role == FolderRole::Kept).count(), 1);
}

#[test]
fn what_only_this_workstation_has_is_changed_here_and_never_told() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = filled(&b, 2);
    b.store.keep_locally(&ids, at(NOW)).unwrap();
    b.store.remove_uids(b.inbox, &uids(&[1, 2])).unwrap();
    let local = kept_folder(&b);
    let seen = Change::Flags {
        add: Flags::SEEN,
        remove: Flags::NONE,
    };
    assert!(b.store.queue(&ids, seen, at(NOW)).unwrap().is_empty());
    assert!(row(&b.store, ids[0]).flags.contains(Flags::SEEN));
    assert_eq!(b.store.folder(local).unwrap().unread, 0);
    let moved = b.store.queue(&ids, Change::Move { to: b.archive }, at(NOW));
    assert!(matches!(moved, Err(StoreError::Invalid { .. })));
    // Nor does anything of the server move into it.
    let other = b.store.apply_headers(b.inbox, &[header(9)]).unwrap().added;
    let moved = b.store.queue(&other, Change::Move { to: local }, at(NOW));
    assert!(matches!(moved, Err(StoreError::Invalid { .. })));
    // By hand it is removed at once, for good.
    assert!(b.store.queue(&ids[..1], Change::Delete, at(NOW)).unwrap().is_empty());
    assert!(b.store.message(ids[0]).unwrap_err().is_not_found());
    assert_eq!(b.store.count_operations(b.account).unwrap(), 0);
    assert_eq!(b.store.only_here(&ids).unwrap(), [ids[1]]);
}

#[test]
fn what_somebody_removes_here_goes_kept_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = filled(&b, 2);
    b.store.keep_locally(&ids, at(NOW)).unwrap();
    let queued = b.store.queue(&ids, Change::Delete, at(NOW)).unwrap();
    b.store
        .settle_operations(&[(queued[0], Told::Done { place: None })])
        .unwrap();
    // Another client was faster: the server says that it is gone.
    b.store.remove_uids(b.inbox, &uids(&[2])).unwrap();
    for id in ids {
        assert!(b.store.message(id).unwrap_err().is_not_found());
    }
    assert_eq!(b.store.count_kept(b.account).unwrap(), (0, 0));
}

#[test]
fn only_what_is_here_can_be_kept_and_what_is_to_come_is_kept_when_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = b.store.apply_headers(b.inbox, &[header(1), header(2)]).unwrap().added;
    let none = MailId::from_raw(4_000);
    let kept = b.store.keep_locally(&[ids[0], none, ids[1]], at(NOW)).unwrap();
    assert_eq!(
        kept,
        Kept {
            kept: vec![],
            without_body: ids.clone()
        }
    );
    b.store.keep_once_here(&[ids[0], ids[1], none], at(NOW)).unwrap();
    b.store.store_bodies(&[body(ids[0], b"came", "mots")]).unwrap();
    b.store.remove_uids(b.inbox, &uids(&[1, 2])).unwrap();
    assert_eq!(b.store.raw(ids[0]).unwrap(), b"came");
    assert!(
        b.store.message(ids[1]).unwrap_err().is_not_found(),
        "there was nothing to keep"
    );
}

#[test]
fn a_kept_message_that_the_server_has_again_is_one_and_not_two() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = filled(&b, 2);
    b.store.keep_locally(&ids, at(NOW)).unwrap();
    b.store.remove_uids(b.inbox, &uids(&[1, 2])).unwrap();
    // Another client had moved the first; something else bears the second one's Message-ID.
    let moved = NewMessage {
        uid: uid(70),
        ..header(1)
    };
    let other = NewMessage {
        uid: uid(71),
        size: 9,
        ..header(2)
    };
    let applied = b.store.apply_headers(b.archive, &[moved, other]).unwrap();
    assert_eq!((applied.adopted, applied.added.len()), (vec![ids[0]], 1));
    let first = row(&b.store, ids[0]);
    assert_eq!(
        (first.folder, first.uid, first.body_state),
        (Some(b.archive), Some(uid(70)), BodyState::Stored)
    );
    assert_eq!(row(&b.store, ids[1]).folder, Some(kept_folder(&b)));
    // The mark stays: gone again, it is kept again.
    b.store.remove_uids(b.archive, &uids(&[70])).unwrap();
    assert_eq!(row(&b.store, ids[0]).folder, Some(kept_folder(&b)));
    assert_eq!(b.store.raw(ids[0]).unwrap(), b"octets of 1");
}

#[test]
fn damaged_octets_that_nobody_else_has_are_never_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = filled(&b, 2);
    b.store.keep_locally(&ids[..1], at(NOW)).unwrap();
    b.store.remove_uids(b.inbox, &uids(&[1])).unwrap();
    assert!(!b.store.drop_body(ids[0]).unwrap());
    assert!(b.store.drop_body(ids[1]).unwrap(), "the server has this one");
    assert_eq!(b.store.raw(ids[0]).unwrap(), b"octets of 1");
    drop(b.store);
    // The pack is cut: what the server has is fetched again, what it has not is said to be damaged.
    for pack in std::fs::read_dir(dir.path().join("raw")).unwrap().flatten() {
        std::fs::OpenOptions::new()
            .write(true)
            .open(pack.path())
            .unwrap()
            .set_len(1)
            .unwrap();
    }
    let store = Store::open(dir.path(), &key()).unwrap();
    assert!(store.raw(ids[0]).is_err_and(|error| error.is_damage()));
    assert_eq!(row(&store, ids[0]).body_state, BodyState::Stored);
}

/// Everything a retention of nothing at all could remove.
fn old(b: &common::Box, folder: FolderId) -> Vec<Offloadable> {
    b.store.offloadable(folder, at(NOW), at(NOW), 0, 1000).unwrap()
}

#[test]
fn what_is_never_removed_from_here() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = filled(&b, 8);
    let validity = UidValidity::new(7).unwrap();
    let everything = old(&b, b.inbox);
    assert_eq!(everything.len(), 8);
    assert_eq!(
        b.store.offloadable(b.inbox, at(4), at(NOW), 0, 1000).unwrap().len(),
        3,
        "only what is older"
    );
    assert_eq!(
        b.store.offloadable(b.inbox, at(NOW), at(NOW), 6, 1000).unwrap().len(),
        2,
        "after a UID"
    );
    // Flagged, kept, opened lately, changed here and not told, on its way out.
    let flag = |id: MailId, flags| {
        let change = Change::Flags {
            add: flags,
            remove: Flags::NONE,
        };
        b.store.queue(&[id], change, at(NOW)).unwrap()
    };
    let told = flag(ids[0], Flags::FLAGGED);
    b.store
        .settle_operations(&[(told[0], Told::Done { place: None })])
        .unwrap();
    b.store.keep_locally(&[ids[1]], at(NOW)).unwrap();
    b.store.note_recalled(&[ids[2]], at(NOW)).unwrap();
    flag(ids[3], Flags::SEEN);
    let sender = Address::parse("dr.martin@alpha.mssante.test").unwrap();
    let outgoing = NewOutgoing {
        account: b.account,
        draft: None,
        raw: b"octets",
        message_id: &MessageId::parse("5@beta.mssante.test").unwrap(),
        envelope_id: "e",
        sender: &sender,
        subject: "Courrier",
        recipients: &[NewRecipient {
            address: Address::parse("labo@beta.mssante.test").unwrap(),
            name: String::new(),
            field: RecipientField::To,
        }],
    };
    let leaving = b.store.enqueue(&outgoing, at(NOW)).unwrap();
    let left: Vec<MailId> = old(&b, b.inbox).iter().map(|one| one.mail).collect();
    assert_eq!(left, ids[5..]);
    // Nor when it became so between the list and the removal; nor under another UIDVALIDITY.
    let other = UidValidity::new(8).unwrap();
    assert_eq!(b.store.offload(b.inbox, other, &everything, at(NOW)).unwrap().bodies, 0);
    let gone = b.store.offload(b.inbox, validity, &everything, at(NOW)).unwrap();
    assert_eq!(gone.bodies, 3);
    for id in &ids[..5] {
        assert!(b.store.raw(*id).is_ok());
    }
    // Accepted, and its copy filed: the outbox is done with it.
    for state in [OutboxState::Sending, OutboxState::Accepted] {
        b.store.advance(leaving, state, &[], ("", ""), None, at(NOW)).unwrap();
        assert!(old(&b, b.inbox).is_empty(), "{state:?}");
    }
    b.store.set_sent_copy(leaving, SentCopy::Filed).unwrap();
    assert_eq!(old(&b, b.inbox)[0].mail, ids[4]);
    assert_eq!(
        b.store
            .offload(b.inbox, validity, &old(&b, b.inbox), at(NOW))
            .unwrap()
            .bodies,
        1
    );
    // Opened longer ago than that: it may go.
    assert_eq!(
        b.store
            .offloadable(b.inbox, at(NOW), at(NOW + 1), 0, 1000)
            .unwrap()
            .len(),
        1
    );
    // What the server is not known to have: no UID.
    b.store.reset_folder(b.inbox, UidValidity::new(9).unwrap()).unwrap();
    assert!(
        b.store
            .offloadable(b.inbox, at(NOW), at(NOW + 1), 0, 1000)
            .unwrap()
            .is_empty()
    );
    // Drafts, and the local folder.
    b.store
        .sync_folders(
            b.account,
            &[
                folder("INBOX", FolderRole::Drafts),
                folder("Archives", FolderRole::Archive),
            ],
        )
        .unwrap();
    assert!(old(&b, b.inbox).is_empty());
}

#[test]
fn an_old_body_leaves_its_row_and_its_words_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = b.store.apply_headers(b.inbox, &[header(1), header(2)]).unwrap().added;
    let attachments = [Attachment {
        part: "2".into(),
        name: "compte-rendu.pdf".into(),
        mime: "application/pdf".into(),
        size: 10,
        inline_cid: None,
    }];
    let with = pli_store::NewBody {
        attachments: &attachments,
        ..body(ids[0], b"raw octets", "hypertension")
    };
    b.store
        .store_bodies(&[with.clone(), body(ids[1], b"two", "deux")])
        .unwrap();
    b.store
        .set_retention(
            b.account,
            Retention {
                offline_months: Some(1),
                bodies_from: Some(at(2)),
                offloaded_at: None,
            },
        )
        .unwrap();
    let validity = UidValidity::new(7).unwrap();
    let old = b.store.offloadable(b.inbox, at(2), at(NOW), 0, 10).unwrap();
    assert_eq!(old.len(), 1);
    b.store.offload(b.inbox, validity, &old, at(NOW)).unwrap();
    let there = b.store.message(ids[0]).unwrap();
    assert_eq!(
        (there.row.body_state, there.row.attachment_count, there.sha256),
        (BodyState::None, 1, None)
    );
    assert_eq!(there.attachments.len(), 1, "what it carries is still told");
    assert!(b.store.raw(ids[0]).unwrap_err().is_not_found());
    assert_eq!(
        b.store.search("hypertens", Scope::Everything, 10).unwrap().rows.len(),
        1
    );
    // Not fetched by itself, unless something keeps it here.
    assert!(b.store.missing_bodies(b.account, None, 10).unwrap().is_empty());
    assert_eq!(b.store.count_missing_bodies(b.account).unwrap(), 0);
    b.store.keep_once_here(&ids[..1], at(NOW)).unwrap();
    assert_eq!(b.store.missing_bodies(b.account, None, 10).unwrap().len(), 1);
    assert_eq!(b.store.count_missing_bodies(b.account).unwrap(), 1);
    b.store.store_bodies(&[with]).unwrap();
    let back = b.store.message(ids[0]).unwrap();
    assert_eq!((back.row.body_state, back.attachments.len()), (BodyState::Stored, 1));
    // Everything again: everything is fetched again.
    b.store.set_retention(b.account, Retention::default()).unwrap();
    assert_eq!(b.store.retention(b.account).unwrap(), Retention::default());
}

#[test]
fn old_messages_met_for_the_first_time_stay_on_the_server_but_for_flagged_ones_and_drafts() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let retention = Retention {
        offline_months: Some(1),
        bodies_from: Some(at(10)),
        offloaded_at: None,
    };
    b.store.set_retention(b.account, retention).unwrap();
    let flagged = NewMessage {
        flags: Flags::FLAGGED,
        ..header(2)
    };
    let ids = b
        .store
        .apply_headers(b.inbox, &[header(1), flagged, header(11)])
        .unwrap()
        .added;
    let missing = |b: &common::Box| -> Vec<MailId> {
        let plan = b.store.missing_bodies(b.account, None, 10).unwrap();
        assert_eq!(plan.len() as u64, b.store.count_missing_bodies(b.account).unwrap());
        plan.into_iter().map(|one| one.mail).collect()
    };
    assert_eq!(missing(&b), [ids[2], ids[1]]);
    b.store
        .sync_folders(
            b.account,
            &[
                folder("INBOX", FolderRole::Drafts),
                folder("Archives", FolderRole::Archive),
            ],
        )
        .unwrap();
    assert_eq!(missing(&b), [ids[2], ids[1], ids[0]]);
    let none = pli_store::AccountId::from_raw(99);
    assert!(b.store.set_retention(none, retention).unwrap_err().is_not_found());
}

fn octets_of(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir.join("raw")).unwrap().flatten();
    files.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn the_disk_is_really_given_back_even_of_the_pack_being_written() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let rows: Vec<NewMessage> = (1..=100).map(header).collect();
    let ids = b.store.apply_headers(b.inbox, &rows).unwrap().added;
    let mut seed = 1_u64;
    let mut raw = || -> Vec<u8> {
        (0..20_000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 56) as u8
            })
            .collect()
    };
    let octets: Vec<Vec<u8>> = ids.iter().map(|_| raw()).collect();
    let bodies: Vec<_> = ids
        .iter()
        .zip(&octets)
        .map(|(id, raw)| body(*id, raw, "mots"))
        .collect();
    b.store.store_bodies(&bodies).unwrap();
    let before = octets_of(dir.path());
    assert!(before > 2_000_000);
    // Less than half of it: what an ordinary tidying leaves alone.
    let old = b.store.offloadable(b.inbox, at(31), at(NOW), 0, 1000).unwrap();
    assert_eq!(old.len(), 30);
    let gone = b
        .store
        .offload(b.inbox, UidValidity::new(7).unwrap(), &old, at(NOW))
        .unwrap();
    assert_eq!(gone.bodies, 30);
    assert_eq!(b.store.compact(u64::MAX).unwrap().packs, 0);
    let back = b.store.give_back(u64::MAX).unwrap();
    assert!(back.octets >= gone.octets, "{back:?} {gone:?}");
    assert!(octets_of(dir.path()) <= before - gone.octets);
    for (id, raw) in ids.iter().zip(&octets).skip(30) {
        assert_eq!(b.store.raw(*id).unwrap(), *raw);
    }
    // Once more gives nothing, and what comes afterwards is written as before.
    assert_eq!(b.store.give_back(u64::MAX).unwrap().packs, 0);
    b.store.store_bodies(&[body(ids[0], b"back", "mots")]).unwrap();
    drop(b.store);
    let store = Store::open(dir.path(), &key()).unwrap();
    assert_eq!(store.raw(ids[0]).unwrap(), b"back");
    assert_eq!(store.raw(ids[99]).unwrap(), octets[99]);
}

#[test]
fn what_is_about_to_leave_is_what_was_never_filed_nor_kept() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    b.store
        .sync_folders(
            b.account,
            &[folder("INBOX", FolderRole::Inbox), folder("Archives", FolderRole::Sent)],
        )
        .unwrap();
    let ids = filled(&b, 5);
    let filed = NewMessage {
        keywords: vec!["$plifiled".into(), "autre".into()],
        ..header(6)
    };
    let close = NewMessage {
        keywords: vec!["$PliFiledX".into()],
        ..header(7)
    };
    let more = b.store.apply_headers(b.inbox, &[filed, close]).unwrap().added;
    let sent = b.store.apply_headers(b.archive, &[header(30)]).unwrap().added;
    b.store.keep_locally(&ids[..1], at(NOW)).unwrap();
    let before = LeavingBefore {
        sent: Some(at(31)),
        received: Some(at(8)),
    };
    let (of_sent, received) = b.store.leaving(b.account, before).unwrap();
    assert_eq!((of_sent.count, of_sent.octets, of_sent.oldest), (1, 1030, Some(at(30))));
    assert_eq!((received.count, received.oldest), (5, Some(at(2))));
    assert_eq!(received.octets, 1002 + 1003 + 1004 + 1005 + 1007);
    let mails = b.store.leaving_mails(b.account, before, 100).unwrap();
    assert_eq!(mails, [ids[1], ids[2], ids[3], ids[4], more[1], sent[0]]);
    assert_eq!(b.store.leaving_mails(b.account, before, 2).unwrap().len(), 2);
    let (_, none) = b
        .store
        .leaving(
            b.account,
            LeavingBefore {
                sent: None,
                received: Some(at(2)),
            },
        )
        .unwrap();
    assert_eq!(none.count, 0);
}

#[test]
fn an_opening_is_noted_by_the_hour_and_what_was_told_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let opened = |b: &common::Box| b.store.life(b.account).unwrap().opened_at;
    assert_eq!(opened(&b), None);
    b.store.note_opened(b.account, at(0)).unwrap();
    b.store.note_opened(b.account, at(3_599)).unwrap();
    assert_eq!(opened(&b), Some(at(0)));
    b.store.note_opened(b.account, at(3_600)).unwrap();
    assert_eq!(opened(&b), Some(at(3_600)));
    b.store.note_opened(b.account, at(10)).unwrap();
    assert_eq!(opened(&b), Some(at(10)));
    b.store.note_announced(b.account, Some(("unused", at(20)))).unwrap();
    b.store.note_dismissed(b.account, at(21)).unwrap();
    let life = b.store.life(b.account).unwrap();
    assert_eq!(
        (life.announced.as_deref(), life.announced_at, life.dismissed_at),
        (Some("unused"), Some(at(20)), Some(at(21)))
    );
    b.store.note_announced(b.account, Some(("unused", at(30)))).unwrap();
    assert_eq!(b.store.life(b.account).unwrap().dismissed_at, None);
    b.store.note_announced(b.account, None).unwrap();
    assert_eq!(b.store.life(b.account).unwrap().announced, None);
    // It goes with its account.
    b.store.remove_account(b.account).unwrap();
    assert_eq!(b.store.life(b.account).unwrap(), pli_store::Life::default());
}
