//! What is kept in a trace of a mail server's own words (SC.MSS/CONF.18: the response's text, and never content).
//!
//! A server may put anything into its answer: the subject of the letter it refuses, the name of a file, the token it was
//! shown. So nothing is taken out of its words: only what is known is kept.

use crate::{Address, Domain, vocabulary, wording::sealed};

/// Octets of a server's words that are looked at.
const READ: usize = 4_000;

/// Octets that are kept at most.
const KEPT: usize = 300;

/// Most digits of a number that is kept: a size in octets, a phone number or a person's number has more.
const DIGITS: usize = 4;

/// Signs of punctuation kept on each side of a word at most.
const EDGE: usize = 3;

/// Punctuation around a word.
const OUTSIDE: [char; 27] = [
    '.', ',', ';', ':', '!', '?', '(', ')', '[', ']', '<', '>', '"', '\'', '«', '»', '“', '”', '‘', '’', '-', '–', '+',
    '=', '/', '*', '#',
];

/// Punctuation within a word. Not the dot: `dupont.jeanne` is nobody's word, nor a host's.
const INSIDE: [char; 15] = [
    '+', '-', '/', ':', '=', '(', ')', '[', ']', '<', '>', ',', ';', '"', '_',
];

/// What stands for everything that is not kept.
const HIDDEN: char = '…';

/// A server's words, of which only these were kept: the words of a fixed vocabulary of mail servers' answers, English and
/// French; enhanced status codes (RFC 3463); numbers of at most four digits that stand alone; response codes (RFC 5530);
/// the queue id that follows « queued as »; and the names that the exchange itself already has. Everything else is `…`.
/// At most 300 octets, without control characters.
///
/// ```
/// use pli_terms::ServerText;
/// let text = ServerText::filter("Requested action not taken: Résultats de Mme DUPONT exceeds fixed limit");
/// assert_eq!(text.as_str(), "Requested action not taken: … exceeds fixed limit");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ServerText(String);

/// A name that the trace of an exchange has anyway, and that a server may therefore repeat.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// The server's own name.
    Host(&'a Domain),
    /// The mailbox that is logged in, the sender or the recipient that was named.
    Address(&'a Address),
}

impl ServerText {
    /// Keeps of these words what no content can be.
    #[must_use]
    pub fn filter(raw: &str) -> Self {
        Self::filter_knowing(raw, &[])
    }

    /// As [`ServerText::filter`], and keeps these names too.
    #[must_use]
    pub fn filter_knowing(raw: &str, known: &[Known<'_>]) -> Self {
        let mut end = raw.len().min(READ);
        while !raw.is_char_boundary(end) {
            end -= 1;
        }
        let mut kept = filtered(&raw[..end], known);
        // A word that is hidden may leave its neighbour alone among hidden ones: looked at until nothing more goes.
        for _ in 0..KEPT {
            let again = filtered(&kept, known);
            if again == kept {
                break;
            }
            kept = again;
        }
        Self(kept)
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What one look at these words keeps.
fn filtered(text: &str, known: &[Known<'_>]) -> String {
    let chunks = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<Word<'_>> = chunks
        .filter(|chunk| !chunk.is_empty())
        .map(|chunk| Word::read(chunk, known))
        .collect();
    written(&words)
}

/// What stands between two spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word<'a> {
    before: &'a str,
    core: &'a str,
    after: &'a str,
    kind: Kind,
}

/// What a word's core is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Punctuation alone.
    Nothing,
    /// A name that is known.
    Known,
    /// Of the vocabulary.
    Plain,
    /// A number that is kept where it stands alone.
    Number,
    /// An enhanced status code.
    Status,
    /// Has the shape of a queue id: kept where one is expected.
    Queue,
    /// Anything else.
    Foreign,
}

impl<'a> Word<'a> {
    fn read(chunk: &'a str, known: &[Known<'_>]) -> Self {
        // A known name may hold what elsewhere is punctuation.
        let start = chunk.find(|c: char| !OUTSIDE.contains(&c)).unwrap_or(chunk.len());
        let (before, rest) = chunk.split_at(start);
        let end = rest.trim_end_matches(OUTSIDE).len();
        let (core, after) = rest.split_at(end);
        let kind = if known.iter().any(|name| name.is(core)) {
            Kind::Known
        } else {
            Kind::of(core)
        };
        Self {
            before,
            core,
            after,
            kind,
        }
    }

    fn write(&self, hidden: bool, out: &mut String) {
        let edge = |text: &str, out: &mut String| out.extend(text.chars().take(EDGE));
        edge(self.before, out);
        if hidden {
            out.push(HIDDEN);
        } else {
            out.push_str(self.core);
        }
        edge(self.after, out);
    }
}

impl Known<'_> {
    fn is(&self, text: &str) -> bool {
        let name = match self {
            Self::Host(host) => host.as_str(),
            Self::Address(address) => address.as_str(),
        };
        name.eq_ignore_ascii_case(text)
    }
}

impl Kind {
    fn of(core: &str) -> Self {
        if core.is_empty() {
            return Self::Nothing;
        }
        if is_status(core) {
            return Self::Status;
        }
        if is_number(core) {
            return Self::Number;
        }
        if is_plain(core) {
            return Self::Plain;
        }
        if is_queue(core) { Self::Queue } else { Self::Foreign }
    }
}

/// Whether every run of letters is a word of the vocabulary, with at most one short number among them: `user/mailbox`,
/// `size=100`, `n'existe`.
fn is_plain(core: &str) -> bool {
    let mut numbers = 0;
    let mut runs = 0;
    for run in core.split(INSIDE).filter(|run| !run.is_empty()) {
        runs += 1;
        if run.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers += 1;
            if run.len() > DIGITS || numbers > 1 {
                return false;
            }
        } else if !vocabulary::knows(run) {
            return false;
        }
    }
    runs > numbers
}

