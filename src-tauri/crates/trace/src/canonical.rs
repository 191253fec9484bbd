//! The canonical octets of a trace: one trace has exactly one form, and one form is read as exactly one trace.
//!
//! Format 2. Numbers are little endian. A text is its length in octets (u32) and its UTF-8 octets; something that may be
//! absent is one octet, 0 or 1, and then itself. In this order:
//!
//! | field | form |
//! |---|---|
//! | format | u8, 2 |
//! | sequence | u64 |
//! | unique id | 16 octets |
//! | time | i64, milliseconds since 1970 UTC |
//! | offset of the local time | i32, seconds |
//! | clock set back since the trace before | optional u64, milliseconds, never 0 |
//! | clock follows a time server | optional u8, 0 or 1 |
//! | clock gap | optional i64, milliseconds |
//! | author | optional: optional national id, name, method |
//! | BAL | optional: address, kind (may be the empty text) |
//! | action | text |
//! | request | protocol, verb, mailbox, target, UIDs (texts), octets out, octets in (u64) |
//! | outcome | u8: 0 done, 1 refused (code, enhanced code, text), 2 failed (what), 3 intended |
//! | exchange | optional u64 |
//! | duration | u64, milliseconds |
//! | message | internal id (text), optional Message-ID, optional sender, u32 count and as many recipients, optional u64 size |
//! | workstation | os, its version, Pli's version, host, address (texts) |
//! | server | optional: name, address |
//!
//! Format 1 is still read: it has the octet 1 first, and none of « set back », « follows a time server », « target » and
//! « exchange ».
//!
//! A trace's hash is SHA-256 of the hash of the trace before it (32 octets) followed by these octets. Before the first
//! one stands SHA-256 of 32 zero octets and the journal's own random id. The fields that exist never change their form:
//! another set of fields is another format number.

use jiff::Timestamp;
use pli_terms::{Address, BalKind, MessageId, NationalId, Wording};

use crate::entry::{
    Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Outcome, Protocol, Request, Sequence, Server,
    Workstation,
};

/// What this program writes.
const FORMAT: u8 = 2;
/// What it wrote before.
const FIRST_FORMAT: u8 = 1;
/// More recipients of one message are not kept in its trace.
const RECIPIENTS: usize = 1000;

/// What canonical octets say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) sequence: Sequence,
    pub(crate) unique_id: [u8; 16],
    pub(crate) set_back_ms: Option<u64>,
    pub(crate) entry: Entry,
}

/// The canonical octets of a trace.
pub(crate) fn write(sequence: Sequence, unique_id: &[u8; 16], set_back_ms: Option<u64>, entry: &Entry) -> Vec<u8> {
    written(FORMAT, sequence, unique_id, set_back_ms, entry)
}

/// The canonical octets of a trace in this format.
pub(crate) fn written(
    format: u8,
    sequence: Sequence,
    unique_id: &[u8; 16],
    set_back_ms: Option<u64>,
    entry: &Entry,
) -> Vec<u8> {
    let second = format != FIRST_FORMAT;
    let mut out = Writer(Vec::with_capacity(512));
    out.u8(format);
    out.u64(sequence.0);
    out.0.extend_from_slice(unique_id);
    out.i64(entry.at.as_millisecond());
    out.0.extend_from_slice(&entry.utc_offset.to_le_bytes());
    if second {
        out.option(set_back_ms, Writer::u64);
        out.option(entry.clock.synchronised, |out, yes| out.u8(u8::from(yes)));
    }
    out.option(entry.clock.gap_ms, Writer::i64);
    out.option(entry.author.as_ref(), |out, author| {
        out.option(author.national_id.as_ref(), |out, id| out.text(id.as_str()));
        out.text(author.name.as_str());
        out.text(author.method.as_str());
    });
    out.option(entry.bal.as_ref(), |out, bal| {
        out.text(bal.address.as_str());
        out.text(bal.kind.map_or("", BalKind::as_str));
    });
    out.text(entry.action.as_str());
    let request = &entry.request;
    out.text(request.protocol.as_str());
    out.lines(&[&request.verb, &request.mailbox]);
    if second {
        out.text(request.target.as_str());
    }
    out.text(request.uids.as_str());
    out.u64(request.octets_out);
    out.u64(request.octets_in);
    match &entry.outcome {
        Outcome::Done { code, enhanced, text } => {
            out.u8(0);
            out.lines(&[code, enhanced, text]);
        }
        Outcome::Refused { code, enhanced, text } => {
            out.u8(1);
            out.lines(&[code, enhanced, text]);
        }
        Outcome::Failed { what } => {
            out.u8(2);
            out.text(what.as_str());
        }
        Outcome::Intended => out.u8(3),
    }
    if second {
        out.option(entry.exchange, |out, exchange| out.u64(exchange.0));
    }
    out.u64(entry.duration_ms);
    out.text(entry.mail.as_str());
    out.option(entry.message_id.as_ref(), |out, id| out.text(id.as_str()));
    out.option(entry.sender.as_ref(), |out, address| out.text(address.as_str()));
    let recipients = &entry.recipients[..entry.recipients.len().min(RECIPIENTS)];
    out.0.extend_from_slice(&(recipients.len() as u32).to_le_bytes());
    for address in recipients {
        out.text(address.as_str());
    }
    out.option(entry.encoded_size, Writer::u64);
    let station = &entry.workstation;
    out.lines(&[
        &station.os,
        &station.os_version,
        &station.pli_version,
        &station.host,
        &station.address,
    ]);
    out.option(entry.server.as_ref(), |out, server| {
        out.lines(&[&server.name, &server.address])
    });
    out.0
}

