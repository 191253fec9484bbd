//! The list of folders, their state, and creating one.

use imap_proto::{MailboxDatum, NameAttribute, Response, StatusAttribute};
use pli_terms::{ModSeq, Uid, UidValidity, Wording};

use super::quote::{quoted, unescaped};
use super::session::Session;
use super::{Folder, MailboxName, SpecialUse, Status};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

/// Most folders listed.
const FOLDERS: usize = 10_000;

/// Usual names, for servers that announce no special use (RFC 6154 is optional): compared in lower case, on the last
/// level of the name.
const USUAL: &[(SpecialUse, &[&str])] = &[
    (
        SpecialUse::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
        ],
    ),
    (SpecialUse::Drafts, &["drafts", "draft", "brouillons", "brouillon"]),
    (
        SpecialUse::Trash,
        &[
            "trash",
            "deleted items",
            "deleted messages",
            "corbeille",
            "éléments supprimés",
        ],
    ),
    (
        SpecialUse::Junk,
        &[
            "junk",
            "spam",
            "junk e-mail",
            "indésirables",
            "courrier indésirable",
            "pourriel",
        ],
    ),
    (SpecialUse::Archive, &["archive", "archives"]),
];

impl Session {
    pub(super) async fn list_folders(&mut self) -> Result<Vec<Folder>, WireError> {
        let line = if self.capabilities.list_extended() && self.capabilities.special_use() {
            "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
        } else {
            "LIST \"\" \"*\""
        };
        let mut folders: Vec<Folder> = Vec::new();
        let request = Request::verb(Action::ListFolders, line);
        self.command(request, "LIST", line, |response| {
            let Response::MailboxData(MailboxDatum::List(entry)) = response else {
                return false;
            };
            let name = MailboxName::from_raw(&unescaped(&entry.name));
            if folders.len() < FOLDERS && !name.raw().is_empty() && !folders.iter().any(|known| known.name == name) {
                let delimiter = entry
                    .delimiter
                    .as_deref()
                    .map(unescaped)
                    .and_then(|text| text.chars().next());
                folders.push(folder(name, delimiter, &entry.name_attributes));
            }
            true
        })
        .await?;
        guess(&mut folders);
        Ok(folders)
    }

    pub(super) async fn folder_status(&mut self, mailbox: &MailboxName) -> Result<Status, WireError> {
        let modseq = if self.capabilities.condstore() {
            " HIGHESTMODSEQ"
        } else {
            ""
        };
        let items = format!("(MESSAGES UNSEEN UIDNEXT UIDVALIDITY{modseq})");
        let line = format!("STATUS {} {items}", quoted(mailbox.raw())?);
        let told = Wording::fixed("STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY")
            .then(modseq)
            .then(")");
        let request = Request::new(Action::Inquire, told).in_mailbox(Some(mailbox.shown()));
        let mut status = Status::default();
        self.command(request, "STATUS", &line, |response| {
            let Response::MailboxData(MailboxDatum::Status { status: values, .. }) = response else {
                return false;
            };
            for value in values {
                match value {
                    StatusAttribute::Messages(n) => status.messages = Some(*n),
                    StatusAttribute::Unseen(n) => status.unseen = Some(*n),
                    StatusAttribute::UidNext(n) => status.uid_next = Uid::new(*n),
                    StatusAttribute::UidValidity(n) => status.uid_validity = UidValidity::new(*n),
                    StatusAttribute::HighestModSeq(n) => status.highest_modseq = ModSeq::new(*n),
                    _ => {}
                }
            }
            true
        })
        .await?;
        Ok(status)
    }

    pub(super) async fn create_folder(&mut self, mailbox: &MailboxName) -> Result<(), WireError> {
        for verb in ["CREATE", "SUBSCRIBE"] {
            let line = format!("{verb} {}", quoted(mailbox.raw())?);
            let request = Request::verb(Action::CreateFolder, verb).in_mailbox(Some(mailbox.shown()));
            match self.command(request, verb, &line, |_| false).await {
                Ok(_) => {}
                Err(WireError::Refused { code: Some(code), .. }) if code == "ALREADYEXISTS" => {}
                // A folder that cannot be subscribed to is there all the same.
                Err(WireError::Refused { .. } | WireError::NotUnderstood { .. }) if verb == "SUBSCRIBE" => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn folder(name: MailboxName, delimiter: Option<char>, attributes: &[NameAttribute<'_>]) -> Folder {
    let mut special_use = None;
    let mut selectable = true;
    for attribute in attributes {
        let found = match attribute {
            NameAttribute::NoSelect => {
                selectable = false;
                None
            }
            NameAttribute::Extension(other) if other.eq_ignore_ascii_case("\\NonExistent") => {
                selectable = false;
                None
            }
            NameAttribute::All => Some(SpecialUse::All),
            NameAttribute::Archive => Some(SpecialUse::Archive),
            NameAttribute::Drafts => Some(SpecialUse::Drafts),
            NameAttribute::Flagged => Some(SpecialUse::Flagged),
            NameAttribute::Junk => Some(SpecialUse::Junk),
            NameAttribute::Sent => Some(SpecialUse::Sent),
            NameAttribute::Trash => Some(SpecialUse::Trash),
            _ => None,
        };
        special_use = special_use.or(found);
    }
    if name.is_inbox() {
        special_use = Some(SpecialUse::Inbox);
    }
    Folder {
        name,
        delimiter,
        special_use,
        guessed: false,
        selectable,
    }
}

/// Gives a use to folders with usual names, for each use that the server announced for none.
fn guess(folders: &mut [Folder]) {
    for (special_use, names) in USUAL {
        if folders.iter().any(|folder| folder.special_use == Some(*special_use)) {
            continue;
        }
        let usual = |folder: &&mut Folder| {
            let last = match folder.delimiter {
                Some(delimiter) => folder.name.shown().rsplit(delimiter).next().unwrap_or_default(),
                None => folder.name.shown(),
            };
            folder.selectable && folder.special_use.is_none() && names.contains(&last.to_lowercase().as_str())
        };
        if let Some(folder) = folders.iter_mut().find(usual) {
            folder.special_use = Some(*special_use);
            folder.guessed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_are_used_only_where_the_server_says_nothing() {
        let named = |name: &str, attributes: &[NameAttribute<'_>]| {
            folder(MailboxName::new(name).unwrap(), Some('/'), attributes)
        };
        let mut folders = vec![
            named("INBOX", &[]),
            named("INBOX/Éléments envoyés", &[]),
            named("Corbeille", &[NameAttribute::Trash]),
            named("Trash", &[]),
            named("Brouillons", &[NameAttribute::NoSelect]),
        ];
        guess(&mut folders);
        let uses: Vec<_> = folders.iter().map(|folder| folder.special_use).collect();
        assert_eq!(
            uses,
            [
                Some(SpecialUse::Inbox),
                Some(SpecialUse::Sent),
                Some(SpecialUse::Trash),
                None,
                None
            ]
        );
    }
}
