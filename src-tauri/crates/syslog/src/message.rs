//! One message of RFC 5424, built so that it cannot be malformed: what a field may not hold is replaced, what is too long is
//! cut into another message.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::Offset;

/// The size that every receiver must take, in octets (RFC 5425 §4.3.1).
pub const LEAST_ROOM: usize = 2048;

/// The size that every receiver should take, in octets (RFC 5425 §4.3.1).
pub const SHOULD_ROOM: usize = 8192;

/// « log audit » (RFC 5424 §6.2.1).
const FACILITY: u8 = 13;

/// Longest fields, in octets (RFC 5424 §6).
const HOSTNAME: usize = 255;
const NAME: usize = 32;

/// Of the text for people, in octets.
const TEXT: usize = 400;

/// Of a value that every part of a record repeats, in octets before it is escaped.
const REPEATED: usize = 64;

/// How much it matters (RFC 5424 §6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// 3: what was asked failed.
    Error,
    /// 4: what was asked was refused.
    Warning,
    /// 5: normal and worth attention.
    Notice,
    /// 6: normal.
    Informational,
}

impl Severity {
    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Error => 3,
            Self::Warning => 4,
            Self::Notice => 5,
            Self::Informational => 6,
        }
    }
}

/// An element of structured data (RFC 5424 §6.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    id: String,
    params: Vec<(&'static str, String)>,
}

impl Element {
    /// One that is registered: `timeQuality`, `origin`, `meta` (RFC 5424 §7).
    #[must_use]
    pub fn registered(id: &'static str) -> Self {
        Self {
            id: name(id).to_owned(),
            params: Vec::new(),
        }
    }

    /// One of our own, `name@enterprise`.
    #[must_use]
    pub fn private(id: &'static str, enterprise: u32) -> Self {
        let number = enterprise.to_string();
        let most = NAME - 1 - number.len();
        let id: &str = name(id);
        Self {
            id: format!("{}@{number}", &id[..id.len().min(most)]),
            params: Vec::new(),
        }
    }

    /// With this parameter too. A value may hold anything; what is no text (control characters) becomes a space.
    #[must_use]
    pub fn with(mut self, param: &'static str, value: impl ToString) -> Self {
        self.params.push((name(param), value.to_string()));
        self
    }

    /// With this parameter too, when there is a value and it is not empty.
    #[must_use]
    pub fn with_some(self, param: &'static str, value: Option<impl ToString>) -> Self {
        match value.map(|value| value.to_string()) {
            Some(value) if !value.is_empty() => self.with(param, value),
            _ => self,
        }
    }

    fn write(&self, out: &mut String) {
        out.push('[');
        out.push_str(&self.id);
        for (param, value) in &self.params {
            write_param(out, param, bounded(value, REPEATED));
        }
        out.push(']');
    }
}

/// What is told of one record: one message, or several that bear the same facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How much it matters.
    pub severity: Severity,
    /// When, and how many seconds local time was ahead of UTC then. Told to the millisecond.
    pub at: (Timestamp, i32),
    /// Which machine. What HOSTNAME may not hold becomes `_`.
    pub host: String,
    /// Which program, in visible ASCII.
    pub program: &'static str,
    /// Which process; none is said without one.
    pub process: Option<u32>,
    /// Of which kind, in visible ASCII (MSGID).
    pub kind: &'static str,
    /// What every message of this record says of itself. Of their values the first 64 octets are told.
    pub facts: Vec<Element>,
    /// Our own element; its parameters here are in every message of the record, 64 octets of each.
    pub record: Element,
    /// What our own element says of the record, in order: what does not fit goes on in the next message, under the same name.
    pub fields: Vec<(&'static str, String)>,
    /// One line for people, at most 400 octets of it are told.
    pub text: String,
}

impl Message {
    /// The messages that tell it, each of at most `room` octets, [`LEAST_ROOM`] at least. Of several, each says which one it is
    /// in `part` and how many there are in `parts`; values of one name, put end to end in that order, are the whole value.
    #[must_use]
    pub fn encode(&self, room: usize) -> Vec<Vec<u8>> {
        let room = room.max(LEAST_ROOM);
        let (head, tail) = (self.head(), self.tail());
        let fields: Vec<(&'static str, String)> = (self.fields.iter())
            .map(|(field, value)| (name(field), plain(value)))
            .collect();
        let whole: String = fields.iter().fold(String::new(), |mut out, (field, value)| {
            write_param(&mut out, field, value);
            out
        });
        if head.len() + whole.len() + tail.len() <= room {
            return vec![[head.as_str(), &whole, &tail].concat().into_bytes()];
        }
        let numbers = " part=\"00000\" parts=\"00000\"".len();
        let bodies = pack(&fields, room.saturating_sub(head.len() + numbers + tail.len()));
        let count = bodies.len();
        (1..)
            .zip(bodies)
            .map(|(part, body)| {
                let numbers = format!(" part=\"{part}\" parts=\"{count}\"");
                [head.as_str(), &numbers, &body, &tail].concat().into_bytes()
            })
            .collect()
    }

    /// Up to our own element's repeated parameters.
    fn head(&self) -> String {
        let mut out = format!("<{}>1 ", FACILITY * 8 + self.severity.number());
        write_time(&mut out, self.at);
        let process = self
            .process
            .map_or_else(|| "-".to_owned(), |process| process.to_string());
        for (field, most) in [
            (self.host.as_str(), HOSTNAME),
            (self.program, 48),
            (&process, 128),
            (self.kind, NAME),
        ] {
            out.push(' ');
            out.push_str(&printable(field, most));
        }
        out.push(' ');
        for element in &self.facts {
            element.write(&mut out);
        }
        self.record.write(&mut out);
        out.pop();
        out
    }

    /// The end of our own element, and MSG (RFC 5424 §6.4, MSG-UTF8).
    fn tail(&self) -> String {
        format!("] \u{feff}{}", plain(bounded(&self.text, TEXT)))
    }
}

/// `MSG-LEN SP SYSLOG-MSG` (RFC 5425 §4.3).
#[must_use]
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = format!("{} ", message.len()).into_bytes();
    frame.extend_from_slice(message);
    frame
}

