//! Header fields as plain values.

use mail_parser::{Address as Parsed, HeaderName, HeaderValue, Message, MimeHeaders};
use pli_terms::MessageId;

use crate::charset;
use crate::file_name::is_invisible;
use crate::guard;
use crate::kind::{Signs, classify};
use crate::limits;
use crate::model::{HeaderRow, Mailbox, Moment, XMss};
use crate::person::readable_name;
use crate::subject::display_subject;

/// Reads what a list row needs from a raw header block (a body after it is ignored). Never fails: what is missing is
/// empty.
#[must_use]
pub fn parse_headers(raw: &[u8]) -> HeaderRow {
    let block = guard::header_block(raw);
    let repaired = charset::header_mended(block);
    let guarded = guard::guard(repaired.as_deref().unwrap_or(block));
    match guard::headers(&guarded.bytes) {
        Some(message) => row(&message),
        None => empty(),
    }
}

/// The row of a message of which nothing could be read.
pub(crate) fn empty() -> HeaderRow {
    let (kind, kind_reason) = (crate::Kind::Professional, crate::KindReason::Default);
    HeaderRow {
        from: Mailbox::default(),
        to: Vec::new(),
        cc: Vec::new(),
        subject: String::new(),
        display_subject: String::new(),
        date: None,
        message_id: None,
        in_reply_to: None,
        references: Vec::new(),
        kind,
        kind_reason,
        x_mss: XMss::default(),
        multipart_mixed: false,
    }
}

pub(crate) fn row(message: &Message<'_>) -> HeaderRow {
    let from = first(message, HeaderName::From).unwrap_or_default();
    let sender = first(message, HeaderName::Sender);
    let subject = one_line(message.subject().unwrap_or_default(), limits::FIELD_CHARACTERS);
    let x_mss = x_mss(message);
    let (content_type, report_type) = content_type(message);
    let auto_submitted = auto_submitted(message);
    let empty_return_path = return_path(message).is_some_and(|path| path.is_empty());
    let (kind, kind_reason) = classify(&Signs {
        from: &from,
        sender: sender.as_ref(),
        subject: &subject,
        content_type: &content_type,
        report_type: &report_type,
        auto_submitted: auto_submitted.as_deref(),
        empty_return_path,
        x_mss: &x_mss,
    });
    HeaderRow {
        to: mailboxes(message, HeaderName::To),
        cc: mailboxes(message, HeaderName::Cc),
        display_subject: display_subject(&subject),
        subject,
        date: date(message),
        message_id: ids(message, HeaderName::MessageId).into_iter().next(),
        in_reply_to: ids(message, HeaderName::InReplyTo).into_iter().next(),
        references: references(message),
        kind,
        kind_reason,
        x_mss,
        multipart_mixed: content_type == "multipart/mixed",
        from,
    }
}

/// The type of the whole and the `report-type` parameter, lower case.
pub(crate) fn content_type(message: &Message<'_>) -> (String, String) {
    let Some(found) = message.content_type() else {
        return ("text/plain".to_owned(), String::new());
    };
    let name = match found.subtype() {
        Some(subtype) => format!("{}/{subtype}", found.ctype()),
        None => found.ctype().to_owned(),
    };
    let report = found
        .attribute("report-type")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    (guard::unmask(&name.to_ascii_lowercase()), report)
}

pub(crate) fn mailboxes(message: &Message<'_>, name: HeaderName<'static>) -> Vec<Mailbox> {
    let mut out = Vec::new();
    for value in message.header_values(name) {
        let HeaderValue::Address(addresses) = value else {
            continue;
        };
        match addresses {
            Parsed::List(list) => out.extend(list.iter().map(mailbox)),
            Parsed::Group(groups) => {
                for group in groups {
                    out.extend(group.addresses.iter().map(mailbox).take(limits::ADDRESSES));
                }
            }
        }
        if out.len() > limits::ADDRESSES {
            break;
        }
    }
    out.truncate(limits::ADDRESSES);
    out.retain(|mailbox| !mailbox.name.is_empty() || !mailbox.address.is_empty());
    out
}

