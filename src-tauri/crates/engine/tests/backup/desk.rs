//! Profiles to save and to restore into, and all that a profile holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pli_engine::{BackupChecked, BackupScope, Engine, EngineError, Home, Options, RestoreOptions, backup_restore};
use pli_store::{
    Attachment, AuthMethod, BodyState, Change, DraftContent, Filter, Flags, FolderId, FolderRole, ListRow, MailKind,
    MasterKey, NewAccount, NewBody, NewMessage, NewOutgoing, NewRecipient, OutboxState, RecipientField, Scope,
    ServerFolder, Store, SyncCursor, Vault,
};
use pli_terms::{Address, BalKind, MessageId, Uid, UidValidity};

/// What opens profiles, and what opens backups.
pub(crate) const PHRASE: &str = "une phrase de passe";
pub(crate) const SECRET: &str = "douze mots au moins";
/// What opens a restored profile.
pub(crate) const OTHER: &str = "le nouveau poste du cabinet";

pub(crate) const MARTIN: &str = "dr.martin@alpha.mssante.test";
pub(crate) const CABINET: &str = "cabinet@alpha.mssante.test";

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub(crate) fn home(dir: &Path, name: &str) -> Home {
    Home::at(dir.join(name))
}

/// An engine on this profile, closed.
pub(crate) fn engine(home: &Home) -> Engine {
    let mut options = Options::new(|_| true);
    options.background = false;
    options.keyring = false;
    options.passphrase_file = None;
    options.policy = None;
    options.local = None;
    Engine::start(home.clone(), options).unwrap()
}

pub(crate) async fn opened(home: &Home, phrase: &str) -> Engine {
    let engine = engine(home);
    engine.vault_open(Some(phrase.into())).await.unwrap();
    engine
}

/// The store of a profile that no engine has open.
pub(crate) fn store(home: &Home, phrase: &str) -> Store {
    Store::open(&home.store(), &key(home, phrase)).unwrap()
}

fn key(home: &Home, phrase: &str) -> MasterKey {
    Vault::at(&home.vault()).open_with_passphrase(&phrase.into()).unwrap()
}

/// A profile of these BALs, each with so many messages of about so many octets.
pub(crate) fn filled(home: &Home, bals: &[&str], messages: u32, octets: usize) {
    let key = Vault::at(&home.vault()).create_with_passphrase(&PHRASE.into()).unwrap();
    let store = Store::open(&home.store(), &key).unwrap();
    for (number, bal) in bals.iter().enumerate() {
        fill(&store, bal, messages, octets, number as i64 * 7);
    }
    store.set_setting("display/density", &"compact").unwrap();
}

