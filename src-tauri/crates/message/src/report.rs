//! Delivery reports (RFC 3464) and reading or integration reports (RFC 8098).

use mail_parser::{Message, PartType};
use pli_terms::MessageId;
use serde::Serialize;

use crate::charset;
use crate::guard;
use crate::limits;
use crate::model::Report;
use crate::parse::mime_of;
use crate::row;
use crate::status::explain_status;

/// What became of a message for one recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Not delivered, and never will be.
    Failed,
    /// Not yet delivered; the server goes on trying.
    Delayed,
    /// In the recipient's mailbox.
    Delivered,
    /// Handed to a server that sends no delivery reports.
    Relayed,
    /// Handed to the members of a list.
    Expanded,
    /// A word that RFC 3464 does not know.
    Unknown,
}

impl Action {
    /// Whether this server has nothing more to do and nothing failed: delivered, relayed or expanded.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Delivered | Self::Relayed | Self::Expanded)
    }

    fn read(word: &str) -> Self {
        match word
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "failed" => Self::Failed,
            "delayed" => Self::Delayed,
            "delivered" => Self::Delivered,
            "relayed" => Self::Relayed,
            "expanded" => Self::Expanded,
            _ => Self::Unknown,
        }
    }
}

/// One recipient of a delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipientReport {
    /// The address as the sender gave it, when the report says it.
    pub original: Option<String>,
    /// The address the server used.
    pub final_recipient: String,
    /// What became of it.
    pub action: Action,
    /// The enhanced status code (`5.1.1`), empty when it is none.
    pub status: String,
    /// The server's own words, on one line.
    pub diagnostic: Option<String>,
    /// The same in French, for the user (EX_GBM_4460).
    pub explanation: String,
}

impl RecipientReport {
    /// The address to compare with those of the sent message: the original one, else the final one.
    #[must_use]
    pub fn address(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.final_recipient)
    }
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Dsn {
    /// The envelope id that was given with the message (`ENVID`), decoded.
    pub envelope_id: Option<String>,
    /// The server that reports.
    pub reporting_mta: Option<String>,
    /// The message's own id, from its returned header fields.
    pub original_message_id: Option<MessageId>,
    /// One for each recipient, bounded.
    pub recipients: Vec<RecipientReport>,
}

/// What the recipient's side did (RFC 8098 §3.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Shown to somebody.
    Displayed,
    /// Handled by software: for a health document, filed into the record.
    Processed,
    /// Deleted, perhaps unread.
    Deleted,
    /// Sent on.
    Dispatched,
    /// The recipient does not tell.
    Denied,
    /// Could not be handled.
    Failed,
    /// Another word.
    Unknown,
}

/// A reading or integration report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mdn {
    /// The recipient as the sender gave it.
    pub original_recipient: Option<String>,
    /// The recipient that reports.
    pub final_recipient: String,
    /// The message it speaks of.
    pub original_message_id: Option<MessageId>,
    /// What was done.
    pub disposition: Disposition,
    /// Whether software did it without a person.
    pub automatic: bool,
    /// The code of an integration failure, 900 to 906 (documents of the national agency; others are kept as they are).
    pub error_code: Option<u16>,
    /// The words that come with it.
    pub error_text: Option<String>,
}

/// Reads a delivery report; `None` when the message is none. Never panics.
#[must_use]
pub fn parse_dsn(raw: &[u8]) -> Option<Dsn> {
    let guarded = guard::guard(raw);
    match of(&guard::message(&guarded.bytes)?)? {
        Report::Delivery(dsn) => Some(dsn),
        Report::Disposition(_) => None,
    }
}

/// Reads a reading or integration report; `None` when the message is none. Never panics.
#[must_use]
pub fn parse_mdn(raw: &[u8]) -> Option<Mdn> {
    let guarded = guard::guard(raw);
    match of(&guard::message(&guarded.bytes)?)? {
        Report::Disposition(mdn) => Some(mdn),
        Report::Delivery(_) => None,
    }
}

/// The report a message carries in a part of its own.
pub(crate) fn of(message: &Message<'_>) -> Option<Report> {
    // Only at the first level and near it: a report forwarded inside another message is not about what was sent here.
    let part = |wanted: &[&str]| {
        message
            .parts
            .iter()
            .take(12)
            .find(|part| wanted.contains(&mime_of(part).as_str()))
            .map(|part| match &part.body {
                PartType::Text(text) | PartType::Html(text) => text.as_bytes().to_vec(),
                _ => part.contents().to_vec(),
            })
    };
    let returned = || {
        let bytes = part(&[
            "text/rfc822-headers",
            "message/rfc822",
            "message/rfc822-headers",
            "message/global",
            "message/global-headers",
        ])?;
        row::parse_headers(&bytes).message_id
    };
    let (content_type, _) = row::content_type(message);
    if content_type != "multipart/report" {
        return None;
    }
    if let Some(bytes) = part(&["message/delivery-status", "message/global-delivery-status"]) {
        return Some(Report::Delivery(dsn(&bytes, returned())));
    }
    let bytes = part(&[
        "message/disposition-notification",
        "message/global-disposition-notification",
    ])?;
    Some(Report::Disposition(mdn(&bytes, returned)))
}