pub(crate) fn first(message: &Message<'_>, name: HeaderName<'static>) -> Option<Mailbox> {
    mailboxes(message, name).into_iter().next()
}

fn mailbox(address: &mail_parser::Addr<'_>) -> Mailbox {
    Mailbox {
        name: readable_name(&one_line(address.name.as_deref().unwrap_or_default(), 300)),
        address: one_line(address.address.as_deref().unwrap_or_default(), 320),
    }
}

fn date(message: &Message<'_>) -> Option<Moment> {
    let date = message.date().filter(|date| date.is_valid())?;
    let minutes = i16::from(date.tz_hour) * 60 + i16::from(date.tz_minute);
    Some(Moment {
        unix: date.to_timestamp(),
        offset_minutes: if date.tz_before_gmt { -minutes } else { minutes },
    })
}

fn ids(message: &Message<'_>, name: HeaderName<'static>) -> Vec<MessageId> {
    let Some(value) = message.header(name) else {
        return Vec::new();
    };
    let list = value.as_text_list().unwrap_or_default();
    list.iter().filter_map(|id| MessageId::parse(id)).collect()
}

/// The oldest of the chain and its newest end: what a long thread needs to stay together.
fn references(message: &Message<'_>) -> Vec<MessageId> {
    let mut all = ids(message, HeaderName::References);
    if all.len() > limits::REFERENCES {
        all.drain(1..=all.len() - limits::REFERENCES);
    }
    all
}

/// Mailboxes of a field that the parser takes for plain text.
pub(crate) fn mailboxes_of_text(message: &Message<'_>, name: HeaderName<'static>) -> Vec<Mailbox> {
    let Some(raw) = message.header_raw(name) else {
        return Vec::new();
    };
    let field = format!("To: {}\r\n\r\n", one_line(raw, limits::FIELD_CHARACTERS));
    guard::headers(field.as_bytes())
        .map(|message| mailboxes(&message, HeaderName::To))
        .unwrap_or_default()
}

/// The raw value of a field that the parser does not know, on one line.
pub(crate) fn other(message: &Message<'_>, name: &'static str) -> Option<String> {
    let value = message.header(HeaderName::Other(name.into()))?;
    let text = one_line(value.as_text()?, limits::FIELD_CHARACTERS);
    (!text.is_empty()).then_some(text)
}

pub(crate) fn auto_submitted(message: &Message<'_>) -> Option<String> {
    let raw = message.header(HeaderName::AutoSubmitted)?.as_text()?;
    let word = raw.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!word.is_empty() && word != "no").then_some(word)
}

/// The return path without brackets; empty for `<>`, which only reports have.
pub(crate) fn return_path(message: &Message<'_>) -> Option<String> {
    let raw = message.header_raw(HeaderName::ReturnPath)?;
    let path = raw.trim().trim_start_matches('<').trim_end_matches('>').trim();
    Some(one_line(path, 320))
}

fn x_mss(message: &Message<'_>) -> XMss {
    XMss {
        codecda: other(message, "X-MSS-CODECDA")
            .map(|codes| {
                codes
                    .split(',')
                    .map(|code| code.trim().to_owned())
                    .filter(|code| !code.is_empty())
                    .take(100)
                    .collect()
            })
            .unwrap_or_default(),
        ins: other(message, "X-MSS-INS").and_then(|value| match value.as_str() {
            "O" | "o" => Some(true),
            "N" | "n" => Some(false),
            _ => None,
        }),
        nil: other(message, "X-MSS-NIL"),
        mes: other(message, "X-MSS-MES").map(|value| value.to_ascii_uppercase()),
    }
}

/// On one line, without control or invisible characters, bounded.
pub(crate) fn one_line(text: &str, characters: usize) -> String {
    let mut out = String::with_capacity(text.len().min(characters * 4));
    let mut space = false;
    for c in text.chars().filter(|c| !is_invisible(*c)).take(characters) {
        if c.is_whitespace() || c.is_control() {
            space = !out.is_empty();
        } else {
            if space {
                out.push(' ');
                space = false;
            }
            out.push(c);
        }
    }
    out
}
