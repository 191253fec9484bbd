//! What a server keeps beside a mailbox's messages (METADATA, RFC 5464): entries that programs read and write, shared by
//! everybody who opens the mailbox.
//!
//! Their values may be content: no trace holds one, nor an entry's whole name. What comes was written by anybody: the
//! responses are put aside by the socket (see [`crate::aside`]) and read here, within bounds.

use std::borrow::Cow;

use pli_terms::{MessageId, Wording};

use super::exchange::Step;
use super::quote::quoted;
use super::session::Session;
use super::{Annotation, Annotations, MailboxName};
use crate::WireError;
use crate::audit::{Action, TracedMessage};
use crate::trail::Request;

/// Longest entry name, in octets.
const NAME: usize = 200;

/// Octets of entry names in one command (RFC 2683 §3.2.1.5).
const COMMAND: usize = 1000;

/// Entries read from the responses of one command.
const ENTRIES: usize = 4000;

/// Largest value written, in octets.
const VALUE: usize = 64 << 10;

impl Session {
    pub(super) async fn read_annotations(
        &mut self,
        mailbox: &MailboxName,
        under: &[String],
        largest: u32,
    ) -> Result<Annotations, WireError> {
        if !self.capabilities.metadata() {
            return Err(WireError::Missing("METADATA"));
        }
        let mut found = Annotations::default();
        for names in commands(under)? {
            let line = format!(
                "GETMETADATA (MAXSIZE {largest} DEPTH infinity) {} ({names})",
                quoted(mailbox.raw())?
            );
            let told = Wording::fixed("GETMETADATA (MAXSIZE")
                .and(largest)
                .and("DEPTH infinity)");
            let request = Request::new(Action::Inquire, told).in_mailbox(Some(mailbox.shown()));
            let shelf = self.gauge.shelf();
            shelf.open();
            let answer = self.command(request, "GETMETADATA", &line, |_| false).await;
            let (octets, over) = shelf.take();
            answer?;
            let largest = usize::try_from(largest).unwrap_or(usize::MAX);
            let whole = read(&octets, mailbox, largest, &mut found.entries);
            found.cut |= over || !whole;
        }
        Ok(found)
    }

    pub(super) async fn write_annotation(
        &mut self,
        mailbox: &MailboxName,
        entry: &str,
        value: Option<&[u8]>,
        about: Option<&MessageId>,
    ) -> Result<(), WireError> {
        if !self.capabilities.metadata() {
            return Err(WireError::Missing("METADATA"));
        }
        if !is_name(entry) || value.is_some_and(|value| value.len() > VALUE || value.contains(&0)) {
            return Err(WireError::Name);
        }
        let text = value.map_or_else(|| "NIL)".to_owned(), |value| format!("{{{}}}", value.len()));
        let line = format!("SETMETADATA {} ({entry} {text}", quoted(mailbox.raw())?);
        let told = Wording::fixed("SETMETADATA");
        let told = match value {
            Some(value) => told.and("{").then(value.len()).then("}"),
            None => told.and("NIL"),
        };
        let mut request = Request::new(Action::ChangeFlags, told).in_mailbox(Some(mailbox.shown()));
        request.messages.extend(about.map(|id| TracedMessage {
            message_id: Some(id.clone()),
            ..TracedMessage::default()
        }));
        let mut running = self.start(request, "SETMETADATA", &line).await?;
        let mut unsent = value.map(|value| [value, b")"].concat());
        let answer = loop {
            let data = match self.step(&mut running).await {
                Ok(Step::Data(data)) => data,
                Ok(Step::Done(answer)) => break answer,
                Err(error) => return Err(self.fail(running, error)),
            };
            match data.parsed() {
                imap_proto::Response::Continue(_) => {
                    if let Some(octets) = unsent.take()
                        && let Err(error) = self.write_literal(&octets).await
                    {
                        return Err(self.fail(running, error));
                    }
                }
                other => self.hear(other),
            }
        };
        self.finish(running, answer).map(drop)
    }
}

