//! What a ManageSieve server says (RFC 5804 §4): lines of words and strings, bounded before they are kept.

use tokio::io::{AsyncRead, AsyncReadExt};

use super::LARGEST;
use crate::{WireError, lines};

/// Words of one line, at most.
const WORDS: usize = 200;

/// Lines of one answer, at most: a script each.
const LINES: usize = 1000;

/// Octets of one answer, at most: the largest script, and room around it.
const ANSWER: usize = LARGEST + (64 << 10);

/// How much of a string that is not a script is read: a server's words, a name, a challenge.
const SHORT: usize = 16 << 10;

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Atom(String),
    Text(Vec<u8>),
    Open,
    Close,
}

impl Word {
    pub(super) fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_atom(&self, name: &str) -> bool {
        matches!(self, Self::Atom(atom) if atom.eq_ignore_ascii_case(name))
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    Bye,
}

/// The line that ends an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) status: Status,
    /// The response code's name in capitals, such as `QUOTA/MAXSIZE` (RFC 5804 §1.3).
    pub(super) code: Option<String>,
    /// The server's words, as they are.
    pub(super) text: String,
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Line(Vec<Word>),
    End(End),
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) lines: Vec<Vec<Word>>,
    pub(super) end: End,
}

/// Which strings an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// Names and words.
    Short,
    /// A script.
    Script,
}

/// Reads a whole answer.
pub(super) async fn answer<S: AsyncRead + Unpin>(
    stream: &mut S,
    size: Size,
    during: &'static str,
) -> Result<Answer, WireError> {
    let mut budget = ANSWER;
    let mut lines = Vec::new();
    loop {
        match line(stream, size, &mut budget, during).await? {
            Heard::End(end) => return Ok(Answer { lines, end }),
            Heard::Line(_) if lines.len() >= LINES => return Err(WireError::Unreadable { during }),
            Heard::Line(words) => lines.push(words),
        }
    }
}

/// Reads one line of a dialogue.
pub(super) async fn heard<S: AsyncRead + Unpin>(stream: &mut S, during: &'static str) -> Result<Heard, WireError> {
    line(stream, Size::Short, &mut { ANSWER }, during).await
}

/// A line with its literals, of which only the length stands in it.
async fn line<S: AsyncRead + Unpin>(
    stream: &mut S,
    size: Size,
    budget: &mut usize,
    during: &'static str,
) -> Result<Heard, WireError> {
    let unreadable = || WireError::Unreadable { during };
    let longest = match size {
        Size::Short => SHORT,
        Size::Script => LARGEST,
    };
    let mut words = Vec::new();
    loop {
        let raw = lines::read(stream, during).await?;
        *budget = budget.checked_sub(raw.len() + 2).ok_or_else(unreadable)?;
        let literal = split(&raw, &mut words).ok_or_else(unreadable)?;
        if words.len() > WORDS {
            return Err(unreadable());
        }
        let Some(length) = literal else { break };
        // Judged before anything is kept for it.
        if length > longest {
            return Err(unreadable());
        }
        *budget = budget.checked_sub(length).ok_or_else(unreadable)?;
        let mut text = vec![0; length];
        let reading = stream.read_exact(&mut text).await;
        reading.map_err(|error| lines::failure(&error, during))?;
        words.push(Word::Text(text));
    }
    if words.is_empty() {
        return Err(unreadable());
    }
    let status = match &words[0] {
        word if word.is_atom("OK") => Status::Ok,
        word if word.is_atom("NO") => Status::No,
        word if word.is_atom("BYE") => Status::Bye,
        Word::Text(_) => return Ok(Heard::Line(words)),
        _ => return Err(unreadable()),
    };
    end(status, &words[1..]).map(Heard::End).ok_or_else(unreadable)
}

/// `(CODE …) "words"`, both optional.
fn end(status: Status, words: &[Word]) -> Option<End> {
    let (code, rest) = match words {
        [Word::Open, Word::Atom(name), after @ ..] => {
            let close = after.iter().position(|word| *word == Word::Close)?;
            (Some(name.to_ascii_uppercase()), &after[close + 1..])
        }
        _ => (None, words),
    };
    let text = match rest {
        [] => String::new(),
        [Word::Text(text)] => String::from_utf8_lossy(text).into_owned(),
        _ => return None,
    };
    Some(End { status, code, text })
}

