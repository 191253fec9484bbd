//! What stands between hostile bytes and the MIME parser.
//!
//! The parser nests a value in a value for each `message/rfc822` it meets, and dropping such a chain 100,000 deep
//! overflows the stack, which nothing can catch. So nested messages are made opaque first: the type's name is changed
//! by a letter, octet for octet, so that every offset stays true. They remain attachments that are parsed when opened.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use mail_parser::{Message, MessageParser};

use crate::limits;

static PARSER: LazyLock<MessageParser> = LazyLock::new(MessageParser::default);

const MASKS: [(&str, &str); 3] = [("rfc822", "rfc82_"), ("global", "globa_"), ("digest", "diges_")];

/// Bytes that the parser may be given, and whether some were left out.
pub(crate) struct Guarded<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) cut: bool,
}

/// Masks nested messages and leaves out what is past the bounds.
pub(crate) fn guard(raw: &[u8]) -> Guarded<'_> {
    let mut bytes = Cow::Borrowed(raw);
    let (mut at, mut delimiters, mut multiparts) = (0, 0, 0);
    while at < raw.len() {
        let mut end = line_end(raw, at);
        let line = &raw[at..end];
        let head = line
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t'))
            .unwrap_or(line.len());
        match line.get(head) {
            Some(b'-') if line[head..].starts_with(b"--") => {
                delimiters += 1;
                if delimiters > limits::DELIMITER_LINES {
                    return cut(bytes, at);
                }
            }
            Some(b'c' | b'C') if starts_ignoring_case(&line[head..], b"content-type") => {
                while matches!(raw.get(end), Some(b' ' | b'\t')) {
                    end = line_end(raw, end);
                }
                let field = &raw[at..end];
                if contains_ignoring_case(field, b"multipart") {
                    multiparts += 1;
                    if multiparts > limits::MULTIPARTS {
                        return cut(bytes, at);
                    }
                }
                mask(&mut bytes, field, at);
            }
            _ => {}
        }
        at = end;
    }
    Guarded { bytes, cut: false }
}

/// The header block and the empty line after it, bounded.
pub(crate) fn header_block(raw: &[u8]) -> &[u8] {
    let window = &raw[..raw.len().min(limits::HEADER_OCTETS)];
    let mut at = 0;
    while at < window.len() {
        let end = line_end(window, at);
        if matches!(&window[at..end], b"\n" | b"\r\n") && at > 0 {
            return &window[..end];
        }
        at = end;
    }
    window
}

/// Parses what was guarded. `None` when nothing could be made of it, panics of the parser included.
pub(crate) fn message(bytes: &[u8]) -> Option<Message<'_>> {
    quietly(|| PARSER.parse(bytes)).filter(|message| !message.parts.is_empty())
}

/// Parses a header block alone.
pub(crate) fn headers(block: &[u8]) -> Option<Message<'_>> {
    quietly(|| PARSER.parse_headers(block)).filter(|message| !message.parts.is_empty())
}

/// Undoes the mask in a name that came out of the parser.
pub(crate) fn unmask(text: &str) -> String {
    MASKS
        .iter()
        .fold(text.to_owned(), |text, (plain, masked)| text.replace(masked, plain))
}

fn quietly<'a>(parse: impl FnOnce() -> Option<Message<'a>>) -> Option<Message<'a>> {
    catch_unwind(AssertUnwindSafe(parse)).ok().flatten()
}

fn cut(bytes: Cow<'_, [u8]>, at: usize) -> Guarded<'_> {
    let bytes = match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..at]),
        Cow::Owned(mut bytes) => {
            bytes.truncate(at);
            Cow::Owned(bytes)
        }
    };
    Guarded { bytes, cut: true }
}

fn mask(bytes: &mut Cow<'_, [u8]>, field: &[u8], at: usize) {
    for (plain, masked) in MASKS {
        let width = plain.len();
        let mut from = 0;
        while let Some(found) = find_ignoring_case(&field[from..], plain.as_bytes()) {
            let place = at + from + found;
            bytes.to_mut()[place..place + width].copy_from_slice(masked.as_bytes());
            from += found + width;
        }
    }
    // A comment may stand inside a type (`message/(x)rfc822`): without its bracket it is no comment any more.
    for (offset, _) in field.iter().enumerate().filter(|(_, b)| **b == b'(') {
        bytes.to_mut()[at + offset] = b'_';
    }
}

fn line_end(raw: &[u8], at: usize) -> usize {
    raw[at..]
        .iter()
        .position(|b| *b == b'\n')
        .map_or(raw.len(), |offset| at + offset + 1)
}

fn starts_ignoring_case(line: &[u8], what: &[u8]) -> bool {
    line.get(..what.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(what))
}

fn contains_ignoring_case(text: &[u8], what: &[u8]) -> bool {
    find_ignoring_case(text, what).is_some()
}

fn find_ignoring_case(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len())
        .position(|window| window.eq_ignore_ascii_case(what))
}
