//! What weighs in a mailbox: groups, pages, suggestions, and that one index answers them.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::{at, body, folder, header, open};
use jiff::{SignedDuration, Timestamp};
use pli_store::{
    Attachment, DocumentKind, FILED, Flags, FolderRole, MailId, NewBody, NewMessage, SpaceBy, SpaceFilter, SpaceGroup,
};
use proptest::prelude::*;

fn days_ago(days: i64) -> Timestamp {
    at(0) - SignedDuration::from_hours(24 * days)
}

fn mail(number: u32, size: u64, days: i64) -> NewMessage {
    NewMessage {
        size,
        internal_date: days_ago(days),
        ..header(number)
    }
}

fn groups(of: &[SpaceGroup]) -> Vec<(&str, u64, u64, u64)> {
    of.iter()
        .map(|group| (group.key.as_str(), group.count, group.octets, group.filed))
        .collect()
}

fn file(name: &str, mime: &str) -> Attachment {
    Attachment {
        part: "2".into(),
        name: name.into(),
        mime: mime.into(),
        size: 10,
        inline_cid: None,
    }
}

#[test]
fn groups_tell_what_weighs_and_what_is_filed() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let filed = vec!["$pliFILED".to_owned()];
    let mut own = mail(4, 400, 800);
    own.from_address = "Dr.Martin@alpha.mssante.test".into();
    own.recipients = "LEROY, Hélène <Leroy@beta.mssante.test>, autre@beta.mssante.test".into();
    let mut patient = mail(3, 3 << 20, 100);
    patient.keywords = filed.clone();
    patient.from_address = "UN@patient.mssante.test".into();
    patient.subject = "XDM/1.0/DDM+Lettre".into();
    // A keyword that only begins alike is another one.
    let mut alike = mail(2, 200, 29);
    alike.keywords = vec!["$PliFiledElsewhere".into()];
    let ids = b
        .store
        .apply_headers(b.inbox, &[mail(1, 100, 1), alike, patient])
        .unwrap()
        .added;
    let sent = b.store.apply_headers(b.archive, &[own]).unwrap().added;
    b.store
        .store_bodies(&[
            NewBody {
                attachments: &[file("cr.pdf", "application/pdf"), file("a.txt", "text/plain")],
                ..body(ids[0], b"one", "")
            },
            body(sent[0], b"four", ""),
        ])
        .unwrap();

    let space = |by| b.store.space(b.account, by, at(0)).unwrap();
    assert_eq!(
        groups(&space(SpaceBy::Age)),
        [
            ("two_years", 1, 400, 0),
            ("quarter", 1, 3 << 20, 1),
            ("recent", 2, 300, 0)
        ]
    );
    assert_eq!(
        groups(&space(SpaceBy::Size)),
        [("medium", 1, 3 << 20, 1), ("tiny", 3, 700, 0)]
    );
    assert_eq!(
        groups(&space(SpaceBy::Kind)),
        [("document", 1, 3 << 20, 1), ("none", 2, 600, 0), ("pdf", 1, 100, 0)]
    );
    assert_eq!(
        groups(&space(SpaceBy::Correspondent)),
        [
            ("un@patient.mssante.test", 1, 3 << 20, 1),
            ("leroy@beta.mssante.test", 1, 400, 0),
            ("labo@beta.mssante.test", 2, 300, 0)
        ]
    );
    let (inbox, archive) = (b.inbox.to_string(), b.archive.to_string());
    let by_folder = space(SpaceBy::Folder);
    assert_eq!(
        groups(&by_folder),
        [(inbox.as_str(), 3, (3 << 20) + 300, 1), (archive.as_str(), 1, 400, 0)]
    );
    assert_eq!((by_folder[0].oldest, by_folder[0].newest), (days_ago(100), days_ago(1)));
    assert_eq!(b.store.weight(b.account).unwrap(), (4, (3 << 20) + 700));
}

#[test]
fn filed_ones_come_first_then_the_heaviest_and_each_filter_narrows() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let mut rows = Vec::new();
    for number in 1..=60 {
        let mut row = mail(number, u64::from(number) * 1000, i64::from(number));
        if number % 3 == 0 {
            row.keywords = vec![FILED.to_owned()];
        }
        if number % 2 == 0 {
            row.from_address = "autre@beta.mssante.test".into();
        }
        rows.push(row);
    }
    b.store.apply_headers(b.inbox, &rows).unwrap();
    let page =
        |filter: &SpaceFilter, offset, limit| b.store.space_messages(b.account, filter, at(0), offset, limit).unwrap();
    let all = page(&SpaceFilter::default(), 0, 1000);
    assert_eq!((all.total, all.octets), (60, (1..=60).map(|n| n * 1000).sum::<u64>()));
    assert!(all.rows[..20].iter().all(|row| row.filed) && !all.rows[20..].iter().any(|row| row.filed));
    assert!(all.rows[..20].is_sorted_by(|a, b| a.row.size >= b.row.size));
    assert!(all.rows[20..].is_sorted_by(|a, b| a.row.size >= b.row.size));
    let second = page(&SpaceFilter::default(), 25, 10);
    assert_eq!(second.rows, all.rows[25..35]);
    let narrow = SpaceFilter {
        folder: Some(b.inbox),
        older_than_days: Some(30),
        larger_than: Some(40_000),
        kind: Some(DocumentKind::None),
        correspondent: Some("AUTRE@beta.mssante.test".into()),
        filed_only: true,
    };
    let found = page(&narrow, 0, 10);
    let sizes: Vec<u64> = found.rows.iter().map(|row| row.row.size / 1000).collect();
    assert_eq!((sizes, found.total), (vec![60, 54, 48, 42], 4));
    let elsewhere = SpaceFilter {
        folder: Some(b.archive),
        ..SpaceFilter::default()
    };
    assert_eq!(page(&elsewhere, 0, 10).total, 0);
    assert!(page(&SpaceFilter::default(), u64::MAX, 10).rows.is_empty());
}

