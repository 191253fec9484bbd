//! A sender, and messages whose numbers are looked for afterwards.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::time::Duration;

use jiff::Timestamp;
use pli_operator::Pki;
use pli_syslog::{Element, Message, Patience, SHOULD_ROOM, Sender, Severity, frame};
use pli_tls::{ClientIdentity, Connector, CrlCache, HttpCrlFetch, Policy};

/// Authorities whose lists nobody serves.
pub fn pki() -> Pki {
    Pki::new("http://127.0.0.1:1/none.crl").unwrap()
}

pub fn connector(authority_pem: &str, client: Option<ClientIdentity>) -> Connector {
    let policy = Policy::for_collector(authority_pem.as_bytes()).unwrap();
    let crls = CrlCache::new(None, std::sync::Arc::new(HttpCrlFetch::new().unwrap()));
    Connector::new(policy, crls, client).unwrap()
}

pub fn sender(port: u16, connector: Connector) -> Sender {
    Sender::new("localhost", port, connector)
}

/// As a test can wait for.
pub fn hasty() -> Patience {
    Patience {
        resolve: Duration::from_secs(10),
        connect: Duration::from_secs(10),
        write: Duration::from_millis(700),
        end: Duration::from_millis(1400),
    }
}

/// The frames of these numbers, of about a usual trace's size.
pub fn frames(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut frames = Vec::new();
    for number in numbers {
        let message = Message {
            severity: Severity::Informational,
            at: (Timestamp::UNIX_EPOCH, 0),
            host: "poste".to_owned(),
            program: "Pli",
            process: Some(1),
            kind: "receive",
            facts: vec![Element::registered("meta").with("sequenceId", number)],
            record: Element::private("trace", 32_473).with("sequence", number),
            fields: vec![
                ("response", "r".repeat(600)),
                ("bal", "dr@alpha.mssante.test".to_owned()),
            ],
            text: format!("Trace {number} : réception, réussi"),
        };
        for octets in message.encode(SHOULD_ROOM) {
            frames.extend_from_slice(&frame(&octets));
        }
    }
    frames
}
