//! Writing strings into commands (RFC 3501 §4.3) so that none can become another command.

use crate::WireError;

/// A quoted string.
///
/// # Errors
/// [`WireError::Name`] for what a quoted string cannot hold: control characters, 8-bit text, more than 1,000 octets.
pub(super) fn quoted(text: &str) -> Result<String, WireError> {
    let fits = text.len() <= 1000 && text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if !fits {
        return Err(WireError::Name);
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Undoes the escapes that imap-proto leaves in quoted strings.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\\')) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_string_ends_before_its_end() {
        assert_eq!(quoted("a \"b\" \\").unwrap(), "\"a \\\"b\\\" \\\\\"");
        assert_eq!(unescaped("a \\\"b\\\" \\\\"), "a \"b\" \\");
        for text in ["a\r\nA2 LOGOUT", "é", "\0"] {
            assert!(quoted(text).is_err());
        }
    }
}