pub(crate) fn fill(store: &Store, bal: &str, messages: u32, octets: usize, shift: i64) {
    let account = NewAccount {
        address: Address::parse(bal).unwrap(),
        kind: BalKind::Per,
        display_name: "Dr Martin".into(),
        servers: serde_json::json!({ "imap": "imap.alpha.mssante.test" }),
        auth: AuthMethod::Psc,
        color: "blue".into(),
    };
    let account = store.add_account(&account, at(0)).unwrap();
    let folder = |raw: &str, role| ServerFolder {
        raw_name: raw.into(),
        name: raw.into(),
        delimiter: Some('/'),
        role,
        selectable: true,
    };
    let added = store
        .sync_folders(
            account,
            &[
                folder("INBOX", FolderRole::Inbox),
                folder("Patients", FolderRole::Other),
            ],
        )
        .unwrap()
        .added;
    for id in &added {
        let cursor = SyncCursor {
            uid_validity: UidValidity::new(7),
            ..SyncCursor::default()
        };
        store.set_cursor(*id, &cursor).unwrap();
    }
    let user = bal.split('@').next().unwrap();
    for (place, id) in added.iter().enumerate() {
        let headers: Vec<NewMessage> = (1..=messages)
            .map(|number| header(user, place, number, shift))
            .collect();
        let known = store.apply_headers(*id, &headers).unwrap();
        for batch in known.added.chunks(100) {
            let raws: Vec<Vec<u8>> = batch.iter().map(|mail| raw(user, mail.get(), octets)).collect();
            let texts: Vec<String> = raws.iter().map(|raw| text_of(raw)).collect();
            let file = [Attachment {
                part: "2".into(),
                name: "courrier.pdf".into(),
                mime: "application/pdf".into(),
                size: 12,
                inline_cid: None,
            }];
            let bodies: Vec<NewBody<'_>> = (0..batch.len())
                .map(|place| NewBody {
                    mail: batch[place],
                    raw: &raws[place],
                    text: &texts[place],
                    snippet: "Cher confrère",
                    attachments: &file,
                    kind: MailKind::Professional,
                    display_subject: None,
                })
                .collect();
            store.store_bodies(&bodies).unwrap();
        }
    }
    let inbox = store.list(Scope::Folder(added[0]), Filter::All, 0, 10).unwrap();
    if let Some(first) = inbox.rows.first() {
        let content = DraftContent {
            to: vec!["labo@beta.mssante.test".into()],
            subject: format!("Brouillon de {user}"),
            text: "À suivre".into(),
            reply_to: Some(first.id),
            ..DraftContent::default()
        };
        let draft = store.add_draft(account, &content, at(5)).unwrap();
        store
            .attach(draft, "radio.dcm", "application/dicom", &vec![7; 5_000])
            .unwrap();
        store
            .queue(
                &[first.id],
                Change::Flags {
                    add: Flags::SEEN,
                    remove: Flags::NONE,
                },
                at(6),
            )
            .unwrap();
    }
    for number in 0..3_u32 {
        let id = MessageId::parse(&format!("{user}-{number}@pli")).unwrap();
        let recipient = NewRecipient {
            address: Address::parse("labo@beta.mssante.test").unwrap(),
            name: "Laboratoire".into(),
            field: RecipientField::To,
        };
        let sent = store
            .enqueue(
                &NewOutgoing {
                    account,
                    draft: None,
                    raw: &raw(user, 10_000 + i64::from(number), 2_000),
                    message_id: &id,
                    envelope_id: &format!("{user}-{number}"),
                    sender: &Address::parse(bal).unwrap(),
                    subject: "Compte rendu",
                    recipients: &[recipient],
                },
                at(7),
            )
            .unwrap();
        if number == 0 {
            store
                .advance(sent, OutboxState::Sending, &[], ("", ""), None, at(8))
                .unwrap();
            store
                .advance(sent, OutboxState::Accepted, &[], ("250", "ok"), None, at(9))
                .unwrap();
        }
    }
    store.set_setting(&format!("account/{account}/note"), &user).unwrap();
}

fn header(user: &str, place: usize, number: u32, shift: i64) -> NewMessage {
    NewMessage {
        uid: Uid::new(number).unwrap(),
        flags: if number.is_multiple_of(3) {
            Flags::FLAGGED
        } else {
            Flags::NONE
        },
        keywords: if number.is_multiple_of(5) {
            vec!["$PliTodo".into()]
        } else {
            Vec::new()
        },
        internal_date: at(shift + i64::from(number)),
        date: Some(at(i64::from(number))),
        size: 1_000,
        from_name: "Laboratoire".into(),
        from_address: "labo@beta.mssante.test".into(),
        recipients: format!("{user}@alpha.mssante.test"),
        subject: format!("Résultat {number} de {user}"),
        display_subject: format!("Résultat {number} de {user}"),
        message_id: MessageId::parse(&format!("{place}-{number}-{user}@beta.mssante.test")),
        in_reply_to: None,
        references: Vec::new(),
        kind: MailKind::Professional,
        attachment_count: 1,
    }
}

/// A message of about so many octets, each another one.
pub(crate) fn raw(user: &str, number: i64, octets: usize) -> Vec<u8> {
    let mut raw = format!(
        "From: labo@beta.mssante.test\r\nTo: {user}@alpha.mssante.test\r\nSubject: R\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nmot{user}{number} glycemie\r\n"
    )
    .into_bytes();
    let mut state = number as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut line = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{state:016x}\r\n").into_bytes()
    };
    // The lines of a page come back in each of the next ones: a large message is not worked out line by line.
    let page: Vec<u8> = std::iter::repeat_with(&mut line).take(60).flatten().collect();
    while raw.len() < octets {
        raw.extend(line());
        raw.extend_from_slice(&page[..page.len().min(octets.saturating_sub(raw.len()))]);
    }
    raw
}

fn text_of(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(&raw[..raw.len().min(1_000)]);
    let body = text.split("\r\n\r\n").nth(1).unwrap();
    body.chars().take(200).collect()
}

