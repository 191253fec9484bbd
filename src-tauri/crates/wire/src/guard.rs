//! Bounds on what an IMAP server may say, checked on the bytes before any parser sees them.
//!
//! imap-proto recurses on parentheses without a limit, and async-imap keeps a whole response in memory: a hostile server
//! could end the process with a few kilobytes of `(`, or fill the memory. The guard follows the lines and literals of the
//! stream (RFC 3501 §2.2) and refuses what is beyond reason.

/// Deepest nesting of parentheses. A BODYSTRUCTURE of 30 nested parts is far beyond any letter.
const DEPTH: u16 = 40;

/// Octets of one response outside its literals: a SEARCH of a million UIDs fits.
const LINE: usize = 8 << 20;

/// Octets of one response, literals included. Larger messages are fetched by pieces.
const RESPONSE: u64 = 64 << 20;

/// Follows one stream.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    literal: u64,
    line: usize,
    total: u64,
    depth: u16,
    quoted: bool,
    escaped: bool,
    brace: Brace,
    carriage: bool,
}

/// Where the scan stands in a literal's announcement: `{`, digits, `}`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Brace {
    #[default]
    No,
    Open(u64),
    Closed(u64),
}

impl Guard {
    /// Follows `bytes`, and notes where responses begin in them. Says why they must not reach the parser.
    pub(crate) fn follow(&mut self, bytes: &[u8], starts: &mut Vec<usize>) -> Result<(), &'static str> {
        let mut at = 0;
        while at < bytes.len() {
            if self.literal > 0 {
                let skipped = self.literal.min((bytes.len() - at) as u64);
                self.literal -= skipped;
                at += skipped as usize;
                continue;
            }
            if self.line == 0 {
                starts.push(at);
            }
            self.byte(bytes[at])?;
            at += 1;
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), &'static str> {
        self.line += 1;
        if self.line > LINE {
            return Err("a response without end");
        }
        if byte == b'\n' && self.carriage {
            if let Brace::Closed(length) = self.brace {
                self.literal = length;
                self.total = self.total.saturating_add(length);
                if self.total > RESPONSE {
                    return Err("a response too large");
                }
                (self.brace, self.carriage) = (Brace::No, false);
            } else {
                *self = Self::default();
            }
            return Ok(());
        }
        self.carriage = byte == b'\r';
        if self.carriage {
            return Ok(());
        }
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
            return Ok(());
        }
        self.brace = match (self.brace, byte) {
            (_, b'{') => Brace::Open(0),
            (Brace::Open(n), b'0'..=b'9') => Brace::Open(n.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
            (Brace::Open(n), b'}') => Brace::Closed(n),
            _ => Brace::No,
        };
        match byte {
            b'"' => self.quoted = true,
            b'(' => self.depth += 1,
            b')' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > DEPTH {
            Err("a response nested too deep")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_inside_a_literal_or_a_quoted_string_is_not_judged() {
        let mut text = b"* 1 FETCH (UID 1 X \"((((\\\"((((\" BODY[] {200}\r\n".to_vec();
        text.extend(std::iter::repeat_n(b'(', 200));
        text.extend(b" FLAGS (\\Seen))\r\n* 2 EXISTS\r\n");
        let mut guard = Guard::default();
        guard.follow(&text, &mut Vec::new()).unwrap();
        assert_eq!((guard.depth, guard.line, guard.total), (0, 0, 0));
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let text = [b"* 1 FETCH (BODYSTRUCTURE ".as_slice(), &[b'('; 100]].concat();
        assert!(Guard::default().follow(&text, &mut Vec::new()).is_err());
    }

    #[test]
    fn a_literal_of_600_megabytes_is_refused_before_it_comes() {
        let judged = |text: &[u8]| Guard::default().follow(text, &mut Vec::new());
        assert!(judged(b"* 1 FETCH (BODY[] {629145600}\r\n").is_err());
        assert!(judged(b"* 1 FETCH (BODY[] {99999999999999999999999}\r\n").is_err());
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut guard = Guard::default();
        let chunk = [b'a'; 65_536];
        assert!((0..200).any(|_| guard.follow(&chunk, &mut Vec::new()).is_err()));
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_changes_nothing(text in proptest::collection::vec(any::<u8>(), 0..400), cut in 0usize..400) {
            let cut = cut.min(text.len());
            let (mut whole, mut parts) = (Guard::default(), Guard::default());
            let (mut starts, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
            let a = whole.follow(&text, &mut starts);
            let b = parts.follow(&text[..cut], &mut first).and_then(|()| parts.follow(&text[cut..], &mut second));
            prop_assert_eq!(a, b);
            first.extend(second.iter().map(|start| start + cut));
            prop_assert_eq!(starts, first);
        }
    }
}
