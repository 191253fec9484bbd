//! Writes one message: a composer of its own, so that it shares nothing with the code it is there to try.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// One file of a message.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) mime: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// The Content-ID of an inline picture.
    pub(crate) cid: Option<String>,
}

impl File {
    pub(crate) fn new(name: impl Into<String>, mime: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            mime,
            bytes,
            cid: None,
        }
    }
}

/// A message being written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
    pub(crate) subject: String,
    pub(crate) date_unix: i64,
    /// Without angle brackets; empty means no such header.
    pub(crate) id: String,
    pub(crate) in_reply_to: Option<String>,
    pub(crate) references: Vec<String>,
    /// Further header lines, already encoded.
    pub(crate) extra: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    pub(crate) files: Vec<File>,
}

impl Mail {
    pub(crate) fn new(from: &str, to: &str, subject: impl Into<String>, date_unix: i64, id: impl Into<String>) -> Self {
        Self {
            from: from.to_owned(),
            to: vec![to.to_owned()],
            subject: subject.into(),
            date_unix,
            id: id.into(),
            ..Self::default()
        }
    }

    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    pub(crate) fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    pub(crate) fn file(mut self, file: File) -> Self {
        self.files.push(file);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.extra.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn cc(mut self, address: &str) -> Self {
        self.cc.push(address.to_owned());
        self
    }

    /// Makes this the answer to the message `parent`, whose own chain is `chain`.
    pub(crate) fn answering(mut self, parent: &str, chain: &[String]) -> Self {
        self.in_reply_to = Some(parent.to_owned());
        self.references = chain.to_vec();
        self.references.push(parent.to_owned());
        self
    }

    /// The bytes.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = self.header_block();
        let text = text_part("text/plain", &self.text);
        let body = match &self.html {
            None => text,
            Some(html) => {
                let inline: Vec<&File> = self.files.iter().filter(|file| file.cid.is_some()).collect();
                let mut html = text_part("text/html", html);
                if !inline.is_empty() {
                    let mut parts = vec![html];
                    parts.extend(inline.into_iter().map(file_part));
                    html = multipart("related", &self.boundary("rel"), &parts);
                }
                multipart("alternative", &self.boundary("alt"), &[text, html])
            }
        };
        let attached: Vec<&File> = self.files.iter().filter(|file| file.cid.is_none()).collect();
        if attached.is_empty() {
            out.extend(body);
        } else {
            let mut parts = vec![body];
            parts.extend(attached.into_iter().map(file_part));
            out.extend(multipart("mixed", &self.boundary("mix"), &parts));
        }
        out
    }

    /// The header fields, without those of the body and without the empty line.
    pub(crate) fn header_block(&self) -> Vec<u8> {
        let mut out = String::new();
        let mut line = |name: &str, value: &str| out.push_str(&format!("{name}: {value}\r\n"));
        line("From", &mailbox_header(&self.from));
        if !self.to.is_empty() {
            line("To", &address_list(&self.to));
        }
        if !self.cc.is_empty() {
            line("Cc", &address_list(&self.cc));
        }
        line("Subject", &unstructured(&self.subject));
        line("Date", &date_header(self.date_unix));
        if !self.id.is_empty() {
            line("Message-ID", &format!("<{}>", self.id));
        }
        if let Some(parent) = &self.in_reply_to {
            line("In-Reply-To", &format!("<{parent}>"));
        }
        if !self.references.is_empty() {
            let ids: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            line("References", &ids.join("\r\n "));
        }
        for (name, value) in &self.extra {
            line(name, value);
        }
        line("MIME-Version", "1.0");
        out.into_bytes()
    }