/// Reads canonical octets; `None` for anything that [`write`] would not have written, now or in the first format.
pub(crate) fn read(octets: &[u8]) -> Option<Read> {
    let mut from = Reader(octets);
    let second = match from.u8()? {
        FORMAT => true,
        FIRST_FORMAT => false,
        _ => return None,
    };
    let sequence = Sequence(from.u64()?);
    let unique_id = from.octets()?;
    let at = Timestamp::from_millisecond(from.i64()?).ok()?;
    let utc_offset = i32::from_le_bytes(from.octets()?);
    let mut set_back_ms = None;
    let mut clock = ClockTruth::default();
    if second {
        set_back_ms = from.option(|from| from.u64().filter(|back| *back > 0))?;
        clock.synchronised = from.option(|from| match from.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })?;
    }
    clock.gap_ms = from.option(Reader::i64)?;
    let author = from.option(|from| {
        Some(Author {
            national_id: from.option(Reader::national_id)?,
            name: from.line()?,
            method: Authentication::from_word(from.text()?)?,
        })
    })?;
    let bal = from.option(|from| {
        let address = from.address()?;
        let kind = match from.text()? {
            "" => None,
            kind => Some(kind.parse::<BalKind>().ok().filter(|own| own.as_str() == kind)?),
        };
        Some(Bal { address, kind })
    })?;
    let action = Action::from_word(from.text()?)?;
    let request = Request {
        protocol: Protocol::from_word(from.text()?)?,
        verb: from.line()?,
        mailbox: from.line()?,
        target: if second { from.line()? } else { Wording::empty() },
        uids: from.line()?,
        octets_out: from.u64()?,
        octets_in: from.u64()?,
    };
    let outcome = match from.u8()? {
        0 => Outcome::Done {
            code: from.line()?,
            enhanced: from.line()?,
            text: from.line()?,
        },
        1 => Outcome::Refused {
            code: from.line()?,
            enhanced: from.line()?,
            text: from.line()?,
        },
        2 => Outcome::Failed { what: from.line()? },
        3 => Outcome::Intended,
        _ => return None,
    };
    let exchange = if second {
        from.option(Reader::u64)?.map(Exchange)
    } else {
        None
    };
    let duration_ms = from.u64()?;
    let mail = from.line()?;
    let message_id = from.option(Reader::message_id)?;
    let sender = from.option(Reader::address)?;
    let count = u32::from_le_bytes(from.octets()?) as usize;
    if count > RECIPIENTS {
        return None;
    }
    let recipients = (0..count).map(|_| from.address()).collect::<Option<Vec<_>>>()?;
    let encoded_size = from.option(Reader::u64)?;
    let workstation = Workstation {
        os: from.line()?,
        os_version: from.line()?,
        pli_version: from.line()?,
        host: from.line()?,
        address: from.line()?,
    };
    let server = from.option(|from| {
        Some(Server {
            name: from.line()?,
            address: from.line()?,
        })
    })?;
    if !from.0.is_empty() {
        return None;
    }
    let entry = Entry {
        at,
        utc_offset,
        clock,
        author,
        bal,
        action,
        request,
        outcome,
        exchange,
        duration_ms,
        mail,
        message_id,
        sender,
        recipients,
        encoded_size,
        workstation,
        server,
    };
    Some(Read {
        sequence,
        unique_id,
        set_back_ms,
        entry,
    })
}

struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn lines(&mut self, lines: &[&Wording]) {
        lines.iter().for_each(|line| self.text(line.as_str()));
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn octets<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.octets::<1>().map(|[value]| value)
    }

    fn u64(&mut self) -> Option<u64> {
        self.octets().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.octets().map(i64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = u32::from_le_bytes(self.octets()?) as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn line(&mut self) -> Option<Wording> {
        Wording::stored(self.text()?)
    }

    /// A term has several forms where it is typed, one where it is written.
    fn address(&mut self) -> Option<Address> {
        let text = self.text()?;
        Address::parse(text).ok().filter(|address| address.as_str() == text)
    }

    fn national_id(&mut self) -> Option<NationalId> {
        let text = self.text()?;
        NationalId::parse(text).ok().filter(|id| id.as_str() == text)
    }

    fn message_id(&mut self) -> Option<MessageId> {
        let text = self.text()?;
        MessageId::parse(text).filter(|id| id.as_str() == text)
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.u8()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "canonical_tests.rs"]
mod tests;
