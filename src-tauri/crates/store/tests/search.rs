//! Search and lists, as a person types.

#![allow(clippy::unwrap_used)]

mod common;

use common::{body, header, open};
use pli_store::{Attachment, Change, Filter, Flags, NewBody, Scope};
use proptest::prelude::*;

#[test]
fn words_are_found_whatever_their_accents_and_wherever_they_stand() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let ids = b
        .store
        .apply_headers(b.inbox, &[header(3), header(2), header(1)])
        .unwrap()
        .added;
    let attachments = [Attachment {
        part: "2".into(),
        name: "Créatinine_DUPONT.pdf".into(),
        mime: "application/pdf".into(),
        size: 10,
        inline_cid: None,
    }];
    let text = "Le cœur et l\u{2019}œdème du nouveau-né, à l'hôpital. Numéro 42.";
    let full = NewBody {
        attachments: &attachments,
        ..body(ids[1], b"raw", text)
    };
    b.store.store_bodies(&[full]).unwrap();
    let hits = |question: &str| -> Vec<_> {
        b.store
            .search(question, Scope::Inboxes, 50)
            .unwrap()
            .rows
            .iter()
            .map(|r| r.id)
            .collect()
    };
    for question in [
        "coeur",
        "CŒUR",
        "œdeme",
        "oedème",
        "hopital",
        "HÔP",
        "nouveau-né",
        "l'hôpital",
        "creatinine",
        "dupont.pdf",
        "4",
        "42 ",
        "c",
        "cœ",
        "labo coeur",
        "resultat 2",
        "coeur labo beta.mssante.test dupo",
    ] {
        assert_eq!(hits(question), [ids[1]], "{question}");
    }
    assert_eq!(hits("laboratoire"), ids, "newest first");
    for question in ["coeur absent", "coeu ", "", "   ", "\"", "*", "(", "résultat OR 2 zzz"] {
        assert_eq!(hits(question), [], "{question}");
    }
    assert_eq!(b.store.message(ids[1]).unwrap().attachments, attachments);
    // Still found under its new folder, and no more in the former; not at all once removed.
    b.store
        .queue(&[ids[1]], Change::Move { to: b.archive }, common::at(9))
        .unwrap();
    assert_eq!(hits("coeur"), []);
    assert_eq!(
        b.store.search("coeur", Scope::Folder(b.archive), 5).unwrap().rows.len(),
        1
    );
    b.store.queue(&[ids[1]], Change::Delete, common::at(9)).unwrap();
    assert!(b.store.search("coeur", Scope::Everything, 5).unwrap().rows.is_empty());
}

#[test]
fn the_newest_hits_come_first_and_the_rest_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    // Arrival order is not date order, and several share a second.
    let rows: Vec<_> = [5u32, 9, 1, 7, 3, 8, 2]
        .iter()
        .map(|n| pli_store::NewMessage {
            internal_date: common::at(i64::from(*n / 2)),
            ..header(*n)
        })
        .collect();
    b.store.apply_headers(b.inbox, &rows).unwrap();
    let found = b.store.search("laboratoire", Scope::Everything, 4).unwrap();
    let dates: Vec<_> = found.rows.iter().map(|r| r.internal_date).collect();
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
    assert_eq!(dates[0], common::at(4));
    assert!(found.more);
    assert!(!b.store.search("laboratoire", Scope::Everything, 7).unwrap().more);
}

#[test]
fn pages_cover_a_list_once_in_order_over_several_inboxes() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let second = b
        .store
        .add_account(&common::account("cabinet@alpha.mssante.test"), common::at(0))
        .unwrap();
    let other = b
        .store
        .sync_folders(second, &[common::folder("INBOX", pli_store::FolderRole::Inbox)])
        .unwrap()
        .added[0];
    let mut rows: Vec<_> = (1..=50).map(header).collect();
    for row in rows.iter_mut().step_by(3) {
        row.flags = Flags::SEEN | Flags::FLAGGED;
        row.attachment_count = 1;
    }
    b.store.apply_headers(b.inbox, &rows[..30]).unwrap();
    b.store.apply_headers(other, &rows[20..]).unwrap();
    for filter in [Filter::All, Filter::Unread, Filter::Flagged, Filter::Attached] {
        let all = b.store.list(Scope::Inboxes, filter, 0, 1000).unwrap();
        assert_eq!(all.total, all.rows.len() as u64, "{filter:?}");
        assert!(
            all.rows
                .is_sorted_by_key(|r| std::cmp::Reverse((r.internal_date, r.id)))
        );
        let mut paged = Vec::new();
        while (paged.len() as u64) < all.total {
            paged.extend(
                b.store
                    .list(Scope::Inboxes, filter, paged.len() as u64, 7)
                    .unwrap()
                    .rows,
            );
        }
        assert_eq!(paged, all.rows);
        assert!(
            b.store
                .list(Scope::Inboxes, filter, all.total, 7)
                .unwrap()
                .rows
                .is_empty()
        );
    }
    assert_eq!(
        b.store.list(Scope::Account(second), Filter::All, 0, 100).unwrap().total,
        30
    );
    assert_eq!(
        b.store.list(Scope::Inboxes, Filter::All, 0, 1).unwrap().unread,
        60 - 10 - 10
    );
}

#[test]
fn threads_join_whatever_the_order_messages_come_in() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let id = |n: u32| header(n).message_id;
    let reply = |n: u32, to: u32| pli_store::NewMessage {
        in_reply_to: id(to),
        ..header(n)
    };
    // Newest first, as a first sync does; 4 and 5 answer 3, which answers 1.
    let rows = [reply(5, 3), reply(4, 3), header(9), reply(3, 1), header(1)];
    let ids = b.store.apply_headers(b.inbox, &rows).unwrap().added;
    let thread = b.store.message(ids[4]).unwrap().row.thread;
    let members: Vec<_> = b.store.thread(thread).unwrap().iter().map(|r| r.id).collect();
    assert_eq!(members, [ids[4], ids[3], ids[1], ids[0]]);
    assert_eq!(
        b.store
            .thread(b.store.message(ids[2]).unwrap().row.thread)
            .unwrap()
            .len(),
        1
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_question_is_an_error(questions in proptest::collection::vec("\\PC{0,40}", 20)) {
        let dir = tempfile::tempdir().unwrap();
        let b = open(dir.path());
        let id = b.store.apply_headers(b.inbox, &[header(1)]).unwrap().added[0];
        for question in questions {
            b.store.store_bodies(&[body(id, b"raw", &question)]).unwrap();
            b.store.search(&question, Scope::Everything, 5).unwrap();
        }
    }
}
