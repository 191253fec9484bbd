//! The octets of a part, as its author's program had them: only the transfer encoding is undone (RFC 2045 §6).
//!
//! The parser turns the charset of text into UTF-8, which is right for reading and wrong for a file: a result in
//! ISO 8859-1 must reach the disk as it left the laboratory. So files are decoded here, from the raw message.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::{Encoding, MessagePart, MimeHeaders, PartType};

/// A base64 body with more strangers than one in this many is no base64: it was declared wrongly, and stays as it is.
const STRANGERS: usize = 50;

/// The decoded octets of a part that is no multipart. Never longer than the part itself. `raw` is the message as it
/// came, to which the parser's offsets apply.
pub(crate) fn octets<'a>(raw: &'a [u8], part: &'a MessagePart<'_>) -> Cow<'a, [u8]> {
    // Where the parser did exactly this already, its copy serves.
    if let (PartType::Binary(done) | PartType::InlineBinary(done), Encoding::Base64, false) =
        (&part.body, part.encoding, part.is_encoding_problem)
    {
        return Cow::Borrowed(done);
    }
    let body = raw
        .get(part.offset_body as usize..part.offset_end as usize)
        .unwrap_or_default();
    let declared = part.content_transfer_encoding().unwrap_or_default();
    let word = declared
        .trim_start_matches(|c: char| c.is_whitespace() || c == '"')
        .split(|c: char| c.is_whitespace() || "\";(".contains(c))
        .next()
        .unwrap_or_default();
    if word.eq_ignore_ascii_case("base64") {
        match base64_decode(body) {
            Some(done) => Cow::Owned(done),
            None => tolerant_base64(body),
        }
    } else if word.eq_ignore_ascii_case("quoted-printable") {
        Cow::Owned(quoted_printable(body))
    } else {
        Cow::Borrowed(body)
    }
}

/// Base64 in which something else stands: marks of a relay are passed over, a footer after the end is left out.
fn tolerant_base64(body: &[u8]) -> Cow<'_, [u8]> {
    let (mut kept, mut strangers, mut ended) = (Vec::with_capacity(body.len()), 0, false);
    for line in body.split(|b| *b == b'\n') {
        let strange = line
            .iter()
            .filter(|b| !b.is_ascii_whitespace() && !is_base64(**b))
            .count();
        if ended && strange > 0 {
            break;
        }
        strangers += strange;
        kept.extend(line.iter().filter(|b| is_base64(**b)));
        ended |= kept.last() == Some(&b'=');
    }
    if strangers * STRANGERS > kept.len() {
        return Cow::Borrowed(body);
    }
    base64_decode(&kept).map_or(Cow::Borrowed(body), Cow::Owned)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// RFC 2045 §6.7. What is no encoding stays as it stands; spaces before a line's end were added on the way.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let (content, end) = match line {
            [content @ .., b'\r', b'\n'] => (content, b"\r\n".as_slice()),
            [content @ .., b'\n'] => (content, b"\n".as_slice()),
            content => (content, b"".as_slice()),
        };
        let content = content.trim_ascii_end();
        let (content, end) = match content {
            [content @ .., b'='] => (content, b"".as_slice()),
            content => (content, end),
        };
        let mut rest = content;
        while let [first, after @ ..] = rest {
            rest = after;
            if *first == b'='
                && let [high, low, after @ ..] = rest
                && let (Some(high), Some(low)) = (digit(*high), digit(*low))
            {
                out.push(high << 4 | low);
                rest = after;
            } else {
                out.push(*first);
            }
        }
        out.extend_from_slice(end);
    }
    out
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_gives_the_octets_and_keeps_what_is_not_encoded() {
        for (body, octets) in [
            (&b"caf=E9 \t\r\nsuite=20\r\n"[..], &b"caf\xe9\r\nsuite \r\n"[..]),
            (b"un=  \r\ndeux=\nx", b"undeuxx"),
            (b"a=3d=3D=zz=", b"a===zz"),
            (b"=00=ff\xff", b"\x00\xff\xff"),
            (b"", b""),
        ] {
            assert_eq!(quoted_printable(body), octets, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn base64_survives_marks_and_footers_but_is_not_made_of_plain_text() {
        let whole = "JVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQK\r\n";
        let marked = whole.replacen("\r\n", "!\r\n", 1);
        assert_eq!(&*tolerant_base64(marked.as_bytes()), "%PDF-1.4\n".repeat(7).as_bytes());
        let footed = b"JVBERi0=\r\n_____\r\nListe des cabinets\r\n";
        assert_eq!(&*tolerant_base64(footed), b"%PDF-");
        let plain = "Ceci n'est pas encodé, malgré l'en-tête.".as_bytes();
        assert_eq!(&*tolerant_base64(plain), plain);
    }
}
