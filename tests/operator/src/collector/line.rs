//! One syslog message read as strictly as RFC 5424 §6 writes it: what a collector that forgives nothing would take in.

use std::fmt;

/// Why a message is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// What was expected.
    pub expected: &'static str,
    /// At which octet.
    pub at: usize,
    /// What is there, shortened.
    pub found: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} expected at octet {}: {:?}", self.expected, self.at, self.found)
    }
}

/// A message of RFC 5424.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogLine {
    /// 0 to 23.
    pub facility: u8,
    /// 0 to 7.
    pub severity: u8,
    /// As written; none for the NILVALUE.
    pub timestamp: Option<String>,
    /// As written; none for the NILVALUE.
    pub hostname: Option<String>,
    /// As written; none for the NILVALUE.
    pub app_name: Option<String>,
    /// As written; none for the NILVALUE.
    pub procid: Option<String>,
    /// As written; none for the NILVALUE.
    pub msgid: Option<String>,
    /// The elements in order, no two of one id.
    pub elements: Vec<SyslogElement>,
    /// The text after its mark; none when there is no MSG part.
    pub text: Option<String>,
}

/// An element of structured data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogElement {
    /// Its id.
    pub id: String,
    /// Names and values in order, unescaped; a name may come again.
    pub params: Vec<(String, String)>,
}

impl SyslogElement {
    /// The value of the first parameter of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(param, _)| param == name)
            .map(|(_, value)| value.as_str())
    }
}

impl SyslogLine {
    /// Reads a message, without its frame.
    ///
    /// # Errors
    /// At the first octet that RFC 5424 does not allow there.
    pub fn parse(octets: &[u8]) -> Result<Self, BadLine> {
        Reader { octets, at: 0 }.message()
    }

    /// The element of this id.
    #[must_use]
    pub fn element(&self, id: &str) -> Option<&SyslogElement> {
        self.elements.iter().find(|element| element.id == id)
    }

    /// The element whose id begins with this name and an `@`.
    #[must_use]
    pub fn private(&self, name: &str) -> Option<&SyslogElement> {
        self.elements
            .iter()
            .find(|element| element.id.split_once('@').is_some_and(|(before, _)| before == name))
    }

    /// The value of a parameter of the element `trace@…`.
    #[must_use]
    pub fn trace(&self, name: &str) -> Option<&str> {
        self.private("trace")?.get(name)
    }

