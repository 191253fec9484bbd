//! Words that nobody else writes, in every form in which a text may hide.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// A word and its forms.
pub struct Word {
    pub plain: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Word {
    /// Of twelve octets and more, so that none of its forms is found by chance.
    pub fn new(plain: &str) -> Self {
        assert!(plain.len() >= 12, "{plain} is too short to be unmistakable");
        let mut forms = vec![
            ("plain", plain.as_bytes().to_vec()),
            ("lower case", plain.to_lowercase().into_bytes()),
            ("upper case", plain.to_uppercase().into_bytes()),
            ("hexadecimal", hex(plain.as_bytes(), false)),
            ("HEXADECIMAL", hex(plain.as_bytes(), true)),
            ("quoted-printable", escaped(plain, '=', false)),
            ("percent", escaped(plain, '%', false)),
            ("encoded word", escaped(plain, '=', true)),
            ("modified UTF-7", pli_wire_utf7(plain)),
            ("UTF-16", plain.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ];
        for before in 0..3 {
            let padded: Vec<u8> = std::iter::repeat_n(b' ', before).chain(plain.bytes()).collect();
            let whole = BASE64_STANDARD.encode(&padded);
            let whole = whole.trim_end_matches('=');
            // The first and the last digits depend on the neighbours.
            let within = &whole[(before * 8).div_ceil(6)..whole.len() - 1];
            forms.push(("base64", within.as_bytes().to_vec()));
            forms.push((
                "base64 of URLs",
                within.replace('+', "-").replace('/', "_").into_bytes(),
            ));
        }
        Self {
            plain: plain.to_owned(),
            forms,
        }
    }

    /// In which form these octets hold it.
    pub fn within(&self, octets: &[u8]) -> Option<&'static str> {
        let held = |form: &[u8]| octets.windows(form.len()).any(|window| window == form);
        self.forms.iter().find(|(_, form)| held(form)).map(|(name, _)| *name)
    }
}

/// None of the words is in these octets.
pub fn none_of(words: &[Word], what: &str, octets: &[u8]) {
    for word in words {
        if let Some(form) = word.within(octets) {
            let text = String::from_utf8_lossy(octets);
            let line = text.lines().find(|line| word.within(line.as_bytes()).is_some());
            panic!("{what} holds « {} » ({form}): {line:?}", word.plain);
        }
    }
}

fn hex(octets: &[u8], upper: bool) -> Vec<u8> {
    let digits = |octet: &u8| {
        if upper {
            format!("{octet:02X}")
        } else {
            format!("{octet:02x}")
        }
    };
    octets.iter().map(digits).collect::<String>().into_bytes()
}

fn escaped(text: &str, mark: char, words: bool) -> Vec<u8> {
    let mut out = String::new();
    for octet in text.bytes() {
        match octet {
            b' ' if words => out.push('_'),
            octet if octet.is_ascii_alphanumeric() || octet == b'-' => out.push(char::from(octet)),
            octet => out.push_str(&format!("{mark}{octet:02X}")),
        }
    }
    out.into_bytes()
}

/// RFC 3501 §5.1.3.
fn pli_wire_utf7(text: &str) -> Vec<u8> {
    let mut out = String::new();
    let mut run: Vec<u16> = Vec::new();
    let flush = |run: &mut Vec<u16>, out: &mut String| {
        if !run.is_empty() {
            let octets: Vec<u8> = run.drain(..).flat_map(u16::to_be_bytes).collect();
            let digits = BASE64_STANDARD.encode(octets);
            out.push_str(&format!("&{}-", digits.trim_end_matches('=').replace('/', ",")));
        }
    };
    for c in text.chars() {
        if c.is_ascii() {
            flush(&mut run, &mut out);
            out.push(c);
        } else {
            run.extend(c.encode_utf16(&mut [0; 2]).iter());
        }
    }
    flush(&mut run, &mut out);
    out.into_bytes()
}