/// Whether an entry may be named so in a command: the characters of an atom, without what would be a pattern (§4.1).
fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b);
    let place = name.starts_with("/shared/") || name.starts_with("/private/");
    place && name.len() <= NAME && !name.ends_with('/') && !name.contains("//") && name.bytes().all(fits)
}

/// The names, as many in a command as fit.
fn commands(names: &[String]) -> Result<Vec<String>, WireError> {
    let mut commands: Vec<String> = Vec::new();
    for name in names {
        if !is_name(name) {
            return Err(WireError::Name);
        }
        match commands.last_mut() {
            Some(last) if last.len() + name.len() < COMMAND => {
                last.push(' ');
                last.push_str(name);
            }
            _ => commands.push(name.clone()),
        }
    }
    Ok(commands)
}

/// Reads the responses about this mailbox; `false` when there was more than can be read.
fn read(octets: &[u8], mailbox: &MailboxName, largest: usize, found: &mut Vec<Annotation>) -> bool {
    let mut scan = Scan { rest: octets };
    while !scan.rest.is_empty() {
        if found.len() >= ENTRIES || response(&mut scan, mailbox, largest, found).is_none() {
            return false;
        }
    }
    true
}

/// One response, up to its end. `None` when it is none.
fn response(scan: &mut Scan<'_>, mailbox: &MailboxName, largest: usize, found: &mut Vec<Annotation>) -> Option<()> {
    scan.word(b"* METADATA ")?;
    let named = scan.string()?;
    let ours = std::str::from_utf8(&named).is_ok_and(|raw| MailboxName::from_raw(raw) == *mailbox);
    scan.word(b" ")?;
    if scan.word(b"(").is_none() {
        // Names alone: something changed, unasked (§4.4.2).
        loop {
            scan.string()?;
            if scan.word(b"\r\n").is_some() {
                return Some(());
            }
            scan.word(b" ")?;
        }
    }
    loop {
        let entry = scan.string()?;
        scan.word(b" ")?;
        let value = scan.value()?;
        let entry = std::str::from_utf8(&entry).ok().filter(|name| name.len() <= NAME);
        let fits = value.as_ref().is_none_or(|value| value.len() <= largest);
        if let Some(entry) = entry.filter(|_| ours && fits && found.len() < ENTRIES) {
            found.push(Annotation {
                entry: entry.to_owned(),
                value: value.map(Cow::into_owned),
            });
        }
        if scan.word(b")\r\n").is_some() {
            return Some(());
        }
        scan.word(b" ")?;
    }
}

