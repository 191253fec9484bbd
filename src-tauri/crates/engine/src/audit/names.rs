//! What the store knows of the messages that a server action is about. A store that cannot be read takes nothing away from
//! a trace but these names.

use std::collections::BTreeMap;

use pli_store::{AccountId, MailId, OutboxId, Store, TracedMail, TracedUid};
use pli_terms::{FolderWord, Uid, UidValidity, Wording};
use pli_wire::audit::{Action, AuditEntry, AuditOutcome, TracedMessage};

use crate::core::Core;

/// UIDs of one command that are looked up, at most: a command names no more of them.
const MOST: usize = 50_000;

/// What this workstation calls the messages of an entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The account.
    pub(super) account: Option<AccountId>,
    /// Of the folder: without it a UID names a message only until the folder is made again.
    pub(super) validity: Option<UidValidity>,
    /// In the outbox.
    pub(super) outgoing: Option<OutboxId>,
    /// What is known of the messages, by their UID in the folder.
    pub(super) by_uid: BTreeMap<Uid, TracedUid>,
}

/// Looks up what the store knows of the messages of an entry, in a few queries however many they are.
pub(super) fn of(core: Option<&Core>, entry: &AuditEntry) -> Names {
    let concerned = !entry.messages.is_empty() || !entry.uids.is_empty();
    let Some(store) = core.filter(|_| concerned).and_then(|core| core.store().ok()) else {
        return Names::default();
    };
    let mut names = Names::default();
    if let [message] = entry.messages.as_slice()
        && matches!(entry.action, Action::Send | Action::AddressMessage | Action::Store)
    {
        names.outgoing = outgoing(&store, message);
    }
    let Some(mailbox) = &entry.mailbox else { return names };
    let Ok(Some(folder)) = store.traced_folder(&entry.context.bal, mailbox) else {
        return names;
    };
    (names.account, names.validity) = (Some(folder.account), folder.uid_validity);
    if wants_messages(entry)
        && let Ok(found) = store.traced_uids(folder.folder, &entry.uids, MOST)
    {
        names.by_uid = found.into_iter().map(|traced| (traced.uid, traced)).collect();
    }
    names
}

/// What changes messages says which; so does what brought them without their header. An intention bears the UIDs, and the
/// names of a single message.
fn wants_messages(entry: &AuditEntry) -> bool {
    let acted_on = matches!(
        entry.action,
        Action::ChangeFlags | Action::Move | Action::Delete | Action::ReadMessages
    );
    acted_on && (!matches!(entry.outcome, AuditOutcome::Intended) || entry.uids.len() == 1)
}

fn outgoing(store: &Store, message: &TracedMessage) -> Option<OutboxId> {
    let id = message.message_id.as_ref()?;
    store.outgoing_by_message_id(id).ok()?.map(|outgoing| outgoing.id)
}

/// Where a message is on its server, in one word: folder, UIDVALIDITY where it is known, UID and account.
pub(super) fn place(
    mailbox: &str,
    validity: Option<UidValidity>,
    uid: Uid,
    account: Option<AccountId>,
    key: &[u8; 32],
) -> Wording {
    let mut folder = FolderWord::of(mailbox, key);
    if folder.as_str().contains(' ') {
        // One word: what separates words is in the name of « Sent Items ».
        folder = FolderWord::of(&format!("{mailbox}\n"), key);
    }
    let mut word = Wording::empty().and(&folder);
    if let Some(validity) = validity {
        word = word.then(";UIDVALIDITY=").then(validity);
    }
    word = word.then(";UID=").then(uid);
    match account {
        Some(account) => word.then(";BAL=").then(account.get()),
        None => word,
    }
}

/// A message of the outbox, in one word.
pub(super) fn in_outbox(id: OutboxId) -> Wording {
    Wording::fixed("outbox;ID=").then(id.get())
}

/// A message of the store, in one word.
pub(super) fn in_store(id: MailId) -> Wording {
    Wording::fixed("message;ID=").then(id.get())
}

/// All the words for a message of the store.
pub(super) fn of_mail(mail: &TracedMail, key: Option<&[u8; 32]>) -> Wording {
    let known = in_store(mail.mail);
    match (&mail.folder, mail.uid, key) {
        (Some(folder), Some(uid), Some(key)) => {
            known.and(&place(folder, mail.uid_validity, uid, Some(mail.account), key))
        }
        _ => known,
    }
}
