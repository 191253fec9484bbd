//! Rows and messages.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use pli_engine::pli_message::{Action, Defect, Disposition, Mailbox, Parsed, Report as Parts};
use pli_engine::pli_store::{Flags, FolderId, FolderRole, ListRow, MailKind, read_recipients};
use pli_engine::{Engine, MessageView};

use super::journal::hex;
use super::{instant, party};
use crate::view::{Attachment, Kind, Message, Party, Report, ReportLine, Row};

/// What folders are for, as far as rows need it: in Sent and Drafts, a row leads with its recipients.
#[derive(Default)]
pub(crate) struct Folders(HashMap<FolderId, bool>);

impl Folders {
    /// The folders of these rows.
    pub(crate) async fn of(engine: &Engine, rows: &[ListRow]) -> Self {
        let mut known = Self::default();
        for folder in rows.iter().filter_map(|row| row.folder) {
            if let Entry::Vacant(unknown) = known.0.entry(folder) {
                let role = engine.folder(folder).await.map(|folder| folder.server.role).ok();
                unknown.insert(matches!(role, Some(FolderRole::Sent | FolderRole::Drafts)));
            }
        }
        known
    }

    fn is_outgoing(&self, row: &ListRow) -> bool {
        row.folder
            .and_then(|folder| self.0.get(&folder))
            .copied()
            .unwrap_or(false)
    }
}

pub(crate) fn row(row: &ListRow, folders: &Folders, excerpt: Option<String>) -> Row {
    Row {
        id: row.id.get(),
        account: row.account.get(),
        folder: row.folder.map_or(0, FolderId::get),
        who: if folders.is_outgoing(row) && !row.recipients.is_empty() {
            addressees(&row.recipients)
        } else {
            party(&row.from_name, &row.from_address)
        },
        kind: match row.kind {
            MailKind::Professional => Kind::Professional,
            MailKind::Patient => Kind::Patient,
            MailKind::System | MailKind::Report => Kind::System,
        },
        subject: row.display_subject.clone(),
        snippet: row.snippet.clone(),
        date: instant(row.internal_date),
        seen: row.flags.contains(Flags::SEEN),
        flagged: row.flags.contains(Flags::FLAGGED),
        answered: row.flags.contains(Flags::ANSWERED),
        forwarded: row.flags.contains(Flags::FORWARDED),
        attachments: u16::try_from(row.attachment_count).unwrap_or(u16::MAX),
        document: row.document,
        pending: row.pending || row.uid.is_none(),
        handling: row.handling.as_ref().map(super::handling::mark),
        excerpt,
    }
}

/// A message opened. `base` is where contents are served, `outbox` the message that it reports on.
pub(crate) fn message(view: &MessageView, folders: &Folders, base: &str, outbox: Option<i64>) -> Message {
    let stored = &view.stored;
    let id = stored.row.id.get();
    let part_url = |part: u32| format!("{base}/message/{id}/part/{part}");
    let parsed = view.parsed.as_deref();
    let headers = parsed.map(|parsed| &parsed.row);
    let mut message = Message {
        row: row(&stored.row, folders, None),
        from: vec![party(&stored.row.from_name, &stored.row.from_address)],
        to: Vec::new(),
        cc: Vec::new(),
        reply_to: Vec::new(),
        complete: parsed.is_some(),
        text: String::new(),
        text_cut: view.text_cut,
        html: None,
        remote_blocked: view.remote_blocked,
        attachments: Vec::new(),
        report: None,
        defects: Vec::new(),
        receipt_asked: false,
        closed: stored.subject.trim() == "[FIN]",
        size: stored.row.size,
        sha256: stored.sha256.map(|hash| hex(&hash)).unwrap_or_default(),
        message_id: stored.message_id.as_ref().map(|id| id.as_str().to_owned()),
    };
    let Some((parsed, headers)) = parsed.zip(headers) else {
        let recipients = read_recipients(&stored.row.recipients);
        message.to = recipients.iter().map(|(name, address)| party(name, address)).collect();
        return message;
    };
    message.from = mailboxes(std::slice::from_ref(&headers.from));
    message.to = mailboxes(&headers.to);
    message.cc = mailboxes(&headers.cc);
    message.reply_to = mailboxes(&parsed.reply_to);
    if message.reply_to == message.from {
        message.reply_to.clear();
    }
    message.text.clone_from(&parsed.text);
    message.html = parsed.html.is_some().then(|| format!("{base}/message/{id}/html"));
    message.attachments = parsed
        .attachments
        .iter()
        .filter(|file| !(file.inline && parsed.html.is_some()))
        .map(|file| Attachment {
            part: file.part_id,
            name: file.name.clone(),
            mime: file.mime.clone(),
            size: file.size,
            url: part_url(file.part_id),
        })
        .collect();
    message.report = report(parsed, outbox);
    message.defects = parsed.defects.iter().map(|found| defect(*found).to_owned()).collect();
    message.receipt_asked = !parsed.disposition_notification_to.is_empty();
    message.closed = message.closed
        || headers
            .x_mss
            .mes
            .as_deref()
            .is_some_and(|mes| mes.eq_ignore_ascii_case("FIN"));
    message
}