/// Splits what stands on one line; answers the length of the literal that follows it, if one does.
fn split(line: &str, words: &mut Vec<Word>) -> Option<Option<usize>> {
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(' ');
        let Some(first) = rest.chars().next() else {
            return Some(None);
        };
        match first {
            '(' => {
                words.push(Word::Open);
                rest = &rest[1..];
            }
            ')' => {
                words.push(Word::Close);
                rest = &rest[1..];
            }
            '{' => {
                let length = rest.strip_prefix('{')?.strip_suffix('}')?;
                let length = length.strip_suffix('+').unwrap_or(length);
                let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
                return digits.then(|| length.parse().unwrap_or(usize::MAX)).map(Some);
            }
            '"' => {
                let (text, after) = quoted(&rest[1..])?;
                words.push(Word::Text(text.into_bytes()));
                rest = after;
            }
            _ => {
                let end = rest.find([' ', '"', '(', ')', '{']).unwrap_or(rest.len());
                words.push(Word::Atom(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        if words.len() > WORDS {
            return None;
        }
    }
}

/// A quoted string after its first quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[place + 1..])),
            '\\' => out.push(chars.next()?.1),
            _ => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read(text: &[u8]) -> Result<Answer, WireError> {
        answer(&mut { text }, Size::Script, "TEST").await
    }

    #[tokio::test]
    async fn quoted_strings_literals_and_codes_are_read() {
        let told = read(b"\"a \\\"b\\\" \\\\\" ACTIVE\r\n{3}\r\na\r\n\r\nOK (WARNINGS) {2+}\r\nok\r\nrest")
            .await
            .unwrap();
        assert_eq!(
            told.lines,
            [
                vec![Word::Text(b"a \"b\" \\".to_vec()), Word::Atom("ACTIVE".into())],
                vec![Word::Text(b"a\r\n".to_vec())],
            ]
        );
        assert_eq!(
            told.end,
            End {
                status: Status::Ok,
                code: Some("WARNINGS".into()),
                text: "ok".into()
            }
        );
        let told = read(b"NO (quota/maxsize \"x\" 3) \"full\"\r\n").await.unwrap();
        assert_eq!(told.end.code.as_deref(), Some("QUOTA/MAXSIZE"));
        assert_eq!((told.end.status, told.end.text.as_str()), (Status::No, "full"));
    }

    #[tokio::test]
    async fn lies_are_unreadable_and_cost_nothing() {
        let nonsense: [&[u8]; 12] = [
            b"{999999999999999999999999}\r\n",
            b"{2000000}\r\n",
            b"{-1}\r\n",
            b"{3}x\r\nabc\r\nOK\r\n",
            b"\"no end\r\nOK\r\n",
            b"OK \"a\" \"b\"\r\n",
            b"OK (A \"x\"\r\n",
            b"HTTP/1.1 400 Bad Request\r\n",
            b"* OK IMAP ready\r\n",
            b"220 smtp\r\n",
            b"\r\n",
            b"ACTIVE\r\n",
        ];
        for text in nonsense {
            let told = read(text).await;
            assert!(
                matches!(told, Err(WireError::Unreadable { .. })),
                "{:?}: {told:?}",
                String::from_utf8_lossy(text)
            );
        }
        // Names and words are short, whatever a script may be.
        let long = [b"{20000}\r\n".to_vec(), b"x".repeat(20_000), b"\r\nOK\r\n".to_vec()].concat();
        assert!(read(&long).await.is_ok());
        assert!(answer(&mut long.as_slice(), Size::Short, "TEST").await.is_err());
        // Lines and words without end.
        assert!(read(&b"\"a\"\r\n".repeat(2000)).await.is_err());
        assert!(
            read(&[b"\"a\" ".repeat(300), b"\r\nOK\r\n".to_vec()].concat())
                .await
                .is_err()
        );
        assert!(read(&[b"\"".to_vec(), b"a".repeat(10_000)].concat()).await.is_err());
        // Two scripts in one answer are more than one may be.
        let script = [b"{1000000}\r\n".to_vec(), vec![b'x'; 1_000_000], b"\r\n".to_vec()].concat();
        assert!(
            read(&[script.clone(), script, b"OK\r\n".to_vec()].concat())
                .await
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn reading_anything_never_panics(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(read(&text));
        }

        #[test]
        fn splitting_anything_never_panics(text in "[ \"{}()+\\\\0-9a-zé]{0,60}") {
            let _ = split(&text, &mut Vec::new());
        }
    }
}
