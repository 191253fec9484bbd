//! `pli list`, `show`, `search`, `drafts`: what is stored, without the network.

use pli_contract::commands::{AccountOf, MessageList, MessageOf, Nothing, Search};
use pli_contract::failure::{Code, Failure};
use pli_contract::view::{Filter, Folder, FolderRole, Message, Party, Row, Scope};
use pli_contract::{Served, serve};

use crate::arguments::{List, ToDoWord};
use crate::french;
use crate::outcome::Trouble;
use crate::profile;
use crate::say::Voice;

pub(crate) async fn list(voice: Voice, served: &Served, list: List) -> Result<(), Trouble> {
    let scope = match &list.folder {
        Some(name) => folder(served, list.account.as_deref(), name).await?,
        None => match &list.account {
            Some(address) => Scope::Account {
                account: profile::account(served, Some(address)).await?.id,
            },
            None => Scope::All,
        },
    };
    let filter = match list.to_do {
        Some(ToDoWord::Mine) => Filter::Mine,
        Some(ToDoWord::All) => Filter::Open,
        None if list.unread => Filter::Unread,
        None => Filter::All,
    };
    let ask = MessageList {
        scope,
        filter,
        offset: 0,
        limit: list.limit.clamp(1, 500),
    };
    let page = serve::message_list(served, ask).await?;
    let none = match filter {
        Filter::Mine => "Rien à traiter pour vous.",
        Filter::Open => "Rien à traiter.",
        _ => "Aucun message.",
    };
    voice.many(&page.rows, none, |one| match &one.handling {
        Some(mark) if list.to_do.is_some() => format!("{}\n        {}", row(one), french::handling::mark(mark)),
        _ => row(one),
    });
    Ok(())
}

pub(crate) async fn search(voice: Voice, served: &Served, text: String, limit: u32) -> Result<(), Trouble> {
    let page = serve::search(
        served,
        Search {
            text,
            scope: None,
            limit: limit.clamp(1, 200),
        },
    )
    .await?;
    voice.many(&page.rows, "Rien ne correspond.", row);
    Ok(())
}

pub(crate) async fn show(voice: Voice, served: &Served, id: i64) -> Result<(), Trouble> {
    let message = serve::message_get(served, MessageOf { message: id }).await?;
    voice.one(&message, whole);
    Ok(())
}

pub(crate) async fn drafts(voice: Voice, served: &Served) -> Result<(), Trouble> {
    let drafts = serve::draft_list(served, Nothing {}).await?;
    voice.many(&drafts, "Aucun brouillon.", |draft| {
        format!(
            "{:>6}  {}  {}  {}",
            draft.id,
            french::instant(&draft.saved_at),
            parties(&draft.to),
            subject(&draft.subject)
        )
    });
    Ok(())
}

/// The folder of this name, or of this role, in one BAL or in the first that has it.
async fn folder(served: &Served, account: Option<&str>, name: &str) -> Result<Scope, Trouble> {
    let wanted = name.trim().to_lowercase();
    for account in profile::accounts(served, account).await? {
        let folders = serve::folder_list(served, AccountOf { account: account.id }).await?;
        let found = folders
            .iter()
            .find(|folder| folder.name.to_lowercase() == wanted)
            .or_else(|| folders.iter().find(|folder| role(folder) == Some(wanted.as_str())));
        if let Some(folder) = found {
            return Ok(Scope::Folder { folder: folder.id });
        }
    }
    Err(Failure::about(Code::NotFound, name).into())
}

fn role(folder: &Folder) -> Option<&'static str> {
    match folder.role {
        FolderRole::Inbox => Some("inbox"),
        FolderRole::Sent => Some("sent"),
        FolderRole::Drafts => Some("drafts"),
        FolderRole::Trash => Some("trash"),
        FolderRole::Junk => Some("junk"),
        FolderRole::Archive => Some("archive"),
        FolderRole::Kept => Some("kept"),
        FolderRole::Other => None,
    }
}

fn row(row: &Row) -> String {
    let mark = if row.seen { ' ' } else { '●' };
    let paper = if row.attachments > 0 { " [pj]" } else { "" };
    let excerpt = row
        .excerpt
        .as_deref()
        .map(|text| format!("\n        {text}"))
        .unwrap_or_default();
    format!(
        "{:>6} {mark} {}  {}  {}{paper}{excerpt}",
        row.id,
        french::instant(&row.date),
        row.who.name,
        subject(&row.subject)
    )
}

fn subject(text: &str) -> &str {
    if text.is_empty() { "(sans objet)" } else { text }
}

pub(crate) fn parties(parties: &[Party]) -> String {
    let one = |party: &Party| match (
        party.name.is_empty() || party.name == party.address,
        party.address.is_empty(),
    ) {
        (true, _) => party.address.clone(),
        (false, true) => party.name.clone(),
        (false, false) => format!("{} <{}>", party.name, party.address),
    };
    parties.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn whole(message: &Message) -> String {
    let mut text = format!("De : {}\nÀ : {}\n", parties(&message.from), parties(&message.to));
    if !message.cc.is_empty() {
        text.push_str(&format!("Copie : {}\n", parties(&message.cc)));
    }
    text.push_str(&format!(
        "Date : {}\nObjet : {}\n",
        french::instant(&message.row.date),
        subject(&message.row.subject)
    ));
    for attachment in &message.attachments {
        text.push_str(&format!(
            "Pièce jointe {} : {} ({}, {})\n",
            attachment.part,
            attachment.name,
            attachment.mime,
            french::octets(attachment.size)
        ));
    }
    for defect in &message.defects {
        text.push_str(&format!("Attention : {defect}\n"));
    }
    if let Some(report) = &message.report {
        for line in &report.recipients {
            text.push_str(&format!("{} : {}\n", line.address, line.sentence));
        }
    }
    if !message.complete {
        text.push_str("\nLe corps du message n'est pas encore ici : « pli sync » le relève.");
    } else {
        text.push('\n');
        text.push_str(&message.text);
    }
    text
}