/// Whom a message was written to, in the room of one name.
fn addressees(line: &str) -> Party {
    let all = read_recipients(line);
    let mut who = all.first().map_or_else(
        || Party {
            name: String::new(),
            address: String::new(),
        },
        |(name, address)| party(name, address),
    );
    match all.len().saturating_sub(1) {
        0 => {}
        1 => who.name.push_str(" et 1 autre"),
        others => who.name.push_str(&format!(" et {others} autres")),
    }
    who
}

fn mailboxes(mailboxes: &[Mailbox]) -> Vec<Party> {
    mailboxes
        .iter()
        .map(|mailbox| party(&mailbox.name, &mailbox.address))
        .collect()
}

fn report(parsed: &Parsed, outbox: Option<i64>) -> Option<Report> {
    match parsed.report.as_ref()? {
        Parts::Delivery(dsn) => Some(Report {
            of: "delivery".to_owned(),
            outbox,
            recipients: dsn
                .recipients
                .iter()
                .map(|line| ReportLine {
                    address: line.address().to_owned(),
                    good: line.action.is_success(),
                    sentence: line.explanation.clone(),
                    status: Some(line.status.clone()).filter(|status| !status.is_empty()),
                    server: line.diagnostic.clone().filter(|_| line.action != Action::Delivered),
                })
                .collect(),
        }),
        Parts::Disposition(mdn) => Some(Report {
            of: "reading".to_owned(),
            outbox,
            recipients: vec![ReportLine {
                address: mdn
                    .original_recipient
                    .clone()
                    .unwrap_or_else(|| mdn.final_recipient.clone()),
                good: matches!(mdn.disposition, Disposition::Displayed | Disposition::Processed),
                sentence: disposition(mdn.disposition, mdn.automatic).to_owned(),
                status: mdn.error_code.map(|code| code.to_string()),
                server: mdn.error_text.clone(),
            }],
        }),
    }
}

fn disposition(disposition: Disposition, automatic: bool) -> &'static str {
    match disposition {
        Disposition::Displayed if automatic => {
            "Le logiciel du destinataire a ouvert le message. Rien ne dit qu'une personne l'ait lu."
        }
        Disposition::Displayed => "Le destinataire a ouvert le message.",
        Disposition::Processed => "Le logiciel du destinataire a traité le message.",
        Disposition::Deleted => "Le destinataire a supprimé le message, peut-être sans l'avoir lu.",
        Disposition::Dispatched => "Le message a été transmis à quelqu'un d'autre.",
        Disposition::Denied => "Le destinataire ne souhaite pas dire s'il a lu le message.",
        Disposition::Failed => "Le logiciel du destinataire n'a pas pu traiter le message. Joignez-le autrement.",
        Disposition::Unknown => "Le logiciel du destinataire a répondu sans dire ce qu'il a fait du message.",
    }
}

fn defect(defect: Defect) -> &'static str {
    match defect {
        Defect::NoHeaders => "Aucun en-tête n'a pu être lu.",
        Defect::NoMessageId => "Le message ne porte pas d'identifiant.",
        Defect::NoDate => "Le message ne porte pas de date lisible.",
        Defect::NoFrom => "Le message ne dit pas qui l'a envoyé.",
        Defect::BrokenEncoding => "Une partie du message est abîmée : ce qui a pu être lu est montré.",
        Defect::BrokenMultipart => "Le message est coupé ou mal découpé : il en manque peut-être une partie.",
        Defect::TooManyParts => "Le message a trop de parties : les dernières ne sont pas montrées.",
        Defect::BodyCut => "Le texte est trop long : sa fin n'est pas montrée.",
        Defect::Unreadable => "Le message n'a pas pu être lu : seul son texte brut est montré.",
    }
}

#[cfg(test)]
mod tests {
    use super::addressees;

    #[test]
    fn a_row_of_sent_leads_with_one_name_and_says_how_many_more() {
        let labo = "Laboratoire des Acacias <labo@beta.mssante.test>";
        let who = addressees(labo);
        assert_eq!(
            (who.name.as_str(), who.address.as_str()),
            ("Laboratoire des Acacias", "labo@beta.mssante.test")
        );
        assert_eq!(
            addressees(&format!("{labo}, x@beta.mssante.test")).name,
            "Laboratoire des Acacias et 1 autre"
        );
        let three = addressees(&format!("seul@beta.mssante.test, {labo}, x@beta.mssante.test"));
        assert_eq!(three.name, "seul@beta.mssante.test et 2 autres");
    }
}
