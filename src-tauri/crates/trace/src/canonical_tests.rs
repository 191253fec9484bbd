//! One trace has one form, in each format, and nothing else is read.

use jiff::Timestamp;
use pli_terms::{Address, BalKind, MessageId, NationalId, Wording};
use proptest::option::of;
use proptest::prelude::*;

use super::{FIRST_FORMAT, FORMAT, read, written};
use crate::entry::{
    Action, Authentication, Author, Bal, ClockTruth, Entry, Exchange, Outcome, Protocol, Request, Sequence, Server,
    Workstation,
};

fn words() -> impl Strategy<Value = Wording> {
    "[ -~é]{0,40}".prop_map(|text| Wording::fact(&text))
}

fn address() -> impl Strategy<Value = Address> {
    "[a-z]{1,8}@[a-z]{1,8}\\.mssante\\.fr".prop_map(|text| Address::parse(&text).unwrap())
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        (words(), words(), words()).prop_map(|(code, enhanced, text)| Outcome::Done { code, enhanced, text }),
        (words(), words(), words()).prop_map(|(code, enhanced, text)| Outcome::Refused { code, enhanced, text }),
        words().prop_map(|what| Outcome::Failed { what }),
        Just(Outcome::Intended),
    ]
}

fn author() -> impl Strategy<Value = Author> {
    let id = "8997000000[0-9]{2}".prop_map(|id| NationalId::parse(&id).unwrap());
    (of(id), words(), proptest::sample::select(Authentication::ALL)).prop_map(|(national_id, name, method)| Author {
        national_id,
        name,
        method,
    })
}

fn bal() -> impl Strategy<Value = Bal> {
    let kind = proptest::sample::select(vec![BalKind::Per, BalKind::Org, BalKind::App]);
    (address(), of(kind)).prop_map(|(address, kind)| Bal { address, kind })
}

fn request() -> impl Strategy<Value = Request> {
    let protocol = proptest::sample::select(Protocol::ALL);
    (protocol, words(), words(), words(), words(), any::<u64>(), any::<u64>()).prop_map(
        |(protocol, verb, mailbox, target, uids, octets_out, octets_in)| Request {
            protocol,
            verb,
            mailbox,
            target,
            uids,
            octets_out,
            octets_in,
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    let clock = (
        0i64..4_000_000_000_000,
        -50_000..50_000i32,
        of(any::<bool>()),
        of(any::<i64>()),
    );
    let who = (of(author()), of(bal()), proptest::sample::select(Action::ALL));
    let what = (request(), outcome(), of(any::<u64>()), any::<u64>(), words());
    let id = of("[a-z0-9]{1,9}@[a-z]{1,9}".prop_map(|id| MessageId::parse(&id).unwrap()));
    let message = (
        id,
        of(address()),
        proptest::collection::vec(address(), 0..4),
        of(any::<u64>()),
    );
    let place = (words(), words(), words(), words(), of((words(), words())));
    (clock, who, what, message, place).prop_map(|(clock, who, what, message, place)| Entry {
        at: Timestamp::from_millisecond(clock.0).unwrap(),
        utc_offset: clock.1,
        clock: ClockTruth {
            synchronised: clock.2,
            gap_ms: clock.3,
        },
        author: who.0,
        bal: who.1,
        action: who.2,
        request: what.0,
        outcome: what.1,
        exchange: what.2.map(Exchange),
        duration_ms: what.3,
        mail: what.4,
        message_id: message.0,
        sender: message.1,
        recipients: message.2,
        encoded_size: message.3,
        workstation: Workstation {
            os: place.0,
            os_version: place.1,
            pli_version: place.2,
            host: place.3.clone(),
            address: place.3,
        },
        server: place.4.map(|(name, address)| Server { name, address }),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(entry in entry(), sequence in any::<u64>(), id in any::<[u8; 16]>(), back in of(1u64..)) {
        let octets = written(FORMAT, Sequence(sequence), &id, back, &entry);
        let found = read(&octets).unwrap();
        prop_assert_eq!((found.sequence.0, found.unique_id, found.set_back_ms), (sequence, id, back));
        prop_assert_eq!(&found.entry, &entry);
        // The first format says nothing of four fields, and the rest comes back.
        let first = read(&written(FIRST_FORMAT, Sequence(sequence), &id, back, &entry)).unwrap();
        let mut lesser = entry;
        lesser.exchange = None;
        lesser.clock.synchronised = None;
        lesser.request.target = Wording::empty();
        prop_assert_eq!((first.set_back_ms, first.entry), (None, lesser));
    }

    #[test]
    fn one_trace_has_one_form(entry in entry(), place in any::<prop::sample::Index>(), bit in 0u8..8) {
        let octets = written(FORMAT, Sequence(7), &[1; 16], None, &entry);
        let mut other = octets.clone();
        let place = place.index(other.len());
        other[place] ^= 1 << bit;
        // Other octets are refused, or are exactly those of another trace.
        if let Some(found) = read(&other) {
            let again = written(other[0], found.sequence, &found.unique_id, found.set_back_ms, &found.entry);
            prop_assert_eq!(again, other);
        }
        prop_assert!(read(&octets[..place]).is_none());
    }

    #[test]
    fn any_octets_are_refused_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&octets);
    }
}
