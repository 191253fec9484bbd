//! One whole message.

use mail_parser::{HeaderName, Message, MessagePart, MimeHeaders, PartType};

use crate::file_name::safe_file_name;
use crate::guard::{self, unmask};
use crate::html::text::html_to_text;
use crate::limits;
use crate::model::{Attachment, Defect, Parsed, Report};
use crate::report;
use crate::row;
use crate::text;

/// Reads a message. Never fails and never panics: a message that nothing understands still gives its raw text, and
/// what is wrong is in [`Parsed::defects`].
#[must_use]
pub fn parse(raw: &[u8]) -> Parsed {
    let guarded = guard::guard(raw);
    let mut parsed = match guard::message(&guarded.bytes) {
        Some(message) => read(&message),
        None => unreadable(raw),
    };
    if guarded.cut {
        note(&mut parsed.defects, Defect::TooManyParts);
    }
    parsed.defects.sort_unstable();
    parsed.defects.dedup();
    parsed
}

fn unreadable(raw: &[u8]) -> Parsed {
    let block = guard::header_block(raw);
    let body = raw.get(block.len()..).unwrap_or_default();
    let mut defects = vec![Defect::Unreadable, Defect::NoHeaders];
    let (text, cut) = text::bounded(&String::from_utf8_lossy(&body[..body.len().min(limits::TEXT_OCTETS)]));
    if cut || body.len() > limits::TEXT_OCTETS {
        defects.push(Defect::BodyCut);
    }
    Parsed {
        row: row::parse_headers(block),
        sender: None,
        reply_to: Vec::new(),
        bcc: Vec::new(),
        return_path: None,
        disposition_notification_to: Vec::new(),
        auto_submitted: None,
        list_id: None,
        text,
        html: None,
        attachments: Vec::new(),
        report: None,
        defects,
    }
}

fn read(message: &Message<'_>) -> Parsed {
    let mut defects = Vec::new();
    let row = row::row(message);
    if message.headers().is_empty() {
        note(&mut defects, Defect::NoHeaders);
    }
    if row.message_id.is_none() {
        note(&mut defects, Defect::NoMessageId);
    }
    if row.date.is_none() {
        note(&mut defects, Defect::NoDate);
    }
    if row.from.address.is_empty() {
        note(&mut defects, Defect::NoFrom);
    }
    for part in &message.parts {
        let declared_multipart = part.content_type().is_some_and(|t| t.ctype() == "multipart");
        if declared_multipart && !matches!(part.body, PartType::Multipart(_)) {
            note(&mut defects, Defect::BrokenMultipart);
        } else if part.is_encoding_problem {
            note(&mut defects, Defect::BrokenEncoding);
        }
    }
    let report = report::of(message);
    let html = html_body(message, &mut defects);
    let text = text_body(message, html.as_deref(), &mut defects);
    let attachments = attachments(message, html.as_deref(), &mut defects);
    Parsed {
        sender: row::first(message, HeaderName::Sender),
        reply_to: row::mailboxes(message, HeaderName::ReplyTo),
        bcc: row::mailboxes(message, HeaderName::Bcc),
        return_path: row::return_path(message).filter(|path| !path.is_empty()),
        disposition_notification_to: row::mailboxes_of_text(message, HeaderName::DispositionNotificationTo),
        auto_submitted: row::auto_submitted(message),
        list_id: list_id(message),
        row,
        text,
        html,
        attachments,
        report: match report {
            Some(Report::Delivery(dsn)) if dsn.recipients.is_empty() => None,
            other => other,
        },
        defects,
    }
}

fn list_id(message: &Message<'_>) -> Option<String> {
    let raw = message.header_raw(HeaderName::ListId)?;
    let text = row::one_line(raw, 300);
    (!text.is_empty()).then_some(text)
}

/// The readable text parts, joined: a message may hold several (a signature added after an attachment).
fn text_body(message: &Message<'_>, html: Option<&str>, defects: &mut Vec<Defect>) -> String {
    let mut out = String::new();
    for id in &message.text_body {
        let Some(part) = message.parts.get(*id as usize) else {
            continue;
        };
        let piece = match &part.body {
            PartType::Text(body) => {
                let (body, cut) = text::bounded(body);
                if cut {
                    note(defects, Defect::BodyCut);
                }
                if is_flowed(part) {
                    text::unflow(&body, deletes_space(part))
                } else {
                    body
                }
            }
            PartType::Html(body) => html_to_text(body),
            _ => continue,
        };
        if !out.is_empty() && !piece.trim().is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(&piece);
        if out.len() > limits::TEXT_OCTETS {
            break;
        }
    }
    if out.trim().is_empty()
        && let Some(html) = html
    {
        out = html_to_text(html);
    }
    if out.trim().is_empty() {
        out = cut_text(message);
    }
    out
}

