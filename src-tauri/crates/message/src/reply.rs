//! What a new message starts with when it answers or forwards another.

use pli_terms::{Address, MessageId};

use crate::model::{Mailbox, Moment, Parsed};
use crate::subject::bare;
use crate::text::head;

/// The longest text that is quoted, in octets: past it the original is better forwarded as a file.
const QUOTED: usize = 64 * 1024;
/// The chain that is carried on: its first id and the newest ones (RFC 5322 §3.6.4 advises a bound).
const CHAIN: usize = 30;

/// The start of a new message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefill {
    /// Recipients; only valid addresses, each once.
    pub to: Vec<Mailbox>,
    /// Recipients of a copy.
    pub cc: Vec<Mailbox>,
    /// The subject.
    pub subject: String,
    /// The text: room to write, then the original.
    pub text: String,
    /// The message answered; none for a forward.
    pub in_reply_to: Option<MessageId>,
    /// The chain.
    pub references: Vec<MessageId>,
}

/// An answer to the author, or to where the author asks for answers (`Reply-To`). `own` are the addresses of the person
/// who answers: an answer to one's own message goes to its recipients.
#[must_use]
pub fn reply(parsed: &Parsed, own: &[Address]) -> Prefill {
    let mut to = distinct(&answer_to(parsed, own), &[]);
    if to.is_empty() {
        to = distinct(std::slice::from_ref(&parsed.row.from), &[]);
    }
    answer(parsed, to, Vec::new())
}

/// An answer to the author and all recipients but oneself.
#[must_use]
pub fn reply_all(parsed: &Parsed, own: &[Address]) -> Prefill {
    let own: Vec<&str> = own.iter().map(Address::as_str).collect();
    let mut all = if parsed.reply_to.is_empty() {
        vec![parsed.row.from.clone()]
    } else {
        parsed.reply_to.clone()
    };
    all.extend(parsed.row.to.iter().cloned());
    let mut to = distinct(&all, &own);
    if to.is_empty() {
        to = distinct(std::slice::from_ref(&parsed.row.from), &[]);
    }
    let mut seen = own;
    seen.extend(to.iter().map(|mailbox| mailbox.address.as_str()));
    let cc = distinct(&parsed.row.cc, &seen);
    answer(parsed, to, cc)
}

/// A forward: the text with its header, no recipient. The caller adds the files.
#[must_use]
pub fn forward(parsed: &Parsed) -> Prefill {
    let names = |mailboxes: &[Mailbox]| mailboxes.iter().take(50).map(both).collect::<Vec<_>>().join(", ");
    let mut text = String::from("\n\n---------- Message transféré ----------\n");
    text.push_str(&format!("De : {}\n", both(&parsed.row.from)));
    if let Some(date) = parsed.row.date {
        text.push_str(&format!("Date : {}\n", french_date(date)));
    }
    text.push_str(&format!("Objet : {}\n", parsed.row.subject));
    text.push_str(&format!("À : {}\n", names(&parsed.row.to)));
    if !parsed.row.cc.is_empty() {
        text.push_str(&format!("Copie : {}\n", names(&parsed.row.cc)));
    }
    text.push('\n');
    text.push_str(head(&parsed.text, QUOTED));
    Prefill {
        to: Vec::new(),
        cc: Vec::new(),
        subject: format!("Tr : {}", bare(&parsed.row.display_subject)),
        text,
        in_reply_to: None,
        references: chain(parsed),
    }
}

fn answer_to(parsed: &Parsed, own: &[Address]) -> Vec<Mailbox> {
    let mine = |mailbox: &Mailbox| {
        mailbox
            .valid_address()
            .is_some_and(|address| own.iter().any(|known| known.same_mailbox(&address)))
    };
    if mine(&parsed.row.from) {
        return parsed.row.to.clone();
    }
    if parsed.reply_to.is_empty() {
        vec![parsed.row.from.clone()]
    } else {
        parsed.reply_to.clone()
    }
}

fn answer(parsed: &Parsed, to: Vec<Mailbox>, cc: Vec<Mailbox>) -> Prefill {
    let who = parsed.row.from.shown();
    let line = match parsed.row.date {
        Some(date) => format!("Le {}, {who} a écrit :", french_date(date)),
        None => format!("{who} a écrit :"),
    };
    let mut text = format!("\n\n{line}\n");
    for quoted in without_signature(head(&parsed.text, QUOTED)).trim_end().lines() {
        text.push_str(if quoted.starts_with('>') || quoted.is_empty() {
            ">"
        } else {
            "> "
        });
        text.push_str(quoted);
        text.push('\n');
    }
    Prefill {
        to,
        cc,
        subject: format!("Re : {}", bare(&parsed.row.display_subject)),
        text,
        in_reply_to: parsed.row.message_id.clone(),
        references: chain(parsed),
    }
}

fn chain(parsed: &Parsed) -> Vec<MessageId> {
    let mut chain = parsed.row.references.clone();
    if chain.is_empty() {
        chain.extend(parsed.row.in_reply_to.clone());
    }
    chain.extend(parsed.row.message_id.clone());
    if chain.len() > CHAIN {
        chain.drain(1..=chain.len() - CHAIN);
    }
    chain
}

fn distinct(mailboxes: &[Mailbox], without: &[&str]) -> Vec<Mailbox> {
    let mut seen: Vec<String> = without.iter().map(|address| address.to_lowercase()).collect();
    let mut out = Vec::new();
    for mailbox in mailboxes {
        let key = mailbox.address.trim().to_lowercase();
        if mailbox.valid_address().is_some() && !seen.contains(&key) {
            seen.push(key);
            out.push(mailbox.clone());
        }
    }
    out
}

fn both(mailbox: &Mailbox) -> String {
    if mailbox.name.is_empty() {
        mailbox.address.clone()
    } else {
        format!("{} <{}>", mailbox.name, mailbox.address)
    }
}

fn without_signature(text: &str) -> &str {
    text.find("\n-- \n").map_or(text, |at| &text[..at])
}

/// « 17/11/2026 à 9 h 04 », by the clock of the author.
fn french_date(moment: Moment) -> String {
    let clock = Clock::at(moment);
    format!(
        "{:02}/{:02}/{:04} à {} h {:02}",
        clock.day, clock.month, clock.year, clock.hour, clock.minute
    )
}

/// A moment as the clock with its offset shows it.
pub(crate) struct Clock {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    /// 0 for Thursday: the 1st of January 1970 was one.
    pub(crate) weekday_from_thursday: usize,
}

impl Clock {
    pub(crate) fn at(moment: Moment) -> Self {
        let local = moment.unix.clamp(-62_000_000_000, 253_402_000_000) + i64::from(moment.offset_minutes) * 60;
        let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        // Days to a date of the Gregorian calendar, with years that begin in March so that leap days come last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * march_month + 2) / 5 + 1) as u8,
            hour: (seconds / 3600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
            weekday_from_thursday: days.rem_euclid(7) as usize,
        }
    }
}
