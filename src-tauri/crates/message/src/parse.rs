//! One whole message.

use mail_parser::{HeaderName, Message, MessagePart, MimeHeaders, PartType};

use crate::charset;
use crate::file_name::safe_file_name;
use crate::guard::{self, unmask};
use crate::html::text::html_to_text;
use crate::limits;
use crate::model::{Attachment, Defect, Parsed, Report};
use crate::report;
use crate::row;
use crate::text;
use crate::transfer;

/// Reads a message. Never fails and never panics: a message that nothing understands still gives its raw text, and
/// what is wrong is in [`Parsed::defects`].
#[must_use]
pub fn parse(raw: &[u8]) -> Parsed {
    let guarded = guard::guard(raw);
    let mut parsed = match guard::message(&guarded.bytes) {
        Some(message) => read(raw, &message),
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
    let (text, cut) = text::bounded(&charset::guess(&body[..body.len().min(limits::TEXT_OCTETS)]));
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

fn read(raw: &[u8], message: &Message<'_>) -> Parsed {
    let mut defects = Vec::new();
    let repaired = charset::header_mended(guard::header_block(raw));
    let repaired = repaired.as_deref().map(guard::guard);
    let again = repaired.as_ref().and_then(|block| guard::headers(&block.bytes));
    // Header fields are read from this one, bodies and files from the message itself.
    let head = again.as_ref().unwrap_or(message);
    let row = row::row(head);
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
    let html = html_body(raw, message, &mut defects);
    let text = text_body(raw, message, html.as_deref(), &mut defects);
    let attachments = attachments(raw, message, html.as_deref(), &mut defects);
    Parsed {
        sender: row::first(head, HeaderName::Sender),
        reply_to: row::mailboxes(head, HeaderName::ReplyTo),
        bcc: row::mailboxes(head, HeaderName::Bcc),
        return_path: row::return_path(head).filter(|path| !path.is_empty()),
        disposition_notification_to: row::mailboxes_of_text(head, HeaderName::DispositionNotificationTo),
        auto_submitted: row::auto_submitted(head),
        list_id: list_id(head),
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
fn text_body(raw: &[u8], message: &Message<'_>, html: Option<&str>, defects: &mut Vec<Defect>) -> String {
    let mut out = String::new();
    for id in &message.text_body {
        let Some(part) = message.parts.get(*id as usize) else {
            continue;
        };
        let piece = match &part.body {
            PartType::Text(_) => {
                let (body, cut) = text::bounded(&charset::text_of(raw, part));
                if cut {
                    note(defects, Defect::BodyCut);
                }
                if is_flowed(part) {
                    text::unflow(&body, deletes_space(part))
                } else {
                    body
                }
            }
            PartType::Html(_) => html_to_text(&charset::text_of(raw, part)),
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
        out = cut_text(raw, message);
    }
    out
}

/// A text part that was cut on its way: the parser counts it among the files, a person wants to read it.
fn cut_text(raw: &[u8], message: &Message<'_>) -> String {
    let part = message
        .parts
        .iter()
        .find(|part| part.is_encoding_problem && mime_of(part).starts_with("text/"));
    match part.map(|part| (charset::text_of(raw, part), mime_of(part))) {
        Some((body, mime)) if mime == "text/html" => html_to_text(&body),
        Some((body, _)) => text::bounded(&body).0,
        None => String::new(),
    }
}

fn html_body(raw: &[u8], message: &Message<'_>, defects: &mut Vec<Defect>) -> Option<String> {
    let mut out = String::new();
    for id in &message.html_body {
        if let Some(part) = message.parts.get(*id as usize)
            && matches!(part.body, PartType::Html(_))
        {
            let body = charset::text_of(raw, part);
            let room = (limits::HTML_OCTETS * 2).saturating_sub(out.len());
            let piece = text::head(&body, room);
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

/// A part that is offered as a file.
pub(crate) struct FilePart<'a> {
    pub(crate) id: u32,
    pub(crate) part: &'a MessagePart<'a>,
    /// As declared, lower case.
    pub(crate) mime: String,
    /// Its place among the files, from 1: a file without a name gets its number.
    rank: usize,
}

/// The parts that are files, and whether there are more than are listed.
pub(crate) fn files<'a>(message: &'a Message<'a>) -> (Vec<FilePart<'a>>, bool) {
    let mut out: Vec<FilePart<'a>> = Vec::new();
    // Text that is shown in its place but has a file name is a file too: it can be kept as it came.
    let named = message.text_body.iter().chain(&message.html_body).filter(|id| {
        let part = message.parts.get(**id as usize);
        part.is_some_and(|part| part.attachment_name().is_some())
    });
    for id in message.attachments.iter().chain(named) {
        let Some(part) = message.parts.get(*id as usize) else {
            continue;
        };
        if matches!(part.body, PartType::Multipart(_)) || out.iter().any(|file| file.id == *id) {
            continue;
        }
        if out.len() == limits::ATTACHMENTS {
            return (out, true);
        }
        let mime = mime_of(part);
        // Outlook's own envelope: nothing in it is meant for a person.
        if mime == "application/ms-tnef" {
            continue;
        }
        let rank = out.len() + 1;
        out.push(FilePart {
            id: *id,
            part,
            mime,
            rank,
        });
    }
    (out, false)
}

fn attachments(raw: &[u8], message: &Message<'_>, html: Option<&str>, defects: &mut Vec<Defect>) -> Vec<Attachment> {
    let (files, more) = files(message);
    if more {
        note(defects, Defect::TooManyParts);
    }
    let listed = files.into_iter().map(|file| {
        let content_id = file
            .part
            .content_id()
            .map(|cid| cid.trim_matches(['<', '>', ' ']).to_owned());
        let shown = content_id
            .as_deref()
            .is_some_and(|cid| html.is_some_and(|html| html.contains(cid)));
        Attachment {
            part_id: file.id,
            name: safe_file_name(&name_of(raw, &file)),
            size: transfer::octets(raw, file.part).len() as u64,
            inline: shown && file.mime.starts_with("image/"),
            content_id,
            mime: file.mime,
        }
    });
    listed.collect()
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

/// The name a file is given, not yet made safe.
pub(crate) fn name_of(raw: &[u8], file: &FilePart<'_>) -> String {
    let (part, rank) = (file.part, file.rank);
    if let Some(name) = declared_name(raw, part) {
        return text::decode_words(&unmask(&name));
    }
    match file.mime.as_str() {
        "message/rfc822" | "message/global" => {
            // The forwarded message's own subject is the name a person would give it.
            let inner = row::parse_headers(&transfer::octets(raw, part));
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

/// The file name of a part's own header, raw octets of another charset included.
fn declared_name(raw: &[u8], part: &MessagePart<'_>) -> Option<String> {
    let name = part.attachment_name()?;
    if name.contains(char::REPLACEMENT_CHARACTER) {
        let block = raw.get(part.offset_header as usize..part.offset_body as usize)?;
        let block = charset::header_mended(guard::header_block(block));
        let again = block.as_deref().and_then(guard::headers);
        let found = again.as_ref().and_then(|message| message.attachment_name());
        if let Some(found) = found {
            return Some(found.to_owned());
        }
    }
    Some(name.to_owned())
}

fn note(defects: &mut Vec<Defect>, defect: Defect) {
    if !defects.contains(&defect) {
        defects.push(defect);
    }
}
