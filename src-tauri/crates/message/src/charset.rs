//! Octets to text, for reading: the declared charset where there is one, and what French mail really holds where there
//! is none.

use std::borrow::Cow;
use std::panic::catch_unwind;

use mail_parser::decoders::charsets::DecoderFnc;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{MessagePart, MimeHeaders, PartType};

use crate::encoded_word;
use crate::transfer::octets;

/// The text of a text part.
pub(crate) fn text_of<'a>(raw: &'a [u8], part: &'a MessagePart<'_>) -> Cow<'a, str> {
    let declared = part.content_type().and_then(|found| found.attribute("charset"));
    let decoder = declared.and_then(decoder);
    match (&part.body, decoder) {
        (PartType::Text(text) | PartType::Html(text), Some(_)) if !part.is_encoding_problem => Cow::Borrowed(text),
        (_, Some(decoder)) => {
            let octets = octets(raw, part);
            let text = catch_unwind(|| decoder(&octets)).ok();
            text.map_or_else(|| Cow::Owned(guess(&octets).into_owned()), Cow::Owned)
        }
        (_, None) => match octets(raw, part) {
            Cow::Borrowed(octets) => guess(octets),
            Cow::Owned(octets) => Cow::Owned(match String::from_utf8(octets) {
                Ok(text) => without_mark(text),
                Err(error) => guess(error.as_bytes()).into_owned(),
            }),
        },
    }
}

/// The decoder of a charset that says more than « some extension of ASCII »: programs write `us-ascii` on anything.
fn decoder(name: &str) -> Option<DecoderFnc> {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let plain = ["us-ascii", "ascii", "ansi_x3.4-1968", "replacement", "x-user-defined"];
    if name.is_empty() || plain.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return None;
    }
    charset_decoder(name.as_bytes())
}

/// Text of no declared charset: UTF-8 when it is, else Windows-1252, which most programs that declare nothing use. Where
/// both are mixed (a reply that quotes), each octet that is no UTF-8 is read as Windows-1252.
pub(crate) fn guess(octets: &[u8]) -> Cow<'_, str> {
    match octets {
        [0xef, 0xbb, 0xbf, rest @ ..] => return guess(rest),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            if let Some(decoder) = charset_decoder(b"utf-16") {
                return Cow::Owned(decoder(octets));
            }
        }
        _ => {}
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        return Cow::Borrowed(text);
    }
    let (mut sound, mut strange) = (0, 0);
    for chunk in octets.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        strange += chunk.invalid().len();
    }
    let mut out = String::with_capacity(octets.len() + octets.len() / 8);
    if sound < strange {
        out.extend(octets.iter().map(|octet| windows_1252(*octet)));
    } else {
        for chunk in octets.utf8_chunks() {
            out.push_str(chunk.valid());
            out.extend(chunk.invalid().iter().map(|octet| windows_1252(*octet)));
        }
    }
    Cow::Owned(out)
}

/// A header block that the parser reads rightly, when this one is not yet so: in UTF-8, and its encoded words sound.
pub(crate) fn header_mended(block: &[u8]) -> Option<Vec<u8>> {
    let in_utf_8 = header_in_utf8(block);
    encoded_word::mended(in_utf_8.as_deref().unwrap_or(block)).or(in_utf_8)
}

/// A header block in UTF-8, when it is not yet so: raw octets in a header are forbidden and common (RFC 5322 §2.2).
/// Each line is judged on its own.
fn header_in_utf8(block: &[u8]) -> Option<Vec<u8>> {
    match std::str::from_utf8(block) {
        // The bound of the block may have cut a character.
        Ok(_) => return None,
        Err(error) if error.error_len().is_none() => return None,
        Err(_) => {}
    }
    let mut out = Vec::with_capacity(block.len() + block.len() / 8);
    for line in block.split_inclusive(|b| *b == b'\n') {
        match std::str::from_utf8(line) {
            Ok(_) => out.extend_from_slice(line),
            Err(_) => out.extend_from_slice(guess(line).as_bytes()),
        }
    }
    Some(out)
}

fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

fn windows_1252(octet: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match octet {
        0x80..=0x9f => HIGH[usize::from(octet - 0x80)],
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undeclared_octets_are_read_as_france_writes_them() {
        for (octets, text) in [
            ("Bonjour œdème 3 €".as_bytes(), "Bonjour œdème 3 €"),
            (b"\x9cd\xe8me 3 \x80", "œdème 3 €"),
            (b"\xef\xbb\xbfr\xc3\xa9sultat", "résultat"),
            (b"\xff\xfer\x00\xe9\x00", "ré"),
            ("é".as_bytes(), "é"),
            (b"\xc3\xa9t\xc3\xa9 puis \xe9t\xe9", "été puis été"),
            (b"\xc9\xbb arr\xeat\xe9 et \xe0", "É» arrêté et à"),
            (b"", ""),
        ] {
            assert_eq!(guess(octets), text, "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn a_header_block_is_changed_only_where_it_must_be() {
        assert_eq!(header_in_utf8("Subject: résultat\r\n".as_bytes()), None);
        assert_eq!(header_in_utf8(b"Subject: coup\xc3"), None, "cut by the bound");
        assert_eq!(
            header_in_utf8(b"To: \xc3\xa9lise\r\nSubject: r\xe9sultat \x80\r\n\r\n").unwrap(),
            "To: élise\r\nSubject: résultat €\r\n\r\n".as_bytes()
        );
    }
}