/// `0` to `9999`, or such a number with three decimals at most.
fn is_number(core: &str) -> bool {
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    match core.split_once('.') {
        Some((whole, decimals)) => digits(whole, DIGITS) && digits(decimals, 3),
        None => digits(core, DIGITS),
    }
}

/// `class.subject.detail` (RFC 3463 §3: classes 2, 4 and 5, subjects 0 to 7). A date has no such shape but by chance: see
/// [`written`].
fn is_status(core: &str) -> bool {
    let parts: Vec<&str> = core.split('.').collect();
    let &[class, subject, detail] = parts.as_slice() else {
        return false;
    };
    matches!(class, "2" | "4" | "5")
        && matches!(subject.as_bytes(), [b'0'..=b'7'])
        && (1..=3).contains(&detail.len())
        && detail.bytes().all(|byte| byte.is_ascii_digit())
}

/// A queue id of Postfix: hexadecimal digits, or time and file in its base 52, which has no vowel. Neither is a word that
/// a person wrote.
fn is_queue(core: &str) -> bool {
    let short = (6..=14).contains(&core.len())
        && core.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
        && core.bytes().filter(u8::is_ascii_digit).count() >= 2;
    let vowel = |byte: &u8| b"aeiouyAEIOUY".contains(byte);
    let long = (12..=20).contains(&core.len())
        && core.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !core
            .bytes()
            .any(|byte| vowel(&byte) && !byte.eq_ignore_ascii_case(&b'y'))
        && core.as_bytes().get(10) == Some(&b'z');
    short || long
}

/// The words that are kept, in order; a run of others is one `…`.
fn written(words: &[Word<'_>]) -> String {
    // Punctuation alone parts nothing: `31 / 12 / 1954` is one run of numbers.
    let spoken: Vec<usize> = (0..words.len()).filter(|&at| words[at].kind != Kind::Nothing).collect();
    let mut keeps = vec![true; words.len()];
    for (place, &at) in spoken.iter().enumerate() {
        let kind_at = |place: Option<usize>| place.and_then(|place| spoken.get(place)).map(|&at| words[at].kind);
        let beside = [kind_at(place.checked_sub(1)), kind_at(Some(place + 1))];
        let queued = || {
            let word = |back: usize| place.checked_sub(back).map(|place| words[spoken[place]].core);
            word(2).is_some_and(|word| word.eq_ignore_ascii_case("queued"))
                && word(1).is_some_and(|word| word.eq_ignore_ascii_case("as"))
        };
        keeps[at] = match words[at].kind {
            Kind::Nothing | Kind::Known => true,
            // A capital in the middle of a sentence, beside a hidden word, may be the other half of a name.
            Kind::Plain => {
                let begins = words[at].before.chars().next().is_some()
                    || place
                        .checked_sub(1)
                        .is_none_or(|place| !words[spoken[place]].after.is_empty());
                let capital = words[at].core.starts_with(char::is_uppercase);
                let foreign = beside.iter().filter(|kind| **kind == Some(Kind::Foreign)).count();
                // « de » between two hidden words says nothing.
                let lost = foreign == 2 && words[at].core.chars().count() <= 3 && words[at].after.is_empty();
                (begins || !capital || foreign == 0) && !lost
            }
            // Beside another number or a hidden word it may be a part of a date, of a phone's or of a person's number.
            Kind::Number => {
                !beside
                    .iter()
                    .flatten()
                    .any(|kind| matches!(kind, Kind::Number | Kind::Foreign | Kind::Queue))
                    || queued() && is_queue(words[at].core)
            }
            Kind::Status => place < 2 || !beside.contains(&Some(Kind::Foreign)),
            Kind::Queue => queued(),
            Kind::Foreign => false,
        };
    }
    let mut out = String::new();
    let mut hiding = false;
    for (word, keep) in words.iter().zip(keeps) {
        let mut next = String::new();
        word.write(!keep, &mut next);
        if next == "…" && hiding {
            continue;
        }
        hiding = !keep && word.after.is_empty();
        let room = KEPT - HIDDEN.len_utf8() - 1;
        if out.len() + 1 + next.len() > room {
            out.push_str(" …");
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&next);
    }
    out
}

impl std::fmt::Display for ServerText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl sealed::Part for &ServerText {
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

#[cfg(test)]
#[path = "server_text_tests.rs"]
mod tests;