/// Everything that one BAL holds, in words: nothing of it depends on the store's own numbers.
pub(crate) fn content(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for account in store.accounts().unwrap() {
        let bal = account.settings.address.as_str().to_owned();
        let mut lines = vec![format!("{:?} {}", account.settings, account.created_at)];
        for folder in store.folders(account.id).unwrap() {
            lines.push(format!(
                "{:?} {} {} {} {:?}",
                folder.server, folder.total, folder.unread, folder.flagged, folder.cursor
            ));
            for row in rows(store, folder.id) {
                let octets = match row.body_state {
                    BodyState::Stored => digest(&store.raw(row.id).unwrap()),
                    _ => String::new(),
                };
                let message = store.message(row.id).unwrap();
                lines.push(format!(
                    "{:?} {:?} {:?} {} {} {:?} {:?} {octets} {:?}",
                    row.uid,
                    row.flags,
                    row.keywords,
                    message.subject,
                    row.internal_date,
                    row.body_state,
                    row.snippet,
                    message.attachments
                ));
            }
        }
        for draft in store
            .drafts()
            .unwrap()
            .into_iter()
            .filter(|draft| draft.account == account.id)
        {
            let about = draft.content.reply_to.map(|mail| store.message(mail).unwrap().subject);
            let files: Vec<String> = draft
                .attachments
                .iter()
                .map(|file| {
                    format!(
                        "{} {} {}",
                        file.name,
                        file.mime,
                        digest(&store.draft_attachment(file.id).unwrap())
                    )
                })
                .collect();
            let mut content = draft.content.clone();
            content.reply_to = None;
            lines.push(format!("draft {content:?} {about:?} {files:?} {}", draft.updated_at));
        }
        for sent in store
            .outbox(false, 100)
            .unwrap()
            .into_iter()
            .filter(|sent| sent.account == account.id)
        {
            // What was to leave is to be asked about: it may have left since.
            let state = match sent.state {
                OutboxState::Queued | OutboxState::Sending => OutboxState::Unknown,
                other => other,
            };
            let to: Vec<&Address> = sent.recipients.iter().map(|recipient| &recipient.address).collect();
            let octets = digest(&store.outgoing_raw(sent.id).unwrap());
            lines.push(format!(
                "outbox {} {state:?} {to:?} {} {octets}",
                sent.message_id, sent.subject
            ));
        }
        for change in store.operations(account.id, 100).unwrap() {
            lines.push(format!("change {:?} {:?}", change.change, change.uid));
        }
        let note: Option<String> = store.setting(&format!("account/{}/note", account.id)).unwrap();
        lines.push(format!("note {note:?}"));
        all.insert(bal, lines);
    }
    all
}

/// Every row of a folder.
pub(crate) fn rows(store: &Store, folder: FolderId) -> Vec<ListRow> {
    let mut all = Vec::new();
    loop {
        let page = store
            .list(Scope::Folder(folder), Filter::All, all.len() as u64, 500)
            .unwrap();
        if page.rows.is_empty() {
            return all;
        }
        all.extend(page.rows);
    }
}

pub(crate) fn digest(octets: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, octets);
    digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What a search finds, by subject.
pub(crate) fn found(store: &Store, question: &str) -> Vec<String> {
    let found = store.search(question, Scope::Everything, 1_000).unwrap();
    found.rows.into_iter().map(|row| row.display_subject).collect()
}

/// A backup of this profile, whole.
pub(crate) async fn saved(home: &Home, to: &Path) -> pli_engine::Backup {
    let engine = opened(home, PHRASE).await;
    let backup = engine
        .backup_create(to, BackupScope::Whole, SECRET.into())
        .await
        .unwrap();
    engine.stop().await;
    backup
}

pub(crate) fn restored(path: &Path, home: &Home) -> Result<BackupChecked, EngineError> {
    restored_with(path, home, SECRET)
}

pub(crate) fn restored_with(path: &Path, home: &Home, secret: &str) -> Result<BackupChecked, EngineError> {
    let options = RestoreOptions {
        passphrase: Some(OTHER.into()),
    };
    backup_restore(path, &secret.into(), home, options, |_, _| ())
}

/// Every file beneath a folder and what is in it, the program's own locks left out.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    let Ok(list) = std::fs::read_dir(dir) else { return all };
    for entry in list {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.insert(path.clone(), String::new());
            all.extend(tree(&path));
        } else if path.file_name().unwrap() != "in-use" {
            all.insert(path.clone(), digest(&std::fs::read(&path).unwrap()));
        }
    }
    all
}
