//! Who is suggested as one types an address, from what a sync lists.

#![allow(clippy::unwrap_used)]

mod common;

use common::{folder, header, open};
use pli_store::{FolderRole, MailKind, NewMessage};

#[test]
fn those_who_wrote_and_those_written_to_are_suggested_once_a_message() {
    let dir = tempfile::tempdir().unwrap();
    let b = open(dir.path());
    let from = |number: u32, name: &str, address: &str, kind: MailKind| NewMessage {
        from_name: name.into(),
        from_address: address.into(),
        kind,
        ..header(number)
    };
    // Newest first, as they are listed: the newer name stays.
    let received = [
        from(
            3,
            "Hélène LEROY-PETIT",
            "leroy@beta.mssante.test",
            MailKind::Professional,
        ),
        from(2, "", "Quota@beta.mssante.test", MailKind::System),
        from(1, "Hélène LEROY", "Leroy@beta.mssante.test", MailKind::Professional),
    ];
    b.store.apply_headers(b.inbox, &received[..2]).unwrap();
    b.store.apply_headers(b.inbox, &received).unwrap();
    let sent = b
        .store
        .sync_folders(
            b.account,
            &[
                folder("INBOX", FolderRole::Inbox),
                folder("Archives", FolderRole::Archive),
                folder("Sent", FolderRole::Sent),
            ],
        )
        .unwrap()
        .added[0];
    let own = "dr.martin@alpha.mssante.test";
    let written = NewMessage {
        recipients: format!("\"ACACIAS, Labo\" <labo@beta.mssante.test>, leroy@beta.mssante.test, {own}"),
        ..from(9, "Dr Martin", own, MailKind::Professional)
    };
    for _ in 0..2 {
        b.store.apply_headers(sent, std::slice::from_ref(&written)).unwrap();
    }
    let found = b.store.suggest("mssante", 9).unwrap();
    let told: Vec<(&str, &str, u64)> = found
        .iter()
        .map(|one| (one.address.as_str(), one.name.as_str(), one.uses))
        .collect();
    let expected = [
        ("labo@beta.mssante.test", "ACACIAS, Labo", 1),
        ("leroy@beta.mssante.test", "Hélène LEROY-PETIT", 1),
    ];
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(expected.iter().all(|one| told.contains(one)), "{told:?}");
}
