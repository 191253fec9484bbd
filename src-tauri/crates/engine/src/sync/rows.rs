//! From what the server and the parser say to what the store keeps.

use jiff::Timestamp;
use pli_message::{Kind, Mailbox, Moment, Parsed};
use pli_store::{Attachment, FlagUpdate, Flags, FolderRole, Keywords, MailKind, NewMessage, ServerFolder};
use pli_wire::imap::{self, FlagRow, SpecialUse};

/// Recipients shown in one line, at most.
const RECIPIENTS: usize = 50;

/// A count as windows hear it.
pub(crate) fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Flags as the store has them: those that mean something here, and the other keywords.
pub(crate) fn flags(told: &imap::Flags) -> (Flags, Vec<String>) {
    let system = [
        (told.seen, Flags::SEEN),
        (told.answered, Flags::ANSWERED),
        (told.flagged, Flags::FLAGGED),
        (told.deleted, Flags::DELETED),
        (told.draft, Flags::DRAFT),
    ];
    let mut flags = system
        .iter()
        .filter(|(set, _)| *set)
        .fold(Flags::NONE, |sum, (_, flag)| sum.with(*flag));
    let mut keywords = Vec::new();
    for word in &told.keywords {
        match Flags::from_name(word) {
            Some(flag) => flags = flags.with(flag),
            None => keywords.push(word.clone()),
        }
    }
    (flags, keywords)
}

/// Flags as a command takes them.
pub(crate) fn to_wire(flags: Flags) -> imap::Flags {
    let known = Flags::FORWARDED | Flags::MDN_SENT;
    imap::Flags {
        seen: flags.contains(Flags::SEEN),
        answered: flags.contains(Flags::ANSWERED),
        flagged: flags.contains(Flags::FLAGGED),
        deleted: flags.contains(Flags::DELETED),
        draft: flags.contains(Flags::DRAFT),
        keywords: flags
            .names()
            .filter(|name| Flags::from_name(name).is_some_and(|f| known.contains(f)))
            .map(str::to_owned)
            .collect(),
    }
}

/// Pli's keywords as a command takes them.
pub(crate) fn keywords(keywords: Keywords) -> imap::Flags {
    imap::Flags {
        keywords: keywords.names().map(str::to_owned).collect(),
        ..imap::Flags::default()
    }
}

/// Flags told of one message.
pub(crate) fn flag_update(row: &FlagRow) -> FlagUpdate {
    let (flags, keywords) = flags(&row.flags);
    FlagUpdate {
        uid: row.uid,
        flags,
        keywords,
    }
}

/// A list row from a header block. `now` stands for a date that the server does not tell.
pub(crate) fn new_message(row: &imap::HeaderRow, now: Timestamp) -> NewMessage {
    let header = pli_message::parse_headers(&row.header);
    let (flags, keywords) = flags(&row.flags);
    let date = header.date.and_then(instant);
    NewMessage {
        uid: row.uid,
        flags,
        keywords,
        internal_date: row.received.or(date).unwrap_or(now),
        date,
        size: row.size.unwrap_or(0),
        recipients: recipients(header.to.iter().chain(&header.cc)),
        from_name: header.from.name,
        from_address: header.from.address,
        subject: header.subject,
        display_subject: header.display_subject,
        message_id: header.message_id,
        in_reply_to: header.in_reply_to,
        references: header.references,
        kind: kind(header.kind),
        attachment_count: u32::from(row.attachments.unwrap_or(header.multipart_mixed)),
    }
}

/// Who a message comes from, as the store says it. Reports are told apart by what they are, not by who sent them.
pub(crate) fn kind(kind: Kind) -> MailKind {
    match kind {
        Kind::Professional => MailKind::Professional,
        Kind::Patient => MailKind::Patient,
        Kind::System => MailKind::System,
    }
}

/// A message's files, as the store lists them.
pub(crate) fn attachments(parsed: &Parsed) -> Vec<Attachment> {
    let file = |file: &pli_message::Attachment| Attachment {
        part: file.part_id.to_string(),
        name: file.name.clone(),
        mime: file.mime.clone(),
        size: file.size,
        inline_cid: file.inline.then(|| file.content_id.clone().unwrap_or_default()),
    };
    parsed.attachments.iter().map(file).collect()
}

/// A header's date, when a calendar knows it.
pub(crate) fn instant(moment: Moment) -> Option<Timestamp> {
    Timestamp::from_second(moment.unix).ok()
}

