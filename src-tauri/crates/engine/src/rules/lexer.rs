//! The words of a script that somebody else wrote (RFC 5228 §2), to know what it does with others: it is read, and never
//! written.

/// Words looked at, at most: a script of the largest size has fewer.
const MOST: usize = 1 << 20;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A command, a test, a number: in lower case.
    Word(String),
    /// A string, as it means.
    Text(String),
    /// `:copy`, without its colon, in lower case.
    Tag(String),
    /// `{`, `;`, `[` …
    Mark(char),
}

/// The words of a script, its comments left out. What is no Sieve ends it: the server would not have it either.
pub(super) fn tokens(script: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = script;
    while found.len() < MOST {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}');
        let Some(first) = rest.chars().next() else { break };
        let next = match first {
            '#' => rest.split_once('\n').map(|(_, after)| after),
            '/' if rest.starts_with("/*") => rest[2..].split_once("*/").map(|(_, after)| after),
            '"' => quoted(&rest[1..]).map(|(text, after)| {
                found.push(Token::Text(text));
                after
            }),
            ':' => {
                let (word, after) = word(&rest[1..]);
                found.push(Token::Tag(word));
                Some(after)
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let (name, after) = word(rest);
                match (name.as_str(), after.strip_prefix(':')) {
                    ("text", Some(after)) => multiline(after).map(|(text, after)| {
                        found.push(Token::Text(text));
                        after
                    }),
                    _ => {
                        found.push(Token::Word(name));
                        Some(after)
                    }
                }
            }
            c => {
                found.push(Token::Mark(c));
                Some(&rest[c.len_utf8()..])
            }
        };
        let Some(next) = next else { break };
        rest = next;
    }
    found
}

fn word(text: &str) -> (String, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    (text[..end].to_ascii_lowercase(), &text[end..])
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

/// A string of lines after its `text:`, until a line that is a point (RFC 5228 §2.4.2).
fn multiline(text: &str) -> Option<(String, &str)> {
    let (_, mut rest) = text.split_once('\n')?;
    let mut out = String::new();
    loop {
        let (line, after) = rest.split_once('\n')?;
        let line = line.trim_end_matches('\r');
        if line == "." {
            return Some((out, after));
        }
        out.push_str(line.strip_prefix('.').unwrap_or(line));
        out.push_str("\r\n");
        rest = after;
    }
}

/// What a script of somebody else does that matters to ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Doings {
    /// It answers by itself: a server runs one answer for a message (RFC 5230 §4.7), and refuses both.
    pub(super) answers: bool,
    /// The personal scripts that it includes.
    pub(super) includes: Vec<String>,
}

/// Looks at a script.
pub(super) fn doings(script: &str) -> Doings {
    let mut doings = Doings::default();
    let tokens = tokens(script);
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(word) if word == "vacation" => doings.answers = true,
            Token::Word(word) if word == "include" => {
                let command = tokens[place + 1..]
                    .iter()
                    .take_while(|token| **token != Token::Mark(';'));
                let mut global = false;
                for token in command {
                    match token {
                        Token::Tag(tag) if tag == "global" => global = true,
                        Token::Text(name) if !global => doings.includes.push(name.clone()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    doings
}