#[test]
fn nothing_unread_flagged_or_not_filed_is_ever_suggested() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let drafts = b
        .store
        .sync_folders(
            b.account,
            &[
                folder("INBOX", FolderRole::Inbox),
                folder("Archives", FolderRole::Archive),
                folder("Drafts", FolderRole::Drafts),
                folder("All", FolderRole::All),
            ],
        )
        .unwrap()
        .added;
    let mut rows = Vec::new();
    for number in 1..=64_u32 {
        let mut row = mail(number, u64::from(number) * 10, 1);
        let set = |on: bool, flag| if on { flag } else { Flags::NONE };
        row.flags = set(number & 1 != 0, Flags::SEEN)
            | set(number & 2 != 0, Flags::FLAGGED)
            | set(number & 4 != 0, Flags::DRAFT);
        if number & 8 != 0 {
            row.keywords = vec![FILED.to_owned()];
            if number & 48 == 48 {
                row.keywords
                    .push(["$PliTodo", "$plitaken"][number as usize % 2].to_owned());
            }
        }
        rows.push(row);
    }
    let ids = b.store.apply_headers(b.inbox, &rows).unwrap().added;
    let mut ready = mail(1, 1 << 30, 1);
    ready.flags = Flags::SEEN;
    ready.keywords = vec![FILED.to_owned()];
    for role in &drafts {
        b.store.apply_headers(*role, std::slice::from_ref(&ready)).unwrap();
    }
    let good: Vec<MailId> = (1..=64_u32)
        .rev()
        .filter(|number| number & 15 == 9 && number & 48 != 48)
        .map(|number| ids[number as usize - 1])
        .collect();
    assert_eq!(b.store.space_to_free(b.account, u64::MAX, 1000).unwrap(), good);
    // No more than needed, the heaviest first.
    let weights = [41_u64, 25, 9].map(|number| number * 10);
    assert_eq!(
        b.store.space_to_free(b.account, weights[0] + 1, 1000).unwrap(),
        good[..2]
    );
    assert_eq!(b.store.space_to_free(b.account, weights[0], 1000).unwrap(), good[..1]);
    assert!(b.store.space_to_free(b.account, 0, 1000).unwrap().is_empty());
    assert_eq!(b.store.space_to_free(b.account, u64::MAX, 3).unwrap(), good[..3]);
}

#[test]
fn beyond_the_heaviest_correspondents_the_others_are_one_group() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let rows: Vec<NewMessage> = (1..=200)
        .map(|number| NewMessage {
            from_address: if number == 200 {
                String::new()
            } else {
                format!("p{number}@beta.mssante.test")
            },
            ..mail(number, u64::from(number), 1)
        })
        .collect();
    b.store.apply_headers(b.inbox, &rows).unwrap();
    let found = b.store.space(b.account, SpaceBy::Correspondent, at(0)).unwrap();
    assert!(found.len() <= 50);
    assert_eq!(found.last().unwrap().key, "");
    assert_eq!(found.iter().filter(|group| group.key.is_empty()).count(), 1);
    assert_eq!(found.iter().map(|group| group.count).sum::<u64>(), 200);
    assert_eq!(
        found.iter().map(|group| group.octets).sum::<u64>(),
        (1..=200).sum::<u64>()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn however_it_is_told_the_weight_is_the_same(
        mails in proptest::collection::vec((0_u64..20 << 20, -3_i64..900, 0_u32..64, 0_usize..5, any::<bool>()), 1..60)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let b = open(dir.path());
        let mut expected: BTreeMap<bool, (u64, u64)> = BTreeMap::new();
        for (number, (size, days, flags, who, in_inbox)) in mails.iter().enumerate() {
            let row = NewMessage {
                flags: Flags::from_bits(*flags),
                from_address: format!("p{who}@beta.mssante.test"),
                attachment_count: flags % 3,
                ..mail(number as u32 + 1, *size, *days)
            };
            let sum = expected.entry(*in_inbox).or_default();
            *sum = (sum.0 + 1, sum.1 + size);
            b.store.apply_headers(if *in_inbox { b.inbox } else { b.archive }, &[row]).unwrap();
        }
        let whole = expected.values().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        prop_assert_eq!(b.store.weight(b.account).unwrap(), whole);
        for by in [SpaceBy::Age, SpaceBy::Size, SpaceBy::Kind, SpaceBy::Correspondent, SpaceBy::Folder] {
            let groups = b.store.space(b.account, by, at(0)).unwrap();
            let sum = groups.iter().fold((0, 0), |sum, group| (sum.0 + group.count, sum.1 + group.octets));
            prop_assert_eq!(sum, whole, "{:?}", by);
            prop_assert!(groups.iter().all(|group| group.oldest <= group.newest && group.filed <= group.count));
        }
    }
}