fn dsn(bytes: &[u8], original_message_id: Option<MessageId>) -> Dsn {
    let text = charset::guess(&bytes[..bytes.len().min(4 * 1024 * 1024)]);
    let mut out = Dsn {
        original_message_id,
        ..Dsn::default()
    };
    for group in groups(&text) {
        let get = |name: &str| field(&group, name);
        if let Some(id) = get("original-envelope-id") {
            out.envelope_id = Some(decode_xtext(&id));
        }
        if let Some(mta) = get("reporting-mta") {
            out.reporting_mta = Some(typed(&mta));
        }
        let (Some(last), action) = (
            get("final-recipient").or_else(|| get("original-recipient")),
            get("action"),
        ) else {
            continue;
        };
        if out.recipients.len() == limits::REPORT_RECIPIENTS {
            break;
        }
        let status = get("status").and_then(|text| enhanced_code(&text)).unwrap_or_default();
        let diagnostic = get("diagnostic-code").map(|text| typed(&text));
        let action = Action::read(action.as_deref().unwrap_or_default());
        out.recipients.push(RecipientReport {
            original: get("original-recipient").map(|text| decode_xtext(&typed(&text))),
            final_recipient: typed(&last),
            action,
            explanation: explain_status(&status, action),
            status,
            diagnostic,
        });
    }
    out
}

fn mdn(bytes: &[u8], returned: impl Fn() -> Option<MessageId>) -> Mdn {
    let text = charset::guess(&bytes[..bytes.len().min(256 * 1024)]);
    let fields: Vec<(String, String)> = groups(&text).into_iter().flatten().collect();
    let get = |name: &str| field(&fields, name);
    let disposition = get("disposition").unwrap_or_default();
    let (mode, kind) = disposition.split_once(';').unwrap_or(("", disposition.as_str()));
    // `processed/Error: 902^libellé`: the producers of France put the code after the modifier.
    let (word, modifier) = kind.split_once('/').unwrap_or((kind, ""));
    let after = modifier.split_once(':').map_or("", |(_, after)| after).trim();
    let error = if after.is_empty() {
        get("error").or_else(|| get("failure")).unwrap_or_default()
    } else {
        after.to_owned()
    };
    let digits: String = error.chars().take_while(char::is_ascii_digit).collect();
    let rest = error[digits.len()..].trim_start_matches(['^', ' ', ':', '-']).trim();
    let disposition = match word.trim().to_ascii_lowercase().as_str() {
        "displayed" => Disposition::Displayed,
        "processed" => Disposition::Processed,
        "deleted" => Disposition::Deleted,
        "dispatched" => Disposition::Dispatched,
        "denied" => Disposition::Denied,
        "failed" => Disposition::Failed,
        _ => Disposition::Unknown,
    };
    let failed = modifier.trim_start().to_ascii_lowercase().starts_with("error")
        || modifier.to_ascii_lowercase().contains("failure");
    Mdn {
        original_recipient: get("original-recipient").map(|text| decode_xtext(&typed(&text))),
        final_recipient: get("final-recipient").map(|text| typed(&text)).unwrap_or_default(),
        original_message_id: get("original-message-id")
            .and_then(|text| MessageId::parse(&text))
            .or_else(returned),
        disposition: if failed { Disposition::Failed } else { disposition },
        automatic: mode.to_ascii_lowercase().contains("automatic-action"),
        error_code: digits.parse().ok(),
        error_text: (!rest.is_empty()).then(|| rest.to_owned()),
    }
}

/// The groups of fields, unfolded, names in lower case; separated by empty lines.
fn groups(text: &str) -> Vec<Vec<(String, String)>> {
    let mut out: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines().take(40_000) {
        let line = line.trim_end();
        if line.is_empty() {
            if out.last().is_some_and(|group| !group.is_empty()) {
                out.push(Vec::new());
            }
            continue;
        }
        let Some(group) = out.last_mut() else { break };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut()
                && value.len() < 4096
            {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), decode(value.trim())));
        }
    }
    out
}

fn field(group: &[(String, String)], name: &str) -> Option<String> {
    group
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| row::one_line(value, 2_000))
        .filter(|v| !v.is_empty())
}

/// Encoded words happen in the words of French producers.
fn decode(value: &str) -> String {
    if value.contains("=?") {
        crate::text::decode_words(value)
    } else {
        value.to_owned()
    }
}

/// What follows `rfc822;`, `dns;`, `smtp;`.
fn typed(value: &str) -> String {
    value
        .split_once(';')
        .map_or(value, |(_, after)| after)
        .trim()
        .trim_matches(['<', '>'])
        .to_owned()
}

/// `5.1.1` out of `5.1.1 (bad destination mailbox address)`.
fn enhanced_code(text: &str) -> Option<String> {
    let code = text.split_whitespace().next()?;
    let mut pieces = code.split('.');
    let class = pieces.next()?;
    let rest: Vec<&str> = pieces.collect();
    let number = |piece: &&str| (1..=3).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_digit());
    (["2", "4", "5"].contains(&class) && rest.len() == 2 && rest.iter().all(number)).then(|| code.to_owned())
}

/// RFC 3461 §4: `+3D` is `=`.
fn decode_xtext(text: &str) -> String {
    if !text.contains('+') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'+')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|pair| {
                let upper = pair.iter().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b));
                upper
                    .then(|| {
                        std::str::from_utf8(pair)
                            .ok()
                            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                    })
                    .flatten()
            });
        // Only what xtext must encode: `nom+12@…` written plainly by some server stays as it is.
        match hex {
            Some(byte) if !(33..=126).contains(&byte) || byte == b'+' || byte == b'=' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    row::one_line(&String::from_utf8_lossy(&out), 2_000)
}