/// Reads what is left, from its beginning.
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    /// These octets, in any case.
    fn word(&mut self, word: &[u8]) -> Option<()> {
        let (there, rest) = self.rest.split_at_checked(word.len())?;
        if !there.eq_ignore_ascii_case(word) {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    /// `NIL`, or a string.
    fn value(&mut self) -> Option<Option<Cow<'a, [u8]>>> {
        match self.rest.first()? {
            b'"' | b'{' | b'~' => self.string().map(Some),
            _ => self.word(b"NIL").map(|()| None),
        }
    }

    /// An atom, a quoted string or a literal (RFC 3501 §9 astring; RFC 3516 literal8).
    fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        match self.rest.first()? {
            b'"' => self.quoted(),
            b'{' => self.literal(),
            b'~' if self.rest.get(1) == Some(&b'{') => {
                self.rest = &self.rest[1..];
                self.literal()
            }
            _ => {
                let end = self.rest.iter().position(|b| b" ()\r\n\"{".contains(b))?;
                let (atom, rest) = self.rest.split_at(end);
                self.rest = rest;
                (!atom.is_empty()).then_some(Cow::Borrowed(atom))
            }
        }
    }

    fn quoted(&mut self) -> Option<Cow<'a, [u8]>> {
        let mut text = Vec::new();
        let mut octets = self.rest.iter().enumerate().skip(1);
        while let Some((place, octet)) = octets.next() {
            match octet {
                b'"' => {
                    self.rest = &self.rest[place + 1..];
                    return Some(Cow::Owned(text));
                }
                b'\\' => text.push(*octets.next()?.1),
                b'\r' | b'\n' => return None,
                other => text.push(*other),
            }
        }
        None
    }

    fn literal(&mut self) -> Option<Cow<'a, [u8]>> {
        let end = self.rest.iter().take(24).position(|b| *b == b'}')?;
        let length: usize = std::str::from_utf8(&self.rest[1..end]).ok()?.parse().ok()?;
        self.rest = &self.rest[end + 1..];
        self.word(b"\r\n")?;
        let (octets, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Cow::Borrowed(octets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An entry's name and its value.
    type Entry = (String, Option<Vec<u8>>);

    fn all(octets: &[u8]) -> (Vec<Entry>, bool) {
        let mut found = Vec::new();
        let whole = read(octets, &MailboxName::inbox(), 10, &mut found);
        (found.into_iter().map(|one| (one.entry, one.value)).collect(), whole)
    }

    #[test]
    fn values_are_read_in_every_form() {
        let (found, whole) = all(
            b"* METADATA INBOX (/shared/a {3}\r\nx)\r /shared/b \"q\\\"\" /shared/c NIL)\r\n\
            * METADATA \"inbox\" (/shared/d ~{2}\r\n\xff\x01)\r\n* METADATA Other (/shared/e \"x\")\r\n\
            * METADATA INBOX /shared/f /shared/g\r\n* METADATA INBOX (/shared/h \"longer than ten\")\r\n",
        );
        let named: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(named, ["/shared/a", "/shared/b", "/shared/c", "/shared/d"]);
        assert_eq!(found[0].1.as_deref(), Some(b"x)\r".as_slice()));
        assert_eq!(found[1].1.as_deref(), Some(b"q\"".as_slice()));
        assert_eq!(
            (found[2].1.as_deref(), found[3].1.as_deref()),
            (None, Some(b"\xff\x01".as_slice()))
        );
        assert!(whole);
    }

    #[test]
    fn what_is_no_response_ends_the_reading_and_keeps_what_came_before() {
        for end in [
            "* METADATA INBOX (/shared/b",
            "* METADATA INBOX (/shared/b {99999999999999999999999}\r\n",
            "x",
        ] {
            let (found, whole) = all(format!("* METADATA INBOX (/shared/a NIL)\r\n{end}").as_bytes());
            assert_eq!((found.len(), whole), (1, false), "{end}");
        }
    }

    #[test]
    fn names_hold_nothing_that_a_command_would_read_otherwise() {
        assert!(is_name("/shared/vendor/vendor.pli/handling/ab12"));
        for name in [
            "/shared/",
            "/shared/a b",
            "/shared/a*",
            "/shared/a\r\nA1 LOGOUT",
            "comment",
            "/shared//a",
            "/shared/é",
        ] {
            assert!(!is_name(name), "{name}");
        }
        let many = vec!["/shared/vendor/vendor.pli/handling/0123456789abcdef0123456789abcdef".to_owned(); 100];
        let commands = commands(&many).unwrap();
        assert!(commands.iter().all(|names| names.len() <= COMMAND));
        assert_eq!(
            commands.iter().map(|names| names.split(' ').count()).sum::<usize>(),
            100
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_within_bounds(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            let start = b"* METADATA INBOX (/shared/a ".to_vec();
            for octets in [octets.clone(), [start, octets].concat()] {
                let (found, _) = all(&octets);
                prop_assert!(found.iter().all(|(name, value)| name.len() <= NAME && value.as_ref().is_none_or(|v| v.len() <= 10)));
            }
        }
    }
}