/// The fields in as many bodies as needed, each of at most `room` octets. None is lost: one that does not fit whole goes on,
/// after a comma where it has one.
fn pack(fields: &[(&'static str, String)], room: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut body = String::new();
    for (field, value) in fields {
        let frame = field.len() + " =\"\"".len();
        let mut rest = value.as_str();
        loop {
            let left = room.saturating_sub(body.len() + frame);
            let fits = fitting(rest, left);
            // Whole here; else whole in a message of its own; else piece by piece.
            let end = if fits == rest.len() {
                fits
            } else if !body.is_empty() && (fitting(rest, room.saturating_sub(frame)) == rest.len() || fits == 0) {
                0
            } else {
                let after_comma = rest[..fits].rfind(',').map_or(0, |comma| comma + 1);
                let piece = if after_comma > 0 { after_comma } else { fits };
                // In no room at all, one character at a time still goes on.
                piece.max(rest.chars().next().map_or(0, char::len_utf8))
            };
            if end > 0 || rest.is_empty() {
                write_param(&mut body, field, &rest[..end]);
                rest = &rest[end..];
                if rest.is_empty() {
                    break;
                }
            }
            bodies.push(std::mem::take(&mut body));
        }
    }
    bodies.push(body);
    bodies
}

/// How many octets of a text can be written, escaped, in so many: whole characters.
fn fitting(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.len_utf8() + usize::from(is_escaped(character));
        if used > room {
            return at;
        }
    }
    text.len()
}

fn is_escaped(character: char) -> bool {
    matches!(character, '"' | '\\' | ']')
}

/// RFC 5424 §6.3.3: three characters are escaped, and no other.
fn write_param(out: &mut String, param: &str, value: &str) {
    let _ = write!(out, " {param}=\"");
    for character in value.chars() {
        if is_escaped(character) {
            out.push('\\');
        }
        out.push(if character.is_control() { ' ' } else { character });
    }
    out.push('"');
}

/// RFC 5424 §6.2.3; the NILVALUE for a year that has not four digits.
fn write_time(out: &mut String, (at, utc_offset): (Timestamp, i32)) {
    // An offset has hours and minutes there, 23:59 at most: what is beyond stays in the time.
    let minutes = (utc_offset / 60).clamp(-1439, 1439);
    let local = Offset::from_seconds(minutes * 60)
        .ok()
        .map(|offset| offset.to_datetime(at));
    match local {
        Some(local) if (0..=9999).contains(&local.year()) => {
            let _ = write!(
                out,
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
                local.year(),
                local.month(),
                local.day(),
                local.hour(),
                local.minute(),
                local.second(),
                local.millisecond()
            );
            let _ = match minutes {
                0 => write!(out, "Z"),
                _ => {
                    let sign = if minutes < 0 { '-' } else { '+' };
                    let minutes = minutes.unsigned_abs();
                    write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
                }
            };
        }
        _ => out.push('-'),
    }
}

/// Visible ASCII, not empty, not longer than the field.
fn printable(text: &str, most: usize) -> String {
    let field: String = text
        .chars()
        .map(|c| if c.is_ascii_graphic() { c } else { '_' })
        .take(most)
        .collect();
    if field.is_empty() { "-".to_owned() } else { field }
}

/// A name of ours that may be one there; `x` for what may not, which a test excludes.
fn name(text: &'static str) -> &'static str {
    let fits = (1..=NAME).contains(&text.len());
    if fits && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        text
    } else {
        "x"
    }
}

fn bounded(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_of_seconds_stays_in_the_time_and_years_have_four_digits() {
        let told = |text: &str, offset: i32| {
            let mut out = String::new();
            write_time(&mut out, (text.parse().unwrap(), offset));
            out
        };
        assert_eq!(told("2026-11-22T06:00:00.1239Z", 3600), "2026-11-22T07:00:00.123+01:00");
        assert_eq!(told("2026-11-22T06:00:00Z", 0), "2026-11-22T06:00:00.000Z");
        assert_eq!(told("2026-11-22T06:00:00Z", -12_645), "2026-11-22T02:30:00.000-03:30");
        assert_eq!(told("-000001-11-22T06:00:00Z", 0), "-");
    }

    #[test]
    fn names_are_names() {
        assert_eq!(name("uniqueId"), "uniqueId");
        assert_eq!(name("a b"), "x");
        assert_eq!(printable("poste é 3", 255), "poste___3");
        assert_eq!(printable("", 255), "-");
        assert_eq!(Element::private("trace", 32_473).id, "trace@32473");
    }
}
