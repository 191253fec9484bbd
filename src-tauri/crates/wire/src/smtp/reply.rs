//! An SMTP reply: code, enhanced code, words.

use pli_terms::Wording;

use crate::codes;
use crate::scrub::scrub;
use crate::trail::Answered;

/// A server's answer (RFC 5321 §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// Enhanced status code (RFC 3463), such as `5.1.1`.
    pub enhanced: Option<String>,
    /// The server's words, without the enhanced code, scrubbed, 300 characters at most.
    pub text: String,
}

impl Reply {
    /// Reads the words of an answer.
    pub(crate) fn new(code: u16, words: &str) -> Self {
        let words = words.trim();
        let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
        let (enhanced, text) = if is_enhanced(first, code) {
            (Some(first.to_owned()), rest)
        } else {
            (None, words)
        };
        Self {
            code,
            enhanced,
            text: scrub(text),
        }
    }

    /// 2xx or 3xx.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// 4xx: may be accepted later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// As its trace tells it.
    pub(crate) fn told(&self) -> Answered<'_> {
        Answered {
            accepted: self.is_positive(),
            code: Wording::empty().and(self.code),
            detail: codes::enhanced(self.enhanced.as_deref()),
            text: &self.text,
        }
    }
}

/// `class.subject.detail`, of the class that the code has (RFC 2034 §4).
fn is_enhanced(word: &str, code: u16) -> bool {
    let mut parts = word.split('.');
    let number = |part: Option<&str>| {
        part.is_some_and(|text| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
    };
    let class = parts.next().and_then(|text| text.parse::<u16>().ok());
    class == Some(code / 100) && number(parts.next()) && number(parts.next()) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_enhanced_code_is_told_from_the_words() {
        let reply = Reply::new(550, "5.1.1 <x@alpha.mssante.test>: User unknown");
        assert_eq!(
            (reply.enhanced.as_deref(), reply.text.as_str()),
            (Some("5.1.1"), "<x@alpha.mssante.test>: User unknown")
        );
        assert_eq!(Reply::new(550, "4.1.1 odd").enhanced, None);
        assert_eq!(Reply::new(250, "2.0.0").enhanced.as_deref(), Some("2.0.0"));
        assert_eq!(Reply::new(250, "").text, "");
    }

    proptest! {
        #[test]
        fn reading_anything_never_panics(code in 200u16..600, words in ".{0,400}") {
            let _ = Reply::new(code, &words);
        }
    }
}
