//! Half a year of a busy office's traces: intentions and outcomes, a few people and mailboxes, thousands of correspondents.

use jiff::Timestamp;
use pli_terms::{Address, BalKind, MessageId, NationalId, Wording};
use pli_trace::{
    Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Outcome, Protocol, Request, Server, Workstation,
};

/// 2026-03-01, 00:00 UTC.
const BEGAN: i64 = 1_772_323_200_000;
/// Six months, in milliseconds.
pub(crate) const SPAN: i64 = 184 * 86_400_000;
/// Correspondents but the laboratory.
const PEOPLE: u64 = 5_000;

/// A number that looks like no other's neighbour.
fn scattered(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 16
}

fn address(text: &str) -> crate::Outcome<Address> {
    Address::parse(text).map_err(|_| format!("{text} is no address").into())
}

/// The time of the n-th trace of so many.
pub(crate) fn time(number: u64, of: u64) -> crate::Outcome<Timestamp> {
    let after = i128::from(SPAN) * i128::from(number) / i128::from(of.max(1));
    Ok(Timestamp::from_millisecond(BEGAN + i64::try_from(after)?)?)
}

/// The n-th trace of so many. Two follow each other: what is about to be asked, and what came of it.
pub(crate) fn entry(number: u64, of: u64) -> crate::Outcome<Entry> {
    let exchange = number / 2;
    let dice = scattered(exchange);
    let person = dice % 3;
    // Three mailboxes; the third person is hardly ever seen on the first one.
    let own = if dice.is_multiple_of(4_001) {
        0
    } else {
        (person + dice / 7 % 2) % 3
    };
    let own = ["dr.martin", "secretariat", "cabinet"]
        .get(usize::try_from(own)?)
        .copied()
        .unwrap_or_default();
    let bal = address(&format!("{own}@alpha.mssante.fr"))?;
    let action = match dice / 13 % 1000 {
        0 => Action::Purge,
        1..=9 => Action::Rule,
        10..=99 => Action::Send,
        100..=399 => Action::Receive,
        400..=599 => Action::Sync,
        600..=799 => Action::Read,
        800..=899 => Action::Flag,
        _ => Action::Move,
    };
    let other = match dice / 101 % 10 {
        0..=2 => "laboratoire@biologie.mssante.fr".to_owned(),
        _ => {
            let who = scattered(dice) % PEOPLE;
            format!("prenom.nom{who}@domaine{}.mssante.fr", who % 97)
        }
    };
    let outcome = if number.is_multiple_of(2) {
        Outcome::Intended
    } else if (dice / 17).is_multiple_of(200) {
        Outcome::Refused {
            code: Wording::fixed("NO"),
            enhanced: Wording::fixed("5.7.1"),
            text: Wording::fixed("Permission denied"),
        }
    } else {
        Outcome::Done {
            code: Wording::fixed("OK"),
            enhanced: Wording::empty(),
            text: Wording::fixed("Fetch completed"),
        }
    };
    let message = dice % 400_000;
    Ok(Entry {
        at: time(number, of)?,
        utc_offset: 3600,
        clock: ClockTruth {
            synchronised: Some(true),
            gap_ms: Some(12),
        },
        author: Some(Author {
            national_id: NationalId::parse(&format!("89970000000{person}")).ok(),
            name: Wording::fact(
                ["Dr Martin", "Mme Leroy", "Dr Petit"]
                    .get(usize::try_from(person)?)
                    .copied()
                    .unwrap_or(""),
            ),
            method: Authentication::PscCode,
        }),
        bal: Some(Bal {
            address: bal.clone(),
            kind: Some(BalKind::Per),
        }),
        action,
        request: Request {
            protocol: Protocol::Imap,
            verb: Wording::fixed("UID FETCH").and(message).and("(UID FLAGS BODY.PEEK[])"),
            mailbox: Wording::fixed("INBOX"),
            target: Wording::empty(),
            uids: Wording::empty().and(message),
            octets_out: 60,
            octets_in: 60_000,
        },
        outcome,
        exchange: Some(Exchange(exchange)),
        duration_ms: number % 2 * 25,
        mail: Wording::fixed("INBOX;UIDVALIDITY=7;UID=").then(message),
        message_id: MessageId::parse(&format!("{message}.x@beta.mssante.fr")),
        sender: Some(address(&other)?),
        recipients: vec![bal],
        encoded_size: Some(120_000),
        workstation: Workstation {
            os: Wording::fixed("Debian GNU/Linux"),
            os_version: Wording::fixed("12"),
            pli_version: Wording::fixed("0.1.0"),
            host: Wording::fixed("cabinet-1"),
            address: Wording::fixed("192.168.1.20"),
        },
        server: Some(Server {
            name: Wording::fixed("imap.alpha.mssante.fr"),
            address: Wording::fixed("192.0.2.7:993"),
        }),
    })
}

/// The same trace as a log would have it: one object on one line.
pub(crate) fn line(sequence: u64, entry: &Entry) -> String {
    let text = |address: &Address| address.as_str().to_owned();
    let value = serde_json::json!({
        "sequence": sequence,
        "at": entry.at.to_string(),
        "author": entry.author.as_ref().and_then(|author| author.national_id.as_ref()).map(|id| id.as_str()),
        "name": entry.author.as_ref().map(|author| author.name.as_str()),
        "bal": entry.bal.as_ref().map(|bal| text(&bal.address)),
        "action": entry.action.as_str(),
        "verb": entry.request.verb.as_str(),
        "mailbox": entry.request.mailbox.as_str(),
        "failed": entry.is_failure(),
        "exchange": entry.exchange.map(|exchange| exchange.0),
        "mail": entry.mail.as_str(),
        "messageId": entry.message_id.as_ref().map(|id| id.as_str()),
        "sender": entry.sender.as_ref().map(text),
        "recipients": entry.recipients.iter().map(text).collect::<Vec<_>>(),
        "size": entry.encoded_size,
        "host": entry.workstation.host.as_str(),
        "system": entry.workstation.os.as_str(),
        "server": entry.server.as_ref().map(|server| server.name.as_str()),
    });
    format!("{value}\n")
}
