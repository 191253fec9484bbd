//! Folder names as IMAP writes them: modified UTF-7 (RFC 3501 §5.1.3).

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const MODIFIED: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// As it goes on the wire.
pub fn encode(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name.chars().peekable();
    while let Some(&c) = rest.peek() {
        if (' '..='~').contains(&c) {
            text.push_str(if c == '&' { "&-" } else { "" });
            if c != '&' {
                text.push(c);
            }
            rest.next();
        } else {
            let mut octets = Vec::new();
            while let Some(c) = rest.next_if(|c| !(' '..='~').contains(c)) {
                octets.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
            }
            text.push('&');
            text.push_str(&MODIFIED.encode(octets));
            text.push('-');
        }
    }
    text
}

/// As a person reads it; what is not well-formed stays as it is.
pub fn decode(text: &str) -> String {
    let mut name = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        name.push_str(before);
        let Some((shifted, after)) = after.split_once('-') else {
            name.push('&');
            rest = after;
            continue;
        };
        if shifted.is_empty() {
            name.push('&');
        } else {
            let units: Option<Vec<u16>> = MODIFIED.decode(shifted).ok().map(|octets| {
                octets
                    .chunks_exact(2)
                    .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                    .collect()
            });
            match units.and_then(|units| String::from_utf16(&units).ok()) {
                Some(decoded) => name.push_str(&decoded),
                None => name.push_str(&format!("&{shifted}-")),
            }
        }
        rest = after;
    }
    name.push_str(rest);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for (name, wire) in [
            ("Sent", "Sent"),
            ("Résultats reçus", "R&AOk-sultats re&AOc-us"),
            ("Labo & radio", "Labo &- radio"),
            ("📥", "&2D3c5Q-"),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire), name);
        }
        assert_eq!(decode("a&!-b"), "a&!-b");
    }
}