    fn boundary(&self, level: &str) -> String {
        let sum = self
            .id
            .bytes()
            .chain(self.subject.bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
                (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        format!("=_{level}_{sum:016x}")
    }
}

/// `Sun, 01 Nov 2026 09:04:00 +0100`, in the time of Paris.
pub(crate) fn date_header(unix: i64) -> String {
    paris(unix).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// The moment as a clock in Paris shows it. The rule of the European Union is written out because a bare machine may
/// have no time zone database.
pub(crate) fn paris(unix: i64) -> jiff::Zoned {
    let moment = Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH);
    let utc = moment.to_zoned(TimeZone::UTC);
    let change = |month: i8| {
        let last = jiff::civil::date(utc.year(), month, 31);
        let back = i64::from(last.weekday().to_sunday_zero_offset());
        last.at(1, 0, 0, 0).saturating_sub(jiff::Span::new().days(back))
    };
    let summer = utc.datetime() >= change(3) && utc.datetime() < change(10);
    moment.to_zoned(TimeZone::fixed(Offset::constant(if summer { 2 } else { 1 })))
}

fn address_list(addresses: &[String]) -> String {
    addresses
        .iter()
        .map(|address| mailbox_header(address))
        .collect::<Vec<_>>()
        .join(",\r\n ")
}

/// `Name <address>` with the name as a header may carry it.
pub(crate) fn mailbox_header(text: &str) -> String {
    let Some((name, address)) = text.rsplit_once(" <") else {
        return text.to_owned();
    };
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_'".contains(&b));
    if plain {
        format!("{name} <{address}")
    } else if name.is_ascii() {
        format!("\"{}\" <{address}", name.replace('"', "\\\""))
    } else {
        format!("{}\r\n <{address}", encoded_words(name))
    }
}

/// A subject: folded when it is ASCII, else as encoded words.
pub(crate) fn unstructured(text: &str) -> String {
    if !text.is_ascii() {
        return encoded_words(text);
    }
    let (mut out, mut column) = (String::new(), 9);
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            if column + word.len() > 74 {
                out.push_str("\r\n");
                column = 0;
            }
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

/// RFC 2047, Base64, never cutting a character.
fn encoded_words(text: &str) -> String {
    let (mut words, mut piece) = (Vec::new(), String::new());
    for character in text.chars() {
        if piece.len() + character.len_utf8() > 42 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(character);
    }
    words.push(piece);
    words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect::<Vec<_>>()
        .join("\r\n ")
}

/// A text part with its own header, quoted-printable when it is not short ASCII lines.
pub(crate) fn text_part(mime: &str, text: &str) -> Vec<u8> {
    let text = text.replace("\r\n", "\n");
    let simple = text.is_ascii() && text.lines().all(|line| line.len() <= 76);
    let (encoding, body) = if simple {
        ("7bit", text.replace('\n', "\r\n"))
    } else {
        ("quoted-printable", quoted_printable(&text))
    };
    format!("Content-Type: {mime}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n")
        .into_bytes()
}

/// RFC 2045 §6.7.
pub(crate) fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push_str("\r\n");
        }
        let mut column = 0;
        let last = line.len();
        for (index, byte) in line.bytes().enumerate() {
            let trailing = byte == b' ' && index + 1 == last;
            let safe = (byte == b' ' || byte.is_ascii_graphic()) && byte != b'=' && !trailing;
            let width = if safe { 1 } else { 3 };
            if column + width > 75 {
                out.push_str("=\r\n");
                column = 0;
            }
            if safe {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
            column += width;
        }
    }
    out
}

/// An attachment or an inline picture with its own header.
pub(crate) fn file_part(file: &File) -> Vec<u8> {
    let name = file_name_parameter(&file.name);
    let disposition = if file.cid.is_some() { "inline" } else { "attachment" };
    let mut out = format!(
        "Content-Type: {}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: {disposition};\r\n {name}\r\n",
        file.mime
    );
    if let Some(cid) = &file.cid {
        out.push_str(&format!("Content-ID: <{cid}>\r\n"));
    }
    out.push_str("\r\n");
    out.push_str(&base64_lines(&file.bytes));
    out.into_bytes()
}

fn file_name_parameter(name: &str) -> String {
    if name
        .bytes()
        .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\' || b == b' ')
    {
        return format!("filename=\"{name}\"");
    }
    let mut value = String::from("filename*=utf-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            value.push(char::from(byte));
        } else {
            value.push_str(&format!("%{byte:02X}"));
        }
    }
    value
}

/// Base64 in lines of 76.
pub(crate) fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut out = String::with_capacity(text.len() + text.len() / 38 + 2);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(76));
        out.push_str(line);
        out.push_str("\r\n");
        rest = after;
    }
    out
}

/// A multipart of parts that carry their own headers.
pub(crate) fn multipart(subtype: &str, boundary: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    multipart_with(subtype, "", boundary, parts)
}

/// The same with a further parameter (`report-type=…`).
pub(crate) fn multipart_with(subtype: &str, parameter: &str, boundary: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut out = format!("Content-Type: multipart/{subtype};{parameter} boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    for part in parts {
        out.extend(format!("--{boundary}\r\n").into_bytes());
        out.extend(part);
        if !part.ends_with(b"\r\n") {
            out.extend(b"\r\n");
        }
    }
    out.extend(format!("--{boundary}--\r\n").into_bytes());
    out
}