    /// The journal's number of the trace that it tells; none for another message.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        self.trace("sequence")?.parse().ok()
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

type Read<T> = Result<T, BadLine>;

impl Reader<'_> {
    fn bad<T>(&self, expected: &'static str) -> Read<T> {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        Err(BadLine {
            expected,
            at: self.at,
            found: String::from_utf8_lossy(&rest[..rest.len().min(60)]).into_owned(),
        })
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn exactly(&mut self, octet: u8, expected: &'static str) -> Read<()> {
        if self.peek() != Some(octet) {
            return self.bad(expected);
        }
        self.at += 1;
        Ok(())
    }

    fn message(mut self) -> Read<SyslogLine> {
        self.exactly(b'<', "PRI")?;
        let pri = self.digits(1, 3)?;
        if pri > 191 || (self.octets[1] == b'0' && pri != 0) {
            return self.bad("PRIVAL of 0 to 191, without leading zeros");
        }
        self.exactly(b'>', "the end of PRI")?;
        // VERSION: this one only.
        self.exactly(b'1', "VERSION 1")?;
        let line = SyslogLine {
            facility: (pri / 8) as u8,
            severity: (pri % 8) as u8,
            timestamp: self.spaced_timestamp()?,
            hostname: self.printable(255, "HOSTNAME")?,
            app_name: self.printable(48, "APP-NAME")?,
            procid: self.printable(128, "PROCID")?,
            msgid: self.printable(32, "MSGID")?,
            elements: self.structured_data()?,
            text: self.text()?,
        };
        Ok(line)
    }

    fn digits(&mut self, least: usize, most: usize) -> Read<u32> {
        let from = self.at;
        while self.at - from < most && self.peek().is_some_and(|octet| octet.is_ascii_digit()) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.octets[from..self.at]).unwrap_or_default();
        match text.parse() {
            Ok(value) if text.len() >= least => Ok(value),
            _ => self.bad("digits"),
        }
    }

    fn within(&mut self, width: usize, range: std::ops::RangeInclusive<u32>) -> Read<u32> {
        let value = self.digits(width, width)?;
        if range.contains(&value) {
            Ok(value)
        } else {
            self.bad("a number in its range")
        }
    }

    fn spaced_timestamp(&mut self) -> Read<Option<String>> {
        self.exactly(b' ', "a space")?;
        if self.peek() == Some(b'-') {
            self.at += 1;
            return Ok(None);
        }
        let from = self.at;
        self.digits(4, 4)?;
        self.exactly(b'-', "a date")?;
        self.within(2, 1..=12)?;
        self.exactly(b'-', "a date")?;
        self.within(2, 1..=31)?;
        self.exactly(b'T', "the T of a timestamp")?;
        self.within(2, 0..=23)?;
        self.exactly(b':', "a time")?;
        self.within(2, 0..=59)?;
        self.exactly(b':', "a time")?;
        // No leap second (§6.2.3.1).
        self.within(2, 0..=59)?;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits(1, 6)?;
        }
        match self.peek() {
            Some(b'Z') => self.at += 1,
            Some(b'+' | b'-') => {
                self.at += 1;
                self.within(2, 0..=23)?;
                self.exactly(b':', "an offset")?;
                self.within(2, 0..=59)?;
            }
            _ => return self.bad("Z or an offset"),
        }
        Ok(Some(self.ascii(from)))
    }

    fn ascii(&self, from: usize) -> String {
        String::from_utf8_lossy(&self.octets[from..self.at]).into_owned()
    }

    /// ` ` and NILVALUE, or 1 to `most` of %d33-126.
    fn printable(&mut self, most: usize, what: &'static str) -> Read<Option<String>> {
        self.exactly(b' ', "a space")?;
        let from = self.at;
        while self.peek().is_some_and(|octet| (33..=126).contains(&octet)) {
            self.at += 1;
        }
        if !(1..=most).contains(&(self.at - from)) {
            return self.bad(what);
        }
        let text = self.ascii(from);
        Ok((text != "-").then_some(text))
    }

    fn structured_data(&mut self) -> Read<Vec<SyslogElement>> {
        self.exactly(b' ', "a space")?;
        let mut elements: Vec<SyslogElement> = Vec::new();
        if self.peek() == Some(b'-') {
            self.at += 1;
            return Ok(elements);
        }
        while self.peek() == Some(b'[') {
            self.at += 1;
            let id = self.name()?;
            if elements.iter().any(|element| element.id == id) {
                return self.bad("an SD-ID that is not there yet");
            }
            if !is_registered_or_private(&id) {
                return self.bad("an SD-ID that is registered, or has an enterprise number");
            }
            let mut params = Vec::new();
            while self.peek() == Some(b' ') {
                self.at += 1;
                let name = self.name()?;
                self.exactly(b'=', "=")?;
                params.push((name, self.value()?));
            }
            self.exactly(b']', "the end of an element")?;
            elements.push(SyslogElement { id, params });
        }
        if elements.is_empty() {
            return self.bad("STRUCTURED-DATA");
        }
        Ok(elements)
    }

    /// SD-NAME: 1 to 32 of %d33-126 without `=`, `]`, `"`.
    fn name(&mut self) -> Read<String> {
        let from = self.at;
        while self
            .peek()
            .is_some_and(|octet| (33..=126).contains(&octet) && !b"=]\"".contains(&octet))
        {
            self.at += 1;
        }
        if !(1..=32).contains(&(self.at - from)) {
            return self.bad("SD-NAME");
        }
        Ok(self.ascii(from))
    }

    fn value(&mut self) -> Read<String> {
        self.exactly(b'"', "a quoted value")?;
        let mut value = Vec::new();
        loop {
            match self.peek() {
                None => return self.bad("the end of a value"),
                Some(b'"') => break,
                // Must be escaped (§6.3.3).
                Some(b']') => return self.bad("an escaped ]"),
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(octet @ (b'"' | b'\\' | b']')) => value.push(octet),
                        _ => return self.bad("one of the three that are escaped"),
                    }
                }
                Some(octet) if octet < 0x20 || octet == 0x7f => return self.bad("no control character"),
                Some(octet) => value.push(octet),
            }
            self.at += 1;
        }
        self.at += 1;
        String::from_utf8(value).or_else(|_| self.bad("UTF-8"))
    }

    /// MSG-UTF8: a mark, then UTF-8; here one line.
    fn text(&mut self) -> Read<Option<String>> {
        if self.at == self.octets.len() {
            return Ok(None);
        }
        self.exactly(b' ', "a space before MSG")?;
        let Some(text) = self.octets[self.at..].strip_prefix("\u{feff}".as_bytes()) else {
            return self.bad("the mark of UTF-8");
        };
        match std::str::from_utf8(text) {
            Ok(text) if !text.contains(char::is_control) => Ok(Some(text.to_owned())),
            _ => self.bad("one line of UTF-8"),
        }
    }
}

fn is_registered_or_private(id: &str) -> bool {
    match id.split_once('@') {
        None => ["timeQuality", "origin", "meta"].contains(&id),
        Some((name, number)) => {
            !name.is_empty()
                && !number.is_empty()
                && number
                    .split('.')
                    .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_are_read_and_their_slips_are_seen() {
        let good = "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 \
            [exampleSDID@32473 iut=\"3\" eventSource=\"A \\\"b\\\" \\] \\\\\"][meta sequenceId=\"1\"] \u{feff}An entry";
        let line = SyslogLine::parse(good.as_bytes()).unwrap();
        assert_eq!((line.facility, line.severity, line.procid.as_deref()), (20, 5, None));
        let element = line.private("exampleSDID").unwrap();
        assert_eq!(element.get("eventSource"), Some("A \"b\" ] \\"));
        assert_eq!(line.text.as_deref(), Some("An entry"));
        for (from, to) in [
            ("<165>", "<192>"),
            ("<165>", "<065>"),
            (">1 ", ">2 "),
            ("T22", " 22"),
            (".003", ".0030000"),
            ("Z ", " "),
            ("11T", "32T"),
            ("mymachine", "my machine"),
            ("example.com", "exämple.com"),
            ("\\]", "]"),
            ("\\\\", "\\n"),
            ("@32473", ""),
            ("meta", "exampleSDID@32473"),
            ("\u{feff}", ""),
            ("entry", "en\ntry"),
            ("][", "] ["),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(SyslogLine::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
