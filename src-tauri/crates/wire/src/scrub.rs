//! What a server's words become before they are shown to the person: short, printable, without what looks like a secret. A
//! trace keeps less of them: see [`pli_terms::ServerText`].

/// At most this many characters of a server's text are kept.
const KEPT: usize = 300;

/// A run of letters and digits as long as this is taken for a token or a key, and left out. An English or French word
/// never is, a host name has dots, a queue id is shorter.
const SECRET: usize = 32;

/// Scrubs a server's text: control characters become spaces, long runs that could be a token become `…`.
pub(crate) fn scrub(text: &str) -> String {
    let mut words = Vec::new();
    let mut left = KEPT;
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
    {
        let word = hide(word);
        let length = word.chars().count();
        if length > left {
            words.push("…".to_owned());
            break;
        }
        left -= length.min(left);
        left = left.saturating_sub(1);
        words.push(word);
    }
    words.join(" ")
}

/// Replaces within a word every long run of base64 characters. A run that only letters and hyphens make is a word.
fn hide(word: &str) -> String {
    let of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-' | '=');
    let mut out = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars().chain(std::iter::once('\0')) {
        if c != '\0' && of_token(c) {
            run.push(c);
            continue;
        }
        if run.len() >= SECRET {
            out.push('…')
        } else {
            out.push_str(&run)
        }
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_given_back_by_the_server_is_left_out() {
        let token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI4OTk3MDAwMDAwMDEifQabcdef.c2lnbmF0dXJl";
        let text = scrub(&format!("5.7.8 Error: authentication failed: Bearer {token}"));
        assert!(!text.contains("eyJ"), "{text}");
        assert!(text.starts_with("5.7.8 Error: authentication failed: Bearer"));
    }

    #[test]
    fn a_queue_id_and_a_host_stay() {
        let text = "2.0.0 Ok: queued as 4Bz1Xy2Zz3 on smtp.alpha.mssante.test";
        assert_eq!(scrub(text), text);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_short_and_printable(text in ".{0,2000}") {
            let kept = scrub(&text);
            prop_assert!(kept.chars().count() <= KEPT + 2);
            prop_assert!(!kept.chars().any(char::is_control));
        }
    }
}
