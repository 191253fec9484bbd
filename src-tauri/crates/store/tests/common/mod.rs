//! What several tests need: a store with one account and two folders, and header rows.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::Path;

use jiff::Timestamp;
use pli_store::{
    AccountId, AuthMethod, Flags, FolderId, FolderRole, MailKind, MasterKey, NewAccount, NewBody, NewMessage,
    ServerFolder, Store, SyncCursor,
};
use pli_terms::{Address, BalKind, MessageId, Uid, UidValidity};

pub struct Box {
    pub store: Store,
    pub account: AccountId,
    pub inbox: FolderId,
    pub archive: FolderId,
}

pub fn key() -> MasterKey {
    MasterKey::from_bytes([42; 32])
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub fn uid(value: u32) -> Uid {
    Uid::new(value).unwrap()
}

pub fn folder(raw: &str, role: FolderRole) -> ServerFolder {
    ServerFolder {
        raw_name: raw.into(),
        name: raw.into(),
        delimiter: Some('/'),
        role,
        selectable: true,
    }
}

pub fn account(address: &str) -> NewAccount {
    NewAccount {
        address: Address::parse(address).unwrap(),
        kind: BalKind::Per,
        display_name: "Dr Martin".into(),
        servers: serde_json::json!({"imap": "imap.alpha.mssante.test"}),
        auth: AuthMethod::Psc,
        color: String::new(),
    }
}

pub fn open(dir: &Path) -> Box {
    let store = Store::open(dir, &key()).unwrap();
    let account = store
        .add_account(&account("dr.martin@alpha.mssante.test"), at(0))
        .unwrap();
    let added = store
        .sync_folders(
            account,
            &[
                folder("INBOX", FolderRole::Inbox),
                folder("Archives", FolderRole::Archive),
            ],
        )
        .unwrap()
        .added;
    for id in &added {
        store
            .set_cursor(
                *id,
                &SyncCursor {
                    uid_validity: UidValidity::new(7),
                    ..SyncCursor::default()
                },
            )
            .unwrap();
    }
    Box {
        store,
        account,
        inbox: added[0],
        archive: added[1],
    }
}

pub fn header(number: u32) -> NewMessage {
    NewMessage {
        uid: uid(number),
        flags: Flags::NONE,
        keywords: Vec::new(),
        internal_date: at(i64::from(number)),
        date: Some(at(i64::from(number))),
        size: 1000 + u64::from(number),
        from_name: "Laboratoire".into(),
        from_address: "labo@beta.mssante.test".into(),
        recipients: "Dr Martin".into(),
        subject: format!("Résultat {number}"),
        display_subject: format!("Résultat {number}"),
        message_id: MessageId::parse(&format!("{number}@beta.mssante.test")),
        in_reply_to: None,
        references: Vec::new(),
        kind: MailKind::Professional,
        attachment_count: 0,
    }
}

pub fn body<'a>(mail: pli_store::MailId, raw: &'a [u8], text: &'a str) -> NewBody<'a> {
    NewBody {
        mail,
        raw,
        text,
        snippet: text,
        attachments: &[],
        kind: MailKind::Professional,
        display_subject: None,
    }
}
