//! Writes one message. The same values give the same octets: what is retried is what was first sent.

use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address as BuilderAddress;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::message_id::MessageId as BuilderId;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use pli_terms::{Address, MessageId};

use crate::file_name::safe_file_name;
use crate::model::Moment;

/// A display name or a subject: one line, no control character, so that no header field can be added through it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldText(String);

impl FieldText {
    /// Takes any text; line ends and control characters become spaces, what is past 900 characters is left out.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(crate::row::one_line(text, 900))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for FieldText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The name to give, made safe when written.
    pub name: String,
    /// `application/pdf`; anything that is not a type is written as `application/octet-stream`.
    pub mime: String,
    /// The octets.
    pub bytes: Vec<u8>,
}

/// The MSSanté header fields of a message (ECO.2.4.1 to .3, ECO.2.2.8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MssHeaders {
    /// CDA document codes, for `X-MSS-CODECDA`; only with an `IHE_XDM.zip` that holds CDA.
    pub codecda: Vec<String>,
    /// Whether the INS is qualified, for `X-MSS-INS`.
    pub ins: Option<bool>,
    /// The product's reference, for `X-MSS-NIL`.
    pub nil: Option<String>,
    /// Whether the exchange with a patient is closed: `X-MSS-MES: FIN`.
    pub fin: bool,
}

/// A message to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Display name and address of the author (ECO.2.2.7).
    pub from: (FieldText, Address),
    /// Recipients.
    pub to: Vec<(FieldText, Address)>,
    /// Recipients of a copy.
    pub cc: Vec<(FieldText, Address)>,
    /// Recipients that no one sees: in the envelope only, never in the message.
    pub bcc: Vec<(FieldText, Address)>,
    /// The subject.
    pub subject: FieldText,
    /// The text, with any line ends.
    pub text: String,
    /// The message answered.
    pub in_reply_to: Option<MessageId>,
    /// The chain, oldest first.
    pub references: Vec<MessageId>,
    /// Files.
    pub attachments: Vec<Attached>,
    /// The id, fixed once for all tries.
    pub message_id: MessageId,
    /// The date, fixed once for all tries.
    pub date: Moment,
    /// Whether a reading report is asked for (ECO.2.3.2).
    pub mdn_requested: bool,
    /// The MSSanté header fields.
    pub mss: MssHeaders,
}

/// A message that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The octets to send and to keep, lines ended by CR LF.
    pub bytes: Vec<u8>,
    /// The id, as in the octets.
    pub message_id: MessageId,
    /// The date, as in the octets.
    pub date: Moment,
    /// The envelope: every recipient once, `Bcc` included.
    pub recipients: Vec<Address>,
}

/// Why a message cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No recipient at all.
    #[error("writing a message: it has no recipient")]
    NoRecipient,
    /// The date is outside the years 1970 to 9999, or its offset is a day or more.
    #[error("writing a message: its date cannot be written")]
    Date,
    /// An MSSanté field holds what a header may not.
    #[error("writing a message: an MSSanté field holds a forbidden character")]
    MssField,
}

/// Writes the message: UTF-8 text (ECO.2.2.3, ECO.2.2.4), boundaries that follow from the id.
///
/// # Errors
/// [`BuildError`] when there is no recipient or a field cannot be written.
pub fn build(outgoing: &Outgoing) -> Result<Built, BuildError> {
    let mut recipients: Vec<Address> = Vec::new();
    for (_, address) in outgoing.to.iter().chain(&outgoing.cc).chain(&outgoing.bcc) {
        if !recipients.iter().any(|known| known.same_mailbox(address)) {
            recipients.push(address.clone());
        }
    }
    if recipients.is_empty() {
        return Err(BuildError::NoRecipient);
    }
    let date = rfc5322_date(outgoing.date).ok_or(BuildError::Date)?;
    let mut builder = MessageBuilder::new()
        .header("From", mailbox(&outgoing.from))
        .message_id(outgoing.message_id.as_str())
        .header("Date", Raw::new(date))
        .subject(outgoing.subject.as_str());
    if !outgoing.to.is_empty() {
        builder = builder.header("To", list(&outgoing.to));
    } else if outgoing.cc.is_empty() {
        // RFC 5322 §3.6.3: a message whose recipients are all hidden has an empty group.
        builder = builder.header("To", Raw::new("undisclosed-recipients:;"));
    }
    if !outgoing.cc.is_empty() {
        builder = builder.header("Cc", list(&outgoing.cc));
    }
    if let Some(id) = &outgoing.in_reply_to {
        builder = builder.in_reply_to(id.as_str());
    }
    if !outgoing.references.is_empty() {
        builder = builder.references(BuilderId::new_list(outgoing.references.iter().map(MessageId::as_str)));
    }
    if outgoing.mdn_requested {
        builder = builder.header(
            "Disposition-Notification-To",
            Raw::new(format!("<{}>", outgoing.from.1)),
        );
    }
    for (name, value) in mss_fields(&outgoing.mss)? {
        builder = builder.header(name, Raw::new(value));
    }
    // Written first, so that the library adds none of its own.
    builder = builder.header("MIME-Version", Raw::new("1.0"));
    let text = MimePart::new("text/plain", text_with_line_ends(&outgoing.text));
    let body = if outgoing.attachments.is_empty() {
        text
    } else {
        let mut parts = vec![text];
        parts.extend(outgoing.attachments.iter().map(file));
        MimePart::new(
            ContentType::new("multipart/mixed").attribute("boundary", boundary(&outgoing.message_id)),
            parts,
        )
    };
    let mut bytes = Vec::new();
    builder.body(body).serialize(&mut bytes);
    Ok(Built {
        bytes,
        message_id: outgoing.message_id.clone(),
        date: outgoing.date,
        recipients,
    })
}

