//! What is taken out of a text before it stands in a technical log. The program logs no personal data on purpose; this is for
//! what an error's own words may carry along.

use std::borrow::Cow;

use pli_terms::ServerText;

/// What stands for what was taken out.
const GONE: &str = "…";
/// The longest text kept, in octets.
const LONGEST: usize = 400;

/// A text without what may tell of somebody: what stands between quotes; addresses, paths, links; words with a capital or
/// another letter than those of English, unless mail servers use them; five digits and more; what looks like a token.
pub(super) fn scrub(text: &str) -> String {
    let mut end = text.len().min(4 * LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = unquoted(&text[..end]);
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word = clean(word);
        if word.is_empty() || (word == GONE && out.ends_with(GONE)) {
            continue;
        }
        if out.len() + word.len() >= LONGEST {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// The text with each quoted part taken out; a quote that is not closed takes the rest.
fn unquoted(text: &str) -> String {
    let closing = |c: char| match c {
        '"' => Some('"'),
        '`' => Some('`'),
        '«' => Some('»'),
        '“' => Some('”'),
        '‘' => Some('’'),
        '<' => Some('>'),
        _ => None,
    };
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        // An apostrophe within a word is none.
        let close = if c == '\'' && !before.is_alphanumeric() {
            Some('\'')
        } else {
            closing(c)
        };
        match close {
            Some(close) => {
                out.push_str(GONE);
                chars.by_ref().find(|c| *c == close);
            }
            None => out.push(c),
        }
        before = c;
    }
    out
}

fn clean(word: &str) -> Cow<'_, str> {
    let core = word.trim_matches(|c: char| ".,;:!?()[]{}".contains(c));
    if core.is_empty() || tells_nothing(core) {
        return word.into();
    }
    GONE.into()
}

/// Whether a word may stay.
fn tells_nothing(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    // A name and a value (`code=7`), each of which must be harmless.
    if let Some((name, value)) = word.split_once('=') {
        return tells_nothing(name) && (value.is_empty() || tells_nothing(value));
    }
    if word.contains(['@', '/', '\\', '%', '~', '&']) || digits > 4 || word.len() > 24 {
        return false;
    }
    if word.len() > 11 && digits > 0 && letters > 0 {
        return false;
    }
    let plain = word
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.:'+".contains(&b));
    plain || word == GONE || ServerText::filter(word).as_str() == word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_fault_says_stays() {
        for kept in [
            "opening the journal: it cannot be read under this key",
            "database is locked (code 5)",
            "a sync stopped",
            "connection reset by peer (os error 104)",
            "os error 28",
        ] {
            assert_eq!(scrub(kept), kept);
        }
    }

    #[test]
    fn what_may_tell_of_somebody_goes() {
        for said in [
            "no mailbox zebraquartz@medecin.mssante.fr here",
            "subject \"Résultats zebraquartz\" refused",
            "folder 'zebraquartz' is not there",
            "folder «zebraquartz» is not there",
            "<zebraquartz> unknown",
            "unclosed \"zebraquartz and the rest",
            "writing /home/zebraquartz/pli: disk full",
            "writing C:\\Users\\zebraquartz: disk full",
            "at https://psc.example/zebraquartz?x=1",
            "Zebraquartz said no",
            "ZEBRAQUARTZ said no",
            "zébraquartz said no",
            "token zebraquartz0123456789abcdef refused",
            "password=zebraquartz/x",
            "name=Zebraquartz",
        ] {
            let left = scrub(said).to_lowercase();
            assert!(!left.contains("braquartz"), "{said} -> {left}");
            assert!(left.contains(GONE), "{said} -> {left}");
        }
        for said in [
            "899700218896",
            "by 1.84.12.75.123.456 today",
            "tel 0612345678",
            "born 12/03/1974",
            "at 192.0.2.7:465",
        ] {
            let left = scrub(said);
            let longest = left
                .split(|c: char| !c.is_ascii_digit())
                .map(str::len)
                .max()
                .unwrap_or_default();
            assert!(longest < 5 && left.contains(GONE), "{said} -> {left}");
        }
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ6ZWJyYSJ9.c2lnbmF0dXJl";
        assert_eq!(scrub(&format!("bearer {token}")), format!("bearer {GONE}"));
    }

    proptest! {
        #[test]
        fn a_text_is_one_short_line(text in "(?s).{0,600}") {
            let left = scrub(&text);
            prop_assert!(left.len() <= LONGEST);
            prop_assert!(!left.contains(char::is_control));
            prop_assert!(!left.contains('@') && !left.contains('"'));
        }

        #[test]
        fn addresses_and_long_numbers_never_stay(
            local in "[a-z0-9.]{1,12}", digits in "[0-9]{5,15}", before in "[a-z ]{0,10}", after in "[a-z ,.]{0,10}",
        ) {
            let left = scrub(&format!("{before} {local}@medecin.mssante.fr {digits}{after}"));
            prop_assert!(!left.contains("mssante"));
            prop_assert!(!left.contains(&digits));
        }
    }
}