/// A text part that was cut on its way: the parser counts it among the files, a person wants to read it.
fn cut_text(message: &Message<'_>) -> String {
    let part = message
        .parts
        .iter()
        .find(|part| part.is_encoding_problem && mime_of(part).starts_with("text/"));
    match part.map(|part| (&part.body, mime_of(part))) {
        Some((PartType::Text(body), mime)) if mime == "text/html" => html_to_text(body),
        Some((PartType::Text(body), _)) => text::bounded(body).0,
        _ => String::new(),
    }
}

fn html_body(message: &Message<'_>, defects: &mut Vec<Defect>) -> Option<String> {
    let mut out = String::new();
    for id in &message.html_body {
        if let Some(PartType::Html(body)) = message.parts.get(*id as usize).map(|part| &part.body) {
            let room = (limits::HTML_OCTETS * 2).saturating_sub(out.len());
            let piece = text::head(body, room);
            if piece.len() < body.len() {
                note(defects, Defect::BodyCut);
            }
            out.push_str(piece);
        }
    }
    (!out.trim().is_empty()).then_some(out)
}

fn is_flowed(part: &MessagePart<'_>) -> bool {
    part.content_type()
        .and_then(|t| t.attribute("format"))
        .is_some_and(|f| f.eq_ignore_ascii_case("flowed"))
}

fn deletes_space(part: &MessagePart<'_>) -> bool {
    part.content_type()
        .and_then(|t| t.attribute("delsp"))
        .is_some_and(|f| f.eq_ignore_ascii_case("yes"))
}

fn attachments(message: &Message<'_>, html: Option<&str>, defects: &mut Vec<Defect>) -> Vec<Attachment> {
    let mut out = Vec::new();
    for id in &message.attachments {
        let Some(part) = message.parts.get(*id as usize) else {
            continue;
        };
        if matches!(part.body, PartType::Multipart(_)) || out.iter().any(|file: &Attachment| file.part_id == *id) {
            continue;
        }
        if out.len() == limits::ATTACHMENTS {
            note(defects, Defect::TooManyParts);
            break;
        }
        let mime = mime_of(part);
        // Outlook's own envelope: nothing in it is meant for a person.
        if mime == "application/ms-tnef" {
            continue;
        }
        let content_id = part
            .content_id()
            .map(|cid| cid.trim_matches(['<', '>', ' ']).to_owned());
        let shown = content_id
            .as_deref()
            .is_some_and(|cid| html.is_some_and(|html| html.contains(cid)));
        out.push(Attachment {
            part_id: *id,
            name: safe_file_name(&name_of(part, &mime, out.len() + 1)),
            size: part.contents().len() as u64,
            inline: shown && mime.starts_with("image/"),
            content_id,
            mime,
        });
    }
    out
}

pub(crate) fn mime_of(part: &MessagePart<'_>) -> String {
    match part.content_type() {
        Some(t) => match t.subtype() {
            Some(subtype) => row::one_line(&unmask(&format!("{}/{subtype}", t.ctype()).to_ascii_lowercase()), 120),
            None => "application/octet-stream".to_owned(),
        },
        None => "text/plain".to_owned(),
    }
}

fn name_of(part: &MessagePart<'_>, mime: &str, rank: usize) -> String {
    if let Some(name) = part.attachment_name() {
        return text::decode_words(&unmask(name));
    }
    match mime {
        "message/rfc822" | "message/global" => {
            // The forwarded message's own subject is the name a person would give it.
            let inner = row::parse_headers(part.contents());
            if inner.subject.is_empty() {
                "message.eml".to_owned()
            } else {
                format!("{}.eml", inner.subject.replace(['/', '\\'], "-"))
            }
        }
        "text/rfc822-headers" => "en-tetes.txt".to_owned(),
        "message/delivery-status" | "message/disposition-notification" => "rapport.txt".to_owned(),
        "text/plain" => format!("texte-{rank}.txt"),
        "text/html" => format!("page-{rank}.html"),
        "text/calendar" => "invitation.ics".to_owned(),
        "application/pdf" => format!("document-{rank}.pdf"),
        "image/jpeg" => format!("image-{rank}.jpg"),
        "image/png" => format!("image-{rank}.png"),
        "image/gif" => format!("image-{rank}.gif"),
        _ => format!("piece-jointe-{rank}"),
    }
}

fn note(defects: &mut Vec<Defect>, defect: Defect) {
    if !defects.contains(&defect) {
        defects.push(defect);
    }
}