fn mss_fields(mss: &MssHeaders) -> Result<Vec<(&'static str, String)>, BuildError> {
    let mut fields = Vec::new();
    if !mss.codecda.is_empty() {
        fields.push(("X-MSS-CODECDA", mss.codecda.join(",")));
    }
    if let Some(qualified) = mss.ins {
        fields.push(("X-MSS-INS", if qualified { "O" } else { "N" }.to_owned()));
    }
    if let Some(nil) = &mss.nil {
        fields.push(("X-MSS-NIL", nil.clone()));
    }
    if mss.fin {
        fields.push(("X-MSS-MES", "FIN".to_owned()));
    }
    let fits =
        |value: &str| !value.is_empty() && value.len() <= 900 && value.bytes().all(|b| (b' '..=b'~').contains(&b));
    if fields.iter().all(|(_, value)| fits(value)) {
        Ok(fields)
    } else {
        Err(BuildError::MssField)
    }
}

fn mailbox((name, address): &(FieldText, Address)) -> BuilderAddress<'static> {
    let name = (!name.0.is_empty()).then(|| name.0.clone());
    BuilderAddress::new_address(name, address.as_str().to_owned())
}

fn list(mailboxes: &[(FieldText, Address)]) -> HeaderType<'static> {
    BuilderAddress::new_list(mailboxes.iter().map(mailbox).collect::<Vec<_>>()).into()
}

fn file(attached: &Attached) -> MimePart<'_> {
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let typed = attached.mime.split_once('/').is_some_and(|(kind, subtype)| {
        token(kind) && token(subtype) && attached.mime.len() < 120 && !["multipart", "message"].contains(&kind)
    });
    let mime = if typed {
        attached.mime.to_ascii_lowercase()
    } else {
        "application/octet-stream".to_owned()
    };
    // Always Base64: a text file must arrive octet for octet, its line ends included.
    MimePart::new(ContentType::new(mime), Base64(&attached.bytes).lines())
        .attachment(safe_file_name(&attached.name))
        .transfer_encoding("base64")
}

/// Octets as Base64 lines of 76.
struct Base64<'a>(&'a [u8]);

impl Base64<'_> {
    fn lines(&self) -> Vec<u8> {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = Vec::with_capacity(self.0.len() / 57 * 78 + 80);
        for line in self.0.chunks(57) {
            for triple in line.chunks(3) {
                let bits =
                    triple.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - triple.len()));
                for place in 0..4_usize {
                    let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
                    out.push(if place > triple.len() { b'=' } else { digit });
                }
            }
            out.extend(b"\r\n");
        }
        out
    }
}

fn text_with_line_ends(text: &str) -> String {
    let mut out = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}'], "\n")
        .replace('\0', "");
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.replace('\n', "\r\n")
}

/// FNV-1a over the id, twice: long enough that no text of a message contains it by chance.
fn boundary(id: &MessageId) -> String {
    let sum = |seed: u64| {
        id.as_str().bytes().fold(seed, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    };
    format!(
        "=_{:016x}{:016x}",
        sum(0xcbf2_9ce4_8422_2325),
        sum(0x8422_2325_cbf2_9ce4)
    )
}

/// `Tue, 17 Nov 2026 09:04:00 +0100`: with the author's offset, which the library's own date field loses.
fn rfc5322_date(moment: Moment) -> Option<String> {
    if !(0..253_402_000_000).contains(&moment.unix) || moment.offset_minutes.unsigned_abs() >= 1440 {
        return None;
    }
    let clock = crate::reply::Clock::at(moment);
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let sign = if moment.offset_minutes < 0 { '-' } else { '+' };
    let offset = moment.offset_minutes.unsigned_abs();
    Some(format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} {sign}{:02}{:02}",
        DAYS[clock.weekday_from_thursday],
        clock.day,
        MONTHS[clock.month as usize - 1],
        clock.year,
        clock.hour,
        clock.minute,
        clock.second,
        offset / 60,
        offset % 60
    ))
}
