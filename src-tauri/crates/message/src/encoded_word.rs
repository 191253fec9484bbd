//! Encoded words (RFC 2047) that programs write wrongly: a character cut between two words, or octets of another
//! charset under the name of UTF-8. Each word is decoded on its own by the parser, and such characters would be lost.

use mail_parser::decoders::base64::base64_decode;

use crate::charset::guess;

/// Longer words are nobody's text.
const LONGEST: usize = 10_000;

/// A header block in which such words are written anew, when it holds any.
pub(crate) fn mended(block: &[u8]) -> Option<Vec<u8>> {
    let mut out: Option<Vec<u8>> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = block[at..].windows(2).position(|pair| pair == b"=?") {
        let start = at + found;
        let Some((mut octets, length)) = word(&block[start..]) else {
            at = start + 1;
            continue;
        };
        let (mut end, mut sound) = (start + length, is_utf_8(&octets));
        while let Some((more, length)) = next_word(&block[end..]) {
            sound &= is_utf_8(&more);
            octets.extend_from_slice(&more);
            end += length;
        }
        at = end;
        if !sound {
            let out = out.get_or_insert_with(Vec::new);
            out.extend_from_slice(&block[copied..start]);
            out.extend_from_slice(&written(&guess(&octets)));
            copied = end;
        }
    }
    if let Some(out) = &mut out {
        out.extend_from_slice(&block[copied..]);
    }
    out
}

fn is_utf_8(octets: &[u8]) -> bool {
    std::str::from_utf8(octets).is_ok()
}

/// The octets of the UTF-8 word that a text begins with, and its length.
fn word(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut pieces = text.get(2..)?.splitn(4, |b| *b == b'?');
    let (charset, coding, content) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let content_at = 2 + charset.len() + 1 + coding.len() + 1;
    // `utf-8*fr`: a language may follow (RFC 2231 §5).
    let charset = charset.split(|b| *b == b'*').next()?;
    let named = charset.eq_ignore_ascii_case(b"utf-8") || charset.eq_ignore_ascii_case(b"utf8");
    let ended = pieces.next()?.first() == Some(&b'=');
    if !named || !ended || content.len() > LONGEST || content.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let octets = match coding {
        b"b" | b"B" => base64_decode(content)?,
        b"q" | b"Q" => quoted(content)?,
        _ => return None,
    };
    Some((octets, content_at + content.len() + 2))
}

/// A word after spaces or a folded line's end; the length counts these too.
fn next_word(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let spaces = text.iter().take(1_000).take_while(|b| b.is_ascii_whitespace()).count();
    // A line's end with no space after it ends the field.
    if spaces == 0 || text.get(spaces - 1) == Some(&b'\n') || !text[spaces..].starts_with(b"=?") {
        return None;
    }
    let (octets, length) = word(&text[spaces..])?;
    Some((octets, spaces + length))
}

fn quoted(content: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'_' => out.push(b' '),
            b'=' => {
                let pair = std::str::from_utf8(rest.get(..2)?).ok()?;
                out.push(u8::from_str_radix(pair, 16).ok()?);
                rest = &rest[2..];
            }
            other => out.push(*other),
        }
    }
    Some(out)
}

fn written(text: &str) -> Vec<u8> {
    let mut out = b"=?utf-8?Q?".to_vec();
    for octet in text.bytes() {
        out.extend_from_slice(format!("={octet:02X}").as_bytes());
    }
    out.extend_from_slice(b"?=");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subject(field: &str) -> String {
        crate::parse_headers(format!("Subject: {field}\r\nFrom: {field} <a@b.fr>\r\n\r\n").as_bytes()).subject
    }

    #[test]
    fn a_character_cut_between_two_words_is_whole_again() {
        for field in [
            "=?utf-8?Q?r=C3=A9sultat_de_l=C3?= =?utf-8?Q?=A9lectrophor=C3=A8se?= suite",
            "=?UTF-8?q?r=C3=A9sultat_de_l=C3?=\r\n =?UTF-8?B?qWxlY3Ryb3Bob3LDqHNl?= suite",
            "=?utf-8?B?csOpc3VsdGF0IGRlIGzD?=\r\n\t=?utf-8*fr?Q?=A9lectrophor=C3=A8se?= suite",
            "=?utf8?Q?r=E9sultat_de_l=E9lectrophor=E8se?= suite",
        ] {
            assert_eq!(subject(field), "résultat de lélectrophorèse suite", "{field}");
        }
    }

    #[test]
    fn sound_words_are_left_alone() {
        for block in [
            "Subject: =?utf-8?Q?r=C3=A9sultat?= =?utf-8?Q?_suite?=\r\n",
            "Subject: =?iso-8859-1?Q?r=E9sultat?=\r\n",
            "Subject: =? =?utf-8 =?utf-8?Q =?utf-8?Q? =?utf-8?Q?x =?utf-8?X?=E9?= =?utf-8?Q?=E?=\r\n",
        ] {
            assert_eq!(mended(block.as_bytes()), None, "{block}");
        }
        let two = "Subject: =?utf-8?Q?=E9?=\r\nTo: =?utf-8?Q?=E8?= <a@b.fr>\r\n";
        assert_eq!(
            mended(two.as_bytes()).map(|block| String::from_utf8_lossy(&block).into_owned()),
            Some("Subject: =?utf-8?Q?=C3=A9?=\r\nTo: =?utf-8?Q?=C3=A8?= <a@b.fr>\r\n".to_owned())
        );
    }

    proptest! {
        #[test]
        fn any_block_is_read_and_mended_once(pieces in proptest::collection::vec(proptest::sample::select(vec![
            "=?", "?=", "utf-8", "?Q?", "?b?", "=E9", "=C3", "=A9", "_", "qWx=", "w6k=", " ", "\r\n ", "\r\n", "*", "x", "é",
        ]), 0..60)) {
            let block = pieces.concat();
            if let Some(new) = mended(block.as_bytes()) {
                prop_assert_eq!(mended(&new), None);
            }
        }
    }
}
