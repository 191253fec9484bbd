//! Modified UTF-7, in which IMAP writes folder names (RFC 3501 §5.1.3).

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// Writes a name in modified UTF-7.
pub(super) fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut run: Vec<u8> = Vec::new();
    let flush = |run: &mut Vec<u8>, out: &mut String| {
        if !run.is_empty() {
            out.push('&');
            out.push_str(&BASE64.encode(&*run));
            out.push('-');
            run.clear();
        }
    };
    for c in name.chars() {
        if c == '&' {
            flush(&mut run, &mut out);
            out.push_str("&-");
        } else if (' '..='~').contains(&c) {
            flush(&mut run, &mut out);
            out.push(c);
        } else {
            let mut units = [0; 2];
            run.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut run, &mut out);
    out
}

/// Reads modified UTF-7. `None` when the text is not of it: show it as it is then.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (run, after) = rest[at + 1..].split_once('-')?;
        if run.is_empty() {
            out.push('&');
        } else {
            let bytes = BASE64.decode(run).ok()?;
            let (pairs, odd) = bytes.as_chunks::<2>();
            if !odd.is_empty() {
                return None;
            }
            for unit in char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair))) {
                out.push(unit.ok()?);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_names() {
        for (name, written) in [
            ("Comptes-rendus_é", "Comptes-rendus_&AOk-"),
            ("Éléments envoyés", "&AMk-l&AOk-ments envoy&AOk-s"),
            ("Biologie & imagerie", "Biologie &- imagerie"),
            ("台北", "&U,BTFw-"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encode(name), written);
            assert_eq!(decode(written).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_is_not_of_it_is_told_apart() {
        for text in ["a&b", "&A-", "&AOk", "&2D0-", "&****-"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in "\\PC{0,60}") {
            let written = encode(&name);
            prop_assert!(written.bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert_eq!(decode(&written), Some(name));
        }

        #[test]
        fn reading_anything_never_panics(text in ".{0,200}") {
            let _ = decode(&text);
        }
    }
}