fn recipients<'a>(all: impl Iterator<Item = &'a Mailbox>) -> String {
    pli_store::write_recipients(
        all.take(RECIPIENTS)
            .map(|mailbox| (mailbox.name.as_str(), mailbox.address.as_str())),
    )
}

/// The folders that the server lists, with a role each. A role stands once: the first folder that claims it keeps it.
/// Names are looked at only for roles that no folder was announced for.
pub(crate) fn server_folders(listed: &[imap::Folder]) -> Vec<ServerFolder> {
    let mut folders: Vec<ServerFolder> = listed
        .iter()
        .map(|folder| ServerFolder {
            raw_name: folder.name.raw().to_owned(),
            name: folder.name.shown().to_owned(),
            delimiter: folder.delimiter,
            role: if folder.name.is_inbox() {
                FolderRole::Inbox
            } else {
                folder.special_use.map_or(FolderRole::Other, role)
            },
            selectable: folder.selectable,
        })
        .collect();
    for wanted in [
        FolderRole::Sent,
        FolderRole::Drafts,
        FolderRole::Trash,
        FolderRole::Junk,
        FolderRole::Archive,
    ] {
        let mut holders = folders.iter_mut().filter(|folder| folder.role == wanted);
        if holders.next().is_some() {
            holders.for_each(|folder| folder.role = FolderRole::Other);
        } else if let Some(folder) = folders.iter_mut().find(|folder| {
            folder.role == FolderRole::Other && folder.selectable && role_by_name(&folder.name) == Some(wanted)
        }) {
            folder.role = wanted;
        }
    }
    folders
}

fn role(special: SpecialUse) -> FolderRole {
    match special {
        // Only INBOX itself is the inbox.
        SpecialUse::Inbox => FolderRole::Other,
        SpecialUse::Sent => FolderRole::Sent,
        SpecialUse::Drafts => FolderRole::Drafts,
        SpecialUse::Trash => FolderRole::Trash,
        SpecialUse::Archive => FolderRole::Archive,
        SpecialUse::Junk => FolderRole::Junk,
        SpecialUse::All => FolderRole::All,
        SpecialUse::Flagged => FolderRole::Flagged,
    }
}

/// Names that servers without SPECIAL-USE give to such folders, at the top or right under the inbox.
fn role_by_name(name: &str) -> Option<FolderRole> {
    let lower = name.to_lowercase();
    let bare = lower
        .strip_prefix("inbox/")
        .or_else(|| lower.strip_prefix("inbox."))
        .unwrap_or(&lower);
    match bare {
        "sent" | "sent items" | "sent messages" | "envoyés" | "éléments envoyés" | "messages envoyés" => {
            Some(FolderRole::Sent)
        }
        "drafts" | "draft" | "brouillons" => Some(FolderRole::Drafts),
        "trash" | "deleted items" | "deleted messages" | "corbeille" | "éléments supprimés" => {
            Some(FolderRole::Trash)
        }
        "junk" | "spam" | "junk e-mail" | "indésirables" | "courrier indésirable" => Some(FolderRole::Junk),
        "archive" | "archives" => Some(FolderRole::Archive),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pli_wire::imap::MailboxName;

    fn listed(name: &str, special_use: Option<SpecialUse>) -> imap::Folder {
        imap::Folder {
            guessed: false,
            name: MailboxName::new(name).unwrap(),
            delimiter: Some('/'),
            special_use,
            selectable: true,
        }
    }

    #[test]
    fn a_role_stands_once_and_names_only_fill_what_the_server_does_not_say() {
        let folders = server_folders(&[
            listed("INBOX", Some(SpecialUse::Inbox)),
            listed("Sent", None),
            listed("Envoyés", Some(SpecialUse::Sent)),
            listed("Corbeille", None),
            listed("Trash", None),
        ]);
        let roles: Vec<FolderRole> = folders.iter().map(|folder| folder.role).collect();
        let expected = [
            FolderRole::Inbox,
            FolderRole::Other,
            FolderRole::Sent,
            FolderRole::Trash,
            FolderRole::Other,
        ];
        assert_eq!(roles, expected);
    }

    #[test]
    fn flags_come_and_go_between_server_and_store() {
        let mut told = imap::Flags::seen();
        told.keywords.extend(["$Forwarded".to_owned(), "$label1".to_owned()]);
        let (known, keywords) = flags(&told);
        assert_eq!(known, Flags::SEEN | Flags::FORWARDED);
        assert_eq!(keywords, ["$label1"]);
        let back = to_wire(known);
        assert!(back.seen && back.keywords.contains("$Forwarded"));
    }
}
